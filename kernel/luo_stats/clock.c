// SPDX-License-Identifier: GPL-2.0
/*
 * The counter and the anchors.
 *
 * The kernel's clocks restart with each kernel, and run on jiffies at first. The CPU's counter does
 * neither. So stamps are raw readings of the counter, and an anchor records what the clocks read
 * together with one of them.
 */
#include <linux/clocksource_ids.h>
#include <linux/irqflags.h>
#include <linux/kmsg_dump.h>
#include <linux/reboot.h>
#include <linux/sched/clock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "luo_stats.h"

#if defined(CONFIG_X86)

#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#define COUNTER_KIND LUO_STATS_COUNTER_TSC

static u64 counter_read(void)
{
	return rdtsc_ordered();
}

static bool counter_invariant(void)
{
	return boot_cpu_has(X86_FEATURE_CONSTANT_TSC) && boot_cpu_has(X86_FEATURE_NONSTOP_TSC);
}

static bool counter_unstable(void)
{
	return check_tsc_unstable();
}

static u32 counter_khz(void)
{
	return tsc_khz;
}

static bool is_counter(enum clocksource_ids id)
{
	return id == CSID_X86_TSC || id == CSID_X86_TSC_EARLY;
}

/*
 * The clocksource "tsc" replaces "tsc-early" once the rate was measured again, over a whole
 * second.
 */
static bool counter_refined(enum clocksource_ids id)
{
	return id == CSID_X86_TSC || boot_cpu_has(X86_FEATURE_TSC_KNOWN_FREQ);
}

#elif defined(CONFIG_ARM64)

#include <clocksource/arm_arch_timer.h>
#include <asm/arch_timer.h>

#define COUNTER_KIND LUO_STATS_COUNTER_CNTVCT

/*
 * The kernel's own choice: the virtual counter, or the physical one where the kernel runs at EL1
 * below its own hypervisor. There the virtual one still has the offset of a vCPU that is being
 * left.
 */
static u64 counter_read(void)
{
	return arch_timer_read_counter();
}

/* Arm ARM, "The Generic Timer": the system counter has a fixed frequency and never stops. */
static bool counter_invariant(void)
{
	return true;
}

static bool counter_unstable(void)
{
	return false;
}

static u32 counter_khz(void)
{
	return DIV_ROUND_CLOSEST(arch_timer_get_cntfrq(), 1000);
}

static bool is_counter(enum clocksource_ids id)
{
	return id == CSID_ARM_ARCH_COUNTER;
}

static bool counter_refined(enum clocksource_ids id)
{
	return true;
}

#else
#error "luo_stats knows the counters of x86 and arm64"
#endif

/**
 * luo_stats_counter - read the counter, in cycles
 * Context: Any.
 */
u64 luo_stats_counter(void)
{
	return counter_read();
}

/** luo_stats_counter_kind - LUO_STATS_COUNTER_TSC or LUO_STATS_COUNTER_CNTVCT */
u32 luo_stats_counter_kind(void)
{
	return COUNTER_KIND;
}

/** luo_stats_counter_khz - the counter's rate as the kernel knows it now; 0: it does not know */
u32 luo_stats_counter_khz(void)
{
	return counter_khz();
}

/**
 * luo_stats_counter_invariant - does the CPU promise that the counter has a constant rate and never
 * stops?
 */
bool luo_stats_counter_invariant(void)
{
	return counter_invariant();
}

/*
 * local_clock() with the counter's reading at the same moment, which is the middle of a reading
 * before and a reading after it.
 */
static void read_sched_clock(struct luo_stats_anchor *anchor)
{
	unsigned long flags;
	u64 before, after;

	local_irq_save(flags);
	before = counter_read();
	anchor->sched_clock_ns = local_clock();
	after = counter_read();
	local_irq_restore(flags);

	anchor->sched_cycles = before + (after - before) / 2;
	anchor->sched_spread_cycles = min_t(u64, after - before, U32_MAX);
}

static void anchor_publish(struct luo_stats_anchor *slot, struct luo_stats_anchor *anchor)
{
	const u32 sequence = slot->sequence | 1;

	WRITE_ONCE(slot->sequence, sequence);
	/* Odd before the first field changes ... */
	smp_wmb();
	anchor->sequence = sequence;
	*slot = *anchor;
	/* ... and even after the last one: readers ignore a slot with an odd sequence. */
	smp_wmb();
	WRITE_ONCE(slot->sequence, sequence + 1);
}

/**
 * luo_stats_anchor_take - read the counter and the clocks together into a slot
 * @slot: a slot of the header
 *
 * The timekeeping core provides cycles and time of the same instant. If the kernel does not keep
 * its time with the counter, the counter is read before and after. The slot is unchanged if there
 * is no valid time.
 *
 * Context: Process context, one caller at a time for each slot. Not when CPUs may have been
 * stopped, because it reads under the timekeeper's sequence counter.
 */
