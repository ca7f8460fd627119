// SPDX-License-Identifier: GPL-2.0
/*
 * The probes were detached for a time: what happened meanwhile was not seen, and is not known not
 * to have happened.
 */
#include <errno.h>
#include <inttypes.h>
#include <luoscope/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "capture/area.h"
#include "capture/detached.h"
#include "fixture.h"
#include "model/longest_vm.h"
#include "model/outcome.h"
#include "report/report_json.h"

#define ALL                                                                            \
	(LUO_STATS_WATCH_FREEZE | LUO_STATS_WATCH_RETRIEVE | LUO_STATS_WATCH_HANDLER | \
	 LUO_STATS_WATCH_BIND | LUO_STATS_WATCH_IRQ_SETUP | LUO_STATS_WATCH_RESET)

/* What the program "stamp" writes of probes that were attached together. */
static void attached(struct built_area *area, const char *name, const char *group, uint64_t since)
{
	char detail[32];

	snprintf(detail, sizeof(detail), "%" PRIu64, since);
	built_subject(area, LUO_STATS_SUBJECT_WATCH, name, detail, group, ALL);
}

/* What the program "detaching" writes of them. */
static void detached(struct built_area *area, const char *group, uint64_t until)
{
	char detail[32];

	snprintf(detail, sizeof(detail), "%" PRIu64, until);
	built_subject(area, LUO_STATS_SUBJECT_WATCH, LUOSCOPE_WATCH_DETACHED, detail, group, 0);
}

/* An area with room for a few hundred subjects. */
static void init_area(struct built_area *area)
{
	static const uint32_t chunks[4] = { 65536, 65536, 4096, 4096 };

	built_area_init(area, chunks);
	strcpy(area->header->release, "7.3.4");
}

static size_t list_of(const struct built_area *built, struct detached list[DETACHED_MOST])
{
	struct area area;

	built_seal((struct built_area *)built);
	assert_int_equal(area_parse(&area, built->bytes, built->size, NULL), 0);
	return detached_list(&area, list);
}

static void assert_is(const struct detached *detached, uint64_t begin, uint64_t end, bool known)
{
	assert_int_equal(detached->begin, begin);
	assert_int_equal(detached->end, end);
	assert_int_equal(detached->begin_known, known);
}

static void test_list(void **state)
{
	struct detached list[DETACHED_MOST];
	struct built_area built;

	(void)state;
	init_area(&built);
	assert_int_equal(list_of(&built, list), 0);
	/* In two parts, and then with fewer probes: still the same ones. */
	attached(&built, LUOSCOPE_WATCH_ARRIVAL, "100", 100);
	attached(&built, "", "100", 110);
	attached(&built, "", "100", 120);
	built_subject(&built, LUO_STATS_SUBJECT_WATCH, "luo_open", "900", "no such function",
		      LUOSCOPE_WATCH_LEFT_OUT);
	assert_int_equal(list_of(&built, list), 0);
	/* Detached, and not attached again. */
	detached(&built, "100", 130);
	assert_int_equal(list_of(&built, list), 1);
	assert_is(&list[0], 130, 0, true);
	attached(&built, "", "140", 140);
	assert_int_equal(list_of(&built, list), 1);
	assert_is(&list[0], 130, 140, true);
	/* Removed by hand. */
	attached(&built, "", "150", 150);
	assert_int_equal(list_of(&built, list), 2);
	assert_is(&list[0], 130, 140, true);
	assert_is(&list[1], 140, 150, false);
	built_area_free(&built);
}

/* An older luoscope writes no group, and no end. */
static void test_older_versions(void **state)
{
	struct detached list[DETACHED_MOST];
	struct built_area built;

	(void)state;
	init_area(&built);
	built_subject(&built, LUO_STATS_SUBJECT_WATCH, "", "", "", ALL);
	built_subject(&built, LUO_STATS_SUBJECT_WATCH, "", "105", "", 1);
	assert_int_equal(list_of(&built, list), 0);
	attached(&built, "", "120", 120);
	assert_int_equal(list_of(&built, list), 1);
	assert_is(&list[0], 105, 120, false);
	built_area_free(&built);
}

