/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the running kernel has of what the programs watch and call. Asked of its BTF and of that of
 * its modules, never of its version.
 */
#ifndef LUOSCOPE_TARGETS_H
#define LUOSCOPE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>

#include "probe.h"

struct btf;

/**
 * targets_find - look for what @count probes at @list watch
 * @vmlinux: BTF of the kernel
 * @have_kfuncs: set to whether luo_stats is there, loaded or built in, with all the kfuncs that the
 *               programs call
 *
 * Sets their states to PROBE_READY, PROBE_NO_TARGET or PROBE_NOT_NEEDED, and their btf_id. Returns
 * 0 or -ENOMEM.
 */
int targets_find(struct probe *list, size_t count, struct btf *vmlinux, bool *have_kfuncs);

/* Is one of the probes on @target, and does the kernel have it? After targets_find(). */
bool target_is_ready(const struct probe *list, size_t count, const char *target);

#endif /* LUOSCOPE_TARGETS_H */
