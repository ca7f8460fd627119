// SPDX-License-Identifier: GPL-2.0
/*
 * What users read: the text, the JSON document, and the formats of numbers and names.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <cmocka.h>

#include "base/array.h"
#include "base/duration.h"
#include "base/edit_distance.h"
#include "base/error.h"
#include "base/json_values.h"
#include "base/table.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "capture/capture.h"
#include "capture/reset_method.h"
#include "fixture.h"
#include "report/fields.h"
#include "report/headline.h"
#include "report/report.h"
#include "report/report_json.h"
#include "report/report_text.h"
#include "report/rows.h"
#include "report/text_devices.h"

static void show(struct fixture *f, bool utf8)
{
	show_model(f, &(struct view_options){ .full = true, .top = 3, .utf8 = utf8 });
}

/* Only the section with this name. */
static void show_section(struct fixture *f, const char *name)
{
	const int section = view_section(name);

	assert_true(section >= 0);
	show_model(f, &(struct view_options){ .top = 3, .sections = 1u << section });
}

static json_t *get(const struct fixture *f, const char *list, const char *key)
{
	return json_object_get(json_object_get(f->json, list), key);
}

static json_t *at(const struct fixture *f, const char *list, size_t index, const char *key)
{
	json_t *entry = json_array_get(json_object_get(f->json, list), index);

	assert_non_null(entry);
	assert_non_null(json_object_get(entry, key));
	return json_object_get(entry, key);
}

/* @key of @step of the first device. */
static json_t *of_step(const struct fixture *f, const char *step, const char *key)
{
	return json_object_get(at(f, "devices", 0, step), key);
}

