// SPDX-License-Identifier: GPL-2.0
/*
 * The gaps, against updates whose truth is plain, and against counting nanosecond by nanosecond.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/text.h"
#include "model/build_context.h"
#include "model/clock.h"
#include "model/gaps.h"
#include "model/model.h"
#include "model/steps.h"
#include "report/text_gaps.h"

#define SPANS 24

/* userspace from 100 to 200, retrieve from 200 to 300, resume from 300 to 350. */
static struct model make_model(void)
{
	struct model model = {
		.init_start = bounded_exact(110),
		.luoscope_init = bounded_exact(20),
		.phases = 4,
		.phase = {
			{ .name = "kernel_boot", .begin = LUO_STATS_B7_TIME_ZERO,
			  .start = bounded_exact(0), .duration = bounded_exact(100) },
			{ .name = "userspace", .begin = LUO_STATS_B8_INIT,
			  .start = bounded_exact(100), .duration = bounded_exact(100) },
			{ .name = "retrieve", .begin = LUO_STATS_B9_LUO_OPEN,
			  .start = bounded_exact(200), .duration = bounded_exact(100) },
			{ .name = "resume", .begin = LUO_STATS_B10_RETRIEVED,
			  .start = bounded_exact(300), .duration = bounded_exact(50) },
		},
	};

	model.device = calloc(4, sizeof(*model.device));
	model.file = calloc(4, sizeof(*model.file));
	model.session = calloc(4, sizeof(*model.session));
	model.other = calloc(SPANS, sizeof(*model.other));
	return model;
}

static struct model_span make_span(int64_t begin, int64_t end)
{
	return (struct model_span){ .observed = true,
				    .in_new_kernel = true,
				    .start = { true, begin },
				    .duration = { true, end - begin } };
}

static void find(struct model *model)
{
	const struct area none = {};
	struct build build = { .model = model, .area = { &none, &none } };

	assert_int_equal(gaps_find(&build), 0);
}

static void assert_gap(const struct model_gap *gap, size_t phase, int64_t begin, int64_t end,
		       const char *after, const char *before)
{
	char text[ESCAPED_BYTES];

	assert_int_equal(gap->phase, phase);
	assert_int_equal(gap->start.value, begin);
	assert_int_equal(gap->duration.value, end - begin);
	assert_string_equal(gap_edge_text(text, &gap->after, false), after);
	assert_string_equal(gap_edge_text(text, &gap->before, false), before);
}

static void test_between_steps(void **state)
{
	struct model model = make_model();

	(void)state;
	strcpy(model.device[0].name, "0000:01:00.0");
	model.device[0].step[STEP_BIND] = make_span(220, 240);
	model.device[0].step[STEP_IRQ_SETUP] = make_span(310, 350);
	model.devices = 1;
	strcpy(model.file[0].session, "vm\n");
	model.file[0].token = 7;
	model.file[0].step[STEP_RETRIEVE] = make_span(205, 225);
	model.files = 1;
	strcpy(model.session[0].name, "vm");
	model.session[0].step[STEP_FINISH] = make_span(290, 305);
	model.sessions = 1;

	find(&model);
	assert_false(model.phase[0].unobserved.known);
	assert_int_equal(model.phase[1].unobserved.value, 80);
	assert_int_equal(model.phase[2].unobserved.value, 55);
	assert_int_equal(model.phase[3].unobserved.value, 5);
	assert_int_equal(model.gaps, 5);
	assert_gap(&model.gap[0], 1, 130, 200, "luoscope init", "");
	assert_gap(&model.gap[1], 2, 240, 290, "bind of 0000:01:00.0", "session_finish of vm");
	assert_gap(&model.gap[2], 1, 100, 110, "", "luoscope init");
	assert_gap(&model.gap[3], 2, 200, 205, "", "retrieve of file vm\\x0a 7");
	assert_gap(&model.gap[4], 3, 305, 310, "session_finish of vm", "irq_setup of 0000:01:00.0");
	model_free(&model);
}

