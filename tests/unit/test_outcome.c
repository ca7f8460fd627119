// SPDX-License-Identifier: GPL-2.0
/*
 * What belongs to what, and whether an update went well.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "base/array.h"
#include "fixture.h"
#include "model/belongs.h"
#include "model/model.h"
#include "model/outcome.h"

static void ask(struct fixture *f, struct outcome *outcome)
{
	build(f);
	outcome_of(outcome, &f->model);
}

static void assert_answer(const struct outcome *outcome, enum outcome_topic topic,
			  enum outcome_answer answer, const char *text)
{
	assert_string_equal(outcome->question[topic].text, text);
	assert_int_equal(outcome->question[topic].answer, answer);
}

/* The devices' files: each step of a file lasts a bit longer than that of its device. */
static void add_device_files(struct fixture *f)
{
	static const char *const session[] = { "vm-1", "vm-2" };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct built_area *area[] = { &f->update.old, &f->update.new };
		uint32_t subject[2];
		int64_t at = i * MS;
		size_t k;

		for (k = 0; k < 2; k++)
			subject[k] = built_subject(area[k], LUO_STATS_SUBJECT_FILE, session[i],
						   "vfio-pci", "", 20 + i);
		built_span(area[0], LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD,
			   subject[0], true_cycles(8 * MS + at) - 10,
			   true_cycles(9 * MS + at) + 10);
		built_span(area[1], LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW,
			   subject[1], true_cycles(1530 * MS + at) - 10,
			   true_cycles(1531 * MS + at) + 10);
	}
}

static void test_belongs(void **state)
{
	struct fixture *f = *state;
	const struct model_device *device;

	build(f);
	assert_null(device_file(&f->model, &f->model.device[0]));
	assert_null(device_vm(&f->model, &f->model.device[0]));
	add_device_files(f);
	build(f);
	device = &f->model.device[1];
	assert_string_equal(device_file(&f->model, device)->session, "vm-2");
	assert_int_equal(device_file(&f->model, device)->token, 21);
	assert_ptr_equal(&f->model.device[device_file(&f->model, device)->device], device);
	assert_null(device_vm(&f->model, device));
	built_vms(&f->update);
	build(f);
	device = &f->model.device[1];
	assert_string_equal(device_vm(&f->model, device)->session, "vm-2");
	assert_string_equal(session_vm(&f->model, &f->model.session[0])->session, "vm-1");
	assert_string_equal(file_vm(&f->model, &f->model.file[0])->session, "vm-1");
}

/* A second device in the freeze of a file: each was frozen by it, but which one is the file's? */
static void test_two_devices_of_a_file(void **state)
{
	struct fixture *f = *state;
	size_t i;

	add_device_files(f);
	for (i = 0; i < 2; i++) {
		built_device_span(&f->update.old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD,
				  i ? "0000:83:00.0" : "0000:80:00.0", 8 * MS, 8 * MS + 1000);
		build(f);
	}
	assert_int_equal(f->model.devices, 4);
	for (i = 0; i < 4; i++)
		assert_string_equal(device_file(&f->model, &f->model.device[i])->session,
				    i == 2 ? "vm-2" : "vm-1");
	assert_int_equal(device_file(&f->model, &f->model.device[0])->device, MODEL_NONE);
	assert_int_equal(device_file(&f->model, &f->model.device[2])->device, 2);
}

/* A retrieve within that of another file, by the same thread: it is the inner one's device. */
static void test_device_of_inner_file(void **state)
{
	struct fixture *f = *state;
	uint32_t file;

	add_device_files(f);
	file = built_subject(&f->update.new, LUO_STATS_SUBJECT_FILE, "vm-3", "vfio-pci", "", 7);
	built_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW, file,
		   true_cycles(1530 * MS) - 5, true_cycles(1531 * MS) + 5);
	build(f);
	assert_string_equal(device_file(&f->model, &f->model.device[0])->session, "vm-3");
	assert_string_equal(device_file(&f->model, &f->model.device[1])->session, "vm-2");
	/* It is the outer one's if the other ends before the device. */
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY,
		      f->update.new.header->span_cursor[LUO_STATS_LOT_ANY] - 1)
		->end_cycles = true_cycles(1531 * MS) - 5;
	build(f);
	assert_string_equal(device_file(&f->model, &f->model.device[0])->session, "vm-1");
}

