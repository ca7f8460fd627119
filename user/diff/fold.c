// SPDX-License-Identifier: GPL-2.0
#include "fold.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "compare.h"
#include "facts.h"
#include "figures/figure_names.h"
#include "figures/figures.h"

/* A downtime that differs by more than this share from the blackout is another one. */
#define REPEAT_SHARE 0.01

static const struct compare_figure *find_blackout(const struct comparison *comparison)
{
	size_t i;

	for (i = 0; i < comparison->figures; i++)
		if (figure_pattern_is(comparison->figure[i].pattern, FIGURE_BLACKOUT))
			return &comparison->figure[i];
	return NULL;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* A VM's downtime is longer than the blackout, and an answer of its own. */
static bool may_repeat(const struct compare_figure *figure)
{
	const char *word = figure_name_word(figure->name, figure->pattern);

	return !figure_pattern_is(figure->pattern, FIGURE_VM_DOWNTIME) &&
	       (!strcmp(word, FIGURE_DOWNTIME) || !strcmp(word, FIGURE_IN_SERVICE));
}

/* The closed measurement of @name in @run; NULL: there is none. */
static const struct bounded *measured_in(const struct compare_run *run, const char *name)
{
	const struct figure *figure = figures_find(&run->figures, name);

	return figure && bounded_is_closed(figure->measured) ? &figure->measured : NULL;
}

static bool is_about(const struct comparison *comparison, const struct bounded *measured,
		     const struct bounded *blackout)
{
	const double apart = fabs((double)measured->value - blackout->value);

	return apart <= comparison->min_change_ns && apart <= REPEAT_SHARE * blackout->value;
}

/* It is the same as the blackout, in each run that has either. */
static bool repeats_blackout(const struct comparison *comparison,
			     const struct compare_figure *figure)
{
	size_t seen[COMPARE_SIDES] = {}, i;
	unsigned int side;

	if (!may_repeat(figure))
		return false;
	for (side = 0; side < COMPARE_SIDES; side++)
		for (i = 0; i < comparison->runs[side]; i++) {
			const struct compare_run *run = &comparison->run[side][i];
			const struct bounded *blackout = measured_in(run, "blackout");
			const struct bounded *measured = measured_in(run, figure->name);

			if (!blackout && !measured)
				continue;
			if (!blackout || !measured || !is_about(comparison, measured, blackout))
				return false;
			seen[side]++;
		}
	return seen[COMPARE_BASE] && seen[COMPARE_NEW];
}

/* Some run has it only as "at least": nobody knows how much more it was. */
static bool has_bound(const struct compare_figure *figure)
{
	return figure->values[COMPARE_BASE].has_bound || figure->values[COMPARE_NEW].has_bound;
}

/* The most that @values can be; 0: there are none. */
static double most_of(const struct compare_values *values)
{
	const struct stats_sample *high = &values->high;

	return high->count ? high->value[high->count - 1] : 0;
}

/* What @figure changed by at most, as far as its runs show. */
static double size_of(const struct compare_figure *figure)
{
	switch (figure->verdict) {
	case COMPARE_CHANGED:
	case COMPARE_TOO_FEW:
		return fabs(figure->change.estimate);
	case COMPARE_NONE_SHOWN:
		return larger(fabs(figure->change.low), fabs(figure->change.high));
	/* One side has it and the other does not. */
	case COMPARE_NOT_KNOWN:
		return larger(most_of(&figure->values[COMPARE_BASE]),
			      most_of(&figure->values[COMPARE_NEW]));
	case COMPARE_SAME:
		break;
	}
	return 0;
}

/*
 * Whether what its runs show is all there is to @figure: a run that was left out may have had any
 * value. Only one side has it if all runs of the other one do without, for no other reason.
 */
static bool is_whole(const struct compare_figure *figure)
{
	const struct compare_values *base = &figure->values[COMPARE_BASE];
	const struct compare_values *next = &figure->values[COMPARE_NEW];

	if (figure->verdict == COMPARE_NOT_KNOWN)
		return !base->why && !next->why;
	return !base->left_out && !next->left_out;
}

static enum fold fold_of(const struct comparison *comparison, const struct compare_figure *figure)
{
	static const enum fold small[] = {
		[COMPARE_CHANGED] = FOLD_SMALL_CHANGE,
		[COMPARE_NONE_SHOWN] = FOLD_NO_CHANGE,
		[COMPARE_TOO_FEW] = FOLD_TOO_FEW,
		[COMPARE_NOT_KNOWN] = FOLD_ONE_SIDE,
		[COMPARE_SAME] = FOLD_SAME,
	};

	if (figure->is_named || figure_pattern_is(figure->pattern, FIGURE_BLACKOUT))
		return FOLD_NOT;
	if (figure->verdict == COMPARE_SAME)
		return is_whole(figure) ? FOLD_SAME : FOLD_NOT;
	if (figure->pattern->unit != UNIT_NS || !comparison->has_min_change || has_bound(figure))
		return FOLD_NOT;
	if (repeats_blackout(comparison, figure))
		return FOLD_REPEATS;
	return is_whole(figure) && size_of(figure) < comparison->min_change_ns ?
		       small[figure->verdict] :
		       FOLD_NOT;
}

void fold_figures(struct comparison *comparison, double min_share, double min_ns)
{
	const struct compare_figure *blackout = find_blackout(comparison);
	size_t i;

	comparison->min_share = min_share;
	comparison->has_min_change = min_share < 0 ||
				     (blackout && blackout->values[COMPARE_BASE].value.count);
	if (comparison->has_min_change)
		comparison->min_change_ns =
			min_share < 0 ? min_ns : min_share * blackout->values[COMPARE_BASE].median;
	for (i = 0; i < comparison->figures; i++)
		comparison->figure[i].fold = fold_of(comparison, &comparison->figure[i]);
}

const char *fold_name(enum fold fold)
{
	static const char *const names[FOLDS] = {
		[FOLD_REPEATS] = "repeats_blackout", [FOLD_SMALL_CHANGE] = "small_change",
		[FOLD_NO_CHANGE] = "no_change",	     [FOLD_TOO_FEW] = "too_few_runs",
		[FOLD_ONE_SIDE] = "one_side",	     [FOLD_SAME] = "same",
	};

	return names[fold];
}
