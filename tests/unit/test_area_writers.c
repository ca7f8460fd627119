// SPDX-License-Identifier: GPL-2.0
/*
 * The module's side of the area: whose room goes to whom, what is counted when there is none, and
 * what a reader sees who looks at any step of a writer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "capture/area.h"

#include "../../kernel/luo_stats/area.c"

/* A reader may be preempted in the middle of its copy: here, after the kind and the key. */
static void *copy_in_two(void *to, const void *from, size_t bytes)
{
	const size_t first = bytes / 4;

	memcpy(to, from, first);
	preempt_point();
	memcpy((char *)to + first, (const char *)from + first, bytes - first);
	return to;
}

#define memcpy copy_in_two
#include "../../kernel/luo_stats/flat.c"
#undef memcpy

#define YEAR_OF_SESSIONS 100000

/* At which of the steps to come somebody else runs, and who; 0: nobody. */
static unsigned int preempt_at;
static void (*others)(void);

/* How many steps were done since the lock was taken, or tried for, and at most. */
static unsigned int steps, most_steps;

static void watch_lock(void)
{
	steps = shim_is_locked ? steps + 1 : 0;
	most_steps = max(most_steps, steps);
}

void preempt_point(void)
{
	watch_lock();
	if (preempt_at && !--preempt_at)
		others();
}

u64 luo_stats_counter(void)
{
	static u64 cycles = 1000;

	preempt_point();
	return cycles++;
}

u32 luo_stats_counter_kind(void)
{
	return LUO_STATS_COUNTER_TSC;
}

bool luo_stats_counter_invariant(void)
{
	return true;
}

const struct luo_stats_header *luo_stats_incoming_header(void)
{
	return NULL;
}

static const struct luo_stats_header *header(void)
{
	return luo_stats_area_header();
}

static u64 dropped(void)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < LUO_STATS_KINDS; i++)
		sum += header()->dropped[i];
	return sum;
}

/* What the BPF programs do. A file's token is in its spans' detail, too. */

static u32 subject(u32 kind, u32 role, const char *name, u64 key, const char *detail)
{
	struct luo_stats_subject_key id = { .kind = kind, .role = role, .key = key };

	strncpy(id.name, name, sizeof(id.name) - 1);
	strncpy(id.detail, detail, sizeof(id.detail) - 1);
	return luo_stats_area_subject(&id);
}

static u32 session(u32 role, const char *name)
{
	return subject(LUO_STATS_SUBJECT_SESSION, role, name, 0, "");
}

static u32 file(u32 role, const char *name, u64 token)
{
	return subject(LUO_STATS_SUBJECT_FILE, role, name, token, "memfd-v2");
}

static void preserve(const char *name, u64 token, s32 result)
{
	const u64 handle = luo_stats_area_span_begin(LUO_STATS_PRESERVE,
						     session(LUO_STATS_ROLE_OLD, name), 0, token);

	if (handle)
		luo_stats_area_span_end(
			handle, file(LUO_STATS_ROLE_OLD, name, token) ?: LUO_STATS_NO_SUBJECT,
			result, 0, 0);
}

static void span(u32 kind, u32 number, u64 detail, s32 result)
{
	luo_stats_area_span_end(luo_stats_area_span_begin(kind, number, 0, detail), 0, result, 0,
				0);
}

static void unpreserve(const char *name)
{
	span(LUO_STATS_UNPRESERVE, session(LUO_STATS_ROLE_OLD, name), 0, 0);
}

static void freeze(const char *name, u64 token)
{
	span(LUO_STATS_FREEZE, file(LUO_STATS_ROLE_OLD, name, token), token, 0);
}

static void retrieve(const char *name, u64 token)
{
	span(LUO_STATS_RETRIEVE, file(LUO_STATS_ROLE_NEW, name, token), token, 0);
}

static void finish(const char *name, u64 tokens)
{
	u64 token;

	for (token = 1; token <= tokens; token++)
		span(LUO_STATS_FINISH, file(LUO_STATS_ROLE_NEW, name, token), token, 0);
	span(LUO_STATS_SESSION_FINISH, session(LUO_STATS_ROLE_NEW, name), 0, 0);
}

static void begin_attempt(void)
{
	assert_int_equal(luo_stats_area_boundary(LUO_STATS_B0_UPDATE_BEGIN, 0, 0), 0);
}

static void fail_attempt(void)
{
	assert_int_equal(luo_stats_area_boundary(LUO_STATS_B1_FROZEN, 0, -EIO), 0);
}

static void preserve_many(const char *name, u64 files)
{
	u64 token;

	for (token = 1; token <= files; token++)
		preserve(name, token, 0);
}

static void freeze_many(const char *name, u64 files)
{
	u64 token;

	for (token = 1; token <= files; token++)
		freeze(name, token);
}

/* What a reader finds. */

static unsigned char *copy;

static const void *chunk_item(u32 wanted, size_t item_bytes, u64 index)
{
	size_t offset = LUO_STATS_PAGE_BYTES;
	unsigned int i;

	for (i = 0; header()->chunk[i].bytes; offset += header()->chunk[i++].bytes) {
		const bool is_subjects = header()->chunk[i].kind == LUO_STATS_CHUNK_SUBJECTS;
		const u64 here = header()->chunk[i].bytes / item_bytes;

		if (is_subjects != (wanted == LUO_STATS_CHUNK_SUBJECTS))
			continue;
		if (index < here)
			return copy + offset + index * item_bytes;
		index -= here;
	}
	return NULL;
}

static const struct luo_stats_span *seen_span(u64 index)
{
	return chunk_item(LUO_STATS_CHUNK_SPANS, sizeof(struct luo_stats_span), index);
}