/* What makes no sense is no reason to know more. */
static void test_nonsense(void **state)
{
	struct detached list[DETACHED_MOST];
	struct built_area built;
	unsigned int i;

	(void)state;
	init_area(&built);
	detached(&built, "100", 100);
	assert_int_equal(list_of(&built, list), 1);
	assert_is(&list[0], 100, 0, true);
	attached(&built, "", "50", 50);
	detached(&built, "50", 200);
	assert_int_equal(list_of(&built, list), 2);
	assert_is(&list[0], 100, 100, true);
	assert_is(&list[1], 100, 0, true);
	for (i = 0; i < 2 * DETACHED_MOST; i++) {
		char group[16];

		snprintf(group, sizeof(group), "%u", 1000 + i);
		attached(&built, "", group, 1000 + i);
	}
	assert_int_equal(list_of(&built, list), DETACHED_MOST);
	assert_int_equal(list[DETACHED_MOST - 1].end, 0);
	built_area_free(&built);
}

static bool has_room(const struct built_area *built)
{
	struct area area;

	built_seal((struct built_area *)built);
	assert_int_equal(area_parse(&area, built->bytes, built->size, NULL), 0);
	return detached_has_room(&area);
}

/* A host that attaches them again and again has an update's room left. */
static void test_room(void **state)
{
	unsigned int count = 0;
	struct built_area built;
	char group[16];

	(void)state;
	init_area(&built);
	for (; has_room(&built); count += 2) {
		snprintf(group, sizeof(group), "%u", count + 1);
		attached(&built, "", group, count + 1);
		detached(&built, group, count + 2);
	}
	/* There are 682 places. */
	assert_in_range(count, 36, 682 / 16);
	built_area_free(&built);
}

/* Before the next probes are attached there must be room for what those before say at their end. */
static void test_room_of_a_large_area(void **state)
{
	static const uint32_t chunks[4] = { 262144, 65536, 4096, 4096 };
	struct built_area built;
	unsigned int count;
	char group[16];

	(void)state;
	built_area_init(&built, chunks);
	for (count = 0; count < 62; count++) {
		assert_true(has_room(&built));
		snprintf(group, sizeof(group), "%u", count + 1);
		attached(&built, "", group, count + 1);
		/* What is not watched is there only once. */
		built_subject(&built, LUO_STATS_SUBJECT_WATCH, "luo_open", "900",
			      "no such function", LUOSCOPE_WATCH_LEFT_OUT);
	}
	assert_false(has_room(&built));
	built_area_free(&built);
}

static void assert_files(struct fixture *f, enum outcome_answer answer)
{
	struct outcome outcome;

	build(f);
	outcome_of(&outcome, &f->model);
	assert_int_equal(outcome.question[OUTCOME_FILES].answer, answer);
}

static struct luo_stats_span *find_span(struct built_area *area, unsigned int lot,
					unsigned int kind, unsigned int nth)
{
	unsigned int i;

	for (i = 0;; i++) {
		struct luo_stats_span *span = built_span_at(area, lot, i);

		assert_true(i < area->header->span_cursor[lot]);
		if (span->kind == kind && !nth--)
			return span;
	}
}

/* Makes the @nth span of @kind in the new kernel one that nobody saw. */
static void was_not_seen(struct fixture *f, unsigned int kind, unsigned int nth)
{
	struct luo_stats_span *span = find_span(&f->update.new, LUO_STATS_LOT_ANY, kind, nth);

	memset(span, 0, sizeof(*span));
	span->state = LUO_STATS_RESERVED;
}

/* No file has gone on to its finish. */
static void nothing_was_finished(struct fixture *f)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		was_not_seen(f, LUO_STATS_FINISH, 0);
	for (i = 0; i < 2; i++)
		was_not_seen(f, LUO_STATS_SESSION_FINISH, 0);
}

static void watch_all_the_time(struct fixture *f)
{
	attached(&f->update.old, "", "1", 1);
	attached(&f->update.new, LUOSCOPE_WATCH_ARRIVAL, "2", true_cycles(1480 * MS));
}

static void detach_in_new(struct fixture *f, int64_t begin_ns, int64_t end_ns)
{
	detached(&f->update.new, "2", true_cycles(begin_ns));
	if (end_ns)
		attached(&f->update.new, "", "3", true_cycles(end_ns));
}

