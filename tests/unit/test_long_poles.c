// SPDX-License-Identifier: GPL-2.0
/*
 * The long poles, against updates whose truth is plain, and against counting nanosecond by
 * nanosecond.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "capture/reset_method.h"
#include "model/clock.h"
#include "model/long_poles.h"
#include "model/model.h"
#include "model/steps.h"

/* An update of @ns with room for some of everything. */
static struct model make_model(int64_t ns)
{
	struct model model = { .has_end = true,
			       .blackout = bounded_exact(ns),
			       .origin_slot = LUO_STATS_B0_UPDATE_BEGIN };

	model.device = calloc(8, sizeof(*model.device));
	model.file = calloc(8, sizeof(*model.file));
	model.session = calloc(8, sizeof(*model.session));
	model.flb = calloc(8, sizeof(*model.flb));
	model.shutdown = calloc(8, sizeof(*model.shutdown));
	return model;
}

static struct model_span make_span(uint32_t pid, bool in_new_kernel, int64_t begin, int64_t end)
{
	return (struct model_span){ .observed = true,
				    .in_new_kernel = in_new_kernel,
				    .pid = pid,
				    .start = { true, begin },
				    .duration = { true, end - begin },
				    .begin_cycles = begin,
				    .end_cycles = end };
}

/* All 0 if there is no such pole. */
static struct model_long_pole find(const struct model *model, enum model_long_pole_kind kind,
				   size_t index)
{
	size_t i;

	for (i = 0; i < model->poles; i++)
		if (model->pole[i].kind == kind && model->pole[i].index == index)
			return model->pole[i];
	return (struct model_long_pole){};
}

/* @tail_busy: the part of @tail in which it was busy. */
static void assert_pole_slept(struct model_long_pole is, int64_t busy, int64_t alone, int64_t tail,
			      int64_t tail_busy)
{
	assert_int_equal(is.busy.value, busy);
	assert_int_equal(is.alone.value, alone);
	assert_int_equal(is.tail.value, tail);
	assert_int_equal(is.waited.value, alone + tail);
	assert_int_equal(is.saved.value, alone + tail_busy);
}

static void assert_pole(struct model_long_pole is, int64_t busy, int64_t alone, int64_t tail)
{
	assert_pole_slept(is, busy, alone, tail, tail);
}

static void test_each_moment_is_of_the_innermost(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.sessions = model.files = model.devices = 1;
	model.session[0].step[STEP_FREEZE] = make_span(7, false, 0, 100);
	model.file[0].step[STEP_FREEZE] = make_span(7, false, 10, 60);
	model.device[0].step[STEP_FREEZE] = make_span(7, false, 20, 50);
	assert_int_equal(long_poles_find(&model), 0);
	assert_int_equal(model.poles, 3);
	assert_pole(find(&model, MODEL_POLE_SESSION, 0), 50, 50, 0);
	assert_pole(find(&model, MODEL_POLE_FILE, 0), 20, 20, 0);
	assert_pole(find(&model, MODEL_POLE_DEVICE, 0), 30, 30, 0);
	assert_int_equal(model.pole[0].kind, MODEL_POLE_SESSION);
	model_free(&model);
}

/* A file's retrieve retrieves another file, and an FLB. The blackout ends with the outer one. */
static void test_nested_retrieves(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.files = 2;
	model.flbs = 1;
	model.file[0].step[STEP_RETRIEVE] = make_span(7, true, 800, 1000);
	model.file[1].step[STEP_RETRIEVE] = make_span(7, true, 850, 900);
	model.flb[0].step[STEP_RETRIEVE] = make_span(7, true, 910, 980);
	assert_int_equal(long_poles_find(&model), 0);
	assert_int_equal(model.poles, 3);
	assert_int_equal(find(&model, MODEL_POLE_FILE, 0).busy.value, 80);
	assert_int_equal(find(&model, MODEL_POLE_FILE, 1).busy.value, 50);
	assert_pole(find(&model, MODEL_POLE_FLB, 0), 70, 70, 0);
	assert_string_equal(long_pole_name(&model, &model.pole[0]), model.flb[0].name);
	model_free(&model);
}

static void test_what_overlaps_saves_nothing(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.devices = 2;
	model.device[0].step[STEP_BIND] = make_span(7, true, 100, 300);
	model.device[1].step[STEP_BIND] = make_span(8, true, 200, 450);
	assert_int_equal(long_poles_find(&model), 0);
	assert_pole(find(&model, MODEL_POLE_DEVICE, 0), 200, 100, 0);
	assert_pole(find(&model, MODEL_POLE_DEVICE, 1), 250, 150, 0);
	model_free(&model);
}

