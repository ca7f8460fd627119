// SPDX-License-Identifier: GPL-2.0
/*
 * The timeline of built updates: that all lies where the model says, and what lies within what.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/duration.h"
#include "capture/capture.h"
#include "fixture.h"
#include "model/steps.h"
#include "timeline/draw.h"
#include "timeline/perfetto.h"
#include "timeline/svg.h"
#include "timeline/timeline.h"
#include "timeline/timeline_json.h"
#include "timeline/timeline_text.h"

static void make(struct fixture *f)
{
	timeline_free(&f->timeline);
	build(f);
	assert_int_equal(timeline_make(&f->timeline, &f->model, &f->error), 0);
}

static const struct timeline_item *find(const struct fixture *f, const char *lane, const char *name)
{
	size_t i;

	for (i = 0; i < f->timeline.items; i++) {
		const struct timeline_item *item = &f->timeline.item[i];

		if (!strcmp(f->timeline.lane[item->lane].name, lane) && !strcmp(item->name, name))
			return item;
	}
	fail_msg("no %s in %s", name, lane);
	return NULL;
}

static void test_phases_follow_one_another(void **state)
{
	struct fixture *f = *state;
	const struct timeline_item *last = NULL;
	size_t phases = 0, i;

	make(f);
	for (i = 0; i < f->timeline.items; i++) {
		const struct timeline_item *item = &f->timeline.item[i];

		if (item->kind != TIMELINE_PHASE)
			continue;
		phases++;
		assert_int_equal(item->start_ns, last ? last->end_ns : 0);
		assert_int_equal(item->depth, 0);
		last = item;
	}
	assert_int_equal(phases, f->model.phases);
	assert_non_null(last);
	assert_int_equal(last->end_ns, f->model.blackout.value);
	assert_int_equal(f->timeline.begin_ns, 0);
	assert_int_equal(f->timeline.end_ns, f->model.blackout.value);
}

static void test_kernels(void **state)
{
	struct fixture *f = *state;

	make(f);
	assert_int_equal(find(f, "kernels", "7.2.12")->start_ns, 0);
	assert_int_equal(find(f, "kernels", "7.2.12")->end_ns,
			 find(f, "kernels", "jump")->start_ns);
	assert_int_equal(find(f, "kernels", "jump")->end_ns, find(f, "kernels", "7.3.4")->start_ns);
	assert_true(find(f, "kernels", "7.3.4")->in_new_kernel);
	assert_false(find(f, "kernels", "7.2.12")->in_new_kernel);
}

static void test_device(void **state)
{
	struct fixture *f = *state;
	const struct timeline_item *freeze, *reset;
	const struct timeline_lane *lane;

	make(f);
	freeze = find(f, "0000:81:00.0", "freeze");
	reset = find(f, "0000:81:00.0", "reset");
	assert_int_equal(freeze->start_ns, f->model.device[0].step[STEP_FREEZE].start.value);
	assert_int_equal(freeze->end_ns - freeze->start_ns,
			 f->model.device[0].step[STEP_FREEZE].duration.value);
	assert_int_equal(freeze->depth, 0);
	assert_int_equal(reset->depth, 1);
	assert_true(reset->start_ns >= freeze->start_ns && reset->end_ns <= freeze->end_ns);
	lane = &f->timeline.lane[freeze->lane];
	assert_int_equal(lane->group, TIMELINE_DEVICES);
	assert_int_equal(lane->depth, 2);
	assert_int_equal(lane->downtime.value, f->model.device[0].downtime.value);
	assert_string_equal(lane->detail, "vfio-pci, reset flr ok");
	assert_int_equal(find(f, "0000:82:00.0", "reset")->result, -EAGAIN);
}

static const struct timeline_lane *lane_of(const struct fixture *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->timeline.lanes; i++)
		if (!strcmp(f->timeline.lane[i].name, name))
			return &f->timeline.lane[i];
	fail_msg("no lane %s", name);
	return NULL;
}

static void add_device(struct fixture *f, const char *name, int64_t retrieve_ms, int64_t serves_ms)
{
	struct built_area *new = &f->update.new;

	built_device_span(&f->update.old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, name, 10 * MS,
			  11 * MS);
	if (retrieve_ms)
		built_device_span(new, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW, name,
				  (retrieve_ms - 1) * MS, retrieve_ms * MS);
	if (serves_ms)
		built_device_span(new, LUO_STATS_IRQ_SETUP, LUO_STATS_ROLE_NEW, name,
				  (serves_ms - 1) * MS, serves_ms * MS);
}

/* What is not back was down the longest; what came back soon is in the picture. */
static void test_devices_not_back(void **state)
{
	struct fixture *f = *state;
	const struct timeline_lane *gone, *idle, *soon, *late;
	char buffer[DURATION_BYTES];

	add_device(f, "gone", 0, 0);
	add_device(f, "idle", 1536, 0);
	add_device(f, "late", 1537, 9000);
	make(f);
	gone = lane_of(f, "gone");
	idle = lane_of(f, "idle");
	late = lane_of(f, "late");
	soon = lane_of(f, "0000:82:00.0");
	assert_true(gone->not_back && timeline_downtime_goes_on(gone));
	assert_false(gone->downtime.known);
	assert_true(idle->not_back && timeline_downtime_goes_on(idle) && idle->downtime.known);
	assert_false(late->not_back || timeline_downtime_goes_on(late) || soon->not_back ||
		     timeline_downtime_goes_on(soon));
	assert_string_equal(timeline_downtime_text(buffer, gone), "not back");
	assert_string_equal(timeline_downtime_text(buffer, idle), ">= 8.990 s");
	assert_string_equal(timeline_downtime_text(buffer, late), "8.990 s");
	assert_string_equal(timeline_downtime_text(buffer, lane_of(f, "kernels")), "");
	assert_true(timeline_compare_downtime(gone, idle) < 0 &&
		    timeline_compare_downtime(idle, gone) > 0);
	assert_true(timeline_compare_downtime(idle, late) < 0 &&
		    timeline_compare_downtime(late, idle) > 0);
	assert_true(timeline_compare_downtime(late, soon) < 0 &&
		    timeline_compare_downtime(soon, late) > 0);
	assert_true(timeline_compare_downtime(soon, lane_of(f, "kernels")) < 0);
	assert_true(timeline_compare_downtime(lane_of(f, "kernels"), soon) > 0);
	assert_int_equal(timeline_compare_downtime(gone, gone), 0);
	assert_true(timeline_downtime_end(gone) > timeline_downtime_end(late));
	assert_true(timeline_downtime_end(idle) > timeline_downtime_end(late));
	/* The blackout ends with the last that came, and so does the picture. */
	assert_int_equal(f->model.blackout.value, timeline_downtime_end(late));
	assert_int_equal(f->timeline.end_ns, timeline_downtime_end(late));
	assert_string_equal(f->timeline.not_drawn, "");
}

