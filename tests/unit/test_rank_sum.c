// SPDX-License-Identifier: GPL-2.0
/*
 * The statistics, against published values, those of R 4.2 (wilcox.test, qwilcox, p.adjust, and
 * wilcox.exact of exactRankTests), and against counting all orders one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "diff/rank_sum.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void assert_within(double value, double expected, double error)
{
	if (!(value - expected <= error && expected - value <= error))
		fail_msg("%.15g, and not %.15g", value, expected);
}

static void assert_near(double value, double expected)
{
	assert_within(value, expected, 1e-12 + 1e-9 * expected);
}

/* Two-sided. */
static double p_by(const struct stats_null *null, const struct stats_sample *base,
		   const struct stats_sample *next)
{
	double above, below;

	assert_int_equal(stats_p_above(null, base, next, &above), 0);
	assert_int_equal(stats_p_above(null, next, base, &below), 0);
	above = above < below ? above : below;
	return 2 * above < 1 ? 2 * above : 1;
}

static double p_of(const struct stats_sample *base, const struct stats_sample *next)
{
	struct stats_null null;
	double p;

	assert_int_equal(stats_null_init(&null, base->count, next->count), 0);
	p = p_by(&null, base, next);
	stats_null_free(&null);
	return p;
}

/* For one base and one next sample: how many pairs have the next value above the base value. */
static double pairs_above(const double *value, unsigned int is_new, unsigned int count)
{
	double above = 0;
	unsigned int i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < count; j++)
			if ((is_new >> i & 1) && !(is_new >> j & 1))
				above += value[i] > value[j] ? 1 : value[i] == value[j] ? 0.5 : 0;
	return above;
}

/* The same p-value by dealing the values to both sides in every possible way. */
static double p_by_counting(const struct stats_sample *base, const struct stats_sample *next)
{
	const unsigned int count = base->count + next->count;
	unsigned int deal, all = 0, lower = 0, upper = 0;
	double value[16], seen;

	memcpy(value, next->value, next->count * sizeof(*value));
	memcpy(value + next->count, base->value, base->count * sizeof(*value));
	seen = pairs_above(value, (1u << next->count) - 1, count);
	for (deal = 0; deal < 1u << count; deal++) {
		double above;

		if ((size_t)__builtin_popcount(deal) != next->count)
			continue;
		above = pairs_above(value, deal, count);
		all++;
		lower += above <= seen;
		upper += above >= seen;
	}
	lower = lower < upper ? lower : upper;
	return 2 * lower < all ? 2.0 * lower / all : 1;
}

static void test_p_by_counting(void **state)
{
	double values[2][6];
	struct stats_sample base = { .value = values[0] }, next = { .value = values[1] };
	unsigned int round, i;

	(void)state;
	srand(20);
	for (round = 0; round < 400; round++) {
		/* From hardly any equal values to hardly any others. */
		const int range = round % 4 ? 2 + round % 9 : 100000;

		base.count = 1 + rand() % 6;
		next.count = 1 + rand() % 6;
		for (i = 0; i < base.count; i++)
			values[0][i] = rand() % range;
		for (i = 0; i < next.count; i++)
			values[1][i] = rand() % range + rand() % 3;
		stats_sort(&base);
		stats_sort(&next);
		assert_near(p_of(&base, &next), p_by_counting(&base, &next));
	}
}

/* Permeability of membranes: M. Hollander, D. A. Wolfe, Nonparametric Statistical Methods, 4.1. */
static void test_published(void **state)
{
	double x[] = { 0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46 };
	double y[] = { 1.15, 0.88, 0.90, 0.74, 1.21 };
	struct stats_sample next = { x, LENGTH(x) }, base = { y, LENGTH(y) };
	struct stats_change change;
	struct stats_null null;

	(void)state;
	stats_sort(&next);
	stats_sort(&base);
	assert_near(p_of(&base, &next), 0.254412254412254);
	assert_near(p_of(&next, &base), 0.254412254412254);
	assert_int_equal(stats_null_init(&null, base.count, next.count), 0);
	assert_int_equal(
		stats_difference(&base, 1, &next, stats_interval_rank(&null, 0.05), &change), 0);
	assert_near(change.estimate, 0.305);
	assert_within(change.low, -0.15, 1e-12);
	assert_near(change.high, 0.76);
	assert_int_equal(
		stats_difference(&base, 1, &next, stats_interval_rank(&null, 0.01), &change), 0);
	assert_within(change.low, -0.35, 1e-12);
	assert_near(change.high, 1.01);
	stats_null_free(&null);
}