/* One thread's number may be another's in the next kernel. */
static void test_kernels_are_apart(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.devices = 2;
	model.device[0].step[STEP_FREEZE] = make_span(7, false, 0, 500);
	model.device[1].step[STEP_RETRIEVE] = make_span(7, true, 400, 600);
	assert_int_equal(long_poles_find(&model), 0);
	assert_pole(find(&model, MODEL_POLE_DEVICE, 0), 500, 400, 0);
	assert_pole(find(&model, MODEL_POLE_DEVICE, 1), 200, 100, 0);
	model_free(&model);
}

static void test_the_end_waits_for_the_last(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.devices = 2;
	model.device[0].step[STEP_IRQ_SETUP] = make_span(7, true, 890, 900);
	model.device[1].step[STEP_BIND] = make_span(8, true, 850, 980);
	model.device[1].step[STEP_IRQ_SETUP] = make_span(8, true, 990, 1000);
	assert_int_equal(long_poles_find(&model), 0);
	/* From 850 to 890 alone, and from 900 on the end; not both for the same time. */
	assert_pole_slept(find(&model, MODEL_POLE_DEVICE, 1), 140, 40, 100, 90);
	assert_int_equal(model.poles, 1);
	model_free(&model);
}

/* The last device waits for a process that sleeps: that is no time of the device. */
static void test_sleep_is_nobodys(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.devices = 2;
	model.files = 1;
	model.device[0].step[STEP_IRQ_SETUP] = make_span(7, true, 290, 300);
	model.device[1].step[STEP_IRQ_SETUP] = make_span(8, true, 980, 1000);
	/* What else is under way then does not lengthen the blackout. */
	model.file[0].step[STEP_FINISH] = make_span(7, true, 970, 990);
	assert_int_equal(long_poles_find(&model), 0);
	assert_pole_slept(find(&model, MODEL_POLE_DEVICE, 1), 20, 0, 700, 20);
	/* It saves less than the one that was busy for longer. */
	model_free(&model);
	model = make_model(1000);
	model.devices = 2;
	model.device[0].step[STEP_BIND] = make_span(7, true, 100, 200);
	model.device[0].step[STEP_IRQ_SETUP] = make_span(7, true, 290, 300);
	model.device[1].step[STEP_IRQ_SETUP] = make_span(8, true, 980, 1000);
	assert_int_equal(long_poles_find(&model), 0);
	assert_int_equal(model.pole[0].index, 0);
	assert_int_equal(model.pole[1].index, 1);
	model_free(&model);
}

static void test_a_preserved_device_is_shut_down_too(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.devices = 1;
	strcpy(model.device[0].name, "0000:01:00.0");
	model.device[0].step[STEP_FREEZE] = make_span(7, false, 0, 10);
	model.shutdowns = 3;
	strcpy(model.shutdown[0].name, "0000:01:00.0");
	strcpy(model.shutdown[0].group, "pci");
	model.shutdown[0].span = make_span(7, false, 20, 50);
	strcpy(model.shutdown[1].name, "0000:02:00.0");
	strcpy(model.shutdown[1].group, "pci");
	model.shutdown[1].span = make_span(7, false, 50, 60);
	strcpy(model.shutdown[2].name, "0000:01:00.0");
	strcpy(model.shutdown[2].group, "virtio");
	model.shutdown[2].span = make_span(7, false, 60, 65);
	assert_int_equal(long_poles_find(&model), 0);
	assert_int_equal(model.poles, 3);
	assert_pole(find(&model, MODEL_POLE_DEVICE, 0), 40, 40, 0);
	assert_pole(find(&model, MODEL_POLE_SHUTDOWN, 1), 10, 10, 0);
	assert_pole(find(&model, MODEL_POLE_SHUTDOWN, 2), 5, 5, 0);
	model_free(&model);
}

