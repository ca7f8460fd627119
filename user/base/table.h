/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables that fit the terminal.
 */
#ifndef LUOSCOPE_TABLE_H
#define LUOSCOPE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS	20
#define TABLE_ANY_WIDTH 1000000

/**
 * struct table - a table whose columns are as wide as their contents
 * @columns: how many
 * @heading: the heading of each; NULL: none
 * @right:   which columns are right-aligned
 * @spare:   columns that may be left out, the least important first; ended by 0
 * @may_leave_out: columns may be left out if there is no room for all
 * @fill:    what an empty cell shows in a column that has a heading; NULL: nothing
 * @cell:    the texts, from malloc(), row by row
 * @cells:   how many there are
 */
struct table {
	unsigned int columns;
	const char *heading[TABLE_COLUMNS];
	bool right[TABLE_COLUMNS];
	unsigned char spare[TABLE_COLUMNS];
	bool may_leave_out;
	const char *fill;
	char **cell;
	size_t cells;
	bool failed;
};

/**
 * table_cell - add the next cell, row by row
 *
 * If the first cell of a row begins with a style (see text.h), the row has it. An error here is
 * returned by table_print().
 */
__attribute__((format(printf, 2, 3))) void table_cell(struct table *table, const char *format, ...);

/**
 * table_print - print @table in at most @width columns, each line indented by two blanks, and free
 * its cells; TABLE_ANY_WIDTH: as wide as they need
 *
 * If it does not fit, the widest left-aligned column is cut, with "~" as its last character; then
 * columns are left out, if allowed, and a line below the table names them; then other columns are
 * cut. Returns 0 or -ENOMEM.
 */
int table_print(struct table *table, FILE *out, unsigned int width);

/* Free the cells of a table that is not printed. */
void table_free(struct table *table);

#endif /* LUOSCOPE_TABLE_H */
