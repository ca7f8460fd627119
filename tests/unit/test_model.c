// SPDX-License-Identifier: GPL-2.0
/*
 * The model against an update whose truth is known.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <inttypes.h>
#include <string.h>
#include <cmocka.h>

#include "base/array.h"
#include "base/bounded.h"
#include "capture/capture.h"
#include "fixture.h"
#include "model/clock.h"
#include "model/model.h"
#include "model/steps.h"

static int64_t sum_of_phases(const struct model *model)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < model->phases; i++) {
		assert_true(model->phase[i].duration.known);
		assert_true(model->phase[i].duration.value >= 0);
		sum += model->phase[i].duration.value;
	}
	return sum;
}

static const struct model_file *file_of(const struct fixture *f, const char *session,
					uint64_t token)
{
	size_t i;

	for (i = 0; i < f->model.files; i++)
		if (!strcmp(f->model.file[i].session, session) && f->model.file[i].token == token)
			return &f->model.file[i];
	return NULL;
}

/* The span number @index of those of @kind, from 0. */
static struct luo_stats_span *nth_span(struct built_area *area, unsigned int kind,
				       unsigned int index)
{
	unsigned int lot;
	uint64_t i;

	for (lot = 0; lot < LUO_STATS_LOTS; lot++) {
		for (i = 0; i < area->header->span_cursor[lot]; i++) {
			struct luo_stats_span *span = built_span_at(area, lot, i);

			if (span->kind == kind && !index--)
				return span;
		}
	}
	fail_msg("there is no such span");
	return NULL;
}

static uint32_t file_subject(struct built_area *area, const char *session, uint64_t token,
			     const char *handler)
{
	return built_subject(area, LUO_STATS_SUBJECT_FILE, session, handler, "", token);
}

static struct luo_stats_span *add_retrieve(struct fixture *f, uint32_t subject, int64_t begin_ns,
					   int64_t end_ns, int result)
{
	struct luo_stats_span *span = built_span(&f->update.new, LUO_STATS_LOT_ANY,
						 LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW, subject,
						 true_cycles(begin_ns), true_cycles(end_ns));

	span->result = result;
	return span;
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
	assert_within(m->blackout.value, true_boundary_ns[10], bounded_error(m->blackout));
	assert_true(bounded_error(m->blackout) < 200000);
	assert_int_equal(m->end_slot, 10);
	for (slot = 0; slot <= 10; slot++) {
		assert_true(m->boundary[slot].start.known);
		/* The rate is 5 ppm off: 8 us in 1.6 s. */
		assert_within(m->boundary[slot].time_ns, true_boundary_ns[slot],
			      m->boundary[slot].error_ns + 9000);
	}
	assert_int_equal(m->boundary[7].source, MODEL_SOURCE_RECKONED);
	assert_int_equal(m->boundary[8].source, MODEL_SOURCE_LOG);
	assert_true(m->boundary[7].error_ns > 0);
	assert_int_equal(m->boundary[11].source, MODEL_SOURCE_NONE);
	assert_within(m->begin_realtime_ns.value, B0_REALTIME_NS, 1000);
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
			f->update.old.header->as_old_kernel[0].cycles[slot] += rand() % 1000;
		build(f);
		if (f->model.blackout.known)
			assert_int_equal(sum_of_phases(&f->model), f->model.blackout.value);
	}
	assert_true(f->model.has_end);
}

static void test_missing_inner_boundaries_merge(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_boundaries *set = &f->update.old.header->as_old_kernel[0];

	set->cycles[1] = 0;
	set->end_cycles = 0;
	set->cycles[4] = 0;
	set->cycles[5] = 0;
	build(f);
	assert_int_equal(f->model.phases, 7);
	assert_string_equal(f->model.phase[0].name, "freeze+notifiers");
	assert_string_equal(f->model.phase[2].name,
			    "system_core_shutdown+machine_shutdown+dumpers");
	assert_int_equal(sum_of_phases(&f->model), f->model.blackout.value);
}

static void test_fallbacks(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_boundaries *set = &f->update.old.header->as_old_kernel[0];

	set->cycles[1] = 0; /* the return of liveupdate_reboot is known too */
	set->cycles[2] = 0;
	set->cycles[6] = 0;
	build(f);
	assert_int_equal(f->model.boundary[1].source, MODEL_SOURCE_FEXIT);
	assert_int_equal(f->model.boundary[2].source, MODEL_SOURCE_NOTIFIER);
	assert_int_equal(f->model.boundary[6].source, MODEL_SOURCE_DUMPER);
	assert_within(f->model.boundary[2].time_ns, 12500000, 100);
	assert_int_equal(f->model.phases, 10);

	/* A notifier that ran before B0 is of an earlier attempt. */
	f->update.old.header->anchor[LUO_STATS_ANCHOR_NOTIFIER].cycles = true_cycles(-MS);
	build(f);
	assert_int_equal(f->model.boundary[2].source, MODEL_SOURCE_NONE);
	assert_int_equal(f->model.notes, 0);
}

static void test_missing_begin(void **state)
{
	struct fixture *f = *state;

	f->update.old.header->as_old_kernel[0].cycles[0] = 0;
	build(f);
	assert_false(f->model.has_end);
	assert_int_equal(f->model.origin_slot, 1);
	assert_int_equal(f->model.phases, 9);
	assert_string_equal(f->model.phase[0].name, "notifiers");
	assert_false(f->model.session[0].downtime.known);
	assert_false(f->model.begin_realtime_ns.known);
}

static void test_no_incoming(void **state)
{
	struct fixture *f = *state;
	size_t i;

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	build(f);
	assert_true(f->model.has_update);
	assert_false(f->model.has_old_kernel);
	assert_false(f->model.has_end);
	assert_int_equal(f->model.phases, 3);
	assert_string_equal(f->model.phase[0].name, "kernel_boot");
	assert_within(f->model.phase[0].duration.value, true_boundary_ns[8] - true_boundary_ns[7],
		      bounded_error(f->model.phase[0].duration) + 20000);
	assert_string_equal(f->model.from_release, "");
	assert_int_equal(f->model.files, 3);
	for (i = 0; i < 3; i++) {
		assert_true(f->model.file[i].step[STEP_RETRIEVE].observed);
		assert_false(f->model.file[i].step[STEP_FREEZE].observed);
		assert_false(f->model.file[i].downtime.known);
	}
}

static void assert_parts(const struct model_phase *phase, size_t parts,
			 const enum model_part_kind *kinds)
{
	int64_t sum = 0;
	size_t i;

	assert_int_equal(phase->parts, parts);
	for (i = 0; i < parts; i++) {
		assert_int_equal(phase->part[i].kind, kinds[i]);
		assert_true(phase->part[i].start.known);
		assert_int_equal(phase->part[i].start.value, phase->start.value + sum);
		assert_true(phase->part[i].duration.value > 0);
		sum += phase->part[i].duration.value;
	}
	if (parts)
		assert_int_equal(sum, phase->duration.value);
}

static void test_parts_of_the_boot(void **state)
{
	static const enum model_part_kind jump[] = { MODEL_PART_BEFORE_SETUP_ARCH,
						     MODEL_PART_SETUP_ARCH };
	static const enum model_part_kind boot[] = { MODEL_PART_BEFORE_INITCALLS,
						     MODEL_PART_INITCALLS,
						     MODEL_PART_AFTER_INITCALLS };
	static const enum model_part_kind joined[] = {
		MODEL_PART_BEFORE_SETUP_ARCH,
		MODEL_PART_SETUP_ARCH,
		MODEL_PART_INITCALLS,
		MODEL_PART_AFTER_INITCALLS,
	};
	struct fixture *f = *state;
	__u64 *cycles = f->update.new.header->as_new_kernel.cycles;
	const struct model *m = &f->model;
	size_t i;

	build(f);
	for (i = 0; i < m->phases; i++)
		assert_int_equal(m->phase[i].parts, 0);

	built_in_stamps(&f->update.new, 780 * MS, 900 * MS, 1300 * MS);
	build(f);
	assert_int_equal(m->phases, 10);
	assert_int_equal(m->boundary[7].source, MODEL_SOURCE_MODULE);
	assert_within(m->boundary[7].error_ns, 1000, 2);
	assert_parts(&m->phase[6], 2, jump);
	assert_within(m->phase[6].part[0].duration.value, 780 * MS - true_boundary_ns[6], 9000);
	assert_parts(&m->phase[7], 3, boot);
	assert_within(m->phase[7].part[1].duration.value, 400 * MS, 9000);
	for (i = 0; i < m->phases; i++)
		if (i != 6 && i != 7)
			assert_int_equal(m->phase[i].parts, 0);

	/* A boundary between them that was not observed joins the parts as it joins the phases. */
	cycles[LUO_STATS_B7_TIME_ZERO] = 0;
	f->update.new.header->anchor[LUO_STATS_ANCHOR_LOAD].flags = 0;
	f->update.new.header->anchor[LUO_STATS_ANCHOR_READ].sched_cycles = 0;
	cycles[LUO_STATS_B8_INIT] = true_cycles(true_boundary_ns[8]);
	build(f);
	assert_string_equal(m->phase[6].name, "jump+kernel_boot");
	assert_parts(&m->phase[6], 4, joined);
}

static void test_odd_parts(void **state)
{
	static const enum model_part_kind jump[] = { MODEL_PART_BEFORE_SETUP_ARCH,
						     MODEL_PART_SETUP_ARCH };
	struct fixture *f = *state;
	__u64 *cycles = f->update.new.header->as_new_kernel.cycles;
	const struct model *m = &f->model;

	/* Where one of two is missing, what lies between them cannot be named. */
	built_in_stamps(&f->update.new, 780 * MS, 900 * MS, 1300 * MS);
	cycles[LUO_STATS_LAST_INITCALL] = 0;
	build(f);
	assert_parts(&m->phase[6], 2, jump);
	assert_int_equal(m->phase[7].parts, 0);

	/* Stamps in another order, or outside of the phase that they belong to. */
	cycles[LUO_STATS_LAST_INITCALL] = true_cycles(850 * MS);
	build(f);
	assert_int_equal(m->phase[7].parts, 2);
	cycles[LUO_STATS_FIRST_INITCALL] = UINT64_MAX;
	cycles[LUO_STATS_LAST_INITCALL] = 1;
	f->update.new.header->anchor[LUO_STATS_ANCHOR_EARLY].cycles = true_cycles(250 * MS);
	build(f);
	assert_int_equal(m->phase[6].parts, 0);
	assert_int_equal(m->phase[7].parts, 0);
}