/* The first file's freeze contains those of all devices: another step says whose they are. */
static void test_freezes_within_the_first(void **state)
{
	struct fixture *f = *state;
	uint32_t file;

	add_device_files(f);
	file = built_subject(&f->update.old, LUO_STATS_SUBJECT_FILE, "vm-3", "vfio-pci", "", 7);
	built_span(&f->update.old, LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, file,
		   true_cycles(7 * MS), true_cycles(20 * MS));
	build(f);
	assert_string_equal(device_file(&f->model, &f->model.device[0])->session, "vm-1");
	assert_string_equal(device_file(&f->model, &f->model.device[1])->session, "vm-2");
}

/* Two virtual machines of one session: nobody knows which of them uses the device. */
static void test_belongs_to_either(void **state)
{
	struct fixture *f = *state;

	add_device_files(f);
	built_vms(&f->update);
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm-2", 950, 0, 5 * MS);
	build(f);
	assert_non_null(device_file(&f->model, &f->model.device[1]));
	assert_null(device_vm(&f->model, &f->model.device[1]));
	assert_non_null(device_vm(&f->model, &f->model.device[0]));
}

/* A step of another thread that happens to be as long says nothing. */
static void test_other_threads(void **state)
{
	struct fixture *f = *state;
	size_t i;

	add_device_files(f);
	for (i = 0; i < f->update.old.header->span_cursor[LUO_STATS_LOT_UPDATE]; i++) {
		struct luo_stats_span *span =
			built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, i);

		if (built_subject_at(&f->update.old, span->subject)->id.kind ==
		    LUO_STATS_SUBJECT_DEVICE)
			span->pid = 4712;
	}
	for (i = 0; i < f->update.new.header->span_cursor[LUO_STATS_LOT_ANY]; i++)
		built_span_at(&f->update.new, LUO_STATS_LOT_ANY, i)->pid = 100 + i;
	build(f);
	assert_null(device_file(&f->model, &f->model.device[0]));
}

static void test_all_is_well(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;

	built_vms(&f->update);
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_FILES, OUTCOME_YES, "3 of 3 files are back");
	assert_answer(&outcome, OUTCOME_VMS, OUTCOME_YES, "2 of 2 VMs are running again");
	assert_answer(&outcome, OUTCOME_DEVICES, OUTCOME_YES, "no devices took part");
	assert_answer(&outcome, OUTCOME_RESETS, OUTCOME_YES, "no reset failed");
	assert_answer(&outcome, OUTCOME_DROPPED, OUTCOME_YES, "no span was dropped");
	assert_int_equal(outcome.answer, OUTCOME_YES);
}

static void test_what_is_not_watched(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;

	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_VMS, OUTCOME_UNKNOWN,
		      "virtual machines were not watched in either kernel");
	assert_int_equal(outcome_standing(&outcome.question[OUTCOME_VMS]), OUTCOME_UNKNOWN);
	assert_int_equal(outcome.answer, OUTCOME_YES);
	assert_string_equal(outcome_sentence(&outcome),
			    "the update went well, as far as it was watched");
	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 1;
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_FILES, OUTCOME_UNKNOWN,
		      "it is not known whether every file is back");
	assert_answer(&outcome, OUTCOME_DROPPED, OUTCOME_NO,
		      "1 span was dropped: there was no room, or a start was not seen");
	assert_answer(&outcome, OUTCOME_RESETS, OUTCOME_YES, "no reset failed");
	f->update.old.header->dropped[LUO_STATS_RESET] = 1;
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_RESETS, OUTCOME_UNKNOWN,
		      "it is not known whether every reset went well");
	assert_int_equal(outcome_standing(&outcome.question[OUTCOME_DROPPED]), OUTCOME_UNKNOWN);
	assert_int_equal(outcome.answer, OUTCOME_UNKNOWN);
	assert_string_equal(outcome_sentence(&outcome),
			    "it is not known whether the update went well");
}

