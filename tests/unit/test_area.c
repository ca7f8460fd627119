// SPDX-License-Identifier: GPL-2.0
/*
 * The reader of stats areas, and all that stands on it, against areas that are damaged in every
 * way.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "base/error.h"
#include "build_area.h"
#include "capture/area.h"
#include "capture/capture.h"
#include "model/clock.h"
#include "model/model.h"
#include "model/steps.h"
#include "report/report.h"
#include "report/report_json.h"
#include "report/report_text.h"

struct fixture {
	struct built_update update;
	struct area area;
	struct error error;
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

	built_update_free(&f->update);
	free(f);
	return 0;
}

static int parse(struct fixture *f)
{
	f->error.text[0] = '\0';
	return area_parse(&f->area, f->update.old.bytes, f->update.old.size, &f->error);
}

static void assert_error(struct fixture *f, int err, const char *part)
{
	assert_int_equal(parse(f), err);
	if (!strstr(f->error.text, part))
		fail_msg("'%s' does not say '%s'", f->error.text, part);
}

static unsigned int count_spans(const struct area *area)
{
	struct area_cursor cursor = {};
	struct luo_stats_span span;
	unsigned int count = 0;

	while (area_next_span(area, &cursor, &span))
		count++;
	return count;
}

static void test_good(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_subject_key id;

	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.subjects, 9);
	assert_int_equal(f->area.spans[LUO_STATS_LOT_ANY], 3);
	assert_int_equal(f->area.spans[LUO_STATS_LOT_UPDATE], 9);
	assert_int_equal(count_spans(&f->area), 12);
	assert_int_equal(f->area.invalid_spans, 0);
	assert_true(area_subject(&f->area, 1, &id));
	assert_string_equal(id.name, "vm-1");
	assert_false(area_subject(&f->area, 0, &id));
	assert_false(area_subject(&f->area, 10, &id));
	assert_non_null(area_last_attempt(&f->area));
}

static void test_unaligned(void **state)
{
	struct fixture *f = *state;
	unsigned char *bytes = malloc(f->update.old.size + 1);

	memcpy(bytes + 1, f->update.old.bytes, f->update.old.size);
	assert_int_equal(area_parse(&f->area, bytes + 1, f->update.old.size, &f->error), 0);
	assert_int_equal(count_spans(&f->area), 12);
	free(bytes);
}

static void test_every_length(void **state)
{
	struct fixture *f = *state;
	size_t size;

	for (size = 0; size < f->update.old.size; size++) {
		unsigned char *bytes = malloc(size ? size : 1);

		memcpy(bytes, f->update.old.bytes, size);
		assert_int_equal(area_parse(&f->area, bytes, size, &f->error), -EBADMSG);
		assert_non_null(strstr(f->error.text, "cut short"));
		free(bytes);
	}
}

static void test_bad_header(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_header *header = f->update.old.header;
	const struct luo_stats_header good = *header;

#define BAD(change, err, part)              \
	do {                                \
		change;                     \
		built_seal(&f->update.old); \
		assert_error(f, err, part); \
		*header = good;             \
	} while (0)
	BAD(header->magic++, -EBADMSG, "not a stats area");
	BAD(header->major = 2, -EPROTONOSUPPORT, "format 2, but this luoscope reads format 1");
	BAD(header->header_bytes = 8, -EBADMSG, "header cannot have 8 bytes");
	BAD(header->header_bytes = 5000, -EBADMSG, "header cannot have 5000 bytes");
	BAD(header->span_bytes = 32, -EBADMSG, "its spans have 32 bytes");
	BAD(header->subject_bytes = 0, -EBADMSG, "its subjects 0, which");
	BAD(header->total_bytes += 4096, -EBADMSG, "its header says");
	BAD(header->chunk[1].bytes += 1, -EBADMSG, "not a multiple");
	BAD(header->chunk[1].bytes = 0xfffff000, -EBADMSG, "its header says");
	BAD(header->chunk[1].bytes = 0, -EBADMSG, "gap");
	BAD(memset(header->release, 'x', sizeof(header->release)), -EBADMSG, "has no end");
#undef BAD
	header->total_bytes++;
	assert_error(f, -EBADMSG, "checksum");
	*header = good;
	assert_int_equal(parse(f), 0);
}

static void test_higher_minor_and_unknown_chunk(void **state)
{
	struct fixture *f = *state;

	f->update.old.header->minor = 9;
	f->update.old.header->header_bytes += 64;
	f->update.old.header->chunk[0].kind = 99;
	built_seal(&f->update.old);
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.subject_capacity, 4096 / sizeof(struct luo_stats_subject));
}

static void test_cursor_beyond_capacity(void **state)
{
	struct fixture *f = *state;

	f->update.old.header->span_cursor[0] = UINT64_MAX;
	f->update.old.header->subject_cursor = UINT64_MAX;
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.spans[0], 64);
	assert_int_equal(f->area.subjects, 2 * (4096 / sizeof(struct luo_stats_subject)));
	/* Places that nobody filled. */
	assert_int_equal(f->area.invalid_spans, 61);
	assert_int_equal(count_spans(&f->area), 12);
}

