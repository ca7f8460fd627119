// SPDX-License-Identifier: GPL-2.0
/*
 * The clock against a counter whose rate and zero are known.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "build_area.h"
#include "capture/area.h"
#include "model/clock.h"
#include "model/clock_build.h"
#include "model/klog.h"

struct fixture {
	struct built_update update;
	struct luo_stats_anchor *old;
	struct luo_stats_anchor *new;
	struct clock clock;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	built_update_init(&f->update);
	f->old = f->update.old.header->anchor;
	f->new = f->update.new.header->anchor;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	built_update_free(&f->update);
	free(f);
	return 0;
}

static void build(struct fixture *f)
{
	struct area old, new;
	struct error error;

	built_seal(&f->update.old);
	built_seal(&f->update.new);
	assert_int_equal(area_parse(&old, f->update.old.bytes, f->update.old.size, &error), 0);
	assert_int_equal(area_parse(&new, f->update.new.bytes, f->update.new.size, &error), 0);
	clock_build(&f->clock, &old, &new, f->update.klog, strlen(f->update.klog));
}

static void assert_verdict(struct fixture *f, enum clock_verdict verdict, const char *part)
{
	unsigned int i;

	build(f);
	assert_int_equal(f->clock.verdict, verdict);
	assert_true(f->clock.comparable == (verdict != CLOCK_CONTRADICTED));
	for (i = 0; i < f->clock.reasons; i++)
		if (strstr(f->clock.reason[i], part))
			return;
	fail_msg("no reason says '%s'", part);
}

static void assert_near(uint64_t a, uint64_t b, uint64_t error)
{
	if ((a > b ? a - b : b - a) > error)
		fail_msg("%llu is not within %llu of %llu", (unsigned long long)a,
			 (unsigned long long)error, (unsigned long long)b);
}

static void test_good(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_int_equal(f->clock.verdict, CLOCK_VERIFIED);
	assert_int_equal(f->clock.reasons, 0);
	assert_true(f->clock.comparable);
	assert_true(f->clock.invariant);
	assert_int_equal(f->clock.rate_millihertz, OLD_KHZ * 1000000ULL);
	/* The two kernels' refined rates are 30 ppm apart. */
	assert_near(f->clock.rate_error_ppb, 30000, 10);
}

static void test_ns(void **state)
{
	struct fixture *f = *state;
	int64_t ns;

	build(f);
	assert_int_equal(clock_ns(&f->clock, 1000, 1000 + OLD_KHZ, &ns), 0);
	assert_int_equal(ns, 1000000);
	assert_int_equal(clock_ns(&f->clock, 1000 + OLD_KHZ, 1000, &ns), 0);
	assert_int_equal(ns, -1000000);
	assert_int_equal(clock_ns(&f->clock, 0, UINT64_MAX, &ns), -ERANGE);
	f->clock.rate_millihertz = 0;
	assert_int_equal(clock_ns(&f->clock, 0, 1, &ns), -ENODATA);
}

static void check_mapping(struct fixture *f)
{
	static const int64_t moments[] = { 900 * MS, 1400 * MS, 2011 * MS, 2100 * MS, 5000 * MS };
	uint64_t cycles, error_ns;
	size_t i;

	build(f);
	assert_true(f->clock.zero_known);
	assert_true(f->clock.zero_error_ns < 10000);
	assert_near(f->clock.zero_cycles, true_cycles(true_boundary_ns[7]),
		    f->clock.zero_error_ns * TRUE_KHZ / 1000000);
	for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		assert_int_equal(clock_log_cycles(&f->clock, true_log_ns(moments[i]) / 1000,
						  &cycles, &error_ns),
				 0);
		assert_near(cycles, true_cycles(moments[i]), error_ns * TRUE_KHZ / 1000000);
	}
}

static void test_zero_from_rough_anchor(void **state)
{
	check_mapping(*state);
}

static void test_zero_from_refined_anchor(void **state)
{
	struct fixture *f = *state;

	f->new[LUO_STATS_ANCHOR_LOAD].flags = 0;
	check_mapping(f);
}

