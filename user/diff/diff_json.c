// SPDX-License-Identifier: GPL-2.0
#include "diff_json.h"

#include <errno.h>
#include <math.h>
#include <jansson.h>

#include "base/bounded.h"
#include "base/json_values.h"
#include "compare.h"
#include "facts.h"
#include "figures/absent.h"
#include "fold.h"
#include "rank_sum.h"
#include "report/left_out.h"

/* Whole numbers are written as such. */
static json_t *json_number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (fabs(value) < 1LL << 53 && value == (double)(json_int_t)value)
		return json_integer((json_int_t)value);
	return json_real(value);
}

static json_t *json_real_or_null(bool known, double value)
{
	return known && isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_clause(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *json_limit(enum compare_limit limit)
{
	return limit == COMPARE_NO_LIMIT ? json_null() : json_string(compare_limit_name(limit));
}

static json_t *json_side(const struct comparison *comparison, enum compare_side side)
{
	json_t *runs = json_array();
	size_t i;

	for (i = 0; i < comparison->runs[side]; i++) {
		const struct compare_run *run = &comparison->run[side][i];

		runs = json_append(runs, json_pack("{s:o, s:o}", "capture", json_text(run->label),
						   "doubt", json_clause(run->doubt)));
	}
	return json_pack("{s:o, s:o}", "runs", runs, "left_out",
			 left_out_json(&comparison->left_out[side]));
}

static json_t *json_family(const struct comparison *comparison, bool named)
{
	const size_t family = comparison->family[named];

	return json_pack("{s:I, s:o, s:I}", "figures", (json_int_t)family, "interval_level",
			 json_real_or_null(family, COMPARE_LEVEL / (family ? family : 1)),
			 "runs_needed", (json_int_t)comparison->runs_needed[named]);
}

static json_t *json_values(const struct comparison *comparison, const struct compare_figure *figure,
			   enum compare_side side)
{
	const struct compare_values *values = &figure->values[side];
	const size_t count = values->value.count;
	json_t *list = json_array();
	char why[ABSENT_BYTES];
	size_t i;

	for (i = 0; i < count; i++)
		list = json_append(list, json_number(values->value.value[i]));
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "runs",
			 (json_int_t)comparison->runs[side], "median",
			 count ? json_number(values->median) : json_null(), "median_low",
			 values->has_interval ? json_number(values->median_low) : json_null(),
			 "median_high",
			 values->has_interval ? json_number(values->median_high) : json_null(),
			 "min", count ? json_number(values->value.value[0]) : json_null(), "max",
			 count ? json_number(values->value.value[count - 1]) : json_null(),
			 "values", list, "at_least",
			 values->has_bound ? json_number(values->at_least) : json_null(),
			 "why_missing", json_clause(compare_why_missing(why, figure, side)));
}

static json_t *json_change(const struct stats_change *change, bool known, bool has_interval)
{
	if (!known)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "estimate", json_real_or_null(true, change->estimate),
			 "low", json_real_or_null(has_interval, change->low), "high",
			 json_real_or_null(has_interval, change->high));
}

static json_t *json_figure(const struct comparison *comparison, const struct compare_figure *figure)
{
	return json_pack("{s:o, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "name", json_text(figure->name), "unit", unit_name(figure->pattern->unit),
			 "named", figure->is_named, "verdict", compare_verdict_name(figure), "p",
			 json_real_or_null(figure->is_tested, figure->p), "p_corrected",
			 json_real_or_null(figure->is_tested, figure->corrected_p), "change",
			 json_change(&figure->change, figure->has_change, figure->has_interval),
			 "ratio",
			 json_change(&figure->ratio, figure->has_ratio, figure->has_interval),
			 "base", json_values(comparison, figure, COMPARE_BASE), "new",
			 json_values(comparison, figure, COMPARE_NEW), "result",
			 json_limit(figure->limit), "limit_why", json_clause(figure->limit_why),
			 "folded", json_clause(fold_name(figure->fold)));
}

static json_t *json_figures(const struct comparison *comparison)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < comparison->figures; i++)
		list = json_append(list, json_figure(comparison, &comparison->figure[i]));
	return list;
}

static json_t *json_differences(const struct comparison *comparison)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < comparison->facts.count; i++) {
		const struct compare_fact *fact = &comparison->facts.fact[i];

		if (facts_differ(&comparison->facts, i))
			list = json_append(list,
					   json_pack("{s:o, s:o, s:I, s:I}", "what",
						     json_text(fact->what), "value",
						     json_text(fact->value), "base",
						     (json_int_t)fact->runs[COMPARE_BASE], "new",
						     (json_int_t)fact->runs[COMPARE_NEW]));
	}
	return list;
}

int view_diff_json(const struct comparison *comparison, FILE *out)
{
	json_t *document;

	document = json_pack(
		"{s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o}", "schema",
		VIEW_DIFF_JSON_SCHEMA, "level", COMPARE_LEVEL, "limit",
		json_real_or_null(comparison->limit >= 0, comparison->limit), "result",
		json_limit(comparison->verdict), "min_change_ns",
		json_real_or_null(comparison->has_min_change, comparison->min_change_ns), "base",
		json_side(comparison, COMPARE_BASE), "new", json_side(comparison, COMPARE_NEW),
		"families", "named", json_family(comparison, true), "others",
		json_family(comparison, false), "figures", json_figures(comparison), "differences",
		json_differences(comparison));
	return json_write(document, out, JSON_INDENT(2));
}
