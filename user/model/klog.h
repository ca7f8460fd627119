/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines of the new kernel's log, as the CAPTURE_KLOG section has them, that say something about its
 * clocks and its boot.
 */
#ifndef LUOSCOPE_KLOG_H
#define LUOSCOPE_KLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct klog_rates - what the log says about the counter's rate and its own clock
 * @rough_khz:    0: nothing
 * @refined_khz:  the same after the refinement, ...
 * @refined_ns:   ... and when it said so
 * @offset_known: whether it says how its clock differs from sched_clock, ...
 * @offset_ns:    ... by how much, ...
 * @stable_ns:    ... and from when on; 0 if not known
 */
struct klog_rates {
	uint32_t rough_khz;
	uint32_t refined_khz;
	uint64_t refined_ns;
	bool offset_known;
	int64_t offset_ns;
	uint64_t stable_ns;
};

/**
 * klog_read_rates - read @rates from the @klog_size bytes at @klog, which may be NULL
 */
void klog_read_rates(struct klog_rates *rates, const char *klog, size_t klog_size);

/**
 * klog_init_usec - when the log says that init was executed
 *
 * Sets @usec to the time stamp of the last "Run ... as init process": once one succeeds the kernel
 * prints no other. Returns false if there is no such line.
 */
bool klog_init_usec(const char *klog, size_t klog_size, uint64_t *usec);

/**
 * klog_handover - what KHO says about the kernel before this one
 *
 * It hands over its own record with every kexec, also from a kernel that nobody observed. Sets
 * @release, of @size bytes, to that kernel's release, and @count to the number of kexecs with KHO
 * since the machine was booted otherwise. Returns false if there is no such line.
 */
bool klog_handover(const char *klog, size_t klog_size, char *release, size_t size, uint32_t *count);

#endif /* LUOSCOPE_KLOG_H */