static void test_not_drawn(void **state)
{
	struct fixture *f = *state;

	f->update.new.header->anchor[LUO_STATS_ANCHOR_READ].flags |= LUO_STATS_COUNTER_UNSTABLE;
	make(f);
	assert_non_null(strstr(f->timeline.not_drawn, "jump, kernel_boot, userspace, retrieve"));
	assert_null(strstr(f->timeline.not_drawn, "device_shutdown"));
	assert_non_null(strstr(f->timeline.not_drawn, " spans: when they began is not known"));
}

static size_t lanes_of(const struct fixture *f, enum timeline_group group)
{
	size_t count = 0, i;

	for (i = 0; i < f->timeline.lanes; i++)
		count += f->timeline.lane[i].group == group;
	return count;
}

/* Of a virtual machine with several vCPUs, each has a lane, too. */
static void test_virtual_machines(void **state)
{
	struct fixture *f = *state;
	const struct timeline_item *item = NULL;
	const struct timeline_lane *lane;
	size_t i;

	built_vms(&f->update);
	make(f);
	assert_int_equal(lanes_of(f, TIMELINE_VMS), 2);
	assert_int_equal(lanes_of(f, TIMELINE_VCPUS), 2);
	for (i = 0; i < f->timeline.items; i++)
		if (f->timeline.item[i].kind == TIMELINE_STOPPED && !item)
			item = &f->timeline.item[i];
	assert_non_null(item);
	lane = &f->timeline.lane[item->lane];
	assert_int_equal(lane->group, TIMELINE_VMS);
	assert_string_equal(lane->name, "vm-2");
	assert_string_equal(lane->detail, "vmm, 1 vCPU");
	assert_int_equal(item->start_ns, f->model.vm[0].exit.value);
	assert_int_equal(item->end_ns, f->model.vm[0].entry.value);
	assert_int_equal(item->end_ns - item->start_ns, f->model.vm[0].downtime.value);
	assert_in_range(bounded_error(item->duration), 1, 200000);
	assert_int_equal(lane->downtime_start.value, item->start_ns);
	assert_int_equal(timeline_downtime_end(lane), item->end_ns);
	assert_null(strstr(item->source, "vCPUs'"));
	assert_non_null(strstr(item[1].source, "vCPUs'"));
	item = find(f, "1 of vm-1", "stopped");
	assert_int_equal(f->timeline.lane[item->lane].group, TIMELINE_VCPUS);
	assert_int_equal(item->start_ns, f->model.vm[1].vcpu[1].exit.value);
	assert_int_equal(item->end_ns, f->model.vm[1].vcpu[1].entry.value);
	assert_null(strstr(item->source, "machine_shutdown"));
	assert_true(f->timeline.first_ns <= item->start_ns);
}

