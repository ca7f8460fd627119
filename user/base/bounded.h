/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A number that was measured, what is known of how wrong it may be, and statistics of several.
 *
 * The bounds are what a verdict may rely on. Where something was not seen, a bound is open: the
 * slowest of five devices of which one was not timed took at least as long as the slowest of four.
 */
#ifndef LUOSCOPE_BOUNDED_H
#define LUOSCOPE_BOUNDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bounds that are open. */
#define MEASURED_NO_LOW	 INT64_MIN
#define MEASURED_NO_HIGH INT64_MAX

/**
 * struct measured - a number
 * @known: it was observed: else only the bounds and @why are valid, and the bounds are open
 * @value: what was observed
 * @low:   what it was in truth is not less than this, or MEASURED_NO_LOW
 * @high:  and not more than this, or MEASURED_NO_HIGH
 * @why:   why it is not known, or why the bounds are not close: a clause, of static storage; NULL:
 *         nothing is in doubt but its error
 */
struct measured {
	bool known;
	int64_t value;
	int64_t low;
	int64_t high;
	const char *why;
};

/* Of several numbers. */
enum statistic {
	STATISTIC_MIN,
	STATISTIC_MAX,
	STATISTIC_MEAN,
	STATISTIC_MEDIAN,     /* the middle one, or the mean of the two in the middle */
	STATISTIC_PERCENTILE, /* by nearest rank: the smallest that p % of all do not exceed */
};

/* A number that is not known, and why. */
static inline struct measured measured_unknown(const char *why)
{
	return (struct measured){ .low = MEASURED_NO_LOW, .high = MEASURED_NO_HIGH, .why = why };
}

/* A number of which nothing is in doubt. */
static inline struct measured measured_exact(int64_t value)
{
	return (struct measured){ .known = true, .value = value, .low = value, .high = value };
}

/* Whether the value is known, and both bounds are. */
static inline bool measured_is_bounded(const struct measured *measured)
{
	return measured->known && measured->low != MEASURED_NO_LOW &&
	       measured->high != MEASURED_NO_HIGH;
}

/**
 * measured_error - how far the value may be wrong, of one whose bounds are known
 */
uint64_t measured_error(const struct measured *measured);

/**
 * measured_is_lopsided - whether the value lies so near to one of its bounds, which are known, that
 * it is no estimate: of the least of several of which one is only known to be longer
 */
bool measured_is_lopsided(const struct measured *measured);

/**
 * measured_time - a time of @ns that is wrong by at most @error_ns
 */
struct measured measured_time(int64_t ns, uint64_t error_ns);

/**
 * measured_less - @measured, made less by @ns
 */
struct measured measured_less(const struct measured *measured, int64_t ns);

/**
 * measured_statistic - a statistic of the @count numbers in @list
 * @per_mille: of STATISTIC_PERCENTILE: 950 is p95; 1 to 999
 *
 * From exact values, never from buckets. The bounds are the statistic of all lower and of all upper
 * bounds. Where some are not known, min and max have the value of those that are, with a bound that
 * is open; others have no value. Returns 0; -ENODATA: @count is 0; -ENOMEM. @result is valid after
 * 0 alone.
 */
int measured_statistic(struct measured *result, const struct measured *list, size_t count,
		       enum statistic statistic, unsigned int per_mille);

#endif /* LUOSCOPE_BOUNDED_H */
