// SPDX-License-Identifier: GPL-2.0
/*
 * When a capture is stored: once all is back, when time is over, and when more comes later.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <luoscope/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "build_area.h"
#include "capture/capture.h"
#include "capture/store.h"
#include "live/auto_store.h"

#define SECOND_NS 1000000000ULL
#define BEGIN_NS  (20 * SECOND_NS)
#define END_NS	  (BEGIN_NS + AUTO_STORE_WATCH_NS)

static const struct store_limits limits = { .captures = 10, .bytes = 1 << 30 };

struct fixture {
	struct built_update update;
	struct capture capture;
	struct auto_store auto_store;
	struct error error;
	char dir[64];
	int collect_error;
	unsigned int looks;
	unsigned int logged;
	unsigned int refusals;
};

static struct fixture *fixture;

static int collect(struct capture *capture, const char *sysfs_dir, struct error *error)
{
	(void)sysfs_dir;
	fixture->looks++;
	*capture = (struct capture){};
	if (fixture->collect_error)
		return error_set(error, fixture->collect_error, "as the test wants it");
	built_seal(&fixture->update.old);
	built_seal(&fixture->update.new);
	built_capture(&fixture->update, capture);
	if (!fixture->capture.section[CAPTURE_INCOMING].bytes)
		capture->section[CAPTURE_INCOMING] = (struct capture_section){};
	return 0;
}

static void log_it(struct update_log *log, const struct model *model, uint64_t capture,
		   const char *dir)
{
	(void)log;
	assert_true(model->has_update);
	assert_int_equal(capture, fixture->auto_store.number);
	assert_string_equal(dir, fixture->dir);
	fixture->logged++;
}

static void log_refusal(const struct model *model, const struct model_attempt *attempt)
{
	(void)model;
	assert_int_equal(attempt->result, -EINVAL);
	fixture->refusals++;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	built_update_init(&f->update);
	built_capture(&f->update, &f->capture);
	strcpy(f->dir, "/tmp/luoscope-test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	auto_store_init(&f->auto_store, f->dir, &limits, BEGIN_NS);
	f->auto_store.collect = collect;
	f->auto_store.write = log_it;
	f->auto_store.write_refusal = log_refusal;
	fixture = f;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	DIR *directory = opendir(f->dir);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
	rmdir(f->dir);
	unlink(f->dir);
	built_update_free(&f->update);
	free(f);
	return 0;
}

/* Look as often as it is due from the time that was reached to @ns. Returns how often it stored. */
static unsigned int run_until(struct fixture *f, uint64_t ns)
{
	unsigned int stored = 0;
	int result;

	while (f->auto_store.due_ns <= ns) {
		const unsigned int logged = f->logged;

		result = auto_store_look(&f->auto_store, f->auto_store.due_ns, &f->error);
		assert_true(result >= 0);
		stored += result;
		/* What is stored is logged, and nothing else. */
		assert_int_equal(f->logged, logged + result);
	}
	return stored;
}

/* Which captures there are, as text. */
static const char *stored(struct fixture *f)
{
	static char text[64];
	struct store_entry *entry;
	size_t count, i;

	assert_int_equal(store_list(f->dir, &entry, &count, &f->error), 0);
	text[0] = '\0';
	for (i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%llu", i ? " " : "",
			 (unsigned long long)entry[i].number);
	free(entry);
	return text;
}

static struct luo_stats_span *retrieve_of(struct fixture *f, unsigned int index)
{
	return built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 2 * index);
}

static void happens(struct fixture *f, uint16_t type, uint16_t kind, uint64_t now_ns)
{
	const struct luoscope_event event = { .type = type, .kind = kind };

	auto_store_event(&f->auto_store, &event, now_ns);
}