static const struct luo_stats_subject *seen_subject(u64 number)
{
	return chunk_item(LUO_STATS_CHUNK_SUBJECTS, sizeof(struct luo_stats_subject), number - 1);
}

static void look(void)
{
	copy = realloc(copy, header()->total_bytes);
	assert_int_equal(luo_stats_area_read((char *)copy, 0, header()->total_bytes),
			 header()->total_bytes);
}

/* As a program reads it, which sysfs gives a page at most; others write meanwhile. */
static void look_by_page(void (*meanwhile)(void))
{
	const size_t bytes = header()->total_bytes;
	size_t offset = 0;

	copy = realloc(copy, bytes);
	while (offset < bytes) {
		const size_t now = luo_stats_area_read((char *)copy + offset, offset,
						       min(bytes - offset, (size_t)4096));

		assert_in_range(now, 1, 4096);
		offset += now;
		meanwhile();
	}
}

static bool can_be_read(const struct luo_stats_span *span)
{
	return span->state == LUO_STATS_OPEN || span->state == LUO_STATS_CLOSED;
}

static bool is_over(const struct luo_stats_subject *subject)
{
	return subject->is_over || (subject->owner && seen_subject(subject->owner)->is_over);
}

/* A name whose end is on another page than its start, if any of the two is the last on its page. */
static void long_name(char name[64], u64 token)
{
	snprintf(name, 64, "long-%020llu-%020llu", token, token);
}

/* Every item is that of one writer: names and tokens fit, and so do a file and its spans. */
static void verify_items(bool is_still)
{
	const struct luo_stats_subject *subject;
	const struct luo_stats_span *span;
	char name[16], whole_name[64];
	u64 i;

	for (i = 1; (subject = seen_subject(i)); i++) {
		if (subject->state != LUO_STATS_CLOSED ||
		    subject->id.kind != LUO_STATS_SUBJECT_FILE)
			continue;
		snprintf(name, sizeof(name), "vm-%llu", (u64)subject->id.key);
		if (!strncmp(subject->id.name, "vm-", 3))
			assert_string_equal(subject->id.name, name);
		long_name(whole_name, subject->id.key);
		if (!strncmp(subject->id.name, "long-", 5))
			assert_string_equal(subject->id.name, whole_name);
		assert_true(subject->owner > 0);
	}
	for (i = 0; (span = seen_span(i)); i++) {
		if (!can_be_read(span))
			continue;
		assert_in_range(span->subject, 1, area.subjects.capacity);
		if (span->state == LUO_STATS_CLOSED)
			assert_true(span->end_cycles > span->begin_cycles);
		/* A file has a token here, and a session has none. */
		if (span->kind == LUO_STATS_PRESERVE || span->kind == LUO_STATS_UNPRESERVE)
			assert_int_equal(!span->detail, span->kind == LUO_STATS_UNPRESERVE);
		subject = seen_subject(span->subject);
		if (!is_still)
			continue;
		assert_int_equal(subject->state, LUO_STATS_CLOSED);
		assert_int_equal(span->subject_serial, subject->serial >> 16);
		if (subject->id.kind == LUO_STATS_SUBJECT_FILE)
			assert_int_equal(subject->id.key, span->detail);
	}
}

/* How many closed spans of @kind are about files of @name that are not over. */
static unsigned int count_alive(u32 kind, const char *name)
{
	const struct luo_stats_span *span;
	unsigned int count = 0;
	u64 i;

	look();
	verify_items(true);
	for (i = 0; (span = seen_span(i)); i++) {
		const struct luo_stats_subject *subject;

		if (span->state != LUO_STATS_CLOSED || span->kind != kind)
			continue;
		subject = seen_subject(span->subject);
		count += subject->id.kind == LUO_STATS_SUBJECT_FILE && !is_over(subject) &&
			 !strcmp(subject->id.name, name);
	}
	return count;
}

/* What is counted of the subjects that are over is what they have. */
static void verify_tally(void)
{
	struct tally over[HISTORIES] = {}, none = {};
	u32 number, i;

	for (number = 1; number <= area.subjects.capacity; number++) {
		const struct luo_stats_subject *subject = subject_at(number);

		if (subject->state != LUO_STATS_CLOSED || !subject_is_over(number))
			continue;
		over[history_of(subject)].subjects[lot_of(area.subject_places, number - 1)]++;
	}
	for (i = 0; i < area.spans.capacity; i++) {
		const struct luo_stats_span *span = span_at(&area.span[i]);

		if (can_be_read(span) && subject_is_over(span->subject))
			over[history_of(subject_at(span->subject))].spans[span_lot(&area.span[i])]++;
	}
	assert_memory_equal(over, area.over_has, sizeof(over));
	for (i = 0; i < HISTORIES; i++)
		if (list_empty(&area.over[i]))
			assert_memory_equal(&over[i], &none, sizeof(none));
}

static int start(void **state)
{
	return luo_stats_area_create(64);
}

static int stop(void **state)
{
	verify_tally();
	shim_is_locked = false;
	lock_is_lost = false;
	luo_stats_area_destroy();
	free(copy);
	copy = NULL;
	return 0;
}

/* So many files fit into the smallest area. */
#define FIT 70

static void assert_update_is_whole(const char *name)
{
	preserve_many(name, FIT);
	begin_attempt();
	span(LUO_STATS_SESSION_FREEZE, session(LUO_STATS_ROLE_OLD, name), 0, 0);
	freeze_many(name, FIT);
	assert_int_equal(luo_stats_area_boundary(LUO_STATS_B1_FROZEN, 0, 0), 0);
	assert_int_equal(count_alive(LUO_STATS_PRESERVE, name), FIT);
	assert_int_equal(count_alive(LUO_STATS_FREEZE, name), FIT);
	assert_int_equal(dropped(), 0);
}

