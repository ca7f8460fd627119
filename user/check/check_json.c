// SPDX-License-Identifier: GPL-2.0
#include "check_json.h"

#include <errno.h>
#include <jansson.h>

#include "base/bounded.h"
#include "base/json_values.h"
#include "budget.h"
#include "check.h"

static const char *const statistics[] = {
	[STATISTIC_MIN] = "min",       [STATISTIC_MAX] = "max",	      [STATISTIC_MEAN] = "mean",
	[STATISTIC_MEDIAN] = "median", [STATISTIC_PERCENTILE] = NULL,
};

static json_t *json_function(const struct budget *budget)
{
	if (!budget->is_over_all)
		return json_null();
	if (budget->statistic != STATISTIC_PERCENTILE)
		return json_string(statistics[budget->statistic]);
	return json_sprintf(budget->per_mille % 10 ? "p%u.%u" : "p%u", budget->per_mille / 10,
			    budget->per_mille % 10);
}

/* The capture is given by its index in the list. */
static json_t *json_result(const struct check *check, const struct check_result *result)
{
	const struct budget *budget = result->budget;
	json_t *json = json_pack(
		"{s:s, s:s, s:o, s:s, s:s, s:I, s:o, s:s, s:o}", "budget", budget->text, "figure",
		budget->figure, "function", json_function(budget), "operator",
		budget_operator_name(budget->op), "unit", unit_name(budget->pattern->unit), "limit",
		(json_int_t)budget->limit, "capture",
		result->capture ? json_integer(result->capture - check->capture) : json_null(),
		"verdict", verdict_name(result->verdict), "why", json_text_or_null(result->why));

	return json_with_bounds(json, result->measured);
}

static json_t *json_question(const struct check *check, const struct check_result *result)
{
	return json_pack("{s:I, s:s, s:s, s:o, s:s, s:o}", "capture",
			 (json_int_t)(result->capture - check->capture), "topic",
			 check_result_name(result), "answer", check_result_verdict(result), "text",
			 json_text(result->capture->outcome.question[result->topic].text),
			 "verdict", verdict_name(result->verdict), "why",
			 json_text_or_null(result->why));
}

static json_t *json_capture(const struct check_capture *capture)
{
	return json_pack("{s:o, s:o, s:o}", "name", json_text(capture->name), "from_release",
			 json_text_or_null(capture->from_release), "to_release",
			 json_text_or_null(capture->to_release));
}

int view_check_json(const struct check *check, FILE *out)
{
	json_t *captures = json_array(), *questions = json_array(), *results = json_array();
	json_t *document;
	size_t i;

	for (i = 0; i < check->captures; i++)
		captures = json_append(captures, json_capture(&check->capture[i]));
	for (i = 0; i < check->results; i++) {
		const struct check_result *result = &check->result[i];

		if (result->budget)
			results = json_append(results, json_result(check, result));
		else
			questions = json_append(questions, json_question(check, result));
	}
	document = json_pack("{s:s, s:s, s:{s:I, s:I, s:I}, s:o, s:o, s:o}", "schema",
			     VIEW_CHECK_JSON_SCHEMA, "verdict", verdict_name(check_verdict(check)),
			     "counts", "within", (json_int_t)check->verdicts[VERDICT_WITHIN],
			     "over", (json_int_t)check->verdicts[VERDICT_OVER], "inconclusive",
			     (json_int_t)check->verdicts[VERDICT_INCONCLUSIVE], "captures",
			     captures, "questions", questions, "results", results);
	return json_write(document, out, JSON_INDENT(2));
}
