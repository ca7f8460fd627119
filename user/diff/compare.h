/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two sides of repeated live updates, base and new: for each figure the change, and whether the
 * runs show one.
 *
 * The test and the interval are those of rank_sum.h, at the level COMPARE_LEVEL. What was measured
 * has bounds (see base/bounded.h), and they take part: each p-value and each end of an interval is
 * the one that the bounds make worst. A run in which a figure was not observed, or has a bound that
 * is open, is left out for this figure, and counted. A limit (--fail-over) is stricter: no run may
 * be left out, and none may be in doubt.
 *
 * Figures are judged in two families, each of which has one false verdict or more with a
 * probability of at most COMPARE_LEVEL: the figures that the user names (else the blackout), and
 * all others. So the question that was asked does not get weaker for the hundred that were not. In
 * a family of n each test and each interval is one for the level COMPARE_LEVEL / n (Bonferroni),
 * which holds however the figures depend on each other, and so the interval goes with the verdict.
 * (Holm's procedure finds a little more, but has no intervals that go with it; that of Benjamini
 * and Hochberg lets a share of what it finds be false, and a build that fails without a reason is a
 * tool that is switched off.) A figure that is the same in all runs of both sides is no question
 * and counts in no family; nor do statistics over devices, files or sessions unless they are named,
 * for these are there one by one.
 */
#ifndef LUOSCOPE_COMPARE_H
#define LUOSCOPE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "facts.h"
#include "figures/figure_names.h"
#include "figures/figures.h"
#include "model/model.h"
#include "rank_sum.h"

#define COMPARE_LEVEL 0.05

/* In the order in which they are listed. */
enum compare_verdict {
	COMPARE_CHANGED,
	COMPARE_NONE_SHOWN,   /* these runs show no change: there may be one */
	COMPARE_TOO_FEW,      /* so few runs can show none */
	COMPARE_NOT_OBSERVED, /* all runs of one side, or of both, are left out */
	COMPARE_SAME,	      /* all runs of both sides have the same value */
};

/* Whether a figure rose by more than --fail-over. */
enum compare_limit {
	COMPARE_NO_LIMIT,
	COMPARE_WITHIN,
	COMPARE_OVER,
	COMPARE_INCONCLUSIVE,
};

/**
 * struct compare_run - one capture
 * @label:   the file, or what else the user called it by
 * @figures: of it
 * @doubt:   why no verdict can rest on it: a clause, of static storage; NULL: nothing
 * @update:  which one it is of
 */
struct compare_run {
	char *label;
	struct figures figures;
	const char *doubt;
	struct model_update_id update;
};

/**
 * struct compare_values - what the runs of one side have for a figure
 * @value:    of the runs that are not left out, ascending
 * @low:      their lower bounds, ascending
 * @high:     their upper bounds, ascending
 * @median:   of @value, if there are any
 * @left_out: how many runs are left out
 * @why:      why one was: a clause, of static storage; NULL: it does not have this figure at all
 */
struct compare_values {
	struct stats_sample value;
	struct stats_sample low;
	struct stats_sample high;
	double median;
	size_t left_out;
	const char *why;
};

/**
 * struct compare_figure - one figure of both sides
 * @name:      as figure_name_parse() has it
 * @unit:      of all values
 * @is_named:  it is of the family of those that were asked for
 * @is_tested: it is in a family: @p and @corrected_p are valid
 * @values:    of each side
 * @p:         two-sided
 * @corrected_p: for its family
 * @has_change: @change.estimate is valid: it was observed on both sides
 * @has_interval: @change's ends are valid
 * @change:    of new against base
 * @has_ratio: @ratio.estimate is valid, and if @has_interval its ends: all of base is above 0
 * @ratio:     of new to base
 * @rose:      of COMPARE_CHANGED: it rose, that is, it got slower
 * @limit:     COMPARE_NO_LIMIT for those that are not named, or without a limit
 * @limit_why: of COMPARE_INCONCLUSIVE: a clause, of static storage
 */
struct compare_figure {
	char *name;
	enum figure_unit unit;
	bool is_named;
	bool is_tested;
	struct compare_values values[COMPARE_SIDES];
	double p;
	double corrected_p;
	bool has_change;
	bool has_interval;
	struct stats_change change;
	bool has_ratio;
	struct stats_change ratio;
	enum compare_verdict verdict;
	bool rose;
	enum compare_limit limit;
	const char *limit_why;
};

/**
 * struct comparison - all of it; all 0: without runs
 * @run:     of each side, in the order in which they were added
 * @figure:  those named first, in the order of their naming; then by verdict (enum
 *           compare_verdict), times before counts, and the largest change first
 * @named:   how many of them are named
 * @family:  how many are tested together: [0] of the others, [1] of the named
 * @runs_needed: on each side, so that the family can get a verdict; likewise
 * @facts:   what else the runs tell of
 * @limit:   --fail-over as a share, such as 0.05; negative: none
 * @verdict: of all that are named
 */
struct comparison {
	struct compare_run *run[COMPARE_SIDES];
	size_t runs[COMPARE_SIDES];
	struct compare_figure *figure;
	size_t figures;
	size_t named;
	size_t family[2];
	size_t runs_needed[2];
	struct facts facts;
	double limit;
	enum compare_limit verdict;
};

/**
 * compare_add - add the run that @model tells of, which is the capture @label
 *
 * The model may go afterwards. Returns 0; -ENODATA: it tells of no update; -EEXIST: a run of the
 * same update was added before; -E2BIG: more than STATS_RUNS_MAX on one side; -ENOMEM.
 */
int compare_add(struct comparison *comparison, enum compare_side side, const char *label,
		const struct model *model, struct error *error);

/**
 * compare_runs - compare the two sides, both of which have runs
 * @names: of the figures that were asked for, as figure_name_parse() has them, each once
 * @count: of @names; 0: the blackout is asked for
 * @limit: see struct comparison
 *
 * Returns 0 or -ENOMEM.
 */
int compare_runs(struct comparison *comparison, char *const *names, size_t count, double limit,
		 struct error *error);

/* For people and for JSON: such as "slower" or "no change shown". */
const char *compare_verdict_name(const struct compare_figure *figure);

/* "within", "over" or "inconclusive". */
const char *compare_limit_name(enum compare_limit limit);

/**
 * compare_free - free what @comparison owns
 */
void compare_free(struct comparison *comparison);

#endif /* LUOSCOPE_COMPARE_H */
