/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables that fit the terminal.
 */
#ifndef LUOSCOPE_TABLE_H
#define LUOSCOPE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS 16

/**
 * struct table - a table whose columns are as wide as they must be
 * @columns: how many
 * @heading: of each; NULL: none
 * @right:   columns that are aligned to the right
 * @spare:   columns that can be done without, those first that are missed the least; ended by 0
 * @may_leave_out: columns may be left out where there is no room for all
 * @cell:    texts, from malloc(), row by row
 * @cells:   how many of them
 */
struct table {
	unsigned int columns;
	const char *heading[TABLE_COLUMNS];
	bool right[TABLE_COLUMNS];
	unsigned char spare[TABLE_COLUMNS];
	bool may_leave_out;
	char **cell;
	size_t cells;
	size_t capacity;
	bool failed;
};

/**
 * table_cell - add the next cell, row by row
 *
 * What goes wrong here is told by table_print().
 */
__attribute__((format(printf, 2, 3))) void table_cell(struct table *table, const char *format, ...);

/**
 * table_print - print @table in at most @width columns, each line after two blanks, and free its
 * cells
 *
 * Where it does not fit, the widest column that is aligned to the left is cut, with "~" as its last
 * character; then columns are left out, if they may be, which a line below the table says; then
 * others are cut. Returns 0 or -ENOMEM.
 */
int table_print(struct table *table, FILE *out, unsigned int width);

#endif /* LUOSCOPE_TABLE_H */