static void test_durations(void **state)
{
	static const struct {
		int64_t ns;
		uint64_t error_ns;
		const char *text;
	} cases[] = {
		{ 0, 0, "0 ns" },
		{ 7, 0, "7 ns" },
		{ 999, 0, "999 ns" },
		{ 1000, 0, "1.000 us" },
		{ 9410, 10, "9.41 us" },
		{ 9410, 0, "9.410 us" },
		{ 103200000, 0, "103.2 ms" },
		{ 1634000000, 1200000, "1.634 s" },
		{ 1634000000, 12000000, "1.63 s" },
		{ 1634000000, 300000000, "1.6 s" },
		{ 1634000000, 3000000000, "2 s" },
		{ 999960000, 0, "1.000 s" },
		{ 999949999, 0, "999.9 ms" },
		{ 9999600, 0, "10.00 ms" },
		{ 86400000000000, 0, "86400 s" },
		{ -5000000000, 0, "-5.000 s" },
		{ INT64_MAX, 0, "9223372037 s" },
		{ INT64_MIN, UINT64_MAX, "-9223372037 s" },
	};
	char buffer[DURATION_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(format_duration(buffer, cases[i].ns, cases[i].error_ns),
				    cases[i].text);
}

static void test_errors(void **state)
{
	static const struct {
		uint64_t error_ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" },
		{ 9, "9 ns" },
		{ 123, "123 ns" },
		{ 1632, "1.7 us" },
		{ 2400, "2.4 us" },
		{ 9901, "10.0 us" },
		{ 16320, "17 us" },
		{ 123456, "124 us" },
		{ 200004500, "201 ms" },
		{ 999000001, "1.000 s" },
		{ 1001000000, "1.1 s" },
		{ 12000000001, "13 s" },
		{ UINT64_MAX, "9223372037 s" },
	};
	char buffer[DURATION_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(format_error(buffer, cases[i].error_ns), cases[i].text);
}

static void test_escapes(void **state)
{
	static const struct {
		const char *raw, *ascii, *utf8;
	} cases[] = {
		{ "vm-1", "vm-1", "vm-1" },
		{ "a\x1b[31mb", "a\\x1b[31mb", "a\\x1b[31mb" },
		{ "a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f", "a\\x0ab\\x09c\\x7f" },
		{ "a\\b", "a\\\\b", "a\\\\b" },
		{ "\xc3\xa4", "\\xc3\\xa4", "\xc3\xa4" },
		{ "\xc2\x9b", "\\xc2\\x9b", "\\xc2\\x9b" },
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae" },
		{ "\xff\xc3", "\\xff\\xc3", "\\xff\\xc3" },
		{ "\xc0\x80", "\\xc0\\x80", "\\xc0\\x80" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" },
		{ "\xf0\x9f\x98\x80", "\\xf0\\x9f\\x98\\x80", "\xf0\x9f\x98\x80" },
	};
	char buffer[ESCAPED_BYTES], longest[65];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(escape_text(buffer, cases[i].raw, false), cases[i].ascii);
		assert_string_equal(escape_text(buffer, cases[i].raw, true), cases[i].utf8);
	}
	memset(longest, 0xff, 64);
	longest[64] = '\0';
	assert_int_equal(strlen(escape_text(buffer, longest, true)), 256);
	assert_false(text_is_utf8(longest));
	assert_true(text_is_utf8("\xc3\xa4"));
}

/* Such as the name of a directory. */
static void test_a_long_text_in_json(void **state)
{
	char text[1001];
	json_t *json;

	(void)state;
	memset(text, 0xff, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	json = json_text(text);
	assert_int_equal(json_string_length(json), 4 * (sizeof(text) - 1));
	json_decref(json);
}

/* No item is cut, and that some are left out is to be seen. */
static void test_a_list_that_is_too_long(void **state)
{
	char list[20] = "";

	(void)state;
	text_list_add(list, sizeof(list), ", ", "one");
	assert_string_equal(list, "one");
	text_list_add(list, sizeof(list), ", ", "two");
	text_list_add(list, sizeof(list), ", ", "three four");
	assert_string_equal(list, "one, two ...");
	text_list_add(list, sizeof(list), ", ", "5");
	assert_string_equal(list, "one, two ...");
	*list = '\0';
	text_list_add(list, sizeof(list), ", ", "fifteen letters");
	assert_string_equal(list, "fifteen letters");
	text_list_add(list, sizeof(list), ", ", "x");
	assert_string_equal(list, "fifteen letters ...");
	*list = '\0';
	text_list_add(list, sizeof(list), ", ", "sixteen letters!");
	assert_string_equal(list, " ...");
}

static void test_names(void **state)
{
	char buffer[NAME_BYTES];

	(void)state;
	assert_string_equal(name_kind(LUO_STATS_FREEZE, buffer), "freeze");
	assert_string_equal(name_kind(LUO_STATS_PLAIN_RESET, buffer), "plain_reset");
	assert_string_equal(name_kind(77, buffer), "kind 77");
	assert_string_equal(name_kind(0, buffer), "kind 0");
	assert_string_equal(name_errno(0, buffer), "ok");
	assert_string_equal(name_errno(-EBUSY, buffer), "EBUSY");
	assert_string_equal(name_errno(-517, buffer), "EPROBE_DEFER");
	assert_string_equal(name_errno(-100000, buffer), "-100000");
	assert_string_equal(name_errno(5, buffer), "5");
	assert_string_equal(name_errno(INT32_MIN, buffer), "-2147483648");
	assert_string_equal(name_phase(0), "unknown");
	assert_string_equal(name_phase(7), "jump");
	assert_string_equal(name_slot(UINT32_MAX), "unknown");
	assert_string_equal(name_reset_outcome(LUO_STATS_RESET_UNKNOWN), "unknown");
	assert_string_equal(name_reset_outcome(LUO_STATS_RESET_NONE), "none");
	assert_string_equal(name_reset_method(8), "other");
	assert_string_equal(name_reset_method(255), "unknown");
	assert_string_equal(name_reset_lock(5), "config");
	assert_string_equal(name_reset_lock(6), "dmabuf");
	assert_string_equal(name_reset_lock(7), "set");
	assert_string_equal(name_reset_lock(8), "unknown");
	assert_string_equal(name_again(LUO_STATS_AGAIN_SPARED), "idle");
	assert_string_equal(name_again(LUO_STATS_AGAIN_CHANGED), "changed");
	assert_string_equal(name_again(UINT64_MAX), "unknown");
	assert_string_equal(words_again(UINT64_MAX),
			    "for a reason that this luoscope does not know");
}

static const char golden_head[] =
	"Live update #5  7.2.12 -> 7.3.4  blackout 1.590 s (+- 48 us)\n"
	"Back         3 of 3 files; virtual machines were not watched in either kernel\n"
	"Measured     from reboot(2) to the last retrieve; not including stopping services before it and\n"
	"             resuming guests after it\n"
	"Started      2026-09-21 14:13:20.123 UTC\n"
	"Clock        tsc at 2400.012 MHz (+- 30.0 ppm), verified, invariant\n"
	"Longest phase: kernel_boot, 588.0 ms, 37.0 %\n"
	"\n"
	"Phases\n"
	"  phase                    start      time   share\n"
	"  freeze                    0 ns  12.35 ms   0.8 %\n"
	"  notifiers             12.35 ms  1.154 ms   0.1 %\n"
	"  device_shutdown       13.50 ms  236.6 ms  14.9 %  ##\n"
	"  system_core_shutdown  250.1 ms  900.3 us   0.1 %\n"
	"  machine_shutdown      251.0 ms  8.999 ms   0.6 %\n"
	"  dumpers               260.0 ms  2.000 ms   0.1 %\n"
	"  jump                  262.0 ms  550.0 ms  34.6 %  ######\n"
	"  kernel_boot           812.0 ms  588.0 ms  37.0 %  #######\n"
	"  userspace              1.400 s  100.0 ms   6.3 %  #\n"
	"  retrieve               1.500 s  90.00 ms   5.7 %  #\n"
	"\n"
	"What to fix (5 of 9; saved: the blackout would be shorter by that if it alone took no time)\n"
	"  what                          busy    waited     saved  blackout without it\n"
	"  shutdown of 0000:02:00.0  119.0 ms  119.0 ms  119.0 ms              1.471 s\n"
	"  shutdown of 0000:01:00.0  100.0 ms  100.0 ms  100.0 ms              1.490 s\n";

static const char golden_shutdowns[] = "\n"
				       "Slowest devices in device_shutdown (3 of 4)\n"
				       "  device        bus       driver         start      time\n"
				       "  0000:02:00.0  pci       ixgbe       121.0 ms  119.0 ms\n"
				       "  0000:01:00.0  pci       nvme        20.00 ms  100.0 ms\n"
				       "  serial8250    platform  serial8250  241.0 ms  100.0 us\n";

static void test_text(void **state)
{
	struct fixture *f = *state;

	show(f, false);
	if (strncmp(f->text, golden_head, strlen(golden_head)))
		assert_string_equal(f->text, golden_head);
	assert_says(f, golden_shutdowns);
	assert_says(f, "Files (3;");
	assert_says(f, "Sessions (2)");
	assert_null(strstr(f->text, "No span was dropped"));
	show_section(f, "losses");
	assert_says(f, "\nNo span was dropped in either stats area.\n");
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	show_section(f, "losses");
	assert_says(f, "No span was dropped in the stats area of this kernel.");
}

static void test_text_head(void **state)
{
	struct fixture *f = *state;
	__u64 *stamp = f->update.new.header->as_new_kernel.cycles;

	stamp[8] = true_cycles(1440 * MS);
	stamp[LUO_STATS_INIT_DONE] = true_cycles(1490 * MS);
	show(f, false);
	assert_says(f, "blackout 1.590 s (+- 48 us), of which luoscope init took 50.00 ms\n");
	assert_int_equal(json_integer_value(get(f, "update", "luoscope_init_ns")) / 1000000, 49);
	/* Where the line would be too long. */
	strcpy(f->update.old.header->release, "7.2.12-a-longer-name-than-others");
	built_seal(&f->update.old);
	show(f, false);
	assert_says(f, "blackout 1.590 s (+- 48 us),\n"
		       "             of which luoscope init took 50.00 ms\n");
	/* Without a blackout it is reported for the phase. */
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	show(f, false);
	assert_says(f, "\n    luoscope init  628.0 ms     50.00 ms      -");
	assert_null(strstr(f->text, "of which luoscope"));
	assert_null(strstr(f->text, "Measured"));
	assert_says(f, "Longest phase: kernel_boot, 588.0 ms, of the phases whose time is known\n");
}

static void show_screen(struct fixture *f, const struct view_options *options)
{
	FILE *out;

	build(f);
	out = open_text(f);
	assert_int_equal(view_text(&f->model, out, options), 0);
	fclose(out);
}

static void assert_section(struct fixture *f, const char *name, const char *says)
{
	char line[128];

	show_section(f, name);
	snprintf(line, sizeof(line), "\n%s: %s\n", name, says);
	assert_says(f, line);
}

/* Without the stats area of one kernel, nobody knows what that kernel did. */
static void test_nothing_of_one_kernel(void **state)
{
	static const char no_old[] = "not known: nothing of the old kernel is in the capture";
	static const char no_new[] = "not known: nothing of the new kernel is in the capture";
	struct fixture *f = *state;
	struct capture_section old;

	assert_section(f, "marks", "none");
	assert_section(f, "attempts", "none");
	assert_section(f, "others", "none");
	old = f->capture.section[CAPTURE_INCOMING];
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	assert_section(f, "marks", no_old);
	assert_section(f, "attempts", no_old);
	assert_section(f, "others", no_old);
	/* This kernel was booted by nobody's update. */
	f->update.new.header->flags &= ~LUO_STATS_KHO_BOOT;
	built_seal(&f->update.new);
	assert_section(f, "attempts", "none");
	f->capture.section[CAPTURE_INCOMING] = old;
	f->capture.section[CAPTURE_OUTGOING].bytes = NULL;
	assert_section(f, "boot", no_new);
	assert_section(f, "attempts", "none");
	show_section(f, "gaps");
	assert_says(f, "\n  Gaps of user space are not known: nothing of the new kernel is in the"
		       " capture\n");
}

/* Devices were reset, or may have been, though no required time is known of any reset. */
static void test_resets_without_a_row(void **state)
{
	struct fixture *f = *state;
	uint32_t i;

	assert_section(f, "resets", "none");
	built_kept_device(&f->update);
	assert_section(f, "resets",
		       "not known: how long each must take; --devices has the outcomes");
	/* Of the same devices, nobody watched what the PCI core did. */
	for (i = 0; i < f->update.old.header->span_cursor[LUO_STATS_LOT_UPDATE]; i++) {
		struct luo_stats_span *span =
			built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, i);

		if (span->kind == LUO_STATS_FREEZE)
			span->detail = 0;
		if (span->kind == LUO_STATS_RESET)
			span->kind = LUO_STATS_FINISH;
	}
	for (i = 1; i <= f->update.old.header->subject_cursor; i++)
		if (built_subject_at(&f->update.old, i)->id.kind == LUO_STATS_SUBJECT_WATCH)
			built_subject_at(&f->update.old, i)->id.key &=
				~(uint64_t)LUO_STATS_WATCH_RESET;
	assert_section(f, "resets", "not known: resets were not watched all the time");
}

/* Without options there is one screen; what is wrong stands out on a terminal. */
static void test_screen(void **state)
{
	const struct view_options terminal = { .width = 80, .terminal = true, .colour = true };
	struct fixture *f = *state;
	const char *p;
	size_t lines = 0;

	show_screen(f, &(struct view_options){ .width = 80, .top = 3 });
	for (p = f->text; *p; p++)
		lines += *p == '\n';
	assert_true(lines < 24);
	assert_says(
		f,
		"\nBack         3 of 3 files; virtual machines were not watched in either kernel\n"
		"Started      2026-09-21 14:13:20.123 UTC; clock verified (+- 30.0 ppm)\n"
		"\n  phase               start      time   share\n");
	assert_says(f, "\n  4 others                -  13.05 ms   0.8 %\n");
	assert_says(f, "\n  what to fix ");
	assert_says(f, "\nMore: --full --files --boot ");
	assert_null(strstr(f->text, "\033"));

	built_devices(&f->update);
	show_screen(f, &terminal);
	assert_says(f,
		    "\033[1mLive update #5  7.2.12 -> 7.3.4  blackout 1.750 s (+- 53 us)\033[0m\n"
		    "\033[33mWarning      1 of 2 resets did not succeed: 0000:82:00.0\033[0m\n"
		    "Back    ");
}

/* If only a bound of the longest phase is known, it is reported as a bound. */
static void test_longest_is_a_bound(void **state)
{
	struct fixture *f = *state;
	struct head head;

	build(f);
	f->model.phase[7].duration = bounded_at_least(f->model.phase[7].duration, "");
	head_make(&head, &f->model, false);
	assert_string_equal(head.longest, "kernel_boot, at least 588.0 ms, of the phases whose time"
					  " is known");
}

/* An error that matters stands beside the time, and nothing is reported that it does not permit. */
static void test_soft_border(void **state)
{
	struct fixture *f = *state;
	char *line;

	show(f, false);
	assert_null(strstr(f->text, "Note"));
	assert_null(strstr(f->text, "  +- "));
	assert_says(f, "Longest phase: kernel_boot, 588.0 ms, 37.0 %\n");
	line = strstr(f->update.klog, "sched_clock: Marking stable");
	assert_non_null(line);
	*line = 'S';
	show(f, false);
	assert_says(
		f,
		"\nNote         the border between jump and kernel_boot is known to +- 201 ms: ");
	assert_says(f, "\n  phase                    start");
	assert_says(f, "  kernel_boot");
	assert_says(f, " ms  +- 201 ms  ");
	assert_says(f, "Longest phase: jump, ");
	assert_says(f, " ms +- 201 ms, ");
	assert_says(f, " %; or kernel_boot, ");
	assert_says(f, " ms +- 201 ms (equal within error)\n");
}

/* What there was room for is not listed among what was dropped. */
static void test_head_of_losses(void **state)
{
	struct fixture *f = *state;
	struct head head;

	build(f);
	f->model.losses.dropped_total = 1;
	head_make(&head, &f->model, false);
	assert_string_equal(head.losses,
			    "1 span was dropped: there was no room, or a start was not seen");
	f->model.losses.attempts_dropped = 2;
	f->model.losses.unfinished = 1;
	head_make(&head, &f->model, false);
	assert_string_equal(head.losses, "1 span, 2 attempts were dropped: there was no room, or a"
					 " start was not seen; 1 entry is left out; 'luoscope"
					 " report --losses' shows why");
}

static void test_moment(void **state)
{
	char buffer[HEAD_MOMENT_BYTES];

	(void)state;
	assert_string_equal(head_moment(buffer, bounded_exact(1500 * MS)),
			    "1970-01-01 00:00:01.500 UTC");
	assert_string_equal(head_moment(buffer, bounded_exact(-1500 * MS)),
			    "1969-12-31 23:59:58.500 UTC");
	assert_string_equal(head_moment(buffer, bounded_exact(-1)), "1969-12-31 23:59:59.999 UTC");
	assert_string_equal(head_moment(buffer, bounded_unknown(NULL)), "");
}

/* The last thing that was said with the label "Started". */
static void note_started(void *context, const char *label, const char *text)
{
	if (!strcmp(label, "Started"))
		snprintf(context, ESCAPED_BYTES, "%s", text);
}

/* A rate that is not known has no error. */
static void test_clock_without_a_rate(void **state)
{
	struct fixture *f = *state;
	char started[ESCAPED_BYTES] = "";
	struct head head;

	build(f);
	head_make(&head, &f->model, false);
	head_each_answer(&head, &f->model, false, note_started, started);
	assert_non_null(strstr(started, "; clock verified (+- 30.0 ppm)"));
	/* A bound is rounded up. */
	f->model.clock.rate_error_ppb = 30001;
	head_make(&head, &f->model, false);
	head_each_answer(&head, &f->model, false, note_started, started);
	assert_non_null(strstr(started, "; clock verified (+- 30.1 ppm)"));
	f->model.clock.rate_millihertz = 0;
	f->model.clock.verdict = CLOCK_UNVERIFIED;
	head_make(&head, &f->model, false);
	head_each_answer(&head, &f->model, false, note_started, started);
	assert_non_null(strstr(started, "; clock unverified"));
	assert_null(strstr(started, "ppm"));
	assert_null(strstr(head.clock, "ppm"));
}

/* What is not known of the blackout is in the head, in the words of the bounds that checks use. */
static void test_head_of_a_lower_bound(void **state)
{
	struct fixture *f = *state;

	show(f, false);
	assert_true(json_is_false(get(f, "update", "blackout_is_lower_bound")));
	assert_true(json_is_null(get(f, "update", "blackout_why")));
	assert_null(strstr(f->text, ">= "));

	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	show(f, false);
	assert_says(f, "blackout at least 1.590 s (1 of 3 files not back)\n");
	assert_says(f, "  >= ");
	assert_true(json_is_true(get(f, "update", "blackout_is_lower_bound")));
	/* A bound has no error. */
	assert_true(json_is_null(get(f, "update", "blackout_error_ns")));
	assert_true(json_is_string(get(f, "update", "blackout_why")));

	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 1;
	show(f, false);
	assert_says(f, "blackout at least 1.590 s"
		       " (it is not known whether every file came back)\n");
	/* So it cannot be said of a file or a session that it is not back. */
	assert_null(strstr(f->text, "not back"));
	assert_says(f, ">= 1.540 s");
	/* Nor of a session of which no file was seen to come back. */
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 2)->result = -EIO;
	show(f, false);
	assert_null(strstr(f->text, "not back"));
	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 0;
	show(f, false);
	assert_says(f, " not back\n");
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 2)->result = 0;

	f->update.new.header->anchor[LUO_STATS_ANCHOR_READ].flags |= LUO_STATS_COUNTER_UNSTABLE;
	show(f, false);
	assert_says(f, "blackout withheld: the clock is contradicted\n");
	assert_true(json_is_null(get(f, "update", "blackout_is_lower_bound")));
}

