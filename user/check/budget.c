// SPDX-License-Identifier: GPL-2.0
#include "budget.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/error.h"
#include "capture/store.h"
#include "figures/figure_names.h"

#define DIGITS "0123456789"
/* What some editors write at the start of a file in UTF-8. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
/* 100 years, and more than can be counted. */
#define LIMIT_MAX (BOUNDED_NO_HIGH / 2)

static const char *const operators[] = {
	[BUDGET_LE] = "<=", [BUDGET_GE] = ">=", [BUDGET_EQ] = "==",
	[BUDGET_NE] = "!=", [BUDGET_LT] = "<",	[BUDGET_GT] = ">",
};

static const struct suffix {
	const char *name;
	enum unit of;
	unsigned int zeros; /* the number of zeros of one such unit in the figure's own unit */
} units[] = {
	{ "ns", UNIT_NS, 0 }, { "us", UNIT_NS, 3 },   { "ms", UNIT_NS, 6 },
	{ "s", UNIT_NS, 9 },  { "ppb", UNIT_PPB, 0 }, { "ppm", UNIT_PPB, 3 },
};

const char *budget_operator_name(enum budget_operator op)
{
	return operators[op];
}

/* The parser: each function reads from @p and advances it past what it read. */

struct parser {
	const char *p;
	struct budget *budget;
	struct error *error;
};

static void skip_blanks(struct parser *parser)
{
	parser->p += strspn(parser->p, " \t");
}

/* Operators as mathematicians write them, and as they are written here. */
static const struct {
	const char *typed;
	const char *is;
} symbols[] = { { "\xe2\x89\xa4", "<=" }, { "\xe2\x89\xa5", ">=" }, { "\xe2\x89\xa0", "!=" } };

/* The operator that the symbol at @p stands for; NULL: there is none. */
static const char *meant_by(const char *p)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(symbols); i++)
		if (!strncmp(p, symbols[i].typed, strlen(symbols[i].typed)))
			return symbols[i].is;
	return NULL;
}

static size_t word_length(const char *p)
{
	const size_t length = strcspn(p, " \t<>=!()");
	size_t i;

	for (i = 0; i < length && !meant_by(p + i); i++)
		;
	return i;
}

/* "p95" or "p99.9": at most one decimal. 0: not a percentile. */
static unsigned int parse_percentile(const char *word, size_t length)
{
	unsigned int per_mille = 0, digits = 0;

	if (length < 2 || word[0] != 'p')
		return 0;
	for (word++, length--; length && *word >= '0' && *word <= '9' && digits < 3; digits++) {
		per_mille = per_mille * 10 + (*word++ - '0');
		length--;
	}
	per_mille *= 10;
	if (digits && length == 2 && word[0] == '.' && word[1] >= '0' && word[1] <= '9') {
		per_mille += word[1] - '0';
		length = 0;
	}
	return length || per_mille >= 1000 ? 0 : per_mille;
}

static int parse_function(struct parser *parser, size_t length)
{
	static const struct {
		const char *name;
		enum statistic statistic;
	} functions[] = {
		{ "min", STATISTIC_MIN },
		{ "max", STATISTIC_MAX },
		{ "mean", STATISTIC_MEAN },
		{ "median", STATISTIC_MEDIAN },
	};
	struct budget *budget = parser->budget;
	size_t i;

	budget->is_over_all = true;
	budget->statistic = STATISTIC_PERCENTILE;
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (length == strlen(functions[i].name) &&
		    !strncmp(parser->p, functions[i].name, length))
			budget->statistic = functions[i].statistic;
	if (budget->statistic == STATISTIC_PERCENTILE) {
		budget->per_mille = parse_percentile(parser->p, length);
		if (!budget->per_mille)
			return error_set(parser->error, -EINVAL,
					 "not a function: min, max, mean, median and p0.1 to"
					 " p99.9 are");
	}
	parser->p += length;
	return 0;
}

