// SPDX-License-Identifier: GPL-2.0
#include "diff_text.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/bounded.h"
#include "base/duration.h"
#include "base/table.h"
#include "base/text.h"
#include "compare.h"
#include "facts.h"
#include "rank_sum.h"
#include "report/report.h"

#define WIDTH	      100
#define INDENT	      10		   /* of the text after the labels of the head */
#define VALUE_BYTES   (DURATION_BYTES + 1) /* and a sign */
#define ROW_BYTES     512
#define INTERVAL_WORD " to "

static const char *const side_labels[COMPARE_SIDES] = { "Base", "New" };
static const char *const side_rows[COMPARE_SIDES] = { "  base", "  new" };

struct view {
	const struct comparison *comparison;
	const struct view_options *options;
	FILE *out;
	unsigned int width;
};

/* Numbers */

static int64_t rounded(double value)
{
	return (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
}

/* @error: its largest possible error; 0: not known. @buffer has VALUE_BYTES. */
static const char *format_value(char *buffer, enum unit unit, double value, double error)
{
	if (unit == UNIT_NS)
		format_duration(buffer, rounded(value), rounded(error));
	else if (unit == UNIT_PPB)
		snprintf(buffer, DURATION_BYTES, "%.3f ppm", value / 1000);
	else
		snprintf(buffer, DURATION_BYTES, "%.*f", value == (double)rounded(value) ? 0 : 1,
			 value);
	return buffer;
}

/* Half the width of the interval shows which digits are significant; two of these are written. */
static double digits_of(const struct stats_change *change, bool has_interval)
{
	return has_interval ? (change->high - change->low) / 20 : 0;
}

static const char *format_change(char *buffer, const struct compare_figure *figure, double value)
{
	const double digits = digits_of(&figure->change, figure->has_interval);

	strcpy(buffer, "+");
	format_value(buffer + (value > 0), figure->unit, value, digits);
	return buffer;
}

/* "x2628" is easier to read than "+262668 %". */
static bool is_factor(const struct compare_figure *figure)
{
	return figure->ratio.estimate >= 10;
}

static const char *share_unit(const struct compare_figure *figure)
{
	return is_factor(figure) ? "" : " %";
}

/* @ratio as a change in %, or as a factor, without share_unit(). */
static const char *format_share(char *buffer, const struct compare_figure *figure, double ratio)
{
	const double digits = 100 * digits_of(&figure->ratio, figure->has_interval);
	const double percent = 100 * (ratio - 1), size = fabs(percent);

	if (is_factor(figure))
		snprintf(buffer, VALUE_BYTES, "x%.*f", ratio < 100, ratio);
	else
		snprintf(buffer, VALUE_BYTES, "%+.*f",
			 digits >= 0.4 || size >= 100 ? 0 :
			 digits >= 0.04 || size >= 10 ? 1 :
							2,
			 percent);
	return buffer;
}

static const char *format_p(char *buffer, double p)
{
	if (p < 0.0001)
		return strcpy(buffer, "p < 0.0001");
	snprintf(buffer, VALUE_BYTES, "p = %.4f", p);
	return buffer;
}

/* The confidence of each interval, in a family of @family. */
static const char *format_confidence(char *buffer, size_t family)
{
	snprintf(buffer, VALUE_BYTES, "%.5g %%", 100 - 100 * COMPARE_LEVEL / family);
	return buffer;
}

/* The head */

static bool same_thing(const struct compare_fact *a, const struct compare_fact *b)
{
	return !strcmp(a->what, b->what);
}

/*
 * The values of the runs of @side, starting at the fact @first: the one that all runs have, or each
 * with its number of runs. @buffer has @size.
 */
static const char *list_values(const struct view *view, char *buffer, size_t size, size_t first,
			       enum compare_side side)
{
	const struct comparison *comparison = view->comparison;
	char value[ESCAPED_BYTES];
	size_t i, length = 0;

	buffer[0] = '\0';
	for (i = first; i < comparison->facts.count &&
			same_thing(&comparison->facts.fact[i], &comparison->facts.fact[first]) &&
			length < size;
	     i++) {
		const struct compare_fact *fact = &comparison->facts.fact[i];

		if (!fact->runs[side])
			continue;
		length += snprintf(buffer + length, size - length, "%s%s", length ? ", " : "",
				   escape_text(value, fact->value, view->options->utf8));
		if (fact->runs[side] < comparison->runs[side] && length < size)
			length += snprintf(buffer + length, size - length, " (%zu)",
					   fact->runs[side]);
	}
	return buffer;
}

static void print_sides(const struct view *view)
{
	const struct comparison *comparison = view->comparison;
	char kernels[ROW_BYTES], line[ROW_BYTES + 64];
	unsigned int side;
	size_t i;

	for (side = 0; side < COMPARE_SIDES; side++) {
		const size_t runs = comparison->runs[side];
		size_t values = 0;

		for (i = 0; i < comparison->facts.count &&
			    same_thing(&comparison->facts.fact[i], &comparison->facts.fact[0]);
		     i++)
			values += comparison->facts.fact[i].runs[side] > 0;
		snprintf(line, sizeof(line), "%zu run%s, %s%s", runs, runs == 1 ? "" : "s",
			 values > 1 ? "of different kernels: " : "",
			 list_values(view, kernels, sizeof(kernels), 0, side));
		print_wrapped(view->out, side_labels[side], line, INDENT, view->width);
	}
	for (side = 0; side < COMPARE_SIDES; side++)
		for (i = 0; i < comparison->runs[side]; i++) {
			const struct compare_run *run = &comparison->run[side][i];
			char label[ESCAPED_BYTES];

			if (!run->doubt)
				continue;
			snprintf(line, sizeof(line), "%s: %s",
				 escape_text(label, run->label, view->options->utf8), run->doubt);
			print_wrapped(view->out, "Doubt", line, INDENT, view->width);
		}
}

/* Figures that were named */

static void print_values(const struct view *view, const struct compare_figure *figure,
			 enum compare_side side)
{
	const struct compare_values *values = &figure->values[side];
	const size_t observed = values->value.count;
	char median[VALUE_BYTES], least[VALUE_BYTES], most[VALUE_BYTES], text[ROW_BYTES];

	if (observed == 1)
		format_value(text, figure->unit, values->median, 0);
	else if (observed)
		snprintf(text, sizeof(text), "%s, from %s to %s",
			 format_value(median, figure->unit, values->median, 0),
			 format_value(least, figure->unit, values->value.value[0], 0),
			 format_value(most, figure->unit, values->value.value[observed - 1], 0));
	if (observed)
		print_wrapped(view->out, side_rows[side], text, INDENT, view->width);
	if (!values->left_out)
		return;
	snprintf(text, sizeof(text), "not known in %zu of %zu runs%s%s", values->left_out,
		 values->left_out + observed, values->why ? ": " : "",
		 values->why ? values->why : "");
	print_wrapped(view->out, observed ? "" : side_rows[side], text, INDENT, view->width);
}

static void print_verdict(const struct view *view, const struct compare_figure *figure)
{
	char change[VALUE_BYTES], share[VALUE_BYTES];
	FILE *out = view->out;

	fprintf(out, "\n%s: %s", figure->name, compare_verdict_name(figure));
	if (figure->verdict == COMPARE_CHANGED) {
		/* The word already gives the direction. */
		fprintf(out, " by %s", format_change(change, figure, figure->change.estimate) + 1);
		if (figure->has_ratio)
			fprintf(out, ", %s%s", format_share(share, figure, figure->ratio.estimate),
				share_unit(figure));
	} else if (figure->verdict == COMPARE_TOO_FEW) {
		fprintf(out, ", a verdict needs %zu on each side",
			view->comparison->runs_needed[1]);
	}
	fputc('\n', out);
}

static void print_named(const struct view *view, const struct compare_figure *figure)
{
	char low[VALUE_BYTES], high[VALUE_BYTES], p[VALUE_BYTES], text[ROW_BYTES];
	size_t length;

	print_verdict(view, figure);
	print_values(view, figure, COMPARE_BASE);
	print_values(view, figure, COMPARE_NEW);
	if (figure->has_change && figure->has_interval) {
		length = snprintf(text, sizeof(text), "%s" INTERVAL_WORD "%s",
				  format_change(low, figure, figure->change.low),
				  format_change(high, figure, figure->change.high));
		if (figure->has_ratio)
			length += snprintf(text + length, sizeof(text) - length,
					   ", %s" INTERVAL_WORD "%s%s",
					   format_share(low, figure, figure->ratio.low),
					   format_share(high, figure, figure->ratio.high),
					   share_unit(figure));
		snprintf(text + length, sizeof(text) - length, " (confidence %s; %s)",
			 format_confidence(low, view->comparison->family[1]),
			 format_p(p, figure->corrected_p));
		print_wrapped(view->out, "  change", text, INDENT, view->width);
	} else if (figure->has_change) {
		print_wrapped(view->out, "  change",
			      format_change(low, figure, figure->change.estimate), INDENT,
			      view->width);
	}
	if (figure->limit == COMPARE_NO_LIMIT)
		return;
	snprintf(text, sizeof(text), "+%g %%: %s%s%s", 100 * view->comparison->limit,
		 compare_limit_name(figure->limit), figure->limit_why ? ", " : "",
		 figure->limit_why ? figure->limit_why : "");
	print_wrapped(view->out, "  limit", text, INDENT, view->width);
}

/* All others */

static void add_row(struct table *table, const struct compare_figure *figure)
{
	char low[VALUE_BYTES], high[VALUE_BYTES];
	unsigned int side;

	table_cell(table, "%s", figure->name);
	for (side = 0; side < COMPARE_SIDES; side++) {
		const struct compare_values *values = &figure->values[side];

		if (!values->value.count)
			table_cell(table, "-");
		else if (values->left_out)
			table_cell(table, "%s (%zu)",
				   format_value(low, figure->unit, values->median, 0),
				   values->value.count);
		else
			table_cell(table, "%s", format_value(low, figure->unit, values->median, 0));
	}
	table_cell(table, "%s",
		   figure->has_change ? format_change(low, figure, figure->change.estimate) : "-");
	if (figure->has_ratio)
		table_cell(table, "%s%s", format_share(low, figure, figure->ratio.estimate),
			   share_unit(figure));
	else
		table_cell(table, "-");
	if (figure->has_ratio && figure->has_interval)
		table_cell(table, "%s" INTERVAL_WORD "%s%s",
			   format_share(low, figure, figure->ratio.low),
			   format_share(high, figure, figure->ratio.high), share_unit(figure));
	else if (figure->has_change && figure->has_interval)
		table_cell(table, "%s" INTERVAL_WORD "%s",
			   format_change(low, figure, figure->change.low),
			   format_change(high, figure, figure->change.high));
	else
		table_cell(table, "-");
	/* Shorter, because most lines have it. */
	table_cell(table, "%s",
		   figure->verdict == COMPARE_NONE_SHOWN ? "no change" :
							   compare_verdict_name(figure));
}

static int print_others(const struct view *view)
{
	struct table table = { .columns = 7,
			       .heading = { "figure", "base", "new", "change", "relative",
					    "interval", "verdict" },
			       .right = { false, true, true, true, true, true, false },
			       .spare = { 1, 2, 3, 5 },
			       .may_leave_out = view->options->width };
	const struct comparison *comparison = view->comparison;
	const size_t others = comparison->figures - comparison->named;
	const unsigned int top = view->options->top;
	size_t shown = top && top < others ? top : others, i;
	char confidence[VALUE_BYTES], text[ROW_BYTES];

	if (!others)
		return 0;
	fprintf(view->out, "\nAll other figures (%zu of %zu)\n", shown, others);
	for (i = 0; i < shown; i++)
		add_row(&table, &comparison->figure[comparison->named + i]);
	if (table_print(&table, view->out, view->width))
		return -ENOMEM;

	if (!comparison->family[0])
		return 0;
	if (comparison->runs[COMPARE_BASE] < STATS_RUNS_MIN ||
	    comparison->runs[COMPARE_NEW] < STATS_RUNS_MIN ||
	    stats_smallest_p(comparison->runs[COMPARE_BASE], comparison->runs[COMPARE_NEW]) *
			    comparison->family[0] >
		    COMPARE_LEVEL)
		snprintf(text, sizeof(text),
			 "Verdicts on that many figures together need %zu runs on each side.",
			 comparison->runs_needed[0]);
	else
		snprintf(
			text, sizeof(text),
			"no change: these runs do not show one. Base and new are medians; the change is the"
			" median of all differences between a new and a base run. Verdicts are for %zu figures"
			" together (rank sum test); each interval has a confidence of %s.",
			comparison->family[0],
			format_confidence(confidence, comparison->family[0]));
	print_wrapped(view->out, "  ", text, 2, view->width);
	return 0;
}

static int print_facts(const struct view *view)
{
	struct table table = { .columns = 3, .heading = { "what", "base", "new" } };
	const struct comparison *comparison = view->comparison;
	char what[ESCAPED_BYTES], base[ROW_BYTES], next[ROW_BYTES];
	size_t i;

	for (i = 0; i < comparison->facts.count; i++) {
		const struct compare_fact *fact = &comparison->facts.fact[i];

		if (!facts_differ(&comparison->facts, i) || (i && same_thing(fact, fact - 1)))
			continue;
		table_cell(&table, "%s", escape_text(what, fact->what, view->options->utf8));
		table_cell(&table, "%s", list_values(view, base, sizeof(base), i, COMPARE_BASE));
		table_cell(&table, "%s", list_values(view, next, sizeof(next), i, COMPARE_NEW));
	}
	if (!table.cells)
		return 0;
	fputc('\n', view->out);
	print_wrapped(view->out, "",
		      "Other differences (in parentheses: number of runs; -: not present)", 0,
		      view->width);
	return table_print(&table, view->out, view->width);
}

int view_diff_text(const struct comparison *comparison, FILE *out,
		   const struct view_options *options)
{
	const struct view view = { .comparison = comparison,
				   .options = options,
				   .out = out,
				   .width = options->width ? options->width : WIDTH };
	size_t i;
	int err;

	print_sides(&view);
	for (i = 0; i < comparison->named; i++)
		print_named(&view, &comparison->figure[i]);
	err = print_others(&view);
	if (!err)
		err = print_facts(&view);
	if (err)
		return err;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
