// SPDX-License-Identifier: GPL-2.0
/*
 * Marks: from two areas to the rows of the model, and what the reader of areas accepts as one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "capture/capture.h"
#include "fixture.h"
#include "model/clock.h"
#include "model/model.h"

#define MINUTE (60000 * MS)

static struct luo_stats_span *begin(struct built_area *area, const char *name, uint64_t instance,
				    int64_t ns)
{
	return built_mark(area, name, instance, ns, 0, LUO_STATS_MARK_SPAN);
}

static struct luo_stats_span *end(struct built_area *area, const char *name, uint64_t instance,
				  int64_t ns)
{
	return built_mark(area, name, instance, 0, ns, LUO_STATS_MARK_END);
}

static struct luo_stats_span *instant(struct built_area *area, const char *name, uint64_t instance,
				      int64_t ns)
{
	return built_mark(area, name, instance, ns, ns, LUO_STATS_MARK_INSTANT);
}

static const struct model_mark *row_of(const struct fixture *f, const char *name, uint64_t instance)
{
	size_t i;

	for (i = 0; i < f->model.marks; i++)
		if (!strcmp(f->model.mark[i].name, name) && f->model.mark[i].instance == instance)
			return &f->model.mark[i];
	return NULL;
}

static void test_none(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_int_equal(f->model.marks, 0);
	assert_int_equal(f->model.marks_elsewhere, 0);
}

static void test_across_the_kexec(void **state)
{
	struct fixture *f = *state;
	const struct model_mark *row;

	begin(&f->update.old, "pause", 7, -200 * MS);
	end(&f->update.new, "pause", 7, 1700 * MS);
	/* Another instance and another name are other marks. */
	begin(&f->update.old, "pause", 8, -100 * MS);
	end(&f->update.new, "stop", 7, 1650 * MS);
	build(f);
	assert_int_equal(f->model.marks, 3);
	row = row_of(f, "pause", 7);
	assert_true(row->crosses);
	assert_false(row->span.open);
	assert_false(row->span.in_new_kernel);
	assert_false(row->end_only);
	assert_estimate(row->span.start, -200 * MS);
	assert_estimate(row->span.duration, 1900 * MS);
	assert_estimate(row->end, 1700 * MS);
	row = row_of(f, "pause", 8);
	assert_true(row->span.open);
	assert_false(row->crosses);
	assert_estimate(row->span.start, -100 * MS);
	assert_false(row->span.duration.known);
	assert_false(row->end.known);
	row = row_of(f, "stop", 7);
	assert_true(row->end_only);
	assert_false(row->crosses);
	assert_true(row->span.in_new_kernel);
	assert_false(row->span.start.known);
	assert_false(row->span.duration.known);
	assert_estimate(row->end, 1650 * MS);
	/* They are nowhere else. */
	assert_int_equal(f->model.opens, 0);
	assert_int_equal(f->model.others, 0);
	assert_int_equal(f->model.losses.unfinished, 0);
	assert_int_equal(f->model.losses.invalid_spans, 0);
}