static void test_a_whole_update_is_stored_at_once_and_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(auto_store_look(&f->auto_store, BEGIN_NS, &f->error), 1);
	assert_string_equal(stored(f), "1");
	assert_int_equal(f->auto_store.number, 1);
	assert_int_equal(run_until(f, 2 * END_NS), 0);
	assert_string_equal(stored(f), "1");
}

static void test_looks_are_few(void **state)
{
	struct fixture *f = *state;

	run_until(f, 100 * END_NS);
	assert_in_range(f->looks, 5, 12);
	assert_true(f->auto_store.due_ns == AUTO_STORE_NEVER);
	/* Not before its time. */
	assert_int_equal(auto_store_look(&f->auto_store, 100 * END_NS, &f->error), 0);
	assert_in_range(f->looks, 5, 12);
}

static void test_no_update_is_nothing_to_store(void **state)
{
	struct fixture *f = *state;

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	f->update.new.header->flags &= ~LUO_STATS_KHO_BOOT;
	assert_int_equal(run_until(f, 2 * END_NS), 0);
	assert_int_equal(f->looks, 1);
	assert_true(f->auto_store.due_ns == AUTO_STORE_NEVER);
	assert_string_equal(stored(f), "");
}

/* @f lacks something that never comes: it is stored as it is, when time is over. */
static void assert_waits(struct fixture *f)
{
	assert_int_equal(run_until(f, END_NS - 1), 0);
	assert_string_equal(stored(f), "");
	assert_int_equal(run_until(f, END_NS), 1);
	assert_string_equal(stored(f), "1");
	assert_true(f->auto_store.due_ns == AUTO_STORE_NEVER);
}

static void test_a_file_is_awaited(void **state)
{
	struct fixture *f = *state;

	retrieve_of(f, 2)->state = LUO_STATS_OPEN;
	assert_waits(f);
}

static void test_a_finish_is_awaited(void **state)
{
	struct fixture *f = *state;

	/* The last two spans are those of the sessions. */
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 7)->state = LUO_STATS_OPEN;
	assert_waits(f);
}

static void test_a_device_is_awaited(void **state)
{
	struct fixture *f = *state;
	uint64_t i;

	built_devices(&f->update);
	for (i = 0;; i++) {
		struct luo_stats_span *span = built_span_at(&f->update.new, LUO_STATS_LOT_ANY, i);

		if (span->kind == LUO_STATS_IRQ_SETUP) {
			span->result = -EIO;
			break;
		}
	}
	assert_waits(f);
}

static void test_a_virtual_machine_is_awaited(void **state)
{
	struct fixture *f = *state;
	const uint64_t late_ns = 2 * END_NS;

	built_vms(&f->update);
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm-3", 902, 0, 6 * MS);
	assert_waits(f);
	built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, "vm-3", 302, 0, 1800 * MS);
	happens(f, LUOSCOPE_EVENT_INSTANT, LUO_STATS_VCPU_ENTRY, late_ns);
	assert_int_equal(run_until(f, 3 * END_NS), 1);
}

static void test_the_clock_is_awaited(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_anchor *anchor = f->update.new.header->anchor;

	anchor[LUO_STATS_ANCHOR_READ] = anchor[LUO_STATS_ANCHOR_LOAD];
	f->update.klog[0] = '\0';
	f->update.old.header->anchor[LUO_STATS_ANCHOR_LOAD].flags = 0;
	assert_waits(f);
}

static void test_an_open_mark_is_awaited(void **state)
{
	struct fixture *f = *state;
	const uint32_t mark =
		built_subject(&f->update.old, LUO_STATS_SUBJECT_MARK, "guest-downtime", "", "", 1);

	built_span(&f->update.old, LUO_STATS_LOT_ANY, LUO_STATS_MARK, LUO_STATS_ROLE_NONE, mark,
		   true_cycles(-100 * MS), 0);
	assert_waits(f);
}

