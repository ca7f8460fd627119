/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Texts from outside: UTF-8, escaping for terminals, and lines that fit.
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
 * escape_text - write @text to @buffer of ESCAPED_BYTES so that a terminal only shows it and
 * executes nothing
 * @utf8: leave printable characters beyond ASCII as they are
 *
 * Control characters, marks that change the direction of writing, bytes that are not valid UTF-8,
 * and without @utf8 everything that is not ASCII become \xNN; a backslash is doubled. Returns
 * @buffer.
 */
const char *escape_text(char *buffer, const char *text, bool utf8);

/**
 * escape_text_whole - the same for a text of any length, such as a path, in memory from malloc()
 *
 * Returns NULL if memory is short.
 */
char *escape_text_whole(const char *text, bool utf8);

/**
 * text_columns - columns that @text takes on the screen if all characters have the same width
 */
unsigned int text_columns(const char *text);

/**
 * text_list_add - add @item to the list in @buffer of @size bytes, with @separator between two
 *
 * If there is no room for a whole item, the list ends with "..." and takes no other one.
 */
void text_list_add(char *buffer, size_t size, const char *separator, const char *item);

/* Write @count blanks. */
void print_blanks(FILE *out, unsigned int count);

/**
 * print_cell - write @text in @width columns: padded with blanks, on the left if @right, or cut,
 * with "~" as its last character
 * @is_last: no blanks after it
 */
void print_cell(FILE *out, const char *text, unsigned int width, bool right, bool is_last);

/**
 * wrap_words - write @text, which starts in @column, and break it between words to fit @width;
 * further lines are indented by @indent blanks
 *
 * Returns the column after its end.
 */
unsigned int wrap_words(FILE *out, const char *text, unsigned int column, unsigned int indent,
			unsigned int width);

/**
 * print_wrapped - write @label, padded to @indent, and @text, and break it between words to fit
 * @width; further lines are indented by @indent blanks
 */
void print_wrapped(FILE *out, const char *label, const char *text, unsigned int indent,
		   unsigned int width);

/**
 * print_xml - write @text as XML text, or as the value of an attribute
 *
 * It must have only characters that XML permits: pass text from outside through escape_text()
 * first.
 */
void print_xml(const char *text, FILE *out);

/*
 * The first byte of a line, or of a row of a table, that is to stand out. It takes no column, and a
 * text from outside cannot have it: escape_text() escapes it.
 */
#define STYLE_BAD   "\1"
#define STYLE_ODD   "\2"
#define STYLE_TITLE "\3"

/**
 * text_style - the style that @text begins with: 1 to 3; 0: none
 */
unsigned int text_style(const char *text);

/**
 * print_lines - write the lines of @text
 * @width:  break wider lines between words, and a word that is wider itself; continuation lines
 *          are indented by two more. 0: never
 * @colour: show styles as colours; otherwise they are left out
 */
void print_lines(FILE *out, const char *text, unsigned int width, bool colour);

/**
 * text_copy - copy @from, which need not be ended by 0, to all of @to
 *
 * A text that is too long is cut; the rest of @to is filled with 0.
 */
void text_copy(char *to, size_t to_size, const char *from, size_t from_size);
#define TEXT_COPY(to, from) text_copy(to, sizeof(to), from, sizeof(from))

/**
 * text_append - add to the text in @buffer of @size bytes; what has no room is left out
 */
__attribute__((format(printf, 3, 4))) void text_append(char *buffer, size_t size,
						       const char *format, ...);

/**
 * read_first_line - read the first line of the file @path to @line, without its newline
 *
 * Returns false if it cannot be read; @line is then unchanged.
 */
bool read_first_line(const char *path, char *line, size_t size);

#endif /* LUOSCOPE_TEXT_H */