/* A step that never ended is no evidence of anything, and one outside of the phases neither. */
static void test_what_does_not_count(void **state)
{
	struct model model = make_model();

	(void)state;
	model.other[0].span = make_span(200, 210);
	model.other[0].span.open = true;
	model.other[1].span = make_span(0, 100);
	model.other[2].span = make_span(350, 400);
	model.other[3].span = make_span(230, 230);
	model.others = 4;
	find(&model);
	assert_int_equal(model.phase[2].unobserved.value, 100);
	assert_int_equal(model.phase[3].unobserved.value, 50);
	assert_int_equal(model.gaps, 4);
	model_free(&model);
}

static void assert_at_most(struct bounded is, bool at_most)
{
	assert_true(is.known);
	assert_int_equal(is.low == BOUNDED_NO_LOW, at_most);
	assert_true(is.high != BOUNDED_NO_HIGH);
	if (at_most)
		assert_string_equal(is.why, WHY_NEVER_ENDED);
}

/* Nor is it evidence of the contrary: from its start on, it may have been under way. */
static void test_a_step_never_ended(void **state)
{
	struct model model = make_model();
	size_t i;

	(void)state;
	model.devices = 1;
	model.device[0].step[STEP_RETRIEVE] = make_span(240, 250);
	model.device[0].step[STEP_BIND] = make_span(260, 260);
	model.device[0].step[STEP_BIND].open = true;
	model.shutdown = calloc(1, sizeof(*model.shutdown));
	model.shutdowns = 1;
	model.shutdown[0].span = make_span(25, 30);
	model.shutdown[0].span.in_new_kernel = false;
	model.phase[0] = (struct model_phase){ .name = "device_shutdown",
					       .begin = LUO_STATS_B2_SHUTDOWN_BEGIN,
					       .end = LUO_STATS_B3_SHUTDOWN_END,
					       .start = bounded_exact(20),
					       .duration = bounded_exact(70) };
	find(&model);
	for (i = 0; i < model.gaps; i++)
		assert_at_most(model.gap[i].duration,
			       model.gap[i].start.value + model.gap[i].duration.value > 260);
	assert_at_most(model.phase[0].unobserved, false);
	assert_at_most(model.phase[1].unobserved, false);
	assert_at_most(model.phase[2].unobserved, true);
	assert_at_most(model.phase[3].unobserved, true);

	/* The same of a callback of the old kernel, which only its own phase could have in it. */
	free(model.gap);
	model.gaps = 0;
	model.device[0].step[STEP_BIND] = (struct model_span){};
	model.open = calloc(1, sizeof(*model.open));
	model.opens = 1;
	model.open[0].kind = LUO_STATS_SHUTDOWN;
	model.open[0].span =
		(struct model_span){ .observed = true, .open = true, .start = { true, 40 } };
	find(&model);
	assert_at_most(model.phase[0].unobserved, true);
	assert_at_most(model.phase[1].unobserved, false);
	assert_at_most(model.phase[3].unobserved, false);
	model_free(&model);
}

/* Something is not back: nobody knows what came after. */
static void test_the_last_phase_went_on(void **state)
{
	struct model model = make_model();
	size_t i;

	(void)state;
	model.phase[3].duration = bounded_at_least(model.phase[3].duration, WHY_NOT_SERVING);
	model.others = 1;
	model.other[0].span = make_span(310, 320);
	find(&model);
	for (i = 0; i < model.gaps; i++)
		assert_int_equal(bounded_is_lower_bound(model.gap[i].duration),
				 model.gap[i].start.value == 320);
	assert_false(bounded_is_lower_bound(model.phase[2].unobserved));
	assert_true(bounded_is_lower_bound(model.phase[3].unobserved));
	assert_string_equal(model.phase[3].unobserved.why, WHY_NOT_SERVING);
	model_free(&model);
}