/* What is joined with a phase that may have lasted longer: so may its last part. */
static void test_last_part_is_lower_bound(void **state)
{
	struct fixture *f = *state;
	__u64 *cycles = f->update.new.header->as_new_kernel.cycles;
	const struct model_phase *phase;

	built_in_stamps(&f->update.new, 780 * MS, 900 * MS, 1300 * MS);
	cycles[LUO_STATS_B8_INIT] = cycles[LUO_STATS_B9_LUO_OPEN] = 0;
	f->capture.section[CAPTURE_KLOG].bytes = NULL;
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	build(f);
	phase = &f->model.phase[7];
	assert_string_equal(phase->name, "kernel_boot+userspace+retrieve");
	assert_true(bounded_is_lower_bound(phase->duration));
	assert_int_equal(phase->parts, 3);
	assert_false(bounded_is_lower_bound(phase->part[1].duration));
	assert_true(bounded_is_lower_bound(phase->part[2].duration));
}

static void test_no_outgoing(void **state)
{
	struct fixture *f = *state;

	f->capture.section[CAPTURE_OUTGOING].bytes = NULL;
	build(f);
	assert_false(f->model.has_end);
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

	f->update.old.header->chain_id++;
	built_seal(&f->update.old);
	build(f);
	assert_false(f->model.has_old_kernel);
	assert_false(f->model.has_end);
	assert_int_equal(f->model.notes, 1);
	f->update.old.header->chain_id--;
	f->update.old.header->generation--;
	built_seal(&f->update.old);
	build(f);
	assert_false(f->model.has_old_kernel);
}

static void log_handover(struct fixture *f, const char *line)
{
	strcat(f->update.klog, line);
	f->capture.section[CAPTURE_KLOG].size = strlen(f->update.klog);
	build(f);
}

/* KHO keeps a record of its own, also in a kernel that has nothing of ours. */
static void test_handover_record(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_int_equal(f->model.kexec_count, 0);
	log_handover(f, "5000,KHO: exec from: 7.2.12 (count 7)\n");
	assert_int_equal(f->model.kexec_count, 7);
	assert_int_equal(f->model.generation, 5);
	assert_int_equal(f->model.notes, 0);
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	build(f);
	assert_string_equal(f->model.from_release, "7.2.12");
}

static void test_handover_record_is_parsed(void **state)
{
	static const char *const wrong[] = {
		"5000,KHO: exec from: 7.2.12\n",
		"5000,KHO: exec from: 7.2.12 (count )\n",
		"5000,KHO: exec from: 7.2.12 (count 4294967296)\n",
		"5000,KHO: exec from: 7.2.12 (count 3\n",
		"5000,KHO: exec from: 7.2.12 )\n",
		"5000,KHO: exec from: )\n",
		"5000,KHO: exec from: 7.\xd5 (count 3)\n",
		"5000,KHO: exec from: 01234567890123456789012345678901234567890123456789012345678901234567890123456789 (count 3)\n",
	};
	struct fixture *f = *state;
	size_t i;

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		log_handover(f, wrong[i]);
		assert_int_equal(f->model.kexec_count, 0);
		assert_string_equal(f->model.from_release, "");
	}
	log_handover(f, "5000,KHO: exec from: 7.2.12 (count 3)\n");
	assert_string_equal(f->model.from_release, "7.2.12");
	assert_int_equal(f->model.kexec_count, 3);
}

/* KHO counts at least as many as the stats areas do. */
static void test_handover_contradicts(void **state)
{
	struct fixture *f = *state;

	log_handover(f, "5000,KHO: exec from: 7.2.12 (count 4)\n");
	assert_true(
		has_note(f, "counts 5 live updates since the last ordinary boot, and KHO only 4"));
}

static void test_contradicted_clock(void **state)
{
	struct fixture *f = *state;
	unsigned int slot;

	f->update.new.header->anchor[LUO_STATS_ANCHOR_READ].flags |= LUO_STATS_COUNTER_UNSTABLE;
	build(f);
	assert_int_equal(f->model.clock.verdict, CLOCK_CONTRADICTED);
	assert_false(f->model.has_end);
	for (slot = 0; slot < 10; slot++) {
		const struct model_phase *phase = &f->model.phase[slot];

		if (phase->begin == 6)
			assert_false(phase->duration.known);
		else
			assert_true(phase->duration.known);
		assert_true(phase->start.known == (phase->begin <= 6));
	}
	assert_false(f->model.file[0].downtime.known);
	assert_false(f->model.file[0].step[STEP_RETRIEVE].start.known);
	assert_true(f->model.file[0].step[STEP_RETRIEVE].duration.known);
	assert_false(f->model.session[0].downtime.known);
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
	assert_within(file->step[STEP_PRESERVE].start.value, -4998 * MS, 30000);
	assert_within(file->step[STEP_PRESERVE].duration.value, 10 * MS, 100);
	assert_within(file->step[STEP_FREEZE].start.value, 6 * MS, 100);
	assert_within(file->step[STEP_RETRIEVE].duration.value, 2 * MS, 100);
	assert_within(file->downtime.value, true_boundary_ns[10] - 6 * MS, 10000);
	assert_int_equal(f->model.sessions, 2);
	assert_int_equal(f->model.session[0].files, 2);
	assert_within(f->model.session[0].downtime.value, 1540 * MS, 10000);
	assert_int_equal(f->model.session[1].downtime.value, f->model.blackout.value);
	assert_false(f->model.session[1].late);
	assert_true(f->model.session[1].step[STEP_FREEZE].observed);
	assert_false(f->model.session[1].step[STEP_RETRIEVE].observed);
}

/* The first retrieve counts: another thread only waited for it. One that was given up is no row. */
static void test_flbs(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;
	uint32_t subject = built_subject(old, LUO_STATS_SUBJECT_FLB, "shared-v1", "", "", 0);

	built_span(old, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, subject,
		   true_cycles(-4000 * MS), true_cycles(-3990 * MS));
	subject = built_subject(old, LUO_STATS_SUBJECT_FLB, "given-up", "", "", 0);
	built_span(old, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, subject,
		   true_cycles(-4000 * MS), true_cycles(-3990 * MS));
	built_span(old, LUO_STATS_LOT_ANY, LUO_STATS_UNPRESERVE, LUO_STATS_ROLE_OLD, subject,
		   true_cycles(-3000 * MS), true_cycles(-2990 * MS));
	subject = built_subject(new, LUO_STATS_SUBJECT_FLB, "shared-v1", "", "", 0);
	built_span(new, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW, subject,
		   true_cycles(1519 * MS), true_cycles(1520 * MS));
	built_span(new, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW, subject,
		   true_cycles(1510 * MS), true_cycles(1520 * MS));
	build(f);
	assert_int_equal(f->model.flbs, 1);
	assert_string_equal(f->model.flb[0].name, "shared-v1");
	assert_within(f->model.flb[0].step[STEP_PRESERVE].duration.value, 10 * MS, 100);
	assert_within(f->model.flb[0].step[STEP_RETRIEVE].duration.value, 10 * MS, 100);
	assert_false(f->model.flb[0].step[STEP_FINISH].observed);
	assert_int_equal(f->model.files, 3);
	assert_int_equal(f->model.others, 0);
	assert_true(f->model.files_missing_known);
}

static void test_late_session(void **state)
{
	struct fixture *f = *state;
	uint32_t subject =
		built_subject(&f->update.new, LUO_STATS_SUBJECT_FILE, "vm-3", "memfd-v2", "", 9);

	built_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW,
		   subject, true_cycles(86400LL * 1000 * MS),
		   true_cycles(86400LL * 1000 * MS + MS));
	build(f);
	assert_within(f->model.blackout.value, true_boundary_ns[10],
		      bounded_error(f->model.blackout));
	assert_true(f->model.session[2].late);
	assert_within(f->model.session[2].downtime.value, 86400LL * 1000 * MS + MS, 500 * MS);
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
	struct luo_stats_span *span = built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, 0);

	span->state = LUO_STATS_OPEN;
	build(f);
	assert_int_equal(f->model.opens, 1);
	assert_int_equal(f->model.open[0].kind, LUO_STATS_FREEZE);
	assert_false(f->model.open[0].span.duration.known);
	assert_true(f->model.file[0].step[STEP_FREEZE].open);
	assert_false(f->model.file[0].step[STEP_FREEZE].duration.known);
}

static void test_failed_attempts(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_header *header = f->update.old.header;
	uint64_t i;

	header->as_old_kernel[1] = header->as_old_kernel[0];
	header->as_old_kernel[1].attempt = 2;
	header->attempts = 2;
	header->as_old_kernel[0] = (struct luo_stats_boundaries){ .attempt = 1, .result = -EBUSY };
	header->as_old_kernel[0].cycles[0] = true_cycles(-900 * MS);
	header->as_old_kernel[0].end_cycles = true_cycles(-890 * MS);
	build(f);
	assert_int_equal(f->model.attempts, 1);
	assert_int_equal(f->model.attempt[0].result, -EBUSY);
	assert_within(f->model.attempt[0].duration.value, 10 * MS, 100);
	assert_within(f->model.attempt[0].start.value, -900 * MS, 20000);
	assert_true(f->model.has_end);
	/* It is not where it belongs, and what is there is no start of it. */
	header->as_old_kernel[2] = header->as_old_kernel[0];
	header->as_old_kernel[0].attempt = 9;
	header->as_old_kernel[0].cycles[0] = true_cycles(-800 * MS);
	build(f);
	assert_int_equal(f->model.attempts, 1);
	assert_false(f->model.attempt[0].start.known);
	header->as_old_kernel[0] = header->as_old_kernel[2];
	header->as_old_kernel[2] = (struct luo_stats_boundaries){};
	/* The freezes are of attempt 1, and so not of this update. */
	assert_false(f->model.file[0].step[STEP_FREEZE].observed);
	for (i = 0; i < header->span_cursor[LUO_STATS_LOT_UPDATE]; i++)
		built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, i)->attempt = 2;
	build(f);
	assert_true(f->model.file[0].step[STEP_FREEZE].observed);

	/* The same kernel, after a given-up update: nothing but the attempt is there to see. */
	f->capture.section[CAPTURE_OUTGOING] = f->capture.section[CAPTURE_INCOMING];
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	build(f);
	assert_false(f->model.has_update);
	assert_int_equal(f->model.attempts, 1);
	assert_int_equal(f->model.phases, 0);
}

