/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the sections of the text report share: cells, tables, the number of rows.
 */
#ifndef LUOSCOPE_TEXT_CELLS_H
#define LUOSCOPE_TEXT_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bounded.h"
#include "base/table.h"
#include "model/model.h"
#include "report.h"

#define VIEW_WIDTH 100 /* without a terminal */

/**
 * struct view - a report that is being written
 * @width:    columns that sentences may take, and on a terminal tables
 * @is_asked: the section is one that the user named: it says so if there is nothing
 * @is_brief: the report is to fit a screen
 * @only_whether: nobody reads it: all that counts is whether there is anything to show
 * @has_gaps: a "-" was shown: explain it at the end
 */
struct view {
	const struct model *model;
	const struct view_options *options;
	FILE *out;
	unsigned int width;
	bool is_asked;
	bool is_brief;
	bool only_whether;
	bool has_gaps;
};

/**
 * view_write - write a view of @model to @out
 * @write: writes it; lines may begin with a style (see base/text.h), and on a terminal lines that
 *         are too wide are folded
 *
 * Returns 0 or a negative errno (-ENOMEM, or what writing to @out gave).
 */
int view_write(const struct model *model, FILE *out, const struct view_options *options,
	       int (*write)(struct view *view));

/* Each returns the text to show: @buffer, of ESCAPED_BYTES, or a constant. */
const char *cells_duration(struct view *view, char *buffer, struct bounded time, uint64_t error_ns);
/* The same of a time whose bounds follow from the clock. */
const char *cells_estimate(struct view *view, char *buffer, struct estimate time);
const char *cells_name(const struct view *view, char *buffer, const char *name);
/* The same, or "-" for NULL: it is not known. */
const char *cells_name_or_gap(struct view *view, char *buffer, const char *name);
/* A time that ended when something was @back, or went on; "not back" if only that is known. */
const char *cells_until_back(struct view *view, char *buffer, struct bounded time, bool not_back);
/* A span's time, its error, or both. */
const char *cells_result(struct view *view, char *buffer, const struct model_span *span);

/* Columns that sentences of a report with these @options may take. */
unsigned int cells_width(const struct view_options *options);

/*
 * Print @table; a terminal that is too narrow gets fewer columns, unless the user chose them.
 * Elsewhere the table is as wide as it needs, and an empty cell is "-". Returns 0 or -ENOMEM.
 */
int cells_print(const struct view_options *options, FILE *out, struct table *table);
int cells_table(struct view *view, struct table *table);

/* How many of @count rows of a long list are shown. */
size_t cells_shown(const struct view *view, size_t count);

#endif /* LUOSCOPE_TEXT_CELLS_H */
