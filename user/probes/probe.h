/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One BPF program: what it watches, and what became of it on this kernel.
 */
#ifndef LUOSCOPE_PROBE_H
#define LUOSCOPE_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* How the programs that watch vCPUs are called, and those of them that run with each KVM_RUN. */
#define PROBE_VCPU_PREFIX     "on_vcpu_"
#define PROBE_VCPU_RUN_PREFIX PROBE_VCPU_PREFIX "run"

enum probe_kind {
	PROBE_ENTRY,  /* when a function is called */
	PROBE_RETURN, /* when it returns */
	PROBE_TRACEPOINT,
};

enum probe_state {
	PROBE_READY,	  /* the kernel has its target; not attached by us */
	PROBE_NO_TARGET,  /* the kernel has no such function, or it is inlined */
	PROBE_NOT_NEEDED, /* another probe does its work on this kernel */
	PROBE_ATTACHED,
	PROBE_FAILED, /* the kernel refused it */
};

/* Programs that watch one thing together, and of which one is of no use without the others. */
enum probe_group {
	PROBE_GROUP_NONE,
	PROBE_GROUP_HANDLER, /* the vfio-pci live update handler: all tracepoints */
	PROBE_GROUP_VMS,     /* vCPUs in KVM */
};

/**
 * struct probe - one BPF program
 * @program: its name
 * @target:  kernel function or tracepoint
 * @group:   see enum probe_group
 * @kind:    see enum probe_kind
 * @state:   see enum probe_state
 * @btf_id:  the target's type in the kernel's own BTF; 0 if a module has it
 * @err:     why the kernel refused it, if PROBE_FAILED: negative errno
 */
struct probe {
	const char *program;
	const char *target;
	enum probe_group group;
	enum probe_kind kind;
	enum probe_state state;
	uint32_t btf_id;
	int err;
};

static inline bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

#endif /* LUOSCOPE_PROBE_H */
