/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One BPF program: what it watches, and whether this kernel can run it.
 */
#ifndef LUOSCOPE_PROBE_H
#define LUOSCOPE_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Names of the programs that watch vCPUs, and of those among them that run with each KVM_RUN. */
#define PROBE_VCPU_PREFIX     "on_vcpu_"
#define PROBE_VCPU_RUN_PREFIX PROBE_VCPU_PREFIX "run"

/* Room for a probe's label, and for why it is left out. */
#define PROBE_LABEL_BYTES 80
#define PROBE_WHY_BYTES	  192

enum probe_kind {
	PROBE_ENTRY,  /* runs when a function is called */
	PROBE_RETURN, /* runs when it returns */
	PROBE_TRACEPOINT,
};

enum probe_state {
	PROBE_READY,	  /* the kernel has its target; this process has not attached it */
	PROBE_NO_TARGET,  /* the kernel has no such function, or has inlined it */
	PROBE_NOT_NEEDED, /* another probe does its work on this kernel */
	PROBE_ATTACHED,
	PROBE_LEFT_OUT, /* the kernel has its target, and yet it cannot be attached */
};

/*
 * Programs that watch one thing together. One is of no use without the others, except for those of
 * PROBE_GROUP_NONE and PROBE_GROUP_ADDED.
 */
enum probe_group {
	PROBE_GROUP_NONE,
	PROBE_GROUP_HANDLER, /* the vfio-pci live update handler: tracepoints that it always has */
	PROBE_GROUP_ADDED,   /* those that only a later handler has: nobody misses one */
	PROBE_GROUP_VMS,     /* vCPUs in KVM */
};

/**
 * struct probe - one BPF program
 * @program: its name
 * @target:  the kernel function or tracepoint
 * @group:   see enum probe_group
 * @kind:    see enum probe_kind
 * @state:   see enum probe_state
 * @btf_id:  the target's type
 * @btf_fd:  the BTF of the module that has it; 0: the kernel's own
 * @module:  that module's name; NULL: the kernel itself
 * @cookie:  of a function that can be attached at once with others; 0: it cannot
 * @arrives: it has to be in place before files come back in the new kernel
 * @is_useless: it is left out because another one is, and not for a reason of its own
 * @why:     why it is left out, if PROBE_LEFT_OUT; see probe_leave_out()
 */
struct probe {
	const char *program;
	const char *target;
	enum probe_group group;
	enum probe_kind kind;
	enum probe_state state;
	uint32_t btf_id;
	int btf_fd;
	unsigned int cookie;
	bool arrives;
	bool is_useless;
	const char *module;
	char why[PROBE_WHY_BYTES];
};

static inline bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

#endif /* LUOSCOPE_PROBE_H */