static void test_retrieve_meanwhile(void **state)
{
	struct fixture *f = *state;

	watch_all_the_time(f);
	was_not_seen(f, LUO_STATS_RETRIEVE, 1);
	nothing_was_finished(f);
	assert_files(f, OUTCOME_NO);
	assert_int_equal(f->model.detacheds, 0);

	detach_in_new(f, 1510 * MS, 1520 * MS);
	assert_files(f, OUTCOME_UNKNOWN);
	assert_int_equal(f->model.detacheds, 1);
	assert_true(f->model.detached[0].matters);
	assert_near(f->model.detached[0].start, 1510 * MS);
	assert_near(f->model.detached[0].duration, 10 * MS);
	assert_false(f->model.file[1].not_back);
	assert_false(f->model.file[1].downtime.known);
	assert_true(bounded_is_lower_bound(f->model.blackout));
	assert_int_equal(f->model.probes_new.watched, 0);
	assert_true(has_note(f, "the probes of the new kernel were detached for 10.0"));
	assert_true(has_note(f, ": what came back meanwhile was not seen"));
	/* What was seen was seen. */
	assert_true(f->model.file[0].downtime.known);
	assert_true(f->model.file[2].downtime.known);
	assert_false(bounded_is_lower_bound(f->model.file[2].downtime));
}

/* Whenever it was that they were detached. */
static void test_removed_by_hand(void **state)
{
	struct fixture *f = *state;

	watch_all_the_time(f);
	was_not_seen(f, LUO_STATS_RETRIEVE, 1);
	attached(&f->update.new, "", "3", true_cycles(1580 * MS));
	assert_files(f, OUTCOME_UNKNOWN);
	assert_false(f->model.detached[0].begin_known);
	assert_true(has_note(f, "were detached for at most 100"));
}

static void test_not_attached_again(void **state)
{
	struct fixture *f = *state;

	watch_all_the_time(f);
	was_not_seen(f, LUO_STATS_RETRIEVE, 1);
	detach_in_new(f, 1510 * MS, 0);
	assert_files(f, OUTCOME_UNKNOWN);
	assert_false(f->model.detached[0].duration.known);
	assert_true(has_note(f, "and not attached again"));
}

/* Once all is back, or was discarded, it does not matter. */
static void test_after_all_is_back(void **state)
{
	struct fixture *f = *state;

	watch_all_the_time(f);
	detach_in_new(f, 2000 * MS, 0);
	assert_files(f, OUTCOME_YES);
	assert_int_equal(f->model.detacheds, 1);
	assert_false(f->model.detached[0].matters);
	assert_false(has_note(f, "detached"));
	assert_int_equal(f->model.probes_new.watched, ALL);
	was_not_seen(f, LUO_STATS_RETRIEVE, 1);
	assert_files(f, OUTCOME_NO);
	assert_true(f->model.file[1].discarded);
}

/* Between two retrieves that were both seen: all came back. */
static void test_nothing_is_missing(void **state)
{
	struct fixture *f = *state;

	watch_all_the_time(f);
	detach_in_new(f, 1510 * MS, 1511 * MS);
	assert_files(f, OUTCOME_YES);
	assert_true(f->model.detached[0].matters);
	assert_false(bounded_is_lower_bound(f->model.blackout));
}

/* A freeze that nobody saw may have been one. */
static void test_old_kernel(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old;
	uint32_t number;

	watch_all_the_time(f);
	detached(old, "1", true_cycles(-5000 * MS));
	attached(old, "", "4", true_cycles(-1000 * MS));
	assert_files(f, OUTCOME_YES);
	assert_false(f->model.detached[0].matters);
	/* They were attached only after B0. */
	number = old->header->subject_cursor;
	snprintf(built_subject_at(old, number)->id.detail, 32, "%" PRIu64, true_cycles(2 * MS));
	assert_files(f, OUTCOME_UNKNOWN);
	assert_true(f->model.detached[0].matters);
	assert_true(has_note(f, "the probes of the old kernel were detached for 5.00"));
}

/* What is not frozen was given up, also if nobody saw that. */
static void test_given_up_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old;
	struct luo_stats_span *freeze = find_span(old, LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE, 1);

	watch_all_the_time(f);
	memset(freeze, 0, sizeof(*freeze));
	freeze->state = LUO_STATS_RESERVED;
	was_not_seen(f, LUO_STATS_RETRIEVE, 1);
	nothing_was_finished(f);
	assert_files(f, OUTCOME_YES);
	assert_int_equal(f->model.files, 3);
	detached(old, "1", true_cycles(-4000 * MS));
	attached(old, "", "4", true_cycles(-3000 * MS));
	assert_files(f, OUTCOME_YES);
	assert_int_equal(f->model.files, 2);
	/* But not if it was preserved after that. */
	find_span(old, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, 1)->begin_cycles =
		true_cycles(-2999 * MS);
	find_span(old, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, 1)->end_cycles =
		true_cycles(-2998 * MS);
	assert_files(f, OUTCOME_YES);
	assert_int_equal(f->model.files, 3);
}

