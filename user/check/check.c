// SPDX-License-Identifier: GPL-2.0
#include "check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/error.h"
#include "base/text.h"
#include "budget.h"
#include "figures/absent.h"
#include "figures/figure_names.h"
#include "figures/figures.h"
#include "model/model.h"
#include "model/outcome.h"

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_WITHIN] = "within",
		[VERDICT_INCONCLUSIVE] = "inconclusive",
		[VERDICT_OVER] = "over",
	};

	return names[verdict];
}

const char *check_result_name(const struct check_result *result)
{
	return result->budget ? result->budget->text : outcome_topic_name(result->topic);
}

static enum outcome_answer answer_of(const struct check_result *result)
{
	return result->capture->outcome.question[result->topic].answer;
}

const char *check_result_verdict(const struct check_result *result)
{
	return result->budget ? verdict_name(result->verdict) :
				outcome_answer_name(answer_of(result));
}

bool check_result_is_skipped(const struct check_result *result)
{
	return !result->budget && result->verdict == VERDICT_WITHIN &&
	       answer_of(result) == OUTCOME_UNKNOWN;
}

int check_add(struct check *check, const char *name, const struct model *model, struct error *error)
{
	struct check_capture *capture;
	void *grown;
	size_t i;

	grown = array_grow(check->capture, check->captures, sizeof(*check->capture));
	if (!grown)
		return error_set(error, -ENOMEM, "out of memory");
	check->capture = grown;
	capture = &check->capture[check->captures];
	*capture = (struct check_capture){ .update = model_update_id(model),
					   .refusal = "",
					   .what_to_do = "" };
	outcome_of(&capture->outcome, model);
	if (model->attempts) {
		capture->refusal = model->attempt[model->attempts - 1].why;
		capture->what_to_do = model->attempt[model->attempts - 1].what_to_do;
	}
	for (i = 0; i < check->captures; i++)
		if (model_is_same_update(&check->capture[i].update, &capture->update))
			return error_set(error, -EEXIST, MODEL_SAME_UPDATE, check->capture[i].name,
					 name);
	memcpy(capture->from_release, model->from_release, sizeof(capture->from_release));
	memcpy(capture->to_release, model->to_release, sizeof(capture->to_release));
	capture->name = strdup(name);
	check->captures++;
	if (!capture->name)
		return error_set(error, -ENOMEM, "out of memory");
	return figures_of(&capture->figures, model, error);
}

static bool holds(const struct budget *budget, int64_t value)
{
	switch (budget->op) {
	case BUDGET_LE:
		return value <= budget->limit;
	case BUDGET_LT:
		return value < budget->limit;
	case BUDGET_GE:
		return value >= budget->limit;
	case BUDGET_GT:
		return value > budget->limit;
	case BUDGET_EQ:
		return value == budget->limit;
	case BUDGET_NE:
		return value != budget->limit;
	}
	return false;
}

/* The verdict that holds for all values between the bounds. An open bound exceeds every limit. */
static enum verdict judge(const struct budget *budget, const struct bounded *measured)
{
	const bool is_inside = measured->low <= budget->limit && budget->limit <= measured->high;
	const bool is_exact = measured->low == measured->high;

	switch (budget->op) {
	case BUDGET_EQ:
	case BUDGET_NE:
		if (is_inside && !is_exact)
			return VERDICT_INCONCLUSIVE;
		break;
	default:
		if (holds(budget, measured->low) != holds(budget, measured->high))
			return VERDICT_INCONCLUSIVE;
	}
	return holds(budget, measured->low) ? VERDICT_WITHIN : VERDICT_OVER;
}

__attribute__((format(printf, 2, 3))) static void doubt(struct check_result *result,
							const char *format, ...)
{
	va_list args;

	result->verdict = VERDICT_INCONCLUSIVE;
	va_start(args, format);
	vsnprintf(result->why, sizeof(result->why), format, args);
	va_end(args);
}

