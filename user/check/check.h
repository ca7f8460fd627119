/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether captures keep to budgets.
 *
 * A verdict is only one that is sure. What a figure was in truth lies between its bounds: if all of
 * that keeps to the budget it is within, if none of it does it is over, and else, or if the figure
 * was not observed, the check is inconclusive. Nothing is taken to be within where spans were lost,
 * for then it is not known what else there was, nor a time by a clock that is not verified. But
 * what is over stays so: a span that was measured was that long, whatever else is missing. By a
 * clock that is contradicted no time is sure.
 *
 * Over all captures together a percentile wants as many of them that one at least lies beyond it
 * (p90: 10, p95: 20, p99: 100), and mean and median want CHECK_RUNS_MIN.
 */
#ifndef LUOSCOPE_CHECK_H
#define LUOSCOPE_CHECK_H

#include <stddef.h>

#include "base/bounded.h"
#include "base/error.h"
#include "budget.h"
#include "figures/figures.h"
#include "model/model.h"

/* Of fewer captures mean and median say nothing. */
#define CHECK_RUNS_MIN 3

enum verdict {
	VERDICT_WITHIN,
	VERDICT_INCONCLUSIVE,
	VERDICT_OVER,
	VERDICTS,
};

/**
 * struct check_capture - one capture that is checked
 * @name:    its file, or what else it is called by; any bytes
 * @from_release: of the old kernel; "" if not known
 * @to_release: of the new kernel, likewise
 * @figures: of its update
 */
struct check_capture {
	char *name;
	char from_release[LUO_STATS_RELEASE_BYTES];
	char to_release[LUO_STATS_RELEASE_BYTES];
	struct figures figures;
	struct model_update_id update;
};

/**
 * struct check_result - one budget, checked
 * @budget:   which one
 * @capture:  in which one, or NULL: in all together
 * @measured: the figure, or what @budget's function makes of it
 * @why:      of one that is inconclusive; else ""
 */
struct check_result {
	const struct budget *budget;
	const struct check_capture *capture;
	struct measured measured;
	enum verdict verdict;
	char why[160];
};

/**
 * struct check - captures, and the results
 * @result:   those of the first capture in the order of the budgets, then those of the next, ...;
 *            at last those of all together
 * @verdicts: how many results there are of each
 */
struct check {
	struct check_capture *capture;
	size_t captures;
	struct check_result *result;
	size_t results;
	size_t verdicts[VERDICTS];
};

/**
 * check_add - add the capture @name, whose model is @model
 *
 * The model may go afterwards. Returns 0; -EEXIST: a capture of the same update was added before;
 * -ENOMEM.
 */
int check_add(struct check *check, const char *name, const struct model *model,
	      struct error *error);

/**
 * check_budgets - check @budgets in the captures, of which there is at least one
 *
 * @budgets must stay as long as the results are used. Returns 0 or -ENOMEM.
 */
int check_budgets(struct check *check, const struct budget_list *budgets, struct error *error);

/**
 * check_verdict - of all results: over if one is, else inconclusive if one is, else within
 */
enum verdict check_verdict(const struct check *check);

/**
 * check_free - free what @check owns
 */
void check_free(struct check *check);

/* "within", "inconclusive" or "over". */
const char *verdict_name(enum verdict verdict);

#endif /* LUOSCOPE_CHECK_H */