/* KVM was there, but nobody watched in the new kernel. */
static void test_vms_watched_in_one_kernel(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;

	built_subject(&f->update.old, LUO_STATS_SUBJECT_VCPU, "", "", "", 0);
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_VMS, OUTCOME_UNKNOWN,
		      "virtual machines were not watched in the new kernel");
	assert_int_equal(outcome.answer, OUTCOME_UNKNOWN);
}

/* Nothing is measured by marks alone. */
static void test_dropped_marks(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;

	built_vms(&f->update);
	f->update.old.header->dropped[LUO_STATS_MARK] = 9;
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_DROPPED, OUTCOME_YES, "no span but marks was dropped");
	assert_int_equal(outcome.answer, OUTCOME_YES);
	f->update.old.header->dropped[LUO_STATS_PRESERVE] = 1;
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_DROPPED, OUTCOME_NO,
		      "10 spans were dropped: there was no room, or a start was not seen");
	assert_int_equal(outcome.question[OUTCOME_DROPPED].count, f->model.losses.dropped_total);
	assert_int_equal(outcome.answer, OUTCOME_UNKNOWN);
}

static void test_dropped_subjects(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;

	f->update.old.header->subjects_dropped = 1;
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_DROPPED, OUTCOME_NO,
		      "1 subject was dropped: there was no room, or a start was not seen");
	assert_string_equal(outcome.question[OUTCOME_DROPPED].what, "subject");
}

/* @letter, as often as a name can have it. */
static const char *longest(char letter)
{
	static char name[MODEL_NAME_BYTES];

	memset(name, letter, sizeof(name) - 2);
	return name;
}

/* The longest names there are, and more of them than are named: nothing is cut off. */
static void test_more_than_are_named(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;
	const char *text;
	size_t i;

	for (i = 0; i < 5; i++) {
		const uint32_t file = built_subject(&f->update.old, LUO_STATS_SUBJECT_FILE,
						    longest('s' + i), "memfd", "", UINT64_MAX - i);

		built_span(&f->update.old, LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE,
			   LUO_STATS_ROLE_OLD, file, true_cycles((8 + i) * MS),
			   true_cycles((9 + i) * MS));
	}
	ask(f, &outcome);
	text = outcome.question[OUTCOME_FILES].text;
	assert_non_null(strstr(text,
			       "5 of 8 files are not back: token 18446744073709551615 of session"
			       " ssss"));
	assert_non_null(strstr(text, longest('u')));
	assert_null(strstr(text, longest('v')));
	assert_string_equal(text + strlen(text) - strlen("u and 2 more"), "u and 2 more");
	assert_true(strlen(text) + 1 < OUTCOME_TEXT_BYTES);
}

/* Resets of devices that were not frozen, as a made-up capture may have them, are not counted. */
static void test_resets_of_others(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;
	char name[16];
	size_t i;

	for (i = 0; i < 6; i++) {
		struct luo_stats_span *freeze;

		snprintf(name, sizeof(name), "0000:90:00.%zu", i);
		freeze = built_device_span(&f->update.old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD,
					   name, (8 + i) * MS, (9 + i) * MS);
		freeze->detail = LUO_STATS_RESET_FAILED;
		freeze->result = i ? -EIO : 0;
	}
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_RESETS, OUTCOME_NO,
		      "1 of 1 resets did not succeed: 0000:90:00.0");
}

