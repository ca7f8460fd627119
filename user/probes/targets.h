/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finds out which functions and tracepoints that the programs need are in the running kernel. The
 * BTF of the kernel and its modules says so; the version of the kernel does not matter.
 */
#ifndef LUOSCOPE_TARGETS_H
#define LUOSCOPE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>

#include "probe.h"

struct btf;

/**
 * targets_find - look for the targets of the @count probes at @list
 * @vmlinux: BTF of the kernel
 * @have_kfuncs: set to whether luo_stats is loaded or built in, with all the kfuncs that the
 *               programs call
 *
 * Sets their states to PROBE_READY, PROBE_NO_TARGET or PROBE_NOT_NEEDED, and their btf_id. Returns
 * 0 or -ENOMEM.
 */
int targets_find(struct probe *list, size_t count, struct btf *vmlinux, bool *have_kfuncs);

/* Whether a probe has the target @target, and the kernel has it. Call it after targets_find(). */
bool target_is_ready(const struct probe *list, size_t count, const char *target);

#endif /* LUOSCOPE_TARGETS_H */