static void test_cause_of_an_attempt(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_header *header = f->update.old.header;
	struct luo_stats_span *file = nth_span(&f->update.old, LUO_STATS_FREEZE, 1), *device;

	header->as_old_kernel[0].result = -EBUSY;
	header->as_old_kernel[0].end_cycles = header->as_old_kernel[0].cycles[0] + 1000000;
	build(f);
	assert_int_equal(f->model.attempts, 1);
	assert_int_equal(f->model.attempt[0].cause_kind, 0);
	/* The first one that failed; one of another attempt says nothing of this one. */
	file->result = -EBUSY;
	nth_span(&f->update.old, LUO_STATS_FREEZE, 2)->result = -EBUSY;
	nth_span(&f->update.old, LUO_STATS_FREEZE, 0)->result = -EIO;
	nth_span(&f->update.old, LUO_STATS_FREEZE, 0)->attempt = 7;
	build(f);
	assert_int_equal(f->model.attempt[0].cause_kind, LUO_STATS_SUBJECT_FILE);
	assert_int_equal(f->model.attempt[0].cause_key, 2);
	assert_string_equal(f->model.attempt[0].cause, "vm-1");
	/* A device says more than its file, whichever comes first. */
	device = built_device_span(&f->update.old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD,
				   "0000:81:00.0", 8 * MS, 9 * MS);
	device->result = -EINVAL;
	device->attempt = 1;
	build(f);
	assert_int_equal(f->model.attempt[0].cause_kind, LUO_STATS_SUBJECT_DEVICE);
	assert_string_equal(f->model.attempt[0].cause, "0000:81:00.0");
}

/* What a failed attempt did is no part of the update, but it is placed on the same clock. */
static void test_spans_of_a_failed_attempt(void **state)
{
	struct fixture *f = *state;
	const struct model_subject_span *entry;
	struct luo_stats_span *span;

	built_failed_attempt(&f->update);
	span = built_device_span(&f->update.old, LUO_STATS_UNFREEZE, LUO_STATS_ROLE_OLD,
				 "0000:81:00.0", -893 * MS, -892 * MS);
	span->attempt = 1;
	span = built_device_span(&f->update.old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD,
				 "0000:81:00.0", -899 * MS, -895 * MS);
	span->attempt = 1;
	span->result = -EBUSY;
	/* Not in the attempt: of another one, after its end, not what an attempt does. */
	built_device_span(&f->update.old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, "0000:81:00.0",
			  -899 * MS, -895 * MS);
	built_device_span(&f->update.old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, "0000:81:00.0",
			  -889 * MS, -888 * MS)
		->attempt = 1;
	built_device_span(&f->update.old, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, "0000:81:00.0",
			  -899 * MS, -898 * MS)
		->attempt = 1;
	build(f);
	assert_int_equal(f->model.attempts, 1);
	assert_within(f->model.attempt[0].start.value, -900 * MS, 10000);
	assert_int_equal(f->model.attempt_spans, 2);
	entry = f->model.attempt_span;
	assert_int_equal(entry[0].kind, LUO_STATS_FREEZE);
	assert_int_equal(entry[0].span.result, -EBUSY);
	assert_string_equal(entry[0].name, "0000:81:00.0");
	assert_within(entry[0].span.start.value, -899 * MS, 10000);
	assert_within(entry[0].span.duration.value, 4 * MS, 100);
	assert_int_equal(entry[1].kind, LUO_STATS_UNFREEZE);
	assert_true(model_attempt_has(&f->model, &f->model.attempt[0], &entry[0]));

	/* Without an update, the first attempt is time 0. */
	f->capture.section[CAPTURE_OUTGOING] = f->capture.section[CAPTURE_INCOMING];
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	build(f);
	assert_false(f->model.has_update);
	assert_int_equal(f->model.attempt[0].start.value, 0);
	assert_int_equal(f->model.attempt_spans, 2);
	assert_within(f->model.attempt_span[0].span.start.value, 1 * MS, 100);
	assert_true(model_attempt_has(&f->model, &f->model.attempt[0], f->model.attempt_span));
}

static void test_failed_retrieve(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *retrieve = nth_span(&f->update.new, LUO_STATS_RETRIEVE, 2);

	retrieve->result = -EIO;
	build(f);
	assert_int_equal(file_of(f, "vm-2", 1)->step[STEP_RETRIEVE].result, -EIO);
	/* It is not back, so it was down for at least that long. */
	assert_true(bounded_is_lower_bound(file_of(f, "vm-2", 1)->downtime));
	assert_true(file_of(f, "vm-2", 1)->takes_part);
	/* So was its session, from the start of the blackout to its end. */
	assert_true(bounded_is_lower_bound(f->model.session[1].downtime));
	assert_int_equal(f->model.session[1].downtime.value, f->model.blackout.value);
	assert_false(f->model.session[1].late);
	assert_int_equal(f->model.session[1].files, 1);
	assert_true(file_of(f, "vm-2", 1)->not_back);
	assert_false(file_of(f, "vm-1", 1)->not_back);
	assert_int_equal(f->model.session[0].files_missing, 0);
	assert_int_equal(f->model.session[1].files_missing, 1);
	/* The blackout ends with the last file that did come back. */
	assert_within(f->model.blackout.value, 1540 * MS, bounded_error(f->model.blackout));
	assert_true(f->model.files_missing_known);
	assert_int_equal(f->model.files_missing, 1);
	assert_true(has_note(f, "1 of 3 files did not come back; the blackout ends with the last"));

	/* Of a finish that failed, what comes after it is not too late. */
	retrieve->result = 0;
	nth_span(&f->update.new, LUO_STATS_SESSION_FINISH, 1)->begin_cycles =
		true_cycles(1510 * MS);
	build(f);
	assert_false(f->model.session[1].downtime.known);
	nth_span(&f->update.new, LUO_STATS_SESSION_FINISH, 1)->result = -EBUSY;
	build(f);
	assert_true(f->model.session[1].downtime.known);
}

static void test_file_that_never_was(void **state)
{
	struct fixture *f = *state;
	uint32_t subject = file_subject(&f->update.new, "vm-1", 99, "");

	add_retrieve(f, subject, 3000 * MS, 3001 * MS, -ENOENT);
	build(f);
	assert_int_equal(f->model.files, 4);
	assert_non_null(file_of(f, "vm-1", 99));
	assert_false(file_of(f, "vm-1", 99)->takes_part);
	assert_int_equal(file_of(f, "vm-1", 99)->step[STEP_RETRIEVE].result, -ENOENT);
	assert_int_equal(f->model.session[0].files, 2);
	assert_within(f->model.session[0].downtime.value, 1540 * MS, 10000);
	assert_false(f->model.session[0].late);
	assert_int_equal(f->model.files_missing, 0);
	assert_within(f->model.blackout.value, true_boundary_ns[10],
		      bounded_error(f->model.blackout));
}

static void test_missing_files(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_header *old = f->update.old.header, *new = f->update.new.header;
	unsigned int i;

	build(f);
	assert_true(f->model.files_missing_known);
	assert_int_equal(f->model.files_frozen, 3);
	assert_int_equal(f->model.files_missing, 0);
	assert_int_equal(f->model.notes, 0);
	/* All are back: then it does not matter that more could have been seen. */
	new->dropped[LUO_STATS_RETRIEVE] = 1;
	build(f);
	assert_true(f->model.files_missing_known);
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 0)->result = -EIO;
	build(f);
	assert_false(f->model.files_missing_known);
	assert_false(has_note(f, "did not come back"));
	assert_false(f->model.file[0].not_back);
	assert_int_equal(f->model.session[0].files_missing, 1);
	new->dropped[LUO_STATS_RETRIEVE] = 0;
	old->dropped[LUO_STATS_FREEZE] = 1;
	build(f);
	assert_false(f->model.files_missing_known);
	old->dropped[LUO_STATS_FREEZE] = 0;

	/* It may have come back before the probes were there. */
	new->as_new_kernel.cycles[9] = 0;
	new->as_new_kernel.cycles[LUO_STATS_PROBES_READY] = true_cycles(1501 * MS);
	build(f);
	assert_false(f->model.files_missing_known);
	new->as_new_kernel.cycles[LUO_STATS_INIT_DONE] = true_cycles(1502 * MS);
	build(f);
	assert_true(f->model.files_missing_known);
	assert_int_equal(f->model.files_missing, 1);

	for (i = 0; i < 3; i++)
		nth_span(&f->update.new, LUO_STATS_RETRIEVE, i)->result = -EIO;
	new->as_new_kernel.cycles[10] = 0;
	build(f);
	assert_int_equal(f->model.files_missing, 3);
	assert_true(has_note(f, "none of 3 files came back"));
	assert_false(f->model.has_end);

	/* A file that came back without having been seen to freeze: there may be more of them. */
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 0)->result = 0;
	nth_span(&f->update.old, LUO_STATS_FREEZE, 0)->state = LUO_STATS_FREE;
	build(f);
	assert_false(f->model.files_missing_known);

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	build(f);
	assert_false(f->model.files_missing_known);
}

