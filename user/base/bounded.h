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
#define BOUNDED_NO_LOW	INT64_MIN
#define BOUNDED_NO_HIGH INT64_MAX

/**
 * struct bounded - a number
 * @known: it was observed: else only the bounds and @why are valid, and the bounds are open
 * @value: what was observed
 * @low:   what it was in truth is not less than this, or BOUNDED_NO_LOW
 * @high:  and not more than this, or BOUNDED_NO_HIGH
 * @why:   why it is not known, or why the bounds are not close: a clause, of static storage; NULL:
 *         nothing is in doubt but its error
 */
struct bounded {
	bool known;
	int64_t value;
	int64_t low;
	int64_t high;
	const char *why;
};

enum unit {
	UNIT_NS,    /* nanoseconds */
	UNIT_COUNT, /* how many */
	UNIT_PPB,   /* a relative error, in parts per billion */
};

/* How it is written: "ns", "count" or "ppb". */
const char *unit_name(enum unit unit);

/* Of several numbers. */
enum statistic {
	STATISTIC_MIN,
	STATISTIC_MAX,
	STATISTIC_MEAN,
	STATISTIC_MEDIAN,     /* the middle one, or the mean of the two in the middle */
	STATISTIC_PERCENTILE, /* by nearest rank: the smallest that p % of all do not exceed */
};

/* A number that is not known, and why. */
static inline struct bounded bounded_unknown(const char *why)
{
	return (struct bounded){ .low = BOUNDED_NO_LOW, .high = BOUNDED_NO_HIGH, .why = why };
}

/* A number of which nothing is in doubt. */
static inline struct bounded bounded_exact(int64_t value)
{
	return (struct bounded){ .known = true, .value = value, .low = value, .high = value };
}

/* Whether the value is known, and both bounds are. */
static inline bool bounded_is_closed(struct bounded number)
{
	return number.known && number.low != BOUNDED_NO_LOW && number.high != BOUNDED_NO_HIGH;
}

/* Whether it was at least as much as was observed, and perhaps more. */
static inline bool bounded_is_lower_bound(struct bounded number)
{
	return number.known && number.low != BOUNDED_NO_LOW && number.high == BOUNDED_NO_HIGH;
}

/* The same number, which was at least that and perhaps more, and @why. */
static inline struct bounded bounded_at_least(struct bounded number, const char *why)
{
	number.high = BOUNDED_NO_HIGH;
	number.why = why;
	return number;
}

/* The same number, of which nothing is sure, and @why. */
static inline struct bounded bounded_in_doubt(struct bounded number, const char *why)
{
	number.low = BOUNDED_NO_LOW;
	return bounded_at_least(number, why);
}

/**
 * bounded_error - how far the value may be wrong; an open bound says nothing of it
 */
uint64_t bounded_error(struct bounded number);

/**
 * bounded_is_lopsided - whether the value lies so near to one of its bounds, which are known, that
 * it is no estimate: of the least of several of which one is only known to be longer
 */
bool bounded_is_lopsided(struct bounded number);

/**
 * bounded_with_error - a time of @ns that is wrong by at most @error_ns
 */
struct bounded bounded_with_error(int64_t ns, uint64_t error_ns);

/**
 * bounded_minus - @number, made less by @ns
 */
struct bounded bounded_minus(struct bounded number, int64_t ns);

/**
 * bounded_statistic - a statistic of the @count numbers in @list
 * @per_mille: of STATISTIC_PERCENTILE: 950 is p95; 1 to 999
 *
 * From exact values, never from buckets. The bounds are the statistic of all lower and of all upper
 * bounds. Where some are not known, min and max have the value of those that are, with a bound that
 * is open; others have no value. Returns 0; -ENODATA: @count is 0; -ENOMEM. @result is valid after
 * 0 alone.
 */
int bounded_statistic(struct bounded *result, const struct bounded *list, size_t count,
		      enum statistic statistic, unsigned int per_mille);

#endif /* LUOSCOPE_BOUNDED_H */