static int parse_figure(struct parser *parser)
{
	struct budget *budget = parser->budget;
	size_t length = word_length(parser->p), at;
	int err;

	if (!length)
		return error_set(parser->error, -EINVAL, "missing figure");
	err = figure_name_parse(&budget->figure, &budget->pattern, parser->p, length, &at,
				parser->error);
	parser->p += err ? at : length;
	return err;
}

/* FIGURE or FUNCTION(FIGURE) */
static int parse_left(struct parser *parser)
{
	const size_t length = word_length(parser->p);
	int err;

	if (!length || parser->p[length + strspn(parser->p + length, " \t")] != '(')
		return parse_figure(parser);
	err = parse_function(parser, length);
	if (err)
		return err;
	skip_blanks(parser);
	parser->p++;
	skip_blanks(parser);
	err = parse_figure(parser);
	if (err)
		return err;
	skip_blanks(parser);
	if (*parser->p != ')')
		return error_set(parser->error, -EINVAL, "missing )");
	parser->p++;
	return 0;
}

static int parse_operator(struct parser *parser)
{
	const size_t length = strspn(parser->p, "<>=!");
	const char *meant = meant_by(parser->p);
	size_t i;

	if (meant)
		return error_set(parser->error, -EINVAL,
				 "not an operator: write %s, in two characters", meant);
	for (i = 0; i < ARRAY_SIZE(operators); i++) {
		if (length != strlen(operators[i]) || strncmp(parser->p, operators[i], length) != 0)
			continue;
		parser->budget->op = i;
		parser->p += length;
		return 0;
	}
	return error_set(parser->error, -EINVAL, "%s: <=, <, >=, >, == and != are",
			 length ? "not an operator" : "missing operator");
}

static int parse_unit(struct parser *parser, unsigned int *zeros)
{
	static const char *const wanted[] = {
		[UNIT_NS] = "a time: ns, us, ms or s",
		[UNIT_COUNT] = "a count, which has none",
		[UNIT_PPB] = "a relative error: ppb or ppm",
	};
	const enum unit of = parser->budget->pattern->unit;
	size_t length = strcspn(parser->p, " \t"), i;

	*zeros = 0;
	if (!length && of == UNIT_COUNT)
		return 0;
	if (!length)
		return error_set(parser->error, -EINVAL, "missing unit: the figure is %s",
				 wanted[of]);
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (length != strlen(units[i].name) ||
		    strncmp(parser->p, units[i].name, length) != 0)
			continue;
		if (units[i].of != of)
			break;
		*zeros = units[i].zeros;
		parser->p += length;
		return 0;
	}
	return error_set(parser->error, -EINVAL, "not a unit of this figure: it is %s", wanted[of]);
}

/* Append @digits to the limit. */
static int append_digits(struct parser *parser, const char *digits, size_t length)
{
	int64_t *limit = &parser->budget->limit;

	for (; length; length--, digits++) {
		if (*limit > (LIMIT_MAX - (*digits - '0')) / 10)
			return error_set(parser->error, -ERANGE, "the limit is too large");
		*limit = *limit * 10 + (*digits - '0');
	}
	return 0;
}

/* The limit is the number "WHOLE.FRACTION" times 10^@zeros, exactly. */
static int scale(struct parser *parser, const char *whole, size_t whole_length,
		 const char *fraction, size_t fraction_length, unsigned int zeros)
{
	int err;

	while (fraction_length && fraction[fraction_length - 1] == '0')
		fraction_length--;
	if (fraction_length > zeros) {
		parser->p = fraction + zeros;
		return error_set(parser->error, -EINVAL,
				 parser->budget->pattern->unit == UNIT_COUNT ?
					 "a count must be a whole number" :
					 "finer than the resolution of the measurement");
	}
	err = append_digits(parser, whole, whole_length);
	if (!err)
		err = append_digits(parser, fraction, fraction_length);
	if (!err)
		err = append_digits(parser, "000000000", zeros - fraction_length);
	if (err)
		parser->p = whole;
	return err;
}