static void test_what_is_missing(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;
	size_t i;

	add_device_files(f);
	built_vms(&f->update);
	for (i = 0; i < f->update.new.header->span_cursor[LUO_STATS_LOT_ANY]; i++) {
		struct luo_stats_span *span = built_span_at(&f->update.new, LUO_STATS_LOT_ANY, i);

		if (span->kind == LUO_STATS_IRQ_SETUP)
			span->result = -EIO;
		if (span->kind == LUO_STATS_VCPU_ENTRY &&
		    strcmp(built_subject_at(&f->update.new, span->subject)->id.name, "vm-1"))
			span->attempt = 1; /* of the next update */
		if (span->kind == LUO_STATS_RETRIEVE && i == 0)
			span->result = -EIO;
	}
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_VMS, OUTCOME_NO, "1 of 2 VMs is not running again: vm-2");
	assert_answer(&outcome, OUTCOME_DEVICES, OUTCOME_NO,
		      "2 of 2 devices are not in service again: 0000:81:00.0 (VM vm-1), "
		      "0000:82:00.0 (VM vm-2)");
	assert_answer(&outcome, OUTCOME_FILES, OUTCOME_NO,
		      "1 of 5 files is not back: token 1 of session vm-1");
	assert_answer(&outcome, OUTCOME_RESETS, OUTCOME_NO,
		      "1 of 2 resets did not succeed: 0000:82:00.0 (VM vm-2)");
	assert_int_equal(outcome.answer, OUTCOME_NO);
}

static void test_contradicted(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;

	built_vms(&f->update);
	f->update.new.header->anchor[LUO_STATS_ANCHOR_READ].flags |= LUO_STATS_COUNTER_UNSTABLE;
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_CLOCK, OUTCOME_NO, "the clock is contradicted");
	assert_int_equal(outcome.answer, OUTCOME_UNKNOWN);
}

static void is_not_watched(struct built_area *area, uint64_t what)
{
	built_subject(area, LUO_STATS_SUBJECT_WATCH, "", "", "", ~what);
}

/* Nobody watched how devices were frozen: nobody knows how their resets went. */
static void test_freezes_are_not_watched(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;

	is_not_watched(&f->update.old, LUO_STATS_WATCH_FREEZE);
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_RESETS, OUTCOME_UNKNOWN,
		      "it is not known whether every reset went well");
	assert_answer(&outcome, OUTCOME_DEVICES, OUTCOME_UNKNOWN,
		      "it is not known whether every device is in service again");
}

/* The old kernel's handler was not watched: it matters if there was the file of a device. */
static void test_handler_is_not_watched(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;
	uint32_t file;

	is_not_watched(&f->update.old, LUO_STATS_WATCH_HANDLER | LUO_STATS_WATCH_DEVICE_FILES);
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_RESETS, OUTCOME_YES, "no reset failed");
	assert_answer(&outcome, OUTCOME_DEVICES, OUTCOME_YES, "no devices took part");
	file = built_subject(&f->update.old, LUO_STATS_SUBJECT_FILE, "vm-1", "vfio-pci", "", 20);
	built_span(&f->update.old, LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, file,
		   true_cycles(8 * MS), true_cycles(9 * MS));
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_FILES, OUTCOME_NO,
		      "1 of 4 files is not back: token 20 of session vm-1");
	assert_answer(&outcome, OUTCOME_RESETS, OUTCOME_UNKNOWN,
		      "it is not known whether every reset went well");
	assert_answer(&outcome, OUTCOME_DEVICES, OUTCOME_UNKNOWN,
		      "it is not known whether every device is in service again");
}

/* What was kept was never away. */
static void test_kept_device(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;

	built_kept_device(&f->update);
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_DEVICES, OUTCOME_YES,
		      "1 of 1 device is in service again, and 1 was kept");
	assert_answer(&outcome, OUTCOME_RESETS, OUTCOME_YES,
		      "no reset failed; of 1 device none was seen");
	assert_int_equal(outcome.answer, OUTCOME_YES);
}

/* What is damaged in the old kernel's area may have been anything that should have come back. */
static void assert_hides(struct fixture *f)
{
	static const enum outcome_topic topics[] = { OUTCOME_VMS, OUTCOME_DEVICES, OUTCOME_FILES,
						     OUTCOME_RESETS };
	struct outcome outcome;
	size_t i;

	ask(f, &outcome);
	for (i = 0; i < ARRAY_SIZE(topics); i++)
		assert_int_equal(outcome.question[topics[i]].answer, OUTCOME_UNKNOWN);
	assert_int_equal(outcome.answer, OUTCOME_UNKNOWN);
}