static void test_zero_without_log(void **state)
{
	struct fixture *f = *state;

	/* Of a rough anchor only what the log's clock has lost is not known. */
	f->update.klog[0] = '\0';
	build(f);
	assert_near(f->clock.zero_error_ns, 200000000, 10000);
	assert_near(f->clock.zero_cycles, true_cycles(true_boundary_ns[7] + LOST_NS), 240000);
	/* Of a refined one the rate before it is not known either: 0.2 % of 5 s. */
	f->new[LUO_STATS_ANCHOR_LOAD].flags = 0;
	build(f);
	assert_true(f->clock.zero_known);
	assert_near(f->clock.zero_error_ns, 210000000, 200000);
	assert_near(f->clock.zero_cycles, true_cycles(true_boundary_ns[7]),
		    f->clock.zero_error_ns * TRUE_KHZ / 1000000);
}

static void test_zero_of_known_rate(void **state)
{
	struct fixture *f = *state;

	/* A CPU that reports its rate: never refined, and the log says so. */
	f->new[LUO_STATS_ANCHOR_LOAD].flags = 0;
	f->new[LUO_STATS_ANCHOR_READ].counter_khz = TRUE_KHZ;
	f->new[LUO_STATS_ANCHOR_READ].sched_clock_ns = 5000 * MS;
	strcpy(f->update.klog, "0,tsc: Detected 2300.000 MHz processor\n"
			       "0,tsc: Detected 2400.000 MHz TSC\n"
			       "9,sched_clock: Marking stable (1, 2)->(3, 0)\n");
	build(f);
	assert_true(f->clock.zero_error_ns < 3000);
	assert_near(f->clock.zero_cycles, true_cycles(true_boundary_ns[7]), 10);
}

/* arm64 logs no rate, because it never measures it. */
static void test_zero_of_an_exact_counter(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	f->update.old.header->counter = LUO_STATS_COUNTER_CNTVCT;
	f->update.new.header->counter = LUO_STATS_COUNTER_CNTVCT;
	for (i = 0; i < LUO_STATS_ANCHORS; i++)
		f->new[i].flags |= f->new[i].flags ? LUO_STATS_COUNTER_REFINED : 0;
	f->new[LUO_STATS_ANCHOR_LOAD].counter_khz = TRUE_KHZ;
	f->new[LUO_STATS_ANCHOR_LOAD].sched_clock_ns = 400 * MS;
	strcpy(f->update.klog, "588000,Run /init as init process\n");
	build(f);
	assert_true(f->clock.zero_error_ns < 3000);
	assert_near(f->clock.zero_cycles, true_cycles(true_boundary_ns[7]), 10);
	/* All but the whole kHz is exact. */
	f->new[LUO_STATS_ANCHOR_LOAD].counter_khz = 62500;
	build(f);
	assert_near(f->clock.zero_error_ns, 2000 + 400 * MS / 62500, 20000);
}

static void test_zero_stamped(void **state)
{
	struct fixture *f = *state;

	f->update.new.header->as_new_kernel.cycles[7] = true_cycles(true_boundary_ns[7] + 5);
	build(f);
	assert_true(f->clock.zero_stamped);
	assert_int_equal(f->clock.zero_cycles, true_cycles(true_boundary_ns[7] + 5));
	assert_int_equal(f->clock.zero_error_ns, 0);
	/* The early anchor has no clock in it, and says what the reading of the zero took. */
	built_in_stamps(&f->update.new, true_boundary_ns[7] - 30 * MS,
			true_boundary_ns[7] + 60 * MS, true_boundary_ns[7] + 500 * MS);
	build(f);
	assert_near(f->clock.zero_error_ns, 1000, 2);
	assert_int_equal(f->clock.verdict, CLOCK_VERIFIED);
}

static void test_zero_of_a_fast_log(void **state)
{
	struct fixture *f = *state;
	const uint64_t zero = true_cycles(true_boundary_ns[7]);

	/* The tick may also have been ahead of sched_clock. */
	strcpy(strstr(f->update.klog, "-41841265"), "1000000)\n");
	f->new[LUO_STATS_ANCHOR_LOAD].sched_clock_ns += LOST_NS + MS;
	build(f);
	assert_near(f->clock.zero_cycles, zero, f->clock.zero_error_ns * TRUE_KHZ / 1000000);
	assert_true(f->clock.zero_error_ns < 10000);
}