/* What is joined is the last begin and the first end, and only if nothing lies between them. */
static void test_which_ends_are_joined(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;
	const struct model_mark *row;

	/* Begun twice, the first by somebody who was killed; and ended twice. */
	begin(old, "a", 1, -300 * MS);
	begin(old, "a", 1, -200 * MS);
	end(new, "a", 1, 1700 * MS);
	end(new, "a", 1, 1800 * MS);
	/* Ended before, and then an end of something else. */
	built_mark(old, "b", 1, -300 * MS, -200 * MS, LUO_STATS_MARK_SPAN);
	end(new, "b", 1, 1700 * MS);
	/* Begun anew in the new kernel before that end came. */
	begin(old, "c", 1, -300 * MS);
	built_mark(new, "c", 1, 1600 * MS, 1700 * MS, LUO_STATS_MARK_SPAN);
	end(new, "c", 1, 1800 * MS);
	/* Instants of that name do not matter. */
	begin(old, "d", 1, -300 * MS);
	instant(old, "d", 1, -200 * MS);
	instant(new, "d", 1, 1600 * MS);
	end(new, "d", 1, 1700 * MS);
	build(f);

	assert_int_equal(f->model.marks, 11);
	row = row_of(f, "a", 1);
	assert_true(row[0].span.open);
	assert_true(row[1].crosses);
	assert_estimate(row[1].span.duration, 1900 * MS);
	assert_true(row[2].end_only);
	assert_estimate(row[2].end, 1800 * MS);
	row = row_of(f, "b", 1);
	assert_false(row[0].crosses);
	assert_estimate(row[0].span.duration, 100 * MS);
	assert_true(row[1].end_only);
	row = row_of(f, "c", 1);
	assert_true(row[0].span.open);
	assert_false(row[1].crosses);
	assert_estimate(row[1].span.duration, 100 * MS);
	assert_true(row[2].end_only);
	row = row_of(f, "d", 1);
	assert_true(row[0].crosses);
	assert_estimate(row[0].span.duration, 2000 * MS);
	assert_true(row[1].instant);
	assert_true(row[2].instant);
}

static void test_order(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		uint64_t instance;
		int64_t ns;
	} expected[] = {
		{ "a", 2, -20 }, { "a", 10, 5 }, { "b", 0, -30 }, { "b", 0, -10 }, { "b", 0, 1700 }
	};
	size_t i;

	instant(&f->update.new, "b", 0, 1700 * MS);
	instant(&f->update.old, "b", 0, -10 * MS);
	instant(&f->update.old, "a", 10, 5 * MS);
	instant(&f->update.old, "b", 0, -30 * MS);
	instant(&f->update.old, "a", 2, -20 * MS);
	build(f);
	assert_int_equal(f->model.marks, 5);
	for (i = 0; i < 5; i++) {
		const struct model_mark *row = &f->model.mark[i];

		assert_string_equal(row->name, expected[i].name);
		assert_int_equal(row->instance, expected[i].instance);
		assert_true(row->instant);
		assert_false(row->span.open);
		assert_estimate(row->span.start, expected[i].ns * MS);
		assert_estimate(row->end, expected[i].ns * MS);
		assert_true(row->span.duration.known);
		assert_int_equal(row->span.duration.value, 0);
	}
}

static void test_which_belong(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;
	const int64_t last = true_boundary_ns[10];

	/* Under way in the update, however long ago it started. */
	begin(old, "in-open", 0, -1000 * MINUTE);
	built_mark(old, "in-long", 0, -1000 * MINUTE, 5 * MS, LUO_STATS_MARK_SPAN);
	begin(old, "in-crossing", 0, -1000 * MINUTE);
	end(new, "in-crossing", 0, last + 50 * MINUTE)->attempt = 1;
	/* Ten minutes are near. */
	instant(old, "in-before", 0, -9 * MINUTE);
	instant(old, "in-before", 1, -10 * MINUTE + 100 * MS);
	instant(new, "in-after", 0, last + 9 * MINUTE);
	end(old, "in-end", 0, -9 * MINUTE);
	end(new, "in-end", 1, last + 9 * MINUTE);
	begin(new, "in-started", 0, last + 9 * MINUTE);

	instant(old, "out-before", 0, -11 * MINUTE);
	built_mark(old, "out-before", 1, -20 * MINUTE, -11 * MINUTE, LUO_STATS_MARK_SPAN);
	end(old, "out-before", 2, -11 * MINUTE);
	instant(new, "out-after", 0, last + 11 * MINUTE);
	begin(new, "out-after", 1, last + 11 * MINUTE);
	end(new, "out-after", 2, last + 11 * MINUTE);
	/* Left open long ago and started again: this one was no longer under way. */
	begin(old, "out-abandoned", 0, -1000 * MINUTE);
	built_mark(old, "out-abandoned", 0, -900 * MINUTE, -800 * MINUTE, LUO_STATS_MARK_SPAN);
	/* The new kernel was at the next update already. */
	instant(new, "out-next", 0, last + 1 * MINUTE)->attempt = 1;
	build(f);
	assert_int_equal(f->model.marks, 9);
	assert_int_equal(f->model.marks_elsewhere, 9);
	for (size_t i = 0; i < f->model.marks; i++)
		assert_memory_equal(f->model.mark[i].name, "in-", 3);
	assert_estimate(row_of(f, "in-crossing", 0)->span.duration, last + 1050 * MINUTE);
}