/* A year of sessions that are preserved and given up costs the update that follows nothing. */
static void test_year_of_sessions(void **state)
{
	char name[32];
	u64 i;

	for (i = 0; i < YEAR_OF_SESSIONS; i++) {
		snprintf(name, sizeof(name), "vm-%llu", i % 7 ? i : 0);
		preserve(name, i % 7 ? i : 7, 0);
		unpreserve(name);
	}
	assert_int_equal(dropped(), 0);
	assert_update_is_whole("last");
	print_message("# %d sessions were given up before the update\n", YEAR_OF_SESSIONS);
}

/* So do devices, preserves that are refused, and sessions that nobody has. */
static void test_year_of_failures(void **state)
{
	char name[32];
	u64 i;

	for (i = 1; i <= 5000; i++) {
		const u32 device = subject(LUO_STATS_SUBJECT_DEVICE, LUO_STATS_ROLE_OLD,
					   "0000:01:00.0", 0, "vfio-pci");

		span(LUO_STATS_PRESERVE, device, 0, 0);
		span(LUO_STATS_UNPRESERVE, device, 0, 0);
		preserve("refused", i, -EINVAL);
		snprintf(name, sizeof(name), "no-%llu", i);
		preserve(name, i, -EINVAL);
		span(LUO_STATS_PLAIN_RESET,
		     subject(LUO_STATS_SUBJECT_DEVICE, LUO_STATS_ROLE_NONE, "0000:02:00.0", 0, ""),
		     0, 0);
	}
	assert_int_equal(dropped(), 0);
	assert_update_is_whole("last");
}

/* Attempts give way to the next one, their files stay preserved. */
static void test_many_attempts(void **state)
{
	unsigned int i;

	preserve_many("vm", FIT);
	for (i = 0; i < 100; i++) {
		begin_attempt();
		freeze_many("vm", FIT);
		fail_attempt();
	}
	begin_attempt();
	freeze_many("vm", FIT);
	assert_int_equal(dropped(), 0);
	assert_int_equal(count_alive(LUO_STATS_PRESERVE, "vm"), FIT);
	assert_true(count_alive(LUO_STATS_FREEZE, "vm") > FIT);
	assert_true(header()->spans_recycled > 0);
}

/* The new kernel has all of its area, and then gives it to the next update. */
static void test_arrival(void **state)
{
	const u32 files = area.subjects.capacity - 2;
	u64 token;

	for (token = 1; token <= files; token++)
		retrieve("vm", token);
	assert_int_equal(count_alive(LUO_STATS_RETRIEVE, "vm"), files);
	finish("vm", files);
	assert_int_equal(dropped(), 0);
	assert_update_is_whole("next");
}

/* What one session of an update left does not give way to another session of the same update. */
static void test_arrival_is_kept(void **state)
{
	const u32 files = area.subjects.capacity - 2;
	u64 token;

	for (token = 1; token <= files; token++)
		retrieve("first", token);
	finish("first", files);
	for (token = 1; token <= 10; token++)
		retrieve("second", token);
	/* The session's place is left, and one more; then none for a file. */
	assert_int_equal(dropped(), header()->dropped[LUO_STATS_RETRIEVE]);
	assert_in_range(dropped(), 9, 10);
}

/* A session has nothing of an older one of the same name. */
static void test_same_name(void **state)
{
	u64 token;

	preserve_many("vm", 5);
	unpreserve("vm");
	preserve("vm", 2, 0);
	assert_int_equal(count_alive(LUO_STATS_PRESERVE, "vm"), 1);
	/* The one that comes in is another one, too: when it is finished, this one is not. */
	for (token = 1; token <= 3; token++)
		retrieve("vm", token);
	assert_int_equal(count_alive(LUO_STATS_RETRIEVE, "vm"), 3);
	finish("vm", 3);
	assert_int_equal(count_alive(LUO_STATS_RETRIEVE, "vm"), 0);
	assert_int_equal(count_alive(LUO_STATS_PRESERVE, "vm"), 1);
}

/* Nor is a file of an older one found, wherever the two are. */
static void test_same_file(void **state)
{
	unsigned int i;

	area.hash_mask = 0;
	for (i = 0; i < 1000; i++) {
		preserve("vm", 1, 0);
		assert_int_equal(count_alive(LUO_STATS_PRESERVE, "vm"), 1);
		unpreserve("vm");
	}
}

/* Whoever has asked for a number can begin a span, even if nothing else is left of the subject. */
static void test_awaited(void **state)
{
	u32 number;

	span(LUO_STATS_SESSION_RETRIEVE, session(LUO_STATS_ROLE_NEW, "vm"), 0, -ENOENT);
	number = session(LUO_STATS_ROLE_NEW, "vm");
	preserve_many("other", 300);
	unpreserve("other");
	preserve_many("other", 300);
	memset(area.header->dropped, 0, sizeof(area.header->dropped));
	unpreserve("other");
	span(LUO_STATS_SESSION_RETRIEVE, number, 0, 0);
	assert_int_equal(dropped(), 0);
}

/* A session whose only file found no room leaves its place to others. */
static void test_session_without_room(void **state)
{
	const u32 half = area.subjects.capacity / 2;

	preserve_many("vm", half - 2);
	preserve("other", 1, 0);
	assert_int_equal(header()->dropped[LUO_STATS_PRESERVE], 1);
	assert_int_equal(file(LUO_STATS_ROLE_OLD, "other", 1), 0);
	preserve("vm", half, 0);
	assert_int_equal(header()->dropped[LUO_STATS_PRESERVE], 1);
	assert_int_equal(count_alive(LUO_STATS_PRESERVE, "vm"), half - 1);
}

/* An update of 2,000 files and 200 devices in 200 virtual machines with 800 vCPUs, on a host. */

struct host {
	unsigned int sessions, files, vcpus, others;
};

