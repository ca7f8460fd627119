// SPDX-License-Identifier: GPL-2.0
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SIGNIFICANT_DIGITS 4

static const struct unit {
	uint64_t ns;
	const char *name;
} units[] = { { 1, "ns" }, { 1000, "us" }, { 1000000, "ms" }, { 1000000000, "s" } };

#define UNITS (sizeof(units) / sizeof(units[0]))

static unsigned int digits_of(uint64_t number)
{
	unsigned int digits = 1;

	while (number >= 10) {
		number /= 10;
		digits++;
	}
	return digits;
}

static uint64_t power_of_10(unsigned int exponent)
{
	uint64_t power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

const char *format_duration(char *buffer, int64_t ns, uint64_t error_ns)
{
	uint64_t value = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	const char *sign = ns < 0 ? "-" : "";
	unsigned int decimals, places, i = 0;
	uint64_t step, rounded, whole;

	while (i + 1 < UNITS && value >= units[i + 1].ns)
		i++;
	for (;;) {
		/* A unit of 10^places ns; the last digit counts 10^(places - decimals) ns. */
		places = i * 3;
		decimals = digits_of(value / units[i].ns);
		decimals = decimals < SIGNIFICANT_DIGITS ? SIGNIFICANT_DIGITS - decimals : 0;
		if (decimals > places)
			decimals = places;
		while (decimals && power_of_10(places - decimals) < error_ns / 4)
			decimals--;
		step = power_of_10(places - decimals);
		rounded = value / step + (value % step >= step - step / 2 && step > 1);
		whole = rounded / power_of_10(decimals);
		if (whole < 1000 || i + 1 == UNITS)
			break;
		i++; /* 999.96 ms rounds to 1.000 s */
	}
	/* 9.9996 became 10.000: one digit too many. */
	if (decimals && digits_of(whole) + decimals > SIGNIFICANT_DIGITS) {
		rounded /= 10;
		decimals--;
	}
	if (decimals)
		snprintf(buffer, DURATION_BYTES, "%s%llu.%0*llu %s", sign,
			 (unsigned long long)(rounded / power_of_10(decimals)), (int)decimals,
			 (unsigned long long)(rounded % power_of_10(decimals)), units[i].name);
	else
		snprintf(buffer, DURATION_BYTES, "%s%llu %s", sign, (unsigned long long)rounded,
			 units[i].name);
	return buffer;
}

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
	/* Zero-width characters, and those that turn the direction of writing or end the line. */
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0x61c || c == 0xfeff)
		return false;
	return true;
}

const char *escape_text(char *buffer, const char *text, bool utf8)
{
	char *to = buffer, *end = buffer + ESCAPED_BYTES - 1;

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
	return buffer;
}

void table_cell(struct table *table, const char *format, ...)
{
	va_list args;
	char *cell;
	int length;

	if (table->cells == table->capacity) {
		size_t larger = table->capacity ? table->capacity * 2 : 64;
		char **grown = realloc(table->cell, larger * sizeof(*grown));

		if (!grown) {
			table->failed = true;
			return;
		}
		table->cell = grown;
		table->capacity = larger;
	}
	va_start(args, format);
	length = vasprintf(&cell, format, args);
	va_end(args);
	if (length < 0)
		table->failed = true;
	else
		table->cell[table->cells++] = cell;
}

/* Columns on the screen, where each character is as wide as the next. */
static unsigned int columns_of(const char *text)
{
	unsigned int columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

static void print_cell(FILE *out, const char *text, unsigned int width, bool right, bool is_last)
{
	unsigned int columns = columns_of(text);
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
	if (right)
		fprintf(out, "%*s%s", (int)fill, "", text);
	else
		fprintf(out, "%s%*s", text, is_last ? 0 : (int)fill, "");
}

static void fit_columns(const struct table *table, unsigned int *width, unsigned int *gap,
			unsigned int limit)
{
	unsigned int i, total;

	for (;;) {
		unsigned int widest = TABLE_COLUMNS, widest_right = TABLE_COLUMNS;

		total = 2 + *gap * (table->columns - 1);
		for (i = 0; i < table->columns; i++) {
			total += width[i];
			if (!table->right[i] &&
			    (widest == TABLE_COLUMNS || width[i] > width[widest]))
				widest = i;
			if (table->right[i] &&
			    (widest_right == TABLE_COLUMNS || width[i] > width[widest_right]))
				widest_right = i;
		}
		if (total <= limit)
			return;
		if (*gap > 1)
			*gap = 1;
		else if (widest < TABLE_COLUMNS && width[widest] > 4)
			width[widest]--;
		else if (widest_right < TABLE_COLUMNS && width[widest_right] > 4)
			width[widest_right]--;
		else
			return;
	}
}

static void print_row(const struct table *table, FILE *out, const unsigned int *width,
		      unsigned int gap, const char *const *cells)
{
	unsigned int i;

	fputs("  ", out);
	for (i = 0; i < table->columns; i++) {
		if (i + 1 == table->columns && !*cells[i])
			break; /* no blanks at the end of a line */
		if (i)
			fprintf(out, "%*s", (int)gap, "");
		print_cell(out, cells[i], width[i], table->right[i], i + 1 == table->columns);
	}
	fputc('\n', out);
}

int table_print(struct table *table, FILE *out, unsigned int width)
{
	unsigned int widths[TABLE_COLUMNS] = {};
	unsigned int gap = 2, column;
	size_t i;

	for (column = 0; table->heading[0] && column < table->columns; column++)
		widths[column] = columns_of(table->heading[column]);
	for (i = 0; i < table->cells; i++) {
		unsigned int columns = columns_of(table->cell[i]);

		if (columns > widths[i % table->columns])
			widths[i % table->columns] = columns;
	}
	fit_columns(table, widths, &gap, width);
	if (!table->failed) {
		if (table->heading[0])
			print_row(table, out, widths, gap, table->heading);
		for (i = 0; i + table->columns <= table->cells; i += table->columns)
			print_row(table, out, widths, gap, (const char *const *)&table->cell[i]);
	}
	for (i = 0; i < table->cells; i++)
		free(table->cell[i]);
	free(table->cell);
	table->cell = NULL;
	table->cells = 0;
	table->capacity = 0;
	return table->failed ? -ENOMEM : 0;
}

void print_wrapped(FILE *out, const char *label, const char *text, unsigned int indent,
		   unsigned int width)
{
	unsigned int column = indent;

	fprintf(out, "%-*s", (int)indent, label);
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > indent) {
			if (column + 1 + word > width) {
				fprintf(out, "\n%*s", (int)indent, "");
				column = indent;
			} else {
				fputc(' ', out);
				column++;
			}
		}
		fwrite(text, 1, word, out);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}