/* Without B0 the first boundary that there is counts; without any clock all marks stay. */
static void test_what_is_not_known(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	instant(&f->update.old, "far", 0, -20 * MINUTE);
	instant(&f->update.old, "near", 0, -1 * MINUTE);
	f->update.old.header->attempts = 0;
	built_seal(&f->update.old);
	build(f);
	assert_null(row_of(f, "far", 0));
	assert_non_null(row_of(f, "near", 0));

	begin(&f->update.old, "pause", 0, -200 * MS);
	end(&f->update.new, "pause", 0, 1700 * MS);
	for (i = 0; i < LUO_STATS_ANCHORS; i++) {
		f->update.old.header->anchor[i] = (struct luo_stats_anchor){};
		f->update.new.header->anchor[i] = (struct luo_stats_anchor){};
	}
	build(f);
	assert_int_equal(f->model.marks, 3);
	assert_true(row_of(f, "pause", 0)->crosses);
	assert_false(row_of(f, "pause", 0)->span.duration.known);
	assert_false(row_of(f, "pause", 0)->span.start.known);
}

/* Of two counters that are not one, each kernel's own marks still have a length. */
static void test_contradicted_clock(void **state)
{
	struct fixture *f = *state;
	const struct model_mark *row;

	f->update.new.header->anchor[LUO_STATS_ANCHOR_READ].flags |= LUO_STATS_COUNTER_UNSTABLE;
	begin(&f->update.old, "pause", 0, -200 * MS);
	end(&f->update.new, "pause", 0, 1700 * MS);
	built_mark(&f->update.new, "wait", 0, 1600 * MS, 1700 * MS, LUO_STATS_MARK_SPAN);
	build(f);
	assert_int_equal(f->model.clock.verdict, CLOCK_CONTRADICTED);
	row = row_of(f, "pause", 0);
	assert_true(row->crosses);
	assert_estimate(row->span.start, -200 * MS);
	assert_false(row->span.duration.known);
	assert_false(row->end.known);
	row = row_of(f, "wait", 0);
	assert_false(row->span.start.known);
	assert_estimate(row->span.duration, 100 * MS);
}

/* Of a counter that began anew nothing can be reckoned, but who began and ended what is known. */
static void test_counter_that_began_anew(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	begin(&f->update.old, "pause", 0, -200 * MS);
	end(&f->update.new, "pause", 0, 1700 * MS)->end_cycles = 1000;
	for (i = 0; i < LUO_STATS_ANCHORS; i++)
		f->update.new.header->anchor[i] = (struct luo_stats_anchor){};
	build(f);
	assert_int_equal(f->model.marks, 1);
	assert_true(f->model.mark[0].crosses);
	assert_false(f->model.mark[0].span.duration.known);
}

static void test_only_one_area(void **state)
{
	struct fixture *f = *state;

	begin(&f->update.old, "pause", 0, -200 * MS);
	end(&f->update.new, "pause", 0, 1700 * MS);
	f->capture.section[CAPTURE_OUTGOING].bytes = NULL;
	build(f);
	assert_int_equal(f->model.marks, 1);
	assert_true(f->model.mark[0].span.open);

	built_capture(&f->update, &f->capture);
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	build(f);
	assert_int_equal(f->model.marks, 1);
	assert_true(f->model.mark[0].end_only);

	/* A kernel that no update started has marks of an update to come. */
	f->update.new.header->flags &= ~(LUO_STATS_KHO_BOOT | LUO_STATS_INCOMING_VALID);
	built_seal(&f->update.new);
	build(f);
	assert_false(f->model.has_update);
	assert_int_equal(f->model.marks, 0);
	assert_int_equal(f->model.marks_elsewhere, 1);
}

