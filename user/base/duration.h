/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Durations as people write and read them.
 */
#ifndef LUOSCOPE_DURATION_H
#define LUOSCOPE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* Enough for every duration that format_duration() writes. */
#define DURATION_BYTES 64

/**
 * format_duration - write @ns in the unit that reads well, such as "1.634 s" or "9.41 us"
 * @error_ns: how wrong it may be; 0: not known
 *
 * Writes 4 significant digits, and fewer behind the point if @error_ns says that the last ones were
 * not measured. Returns @buffer, which has DURATION_BYTES.
 */
const char *format_duration(char *buffer, int64_t ns, uint64_t error_ns);

/* What is said in the place of a time by what was not seen to come back. */
#define TEXT_NOT_BACK "not back"

/**
 * format_lasting - write @ns as format_duration() does; "> 6.573 s" of what @went_on after it
 *
 * Returns @buffer, which has DURATION_BYTES.
 */
const char *format_lasting(char *buffer, int64_t ns, bool went_on);

/**
 * format_duration_error - write how wrong @duration, which format_duration() wrote, may be, in its
 * unit and with as many digits behind the point
 *
 * Returns @buffer, which has DURATION_BYTES.
 */
const char *format_duration_error(char *buffer, const char *duration, uint64_t error_ns);

/**
 * parse_duration - read a duration as people write it, such as "10ms", "1.5 s" or "800 us"
 *
 * Returns 0 with *@ns; -EINVAL: it is not a number followed by ns, us, ms or s; -ERANGE: it is
 * longer than 100 years.
 */
int parse_duration(const char *text, uint64_t *ns);

#endif /* LUOSCOPE_DURATION_H */
