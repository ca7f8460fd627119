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

const char *format_lasting(char *buffer, int64_t ns, bool went_on)
{
	char duration[DURATION_BYTES];

	snprintf(buffer, DURATION_BYTES, "%s%.*s", went_on ? "> " : "", DURATION_BYTES - 3,
		 format_duration(duration, ns, 0));
	return buffer;
}

const char *format_duration_error(char *buffer, const char *duration, uint64_t error_ns)
{
	const char *name = strchr(duration, ' '), *point = strchr(duration, '.');
	size_t i;

	for (i = 0; i + 1 < UNITS && strcmp(name + 1, units[i].name); i++)
		;
	if (error_ns / units[i].ns >= 1000)
		return format_duration(buffer, error_ns, error_ns / 5);
	snprintf(buffer, DURATION_BYTES, "%.*f %s", point ? (int)(name - point - 1) : 0,
		 (double)error_ns / (double)units[i].ns, units[i].name);
	return buffer;
}

int parse_duration(const char *text, uint64_t *ns)
{
	const double most = 100.0 * 366 * 24 * 3600 * 1e9;
	double number;
	char *unit;
	size_t i;

	/* No sign, no blanks, no "inf", and no hexadecimal digits, all of which strtod() takes. */
	if (*text < '0' || *text > '9' || (text[0] == '0' && (text[1] | 0x20) == 'x'))
		return -EINVAL;
	number = strtod(text, &unit);
	unit += strspn(unit, " ");
	for (i = 0; i < UNITS && strcmp(unit, units[i].name); i++)
		;
	if (i == UNITS)
		return -EINVAL;
	number *= (double)units[i].ns;
	if (number > most)
		return -ERANGE;
	*ns = (uint64_t)(number + 0.5);
	return 0;
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

unsigned int text_columns(const char *text)
{
	unsigned int columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
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
	if (right)
		fprintf(out, "%*s%s", (int)fill, "", text);
	else
		fprintf(out, "%s%*s", text, is_last ? 0 : (int)fill, "");
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

/* Makes the widest of the columns from @first on narrower by one, but not below @least. */
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

/* The next one that is missed the least; of those that nobody named the last. Never the first. */
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

/* What a text must have left to be worth its place, and what anything must. */
#define TEXT_LEAST 20
#define CELL_LEAST 4

/* Whether it fits with texts cut. The first column says what others are about: it is cut last. */
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

static void print_row(const struct table *table, FILE *out, const struct fit *fit,
		      const char *const *cells)
{
	unsigned int last = table->columns - 1, i;

	/* No blanks at the end of a line. */
	while (last && (!fit->width[last] || !*cells[last]))
		last--;
	fputc(' ', out);
	for (i = 0; i <= last; i++) {
		if (!fit->width[i])
			continue;
		fprintf(out, "%*s", i ? (int)fit->gap : 1, "");
		print_cell(out, cells[i], fit->width[i], table->right[i], i == last);
	}
	fputc('\n', out);
}

/* That columns are missing, and which. */
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
			fit.width[column] = text_columns(table->heading[column]);
		is_empty[column] = true;
	}
	for (i = 0; i < table->cells; i++) {
		const unsigned int columns = text_columns(table->cell[i]);

		column = i % table->columns;
		if (columns > fit.width[column])
			fit.width[column] = columns;
		is_empty[column] = is_empty[column] && !columns;
	}
	fit_columns(table, &fit, width);
	if (!table->failed) {
		if (table->heading[0])
			print_row(table, out, &fit, table->heading);
		for (i = 0; i + table->columns <= table->cells; i += table->columns)
			print_row(table, out, &fit, (const char *const *)&table->cell[i]);
		tell_left_out(table, out, &fit, is_empty, width);
	}
	for (i = 0; i < table->cells; i++)
		free(table->cell[i]);
	free(table->cell);
	table->cell = NULL;
	table->cells = 0;
	table->capacity = 0;
	return table->failed ? -ENOMEM : 0;
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

void fold_lines(FILE *out, const char *text, unsigned int width)
{
	while (*text) {
		const size_t length = strcspn(text, "\n");
		const size_t indent = strspn(text, " ");
		char *line = strndup(text, length);

		if (line && text_columns(line) > width) {
			fprintf(out, "%*s", (int)indent, "");
			wrap_words(out, line + indent, indent, indent + 2, width);
		} else {
			fwrite(text, 1, length, out);
		}
		free(line);
		if (text[length])
			fputc('\n', out);
		text += length + (text[length] ? 1 : 0);
	}
}

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