static void test_missing_files(void **state)
{
	struct fixture *f = *state;

	show(f, false);
	assert_true(json_is_true(get(f, "update", "complete")));
	assert_int_equal(json_integer_value(get(f, "update", "files_missing")), 0);
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	show(f, false);
	assert_true(json_is_false(get(f, "update", "complete")));
	assert_int_equal(json_integer_value(get(f, "update", "files_missing")), 1);
	assert_says(f,
		    "\nNote         1 of 3 files did not come back; the blackout ends with the last"
		    " that did\n");
	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 1;
	show(f, false);
	assert_true(json_is_null(get(f, "update", "complete")));
	assert_true(json_is_null(get(f, "update", "files_missing")));
	/* There may have been more, as 'luoscope check' says, too. */
	assert_says(f, "\nFiles (at least 3; ");
	assert_says(f, "\nSessions (at least 2)\n");
}

static void test_files_of_which_nothing_came(void **state)
{
	struct fixture *f = *state;
	uint32_t subject = built_subject(&f->update.new, LUO_STATS_SUBJECT_FILE, "vm-1", "", "", 9);

	built_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW,
		   subject, true_cycles(1530 * MS), true_cycles(1530 * MS) + 247200000)
		->result = -ENOENT;
	show(f, false);
	assert_says(f, "Files (3, and 1 that took no part; downtime");
	assert_says(f, "103.0 ms ENOENT");

	/* All that can be wide at once: the table is cut, and says so. */
	subject = built_subject(&f->update.old, LUO_STATS_SUBJECT_FILE, "a session of a long name",
				"a handler of a long name", "", UINT64_MAX);
	built_span(&f->update.old, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD,
		   subject, true_cycles(-5000 * MS), true_cycles(-4876 * MS))
		->result = -ENOTRECOVERABLE;
	built_span(&f->update.old, LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD,
		   subject, true_cycles(8 * MS), true_cycles(9 * MS))
		->result = -ENOTRECOVERABLE;
	subject = built_subject(&f->update.new, LUO_STATS_SUBJECT_FILE, "a session of a long name",
				"", "", UINT64_MAX);
	built_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW,
		   subject, true_cycles(1530 * MS), true_cycles(1531 * MS))
		->result = -ENOTRECOVERABLE;
	built_span(&f->update.new, LUO_STATS_LOT_ANY, LUO_STATS_FINISH, LUO_STATS_ROLE_NEW, subject,
		   true_cycles(1630 * MS), true_cycles(1631 * MS))
		->result = -ENOTRECOVERABLE;
	show(f, false);
	assert_says(f, "124.0 ms E");
}