/* Each of these is counted and left out. */
static void test_nonsense(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;
	struct luo_stats_span *span;

	built_mark(old, "a", 1, -MS, -MS, LUO_STATS_MARK_END); /* an end with a begin */
	end(old, "a", 2, -MS)->state = LUO_STATS_OPEN;
	built_mark(old, "a", 3, 0, 0, LUO_STATS_MARK_END)->state = LUO_STATS_CLOSED;
	built_mark(old, "a", 4, 0, -MS, LUO_STATS_MARK_SPAN); /* a span without a begin */
	built_mark(old, "a", 5, 0, -MS, LUO_STATS_MARK_INSTANT);
	built_mark(old, "a", 6, -2 * MS, -MS, LUO_STATS_MARK_INSTANT);
	begin(old, "a", 7, -MS)->detail = LUO_STATS_MARK_INSTANT;
	built_mark(old, "a", 8, -MS, -2 * MS, LUO_STATS_MARK_SPAN);
	built_mark(old, "a", 9, 0, -MS, 77); /* of a later minor, and without a begin */
	instant(old, "a", 10, -MS)->role = LUO_STATS_ROLE_OLD;
	instant(old, "a", 11, -MS)->subject = 0;
	instant(old, "a", 12, -MS)->subject = 1; /* a session */
	instant(old, "", 13, -MS);
	instant(old, "a", 14, true_boundary_ns[6] + MS); /* after the jump */
	instant(new, "a", 15, true_boundary_ns[7] - MS); /* before the kernel began */
	/* No other span can do without a begin. */
	span = built_device_span(old, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, "0000:81:00.0", -MS,
				 -1);
	span->begin_cycles = 0;
	span->detail = LUO_STATS_MARK_END;
	build(f);
	assert_int_equal(f->model.marks, 0);
	assert_int_equal(f->model.marks_elsewhere, 0);
	assert_int_equal(f->model.losses.invalid_spans, 16);

	/* A detail that is not known is taken for a span. */
	built_mark(old, "a", 9, -2 * MS, -MS, 77);
	build(f);
	assert_int_equal(f->model.marks, 1);
	assert_estimate(f->model.mark[0].span.duration, MS);
	assert_int_equal(f->model.losses.invalid_spans, 16);
}

static void test_resume_is_not_needed(void **state)
{
	struct fixture *f = *state;

	/* Memfds alone: the blackout ends with the last retrieve. */
	instant(&f->update.new, "resume", 1, 2000 * MS);
	build(f);
	assert_int_equal(f->model.end_slot, LUO_STATS_B10_RETRIEVED);
	/* Each device was seen. */
	built_devices(&f->update);
	build(f);
	assert_int_equal(f->model.end_slot, LUO_STATS_B11_IN_SERVICE);
	assert_false(f->model.end_is_mark);
	assert_true(f->model.devices_missing_known);
	assert_near(f->model.blackout, 1750 * MS);
}