static void test_end_is_believable(void **state)
{
	const int64_t day = 86400LL * 1000 * MS;
	struct fixture *f = *state;
	__u64 *stamp = f->update.new.header->as_new_kernel.cycles;
	uint32_t subject[3];
	int64_t i;

	/* Probes that were attached anew moved the stamp on. */
	for (i = 0; i < 3; i++)
		subject[i] = file_subject(&f->update.new, "vm-3", i, "memfd-v2");
	add_retrieve(f, subject[0], day, day + MS, 0);
	stamp[10] = true_cycles(day + MS);
	build(f);
	assert_within(f->model.blackout.value, true_boundary_ns[10],
		      bounded_error(f->model.blackout));
	assert_true(f->model.session[2].late);
	assert_false(f->model.session[1].late);

	/* Each no more than a minute after the one before it. */
	add_retrieve(f, subject[1], 60000 * MS, 60001 * MS, 0);
	add_retrieve(f, subject[2], 120000 * MS, 120001 * MS, 0);
	build(f);
	assert_within(f->model.blackout.value, 120001 * MS, 2 * MS);
	assert_string_equal(f->model.phase[9].name, "retrieve");

	/* A retrieve that fails, or that only repeats another, bridges nothing. */
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 4)->result = -EIO;
	build(f);
	assert_within(f->model.blackout.value, true_boundary_ns[10],
		      bounded_error(f->model.blackout));
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 4)->result = 0;
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 4)->subject =
		nth_span(&f->update.new, LUO_STATS_RETRIEVE, 0)->subject;
	build(f);
	assert_within(f->model.blackout.value, true_boundary_ns[10],
		      bounded_error(f->model.blackout));
}

static void test_end_counts_from_the_probes(void **state)
{
	struct fixture *f = *state;
	__u64 *stamp = f->update.new.header->as_new_kernel.cycles;
	unsigned int i;

	stamp[9] = 0;
	stamp[LUO_STATS_PROBES_READY] = true_cycles(1450 * MS);
	build(f);
	assert_within(f->model.blackout.value, true_boundary_ns[10],
		      bounded_error(f->model.blackout));
	assert_string_equal(f->model.phase[8].name, "userspace+retrieve");
	assert_true(has_note(f, "the probes were in place only "));
	assert_true(has_note(f, " ms after init was executed; what came before was not watched"));
	assert_within(strtod(strpbrk(f->model.note[0], "0123456789"), NULL), 50, 1);
	/* Nothing could come before the probes of 'luoscope init'. */
	stamp[LUO_STATS_INIT_DONE] = true_cycles(1460 * MS);
	build(f);
	assert_int_equal(f->model.notes, 0);
	stamp[LUO_STATS_INIT_DONE] = 0;

	/* User space may take some minutes to start a VMM; that is blackout. */
	stamp[9] = true_cycles(1450 * MS);
	stamp[LUO_STATS_PROBES_READY] = 0;
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 0)->end_cycles = true_cycles(501000 * MS);
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 0)->begin_cycles = true_cycles(500000 * MS);
	for (i = 1; i < 3; i++)
		nth_span(&f->update.new, LUO_STATS_RETRIEVE, i)->result = -EIO;
	build(f);
	assert_within(f->model.blackout.value, 501000 * MS, bounded_error(f->model.blackout));
	assert_true(f->model.has_end);
	for (i = 1; i < 3; i++)
		nth_span(&f->update.new, LUO_STATS_RETRIEVE, i)->result = 0;

	/* Files that come back long after it was possible do not belong to the update. */
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 0)->end_cycles = true_cycles(700000 * MS);
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 0)->begin_cycles = true_cycles(690000 * MS);
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 1)->result = -EIO;
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 2)->result = -EIO;
	nth_span(&f->update.new, LUO_STATS_SESSION_FINISH, 0)->result = -EBUSY;
	build(f);
	assert_int_equal(f->model.boundary[10].source, MODEL_SOURCE_NONE);
	assert_false(f->model.has_end);
	/* But the blackout lasted that long. */
	assert_within(f->model.blackout.value, 601450 * MS, 10 * MS);
	assert_true(bounded_is_lower_bound(f->model.blackout));
	assert_true(f->model.session[0].late);
	assert_true(has_note(f, "no file came back within 600 s of the open of /dev/liveupdate"));
	stamp[9] = 0;
	stamp[LUO_STATS_PROBES_READY] = true_cycles(1450 * MS);
	build(f);
	assert_false(f->model.has_end);
	assert_true(has_note(f, "within 600 s of the time at which the probes were in place"));
	stamp[LUO_STATS_PROBES_READY] = true_cycles(100000 * MS);
	build(f);
	assert_within(f->model.blackout.value, 700000 * MS, 20 * MS);
	assert_true(f->model.has_end);
}

static void test_devices_of_late_files_end_no_blackout(void **state)
{
	const int64_t late = 700000 * MS;
	struct fixture *f = *state;
	struct luo_stats_span *span;
	unsigned int i;

	built_devices(&f->update);
	for (i = 0; i < 5; i++) {
		span = nth_span(&f->update.new, LUO_STATS_RETRIEVE, i);
		span->begin_cycles = true_cycles(late);
		span->end_cycles = true_cycles(late + MS);
	}
	for (i = 0; i < 2; i++) {
		span = nth_span(&f->update.new, LUO_STATS_IRQ_SETUP, i);
		span->begin_cycles = true_cycles(late + 2 * MS);
		span->end_cycles = true_cycles(late + 3 * MS);
	}
	build(f);
	assert_true(has_note(f, "the blackout has no end"));
	assert_false(f->model.has_end);
	assert_true(bounded_is_lower_bound(f->model.blackout));
	assert_within(f->model.blackout.value, 601500 * MS, 10 * MS);
	assert_int_equal(f->model.boundary[11].source, MODEL_SOURCE_NONE);
	/* They are back, which no note about the end of the blackout may contradict. */
	assert_int_equal(f->model.devices_missing, 0);
	assert_int_equal(f->model.devices_late, 2);
	assert_false(has_note(f, "the blackout ends with"));
}

static void test_end_without_spans(void **state)
{
	struct fixture *f = *state;
	__u64 *stamp = f->update.new.header->as_new_kernel.cycles;
	unsigned int i;

	for (i = 0; i < 3; i++)
		nth_span(&f->update.new, LUO_STATS_RETRIEVE, 0)->kind = 77;
	build(f);
	assert_within(f->model.blackout.value, true_boundary_ns[10],
		      bounded_error(f->model.blackout));
	stamp[10] = true_cycles(602000 * MS);
	build(f);
	assert_int_equal(f->model.boundary[10].source, MODEL_SOURCE_NONE);
	assert_true(has_note(f, "the stamp of B10 is withheld: it lies too long after"));
	stamp[10] = true_cycles(62000 * MS);

	/* Some were dropped: those that are there bridge the gap to the stamp. */
	add_retrieve(f, file_subject(&f->update.new, "vm-1", 1, "memfd-v2"), 50000 * MS, 50001 * MS,
		     0);
	build(f);
	assert_within(f->model.blackout.value, 50001 * MS, MS);
	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 5;
	build(f);
	assert_within(f->model.blackout.value, 62000 * MS, MS);
	/* One that is known without its name counts as well. */
	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 0;
	add_retrieve(f, 0, 55000 * MS, 55001 * MS, 0);
	build(f);
	assert_within(f->model.blackout.value, 55001 * MS, MS);
}

static void test_init_by_the_log(void **state)
{
	struct fixture *f = *state;
	__u64 *stamp = f->update.new.header->as_new_kernel.cycles;

	/* An initramfs came first. */
	stamp[8] = true_cycles(true_boundary_ns[8] + 45 * MS);
	build(f);
	assert_int_equal(f->model.boundary[8].source, MODEL_SOURCE_LOG);
	assert_within(f->model.boundary[8].time_ns, true_boundary_ns[8],
		      f->model.boundary[8].error_ns + 9000);
	assert_true(f->model.boundary[8].error_ns > 0);
	assert_int_equal(sum_of_phases(&f->model), f->model.blackout.value);
	/* Within the log's error the stamp is the better one. */
	stamp[8] = f->model.boundary[8].cycles + 2400;
	build(f);
	assert_int_equal(f->model.boundary[8].source, MODEL_SOURCE_INIT);
	assert_int_equal(f->model.boundary[8].error_ns, 0);
	assert_true(f->model.boundary[8].cycles == stamp[8]);
	/* The log of another boot, or one that cannot be mapped, changes nothing. */
	stamp[8] = true_cycles(true_boundary_ns[8] - 45 * MS);
	build(f);
	assert_int_equal(f->model.boundary[8].source, MODEL_SOURCE_INIT);
}

static void test_luoscope_init(void **state)
{
	struct fixture *f = *state;
	__u64 *stamp = f->update.new.header->as_new_kernel.cycles;

	stamp[LUO_STATS_PROBES_READY] = true_cycles(1480 * MS);
	build(f);
	assert_false(f->model.luoscope_init.known);
	stamp[LUO_STATS_INIT_DONE] = true_cycles(1490 * MS);
	build(f);
	assert_false(f->model.luoscope_init.known);
	/* From its own stamp on, wherever the log has init. */
	stamp[8] = true_cycles(1440 * MS);
	build(f);
	assert_int_equal(f->model.boundary[8].source, MODEL_SOURCE_LOG);
	assert_within(f->model.luoscope_init.value, 50 * MS, 1000);
	assert_int_equal(f->model.blackout_without_luoscope.value,
			 f->model.blackout.value - f->model.luoscope_init.value);
	stamp[LUO_STATS_INIT_DONE] = 0;
	build(f);
	assert_within(f->model.luoscope_init.value, 40 * MS, 1000);
	stamp[LUO_STATS_PROBES_READY] = 0;
	build(f);
	assert_false(f->model.luoscope_init.known);
}