/* Why a figure that seems to be within may not be. NULL: no reason. */
static const char *doubt_of(const struct budget *budget, const struct figures *figures)
{
	if (budget->pattern->is_about_capture)
		return NULL;
	if (budget->pattern->is_mark && figures->mark_losses)
		return figures->mark_losses;
	if (figures->losses)
		return figures->losses;
	return budget->pattern->unit == UNIT_NS ? figures->clock_doubt : NULL;
}

/**
 * struct obstacles - what may leave a budget inconclusive: in each case the first capture with it
 * @lacking: it does not have the figure
 * @unclear: its figure is not known, or not within two bounds
 * @why_unclear: why
 * @lossy:   something else makes it doubtful
 * @lost:    what
 */
struct obstacles {
	const struct check_capture *lacking;
	const struct check_capture *unclear;
	const char *why_unclear;
	const struct check_capture *lossy;
	const char *lost;
};

static struct bounded measure(const struct budget *budget, const struct check_capture *capture,
			      struct obstacles *obstacles)
{
	const struct figure *figure = figures_find(&capture->figures, budget->figure);
	const char *lost = doubt_of(budget, &capture->figures);

	if (!obstacles->lossy && lost) {
		obstacles->lossy = capture;
		obstacles->lost = lost;
	}
	if (!figure) {
		if (!obstacles->lacking)
			obstacles->lacking = capture;
		return bounded_unknown("a capture does not have it");
	}
	if (!obstacles->unclear && figure->measured.why) {
		obstacles->unclear = capture;
		obstacles->why_unclear = figure->measured.why;
	}
	return figure->measured;
}

/* The figure of @budget is not in @capture: because it has no update, or else why. */
static const char *explain_lack(char *buffer, const struct budget *budget,
				const struct check_capture *capture)
{
	const struct outcome_question *update = &capture->outcome.question[OUTCOME_UPDATE];

	return update->answer != OUTCOME_YES ?
		       update->text :
		       absent_explain(buffer, budget->figure, budget->pattern, &capture->figures);
}

/* Over several captures, name the one at fault. */
static void blame(struct check_result *result, const struct check_capture *capture,
		  bool is_observed, const char *why)
{
	const char *observed = is_observed ? "" : "not observed";
	char *name;

	if (result->capture) {
		doubt(result, "%s%s%s", observed, is_observed ? "" : ": ", why);
		return;
	}
	name = escape_text_whole(capture->name, false);
	doubt(result, "%s%sin %s: %s", observed, is_observed ? "" : " ", name ? name : "a capture",
	      why);
	free(name);
}

static void decide(struct check_result *result, const struct obstacles *obstacles)
{
	char absent[ABSENT_BYTES];

	result->verdict = judge(result->budget, &result->measured);
	if (result->verdict == VERDICT_INCONCLUSIVE && obstacles->lacking)
		blame(result, obstacles->lacking, false,
		      explain_lack(absent, result->budget, obstacles->lacking));
	else if (result->verdict == VERDICT_INCONCLUSIVE && result->measured.why)
		blame(result, obstacles->unclear, result->measured.known, obstacles->why_unclear);
	else if (result->verdict == VERDICT_INCONCLUSIVE)
		doubt(result, "the limit is within the error of the measurement");
	else if (result->verdict == VERDICT_WITHIN && obstacles->lossy)
		blame(result, obstacles->lossy, true, obstacles->lost);
}

/* How many captures it needs. */
static size_t runs_wanted(const struct budget *budget)
{
	const unsigned int per_mille = budget->per_mille;
	unsigned int beyond;
	size_t runs;

	switch (budget->statistic) {
	case STATISTIC_MIN:
	case STATISTIC_MAX:
		return 1;
	case STATISTIC_PERCENTILE:
		beyond = per_mille < 500 ? per_mille : 1000 - per_mille;
		runs = (1000 + beyond - 1) / beyond;
		return runs > CHECK_RUNS_MIN ? runs : CHECK_RUNS_MIN;
	default:
		return CHECK_RUNS_MIN;
	}
}

