// SPDX-License-Identifier: GPL-2.0
/*
 * Comparisons of runs whose truth is known, and what users read of them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "diff/compare.h"
#include "diff/diff_json.h"
#include "diff/diff_text.h"
#include "diff/facts.h"
#include "diff/fold.h"
#include "diff/rank_sum.h"
#include "fixture.h"
#include "model/clock.h"
#include "report/report.h"

#define DEVICE_SHUTDOWN 2 /* of the phases */

/* One update with devices, whose model is changed for each run. */
static int set_up_model(void **state)
{
	set_up_devices(state);
	build(*state);
	return 0;
}

/* How many runs there are, so that each is another update. */
static unsigned int runs_of(const struct fixture *f)
{
	return f->comparison.runs[COMPARE_BASE] + f->comparison.runs[COMPARE_NEW];
}

/* Runs of both sides spread alike: 0 to 9 ms, in an order that is none. */
static int64_t spread(unsigned int run)
{
	return (run * 7 % 10) * MS;
}

/* One run, in which the blackout and the phase device_shutdown take @later_ns more. */
static void add(struct fixture *f, enum compare_side side, int64_t later_ns)
{
	const struct bounded blackout = f->model.blackout;
	const struct bounded phase = f->model.phase[DEVICE_SHUTDOWN].duration;
	static char label[32]; /* of a run that is left out, the text needs it later */

	snprintf(label, sizeof(label), "run-%u", runs_of(f));
	f->model.generation = runs_of(f) + 1;
	f->model.blackout = bounded_minus(f->model.blackout, -(later_ns));
	f->model.phase[DEVICE_SHUTDOWN].duration =
		bounded_minus(f->model.phase[DEVICE_SHUTDOWN].duration, -(later_ns));
	if (compare_add(&f->comparison, side, label, &f->model, &f->error))
		fail_msg("%s", f->error.text);
	f->model.blackout = blackout;
	f->model.phase[DEVICE_SHUTDOWN].duration = phase;
}

/* @runs on each side, the new ones @later_ns later. */
static void add_sides(struct fixture *f, unsigned int runs, int64_t later_ns)
{
	unsigned int i;

	for (i = 0; i < runs; i++) {
		add(f, COMPARE_BASE, spread(i));
		add(f, COMPARE_NEW, spread(i + 3) + later_ns + 1);
	}
}

static void compare(struct fixture *f, double limit)
{
	assert_int_equal(compare_runs(&f->comparison, NULL, 0, limit, &f->error), 0);
	fold_figures(&f->comparison, 0.01, 0);
}

static void compare_named(struct fixture *f, double limit, const char *first, const char *second)
{
	char *names[] = { strdup(first), second ? strdup(second) : NULL };

	assert_int_equal(compare_runs(&f->comparison, names, second ? 2 : 1, limit, &f->error), 0);
	fold_figures(&f->comparison, 0.01, 0);
	free(names[0]);
	free(names[1]);
}

static const struct compare_figure *get(const struct fixture *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->comparison.figures; i++)
		if (!strcmp(f->comparison.figure[i].name, name))
			return &f->comparison.figure[i];
	return NULL;
}

static void assert_verdict(const struct fixture *f, const char *name, const char *verdict)
{
	const struct compare_figure *figure = get(f, name);

	if (!figure)
		fail_msg("there is no %s", name);
	assert_string_equal(compare_verdict_name(figure), verdict);
}

static void show_text(struct fixture *f, unsigned int width)
{
	const struct view_options options = { .top = 5, .width = width, .terminal = width };
	FILE *out = open_text(f);

	assert_int_equal(view_diff_text(&f->comparison, out, &options), 0);
	fclose(out);
}

static void assert_limit(const struct fixture *f, const char *name, enum compare_limit limit,
			 const char *why)
{
	const struct compare_figure *figure = get(f, name);

	assert_non_null(figure);
	assert_string_equal(compare_limit_name(figure->limit), compare_limit_name(limit));
	if (why)
		assert_string_equal(figure->limit_why, why);
	else
		assert_null(figure->limit_why);
}

/* Both views. */
static void show(struct fixture *f)
{
	FILE *out = open_text(f);

	assert_int_equal(view_diff_json(&f->comparison, out), 0);
	fclose(out);
	parse_text(f);
	show_text(f, 100);
	assert_plain(f);
}

