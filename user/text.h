/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How numbers and foreign texts are put before a reader.
 */
#ifndef LUOSCOPE_TEXT_H
#define LUOSCOPE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Enough for every duration that format_duration() writes. */
#define DURATION_BYTES 64
/* Enough for a name of 64 bytes, each escaped. */
#define ESCAPED_BYTES 288

/**
 * format_duration - write @ns in the unit that reads well, such as "1.634 s" or "9.41 us"
 * @error_ns: how wrong it may be; 0: not known
 *
 * Writes 4 significant digits, and fewer behind the point if @error_ns says that the last ones were
 * not measured. Returns @buffer, which has DURATION_BYTES.
 */
const char *format_duration(char *buffer, int64_t ns, uint64_t error_ns);

/**
 * text_is_utf8 - whether @text is valid UTF-8
 */
bool text_is_utf8(const char *text);

/**
 * escape_text - write @text to @buffer of ESCAPED_BYTES so that a terminal shows it and does not
 * obey it
 * @utf8: leave printable characters beyond ASCII as they are
 *
 * Control characters, marks that turn the direction of writing, bytes that are not valid UTF-8, and
 * without @utf8 all that is not ASCII become \xNN; a backslash becomes two. Returns @buffer.
 */
const char *escape_text(char *buffer, const char *text, bool utf8);

/**
 * print_wrapped - write @label, filled up to @indent, and @text, broken between words where it
 * would be wider than @width; further lines begin with @indent blanks
 */
void print_wrapped(FILE *out, const char *label, const char *text, unsigned int indent,
		   unsigned int width);

#define TABLE_COLUMNS 11

/**
 * struct table - a table whose columns are as wide as they must be
 * @columns: how many
 * @heading: of each; NULL: none
 * @right:   columns that are aligned to the right
 * @cell:    texts, from malloc(), row by row
 * @cells:   how many of them
 */
struct table {
	unsigned int columns;
	const char *heading[TABLE_COLUMNS];
	bool right[TABLE_COLUMNS];
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
 * character; the others only if that is not enough. Returns 0 or -ENOMEM.
 */
int table_print(struct table *table, FILE *out, unsigned int width);

#endif /* LUOSCOPE_TEXT_H */
