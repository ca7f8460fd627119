// SPDX-License-Identifier: GPL-2.0
#include "summary_text.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/duration.h"
#include "base/json_values.h"
#include "base/table.h"
#include "base/text.h"
#include "figures/figure_names.h"
#include "left_out.h"
#include "report.h"
#include "summary.h"
#include "text_cells.h"

/* Of a capture, on a terminal. */
#define LABEL_COLUMNS 16
/* The column after the longest name of a figure that is not cut. */
#define BOUND_INDENT 32

/**
 * struct things - how the figures of one kind of thing, such as "device.0000:81:00.0.downtime", are
 * found
 * @title:  the title of the section
 * @form:   of its figures
 * @key:    the step to sort by; NULL: there are no steps
 * @step:   the steps to show, including @key; NULL after the last
 * @is_in_order: all of them, as they come; else the longest first
 */
struct things {
	const char *title;
	enum figure_form form;
	const char *key;
	const char *step[4];
	bool is_in_order;
};

static const struct things all_things[] = {
	{ "Virtual machines", FIGURE_VM_DOWNTIME, "downtime", { "downtime" }, false },
	{ "Devices", FIGURE_DEVICE_STEP, "downtime", { "freeze", "reset", "downtime" }, false },
	{ "Files", FIGURE_FILE_STEP, "downtime", { "freeze", "retrieve", "downtime" }, false },
	{ "Sessions", FIGURE_SESSION_STEP, "downtime", { "freeze", "downtime" }, false },
	{ "Devices in device_shutdown", FIGURE_SHUTDOWN, NULL, {}, false },
	{ "Boot of the new kernel", FIGURE_BOOT_MOMENT, NULL, {}, true },
	{ "Initcalls", FIGURE_INITCALL, NULL, {}, false },
	{ "Marks", FIGURE_MARK, NULL, {}, false },
};

/**
 * struct summary_text - tables that are being written
 * @label:  of each capture
 * @bound:  the rows written so far that have bounds
 * @has_errors: an error was written
 */
struct summary_text {
	const struct summary *summary;
	const struct view_options *options;
	FILE *out;
	char **label;
	const struct summary_row **bound;
	size_t bounds;
	bool has_errors;
};

/* Labels of captures: their names without what all of them share, such as the directory. */

static size_t common_directory(const struct summary *summary)
{
	size_t length = strlen(summary->capture[0]), i, same;

	for (i = 1; i < summary->captures; i++) {
		for (same = 0;
		     same < length && summary->capture[i][same] == summary->capture[0][same];
		     same++)
			;
		length = same;
	}
	while (length && summary->capture[0][length - 1] != '/')
		length--;
	return length;
}

/* Starts at a dot or a slash; leaves at least one byte of each name after the first @skip. */
static size_t common_end(const struct summary *summary, size_t skip)
{
	const char *first = summary->capture[0];
	size_t length = strlen(first) - skip, i, same;

	for (i = 0; i < summary->captures; i++) {
		const char *name = summary->capture[i];
		const size_t left = strlen(name) - skip;

		for (same = 0; same < length && same + 1 < left &&
			       name[skip + left - 1 - same] == first[strlen(first) - 1 - same];
		     same++)
			;
		length = same;
	}
	first += strlen(first) - length;
	while (*first && *first != '.' && *first != '/')
		first++;
	return strlen(first);
}

/* The part of @label that a terminal has room for; a byte of its place becomes "~". */
static const char *label_end(const char *label)
{
	const size_t length = strlen(label);

	if (length <= LABEL_COLUMNS)
		return label;
	label += length - (LABEL_COLUMNS - 1);
	/* Not within a character of UTF-8. */
	while ((*label & 0xc0) == 0x80)
		label++;
	return label;
}