static void test_slower(void **state)
{
	struct fixture *f = *state;
	const struct compare_figure *blackout;

	add_sides(f, 10, 100 * MS);
	compare(f, 0.05);
	blackout = get(f, "blackout");
	assert_ptr_equal(blackout, &f->comparison.figure[0]);
	assert_int_equal(f->comparison.named, 1);
	assert_verdict(f, "blackout", "slower");
	assert_verdict(f, "phase.device_shutdown", "slower");
	assert_verdict(f, "phase.jump", "no change shown");
	assert_true(blackout->has_interval && blackout->has_ratio);
	assert_true(blackout->change.low > 95 * MS && blackout->change.low < 100 * MS);
	assert_true(blackout->change.high < 105 * MS && blackout->change.high > 100 * MS);
	assert_true(blackout->p < 0.0001 && blackout->p == blackout->corrected_p);
	/* 100 ms are a little more than 5 % of the blackout, and 40 % of the phase. */
	assert_limit(f, "blackout", COMPARE_OVER, NULL);
	assert_true(blackout->ratio.low > 1.05);
	assert_int_equal(f->comparison.verdict, COMPARE_OVER);
	assert_limit(f, "phase.device_shutdown", COMPARE_NO_LIMIT, NULL);
	assert_string_equal(f->comparison.figure[1].name, "phase.device_shutdown");
}

/* Those with a verdict first, and the longest change first among them. */
static void test_order(void **state)
{
	struct fixture *f = *state;
	const struct compare_figure *figure;
	unsigned int i, changed = 0;

	for (i = 0; i < 10; i++) {
		add(f, COMPARE_BASE, spread(i));
		f->model.phase[0].duration = bounded_minus(f->model.phase[0].duration, -(10 * MS));
		f->model.phase[DEVICE_SHUTDOWN + 1].duration =
			bounded_minus(f->model.phase[DEVICE_SHUTDOWN + 1].duration, -(200 * MS));
		add(f, COMPARE_NEW, spread(i) - 100 * MS);
		f->model.phase[0].duration = bounded_minus(f->model.phase[0].duration, 10 * MS);
		f->model.phase[DEVICE_SHUTDOWN + 1].duration =
			bounded_minus(f->model.phase[DEVICE_SHUTDOWN + 1].duration, 200 * MS);
	}
	compare(f, -1);
	figure = &f->comparison.figure[1];
	assert_string_equal(figure[0].name, "phase.system_core_shutdown");
	assert_string_equal(figure[1].name, "phase.device_shutdown");
	assert_string_equal(figure[2].name, "phase.freeze");
	for (i = 1; i < f->comparison.figures; i++)
		changed += f->comparison.figure[i].verdict == COMPARE_CHANGED;
	assert_int_equal(changed, 3);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	const struct compare_figure *blackout;
	struct comparison *comparison = &f->comparison;
	double low, high;

	add_sides(f, 10, 100 * MS);
	compare(f, 0.5);
	blackout = get(f, "blackout");
	low = blackout->ratio.low - 1;
	high = blackout->ratio.high - 1;
	assert_limit(f, "blackout", COMPARE_WITHIN, NULL);
	assert_int_equal(comparison->verdict, COMPARE_WITHIN);

	/* It is the ends of the interval that count. */
	compare_free(comparison);
	add_sides(f, 10, 100 * MS);
	compare(f, low * 0.999);
	assert_limit(f, "blackout", COMPARE_OVER, NULL);
	compare_free(comparison);
	add_sides(f, 10, 100 * MS);
	compare(f, low * 1.001);
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, "the limit is within the interval");
	assert_int_equal(comparison->verdict, COMPARE_INCONCLUSIVE);
	compare_free(comparison);
	add_sides(f, 10, 100 * MS);
	compare(f, high * 0.999);
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, "the limit is within the interval");
	compare_free(comparison);
	add_sides(f, 10, 100 * MS);
	compare(f, high * 1.001);
	assert_limit(f, "blackout", COMPARE_WITHIN, NULL);
}

static void test_faster(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 10, -100 * MS);
	compare(f, 0);
	assert_verdict(f, "blackout", "faster");
	assert_limit(f, "blackout", COMPARE_WITHIN, NULL);
	assert_true(get(f, "blackout")->change.high < 0);
}

static void test_no_change(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 10, 0);
	compare(f, 0);
	assert_verdict(f, "blackout", "no change shown");
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, "the limit is within the interval");
	/* What is the same in all runs is no question, and takes nothing from the others. */
	assert_verdict(f, "devices_awaited", "the same");
	assert_false(get(f, "devices_awaited")->is_tested);
}

/* The figure that was asked for has its estimate, whatever the verdict. */
static void test_estimate(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 10, 0);
	compare(f, -1);
	show(f);
	assert_says(f, "\nblackout: no change shown\n  base    1.754 s (1.751 s to 1.758 s), runs "
		       "from 1.750 s to 1.759 s\n");
	assert_says(f, "\n  change  +1 ns, +0.00 % (-3.1 ms to +3.1 ms, -0.18 to +0.18 %), p = ");
	compare_free(&f->comparison);

	add_sides(f, 1, 100 * MS);
	compare(f, 0.05);
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, "too few runs");
	show(f);
	assert_says(f, "\nblackout: too few runs, a verdict needs 4 on each side\n");
	assert_says(f, "\n  change  +101.0 ms, +5.77 %\n");
	assert_says(f, "too few runs to compare them)\n");
	assert_says(f, "  figure                     base       new          difference\n");
	assert_says(f, "\nSo few runs give no verdict: the differences may be chance.");
}

