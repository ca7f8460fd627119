/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counter that all stamps are in, read in user space.
 */
#ifndef LUOSCOPE_COUNTER_H
#define LUOSCOPE_COUNTER_H

#include <stdint.h>

/*
 * Cycles now, not before what stands in front of it: the same reading as the kernel's (x86: TSC,
 * arm64: CNTVCT).
 */
static inline uint64_t counter_now(void)
{
#if defined(__x86_64__)
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
#elif defined(__aarch64__)
	uint64_t cycles;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(cycles) : : "memory");
	return cycles;
#else
#error "luoscope knows the counters of x86 and arm64"
#endif
}

#endif /* LUOSCOPE_COUNTER_H */