static void test_what_comes_in_time_is_stored_with_the_next_look(void **state)
{
	struct fixture *f = *state;

	retrieve_of(f, 2)->state = LUO_STATS_OPEN;
	assert_int_equal(run_until(f, BEGIN_NS + 10 * SECOND_NS), 0);
	retrieve_of(f, 2)->state = LUO_STATS_CLOSED;
	happens(f, LUOSCOPE_EVENT_END, LUO_STATS_RETRIEVE, BEGIN_NS + 10 * SECOND_NS);
	assert_int_equal(run_until(f, BEGIN_NS + 12 * SECOND_NS), 1);
	assert_string_equal(stored(f), "1");
}

static void test_a_stop_stores_what_there_is(void **state)
{
	struct fixture *f = *state;

	retrieve_of(f, 2)->state = LUO_STATS_OPEN;
	assert_int_equal(run_until(f, BEGIN_NS + 10 * SECOND_NS), 0);
	assert_int_equal(auto_store_stop(&f->auto_store, BEGIN_NS + 11 * SECOND_NS, &f->error), 1);
	assert_string_equal(stored(f), "1");
}

static void test_a_stop_after_storing_does_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(auto_store_look(&f->auto_store, BEGIN_NS, &f->error), 1);
	assert_int_equal(auto_store_stop(&f->auto_store, BEGIN_NS + SECOND_NS, &f->error), 0);
	assert_int_equal(f->looks, 1);
}

static void test_a_stop_without_an_update_does_nothing(void **state)
{
	struct fixture *f = *state;

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	f->update.new.header->flags &= ~LUO_STATS_KHO_BOOT;
	run_until(f, END_NS);
	assert_int_equal(auto_store_stop(&f->auto_store, END_NS, &f->error), 0);
	assert_int_equal(f->looks, 1);
	assert_string_equal(stored(f), "");
}

static bool yes(void)
{
	return true;
}

/* In the new kernel something is preserved for the next update. */
static void preserve_one(struct fixture *f)
{
	struct built_area *area = &f->update.new;

	built_span(area, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD,
		   built_subject(area, LUO_STATS_SUBJECT_FILE, "vm-1", "memfd", "", 7),
		   true_cycles(5000 * MS), true_cycles(5001 * MS));
}

/* In the store, capture @number is of an update that was started. */
static bool is_started(struct fixture *f, uint64_t number)
{
	struct capture capture;
	char value[8];
	bool found;

	assert_int_equal(store_load(&capture, f->dir, number, &f->error), 0);
	found = capture_host_value(&capture, STORE_STARTED, value, sizeof(value));
	capture_free(&capture);
	return found;
}

static void test_a_stop_for_an_update_stores_that_it_starts(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run_until(f, 2 * END_NS), 1);
	f->auto_store.leaves = yes;
	/* Nothing was preserved: no update takes anything along. */
	assert_int_equal(auto_store_stop(&f->auto_store, 3 * END_NS, &f->error), 0);
	assert_string_equal(stored(f), "1");
	preserve_one(f);
	assert_int_equal(auto_store_stop(&f->auto_store, 3 * END_NS, &f->error), 0);
	assert_string_equal(stored(f), "1 2");
	assert_false(is_started(f, 1));
	assert_true(is_started(f, 2));
}

static void test_an_update_that_starts_is_stored_until_it_is_refused(void **state)
{
	const struct luoscope_event refused = { .type = LUOSCOPE_EVENT_BOUNDARY,
						.kind = LUO_STATS_B1_FROZEN,
						.result = -EINVAL };
	struct fixture *f = *state;
	const uint64_t now_ns = 2 * END_NS;

	preserve_one(f);
	assert_int_equal(run_until(f, now_ns), 1);
	happens(f, LUOSCOPE_EVENT_BOUNDARY, LUO_STATS_B0_UPDATE_BEGIN, now_ns);
	assert_int_equal(run_until(f, now_ns), 0);
	assert_string_equal(stored(f), "1 2");
	assert_true(is_started(f, 2));
	auto_store_event(&f->auto_store, &refused, now_ns);
	assert_int_equal(run_until(f, now_ns + 2 * SECOND_NS), 0);
	assert_string_equal(stored(f), "1");
}