/* An interval of each median, worse by the error of the runs at its ends. */
static void test_medians(void **state)
{
	struct fixture *f = *state;
	const struct compare_values *base;
	int64_t blackout;

	f->model.blackout = bounded_with_error(f->model.blackout.value, 3);
	blackout = f->model.blackout.value;
	add_sides(f, 10, 0);
	compare(f, -1);
	base = &get(f, "blackout")->values[COMPARE_BASE];
	assert_true(base->has_interval);
	assert_true(base->median == blackout + 4.5 * MS);
	/* Of 0 to 9 ms the second from either end. */
	assert_true(base->median_low == blackout + 1 * MS - 3);
	assert_true(base->median_high == blackout + 8 * MS + 3);
	compare_free(&f->comparison);

	add_sides(f, 5, 0);
	compare(f, -1);
	assert_false(get(f, "blackout")->values[COMPARE_BASE].has_interval);
	show(f);
	assert_says(f, "Fewer than 6 runs give no interval of their median.\n");
	assert_true(json_is_null(json_object_get(
		json_object_get(json_array_get(json_object_get(f->json, "figures"), 0), "base"),
		"median_low")));
}

/* Digits that nobody measured are not written: the interval says which, or else the clock. */
static void test_digits(void **state)
{
	const int64_t blackout = 1750123456;
	struct fixture *f = *state;

	f->model.blackout = bounded_with_error(blackout, 200 * MS);
	add_sides(f, 1, 100 * MS);
	compare(f, -1);
	show(f);
	assert_says(f, "\n  base    1.8 s\n  new     1.9 s\n  change  +101 ms, +6 %\n");
	compare_free(&f->comparison);

	f->model.blackout = bounded_exact(blackout);
	add_sides(f, 1, 100 * MS);
	compare(f, -1);
	show(f);
	assert_says(f, "\n  base    1.750 s\n  new     1.851 s\n  change  +101.0 ms, +5.77 %\n");
	compare_free(&f->comparison);

	/* The runs spread by 180 ms. */
	f->model.blackout = bounded_exact(blackout);
	while (f->comparison.runs[COMPARE_BASE] < 10) {
		add(f, COMPARE_BASE, 20 * spread(runs_of(f)));
		add(f, COMPARE_NEW, 20 * spread(runs_of(f)));
	}
	compare(f, -1);
	show(f);
	assert_says(f, "\n  base    1.83 s (1.75 s to 1.91 s), runs from 1.750 s to ");
}

/* What is only known as "at least" is shown so, and is not missing. */
static void test_bound(void **state)
{
	struct fixture *f = *state;
	const struct bounded usual = f->model.blackout;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		f->model.blackout = usual;
		if (i % COMPARE_SIDES == COMPARE_NEW)
			f->model.blackout = bounded_at_least(usual, "it was not back");
		add(f, i % COMPARE_SIDES, i * MS);
	}
	compare_named(f, -1, "phase.jump", NULL);
	assert_verdict(f, "blackout", "not known");
	assert_true(get(f, "blackout")->values[COMPARE_NEW].has_bound);
	assert_true(get(f, "blackout")->values[COMPARE_NEW].at_least == usual.value + 7 * MS);
	show(f);
	assert_says(f, ">= 1.757 s");
	compare_free(&f->comparison);

	f->model.blackout = usual;
	add(f, COMPARE_BASE, 0);
	f->model.blackout = bounded_at_least(usual, "it was not back");
	add(f, COMPARE_NEW, 7 * MS);
	compare(f, -1);
	show(f);
	assert_says(f, "not known in 1 of 1 runs, at least 1.757 s: it was not back\n");
	assert_true(json_number_value(json_object_get(
			    json_object_get(json_array_get(json_object_get(f->json, "figures"), 0),
					    "new"),
			    "at_least")) == usual.value + 7 * MS);
}

static void assert_fold(const struct fixture *f, const char *name, enum fold fold)
{
	const struct compare_figure *figure = get(f, name);

	if (!figure)
		fail_msg("there is no %s", name);
	assert_int_equal(figure->fold, fold);
}

