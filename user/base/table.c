// SPDX-License-Identifier: GPL-2.0
#include "table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

void table_cell(struct table *table, const char *format, ...)
{
	void *grown = array_grow(table->cell, table->cells, sizeof(*table->cell));
	va_list args;
	char *cell;
	int length;

	if (!grown) {
		table->failed = true;
		return;
	}
	table->cell = grown;
	va_start(args, format);
	length = vasprintf(&cell, format, args);
	va_end(args);
	if (length < 0)
		table->failed = true;
	else
		table->cell[table->cells++] = cell;
}

/**
 * struct fit - how a table is laid out
 * @width: of each column; 0: it is left out
 * @gap:   blanks between two of them
 */
struct fit {
	unsigned int width[TABLE_COLUMNS];
	unsigned int gap;
};

static unsigned int total_of(const struct table *table, const struct fit *fit)
{
	unsigned int total = 2, i;

	for (i = 0; i < table->columns; i++)
		if (fit->width[i])
			total += fit->width[i] + (i ? fit->gap : 0);
	return total;
}

/* Make the widest column from @first on narrower by one, but not below @least. */
static bool cut_widest(const struct table *table, struct fit *fit, bool right, unsigned int first,
		       unsigned int least)
{
	unsigned int widest = TABLE_COLUMNS, i;

	for (i = first; i < table->columns; i++)
		if (table->right[i] == right && fit->width[i] > least &&
		    (widest == TABLE_COLUMNS || fit->width[i] > fit->width[widest]))
			widest = i;
	if (widest == TABLE_COLUMNS)
		return false;
	fit->width[widest]--;
	return true;
}

/* The least important column left, then the last one not listed. Never the first column. */
static bool leave_column_out(const struct table *table, struct fit *fit)
{
	unsigned int i;

	for (i = 0; i < TABLE_COLUMNS && table->spare[i]; i++) {
		if (fit->width[table->spare[i]]) {
			fit->width[table->spare[i]] = 0;
			return true;
		}
	}
	for (i = table->columns - 1; i > 0; i--) {
		if (fit->width[i]) {
			fit->width[i] = 0;
			return true;
		}
	}
	return false;
}

/* The minimum width of a text that is still worth showing, and of any column. */
#define TEXT_LEAST 20
#define CELL_LEAST 4

/* Whether it fits with texts cut. The first column names the row: it is cut last. */
static bool fits(const struct table *table, struct fit *fit, unsigned int limit)
{
	fit->gap = total_of(table, fit) > limit ? 1 : 2;
	while (total_of(table, fit) > limit && table->may_leave_out &&
	       cut_widest(table, fit, false, 1, TEXT_LEAST))
		;
	return total_of(table, fit) <= limit;
}

static void fit_columns(const struct table *table, struct fit *fit, unsigned int limit)
{
	struct fit whole = *fit;

	whole.gap = 2;
	do
		*fit = whole;
	while (!fits(table, fit, limit) && table->may_leave_out && leave_column_out(table, &whole));
	while (total_of(table, fit) > limit && (cut_widest(table, fit, false, 0, CELL_LEAST) ||
						cut_widest(table, fit, true, 0, CELL_LEAST)))
		;
}

/* The text of a cell, without the style of its row. */
static const char *text_of(const struct table *table, const char *cell, unsigned int column)
{
	const char *heading = table->heading[column];

	if (!*cell && table->fill && (!heading || *heading))
		return table->fill;
	return cell + (column || !text_style(cell) ? 0 : 1);
}

static void print_row(const struct table *table, FILE *out, const struct fit *fit,
		      const char *const *cells)
{
	unsigned int last = table->columns - 1, i;

	/* No blanks at the end of a line. */
	while (last && (!fit->width[last] || !*text_of(table, cells[last], last)))
		last--;
	if (text_style(cells[0]))
		fputc(*cells[0], out);
	fputc(' ', out);
	for (i = 0; i <= last; i++) {
		if (!fit->width[i])
			continue;
		fprintf(out, "%*s", i ? (int)fit->gap : 1, "");
		print_cell(out, text_of(table, cells[i], i), fit->width[i], table->right[i],
			   i == last);
	}
	fputc('\n', out);
}

/* Name the columns that were left out. */
static void tell_left_out(const struct table *table, FILE *out, const struct fit *fit,
			  const bool *is_empty, unsigned int width)
{
	char text[TABLE_COLUMNS * 32] = "";
	size_t length = 0;
	unsigned int i;

	for (i = 0; i < table->columns && length < sizeof(text); i++)
		if (!fit->width[i] && !is_empty[i] && table->heading[i] && *table->heading[i])
			length += snprintf(text + length, sizeof(text) - length, "%s%s",
					   length ? ", " : "", table->heading[i]);
	if (length)
		print_wrapped(out, "  No room for:", text, 15, width);
}

int table_print(struct table *table, FILE *out, unsigned int width)
{
	bool is_empty[TABLE_COLUMNS];
	struct fit fit = {};
	unsigned int column;
	size_t i;

	for (column = 0; column < table->columns; column++) {
		if (table->heading[0])
			fit.width[column] =
				text_columns(text_of(table, table->heading[column], column));
		is_empty[column] = true;
	}
	for (i = 0; i < table->cells; i++) {
		unsigned int columns;

		column = i % table->columns;
		columns = text_columns(text_of(table, table->cell[i], column));
		if (columns > fit.width[column])
			fit.width[column] = columns;
		is_empty[column] = is_empty[column] && !*table->cell[i];
	}
	fit_columns(table, &fit, width);
	if (!table->failed) {
		if (table->heading[0])
			print_row(table, out, &fit, table->heading);
		for (i = 0; i + table->columns <= table->cells; i += table->columns)
			print_row(table, out, &fit, (const char *const *)&table->cell[i]);
		tell_left_out(table, out, &fit, is_empty, width);
	}
	table_free(table);
	return table->failed ? -ENOMEM : 0;
}

void table_free(struct table *table)
{
	size_t i;

	for (i = 0; i < table->cells; i++)
		free(table->cell[i]);
	free(table->cell);
	table->cell = NULL;
	table->cells = 0;
}
