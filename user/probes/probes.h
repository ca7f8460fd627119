/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The BPF programs: which can run on this kernel, attaching them so that they outlive the process,
 * taking them off.
 *
 * The links are pinned in bpffs, for systemd-shutdown kills every process before the kexec, and the
 * programs are wanted up to the jump.
 */
#ifndef LUOSCOPE_PROBES_H
#define LUOSCOPE_PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <luoscope/event.h>

#include "base/error.h"

#define PROBES_BPFFS "/sys/fs/bpf"
#define PROBES_DIR   PROBES_BPFFS "/luoscope"

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

struct probes;

/* Have libbpf and the verifier say on stderr what they do not like. */
void probes_set_verbose(bool on);

/**
 * probes_open - look up what of the programs this kernel can take; nothing is loaded yet
 *
 * Returns 0 with *@probes, which the caller frees with probes_free(); -ENOENT: the kernel has no
 * BTF; or another negative errno.
 */
int probes_open(struct probes **probes, struct error *error);

/*
 * The programs, in their order in the object; @count is set to how many. Valid until
 * probes_free().
 */
const struct probe *probes_list(const struct probes *probes, size_t *count);

/*
 * True if luo_stats is loaded, or built in, with the kfuncs that the programs need. Without it
 * nothing outlives the kexec.
 */
bool probes_have_area(const struct probes *probes);

/*
 * True if vCPUs can be watched: KVM is there, loaded or built in, and so is luo_stats, without
 * which it would be for nothing.
 */
bool probes_have_kvm(const struct probes *probes);

/**
 * probes_attach - load the programs, attach and pin them, and stamp that they are in place
 * @replace: take off those that are attached already, once these are loaded
 *
 * A program that cannot be attached is left out: its state says so. Returns 0; -EEXIST: some are
 * attached already; -EPERM: not root; or another negative errno. What was attached stays so if
 * these cannot be loaded; after any later error nothing is attached.
 */
int probes_attach(struct probes *probes, bool replace, struct error *error);

/*
 * Stamp @slot, one of those that struct luoscope_stamp names, in the stats area; @cycles: the
 * counter then, 0: now. A failure costs a report this one stamp and nothing else, so there is none
 * to handle. After probes_attach().
 */
void probes_stamp(const struct probes *probes, enum luo_stats_slot slot, uint64_t cycles);

void probes_free(struct probes *probes);

/* True if programs are attached and pinned, by this process or an earlier one. */
bool probes_attached(void);

/* True if those that are attached are of a luoscope whose events this one cannot read. */
bool probes_are_foreign(void);

/* True if the program that @probe is about is attached. */
bool probe_is_attached(const struct probe *probe);

/*
 * True if those that are attached write to the stats area: luo_stats.ko was there when they were.
 */
bool probes_attached_to_area(void);

/* True if those that are attached watch vCPUs: KVM was there, too. */
bool probes_attached_to_kvm(void);

/* True if KVM is there now, loaded or built in; what of it can be watched is another matter. */
bool kvm_is_loaded(void);

/**
 * probes_left_out - what was loaded after the probes were attached, and so is not watched
 * @probes: what this kernel can take; NULL: not known, then all that is loaded is taken for it
 *
 * Attaching anew would watch it. Returns its name for people, or NULL if there is none.
 */
const char *probes_left_out(const struct probes *probes);

/**
 * probes_detach - take all pinned programs off
 *
 * Returns 0; -ENOENT: there are none; or another negative errno.
 */
int probes_detach(struct error *error);

struct follower;

/* How many events the log holds: no more of the past can be had. */
#define FOLLOWER_MAX_HISTORY LUOSCOPE_LOG_SLOTS

/**
 * follower_open - follow the events of the attached programs, those of an earlier process too
 * @history: begin with so many events of before
 *
 * Any number of processes can follow at the same time: each gets all events. Returns 0 with
 * *@follower; -ENOENT: nothing is attached, or by another version of luoscope; -EPERM: not root; or
 * another negative errno.
 */
int follower_open(struct follower **follower, size_t history, struct error *error);

/*
 * Take the next event; does not wait. Returns false if there is none. @lost grows by the events
 * before it that were written over before they could be read; they are no lost spans.
 */
bool follower_next(struct follower *follower, struct luoscope_event *event, uint64_t *lost);

/* Number of the event that follower_next() takes next, and of the next one that there will be. */
uint64_t follower_number(const struct follower *follower);
uint64_t follower_head(const struct follower *follower);

/* False once the programs that it follows were taken off: there will be no more events. */
bool follower_is_attached(const struct follower *follower);

void follower_free(struct follower *follower);

/**
 * struct probes_overhead - what the attached programs cost so far, as the kernel counts it
 * @runs:   of all programs
 * @run_ns: in all of them
 * @missed: runs that the kernel left out, for the program was interrupted on that CPU: what it
 *          would have seen is lost. Always counted
 */
struct probes_overhead {
	unsigned long long runs;
	unsigned long long run_ns;
	unsigned long long missed;
};

/**
 * probes_overhead - ask the kernel what the attached programs cost
 * @others:  all but those of PROBE_GROUP_VMS
 * @kvm_run: those that run with each KVM_RUN of a vCPU; its runs are the calls of KVM_RUN
 *
 * It counts runs only while the sysctl kernel.bpf_stats_enabled is 1: else they are 0. Returns 0;
 * -ENOENT: nothing is attached; or another negative errno.
 */
int probes_overhead(struct probes_overhead *others, struct probes_overhead *kvm_run);

/**
 * probes_latency - what the attached programs counted of freezes and resets, by reset method
 * @latency: LUO_STATS_RESET_METHODS of them
 *
 * Returns 0; -ENOENT: nothing is attached; or another negative errno.
 */
int probes_latency(struct luoscope_latency *latency);

/**
 * bpffs_mount - mount bpffs at PROBES_BPFFS unless it is mounted
 *
 * Returns 1 if it did, 0 if it was, or a negative errno.
 */
int bpffs_mount(struct error *error);

#endif /* LUOSCOPE_PROBES_H */