/* What is shown to change by less than 1 % of the blackout is counted, and so is what is not. */
static void test_min_change(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 10, 15 * MS);
	compare_named(f, -1, "phase.jump", NULL);
	assert_true(f->comparison.has_min_change);
	assert_true(f->comparison.min_change_ns ==
		    get(f, "blackout")->values[COMPARE_BASE].median / 100);
	assert_verdict(f, "phase.device_shutdown", "slower");
	assert_fold(f, "phase.device_shutdown", FOLD_SMALL_CHANGE);
	assert_fold(f, "phase.kernel_boot", FOLD_NO_CHANGE);
	assert_fold(f, "devices_awaited", FOLD_SAME);
	assert_fold(f, "blackout", FOLD_NOT);
	assert_fold(f, "phase.jump", FOLD_NOT);
	show(f);
	assert_says(f, "\n    1  a change of less than 17.54 ms, 1 % of the blackout\n");

	/* A time, and one that the change reaches. */
	fold_figures(&f->comparison, -1, 10 * MS);
	assert_fold(f, "phase.device_shutdown", FOLD_NOT);
	fold_figures(&f->comparison, -1, 20 * MS);
	assert_fold(f, "phase.device_shutdown", FOLD_SMALL_CHANGE);
	show(f);
	assert_says(f, " a change of less than 20.00 ms\n");
	assert_true(json_real_value(json_object_get(f->json, "min_change_ns")) == 20 * MS);
	compare_free(&f->comparison);

	/* No change is shown, and there is hardly any: not so if the interval is wider. */
	add_sides(f, 10, 0);
	compare_named(f, -1, "phase.jump", NULL);
	assert_verdict(f, "phase.device_shutdown", "no change shown");
	assert_fold(f, "phase.device_shutdown", FOLD_NO_CHANGE);
	fold_figures(&f->comparison, -1, 1 * MS);
	assert_fold(f, "phase.device_shutdown", FOLD_NOT);
	show(f);
	assert_says(f, " 241.1 ms +- 2 %       ~    -2.5 to +2.5 %\n");
	compare_free(&f->comparison);

	/* The blackout is not known: neither is 1 % of it. */
	f->model.blackout.known = false;
	add_sides(f, 10, 15 * MS);
	compare_named(f, -1, "phase.jump", NULL);
	assert_false(f->comparison.has_min_change);
	assert_fold(f, "phase.device_shutdown", FOLD_NOT);
	show(f);
	assert_true(json_is_null(json_object_get(f->json, "min_change_ns")));
}

/* A change that was asked for is shown, and that it is small. */
static void test_small_named(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 10, 15 * MS);
	compare_named(f, -1, "phase.device_shutdown", NULL);
	assert_fold(f, "phase.device_shutdown", FOLD_NOT);
	show(f);
	assert_says(f, "\nphase.device_shutdown: slower by 15.0 ms, ");
	assert_says(f, "; less than 17.54 ms, 1 % of the blackout\n");
}

/* Ten runs on each side; vm-1 takes @less_ns less than the blackout, @last_ns in the last run. */
static void add_sessions(struct fixture *f, int64_t less_ns, int64_t last_ns)
{
	const struct bounded usual = f->model.blackout;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		f->model.blackout = bounded_minus(usual, -spread(i));
		f->model.session[0].downtime =
			bounded_minus(f->model.blackout, i < 19 ? less_ns : last_ns);
		add(f, i % COMPARE_SIDES, 0);
	}
	f->model.blackout = usual;
}

/* A session that was down for as long as the blackout in each run has nothing to add. */
static void test_repeats(void **state)
{
	static const char name[] = "session.vm-1.downtime";
	struct fixture *f = *state;

	add_sessions(f, 10 * MS, 10 * MS);
	compare(f, -1);
	assert_fold(f, name, FOLD_REPEATS);
	show(f);
	assert_says(f, "the same as the blackout: session.vm-1.downtime, ");
	/* 10 ms are a difference if 9 ms matter. */
	fold_figures(&f->comparison, -1, 9 * MS);
	assert_int_not_equal(get(f, name)->fold, FOLD_REPEATS);
	/* What differs by more than 1 % of the blackout never repeats it, whatever matters. */
	fold_figures(&f->comparison, -1, 1000 * MS);
	assert_fold(f, name, FOLD_REPEATS);
	compare_free(&f->comparison);
	add_sessions(f, 30 * MS, 30 * MS);
	compare(f, -1);
	fold_figures(&f->comparison, -1, 1000 * MS);
	assert_int_not_equal(get(f, name)->fold, FOLD_REPEATS);
	compare_free(&f->comparison);

	/* One run in which it is not is enough. */
	add_sessions(f, 10 * MS, 30 * MS);
	compare(f, -1);
	assert_int_not_equal(get(f, name)->fold, FOLD_REPEATS);
	compare_free(&f->comparison);

	/* If it was asked for, it is shown. */
	add_sessions(f, 10 * MS, 10 * MS);
	compare_named(f, -1, name, NULL);
	assert_fold(f, name, FOLD_NOT);
}

#define SLOW "shutdown.slow_device"

/* Whether the next runs have SLOW, and how long it takes. */
static struct model_span *set_slow(struct fixture *f, bool is_there, int64_t ns)
{
	struct model *model = &f->model;

	if (!model->shutdown)
		model->shutdown = calloc(1, sizeof(*model->shutdown));
	assert_non_null(model->shutdown);
	model->shutdowns = is_there;
	strcpy(model->shutdown->name, "slow_device");
	model->shutdown->span = (struct model_span){ .observed = true, .duration = { true, ns } };
	return &model->shutdown->span;
}