static void test_what_comes_late_replaces(void **state)
{
	struct fixture *f = *state;
	const unsigned int before = 100;

	retrieve_of(f, 2)->state = LUO_STATS_OPEN;
	assert_int_equal(run_until(f, before * END_NS), 1);
	retrieve_of(f, 2)->state = LUO_STATS_CLOSED;
	assert_int_equal(run_until(f, before * END_NS), 0);
	happens(f, LUOSCOPE_EVENT_END, LUO_STATS_RETRIEVE, before * END_NS);
	/* A second event does not put it off. */
	happens(f, LUOSCOPE_EVENT_END, LUO_STATS_FINISH, before * END_NS + SECOND_NS);
	assert_int_equal(run_until(f, before * END_NS + 2 * SECOND_NS - 1), 0);
	assert_int_equal(run_until(f, before * END_NS + 2 * SECOND_NS), 1);
	assert_string_equal(stored(f), "1");
	assert_true(f->auto_store.due_ns == AUTO_STORE_NEVER);
}

static void test_a_mark_that_comes_late_replaces(void **state)
{
	struct fixture *f = *state;
	const uint64_t late_ns = 2 * END_NS;

	assert_int_equal(run_until(f, late_ns), 1);
	built_mark(&f->update.new, "guest-up", 1, 1800 * MS, 1800 * MS, LUO_STATS_MARK_INSTANT);
	assert_int_equal(run_until(f, late_ns), 0);
	happens(f, LUOSCOPE_EVENT_INSTANT, LUO_STATS_MARK, late_ns);
	assert_int_equal(run_until(f, 3 * END_NS), 1);
	assert_string_equal(stored(f), "1");
	built_mark(&f->update.new, "guest-busy", 1, 1700 * MS, 1900 * MS, LUO_STATS_MARK_SPAN);
	happens(f, LUOSCOPE_EVENT_END, LUO_STATS_MARK, 3 * END_NS);
	assert_int_equal(run_until(f, 4 * END_NS), 1);
}

static void test_a_guest_that_starts_later_is_not_part_of_the_update(void **state)
{
	struct fixture *f = *state;

	built_vms(&f->update);
	assert_int_equal(run_until(f, END_NS), 1);
	built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, "", 950, 0, 90000 * MS);
	happens(f, LUOSCOPE_EVENT_INSTANT, LUO_STATS_VCPU_ENTRY, END_NS);
	assert_int_equal(run_until(f, 2 * END_NS), 0);
}

static void test_other_events_wake_nobody(void **state)
{
	struct fixture *f = *state;

	run_until(f, 2 * END_NS);
	happens(f, LUOSCOPE_EVENT_END, LUO_STATS_PRESERVE, 2 * END_NS);
	happens(f, LUOSCOPE_EVENT_BEGIN, LUO_STATS_RETRIEVE, 2 * END_NS);
	happens(f, LUOSCOPE_EVENT_BOUNDARY, LUO_STATS_RETRIEVE, 2 * END_NS);
	assert_true(f->auto_store.due_ns == AUTO_STORE_NEVER);
}

/* Attempt @number of the running kernel fails. */
static void refuse(struct fixture *f, uint32_t number, uint64_t now_ns)
{
	const struct luoscope_event event = { .type = LUOSCOPE_EVENT_BOUNDARY,
					      .kind = LUO_STATS_B1_FROZEN,
					      .result = -EINVAL };
	struct luo_stats_header *header = f->update.new.header;
	struct luo_stats_boundaries *attempt = &header->as_old_kernel[number - 1];

	header->attempts = number;
	*attempt = (struct luo_stats_boundaries){ .attempt = number, .result = -EINVAL };
	attempt->cycles[LUO_STATS_B0_UPDATE_BEGIN] = true_cycles((60000 + number) * MS);
	attempt->end_cycles = true_cycles((60010 + number) * MS);
	auto_store_event(&f->auto_store, &event, now_ns);
}