/* The head says of the end what the note says. */
static void test_the_last_file_after_the_devices(void **state)
{
	struct fixture *f = *state;
	uint64_t i;

	built_devices(&f->update);
	for (i = 0; i < f->update.new.header->span_cursor[LUO_STATS_LOT_ANY]; i++) {
		struct luo_stats_span *span = built_span_at(&f->update.new, LUO_STATS_LOT_ANY, i);

		if (span->kind == LUO_STATS_IRQ_SETUP)
			span->end_cycles = span->begin_cycles = true_cycles(1100 * MS);
	}
	show(f, false);
	assert_says(f, "before the last file was retrieved: the blackout ends\n");
	assert_says(
		f,
		"Measured     from reboot(2) to the last retrieve, which came after the devices");
	assert_null(strstr(f->text, "to the last device in service"));
}

static void test_device_table(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span;

	built_devices(&f->update);
	show(f, false);
	assert_says(
		f,
		"Measured     from reboot(2) to the last device in service; not including stopping");
	assert_says(f, "\nDevices (2, driver vfio-pci; in service: time after B0; downtime:");
	assert_says(f,
		    "device  session  preserve    freeze     reset  method  outcome       retrieve"
		    "      bind  in service  downtime\n");
	assert_says(f, "  0000:81:00.0  -        2.000 ms  1.000 ms  800.0 us  flr     ok"
		       "            1.000 ms  20.00 ms     1.700 s   1.692 s\n");
	assert_says(f, "  0000:82:00.0  -        2.000 ms  1.000 ms    EAGAIN  bus     busy: bridge"
		       "  1.000 ms  20.00 ms     1.750 s   1.741 s\n");
	assert_says(f, "  0000:82:00.0: reset not tried: 800.0 us EAGAIN\n");
	/* One that nobody retrieved is reset when it is released. */
	built_device_span(&f->update.old, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, "0000:98:00.0",
			  -3000 * MS, -2900 * MS);
	span = built_device_span(&f->update.new, LUO_STATS_RESET, LUO_STATS_ROLE_NEW,
				 "0000:98:00.0", 5000 * MS, 5100 * MS);
	span->detail = LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_OK, 5, 0);
	show(f, false);
	assert_says(f, "  0000:98:00.0: not retrieved; reset at its release: pm ok, 100.0 ms\n");
	assert_string_equal(
		json_string_value(json_object_get(at(f, "devices", 2, "release_reset"), "method")),
		"pm");
	span->kind = LUO_STATS_PLAIN_RESET;
	span->detail = 0;
	show(f, false);
	assert_says(f, "  0000:98:00.0: not retrieved; reset at its release: 100.0 ms\n");
	/* As wide as can be: what cannot be cut is still there. */
	built_device_span(&f->update.old, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, "0000:99:00.0",
			  -3000 * MS, -2900 * MS)
		->result = -ENOTRECOVERABLE;
	strcpy(built_subject_at(&f->update.old, f->update.old.header->subject_cursor)->id.detail,
	       "a_driver_of_a_variant_vfio_pci");
	show_model(f, &(struct view_options){ .full = true, .top = 0 });
	assert_says(f, "Devices (4; in service");
	assert_says(f, "0000:99:00.0 ");
	assert_says(f, "  0000:99:00.0: preserve failed: 100.0 ms ENOTRECOVERABLE\n");
	/* Those with the longest downtime are shown, and no failure is left out. */
	show_model(f, &(struct view_options){ .full = true, .top = 2 });
	assert_says(f, "Devices (2 of 4; in service");
	assert_null(strstr(f->text, "0000:99:00.0 "));
	assert_says(f, "  0000:99:00.0: preserve failed: 100.0 ms ENOTRECOVERABLE\n");
}

/* The columns of view_devices(), and in which order its rows are. */
static void test_chosen_columns(void **state)
{
	struct fixture *f = *state;
	struct view_options options = {
		.top = 3,
		.columns = 3,
		.column = { view_column("device"), view_column("excess"),
			    view_column("in-service") },
		.sort = view_column("in-service"),
		.is_sorted = true,
	};
	char name[VIEW_COLUMN_BYTES];
	FILE *out;

	built_devices(&f->update);
	show(f, false);
	out = open_text(f);
	assert_int_equal(view_devices(&f->model, out, &options), 0);
	fclose(out);
	assert_string_equal(f->text, "        device     excess  in service\n"
				     "  0000:82:00.0          -     1.750 s\n"
				     "  0000:81:00.0  -99.20 ms     1.700 s\n");
	options.device[options.devices++] = "0000:81:00.0";
	options.no_headings = true;
	options.sort = view_column("driver");
	out = open_text(f);
	assert_int_equal(view_devices(&f->model, out, &options), 0);
	fclose(out);
	assert_string_equal(f->text, "  0000:81:00.0  -99.20 ms  1.700 s\n");
	assert_int_equal(view_column("nothing"), -1);
	assert_int_equal(view_column(view_column_name(name, VIEW_COLUMNS - 1)), VIEW_COLUMNS - 1);
}

/* Each field is in one of the two outputs, and options can name all columns of devices. */
static void test_fields(void **state)
{
	const struct row_type *const types[] = { &device_rows, &file_rows,     &session_rows,
						 &vm_rows,     &shutdown_rows, &span_rows,
						 &mark_rows };
	size_t i, j, columns;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (j = columns = 0; j < types[i]->fields; j++) {
			const struct field *field = &types[i]->field[j];

			assert_true(field->name || field->heading);
			columns += field->heading != NULL;
		}
		assert_in_range(columns, 1, TABLE_COLUMNS);
		if (types[i] == &device_rows)
			assert_int_equal(columns, VIEW_COLUMNS);
	}
}