/* Six runs on each side, the new ones without SLOW, but what @last is in the last of them. */
static void add_one_side(struct fixture *f, const struct model_span *last)
{
	unsigned int i;

	for (i = 0; i < 6; i++) {
		set_slow(f, true, 5 * MS);
		add(f, COMPARE_BASE, spread(i));
		set_slow(f, false, 0);
		if (i == 5 && last)
			*set_slow(f, true, 0) = *last;
		add(f, COMPARE_NEW, spread(i + 3));
	}
}

/* What only one side has is small if it is so in each run, and if the other is known to lack it. */
static void test_one_side(void **state)
{
	struct model_span failed = { .observed = true, .duration = { true, 5 * MS } };
	struct model_span hung = { .observed = true, .open = true };
	struct fixture *f = *state;

	add_one_side(f, NULL);
	compare(f, -1);
	assert_verdict(f, SLOW, "only in base");
	assert_fold(f, SLOW, FOLD_ONE_SIDE);
	show(f);
	assert_says(f, "\n    1  only on one side, and less than 17.54 ms, 1 % of the blackout\n");
	fold_figures(&f->comparison, -1, 4 * MS);
	assert_fold(f, SLOW, FOLD_NOT);
	compare_free(&f->comparison);

	/* The median is small, but one run is not. */
	add_one_side(f, NULL);
	set_slow(f, true, 1000 * MS);
	add(f, COMPARE_BASE, 0);
	compare(f, -1);
	assert_fold(f, SLOW, FOLD_NOT);
	compare_free(&f->comparison);

	/* It took 5 ms until it failed. */
	failed.result = -EIO;
	add_one_side(f, &failed);
	compare(f, -1);
	assert_fold(f, SLOW, FOLD_NOT);
	show(f);
	assert_says(f, ">= 5.000 ms");
	compare_free(&f->comparison);

	/* It never ended. */
	add_one_side(f, &hung);
	compare(f, -1);
	assert_verdict(f, SLOW, "not known");
	assert_fold(f, SLOW, FOLD_NOT);
}

/* A small difference needs no row. One of which a run has only a bound is not known to be small. */
static void test_too_few_are_small(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 2, 5 * MS);
	compare_named(f, -1, "phase.jump", NULL);
	assert_verdict(f, "phase.device_shutdown", "too few runs");
	assert_fold(f, "phase.device_shutdown", FOLD_TOO_FEW);
	show(f);
	assert_says(f, "  a difference of less than 17.53 ms, 1 % of the blackout\n");
	fold_figures(&f->comparison, -1, 1 * MS);
	assert_fold(f, "phase.device_shutdown", FOLD_NOT);
	compare_free(&f->comparison);

	add_sides(f, 2, 5 * MS);
	f->model.phase[DEVICE_SHUTDOWN].duration =
		bounded_at_least(f->model.phase[DEVICE_SHUTDOWN].duration, "it was not back");
	add(f, COMPARE_NEW, 5 * MS);
	compare_named(f, -1, "phase.jump", NULL);
	assert_fold(f, "phase.device_shutdown", FOLD_NOT);
}

/* Not all runs are the same, nor are all without a change, if one of them does not have it. */
static void test_left_out_is_listed(void **state)
{
	struct fixture *f = *state;

	f->model.luoscope_init = bounded_exact(5 * MS);
	add_sides(f, 10, 0);
	compare_named(f, -1, "phase.jump", NULL);
	assert_fold(f, "luoscope_init", FOLD_SAME);
	assert_fold(f, "phase.device_shutdown", FOLD_NO_CHANGE);
	compare_free(&f->comparison);

	add_sides(f, 10, 0);
	f->model.luoscope_init = bounded_unknown("it was not observed");
	f->model.phase[DEVICE_SHUTDOWN].duration = bounded_unknown("it was not observed");
	add(f, COMPARE_NEW, 0);
	compare_named(f, -1, "phase.jump", NULL);
	assert_verdict(f, "luoscope_init", "the same");
	assert_fold(f, "luoscope_init", FOLD_NOT);
	assert_fold(f, "phase.device_shutdown", FOLD_NOT);
	show(f);
	assert_says(f, "  5.000 ms +- 0.0 % (10)  the same ");
}