static void test_only_the_blackout_counts(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.files = 2;
	model.file[0].step[STEP_FREEZE] = make_span(7, false, -50, 10);
	model.file[1].step[STEP_FINISH] = make_span(8, true, 950, 2000);
	model.luoscope_init = bounded_exact(300);
	assert_int_equal(long_poles_find(&model), 0);
	assert_int_equal(model.poles, 3);
	assert_pole(find(&model, MODEL_POLE_FILE, 0), 10, 10, 0);
	assert_pole(find(&model, MODEL_POLE_FILE, 1), 50, 50, 0);
	assert_pole(find(&model, MODEL_POLE_INIT, 0), 300, 300, 0);

	free(model.pole);
	model.init_start = bounded_exact(900);
	assert_int_equal(long_poles_find(&model), 0);
	assert_pole(find(&model, MODEL_POLE_INIT, 0), 100, 100, 0);
	free(model.pole);
	model.init_start = bounded_exact(1100);
	assert_int_equal(long_poles_find(&model), 0);
	assert_int_equal(model.poles, 2);
	model_free(&model);
}

static void test_no_blackout_no_poles(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.devices = 1;
	model.device[0].step[STEP_FREEZE] = make_span(7, false, 0, 10);
	model.has_end = false;
	assert_int_equal(long_poles_find(&model), 0);
	assert_int_equal(model.poles, 0);
	model_free(&model);
}

#define OPEN_LOW  1 /* it may have been less, ... */
#define OPEN_HIGH 2 /* ... and it may have been more */

static void assert_open(struct bounded is, unsigned int open, const char *why)
{
	assert_true(is.known);
	assert_int_equal(is.low == BOUNDED_NO_LOW, !!(open & OPEN_LOW));
	assert_int_equal(is.high == BOUNDED_NO_HIGH, !!(open & OPEN_HIGH));
	if (open)
		assert_string_equal(is.why, why);
}

/* The bounds of @busy and @without, and those of the others, of a pole that has no tail. */
static void assert_bounds(struct model_long_pole is, unsigned int busy, unsigned int rest,
			  unsigned int without, const char *why)
{
	assert_open(is.busy, busy, why);
	assert_open(is.alone, rest, why);
	assert_open(is.waited, rest, why);
	assert_open(is.saved, rest, why);
	assert_open(is.without, without, why);
}

static void test_the_clock_has_an_error(void **state)
{
	struct model model = make_model(1000000);
	struct model_long_pole pole;

	(void)state;
	model.clock.rate_error_ppb = 1000000;
	model.devices = 1;
	model.device[0].step[STEP_FREEZE] = make_span(7, false, 0, 100000);
	assert_int_equal(long_poles_find(&model), 0);
	pole = find(&model, MODEL_POLE_DEVICE, 0);
	assert_bounds(pole, 0, 0, 0, NULL);
	assert_int_equal(bounded_error(pole.saved), 101);
	assert_int_equal(pole.without.value, 900000);

	free(model.pole);
	model.clock.verdict = CLOCK_CONTRADICTED;
	model.blackout = clock_doubt(&model.clock, model.blackout);
	assert_int_equal(long_poles_find(&model), 0);
	pole = find(&model, MODEL_POLE_DEVICE, 0);
	assert_bounds(pole, OPEN_LOW | OPEN_HIGH, OPEN_LOW | OPEN_HIGH, OPEN_LOW | OPEN_HIGH,
		      WHY_CONTRADICTED);
	assert_open(pole.tail, OPEN_LOW | OPEN_HIGH, WHY_CONTRADICTED);
	model_free(&model);
}

