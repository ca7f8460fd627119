// SPDX-License-Identifier: GPL-2.0
/*
 * JUnit XML. Texts from outside are escaped by escape_text_whole() first: the result is printable
 * ASCII, so the document has nothing that XML 1.0 forbids.
 */
#include "check_junit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded_text.h"
#include "base/text.h"
#include "budget.h"
#include "check.h"
#include "check_text.h"

/* The results of one suite: a range of all results. */
struct suite {
	const struct check_capture *capture;
	const struct check_result *result;
	size_t results;
	size_t verdicts[VERDICTS];
};

static void take_suite(const struct check *check, size_t first, struct suite *suite)
{
	*suite = (struct suite){ .capture = check->result[first].capture,
				 .result = &check->result[first] };
	while (first + suite->results < check->results &&
	       suite->result[suite->results].capture == suite->capture)
		suite->verdicts[suite->result[suite->results++].verdict]++;
}

static void print_counts(const size_t *verdicts, size_t results, FILE *out)
{
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", results,
		verdicts[VERDICT_OVER], verdicts[VERDICT_INCONCLUSIVE]);
}

static void print_result(const struct check_result *result, const char *suite, FILE *out)
{
	const char *element = result->verdict == VERDICT_OVER ? "failure" : "error";
	const struct budget *budget = result->budget;
	char buffer[BOUNDED_TEXT_BYTES];

	fprintf(out, "    <testcase name=\"");
	print_xml(budget->text, out);
	fprintf(out, "\" classname=\"");
	print_xml(suite, out);
	fprintf(out, "\" time=\"0\"");
	if (result->verdict == VERDICT_WITHIN) {
		fprintf(out, "/>\n");
		return;
	}
	fprintf(out, ">\n      <%s type=\"%s\" message=\"", element, verdict_name(result->verdict));
	/* CI pages show nothing but the message. */
	print_xml(budget->text, out);
	fputs(": ", out);
	if (result->measured.known)
		print_xml(format_bounded(buffer, result->measured, budget->pattern->unit), out);
	view_check_excess(result, out);
	if (result->measured.known && result->why[0])
		fputs(": ", out);
	print_xml(result->why, out);
	fprintf(out, "\">");
	print_xml(budget->text, out);
	fprintf(out, "</%s>\n    </testcase>\n", element);
}

static int print_suite(const struct suite *suite, FILE *out)
{
	char *name = suite->capture ? escape_text_whole(suite->capture->name, false) :
				      strdup("all captures");
	size_t i;

	if (!name)
		return -ENOMEM;
	fprintf(out, "  <testsuite name=\"");
	print_xml(name, out);
	fputc('"', out);
	print_counts(suite->verdicts, suite->results, out);
	fprintf(out, " skipped=\"0\" time=\"0\">\n");
	for (i = 0; i < suite->results; i++)
		print_result(&suite->result[i], name, out);
	fprintf(out, "  </testsuite>\n");
	free(name);
	return 0;
}

int view_check_junit(const struct check *check, FILE *out)
{
	struct suite suite;
	size_t i;

	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"luoscope\"");
	print_counts(check->verdicts, check->results, out);
	fprintf(out, " time=\"0\">\n");
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
