// SPDX-License-Identifier: GPL-2.0
/*
 * The model against an update whose truth is known.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "build_area.h"
#include "model.h"

struct fixture {
	struct built_update update;
	struct capture capture;
	struct model model;
	struct error error;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	built_update_init(&f->update);
	built_capture(&f->update, &f->capture);
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

static void build(struct fixture *f)
{
	model_free(&f->model);
	assert_int_equal(model_build(&f->model, &f->capture, &f->error), 0);
}

static void assert_near(int64_t a, int64_t b, int64_t error)
{
	if (a - b > error || b - a > error)
		fail_msg("%lld is not within %lld of %lld", (long long)a, (long long)error,
			 (long long)b);
}

static int64_t sum_of_phases(const struct model *model)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < model->phases; i++) {
		assert_true(model->phase[i].duration.known);
		assert_true(model->phase[i].duration.ns >= 0);
		sum += model->phase[i].duration.ns;
	}
	return sum;
}

static void test_truth(void **state)
{
	struct fixture *f = *state;
	const struct model *m = &f->model;
	unsigned int slot;

	build(f);
	assert_true(m->has_update);
	assert_int_equal(m->generation, 5);
	assert_string_equal(m->from_release, "7.2.12");
	assert_string_equal(m->to_release, "7.3.4");
	assert_int_equal(m->clock.verdict, CLOCK_VERIFIED);
	assert_int_equal(m->phases, 10);
	assert_true(m->blackout.known);
	assert_near(m->blackout.ns, true_boundary_ns[10], m->blackout_error_ns);
	assert_true(m->blackout_error_ns < 200000);
	assert_int_equal(m->end_slot, 10);
	for (slot = 0; slot <= 10; slot++) {
		assert_true(m->boundary[slot].start.known);
		/* The rate is 5 ppm off: 8 us in 1.6 s. */
		assert_near(m->boundary[slot].time_ns, true_boundary_ns[slot],
			    m->boundary[slot].error_ns + 9000);
	}
	assert_int_equal(m->boundary[7].source, MODEL_SOURCE_MODULE);
	assert_int_equal(m->boundary[8].source, MODEL_SOURCE_LOG);
	assert_true(m->boundary[7].error_ns > 0);
	assert_int_equal(m->boundary[11].source, MODEL_SOURCE_NONE);
	assert_near(m->begin_realtime_ns.ns, B0_REALTIME_NS, 1000);
	assert_int_equal(m->losses.dropped_total, 0);
	assert_int_equal(m->opens, 0);
	assert_int_equal(m->others, 0);
}

static void test_sum_is_exact(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	srand(7);
	for (i = 0; i < 500; i++) {
		unsigned int slot;

		for (slot = 1; slot <= 6; slot++)
			f->update.left.header->leaving[0].cycles[slot] += rand() % 1000;
		build(f);
		if (f->model.blackout.known)
			assert_int_equal(sum_of_phases(&f->model), f->model.blackout.ns);
	}
	assert_true(f->model.blackout.known);
}

static void test_missing_inner_boundaries_merge(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_boundaries *set = &f->update.left.header->leaving[0];

	set->cycles[1] = 0;
	set->end_cycles = 0;
	set->cycles[4] = 0;
	set->cycles[5] = 0;
	build(f);
	assert_int_equal(f->model.phases, 7);
	assert_string_equal(f->model.phase[0].name, "freeze+notifiers");
	assert_string_equal(f->model.phase[2].name,
			    "system_core_shutdown+machine_shutdown+dumpers");
	assert_int_equal(sum_of_phases(&f->model), f->model.blackout.ns);
}

static void test_fallbacks(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_boundaries *set = &f->update.left.header->leaving[0];

	set->cycles[1] = 0; /* the return of liveupdate_reboot is known too */
	set->cycles[2] = 0;
	set->cycles[6] = 0;
	build(f);
	assert_int_equal(f->model.boundary[1].source, MODEL_SOURCE_FEXIT);
	assert_int_equal(f->model.boundary[2].source, MODEL_SOURCE_NOTIFIER);
	assert_int_equal(f->model.boundary[6].source, MODEL_SOURCE_DUMPER);
	assert_near(f->model.boundary[2].time_ns, 12500000, 100);
	assert_int_equal(f->model.phases, 10);

	/* A notifier that ran before B0 is of an earlier attempt. */
	f->update.left.header->anchor[LUO_STATS_ANCHOR_NOTIFIER].cycles = true_cycles(-MS);
	build(f);
	assert_int_equal(f->model.boundary[2].source, MODEL_SOURCE_NONE);
	assert_int_equal(f->model.notes, 0);
}