/* Something is not back. What was over by then cannot have taken longer. */
static void test_the_blackout_went_on(void **state)
{
	struct model model = make_model(1000);
	struct model_long_pole last;

	(void)state;
	model.blackout = bounded_at_least(model.blackout, WHY_NOT_BACK);
	model.devices = 2;
	model.device[0].step[STEP_IRQ_SETUP] = make_span(7, true, 890, 900);
	model.device[1].step[STEP_BIND] = make_span(8, true, 850, 980);
	model.device[1].step[STEP_IRQ_SETUP] = make_span(8, true, 990, 1000);
	model.files = 2;
	model.file[0].step[STEP_FINISH] = make_span(7, true, 700, 750);
	model.file[1].step[STEP_FREEZE] = make_span(7, false, 0, 30);
	model.file[1].step[STEP_FINISH] = make_span(7, true, 1000, 1010);
	model.sessions = 1;
	model.session[0].step[STEP_FINISH] = make_span(7, true, 780, 790);
	model.session[0].step[STEP_FINISH].result = -16;
	model.shutdowns = 1;
	model.shutdown[0].span = make_span(7, false, 100, 200);
	model.init_start = bounded_exact(600);
	model.luoscope_init = bounded_exact(50);
	assert_int_equal(long_poles_find(&model), 0);
	assert_bounds(find(&model, MODEL_POLE_SHUTDOWN, 0), 0, 0, OPEN_HIGH, WHY_NOT_BACK);
	assert_bounds(find(&model, MODEL_POLE_INIT, 0), 0, 0, OPEN_HIGH, WHY_NOT_BACK);
	assert_bounds(find(&model, MODEL_POLE_FILE, 0), 0, 0, OPEN_HIGH, WHY_NOT_BACK);
	assert_bounds(find(&model, MODEL_POLE_FILE, 1), OPEN_HIGH, OPEN_HIGH, OPEN_HIGH,
		      WHY_NOT_BACK);
	/* It may be tried again. */
	assert_bounds(find(&model, MODEL_POLE_SESSION, 0), OPEN_HIGH, OPEN_HIGH, OPEN_HIGH,
		      WHY_NOT_BACK);

	/* It was not the last one, or not for the last time. */
	last = find(&model, MODEL_POLE_DEVICE, 1);
	assert_int_equal(last.tail.value, 100);
	assert_open(last.busy, OPEN_HIGH, WHY_NOT_BACK);
	assert_open(last.alone, OPEN_HIGH, WHY_NOT_BACK);
	assert_open(last.tail, OPEN_LOW | OPEN_HIGH, WHY_NOT_BACK);
	assert_open(last.waited, OPEN_LOW | OPEN_HIGH, WHY_NOT_BACK);
	assert_open(last.saved, OPEN_LOW | OPEN_HIGH, WHY_NOT_BACK);
	assert_open(last.without, OPEN_HIGH, WHY_NOT_BACK);
	model_free(&model);
}

/* A step that never ended may have been under way while others were alone. */
static void test_a_step_never_ended(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.devices = 2;
	model.device[0].step[STEP_FREEZE] = make_span(7, false, 0, 100);
	model.device[0].step[STEP_BIND] = make_span(7, true, 800, 800);
	model.device[0].step[STEP_BIND].open = true;
	model.device[0].step[STEP_BIND].duration.known = false;
	model.device[1].step[STEP_BIND] = make_span(8, true, 850, 900);
	assert_int_equal(long_poles_find(&model), 0);
	assert_bounds(find(&model, MODEL_POLE_DEVICE, 0), OPEN_HIGH, OPEN_HIGH, OPEN_LOW,
		      WHY_NEVER_ENDED);
	assert_bounds(find(&model, MODEL_POLE_DEVICE, 1), 0, OPEN_LOW, OPEN_HIGH, WHY_NEVER_ENDED);

	/* It began after the blackout. */
	free(model.pole);
	model.device[0].step[STEP_BIND].start.value = 1000;
	assert_int_equal(long_poles_find(&model), 0);
	assert_bounds(find(&model, MODEL_POLE_DEVICE, 0), 0, 0, 0, NULL);
	assert_bounds(find(&model, MODEL_POLE_DEVICE, 1), 0, 0, 0, NULL);

	/* Both. */
	free(model.pole);
	model.device[0].step[STEP_BIND].start.value = 800;
	model.device[1].step[STEP_FINISH] = model.device[0].step[STEP_BIND];
	assert_int_equal(long_poles_find(&model), 0);
	assert_bounds(find(&model, MODEL_POLE_DEVICE, 1), OPEN_HIGH, OPEN_LOW | OPEN_HIGH,
		      OPEN_LOW | OPEN_HIGH, WHY_NEVER_ENDED);
	model_free(&model);
}

/* Callbacks that never ended are in a list of their own. */
static void test_a_shutdown_never_ended(void **state)
{
	struct model model = make_model(1000);

	(void)state;
	model.devices = 1;
	strcpy(model.device[0].name, "0000:01:00.0");
	model.device[0].step[STEP_FREEZE] = make_span(7, false, 0, 10);
	model.open = calloc(1, sizeof(*model.open));
	model.opens = 1;
	model.open[0].kind = LUO_STATS_FREEZE;
	model.open[0].span = make_span(7, false, 20, 20);
	assert_int_equal(long_poles_find(&model), 0);
	assert_bounds(find(&model, MODEL_POLE_DEVICE, 0), 0, 0, 0, NULL);

	free(model.pole);
	model.open[0].kind = LUO_STATS_SHUTDOWN;
	assert_int_equal(long_poles_find(&model), 0);
	assert_bounds(find(&model, MODEL_POLE_DEVICE, 0), 0, OPEN_LOW, OPEN_HIGH, WHY_NEVER_ENDED);

	free(model.pole);
	strcpy(model.open[0].name, "0000:01:00.0");
	strcpy(model.open[0].group, "pci");
	assert_int_equal(long_poles_find(&model), 0);
	assert_bounds(find(&model, MODEL_POLE_DEVICE, 0), OPEN_HIGH, OPEN_HIGH, OPEN_LOW,
		      WHY_NEVER_ENDED);
	model_free(&model);
}

