// SPDX-License-Identifier: GPL-2.0
/*
 * The text output of check: results, figures, and the forms of figures.
 */
#include "check_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/text.h"
#include "budget.h"
#include "check.h"
#include "figures/figure_names.h"
#include "figures/figures.h"

#define WIDTH	    100
#define HELP_INDENT 26
#define HELP_WIDTH  77

static int end_of(FILE *out)
{
	if (!fflush(out) && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

void view_check_excess(const struct check_result *result, FILE *out)
{
	const struct budget *budget = result->budget;
	const struct bounded *measured = &result->measured;
	const int64_t excess = measured->value - budget->limit;
	const bool is_above = excess > 0;
	char buffer[BOUNDED_TEXT_BYTES];

	/* For a count, both numbers are in the line already. */
	if (result->verdict != VERDICT_OVER || !measured->known || budget->op == BUDGET_NE ||
	    (budget->op == BUDGET_EQ && budget->pattern->unit == UNIT_COUNT) || !excess)
		return;
	fprintf(out, ", %s too %s",
		format_figure(buffer, excess < 0 ? -excess : excess, budget->pattern->unit),
		budget->pattern->unit == UNIT_COUNT ? (is_above ? "many" : "few") :
		is_above			    ? "much" :
						      "little");
}

static int print_capture(const struct check_capture *capture, size_t captures, FILE *out, bool utf8)
{
	char *name;

	if (!capture) {
		fprintf(out, "All captures (%zu)\n", captures);
		return 0;
	}
	name = escape_text_whole(capture->name, utf8);
	if (!name)
		return -ENOMEM;
	fprintf(out, "%s\n", name);
	free(name);
	return 0;
}

int view_check_text(const struct check *check, FILE *out, bool utf8)
{
	const struct check_capture *shown = NULL;
	char buffer[BOUNDED_TEXT_BYTES];
	int widest = 0;
	size_t i;

	for (i = 0; i < check->results; i++) {
		const int width = strlen(check->result[i].budget->text);

		if (width > widest)
			widest = width;
	}
	for (i = 0; i < check->results; i++) {
		const struct check_result *result = &check->result[i];
		const enum unit unit = result->budget->pattern->unit;

		if (!i || result->capture != shown) {
			if (i)
				fputc('\n', out);
			shown = result->capture;
			if (print_capture(shown, check->captures, out, utf8))
				return -ENOMEM;
		}
		fprintf(out, "  %-12s  %-*s  %s", verdict_name(result->verdict), widest,
			result->budget->text, format_bounded(buffer, result->measured, unit));
		view_check_excess(result, out);
		fputc('\n', out);
		if (result->why[0])
			print_wrapped(out, "", result->why, 16, WIDTH);
	}
	fprintf(out, "\n%zu within, %zu over, %zu inconclusive\n", check->verdicts[VERDICT_WITHIN],
		check->verdicts[VERDICT_OVER], check->verdicts[VERDICT_INCONCLUSIVE]);
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

int view_check_tap(const struct check *check, FILE *out)
{
	char buffer[BOUNDED_TEXT_BYTES];
	size_t i;

	fprintf(out, "TAP version 13\n1..%zu\n", check->results);
	for (i = 0; i < check->results; i++) {
		const struct check_result *result = &check->result[i];
		const enum unit unit = result->budget->pattern->unit;

		fprintf(out, "%s %zu - %s, ", result->verdict == VERDICT_WITHIN ? "ok" : "not ok",
			i + 1, result->budget->text);
		if (!result->capture)
			fprintf(out, "all captures");
		else if (print_tap_name(result->capture->name, out))
			return -ENOMEM;
		fputc('\n', out);
		if (result->verdict == VERDICT_WITHIN)
			continue;
		fprintf(out, "# %s: ", verdict_name(result->verdict));
		if (result->measured.known)
			fprintf(out, "%s", format_bounded(buffer, result->measured, unit));
		view_check_excess(result, out);
		fprintf(out, "%s%s\n", result->measured.known && result->why[0] ? ": " : "",
			result->why);
	}
	return end_of(out);
}

/* Figures */

int view_figures(const struct figures *figures, FILE *out)
{
	char buffer[BOUNDED_TEXT_BYTES];
	int widest = 0;
	size_t i;

	for (i = 0; i < figures->count; i++) {
		const int width = strlen(figures->figure[i].name);

		if (width > widest && width <= WIDTH / 2)
			widest = width;
	}
	for (i = 0; i < figures->count; i++) {
		const struct figure *figure = &figures->figure[i];

		fprintf(out, "%-*s  %s", widest, figure->name,
			format_bounded(buffer, figure->measured, figure->pattern->unit));
		if (figure->measured.why)
			fprintf(out, " (%s)", figure->measured.why);
		fputc('\n', out);
	}
	return end_of(out);
}

/* The words that a word in capitals stands for, once for all forms that share them. */
static void print_words(const struct figure_pattern *pattern, FILE *out)
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
	print_wrapped(out, label, words, HELP_INDENT, HELP_WIDTH);
}

int view_figure_patterns(FILE *out)
{
	static const char *const units[] = {
		[UNIT_NS] = "time",
		[UNIT_COUNT] = "count",
		[UNIT_PPB] = "error",
	};
	const struct figure_pattern *pattern;

	for (pattern = figure_patterns; pattern->text; pattern++)
		fprintf(out, "  %-24s  %-5s  %s\n", pattern->text, units[pattern->unit],
			pattern->meaning);
	fprintf(out, "\nWhat PHASE, OUTCOME, STEP, KIND and WHAT stand for:\n");
	for (pattern = figure_patterns; pattern->text; pattern++)
		if (pattern->word)
			print_words(pattern, out);
	return end_of(out);
}
