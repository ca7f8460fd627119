/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A line of text about a comparison, put together from words and numbers.
 */
#ifndef LUOSCOPE_DIFF_LINE_H
#define LUOSCOPE_DIFF_LINE_H

#include <stddef.h>

#include "base/bounded.h"
#include "compare.h"

/**
 * struct diff_line - a line; all 0: nothing yet
 *
 * What does not fit is cut.
 */
struct diff_line {
	char text[1024];
	size_t length;
};

/* Add words. */
__attribute__((format(printf, 2, 3))) void line_add(struct diff_line *line, const char *format,
						    ...);

/* Add a number, such as "59.16 ms" or "3". */
void line_add_value(struct diff_line *line, enum unit unit, double value);

/*
 * Add the median of a side of @figure, such as "59 ms", or the interval of it, "53 ms to 88 ms". Of
 * a time, two digits of half the interval's width are written, and without an interval those that
 * the clock permits.
 */
void line_add_median(struct diff_line *line, const struct compare_figure *figure,
		     enum compare_side side);
void line_add_median_interval(struct diff_line *line, const struct compare_figure *figure,
			      enum compare_side side);

/* Add its smallest and its largest value, such as "52.72 ms to 97.12 ms"; there must be one. */
void line_add_range(struct diff_line *line, const struct compare_figure *figure,
		    enum compare_side side);

/* Add the change of @figure, such as "+330 ms, +566 %". */
void line_add_estimate(struct diff_line *line, const struct compare_figure *figure);

/* Add the interval of the change, such as "+305 ms to +352 ms". */
void line_add_change_interval(struct diff_line *line, const struct compare_figure *figure);

/* Add the interval of the ratio, such as "+482 to +628 %" or "x2656 to x3082". */
void line_add_ratio_interval(struct diff_line *line, const struct compare_figure *figure);

/* Add the smallest change that matters, such as "52.86 ms, 1 % of the blackout". */
void line_add_min_change(struct diff_line *line, const struct comparison *comparison);

#endif /* LUOSCOPE_DIFF_LINE_H */