/* What came back soon after the end of the blackout does not look as if it were away. */
static void test_late_return(void **state)
{
	struct fixture *f = *state;

	built_vms(&f->update);
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm-9", 909, 0, 6 * MS);
	built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, "vm-9", 309, 0, 1900 * MS);
	make(f);
	assert_true(timeline_downtime_end(lane_of(f, "vm-9")) > f->model.blackout.value);
	assert_int_equal(f->timeline.end_ns, timeline_downtime_end(lane_of(f, "vm-9")));
}

static void test_virtual_machines_not_back(void **state)
{
	struct fixture *f = *state;
	const struct timeline_item *item;

	built_vms(&f->update);
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm-3", 902, 0, 6 * MS)->state =
		LUO_STATS_OPEN;
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm-3", 902, 1, 7 * MS);
	built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, "vm-3", 302, 0, 1800 * MS);
	built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, "young", 303, 0, 2000 * MS);
	make(f);
	item = find(f, "vm-3", "stopped");
	assert_true(item->open);
	assert_int_equal(item->end_ns, f->model.blackout.value);
	assert_non_null(strstr(f->timeline.lane[item->lane].detail, "not back"));
	assert_false(f->timeline.lane[item->lane].downtime.known);
	item = find(f, "0 of vm-3", "stopped");
	assert_false(item->open);
	assert_non_null(strstr(item->source, "machine_shutdown"));
	assert_string_equal(f->timeline.lane[item->lane].detail, "");
	item = find(f, "1 of vm-3", "stopped");
	assert_true(item->open);
	assert_string_equal(f->timeline.lane[item->lane].detail, "not back");
	item = find(f, "young", "first entry");
	assert_true(item->instant && item->in_new_kernel);

	/* It may have run again, unseen. */
	f->update.new.header->dropped[LUO_STATS_VCPU_ENTRY] = 1;
	make(f);
	assert_true(find(f, "vm-3", "last exit")->instant);
	item = find(f, "1 of vm-3", "last exit");
	assert_true(item->instant && !item->in_new_kernel && !item->open);
	assert_int_equal(item->start_ns, f->model.vm[0].vcpu[1].exit.value);
}