/* What found no room, in the areas of modules that count it in either way. */
static void test_without_room(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_header *header = f->update.old.header;

	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.subjects_without_room, 0);
	assert_int_equal(f->area.spans_without_room, 0);
	header->subject_cursor = f->area.subject_capacity + 5;
	header->subjects_dropped = 2;
	header->span_cursor[LUO_STATS_LOT_ANY] = f->area.span_capacity[LUO_STATS_LOT_ANY] + 3;
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.subjects_without_room, 7);
	assert_int_equal(f->area.spans_without_room, 3);
}

/* A place that is free again is no loss; older modules have none, only writers that stopped. */
static void test_free_again(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span = built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, 0);

	span->state = LUO_STATS_RESERVED;
	span->kind = 0;
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.reserved_spans, 0);
	assert_int_equal(f->area.invalid_spans, 0);
	assert_int_equal(count_spans(&f->area), 11);
	f->update.old.header->minor = 4;
	built_seal(&f->update.old);
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.reserved_spans, 1);
}

static void test_over(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_subject *file = built_subject_at(&f->update.old, 2);

	assert_int_equal(parse(f), 0);
	assert_false(area_subject_is_over(&f->area, 2));
	file->is_over = 1;
	assert_true(area_subject_is_over(&f->area, 2));
	file->is_over = 0;
	/* With its session, whose number may be anything. */
	file->owner = 1;
	assert_false(area_subject_is_over(&f->area, 2));
	built_subject_at(&f->update.old, 1)->is_over = 1;
	assert_true(area_subject_is_over(&f->area, 2));
	file->owner = UINT32_MAX;
	assert_false(area_subject_is_over(&f->area, 2));
	assert_false(area_subject_is_over(&f->area, 0));
	assert_false(area_subject_is_over(&f->area, UINT32_MAX));
}

/*
 * A live area is written while it is read. A span of which another subject has the place was
 * forgotten meanwhile; the other way round, something is wrong.
 */
static void test_forgotten_while_read(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span = built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, 0);
	struct luo_stats_subject *subject = built_subject_at(&f->update.old, span->subject);

	span->subject_serial = 0xffff;
	subject->serial = 0xffff0001;
	assert_int_equal(parse(f), 0);
	assert_int_equal(count_spans(&f->area), 12);
	/* The next one. */
	subject->serial = 0x00010000;
	assert_int_equal(parse(f), 0);
	assert_int_equal(count_spans(&f->area), 11);
	assert_int_equal(f->area.invalid_spans + f->area.reserved_spans, 0);
	subject->state = LUO_STATS_FREE;
	assert_int_equal(parse(f), 0);
	assert_int_equal(count_spans(&f->area), 11);
	assert_int_equal(f->area.invalid_spans + f->area.invalid_subjects, 0);
	subject->state = LUO_STATS_CLOSED;
	subject->serial = 0xfffe0000;
	assert_int_equal(parse(f), 0);
	assert_int_equal(count_spans(&f->area), 11);
	assert_int_equal(f->area.invalid_spans, 1);
	/* A session of which another one has the place is over. */
	subject->serial = 0xffff0000;
	built_subject_at(&f->update.old, 2)->owner = span->subject;
	built_subject_at(&f->update.old, 2)->owner_serial = 0xffff;
	assert_int_equal(parse(f), 0);
	assert_false(area_subject_is_over(&f->area, 2));
	subject->serial = 0x00010000;
	assert_int_equal(parse(f), 0);
	assert_true(area_subject_is_over(&f->area, 2));
}

static void test_bad_spans(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span = built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, 0);
	const struct luo_stats_span good = *span;

#define BAD(change)                                          \
	do {                                                 \
		change;                                      \
		assert_int_equal(parse(f), 0);               \
		assert_int_equal(f->area.invalid_spans, 1);  \
		assert_int_equal(count_spans(&f->area), 11); \
		*span = good;                                \
	} while (0)
	BAD(span->state = LUO_STATS_FREE);
	BAD(span->state = 4);
	BAD(span->state = UINT32_MAX);
	BAD(span->kind = 0);
	BAD(span->role = 0);
	BAD(span->role = 4);
	BAD(span->subject = 10);
	BAD(span->subject = UINT32_MAX);
	BAD(span->begin_cycles = 0);
	BAD(span->end_cycles = span->begin_cycles - 1);
	BAD(span->end_cycles = 0);
