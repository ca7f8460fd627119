// SPDX-License-Identifier: GPL-2.0
#include "diff_line.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/bounded.h"
#include "base/duration.h"
#include "compare.h"
#include "rank_sum.h"

void line_add(struct diff_line *line, const char *format, ...)
{
	const size_t room = sizeof(line->text) - line->length;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line->text + line->length, room, format, args);
	va_end(args);
	if (length > 0)
		line->length += (size_t)length < room ? (size_t)length : room - 1;
}

static int64_t rounded(double value)
{
	return (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
}

/* @error: the largest possible one; 0: not known. */
static void add_value(struct diff_line *line, enum unit unit, double value, double error)
{
	char time[DURATION_BYTES];

	if (unit == UNIT_NS)
		line_add(line, "%s", format_duration(time, rounded(value), rounded(error)));
	else if (unit == UNIT_PPB)
		line_add(line, "%.3f ppm", value / 1000);
	else
		line_add(line, "%.*f", value == (double)rounded(value) ? 0 : 1, value);
}

void line_add_value(struct diff_line *line, enum unit unit, double value)
{
	add_value(line, unit, value, 0);
}

/* Half the width of the interval shows which digits are significant; two of these are written. */
static double digits_of(double low, double high)
{
	return (high - low) / 20;
}

/* How wrong a time of one side may be: its interval says it, or else the clock. */
static double error_of(const struct compare_values *values)
{
	return values->has_interval ? digits_of(values->median_low, values->median_high) :
				      values->error;
}

void line_add_median(struct diff_line *line, const struct compare_figure *figure,
		     enum compare_side side)
{
	const struct compare_values *values = &figure->values[side];

	add_value(line, figure->pattern->unit, values->median, error_of(values));
}

static void add_between(struct diff_line *line, enum unit unit, double low, double high,
			double error)
{
	add_value(line, unit, low, error);
	line_add(line, " to ");
	add_value(line, unit, high, error);
}

void line_add_median_interval(struct diff_line *line, const struct compare_figure *figure,
			      enum compare_side side)
{
	const struct compare_values *values = &figure->values[side];

	add_between(line, figure->pattern->unit, values->median_low, values->median_high,
		    error_of(values));
}

void line_add_range(struct diff_line *line, const struct compare_figure *figure,
		    enum compare_side side)
{
	const struct compare_values *values = &figure->values[side];

	add_between(line, figure->pattern->unit, values->value.value[0],
		    values->value.value[values->value.count - 1], values->error);
}

/* How wrong the change may be. */
static double change_error(const struct compare_figure *figure)
{
	return figure->has_interval ?
		       digits_of(figure->change.low, figure->change.high) :
		       figure->values[COMPARE_BASE].error + figure->values[COMPARE_NEW].error;
}

/* The same of the change in %: like format_duration(), no digit below a quarter of the error. */
static double percent_error(const struct compare_figure *figure)
{
	const struct compare_values *base = &figure->values[COMPARE_BASE];

	return 100 * (figure->has_interval ? digits_of(figure->ratio.low, figure->ratio.high) :
					     change_error(figure) / base->median / 4);
}

static void add_change(struct diff_line *line, const struct compare_figure *figure, double value)
{
	if (value > 0)
		line_add(line, "+");
	add_value(line, figure->pattern->unit, value, change_error(figure));
}

/* "x2628" is easier to read than "+262668 %". */
static bool is_factor(const struct compare_figure *figure)
{
	return figure->ratio.estimate >= 10;
}

/* @ratio as a change in %, without the unit, or as a factor. */
static void add_ratio(struct diff_line *line, const struct compare_figure *figure, double ratio)
{
	const double digits = percent_error(figure);
	const double percent = 100 * (ratio - 1), size = fabs(percent);

	if (is_factor(figure))
		line_add(line, "x%.*f", ratio < 100, ratio);
	else
		line_add(line, "%+.*f",
			 digits >= 0.4 || size >= 100 ? 0 :
			 digits >= 0.04 || size >= 10 ? 1 :
							2,
			 percent);
}

static void add_ratio_unit(struct diff_line *line, const struct compare_figure *figure)
{
	if (!is_factor(figure))
		line_add(line, " %%");
}

void line_add_estimate(struct diff_line *line, const struct compare_figure *figure)
{
	add_change(line, figure, figure->change.estimate);
	if (!figure->has_ratio)
		return;
	line_add(line, ", ");
	add_ratio(line, figure, figure->ratio.estimate);
	add_ratio_unit(line, figure);
}

void line_add_change_interval(struct diff_line *line, const struct compare_figure *figure)
{
	add_change(line, figure, figure->change.low);
	line_add(line, " to ");
	add_change(line, figure, figure->change.high);
}

void line_add_ratio_interval(struct diff_line *line, const struct compare_figure *figure)
{
	add_ratio(line, figure, figure->ratio.low);
	line_add(line, " to ");
	add_ratio(line, figure, figure->ratio.high);
	add_ratio_unit(line, figure);
}

void line_add_min_change(struct diff_line *line, const struct comparison *comparison)
{
	line_add_value(line, UNIT_NS, comparison->min_change_ns);
	if (comparison->min_share >= 0)
		line_add(line, ", %g %% of the blackout", 100 * comparison->min_share);
}