/* Whether all labels would still differ if only their ends were shown. */
static bool ends_differ(const struct summary_text *text)
{
	size_t i, k;

	for (i = 1; i < text->summary->captures; i++)
		for (k = 0; k < i; k++)
			if (!strcmp(label_end(text->label[i]), label_end(text->label[k])))
				return false;
	return true;
}

/* On a terminal a label that is too long keeps its end, if that is where the names differ. */
static void cut_labels(struct summary_text *text)
{
	size_t i;

	if (!text->options->terminal || !ends_differ(text))
		return;
	for (i = 0; i < text->summary->captures; i++) {
		char *label = text->label[i];
		const char *end = label_end(label);

		if (end == label)
			continue;
		memmove(label + 1, end, strlen(end) + 1);
		*label = '~';
	}
}

static int make_labels(struct summary_text *text)
{
	const struct summary *summary = text->summary;
	const size_t skip = common_directory(summary), end = common_end(summary, skip);
	size_t i;

	text->label = calloc(summary->captures, sizeof(*text->label));
	if (!text->label)
		return -ENOMEM;
	for (i = 0; i < summary->captures; i++) {
		const char *name = summary->capture[i] + skip;
		char *cut = strndup(name, strlen(name) - end);

		text->label[i] = cut ? escape_text_whole(cut, text->options->utf8) : NULL;
		free(cut);
		if (!text->label[i])
			return -ENOMEM;
	}
	cut_labels(text);
	return 0;
}

static void free_labels(struct summary_text *text)
{
	size_t i;

	for (i = 0; text->label && i < text->summary->captures; i++)
		free(text->label[i]);
	free(text->label);
}

/* Rows */

/*
 * The largest error of @row, if that of some value matters: "each +- 0.21 s". The values have
 * different errors, and there is no room for all of them.
 */
static const char *format_row_error(char *buffer, const struct summary_row *row)
{
	const struct bounded *const measured[] = { &row->min, &row->median, &row->max };
	char time[DURATION_BYTES], error[DURATION_BYTES];
	bool matters = false;
	uint64_t most_ns = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(measured); i++) {
		const uint64_t error_ns = bounded_error(*measured[i]);

		if (!row->runs || bounded_is_lower_bound(*measured[i]))
			continue;
		matters |= error_matters(measured[i]->value, error_ns);
		if (error_ns <= most_ns)
			continue;
		most_ns = error_ns;
		format_time_and_error(time, error, measured[i]->value, error_ns);
	}
	*buffer = '\0';
	if (matters)
		snprintf(buffer, DURATION_BYTES, "each +- %.*s", DURATION_BYTES - 9,
			 format_duration_error(error, time, most_ns));
	return buffer;
}

static void add_row(struct summary_text *text, struct table *table, const struct summary_row *row)
{
	const struct bounded *const measured[] = { &row->min, &row->median, &row->max };
	char time[BOUNDED_TEXT_BYTES], error[DURATION_BYTES];
	size_t i;

	table_cell(table, "%s", row->name);
	table_cell(table, "%zu of %zu", row->runs, text->summary->captures);
	for (i = 0; i < ARRAY_SIZE(measured); i++) {
		if (measured[i] == &row->max ? !row->has_max : !row->runs) {
			table_cell(table, "-");
			continue;
		}
		if (bounded_is_lower_bound(*measured[i])) {
			table_cell(table, "%s",
				   format_bounded_cell(time, *measured[i], row->pattern->unit));
			continue;
		}
		format_time_and_error(time, error, measured[i]->value, bounded_error(*measured[i]));
		table_cell(table, "%s", time);
	}
	table_cell(table, "%s", format_row_error(error, row));
	text->has_errors |= *error != '\0';
	table_cell(table, "%s", row->runs ? text->label[row->min_capture] : "-");
	table_cell(table, "%s", row->has_max ? text->label[row->max_capture] : "-");
	if (row->bounds)
		text->bound[text->bounds++] = row;
}

