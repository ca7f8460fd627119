/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compares two sets of repeated live updates, base and new: the change of each figure, and whether
 * the runs show one.
 *
 * The test and the interval are those of rank_sum.h, at the level COMPARE_LEVEL. Measured values
 * have bounds (see base/bounded.h), which are taken into account: each p-value and each end of an
 * interval is the worst one that the bounds allow. A run in which a figure was not observed, or has
 * an open bound, is left out for this figure, and counted. A limit (--fail-over) is stricter: no
 * run may be left out or in doubt.
 *
 * Figures are judged in two families: the figures that the user names (by default the blackout),
 * and all others. The probability of any false verdict in a family is at most COMPARE_LEVEL. So the
 * hundred figures that nobody asked about do not weaken the verdict on the one that was asked for.
 * In a family of n figures each test and each interval uses the level COMPARE_LEVEL / n
 * (Bonferroni), which is valid however the figures depend on each other and keeps intervals and
 * verdicts consistent. (Holm's procedure finds a little more, but has no matching intervals.
 * Benjamini and Hochberg's lets a share of the findings be false, and a check that fails builds for
 * no reason gets switched off.) A figure with the same value in all runs of both sides needs no
 * test and counts in no family. Nor do statistics over devices, files or sessions unless they are
 * named, because these have figures of their own.
 */
#ifndef LUOSCOPE_COMPARE_H
#define LUOSCOPE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bounded.h"
#include "base/error.h"
#include "facts.h"
#include "figures/figures.h"
#include "model/model.h"
#include "rank_sum.h"
#include "report/left_out.h"

#define COMPARE_LEVEL 0.05

/* In the order of the output. */
enum compare_verdict {
	COMPARE_CHANGED,
	COMPARE_NONE_SHOWN, /* these runs show no change, but there may be one */
	COMPARE_TOO_FEW,    /* too few runs to show any change */
	COMPARE_NOT_KNOWN,  /* all runs of one side, or of both, are left out */
	COMPARE_SAME,	    /* all runs that have it have the same value */
};

/*
 * Why a figure needs no row of its own, see fold.h; in the order of the output. The change that
 * matters is @min_change_ns of struct comparison.
 */
enum fold {
	FOLD_NOT,
	FOLD_REPEATS,	   /* in each run it is the same as the blackout */
	FOLD_SMALL_CHANGE, /* it changed by less than what matters */
	FOLD_NO_CHANGE, /* no change is shown, and the interval holds only what does not matter */
	FOLD_TOO_FEW,	/* not tested, and the difference is less than what matters */
	FOLD_ONE_SIDE,	/* only one side has it, and in each run it is less than what matters */
	FOLD_SAME,	/* all runs have the same value */
	FOLDS,
};

/* Whether a figure increased by more than --fail-over. */
enum compare_limit {
	COMPARE_NO_LIMIT,
	COMPARE_WITHIN,
	COMPARE_OVER,
	COMPARE_INCONCLUSIVE,
};

/**
 * struct compare_run - one capture
 * @label:   the file, or the name that the user gave it
 * @figures: its figures
 * @doubt:   why no verdict can rely on it: a clause, of static storage; NULL: it is reliable
 * @update:  which update it is of
 */
struct compare_run {
	char *label;
	struct figures figures;
	const char *doubt;
	struct model_update_id update;
};

/**
 * struct compare_values - the values of a figure in the runs of one side
 * @value:    the values of the runs that are not left out, ascending
 * @low:      their lower bounds, ascending
 * @high:     their upper bounds, ascending
 * @error:    the largest error of one of these
 * @median:   the median of @value, if there are any
 * @has_interval: there are enough runs for @median_low and @median_high
 * @median_low, @median_high: the interval of the median: it misses the true one with a probability
 *            of at most COMPARE_LEVEL
 * @left_out: number of runs left out
 * @why:      why one was left out: a clause, of static storage; NULL: it does not have this figure
 * @lacking:  the figures of the first run that does not have this one; NULL: all have it
 * @has_bound: @at_least is valid: one of those left out has a lower bound
 * @at_least: the largest of these
 */
struct compare_values {
	struct stats_sample value;
	struct stats_sample low;
	struct stats_sample high;
	double error;
	double median;
	bool has_interval;
	double median_low;
	double median_high;
	size_t left_out;
	const char *why;
	const struct figures *lacking;
	bool has_bound;
	double at_least;
};