static void test_missing_begin(void **state)
{
	struct fixture *f = *state;

	f->update.left.header->leaving[0].cycles[0] = 0;
	build(f);
	assert_false(f->model.blackout.known);
	assert_int_equal(f->model.origin_slot, 1);
	assert_int_equal(f->model.phases, 9);
	assert_string_equal(f->model.phase[0].name, "notifiers");
	assert_false(f->model.session[0].blackout.known);
	assert_false(f->model.begin_realtime_ns.known);
}

static void test_no_incoming(void **state)
{
	struct fixture *f = *state;
	size_t i;

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	build(f);
	assert_true(f->model.has_update);
	assert_false(f->model.has_leaving);
	assert_false(f->model.blackout.known);
	assert_int_equal(f->model.phases, 3);
	assert_string_equal(f->model.phase[0].name, "kernel_boot");
	assert_near(f->model.phase[0].duration.ns, true_boundary_ns[8] - true_boundary_ns[7],
		    f->model.phase[0].error_ns + 20000);
	assert_string_equal(f->model.from_release, "");
	assert_int_equal(f->model.files, 3);
	for (i = 0; i < 3; i++) {
		assert_true(f->model.file[i].retrieve.observed);
		assert_false(f->model.file[i].freeze.observed);
		assert_false(f->model.file[i].dark.known);
	}
}

static void test_no_outgoing(void **state)
{
	struct fixture *f = *state;

	f->capture.section[CAPTURE_OUTGOING].bytes = NULL;
	build(f);
	assert_false(f->model.blackout.known);
	assert_int_equal(f->model.phases, 6);
	assert_int_equal(f->model.boundary[7].source, MODEL_SOURCE_NONE);
	assert_int_equal(f->model.boundary[8].source, MODEL_SOURCE_NONE);
}

static void test_no_area(void **state)
{
	struct fixture *f = *state;

	f->capture.section[CAPTURE_OUTGOING].bytes = NULL;
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	assert_int_equal(model_build(&f->model, &f->capture, &f->error), -ENODATA);
	assert_true(f->error.text[0]);
}

static void test_other_chain(void **state)
{
	struct fixture *f = *state;

	f->update.left.header->chain_id++;
	built_seal(&f->update.left);
	build(f);
	assert_false(f->model.has_leaving);
	assert_false(f->model.blackout.known);
	assert_int_equal(f->model.notes, 1);
	f->update.left.header->chain_id--;
	f->update.left.header->generation--;
	built_seal(&f->update.left);
	build(f);
	assert_false(f->model.has_leaving);
}

static void test_contradicted_clock(void **state)
{
	struct fixture *f = *state;
	unsigned int slot;

	f->update.came.header->anchor[LUO_STATS_ANCHOR_READ].flags |= LUO_STATS_COUNTER_UNSTABLE;
	build(f);
	assert_int_equal(f->model.clock.verdict, CLOCK_CONTRADICTED);
	assert_false(f->model.blackout.known);
	for (slot = 0; slot < 10; slot++) {
		const struct model_phase *phase = &f->model.phase[slot];

		if (phase->begin == 6)
			assert_false(phase->duration.known);
		else
			assert_true(phase->duration.known);
		assert_true(phase->start.known == (phase->begin <= 6));
	}
	assert_false(f->model.file[0].dark.known);
	assert_false(f->model.file[0].retrieve.start.known);
	assert_true(f->model.file[0].retrieve.duration.known);
	assert_false(f->model.session[0].blackout.known);
}

static void test_files_and_sessions(void **state)
{
	struct fixture *f = *state;
	const struct model_file *file;

	build(f);
	assert_int_equal(f->model.files, 3);
	file = &f->model.file[2];
	assert_string_equal(file->session, "vm-2");
	assert_string_equal(file->handler, "memfd-v2");
	assert_int_equal(file->token, 1);
	assert_near(file->preserve.start.ns, -4998 * MS, 30000);
	assert_near(file->preserve.duration.ns, 10 * MS, 100);
	assert_near(file->freeze.start.ns, 6 * MS, 100);
	assert_near(file->retrieve.duration.ns, 2 * MS, 100);
	assert_near(file->dark.ns, true_boundary_ns[10] - 6 * MS, 10000);
	assert_int_equal(f->model.sessions, 2);
	assert_int_equal(f->model.session[0].files, 2);
	assert_near(f->model.session[0].blackout.ns, 1540 * MS, 10000);
	assert_int_equal(f->model.session[1].blackout.ns, f->model.blackout.ns);
	assert_false(f->model.session[1].late);
	assert_true(f->model.session[1].freeze.observed);
	assert_false(f->model.session[1].retrieve.observed);
}