static void test_few_runs(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 3, 100 * MS);
	compare(f, 0.05);
	assert_verdict(f, "blackout", "too few runs");
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, "too few runs");
	assert_false(get(f, "blackout")->has_interval);
	assert_true(get(f, "blackout")->has_change);
	compare_free(&f->comparison);

	/* Enough for one figure, not for two, and not for all others together. */
	add_sides(f, 4, 100 * MS);
	compare(f, 0.05);
	assert_verdict(f, "blackout", "slower");
	assert_limit(f, "blackout", COMPARE_OVER, NULL);
	assert_true(get(f, "blackout")->p == stats_smallest_p(4, 4));
	assert_verdict(f, "phase.device_shutdown", "too few runs");
	assert_int_equal(f->comparison.runs_needed[1], 4);
	assert_int_equal(f->comparison.runs_needed[0], 7);
	compare_free(&f->comparison);

	add_sides(f, 4, 100 * MS);
	compare_named(f, 0.05, "blackout", "phase.device_shutdown");
	assert_verdict(f, "blackout", "too few runs");
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, "too few runs");
	assert_int_equal(f->comparison.runs_needed[1], 5);
	compare_free(&f->comparison);

	/* However many there are on the other side. */
	add_sides(f, 3, 100 * MS);
	while (f->comparison.runs[COMPARE_NEW] < 20)
		add(f, COMPARE_NEW, 100 * MS + runs_of(f));
	compare(f, 0.05);
	assert_verdict(f, "blackout", "too few runs");
}

/* 5 and 5 runs that are one exchange away from even: enough alone, not among all others. */
static void test_many_figures(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		add(f, COMPARE_BASE, i ? i * MS : 20 * MS);
		add(f, COMPARE_NEW, (10 + i) * MS);
	}
	compare(f, -1);
	assert_verdict(f, "blackout", "slower");
	assert_verdict(f, "phase.device_shutdown", "no change shown");
	assert_true(get(f, "phase.device_shutdown")->p < 0.02);
	assert_true(get(f, "phase.device_shutdown")->corrected_p > 0.05);
	assert_true(get(f, "phase.device_shutdown")->p == get(f, "blackout")->p);
	assert_int_equal(f->comparison.verdict, COMPARE_NO_LIMIT);
}

static void test_left_out(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 10, 100 * MS);
	f->model.blackout.known = false;
	add(f, COMPARE_NEW, 0);
	f->model.blackout.known = true;
	compare(f, 0.05);
	assert_verdict(f, "blackout", "slower");
	assert_int_equal(get(f, "blackout")->values[COMPARE_NEW].left_out, 1);
	assert_int_equal(get(f, "blackout")->values[COMPARE_NEW].value.count, 10);
	assert_int_equal(f->comparison.family[1], 1);
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, "some runs do not have it");
	show(f);
	assert_says(f, "not known in 1 of 11 runs");
}

/* A capture without an update is no run: the rest is compared, but no limit is known to be kept. */
static void test_without_update(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 10, -100 * MS);
	f->model.has_update = false;
	add(f, COMPARE_NEW, 0);
	f->model.has_update = true;
	compare(f, 0);
	assert_verdict(f, "blackout", "faster");
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, "a capture is left out");
	show(f);
	assert_says(f, "\n          1 of 11 left out: run-20 (no live update)\n");
	assert_string_equal(
		json_string_value(json_object_get(
			json_array_get(json_object_get(json_object_get(f->json, "new"), "left_out"),
				       0),
			"capture")),
		"run-20");
	compare_free(&f->comparison);

	add(f, COMPARE_BASE, 0);
	f->model.has_update = false;
	add(f, COMPARE_NEW, 0);
	f->model.has_update = true;
	assert_int_equal(compare_runs(&f->comparison, NULL, 0, -1, &f->error), -ENODATA);
	assert_non_null(strstr(f->error.text, "none of the captures of the new build has a live"
					      " update (run-1: no live update)"));
}

/* What too few runs observed takes nothing from the others. */
static void test_family(void **state)
{
	struct fixture *f = *state;
	size_t family, i;

	add_sides(f, 10, 0);
	compare(f, -1);
	family = f->comparison.family[0];
	compare_free(&f->comparison);
	add_sides(f, 3, 0);
	for (i = 0; i < 7; i++) {
		f->model.phase[0].duration.known = false;
		add(f, COMPARE_BASE, i);
		f->model.phase[0].duration.known = true;
		add(f, COMPARE_NEW, i);
	}
	compare(f, -1);
	assert_verdict(f, "phase.freeze", "too few runs");
	assert_false(get(f, "phase.freeze")->is_tested);
	assert_int_equal(f->comparison.family[0], family - 1);
}

static void test_not_observed(void **state)
{
	struct fixture *f = *state;
	size_t i;

	add_sides(f, 4, 0);
	compare_named(f, 0.05, "mark.nowhere.0", NULL);
	assert_verdict(f, "mark.nowhere.0", "not observed");
	assert_limit(f, "mark.nowhere.0", COMPARE_INCONCLUSIVE, "some runs do not have it");
	compare_free(&f->comparison);

	/* A device of one side only. */
	for (i = 0; i < 4; i++)
		add(f, COMPARE_BASE, i);
	f->model.devices--;
	for (i = 0; i < 4; i++)
		add(f, COMPARE_NEW, i);
	f->model.devices++;
	compare(f, -1);
	assert_verdict(f, "device.0000:82:00.0.downtime", "only in base");
	show(f);
	assert_says(f, "device 0000:82:00.0    vfio-pci");
}