static const struct host large_host = { .sessions = 200, .files = 10, .vcpus = 4, .others = 300 };

static u32 device(u32 role, unsigned int number)
{
	char name[32];

	snprintf(name, sizeof(name), "0000:%02x:%02x.0", number >> 8, number & 0xff);
	return subject(LUO_STATS_SUBJECT_DEVICE, role, name, 0, "vfio-pci");
}

/* Each session has a file for its device, beside the others. */
static void preserve_host(const struct host *host)
{
	unsigned int i, token;
	char name[16];

	for (i = 0; i < host->sessions; i++) {
		snprintf(name, sizeof(name), "guest-%u", i);
		for (token = 0; token <= host->files; token++)
			preserve(name, token, 0);
		span(LUO_STATS_PRESERVE, device(LUO_STATS_ROLE_OLD, i), 0, 0);
	}
}

static void update_host(const struct host *host)
{
	unsigned int i, token;
	char name[16];

	begin_attempt();
	for (i = 0; i < host->sessions; i++) {
		snprintf(name, sizeof(name), "guest-%u", i);
		span(LUO_STATS_SESSION_FREEZE, session(LUO_STATS_ROLE_OLD, name), 0, 0);
		for (token = 0; token <= host->files; token++)
			freeze(name, token);
		span(LUO_STATS_FREEZE, device(LUO_STATS_ROLE_OLD, i), 0, 0);
		span(LUO_STATS_RESET, device(LUO_STATS_ROLE_OLD, i), 0, 0);
	}
	luo_stats_area_boundary(LUO_STATS_B1_FROZEN, 0, 0);
	for (i = 0; i < host->sessions + host->others; i++)
		span(LUO_STATS_SHUTDOWN, device(LUO_STATS_ROLE_OLD, i), 0, 0);
	for (i = 0; i < host->sessions * host->vcpus; i++)
		span(LUO_STATS_VCPU_EXIT,
		     subject(LUO_STATS_SUBJECT_VCPU, LUO_STATS_ROLE_OLD, "guest", i, "vmm"), 0, 0);
}

static void arrive_host(const struct host *host)
{
	unsigned int i, token;
	char name[16];

	for (i = 0; i < host->sessions; i++) {
		snprintf(name, sizeof(name), "guest-%u", i);
		span(LUO_STATS_SESSION_RETRIEVE, session(LUO_STATS_ROLE_NEW, name), 0, 0);
		for (token = 0; token <= host->files; token++)
			retrieve(name, token);
		span(LUO_STATS_RETRIEVE, device(LUO_STATS_ROLE_NEW, i), 0, 0);
		span(LUO_STATS_BIND, device(LUO_STATS_ROLE_NEW, i), 0, 0);
		span(LUO_STATS_IRQ_SETUP, device(LUO_STATS_ROLE_NEW, i), 0, 0);
	}
	for (i = 0; i < host->sessions * host->vcpus; i++)
		span(LUO_STATS_VCPU_ENTRY,
		     subject(LUO_STATS_SUBJECT_VCPU, LUO_STATS_ROLE_NEW, "guest", i, "vmm"), 0, 0);
	for (i = 0; i < host->sessions; i++) {
		snprintf(name, sizeof(name), "guest-%u", i);
		for (token = 0; token <= host->files; token++)
			span(LUO_STATS_FINISH, file(LUO_STATS_ROLE_NEW, name, token), token, 0);
		span(LUO_STATS_FINISH, device(LUO_STATS_ROLE_NEW, i), 0, 0);
		span(LUO_STATS_SESSION_FINISH, session(LUO_STATS_ROLE_NEW, name), 0, 0);
	}
}

/* It fits, also into the area of a kernel that an equal update started. */
static void test_default_size(void **state)
{
	luo_stats_area_destroy();
	assert_int_equal(luo_stats_area_create(LUO_STATS_DEFAULT_KIB), 0);
	arrive_host(&large_host);
	assert_int_equal(dropped(), 0);
	preserve_host(&large_host);
	update_host(&large_host);
	assert_int_equal(dropped(), 0);
	print_message("# 2000 files and 200 devices fit into %u KiB, with %zu KiB beside them\n",
		      LUO_STATS_DEFAULT_KIB,
		      (area.spans.capacity * sizeof(*area.span) +
		       area.subjects.capacity * sizeof(*area.subject) +
		       (area.hash_mask + 1) * sizeof(*area.hash)) /
			      1024);
}

/* A file is one subject, whether its handler is known or not. */
static void test_one_subject(void **state)
{
	const u32 number = subject(LUO_STATS_SUBJECT_FILE, LUO_STATS_ROLE_NEW, "vm", 7, "");

	assert_int_not_equal(number, 0);
	assert_int_equal(file(LUO_STATS_ROLE_NEW, "vm", 7), number);
	assert_string_equal(subject_at(number & NUMBER_PLACE)->id.detail, "memfd-v2");
	assert_int_equal(subject(LUO_STATS_SUBJECT_FILE, LUO_STATS_ROLE_NEW, "vm", 7, ""), number);
	/* The file and its session. */
	assert_int_equal(header()->subject_cursor, 2);
}

/* Each span that is lost is counted once, and readers learn that there was no room. */
static void test_no_room(void **state)
{
	const u64 files = area.subjects.capacity * 2;

	preserve_many("vm", files);
	assert_true(header()->subject_cursor > area.subjects.capacity);
	assert_int_equal(header()->subjects_dropped, 0);
	assert_int_equal(header()->dropped[LUO_STATS_PRESERVE] +
				 count_alive(LUO_STATS_PRESERVE, "vm"),
			 files);
	begin_attempt();
	freeze_many("vm", files);
	assert_int_equal(header()->dropped[LUO_STATS_FREEZE] + count_alive(LUO_STATS_FREEZE, "vm"),
			 files);
	fail_attempt();
	unpreserve("vm");
	memset(area.header->dropped, 0, sizeof(area.header->dropped));
	assert_update_is_whole("small");
}