static struct table make_table(void)
{
	return (struct table){ .columns = 8,
			       .heading = { "figure", "captures", "min", "median", "max", "",
					    "min in", "max in" },
			       .right = { false, true, true, true, true },
			       .spare = { 6, 2, 7, 5 } };
}

/* Things of one kind */

static bool is_key(const struct summary_row *row, const struct things *things)
{
	return figure_pattern_is(row->pattern, things->form) &&
	       (!things->key || !strcmp(figure_name_word(row->name, row->pattern), things->key));
}

/* The longest lower bound in some capture, if that is more than @least; else @least. */
static int64_t most_bound(const struct summary_row *row, int64_t least)
{
	size_t i;

	for (i = 0; i < row->bounds; i++) {
		const struct bounded measured = row->bound[i].measured;

		/* Without any bound, such as with a contradicted clock, a value says nothing. */
		if (bounded_is_lower_bound(measured) && measured.value > least)
			least = measured.value;
	}
	return least;
}

static int64_t median_of(const struct summary_row *row)
{
	return row->runs ? row->median.value : 0;
}

static int64_t weight_of(const struct summary_row *row)
{
	return most_bound(row, median_of(row));
}

static int compare_weights(const void *a, const void *b)
{
	const struct summary_row *const *x = a, *const *y = b;
	const int64_t weight_x = weight_of(*x), weight_y = weight_of(*y);

	if (weight_x != weight_y)
		return weight_x > weight_y ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* What the things are sorted by; a lower bound is named only if it puts one where it is. */
static const char *name_weight(const struct things *things, const struct summary_row *const *key,
			       size_t count)
{
	bool by_bound = false;
	size_t i;

	for (i = 0; i < count; i++)
		by_bound |= weight_of(key[i]) > median_of(key[i]);
	if (!things->key)
		return by_bound ? "median or lower bound" : "median";
	return by_bound ? "median or lower bound of downtime" : "median downtime";
}

/* Whether two rows of one form are about the same thing. */
static bool is_same_thing(const struct summary_row *a, const struct summary_row *b)
{
	size_t length, other_length;
	const char *thing = figure_name_thing(a->name, a->pattern, &length);
	const char *other = figure_name_thing(b->name, b->pattern, &other_length);

	return length == other_length && !strncmp(thing, other, length);
}

static bool has_step(const struct things *things, const struct summary_row *row)
{
	const char *word = figure_name_word(row->name, row->pattern);
	size_t i;

	for (i = 0; things->step[i]; i++)
		if (!strcmp(word, things->step[i]))
			return true;
	return false;
}

/* All rows of the thing whose key row is @key. */
static void add_thing(struct summary_text *text, struct table *table, const struct things *things,
		      const struct summary_row *key)
{
	const struct summary *summary = text->summary;
	size_t i;

	if (!things->key)
		add_row(text, table, key);
	for (i = 0; i < summary->rows; i++) {
		const struct summary_row *row = &summary->row[i];

		if (row->pattern == key->pattern && has_step(things, row) &&
		    is_same_thing(row, key))
			add_row(text, table, row);
	}
}

static int print_things(struct summary_text *text, const struct things *things)
{
	const unsigned int top = text->options->top;
	const struct summary *summary = text->summary;
	const struct summary_row **key = calloc(summary->rows + 1, sizeof(*key));
	struct table table = make_table();
	char title[128];
	size_t count = 0, shown, i;

	if (!key)
		return -ENOMEM;
	for (i = 0; i < summary->rows; i++)
		if (is_key(&summary->row[i], things))
			key[count++] = &summary->row[i];
	if (!things->is_in_order)
		qsort(key, count, sizeof(*key), compare_weights);
	shown = top && top < count && !things->is_in_order ? top : count;
	if (count) {
		if (things->is_in_order)
			snprintf(title, sizeof(title), "%s: when it got there, after reboot(2)",
				 things->title);
		else
			snprintf(title, sizeof(title), "%s (%zu of %zu, longest %s first)",
				 things->title, shown, count, name_weight(things, key, count));
		fputc('\n', text->out);
		print_wrapped(text->out, "", title, 0, cells_width(text->options));
	}
	for (i = 0; i < shown; i++)
		add_thing(text, &table, things, key[i]);
	free(key);
	return count ? cells_print(text->options, text->out, &table) : 0;
}

/* Bounds */

static bool is_one_sided(const struct bounded *measured)
{
	return measured->low != BOUNDED_NO_LOW || measured->high != BOUNDED_NO_HIGH;
}

/* @words after @label, or below it if there is no room. */
static void print_entry(const struct summary_text *text, const char *label, const char *words)
{
	const unsigned int width = cells_width(text->options);
	char before[BOUND_INDENT + 1];

	if (width < VIEW_WIDTH || strlen(label) > BOUND_INDENT - 3) {
		fputs("  ", text->out);
		print_cell(text->out, label,
			   text_columns(label) < width - 2 || !text->options->terminal ?
				   text_columns(label) :
				   width - 2,
			   false, true);
		fputc('\n', text->out);
		print_wrapped(text->out, "", words, 4, width);
		return;
	}
	snprintf(before, sizeof(before), "  %s", label);
	print_wrapped(text->out, before, words, BOUND_INDENT, width);
}

/* Returns 0 or -ENOMEM. */
static int print_bound(const struct summary_text *text, const struct summary_row *row,
		       const struct summary_bound *bound)
{
	char value[BOUNDED_TEXT_BYTES], *words;

	if (asprintf(&words, "%s in %s%s%s",
		     format_bounded(value, bound->measured, row->pattern->unit),
		     text->label[bound->capture], bound->measured.why ? ": " : "",
		     bound->measured.why ? bound->measured.why : "") < 0)
		return -ENOMEM;
	print_entry(text, row->name, words);
	free(words);
	return 0;
}

/* For a capture with no certain figure at all, print the reason once. */
static void print_open_bounds(const struct summary_text *text, size_t capture)
{
	const char *why = NULL;
	size_t count = 0, i, k;
	char words[128];

	for (i = 0; i < text->bounds; i++)
		for (k = 0; k < text->bound[i]->bounds; k++) {
			const struct summary_bound *bound = &text->bound[i]->bound[k];

			if (bound->capture != capture || is_one_sided(&bound->measured))
				continue;
			why = bound->measured.why;
			count++;
		}
	if (!count)
		return;
	snprintf(words, sizeof(words), "%zu figures: %s", count, why);
	print_entry(text, text->label[capture], words);
}

static int print_bounds(const struct summary_text *text)
{
	size_t i, k;
	int err = 0;

	if (!text->bounds)
		return 0;
	fputc('\n', text->out);
	print_wrapped(text->out, "", "Not in min and median because the exact value is not known",
		      0, cells_width(text->options));
	for (i = 0; i < text->bounds; i++)
		for (k = 0; !err && k < text->bound[i]->bounds; k++)
			if (is_one_sided(&text->bound[i]->bound[k].measured))
				err = print_bound(text, text->bound[i], &text->bound[i]->bound[k]);
	for (i = 0; i < text->summary->captures; i++)
		print_open_bounds(text, i);
	return err;
}

static int print_left_out(const struct summary_text *text)
{
	const struct summary *summary = text->summary;
	char *words;

	if (!summary->left_out || !summary->left_out->count)
		return 0;
	words = left_out_text(summary->left_out, summary->captures, text->options->utf8);
	if (!words)
		return -ENOMEM;
	print_wrapped(text->out, "", words, 0, cells_width(text->options));
	free(words);
	return 0;
}

static int print_all(struct summary_text *text)
{
	const struct summary *summary = text->summary;
	struct table table = make_table();
	char title[128];
	size_t i;
	int err;

	snprintf(title, sizeof(title), "%zu live update%s; captures: how many have the figure",
		 summary->captures, summary->captures == 1 ? "" : "s");
	print_wrapped(text->out, "", title, 0, cells_width(text->options));
	err = print_left_out(text);
	if (err)
		return err;
	fputc('\n', text->out);
	for (i = 0; i < summary->rows; i++) {
		const struct summary_row *row = &summary->row[i];

		if (figure_pattern_is(row->pattern, FIGURE_BLACKOUT) ||
		    figure_pattern_is(row->pattern, FIGURE_LUOSCOPE_INIT) ||
		    figure_pattern_is(row->pattern, FIGURE_PHASE))
			add_row(text, &table, row);
	}
	err = cells_print(text->options, text->out, &table);
	for (i = 0; !err && i < ARRAY_SIZE(all_things); i++)
		err = print_things(text, &all_things[i]);
	if (!err)
		err = print_bounds(text);
	if (!err && text->has_errors) {
		fputc('\n', text->out);
		print_wrapped(text->out, "", "each +-: the largest error of the row's times", 0,
			      cells_width(text->options));
	}
	if (!err && (fflush(text->out) || ferror(text->out)))
		err = errno ? -errno : -EIO;
	return err;
}

int view_summary_text(const struct summary *summary, FILE *out, const struct view_options *options)
{
	struct summary_text text = { .summary = summary, .options = options, .out = out };
	int err = make_labels(&text);

	text.bound = calloc(summary->rows + 1, sizeof(*text.bound));
	if (!text.bound)
		err = -ENOMEM;
	if (!err)
		err = print_all(&text);
	free(text.bound);
	free_labels(&text);
	return err;
}

static json_t *json_if(bool is_known, int64_t value)
{
	return is_known ? json_integer(value) : json_null();
}

static json_t *json_open(int64_t bound, int64_t none)
{
	return bound == none ? json_null() : json_integer(bound);
}

static json_t *json_bounds(const struct summary_row *row)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < row->bounds; i++) {
		const struct bounded *measured = &row->bound[i].measured;

		list = json_append(
			list, json_pack("{s:I, s:I, s:o, s:o, s:o}", "capture",
					(json_int_t)row->bound[i].capture, "value",
					(json_int_t)measured->value, "low",
					json_open(measured->low, BOUNDED_NO_LOW), "high",
					json_open(measured->high, BOUNDED_NO_HIGH), "why",
					json_text_or_null(measured->why ? measured->why : "")));
	}
	return list;
}