static void test_a_refused_attempt_is_logged_once(void **state)
{
	struct fixture *f = *state;

	run_until(f, 2 * END_NS);
	refuse(f, 1, 2 * END_NS);
	run_until(f, 3 * END_NS);
	assert_int_equal(f->refusals, 1);
	happens(f, LUOSCOPE_EVENT_END, LUO_STATS_FINISH, 3 * END_NS);
	run_until(f, 4 * END_NS);
	assert_int_equal(f->refusals, 1);
	refuse(f, 2, 4 * END_NS);
	run_until(f, 5 * END_NS);
	assert_int_equal(f->refusals, 2);
}

static void test_a_refused_attempt_before_the_start_is_not_logged(void **state)
{
	struct fixture *f = *state;

	refuse(f, 1, BEGIN_NS);
	run_until(f, 2 * END_NS);
	assert_int_equal(f->refusals, 0);
	refuse(f, 2, 2 * END_NS);
	run_until(f, 3 * END_NS);
	assert_int_equal(f->refusals, 1);
}

static void test_what_fails_is_tried_again(void **state)
{
	struct fixture *f = *state;

	f->collect_error = -EIO;
	assert_int_equal(auto_store_look(&f->auto_store, BEGIN_NS, &f->error), -EIO);
	assert_true(f->auto_store.due_ns > BEGIN_NS && f->auto_store.due_ns < AUTO_STORE_NEVER);
	f->collect_error = 0;
	/* A file stands where the store would be. */
	rmdir(f->dir);
	close(open(f->dir, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(auto_store_look(&f->auto_store, f->auto_store.due_ns, &f->error),
			 -ENOTDIR);
	assert_true(f->auto_store.due_ns < AUTO_STORE_NEVER);
	unlink(f->dir);
	assert_int_equal(auto_store_look(&f->auto_store, f->auto_store.due_ns, &f->error), 1);
	assert_string_equal(stored(f), "1");
}

static void test_a_full_store_is_tried_again_when_there_is_room(void **state)
{
	struct fixture *f = *state;
	const uint64_t room_ns = 10 * SECOND_NS;

	f->collect_error = -ENOSPC;
	assert_int_equal(auto_store_look(&f->auto_store, BEGIN_NS, &f->error), -ENOSPC);
	f->collect_error = 0;
	/* Nobody has made room yet: nothing is collected in vain. */
	f->auto_store.bytes = UINT64_MAX;
	assert_int_equal(run_until(f, BEGIN_NS + 10 * room_ns), 0);
	assert_int_equal(f->looks, 1);
	f->auto_store.bytes = 1;
	assert_int_equal(run_until(f, BEGIN_NS + 11 * room_ns), 1);
	assert_string_equal(stored(f), "1");
}

static void test_a_store_that_seems_full_is_tried_again_in_the_end(void **state)
{
	struct fixture *f = *state;

	f->collect_error = -ENOSPC;
	assert_int_equal(auto_store_look(&f->auto_store, BEGIN_NS, &f->error), -ENOSPC);
	f->collect_error = 0;
	f->auto_store.bytes = UINT64_MAX;
	assert_int_equal(run_until(f, BEGIN_NS + 600 * SECOND_NS), 1);
}

/* Another recorder begins at @now_ns, and finds what the one before has stored. */
static void restart(struct fixture *f, uint64_t now_ns)
{
	auto_store_init(&f->auto_store, f->dir, &limits, now_ns);
	f->auto_store.collect = collect;
	f->auto_store.write = log_it;
	f->auto_store.write_refusal = log_refusal;
}

static void watched(struct built_area *area, const char *name, const char *group, uint64_t when,
		    uint64_t watches)
{
	char detail[32];

	snprintf(detail, sizeof(detail), "%llu", (unsigned long long)when);
	built_subject(area, LUO_STATS_SUBJECT_WATCH, name, detail, group, watches);
}

#define WATCHES (LUO_STATS_WATCH_FREEZE | LUO_STATS_WATCH_RETRIEVE)

/* An update of which one virtual machine is known not to have come back. */
static void lose_a_vm(struct fixture *f)
{
	built_vms(&f->update);
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm-3", 902, 0, 6 * MS);
	watched(&f->update.old, "", "1", 1, WATCHES);
	watched(&f->update.new, LUOSCOPE_WATCH_ARRIVAL, "2", true_cycles(1480 * MS), WATCHES);
}

/* From then on it is not known any more: the probes of the new kernel are replaced. */
static void replace_probes(struct fixture *f)
{
	watched(&f->update.new, LUOSCOPE_WATCH_DETACHED, "2", true_cycles(90000 * MS), 0);
	watched(&f->update.new, "", "3", true_cycles(91000 * MS), WATCHES);
}

static void assert_stored_knows(struct fixture *f, bool vms_are_known, size_t marks)
{
	struct capture capture;
	struct model model;

	assert_string_equal(stored(f), "1");
	assert_int_equal(store_load(&capture, f->dir, 1, &f->error), 0);
	assert_int_equal(model_build(&model, &capture, &f->error), 0);
	assert_int_equal(model.vms_missing_known, vms_are_known);
	assert_int_equal(model.marks, marks);
	model_free(&model);
	capture_free(&capture);
}

static void test_a_capture_that_knows_less_does_not_replace(void **state)
{
	struct fixture *f = *state;

	lose_a_vm(f);
	assert_int_equal(run_until(f, END_NS), 1);
	assert_stored_knows(f, true, 0);
	replace_probes(f);
	/* A mark makes up for nothing, neither for this recorder ... */
	built_mark(&f->update.new, "guest-up", 1, 1800 * MS, 1800 * MS, LUO_STATS_MARK_INSTANT);
	happens(f, LUOSCOPE_EVENT_INSTANT, LUO_STATS_MARK, END_NS);
	assert_int_equal(run_until(f, 2 * END_NS), 0);
	assert_stored_knows(f, true, 0);
	/* ... nor for the next one. */
	restart(f, 2 * END_NS);
	assert_int_equal(auto_store_look(&f->auto_store, 2 * END_NS, &f->error), 1);
	assert_int_equal(run_until(f, 4 * END_NS), 0);
	assert_stored_knows(f, true, 0);
	/* What comes back does. */
	built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, "vm-3", 302, 0, 92000 * MS);
	happens(f, LUOSCOPE_EVENT_INSTANT, LUO_STATS_VCPU_ENTRY, 4 * END_NS);
	assert_int_equal(run_until(f, 5 * END_NS), 1);
	assert_stored_knows(f, true, 1);
}

/* The probes were in place before that entry, and may have missed an earlier one. */
static void test_a_time_that_was_exact_stays(void **state)
{
	struct fixture *f = *state;

	lose_a_vm(f);
	built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, "vm-3", 302, 0, 80000 * MS);
	assert_int_equal(run_until(f, BEGIN_NS), 1);
	/* Nobody knows when the pins were removed. */
	watched(&f->update.new, "", "3", true_cycles(91000 * MS), WATCHES);
	built_mark(&f->update.new, "guest-up", 1, 1800 * MS, 1800 * MS, LUO_STATS_MARK_INSTANT);
	assert_int_equal(run_until(f, 2 * END_NS), 0);
	assert_stored_knows(f, true, 0);
}