static void test_no_room_for_spans(void **state)
{
	const u32 device =
		subject(LUO_STATS_SUBJECT_DEVICE, LUO_STATS_ROLE_OLD, "0000:01:00.0", 0, "");
	const u32 lot = luo_stats_area_capacity(LUO_STATS_CHUNK_SPANS);
	char name[32];
	u32 i;

	for (i = 0; i < lot + 10; i++)
		span(LUO_STATS_PRESERVE, device, 1, 0);
	assert_int_equal(header()->dropped[LUO_STATS_PRESERVE], 10);
	assert_int_equal(header()->span_cursor[LUO_STATS_LOT_ANY], lot + 10);
	begin_attempt();
	for (i = 0; i < lot + 5; i++)
		span(LUO_STATS_FREEZE, device, 0, 0);
	assert_int_equal(header()->dropped[LUO_STATS_FREEZE], 5);
	assert_int_equal(header()->span_cursor[LUO_STATS_LOT_ANY], lot + 15);
	assert_int_equal(header()->span_cursor[LUO_STATS_LOT_UPDATE], lot);
	fail_attempt();
	/* Subjects whose spans found no room need none. */
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "refused-%u", i);
		preserve(name, i, 0);
	}
	/* There is no room either to say that it is over. It is, nevertheless. */
	span(LUO_STATS_UNPRESERVE, device, 0, 0);
	assert_int_equal(header()->dropped[LUO_STATS_UNPRESERVE], 1);
	memset(area.header->dropped, 0, sizeof(area.header->dropped));
	assert_update_is_whole("small");
}