static void test_device_json(void **state)
{
	struct fixture *f = *state;
	json_t *reset;

	show(f, false);
	assert_true(json_is_array(json_object_get(f->json, "devices")));
	assert_int_equal(json_array_size(json_object_get(f->json, "devices")), 0);
	assert_null(strstr(f->text, "Devices ("));
	built_devices(&f->update);
	show(f, false);
	assert_int_equal(json_array_size(json_object_get(f->json, "devices")), 2);
	assert_string_equal(json_string_value(at(f, "devices", 0, "device")), "0000:81:00.0");
	assert_true(json_is_null(at(f, "devices", 0, "product")));
	assert_string_equal(json_string_value(at(f, "devices", 0, "driver")), "vfio-pci");
	assert_int_equal(json_integer_value(of_step(f, "freeze", "duration_ns")) / 10000, 99);
	assert_true(json_is_null(of_step(f, "freeze", "errno")));
	assert_true(json_is_false(of_step(f, "freeze", "is_lower_bound")));
	assert_int_equal(json_integer_value(of_step(f, "irq_setup", "duration_ns")) / 10000, 499);
	assert_int_equal(json_integer_value(at(f, "devices", 0, "in_service_ns")) / 1000000, 1699);
	assert_int_equal(json_integer_value(at(f, "devices", 0, "downtime_ns")) / 1000000, 1691);
	assert_true(json_is_null(at(f, "devices", 0, "release_reset")));
	reset = at(f, "devices", 0, "reset");
	assert_string_equal(json_string_value(json_object_get(reset, "method")), "flr");
	assert_string_equal(json_string_value(json_object_get(reset, "outcome")), "ok");
	assert_true(json_is_null(json_object_get(reset, "errno")));
	assert_true(json_is_null(json_object_get(reset, "lock")));
	assert_int_equal(json_integer_value(json_object_get(reset, "duration_ns")) / 1000, 799);
	/* It took 0.8 ms, as no function level reset does. */
	assert_int_equal(json_integer_value(json_object_get(reset, "floor_ns")), 100000000);
	assert_int_equal(json_integer_value(json_object_get(reset, "excess_ns")) / 1000, -99200);
	assert_says(f, "  flr     800.0 us  100.0 ms  -99.20 ms  6.6.2: 100 ms\n"
		       "  Below 0: the kernel waited for less than the specification requires.\n");
	reset = at(f, "devices", 1, "reset");
	assert_string_equal(json_string_value(json_object_get(reset, "outcome")), "busy");
	assert_string_equal(json_string_value(json_object_get(reset, "errno")), "EAGAIN");
	assert_string_equal(json_string_value(json_object_get(reset, "lock")), "bridge");
	assert_true(json_is_null(json_object_get(reset, "excess_ns")));
	/* It was given up, so nobody knows how long it would have taken. */
	assert_true(json_is_true(json_object_get(reset, "is_lower_bound")));
	/* After two slow callbacks in device_shutdown: it was in service 50 ms after the other. */
	assert_string_equal(json_string_value(at(f, "long_poles", 2, "kind")), "device");
	assert_string_equal(json_string_value(at(f, "long_poles", 2, "name")), "0000:82:00.0");
	assert_int_equal(json_integer_value(at(f, "long_poles", 2, "tail_ns")) / 1000000, 49);
	assert_string_equal(json_string_value(get(f, "update", "end")), "in_service");

	/* What is not known of a device seen only in the new kernel is null. */
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	show(f, false);
	assert_true(json_is_null(at(f, "devices", 0, "freeze")));
	assert_true(json_is_null(at(f, "devices", 0, "reset")));
	assert_true(json_is_null(at(f, "devices", 0, "in_service_ns")));
	assert_true(json_is_integer(of_step(f, "retrieve", "duration_ns")));
}

static void answer(struct fixture *f, uint64_t first, uint64_t second)
{
	const uint64_t again[] = { first, second };

	built_answers(&f->update, again);
	show(f, false);
}

static void assert_second_reset(struct fixture *f, unsigned int i, bool spared, const char *why)
{
	json_t *reset = at(f, "devices", i, "second_reset");

	assert_int_equal(json_is_true(json_object_get(reset, "spared")), spared);
	assert_string_equal(json_string_value(json_object_get(reset, "why")), why);
}

#define SECOND_RESETS "\nSecond resets, when a device is bound: "

static void test_second_resets(void **state)
{
	struct fixture *f = *state;

	/* An older handler does not say. */
	built_devices(&f->update);
	show(f, false);
	assert_true(json_is_null(at(f, "devices", 0, "second_reset")));
	assert_null(strstr(f->text, "Second resets"));

	answer(f, LUO_STATS_AGAIN_SPARED, LUO_STATS_AGAIN_UNKNOWN);
	assert_second_reset(f, 0, true, "idle");
	assert_true(json_is_null(at(f, "devices", 1, "second_reset")));
	assert_says(f,
		    SECOND_RESETS "1 of 2 spared\n"
				  "  0000:81:00.0: spared: reset by the old kernel and idle since\n"
				  "  0000:82:00.0: not known\n");

	answer(f, LUO_STATS_AGAIN_SPARED, LUO_STATS_AGAIN_ENABLED);
	assert_second_reset(f, 1, false, "enabled");
	assert_says(f, "  0000:82:00.0: not spared: somebody had enabled it\n");

	/* A later handler's reason. */
	answer(f, LUO_STATS_AGAIN_SPARED, 77);
	assert_second_reset(f, 1, false, "unknown");

	answer(f, LUO_STATS_AGAIN_SPARED, LUO_STATS_AGAIN_SPARED);
	assert_says(f, SECOND_RESETS "2 of 2 spared\n"
				     "  all: reset by the old kernel and idle since\n");
	assert_null(strstr(f->text, ": spared: "));
}

