// SPDX-License-Identifier: GPL-2.0
#include "rank_sum.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void stats_sort(struct stats_sample *sample)
{
	if (sample->count)
		qsort(sample->value, sample->count, sizeof(*sample->value), by_value);
}

/* The values must be ascending. */
static double middle(const double *value, size_t count)
{
	return count % 2 ? value[count / 2] : value[count / 2 - 1] / 2 + value[count / 2] / 2;
}

double stats_median(const struct stats_sample *sample)
{
	return middle(sample->value, sample->count);
}

size_t stats_median_rank(size_t count, double alpha)
{
	/* The probability that exactly k runs are below the true median, and that at most k are. */
	double exactly = ldexp(1, -(int)count), at_most = exactly;
	size_t k = 0;

	while (k < count && 2 * at_most <= alpha) {
		exactly *= (double)(count - k) / (k + 1);
		at_most += exactly;
		k++;
	}
	return k;
}

/*
 * In how many ways @chosen of the @count scores add up to each sum from 0 to @sum_max, divided by
 * the number of all ways. The scores are added one by one; ways[j][s] counts the choices of j of
 * the scores so far which add up to s. Returns memory from malloc(), or NULL.
 */
static double *rank_sum_shares(const unsigned int *score, size_t count, size_t chosen,
			       size_t sum_max)
{
	const size_t width = sum_max + 1;
	double *ways = calloc((chosen + 1) * width, sizeof(*ways));
	double *shares = malloc(width * sizeof(*shares));
	double all = 0;
	size_t i, j, s;

	if (!ways || !shares) {
		free(ways);
		free(shares);
		return NULL;
	}
	ways[0] = 1;
	for (i = 0; i < count; i++)
		for (j = chosen; j >= 1; j--)
			for (s = score[i]; s <= sum_max; s++)
				ways[j * width + s] += ways[(j - 1) * width + s - score[i]];
	for (s = 0; s <= sum_max; s++)
		all += ways[chosen * width + s];
	for (s = 0; s <= sum_max; s++)
		shares[s] = ways[chosen * width + s] / all;
	free(ways);
	return shares;
}

/* The sum of the @chosen largest of the ascending scores. */
static size_t largest_sum(const unsigned int *score, size_t count, size_t chosen)
{
	size_t sum = 0;

	while (chosen--)
		sum += score[--count];
	return sum;
}

int stats_null_init(struct stats_null *null, size_t base, size_t next)
{
	/* U is the same for both sides, so the smaller one can be counted. */
	const size_t chosen = base < next ? base : next, count = base + next;
	const size_t smallest = chosen * (chosen + 1) / 2;
	unsigned int rank[2 * STATS_RUNS_MAX];
	double *shares, sum = 0;
	size_t i;

	*null = (struct stats_null){ .base = base, .next = next };
	for (i = 0; i < count; i++)
		rank[i] = i + 1;
	shares = rank_sum_shares(rank, count, chosen, largest_sum(rank, count, chosen));
	null->cumulative = malloc((base * next + 1) * sizeof(*null->cumulative));
	if (!shares || !null->cumulative) {
		free(shares);
		stats_null_free(null);
		return -ENOMEM;
	}
	for (i = 0; i <= base * next; i++) {
		sum += shares[smallest + i];
		null->cumulative[i] = sum;
	}
	free(shares);
	return 0;
}

void stats_null_free(struct stats_null *null)
{
	free(null->cumulative);
	null->cumulative = NULL;
}

double stats_smallest_p(size_t base, size_t next)
{
	double p = 2;
	size_t i;

	for (i = 1; i <= base; i++)
		p *= (double)i / (next + i);
	return p < 1 ? p : 1;
}

/*
 * Ranks of all values, doubled so that the mean of two is a whole number; @rank in the order of the
 * values, @new_sum the sum of those of @next. Returns whether there are equal values.
 */
static bool rank_all(const struct stats_sample *base, const struct stats_sample *next,
		     unsigned int *rank, size_t *new_sum)
{
	size_t i = 0, j = 0;
	bool has_ties = false;

	*new_sum = 0;
	while (i < base->count || j < next->count) {
		const bool is_base = j == next->count ||
				     (i < base->count && base->value[i] <= next->value[j]);
		const double value = is_base ? base->value[i] : next->value[j];
		const size_t first = i + j, first_new = j;
		size_t k;

		while (i < base->count && base->value[i] == value)
			i++;
		while (j < next->count && next->value[j] == value)
			j++;
		for (k = first; k < i + j; k++)
			rank[k] = first + 1 + i + j;
		*new_sum += (j - first_new) * (first + 1 + i + j);
		has_ties |= i + j > first + 1;
	}
	return has_ties;
}

int stats_p_above(const struct stats_null *null, const struct stats_sample *base,
		  const struct stats_sample *next, double *p)
{
	const size_t count = base->count + next->count, pairs = base->count * next->count;
	unsigned int rank[2 * STATS_RUNS_MAX];
	size_t sum, sum_max, s;
	double *shares;

	if (!rank_all(base, next, rank, &sum)) {
		/* The number of pairs in which the run of @next is above that of @base. */
		const size_t u = sum / 2 - next->count * (next->count + 1) / 2;

		*p = null->cumulative[pairs - u];
		return 0;
	}
	sum_max = largest_sum(rank, count, next->count);
	shares = rank_sum_shares(rank, count, next->count, sum_max);
	if (!shares)
		return -ENOMEM;
	*p = 0;
	for (s = sum; s <= sum_max; s++)
		*p += shares[s];
	free(shares);
	return 0;
}

size_t stats_interval_rank(const struct stats_null *null, double alpha)
{
	size_t k = 0;

	while (k < null->base * null->next && 2 * null->cumulative[k] <= alpha)
		k++;
	return k;
}

/* @pair: the values of all pairs, from malloc() or NULL; freed here. */
static int change_of_pairs(double *pair, size_t pairs, size_t rank, struct stats_change *change)
{
	if (!pair)
		return -ENOMEM;
	qsort(pair, pairs, sizeof(*pair), by_value);
	*change = (struct stats_change){ .estimate = middle(pair, pairs),
					 .low = pair[rank - 1],
					 .high = pair[pairs - rank] };
	free(pair);
	return 0;
}

int stats_difference(const struct stats_sample *base, double scale, const struct stats_sample *next,
		     size_t rank, struct stats_change *change)
{
	const size_t pairs = base->count * next->count;
	double *pair = malloc(pairs * sizeof(*pair));
	size_t i;

	for (i = 0; pair && i < pairs; i++)
		pair[i] = next->value[i % next->count] - scale * base->value[i / next->count];
	return change_of_pairs(pair, pairs, rank, change);
}

int stats_ratio(const struct stats_sample *base, const struct stats_sample *next, size_t rank,
		struct stats_change *change)
{
	const size_t pairs = base->count * next->count;
	double *pair = malloc(pairs * sizeof(*pair));
	size_t i;

	for (i = 0; pair && i < pairs; i++)
		pair[i] = next->value[i % next->count] / base->value[i / next->count];
	return change_of_pairs(pair, pairs, rank, change);
}