static void test_the_next_recorder_stores_no_more_than_it_knows(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run_until(f, BEGIN_NS), 1);
	restart(f, 2 * BEGIN_NS);
	assert_int_equal(auto_store_look(&f->auto_store, 2 * BEGIN_NS, &f->error), 1);
	assert_int_equal(f->auto_store.number, 1);
	assert_true(f->auto_store.log.is_written);
	assert_int_equal(f->logged, 1);
	assert_int_equal(run_until(f, 3 * BEGIN_NS), 0);
	built_mark(&f->update.new, "guest-up", 1, 1800 * MS, 1800 * MS, LUO_STATS_MARK_INSTANT);
	assert_int_equal(run_until(f, 10 * BEGIN_NS), 1);
	assert_string_equal(stored(f), "1");
}

/* What it has not stored yet, because not all is back. */
static void test_the_next_recorder_stores_what_it_knows_when_it_is_stopped(void **state)
{
	struct fixture *f = *state;

	retrieve_of(f, 1)->state = LUO_STATS_OPEN;
	retrieve_of(f, 2)->state = LUO_STATS_OPEN;
	assert_int_equal(auto_store_stop(&f->auto_store, BEGIN_NS, &f->error), 1);
	restart(f, 2 * BEGIN_NS);
	retrieve_of(f, 1)->state = LUO_STATS_CLOSED;
	assert_int_equal(auto_store_look(&f->auto_store, 2 * BEGIN_NS, &f->error), 1);
	assert_int_equal(f->logged, 1);
	assert_int_equal(auto_store_stop(&f->auto_store, 3 * BEGIN_NS, &f->error), 1);
	assert_int_equal(f->logged, 2);
	assert_string_equal(stored(f), "1");
}

