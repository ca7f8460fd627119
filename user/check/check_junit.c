// SPDX-License-Identifier: GPL-2.0
/*
 * JUnit XML. Texts from outside are escaped by escape_text_whole() first: the result is printable
 * ASCII, so the document has nothing that XML 1.0 forbids.
 */
#include "check_junit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/text.h"
#include "budget.h"
#include "check.h"
#include "check_text.h"
#include "figures/figure_names.h"
#include "figures/figures.h"

#define NS_PER_S 1000000000

/* The results of one suite: a range of all results. */
struct suite {
	const struct check_capture *capture;
	const struct check_result *result;
	size_t results;
	size_t verdicts[VERDICTS];
	size_t skipped;
};

static void take_suite(const struct check *check, size_t first, struct suite *suite)
{
	*suite = (struct suite){ .capture = check->result[first].capture,
				 .result = &check->result[first] };
	while (first + suite->results < check->results &&
	       suite->result[suite->results].capture == suite->capture) {
		const struct check_result *result = &suite->result[suite->results++];

		suite->verdicts[result->verdict]++;
		suite->skipped += check_result_is_skipped(result);
	}
}

static void print_counts(const size_t *verdicts, size_t results, FILE *out)
{
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", results,
		verdicts[VERDICT_OVER], verdicts[VERDICT_INCONCLUSIVE]);
}

/* A time that is known, in seconds; a testcase of anything else has none. */
static void print_time(struct bounded time, FILE *out)
{
	if (time.known && time.value >= 0)
		fprintf(out, " time=\"%" PRId64 ".%09" PRId64 "\"", time.value / NS_PER_S,
			time.value % NS_PER_S);
}

/* CI pages of a failure show nothing but the message. */
static void print_failure(const struct check_result *result, const char *text, FILE *out)
{
	const char *element = result->verdict == VERDICT_OVER ? "failure" : "error";

	fprintf(out, "      <%s type=\"%s\" message=\"", element, check_result_verdict(result));
	print_xml(check_result_name(result), out);
	fputs(": ", out);
	print_xml(text, out);
	fputs("\">", out);
	print_xml(check_result_name(result), out);
	fprintf(out, "</%s>\n", element);
}

static int print_result(const struct check_result *result, const char *suite, FILE *out)
{
	char *text = check_result_text(result);

	if (!text)
		return -ENOMEM;
	fputs("    <testcase name=\"", out);
	print_xml(check_result_name(result), out);
	fputs("\" classname=\"", out);
	print_xml(suite, out);
	fputc('"', out);
	if (result->budget && result->budget->pattern->unit == UNIT_NS)
		print_time(result->measured, out);
	fputs(">\n", out);
	if (result->verdict != VERDICT_WITHIN)
		print_failure(result, text, out);
	if (check_result_is_skipped(result))
		fputs("      <skipped/>\n", out);
	fputs("      <system-out>", out);
	print_xml(text, out);
	fputs("</system-out>\n    </testcase>\n", out);
	free(text);
	return 0;
}

static int print_suite(const struct suite *suite, FILE *out)
{
	char *name = suite->capture ? escape_text_whole(suite->capture->name, false) :
				      strdup("all captures");
	size_t i;
	int err = 0;

	if (!name)
		return -ENOMEM;
	fprintf(out, "  <testsuite name=\"");
	print_xml(name, out);
	fputc('"', out);
	print_counts(suite->verdicts, suite->results, out);
	fprintf(out, " skipped=\"%zu\"", suite->skipped);
	/* The time of an update is its blackout. */
	if (suite->capture)
		print_time(figures_find(&suite->capture->figures, "blackout")->measured, out);
	fputs(">\n", out);
	for (i = 0; !err && i < suite->results; i++)
		err = print_result(&suite->result[i], name, out);
	fputs("  </testsuite>\n", out);
	free(name);
	return err;
}

int view_check_junit(const struct check *check, FILE *out)
{
	struct suite suite;
	size_t i;

	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"luoscope\"");
	print_counts(check->verdicts, check->results, out);
	fputs(">\n", out);
	for (i = 0; i < check->results; i += suite.results) {
		take_suite(check, i, &suite);
		if (print_suite(&suite, out))
			return -ENOMEM;
	}
	fprintf(out, "</testsuites>\n");
	if (!fflush(out) && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}