static void test_equal_values(void **state)
{
	double b1[] = { 1, 1, 2, 2, 2, 3, 5 }, n1[] = { 2, 3, 3, 5, 6, 6 };
	double b2[] = { 10, 10, 10, 10, 12, 12 }, n2[] = { 10, 12, 12, 13, 13 };
	double same[] = { 3, 3, 3, 3, 3, 3, 3, 3, 3, 3 };

	(void)state;
	assert_near(p_of(&(struct stats_sample){ b1, 7 }, &(struct stats_sample){ n1, 6 }),
		    0.0501165501165501);
	assert_near(p_of(&(struct stats_sample){ b2, 6 }, &(struct stats_sample){ n2, 5 }),
		    0.1558441558441558);
	assert_near(p_of(&(struct stats_sample){ same, 10 }, &(struct stats_sample){ same, 10 }),
		    1);
}

/* The published tables of U give the rank less one. */
static void test_interval_ranks(void **state)
{
	static const struct {
		size_t base, next, rank[3];
	} cases[] = {
		{ 3, 3, { 0, 0, 0 } },
		{ 4, 4, { 1, 0, 0 } },
		{ 5, 5, { 3, 1, 0 } },
		{ 7, 9, { 13, 8, 3 } },
		{ 10, 10, { 24, 17, 9 } },
		{ 8, 12, { 23, 16, 8 } },
		{ 12, 8, { 23, 16, 8 } },
		{ 20, 20, { 128, 106, 82 } },
		{ 50, 80, { 1591, 1464, 1319 } },
		{ 100, 100, { 4198, 3949, 3661 } },
	};
	static const double alpha[] = { 0.05, 0.01, 0.001 };
	struct stats_null null;
	size_t i, j;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		assert_int_equal(stats_null_init(&null, cases[i].base, cases[i].next), 0);
		for (j = 0; j < LENGTH(alpha); j++)
			assert_int_equal(stats_interval_rank(&null, alpha[j]), cases[i].rank[j]);
		stats_null_free(&null);
	}
	assert_int_equal(stats_null_init(&null, 100, 100), 0);
	assert_near(null.cumulative[3000], 3.38576533224911e-07);
	assert_near(null.cumulative[4999], 4.99513714132711e-01);
	assert_near(null.cumulative[40] * 1e54, 2.37781923665701);
	assert_near(null.cumulative[10000], 1);
	stats_null_free(&null);
}

static void test_smallest_p(void **state)
{
	double low[] = { 1, 2, 3, 4 }, high[] = { 5, 6, 7, 8 };

	(void)state;
	assert_near(stats_smallest_p(3, 3), 2 / 20.0);
	assert_near(stats_smallest_p(4, 4), 2 / 70.0);
	assert_near(stats_smallest_p(10, 10), 2 / 184756.0);
	assert_near(stats_smallest_p(5, 10), 2 / 3003.0);
	assert_near(stats_smallest_p(1, 1), 1);
	assert_near(p_of(&(struct stats_sample){ low, 4 }, &(struct stats_sample){ high, 4 }),
		    2 / 70.0);
	assert_near(p_of(&(struct stats_sample){ high, 4 }, &(struct stats_sample){ low, 4 }),
		    2 / 70.0);
}

/*
 * The interval holds what the test does not reject: without equal values it lacks 0 exactly if
 * p <= alpha, and the ratio lacks 1 in the same cases.
 */
