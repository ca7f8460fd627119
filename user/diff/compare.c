// SPDX-License-Identifier: GPL-2.0
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/error.h"
#include "facts.h"
#include "figures/absent.h"
#include "figures/figure_names.h"
#include "figures/figures.h"
#include "model/model.h"
#include "rank_sum.h"

static int check_new_run(const struct comparison *comparison, enum compare_side side,
			 const char *label, const struct compare_run *added, struct error *error)
{
	unsigned int other;
	size_t i;

	if (comparison->runs[side] == STATS_RUNS_MAX)
		return error_set(
			error, -E2BIG,
			"more than %d captures on one side: pass fewer, no verdict needs that many",
			STATS_RUNS_MAX);
	for (other = 0; other < COMPARE_SIDES; other++)
		for (i = 0; i < comparison->runs[other]; i++) {
			const struct compare_run *run = &comparison->run[other][i];

			if (model_is_same_update(&run->update, &added->update))
				return error_set(error, -EEXIST, MODEL_SAME_UPDATE, run->label,
						 label);
		}
	return 0;
}

int compare_add(struct comparison *comparison, enum compare_side side, const char *label,
		const struct model *model, struct error *error)
{
	struct compare_run added = { .update = model_update_id(model) };
	struct compare_run *run;
	int err;

	err = left_out_add(&comparison->left_out[side], label, model);
	if (err)
		return err < 0 ? error_set(error, err, "out of memory") : 0;
	err = check_new_run(comparison, side, label, &added, error);
	if (err)
		return err;
	run = array_grow(comparison->run[side], comparison->runs[side], sizeof(*run));
	if (!run)
		return error_set(error, -ENOMEM, "out of memory");
	comparison->run[side] = run;
	run += comparison->runs[side]++;
	*run = added;
	run->label = strdup(label);
	err = run->label ? figures_of(&run->figures, model, error) : -ENOMEM;
	if (!err)
		err = facts_add_run(&comparison->facts, side, model);
	if (err)
		return error_set(error, err, "out of memory");
	run->doubt = run->figures.losses ? run->figures.losses : run->figures.clock_doubt;
	return 0;
}

/* Which figures there are */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_figure(struct comparison *comparison, const char *name, bool is_named,
		      const struct figure_pattern *pattern)
{
	struct compare_figure *figure =
		array_grow(comparison->figure, comparison->figures, sizeof(*figure));

	if (!figure)
		return -ENOMEM;
	comparison->figure = figure;
	figure += comparison->figures++;
	*figure = (struct compare_figure){ .name = strdup(name),
					   .pattern = pattern,
					   .is_named = is_named };
	return figure->name ? 0 : -ENOMEM;
}

/* No run need have it. */
static int add_named(struct comparison *comparison, const char *name)
{
	const struct figure_pattern *pattern;
	struct error error;
	char *parsed;
	size_t at;
	int err;

	err = figure_name_parse(&parsed, &pattern, name, strlen(name), &at, &error);
	if (!err)
		err = add_figure(comparison, parsed, true, pattern);
	free(parsed);
	return err;
}

static bool is_of_one_thing(const struct figure *figure)
{
	return !figure->pattern->is_about_capture && !figure->pattern->is_statistic;
}

