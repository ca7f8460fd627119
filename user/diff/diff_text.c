// SPDX-License-Identifier: GPL-2.0
#include "diff_text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/table.h"
#include "base/text.h"
#include "compare.h"
#include "diff_line.h"
#include "facts.h"
#include "figures/absent.h"
#include "rank_sum.h"
#include "report/left_out.h"
#include "report/report.h"

#define WIDTH	  100
#define INDENT	  10 /* of the text after the labels of the head */
#define ROW_CELLS 5
#define P_LEAST	  0.0001 /* no smaller one is written */
#define NAMES	  3	 /* of figures that have no row */

static const char numbers_text[] =
	"Base and new: the median, and the interval that holds the true one (in parentheses, or as +-)."
	" Change: a typical new run against a typical base run, and its interval; ~: none is shown."
	" Confidence: 95 %; p: how often chance alone does this.";

static const char *const side_labels[COMPARE_SIDES] = { "Base", "New" };
static const char *const side_rows[COMPARE_SIDES] = { "  base", "  new" };

struct view {
	const struct comparison *comparison;
	const struct view_options *options;
	FILE *out;
	unsigned int width;
};

/* Without a terminal nothing is cut. */
static unsigned int table_width(const struct view *view)
{
	return view->options->terminal ? view->width : UINT_MAX;
}

/* The head */

static bool same_thing(const struct compare_fact *a, const struct compare_fact *b)
{
	return !strcmp(a->what, b->what);
}

/*
 * Add the values of the runs of @side, starting at the fact @first: the one that all runs have, or
 * each with its number of runs.
 */
static void add_values(const struct view *view, struct diff_line *line, size_t first,
		       enum compare_side side)
{
	const struct comparison *comparison = view->comparison;
	const char *separator = "";
	char value[ESCAPED_BYTES];
	size_t i;

	for (i = first; i < comparison->facts.count &&
			same_thing(&comparison->facts.fact[i], &comparison->facts.fact[first]);
	     i++) {
		const struct compare_fact *fact = &comparison->facts.fact[i];

		if (!fact->runs[side])
			continue;
		line_add(line, "%s%s", separator,
			 escape_text(value, fact->value, view->options->utf8));
		if (fact->runs[side] < comparison->runs[side])
			line_add(line, " (%zu)", fact->runs[side]);
		separator = ", ";
	}
}

static void print_line(const struct view *view, const char *label, const struct diff_line *line)
{
	print_wrapped(view->out, label, line->text, INDENT, view->width);
}

/* Captures without an update. */
static void print_left_out(const struct view *view, enum compare_side side)
{
	const struct left_out *left = &view->comparison->left_out[side];
	char *text = left->count ? left_out_text(left, view->comparison->runs[side],
						 view->options->utf8) :
				   NULL;

	if (text)
		print_wrapped(view->out, "", text, INDENT, view->width);
	free(text);
}

static void print_sides(const struct view *view)
{
	const struct comparison *comparison = view->comparison;
	unsigned int side;
	size_t i;

	for (side = 0; side < COMPARE_SIDES; side++) {
		const size_t runs = comparison->runs[side];
		struct diff_line line = {};
		size_t values = 0;

		for (i = 0; i < comparison->facts.count &&
			    same_thing(&comparison->facts.fact[i], &comparison->facts.fact[0]);
		     i++)
			values += comparison->facts.fact[i].runs[side] > 0;
		line_add(&line, "%zu run%s, %s", runs, runs == 1 ? "" : "s",
			 values > 1 ? "of different kernels: " : "");
		add_values(view, &line, 0, side);
		print_line(view, side_labels[side], &line);
		print_left_out(view, side);
	}
	for (side = 0; side < COMPARE_SIDES; side++)
		for (i = 0; i < comparison->runs[side]; i++) {
			const struct compare_run *run = &comparison->run[side][i];
			struct diff_line line = {};
			char label[ESCAPED_BYTES];

			if (!run->doubt)
				continue;
			line_add(&line, "%s: %s",
				 escape_text(label, run->label, view->options->utf8), run->doubt);
			print_line(view, "Doubt", &line);
		}
}

