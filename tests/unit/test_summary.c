// SPDX-License-Identifier: GPL-2.0
/*
 * The summary of several updates: which figures it has, and what it says of lower bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "capture/boot_log.h"
#include "figures/figures.h"
#include "fixture.h"
#include "report/report.h"
#include "report/summary.h"
#include "report/summary_text.h"

#define RUNS 3

static const char *const names[] = { "run-1", "run-2", "run-3" };

/* The boot of run @run, from 0: the second initcall takes longer in each. */
static void boot(struct model_boot *boot, unsigned int run)
{
	struct model_boot_list *initcalls = &boot->list[BOOT_INITCALLS];

	boot->is_recorded = boot->has_boot = boot->has_initcalls = true;
	boot->moment[BOOT_CPUS] = bounded_with_error((300 + run) * MS, 1);
	boot->moment[BOOT_PID1] = bounded_with_error((200 - run) * MS, 1);
	if (!initcalls->row)
		initcalls->row = calloc(2, sizeof(*initcalls->row));
	initcalls->rows = initcalls->count = 2;
	strcpy(initcalls->row[0].what, "quick_init");
	initcalls->row[0].duration = bounded_exact(5 * MS);
	strcpy(initcalls->row[1].what, "slow_init");
	initcalls->row[1].duration = bounded_exact((10 + run) * MS);
}

static void shut_down(struct model *model, unsigned int run)
{
	struct model_subject_span *device;

	if (!model->shutdown)
		model->shutdown = calloc(1, sizeof(*model->shutdown));
	model->shutdowns = 1;
	device = &model->shutdown[0];
	strcpy(device->name, "slow_device");
	device->span.observed = true;
	device->span.duration = (struct estimate){ true, (7 + run) * MS };
}

/* Three updates; the blackout of the run @worst, if there is such a run, is a lower bound. */
static void summarize(struct fixture *f, struct summary *summary, unsigned int worst,
		      int64_t at_least)
{
	static struct figures figures[RUNS];
	unsigned int run;

	build(f);
	for (run = 0; run < RUNS; run++) {
		f->model.blackout = bounded_with_error((int64_t)(1000 + run) * MS, 1);
		if (run == worst)
			f->model.blackout =
				bounded_at_least(bounded_exact(at_least), "it was not back");
		boot(&f->model.boot, run);
		shut_down(&f->model, run);
		assert_int_equal(figures_of(&figures[run], &f->model, &f->error), 0);
	}
	assert_int_equal(summary_make(summary, figures, names, RUNS), 0);
	for (run = 0; run < RUNS; run++)
		figures_free(&figures[run]);
}

/* Both views. */
static void show(struct fixture *f, const struct summary *summary)
{
	const struct view_options options = { .top = 10 };
	FILE *out;

	out = open_text(f);
	assert_int_equal(view_summary_json(summary, out), 0);
	fclose(out);
	parse_text(f);
	out = open_text(f);
	assert_int_equal(view_summary_text(summary, out, &options), 0);
	fclose(out);
	assert_plain(f);
}

static json_t *get(const struct fixture *f, const char *name, const char *field)
{
	json_t *figure;
	size_t i;

	json_array_foreach(json_object_get(f->json, "figures"), i,
			   figure) if (!strcmp(json_string_value(json_object_get(figure, "name")),
					       name)) return json_object_get(figure, field);
	fail_msg("there is no %s", name);
	return NULL;
}

static void test_boot(void **state)
{
	struct fixture *f = *state;
	struct summary summary;

	summarize(f, &summary, RUNS, 0);
	show(f, &summary);
	/* The moments in their order, whatever their times. */
	assert_says(f, "\nBoot of the new kernel: when it got there, after reboot(2)\n"
		       "  figure     captures       min    median       max  min in  max in\n"
		       "  boot.cpus    3 of 3  300.0 ms  301.0 ms  302.0 ms  run-1   run-3\n"
		       "  boot.pid1    3 of 3  198.0 ms  199.0 ms  200.0 ms  run-3   run-1\n");
	assert_says(f, "\nInitcalls (2 of 2, longest median first)\n");
	assert_says(
		f,
		"  initcall.slow_init     3 of 3  10.00 ms  11.00 ms  12.00 ms  run-1   run-3\n"
		"  initcall.quick_init    3 of 3  5.000 ms  5.000 ms  5.000 ms  run-1   run-1\n");
	assert_says(f, "\nDevices in device_shutdown (1 of 1, longest median first)\n");
	assert_says(f, "  shutdown.slow_device    3 of 3  7.000 ms  8.000 ms  9.000 ms  ");
	/* A statistic over all of them is none of them. */
	assert_null(strstr(f->text, "initcall.max"));
	assert_null(strstr(f->text, "shutdown.max"));
	assert_int_equal(json_integer_value(get(f, "boot.pid1", "median")), 199 * MS);
	summary_free(&summary);
}

/* The max is that of the text: the worst run is in it, and it is a lower bound. */
static void test_lower_bound(void **state)
{
	struct fixture *f = *state;
	struct summary summary;

	summarize(f, &summary, 1, 5000 * MS);
	show(f, &summary);
	assert_says(f, ">= 5.000 s");
	assert_int_equal(json_integer_value(get(f, "blackout", "captures")), 2);
	assert_int_equal(json_integer_value(get(f, "blackout", "max")), 5000 * MS);
	assert_int_equal(json_integer_value(get(f, "blackout", "max_capture")), 1);
	assert_true(json_is_true(get(f, "blackout", "max_is_lower_bound")));
	assert_true(json_is_null(get(f, "blackout", "max_error")));
	assert_int_equal(json_integer_value(get(f, "blackout", "median_error")), 1);
	assert_true(json_is_false(get(f, "boot.pid1", "max_is_lower_bound")));
	summary_free(&summary);

	/* It may have been more than the others, even if less was seen. */
	summarize(f, &summary, 1, 10 * MS);
	show(f, &summary);
	assert_says(f, ">= 1.002 s");
	assert_int_equal(json_integer_value(get(f, "blackout", "min")), 1000 * MS);
	assert_int_equal(json_integer_value(get(f, "blackout", "max")), 1002 * MS);
	assert_int_equal(json_integer_value(get(f, "blackout", "max_capture")), 2);
	assert_true(json_is_true(get(f, "blackout", "max_is_lower_bound")));
	summary_free(&summary);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_boot),
		TEST(test_lower_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