/* What only one side has stands by its size, before the figures of which no change is shown. */
static void test_order_of_one_side(void **state)
{
	struct fixture *f = *state;
	const struct compare_figure *figure;
	size_t i;

	for (i = 0; i < 10; i++)
		add(f, COMPARE_BASE, spread(i));
	f->model.devices--;
	for (i = 0; i < 10; i++)
		add(f, COMPARE_NEW, spread(i) + 100 * MS);
	f->model.devices++;
	compare(f, -1);
	figure = &f->comparison.figure[1];
	assert_string_equal(figure->name, "device.0000:82:00.0.in_service");
	assert_int_equal(figure->verdict, COMPARE_NOT_KNOWN);
	while (figure->rank == COMPARE_CHANGED)
		figure++;
	assert_int_equal(figure->verdict, COMPARE_NONE_SHOWN);
}

static void test_doubts(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 9, 100 * MS);
	f->model.losses.dropped_total = 1;
	add(f, COMPARE_BASE, 0);
	f->model.losses.dropped_total = 0;
	compare(f, 0.05);
	assert_verdict(f, "blackout", "slower");
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, f->comparison.run[0][9].doubt);
	assert_int_equal(f->comparison.verdict, COMPARE_INCONCLUSIVE);
	show(f);
	assert_says(f, "\nDoubt     run-18: ");
	compare_free(&f->comparison);

	f->model.clock.verdict = CLOCK_UNVERIFIED;
	add_sides(f, 10, 100 * MS);
	compare(f, 0.05);
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, "the clock is not verified");
}

/* A clock that may be wrong by 10 % cannot tell a change of 100 ms in 1.6 s. */
static void test_measurement_error(void **state)
{
	struct fixture *f = *state;

	f->model.blackout = bounded_with_error(f->model.blackout.value, 160 * MS);
	add_sides(f, 10, 100 * MS);
	compare(f, 0.05);
	assert_verdict(f, "blackout", "no change shown");
	assert_limit(f, "blackout", COMPARE_INCONCLUSIVE, "the limit is within the interval");
	assert_true(get(f, "blackout")->change.low < 0);
}

static void test_counts(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	f->model.files_missing_known = true;
	for (i = 0; i < 5; i++) {
		f->model.files_missing = 0;
		add(f, COMPARE_BASE, i);
		f->model.files_missing = 1;
		add(f, COMPARE_NEW, i);
	}
	compare_named(f, 0.05, "files_missing", NULL);
	assert_verdict(f, "files_missing", "more");
	assert_limit(f, "files_missing", COMPARE_OVER, NULL);
	assert_false(get(f, "files_missing")->has_ratio);
	show(f);
	assert_says(f, "\nfiles_missing: more by 1\n");
	compare_free(&f->comparison);

	f->model.files_missing = 0;
	add_sides(f, 5, 100 * MS);
	compare_named(f, 0, "files_missing", NULL);
	assert_verdict(f, "files_missing", "the same");
	assert_limit(f, "files_missing", COMPARE_WITHIN, NULL);
}

static void test_statistics_only_if_named(void **state)
{
	struct fixture *f = *state;

	add_sides(f, 5, 100 * MS);
	compare(f, -1);
	assert_null(get(f, "device.freeze.max"));
	assert_non_null(get(f, "device.0000:81:00.0.freeze"));
	assert_null(get(f, "clock.error"));
	compare_free(&f->comparison);
	add_sides(f, 5, 100 * MS);
	compare_named(f, -1, "device.freeze.max", "phase.jump");
	assert_string_equal(f->comparison.figure[0].name, "device.freeze.max");
	assert_string_equal(f->comparison.figure[1].name, "phase.jump");
	assert_false(get(f, "blackout")->is_named);
}

static void test_one_update_once(void **state)
{
	struct fixture *f = *state;
	int i;

	add(f, COMPARE_BASE, 0);
	assert_int_equal(compare_add(&f->comparison, COMPARE_NEW, "again", &f->model, &f->error),
			 -EEXIST);
	assert_string_equal(f->error.text,
			    "'run-0' and 'again' are captures of the same update: give only one");
	/* Another chain may have an update of the same number. */
	f->model.chain_id++;
	assert_int_equal(compare_add(&f->comparison, COMPARE_NEW, "other", &f->model, &f->error),
			 0);
	f->model.has_update = false;
	f->model.generation++;
	/* Without an update it is none. */
	assert_int_equal(compare_add(&f->comparison, COMPARE_NEW, "none", &f->model, &f->error), 0);
	assert_int_equal(f->comparison.runs[COMPARE_NEW], 1);
	assert_int_equal(f->comparison.left_out[COMPARE_NEW].count, 1);
	f->model.has_update = true;
	for (i = 1; i < STATS_RUNS_MAX; i++)
		add(f, COMPARE_BASE, 0);
	f->model.generation = 1000;
	assert_int_equal(compare_add(&f->comparison, COMPARE_BASE, "more", &f->model, &f->error),
			 -E2BIG);
}

