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

/* What is said in the place of a time by what was not seen to come back. */
#define TEXT_NOT_BACK "not back"

/**
 * format_lasting - write @ns as format_duration() does; "> 6.573 s" of what @went_on after it
 *
 * Returns @buffer, which has DURATION_BYTES.
 */
const char *format_lasting(char *buffer, int64_t ns, bool went_on);

/**
 * format_duration_error - write how wrong @duration, which format_duration() wrote, may be, in its
 * unit and with as many digits behind the point
 *
 * Returns @buffer, which has DURATION_BYTES.
 */
const char *format_duration_error(char *buffer, const char *duration, uint64_t error_ns);

/**
 * parse_duration - read a duration as people write it, such as "10ms", "1.5 s" or "800 us"
 *
 * Returns 0 with *@ns; -EINVAL: it is not a number followed by ns, us, ms or s; -ERANGE: it is
 * longer than 100 years.
 */
int parse_duration(const char *text, uint64_t *ns);

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
 * escape_text_whole - the same of a text of any length, such as a path, from malloc()
 *
 * Returns NULL if memory is short.
 */
char *escape_text_whole(const char *text, bool utf8);

/**
 * text_columns - columns that @text takes on the screen, each character being as wide as the next
 */
unsigned int text_columns(const char *text);

/**
 * print_cell - write @text in @width columns: filled up with blanks, on its left if @right, or cut,
 * with "~" as its last character
 * @is_last: no blanks behind it
 */
void print_cell(FILE *out, const char *text, unsigned int width, bool right, bool is_last);

/**
 * wrap_words - write @text, broken between words where it would be wider than @width; it begins in
 * @column, further lines with @indent blanks
 *
 * Returns the column that it came to.
 */
unsigned int wrap_words(FILE *out, const char *text, unsigned int column, unsigned int indent,
			unsigned int width);

/**
 * print_wrapped - write @label, filled up to @indent, and @text, broken between words where it
 * would be wider than @width; further lines begin with @indent blanks
 */
void print_wrapped(FILE *out, const char *label, const char *text, unsigned int indent,
		   unsigned int width);

/**
 * print_xml - write @text as text of an XML document, or as the value of an attribute
 *
 * It may hold any characters that XML permits: what is foreign goes through escape_text() first.
 */
void print_xml(const char *text, FILE *out);

/**
 * fold_lines - write @text, with lines that are wider than @width broken between words; what they
 * go on with is indented by two more
 */
void fold_lines(FILE *out, const char *text, unsigned int width);

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

#endif /* LUOSCOPE_TEXT_H */