static void test_marks(void **state)
{
	struct fixture *f = *state;
	struct built_area *old = &f->update.old, *new = &f->update.new;
	char name[64] = "";

	show(f, false);
	assert_null(strstr(f->text, "Marks ("));
	assert_int_equal(json_array_size(json_object_get(f->json, "marks")), 0);
	assert_int_equal(json_integer_value(json_object_get(f->json, "marks_elsewhere")), 0);

	built_mark(old, "a", 7, -200 * MS, 0, LUO_STATS_MARK_SPAN);
	built_mark(new, "a", 7, 0, 1700 * MS, LUO_STATS_MARK_END);
	built_mark(old, "b", UINT64_MAX, -100 * MS, 0, LUO_STATS_MARK_SPAN);
	built_mark(new, "c", 0, 0, 1650 * MS, LUO_STATS_MARK_END);
	built_mark(new, "d", 0, 1660 * MS, 1660 * MS, LUO_STATS_MARK_INSTANT);
	show(f, false);
	assert_says(f, "Marks (4)\n");
	assert_says(f, "  a                        7  -200.0 ms  1.900 s  across the kexec\n");
	assert_says(f, "  b     18446744073709551615  -100.0 ms     open  never ended\n");
	assert_says(f, "  c                        0          -        -  start not seen; ended at"
		       " 1.650 s\n");
	assert_says(f, "  d                        0    1.660 s  instant\n");
	assert_says(f, "-: not observed");
	assert_int_equal(json_array_size(json_object_get(f->json, "marks")), 4);
	assert_string_equal(json_string_value(at(f, "marks", 0, "name")), "a");
	assert_string_equal(json_string_value(at(f, "marks", 0, "instance")), "7");
	assert_int_equal(json_integer_value(at(f, "marks", 0, "start_ns")) / 100000, -1999);
	assert_int_equal(json_integer_value(at(f, "marks", 0, "duration_ns")) / 100000, 18999);
	assert_int_equal(json_integer_value(at(f, "marks", 0, "end_ns")) / 100000, 16999);
	assert_true(json_is_true(at(f, "marks", 0, "crosses")));
	assert_true(json_is_false(at(f, "marks", 0, "open")));
	assert_string_equal(json_string_value(at(f, "marks", 1, "instance")),
			    "18446744073709551615");
	assert_true(json_is_true(at(f, "marks", 1, "open")));
	assert_true(json_is_null(at(f, "marks", 1, "duration_ns")));
	assert_true(json_is_null(at(f, "marks", 1, "end_ns")));
	assert_true(json_is_true(at(f, "marks", 2, "end_only")));
	assert_true(json_is_null(at(f, "marks", 2, "start_ns")));
	assert_true(json_is_null(at(f, "marks", 2, "duration_ns")));
	assert_int_equal(json_integer_value(at(f, "marks", 2, "end_ns")) / 100000, 16499);
	assert_true(json_is_true(at(f, "marks", 3, "instant")));
	assert_true(json_is_integer(at(f, "marks", 3, "duration_ns")));
	assert_int_equal(json_integer_value(at(f, "marks", 3, "duration_ns")), 0);

	/* All are shown, however many; names are anybody's. */
	built_mark(new, "d", 1, 1661 * MS, 1661 * MS, LUO_STATS_MARK_INSTANT);
	memset(name, '\x1b', 63);
	built_mark(old, name, 1, -MS, 0, LUO_STATS_MARK_SPAN);
	built_mark(old, "e", 1, -3600000 * MS, -3600000 * MS, LUO_STATS_MARK_INSTANT);
	show(f, true);
	assert_says(f, "Marks (6, and 1 that are more than 10 minutes from this update)\n");
	assert_null(strchr(f->text, '\x1b'));
	assert_int_equal(json_integer_value(json_object_get(f->json, "marks_elsewhere")), 1);
	show(f, false);
}

static void test_blackout_that_a_mark_ends(void **state)
{
	struct fixture *f = *state;
	uint64_t i;

	built_devices(&f->update);
	for (i = 0; i < f->update.new.header->span_cursor[LUO_STATS_LOT_ANY]; i++) {
		struct luo_stats_span *span = built_span_at(&f->update.new, LUO_STATS_LOT_ANY, i);

		if (span->kind == LUO_STATS_IRQ_SETUP)
			span->result = -EINVAL;
	}
	show(f, false);
	assert_says(f, "Measured     from reboot(2) to the last retrieve;");
	built_mark(&f->update.new, "resume", 3, 2000 * MS, 2000 * MS, LUO_STATS_MARK_INSTANT);
	show(f, false);
	assert_says(f, "Measured     from reboot(2) to the last mark 'resume';");
	assert_says(f, "blackout 2.000 s");
	assert_string_equal(json_string_value(get(f, "update", "end")), "in_service");
}

/* A reader that holds numbers as doubles must not change one: 2^53 - 1 is the most. */
static void assert_exact(const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_integer(value) &&
	    (json_integer_value(value) >= 1LL << 53 || json_integer_value(value) <= -(1LL << 53)))
		fail_msg("%lld in the document", (long long)json_integer_value(value));
	json_array_foreach((json_t *)value, i, member)
	{
		assert_exact(member);
	}
	json_object_foreach((json_t *)value, key, member)
	{
		assert_exact(member);
	}
}

static void test_json_numbers_are_exact(void **state)
{
	struct fixture *f = *state;
	char cycles[32];

	f->update.old.header->spans_recycled = UINT64_MAX;
	built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, 6)->kind = 77;
	built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, 6)->detail = UINT64_MAX;
	built_subject_at(&f->update.old, 3)->id.key = UINT64_MAX;
	show(f, false);
	assert_exact(f->json);
	snprintf(cycles, sizeof(cycles), "%llu", (unsigned long long)true_cycles(0));
	assert_string_equal(json_string_value(at(f, "boundaries", 0, "cycles")), cycles);
	assert_true(json_is_string(get(f, "update", "begin_realtime_ns")));
	assert_memory_equal(json_string_value(get(f, "update", "begin_realtime_ns")),
			    "179000000012345", 15);
	assert_string_equal(json_string_value(at(f, "other_spans", 0, "detail")),
			    "18446744073709551615");
	assert_string_equal(json_string_value(at(f, "other_spans", 0, "key")), "0");
	assert_string_equal(json_string_value(at(f, "boundaries", 7, "source")), "reckoned");
	assert_int_equal(json_integer_value(get(f, "host", "cpus")), 2);
	assert_true(json_is_null(get(f, "host", "clocksource")));
	f->update.new.header->as_new_kernel.cycles[7] = true_cycles(true_boundary_ns[7]);
	show(f, false);
	assert_string_equal(json_string_value(at(f, "boundaries", 7, "source")), "module");
}

static void test_parts(void **state)
{
	struct fixture *f = *state;
	json_t *part;

	show(f, false);
	assert_true(json_is_null(at(f, "phases", 6, "parts")));
	assert_null(strstr(f->text, "initcalls"));

	built_in_stamps(&f->update.new, 780 * MS, 900 * MS, 1300 * MS);
	show(f, false);
	assert_says(f, "  jump                  262.0 ms  550.0 ms  34.6 %  ######\n"
		       "    before_setup_arch   262.0 ms  518.0 ms  32.6 %\n"
		       "    setup_arch          780.0 ms  32.00 ms   2.0 %\n"
		       "  kernel_boot           812.0 ms  588.0 ms  37.0 %  #######\n"
		       "    before_initcalls    812.0 ms  88.00 ms   5.5 %\n"
		       "    initcalls           900.0 ms  400.0 ms  25.2 %\n"
		       "    after_initcalls      1.300 s  100.0 ms   6.3 %\n");
	part = json_array_get(at(f, "phases", 6, "parts"), 1);
	assert_true(json_is_false(json_object_get(part, "is_lower_bound")));
	assert_string_equal(json_string_value(json_object_get(part, "name")), "setup_arch");
	assert_int_equal(json_integer_value(json_object_get(part, "duration_ns")) / MS, 31);
	assert_int_equal(json_array_size(at(f, "phases", 7, "parts")), 3);
	assert_true(json_is_null(at(f, "phases", 8, "parts")));
}

static void test_wrapped(void **state)
{
	static const struct {
		const char *text, *wrapped;
	} cases[] = {
		{ "", "Note   \n" },
		{ "a b", "Note   a b\n" },
		{ "12345678 123", "Note   12345678 123\n" },
		{ "12345678 1234", "Note   12345678\n       1234\n" },
		{ "1234567890123456 1", "Note   1234567890123456\n       1\n" },
	};
	size_t i, size;
	char *text;
	FILE *out;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		out = open_memstream(&text, &size);
		print_wrapped(out, "Note", cases[i].text, 7, 19);
		fclose(out);
		assert_string_equal(text, cases[i].wrapped);
		free(text);
	}
}

static void print_test_table(struct table table, unsigned int width, const char *wanted)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	table_cell(&table, "0000:81:00.0");
	table_cell(&table, "a driver with a long name");
	table_cell(&table, "1.234 ms");
	table_cell(&table, "5.678 ms");
	assert_int_equal(table_print(&table, out, width), 0);
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
}