/* Whether so many runs can show a change of a figure in the family. */
static bool can_be_shown(const struct comparison *comparison, bool named)
{
	return comparison->runs[COMPARE_BASE] >= STATS_RUNS_MIN &&
	       comparison->runs[COMPARE_NEW] >= STATS_RUNS_MIN &&
	       stats_smallest_p(comparison->runs[COMPARE_BASE], comparison->runs[COMPARE_NEW]) *
			       comparison->family[named] <=
		       COMPARE_LEVEL;
}

/* Figures that were named */

static void print_values(const struct view *view, const struct compare_figure *figure,
			 enum compare_side side)
{
	const struct compare_values *values = &figure->values[side];
	const size_t observed = values->value.count;
	struct diff_line line = {}, missing = {};
	char buffer[ABSENT_BYTES];
	const char *why = compare_why_missing(buffer, figure, side);

	if (observed)
		line_add_median(&line, figure, side);
	if (values->has_interval) {
		line_add(&line, " (");
		line_add_median_interval(&line, figure, side);
		line_add(&line, ")");
	}
	if (observed > 1) {
		line_add(&line, ", runs from ");
		line_add_range(&line, figure, side);
	}
	if (observed)
		print_line(view, side_rows[side], &line);
	if (!values->left_out)
		return;
	line_add(&missing, "not known in %zu of %zu runs", values->left_out,
		 values->left_out + observed);
	if (values->has_bound) {
		line_add(&missing, ", at least ");
		line_add_value(&missing, figure->pattern->unit, values->at_least);
	}
	if (why)
		line_add(&missing, ": %s", why);
	print_line(view, observed ? "" : side_rows[side], &missing);
}

static void print_verdict(const struct view *view, const struct compare_figure *figure)
{
	const struct comparison *comparison = view->comparison;
	struct diff_line line = {}, change = {};

	line_add(&line, "%s: %s", figure->name, compare_verdict_name(figure));
	if (figure->verdict == COMPARE_CHANGED) {
		line_add_estimate(&change, figure);
		/* The word already gives the direction. */
		line_add(&line, " by %s", change.text + 1);
		if (figure->pattern->unit == UNIT_NS && comparison->has_min_change &&
		    fabs(figure->change.estimate) < comparison->min_change_ns) {
			line_add(&line, "; less than ");
			line_add_min_change(&line, comparison);
		}
	} else if (figure->verdict == COMPARE_TOO_FEW) {
		line_add(&line, ", a verdict needs %zu on each side", comparison->runs_needed[1]);
	}
	fputc('\n', view->out);
	print_wrapped(view->out, "", line.text, 0, view->width);
}

static void print_change(const struct view *view, const struct compare_figure *figure)
{
	struct diff_line line = {};

	line_add_estimate(&line, figure);
	if (figure->has_interval) {
		line_add(&line, " (");
		line_add_change_interval(&line, figure);
		if (figure->has_ratio) {
			line_add(&line, ", ");
			line_add_ratio_interval(&line, figure);
		}
		if (figure->corrected_p < P_LEAST)
			line_add(&line, "), p < %g", P_LEAST);
		else
			line_add(&line, "), p = %.4f", figure->corrected_p);
	}
	print_line(view, "  change", &line);
}

static void print_named(const struct view *view, const struct compare_figure *figure)
{
	struct diff_line line = {};

	print_verdict(view, figure);
	print_values(view, figure, COMPARE_BASE);
	print_values(view, figure, COMPARE_NEW);
	if (figure->has_change)
		print_change(view, figure);
	if (figure->limit == COMPARE_NO_LIMIT)
		return;
	line_add(&line, "+%g %%: %s%s%s", 100 * view->comparison->limit,
		 compare_limit_name(figure->limit), figure->limit_why ? ", " : "",
		 figure->limit_why ? figure->limit_why : "");
	print_line(view, "  limit", &line);
}

/* All others */