static void test_late_session(void **state)
{
	struct fixture *f = *state;
	uint32_t subject =
		built_subject(&f->update.came, LUO_STATS_SUBJECT_FILE, "vm-3", "memfd-v2", "", 9);

	built_span(&f->update.came, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ARRIVING,
		   subject, true_cycles(86400LL * 1000 * MS),
		   true_cycles(86400LL * 1000 * MS + MS));
	build(f);
	assert_near(f->model.blackout.ns, true_boundary_ns[10], f->model.blackout_error_ns);
	assert_true(f->model.session[2].late);
	assert_near(f->model.session[2].blackout.ns, 86400LL * 1000 * MS + MS, 500 * MS);
}

static void test_shutdowns_sorted(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_int_equal(f->model.shutdowns, 4);
	assert_string_equal(f->model.shutdown[0].subject_detail, "ixgbe");
	assert_string_equal(f->model.shutdown[0].group, "pci");
	assert_string_equal(f->model.shutdown[1].subject_detail, "nvme");
	assert_string_equal(f->model.shutdown[3].name, "eth0");
}

static void test_open_span(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span = built_span_at(&f->update.left, LUO_STATS_LOT_UPDATE, 0);

	span->state = LUO_STATS_OPEN;
	build(f);
	assert_int_equal(f->model.opens, 1);
	assert_int_equal(f->model.open[0].kind, LUO_STATS_FREEZE);
	assert_false(f->model.open[0].span.duration.known);
	assert_true(f->model.file[0].freeze.open);
	assert_false(f->model.file[0].freeze.duration.known);
}

static void test_failed_attempts(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_header *header = f->update.left.header;
	uint64_t i;

	header->leaving[1] = header->leaving[0];
	header->leaving[1].attempt = 2;
	header->attempts = 2;
	header->leaving[0] = (struct luo_stats_boundaries){ .attempt = 1, .result = -EBUSY };
	header->leaving[0].cycles[0] = true_cycles(-900 * MS);
	header->leaving[0].end_cycles = true_cycles(-890 * MS);
	build(f);
	assert_int_equal(f->model.attempts, 1);
	assert_int_equal(f->model.attempt[0].result, -EBUSY);
	assert_near(f->model.attempt[0].duration.ns, 10 * MS, 100);
	assert_true(f->model.blackout.known);
	/* The freezes are of attempt 1, and so not of this update. */
	assert_false(f->model.file[0].freeze.observed);
	for (i = 0; i < header->span_cursor[LUO_STATS_LOT_UPDATE]; i++)
		built_span_at(&f->update.left, LUO_STATS_LOT_UPDATE, i)->attempt = 2;
	build(f);
	assert_true(f->model.file[0].freeze.observed);

	/* The same kernel, after a given-up update: nothing but the attempt is there to see. */
	f->capture.section[CAPTURE_OUTGOING] = f->capture.section[CAPTURE_INCOMING];
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	build(f);
	assert_false(f->model.has_update);
	assert_int_equal(f->model.attempts, 1);
	assert_int_equal(f->model.phases, 0);
}

static void test_devices_need_b11(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_boundaries *set = &f->update.came.header->arriving;
	uint32_t subject = built_subject(&f->update.came, LUO_STATS_SUBJECT_FILE, "vm-1",
					 "vfio-pci-v1", "", 3);

	built_span(&f->update.came, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ARRIVING,
		   subject, true_cycles(1530 * MS), true_cycles(1531 * MS));
	build(f);
	assert_true(f->model.devices_take_part);
	assert_false(f->model.blackout.known);
	set->cycles[11] = true_cycles(1700 * MS);
	build(f);
	assert_near(f->model.blackout.ns, 1700 * MS, f->model.blackout_error_ns);
	assert_string_equal(f->model.phase[10].name, "resume");
	assert_int_equal(sum_of_phases(&f->model), f->model.blackout.ns);
	/* A device that is back before the last memfd does not end the blackout. */
	set->cycles[11] = true_cycles(1550 * MS);
	build(f);
	assert_near(f->model.blackout.ns, true_boundary_ns[10], f->model.blackout_error_ns);
	assert_int_equal(f->model.clock.verdict, CLOCK_VERIFIED);
}

