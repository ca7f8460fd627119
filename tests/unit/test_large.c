// SPDX-License-Identifier: GPL-2.0
/*
 * A capture may hold as many rows as somebody put into it: nothing takes more than n log n.
 *
 * The bound is on the time of the CPU, so that a busy machine meets it, too: what is measured here
 * takes less than a tenth of it, and what compares each row with each other one more than that.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "fixture.h"
#include "model/belongs.h"
#include "model/model.h"
#include "report/metrics.h"
#include "report/report.h"
#include "report/report_text.h"
#include "timeline/draw.h"
#include "timeline/timeline.h"

#define ROWS   40000
#define MOST_S 20

static void start(clock_t *since)
{
	*since = clock();
}

static void assert_quick_as(clock_t since, const char *what, unsigned int most_s)
{
	const double s = (double)(clock() - since) / CLOCKS_PER_SEC;

	if (s > most_s)
		fail_msg("%s: %.1f s", what, s);
}

static void assert_quick(clock_t since, const char *what)
{
	assert_quick_as(since, what, MOST_S);
}

/* Each of @ROWS sessions has a file, a device and a virtual machine; one thread does everything. */
static void add_rows(struct fixture *f)
{
	static const uint32_t chunks[4] = { 32 << 20, 4096, 16 << 20, 16 << 20 };
	struct built_area *old = &f->update.old, *new = &f->update.new;
	char session[32], name[32];
	size_t i;

	built_area_enlarge(old, chunks);
	built_area_enlarge(new, chunks);
	built_subject(old, LUO_STATS_SUBJECT_VCPU, "", "", "", 0);
	built_subject(new, LUO_STATS_SUBJECT_VCPU, "", "", "", 0);
	for (i = 0; i < ROWS; i++) {
		const uint64_t at = true_cycles(8 * MS) + 30 * i;
		const uint64_t back = true_cycles(1530 * MS) + 30 * i;
		uint32_t file, device;

		snprintf(session, sizeof(session), "session-%zu", i);
		snprintf(name, sizeof(name), "%04zx:00:00.0", i);
		file = built_subject(old, LUO_STATS_SUBJECT_FILE, session, "vfio-pci", "", 1);
		device = built_subject(old, LUO_STATS_SUBJECT_DEVICE, name, "vfio-pci", "", 0);
		built_span(old, LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, file,
			   at, at + 20);
		built_span(old, LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, device,
			   at + 5, at + 10);
		built_vcpu(old, LUO_STATS_VCPU_EXIT, session, 1000 + i, 0, 5 * MS);
		file = built_subject(new, LUO_STATS_SUBJECT_FILE, session, "vfio-pci", "", 1);
		built_span(new, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW, file,
			   back, back + 20);
		/* Every other one is known by its process alone, and all have the same. */
		built_vcpu(new, LUO_STATS_VCPU_ENTRY, i % 2 ? session : "", 1000 + i, 0, 1700 * MS);
	}
	built_capture(&f->update, &f->capture);
}

/* The ids of all devices, the last one first. Returns them; free() them. */
static char *add_ids(struct fixture *f)
{
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (i = ROWS; i-- > 0;)
		fprintf(out, "%04zx:00:00.0=8086:%04zx\n", i, i);
	fclose(out);
	f->capture.section[CAPTURE_PCI] = (struct capture_section){ .bytes = text, .size = size };
	return text;
}

static void test_rows(void **state)
{
	struct view_options options = { .full = true, .device = { "0001:00:00.0" }, .devices = 1 };
	struct fixture *f = *state;
	clock_t since;
	char *ids;
	FILE *out;

	add_rows(f);
	ids = add_ids(f);
	start(&since);
	build(f);
	assert_quick(since, "model");
	assert_string_equal(f->model.device[ROWS - 1].pci_id, "8086:9c3f");
	free(ids);
	assert_int_equal(f->model.devices, ROWS);
	assert_string_equal(device_file(&f->model, &f->model.device[ROWS - 1])->session,
			    "session-39999");
	assert_int_equal(f->model.file[f->model.device[7].file].device, 7);
	out = open_text(f);
	start(&since);
	assert_int_equal(view_text(&f->model, out, &options), 0);
	fclose(out);
	assert_quick(since, "text");
	assert_says(f, "session-1 ");
	assert_null(strstr(f->text, "session-2 "));
	out = fopen("/dev/null", "w");
	start(&since);
	assert_int_equal(view_metrics(&f->model, out, 0), 0);
	fclose(out);
	/* 0.3 s; what compares each name with each other takes 12 s. */
	assert_quick_as(since, "metrics", 5);
	start(&since);
	assert_int_equal(timeline_make(&f->timeline, &f->model, &f->error), 0);
	assert_quick(since, "timeline");
}

/* All of it was done in an attempt that failed. */
static void test_attempt(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_header *header;
	clock_t since;
	size_t lanes;

	add_rows(f);
	header = f->update.old.header;
	header->as_old_kernel[0].result = -EBUSY;
	header->as_old_kernel[0].end_cycles = true_cycles(100 * MS);
	build(f);
	assert_int_equal(f->model.attempts, 1);
	assert_true(f->model.attempt_spans > 2 * ROWS);
	start(&since);
	assert_int_equal(timeline_make(&f->timeline, &f->model, &f->error), 0);
	assert_quick(since, "timeline");
	for (lanes = 0; lanes < f->timeline.lanes && !f->timeline.lane[lanes].attempt;)
		lanes++;
	assert_true(f->timeline.lanes - lanes > 2 * ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_attempt, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