/* What the old kernel stored of its start knows nothing of the new kernel. */
static void test_a_started_update_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct capture old = {};
	uint64_t number;

	built_mark(&f->update.old, "guest-down", 1, -20 * MS, -10 * MS, LUO_STATS_MARK_SPAN);
	built_seal(&f->update.old);
	old.section[CAPTURE_OUTGOING] = f->capture.section[CAPTURE_INCOMING];
	assert_int_equal(store_start(&old, f->dir, &limits, &number, &f->error), 0);
	assert_true(is_started(f, number));
	assert_int_equal(run_until(f, BEGIN_NS), 1);
	assert_string_equal(stored(f), "1");
	assert_false(is_started(f, 1));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_whole_update_is_stored_at_once_and_once),
		TEST(test_looks_are_few),
		TEST(test_no_update_is_nothing_to_store),
		TEST(test_a_file_is_awaited),
		TEST(test_a_finish_is_awaited),
		TEST(test_a_device_is_awaited),
		TEST(test_a_virtual_machine_is_awaited),
		TEST(test_the_clock_is_awaited),
		TEST(test_an_open_mark_is_awaited),
		TEST(test_what_comes_in_time_is_stored_with_the_next_look),
		TEST(test_a_stop_stores_what_there_is),
		TEST(test_a_stop_after_storing_does_nothing),
		TEST(test_a_stop_without_an_update_does_nothing),
		TEST(test_a_stop_for_an_update_stores_that_it_starts),
		TEST(test_an_update_that_starts_is_stored_until_it_is_refused),
		TEST(test_what_comes_late_replaces),
		TEST(test_a_mark_that_comes_late_replaces),
		TEST(test_a_guest_that_starts_later_is_not_part_of_the_update),
		TEST(test_other_events_wake_nobody),
		TEST(test_a_refused_attempt_is_logged_once),
		TEST(test_a_refused_attempt_before_the_start_is_not_logged),
		TEST(test_what_fails_is_tried_again),
		TEST(test_a_full_store_is_tried_again_when_there_is_room),
		TEST(test_a_store_that_seems_full_is_tried_again_in_the_end),
		TEST(test_a_capture_that_knows_less_does_not_replace),
		TEST(test_a_time_that_was_exact_stays),
		TEST(test_the_next_recorder_stores_no_more_than_it_knows),
		TEST(test_the_next_recorder_stores_what_it_knows_when_it_is_stopped),
		TEST(test_a_started_update_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
