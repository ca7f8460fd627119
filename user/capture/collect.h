/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes a capture of the running kernel.
 */
#ifndef LUOSCOPE_COLLECT_H
#define LUOSCOPE_COLLECT_H

#include <stdbool.h>

#include "base/error.h"
#include "capture.h"

#define COLLECT_SYSFS_DIR "/sys/kernel/luo_stats"

/**
 * capture_collect - fill @capture with the stats areas, the kernel log and facts about the running
 * kernel
 * @capture:   empty; the caller frees it with capture_free()
 * @sysfs_dir: where the module shows its areas; NULL: COLLECT_SYSFS_DIR
 *
 * Only this kernel's own area is required. If there is no old kernel's area, or no kernel log, the
 * capture lacks that section. Returns 0; -ENOENT: the module is not loaded; -EACCES: not root; or
 * another negative errno.
 */
int capture_collect(struct capture *capture, const char *sysfs_dir, struct error *error);

/* Whether depmod knows a luo_stats for this kernel, so that modprobe loads it. */
bool collect_module_is_installed(void);

/* What to do if luo_stats is neither loaded nor built in, for after a colon. */
const char *collect_module_advice(void);

/* Whether luo_stats is built into this kernel. It may have refused to start, as without KHO. */
bool collect_module_is_built_in(void);

#endif /* LUOSCOPE_COLLECT_H */
