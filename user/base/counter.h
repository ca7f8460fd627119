/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads the counter that all stamps use, in user space.
 */
#ifndef LUOSCOPE_COUNTER_H
#define LUOSCOPE_COUNTER_H

#include <stdint.h>

/* What the kernel calls its clocksource that reads this counter. */
#if defined(__x86_64__)
#define COUNTER_CLOCKSOURCE "tsc"
#else
#define COUNTER_CLOCKSOURCE "arch_sys_counter"
#endif

/*
 * The counter now, ordered after all instructions before it, as the kernel reads it (x86: TSC,
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
#error "luoscope supports only the counters of x86 and arm64"
#endif
}

#endif /* LUOSCOPE_COUNTER_H */