/* All was frozen by then. */
static void test_old_kernel_after_freeze(void **state)
{
	struct fixture *f = *state;

	watch_all_the_time(f);
	detached(&f->update.old, "1", true_cycles(true_boundary_ns[LUO_STATS_B1_FROZEN] + MS));
	assert_files(f, OUTCOME_YES);
	assert_false(f->model.detached[0].matters);
}

/* And it does not matter what was done before: nothing of the update was seen. */
static void test_detached_before_update(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_header *header = f->update.old.header;

	watch_all_the_time(f);
	detached(&f->update.old, "1", true_cycles(-5000 * MS));
	header->attempts = 0;
	header->as_old_kernel[0] = (struct luo_stats_boundaries){};
	header->as_new_kernel.cycles[LUO_STATS_PROBES_READY] = true_cycles(-9000 * MS);
	header->span_cursor[LUO_STATS_LOT_UPDATE] = 0;
	build(f);
	assert_false(f->model.blackout.known);
	assert_string_equal(f->model.blackout.why, WHY_DETACHED);
}

/* A device that is not in service may have come into service, now or later. */
static void test_devices(void **state)
{
	struct fixture *f = *state;

	built_devices(&f->update);
	watch_all_the_time(f);
	was_not_seen(f, LUO_STATS_IRQ_SETUP, 1);
	build(f);
	assert_true(f->model.device[1].not_back);
	detach_in_new(f, 1720 * MS, 1800 * MS);
	build(f);
	assert_int_equal(f->model.devices_missing, 1);
	assert_false(f->model.devices_missing_known);
	assert_false(f->model.device[1].not_back);
	assert_true(bounded_is_lower_bound(f->model.device[1].downtime));
	assert_false(bounded_is_lower_bound(f->model.device[0].downtime));
	assert_false(has_note(f, "says why when it attaches the probes"));
}

/* Of a device that is kept nothing more is awaited once it is finished. */
static void test_kept_device(void **state)
{
	struct fixture *f = *state;
	uint32_t number;

	built_kept_device(&f->update);
	detached(&f->update.new, "", true_cycles(1790 * MS));
	attached(&f->update.new, "", "3", true_cycles(1795 * MS));
	number = f->update.new.header->subject_cursor;
	built_subject_at(&f->update.new, number)->id.key |= LUO_STATS_WATCH_DEVICE_FILES;
	build(f);
	/* It may have been bound before that. */
	assert_true(f->model.detached[0].matters);
	assert_false(f->model.device[1].kept);
	assert_false(f->model.devices_missing_known);
	assert_true(bounded_is_lower_bound(f->model.blackout));
	/* A device is finished at 1.802 s. */
	snprintf(built_subject_at(&f->update.new, number)->id.detail, 32, "%" PRIu64,
		 true_cycles(200000 * MS));
	snprintf(built_subject_at(&f->update.new, number - 1)->id.detail, 32, "%" PRIu64,
		 true_cycles(1803 * MS));
	build(f);
	assert_false(f->model.detached[0].matters);
	assert_false(has_note(f, "detached"));
	assert_true(f->model.device[1].kept);
	assert_true(f->model.devices_missing_known);
	assert_int_equal(f->model.devices_missing, 0);
	assert_false(bounded_is_lower_bound(f->model.blackout));
	/* If it was not seen all the time, it may have been bound, and may come into service. */
	f->update.new.header->dropped[LUO_STATS_BIND] = 1;
	build(f);
	assert_true(f->model.detached[0].matters);
}

/* A device that was finished before anybody retrieved it never comes into service. */
static void test_discarded_device(void **state)
{
	struct fixture *f = *state;

	built_devices(&f->update);
	watch_all_the_time(f);
	/* The first three are of files. */
	was_not_seen(f, LUO_STATS_RETRIEVE, 4);
	was_not_seen(f, LUO_STATS_BIND, 1);
	was_not_seen(f, LUO_STATS_IRQ_SETUP, 1);
	detach_in_new(f, 2000 * MS, 0);
	build(f);
	assert_false(f->model.detached[0].matters);
	assert_true(f->model.device[1].not_back);
	was_not_seen(f, LUO_STATS_FINISH, 4);
	build(f);
	assert_true(f->model.detached[0].matters);
	assert_false(f->model.device[1].not_back);
}