#define TICKS 300

/* Whose moment is tick @at, of the steps of thread @pid? The innermost, or -1. */
static int innermost(const struct model *model, uint32_t pid, int at)
{
	int64_t shortest = TICKS + 1;
	int owner = -1;
	size_t i;

	for (i = 0; i < model->devices; i++) {
		const struct model_span *span = &model->device[i].step[STEP_BIND];

		if (span->pid == pid && span->start.value <= at &&
		    at < span->start.value + span->duration.value &&
		    span->duration.value < shortest) {
			shortest = span->duration.value;
			owner = i;
		}
	}
	return owner;
}

/* Steps of three threads, those of one thread one within the other or one after the other. */
static void make_random(struct model *model)
{
	int64_t from[3] = { 0, 0, 0 }, until[3] = { TICKS, TICKS, TICKS };
	size_t i;

	model->devices = 8;
	for (i = 0; i < model->devices; i++) {
		const unsigned int thread = rand() % 3;
		const int64_t room = until[thread] - from[thread];
		int64_t begin, end;

		if (room < 3) {
			model->device[i].step[STEP_BIND] = (struct model_span){};
			continue;
		}
		begin = from[thread] + rand() % (room / 2);
		end = begin + 1 + rand() % (until[thread] - begin);
		model->device[i].step[STEP_BIND] = make_span(thread + 1, true, begin, end);
		if (rand() % 2) {
			/* The next one lies within, and is not just as long. */
			from[thread] = begin + 1;
			until[thread] = end;
		} else {
			from[thread] = end;
		}
	}
}

static void test_against_counting(void **state)
{
	int round;

	(void)state;
	srand(1);
	for (round = 0; round < 500; round++) {
		struct model model = make_model(TICKS);
		int64_t alone[8] = {}, busy[8] = {};
		int at, thread;
		size_t i;

		make_random(&model);
		for (at = 0; at < TICKS; at++) {
			int owners = 0, last = -1;

			for (thread = 1; thread <= 3; thread++) {
				int owner = innermost(&model, thread, at);

				if (owner < 0)
					continue;
				busy[owner]++;
				owners++;
				last = owner;
			}
			if (owners == 1)
				alone[last]++;
		}
		assert_int_equal(long_poles_find(&model), 0);
		for (i = 0; i < model.devices; i++) {
			struct model_long_pole pole = find(&model, MODEL_POLE_DEVICE, i);

			assert_int_equal(pole.alone.value, alone[i]);
			if (pole.saved.value)
				assert_int_equal(pole.busy.value, busy[i]);
		}
		model_free(&model);
	}
}

static void test_floors(void **state)
{
	(void)state;
	assert_int_equal(reset_floor(3)->ns, 100000000);
	assert_int_equal(reset_floor(5)->ns, 20000000);
	assert_int_equal(reset_floor(6)->ns, 101000000);
	assert_null(reset_floor(0));
	assert_null(reset_floor(1));
	assert_null(reset_floor(8));
	assert_null(reset_floor(255));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_moment_is_of_the_innermost),
		cmocka_unit_test(test_nested_retrieves),
		cmocka_unit_test(test_what_overlaps_saves_nothing),
		cmocka_unit_test(test_kernels_are_apart),
		cmocka_unit_test(test_the_end_waits_for_the_last),
		cmocka_unit_test(test_sleep_is_nobodys),
		cmocka_unit_test(test_a_preserved_device_is_shut_down_too),
		cmocka_unit_test(test_only_the_blackout_counts),
		cmocka_unit_test(test_no_blackout_no_poles),
		cmocka_unit_test(test_the_clock_has_an_error),
		cmocka_unit_test(test_the_blackout_went_on),
		cmocka_unit_test(test_a_step_never_ended),
		cmocka_unit_test(test_a_shutdown_never_ended),
		cmocka_unit_test(test_against_counting),
		cmocka_unit_test(test_floors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
