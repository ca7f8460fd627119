/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A measured number, the bounds of its error, and statistics of several such numbers.
 *
 * A verdict may rely on the bounds only. If something was not seen, a bound is open: when one of
 * five devices was not timed, the slowest of the five took at least as long as the slowest of the
 * other four.
 */
#ifndef LUOSCOPE_BOUNDED_H
#define LUOSCOPE_BOUNDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a number counts. */
enum unit {
	UNIT_NS,    /* time, in nanoseconds */
	UNIT_COUNT, /* how many */
	UNIT_PPB,   /* a relative error, in parts per billion */
};

/* Name of the unit: "ns", "count" or "ppb". */
const char *unit_name(enum unit unit);

/* Open bounds. */
#define BOUNDED_NO_LOW	INT64_MIN
#define BOUNDED_NO_HIGH INT64_MAX

/**
 * struct bounded - a number
 * @known: it was observed; if not, only the bounds and @why are valid, and the bounds are open
 * @value: what was observed
 * @low:   the true value is not below this, or BOUNDED_NO_LOW
 * @high:  and not above this, or BOUNDED_NO_HIGH
 * @why:   why it is not known, or why the bounds are not close: a clause, of static storage; NULL:
 *         there is nothing but the error of measurement
 */
struct bounded {
	bool known;
	int64_t value;
	int64_t low;
	int64_t high;
	const char *why;
};

/* Statistics of several numbers. */
enum statistic {
	STATISTIC_MIN,
	STATISTIC_MAX,
	STATISTIC_MEAN,
	STATISTIC_MEDIAN,     /* the middle one, or the mean of the two in the middle */
	STATISTIC_PERCENTILE, /* by nearest rank: the smallest that p % of all do not exceed */
};

/* An unknown number, and why it is unknown. */
static inline struct bounded bounded_unknown(const char *why)
{
	return (struct bounded){ .low = BOUNDED_NO_LOW, .high = BOUNDED_NO_HIGH, .why = why };
}

/* An exact number. */
static inline struct bounded bounded_exact(int64_t value)
{
	return (struct bounded){ .known = true, .value = value, .low = value, .high = value };
}

/* Whether the value and both bounds are known. */
static inline bool bounded_is_closed(const struct bounded *bounded)
{
	return bounded->known && bounded->low != BOUNDED_NO_LOW && bounded->high != BOUNDED_NO_HIGH;
}

/* Whether it is known to be at least @value, and perhaps more. */
static inline bool bounded_is_lower_bound(const struct bounded *bounded)
{
	return bounded->known && bounded->low != BOUNDED_NO_LOW && bounded->high == BOUNDED_NO_HIGH;
}

/**
 * bounded_error - the largest possible error of a value whose bounds are known
 */
uint64_t bounded_error(const struct bounded *bounded);

/**
 * bounded_is_lopsided - whether the value is so close to one of its known bounds that it is no
 * estimate, such as the minimum of several values of which one has only a lower bound
 */
bool bounded_is_lopsided(const struct bounded *bounded);

/**
 * bounded_with_error - a time of @ns with an error of at most @error_ns
 */
struct bounded bounded_with_error(int64_t ns, uint64_t error_ns);

/**
 * bounded_minus - @bounded minus @ns
 */
struct bounded bounded_minus(const struct bounded *bounded, int64_t ns);

/**
 * bounded_statistic - a statistic of the @count numbers in @list
 * @per_mille: for STATISTIC_PERCENTILE: 950 is p95; 1 to 999
 *
 * Computed from the exact values, never from buckets. The bounds are the statistic of all lower and
 * of all upper bounds. If some numbers are not known, min and max are those of the known ones, with
 * one bound open; other statistics have no value. Returns 0, -ENODATA if @count is 0, or -ENOMEM.
 * @result is valid only if 0 is returned.
 */
int bounded_statistic(struct bounded *result, const struct bounded *list, size_t count,
		      enum statistic statistic, unsigned int per_mille);

#endif /* LUOSCOPE_BOUNDED_H */