static void test_failure_replaces_no_success(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *preserve = nth_span(&f->update.old, LUO_STATS_PRESERVE, 0);
	uint32_t session =
		built_subject(&f->update.new, LUO_STATS_SUBJECT_SESSION, "vm-1", "", "", 0);
	struct luo_stats_span *span;

	/* The token is taken. */
	span = built_span(&f->update.old, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD,
			  preserve->subject, true_cycles(-3000 * MS), true_cycles(-2999 * MS));
	span->result = -EEXIST;
	built_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_SESSION_RETRIEVE,
		   LUO_STATS_ROLE_NEW, session, true_cycles(1510 * MS), true_cycles(1511 * MS));
	built_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_SESSION_RETRIEVE,
		   LUO_STATS_ROLE_NEW, session, true_cycles(1512 * MS), true_cycles(1513 * MS))
		->result = -EINVAL;
	build(f);
	assert_int_equal(f->model.file[0].step[STEP_PRESERVE].result, 0);
	assert_within(f->model.file[0].step[STEP_PRESERVE].start.value, -5000 * MS, 30000);
	assert_int_equal(f->model.session[0].step[STEP_RETRIEVE].result, 0);
	/* A later success counts, a failure gives way to whatever is later. */
	span->result = 0;
	build(f);
	assert_within(f->model.file[0].step[STEP_PRESERVE].start.value, -3000 * MS, 30000);
	preserve->result = -ENOMEM;
	span->result = -EEXIST;
	build(f);
	assert_int_equal(f->model.file[0].step[STEP_PRESERVE].result, -EEXIST);
	span->begin_cycles = true_cycles(-9000 * MS);
	build(f);
	assert_int_equal(f->model.file[0].step[STEP_PRESERVE].result, -ENOMEM);
}

static void test_handler_of_the_freeze(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old;
	uint32_t other = file_subject(old, "vm-1", 1, "other-v1");
	uint32_t none = file_subject(old, "vm-1", 1, "");

	/* The lowest-numbered subject is memfd-v2's. */
	nth_span(old, LUO_STATS_FREEZE, 0)->subject = other;
	build(f);
	assert_string_equal(f->model.file[0].handler, "other-v1");
	nth_span(old, LUO_STATS_FREEZE, 0)->subject = none;
	nth_span(old, LUO_STATS_PRESERVE, 0)->subject = other;
	build(f);
	assert_string_equal(f->model.file[0].handler, "memfd-v2");
	nth_span(&f->update.new, LUO_STATS_RETRIEVE, 0)->kind = 77;
	build(f);
	assert_string_equal(f->model.file[0].handler, "other-v1");
}

static void test_spans_of_other_attempts(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old;
	struct luo_stats_header *header = old->header;

	nth_span(old, LUO_STATS_SHUTDOWN, 0)->attempt = 0;
	nth_span(old, LUO_STATS_FREEZE, 0)->attempt = 2;
	nth_span(old, LUO_STATS_SESSION_FREEZE, 0)->attempt = 0;
	build(f);
	assert_int_equal(f->model.shutdowns, 3);
	assert_false(f->model.file[0].step[STEP_FREEZE].observed);
	assert_true(f->model.file[1].step[STEP_FREEZE].observed);
	assert_false(f->model.session[0].step[STEP_FREEZE].observed);

	/* The last attempt failed, so nothing of any attempt is of the kexec that came. */
	header->as_old_kernel[0].result = -EBUSY;
	build(f);
	assert_int_equal(f->model.shutdowns, 0);
	assert_false(f->model.file[1].step[STEP_FREEZE].observed);
	assert_true(has_note(f, "the last attempt that was watched failed"));
	assert_true(has_note(f, "by a kexec that was not watched"));

	/* An attempt without begin and end says nothing. */
	header->as_old_kernel[0].result = 0;
	header->as_old_kernel[0].end_cycles = 0;
	header->as_old_kernel[0].cycles[0] = 0;
	build(f);
	assert_int_equal(f->model.boundary[3].source, MODEL_SOURCE_NONE);
	assert_int_equal(f->model.shutdowns, 0);
	/* No attempt was stamped at all: what was frozen was frozen for this update. */
	header->attempts = 0;
	header->as_old_kernel[0].attempt = 0;
	build(f);
	assert_int_equal(f->model.shutdowns, 4);
}

static void test_open_is_evidence(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old;

	nth_span(old, LUO_STATS_SHUTDOWN, 3)->state = LUO_STATS_OPEN;
	nth_span(old, LUO_STATS_PRESERVE, 0)->state = LUO_STATS_OPEN;
	nth_span(&f->update.new, LUO_STATS_FINISH, 0)->state = LUO_STATS_OPEN;
	build(f);
	assert_int_equal(f->model.opens, 1);
	assert_int_equal(f->model.open[0].kind, LUO_STATS_SHUTDOWN);
	assert_string_equal(f->model.open[0].name, "eth0");
	assert_int_equal(f->model.losses.unfinished, 2);
	assert_true(f->model.file[0].step[STEP_PRESERVE].open);
	/* Without a start nothing shows whether it was the update. */
	old->header->as_old_kernel[0].cycles[0] = 0;
	build(f);
	assert_int_equal(f->model.opens, 0);
	assert_int_equal(f->model.losses.unfinished, 3);
}

static void test_devices(void **state)
{
	struct fixture *f = *state;
	const struct model_device *device;

	built_devices(&f->update);
	build(f);
	assert_int_equal(f->model.devices, 2);
	assert_int_equal(f->model.shutdowns, 4);
	assert_int_equal(f->model.others, 0);
	device = &f->model.device[0];
	assert_string_equal(device->name, "0000:81:00.0");
	assert_string_equal(device->driver, "vfio-pci");
	assert_within(device->step[STEP_PRESERVE].duration.value, 2 * MS, 100);
	assert_within(device->step[STEP_FREEZE].duration.value, MS, 100);
	assert_true(device->reset.known);
	assert_int_equal(device->reset.outcome, LUO_STATS_RESET_OK);
	assert_int_equal(device->reset.method, 3);
	assert_int_equal(device->reset.lock, 0);
	assert_within(device->step[STEP_RESET].duration.value, 800000, 100);
	assert_within(device->step[STEP_RETRIEVE].duration.value, MS, 100);
	assert_within(device->step[STEP_BIND].duration.value, 20 * MS, 200);
	assert_within(device->step[STEP_IRQ_SETUP].start.value, 1695 * MS, 10000);
	assert_within(device->step[STEP_FINISH].duration.value, MS, 100);
	assert_within(device->downtime.value, 1692 * MS, 10000);
	assert_false(device->release_reset.known);
	device = &f->model.device[1];
	assert_int_equal(device->reset.outcome, LUO_STATS_RESET_BUSY);
	assert_int_equal(device->reset.lock, 3);
	assert_int_equal(device->step[STEP_RESET].result, -EAGAIN);

	assert_true(f->model.devices_take_part);
	assert_int_equal(f->model.end_slot, 11);
	assert_within(f->model.blackout.value, 1750 * MS, bounded_error(f->model.blackout));
	assert_int_equal(f->model.phases, 11);
	assert_string_equal(f->model.phase[10].name, "resume");
	assert_int_equal(sum_of_phases(&f->model), f->model.blackout.value);
	assert_int_equal(f->model.notes, 0);
	assert_int_equal(f->model.devices_awaited, 2);
	assert_int_equal(f->model.devices_missing, 0);
	assert_true(f->model.devices_missing_known);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_OK], 1);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_BUSY], 1);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_UNKNOWN], 0);
}

static void test_missing_devices_are_known(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;

	/* None took part, unless a freeze went unseen. */
	build(f);
	assert_int_equal(f->model.devices_missing, 0);
	assert_true(f->model.devices_missing_known);
	old->header->dropped[LUO_STATS_FREEZE] = 1;
	build(f);
	assert_false(f->model.devices_missing_known);
	old->header->dropped[LUO_STATS_FREEZE] = 0;
	built_devices(&f->update);
	nth_span(new, LUO_STATS_IRQ_SETUP, 1)->result = -ENOSPC;
	build(f);
	assert_int_equal(f->model.devices_missing, 1);
	assert_true(f->model.devices_missing_known);
	assert_false(f->model.device[0].not_back);
	assert_true(f->model.device[1].not_back);
	assert_true(f->model.device[1].downtime.known);
	assert_false(model_device_is_in_service(&f->model.device[1]));
	/* Retrieved at 1.532 s, and still not in service when the other one was, at 1.7 s. */
	assert_within(f->model.device[1].downtime.value, 1691 * MS, MS);
	assert_true(bounded_is_lower_bound(f->model.device[1].downtime));
	new->header->dropped[LUO_STATS_IRQ_SETUP] = 1;
	build(f);
	assert_false(f->model.devices_missing_known);
	assert_false(f->model.device[1].not_back);
	/* It may have been in service soon after its retrieve. */
	assert_within(f->model.device[1].downtime.value, 1523 * MS, MS);
	assert_true(bounded_is_lower_bound(f->model.device[1].downtime));
	new->header->dropped[LUO_STATS_IRQ_SETUP] = 0;
	new->header->as_new_kernel.cycles[LUO_STATS_B9_LUO_OPEN] = 0;
	build(f);
	assert_false(f->model.devices_missing_known);
	/* All that were awaited are there: it does not matter what was not watched. */
	nth_span(new, LUO_STATS_IRQ_SETUP, 1)->result = 0;
	build(f);
	assert_int_equal(f->model.devices_missing, 0);
	assert_true(f->model.devices_missing_known);
	/* But for the freezes, which say what is awaited. */
	old->header->dropped[LUO_STATS_FREEZE] = 1;
	build(f);
	assert_false(f->model.devices_missing_known);
	old->header->dropped[LUO_STATS_FREEZE] = 0;
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	build(f);
	assert_false(f->model.devices_missing_known);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_OK], 0);
}

/* Adds to @area that probes were attached that see @watches. */
static void built_watch(struct built_area *area, uint64_t watches)
{
	built_subject(area, LUO_STATS_SUBJECT_WATCH, "", "", "", watches);
}

