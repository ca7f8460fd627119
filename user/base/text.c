// SPDX-License-Identifier: GPL-2.0
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "terminal.h"

/* Bytes of the valid UTF-8 character at @text, and the character; 0: it is not valid. */
static size_t utf8_character(const char *text, uint32_t *character)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t length, i;

	if (p[0] < 0x80) {
		*character = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		length = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		length = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		length = 4;
	else
		return 0;
	*character = p[0] & (0x7f >> length);
	for (i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80) /* the end of the text too */
			return 0;
		*character = *character << 6 | (p[i] & 0x3f);
	}
	if ((length == 3 && *character < 0x800) || (length == 4 && *character < 0x10000) ||
	    (*character >= 0xd800 && *character <= 0xdfff) || *character > 0x10ffff)
		return 0;
	return length;
}

bool text_is_utf8(const char *text)
{
	uint32_t character;

	while (*text) {
		size_t length = utf8_character(text, &character);

		if (!length)
			return false;
		text += length;
	}
	return true;
}

static bool is_shown(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
		return false;
	/* Zero-width characters, and those that change the direction of writing or end the line. */
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0x61c || c == 0xfeff)
		return false;
	return true;
}

static void escape(char *buffer, size_t size, const char *text, bool utf8)
{
	char *to = buffer, *end = buffer + size - 1;

	while (*text) {
		uint32_t character = 0;
		size_t length = utf8_character(text, &character);
		size_t i;

		if (*text == '\\' && end - to >= 2) {
			*to++ = '\\';
			*to++ = '\\';
		} else if (*text != '\\' && length && is_shown(character) &&
			   (utf8 || length == 1) && (size_t)(end - to) >= length) {
			memcpy(to, text, length);
			to += length;
		} else {
			length = length ? length : 1;
			for (i = 0; i < length && end - to >= 4; i++)
				to += sprintf(to, "\\x%02x", (unsigned char)text[i]);
			if (i < length)
				break;
		}
		text += length;
	}
	*to = '\0';
}

const char *escape_text(char *buffer, const char *text, bool utf8)
{
	escape(buffer, ESCAPED_BYTES, text, utf8);
	return buffer;
}

char *escape_text_whole(const char *text, bool utf8)
{
	const size_t size = 4 * strlen(text) + 1;
	char *buffer = malloc(size);

	if (buffer)
		escape(buffer, size, text, utf8);
	return buffer;
}

unsigned int text_columns(const char *text)
{
	unsigned int columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

void text_list_add(char *buffer, size_t size, const char *separator, const char *item)
{
	static const char more[] = " ...";
	const size_t length = strlen(buffer), room = size - length;
	const char *before = length ? separator : "";

	if (length >= strlen(more) && !strcmp(buffer + length - strlen(more), more))
		return;
	if (strlen(before) + strlen(item) + sizeof(more) <= room)
		snprintf(buffer + length, room, "%s%s", before, item);
	else if (sizeof(more) <= room)
		strcpy(buffer + length, more);
}

void print_blanks(FILE *out, unsigned int count)
{
	while (count--)
		putc_unlocked(' ', out);
}

void print_cell(FILE *out, const char *text, unsigned int width, bool right, bool is_last)
{
	unsigned int columns = text_columns(text);
	unsigned int fill = columns < width ? width - columns : 0;

	if (columns > width) {
		unsigned int i;

		for (i = 0; i + 1 < width; i++) {
			do
				fputc(*text++, out);
			while (((unsigned char)*text & 0xc0) == 0x80);
		}
		fputc('~', out);
		return;
	}
	/* 'luoscope tail' prints many: fprintf() would take most of its time. */
	if (right)
		print_blanks(out, fill);
	fputs_unlocked(text, out);
	if (!right && !is_last)
		print_blanks(out, fill);
}

unsigned int wrap_words(FILE *out, const char *text, unsigned int column, unsigned int indent,
			unsigned int width)
{
	bool is_first = true;

	while (*text) {
		const size_t length = strcspn(text, " ");

		if (!is_first && column + 1 + length > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!is_first) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, length, out);
		column += length;
		is_first = false;
		text += length;
		text += strspn(text, " ");
	}
	return column;
}