/**
 * struct compare_figure - one figure, compared
 * @name:      as returned by figure_name_parse()
 * @pattern:   its form
 * @is_named:  it was asked for and is in that family
 * @is_tested: it was tested: @p and @corrected_p are valid
 * @values:    of each side
 * @p:         two-sided
 * @corrected_p: corrected for the size of its family
 * @has_change: @change.estimate is valid: it was observed on both sides
 * @has_interval: the ends of @change are valid
 * @change:    of new against base
 * @has_ratio: @ratio.estimate is valid, and if @has_interval its ends: all of base is above 0
 * @ratio:     of new to base
 * @rank:      where it is listed: @verdict, but what only one side has is beside what changed, or
 *             if there are too few runs to show that, beside what may have
 * @rose:      for COMPARE_CHANGED: it increased, that is, got slower
 * @limit:     COMPARE_NO_LIMIT if it is not named, or there is no limit
 * @limit_why: why it is COMPARE_INCONCLUSIVE: a clause, of static storage
 * @fold:      set by fold_figures()
 */
struct compare_figure {
	char *name;
	const struct figure_pattern *pattern;
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
	enum compare_verdict rank;
	bool rose;
	enum compare_limit limit;
	const char *limit_why;
	enum fold fold;
};

/**
 * struct comparison - a comparison; all 0: without runs
 * @run:     the runs of each side, in the order they were added
 * @figure:  the named ones first, in the order given; then by rank (enum compare_verdict), times
 *           before counts, and the largest change first; of what one side lacks, its full value
 * @named:   the number of named figures
 * @family:  how many are tested together: [0] of the others, [1] of the named ones
 * @runs_needed: runs needed on each side for a verdict in the family; same index
 * @left_out: of each side, captures without an update: they are no runs
 * @facts:   other properties of the runs
 * @limit:   --fail-over as a share, such as 0.05; negative: none
 * @verdict: the verdict on all named figures
 * @has_min_change: @min_change_ns is valid
 * @min_change_ns: the smallest change of a time that matters; with @min_share, set by
 *           fold_figures()
 * @min_share: the same as a share of the blackout, such as 0.01; negative: it was given as a time
 */
struct comparison {
	struct compare_run *run[COMPARE_SIDES];
	size_t runs[COMPARE_SIDES];
	struct compare_figure *figure;
	size_t figures;
	size_t named;
	size_t family[2];
	size_t runs_needed[2];
	struct left_out left_out[COMPARE_SIDES];
	struct facts facts;
	double limit;
	enum compare_limit verdict;
	bool has_min_change;
	double min_change_ns;
	double min_share;
};

/**
 * compare_add - add the run described by @model, which is the capture @label
 *
 * Without an update it is left out, and @label must stay as long as @comparison. @model is not
 * needed afterwards. Returns 0; -EEXIST if a run of the
 * same update was added before; -E2BIG for more than STATS_RUNS_MAX on one side; -ENOMEM.
 */
int compare_add(struct comparison *comparison, enum compare_side side, const char *label,
		const struct model *model, struct error *error);

/**
 * compare_runs - compare the two sides
 * @names: the figures that were asked for, as returned by figure_name_parse(), without duplicates
 * @count: of @names; 0 means the blackout
 * @limit: see struct comparison
 *
 * Returns 0; -ENODATA if a side has no run; -ENOMEM.
 */
int compare_runs(struct comparison *comparison, char *const *names, size_t count, double limit,
		 struct error *error);

/**
 * compare_why_missing - why some runs of a side were left out for @figure: a clause
 * @buffer: of ABSENT_BYTES
 *
 * Returns NULL if none was, or if nobody asked for a figure that some runs do not have.
 */
const char *compare_why_missing(char *buffer, const struct compare_figure *figure,
				enum compare_side side);

/* For text and JSON, such as "slower" or "no change shown". */
const char *compare_verdict_name(const struct compare_figure *figure);

/* "within", "over" or "inconclusive". */
const char *compare_limit_name(enum compare_limit limit);

/**
 * compare_free - free what @comparison owns
 */
void compare_free(struct comparison *comparison);

#endif /* LUOSCOPE_COMPARE_H */