/* A reset in a bind lies in the lane of its device, as what never ended in the old kernel does. */
static void test_other_spans_of_a_device(void **state)
{
	struct fixture *f = *state;
	const struct timeline_item *item;
	struct luo_stats_span *span;

	span = built_device_span(&f->update.new, LUO_STATS_PLAIN_RESET, LUO_STATS_ROLE_NEW,
				 "0000:81:00.0", 1600 * MS, 1601 * MS);
	assert_non_null(span);
	span = built_device_span(&f->update.old, LUO_STATS_FINISH, LUO_STATS_ROLE_OLD,
				 "0000:99:00.0", 255 * MS, 256 * MS);
	span->state = LUO_STATS_OPEN;
	span->end_cycles = 0;
	make(f);
	item = find(f, "0000:81:00.0", "plain_reset");
	assert_int_equal(item->kind, TIMELINE_RESET);
	assert_int_equal(f->timeline.lane[item->lane].group, TIMELINE_DEVICES);
	item = find(f, "0000:99:00.0", "finish");
	assert_true(item->open);
	assert_true(item->end_ns > item->start_ns);
	assert_int_equal(item->end_ns, find(f, "kernels", "jump")->end_ns);
}

static void test_items_are_in_order(void **state)
{
	struct fixture *f = *state;
	size_t i;

	make(f);
	for (i = 1; i < f->timeline.items; i++) {
		const struct timeline_item *x = &f->timeline.item[i - 1], *y = &f->timeline.item[i];

		assert_true(x->lane < y->lane ||
			    (x->lane == y->lane && x->start_ns <= y->start_ns));
		assert_true(y->depth < f->timeline.lane[y->lane].depth);
		assert_non_null(y->source);
	}
}

/* The longest pole of built_devices() is the slowest callback of device_shutdown. */
static void test_pole(void **state)
{
	struct fixture *f = *state;
	size_t poles = 0, i;

	make(f);
	assert_true(find(f, "device_shutdown", "0000:02:00.0")->pole);
	for (i = 0; i < f->timeline.items; i++)
		poles += f->timeline.item[i].pole;
	assert_int_equal(poles, 1);
}

/* Marks of the axis from @begin_ns to @end_ns with room for @room of them. */
static void assert_ticks(int64_t begin_ns, int64_t end_ns, unsigned int room, int64_t step,
			 int64_t first)
{
	const struct timeline timeline = { .begin_ns = begin_ns, .end_ns = end_ns };

	assert_int_equal(timeline_tick_step(&timeline, room), step);
	assert_int_equal(timeline_first_tick(&timeline, step), first);
}

/* A global that files share has a lane below theirs, and may be the longest pole. */
static void test_flb(void **state)
{
	struct fixture *f = *state;
	const struct timeline_item *retrieve;
	const struct timeline_lane *lane;
	uint32_t subject =
		built_subject(&f->update.new, LUO_STATS_SUBJECT_FLB, "shared-v1", "", "", 0);
	size_t poles = 0, i;

	built_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW,
		   subject, true_cycles(1100 * MS), true_cycles(1400 * MS));
	make(f);
	retrieve = find(f, "shared-v1", "retrieve");
	lane = &f->timeline.lane[retrieve->lane];
	assert_int_equal(lane->group, TIMELINE_FILES);
	assert_int_equal(lane[-1].group, TIMELINE_FILES);
	assert_int_not_equal(lane[1].group, TIMELINE_FILES);
	assert_string_equal(retrieve->source, "luo_flb_retrieve_one, call to return");
	assert_int_equal(f->model.pole[0].kind, MODEL_POLE_FLB);
	assert_true(retrieve->pole);
	for (i = 0; i < f->timeline.items; i++)
		poles += f->timeline.item[i].pole;
	assert_int_equal(poles, 1);
}

