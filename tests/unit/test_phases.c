// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of phases if the border between two of them is not known well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "build_area.h"
#include "model/model.h"
#include "model/phases.h"

struct fixture {
	struct built_update update;
	struct capture capture;
	struct model model;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	built_update_init(&f->update);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	model_free(&f->model);
	built_update_free(&f->update);
	free(f);
	return 0;
}

/* The border between jump and kernel_boot is known to +- 200 ms: the log does not say better. */
static void build(struct fixture *f)
{
	char *line = strstr(f->update.klog, "sched_clock: Marking stable");

	assert_non_null(line);
	memset(line, 'x', strlen("sched_clock"));
	built_capture(&f->update, &f->capture);
	assert_int_equal(model_build(&f->model, &f->capture, NULL), 0);
	assert_true(f->model.clock.zero_lacks_line);
}

/* Returns the index of the phase that ends with @slot. */
static size_t phase_of(const struct fixture *f, unsigned int slot)
{
	size_t i = 0;

	while (f->model.phase[i].end != slot)
		i++;
	return i;
}

static void test_no_phase_is_shorter_than_0(void **state)
{
	struct fixture *f = *state;
	size_t i;

	/* The new kernel boots within 100 ms. */
	f->update.new.header->as_new_kernel.cycles[LUO_STATS_B8_INIT] =
		true_cycles(true_boundary_ns[LUO_STATS_B7_TIME_ZERO] + 100 * MS);
	build(f);
	for (i = 0; i < f->model.phases; i++)
		assert_true(f->model.phase[i].duration.low >= 0);
	i = phase_of(f, LUO_STATS_B8_INIT);
	assert_int_equal(f->model.phase[i].duration.low, 0);
}

static void test_no_phase_is_longer_than_what_it_is_part_of(void **state)
{
	struct fixture *f = *state;
	const struct model_phase *jump, *boot;
	int64_t both_ns;

	f->update.new.header->as_new_kernel.cycles[LUO_STATS_B8_INIT] =
		true_cycles(true_boundary_ns[LUO_STATS_B7_TIME_ZERO] + 100 * MS);
	build(f);
	jump = &f->model.phase[phase_of(f, LUO_STATS_B7_TIME_ZERO)];
	boot = jump + 1;
	both_ns = jump->duration.value + boot->duration.value;
	assert_in_range(jump->duration.high, both_ns, both_ns + MS);
	assert_true(boot->duration.high <= both_ns + MS);
	/* What both took is known: the longer one took at least half of it. */
	assert_true(bounded_error(boot->duration) > (uint64_t)boot->duration.value);
}

/* The ten phases of a fast update: of @ns each, but those two that meet at the unknown border. */
static void make_phases(struct model *model, int64_t ns, int64_t jump_ns, int64_t boot_ns)
{
	int64_t at = 0;
	size_t i;

	*model = (struct model){ .phases = 10 };
	for (i = 0; i < 10; i++) {
		const int64_t time = i == 6 ? jump_ns : i == 7 ? boot_ns : ns;
		const uint64_t error_ns = i == 6 || i == 7 ? 200 * MS : 0;

		model->phase[i] = (struct model_phase){
			.begin = i,
			.end = i + 1,
			.duration = bounded_within(bounded_with_error(time, error_ns), 0,
						   jump_ns + boot_ns),
		};
		model->boundary[i].time_ns = at;
		at += time;
		model->boundary[i + 1].time_ns = at;
	}
	model->boundary[7].error_ns = 200 * MS;
}

static size_t count_longest(const struct model *model)
{
	size_t count = 0, i;

	for (i = 0; i < model->phases; i++)
		count += phases_may_be_longest(model, i);
	return count;
}

static void test_the_longest_phase(void **state)
{
	static struct model model;

	(void)state;
	/* Either of the two is, whatever the border. */
	make_phases(&model, 50 * MS, 60 * MS, 190 * MS);
	assert_int_equal(count_longest(&model), 2);
	assert_true(phases_may_be_longest(&model, 6) && phases_may_be_longest(&model, 7));
	/* One that took half of what they took, or more, may be. */
	make_phases(&model, 130 * MS, 60 * MS, 190 * MS);
	assert_int_equal(count_longest(&model), 10);
	/* None of the others reaches the least that one of them took. */
	make_phases(&model, 50 * MS, 60 * MS, 900 * MS);
	assert_int_equal(count_longest(&model), 1);
	assert_true(phases_may_be_longest(&model, 7));
	/* A third phase is longer than both together. */
	make_phases(&model, 50 * MS, 60 * MS, 190 * MS);
	model.phase[2].duration = bounded_exact(300 * MS);
	assert_int_equal(count_longest(&model), 1);
	assert_true(phases_may_be_longest(&model, 2));
}

static void test_why_nobody_saw_the_update_begin(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_header *old = f->update.old.header;

	old->as_old_kernel[0] = (struct luo_stats_boundaries){};
	built_seal(&f->update.old);
	built_capture(&f->update, &f->capture);
	assert_int_equal(model_build(&f->model, &f->capture, NULL), 0);
	assert_string_equal(f->model.blackout.why, "no probes were attached in the old kernel");
	model_free(&f->model);
	/* They were, but this was not seen. */
	old->as_new_kernel.cycles[LUO_STATS_PROBES_READY] = true_cycles(-1000 * MS);
	assert_int_equal(model_build(&f->model, &f->capture, NULL), 0);
	assert_string_equal(f->model.blackout.why, "the start of the update was not observed");
	model_free(&f->model);
	/* They were those for what came into the old kernel: nothing of its own update is wrong. */
	built_subject(&f->update.old, LUO_STATS_SUBJECT_WATCH, "arrival", "1", "", 0);
	built_seal(&f->update.old);
	built_capture(&f->update, &f->capture);
	assert_int_equal(model_build(&f->model, &f->capture, NULL), 0);
	assert_string_equal(f->model.blackout.why,
			    "in the old kernel, the probes for its own update were not attached");
	assert_false(f->model.files_missing_known);
	assert_false(f->model.devices_missing_known);
	model_free(&f->model);
	f->capture.section[CAPTURE_INCOMING] = (struct capture_section){};
	assert_int_equal(model_build(&f->model, &f->capture, NULL), 0);
	assert_string_equal(f->model.blackout.why, "there was no luo_stats in the old kernel");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_phase_is_shorter_than_0),
		TEST(test_no_phase_is_longer_than_what_it_is_part_of),
		TEST(test_the_longest_phase),
		TEST(test_why_nobody_saw_the_update_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