static void test_facts(void **state)
{
	struct fixture *f = *state;
	json_t *entry = NULL;
	size_t i;

	strcpy(f->model.device[0].name, "\x1b[31m");
	add_sides(f, 3, 0);
	strcpy(f->model.from_release, "7.3.4");
	f->model.device[0].reset.outcome = LUO_STATS_RESET_BUSY;
	f->model.device[0].reset.lock = 1;
	add(f, COMPARE_NEW, 1);
	compare(f, -1);
	show(f);
	assert_says(f, "New       4 runs, of different kernels: 7.2.12 -> 7.3.4 (3), "
		       "7.3.4 -> 7.3.4 (1)\n");
	assert_says(f, "reset of \\x1b[31m  flr ok");
	assert_says(f, "flr ok (3), flr busy: access (1)\n");
	assert_null(strstr(f->text, "0000:82:00.0 "));
	json_array_foreach(json_object_get(f->json, "differences"), i,
			   entry) if (!strcmp(json_string_value(json_object_get(entry, "value")),
					      "flr busy: access")) break;
	assert_int_equal(json_integer_value(json_object_get(entry, "base")), 0);
	assert_int_equal(json_integer_value(json_object_get(entry, "new")), 1);
}

/* A virtual machine with another number of vCPUs is another one. */
static void test_facts_of_virtual_machines(void **state)
{
	struct fixture *f = *state;

	built_vms(&f->update);
	built_seal(&f->update.old);
	built_seal(&f->update.new);
	build(f);
	assert_string_equal(f->model.vm[1].session, "vm-1");
	add_sides(f, 3, 0);
	f->model.vm[1].vcpus = 1;
	add(f, COMPARE_NEW, 1);
	compare(f, -1);
	show(f);
	assert_says(f, "vCPUs of vm-1  2     2 (3), 1 (1)\n");
	assert_null(strstr(f->text, "vCPUs of vm-2"));
	assert_non_null(get(f, "vm.vm-2.downtime"));
}

static void test_views(void **state)
{
	struct fixture *f = *state;
	json_t *figure;

	add_sides(f, 10, 100 * MS);
	compare(f, 0.05);
	show(f);
	assert_says(f, "Base      10 runs, 7.2.12 -> 7.3.4\n");
	assert_says(f, "\nblackout: slower by 100.0 ms, +5.70 %\n");
	assert_says(f, "\n  limit   +5 %: over\n");
	assert_says(f, "\nOther figures (");
	assert_says(f, "%), p < 0.0001\n");
	assert_null(strstr(f->text, "Other differences"));
	assert_string_equal(json_string_value(json_object_get(f->json, "result")), "over");
	figure = json_array_get(json_object_get(f->json, "figures"), 0);
	assert_string_equal(json_string_value(json_object_get(figure, "name")), "blackout");
	assert_int_equal(json_array_size(json_object_get(json_object_get(figure, "new"), "values")),
			 10);
	assert_int_equal(json_array_size(json_object_get(f->json, "figures")),
			 f->comparison.figures);
}

/* Names are cut for a terminal, and nowhere else. */
static void test_long_names(void **state)
{
	static const char name[] = "a-virtual-machine-with-a-name-that-is-as-long-as-a-name-can-be";
	struct fixture *f = *state;

	unsigned int i;

	strcpy(f->model.session[0].name, name);
	for (i = 0; i < 20; i++) {
		f->model.session[0].downtime = bounded_exact((100 + i % 2 * 300) * MS);
		add(f, i % COMPARE_SIDES, 0);
	}
	compare(f, -1);
	show_text(f, 0);
	assert_says(f, "\n  session.a-virtual-machine-with-a-name-that-is-as-long-as-a-name-can-be."
		       "downtime  ");
	show_text(f, 60);
	assert_null(strstr(f->text, "can-be.downtime"));
	assert_plain(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_model, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_slower),
		TEST(test_order),
		TEST(test_limits),
		TEST(test_faster),
		TEST(test_no_change),
		TEST(test_estimate),
		TEST(test_medians),
		TEST(test_digits),
		TEST(test_bound),
		TEST(test_min_change),
		TEST(test_small_named),
		TEST(test_repeats),
		TEST(test_one_side),
		TEST(test_too_few_are_small),
		TEST(test_left_out_is_listed),
		TEST(test_few_runs),
		TEST(test_many_figures),
		TEST(test_left_out),
		TEST(test_without_update),
		TEST(test_family),
		TEST(test_not_observed),
		TEST(test_order_of_one_side),
		TEST(test_doubts),
		TEST(test_measurement_error),
		TEST(test_counts),
		TEST(test_statistics_only_if_named),
		TEST(test_one_update_once),
		TEST(test_facts),
		TEST(test_facts_of_virtual_machines),
		TEST(test_views),
		TEST(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