static const struct model_vm *find_vm(const struct fixture *f, const char *session)
{
	size_t i;

	for (i = 0; i < f->model.vms; i++)
		if (!strcmp(f->model.vm[i].session, session))
			return &f->model.vm[i];
	fail_msg("there is no such VM");
	return NULL;
}

/* The longest downtime of a VM is uncertain, too, and no view shows it without its bounds. */
static void assert_longest(struct fixture *f, const struct model_vm *vm)
{
	const struct bounded longest = longest_vm_downtime(&f->model, NULL);
	int64_t low = 0, high = 0;
	char *text = NULL, expected[64];
	size_t size, i;
	FILE *out;

	for (i = 0; i < f->model.vms; i++) {
		const struct bounded *downtime = &f->model.vm[i].downtime;

		assert_true(bounded_is_closed(*downtime));
		low = downtime->low > low ? downtime->low : low;
		high = downtime->high > high ? downtime->high : high;
	}
	assert_int_equal(longest.low, low);
	assert_int_equal(longest.high, high);

	out = open_memstream(&text, &size);
	assert_int_equal(view_json(&f->model, out), 0);
	fclose(out);
	snprintf(expected, sizeof(expected), "\"downtime_error_ns\": %" PRIu64,
		 bounded_error(vm->downtime));
	assert_non_null(strstr(text, expected));
	free(text);
}

/* The probes take the next entry of a vCPU for its first one. */
static void test_vms(void **state)
{
	struct fixture *f = *state;
	const struct model_vm *vm;

	built_vms(&f->update);
	watch_all_the_time(f);
	detach_in_new(f, 1655 * MS, 1658 * MS);
	build(f);
	assert_true(f->model.vms_missing_known);
	assert_int_equal(f->model.vms_missing, 0);
	vm = find_vm(f, "vm-1");
	assert_true(vm->vcpu[0].entry.known);
	assert_true(vm->vcpu[1].late);
	assert_true(bounded_is_closed(vm->downtime));
	/* Give or take the error of the clock. */
	assert_within(vm->downtime.low, 1675 * MS, 100000);
	assert_within(vm->downtime.high, vm->downtime.value, 100000);
	assert_within(vm->entry.high - vm->entry.low, vm->downtime.high - vm->downtime.low, 200000);
	assert_true(vm->downtime.high - vm->downtime.low > MS);
	assert_string_equal(vm->downtime.why, WHY_RAN_UNSEEN);
	assert_longest(f, vm);

	/* One that was not seen to come back may have. */
	was_not_seen(f, LUO_STATS_VCPU_ENTRY, 2);
	build(f);
	assert_int_equal(f->model.vms_missing, 1);
	assert_false(f->model.vms_missing_known);
}

/* For what was all back by then, the probes still count as attached. */
static void assert_matters_to_vms(const struct fixture *f, bool matters)
{
	assert_int_equal(f->model.detacheds, 1);
	assert_int_equal(f->model.detached[0].matters, matters);
	assert_int_equal(has_note(f, "the probes of the new kernel were detached"), matters);
	assert_int_equal(f->model.probes_new.vcpus, !matters);
	assert_int_equal(f->model.probes_new.watched, ALL);
	assert_true(f->model.files_missing_known);
	assert_false(bounded_is_lower_bound(f->model.blackout));
}

static struct luo_stats_subject *find_vcpu_watch(struct built_area *area)
{
	uint32_t i = 1;

	while (built_subject_at(area, i)->id.kind != LUO_STATS_SUBJECT_VCPU ||
	       built_subject_at(area, i)->id.key)
		assert_true(++i <= area->header->subject_cursor);
	return built_subject_at(area, i);
}

/* Why it is not known whether every virtual machine is back, and how long one was down. */
static void test_vms_after_the_rest(void **state)
{
	struct fixture *f = *state;

	built_vms(&f->update);
	watch_all_the_time(f);
	detach_in_new(f, 2000 * MS, 0);
	build(f);
	assert_matters_to_vms(f, false);
	was_not_seen(f, LUO_STATS_VCPU_ENTRY, 2);
	build(f);
	assert_false(f->model.vms_missing_known);
	assert_matters_to_vms(f, true);
	/* If none were watched, that is why it is not known. */
	find_vcpu_watch(&f->update.new)->id.kind = LUO_STATS_SUBJECT_MARK;
	was_not_seen(f, LUO_STATS_VCPU_ENTRY, 0);
	was_not_seen(f, LUO_STATS_VCPU_ENTRY, 0);
	build(f);
	assert_false(f->model.vms_missing_known);
	assert_false(f->model.detached[0].matters);
}