static void test_interval_agrees_with_test(void **state)
{
	double values[2][12];
	struct stats_sample base = { .value = values[0] }, next = { .value = values[1] };
	struct stats_change difference, ratio, scaled;
	unsigned int round, i, rejected = 0;
	struct stats_null null;

	(void)state;
	srand(4);
	for (round = 0; round < 500; round++) {
		size_t rank;
		double p;

		base.count = 4 + rand() % 9;
		next.count = 4 + rand() % 9;
		for (i = 0; i < base.count; i++)
			values[0][i] = 1e6 + 2 * (rand() % 1000000);
		for (i = 0; i < next.count; i++)
			values[1][i] = 1e6 + 2 * (rand() % 1000000) + round % 10 * 1e5 + 1;
		stats_sort(&base);
		stats_sort(&next);
		assert_int_equal(stats_null_init(&null, base.count, next.count), 0);
		p = p_by(&null, &base, &next);
		rank = stats_interval_rank(&null, 0.05);
		assert_true(rank > 0);
		assert_int_equal(stats_difference(&base, 1, &next, rank, &difference), 0);
		assert_int_equal(stats_ratio(&base, &next, rank, &ratio), 0);
		assert_int_equal(stats_difference(&base, ratio.low, &next, rank, &scaled), 0);
		stats_null_free(&null);
		assert_true(difference.low <= difference.estimate &&
			    difference.estimate <= difference.high);
		assert_int_equal(p <= 0.05, difference.low > 0 || difference.high < 0);
		assert_int_equal(p <= 0.05, ratio.low > 1 || ratio.high < 1);
		/* Scaled by the interval's end, the interval of the difference begins at 0. */
		assert_within(scaled.low, 0, 1e-6);
		rejected += p <= 0.05;
	}
	assert_true(rejected > 50 && rejected < 450);
}

static void test_summaries(void **state)
{
	double value[] = { 9, 1, 4, 2, 7, 3, 8, 10, 6, 5 };
	struct stats_sample sample = { value, LENGTH(value) };

	(void)state;
	stats_sort(&sample);
	assert_near(stats_median(&sample), 5.5);
	sample.count = 9;
	assert_near(stats_median(&sample), 5);
	sample.count = 1;
	assert_near(stats_median(&sample), 1);
}

/* How often the interval from the @rank-th smallest to the @rank-th largest misses the median. */
static double miss_by_counting(unsigned int count, size_t rank)
{
	unsigned int below, misses = 0;

	for (below = 0; below < 1u << count; below++) {
		const size_t number = __builtin_popcount(below);

		misses += number < rank || count - number < rank;
	}
	return (double)misses / (1u << count);
}

/* It misses the median at most that often; the next narrower one would more often. */
static void test_median_rank_by_counting(void **state)
{
	static const double alpha[] = { 0.05, 0.01, 0.001 };
	unsigned int count;
	size_t i;

	(void)state;
	for (count = 1; count <= 16; count++)
		for (i = 0; i < LENGTH(alpha); i++) {
			const size_t rank = stats_median_rank(count, alpha[i]);

			assert_true(!rank || miss_by_counting(count, rank) <= alpha[i]);
			assert_true(miss_by_counting(count, rank + 1) > alpha[i]);
		}
}

/* The critical values of the two-sided sign test at 5 %, as in any table of it, plus one. */
static void test_median_rank(void **state)
{
	static const size_t cases[][2] = {
		{ 1, 0 },  { 5, 0 },  { 6, 1 },	 { 8, 1 },   { 9, 2 },	 { 10, 2 },
		{ 15, 4 }, { 20, 6 }, { 25, 8 }, { 30, 10 }, { 50, 18 }, { 100, 40 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		assert_int_equal(stats_median_rank(cases[i][0], 0.05), cases[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_p_by_counting),
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_equal_values),
		cmocka_unit_test(test_interval_ranks),
		cmocka_unit_test(test_smallest_p),
		cmocka_unit_test(test_interval_agrees_with_test),
		cmocka_unit_test(test_summaries),
		cmocka_unit_test(test_median_rank_by_counting),
		cmocka_unit_test(test_median_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
