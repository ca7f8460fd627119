/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Durations in a form that people read and write.
 */
#ifndef LUOSCOPE_DURATION_H
#define LUOSCOPE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* Enough for every duration that format_duration() writes. */
#define DURATION_BYTES 64

/**
 * format_duration - write @ns in a readable unit, such as "1.634 s" or "9.41 us"
 * @error_ns: its largest possible error; 0: not known
 *
 * Writes 4 significant digits, or fewer decimals if @error_ns shows that the last ones were not
 * measured. Returns @buffer, which has DURATION_BYTES.
 */
const char *format_duration(char *buffer, int64_t ns, uint64_t error_ns);

/* Written in place of a time for what was not seen to come back. */
#define TEXT_NOT_BACK "not back"
#define TEXT_KEPT     "kept"

/**
 * format_lasting - write @ns as format_duration() does; ">= 6.573 s" if it @went_on after that
 *
 * Returns @buffer, which has DURATION_BYTES.
 */
const char *format_lasting(char *buffer, int64_t ns, bool went_on);

/**
 * format_error - write the largest possible error of a time, such as "1.7 us" or "201 ms"
 *
 * Writes two digits, or all before the point, and rounds up, so that it remains a bound. Returns
 * @buffer, which has DURATION_BYTES.
 */
const char *format_error(char *buffer, uint64_t error_ns);

/**
 * format_duration_error - write the error of @duration, which format_duration() wrote, in the same
 * unit and with as many decimals, rounded up
 *
 * Returns @buffer, which has DURATION_BYTES.
 */
const char *format_duration_error(char *buffer, const char *duration, uint64_t error_ns);

/**
 * parse_duration - parse a duration such as "10ms", "1.5 s" or "800 us"
 *
 * Returns 0 and sets *@ns; -EINVAL if it is not a number followed by ns, us, ms or s; -ERANGE if it
 * is longer than 100 years.
 */
int parse_duration(const char *text, uint64_t *ns);

#endif /* LUOSCOPE_DURATION_H */