static int check_all(const struct check *check, const struct budget *budget,
		     struct check_result *result)
{
	struct bounded *list = calloc(check->captures, sizeof(*list));
	struct obstacles obstacles = {};
	size_t i;
	int err;

	*result = (struct check_result){ .budget = budget };
	if (!list)
		return -ENOMEM;
	for (i = 0; i < check->captures; i++)
		list[i] = measure(budget, &check->capture[i], &obstacles);
	err = bounded_statistic(&result->measured, list, check->captures, budget->statistic,
				budget->per_mille);
	free(list);
	if (err)
		return err;
	decide(result, &obstacles);
	if (check->captures < runs_wanted(budget)) {
		/* With too few captures the result would not be what its name says. */
		result->measured = bounded_unknown(NULL);
		doubt(result, "%.*s needs at least %zu captures, and there %s %zu",
		      (int)strcspn(budget->text, "("), budget->text, runs_wanted(budget),
		      check->captures == 1 ? "is" : "are", check->captures);
	}
	return 0;
}

static void add_result(struct check *check)
{
	check->verdicts[check->result[check->results++].verdict]++;
}

static void ask(struct check *check, const struct check_capture *capture)
{
	static const enum verdict verdicts[] = {
		[OUTCOME_NO] = VERDICT_OVER,
		[OUTCOME_YES] = VERDICT_WITHIN,
		[OUTCOME_UNKNOWN] = VERDICT_INCONCLUSIVE,
	};
	const struct outcome_question *question = capture->outcome.question;
	unsigned int i;

	for (i = 0; i < OUTCOME_TOPICS; i++) {
		struct check_result *result = &check->result[check->results];

		if (i > OUTCOME_UPDATE && question[OUTCOME_UPDATE].answer != OUTCOME_YES)
			return;
		*result = (struct check_result){ .topic = i,
						 .capture = capture,
						 .verdict = verdicts[question[i].effect] };
		if (i == OUTCOME_UPDATE && question[i].answer == OUTCOME_NO && *capture->refusal)
			snprintf(result->why, sizeof(result->why), "%s. %s", capture->refusal,
				 capture->what_to_do);
		add_result(check);
	}
}

static void check_each(struct check *check, const struct budget_list *budgets,
		       const struct check_capture *capture)
{
	size_t i;

	for (i = 0; i < budgets->count; i++) {
		const struct budget *budget = &budgets->budget[i];
		struct check_result *result = &check->result[check->results];
		struct obstacles obstacles = {};

		if (budget->is_over_all)
			continue;
		*result = (struct check_result){ .budget = budget, .capture = capture };
		result->measured = measure(budget, capture, &obstacles);
		decide(result, &obstacles);
		add_result(check);
	}
}

int check_budgets(struct check *check, const struct budget_list *budgets, struct error *error)
{
	size_t i;

	check->result = calloc((check->captures + 1) * (budgets->count + OUTCOME_TOPICS),
			       sizeof(*check->result));
	if (!check->result)
		return error_set(error, -ENOMEM, "out of memory");
	for (i = 0; i < check->captures; i++) {
		if (check->ask)
			ask(check, &check->capture[i]);
		check_each(check, budgets, &check->capture[i]);
	}
	for (i = 0; i < budgets->count; i++) {
		if (!budgets->budget[i].is_over_all)
			continue;
		if (check_all(check, &budgets->budget[i], &check->result[check->results]))
			return error_set(error, -ENOMEM, "out of memory");
		add_result(check);
	}
	return 0;
}

enum verdict check_verdict(const struct check *check)
{
	if (check->verdicts[VERDICT_OVER])
		return VERDICT_OVER;
	return check->verdicts[VERDICT_INCONCLUSIVE] ? VERDICT_INCONCLUSIVE : VERDICT_WITHIN;
}

void check_free(struct check *check)
{
	size_t i;

	for (i = 0; i < check->captures; i++) {
		free(check->capture[i].name);
		figures_free(&check->capture[i].figures);
	}
	free(check->capture);
	free(check->result);
	*check = (struct check){};
}
