// SPDX-License-Identifier: GPL-2.0
/*
 * The text output of check: results, figures, and the forms of figures.
 */
#include "check_text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/terminal.h"
#include "base/text.h"
#include "budget.h"
#include "check.h"
#include "figures/figure_names.h"
#include "figures/figures.h"
#include "model/outcome.h"

#define WIDTH	    100
#define HELP_INDENT 26
#define HELP_WIDTH  77
/* After a question's verdict and topic. */
#define QUESTION_INDENT 25
/* After a verdict. */
#define VERDICT_INDENT 16
/* Of what has no room beside a name. */
#define BELOW_INDENT 4

static int end_of(FILE *out)
{
	if (!fflush(out) && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

/*
 * Write @text beside what takes @column columns, or if there is no room below it, where its further
 * lines are indented by @indent.
 */
static void print_beside(FILE *out, const char *text, unsigned int column, unsigned int indent,
			 unsigned int width)
{
	const unsigned int room = width ? width : UINT_MAX;

	if (column + 2 + strcspn(text, " ") > room) {
		fprintf(out, "\n%*s", (int)indent, "");
		column = indent;
	} else {
		fputs("  ", out);
		column += 2;
	}
	wrap_words(out, text, column, indent, room);
	fputc('\n', out);
}

/* The same; further lines are below the first one, unless little room is left there. */
static void print_in_column(FILE *out, const char *text, unsigned int column, unsigned int width)
{
	print_beside(out, text, column, column > width / 2 && width ? BELOW_INDENT : column + 2,
		     width);
}

static struct bounded negate(struct bounded number)
{
	return (struct bounded){
		.known = true,
		.value = -number.value,
		.low = number.high == BOUNDED_NO_HIGH ? BOUNDED_NO_LOW : -number.high,
		.high = number.low == BOUNDED_NO_LOW ? BOUNDED_NO_HIGH : -number.low,
	};
}

/* A statistic may be known from its bounds alone: such a bound then stands for its value. */
static struct bounded shown_of(const struct check_result *result)
{
	struct bounded shown = result->measured;

	if (shown.known)
		return shown;
	shown.value = shown.low != BOUNDED_NO_LOW ? shown.low : shown.high;
	shown.known = shown.low != BOUNDED_NO_LOW || shown.high != BOUNDED_NO_HIGH;
	return shown;
}

/* By how much the figure misses its budget; nothing if that is not a distance. */
static void print_excess(const struct check_result *result, struct bounded shown, FILE *out)
{
	const struct budget *budget = result->budget;
	const bool is_count = budget->pattern->unit == UNIT_COUNT;
	struct bounded excess = bounded_minus(shown, budget->limit);
	const bool is_above = excess.value > 0;
	char buffer[BOUNDED_TEXT_BYTES];

	/* For a count, both numbers are in the line already. */
	if (result->verdict != VERDICT_OVER || !shown.known || budget->op == BUDGET_NE ||
	    (budget->op == BUDGET_EQ && is_count) || !excess.value)
		return;
	if (!is_above)
		excess = negate(excess);
	fprintf(out, ", %s too %s", format_bounded(buffer, excess, budget->pattern->unit),
		is_count ? (is_above ? "many" : "few") :
		is_above ? "much" :
			   "little");
}

static void print_measured(const struct check_result *result, struct bounded shown, FILE *out)
{
	char buffer[BOUNDED_TEXT_BYTES];

	fputs(format_bounded(buffer, shown, result->budget->pattern->unit), out);
	print_excess(result, shown, out);
}

/* What a question was answered, in one sentence. */
static const char *answer_of(const struct check_result *result)
{
	return result->capture->outcome.question[result->topic].text;
}

static char *question_text(const struct check_result *result, bool utf8)
{
	char *answer = escape_text_whole(answer_of(result), utf8), *text = NULL;

	if (answer && asprintf(&text, "%s%s%s", answer, *result->why ? ": " : "", result->why) < 0)
		text = NULL;
	free(answer);
	return text;
}

/* What was measured, and with @is_whole in the same line why no more is known. */
static char *measured_text(const struct check_result *result, bool is_whole)
{
	const struct bounded shown = shown_of(result);
	const bool is_shown = shown.known || !is_whole;
	const char *why = is_whole ? result->why : "";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (is_shown)
		print_measured(result, shown, out);
	fprintf(out, "%s%s", is_shown && *why ? ": " : "", why);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

char *check_result_text(const struct check_result *result)
{
	return result->budget ? measured_text(result, true) : question_text(result, false);
}

/* For people */

/* The verdict, in its column. */
static void print_verdict(const struct check_result *result, FILE *out,
			  const struct check_text_options *options)
{
	static const char *const colours[] = {
		[VERDICT_WITHIN] = "",
		[VERDICT_INCONCLUSIVE] = TERMINAL_YELLOW,
		[VERDICT_OVER] = TERMINAL_RED,
	};
	const char *colour = options->colour ? colours[result->verdict] : "";

	fprintf(out, "  %s%-12s%s", colour, check_result_verdict(result),
		*colour ? TERMINAL_PLAIN : "");
}

static int print_capture(const struct check *check, const struct check_capture *capture, FILE *out,
			 const struct check_text_options *options)
{
	char *name;

	if (!capture) {
		fprintf(out, "All captures (%zu)\n", check->captures);
		return 0;
	}
	name = escape_text_whole(capture->name, options->utf8);
	if (!name)
		return -ENOMEM;
	fprintf(out, "%s%s", name, check->ask ? ": " : "\n");
	if (check->ask) {
		wrap_words(out, outcome_sentence(&capture->outcome), text_columns(name) + 2,
			   BELOW_INDENT, options->width);
		fputc('\n', out);
	}
	free(name);
	return 0;
}

static int print_question(const struct check_result *result, FILE *out,
			  const struct check_text_options *options)
{
	char *text = question_text(result, options->utf8);

	if (!text)
		return -ENOMEM;
	print_verdict(result, out, options);
	fprintf(out, "  %-7s  ", check_result_name(result));
	wrap_words(out, text, QUESTION_INDENT, QUESTION_INDENT, options->width);
	fputc('\n', out);
	free(text);
	return 0;
}

static int print_budget(const struct check_result *result, int widest, FILE *out,
			const struct check_text_options *options)
{
	char *text = measured_text(result, false);

	if (!text)
		return -ENOMEM;
	print_verdict(result, out, options);
	fprintf(out, "  %-*s", widest, result->budget->text);
	print_beside(out, text, VERDICT_INDENT + widest, VERDICT_INDENT, options->width);
	free(text);
	if (result->why[0])
		print_wrapped(out, "", result->why, VERDICT_INDENT, options->width);
	return 0;
}

/* How many results with budgets have each verdict, and how many updates went well. */
static void print_counts(const struct check *check, FILE *out)
{
	size_t verdicts[VERDICTS] = {}, budgets = 0, well = 0, i;

	for (i = 0; i < check->results; i++) {
		if (!check->result[i].budget)
			continue;
		verdicts[check->result[i].verdict]++;
		budgets++;
	}
	for (i = 0; i < check->captures; i++)
		well += check->capture[i].outcome.answer == OUTCOME_YES;
	if (budgets)
		fprintf(out, "\n%zu within, %zu over, %zu inconclusive\n", verdicts[VERDICT_WITHIN],
			verdicts[VERDICT_OVER], verdicts[VERDICT_INCONCLUSIVE]);
	if (check->ask && check->captures > 1)
		fprintf(out, "\n%zu of %zu updates went well\n", well, check->captures);
}

int view_check_text(const struct check *check, FILE *out, const struct check_text_options *options)
{
	const struct check_capture *shown = NULL;
	int widest = 0;
	size_t i;

	for (i = 0; i < check->results; i++) {
		const int width = strlen(check_result_name(&check->result[i]));

		if (width > widest)
			widest = width;
	}
	for (i = 0; i < check->results; i++) {
		const struct check_result *result = &check->result[i];

		if (!i || result->capture != shown) {
			if (i)
				fputc('\n', out);
			shown = result->capture;
			if (print_capture(check, shown, out, options))
				return -ENOMEM;
		}
		if (result->budget ? print_budget(result, widest, out, options) :
				     print_question(result, out, options))
			return -ENOMEM;
	}
	print_counts(check, out);
	return end_of(out);
}

/* TAP */

/* A # would start a directive. */
static int print_tap_name(const char *name, FILE *out)
{
	char *escaped = escape_text_whole(name, false), *p;

	if (!escaped)
		return -ENOMEM;
	for (p = escaped; *p; p++) {
		if (*p == '#')
			fputs("\\x23", out);
		else
			fputc(*p, out);
	}
	free(escaped);
	return 0;
}

/* @text has no control characters. */
static void print_yaml(const char *key, const char *text, FILE *out)
{
	fprintf(out, "  %s: \"", key);
	for (; *text; text++)
		fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputs("\"\n", out);
}

static void print_yaml_number(const char *key, int64_t number, bool known, FILE *out)
{
	if (known)
		fprintf(out, "  %s: %" PRId64 "\n", key, number);
	else
		fprintf(out, "  %s: ~\n", key);
}

/* A YAML block, as TAP has it since version 13: the same fields as in the JSON document. */
static int print_diagnostic(const struct check_result *result, FILE *out)
{
	const struct bounded *measured = &result->measured;
	char *text = check_result_text(result);

	if (!text)
		return -ENOMEM;
	fputs("  ---\n", out);
	print_yaml("verdict", check_result_verdict(result), out);
	print_yaml("message", text, out);
	free(text);
	if (result->budget) {
		print_yaml_number("value", measured->value, measured->known, out);
		print_yaml_number("low", measured->low, measured->low != BOUNDED_NO_LOW, out);
		print_yaml_number("high", measured->high, measured->high != BOUNDED_NO_HIGH, out);
		print_yaml("unit", unit_name(result->budget->pattern->unit), out);
	}
	fputs("  ...\n", out);
	return 0;
}

int view_check_tap(const struct check *check, FILE *out)
{
	size_t i;

	fprintf(out, "TAP version 13\n1..%zu\n", check->results);
	for (i = 0; i < check->results; i++) {
		const struct check_result *result = &check->result[i];

		fprintf(out, "%s %zu - %s, ", result->verdict == VERDICT_WITHIN ? "ok" : "not ok",
			i + 1, check_result_name(result));
		if (!result->capture)
			fprintf(out, "all captures");
		else if (print_tap_name(result->capture->name, out))
			return -ENOMEM;
		fputs(check_result_is_skipped(result) ? " # SKIP not watched\n" : "\n", out);
		if (print_diagnostic(result, out))
			return -ENOMEM;
	}
	return end_of(out);
}

/* Figures */

int view_figures(const struct figures *figures, FILE *out, unsigned int width)
{
	char buffer[BOUNDED_TEXT_BYTES], text[BOUNDED_TEXT_BYTES + 160];
	int widest = 0;
	size_t i;

	for (i = 0; i < figures->count; i++) {
		const int length = strlen(figures->figure[i].name);

		if (length > widest && length <= WIDTH / 2)
			widest = length;
	}
	for (i = 0; i < figures->count; i++) {
		const struct figure *figure = &figures->figure[i];

		const char *why = figure->measured.why;

		snprintf(text, sizeof(text), "%s%s%s%s",
			 format_bounded(buffer, figure->measured, figure->pattern->unit),
			 why ? " (" : "", why ? why : "", why ? ")" : "");
		print_in_column(out, text, fprintf(out, "%-*s", widest, figure->name), width);
	}
	return end_of(out);
}

/* The words that a word in capitals stands for, once for all forms that share them. */
static void print_words(const struct figure_pattern *pattern, FILE *out, unsigned int width)
{
	const struct figure_pattern *before;
	char label[64], words[1024];
	size_t length = 0;
	unsigned int i;

	for (before = figure_patterns; before < pattern; before++)
		if (before->word == pattern->word)
			return;
	for (i = 0; pattern->word(i); i++)
		length += snprintf(words + length, sizeof(words) - length, "%s%s", i ? ", " : "",
				   pattern->word(i));
	length = strlen(pattern->text);
	if (length > 5 && !strcmp(pattern->text + length - 5, ".STAT"))
		length -= 5;
	snprintf(label, sizeof(label), "  %.*s", (int)length, pattern->text);
	print_in_column(out, words, fprintf(out, "%-*s", HELP_INDENT - 2, label),
			width && width < HELP_WIDTH ? width : HELP_WIDTH);
}

int view_figure_patterns(FILE *out, unsigned int width)
{
	static const char *const units[] = {
		[UNIT_NS] = "time",
		[UNIT_COUNT] = "count",
		[UNIT_PPB] = "error",
	};
	const struct figure_pattern *pattern;

	for (pattern = figure_patterns; pattern->text; pattern++)
		print_in_column(out, pattern->meaning,
				fprintf(out, "  %-25s  %-5s", pattern->text, units[pattern->unit]),
				width);
	fputc('\n', out);
	print_wrapped(out, "", "What PHASE, OUTCOME, STEP, KIND and WHAT stand for:", 0,
		      width ? width : UINT_MAX);
	for (pattern = figure_patterns; pattern->text; pattern++)
		if (pattern->word)
			print_words(pattern, out, width);
	return end_of(out);
}