static void test_ticks(void **state)
{
	const struct timeline from_0 = {}, from_b0 = { .origin_ns = -1000 * MS };
	char text[DURATION_BYTES];

	(void)state;
	assert_ticks(0, 4896 * MS, 10, 500 * MS, 0);
	assert_ticks(0, 5000 * MS, 10, 500 * MS, 0);
	assert_ticks(0, 5001 * MS, 10, 1000 * MS, 0);
	assert_ticks(0, 1001 * MS, 1, 2000 * MS, 0);
	assert_ticks(-1300 * MS, 700 * MS, 10, 200 * MS, -1200 * MS);
	assert_ticks(1300 * MS, 3300 * MS, 10, 200 * MS, 1400 * MS);
	assert_ticks(7, 7, 10, 1, 7);
	assert_string_equal(timeline_tick_text(text, &from_0, 0), "0");
	assert_string_equal(timeline_tick_text(text, &from_0, 500 * MS), "500 ms");
	assert_string_equal(timeline_tick_text(text, &from_0, 1500 * MS), "1.5 s");
	assert_string_equal(timeline_tick_text(text, &from_0, -2000 * MS), "-2 s");
	assert_string_equal(timeline_tick_text(text, &from_0, 200), "200 ns");
	assert_string_equal(timeline_tick_text(text, &from_b0, -1000 * MS), "0");
	assert_string_equal(timeline_tick_text(text, &from_b0, -800 * MS), "200 ms");
}

enum drawn { DRAW_TEXT, DRAW_SVG, DRAW_PERFETTO };

/* The picture can be drawn, and has @wanted in it. */
static void draw(struct fixture *f, enum drawn drawn, const char *wanted)
{
	const struct timeline_options options = { .width = 80 };
	FILE *out = open_text(f);

	switch (drawn) {
	case DRAW_TEXT:
		assert_int_equal(view_timeline_text(&f->timeline, &f->model, out, &options), 0);
		break;
	case DRAW_SVG:
		assert_int_equal(view_svg(&f->timeline, &f->model, out), 0);
		break;
	case DRAW_PERFETTO:
		assert_int_equal(view_perfetto(&f->timeline, &f->model, out), 0);
		break;
	}
	fclose(out);
	assert_non_null(memmem(f->text, f->size, wanted, strlen(wanted)));
}

/* A time that is wider than its columns leaves the bar where it is, and the line no wider. */
static void test_wide_time(void **state)
{
	struct fixture *f = *state;
	struct timeline_lane *lane;
	char *line;
	size_t i;

	make(f);
	for (i = 0; i < f->timeline.lanes; i++) {
		lane = &f->timeline.lane[i];
		lane->downtime_start = bounded_exact(f->timeline.begin_ns);
		lane->downtime = bounded_at_least(bounded_exact(150900 * MS / 1000), "");
	}
	draw(f, DRAW_TEXT, " >= 150.9 ms |");
	line = strstr(f->text, "0000:81:00.0");
	assert_non_null(line);
	assert_int_equal(strchr(line, '|') - line, 36);
	for (line = f->text; *line; line = strchr(line, '\n') + 1)
		assert_in_range(strcspn(line, "\n"), 0, 80);
}

/* Of a range there is room for its lower end in a line of text, and for both ends elsewhere. */
static void test_range(void **state)
{
	struct fixture *f = *state;
	char buffer[BOUNDED_TEXT_BYTES];
	struct timeline_lane *lane;

	make(f);
	lane = (struct timeline_lane *)lane_of(f, "0000:81:00.0");
	lane->downtime.low = 16660 * MS / 1000;
	lane->downtime.high = lane->downtime.value = 104700 * MS / 1000;
	assert_string_equal(timeline_downtime_text(buffer, lane), "16.66 ms to 104.7 ms");
	draw(f, DRAW_TEXT, " >= 16.66 ms |");
	draw(f, DRAW_SVG, "downtime: 16.66 ms to 104.7 ms");
}