/* First the gaps, then texts, then columns by how little they are missed; numbers are last. */
static void test_table_without_room(void **state)
{
	struct table table = {
		.columns = 4,
		.heading = { "device", "driver", "freeze", "downtime" },
		.right = { true, false, true, true },
	};

	(void)state;
	print_test_table(table, 66,
			 "        device  driver                       freeze  downtime\n"
			 "  0000:81:00.0  a driver with a long name  1.234 ms  5.678 ms\n");
	print_test_table(table, 60,
			 "        device driver                      freeze downtime\n"
			 "  0000:81:00.0 a driver with a long name 1.234 ms 5.678 ms\n");
	print_test_table(table, 40,
			 "        device driver    freeze downtime\n"
			 "  0000:81:00.0 a driv~ 1.234 ms 5.678 ms\n" +
				 0);
	table.may_leave_out = true;
	table.spare[0] = 2;
	table.spare[1] = 1;
	print_test_table(table, 54,
			 "        device driver                  freeze downtime\n"
			 "  0000:81:00.0 a driver with a long~ 1.234 ms 5.678 ms\n" +
				 0);
	print_test_table(table, 45,
			 "        device driver                downtime\n"
			 "  0000:81:00.0 a driver with a long~ 5.678 ms\n"
			 "  No room for: freeze\n" +
				 0);
	print_test_table(table, 40,
			 "        device  downtime\n"
			 "  0000:81:00.0  5.678 ms\n"
			 "  No room for: driver, freeze\n");
}

static void assert_lines(const char *text, unsigned int width, bool colour, const char *wanted)
{
	char *written;
	size_t size;
	FILE *out = open_memstream(&written, &size);

	print_lines(out, text, width, colour);
	fclose(out);
	assert_string_equal(written, wanted);
	free(written);
}

static void test_lines(void **state)
{
	static const char text[] =
		"12345678 1234567\n  two  blanks stay\n"
		"  12345678901234 67890 12345\n\n12345678901234567890123\nno end";
	static const char styled[] = STYLE_BAD "bad\nplain\n" STYLE_ODD "\n" STYLE_TITLE "a b";

	(void)state;
	assert_lines(text, 18, false,
		     "12345678 1234567\n  two  blanks stay\n  12345678901234\n"
		     "    67890 12345\n\n123456789012345678\n90123\nno end");
	assert_lines(STYLE_BAD "a \303\244\303\266\303\274\303\237\n", 3, true,
		     "\033[1;31ma\033[0m\n"
		     "\033[1;31m  \303\244\033[0m\n\033[1;31m\303\266\303\274\303\237\033[0m\n");
	assert_lines(text, 0, true, text);
	assert_lines(styled, 3, false, "bad\npla\nin\n\na b");
	assert_lines(styled, 0, true,
		     "\033[1;31mbad\033[0m\nplain\n\033[33m\033[0m\n\033[1ma b\033[0m");
	assert_lines(STYLE_BAD "a b\n", 2, true, "\033[1;31ma\033[0m\n\033[1;31m  b\033[0m\n");
}

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int distance;
	} cases[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "abc", "", 3 },
		{ "0000:01:00.0", "0000:01:00.0", 0 },
		{ "0000:1:00.0", "0000:01:00.0", 1 },
		{ "01:00.0", "0000:01:00.0", 5 },
		{ "kitten", "sitting", 3 },
		{ "reprot", "report", 1 },
		{ "ba", "ab", 1 },
		{ "abcd", "badc", 2 },
		{ "nope", "save", 3 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(edit_distance(cases[i].a, cases[i].b), cases[i].distance);
}

static void set_host(struct fixture *f, const char *text)
{
	f->capture.section[CAPTURE_HOST] =
		(struct capture_section){ .bytes = text, .size = strlen(text) };
}

static void test_manager(void **state)
{
	struct fixture *f = *state;
	const uint64_t b0_us =
		(f->update.old.header->anchor[LUO_STATS_ANCHOR_NOTIFIER].monotonic_ns - 12500000) /
		1000;
	char host[512];

	show(f, false);
	assert_true(json_is_null(json_object_get(f->json, "manager")));
	assert_null(strstr(f->text, "Service manager"));
	snprintf(host, sizeof(host),
		 "systemd.Version=262 \x1b[2J\xff\n"
		 "systemd.PreviousShutdownStartTimestamp=@1789999997\n"
		 "systemd.PreviousShutdownStartTimestampMonotonic=%" PRIu64 "\n"
		 "systemd.PreviousShutdownFinishTimestampMonotonic=%" PRIu64 "\n",
		 b0_us - 3000000, b0_us - 1000000);
	set_host(f, host);
	show(f, false);
	assert_says(f, "\nService manager (systemd 262 \\x1b[2J\\xff)\n"
		       "  what              start     time\n"
		       "  stop_services  -3.000 s  2.000 s\n"
		       "  The first service was stopped 3.000 s before the update began.\n");
	assert_int_equal((json_integer_value(get(f, "manager", "before_update_ns")) + MS / 2) / MS,
			 3000);
	assert_true(json_is_null(get(f, "manager", "systemd_shutdown_start_ns")));
	assert_true(json_is_null(get(f, "manager", "start_ns")));
	assert_true(json_is_null(get(f, "manager", "start_error_ns")));
}

static void test_text_tells_gaps(void **state)
{
	struct fixture *f = *state;

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 3;
	f->update.new.header->subjects_dropped = 2;
	show(f, false);
	assert_says(f, "? -> 7.3.4  blackout not observed");
	assert_says(f, "the start of the update was not observed: times count from time_zero");
	assert_says(f, "3 spans: retrieve");
	assert_says(f, "2 subjects");
	assert_says(f, "-: not observed");
	assert_null(strstr(f->text, "No span was dropped"));
}

static void test_text_tells_failures(void **state)
{
	struct fixture *f = *state;

	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, 0)->state = LUO_STATS_OPEN;
	f->update.new.header->anchor[0].flags |= LUO_STATS_COUNTER_UNSTABLE;
	show(f, false);
	assert_says(f, "EIO");
	assert_says(f, "Never ended (1 of 1)");
	assert_says(f, "contradicted");
	assert_says(f, "found the counter to be unstable");
	assert_says(f, "withheld");
}

static void test_no_update(void **state)
{
	struct fixture *f = *state;

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	f->update.new.header->flags = 0;
	built_seal(&f->update.new);
	show(f, false);
	assert_says(f, "not started by a live update");
	assert_true(json_is_false(get(f, "update", "observed")));
	assert_true(json_is_null(get(f, "update", "blackout_ns")));
}

static void test_json(void **state)
{
	struct fixture *f = *state;
	json_int_t sum = 0;
	size_t i;

	show(f, false);
	assert_string_equal(json_string_value(json_object_get(f->json, "schema")),
			    VIEW_JSON_SCHEMA);
	assert_int_equal(json_array_size(json_object_get(f->json, "phases")), 10);
	for (i = 0; i < 10; i++) {
		assert_true(json_is_integer(at(f, "phases", i, "duration_ns")));
		sum += json_integer_value(at(f, "phases", i, "duration_ns"));
	}
	assert_int_equal(sum, json_integer_value(get(f, "update", "blackout_ns")));
	assert_string_equal(json_string_value(json_object_get(get(f, "update", "from"), "release")),
			    "7.2.12");
	assert_string_equal(json_string_value(at(f, "phases", 7, "end_source")), "kernel log");
	assert_int_equal(json_array_size(json_object_get(f->json, "boundaries")), 12);
	assert_int_equal(json_array_size(json_object_get(f->json, "devices")), 0);
	assert_int_equal(json_integer_value(json_object_get(f->json, "dropped")), 0);
	assert_true(json_is_integer(json_object_get(f->json, "dropped")));
	assert_int_equal(json_integer_value(get(f, "clock", "khz")), OLD_KHZ);
	assert_string_equal(json_string_value(get(f, "clock", "verdict")), "verified");
	assert_int_equal(json_integer_value(json_object_get(at(f, "files", 0, "freeze"), "result")),
			 0);
	assert_string_equal(json_string_value(at(f, "files", 1, "token")), "2");
}

