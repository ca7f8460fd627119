// SPDX-License-Identifier: GPL-2.0
/*
 * Stamps of the early boot, only if the module is built in.
 *
 * KHO cannot allocate memory that early, so the stamps wait here until there is an area. A stamp
 * that was not taken stays 0: not observed.
 */
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/math64.h>
#include <linux/sched/clock.h>

#include "luo_stats.h"

/* How many readings of sched_clock are taken; the one that took least time is used. */
#define READINGS 16

static struct {
	u64 setup_arch;
	u64 time_zero;
	u32 time_zero_spread;
	u64 first_initcall;
} early __initdata;

/*
 * setup_arch() parses the command line for early parameters before it starts any clock. Every
 * handler of a parameter is called, and one of the parameters that enable live updates is there.
 * Per-CPU data and alternatives are not set up yet: only the counter can be read.
 */
static int __init note_setup_arch(char *value)
{
	if (!early.setup_arch)
		early.setup_arch = luo_stats_counter();
	return 0;
}

__setup_param("kho", luo_stats_sees_kho, note_setup_arch, 1);
__setup_param("liveupdate", luo_stats_sees_liveupdate, note_setup_arch, 1);

/*
 * Compute when sched_clock was 0. The earlier, the better: so far it has only counted at one rate,
 * the one that the kernel knows. local_clock() is no substitute: up to the last initcalls it
 * follows the tick, and loses what the tick loses.
 */
static void __init reckon_time_zero(void)
{
	const u32 khz = luo_stats_counter_khz();
	u64 zero_cycles = 0, spread = U32_MAX;
	unsigned int i;

	if (!khz)
		return;
	for (i = 0; i < READINGS; i++) {
		unsigned long flags;
		u64 before, after, ns;

		local_irq_save(flags);
		before = luo_stats_counter();
		ns = sched_clock();
		after = luo_stats_counter();
		local_irq_restore(flags);
		if (after - before >= spread)
			continue;
		spread = after - before;
		zero_cycles = before + spread / 2 - mul_u64_u32_div(ns, khz, NSEC_PER_MSEC);
	}
	early.time_zero = zero_cycles;
	early.time_zero_spread = spread;
}

/* In the first level of initcalls; a few initcalls of the kernel's core may run before it. */
static int __init note_first_initcall(void)
{
	early.first_initcall = luo_stats_counter();
	reckon_time_zero();
	return 0;
}
early_initcall(note_first_initcall);

/* In the last level of initcalls; those of drivers in the same level run after it. */
static int __init note_last_initcall(void)
{
	if (luo_stats_area_header())
		luo_stats_area_boundary(LUO_STATS_LAST_INITCALL, 0, 0);
	return 0;
}
late_initcall_sync(note_last_initcall);

/**
 * luo_stats_early_publish - put the stamps of the early boot into the area
 *
 * Context: Process context, once, while nobody else knows of the area yet.
 */
void __init luo_stats_early_publish(void)
{
	struct luo_stats_header *header = luo_stats_area_header();

	if (early.setup_arch)
		header->anchor[LUO_STATS_ANCHOR_EARLY] = (struct luo_stats_anchor){
			.cycles = early.setup_arch,
			.sched_spread_cycles = early.time_zero_spread,
			.flags = LUO_STATS_ANCHOR_TAKEN,
		};
	header->as_new_kernel.cycles[LUO_STATS_B7_TIME_ZERO] = early.time_zero;
	header->as_new_kernel.cycles[LUO_STATS_FIRST_INITCALL] = early.first_initcall;
}