static void test_anchor_before_the_log_is_stable(void **state)
{
	struct fixture *f = *state;
	uint64_t cycles, error_ns, usec;

	/* A module that is built in takes its first anchor when the log's clock has lost a part. */
	f->new[LUO_STATS_ANCHOR_LOAD].cycles = true_cycles(true_boundary_ns[7] + 200 * MS);
	f->new[LUO_STATS_ANCHOR_LOAD].sched_cycles = f->new[LUO_STATS_ANCHOR_LOAD].cycles;
	f->new[LUO_STATS_ANCHOR_LOAD].sched_clock_ns = 190 * MS;
	check_mapping(f);
	assert_true(klog_init_usec(f->update.klog, strlen(f->update.klog), &usec));
	assert_int_equal(clock_log_cycles(&f->clock, usec, &cycles, &error_ns), 0);
	assert_near(cycles, true_cycles(true_boundary_ns[8]), error_ns * TRUE_KHZ / 1000000);
}

static void test_refined_before_the_log_is_stable(void **state)
{
	struct fixture *f = *state;

	/* A slow machine: the log's clock has lost 17 s, and the rate was refined meanwhile. */
	f->new[LUO_STATS_ANCHOR_LOAD].flags = 0;
	f->new[LUO_STATS_ANCHOR_READ].sched_clock_ns = true_log_ns(true_boundary_ns[7] + 5000 * MS);
	f->new[LUO_STATS_ANCHOR_READ].cycles += 30000ULL * TRUE_KHZ * 1000;
	f->new[LUO_STATS_ANCHOR_READ].sched_cycles += 30000ULL * TRUE_KHZ * 1000;
	snprintf(f->update.klog, sizeof(f->update.klog),
		 "0,tsc: Detected 2399.990 MHz processor\n"
		 "1500000,tsc: Refined TSC clocksource calibration: 2399.940 MHz\n"
		 "2000000,sched_clock: Marking stable (1, 2)->(3, -%lld)\n",
		 30000 * 1000 * MS + LOST_NS);
	build(f);
	assert_true(f->clock.zero_known);
	assert_true(f->clock.zero_error_ns > 10000);
}

static void test_contradictions(void **state)
{
	struct fixture *f = *state;
	const struct luo_stats_header old = *f->update.old.header;
	const struct luo_stats_header new = *f->update.new.header;
	uint32_t i;

#define CONTRADICTED(change, part)                           \
	do {                                                 \
		change;                                      \
		assert_verdict(f, CLOCK_CONTRADICTED, part); \
		*f->update.old.header = old;                 \
		*f->update.new.header = new;                 \
	} while (0)
	CONTRADICTED(f->old[LUO_STATS_ANCHOR_LAST].flags |= LUO_STATS_COUNTER_UNSTABLE, "unstable");
	CONTRADICTED(f->new[LUO_STATS_ANCHOR_READ].counter_khz += 3000, "two kernels' rates");
	CONTRADICTED(for (i = 0; i < 4; i++) f->old[i].counter_khz += 3000, "CLOCK_MONOTONIC");
	CONTRADICTED(f->old[LUO_STATS_ANCHOR_LAST].monotonic_ns = 5, "ran backwards between");
	CONTRADICTED(f->update.old.header->as_old_kernel[0].cycles[4] = 77,
		     "stamps run backwards at B4");
	CONTRADICTED(f->update.new.header->as_new_kernel.cycles[10] = true_cycles(1450 * MS),
		     "stamps run backwards at B10");
	CONTRADICTED(f->old[LUO_STATS_ANCHOR_LAST].cycles = true_cycles(5000 * MS),
		     "from one kernel to the next");
	/* A counter that began anew with the new kernel. */
	CONTRADICTED(f->new[LUO_STATS_ANCHOR_LOAD].cycles = TRUE_KHZ * 400ULL,
		     "from one kernel to the next");
	CONTRADICTED(f->update.new.header->counter = LUO_STATS_COUNTER_CNTVCT,
		     "different counters");
	CONTRADICTED(for (i = 0; i < 4; i++) f->new[i].cycles += B0_CYCLES * 11;
		     for (i = 0; i < 4; i++) f->new[i].sched_cycles += B0_CYCLES * 11;
		     f->update.new.header->as_new_kernel.cycles[9] = 0;
		     f->update.new.header->as_new_kernel.cycles[10] = 0, "30 days");
#undef CONTRADICTED
	build(f);
	assert_int_equal(f->clock.verdict, CLOCK_VERIFIED);
}

