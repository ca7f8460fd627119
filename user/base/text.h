/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Texts that come from elsewhere: UTF-8, what a terminal must not obey, lines that fit.
 */
#ifndef LUOSCOPE_TEXT_H
#define LUOSCOPE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Enough for a name of 64 bytes, each escaped. */
#define ESCAPED_BYTES 288

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

/**
 * text_copy - copy @from, which need not be ended by 0, to all of @to
 *
 * A text that is too long is cut; the rest of @to becomes 0.
 */
void text_copy(char *to, size_t to_size, const char *from, size_t from_size);
#define TEXT_COPY(to, from) text_copy(to, sizeof(to), from, sizeof(from))

#endif /* LUOSCOPE_TEXT_H */