/* The rate of the clock has an error, and so has an end of the phase. */
static void test_errors(void **state)
{
	struct model model = make_model();
	size_t i;

	(void)state;
	model.phase[2].end = LUO_STATS_B10_RETRIEVED;
	model.boundary[LUO_STATS_B10_RETRIEVED].error_ns = 20;
	model.others = 1;
	model.other[0].span = make_span(310, 320);
	find(&model);
	for (i = 0; i < model.gaps; i++)
		assert_int_equal(bounded_error(model.gap[i].duration) > 20,
				 model.gap[i].phase == 2 || model.gap[i].start.value == 300);
	assert_int_equal(bounded_error(model.phase[3].unobserved), 22);
	model_free(&model);

	model = make_model();
	model.clock.verdict = CLOCK_CONTRADICTED;
	find(&model);
	assert_true(bounded_is_open(model.gap[0].start));
	assert_true(bounded_is_open(model.gap[0].duration));
	assert_true(bounded_is_open(model.phase[1].unobserved));
	assert_string_equal(model.phase[1].unobserved.why, WHY_CONTRADICTED);
	model_free(&model);
}

static void test_not_known(void **state)
{
	struct model model = make_model();

	(void)state;
	/* The probes came later than the phase. */
	model.luoscope_init.known = false;
	find(&model);
	assert_false(model.phase[1].unobserved.known);
	assert_int_equal(model.gaps, 0);
	model_free(&model);

	model = make_model();
	model.phase[2].duration.known = false;
	find(&model);
	assert_true(model.phase[1].unobserved.known);
	assert_false(model.phase[2].unobserved.known);
	model_free(&model);
}

/* Only what was dropped in the same kernel may have been there. */
static void test_dropped(void **state)
{
	struct model model = make_model();
	struct area old_area = {}, new_area = {};
	struct build build = { .model = &model, .area = { &old_area, &new_area } };

	(void)state;
	old_area.header.dropped[LUO_STATS_FREEZE] = 1;
	new_area.header.dropped[LUO_STATS_MARK] = 1;
	assert_int_equal(gaps_find(&build), 0);
	assert_true(model.phase[2].unobserved.known);
	assert_null(model.gaps_unknown);
	model_free(&model);

	model = make_model();
	new_area.header.dropped[LUO_STATS_FINISH] = 1;
	assert_int_equal(gaps_find(&build), 0);
	assert_false(model.phase[2].unobserved.known);
	assert_int_equal(model.gaps, 0);
	assert_string_equal(model.gaps_unknown, "spans were dropped");
	model_free(&model);

	model = make_model();
	new_area = (struct area){ .reserved_spans = 1 };
	assert_int_equal(gaps_find(&build), 0);
	assert_int_equal(model.gaps, 0);
	assert_string_equal(model.gaps_unknown, "spans were still being written");
	model_free(&model);

	model = make_model();
	new_area = (struct area){};
	build.misplaced[NEW_KERNEL] = 1;
	assert_int_equal(gaps_find(&build), 0);
	assert_int_equal(model.gaps, 0);
	assert_string_equal(model.gaps_unknown, "part of the capture makes no sense");
	model_free(&model);

	model = make_model();
	build.area[NEW_KERNEL] = NULL;
	assert_int_equal(gaps_find(&build), 0);
	assert_int_equal(model.gaps, 0);
	assert_string_equal(model.gaps_unknown, "nothing of the new kernel is in the capture");
	model_free(&model);
}