/* The named figures, then all others that any run has. */
static int list_figures(struct comparison *comparison, char *const *names, size_t count)
{
	static char *const blackout[] = { "blackout" };
	const char **all = NULL;
	size_t total = 0, used = 0, i, j;
	unsigned int side;
	int err = 0;

	if (!count) {
		names = blackout;
		count = 1;
	}
	for (i = 0; i < count && !err; i++)
		err = add_named(comparison, names[i]);
	comparison->named = count;

	for (side = 0; side < COMPARE_SIDES; side++)
		for (i = 0; i < comparison->runs[side]; i++)
			total += comparison->run[side][i].figures.count;
	all = calloc(total + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (side = 0; side < COMPARE_SIDES; side++)
		for (i = 0; i < comparison->runs[side]; i++) {
			const struct figures *figures = &comparison->run[side][i].figures;

			for (j = 0; j < figures->count; j++)
				if (bounded_is_closed(figures->figure[j].measured))
					all[used++] = figures->figure[j].name;
		}
	qsort(all, used, sizeof(*all), by_text);
	for (i = 0; i < used && !err; i++) {
		const struct figure *figure = NULL;

		if (i && !strcmp(all[i], all[i - 1]))
			continue;
		for (j = 0; j < count && strcmp(names[j], all[i]) != 0; j++)
			;
		if (j < count)
			continue;
		for (side = 0; side < COMPARE_SIDES && !figure; side++)
			for (j = 0; j < comparison->runs[side] && !figure; j++)
				figure = figures_find(&comparison->run[side][j].figures, all[i]);
		if (figure && is_of_one_thing(figure))
			err = add_figure(comparison, all[i], false, figure->pattern);
	}
	free(all);
	return err;
}

/* The values of the figures in the runs */

static void leave_out(struct compare_values *values, const struct bounded *measured)
{
	if (!values->why)
		values->why = measured->why;
	if (!bounded_is_lower_bound(*measured))
		return;
	if (!values->has_bound || measured->value > values->at_least)
		values->at_least = measured->value;
	values->has_bound = true;
}

static int fill_values(const struct comparison *comparison, enum compare_side side,
		       struct compare_figure *figure)
{
	struct compare_values *values = &figure->values[side];
	const size_t runs = comparison->runs[side];
	size_t i, count = 0, rank;

	values->value.value = malloc(runs * sizeof(double));
	values->low.value = malloc(runs * sizeof(double));
	values->high.value = malloc(runs * sizeof(double));
	if (!values->value.value || !values->low.value || !values->high.value)
		return -ENOMEM;
	for (i = 0; i < runs; i++) {
		const struct figure *found =
			figures_find(&comparison->run[side][i].figures, figure->name);

		if (!found || !bounded_is_closed(found->measured)) {
			values->left_out++;
			if (found)
				leave_out(values, &found->measured);
			else if (!values->lacking)
				values->lacking = &comparison->run[side][i].figures;
			continue;
		}
		if (bounded_error(found->measured) > values->error)
			values->error = bounded_error(found->measured);
		values->value.value[count] = found->measured.value;
		values->low.value[count] = found->measured.low;
		values->high.value[count] = found->measured.high;
		count++;
	}
	values->value.count = values->low.count = values->high.count = count;
	stats_sort(&values->value);
	stats_sort(&values->low);
	stats_sort(&values->high);
	if (count)
		values->median = stats_median(&values->value);
	rank = stats_median_rank(count, COMPARE_LEVEL);
	values->has_interval = rank;
	if (rank) {
		values->median_low = values->low.value[rank - 1];
		values->median_high = values->high.value[count - rank];
	}
	return 0;
}

static size_t runs_of(const struct compare_figure *figure, enum compare_side side)
{
	return figure->values[side].value.count;
}

static bool is_observed(const struct compare_figure *figure)
{
	return runs_of(figure, COMPARE_BASE) && runs_of(figure, COMPARE_NEW);
}

/* All runs of both sides have the same value. */
static bool is_same(const struct compare_figure *figure)
{
	const struct compare_values *base = &figure->values[COMPARE_BASE];
	const struct compare_values *next = &figure->values[COMPARE_NEW];
	const double value = base->low.value[0];

	return base->high.value[base->high.count - 1] == value && next->low.value[0] == value &&
	       next->high.value[next->high.count - 1] == value;
}

/* Test and interval */

/* Most figures are observed in the same number of runs, but not all. */
struct nulls {
	struct stats_null *list;
	size_t count;
};

static const struct stats_null *null_of(struct nulls *nulls, const struct compare_figure *figure)
{
	const size_t base = runs_of(figure, COMPARE_BASE), next = runs_of(figure, COMPARE_NEW);
	struct stats_null *list;
	size_t i;

	for (i = 0; i < nulls->count; i++)
		if (nulls->list[i].base == base && nulls->list[i].next == next)
			return &nulls->list[i];
	list = array_grow(nulls->list, nulls->count, sizeof(*list));
	if (!list)
		return NULL;
	nulls->list = list;
	if (stats_null_init(&list[nulls->count], base, next))
		return NULL;
	return &list[nulls->count++];
}

static void nulls_free(struct nulls *nulls)
{
	while (nulls->count)
		stats_null_free(&nulls->list[--nulls->count]);
	free(nulls->list);
}

static int test_figure(struct nulls *nulls, struct compare_figure *figure)
{
	const struct compare_values *base = &figure->values[COMPARE_BASE];
	const struct compare_values *next = &figure->values[COMPARE_NEW];
	const struct stats_null *null = null_of(nulls, figure);
	double above, below, p;
	int err;

	if (!null)
		return -ENOMEM;
	err = stats_p_above(null, &base->high, &next->low, &above);
	if (!err)
		err = stats_p_above(null, &next->high, &base->low, &below);
	if (err)
		return err;
	figure->rose = above < below;
	p = 2 * (figure->rose ? above : below);
	figure->p = p < 1 ? p : 1;
	figure->is_tested = true;
	return 0;
}

/* The interval of @next - @scale * @base. */
static int interval_ends(const struct compare_figure *figure, double scale, size_t rank,
			 double *low, double *high)
{
	const struct compare_values *base = &figure->values[COMPARE_BASE];
	const struct compare_values *next = &figure->values[COMPARE_NEW];
	struct stats_change worst;
	int err;

	err = stats_difference(&base->high, scale, &next->low, rank, &worst);
	if (err)
		return err;
	*low = worst.low;
	err = stats_difference(&base->low, scale, &next->high, rank, &worst);
	*high = worst.high;
	return err;
}

static int estimate_ratio(struct compare_figure *figure, size_t rank)
{
	const struct compare_values *base = &figure->values[COMPARE_BASE];
	const struct compare_values *next = &figure->values[COMPARE_NEW];
	struct stats_change worst;
	int err;

	/* There is no ratio to 0. */
	if (base->low.value[0] <= 0)
		return 0;
	err = stats_ratio(&base->value, &next->value, 1, &figure->ratio);
	if (err || !rank)
		goto out;
	err = stats_ratio(&base->high, &next->low, rank, &worst);
	if (err)
		goto out;
	figure->ratio.low = worst.low;
	err = stats_ratio(&base->low, &next->high, rank, &worst);
	figure->ratio.high = worst.high;
out:
	figure->has_ratio = !err;
	return err;
}

/* @rank: of the interval's ends; 0: there is no interval. */
static int estimate_change(struct compare_figure *figure, size_t rank)
{
	int err;

	err = stats_difference(&figure->values[COMPARE_BASE].value, 1,
			       &figure->values[COMPARE_NEW].value, 1, &figure->change);
	if (!err && rank)
		err = interval_ends(figure, 1, rank, &figure->change.low, &figure->change.high);
	if (err)
		return err;
	figure->has_change = true;
	figure->has_interval = rank;
	return estimate_ratio(figure, rank);
}

/* Verdicts */

static const char *first_doubt(const struct comparison *comparison)
{
	unsigned int side;
	size_t i;

	for (side = 0; side < COMPARE_SIDES; side++) {
		if (comparison->left_out[side].count)
			return "a capture is left out";
		for (i = 0; i < comparison->runs[side]; i++)
			if (comparison->run[side][i].doubt)
				return comparison->run[side][i].doubt;
	}
	return NULL;
}

static int judge_limit(const struct comparison *comparison, struct compare_figure *figure,
		       size_t rank)
{
	const struct compare_values *values = figure->values;
	double low, high;
	int err;

	figure->limit = COMPARE_INCONCLUSIVE;
	figure->limit_why = first_doubt(comparison);
	if (figure->limit_why)
		return 0;
	if (values[COMPARE_BASE].left_out || values[COMPARE_NEW].left_out) {
		figure->limit_why = "some runs do not have it";
		return 0;
	}
	if (!rank) {
		figure->limit_why = "too few runs";
		return 0;
	}
	err = interval_ends(figure, 1 + comparison->limit, rank, &low, &high);
	if (err)
		return err;
	if (low > 0)
		figure->limit = COMPARE_OVER;
	else if (high <= 0)
		figure->limit = COMPARE_WITHIN;
	else
		figure->limit_why = "the limit is within the interval";
	return 0;
}

/* How many runs each side needs for @family figures. */
static size_t runs_needed(size_t family)
{
	size_t runs = STATS_RUNS_MIN;

	while (stats_smallest_p(runs, runs) * family > COMPARE_LEVEL)
		runs++;
	return runs;
}

/* Which differences are the ends of its interval, for a family of this size; 0: too few runs. */
static size_t rank_of(const struct stats_null *null, size_t family)
{
	if (null->base < STATS_RUNS_MIN || null->next < STATS_RUNS_MIN)
		return 0;
	return stats_interval_rank(null, COMPARE_LEVEL / family);
}

static int judge_figure(struct comparison *comparison, struct nulls *nulls,
			struct compare_figure *figure)
{
	const size_t family = comparison->family[figure->is_named];
	size_t rank = 0;
	int err = 0;

	figure->verdict = COMPARE_NOT_KNOWN;
	if (is_observed(figure)) {
		const struct stats_null *null = null_of(nulls, figure);

		if (!null)
			return -ENOMEM;
		rank = rank_of(null, family ? family : 1);
		err = estimate_change(figure, rank);
		figure->verdict = is_same(figure)		       ? COMPARE_SAME :
				  !rank				       ? COMPARE_TOO_FEW :
				  figure->corrected_p <= COMPARE_LEVEL ? COMPARE_CHANGED :
									 COMPARE_NONE_SHOWN;
	}
	if (!err && figure->is_named && comparison->limit >= 0)
		err = judge_limit(comparison, figure, rank);
	return err;
}

static bool is_of_family(const struct compare_figure *figure, bool named)
{
	return figure->is_named == named && runs_of(figure, COMPARE_BASE) >= STATS_RUNS_MIN &&
	       runs_of(figure, COMPARE_NEW) >= STATS_RUNS_MIN && (named || !is_same(figure));
}

static int judge_family(struct comparison *comparison, struct nulls *nulls, bool named)
{
	size_t i, count = 0;
	int err = 0;

	for (i = 0; i < comparison->figures && !err; i++) {
		if (!is_of_family(&comparison->figure[i], named))
			continue;
		err = test_figure(nulls, &comparison->figure[i]);
		count++;
	}
	comparison->family[named] = count;
	comparison->runs_needed[named] = runs_needed(count);
	for (i = 0; i < comparison->figures && !err; i++) {
		struct compare_figure *figure = &comparison->figure[i];

		if (figure->is_named != named)
			continue;
		if (figure->is_tested)
			figure->corrected_p = figure->p * count < 1 ? figure->p * count : 1;
		err = judge_figure(comparison, nulls, figure);
	}
	return err;
}

static enum compare_limit worst_limit(const struct comparison *comparison)
{
	enum compare_limit worst = COMPARE_WITHIN;
	size_t i;

	if (comparison->limit < 0)
		return COMPARE_NO_LIMIT;
	for (i = 0; i < comparison->named; i++) {
		if (comparison->figure[i].limit == COMPARE_OVER)
			return COMPARE_OVER;
		if (comparison->figure[i].limit == COMPARE_INCONCLUSIVE)
			worst = COMPARE_INCONCLUSIVE;
	}
	return worst;
}

static bool has_any(const struct compare_values *values)
{
	return values->value.count || values->has_bound;
}

/* All runs of one side do without it, for no other reason. */
static bool is_one_sided(const struct compare_figure *figure)
{
	const struct compare_values *base = &figure->values[COMPARE_BASE];
	const struct compare_values *next = &figure->values[COMPARE_NEW];

	return figure->verdict == COMPARE_NOT_KNOWN && has_any(base) != has_any(next) &&
	       !(has_any(base) ? next : base)->why;
}

/*
 * What one side lacks is no less certain than what changed, or if the runs are too few for any
 * verdict, than the differences.
 */
static void rank_figure(const struct comparison *comparison, struct compare_figure *figure)
{
	const size_t *runs = comparison->runs, needed = comparison->runs_needed[false];
	const bool too_few = runs[COMPARE_BASE] < needed || runs[COMPARE_NEW] < needed;

	figure->rank = !is_one_sided(figure) ? figure->verdict :
		       too_few		     ? COMPARE_TOO_FEW :
					       COMPARE_CHANGED;
}

/* All there is of it on one side. The median of no runs is 0. */
static double size_of(const struct compare_values *values)
{
	return values->value.count || !values->has_bound ? values->median : values->at_least;
}

/* How much it changed; of what one side lacks, how much there is. */
static double weight_of(const struct compare_figure *figure)
{
	return figure->has_change ? fabs(figure->change.estimate) :
				    size_of(&figure->values[COMPARE_BASE]) +
					    size_of(&figure->values[COMPARE_NEW]);
}

static int by_change(const void *a, const void *b)
{
	const struct compare_figure *x = a, *y = b;
	const double by_x = weight_of(x), by_y = weight_of(y);

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->pattern->unit != y->pattern->unit)
		return x->pattern->unit < y->pattern->unit ? -1 : 1;
	if (by_x != by_y)
		return by_x > by_y ? -1 : 1;
	return strcmp(x->name, y->name);
}