/* A number or handle of what is gone is refused, and a lost span is counted. */
static void test_stale_handles(void **state)
{
	const u32 number = file(LUO_STATS_ROLE_OLD, "vm", 1);
	const u64 handle = luo_stats_area_span_begin(LUO_STATS_PRESERVE, number, 0, 1);
	unsigned int i;

	assert_int_equal(luo_stats_area_span_end(1ULL << 32, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(luo_stats_area_span_end(0, 0, 0, 0, 0), 0);
	unpreserve("vm");
	/* It is history, and still there. */
	assert_int_equal(luo_stats_area_span_end(handle, 0, -5, 0, 0), 0);
	assert_int_equal(luo_stats_area_span_end(handle, 0, -5, 0, 0), -ESTALE);
	for (i = 0; i < 2000; i++) {
		preserve("other", i, 0);
		unpreserve("other");
	}
	assert_int_equal(dropped(), 0);
	/* Its place is gone, and so is its end. */
	assert_int_equal(luo_stats_area_span_end(handle, 0, 0, 0, 0), -ESTALE);
	assert_int_equal(header()->dropped[LUO_STATS_PRESERVE], 1);
	area.header->dropped[LUO_STATS_PRESERVE] = 0;
	assert_int_equal(luo_stats_area_span_begin(LUO_STATS_PRESERVE, number, 0, 1), 0);
	assert_int_equal(luo_stats_area_span_begin(LUO_STATS_PRESERVE, 0, 0, 1), 0);
	assert_int_equal(luo_stats_area_span_begin(LUO_STATS_PRESERVE, UINT32_MAX, 0, 1), 0);
	assert_int_equal(dropped(), 3);
}

/*
 * Two programs know a number, and one of them ends the subject before the other one begins its
 * span: the number is of no use any more, whether the subject is history or its place is free.
 */
static void test_number_of_what_is_over(void **state)
{
	const u32 number = session(LUO_STATS_ROLE_OLD, "vm");
	unsigned int i;

	preserve("vm", 1, 0);
	unpreserve("vm");
	assert_int_equal(luo_stats_area_span_begin(LUO_STATS_SESSION_FREEZE, number, 0, 0), 0);
	assert_int_equal(luo_stats_area_mark(0, number, LUO_STATS_MARK_SPAN, 1), 0);
	/* Until its place has been given back, and nothing has taken it yet. */
	for (i = 0; i < 2000; i++) {
		preserve("other", i, 0);
		unpreserve("other");
		assert_int_equal(luo_stats_area_span_begin(LUO_STATS_SESSION_FREEZE, number, 0, 0),
				 0);
		assert_int_equal(luo_stats_area_mark(0, number, LUO_STATS_MARK_SPAN, 1), 0);
	}
	memset(area.header->dropped, 0, sizeof(area.header->dropped));
	assert_update_is_whole("small");
}

/* A global that files share is over when nobody needs it any more, in either kernel. */
static void test_flb_is_over(void **state)
{
	const u32 going = subject(LUO_STATS_SUBJECT_FLB, LUO_STATS_ROLE_OLD, "shared", 0, "");
	const u32 coming = subject(LUO_STATS_SUBJECT_FLB, LUO_STATS_ROLE_NEW, "shared", 0, "");

	assert_int_not_equal(going, coming);
	span(LUO_STATS_PRESERVE, going, 0, 0);
	span(LUO_STATS_RETRIEVE, coming, 0, 0);
	assert_int_not_equal(number_place(going), 0);
	assert_int_not_equal(number_place(coming), 0);
	span(LUO_STATS_UNPRESERVE, going, 0, 0);
	span(LUO_STATS_FINISH, coming, 0, 0);
	assert_int_equal(number_place(going), 0);
	assert_int_equal(number_place(coming), 0);
}

/* Whoever has the lock keeps it: nobody waits for ever, and what is lost is counted. */
static void test_lock_is_taken(void **state)
{
	const u32 number = file(LUO_STATS_ROLE_OLD, "vm", 1);
	const u64 handle = luo_stats_area_span_begin(LUO_STATS_PRESERVE, number, 0, 1);

	shim_is_locked = true;
	assert_int_equal(file(LUO_STATS_ROLE_OLD, "vm", 1), 0);
	assert_int_equal(luo_stats_area_span_begin(LUO_STATS_FREEZE, number, 0, 1), 0);
	assert_int_equal(luo_stats_area_span_end(handle, 0, 0, 0, 0), -EBUSY);
	assert_int_equal(luo_stats_area_mark(0, number, LUO_STATS_MARK_INSTANT, 1), 0);
	begin_attempt();
	assert_int_equal(header()->dropped[LUO_STATS_FREEZE], 1);
	assert_int_equal(header()->dropped[LUO_STATS_PRESERVE], 1);
	assert_int_equal(dropped(), 2);
	shim_is_locked = false;
	assert_int_equal(luo_stats_area_span_end(handle, 0, 0, 0, 0), 0);
	assert_int_equal(dropped(), 2);
}

/* Only the first one waits for a lock that is not released any more. */
static void test_lock_is_lost(void **state)
{
	unsigned int i;

	shim_is_locked = true;
	session(LUO_STATS_ROLE_OLD, "vm");
	assert_true(steps >= LOCK_TRIES);
	steps = 0;
	for (i = 0; i < 100; i++)
		session(LUO_STATS_ROLE_OLD, "vm");
	assert_in_range(steps, 100, 500);
	shim_is_locked = false;
	assert_int_not_equal(session(LUO_STATS_ROLE_OLD, "vm"), 0);
	/* It can be had again, so they wait again. */
	shim_is_locked = true;
	steps = 0;
	session(LUO_STATS_ROLE_OLD, "vm");
	assert_true(steps >= LOCK_TRIES);
}

static void test_counters_stay(void **state)
{
	area.header->dropped[LUO_STATS_FREEZE] = UINT32_MAX - 1;
	luo_stats_area_missed(LUO_STATS_FREEZE);
	luo_stats_area_missed(LUO_STATS_FREEZE);
	assert_int_equal(header()->dropped[LUO_STATS_FREEZE], UINT32_MAX);
}

/* History, and how it gives way. */

static unsigned int count_spans(u32 kind)
{
	const struct luo_stats_span *span;
	unsigned int count = 0;
	u64 i;

	look();
	verify_items(true);
	for (i = 0; (span = seen_span(i)); i++)
		count += can_be_read(span) && span->kind == kind;
	return count;
}

/* What an attempt leaves is kept while the other lot has places. */
static void test_other_lot_first(void **state)
{
	const u32 lot = luo_stats_area_capacity(LUO_STATS_CHUNK_SPANS);
	const u32 vm = device(LUO_STATS_ROLE_OLD, 1);
	u32 i;

	begin_attempt();
	for (i = 0; i < lot; i++)
		span(LUO_STATS_FREEZE, vm, 0, 0);
	fail_attempt();
	begin_attempt();
	for (i = 0; i < lot; i++)
		span(LUO_STATS_FREEZE, vm, 0, 0);
	assert_int_equal(header()->spans_recycled, 0);
	span(LUO_STATS_FREEZE, vm, 0, 0);
	assert_int_equal(header()->spans_recycled, 1);
	assert_int_equal(dropped(), 0);
}

/* A span that can only be in one of the lots takes nothing from the other one. */
static void test_history_that_cannot_help(void **state)
{
	const u32 lot = luo_stats_area_capacity(LUO_STATS_CHUNK_SPANS);
	const u32 vm = device(LUO_STATS_ROLE_OLD, 1);
	u32 i;

	for (i = 0; i < lot; i++)
		span(LUO_STATS_PRESERVE, vm, 1, 0);
	begin_attempt();
	for (i = 0; i < lot; i++)
		span(LUO_STATS_FREEZE, vm, 0, 0);
	fail_attempt();
	begin_attempt();
	fail_attempt();
	span(LUO_STATS_PRESERVE, vm, 1, 0);
	assert_int_equal(header()->dropped[LUO_STATS_PRESERVE], 1);
	assert_int_equal(header()->spans_recycled, 0);
	assert_int_equal(count_spans(LUO_STATS_FREEZE), lot);
}

/* Nor does a subject, when what is over has no place for it. */
static void test_subjects_that_cannot_help(void **state)
{
	const u32 half = area.subjects.capacity / 2;
	u64 token;

	/* All of the first half is in use, and what came in and is finished is in the other one. */
	for (token = 1; token < half; token++)
		retrieve("in-use", token);
	for (token = 1; token <= 10; token++)
		retrieve("done", token);
	finish("done", 10);
	preserve("next", 1, 0);
	assert_int_equal(header()->dropped[LUO_STATS_PRESERVE], 1);
	assert_int_equal(count_spans(LUO_STATS_FINISH), 10);
}

static u32 mark(u64 instance)
{
	return subject(LUO_STATS_SUBJECT_MARK, 0, "mark", instance, "");
}

/* What came in gives way to the next update, and to nothing else. */
static void test_marks_take_nothing_that_came_in(void **state)
{
	const u32 files = area.subjects.capacity - 2;
	u64 token;
	u32 i;

	for (token = 1; token <= files; token++)
		retrieve("vm", token);
	finish("vm", files);
	for (i = 0; i < 10; i++) {
		assert_int_equal(mark(i), 0);
		span(LUO_STATS_PLAIN_RESET,
		     subject(LUO_STATS_SUBJECT_DEVICE, LUO_STATS_ROLE_NONE, "0000:02:00.0", 0, ""),
		     0, 0);
	}
	assert_int_equal(count_spans(LUO_STATS_RETRIEVE), files);
	assert_int_equal(header()->dropped[LUO_STATS_PLAIN_RESET], 10);
	area.header->dropped[LUO_STATS_PLAIN_RESET] = 0;
	assert_update_is_whole("next");
}

/* A mark without room asks for no larger area. */
static void test_marks_without_room(void **state)
{
	const u32 lot = luo_stats_area_capacity(LUO_STATS_CHUNK_SPANS);
	const u32 number = mark(1);
	u32 i;

	for (i = 0; i < lot; i++)
		span(LUO_STATS_PRESERVE, device(LUO_STATS_ROLE_OLD, 1), 1, 0);
	assert_int_equal(luo_stats_area_mark(0, number, LUO_STATS_MARK_SPAN, 1), 0);
	assert_int_equal(header()->span_cursor[LUO_STATS_LOT_ANY], lot);
	for (i = 2; device(LUO_STATS_ROLE_OLD, i); i++)
		;
	area.subjects_without_room = 0;
	assert_int_equal(mark(2), 0);
	assert_in_range(header()->subject_cursor, 0, area.subjects.capacity);
}

/* Steps of the new kernel that failed, again and again, cost those that follow nothing. */
static void test_failures_in_new_kernel(void **state)
{
	char name[32];
	u64 i;

	for (i = 1; i <= 5000; i++) {
		snprintf(name, sizeof(name), "no-%llu", i);
		span(LUO_STATS_SESSION_RETRIEVE, session(LUO_STATS_ROLE_NEW, name), 0, -ENOENT);
		span(LUO_STATS_RETRIEVE, file(LUO_STATS_ROLE_NEW, "vm", 1), 1, -EIO);
	}
	for (i = 1; i <= FIT; i++)
		retrieve("vm", i);
	assert_int_equal(dropped(), 0);
	assert_int_equal(count_alive(LUO_STATS_RETRIEVE, "vm") >= FIT, true);
	finish("vm", FIT);
	assert_int_equal(dropped(), 0);
	assert_update_is_whole("next");
}

/* A reset within an attempt is part of it, also of a device that no handler knows. */
static void test_plain_reset_of_attempt(void **state)
{
	const u32 lot = luo_stats_area_capacity(LUO_STATS_CHUNK_SPANS);
	u32 i;

	begin_attempt();
	span(LUO_STATS_PLAIN_RESET,
	     subject(LUO_STATS_SUBJECT_DEVICE, LUO_STATS_ROLE_NONE, "0000:02:00.0", 0, ""), 0, 0);
	for (i = 0; i < 2 * lot; i++)
		span(LUO_STATS_FREEZE, device(LUO_STATS_ROLE_OLD, 1), 0, 0);
	assert_int_equal(count_spans(LUO_STATS_PLAIN_RESET), 1);
	assert_int_equal(header()->dropped[LUO_STATS_FREEZE], 1);
	fail_attempt();
	begin_attempt();
	for (i = 0; i < 2 * lot; i++)
		span(LUO_STATS_FREEZE, device(LUO_STATS_ROLE_OLD, 1), 0, 0);
	assert_int_equal(count_spans(LUO_STATS_PLAIN_RESET), 0);
	assert_int_equal(header()->dropped[LUO_STATS_FREEZE], 1);
}

/* A number that was asked for, to end a span that is gone, keeps no place. */
static void test_released(void **state)
{
	u32 i;

	for (i = 1; i < 5000; i++)
		luo_stats_area_span_end((u64)5 << HANDLE_SERIAL_SHIFT |
						(u64)LUO_STATS_PRESERVE << HANDLE_KIND_SHIFT | 1,
					file(LUO_STATS_ROLE_OLD, "vm", i), 0, 0, 0);
	assert_int_equal(header()->dropped[LUO_STATS_PRESERVE], 4999);
	memset(area.header->dropped, 0, sizeof(area.header->dropped));
	assert_update_is_whole("next");
}

/* In the largest area, a span needs a place when nearly all history is in its way. */
static void test_hold_is_short(void **state)
{
	u32 files, i;

	luo_stats_area_destroy();
	assert_int_equal(luo_stats_area_create(LUO_STATS_MAX_KIB), 0);
	/* Steps that failed, of devices that are not over. */
	for (i = 0; i < area.subjects.capacity / 2; i++) {
		span(LUO_STATS_PRESERVE, device(LUO_STATS_ROLE_OLD, i), 1, -EINVAL);
		span(LUO_STATS_PRESERVE, device(LUO_STATS_ROLE_OLD, i), 1, -EINVAL);
	}
	files = area.subjects.capacity / 2 - 10;
	for (i = 0; i < 60; i++)
		span(LUO_STATS_PRESERVE, device(LUO_STATS_ROLE_OLD, 1), 1, 0);
	most_steps = 0;
	/* Of a device that is over with all that was done to it. */
	for (i = 0; i < 60000; i++)
		span(LUO_STATS_BIND, device(LUO_STATS_ROLE_OLD, 7), 1, 0);
	span(LUO_STATS_UNPRESERVE, device(LUO_STATS_ROLE_OLD, 7), 0, 0);
	preserve_many("vm", files);
	unpreserve("vm");
	preserve_many("next", files);
	assert_int_equal(dropped(), 0);
	assert_in_range(most_steps, MOST_FORGOTTEN, 8 * MOST_FORGOTTEN);
	print_message("# in %u KiB the lock was held for %u steps at most\n", LUO_STATS_MAX_KIB,
		      most_steps);
}

/* A span begins, ends and takes the room of others, and a reader looks at each step. */

static void write_some(void)
{
	static u64 token;
	char name[64];

	token++;
	long_name(name, token);
	preserve(name, token, token % 3 ? 0 : -EINVAL);
	unpreserve(name);
}

/* The same, but there is always a session that is not over. */
static void write_next(void)
{
	static u64 token;
	char name[64];

	long_name(name, ++token);
	preserve(name, token, 0);
	long_name(name, token - 1);
	unpreserve(name);
}

/* Of the spans that a reader shows, each is about the file whose token it has. */
static void verify_subjects(void)
{
	struct area_cursor cursor = {};
	struct luo_stats_subject_key id;
	struct luo_stats_span span;
	struct error error;
	struct area seen;
	u32 number, count = 0;

	assert_int_equal(area_parse(&seen, copy, header()->total_bytes, &error), 0);
	assert_int_equal(seen.invalid_spans + seen.invalid_subjects, 0);
	for (number = 1; number <= seen.subjects; number++) {
		const struct luo_stats_subject *owner, *subject = seen_subject(number);

		if (!area_subject(&seen, number, &id) || !subject->owner ||
		    area_subject_is_over(&seen, number))
			continue;
		/* Its session may have been read before the file was there. */
		owner = seen_subject(subject->owner);
		if ((int16_t)((owner->serial >> 16) - subject->owner_serial) >= 0)
			assert_string_equal(id.name, owner->id.name);
	}
	while (area_next_span(&seen, &cursor, &span)) {
		if (!area_subject(&seen, span.subject, &id) || id.kind != LUO_STATS_SUBJECT_FILE)
			continue;
		assert_int_equal(id.key, span.detail);
		count++;
	}
	assert_true(count > 10);
}

static void look_and_verify(void)
{
	look();
	verify_items(false);
}

static unsigned int run_at_each_step(void (*step)(void), void (*who)(void))
{
	unsigned int n;

	others = who;
	for (n = 1;; n++) {
		preempt_at = n;
		step();
		if (preempt_at)
			break;
	}
	preempt_at = 0;
	return n;
}

static void fill_with_history(void)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		write_some();
}

static void test_reader_at_each_step(void **state)
{
	fill_with_history();
	assert_true(run_at_each_step(write_some, look_and_verify) > 20);
	assert_int_equal(dropped(), 0);
}

static void write_ten(void)
{
	unsigned int i;

	for (i = 0; i < 10; i++)
		write_some();
}

/* Each read of a page gives whole items, and each span is about what it was about. */
static void test_read_by_page(void **state)
{
	unsigned int i;

	fill_with_history();
	for (i = 0; i < 200; i++) {
		look_by_page(i % 2 ? write_some : write_next);
		verify_items(false);
		verify_subjects();
	}
}

static void say_handler(void)
{
	file(LUO_STATS_ROLE_NEW, "vm", 7);
}

/* Its handler becomes known while a file is read: it is read again. */
static void test_read_again(void **state)
{
	unsigned int n;

	others = say_handler;
	for (n = 1;; n++) {
		luo_stats_area_destroy();
		assert_int_equal(luo_stats_area_create(64), 0);
		subject(LUO_STATS_SUBJECT_FILE, LUO_STATS_ROLE_NEW, "vm", 7, "");
		preempt_at = n;
		look();
		assert_int_equal(seen_subject(2)->state, LUO_STATS_CLOSED);
		if (preempt_at)
			break;
	}
	preempt_at = 0;
	assert_true(n > 1000);
}

/* The other way round: a reader is preempted at each step of its copy. */
static void test_reader_preempted(void **state)
{
	fill_with_history();
	assert_true(run_at_each_step(look_and_verify, write_ten) > 1000);
	look();
	verify_items(true);
}

/* A writer is preempted where it does not have the lock, by an attempt that fails, and the next. */

static unsigned int rounds;

static void attempts(void)
{
	if (shim_is_locked)
		return;
	rounds++;
	begin_attempt();
	freeze_many("vm", FIT);
	fail_attempt();
	write_ten();
	begin_attempt();
	freeze_many("vm", FIT);
}

static void freeze_one(void)
{
	freeze("vm", 1);
}

static void test_writer_preempted(void **state)
{
	preserve_many("vm", FIT);
	run_at_each_step(freeze_one, attempts);
	assert_true(rounds > 4);
	assert_int_equal(dropped(), 0);
	assert_int_equal(count_alive(LUO_STATS_PRESERVE, "vm"), FIT);
}

#define AREA_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AREA_TEST(test_year_of_sessions),
		AREA_TEST(test_year_of_failures),
		AREA_TEST(test_many_attempts),
		AREA_TEST(test_arrival),
		AREA_TEST(test_arrival_is_kept),
		AREA_TEST(test_same_name),
		AREA_TEST(test_same_file),
		AREA_TEST(test_awaited),
		AREA_TEST(test_session_without_room),
		AREA_TEST(test_default_size),
		AREA_TEST(test_one_subject),
		AREA_TEST(test_no_room),
		AREA_TEST(test_no_room_for_spans),
		AREA_TEST(test_stale_handles),
		AREA_TEST(test_number_of_what_is_over),
		AREA_TEST(test_flb_is_over),
		AREA_TEST(test_lock_is_taken),
		AREA_TEST(test_lock_is_lost),
		AREA_TEST(test_counters_stay),
		AREA_TEST(test_other_lot_first),
		AREA_TEST(test_history_that_cannot_help),
		AREA_TEST(test_subjects_that_cannot_help),
		AREA_TEST(test_marks_take_nothing_that_came_in),
		AREA_TEST(test_marks_without_room),
		AREA_TEST(test_failures_in_new_kernel),
		AREA_TEST(test_plain_reset_of_attempt),
		AREA_TEST(test_released),
		AREA_TEST(test_hold_is_short),
		AREA_TEST(test_reader_at_each_step),
		AREA_TEST(test_read_by_page),
		AREA_TEST(test_read_again),
		AREA_TEST(test_reader_preempted),
		AREA_TEST(test_writer_preempted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