static void test_what_is_not_watched_is_not_missing(void **state)
{
	const uint64_t all = LUO_STATS_WATCH_FREEZE | LUO_STATS_WATCH_RETRIEVE |
			     LUO_STATS_WATCH_HANDLER | LUO_STATS_WATCH_BIND |
			     LUO_STATS_WATCH_IRQ_SETUP;
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;

	built_devices(&f->update);
	built_watch(old, all);
	built_watch(new, all);
	nth_span(new, LUO_STATS_IRQ_SETUP, 1)->result = -ENOSPC;
	build(f);
	assert_int_equal(f->model.devices_missing, 1);
	assert_true(f->model.devices_missing_known);
	assert_true(f->model.files_missing_known);

	/* Attached again, and now vfio was there: before that, a set-up may have been missed. */
	built_watch(new, all & ~(uint64_t)LUO_STATS_WATCH_IRQ_SETUP);
	build(f);
	assert_false(f->model.devices_missing_known);
	assert_false(f->model.device[1].not_back);
	assert_true(f->model.files_missing_known);
	assert_true(has_note(f, "were not watched all the time"));
	/* What was seen was seen. */
	nth_span(new, LUO_STATS_IRQ_SETUP, 1)->result = 0;
	build(f);
	assert_true(f->model.devices_missing_known);
	assert_false(has_note(f, "were not watched all the time"));

	nth_span(new, LUO_STATS_RETRIEVE, 0)->result = -EIO;
	build(f);
	assert_true(f->model.files_missing_known);
	built_watch(new, all & ~(uint64_t)LUO_STATS_WATCH_RETRIEVE);
	build(f);
	assert_false(f->model.files_missing_known);
	nth_span(new, LUO_STATS_RETRIEVE, 0)->result = 0;
	build(f);
	assert_true(f->model.files_missing_known);
	built_watch(old, all & ~(uint64_t)LUO_STATS_WATCH_FREEZE);
	build(f);
	assert_false(f->model.files_missing_known);
}

/* Adds to @area that probes see @watches since @since: @name "arrival", or "" for all of them. */
static void built_watch_since(struct built_area *area, const char *name, uint64_t watches,
			      uint64_t since)
{
	char detail[32];

	snprintf(detail, sizeof(detail), "%" PRIu64, since);
	built_subject(area, LUO_STATS_SUBJECT_WATCH, name, detail, "", watches);
}

static void test_probes_are_attached_in_parts(void **state)
{
	const uint64_t arrival = LUO_STATS_WATCH_RETRIEVE | LUO_STATS_WATCH_HANDLER |
				 LUO_STATS_WATCH_BIND | LUO_STATS_WATCH_IRQ_SETUP;
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;

	built_devices(&f->update);
	built_watch_since(old, "arrival", arrival, 1);
	built_watch_since(new, "arrival", arrival, true_cycles(1480 * MS));
	build(f);
	/* What comes back was watched, what froze was not. */
	assert_int_equal(f->model.probes_new.watched, arrival);
	assert_false(f->model.files_missing_known);
	assert_within(f->model.arrival_watched.value, 1480 * MS, 20000);
	assert_false(f->model.all_watched.known);

	built_watch_since(old, "", arrival | LUO_STATS_WATCH_FREEZE, 2);
	built_watch_since(new, "", arrival | LUO_STATS_WATCH_FREEZE, true_cycles(2480 * MS));
	build(f);
	assert_int_equal(f->model.probes_new.watched, arrival | LUO_STATS_WATCH_FREEZE);
	assert_true(f->model.files_missing_known);
	assert_within(f->model.all_watched.value - f->model.arrival_watched.value, 1000 * MS,
		      20000);
}

/* Adds to @area that @function was not watched. */
static void built_left_out(struct built_area *area, const char *function, const char *why)
{
	/* It was found out before anything else was attached. */
	built_subject(area, LUO_STATS_SUBJECT_WATCH, function, "1", why, UINT64_MAX);
}

static void test_functions_that_were_left_out(void **state)
{
	const uint64_t all = LUO_STATS_WATCH_FREEZE | LUO_STATS_WATCH_RETRIEVE;
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;

	built_vms(&f->update);
	built_watch_since(old, "", all, 1);
	built_watch_since(new, "", all, true_cycles(1480 * MS));
	build(f);
	assert_int_equal(f->model.left_outs, 0);
	assert_true(f->model.vms_watched);

	built_left_out(old, "luo_file_finish", "other prototype");
	built_left_out(new, "luo_file_finish", "other prototype");
	built_left_out(new, "luo_file_finish", "other prototype");
	built_left_out(new, "luo_open", "ambiguous name");
	built_left_out(old, "luo_open", "no such function");
	build(f);
	assert_int_equal(f->model.left_outs, 4);
	assert_string_equal(f->model.left_out[0].function, "luo_file_finish");
	assert_string_equal(f->model.left_out[0].why, "other prototype");
	assert_false(f->model.left_out[0].in_new_kernel);
	assert_true(f->model.left_out[3].in_new_kernel);
	assert_true(has_note(f, "not watched in either kernel: luo_file_finish (other prototype)"));
	assert_true(has_note(f, "not watched in the old kernel: luo_open (no such function)"));
	assert_true(has_note(f, "not watched in the new kernel: luo_open (ambiguous name)"));
	/* It says nothing of all others, nor since when they are watched. */
	assert_int_equal(f->model.probes_old.watched, all);
	assert_int_equal(f->model.probes_new.watched, all);
	assert_within(f->model.all_watched.value, 1480 * MS, 20000);
	assert_true(f->model.vms_watched);
	/* Until 'luoscope init' found that out, they seemed to be watched. */
	built_left_out(new, "vcpu_put", "ambiguous name");
	build(f);
	assert_false(f->model.vms_watched_new);
	assert_true(f->model.vms_watched_old);
	/* vCPUs are written down in it. */
	built_left_out(old, "machine_shutdown", "rejected by the verifier");
	build(f);
	assert_false(f->model.vms_watched_old);
}

/* Of a damaged area. */
static void test_too_many_functions_were_left_out(void **state)
{
	static const uint32_t chunks[4] = { 16384, 16384, 16384, 16384 };
	struct fixture *f = *state;
	char name[16];
	unsigned int i;

	built_left_out(&f->update.old, "\xff\33", "\n");
	build(f);
	assert_true(has_note(f, "\\xff\\x1b (\\x0a)"));
	built_area_enlarge(&f->update.new, chunks);
	built_capture(&f->update, &f->capture);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%u", i);
		built_left_out(&f->update.new, name, "");
	}
	build(f);
	assert_int_equal(f->model.left_outs, 64);
	assert_string_equal(f->model.left_out[0].function, "\xff\33");
}

static void test_probes_came_after_the_freeze(void **state)
{
	struct fixture *f = *state;

	built_watch_since(&f->update.old, "", UINT64_MAX >> 1, true_cycles(1200 * MS));
	build(f);
	assert_false(f->model.files_missing_known);
	assert_true(has_note(f, "the update started before all probes of the old kernel were"
				" attached: what came in its first 1.200 s may"));
}

static void test_probes_that_were_off_are_known(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;

	/* An older module does not say. */
	build(f);
	assert_false(f->model.probes_old.known);
	assert_false(f->model.probes_new.known);

	built_watch(old, LUO_STATS_WATCH_FREEZE | LUO_STATS_WATCH_RETRIEVE);
	built_watch(new, LUO_STATS_WATCH_RETRIEVE | LUO_STATS_WATCH_BIND);
	built_watch(new, LUO_STATS_WATCH_RETRIEVE | LUO_STATS_WATCH_HANDLER);
	build(f);
	assert_true(f->model.probes_old.known);
	assert_int_equal(f->model.probes_old.watched,
			 LUO_STATS_WATCH_FREEZE | LUO_STATS_WATCH_RETRIEVE);
	assert_true(f->model.probes_new.known);
	assert_int_equal(f->model.probes_new.watched, LUO_STATS_WATCH_RETRIEVE);

	/* What was dropped may have said that less was watched. */
	old->header->subjects_dropped = 1;
	f->capture.section[CAPTURE_OUTGOING].bytes = NULL;
	build(f);
	assert_false(f->model.probes_old.known);
	assert_false(f->model.probes_new.known);
}

static void test_late_devices_stretch_no_blackout(void **state)
{
	const int64_t day = 86400LL * 1000 * MS;
	struct fixture *f = *state;
	struct luo_stats_span *first, *second;

	built_devices(&f->update);
	first = nth_span(&f->update.new, LUO_STATS_IRQ_SETUP, 0);
	second = nth_span(&f->update.new, LUO_STATS_IRQ_SETUP, 1);
	second->begin_cycles = true_cycles(day);
	second->end_cycles = true_cycles(day + MS);
	build(f);
	assert_int_equal(f->model.devices_late, 1);
	assert_int_equal(f->model.devices_missing, 0);
	assert_within(f->model.blackout.value, 1700 * MS, bounded_error(f->model.blackout));
	assert_true(has_note(f, "1 of 2 devices came into service more than 60 s after the rest"));
	assert_within(f->model.device[1].downtime.value, day, 2000 * MS);

	/* Each a minute after the one before it. */
	first->begin_cycles = true_cycles(50000 * MS);
	first->end_cycles = true_cycles(50001 * MS);
	second->begin_cycles = true_cycles(110000 * MS);
	second->end_cycles = true_cycles(110001 * MS);
	build(f);
	assert_int_equal(f->model.devices_late, 0);
	assert_within(f->model.blackout.value, 110001 * MS, 5 * MS);

	/* All of them late: the blackout ends with the last retrieve. */
	first->begin_cycles = second->begin_cycles = true_cycles(day);
	first->end_cycles = second->end_cycles = true_cycles(day + MS);
	build(f);
	assert_int_equal(f->model.devices_late, 2);
	assert_int_equal(f->model.end_slot, 10);
	assert_true(has_note(f, "the blackout ends with the last retrieve"));
}

static void test_resets_are_counted(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *reset;

	built_devices(&f->update);
	reset = nth_span(&f->update.old, LUO_STATS_RESET, 0);
	reset->detail = LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_OUTCOMES, 3, 0);
	build(f);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_UNKNOWN], 1);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_BUSY], 1);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_OK], 0);
	/* A device whose freeze failed had no update to be reset for. */
	nth_span(&f->update.old, LUO_STATS_FREEZE, 3)->result = -EIO;
	build(f);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_UNKNOWN], 0);
}

