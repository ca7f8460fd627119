/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finds the kernel functions, tracepoints, kfuncs and types that the programs need.
 */
#ifndef LUOSCOPE_TARGETS_H
#define LUOSCOPE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>

#include "probe.h"

struct probes;

/**
 * targets_find - set the state of each probe, and what loading the programs needs
 * @wait_for_modules: called before it looks for modules; may be NULL
 *
 * Looks in the kernel and in the loaded modules. Sets the state of each probe to one of the first
 * three, all of PROBE_GROUP_VMS alike, or leaves it out if its target is not what it expects; and
 * what @probes has of the kernel. Returns 0; -ENOENT: the kernel has no BTF; or another negative
 * errno.
 */
int targets_find(struct probes *probes, void (*wait_for_modules)(void));

/* Free what targets_find() has set. */
void targets_free(struct probes *probes);

/* True if there is a probe with this target, and its state is PROBE_READY. */
bool target_is_ready(const struct probe *list, size_t count, const char *target);

#endif /* LUOSCOPE_TARGETS_H */