/* A bar's range has both ends for the page, too; what is no range has neither. */
static void test_range_of_item(void **state)
{
	struct fixture *f = *state;
	struct timeline_item *item;
	json_t *json, *items, *range;
	size_t at, i;

	built_vms(&f->update);
	make(f);
	item = (struct timeline_item *)find(f, "vm-2", "stopped");
	at = item - f->timeline.item;
	item->duration.low = 16660 * MS / 1000;
	item->duration.high = item->duration.value = 104700 * MS / 1000;
	draw(f, DRAW_SVG, "stopped, 16.66 ms to 104.7 ms");
	json = timeline_json(&f->timeline, &f->model);
	assert_non_null(json);
	items = json_object_get(json, "items");
	range = json_array_get(items, at);
	assert_int_equal(json_array_size(range), 13);
	assert_int_equal(json_integer_value(json_array_get(range, 11)), 16660 * MS / 1000);
	assert_int_equal(json_integer_value(json_array_get(range, 12)), 104700 * MS / 1000);
	for (i = 0; i < json_array_size(items); i++)
		if (i != at)
			assert_int_equal(json_array_size(json_array_get(items, i)), 11);
	json_decref(json);
}

/* A session is down from B0 on, as in the report, until its last file is back. */
static void test_session(void **state)
{
	struct fixture *f = *state;
	const struct model_session *session;
	const struct timeline_lane *lane;

	make(f);
	session = f->model.session;
	assert_true(f->model.sessions > 0 && session->downtime.known);
	lane = lane_of(f, session->name);
	assert_int_equal(lane->group, TIMELINE_SESSIONS);
	assert_true(lane->downtime_start.known);
	assert_int_equal(lane->downtime_start.value, 0);
	assert_int_equal(timeline_downtime_end(lane), session->downtime.value);
	assert_false(lane->not_back || timeline_downtime_goes_on(lane));
}

/* Nothing is certain if the clock is contradicted, and no view hides that. */
static void test_contradicted_clock(void **state)
{
	struct fixture *f = *state;
	size_t i;

	make(f);
	f->model.clock.verdict = CLOCK_CONTRADICTED;
	for (i = 0; i < f->model.phases; i++)
		f->model.phase[i].duration =
			clock_doubt(&f->model.clock, f->model.phase[i].duration);
	timeline_free(&f->timeline);
	assert_int_equal(timeline_make(&f->timeline, &f->model, &f->error), 0);
	assert_true(bounded_is_open(find(f, "0000:81:00.0", "freeze")->duration));
	draw(f, DRAW_TEXT, " ~ ");
	draw(f, DRAW_SVG, ", ~ ");
	draw(f, DRAW_PERFETTO, "in_doubt");
}

/* Nor does a word that is wider than the line. */
static void test_wide_word(void **state)
{
	struct fixture *f = *state;
	const char *line;

	make(f);
	memset(f->model.from_release, 'x', sizeof(f->model.from_release) - 1);
	memset(f->timeline.not_drawn, 'y', sizeof(f->timeline.not_drawn) - 1);
	draw(f, DRAW_TEXT, "xxxx");
	for (line = f->text; *line; line = strchr(line, '\n') + 1)
		assert_in_range(strcspn(line, "\n"), 0, 80);
}

