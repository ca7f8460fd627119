// SPDX-License-Identifier: GPL-2.0
/*
 * The module's side of the area: what becomes of a writer that is preempted at any of its steps,
 * while an attempt fails, the next one begins, and others write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../../kernel/luo_stats/area.c"
#include "../../kernel/luo_stats/flat.c"

#define MANY 4096

/* At which of the steps to come somebody else runs, and who; 0: nobody. */
static unsigned int preempt_at;
static void (*others)(void);

void preempt_point(void)
{
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

/* Spans have their number, from 1, as detail, and 1000 more as subject once they have ended. */
static u64 handle[MANY];
static unsigned int started;

static void begin_span(void)
{
	const unsigned int number = ++started;

	handle[number] = luo_stats_area_span_begin(LUO_STATS_FREEZE, number, 0, number);
}

static void begin_spans(unsigned int count)
{
	while (count--)
		begin_span();
}

static u32 update_capacity(void)
{
	return luo_stats_area_capacity(LUO_STATS_CHUNK_UPDATE_SPANS);
}

static void begin_attempt(void)
{
	assert_int_equal(luo_stats_area_boundary(LUO_STATS_B0_UPDATE_BEGIN, 0, 0), 0);
}

/* More spans than the places that the first attempt of a test has used, so that all are reused. */
static void fail_and_fill(void)
{
	luo_stats_area_boundary(LUO_STATS_B1_FROZEN, 0, -EIO);
	begin_attempt();
	begin_spans(update_capacity() / 2 + 8);
}

static void begin_some(void)
{
	begin_spans(3);
}

/* So many spans that the next attempt reuses their places. */
static void start(void)
{
	started = 0;
	assert_int_equal(luo_stats_area_create(64), 0);
	begin_attempt();
	begin_spans(update_capacity() / 2 + 1);
}

struct seen {
	unsigned int times[MANY];
	bool ended[MANY];
};

static void look_at(struct seen *seen, const struct luo_stats_span *span)
{
	if (span->state != LUO_STATS_OPEN && span->state != LUO_STATS_CLOSED)
		return;
	assert_in_range(span->detail, 1, started);
	assert_int_equal(span->kind, LUO_STATS_FREEZE);
	assert_int_equal(span->writer, 0);
	seen->times[span->detail]++;
	seen->ended[span->detail] = span->state == LUO_STATS_CLOSED;
	if (span->state == LUO_STATS_CLOSED) {
		assert_int_equal(span->subject, span->detail + 1000);
		assert_int_equal(span->result, -(s32)span->detail);
		assert_true(span->end_cycles > span->begin_cycles);
	} else {
		assert_int_equal(span->subject, span->detail);
		assert_int_equal(span->end_cycles, 0);
	}
}

/* What a reader finds in the area: places whose content is not of one span fail the test. */
static struct seen *look(void)
{
	const struct luo_stats_header *header = luo_stats_area_header();
	struct seen *seen = calloc(1, sizeof(*seen));
	unsigned char *flat = malloc(header->total_bytes);
	size_t offset = LUO_STATS_PAGE_BYTES, at;
	unsigned int i;

	assert_int_equal(luo_stats_area_read((char *)flat, 0, header->total_bytes),
			 header->total_bytes);
	for (i = 0; header->chunk[i].bytes; offset += header->chunk[i++].bytes)
		for (at = 0; at < header->chunk[i].bytes; at += sizeof(struct luo_stats_span))
			if (header->chunk[i].kind != LUO_STATS_CHUNK_SUBJECTS)
				look_at(seen, (const void *)(flat + offset + at));
	free(flat);
	return seen;
}

/* A span whose begin was the last @since or later is in the area, once; an earlier one may be. */
static void assert_seen(const struct seen *seen, unsigned int since)
{
	unsigned int i;

	assert_int_equal(luo_stats_area_header()->dropped[LUO_STATS_FREEZE], 0);
	for (i = 1; i <= started; i++) {
		assert_int_not_equal(handle[i], 0);
		if (seen->times[i] > 1 || (i >= since && !seen->times[i]))
			fail_msg("span %u of %u is there %u times", i, started, seen->times[i]);
	}
}

/* Run @step as often as it has preemption points, each time preempted at another by @who. */
static void preempt_each_step(void (*step)(void), void (*who)(void), void (*verify)(void))
{
	unsigned int n;

	others = who;
	for (n = 1;; n++) {
		start();
		preempt_at = n;
		step();
		if (preempt_at) {
			preempt_at = 0;
			luo_stats_area_destroy();
			break;
		}
		verify();
		luo_stats_area_destroy();
	}
	/* Else there was nothing that could be preempted. */
	assert_true(n > 3);
}

static unsigned int first_of_next;

static void begin_last(void)
{
	first_of_next = started + 1;
	begin_span();
}

static void all_of_next_are_there(void)
{
	struct seen *seen = look();

	assert_seen(seen, first_of_next);
	free(seen);
}

static void test_begin_preempted_by_next_attempt(void **state)
{
	preempt_each_step(begin_last, fail_and_fill, all_of_next_are_there);
}

static int end_result;

/* Its place is the first one that the next attempt reuses. */
static void end_first(void)
{
	first_of_next = started + 1;
	end_result = luo_stats_area_span_end(handle[1], 1001, -1, 0, 0);
}

static void first_has_ended_if_it_is_there(void)
{
	struct seen *seen = look();

	assert_seen(seen, first_of_next);
	assert_true(end_result == 0 || end_result == -ESTALE);
	assert_int_equal(seen->ended[1], seen->times[1] && !end_result);
	free(seen);
}

static void test_end_preempted_by_next_attempt(void **state)
{
	preempt_each_step(end_first, fail_and_fill, first_has_ended_if_it_is_there);
}

/* A writer that was preempted after it saw the last attempt open writes while the next begins. */
static void next_attempt(void)
{
	first_of_next = started + 1;
	begin_spans(1);
	begin_attempt();
	begin_spans(8);
}

static void nothing_is_lost_uncounted(void)
{
	const struct luo_stats_header *header = luo_stats_area_header();
	struct seen *seen = look();
	unsigned int i, there = 0;

	assert_seen(seen, started - 7);
	for (i = 1; i <= started; i++)
		there += seen->times[i];
	/* Recycled are the places below the cursor; those above what was reused are still there. */
	assert_int_equal(header->spans_recycled + header->span_cursor[LUO_STATS_LOT_UPDATE],
			 started);
	assert_int_equal(there, started - header->span_cursor[LUO_STATS_LOT_UPDATE]);
	free(seen);
}

static void test_attempt_preempted_by_writer(void **state)
{
	preempt_each_step(next_attempt, begin_some, nothing_is_lost_uncounted);
}

/* Without anybody in between: an end is only taken once, and not for a place that was reused. */
static void test_end(void **state)
{
	struct seen *seen;

	start();
	assert_int_equal(luo_stats_area_span_end(handle[2], 1002, -2, 0, 0), 0);
	assert_int_equal(luo_stats_area_span_end(handle[2], 1002, -2, 0, 0), -ESTALE);
	assert_int_equal(luo_stats_area_span_end(handle[3] + (1ULL << 32), 0, 0, 0, 0), -ESTALE);
	assert_int_equal(luo_stats_area_span_end(1ULL << 32, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(luo_stats_area_span_end(HANDLE_INDEX_MASK, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(luo_stats_area_span_end(0, 0, 0, 0, 0), 0);
	begin_span();
	fail_and_fill();
	assert_int_equal(luo_stats_area_span_end(handle[1], 1001, -1, 0, 0), -ESTALE);
	seen = look();
	assert_false(seen->times[1]);
	free(seen);
	luo_stats_area_destroy();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_begin_preempted_by_next_attempt),
		cmocka_unit_test(test_end_preempted_by_next_attempt),
		cmocka_unit_test(test_attempt_preempted_by_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
