// SPDX-License-Identifier: GPL-2.0
#include "bounded_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bounded.h"
#include "duration.h"

bool error_matters(int64_t ns, uint64_t error_ns)
{
	return error_ns > (ns < 0 ? -(uint64_t)ns : (uint64_t)ns) / 100;
}

void format_time_and_error(char *time, char *error, int64_t ns, uint64_t error_ns)
{
	const bool matters = error_matters(ns, error_ns);
	char text[DURATION_BYTES];

	*error = '\0';
	/* As many digits as show two of the error. */
	format_duration(time, ns, matters ? error_ns / 8 : error_ns);
	if (matters)
		snprintf(error, DURATION_BYTES, "+- %.*s", DURATION_BYTES - 4,
			 format_duration_error(text, time, error_ns));
}

const char *format_time_error(char *buffer, int64_t ns, uint64_t error_ns)
{
	char time[DURATION_BYTES], error[DURATION_BYTES];

	format_time_and_error(time, error, ns, error_ns);
	snprintf(buffer, BOUNDED_TEXT_BYTES, "%s%s%s", time, *error ? " " : "", error);
	return buffer;
}

const char *format_figure(char *buffer, int64_t value, enum unit unit)
{
	switch (unit) {
	case UNIT_NS:
		return format_duration(buffer, value, 0);
	case UNIT_COUNT:
		snprintf(buffer, BOUNDED_TEXT_BYTES, "%" PRId64, value);
		break;
	case UNIT_PPB:
		snprintf(buffer, BOUNDED_TEXT_BYTES, "%" PRId64 ".%03" PRId64 " ppm", value / 1000,
			 value % 1000);
		break;
	}
	return buffer;
}

/* Both bounds are known. */
static const char *format_closed(char *buffer, struct bounded number, enum unit unit)
{
	char low[BOUNDED_TEXT_BYTES], high[BOUNDED_TEXT_BYTES];

	if (bounded_is_lopsided(number)) {
		snprintf(buffer, BOUNDED_TEXT_BYTES, "%s to %s",
			 format_figure(low, number.low, unit),
			 format_figure(high, number.high, unit));
		return buffer;
	}
	return unit == UNIT_NS ? format_time_error(buffer, number.value, bounded_error(number)) :
				 format_figure(buffer, number.value, unit);
}

static const char *format_with(char *buffer, struct bounded number, enum unit unit,
			       const char *at_least, const char *at_most, const char *perhaps)
{
	const bool has_low = number.low != BOUNDED_NO_LOW;
	const bool has_high = number.high != BOUNDED_NO_HIGH;

	if (!number.known)
		return strcpy(buffer, "-");
	if (has_low && has_high)
		return format_closed(buffer, number, unit);
	format_figure(buffer + sprintf(buffer, "%s ",
				       has_low	? at_least :
				       has_high ? at_most :
						  perhaps),
		      number.value, unit);
	return buffer;
}

const char *format_bounded(char *buffer, struct bounded number, enum unit unit)
{
	return format_with(buffer, number, unit, "at least", "at most", "perhaps");
}

const char *format_bounded_cell(char *buffer, struct bounded number, enum unit unit)
{
	return format_with(buffer, number, unit, ">=", "<=", "~");
}

const char *format_time_cell(char *buffer, struct bounded time, uint64_t error_ns)
{
	return bounded_is_closed(time) && !bounded_is_lopsided(time) ?
		       format_duration(buffer, time.value, error_ns) :
		       format_bounded_cell(buffer, time, UNIT_NS);
}