#undef BAD
	span->state = LUO_STATS_RESERVED;
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.reserved_spans, 1);
	assert_int_equal(f->area.invalid_spans, 0);
	assert_int_equal(count_spans(&f->area), 11);
}

static void test_bad_subjects(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_subject *subject = built_subject_at(&f->update.old, 9);
	struct luo_stats_subject_key id;

	/* Another CPU added the same subject first, and this place was given back. */
	subject->state = LUO_STATS_FREE;
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.invalid_subjects, 0);
	/* It is being written: no damage, but its span cannot be read yet. */
	subject->state = LUO_STATS_RESERVED;
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.invalid_subjects, 0);
	assert_int_equal(f->area.reserved_spans, 1);
	assert_int_equal(count_spans(&f->area), 11);
	f->update.old.header->minor = 4;
	built_seal(&f->update.old);
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.invalid_subjects, 1);
	assert_int_equal(f->area.reserved_spans, 0);
	f->update.old.header->minor = 5;
	built_seal(&f->update.old);
	subject->state = LUO_STATS_CLOSED;
	subject->id.name[0] = '\0';
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.invalid_subjects, 1);
	assert_false(area_subject(&f->area, 9, &id));
	/* It needs none. */
	subject->id.kind = LUO_STATS_SUBJECT_WATCH;
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.invalid_subjects, 0);
	subject->id.kind = 0;
	assert_int_equal(parse(f), 0);
	assert_int_equal(f->area.invalid_subjects, 1);
}

static void test_bad_anchor_and_attempt(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_header *header = f->update.old.header;

	header->anchor[LUO_STATS_ANCHOR_LAST].sequence = 3;
	header->anchor[LUO_STATS_ANCHOR_LOAD].cycles = 0;
	assert_int_equal(parse(f), 0);
	assert_null(area_anchor(&f->area, LUO_STATS_ANCHOR_LAST));
	assert_null(area_anchor(&f->area, LUO_STATS_ANCHOR_LOAD));
	assert_null(area_anchor(&f->area, LUO_STATS_ANCHOR_EARLY));
	assert_null(area_anchor(&f->area, 1000));
	assert_non_null(area_anchor(&f->area, LUO_STATS_ANCHOR_NOTIFIER));
	header->attempts = UINT32_MAX;
	assert_int_equal(parse(f), 0);
	assert_null(area_last_attempt(&f->area));
}

/* A generator of its own, so that each run tries the same (xorshift64, Marsaglia 2003). */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void check_time(struct bounded time)
{
	if (time.known && (time.value > CLOCK_MAX_NS || time.value < -CLOCK_MAX_NS))
		fail_msg("a time of %lld ns", (long long)time.value);
}

static void check_span(const struct model_span *span)
{
	check_time(bounded_estimate(span->start));
	if (!span->observed || span->open)
		assert_false(span->duration.known);
	if (span->duration.known) {
		assert_true(span->duration.value >= 0);
		assert_true(span->duration.value <= CLOCK_UPDATE_MAX_NS);
	}
}

/* Whatever the bytes were, what the model claims must hold together. */
static void check_model(const struct model *model)
{
	int64_t sum = 0;
	enum model_step step;
	size_t i;

	for (i = 0; i < model->phases; i++) {
		check_time(model->phase[i].start);
		if (!model->phase[i].duration.known)
			continue;
		assert_true(model->phase[i].duration.value >= 0);
		sum += model->phase[i].duration.value;
	}
	if (model->blackout.known) {
		assert_int_equal(sum, model->blackout.value);
		assert_true(model->clock.comparable);
		assert_int_not_equal(model->clock.verdict, CLOCK_CONTRADICTED);
		assert_true(model->blackout.value <= 11 * CLOCK_UPDATE_MAX_NS);
	}
	for (i = 0; i < model->files; i++) {
		for (step = 0; step < STEPS; step++)
			check_span(&model->file[i].step[step]);
		check_time(model->file[i].downtime);
	}
	for (i = 0; i < model->devices; i++) {
		for (step = 0; step < STEPS; step++)
			check_span(&model->device[i].step[step]);
		check_time(model->device[i].downtime);
	}
	assert_true(model->files_missing <= model->files_frozen);
	for (i = 0; i < model->shutdowns; i++)
		check_span(&model->shutdown[i].span);
	for (i = 0; i < model->others; i++)
		check_span(&model->other[i].span);
	for (i = 0; i < model->opens; i++)
		check_span(&model->open[i].span);
	for (i = 0; i < model->marks; i++) {
		const struct model_mark *mark = &model->mark[i];

		check_time(bounded_estimate(mark->span.start));
		check_time(bounded_estimate(mark->end));
		assert_true(mark->name[0]);
		assert_true(mark->crosses + mark->instant + mark->end_only + mark->span.open <= 1);
		assert_true(!mark->instant || !mark->span.duration.known ||
			    !mark->span.duration.value);
		if (mark->end_only || mark->span.open)
			assert_false(mark->span.duration.known);
		if (mark->span.duration.known)
			assert_true(mark->span.duration.value >= 0);
	}
}