/* An attempt that failed before the update has lanes of its own, and its own range. */
static void test_failed_attempt(void **state)
{
	struct fixture *f = *state;
	const struct timeline_lane *lane;
	struct luo_stats_span *span;
	struct timeline range;

	built_failed_attempt(&f->update);
	span = built_device_span(&f->update.old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD,
				 "0000:99:00.0", -899 * MS, -895 * MS);
	span->attempt = 1;
	span->result = -EBUSY;
	make(f);
	assert_int_equal(lanes_of(f, TIMELINE_ATTEMPTS), 2);
	assert_int_equal(find(f, "attempt 1", "attempt")->result, -EBUSY);
	assert_int_equal(find(f, "0000:99:00.0", "freeze")->result, -EBUSY);
	lane = lane_of(f, "attempt 1");
	assert_int_equal(lane->attempt, 1);
	assert_string_equal(lane->detail,
			    "EBUSY after 10.00 ms, refused by device 0000:99:00.0 (vfio-pci): "
			    "it is being unbound, a system call on its file does not "
			    "end, or it has virtual functions");
	/* The update's picture is as it would be without it. */
	assert_int_equal(f->timeline.begin_ns, 0);
	assert_int_equal(f->timeline.end_ns, f->model.blackout.value);
	assert_true(f->timeline.first_ns <= f->model.attempt[0].start.value);
	assert_true(timeline_of_attempt(&range, &f->timeline, 1));
	assert_int_equal(range.begin_ns, f->model.attempt[0].start.value);
	assert_int_equal(range.origin_ns, range.begin_ns);
	assert_int_equal(range.end_ns - range.begin_ns, f->model.attempt[0].duration.value);
	assert_false(timeline_of_attempt(&range, &f->timeline, 2));

	/* Without an update it is all there is: its first lane is the first of all. */
	f->capture.section[CAPTURE_OUTGOING] = f->capture.section[CAPTURE_INCOMING];
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	make(f);
	assert_int_equal(lane_of(f, "attempt 1") - f->timeline.lane, 0);
	assert_int_equal(f->timeline.begin_ns, 0);
	assert_int_equal(f->timeline.end_ns, f->model.attempt[0].duration.value);
	draw(f, DRAW_TEXT, "0000:99:00.0");
	draw(f, DRAW_SVG, "<title>freeze, 4.000 ms, failed: EBUSY</title>");
	draw(f, DRAW_PERFETTO, "attempt 1: 0000:99:00.0");
}

static void test_what_is_out_of_sight(void **state)
{
	struct timeline_item item[] = {
		{ .start_ns = -30 * MS, .end_ns = -20 * MS },
		{ .start_ns = -10 * MS, .end_ns = -10 * MS, .instant = true },
		{ .start_ns = 300 * MS, .end_ns = 400 * MS },
		{ .start_ns = 310 * MS, .end_ns = 310 * MS, .instant = true },
		{ .start_ns = -5 * MS, .end_ns = 0 },
	};
	const struct timeline timeline = { .end_ns = 100 * MS, .item = item, .items = 5 };
	char text[TIMELINE_OUTSIDE_BYTES];

	(void)state;
	assert_string_equal(timeline_outside(text, &timeline, 0, 1), "< until -20.00 ms");
	assert_string_equal(timeline_outside(text, &timeline, 0, 2), "< at -10.00 ms");
	assert_string_equal(timeline_outside(text, &timeline, 2, 4), "from 300.0 ms >");
	assert_string_equal(timeline_outside(text, &timeline, 3, 4), "at 310.0 ms >");
	assert_string_equal(timeline_outside(text, &timeline, 0, 4),
			    "< at -10.00 ms, from 300.0 ms >");
	/* One of them is in sight, or there is none. */
	assert_string_equal(timeline_outside(text, &timeline, 0, 5), "");
	assert_string_equal(timeline_outside(text, &timeline, 0, 0), "");
}

static void test_nothing_to_draw(void **state)
{
	struct fixture *f = *state;

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	f->update.new.header->flags &= ~LUO_STATS_KHO_BOOT;
	built_seal(&f->update.new);
	assert_int_equal(model_build(&f->model, &f->capture, &f->error), 0);
	assert_int_equal(timeline_make(&f->timeline, &f->model, &f->error), -ENODATA);
	assert_non_null(strstr(f->error.text, "nothing to draw"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_devices, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_phases_follow_one_another),
		TEST(test_kernels),
		TEST(test_device),
		TEST(test_devices_not_back),
		TEST(test_not_drawn),
		TEST(test_virtual_machines),
		TEST(test_late_return),
		TEST(test_virtual_machines_not_back),
		TEST(test_other_spans_of_a_device),
		TEST(test_items_are_in_order),
		TEST(test_pole),
		TEST(test_flb),
		TEST(test_ticks),
		TEST(test_wide_time),
		TEST(test_range),
		TEST(test_range_of_item),
		TEST(test_session),
		TEST(test_contradicted_clock),
		TEST(test_wide_word),
		TEST(test_failed_attempt),
		TEST(test_what_is_out_of_sight),
		TEST(test_nothing_to_draw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
