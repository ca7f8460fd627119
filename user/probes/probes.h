/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The list of BPF programs, and which of them this kernel can run.
 */
#ifndef LUOSCOPE_PROBES_H
#define LUOSCOPE_PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "probe.h"

struct probes;

/* Print the warnings of libbpf and the verifier on stderr. */
void probes_set_verbose(bool on);

/**
 * probes_open - look up which programs this kernel can run, without loading any
 *
 * Returns 0 and sets *@probes, which the caller frees with probes_free(); -ENOENT: the kernel has
 * no BTF; or another negative errno.
 */
int probes_open(struct probes **probes, struct error *error);

/**
 * probes_open_arrival - like probes_open(), for what has to be in place when files come back
 * @at_once: attach functions at once where this kernel can
 * @wait_for_modules: called before the modules are looked at; may be NULL
 *
 * probes_attach_rest() attaches the others.
 */
int probes_open_arrival(struct probes **probes, bool at_once, void (*wait_for_modules)(void),
			struct error *error);

/**
 * probes_try - load all programs that are not attached, to see which of them the kernel rejects
 *
 * It leaves these out. After it, @probes can only be looked at and freed. Returns 0 or a negative
 * errno: it rejects all of them, or this process may load none. Where the types in /sys are not the
 * kernel's, it does nothing.
 */
int probes_try(struct probes *probes, struct error *error);

/* Whether this kernel can attach functions at once, and is to. */
bool probes_are_at_once(const struct probes *probes);

/*
 * Load a program of two instructions. The first one makes the kernel prepare its memory for
 * programs, which takes a while. Returns a descriptor, or a negative errno: this kernel, or this
 * process, can load none.
 */
int probes_warm_up(void);

/* The programs, in their order in the object. Sets @count. Valid until probes_free(). */
const struct probe *probes_list(const struct probes *probes, size_t *count);

/*
 * True if luo_stats is loaded or built in, and has the kfuncs that the programs call. Without it
 * nothing outlives the kexec.
 */
bool probes_have_area(const struct probes *probes);

/*
 * True if vCPUs can be watched: both KVM and luo_stats are loaded or built in. Without luo_stats
 * there would be no place to record them.
 */
bool probes_have_kvm(const struct probes *probes);

/*
 * True if this kernel has no vfio-pci handler with tracepoints, and vfio-pci devices of another one
 * can be known from their files.
 */
bool probes_know_devices(const struct probes *probes);

void probes_free(struct probes *probes);

/**
 * probes_left_out - find what was loaded after the probes were attached, and so is not watched
 * @probes: which programs this kernel can run; NULL: assume that it can run all of them
 *
 * Attaching again would watch it. Returns its name, for messages, or NULL if there is none.
 */
const char *probes_left_out(const struct probes *probes);

/* Whether the attached probes can stay: they are ours, and all that can be. @probes as above. */
bool probes_all_attached(const struct probes *probes);

#endif /* LUOSCOPE_PROBES_H */