static void test_devices_not_in_service(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *irq_setup, *retrieve;

	built_devices(&f->update);
	irq_setup = nth_span(&f->update.new, LUO_STATS_IRQ_SETUP, 1);
	irq_setup->result = -ENOSPC;
	/* What the module stamped does not say of how many devices. */
	f->update.new.header->as_new_kernel.cycles[11] = true_cycles(1700 * MS);
	build(f);
	assert_int_equal(f->model.end_slot, 11);
	assert_within(f->model.blackout.value, 1700 * MS, bounded_error(f->model.blackout));
	assert_int_equal(f->model.phases, 11);
	assert_true(has_note(f, "1 of 2 devices were not seen in service again; the blackout ends"
				" with the last that was"));
	assert_within(f->model.device[1].downtime.value, 1691 * MS, 10000);

	/* The second try works, a third one repeats it. */
	built_device_span(&f->update.new, LUO_STATS_IRQ_SETUP, LUO_STATS_ROLE_NEW, "0000:82:00.0",
			  1800 * MS, 1810 * MS);
	built_device_span(&f->update.new, LUO_STATS_IRQ_SETUP, LUO_STATS_ROLE_NEW, "0000:82:00.0",
			  9000 * MS, 9001 * MS);
	build(f);
	assert_within(f->model.blackout.value, 1810 * MS, bounded_error(f->model.blackout));

	/* One that did not come back at all has no end to wait for. */
	retrieve = nth_span(&f->update.new, LUO_STATS_RETRIEVE, 4);
	retrieve->result = -EIO;
	build(f);
	assert_within(f->model.blackout.value, 1700 * MS, bounded_error(f->model.blackout));
	assert_true(has_note(f, "1 of 2 devices were not seen in service again; the blackout ends"
				" with the last that was"));
	/* Nor has one that is retrieved the next day. */
	retrieve->result = 0;
	retrieve->begin_cycles = true_cycles(86400LL * 1000 * MS);
	retrieve->end_cycles = true_cycles(86400LL * 1000 * MS + MS);
	build(f);
	assert_within(f->model.blackout.value, 1700 * MS, bounded_error(f->model.blackout));
}

static void test_devices_before_the_last_file(void **state)
{
	struct fixture *f = *state;

	built_devices(&f->update);
	nth_span(&f->update.new, LUO_STATS_IRQ_SETUP, 0)->end_cycles = true_cycles(1550 * MS);
	nth_span(&f->update.new, LUO_STATS_IRQ_SETUP, 0)->begin_cycles = true_cycles(1549 * MS);
	nth_span(&f->update.new, LUO_STATS_IRQ_SETUP, 1)->end_cycles = true_cycles(1560 * MS);
	nth_span(&f->update.new, LUO_STATS_IRQ_SETUP, 1)->begin_cycles = true_cycles(1559 * MS);
	build(f);
	assert_within(f->model.blackout.value, true_boundary_ns[10],
		      bounded_error(f->model.blackout));
	assert_true(has_note(f, "in service again before the last file was retrieved"));
	assert_int_equal(f->model.clock.verdict, CLOCK_VERIFIED);
}

static void test_vfio_file_without_device(void **state)
{
	struct fixture *f = *state;
	uint32_t subject = file_subject(&f->update.new, "vm-1", 3, "vfio-pci-v1");

	add_retrieve(f, subject, 1530 * MS, 1531 * MS, 0);
	build(f);
	assert_false(f->model.devices_take_part);
	assert_int_equal(f->model.devices, 0);
	assert_within(f->model.blackout.value, true_boundary_ns[10],
		      bounded_error(f->model.blackout));
	assert_true(has_note(f, "but the devices themselves were not seen"));
}

static void test_resets(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;
	const uint64_t flr = LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_OK, 3, 0);
	struct luo_stats_span *span;

	built_devices(&f->update);
	/* Before the update, and of a device that has no part in it. */
	built_device_span(old, LUO_STATS_RESET, LUO_STATS_ROLE_NEW, "0000:81:00.0", -3000 * MS,
			  -2900 * MS);
	built_device_span(old, LUO_STATS_RESET, LUO_STATS_ROLE_NEW, "0000:99:00.0", -3000 * MS,
			  -2900 * MS);
	/* After its freeze, and before it. */
	built_device_span(old, LUO_STATS_RESET, LUO_STATS_ROLE_OLD, "0000:81:00.0", 15 * MS,
			  16 * MS);
	built_device_span(old, LUO_STATS_RESET, LUO_STATS_ROLE_OLD, "0000:81:00.0", 7 * MS,
			  8 * MS + 50000);
	/* Of a device that was retrieved: it only begins its new life. */
	built_device_span(new, LUO_STATS_RESET, LUO_STATS_ROLE_NEW, "0000:81:00.0", 1601 * MS,
			  1610 * MS);
	build(f);
	assert_int_equal(f->model.devices, 2);
	assert_int_equal(f->model.device[0].reset.method, 3);
	assert_within(f->model.device[0].step[STEP_RESET].duration.value, 800000, 100);
	assert_false(f->model.device[0].release_reset.known);
	assert_int_equal(f->model.others, 3);

	/* Of one that nobody retrieved, in an attempt of the new kernel's own, and before that. */
	nth_span(new, LUO_STATS_RETRIEVE, 3)->result = -EIO;
	span = built_device_span(new, LUO_STATS_RESET, LUO_STATS_ROLE_NEW, "0000:81:00.0",
				 5000 * MS, 5100 * MS);
	span->detail = flr;
	span->attempt = 1;
	nth_span(new, LUO_STATS_RESET, 0)->attempt = 1;
	build(f);
	assert_false(f->model.device[0].release_reset.known);
	span->attempt = 0;
	build(f);
	assert_true(f->model.device[0].release_reset.known);
	assert_int_equal(f->model.device[0].release_reset.method, 3);
	assert_within(f->model.device[0].step[STEP_RELEASE_RESET].duration.value, 100 * MS, 5000);

	/* Or one that the handler has nothing to do with: its time alone is known. */
	span->kind = LUO_STATS_PLAIN_RESET;
	span->detail = 0;
	build(f);
	assert_true(f->model.device[0].release_reset.known);
	assert_int_equal(f->model.device[0].release_reset.outcome, LUO_STATS_RESET_UNKNOWN);

	/* Its span was dropped: the freeze still says what came of it. */
	nth_span(old, LUO_STATS_RESET, 2)->kind = 77;
	build(f);
	assert_true(f->model.device[0].reset.known);
	assert_int_equal(f->model.device[0].reset.outcome, LUO_STATS_RESET_OK);
	assert_false(f->model.device[0].step[STEP_RESET].observed);
}

static void assert_kept(struct fixture *f, bool kept)
{
	build(f);
	assert_int_equal(f->model.devices, 2);
	assert_int_equal(f->model.device[1].kept, kept);
	assert_int_equal(f->model.devices_kept, kept);
	assert_int_equal(f->model.devices_awaited, 2 - kept);
	assert_int_equal(f->model.devices_missing, !kept);
	assert_false(f->model.device[0].kept);
}

/* The same, and this is known. */
static void assert_not_back(struct fixture *f)
{
	assert_kept(f, false);
	assert_true(f->model.devices_missing_known);
	assert_true(f->model.device[1].not_back);
}

static void test_kept_device(void **state)
{
	struct fixture *f = *state;
	const struct model_device *device;

	built_kept_device(&f->update);
	assert_kept(f, true);
	assert_true(f->model.devices_missing_known);
	assert_int_equal(f->model.notes, 0);
	device = &f->model.device[1];
	assert_false(device->not_back);
	assert_true(device->reset.none_seen);
	assert_int_equal(f->model.resets_none_seen, 1);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_OK], 1);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_UNKNOWN], 0);
	assert_true(bounded_is_closed(device->downtime));
	assert_int_equal(device->downtime.high, 0);
	assert_int_equal(device->in_service.high, 0);
	/* Nobody waits for it. */
	assert_int_equal(f->model.end_slot, 11);
	assert_within(f->model.blackout.value, 1700 * MS, bounded_error(f->model.blackout));
	assert_false(bounded_is_lower_bound(f->model.blackout));
	device = &f->model.device[0];
	assert_false(device->reset.none_seen);
	assert_int_equal(device->reset.outcome, LUO_STATS_RESET_OK);
	assert_within(device->step[STEP_RESET].duration.value, 800000, 100);
	assert_within(device->downtime.value, 1692 * MS, 10000);
}

static void test_device_that_is_not_kept(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;
	struct luo_stats_span *span;

	/* It was bound, and somebody will want interrupts of it. */
	built_kept_device(&f->update);
	span = built_device_span(new, LUO_STATS_BIND, LUO_STATS_ROLE_NEW, "0000:82:00.0", 1600 * MS,
				 1601 * MS);
	assert_not_back(f);
	/* It was reset, but for one by whoever had it later. */
	span->kind = LUO_STATS_PLAIN_RESET;
	assert_not_back(f);
	span->begin_cycles = true_cycles(1850 * MS);
	span->end_cycles = true_cycles(1851 * MS);
	assert_kept(f, true);
	span = built_device_span(old, LUO_STATS_PLAIN_RESET, LUO_STATS_ROLE_OLD, "0000:82:00.0",
				 20 * MS, 21 * MS);
	assert_not_back(f);
	assert_true(f->model.device[1].reset.none_seen);
	span->begin_cycles = true_cycles(MS);
	span->end_cycles = true_cycles(2 * MS);
	assert_kept(f, true);
	/* LUO has not let go of it. */
	span = nth_span(new, LUO_STATS_FINISH, 4);
	span->result = -EBUSY;
	assert_not_back(f);
	span->result = 0;
	nth_span(new, LUO_STATS_RETRIEVE, 4)->result = -ENODEV;
	assert_not_back(f);
	/* A reset of one that nobody retrieved is its next user's. */
	built_device_span(new, LUO_STATS_PLAIN_RESET, LUO_STATS_ROLE_NEW, "0000:82:00.0", 1700 * MS,
			  1701 * MS);
	assert_not_back(f);
	assert_false(f->model.device[1].release_reset.known);
}