static int parse_limit(struct parser *parser)
{
	const bool is_negative = *parser->p == '-' &&
				 figure_pattern_may_be_negative(parser->budget->pattern);
	const char *whole = parser->p + is_negative, *fraction, *behind;
	const size_t whole_length = strspn(whole, DIGITS);
	size_t fraction_length = 0;
	unsigned int zeros;
	int err;

	if (!whole_length)
		return error_set(parser->error, -EINVAL,
				 *whole == '-' && !is_negative ?
					 "this figure and its limit cannot be negative" :
					 "missing number");
	fraction = parser->p = whole + whole_length;
	if (*parser->p == '.') {
		fraction++;
		fraction_length = strspn(fraction, DIGITS);
		parser->p = fraction + fraction_length;
		if (!fraction_length)
			return error_set(parser->error, -EINVAL,
					 "missing digit after the decimal point");
	}
	skip_blanks(parser);
	err = parse_unit(parser, &zeros);
	if (err)
		return err;
	behind = parser->p;
	err = scale(parser, whole, whole_length, fraction, fraction_length, zeros);
	if (err)
		return err;
	if (is_negative)
		parser->budget->limit = -parser->budget->limit;
	parser->p = behind;
	skip_blanks(parser);
	if (*parser->p)
		return error_set(parser->error, -EINVAL, "unexpected text after the limit");
	return 0;
}

/* Remove the blanks of @text from @from to the end. */
static void copy_dense(char *to, const char *from)
{
	for (; *from; from++)
		if (*from != ' ' && *from != '\t')
			*to++ = *from;
	*to = '\0';
}

/* The text in its normal form. @limit is the position of the limit in the original. */
static int compose(struct budget *budget, const char *limit)
{
	char function[16] = "", limit_text[BUDGET_LINE_BYTES];
	static const char *const names[] = {
		[STATISTIC_MIN] = "min",
		[STATISTIC_MAX] = "max",
		[STATISTIC_MEAN] = "mean",
		[STATISTIC_MEDIAN] = "median",
	};

	if (budget->is_over_all && budget->statistic != STATISTIC_PERCENTILE)
		snprintf(function, sizeof(function), "%s", names[budget->statistic]);
	else if (budget->is_over_all && budget->per_mille % 10)
		snprintf(function, sizeof(function), "p%u.%u", budget->per_mille / 10,
			 budget->per_mille % 10);
	else if (budget->is_over_all)
		snprintf(function, sizeof(function), "p%u", budget->per_mille / 10);
	copy_dense(limit_text, limit);
	if (asprintf(&budget->text, "%s%s%s%s%s%s", function, *function ? "(" : "", budget->figure,
		     *function ? ")" : "", operators[budget->op], limit_text) < 0) {
		budget->text = NULL;
		return -ENOMEM;
	}
	budget->limit_text = budget->text + strlen(budget->text) - strlen(limit_text);
	return 0;
}

static void free_budget(struct budget *budget)
{
	free(budget->figure);
	free(budget->text);
}

static int parse_budget(struct parser *parser)
{
	const char *limit;
	int err;

	skip_blanks(parser);
	err = parse_left(parser);
	if (err)
		return err;
	skip_blanks(parser);
	err = parse_operator(parser);
	if (err)
		return err;
	skip_blanks(parser);
	limit = parser->p;
	err = parse_limit(parser);
	if (err)
		return err;
	if (compose(parser->budget, limit))
		return error_set(parser->error, -ENOMEM, "out of memory");
	return 0;
}

int budget_list_add(struct budget_list *list, const char *text, struct budget_fault *fault,
		    struct error *error)
{
	struct budget budget = {};
	struct parser parser = { .p = fault->text, .budget = &budget, .error = error };
	void *grown;
	int err;

	fault->at = 0;
	if (strlen(text) >= sizeof(fault->text)) {
		fault->text[0] = '\0';
		return error_set(error, -EINVAL, "a budget must be shorter than %zu bytes",
				 sizeof(fault->text));
	}
	strcpy(fault->text, text);
	err = parse_budget(&parser);
	if (!err) {
		grown = array_grow(list->budget, list->count, sizeof(*list->budget));
		if (!grown) {
			free_budget(&budget);
			return error_set(error, -ENOMEM, "out of memory");
		}
		list->budget = grown;
		list->budget[list->count++] = budget;
		return 0;
	}
	fault->at = parser.p - fault->text;
	free_budget(&budget);
	return err;
}