/* By how much of @values->median its interval extends at most, in percent, rounded up. */
static void add_spread(struct diff_line *line, const struct compare_values *values)
{
	const double above = values->median_high - values->median;
	const double below = values->median - values->median_low;
	const double percent = 100 * (above > below ? above : below) / values->median;

	const long long whole = (long long)percent, tenths = (long long)(percent * 10);

	if (percent > 0.9)
		line_add(line, " +- %lld %%", whole + (percent > whole));
	else
		line_add(line, " +- %.1f %%", (tenths + (percent * 10 > tenths)) / 10.0);
}

/* A side of @figure, such as "5.286 s +- 18 % (9)" if 9 runs have it, but not all. */
static void add_side(struct diff_line *line, const struct compare_figure *figure,
		     enum compare_side side)
{
	const struct compare_values *values = &figure->values[side];

	if (!values->value.count) {
		if (values->has_bound) {
			line_add(line, ">= ");
			line_add_value(line, figure->pattern->unit, values->at_least);
		}
		return;
	}
	line_add_median(line, figure, side);
	if (values->has_interval && values->median > 0)
		add_spread(line, values);
	if (values->left_out)
		line_add(line, " (%zu)", values->value.count);
}

static void add_change(struct diff_line *line, const struct compare_figure *figure, bool is_tested)
{
	if (!figure->has_change || figure->verdict == COMPARE_SAME)
		line_add(line, "%s", compare_verdict_name(figure));
	else if (is_tested && figure->verdict != COMPARE_CHANGED)
		line_add(line, "~");
	else
		line_add_estimate(line, figure);
}

static void add_interval(struct diff_line *line, const struct compare_figure *figure)
{
	if (figure->has_interval && figure->has_ratio)
		line_add_ratio_interval(line, figure);
	else if (figure->has_interval)
		line_add_change_interval(line, figure);
}

static void add_row(struct table *table, const struct compare_figure *figure, bool is_tested)
{
	struct diff_line cell[ROW_CELLS] = {};
	unsigned int i;

	line_add(&cell[0], "%s", figure->name);
	add_side(&cell[1], figure, COMPARE_BASE);
	add_side(&cell[2], figure, COMPARE_NEW);
	add_change(&cell[3], figure, is_tested);
	add_interval(&cell[4], figure);
	for (i = 0; i < table->columns; i++)
		table_cell(table, "%s", cell[i].length ? cell[i].text : "-");
}

static int print_table(const struct view *view, size_t shown)
{
	const bool is_tested = can_be_shown(view->comparison, false);
	struct table table = { .columns = is_tested ? ROW_CELLS : ROW_CELLS - 1,
			       .heading = { "figure", "base", "new",
					    is_tested ? "change" : "difference", "interval" },
			       .right = { false, true, true, true, true },
			       .spare = { 4, 1, 2 },
			       .may_leave_out = view->options->terminal };
	const struct compare_figure *figure = view->comparison->figure + view->comparison->named;

	for (; shown; figure++) {
		if (figure->fold != FOLD_NOT)
			continue;
		add_row(&table, figure, is_tested);
		shown--;
	}
	return table.cells ? table_print(&table, view->out, table_width(view)) : 0;
}

/* The names of the first ones with @fold. */
static void add_names(struct diff_line *line, const struct comparison *comparison, enum fold fold,
		      size_t count)
{
	size_t named = 0, i;

	for (i = 0; i < comparison->figures && named < NAMES; i++)
		if (comparison->figure[i].fold == fold)
			line_add(line, "%s%s", named++ ? ", " : "", comparison->figure[i].name);
	if (named < count)
		line_add(line, " and %zu more", count - named);
}

static void print_count(const struct view *view, size_t count, const char *text)
{
	struct diff_line label = {};

	line_add(&label, "%5zu ", count);
	print_wrapped(view->out, label.text, text, 7, view->width);
}