int view_summary_json(const struct summary *summary, FILE *out)
{
	json_t *figures = json_array(), *names = json_array();
	size_t i;

	for (i = 0; i < summary->rows; i++) {
		const struct summary_row *row = &summary->row[i];

		figures = json_append(
			figures,
			json_pack(
				"{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
				"name", row->name, "unit", unit_name(row->pattern->unit),
				"captures", (json_int_t)row->runs, "min",
				json_if(row->runs, row->min.value), "min_error",
				json_error(row->min), "median",
				json_if(row->runs, row->median.value), "median_error",
				json_error(row->median), "max",
				json_if(row->has_max, row->max.value), "max_error",
				json_error(row->max), "max_is_lower_bound",
				row->has_max ? json_boolean(bounded_is_lower_bound(row->max)) :
					       json_null(),
				"min_capture", json_if(row->runs, row->min_capture), "max_capture",
				json_if(row->has_max, row->max_capture), "bounds",
				json_bounds(row)));
	}
	for (i = 0; i < summary->captures; i++)
		names = json_append(names, json_text(summary->capture[i]));
	return json_write(
		json_pack("{s:s, s:I, s:o, s:o, s:o}", "schema", SUMMARY_JSON_SCHEMA, "captures",
			  (json_int_t)summary->captures, "names", names, "left_out",
			  summary->left_out ? left_out_json(summary->left_out) : json_array(),
			  "figures", figures),
		out, JSON_INDENT(2));
}
