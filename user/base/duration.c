// SPDX-License-Identifier: GPL-2.0
#include "duration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

#define SIGNIFICANT_DIGITS 4

static const struct unit {
	uint64_t ns;
	const char *name;
} units[] = { { 1, "ns" }, { 1000, "us" }, { 1000000, "ms" }, { 1000000000, "s" } };

#define UNITS (ARRAY_SIZE(units))

static unsigned int digits_of(uint64_t number)
{
	unsigned int digits = 1;

	while (number >= 10) {
		number /= 10;
		digits++;
	}
	return digits;
}

static uint64_t power_of_10(unsigned int exponent)
{
	uint64_t power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

const char *format_duration(char *buffer, int64_t ns, uint64_t error_ns)
{
	uint64_t value = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	const char *sign = ns < 0 ? "-" : "";
	unsigned int decimals, places, i = 0;
	uint64_t step, rounded, whole;

	while (i + 1 < UNITS && value >= units[i + 1].ns)
		i++;
	for (;;) {
		/* A unit of 10^places ns; the last digit counts 10^(places - decimals) ns. */
		places = i * 3;
		decimals = digits_of(value / units[i].ns);
		decimals = decimals < SIGNIFICANT_DIGITS ? SIGNIFICANT_DIGITS - decimals : 0;
		if (decimals > places)
			decimals = places;
		while (decimals && power_of_10(places - decimals) < error_ns / 4)
			decimals--;
		step = power_of_10(places - decimals);
		rounded = value / step + (value % step >= step - step / 2 && step > 1);
		whole = rounded / power_of_10(decimals);
		if (whole < 1000 || i + 1 == UNITS)
			break;
		i++; /* 999.96 ms rounds to 1.000 s */
	}
	/* 9.9996 became 10.000: one digit too many. */
	if (decimals && digits_of(whole) + decimals > SIGNIFICANT_DIGITS) {
		rounded /= 10;
		decimals--;
	}
	if (decimals)
		snprintf(buffer, DURATION_BYTES, "%s%llu.%0*llu %s", sign,
			 (unsigned long long)(rounded / power_of_10(decimals)), (int)decimals,
			 (unsigned long long)(rounded % power_of_10(decimals)), units[i].name);
	else
		snprintf(buffer, DURATION_BYTES, "%s%llu %s", sign, (unsigned long long)rounded,
			 units[i].name);
	return buffer;
}

const char *format_lasting(char *buffer, int64_t ns, bool went_on)
{
	char duration[DURATION_BYTES];

	snprintf(buffer, DURATION_BYTES, "%s%.*s", went_on ? ">= " : "", DURATION_BYTES - 4,
		 format_duration(duration, ns, 0));
	return buffer;
}

/* The smallest multiple of @step that is not less than @number. */
static uint64_t round_up(uint64_t number, uint64_t step)
{
	const uint64_t rest = number % step;

	return rest && number <= UINT64_MAX - step ? number + step - rest : number;
}

const char *format_error(char *buffer, uint64_t error_ns)
{
	uint64_t step = 1;
	size_t i;

	/* Two digits, but never less than the whole number of its unit. */
	while (error_ns / step >= 100)
		step *= 10;
	for (i = UNITS; --i && error_ns < units[i].ns;)
		;
	if (step > units[i].ns)
		step = units[i].ns;
	error_ns = round_up(error_ns, step);
	return format_duration(buffer, error_ns < INT64_MAX ? (int64_t)error_ns : INT64_MAX,
			       4 * step);
}

const char *format_duration_error(char *buffer, const char *duration, uint64_t error_ns)
{
	const char *name = strchr(duration, ' '), *point = strchr(duration, '.');
	const int decimals = point ? (int)(name - point - 1) : 0;
	uint64_t step;
	size_t i;

	for (i = 0; i + 1 < UNITS && strcmp(name + 1, units[i].name); i++)
		;
	if (error_ns / units[i].ns >= 1000)
		return format_error(buffer, error_ns);
	step = units[i].ns / power_of_10(decimals);
	snprintf(buffer, DURATION_BYTES, "%.*f %s", decimals,
		 (double)round_up(error_ns, step) / (double)units[i].ns, units[i].name);
	return buffer;
}

int parse_duration(const char *text, uint64_t *ns)
{
	const double most = 100.0 * 366 * 24 * 3600 * 1e9;
	double number;
	char *unit;
	size_t i;

	/* No sign, no blanks, no "inf", and no hexadecimal digits, all of which strtod() takes. */
	if (*text < '0' || *text > '9' || (text[0] == '0' && (text[1] | 0x20) == 'x'))
		return -EINVAL;
	number = strtod(text, &unit);
	unit += strspn(unit, " ");
	for (i = 0; i < UNITS && strcmp(unit, units[i].name); i++)
		;
	if (i == UNITS)
		return -EINVAL;
	number *= (double)units[i].ns;
	if (number > most)
		return -ERANGE;
	*ns = (uint64_t)(number + 0.5);
	return 0;
}