static void test_unverified(void **state)
{
	struct fixture *f = *state;
	const struct luo_stats_header old = *f->update.old.header;
	const struct luo_stats_header new = *f->update.new.header;
	uint32_t i;

#define UNVERIFIED(change, part)                           \
	do {                                               \
		change;                                    \
		assert_verdict(f, CLOCK_UNVERIFIED, part); \
		*f->update.old.header = old;               \
		*f->update.new.header = new;               \
	} while (0)
	UNVERIFIED(f->new[LUO_STATS_ANCHOR_READ].flags &= ~LUO_STATS_CLOCKSOURCE_IS_COUNTER,
		   "does not keep its time");
	UNVERIFIED(for (i = 0; i < 4; i++) f->new[i].realtime_ns += 10000 * MS, "wall clock");
	UNVERIFIED(for (i = 0; i < 4; i++) f->new[i].realtime_ns -= 10000 * MS, "wall clock");
	UNVERIFIED(for (i = 0; i < 4; i++) f->new[i].realtime_ns = 12345, "was not set");
#undef UNVERIFIED
	/* The real-time clock has a resolution of 1 s. */
	for (i = 0; i < 4; i++)
		f->new[i].realtime_ns += 900 * MS;
	build(f);
	assert_int_equal(f->clock.verdict, CLOCK_VERIFIED);
}

static void test_one_kernel(void **state)
{
	struct fixture *f = *state;
	struct area new;
	struct error error;

	assert_int_equal(area_parse(&new, f->update.new.bytes, f->update.new.size, &error), 0);
	clock_build(&f->clock, NULL, &new, f->update.klog, strlen(f->update.klog));
	assert_int_equal(f->clock.rate_millihertz, NEW_KHZ * 1000000ULL);
	assert_int_equal(f->clock.verdict, CLOCK_UNVERIFIED);
	assert_int_equal(f->clock.rate_error_ppb, 500000);
	assert_false(f->clock.comparable);
	clock_build(&f->clock, NULL, NULL, NULL, 0);
	assert_int_equal(f->clock.rate_millihertz, 0);
	assert_int_equal(f->clock.verdict, CLOCK_UNVERIFIED);
}

/* A guest that was stopped between the two readings of its last anchor. */
static void test_late_reading(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_anchor *load = &f->old[LUO_STATS_ANCHOR_LOAD];
	struct luo_stats_anchor *last = &f->old[LUO_STATS_ANCHOR_LAST];
	uint64_t error_ppb;

	/* The shorter the time between two anchors, the more a late reading is of it. */
	*load = f->old[LUO_STATS_ANCHOR_NOTIFIER];
	load->cycles -= 600ULL * TRUE_KHZ;
	load->monotonic_ns -= 600 * MS;
	load->boottime_ns -= 600 * MS;
	build(f);
	error_ppb = f->clock.rate_error_ppb;
	last->monotonic_ns += 5 * MS;
	last->boottime_ns += 5 * MS;
	build(f);
	assert_int_equal(f->clock.verdict, CLOCK_VERIFIED);
	assert_int_equal(f->clock.rate_error_ppb, error_ppb);
}

/* The new kernel's rate is the one second measurement there is; a slope is none. */
static void test_rate_needs_both_kernels(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	for (i = 0; i < LUO_STATS_ANCHORS; i++)
		f->new[i].flags &= ~LUO_STATS_COUNTER_REFINED;
	assert_verdict(f, CLOCK_UNVERIFIED, "only one estimate");
	assert_int_equal(f->clock.rate_error_ppb, 500000);
}

/* Two kernels that agree to the kHz: half a kHz is left. */
static void test_rate_is_told_in_khz(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	for (i = 0; i < LUO_STATS_ANCHORS; i++) {
		if (f->new[i].flags & LUO_STATS_COUNTER_REFINED)
			f->new[i].counter_khz = f->old[LUO_STATS_ANCHOR_NOTIFIER].counter_khz;
	}
	build(f);
	assert_true(f->clock.rate_error_ppb >=
		    500000000 / f->old[LUO_STATS_ANCHOR_NOTIFIER].counter_khz);
}