static void test_disorder_is_withheld(void **state)
{
	struct fixture *f = *state;

	f->update.left.header->leaving[0].cycles[3] = true_cycles(-MS);
	build(f);
	assert_int_equal(f->model.boundary[3].source, MODEL_SOURCE_NONE);
	assert_int_equal(f->model.clock.verdict, CLOCK_CONTRADICTED);
	assert_false(f->model.blackout.known);
	f->update.left.header->leaving[0].cycles[3] = UINT64_MAX;
	build(f);
	assert_int_equal(f->model.boundary[3].source, MODEL_SOURCE_NONE);
	assert_false(f->model.blackout.known);
}

static void test_misplaced_spans(void **state)
{
	struct fixture *f = *state;

	built_span_at(&f->update.left, LUO_STATS_LOT_UPDATE, 0)->begin_cycles = true_cycles(-MS);
	built_span_at(&f->update.left, LUO_STATS_LOT_UPDATE, 1)->end_cycles =
		true_cycles(2000 * MS);
	built_span_at(&f->update.came, LUO_STATS_LOT_ANY, 0)->begin_cycles = true_cycles(5);
	build(f);
	assert_int_equal(f->model.losses.invalid_spans, 3);
	assert_false(f->model.file[0].freeze.observed);
	assert_false(f->model.file[0].retrieve.observed);
}

static void test_given_up_file(void **state)
{
	struct fixture *f = *state;
	uint32_t file =
		built_subject(&f->update.left, LUO_STATS_SUBJECT_FILE, "old", "memfd-v2", "", 1);
	uint32_t session =
		built_subject(&f->update.left, LUO_STATS_SUBJECT_SESSION, "old", "", "", 0);

	built_span(&f->update.left, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, LUO_STATS_LEAVING, file,
		   true_cycles(-9000 * MS), true_cycles(-8999 * MS));
	build(f);
	assert_int_equal(f->model.files, 4);
	built_span(&f->update.left, LUO_STATS_LOT_ANY, LUO_STATS_UNPRESERVE, LUO_STATS_LEAVING,
		   session, true_cycles(-8000 * MS), true_cycles(-7999 * MS));
	build(f);
	assert_int_equal(f->model.files, 3);
	assert_int_equal(f->model.sessions, 2);
}

static void test_losses_and_unknown_kinds(void **state)
{
	struct fixture *f = *state;

	f->update.left.header->dropped[LUO_STATS_SHUTDOWN] = 7;
	f->update.came.header->dropped[0] = 2;
	f->update.came.header->subjects_dropped = 1;
	built_span(&f->update.came, LUO_STATS_LOT_ANY, 77, LUO_STATS_ARRIVING, 0,
		   true_cycles(1500 * MS), true_cycles(1501 * MS));
	build(f);
	assert_int_equal(f->model.losses.dropped_total, 9);
	assert_int_equal(f->model.losses.dropped[LUO_STATS_SHUTDOWN], 7);
	assert_int_equal(f->model.losses.subjects_dropped, 1);
	assert_int_equal(f->model.others, 1);
	assert_int_equal(f->model.other[0].kind, 77);
	assert_int_equal(f->model.other[0].subject_kind, 0);
}

static void test_failed_then_plain_kexec(void **state)
{
	struct fixture *f = *state;

	f->update.left.header->leaving[0].result = -EINVAL;
	build(f);
	assert_false(f->model.blackout.known);
	assert_int_equal(f->model.boundary[0].source, MODEL_SOURCE_NONE);
	assert_int_equal(f->model.attempts, 1);
	assert_true(f->model.notes >= 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_truth),
		TEST(test_sum_is_exact),
		TEST(test_missing_inner_boundaries_merge),
		TEST(test_fallbacks),
		TEST(test_missing_begin),
		TEST(test_no_incoming),
		TEST(test_no_outgoing),
		TEST(test_no_area),
		TEST(test_other_chain),
		TEST(test_contradicted_clock),
		TEST(test_files_and_sessions),
		TEST(test_late_session),
		TEST(test_shutdowns_sorted),
		TEST(test_open_span),
		TEST(test_failed_attempts),
		TEST(test_devices_need_b11),
		TEST(test_disorder_is_withheld),
		TEST(test_misplaced_spans),
		TEST(test_given_up_file),
		TEST(test_losses_and_unknown_kinds),
		TEST(test_failed_then_plain_kexec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
