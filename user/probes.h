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

#include <luoscope/stats_area.h>

#include "error.h"

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

/**
 * struct probe - one BPF program
 * @program: its name
 * @target:  kernel function or tracepoint
 * @kind:    see enum probe_kind
 * @state:   see enum probe_state
 * @err:     why the kernel refused it, if PROBE_FAILED: negative errno
 */
struct probe {
	const char *program;
	const char *target;
	enum probe_kind kind;
	enum probe_state state;
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
 * True if luo_stats.ko is loaded with the kfuncs that the programs need. Without it nothing
 * outlives the kexec.
 */
bool probes_have_area(const struct probes *probes);

/**
 * probes_attach - load the programs, attach and pin them, and stamp that they are in place
 *
 * A program that cannot be attached is left out: its state says so. Returns 0; -EEXIST: some are
 * attached already; -EPERM: not root; or another negative errno, and then nothing is attached.
 */
int probes_attach(struct probes *probes, struct error *error);

/*
 * Stamp @slot, LUO_STATS_PROBES_READY or LUO_STATS_INIT_DONE, in the stats area now. A failure
 * costs a report this one stamp and nothing else, so there is none to handle. After
 * probes_attach().
 */
void probes_stamp(const struct probes *probes, enum luo_stats_slot slot);

void probes_free(struct probes *probes);

/* True if programs are attached and pinned, by this process or an earlier one. */
bool probes_attached(void);

/*
 * True if those that are attached write to the stats area: luo_stats.ko was there when they were.
 */
bool probes_attached_to_area(void);

/**
 * probes_detach - take all pinned programs off
 *
 * Returns 0; -ENOENT: there are none; or another negative errno.
 */
int probes_detach(struct error *error);

struct luoscope_event;
struct follower;

typedef void (*event_handler)(const struct luoscope_event *event, void *context);

/**
 * follower_open - follow the events of the attached programs, those of an earlier process too
 *
 * @handler is called by follower_poll() for each event. Returns 0 with *@follower; -ENOENT:
 * nothing is attached, or by another version of luoscope; or another negative errno.
 */
int follower_open(struct follower **follower, event_handler handler, void *context,
		  struct error *error);

/*
 * Wait up to @timeout_ms for events and handle them. Returns how many, -EINTR or another
 * negative errno.
 */
int follower_poll(struct follower *follower, int timeout_ms);

/*
 * How many events were lost since follower_open() because nobody took them in time; they are no
 * lost spans.
 */
unsigned long long follower_lost(const struct follower *follower);

void follower_free(struct follower *follower);

struct luoscope_latency;

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
