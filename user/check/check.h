/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether captures keep to budgets, and whether their updates went well.
 *
 * A verdict is given only if it is certain. The true value of a figure lies between its bounds: if
 * the whole range keeps to the budget the figure is within, if no part of it does it is over, and
 * otherwise, or if the figure was not observed, the check is inconclusive. Nothing counts as within
 * if spans were lost, because nobody knows what they were, or if a time is from a clock that is not
 * verified. But over stays over: a measured span took that long, whatever else is missing. With a
 * contradicted clock no time is certain.
 *
 * The questions whether an update went well (see model/outcome.h) have verdicts, too, by what their
 * answers make of the answer to all: yes is within, no is over, and unknown is inconclusive.
 *
 * Over all captures together, a percentile needs so many captures that at least one lies beyond it
 * (p90: 10, p95: 20, p99: 100); mean and median need CHECK_RUNS_MIN.
 */
#ifndef LUOSCOPE_CHECK_H
#define LUOSCOPE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bounded.h"
#include "base/error.h"
#include "budget.h"
#include "figures/figures.h"
#include "model/model.h"
#include "model/outcome.h"

/* With fewer captures, mean and median mean nothing. */
#define CHECK_RUNS_MIN 3

enum verdict {
	VERDICT_WITHIN,
	VERDICT_INCONCLUSIVE,
	VERDICT_OVER,
	VERDICTS,
};

/**
 * struct check_capture - a capture to check
 * @name:    its file name, or another name for it; may hold any bytes
 * @from_release: release of the old kernel; "" if not known
 * @to_release: release of the new kernel; "" if not known
 * @figures: the figures of its update
 * @outcome: whether its update went well
 * @refusal: why its update was refused; "" if not known
 * @what_to_do: against the refusal; "" if not known
 */
struct check_capture {
	char *name;
	char from_release[LUO_STATS_RELEASE_BYTES];
	char to_release[LUO_STATS_RELEASE_BYTES];
	struct figures figures;
	struct outcome outcome;
	const char *refusal;
	const char *what_to_do;
	struct model_update_id update;
};

/**
 * struct check_result - one budget or one question, checked
 * @budget:   the budget; NULL: it is a question
 * @topic:    what the question is about
 * @capture:  the capture, or NULL for all of them together
 * @measured: the figure, or the result of @budget's function
 * @why:      the reason if inconclusive, or if the update was refused; else ""
 */
struct check_result {
	const struct budget *budget;
	enum outcome_topic topic;
	const struct check_capture *capture;
	struct bounded measured;
	enum verdict verdict;
	char why[768];
};

/**
 * struct check - captures, and the results
 * @ask:      the caller wants to know whether each update went well
 * @result:   those of the first capture, first the questions, then the budgets in their order; then
 *            those of the next capture and so on; last, those of all captures together
 * @verdicts: number of results by verdict
 */
struct check {
	bool ask;
	struct check_capture *capture;
	size_t captures;
	struct check_result *result;
	size_t results;
	size_t verdicts[VERDICTS];
};

/**
 * check_add - add the capture @name, whose model is @model
 *
 * @model is not needed afterwards. Returns 0; -EEXIST if a capture of the same update was added
 * before; -ENOMEM.
 */
int check_add(struct check *check, const char *name, const struct model *model,
	      struct error *error);

/**
 * check_budgets - check @budgets in the captures, and with @check->ask whether their updates went
 * well; there must be at least one capture
 *
 * Of an update that did not take place, nothing but that is asked. @budgets must stay valid while
 * the results are used. Returns 0 or -ENOMEM.
 */
int check_budgets(struct check *check, const struct budget_list *budgets, struct error *error);

/**
 * check_verdict - the verdict of all results: over if any is, else inconclusive if any is, else
 * within
 */
enum verdict check_verdict(const struct check *check);

/**
 * check_free - free what @check owns
 */
void check_free(struct check *check);

/* "within", "inconclusive" or "over". */
const char *verdict_name(enum verdict verdict);

/* The budget, or in one word what the question is about: "devices". */
const char *check_result_name(const struct check_result *result);

/* A question without an answer that holds nothing back, because nobody looked. */
bool check_result_is_skipped(const struct check_result *result);

/* verdict_name() of a budget; of a question "yes", "no" or "unknown". */
const char *check_result_verdict(const struct check_result *result);

#endif /* LUOSCOPE_CHECK_H */