int compare_runs(struct comparison *comparison, char *const *names, size_t count, double limit,
		 struct error *error)
{
	static const char *const whose[] = { " of the base", " of the new build" };
	struct nulls nulls = {};
	unsigned int side;
	size_t i;
	int err;

	for (side = 0; side < COMPARE_SIDES; side++)
		if (!comparison->runs[side])
			return left_out_error(&comparison->left_out[side], whose[side], error);
	comparison->limit = limit;
	err = facts_complete(&comparison->facts, comparison->runs);
	if (!err)
		err = list_figures(comparison, names, count);
	for (i = 0; i < comparison->figures && !err; i++)
		for (side = 0; side < COMPARE_SIDES && !err; side++)
			err = fill_values(comparison, side, &comparison->figure[i]);
	if (!err)
		err = judge_family(comparison, &nulls, true);
	if (!err)
		err = judge_family(comparison, &nulls, false);
	nulls_free(&nulls);
	if (err)
		return error_set(error, err, "out of memory");
	comparison->verdict = worst_limit(comparison);
	for (i = 0; i < comparison->figures; i++)
		rank_figure(comparison, &comparison->figure[i]);
	qsort(comparison->figure + comparison->named, comparison->figures - comparison->named,
	      sizeof(*comparison->figure), by_change);
	return 0;
}