static void test_json_not_observed_is_null(void **state)
{
	struct fixture *f = *state;

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	show(f, false);
	assert_true(json_is_null(get(f, "update", "blackout_ns")));
	assert_true(json_is_null(get(f, "update", "blackout_error_ns")));
	assert_true(json_is_null(get(f, "update", "begin_realtime_ns")));
	assert_true(json_is_null(json_object_get(get(f, "update", "from"), "release")));
	assert_true(json_is_null(at(f, "boundaries", 0, "start_ns")));
	assert_true(json_is_null(at(f, "boundaries", 0, "source")));
	assert_true(json_is_null(at(f, "boundaries", 11, "cycles")));
	assert_true(json_is_null(at(f, "files", 0, "freeze")));
	assert_true(json_is_null(at(f, "files", 0, "downtime_ns")));
	assert_true(json_is_null(at(f, "sessions", 0, "downtime_ns")));
	assert_true(json_is_null(at(f, "phases", 0, "share")));
	assert_true(json_is_null(at(f, "phases", 0, "share_is_lower_bound")));
}

/* A share of what may have been longer is a bound, and of what both may have been not known. */
static void test_share(void **state)
{
	struct fixture *f = *state;

	show(f, false);
	assert_true(json_is_real(at(f, "phases", 9, "share")));
	assert_true(json_is_false(at(f, "phases", 9, "share_is_lower_bound")));
	assert_true(json_is_false(at(f, "phases", 9, "share_is_upper_bound")));
	/* A file does not come back. */
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	show(f, false);
	assert_true(json_is_real(at(f, "phases", 0, "share")));
	assert_true(json_is_false(at(f, "phases", 0, "share_is_lower_bound")));
	assert_true(json_is_true(at(f, "phases", 0, "share_is_upper_bound")));
	assert_true(json_is_true(at(f, "phases", 9, "is_lower_bound")));
	assert_true(json_is_null(at(f, "phases", 9, "share")));
	assert_true(json_is_null(at(f, "phases", 9, "share_is_upper_bound")));
}

static bool has_token(const struct fixture *f, const char *token)
{
	size_t i;

	for (i = 0; i < f->model.files; i++) {
		const char *text = json_string_value(at(f, "files", i, "token"));

		if (text && !strcmp(text, token))
			return true;
	}
	return false;
}

static void test_hostile_names(void **state)
{
	static const char *const names[] = {
		"\x1b]0;owned\x07",
		"\xff\xfe\xfd",
		"\"},{\"",
		"a\nb",
		"\xe2\x80\xaetxt",
		"%s%n%s",
		"",
		"0123456789012345678901234567890123456789012345678901234567890123",
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint32_t n;

		for (n = 1; n <= 9; n++) {
			struct luo_stats_subject *old = built_subject_at(&f->update.old, n);

			strncpy(old->id.name, names[i], sizeof(old->id.name));
			strncpy(old->id.detail, names[i], sizeof(old->id.detail));
			strncpy(old->id.group, names[i], sizeof(old->id.group));
			old->id.key = UINT64_MAX - n;
		}
		show(f, false);
		show(f, true);
		assert_null(strchr(f->text, '\x1b'));
		/* The file of subject 5, before or behind those that are not renamed. */
		assert_true(has_token(f, "18446744073709551610"));
	}
	/* A name without an end is cut where its field ends. */
	memset(built_subject_at(&f->update.old, 6)->id.name, 0xff, 64);
	memset(built_subject_at(&f->update.old, 6)->id.detail, 0xff, 48);
	memset(built_subject_at(&f->update.old, 6)->id.group, 0xff, 32);
	show(f, false);
	memset(f->update.old.header->release, 0x1b, 71);
	built_seal(&f->update.old);
	show(f, true);
	assert_null(strchr(f->text, '\x1b'));
}

static void test_json_keeps_valid_names(void **state)
{
	struct fixture *f = *state;

	strcpy(built_subject_at(&f->update.old, 6)->id.name, "a\nb\\\xc3\xa4");
	strcpy(built_subject_at(&f->update.old, 7)->id.name, "a\xff\\");
	show(f, false);
	assert_string_equal(json_string_value(at(f, "shutdowns", 1, "name")), "a\nb\\\xc3\xa4");
	assert_string_equal(json_string_value(at(f, "shutdowns", 0, "name")), "a\\xff\\\\");
}

/* It is written piece by piece, and looks as if it had been written at once. */
static void test_json_layout(void **state)
{
	struct fixture *f = *state;
	char *streamed, *at_once;
	size_t length;
	FILE *out;

	show(f, false);
	out = open_memstream(&streamed, &length);
	assert_int_equal(view_json(&f->model, out), 0);
	fclose(out);
	at_once = json_dumps(f->json, JSON_INDENT(2));
	assert_non_null(at_once);
	assert_int_equal(length, strlen(at_once) + 1);
	assert_memory_equal(streamed, at_once, length - 1);
	assert_int_equal(streamed[length - 1], '\n');
	free(streamed);
	free(at_once);
}

static void test_write_error(void **state)
{
	const struct view_options options = { .top = 3 };
	struct fixture *f = *state;
	FILE *full = fopen("/dev/full", "w");

	assert_int_equal(model_build(&f->model, &f->capture, &f->error), 0);
	assert_int_equal(view_text(&f->model, full, &options), -ENOSPC);
	fclose(full);
	full = fopen("/dev/full", "w");
	assert_int_equal(view_json(&f->model, full), -ENOSPC);
	fclose(full);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_long_text_in_json),
		TEST(test_a_list_that_is_too_long),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_names),
		TEST(test_text),
		TEST(test_text_head),
		TEST(test_nothing_of_one_kernel),
		TEST(test_resets_without_a_row),
		TEST(test_screen),
		TEST(test_longest_is_a_bound),
		TEST(test_soft_border),
		TEST(test_head_of_losses),
		TEST(test_moment),
		TEST(test_clock_without_a_rate),
		TEST(test_head_of_a_lower_bound),
		TEST(test_missing_files),
		TEST(test_files_of_which_nothing_came),
		TEST(test_the_last_file_after_the_devices),
		TEST(test_device_table),
		TEST(test_chosen_columns),
		TEST(test_fields),
		TEST(test_device_json),
		TEST(test_second_resets),
		TEST(test_marks),
		TEST(test_blackout_that_a_mark_ends),
		TEST(test_json_numbers_are_exact),
		cmocka_unit_test(test_wrapped),
		TEST(test_manager),
		TEST(test_text_tells_gaps),
		TEST(test_text_tells_failures),
		TEST(test_no_update),
		TEST(test_json),
		TEST(test_json_not_observed_is_null),
		TEST(test_hostile_names),
		TEST(test_json_keeps_valid_names),
		TEST(test_json_layout),
		TEST(test_parts),
		TEST(test_share),
		TEST(test_table_without_room),
		TEST(test_lines),
		cmocka_unit_test(test_distance),
		TEST(test_write_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