void print_wrapped(FILE *out, const char *label, const char *text, unsigned int indent,
		   unsigned int width)
{
	fprintf(out, "%-*s", (int)indent, label);
	wrap_words(out, text, indent, indent, width);
	fputc('\n', out);
}

unsigned int text_style(const char *text)
{
	return *text >= *STYLE_BAD && *text <= *STYLE_TITLE ? *text : 0;
}

/* Bytes of the first @columns of @text. */
static size_t bytes_of(const char *text, unsigned int columns)
{
	const char *end = text;

	while (*end && (columns || ((unsigned char)*end & 0xc0) == 0x80)) {
		columns -= ((unsigned char)*end & 0xc0) != 0x80;
		end++;
	}
	return end - text;
}

/* A pager forgets a colour at the end of a line: each has its own. */
static void print_coloured(FILE *out, const char *text, size_t length, const char *colour)
{
	fprintf(out, "%s%.*s%s", colour, (int)length, text, *colour ? TERMINAL_PLAIN : "");
}

/* A word that is wider than the line goes on in the next one. */
static void print_pieces(FILE *out, const char *text, unsigned int width, const char *colour)
{
	const bool has_room = strspn(text, " ") < width;

	while (has_room && text_columns(text) > width) {
		const size_t length = bytes_of(text, width);

		print_coloured(out, text, length, colour);
		fputc('\n', out);
		text += length;
	}
	print_coloured(out, text, strlen(text), colour);
}

/* @line in parts of @width, in memory from malloc(); NULL: out of memory. */
static char *fold(const char *line, unsigned int width)
{
	const size_t indent = strspn(line, " ");
	char *folded = NULL;
	size_t size;
	FILE *parts = open_memstream(&folded, &size);

	if (!parts)
		return NULL;
	fprintf(parts, "%*s", (int)indent, "");
	wrap_words(parts, line + indent, indent, indent + 2, width);
	if (!fclose(parts))
		return folded;
	free(folded);
	return NULL;
}

/* Fold @line to @width. If memory is short, the line is wider. */
static void print_line(FILE *out, const char *line, unsigned int width, const char *colour)
{
	char *folded = width && text_columns(line) > width ? fold(line, width) : NULL;
	char *part, *rest;

	if (!folded) {
		print_coloured(out, line, strlen(line), colour);
		return;
	}
	for (part = strtok_r(folded, "\n", &rest); part; part = strtok_r(NULL, "\n", &rest)) {
		if (part > folded)
			fputc('\n', out);
		print_pieces(out, part, width, colour);
	}
	free(folded);
}

void print_lines(FILE *out, const char *text, unsigned int width, bool colour)
{
	static const char *const colours[] = { "", TERMINAL_RED, TERMINAL_YELLOW, TERMINAL_BOLD };

	while (*text) {
		const unsigned int style = text_style(text);
		const size_t length = strcspn(text, "\n");
		char *line = strndup(text + !!style, length - !!style);

		if (line)
			print_line(out, line, width, colours[colour ? style : 0]);
		else
			fwrite(text + !!style, 1, length - !!style, out);
		free(line);
		if (text[length])
			fputc('\n', out);
		text += length + (text[length] ? 1 : 0);
	}
}

/* The rows of the usual matrix, one after the other; only the beginnings of long texts count. */
void print_xml(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&apos;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

void text_copy(char *to, size_t to_size, const char *from, size_t from_size)
{
	size_t length = strnlen(from, from_size);

	if (length >= to_size)
		length = to_size - 1;
	memcpy(to, from, length);
	memset(to + length, 0, to_size - length);
}

void text_append(char *buffer, size_t size, const char *format, ...)
{
	const size_t length = strlen(buffer);
	va_list args;

	va_start(args, format);
	vsnprintf(buffer + length, size - length, format, args);
	va_end(args);
}

bool read_first_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool ok;

	if (!file)
		return false;
	ok = fgets(line, size, file);
	fclose(file);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}
