/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Statistics of repeated runs: the median of one side, and whether two sides differ.
 *
 * Two sides are compared with the rank sum test of Wilcoxon, Mann and Whitney (H. B. Mann and D. R.
 * Whitney, Annals of Mathematical Statistics 18, 1947). Times of an update are skewed, have several
 * peaks, and have occasional outliers; a t-test would assume that they are normal. This test only
 * looks at how the runs of both sides mix when they are sorted.
 *
 * Its p-value is exact because there are only a few runs: of all ways to deal the ranks to the two
 * sides, the share that is at least as uneven as the observed one, twice the smaller tail. Equal
 * values share their mean rank, and the ways are counted with these ranks
 * (B. Streitberg and J. Roehmel, EDV in Medizin und Biologie 18, 1987).
 *
 * The change is the estimate that belongs to the test (J. L. Hodges and E. L. Lehmann, Annals of
 * Mathematical Statistics 34, 1963): the median of all differences of a new run and a base run. The
 * ends of the interval around it are two of these differences, and it contains exactly those
 * changes that the test would not reject. With equal values it is slightly wider than necessary. A
 * ratio is a difference of logarithms, and logarithms do not change ranks, so the same holds for
 * ratios.
 *
 * The interval of one side's median extends from its k-th smallest to its k-th largest run (W. R.
 * Thompson, Annals of Mathematical Statistics 7, 1936). Each run is as likely to be below the true
 * median as above it, so the interval misses it only if fewer than k of them are on one side: a
 * binomial probability, which is exact whatever the distribution.
 *
 * The test assumes that runs are independent of each other, and that apart from the change both
 * sides were made in the same way.
 */
#ifndef LUOSCOPE_RANK_SUM_H
#define LUOSCOPE_RANK_SUM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Fewer runs on a side do not show the spread. It is also the smallest number for which the test
 * can find anything at the level 0.05: the most uneven order of 4 and 4 has p = 2/70, that of 3 and
 * 3 only 2/20.
 */
#define STATS_RUNS_MIN 4
/* Exact p-values take time to compute. */
#define STATS_RUNS_MAX 100

/**
 * struct stats_sample - the values of the runs of one side
 * @value: ascending, see stats_sort()
 * @count: how many there are
 */
struct stats_sample {
	double *value;
	size_t count;
};

/**
 * stats_sort - put the values of @sample in ascending order
 */
void stats_sort(struct stats_sample *sample);

/**
 * stats_median - the middle value, or the mean of the two middle values
 *
 * @sample must have values.
 */
double stats_median(const struct stats_sample *sample);

/**
 * stats_median_rank - which runs are the ends of the interval of the median
 * @count: of the runs
 * @alpha: the probability that the interval misses the true median, such as 0.05
 *
 * Returns k: the interval extends from the k-th smallest to the k-th largest run; 0: that many runs
 * give no interval at this level.
 */
size_t stats_median_rank(size_t count, double alpha);

/**
 * struct stats_null - how often each order of the runs occurs if both sides are the same
 * @base:       runs of the base
 * @next:       runs of the new side
 * @cumulative: by u from 0 to @base * @next: the share of all orders, without equal values, in
 *              which at most u pairs have the run of @next below that of @base
 */
struct stats_null {
	size_t base;
	size_t next;
	double *cumulative;
};

/**
 * stats_null_init - count the orders of @base and @next runs, each 1 to STATS_RUNS_MAX
 *
 * Returns 0 or -ENOMEM. The caller frees with stats_null_free().
 */
int stats_null_init(struct stats_null *null, size_t base, size_t next);

/**
 * stats_null_free - free what @null owns
 */
void stats_null_free(struct stats_null *null);

/**
 * stats_smallest_p - the two-sided p-value of the most uneven order, which is the smallest one
 */
double stats_smallest_p(size_t base, size_t next);

/**
 * stats_p_above - the probability that @next is at least so far above @base if both sides are the
 * same
 * @null: for as many runs as @base and @next have
 *
 * This is one tail: for a two-sided test, use twice the smaller of both. Sets @p. Returns 0 or
 * -ENOMEM.
 */
int stats_p_above(const struct stats_null *null, const struct stats_sample *base,
		  const struct stats_sample *next, double *p);

/**
 * struct stats_change - an estimate, and the interval that holds the true value
 */
struct stats_change {
	double estimate;
	double low;
	double high;
};

/**
 * stats_interval_rank - which differences are the ends of the interval
 * @alpha: the probability that the interval misses the true change, such as 0.05
 *
 * Returns k: the interval extends from the k-th smallest to the k-th largest of all differences; 0:
 * that many runs give no interval at this level.
 */
size_t stats_interval_rank(const struct stats_null *null, double alpha);

/**
 * stats_difference - by how much the runs of @next are above those of @base times @scale
 * @rank: from stats_interval_rank(), not 0
 *
 * Returns 0 or -ENOMEM.
 */
int stats_difference(const struct stats_sample *base, double scale, const struct stats_sample *next,
		     size_t rank, struct stats_change *change);

/**
 * stats_ratio - the ratio of the runs of @next to those of @base
 *
 * The values of @base must be above 0. Returns 0 or -ENOMEM.
 */
int stats_ratio(const struct stats_sample *base, const struct stats_sample *next, size_t rank,
		struct stats_change *change);

#endif /* LUOSCOPE_RANK_SUM_H */
