/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a number that was measured is put before a reader, with what is known of how wrong it is.
 */
#ifndef LUOSCOPE_BOUNDED_TEXT_H
#define LUOSCOPE_BOUNDED_TEXT_H

#include <stdint.h>

#include "bounded.h"

/* Enough for all that is written here. */
#define BOUNDED_TEXT_BYTES 160

/**
 * format_figure - write a number of @unit, such as "3.498 s", "2" or "1.500 ppm"
 *
 * Returns @buffer of BOUNDED_TEXT_BYTES, as the others do.
 */
const char *format_figure(char *buffer, int64_t value, enum unit unit);

/**
 * format_time_error - write a time and, where it matters, its error: "1.50 s +- 0.21 s"
 *
 * An error of no more than 1 % is not written; digits that were not measured are never.
 */
const char *format_time_error(char *buffer, int64_t ns, uint64_t error_ns);

/**
 * format_time_and_error - the same in two: @error is "+- 0.21 s", or "" where it does not matter
 *
 * Both have DURATION_BYTES.
 */
void format_time_and_error(char *time, char *error, int64_t ns, uint64_t error_ns);

/**
 * error_matters - whether format_time_error() writes the error
 */
bool error_matters(int64_t ns, uint64_t error_ns);

/**
 * format_bounded - write a number for use in a sentence: "1.50 s +- 0.21 s", "at least 6.594 s",
 * "16.66 ms to 104.7 ms", or "perhaps 897.0 us" if both bounds are open; "-": it is not known
 */
const char *format_bounded(char *buffer, struct bounded number, enum unit unit);

/**
 * format_bounded_cell - the same for a table: ">= 6.594 s", "~ 897.0 us"
 */
const char *format_bounded_cell(char *buffer, struct bounded number, enum unit unit);

/**
 * format_time_cell - the same for a time; if its bounds are close to it, its error is left out, and
 * only the digits that @error_ns leaves are written
 */
const char *format_time_cell(char *buffer, struct bounded time, uint64_t error_ns);

#endif /* LUOSCOPE_BOUNDED_TEXT_H */
