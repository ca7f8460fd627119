/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The statistics of repeated runs: what one side is like, and whether two sides differ.
 *
 * Two sides are compared with the rank sum test of Wilcoxon, Mann and Whitney (H. B. Mann and
 * D. R. Whitney, Annals of Mathematical Statistics 18, 1947). Times of an update are skewed, have
 * several peaks, and now and then one run is far off; a t-test would take them for normal. This
 * test only asks how the runs of both sides are mixed when they are put in order.
 *
 * Its p-value is exact, for a handful of runs is all there is: the share of all ways to deal the
 * ranks to the two sides that are at least as uneven as the one that was seen, twice the smaller
 * tail. Equal values share their mean rank, and the ways are counted with these ranks
 * (B. Streitberg and J. Roehmel, EDV in Medizin und Biologie 18, 1987).
 *
 * The change is told by the estimate that belongs to the test (J. L. Hodges and E. L. Lehmann,
 * Annals of Mathematical Statistics 34, 1963): the median of all differences of a new run and a
 * base run. The interval around it is made of two of these differences, and holds exactly those
 * changes that the test would not reject. With equal values it is a little wider than it had to be.
 * A ratio is a difference of logarithms, and ranks do not feel logarithms, so the same holds for
 * ratios.
 *
 * What the test takes for granted is that runs are independent of each other, and that apart from
 * the change both sides were made alike.
 */
#ifndef LUOSCOPE_RANK_SUM_H
#define LUOSCOPE_RANK_SUM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Of fewer runs on a side the spread is not known. It is also the smallest number for which the
 * test can find anything at the level 0.05: the most uneven order of 4 and 4 has p = 2/70, that of
 * 3 and 3 only 2/20.
 */
#define STATS_RUNS_MIN 4
/* All p-values are exact, and that takes time. */
#define STATS_RUNS_MAX 100

/**
 * struct stats_sample - what was measured in the runs of one side
 * @value: ascending, see stats_sort()
 * @count: how many
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
 * stats_median - the value in the middle, or the mean of the two in the middle
 *
 * @sample has values.
 */
double stats_median(const struct stats_sample *sample);

/**
 * struct stats_null - how often each order of the runs comes up if both sides are the same
 * @base:       runs of the base
 * @next:       runs of what is compared to it
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
 * stats_smallest_p - the two-sided p-value of the most uneven order of all; there is no smaller one
 */
double stats_smallest_p(size_t base, size_t next);

/**
 * stats_p_above - how likely @next comes out at least so far above @base if both sides are the same
 * @null: of as many runs as @base and @next have
 *
 * One tail: who did not know beforehand which side would be above takes twice the smaller of both.
 * Sets @p. Returns 0 or -ENOMEM.
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
 * @alpha: how likely the interval may miss the true change, such as 0.05
 *
 * Returns k: the interval reaches from the k-th smallest to the k-th largest of all differences; 0:
 * so many runs give no interval at this level.
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
 * stats_ratio - how many times the runs of @base those of @next are
 *
 * The values of @base are above 0. Returns 0 or -ENOMEM.
 */
int stats_ratio(const struct stats_sample *base, const struct stats_sample *next, size_t rank,
		struct stats_change *change);

#endif /* LUOSCOPE_RANK_SUM_H */
