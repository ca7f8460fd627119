/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A measured number with its bounds, and statistics of several such numbers.
 *
 * A verdict may rely only on the bounds. If something was not seen, a bound is open: if one of five
 * devices was not timed, the slowest took at least as long as the slowest of the other four.
 */
#ifndef LUOSCOPE_BOUNDED_H
#define LUOSCOPE_BOUNDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open bounds. */
#define BOUNDED_NO_LOW	INT64_MIN
#define BOUNDED_NO_HIGH INT64_MAX

/**
 * struct bounded - a number
 * @known: it was observed. If not, @value is not valid, and only a statistic has closed bounds
 * @value: the observed value
 * @low:   the true value is at least this, or BOUNDED_NO_LOW
 * @high:  the true value is at most this, or BOUNDED_NO_HIGH
 * @why:   why it is not known, or why a bound is open: a clause in static storage; NULL: only the
 *         error of the measurement is in doubt
 *
 * All 0 means not known, for no stated reason; then the bounds are not valid either.
 */
struct bounded {
	bool known;
	int64_t value;
	int64_t low;
	int64_t high;
	const char *why;
};

/**
 * struct estimate - a number without its bounds, which follow from it, like the error of a clock
 * @known: it was observed. If not, @value is not valid
 * @value: 63 bits of ns are 146 years in either direction
 *
 * For what there is a lot of: it is a fifth as large.
 */
struct estimate {
	bool known : 1;
	int64_t value : 63;
};

enum unit {
	UNIT_NS,    /* nanoseconds */
	UNIT_COUNT, /* how many */
	UNIT_PPB,   /* a relative error, in parts per billion */
};

/* Name of the unit: "ns", "count" or "ppb". */
const char *unit_name(enum unit unit);

/* A statistic of several numbers. */
enum statistic {
	STATISTIC_MIN,
	STATISTIC_MAX,
	STATISTIC_MEAN,
	STATISTIC_MEDIAN,     /* the middle one, or the mean of the two in the middle */
	STATISTIC_PERCENTILE, /* by nearest rank: the smallest that p % of all do not exceed */
};

/* An unknown number, and the reason. */
static inline struct bounded bounded_unknown(const char *why)
{
	return (struct bounded){ .low = BOUNDED_NO_LOW, .high = BOUNDED_NO_HIGH, .why = why };
}

/* A number without any doubt. */
static inline struct bounded bounded_exact(int64_t value)
{
	return (struct bounded){ .known = true, .value = value, .low = value, .high = value };
}

/* The value of @estimate alone: nothing is said of its bounds. */
static inline struct bounded bounded_estimate(struct estimate estimate)
{
	return (struct bounded){ .known = estimate.known,
				 .value = estimate.value,
				 .low = BOUNDED_NO_LOW,
				 .high = BOUNDED_NO_HIGH };
}

/* Whether the value and both bounds are known. */
static inline bool bounded_is_closed(struct bounded number)
{
	return number.known && number.low != BOUNDED_NO_LOW && number.high != BOUNDED_NO_HIGH;
}

/* Whether nothing is certain of the value, although it was observed. */
static inline bool bounded_is_open(struct bounded number)
{
	return number.known && number.low == BOUNDED_NO_LOW && number.high == BOUNDED_NO_HIGH;
}

/* Whether the true value may be larger without limit. */
static inline bool bounded_is_lower_bound(struct bounded number)
{
	return number.known && number.low != BOUNDED_NO_LOW && number.high == BOUNDED_NO_HIGH;
}

/* The same number as a lower bound, for the reason @why, or the old one if both bounds are open. */
static inline struct bounded bounded_at_least(struct bounded number, const char *why)
{
	number.high = BOUNDED_NO_HIGH;
	if (number.low != BOUNDED_NO_LOW || !number.why)
		number.why = why;
	return number;
}

/* The same number as an upper bound, in the same way. */
static inline struct bounded bounded_at_most(struct bounded number, const char *why)
{
	number.low = BOUNDED_NO_LOW;
	if (number.high != BOUNDED_NO_HIGH || !number.why)
		number.why = why;
	return number;
}

/* The same number with both bounds open, for the reason @why. */
static inline struct bounded bounded_in_doubt(struct bounded number, const char *why)
{
	number.low = BOUNDED_NO_LOW;
	number.high = BOUNDED_NO_HIGH;
	number.why = why;
	return number;
}

/**
 * bounded_error - the largest distance of a bound from the value, without open bounds
 */
uint64_t bounded_error(struct bounded number);

/**
 * bounded_is_lopsided - whether the value is so much closer to one of its two known bounds that it
 * is no estimate, such as the minimum of several values of which one is only a lower bound
 */
bool bounded_is_lopsided(struct bounded number);

/**
 * bounded_with_error - a time of @ns with an error of at most @error_ns
 */
struct bounded bounded_with_error(int64_t ns, uint64_t error_ns);

/**
 * bounded_minus - @number minus @ns
 */
struct bounded bounded_minus(struct bounded number, int64_t ns);

/**
 * bounded_larger - the larger one of two known numbers, which may be either if their bounds overlap
 */
struct bounded bounded_larger(struct bounded a, struct bounded b);

/**
 * bounded_within - @number, of which it is known that it lies between @low and @high
 *
 * Narrows its closed bounds, not beyond the value.
 */
struct bounded bounded_within(struct bounded number, int64_t low, int64_t high);

/**
 * bounded_statistic - a statistic of the @count numbers in @list
 * @per_mille: of STATISTIC_PERCENTILE: 950 is p95; 1 to 999
 *
 * It is computed from exact values, never from buckets. Its bounds are the statistic of all lower
 * and of all upper bounds. If some values are not known, min and max are those of the known ones,
 * with an open bound; the other statistics have no value. @result is valid only after 0.
 *
 * Returns 0; -ENODATA: @count is 0; -ENOMEM.
 */
int bounded_statistic(struct bounded *result, const struct bounded *list, size_t count,
		      enum statistic statistic, unsigned int per_mille);

#endif /* LUOSCOPE_BOUNDED_H */