/* Of a figure that all runs of one side lack, or of which they have at most a bound. */
static const char *not_known_name(const struct compare_figure *figure)
{
	const struct compare_values *base = &figure->values[COMPARE_BASE];
	const struct compare_values *next = &figure->values[COMPARE_NEW];

	if (base->why || next->why)
		return "not known";
	return base->value.count ? "only in base" :
	       next->value.count ? "only in new" :
				   "not observed";
}

const char *compare_why_missing(char *buffer, const struct compare_figure *figure,
				enum compare_side side)
{
	const struct compare_values *values = &figure->values[side];

	if (values->why || !values->lacking || !figure->is_named)
		return values->why;
	return absent_explain(buffer, figure->name, figure->pattern, values->lacking);
}

const char *compare_verdict_name(const struct compare_figure *figure)
{
	switch (figure->verdict) {
	case COMPARE_CHANGED:
		if (figure->pattern->unit == UNIT_COUNT)
			return figure->rose ? "more" : "fewer";
		return figure->rose ? "slower" : "faster";
	case COMPARE_NONE_SHOWN:
		return "no change shown";
	case COMPARE_TOO_FEW:
		return "too few runs";
	case COMPARE_NOT_KNOWN:
		return not_known_name(figure);
	case COMPARE_SAME:
		return "the same";
	}
	return "unknown";
}

const char *compare_limit_name(enum compare_limit limit)
{
	switch (limit) {
	case COMPARE_WITHIN:
		return "within";
	case COMPARE_OVER:
		return "over";
	case COMPARE_INCONCLUSIVE:
		return "inconclusive";
	case COMPARE_NO_LIMIT:
		break;
	}
	return "no limit";
}

void compare_free(struct comparison *comparison)
{
	unsigned int side;
	size_t i;

	for (side = 0; side < COMPARE_SIDES; side++) {
		for (i = 0; i < comparison->runs[side]; i++) {
			free(comparison->run[side][i].label);
			figures_free(&comparison->run[side][i].figures);
		}
		free(comparison->run[side]);
		left_out_free(&comparison->left_out[side]);
	}
	for (i = 0; i < comparison->figures; i++) {
		for (side = 0; side < COMPARE_SIDES; side++) {
			free(comparison->figure[i].values[side].value.value);
			free(comparison->figure[i].values[side].low.value);
			free(comparison->figure[i].values[side].high.value);
		}
		free(comparison->figure[i].name);
	}
	free(comparison->figure);
	facts_free(&comparison->facts);
	*comparison = (struct comparison){};
}
