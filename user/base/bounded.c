// SPDX-License-Identifier: GPL-2.0
#include "bounded.h"

#include <errno.h>
#include <stdlib.h>

static int64_t add_saturating(int64_t a, uint64_t b)
{
	return b > (uint64_t)(INT64_MAX - 1) || a > INT64_MAX - 1 - (int64_t)b ? INT64_MAX - 1 :
										 a + (int64_t)b;
}

const char *unit_name(enum unit unit)
{
	switch (unit) {
	case UNIT_NS:
		return "ns";
	case UNIT_COUNT:
		return "count";
	case UNIT_PPB:
		return "ppb";
	}
	return "unknown";
}

uint64_t bounded_error(struct bounded number)
{
	const uint64_t above =
		number.high == BOUNDED_NO_HIGH ? 0 : (uint64_t)number.high - (uint64_t)number.value;
	const uint64_t below =
		number.low == BOUNDED_NO_LOW ? 0 : (uint64_t)number.value - (uint64_t)number.low;

	return above > below ? above : below;
}

bool bounded_is_lopsided(struct bounded number)
{
	const uint64_t more = bounded_error(number);
	const uint64_t less = (uint64_t)number.high - (uint64_t)number.low - more;
	const int64_t value = number.value;

	return more - less > more / 2 &&
	       more > (value < 0 ? -(uint64_t)value : (uint64_t)value) / 100;
}

struct bounded bounded_with_error(int64_t ns, uint64_t error_ns)
{
	const int64_t high = add_saturating(ns, error_ns);

	return (struct bounded){
		.known = true, .value = ns, .low = -add_saturating(-ns, error_ns), .high = high
	};
}

struct bounded bounded_minus(struct bounded number, int64_t ns)
{
	struct bounded less = number;

	less.value -= ns;
	if (less.low != BOUNDED_NO_LOW)
		less.low -= ns;
	if (less.high != BOUNDED_NO_HIGH)
		less.high -= ns;
	return less;
}

struct bounded bounded_larger(struct bounded a, struct bounded b)
{
	struct bounded larger = a.value >= b.value ? a : b;

	larger.low = a.low > b.low ? a.low : b.low;
	larger.high = a.high > b.high ? a.high : b.high;
	if (!bounded_is_closed(larger) && !larger.why)
		larger.why = a.why ? a.why : b.why;
	return larger;
}

struct bounded bounded_within(struct bounded number, int64_t low, int64_t high)
{
	if (!number.known)
		return number;
	if (number.low != BOUNDED_NO_LOW && number.low < low)
		number.low = low < number.value ? low : number.value;
	if (number.high != BOUNDED_NO_HIGH && number.high > high)
		number.high = high > number.value ? high : number.value;
	return number;
}

static int compare_numbers(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* How a mean is rounded. */
enum rounding { DOWN, NEAREST, UP };

static int64_t mean_of(const int64_t *sorted, size_t count, enum rounding rounding)
{
	const int64_t n = count;
	__int128 sum = 0;
	int64_t mean, rest;
	size_t i;

	/* An open bound anywhere leaves nothing to be said. */
	if (rounding == DOWN && sorted[0] == BOUNDED_NO_LOW)
		return BOUNDED_NO_LOW;
	if (rounding == UP && sorted[count - 1] == BOUNDED_NO_HIGH)
		return BOUNDED_NO_HIGH;
	for (i = 0; i < count; i++)
		sum += sorted[i];
	mean = sum / n;
	rest = sum % n;
	if (rest < 0) {
		mean--;
		rest += n;
	}
	return mean + (rounding == UP ? rest > 0 : rounding == NEAREST ? rest >= n - rest : 0);
}

/* Of numbers in order. */
static int64_t statistic_of(const int64_t *sorted, size_t count, enum statistic statistic,
			    unsigned int per_mille, enum rounding rounding)
{
	size_t rank;

	switch (statistic) {
	case STATISTIC_MIN:
		return sorted[0];
	case STATISTIC_MAX:
		return sorted[count - 1];
	case STATISTIC_MEAN:
		return mean_of(sorted, count, rounding);
	case STATISTIC_MEDIAN:
		return mean_of(&sorted[(count - 1) / 2], 2 - count % 2, rounding);
	case STATISTIC_PERCENTILE:
		rank = (count * per_mille + 999) / 1000;
		return sorted[rank ? rank - 1 : 0];
	}
	return 0;
}

int bounded_statistic(struct bounded *result, const struct bounded *list, size_t count,
		      enum statistic statistic, unsigned int per_mille)
{
	const bool is_end = statistic == STATISTIC_MIN || statistic == STATISTIC_MAX;
	size_t known = 0, i;
	int64_t *numbers;

	if (!count)
		return -ENODATA;
	numbers = malloc(count * sizeof(*numbers));
	if (!numbers)
		return -ENOMEM;
	*result = (struct bounded){};

	for (i = 0; i < count; i++)
		if (list[i].known)
			numbers[known++] = list[i].value;
	qsort(numbers, known, sizeof(*numbers), compare_numbers);
	result->known = is_end ? known > 0 : known == count;
	if (result->known)
		result->value = statistic_of(numbers, known, statistic, per_mille, NEAREST);

	for (i = 0; i < count; i++)
		numbers[i] = list[i].low;
	qsort(numbers, count, sizeof(*numbers), compare_numbers);
	result->low = statistic_of(numbers, count, statistic, per_mille, DOWN);

	for (i = 0; i < count; i++)
		numbers[i] = list[i].high;
	qsort(numbers, count, sizeof(*numbers), compare_numbers);
	result->high = statistic_of(numbers, count, statistic, per_mille, UP);
	free(numbers);

	if (!bounded_is_closed(*result))
		for (i = 0; i < count && !result->why; i++)
			result->why = list[i].why;
	return 0;
}