static void test_invariant_is_apart(void **state)
{
	struct fixture *f = *state;

	f->update.new.header->flags &= ~LUO_STATS_COUNTER_INVARIANT;
	build(f);
	assert_false(f->clock.invariant);
	assert_int_equal(f->clock.verdict, CLOCK_VERIFIED);
}

static void test_hostile_log(void **state)
{
	static const char *const logs[] = {
		"",
		"\n\n,,,",
		"x",
		"99999999999999999999999,tsc: Detected 2400.000 MHz TSC\n",
		"5,tsc: Detected 99999999999999999999.000 MHz TSC\n",
		"5,tsc: Detected 2400.0 MHz TSC",
		"5,tsc: Detected  MHz TSC\n5,tsc: Detected MHz TSC\n5,tsc: Detected .123 MHz TSC\n",
		"18446744073709551615,tsc: Refined TSC clocksource calibration: 2400.000 MHz\n",
		"18446744073709550,tsc: Refined TSC clocksource calibration: 2400.000 MHz\n",
		"1,Run as init process\n",
		"18446744073709551600,Run /init as init process",
		"1,tsc: Detected 0.001 MHz TSC\n",
		"1,sched_clock: Marking stable ()\n",
		"1,sched_clock: Marking stable (1, 2)->(3, -)\n",
		"1,sched_clock: Marking stable (1, 2)->(3, -99999999999999)\n",
		"1,sched_clock: Marking stable (1, 2)->(3, 99999999999999999999999)\n",
	};
	struct fixture *f = *state;
	uint64_t usec;
	size_t i;

	for (i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		uint64_t cycles, error_ns;

		strcpy(f->update.klog, logs[i]);
		build(f);
		if (klog_init_usec(f->update.klog, strlen(f->update.klog), &usec))
			clock_log_cycles(&f->clock, usec, &cycles, &error_ns);
		if (f->clock.zero_known)
			assert_near(f->clock.zero_cycles, true_cycles(true_boundary_ns[7]),
				    f->clock.zero_error_ns * TRUE_KHZ / 1000000);
	}
	assert_false(klog_init_usec(NULL, 0, &usec));
}

static void test_last_init_counts(void **state)
{
	static const char log[] = "5,Run /init as init process\n6,  with arguments:\n"
				  "9,Run /sbin/init as init process\n";
	uint64_t usec;

	(void)state;
	assert_true(klog_init_usec(log, strlen(log), &usec));
	assert_int_equal(usec, 9);
}

static void test_more_reasons_than_fit(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	/* Each earlier anchor has a later time: every pair of them is a reason. */
	for (i = 0; i < LUO_STATS_ANCHORS; i++) {
		f->old[i] = f->old[LUO_STATS_ANCHOR_LOAD];
		f->old[i].cycles += i * 1000000;
		f->old[i].monotonic_ns -= i * MS;
	}
	build(f);
	assert_int_equal(f->clock.verdict, CLOCK_CONTRADICTED);
	assert_int_equal(f->clock.reasons, CLOCK_REASONS);
	assert_true(f->clock.reasons_left_out >= 15 - CLOCK_REASONS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_ns),
		TEST(test_zero_from_rough_anchor),
		TEST(test_zero_from_refined_anchor),
		TEST(test_zero_without_log),
		TEST(test_zero_of_known_rate),
		TEST(test_zero_of_an_exact_counter),
		TEST(test_zero_stamped),
		TEST(test_zero_of_a_fast_log),
		TEST(test_anchor_before_the_log_is_stable),
		TEST(test_refined_before_the_log_is_stable),
		TEST(test_contradictions),
		TEST(test_unverified),
		TEST(test_late_reading),
		TEST(test_rate_needs_both_kernels),
		TEST(test_rate_is_told_in_khz),
		TEST(test_one_kernel),
		TEST(test_invariant_is_apart),
		TEST(test_hostile_log),
		TEST(test_last_init_counts),
		TEST(test_more_reasons_than_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