void luo_stats_anchor_take(struct luo_stats_anchor *slot)
{
	struct luo_stats_anchor anchor = { .flags = LUO_STATS_ANCHOR_TAKEN };
	struct system_time_snapshot snapshot = {};
	u64 before, after;

	read_sched_clock(&anchor);

	before = counter_read();
	ktime_get_snapshot_id(CLOCK_MONOTONIC, &snapshot);
	after = counter_read();
	/* The clock does not run now: no anchor is better than a wrong one. */
	if (!snapshot.valid)
		return;

	if (is_counter(snapshot.cs_id)) {
		anchor.cycles = snapshot.cycles;
		anchor.flags |= LUO_STATS_CLOCKSOURCE_IS_COUNTER;
	} else if (is_counter(snapshot.hw_csid)) {
		anchor.cycles = snapshot.hw_cycles;
	} else {
		anchor.cycles = before + (after - before) / 2;
	}
	anchor.monotonic_ns = ktime_to_ns(snapshot.systime);
	anchor.boottime_ns = ktime_to_ns(ktime_mono_to_any(snapshot.systime, TK_OFFS_BOOT));
	anchor.realtime_ns = ktime_to_ns(ktime_mono_to_any(snapshot.systime, TK_OFFS_REAL));
	anchor.counter_khz = counter_khz();
	if (counter_refined(snapshot.cs_id))
		anchor.flags |= LUO_STATS_COUNTER_REFINED;
	if (counter_unstable())
		anchor.flags |= LUO_STATS_COUNTER_UNSTABLE;
	anchor_publish(slot, &anchor);
}

static struct luo_stats_header *clock_header;
/* A kexec is under way; a plain reboot runs the dumper, too. */
static bool kexec_notified;

static int on_reboot(struct notifier_block *block, unsigned long action, void *command)
{
	kexec_notified = action == SYS_RESTART && command && !strcmp(command, "kexec reboot");
	if (kexec_notified)
		luo_stats_anchor_take(&clock_header->anchor[LUO_STATS_ANCHOR_NOTIFIER]);
	return NOTIFY_DONE;
}

/*
 * Last in the chain, because it also stands for the beginning of device_shutdown() if no probe
 * observes that.
 */
static struct notifier_block reboot_block = {
	.notifier_call = on_reboot,
	.priority = INT_MIN,
};

/*
 * The last moment at which a module runs, between machine_shutdown() and machine_kexec(). The other
 * CPUs were stopped wherever they were, perhaps inside a timekeeping update, so only clocks that
 * never wait can be read.
 */
static void on_kmsg_dump(struct kmsg_dumper *dumper, struct kmsg_dump_detail *detail)
{
	struct luo_stats_anchor anchor = { .flags = LUO_STATS_ANCHOR_TAKEN |
						    LUO_STATS_ANCHOR_FAST };
	const u32 kept = LUO_STATS_CLOCKSOURCE_IS_COUNTER | LUO_STATS_COUNTER_REFINED |
			 LUO_STATS_COUNTER_UNSTABLE;

	if (detail->reason != KMSG_DUMP_SHUTDOWN || !kexec_notified)
		return;

	read_sched_clock(&anchor);
	anchor.cycles = counter_read();
	anchor.monotonic_ns = ktime_get_mono_fast_ns();
	anchor.boottime_ns = ktime_get_boot_fast_ns();
	anchor.realtime_ns = ktime_get_real_fast_ns();
	anchor.counter_khz = counter_khz();
	anchor.flags |= clock_header->anchor[LUO_STATS_ANCHOR_NOTIFIER].flags & kept;
	anchor_publish(&clock_header->anchor[LUO_STATS_ANCHOR_LAST], &anchor);
}

static struct kmsg_dumper dumper = {
	.dump = on_kmsg_dump,
	.max_reason = KMSG_DUMP_SHUTDOWN,
};

/**
 * luo_stats_clock_start - take the first anchor, and arrange for the last ones
 * @header: where to write them
 *
 * Context: Process context.
 *
 * Return: 0, or the error of registering the reboot notifier or the dumper.
 */
int luo_stats_clock_start(struct luo_stats_header *header)
{
	int err;

	clock_header = header;
	luo_stats_anchor_take(&header->anchor[LUO_STATS_ANCHOR_LOAD]);

	err = register_reboot_notifier(&reboot_block);
	if (err)
		return err;
	err = kmsg_dump_register(&dumper);
	if (err)
		unregister_reboot_notifier(&reboot_block);
	return err;
}

/** luo_stats_clock_stop - undo luo_stats_clock_start() */
void luo_stats_clock_stop(void)
{
	kmsg_dump_unregister(&dumper);
	unregister_reboot_notifier(&reboot_block);
}