/* What has no row, and why: a line for each reason. */
static void print_folded(const struct view *view, const size_t *count, size_t over_top)
{
	static const struct {
		const char *text;
		bool has_least; /* the smallest change that matters comes after it, else the names */
	} reasons[FOLDS] = {
		[FOLD_REPEATS] = { "the same as the blackout: ", false },
		[FOLD_SMALL_CHANGE] = { "a change of less than ", true },
		[FOLD_NO_CHANGE] = { "if any, a change of less than ", true },
		[FOLD_TOO_FEW] = { "a difference of less than ", true },
		[FOLD_ONE_SIDE] = { "only on one side, and less than ", true },
		[FOLD_SAME] = { "not compared, because all runs have the same value: ", false },
	};
	enum fold fold;

	if (over_top)
		print_count(view, over_top, "more than --top lists");
	for (fold = FOLD_REPEATS; fold < FOLDS; fold++) {
		struct diff_line line = {};

		if (!count[fold])
			continue;
		line_add(&line, "%s", reasons[fold].text);
		if (reasons[fold].has_least)
			line_add_min_change(&line, view->comparison);
		else
			add_names(&line, view->comparison, fold, count[fold]);
		print_count(view, count[fold], line.text);
	}
}

static int print_others(const struct view *view)
{
	const struct comparison *comparison = view->comparison;
	const size_t others = comparison->figures - comparison->named;
	const unsigned int top = view->options->top;
	size_t count[FOLDS] = {}, shown, i;
	struct diff_line title = {};
	int err;

	if (!others)
		return 0;
	for (i = comparison->named; i < comparison->figures; i++)
		count[comparison->figure[i].fold]++;
	shown = top && top < count[FOLD_NOT] ? top : count[FOLD_NOT];
	line_add(&title, "Other figures (%zu, ", others);
	if (can_be_shown(comparison, false))
		line_add(&title, "%zu of them compared)", comparison->family[0]);
	else
		line_add(&title, "too few runs to compare them)");
	fputc('\n', view->out);
	print_wrapped(view->out, "", title.text, 0, view->width);
	err = print_table(view, shown);
	if (err)
		return err;
	if (shown < others)
		fprintf(view->out, "Not listed\n");
	print_folded(view, count, count[FOLD_NOT] - shown);
	return 0;
}

/* The fewest runs that give an interval of their median. */
static size_t runs_for_interval(void)
{
	size_t runs = 1;

	while (!stats_median_rank(runs, COMPARE_LEVEL))
		runs++;
	return runs;
}

/* What the numbers are. */
static void print_note(const struct view *view)
{
	const struct comparison *comparison = view->comparison;
	const size_t base = comparison->runs[COMPARE_BASE], next = comparison->runs[COMPARE_NEW];
	const bool is_tested = can_be_shown(comparison, true);
	struct diff_line line = {};

	if (is_tested)
		line_add(&line, "%s", numbers_text);
	else
		line_add(
			&line,
			"So few runs give no verdict: the differences may be chance. At least %zu on"
			" each side give one; 10 are better.",
			comparison->runs_needed[1]);
	if (is_tested && !can_be_shown(comparison, false))
		line_add(&line,
			 " The other figures need %zu runs on each side: their differences may be"
			 " chance.",
			 comparison->runs_needed[0]);
	if (base + next > 2 && (base < runs_for_interval() || next < runs_for_interval()))
		line_add(&line, " Fewer than %zu runs give no interval of their median.",
			 runs_for_interval());
	fputc('\n', view->out);
	print_wrapped(view->out, "", line.text, 0, view->width);
}

static int print_facts(const struct view *view)
{
	struct table table = { .columns = 3, .heading = { "what", "base", "new" } };
	const struct comparison *comparison = view->comparison;
	char what[ESCAPED_BYTES];
	unsigned int side;
	size_t i;

	for (i = 0; i < comparison->facts.count; i++) {
		const struct compare_fact *fact = &comparison->facts.fact[i];

		if (!facts_differ(&comparison->facts, i) || (i && same_thing(fact, fact - 1)))
			continue;
		table_cell(&table, "%s", escape_text(what, fact->what, view->options->utf8));
		for (side = 0; side < COMPARE_SIDES; side++) {
			struct diff_line line = {};

			add_values(view, &line, i, side);
			table_cell(&table, "%s", line.text);
		}
	}
	if (!table.cells)
		return 0;
	fputc('\n', view->out);
	print_wrapped(view->out, "",
		      "Other differences (in parentheses: number of runs; -: not present)", 0,
		      view->width);
	return table_print(&table, view->out, table_width(view));
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
	print_note(&view);
	if (!err)
		err = print_facts(&view);
	if (err)
		return err;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