/* Like fgets(), but returns the length of the line, which may contain a 0. 0: end of file. */
static size_t read_line(char *line, size_t size, FILE *file)
{
	memset(line, 'x', size);
	return fgets(line, size, file) ? (char *)memrchr(line, '\0', size) - line : 0;
}

/* Read one line of @length bytes. Returns true if the rest of the file makes no sense, either. */
static bool take_line(struct budget_list *list, char *line, size_t length,
		      struct budget_fault *fault, struct error *error, int *err)
{
	*err = 0;
	fault->line++;
	fault->text[0] = '\0';
	if (strlen(line) != length) {
		*err = error_set(error, -EINVAL, "this line contains a 0 byte");
		return true;
	}
	if (length == BUDGET_LINE_BYTES && line[length - 1] != '\n') {
		*err = error_set(error, -EINVAL, "this line is longer than %d bytes",
				 BUDGET_LINE_BYTES - 1);
		return true;
	}
	if (fault->line == 1 && !strncmp(line, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)))
		line += strlen(BYTE_ORDER_MARK);
	line[strcspn(line, "#\r\n")] = '\0';
	if (line[strspn(line, " \t")])
		*err = budget_list_add(list, line, fault, error);
	return *err == -ENOMEM;
}

/* Returns the error of the first line that has one. */
static int read_lines(struct budget_list *list, FILE *file, struct budget_fault *fault,
		      budget_refuse *refuse)
{
	char line[BUDGET_LINE_BYTES + 1];
	unsigned int faults = 0;
	struct error error;
	bool is_end = false;
	int first = 0, err;
	size_t length;

	while (!is_end && (length = read_line(line, sizeof(line), file))) {
		is_end = take_line(list, line, length, fault, &error, &err);
		if (!err)
			continue;
		first = first ? first : err;
		if (++faults > BUDGET_FAULTS_MAX) {
			fault->text[0] = '\0';
			error_set(&error, err, "too many mistakes: the rest is not read");
			is_end = true;
		}
		refuse(fault, &error);
	}
	return first;
}

/* @name: what messages call @file; NULL for @file: it could not be opened, and errno says why. */
static int read_budgets(struct budget_list *list, FILE *file, const char *name,
			budget_refuse *refuse)
{
	struct budget_fault fault = { .path = name };
	const size_t before = list->count;
	struct error error;
	int err = 0;

	if (file) {
		errno = 0;
		err = read_lines(list, file, &fault, refuse);
		if (err)
			return err;
	}
	if (!file || ferror(file)) {
		err = errno ? -errno : -EIO;
		error_set(&error, err, "cannot read '%s': %s", name, strerror(-err));
	} else if (list->count == before) {
		err = error_set(&error, -ENODATA, "there is no budget in '%s'", name);
	}
	if (err) {
		fault = (struct budget_fault){ .path = name };
		refuse(&fault, &error);
	}
	return err;
}

int budget_list_read(struct budget_list *list, const char *path, budget_refuse *refuse)
{
	FILE *file;
	int err;

	if (!strcmp(path, "-"))
		return read_budgets(list, stdin, STORE_STANDARD_INPUT, refuse);
	file = fopen(path, "re");
	err = read_budgets(list, file, path, refuse);
	if (file)
		fclose(file);
	return err;
}

void budget_fault_print(const struct budget_fault *fault, FILE *out)
{
	size_t column = 0, i;

	if (!fault->text[0])
		return;
	fputs("  ", out);
	for (i = 0; fault->text[i]; i++) {
		unsigned char c = fault->text[i];
		int width = 1;

		if (c == '\t')
			fputc(' ', out);
		else if (c >= 0x20 && c < 0x7f)
			fputc(c, out);
		else
			width = fprintf(out, "\\x%02x", c);
		if (i < fault->at)
			column += width;
	}
	fprintf(out, "\n  %*s^\n", (int)column, "");
}

void budget_list_free(struct budget_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free_budget(&list->budget[i]);
	free(list->budget);
	*list = (struct budget_list){};
}