static void test_resume_ends_the_blackout(void **state)
{
	struct fixture *f = *state;
	struct built_area *new = &f->update.new;
	uint64_t i;

	built_devices(&f->update);
	for (i = 0; i < new->header->span_cursor[LUO_STATS_LOT_ANY]; i++) {
		struct luo_stats_span *span = built_span_at(new, LUO_STATS_LOT_ANY, i);

		/* Nobody saw the second one in service. */
		if (span->kind == LUO_STATS_IRQ_SETUP &&
		    span->begin_cycles > true_cycles(1700 * MS))
			span->result = -EINVAL;
	}
	/* None of these is a resume after B10 that belongs to this update. */
	instant(new, "resume", 1, 1580 * MS);
	instant(new, "resumed", 1, 2100 * MS);
	begin(new, "resume", 2, 2200 * MS);
	built_mark(new, "resume", 6, 2200 * MS, 2300 * MS, LUO_STATS_MARK_SPAN);
	end(new, "resume", 7, 2400 * MS);
	instant(new, "resume", 3, 2 * MINUTE);
	instant(&f->update.old, "resume", 3, 100 * MS);
	build(f);
	assert_int_equal(f->model.end_slot, LUO_STATS_B11_IN_SERVICE);
	assert_false(f->model.end_is_mark);
	assert_near(f->model.blackout, 1700 * MS);
	assert_true(f->model.devices_missing_known);
	assert_true(has_note(f, "1 of 2 devices were not seen in service again; the blackout ends"
				" with the last that was"));

	instant(new, "resume", 5, 2000 * MS);
	instant(new, "resume", 4, 1900 * MS);
	build(f);
	assert_int_equal(f->model.end_slot, LUO_STATS_B11_IN_SERVICE);
	assert_true(f->model.end_is_mark);
	assert_int_equal(f->model.devices_missing, 1);
	assert_false(f->model.devices_missing_known);
	assert_int_equal(f->model.boundary[LUO_STATS_B11_IN_SERVICE].source, MODEL_SOURCE_PROBE);
	assert_near(f->model.blackout, 2000 * MS);
	assert_true(has_note(f, "1 of 2 devices were not seen in service again; the blackout ends"
				" with the last mark 'resume'"));
}

/* Nothing at all was seen of devices whose files came back. */
static void test_resume_of_devices_unseen(void **state)
{
	struct fixture *f = *state;
	uint32_t i;

	for (i = 1; i <= f->update.new.header->subject_cursor; i++)
		if (built_subject_at(&f->update.new, i)->id.kind == LUO_STATS_SUBJECT_FILE)
			strcpy(built_subject_at(&f->update.new, i)->id.detail,
			       "vfio-pci-something");
	for (i = 1; i <= f->update.old.header->subject_cursor; i++)
		if (built_subject_at(&f->update.old, i)->id.kind == LUO_STATS_SUBJECT_FILE)
			strcpy(built_subject_at(&f->update.old, i)->id.detail,
			       "vfio-pci-something");
	build(f);
	assert_int_equal(f->model.end_slot, LUO_STATS_B10_RETRIEVED);
	assert_true(has_note(f, "the blackout ends with the last retrieve"));
	instant(&f->update.new, "resume", 1, 2000 * MS);
	build(f);
	assert_int_equal(f->model.end_slot, LUO_STATS_B11_IN_SERVICE);
	assert_true(f->model.end_is_mark);
	assert_near(f->model.blackout, 2000 * MS);
	assert_true(has_note(f, "the blackout ends with the last mark 'resume'"));
}

/* Guests may run before the last device that was seen is in service. */
static void test_resume_before_a_device(void **state)
{
	struct fixture *f = *state;
	struct built_area *new = &f->update.new;
	uint64_t i;

	built_devices(&f->update);
	for (i = 0; i < new->header->span_cursor[LUO_STATS_LOT_ANY]; i++) {
		struct luo_stats_span *span = built_span_at(new, LUO_STATS_LOT_ANY, i);

		if (span->kind == LUO_STATS_IRQ_SETUP &&
		    span->begin_cycles < true_cycles(1700 * MS))
			span->result = -EINVAL;
	}
	instant(new, "resume", 1, 1720 * MS);
	build(f);
	/* The other one, at 1750 ms. */
	assert_int_equal(f->model.end_slot, LUO_STATS_B11_IN_SERVICE);
	assert_false(f->model.end_is_mark);
	assert_near(f->model.blackout, 1750 * MS);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_none),
		TEST(test_across_the_kexec),
		TEST(test_which_ends_are_joined),
		TEST(test_order),
		TEST(test_which_belong),
		TEST(test_what_is_not_known),
		TEST(test_contradicted_clock),
		TEST(test_counter_that_began_anew),
		TEST(test_only_one_area),
		TEST(test_nonsense),
		TEST(test_resume_is_not_needed),
		TEST(test_resume_ends_the_blackout),
		TEST(test_resume_of_devices_unseen),
		TEST(test_resume_before_a_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