/* What was not seen may have happened: then nobody knows what became of it. */
static void test_device_that_may_be_kept(void **state)
{
	const uint64_t all = LUO_STATS_WATCH_FREEZE | LUO_STATS_WATCH_RETRIEVE |
			     LUO_STATS_WATCH_BIND | LUO_STATS_WATCH_IRQ_SETUP |
			     LUO_STATS_WATCH_DEVICE_FILES | LUO_STATS_WATCH_RESET;
	static const unsigned int kinds[] = { LUO_STATS_PLAIN_RESET, LUO_STATS_BIND,
					      LUO_STATS_IRQ_SETUP };
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;
	struct luo_stats_subject *watch;
	unsigned int i;

	built_kept_device(&f->update);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		new->header->dropped[kinds[i]] = 1;
		assert_kept(f, false);
		assert_false(f->model.devices_missing_known);
		assert_true(f->model.device[1].reset.none_seen);
		new->header->dropped[kinds[i]] = 0;
	}
	watch = built_subject_at(new, new->header->subject_cursor);
	assert_int_equal(watch->id.kind, LUO_STATS_SUBJECT_WATCH);
	for (i = 0; i < 7; i++) {
		if (!(all >> i & 1) || 1u << i == LUO_STATS_WATCH_FREEZE)
			continue;
		watch->id.key = all & ~(1ULL << i);
		assert_kept(f, false);
		assert_false(f->model.devices_missing_known);
		assert_false(f->model.device[1].not_back);
	}
	watch->id.key = all;
	assert_kept(f, true);
	old->header->dropped[LUO_STATS_RESET] = 1;
	assert_kept(f, false);
	assert_false(f->model.device[1].reset.none_seen);
	assert_int_equal(f->model.resets[LUO_STATS_RESET_UNKNOWN], 1);
	old->header->dropped[LUO_STATS_RESET] = 0;
	watch = built_subject_at(old, old->header->subject_cursor);
	assert_int_equal(watch->id.kind, LUO_STATS_SUBJECT_WATCH);
	watch->id.key = all & ~(uint64_t)LUO_STATS_WATCH_RESET;
	assert_kept(f, false);
	assert_false(f->model.device[1].reset.none_seen);
	assert_false(f->model.devices_missing_known);
	/* An area of a kernel that does not say what is watched may be of one with the handler. */
	watch->id.kind = LUO_STATS_SUBJECT_MARK;
	assert_kept(f, false);
	assert_false(f->model.device[1].reset.none_seen);
}

static void test_given_up_device(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old;

	built_device_span(old, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, "0000:99:00.0", -3000 * MS,
			  -2900 * MS);
	build(f);
	assert_int_equal(f->model.devices, 1);
	assert_false(f->model.devices_take_part);
	built_device_span(old, LUO_STATS_UNPRESERVE, LUO_STATS_ROLE_OLD, "0000:99:00.0", -2000 * MS,
			  -1900 * MS);
	build(f);
	assert_int_equal(f->model.devices, 0);
	assert_true(f->model.has_end);
}

static void test_host(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text;
		unsigned int cpus;
		const char *clocksource;
	} cases[] = {
		{ "release=7.3.4\ncpus=2\nclocksource=tsc\n", 2, "tsc" },
		{ "clocksource=hpet", 0, "hpet" },
		{ "cpus=-1\n", 0, "" },
		{ "cpus=99999999999999999999\n", 0, "" },
		{ "", 0, "" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->capture.section[CAPTURE_HOST].bytes = cases[i].text;
		f->capture.section[CAPTURE_HOST].size = strlen(cases[i].text);
		build(f);
		assert_int_equal(f->model.host.cpus, cases[i].cpus);
		assert_string_equal(f->model.host.clocksource, cases[i].clocksource);
	}
}

static void test_disorder_is_withheld(void **state)
{
	struct fixture *f = *state;

	f->update.old.header->as_old_kernel[0].cycles[3] = true_cycles(-MS);
	build(f);
	assert_int_equal(f->model.boundary[3].source, MODEL_SOURCE_NONE);
	assert_int_equal(f->model.clock.verdict, CLOCK_CONTRADICTED);
	assert_false(f->model.has_end);
	f->update.old.header->as_old_kernel[0].cycles[3] = UINT64_MAX;
	build(f);
	assert_int_equal(f->model.boundary[3].source, MODEL_SOURCE_NONE);
	assert_false(f->model.has_end);
}

static void test_misplaced_spans(void **state)
{
	struct fixture *f = *state;

	built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, 0)->begin_cycles = true_cycles(-MS);
	built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, 1)->end_cycles = true_cycles(2000 * MS);
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->begin_cycles = true_cycles(5);
	build(f);
	assert_int_equal(f->model.losses.invalid_spans, 3);
	assert_false(f->model.file[0].step[STEP_FREEZE].observed);
	assert_false(f->model.file[0].step[STEP_RETRIEVE].observed);
}

static void test_given_up_file(void **state)
{
	struct fixture *f = *state;
	uint32_t file =
		built_subject(&f->update.old, LUO_STATS_SUBJECT_FILE, "old", "memfd-v2", "", 1);
	uint32_t session =
		built_subject(&f->update.old, LUO_STATS_SUBJECT_SESSION, "old", "", "", 0);

	built_span(&f->update.old, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, file,
		   true_cycles(-9000 * MS), true_cycles(-8999 * MS));
	build(f);
	assert_int_equal(f->model.files, 4);
	built_span(&f->update.old, LUO_STATS_LOT_ANY, LUO_STATS_UNPRESERVE, LUO_STATS_ROLE_OLD,
		   session, true_cycles(-8000 * MS), true_cycles(-7999 * MS));
	build(f);
	assert_int_equal(f->model.files, 3);
	assert_int_equal(f->model.sessions, 2);
}

/* The session was given up and made again with other files: the area says which is which. */
static void test_older_session_of_that_name(void **state)
{
	struct fixture *f = *state;
	uint32_t old =
		built_subject(&f->update.old, LUO_STATS_SUBJECT_FILE, "vm-1", "memfd-v2", "", 99);
	uint32_t session =
		built_subject(&f->update.old, LUO_STATS_SUBJECT_SESSION, "vm-1", "", "", 1);

	built_span(&f->update.old, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, old,
		   true_cycles(-9000 * MS), true_cycles(-8999 * MS));
	build(f);
	assert_int_equal(f->model.files, 4);
	built_subject_at(&f->update.old, old)->owner = session;
	built_subject_at(&f->update.old, session)->is_over = 1;
	build(f);
	assert_int_equal(f->model.files, 3);
	assert_int_equal(f->model.sessions, 2);
}

/* What found no room is in the losses, with the size that would have had it. */
static void test_wanted_size(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_int_equal(f->model.losses.wanted_kib, 0);
	f->update.old.header->span_cursor[LUO_STATS_LOT_ANY] = 1000;
	f->update.old.header->dropped[LUO_STATS_PRESERVE] = 1000;
	f->update.new.header->span_cursor[LUO_STATS_LOT_ANY] = 3000;
	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 3000;
	build(f);
	assert_int_equal(f->model.losses.wanted_kib, 4096);
	/* Those whose start was not seen would have had room. */
	f->update.old.header->span_cursor[LUO_STATS_LOT_ANY] = 3;
	f->update.new.header->span_cursor[LUO_STATS_LOT_ANY] = 3;
	build(f);
	assert_int_equal(f->model.losses.wanted_kib, 0);
}

static void test_losses_and_unknown_kinds(void **state)
{
	struct fixture *f = *state;

	f->update.old.header->dropped[LUO_STATS_SHUTDOWN] = 7;
	f->update.new.header->dropped[0] = 2;
	f->update.new.header->subjects_dropped = 1;
	built_span(&f->update.new, LUO_STATS_LOT_ANY, 77, LUO_STATS_ROLE_NEW, 0,
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

	f->update.old.header->as_old_kernel[0].result = -EINVAL;
	build(f);
	assert_false(f->model.has_end);
	assert_int_equal(f->model.boundary[0].source, MODEL_SOURCE_NONE);
	assert_int_equal(f->model.attempts, 1);
	assert_true(f->model.notes >= 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_truth),
		TEST(test_parts_of_the_boot),
		TEST(test_odd_parts),
		TEST(test_sum_is_exact),
		TEST(test_missing_inner_boundaries_merge),
		TEST(test_fallbacks),
		TEST(test_missing_begin),
		TEST(test_no_incoming),
		TEST(test_last_part_is_lower_bound),
		TEST(test_no_outgoing),
		TEST(test_no_area),
		TEST(test_other_chain),
		TEST(test_handover_record),
		TEST(test_handover_record_is_parsed),
		TEST(test_handover_contradicts),
		TEST(test_contradicted_clock),
		TEST(test_files_and_sessions),
		TEST(test_flbs),
		TEST(test_late_session),
		TEST(test_shutdowns_sorted),
		TEST(test_open_span),
		TEST(test_failed_attempts),
		TEST(test_cause_of_an_attempt),
		TEST(test_spans_of_a_failed_attempt),
		TEST(test_failed_retrieve),
		TEST(test_file_that_never_was),
		TEST(test_missing_files),
		TEST(test_end_is_believable),
		TEST(test_end_counts_from_the_probes),
		TEST(test_end_without_spans),
		TEST(test_init_by_the_log),
		TEST(test_luoscope_init),
		TEST(test_failure_replaces_no_success),
		TEST(test_handler_of_the_freeze),
		TEST(test_spans_of_other_attempts),
		TEST(test_open_is_evidence),
		TEST(test_devices),
		TEST(test_missing_devices_are_known),
		TEST(test_what_is_not_watched_is_not_missing),
		TEST(test_probes_are_attached_in_parts),
		TEST(test_functions_that_were_left_out),
		TEST(test_too_many_functions_were_left_out),
		TEST(test_probes_came_after_the_freeze),
		TEST(test_probes_that_were_off_are_known),
		TEST(test_devices_of_late_files_end_no_blackout),
		TEST(test_late_devices_stretch_no_blackout),
		TEST(test_resets_are_counted),
		TEST(test_devices_not_in_service),
		TEST(test_devices_before_the_last_file),
		TEST(test_vfio_file_without_device),
		TEST(test_resets),
		TEST(test_kept_device),
		TEST(test_device_that_is_not_kept),
		TEST(test_device_that_may_be_kept),
		TEST(test_given_up_device),
		TEST(test_host),
		TEST(test_disorder_is_withheld),
		TEST(test_misplaced_spans),
		TEST(test_given_up_file),
		TEST(test_older_session_of_that_name),
		TEST(test_wanted_size),
		TEST(test_losses_and_unknown_kinds),
		TEST(test_failed_then_plain_kexec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