static void test_vms_that_may_have_run(void **state)
{
	struct fixture *f = *state;

	built_vms(&f->update);
	watch_all_the_time(f);
	detach_in_new(f, 1702 * MS, 1703 * MS);
	/* One that was started only here has no downtime. */
	built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, "vm-new", 400, 0, 1710 * MS);
	build(f);
	assert_true(find_vm(f, "vm-new")->vcpu[0].late);
	assert_matters_to_vms(f, false);
	find_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_VCPU_ENTRY, 2)->begin_cycles =
		true_cycles(1704 * MS);
	find_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_VCPU_ENTRY, 2)->end_cycles =
		true_cycles(1704 * MS);
	build(f);
	assert_true(find_vm(f, "vm-2")->vcpu[0].late);
	assert_matters_to_vms(f, true);
}

static void assert_late(struct fixture *f, const char *session, bool is_late)
{
	const struct model_vm *vm;

	build(f);
	vm = find_vm(f, session);
	assert_int_equal(vm->vcpu[0].late, is_late);
	/* Since the pins were there for certain, because they may have been removed at once. */
	if (is_late)
		assert_within(vm->entry.low, 1480 * MS, 100000);
	else
		assert_true(vm->entry.high - vm->entry.low < MS);
	assert_int_equal(vm->downtime.why && !strcmp(vm->downtime.why, WHY_RAN_UNSEEN), is_late);
}

/*
 * Nobody knows when the pins were removed. Entries that were seen before the new probes can have
 * been in place are first ones.
 */
static void test_vms_removed_by_hand(void **state)
{
	struct fixture *f = *state;
	uint32_t number;

	built_vms(&f->update);
	watch_all_the_time(f);
	attached(&f->update.new, "", "3", true_cycles(100000 * MS));
	assert_late(f, "vm-1", false);
	assert_late(f, "vm-2", false);
	/* Some of the new probes see something before the last ones are attached and stamp that. */
	number = f->update.new.header->subject_cursor;
	snprintf(built_subject_at(&f->update.new, number)->id.detail, 32, "%" PRIu64,
		 true_cycles(3000 * MS));
	assert_late(f, "vm-1", true);
	/* Between the entries of the two. */
	snprintf(built_subject_at(&f->update.new, number)->id.detail, 32, "%" PRIu64,
		 true_cycles(1680 * MS));
	assert_late(f, "vm-2", true);
}

/* Nor does it matter to files that all were seen to be back by then. */
static void test_removed_by_hand_later(void **state)
{
	struct fixture *f = *state;

	watch_all_the_time(f);
	attached(&f->update.new, "", "3", true_cycles(100000 * MS));
	assert_files(f, OUTCOME_YES);
	assert_false(f->model.detached[0].begin_known);
	assert_false(f->model.detached[0].matters);
	assert_int_equal(f->model.probes_new.watched, ALL);
	was_not_seen(f, LUO_STATS_RETRIEVE, 1);
	nothing_was_finished(f);
	assert_files(f, OUTCOME_UNKNOWN);
	assert_true(f->model.detached[0].matters);
}

/* Those that are attached again see as much as those that are attached for the first time. */
static void test_vms_of_old_kernel(void **state)
{
	struct fixture *f = *state;

	built_vms(&f->update);
	watch_all_the_time(f);
	detached(&f->update.old, "1", true_cycles(-8000 * MS));
	attached(&f->update.old, "", "4", true_cycles(-7000 * MS));
	build(f);
	assert_true(f->model.vms_missing_known);
	detached(&f->update.old, "4", true_cycles(-1000 * MS));
	build(f);
	assert_false(f->model.vms_missing_known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_older_versions),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_room_of_a_large_area),
		cmocka_unit_test_setup_teardown(test_retrieve_meanwhile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_removed_by_hand, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_removed_by_hand_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_attached_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_after_all_is_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_is_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_old_kernel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_given_up_meanwhile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_old_kernel_after_freeze, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_detached_before_update, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_devices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_discarded_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_vms, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_vms_removed_by_hand, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_vms_after_the_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_vms_that_may_have_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_vms_of_old_kernel, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