static void test_damaged_span(void **state)
{
	struct fixture *f = *state;

	built_vms(&f->update);
	built_span(&f->update.old, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, 1,
		   true_cycles(-9 * MS), true_cycles(-8 * MS))
		->kind = 0;
	assert_hides(f);
}

static void test_damaged_subject(void **state)
{
	struct fixture *f = *state;
	uint32_t subject;

	built_vms(&f->update);
	subject =
		built_subject(&f->update.old, LUO_STATS_SUBJECT_DEVICE, "0000:83:00.0", "", "", 0);
	built_subject_at(&f->update.old, subject)->id.kind = 0;
	assert_hides(f);
}

static void test_misplaced_span(void **state)
{
	struct fixture *f = *state;
	uint32_t file;

	built_vms(&f->update);
	file = built_subject(&f->update.old, LUO_STATS_SUBJECT_FILE, "vm-1", "memfd", "", 20);
	built_span(&f->update.old, LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, file,
		   true_cycles(-9 * MS), true_cycles(-8 * MS));
	ask(f, &(struct outcome){});
	assert_false(f->model.files_missing_known);
	assert_false(f->model.freezes_known);
}

/* What the new kernel recorded is damaged: that matters only if something is missing. */
static void test_damage_in_the_new_kernel(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;

	built_vms(&f->update);
	built_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_FINISH, LUO_STATS_ROLE_NEW, 1,
		   true_cycles(1800 * MS), true_cycles(1801 * MS))
		->kind = 0;
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_FILES, OUTCOME_YES, "3 of 3 files are back");
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_FILES, OUTCOME_UNKNOWN,
		      "it is not known whether every file is back");
}

/* What the old kernel knew is lost: nothing went well for certain. */
static void test_one_kernel(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;

	f->capture.section[CAPTURE_INCOMING] = (struct capture_section){};
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_RESETS, OUTCOME_UNKNOWN,
		      "it is not known whether every reset went well");
	assert_answer(&outcome, OUTCOME_DROPPED, OUTCOME_UNKNOWN,
		      "the spans of one kernel are not known");
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	struct outcome outcome;
	struct luo_stats_boundaries *set = &f->update.old.header->as_old_kernel[0];

	/* The old kernel by itself: its update was given up, and it went on. */
	f->capture.section[CAPTURE_OUTGOING] = f->capture.section[CAPTURE_INCOMING];
	f->capture.section[CAPTURE_INCOMING] = (struct capture_section){};
	f->update.old.header->update_open = 0;
	set->result = -EBUSY;
	built_device_span(&f->update.old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, "0000:81:00.0",
			  8 * MS, 9 * MS)
		->result = -EBUSY;
	ask(f, &outcome);
	assert_answer(&outcome, OUTCOME_UPDATE, OUTCOME_NO,
		      "the update was refused by device 0000:81:00.0");
	assert_answer(&outcome, OUTCOME_FILES, OUTCOME_UNKNOWN, "there was no update");
	assert_int_equal(outcome.answer, OUTCOME_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_belongs, set_up_devices, tear_down),
		cmocka_unit_test_setup_teardown(test_two_devices_of_a_file, set_up_devices,
						tear_down),
		cmocka_unit_test_setup_teardown(test_device_of_inner_file, set_up_devices,
						tear_down),
		cmocka_unit_test_setup_teardown(test_freezes_within_the_first, set_up_devices,
						tear_down),
		cmocka_unit_test_setup_teardown(test_belongs_to_either, set_up_devices, tear_down),
		cmocka_unit_test_setup_teardown(test_other_threads, set_up_devices, tear_down),
		cmocka_unit_test_setup_teardown(test_all_is_well, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_not_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_missing, set_up_devices, tear_down),
		cmocka_unit_test_setup_teardown(test_contradicted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_vms_watched_in_one_kernel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dropped_marks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dropped_subjects, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_more_than_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_resets_of_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_freezes_are_not_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_handler_is_not_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_span, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_subject, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_misplaced_span, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damage_in_the_new_kernel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_kernel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