static const uint64_t nasty[] = { 0,
				  1,
				  2,
				  3,
				  4,
				  5,
				  0x7f,
				  0xff,
				  0x7fffffff,
				  0x80000000,
				  0xffffffff,
				  INT64_MAX,
				  (uint64_t)INT64_MAX + 1,
				  UINT64_MAX,
				  UINT64_MAX - 1 };

/* Change one number somewhere in the part of the area that is in use. */
static void spoil(struct built_area *area, uint64_t *seed)
{
	static const struct {
		size_t from, to;
	} parts[] = {
		{ 0, sizeof(struct luo_stats_header) },
		{ offsetof(struct luo_stats_header, anchor), sizeof(struct luo_stats_header) },
		{ 4096, 4096 + 9 * sizeof(struct luo_stats_subject) },
		{ 3 * 4096, 3 * 4096 + 16 * sizeof(struct luo_stats_span) },
		{ 4 * 4096, 4 * 4096 + 10 * sizeof(struct luo_stats_span) },
	};
	unsigned int part = next_random(seed) % 5;
	size_t size = 1u << next_random(seed) % 4;
	size_t offset = parts[part].from +
			next_random(seed) % (parts[part].to - parts[part].from) / size * size;
	uint64_t value;

	memcpy(&value, area->bytes + offset, size);
	switch (next_random(seed) % 4) {
	case 0:
		value = nasty[next_random(seed) % (sizeof(nasty) / sizeof(nasty[0]))];
		break;
	case 1:
		value = next_random(seed);
		break;
	case 2:
		value += next_random(seed) % 65 - 32;
		break;
	default:
		value ^= 1ULL << next_random(seed) % 64;
	}
	memcpy(area->bytes + offset, &value, size);
}

static void test_fuzz(void **state)
{
	const struct view_options screen = { .top = 10 }, full = { .full = true, .top = 10 };
	struct fixture *f = *state;
	unsigned int i, built = 0, refused = 0, blackouts = 0;
	struct capture capture;
	uint64_t seed = 20260701;
	char *good[2];

	built_devices(&f->update);
	built_mark(&f->update.old, "pause", 7, -200 * MS, 0, LUO_STATS_MARK_SPAN);
	built_mark(&f->update.new, "pause", 7, 0, 1700 * MS, LUO_STATS_MARK_END);
	built_mark(&f->update.old, "stopped", 0, -100 * MS, -100 * MS, LUO_STATS_MARK_INSTANT);
	built_mark(&f->update.new, "resume", 7, 1710 * MS, 1710 * MS, LUO_STATS_MARK_INSTANT);
	good[0] = malloc(f->update.old.size);
	good[1] = malloc(f->update.new.size);
	memcpy(good[0], f->update.old.bytes, f->update.old.size);
	memcpy(good[1], f->update.new.bytes, f->update.new.size);
	built_capture(&f->update, &capture);
	for (i = 0; i < 40000; i++) {
		unsigned int changes = 1 + next_random(&seed) % 4;
		struct model model;
		int err;

		while (changes--)
			spoil(next_random(&seed) % 2 ? &f->update.old : &f->update.new, &seed);
		if (next_random(&seed) % 8) {
			built_seal(&f->update.old);
			built_seal(&f->update.new);
		}
		f->error.text[0] = '\0';
		err = model_build(&model, &capture, &f->error);
		if (err) {
			assert_true(f->error.text[0]);
			refused++;
		} else {
			check_model(&model);
			built++;
			blackouts += model.has_end && model.blackout.known;
			if (i % 8 == 0) {
				FILE *out = fopen("/dev/null", "w");

				assert_int_equal(view_text(&model, out, &screen), 0);
				assert_int_equal(view_text(&model, out, &full), 0);
				assert_int_equal(view_json(&model, out), 0);
				fclose(out);
			}
		}
		model_free(&model);
		memcpy(f->update.old.bytes, good[0], f->update.old.size);
		memcpy(f->update.new.bytes, good[1], f->update.new.size);
	}
	/* The loop is worth something only if it reaches all three. */
	assert_true(built > 10000 && refused > 500 && blackouts > 1000);
	free(good[0]);
	free(good[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_unaligned),
		TEST(test_every_length),
		TEST(test_bad_header),
		TEST(test_higher_minor_and_unknown_chunk),
		TEST(test_cursor_beyond_capacity),
		TEST(test_without_room),
		TEST(test_free_again),
		TEST(test_over),
		TEST(test_forgotten_while_read),
		TEST(test_bad_spans),
		TEST(test_bad_subjects),
		TEST(test_bad_anchor_and_attempt),
		TEST(test_fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