/* device_shutdown from 20 to 90, and what it does for no device. */
static void test_device_shutdown(void **state)
{
	struct model model = make_model();
	struct area old_area = {}, new_area = {};
	struct build build = { .model = &model, .area = { &old_area, &new_area } };

	(void)state;
	model.phase[0] = (struct model_phase){ .name = "device_shutdown",
					       .begin = LUO_STATS_B2_SHUTDOWN_BEGIN,
					       .end = LUO_STATS_B3_SHUTDOWN_END,
					       .start = bounded_exact(20),
					       .duration = bounded_exact(70) };
	assert_int_equal(gaps_find(&build), 0);
	assert_false(model.phase[0].unobserved.known);
	model_free(&model);

	model = make_model();
	model.phase[0] = (struct model_phase){ .name = "device_shutdown",
					       .begin = LUO_STATS_B2_SHUTDOWN_BEGIN,
					       .end = LUO_STATS_B3_SHUTDOWN_END,
					       .start = bounded_exact(20),
					       .duration = bounded_exact(70) };
	model.shutdown = calloc(2, sizeof(*model.shutdown));
	model.shutdowns = 2;
	strcpy(model.shutdown[0].name, "virtio0");
	model.shutdown[0].span = make_span(25, 30);
	strcpy(model.shutdown[1].name, "pcspkr");
	model.shutdown[1].span = make_span(80, 90);
	assert_int_equal(gaps_find(&build), 0);
	assert_int_equal(model.phase[0].unobserved.value, 55);
	assert_gap(&model.gap[2], 0, 30, 80, "shutdown of virtio0", "shutdown of pcspkr");
	model_free(&model);

	old_area.header.dropped[LUO_STATS_SHUTDOWN] = 1;
	model = make_model();
	model.phase[0].begin = LUO_STATS_B2_SHUTDOWN_BEGIN;
	model.phase[0].end = LUO_STATS_B3_SHUTDOWN_END;
	model.shutdown = calloc(1, sizeof(*model.shutdown));
	model.shutdowns = 1;
	model.shutdown[0].span = make_span(25, 30);
	assert_int_equal(gaps_find(&build), 0);
	assert_false(model.phase[0].unobserved.known);
	assert_true(model.phase[1].unobserved.known);
	model_free(&model);
}

/* Without the border after it, the phase has more in it than the shutdown of devices. */
static void test_joined_device_shutdown(void **state)
{
	struct model model = make_model();

	(void)state;
	strcpy(model.phase[0].name, "device_shutdown+system_core_shutdown");
	model.phase[0].begin = LUO_STATS_B2_SHUTDOWN_BEGIN;
	model.phase[0].end = LUO_STATS_B4_MACHINE_BEGIN;
	model.shutdown = calloc(1, sizeof(*model.shutdown));
	model.shutdowns = 1;
	model.shutdown[0].span = make_span(25, 30);
	find(&model);
	assert_false(model.phase[0].unobserved.known);
	assert_true(model.phase[1].unobserved.known);
	model_free(&model);
}

static void test_against_counting(void **state)
{
	uint64_t random = 1;
	unsigned int round;

	(void)state;
	for (round = 0; round < 500; round++) {
		struct model model = make_model();
		bool busy[400] = {};
		int64_t at, idle[4] = {}, sum[4] = {};
		size_t i;

		for (at = 110; at < 130; at++)
			busy[at] = true;
		model.others = round % SPANS;
		for (i = 0; i < model.others; i++) {
			int64_t begin, end;

			random = random * 6364136223846793005ULL + 1442695040888963407ULL;
			begin = (random >> 33) % 390;
			end = begin + (random >> 55) % (400 - begin) % 30;
			model.other[i].span = make_span(begin, end);
			for (at = begin; at < end; at++)
				busy[at] = true;
		}
		for (at = 100; at < 350; at++)
			idle[at < 200 ? 1 : at < 300 ? 2 : 3] += !busy[at];
		find(&model);
		for (i = 0; i < model.gaps; i++) {
			const struct model_gap *gap = &model.gap[i];

			sum[gap->phase] += gap->duration.value;
			for (at = 0; at < gap->duration.value; at++)
				assert_false(busy[gap->start.value + at]);
			if (i)
				assert_true(gap->duration.value <= gap[-1].duration.value);
		}
		for (i = 1; i < 4; i++) {
			assert_int_equal(model.phase[i].unobserved.value, idle[i]);
			assert_int_equal(sum[i], idle[i]);
		}
		model_free(&model);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_between_steps),
		cmocka_unit_test(test_what_does_not_count),
		cmocka_unit_test(test_a_step_never_ended),
		cmocka_unit_test(test_the_last_phase_went_on),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_not_known),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_device_shutdown),
		cmocka_unit_test(test_joined_device_shutdown),
		cmocka_unit_test(test_against_counting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
