/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes the clock of one update, and checks it.
 *
 * Rate. Each kernel measures the counter's rate against a timer of the board, first roughly, and
 * after a second or so precisely (refined). The refined rate of the old kernel is used for
 * everything, else that of the new one, else the slope of an anchor pair. The other estimates,
 * which were made independently, show how wrong it may be.
 *
 * Time zero. sched_clock counts with the rough rate until the refinement and with the refined one
 * after it, without a step; the clock of the kernel log differs from it by what it lost early, and
 * the log says how much. Its zero in the new kernel is reckoned back from an anchor in the same
 * way, unless the module was built in and has stamped it.
 */
#ifndef LUOSCOPE_CLOCK_BUILD_H
#define LUOSCOPE_CLOCK_BUILD_H

#include <stddef.h>

#include "capture/area.h"
#include "clock.h"

/**
 * clock_build - make the clock of one update
 * @old_area: area of the old kernel, or NULL
 * @new_area: area of the new kernel, or NULL
 * @klog:     text of the CAPTURE_KLOG section, of the new kernel; may be NULL
 * @klog_size: in bytes
 */
void clock_build(struct clock *clock, const struct area *old_area, const struct area *new_area,
		 const char *klog, size_t klog_size);

#endif /* LUOSCOPE_CLOCK_BUILD_H */
