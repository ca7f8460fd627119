// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts on captures whose truth is known, and what is shown of them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/error.h"
#include "build_area.h"
#include "capture/capture.h"
#include "check/budget.h"
#include "check/check.h"
#include "check/check_json.h"
#include "check/check_junit.h"
#include "check/check_text.h"
#include "figures/figure_names.h"
#include "model/model.h"
#include "model/outcome.h"

struct fixture {
	struct built_update update;
	struct budget_list budgets;
	struct check check;
	struct error error;
	char *shown;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	built_update_init(&f->update);
	*state = f;
	return 0;
}

static void clear(struct fixture *f)
{
	check_free(&f->check);
	budget_list_free(&f->budgets);
	free(f->shown);
	f->shown = NULL;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	clear(f);
	built_update_free(&f->update);
	free(f);
	return 0;
}

static void budget(struct fixture *f, const char *text)
{
	struct budget_fault fault;

	if (budget_list_add(&f->budgets, text, &fault, &f->error))
		fail_msg("'%s': %s", text, f->error.text);
}

/* The update as it stands, as one more capture. */
static int try_add(struct fixture *f, const char *name)
{
	struct capture capture;
	struct model model;
	int err;

	built_seal(&f->update.old);
	built_seal(&f->update.new);
	built_capture(&f->update, &capture);
	assert_int_equal(model_build(&model, &capture, &f->error), 0);
	err = check_add(&f->check, name, &model, &f->error);
	model_free(&model);
	return err;
}

static void add(struct fixture *f, const char *name)
{
	/* Another chain: another update. */
	f->update.old.header->chain_id++;
	f->update.new.header->chain_id++;
	assert_int_equal(try_add(f, name), 0);
}

/* The verdict of one budget on the update as it stands; @why: a part of why it is inconclusive. */
static void assert_verdict(struct fixture *f, const char *text, enum verdict verdict,
			   const char *why)
{
	const struct check_result *result;

	clear(f);
	budget(f, text);
	add(f, "one");
	assert_int_equal(check_budgets(&f->check, &f->budgets, &f->error), 0);
	assert_int_equal(f->check.results, 1);
	result = f->check.result;
	if (result->verdict != verdict || !strstr(result->why, why) || !*why != !*result->why)
		fail_msg("'%s' is %s (%s)", text, verdict_name(result->verdict), result->why);
	assert_int_equal(check_verdict(&f->check), verdict);
	assert_int_equal(f->check.verdicts[verdict], 1);
}

static void test_sure(void **state)
{
	struct fixture *f = *state;

	built_devices(&f->update);
	assert_verdict(f, "blackout<=2s", VERDICT_WITHIN, "");
	assert_verdict(f, "blackout<2s", VERDICT_WITHIN, "");
	assert_verdict(f, "blackout>=1s", VERDICT_WITHIN, "");
	assert_verdict(f, "blackout>1s", VERDICT_WITHIN, "");
	assert_verdict(f, "blackout!=1s", VERDICT_WITHIN, "");
	assert_verdict(f, "blackout<=1s", VERDICT_OVER, "");
	assert_verdict(f, "blackout<1s", VERDICT_OVER, "");
	assert_verdict(f, "blackout>=2s", VERDICT_OVER, "");
	assert_verdict(f, "blackout>2s", VERDICT_OVER, "");
	assert_verdict(f, "blackout==2s", VERDICT_OVER, "");
	assert_verdict(f, "devices_awaited==2", VERDICT_WITHIN, "");
	assert_verdict(f, "devices_awaited<=2", VERDICT_WITHIN, "");
	assert_verdict(f, "devices_awaited>=2", VERDICT_WITHIN, "");
	assert_verdict(f, "devices_awaited<2", VERDICT_OVER, "");
	assert_verdict(f, "devices_awaited>2", VERDICT_OVER, "");
	assert_verdict(f, "devices_awaited!=2", VERDICT_OVER, "");
	assert_verdict(f, "devices_awaited==3", VERDICT_OVER, "");
	assert_verdict(f, "devices_awaited!=3", VERDICT_WITHIN, "");
	assert_verdict(f, "clock.error<=1ppm", VERDICT_OVER, "");
	assert_verdict(f, "clock.error<=100ppm", VERDICT_WITHIN, "");
	/* Of a reset that failed, only that it took longer is sure. */
	assert_verdict(f, "device.reset.max<=1ms", VERDICT_INCONCLUSIVE, "a step failed");
	assert_verdict(f, "device.reset.max<=700us", VERDICT_OVER, "");
	assert_verdict(f, "resets.busy==0", VERDICT_OVER, "");
}

static void test_error_of_measurement(void **state)
{
	const char *lies = "the limit is within the error";
	struct fixture *f = *state;
	struct model model;
	struct capture capture;
	char text[3][64];
	int i;

	built_seal(&f->update.old);
	built_capture(&f->update, &capture);
	assert_int_equal(model_build(&model, &capture, &f->error), 0);
	assert_true(bounded_error(model.blackout) > 1000);
	for (i = 0; i < 3; i++)
		snprintf(text[i], sizeof(text[i]), "blackout<=%lluns",
			 (unsigned long long)(model.blackout.value +
					      (i - 1) * (int64_t)bounded_error(model.blackout) -
					      (i == 0)));
	model_free(&model);
	assert_verdict(f, text[0], VERDICT_OVER, "");
	assert_verdict(f, text[1], VERDICT_INCONCLUSIVE, lies);
	assert_verdict(f, text[2], VERDICT_WITHIN, "");
	text[1][8] = '=';
	assert_verdict(f, text[1], VERDICT_INCONCLUSIVE, lies);
	text[1][8] = '!';
	assert_verdict(f, text[1], VERDICT_INCONCLUSIVE, lies);
}

static void test_not_observed(void **state)
{
	struct fixture *f = *state;

	assert_verdict(f, "luoscope_init<=1s", VERDICT_INCONCLUSIVE,
		       "not observed: the new kernel");
	assert_verdict(f, "device.0000:81:00.0.freeze<=1s", VERDICT_INCONCLUSIVE,
		       "not observed: there is no device '0000:81:00.0', nor any other");
	assert_verdict(f, "device.freeze.max<=1s", VERDICT_INCONCLUSIVE, "not observed: there is");
	assert_verdict(f, "phase.resume>=1s", VERDICT_INCONCLUSIVE, "not observed: ");
	f->update.new.header->flags &= ~(LUO_STATS_KHO_BOOT | LUO_STATS_INCOMING_VALID);
	f->update.old.header->generation = 0;
	assert_verdict(f, "blackout<=9s", VERDICT_INCONCLUSIVE, "not started by a live update");
	assert_verdict(f, "dropped==0", VERDICT_WITHIN, "");
}

/* What is absent is named, with what is most similar to it. */
static void test_absent(void **state)
{
	static const struct {
		const char *budget, *why;
	} list[] = {
		{ "device.0000:18:00.0.freeze<=1s",
		  "not observed: there is no device '0000:18:00.0'; the nearest is '0000:81:00.0'" },
		{ "device.82:00.1.in_service<=1s",
		  "there is no device '0000:82:00.1'; the nearest is '0000:82:00.0'" },
		{ "session.vm.downtime<=1s", "there is no session 'vm'; the nearest is 'vm-1'" },
		{ "file.vm.9.freeze<=1s", "there is no file 'vm.9'; the nearest is 'vm-1." },
		{ "vm.x.downtime<=1s", "not observed: virtual machines were not watched" },
		{ "initcall.x<=1s", "not observed: the new kernel's log, as captured, does" },
		{ "mark.guest-u<=1s", "there is no mark 'guest-u.0'; the nearest is 'guest-up.1'" },
		{ "mark.guest-u.end<=1s",
		  "there is no mark 'guest-u.0'; the nearest is 'guest-up.1'" },
		{ "mark.guest-u.max<=1s",
		  "there is no marked span 'guest-u'; the nearest is 'guest-up'" },
		{ "max(device.82:00.1.freeze)<=1s",
		  "not observed in one: there is no device '0000:82:00.1'; the nearest" },
	};
	struct fixture *f = *state;
	size_t i;

	built_devices(&f->update);
	built_mark(&f->update.new, "guest-up", 1, 1700 * MS, 1900 * MS, LUO_STATS_MARK_SPAN);
	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		assert_verdict(f, list[i].budget, VERDICT_INCONCLUSIVE, list[i].why);
	f->update.new.header->flags &= ~(LUO_STATS_KHO_BOOT | LUO_STATS_INCOMING_VALID);
	f->update.old.header->generation = 0;
	assert_verdict(f, "device.0000:18:00.0.freeze<=1s", VERDICT_INCONCLUSIVE,
		       "there was no live update");
}

/* What was lost may have been one of that name. */
static void test_absent_or_lost(void **state)
{
	struct fixture *f = *state;

	assert_verdict(f, "device.82:00.0.freeze<=1s", VERDICT_INCONCLUSIVE,
		       "there is no device '0000:82:00.0', nor any other");
	assert_verdict(f, "mark.x<=1s", VERDICT_INCONCLUSIVE, "there is no mark 'x.0', nor any");
	f->update.new.header->dropped[LUO_STATS_MARK] = 1;
	assert_verdict(f, "device.82:00.0.freeze<=1s", VERDICT_INCONCLUSIVE,
		       "there is no device '0000:82:00.0', nor any other");
	assert_verdict(f, "mark.x<=1s", VERDICT_INCONCLUSIVE,
		       "there may have been a mark 'x.0': marks were dropped");
	f->update.old.header->dropped[LUO_STATS_FREEZE] = 1;
	assert_verdict(f, "device.82:00.0.freeze<=1s", VERDICT_INCONCLUSIVE,
		       "there may have been a device '0000:82:00.0': spans were dropped");
	assert_verdict(f, "shutdown.nobody<=1s", VERDICT_INCONCLUSIVE,
		       "there may have been a shutdown of 'nobody': spans were dropped");
}

static void test_files_and_devices_that_are_not_back(void **state)
{
	struct fixture *f = *state;

	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	assert_verdict(f, "blackout<=9s", VERDICT_INCONCLUSIVE, "not seen to come back");
	assert_verdict(f, "blackout<=1s", VERDICT_OVER, "");
	assert_verdict(f, "files_missing==0", VERDICT_OVER, "");
}

static void test_losses(void **state)
{
	struct fixture *f = *state;

	built_devices(&f->update);
	f->update.old.header->dropped[LUO_STATS_PRESERVE] = 1;
	/* What was seen to be over is over; nothing is within. */
	assert_verdict(f, "blackout<=2s", VERDICT_INCONCLUSIVE, "spans were dropped");
	assert_verdict(f, "blackout<=1s", VERDICT_OVER, "");
	assert_verdict(f, "device.freeze.max<=1us", VERDICT_OVER, "");
	assert_verdict(f, "device.freeze.max<=1s", VERDICT_INCONCLUSIVE, "spans were dropped");
	assert_verdict(f, "device.freeze.max>=1us", VERDICT_INCONCLUSIVE, "spans were dropped");
	assert_verdict(f, "device.freeze.min>=5ms", VERDICT_OVER, "");
	assert_verdict(f, "device.freeze.min<=1us", VERDICT_INCONCLUSIVE, "spans were dropped");
	assert_verdict(f, "device.freeze.mean<=1us", VERDICT_INCONCLUSIVE, "spans were dropped");
	assert_verdict(f, "resets.busy==0", VERDICT_OVER, "");
	assert_verdict(f, "resets.failed==0", VERDICT_INCONCLUSIVE, "spans were dropped");
	assert_verdict(f, "file.count>=9", VERDICT_INCONCLUSIVE, "spans were dropped");
	/* The losses themselves are known. */
	assert_verdict(f, "dropped<=1", VERDICT_WITHIN, "");
	assert_verdict(f, "dropped==0", VERDICT_OVER, "");
	assert_verdict(f, "failed_attempts==0", VERDICT_WITHIN, "");
}

/* No phase and no device is made of marks. */
static void test_lost_marks(void **state)
{
	struct fixture *f = *state;

	built_devices(&f->update);
	built_mark(&f->update.new, "guest-up", 1, 1700 * MS, 1900 * MS, LUO_STATS_MARK_SPAN);
	assert_verdict(f, "mark.guest-up.1<=1s", VERDICT_WITHIN, "");
	f->update.new.header->dropped[LUO_STATS_MARK] = 1;
	assert_verdict(f, "blackout<=2s", VERDICT_WITHIN, "");
	assert_verdict(f, "device.freeze.max<=1s", VERDICT_WITHIN, "");
	assert_verdict(f, "mark.guest-up.1<=1s", VERDICT_INCONCLUSIVE, "marks were dropped");
	assert_verdict(f, "mark.guest-up.max<=1s", VERDICT_INCONCLUSIVE, "marks were dropped");
	assert_verdict(f, "mark.guest-up.1<=1ms", VERDICT_OVER, "");
	assert_verdict(f, "dropped==0", VERDICT_OVER, "");
}

static void test_clock(void **state)
{
	struct fixture *f = *state;
	__u32 *flags = &f->update.new.header->anchor[LUO_STATS_ANCHOR_READ].flags;
	unsigned int i;

	/* Saved before the rate was refined: a preliminary capture. */
	*flags &= ~LUO_STATS_COUNTER_REFINED;
	for (i = 0; i < LUO_STATS_ANCHORS; i++)
		f->update.old.header->anchor[i].realtime_ns = 0;
	assert_verdict(f, "blackout<=2s", VERDICT_INCONCLUSIVE, "the clock is not verified");
	assert_verdict(f, "blackout<=1s", VERDICT_OVER, "");
	assert_verdict(f, "file.count==3", VERDICT_WITHIN, "");
	*flags |= LUO_STATS_COUNTER_UNSTABLE;
	assert_verdict(f, "blackout<=1s", VERDICT_INCONCLUSIVE, "the clock is contradicted");
	assert_verdict(f, "phase.freeze<=1ns", VERDICT_INCONCLUSIVE, "the clock is contradicted");
	assert_verdict(f, "file.count==3", VERDICT_WITHIN, "");
	assert_verdict(f, "file.count==4", VERDICT_OVER, "");
}

/* Captures of which the file.count is 3, and the blackout as it is. */
static void add_many(struct fixture *f, unsigned int count)
{
	while (count--)
		add(f, "many");
}

static void assert_over_all(struct fixture *f, const char *text, unsigned int captures,
			    enum verdict verdict, const char *why)
{
	const struct check_result *result;

	clear(f);
	budget(f, text);
	add_many(f, captures);
	assert_int_equal(check_budgets(&f->check, &f->budgets, &f->error), 0);
	assert_int_equal(f->check.results, 1);
	result = f->check.result;
	assert_null(result->capture);
	if (result->verdict != verdict || !strstr(result->why, why) || !*why != !*result->why)
		fail_msg("'%s' of %u is %s (%s)", text, captures, verdict_name(result->verdict),
			 result->why);
}

static void test_over_all(void **state)
{
	struct fixture *f = *state;

	assert_over_all(f, "max(blackout)<=2s", 1, VERDICT_WITHIN, "");
	assert_over_all(f, "min(blackout)<=1s", 2, VERDICT_OVER, "");
	assert_over_all(f, "mean(blackout)<=2s", 2, VERDICT_INCONCLUSIVE,
			"mean needs at least 3 captures, and there are 2");
	assert_over_all(f, "mean(blackout)<=2s", 3, VERDICT_WITHIN, "");
	assert_over_all(f, "median(blackout)<=1s", 3, VERDICT_OVER, "");
	assert_over_all(f, "p50(blackout)<=2s", 1, VERDICT_INCONCLUSIVE, "and there is 1");
	assert_over_all(f, "p50(blackout)<=2s", 3, VERDICT_WITHIN, "");
	assert_over_all(f, "p90(blackout)<=2s", 9, VERDICT_INCONCLUSIVE, "p90 needs at least 10");
	assert_over_all(f, "p90(blackout)<=2s", 10, VERDICT_WITHIN, "");
	assert_over_all(f, "p10(blackout)<=2s", 9, VERDICT_INCONCLUSIVE, "p10 needs at least 10");
	assert_over_all(f, "p95(blackout)<=1s", 19, VERDICT_INCONCLUSIVE, "p95 needs at least 20");
	assert_false(f->check.result->measured.known);
	assert_over_all(f, "p95(blackout)<=1s", 20, VERDICT_OVER, "");
	assert_over_all(f, "p95(blackout)<=2s", 20, VERDICT_WITHIN, "");
	assert_over_all(f, "p99.9(blackout)<=2s", 20, VERDICT_INCONCLUSIVE,
			"p99.9 needs at least 1000");
	assert_over_all(f, "max(device.freeze.max)<=2s", 3, VERDICT_INCONCLUSIVE, "not observed");
}

/* Over several captures, the one at fault is named, and why it is. */
static void test_the_one_at_fault(void **state)
{
	struct fixture *f = *state;

	budget(f, "max(blackout)<=2s");
	budget(f, "max(device.82:00.0.freeze)<=2s");
	budget(f, "median(phase.freeze)<=2s");
	add(f, "first");
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	add(f, "not back\n");
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = 0;
	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 1;
	add(f, "full");
	assert_int_equal(check_budgets(&f->check, &f->budgets, &f->error), 0);
	assert_string_equal(f->check.result[0].why,
			    "in not back\\x0a: a frozen file was not seen to come back");
	assert_string_equal(f->check.result[1].why,
			    "not observed in first: there is no device '0000:82:00.0', nor any"
			    " other");
	assert_string_equal(f->check.result[2].why, "in full: spans were dropped");
}

static void test_one_bad_run_among_many(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	budget(f, "p95(blackout)<=2s");
	budget(f, "p50(blackout)<=2s");
	budget(f, "max(blackout)<=2s");
	budget(f, "max(blackout)<=1s");
	budget(f, "mean(blackout)<=2s");
	budget(f, "median(blackout)<=2s");
	add_many(f, 19);
	/* A file of one did not come back. */
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	add_many(f, 1);
	assert_int_equal(check_budgets(&f->check, &f->budgets, &f->error), 0);
	/* The 19th of 20 in order is known whatever the 20th was. */
	assert_int_equal(f->check.result[0].verdict, VERDICT_WITHIN);
	assert_int_equal(f->check.result[1].verdict, VERDICT_WITHIN);
	assert_int_equal(f->check.result[2].verdict, VERDICT_INCONCLUSIVE);
	assert_non_null(strstr(f->check.result[2].why, "in many: "));
	assert_non_null(strstr(f->check.result[2].why, "come back"));
	assert_int_equal(f->check.result[3].verdict, VERDICT_OVER);
	assert_int_equal(f->check.result[4].verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(f->check.result[5].verdict, VERDICT_WITHIN);
	/* Lost spans in one of them put all of them in doubt. */
	check_free(&f->check);
	add_many(f, 19);
	f->update.old.header->dropped[LUO_STATS_FREEZE] = 1;
	add_many(f, 1);
	assert_int_equal(check_budgets(&f->check, &f->budgets, &f->error), 0);
	for (i = 0; i < 6; i++)
		assert_int_equal(f->check.result[i].verdict,
				 i == 3 ? VERDICT_OVER : VERDICT_INCONCLUSIVE);
}

static void test_order_and_counts(void **state)
{
	struct fixture *f = *state;

	budget(f, "max(blackout)<=2s");
	budget(f, "blackout<=1s");
	budget(f, "blackout<=2s");
	budget(f, "luoscope_init<=1s");
	add(f, "first");
	assert_int_equal(try_add(f, "again"), -EEXIST);
	assert_non_null(strstr(f->error.text, "'first' and 'again'"));
	add(f, "second");
	assert_int_equal(check_budgets(&f->check, &f->budgets, &f->error), 0);
	assert_int_equal(f->check.results, 7);
	assert_string_equal(f->check.result[0].capture->name, "first");
	assert_string_equal(f->check.result[0].budget->text, "blackout<=1s");
	assert_string_equal(f->check.result[3].capture->name, "second");
	assert_null(f->check.result[6].capture);
	assert_int_equal(f->check.verdicts[VERDICT_WITHIN], 3);
	assert_int_equal(f->check.verdicts[VERDICT_OVER], 2);
	assert_int_equal(f->check.verdicts[VERDICT_INCONCLUSIVE], 2);
	assert_int_equal(check_verdict(&f->check), VERDICT_OVER);
	f->check.verdicts[VERDICT_OVER] = 0;
	assert_int_equal(check_verdict(&f->check), VERDICT_INCONCLUSIVE);
	f->check.verdicts[VERDICT_INCONCLUSIVE] = 0;
	assert_int_equal(check_verdict(&f->check), VERDICT_WITHIN);
}

/* Views */

static const char *show(struct fixture *f, int (*view)(const struct check *check, FILE *out))
{
	size_t size;
	FILE *out;

	free(f->shown);
	f->shown = NULL;
	out = open_memstream(&f->shown, &size);
	assert_int_equal(view(&f->check, out), 0);
	fclose(out);
	return f->shown;
}

static int view_text(const struct check *check, FILE *out)
{
	return view_check_text(check, out, &(struct check_text_options){ .width = 100 });
}

static int view_text_utf8(const struct check *check, FILE *out)
{
	return view_check_text(check, out,
			       &(struct check_text_options){ .width = 100, .utf8 = true });
}

static int view_text_coloured(const struct check *check, FILE *out)
{
	return view_check_text(check, out,
			       &(struct check_text_options){ .width = 60, .colour = true });
}

static void fill(struct fixture *f, const char *name)
{
	built_devices(&f->update);
	budget(f, "blackout<=2s");
	budget(f, "blackout<=1s");
	budget(f, "resets.busy==0");
	budget(f, "device.reset.max<=1ms");
	budget(f, "devices_awaited>=3");
	budget(f, "luoscope_init<=1s");
	budget(f, "max(clock.error)<=1ppm");
	add(f, name);
	assert_int_equal(check_budgets(&f->check, &f->budgets, &f->error), 0);
}

static void test_text(void **state)
{
	struct fixture *f = *state;

	fill(f, "a\x1b[2J/\xc3\xbc#<&\">.luoscope");
	assert_string_equal(
		show(f, view_text),
		"a\\x1b[2J/\\xc3\\xbc#<&\">.luoscope\n"
		"  within        blackout<=2s            1.750 s\n"
		"  over          blackout<=1s            1.750 s, 750.0 ms too much\n"
		"  over          resets.busy==0          1\n"
		"  inconclusive  device.reset.max<=1ms   at least 800.0 us\n"
		"                a step failed\n"
		"  over          devices_awaited>=3      2, 1 too few\n"
		"  inconclusive  luoscope_init<=1s       -\n"
		"                not observed: the new kernel was not started through 'luoscope init'\n"
		"\n"
		"All captures (1)\n"
		"  over          max(clock.error)<=1ppm  30.000 ppm, 29.000 ppm too much\n"
		"\n"
		"1 within, 4 over, 2 inconclusive\n");
	assert_non_null(strstr(show(f, view_text_utf8), "a\\x1b[2J/\xc3\xbc#<"));
}

/* What is wrong stands out, and sentences fit the width. */
static void test_colour(void **state)
{
	struct fixture *f = *state;

	f->check.ask = true;
	/* Only the old kernel watched virtual machines. */
	built_subject(&f->update.old, LUO_STATS_SUBJECT_VCPU, "", "", "", 0);
	fill(f, "one");
	show(f, view_text_coloured);
	assert_non_null(strstr(f->shown, "  within        blackout<=2s "));
	assert_non_null(strstr(f->shown, "  \x1b[1;31mover        \x1b[0m  blackout<=1s "));
	assert_non_null(strstr(f->shown, "  \x1b[33minconclusive\x1b[0m  luoscope_init<=1s "));
	assert_non_null(strstr(f->shown, "  \x1b[33munknown     \x1b[0m  vms      virtual machines"
					 " were not watched\n"
					 "                         in the new kernel\n"));
	assert_null(strstr(show(f, view_text), "\x1b"));
}

/* The name of the capture as TAP has it. */
#define NAME "a\\x0a\\x23\\\\\\xc3\\xbc"

static void test_tap(void **state)
{
	static const char no_init[] =
		"not observed: the new kernel was not started through 'luoscope init'";
	static const struct {
		const char *point, *verdict, *message, *value, *low, *high, *unit;
	} wanted[] = {
		{ "ok 1 - blackout<=2s, " NAME, "within", "1.750 s", "1749991250", "1749938750",
		  "1750043750", "ns" },
		{ "not ok 2 - blackout<=1s, " NAME, "over", "1.750 s, 750.0 ms too much",
		  "1749991250", "1749938750", "1750043750", "ns" },
		{ "not ok 3 - resets.busy==0, " NAME, "over", "1", "1", "1", "1", "count" },
		{ "not ok 4 - device.reset.max<=1ms, " NAME, "inconclusive",
		  "at least 800.0 us: a step failed", "799996", "799972", "~", "ns" },
		{ "not ok 5 - devices_awaited>=3, " NAME, "over", "2, 1 too few", "2", "2", "2",
		  "count" },
		{ "not ok 6 - luoscope_init<=1s, " NAME, "inconclusive", no_init, "~", "~", "~",
		  "ns" },
		{ "not ok 7 - max(clock.error)<=1ppm, all captures", "over",
		  "30.000 ppm, 29.000 ppm too much", "30000", "30000", "30000", "ppb" },
	};
	struct fixture *f = *state;
	char *text;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	fputs("TAP version 13\n1..7\n", out);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		fprintf(out,
			"%s\n  ---\n  verdict: \"%s\"\n  message: \"%s\"\n  value: %s\n"
			"  low: %s\n  high: %s\n  unit: \"%s\"\n  ...\n",
			wanted[i].point, wanted[i].verdict, wanted[i].message, wanted[i].value,
			wanted[i].low, wanted[i].high, wanted[i].unit);
	fclose(out);
	fill(f, "a\n#\\\xc3\xbc");
	assert_string_equal(show(f, view_check_tap), text);
	free(text);
}

static void test_junit(void **state)
{
	struct fixture *f = *state;
	const char *xml;

	fill(f, "\x01<\"a&b'>\xff\xef\xbf\xbe");
	xml = show(f, view_check_junit);
	assert_non_null(strstr(xml, "<testsuites name=\"luoscope\" tests=\"7\" failures=\"4\""
				    " errors=\"2\""));
	assert_non_null(strstr(xml, "<testsuite name=\"\\x01&lt;&quot;a&amp;b&apos;&gt;\\xff"
				    "\\xef\\xbf\\xbe\" tests=\"6\" failures=\"3\" errors=\"2\""));
	assert_non_null(strstr(xml, "<testsuite name=\"all captures\" tests=\"1\" failures=\"1\""
				    " errors=\"0\""));
	assert_non_null(strstr(xml, "<testcase name=\"blackout&lt;=2s\" classname="));
	assert_non_null(strstr(xml, "<failure type=\"over\" message=\"blackout&lt;=1s: 1.750 s,"
				    " 750.0 ms too much\">blackout&lt;=1s</failure>"));
	assert_non_null(strstr(xml, ": at least 800.0 us: a step failed\">"));
	/* The value of what is within, too; only a time has a time, and the blackout is the suite's. */
	assert_non_null(strstr(xml, "<system-out>1.750 s</system-out>"));
	assert_non_null(strstr(xml, "\" time=\"1.7"));
	assert_non_null(strstr(xml, "<testcase name=\"device.reset.max&lt;=1ms\" classname="));
	assert_non_null(strstr(xml, "\" time=\"0.000"));
	assert_non_null(strstr(xml, "<testcase name=\"max(clock.error)&lt;=1ppm\""
				    " classname=\"all captures\">\n"));
	assert_non_null(strstr(xml, " errors=\"2\" skipped=\"0\" time=\"1.7"));
	assert_non_null(strstr(xml, " errors=\"0\" skipped=\"0\">"));
}

/* Whether it went well is asked without budgets, and with them if that is wanted. */
static void test_outcome(void **state)
{
	struct fixture *f = *state;

	f->check.ask = true;
	built_devices(&f->update);
	add(f, "one");
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	budget(f, "blackout<=9s");
	add(f, "two");
	assert_int_equal(check_budgets(&f->check, &f->budgets, &f->error), 0);
	assert_int_equal(f->check.results, 2 * (OUTCOME_TOPICS + 1));
	assert_null(f->check.result[OUTCOME_FILES].budget);
	assert_string_equal(check_result_name(&f->check.result[OUTCOME_FILES]), "files");
	assert_int_equal(f->check.result[OUTCOME_RESETS].verdict, VERDICT_OVER);
	assert_string_equal(check_result_verdict(&f->check.result[OUTCOME_RESETS]), "no");
	assert_int_equal(f->check.result[OUTCOME_CLOCK].verdict, VERDICT_WITHIN);
	assert_int_equal(check_verdict(&f->check), VERDICT_OVER);
	show(f, view_text);
	assert_non_null(strstr(f->shown, "one: the update did not go well\n"
					 "  yes           update   the kernel was updated\n"));
	assert_non_null(
		strstr(f->shown, "\n  no            resets   1 of 2 resets did not succeed"));
	assert_non_null(strstr(f->shown, "\n  within        blackout<=9s  "));
	assert_non_null(strstr(f->shown, "\n0 of 2 updates went well\n"));
}

/* What nobody watched is not ok, and fails nothing. */
static void test_not_watched(void **state)
{
	struct fixture *f = *state;

	f->check.ask = true;
	add(f, "one");
	assert_int_equal(check_budgets(&f->check, &f->budgets, &f->error), 0);
	assert_int_equal(check_verdict(&f->check), VERDICT_WITHIN);
	show(f, view_text);
	assert_non_null(strstr(f->shown, "one: the update went well, as far as it was watched\n"));
	assert_non_null(strstr(f->shown, "\n  unknown       vms  "));
	assert_non_null(strstr(show(f, view_check_tap), "\nok 2 - vms, one # SKIP not watched\n"));
	show(f, view_check_junit);
	assert_non_null(strstr(f->shown, " skipped=\"1\""));
	assert_non_null(strstr(f->shown, "classname=\"one\">\n      <skipped/>\n"));
}

/* Of an update that did not take place, nothing else is asked. */
static void test_outcome_without_update(void **state)
{
	struct fixture *f = *state;

	f->check.ask = true;
	f->update.new.header->flags &= ~(LUO_STATS_KHO_BOOT | LUO_STATS_INCOMING_VALID);
	f->update.old.header->generation = 0;
	add(f, "one");
	assert_int_equal(check_budgets(&f->check, &f->budgets, &f->error), 0);
	assert_int_equal(f->check.results, 1);
	assert_int_equal(check_verdict(&f->check), VERDICT_INCONCLUSIVE);
	assert_string_equal(show(f, view_text),
			    "one: it is not known whether the update went well\n"
			    "  unknown       update   there was no live update\n");
}

static json_t *at(json_t *array, size_t i, const char *key)
{
	return json_object_get(json_array_get(array, i), key);
}

static void test_json(void **state)
{
	struct fixture *f = *state;
	json_t *json, *results;

	fill(f, "\x01<\xff");
	json = json_loads(show(f, view_check_json), 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "schema")), "luoscope.check/2");
	assert_string_equal(json_string_value(json_object_get(json, "verdict")), "over");
	assert_string_equal(json_string_value(at(json_object_get(json, "captures"), 0, "name")),
			    "\\x01<\\xff");
	results = json_object_get(json, "results");
	assert_int_equal(json_array_size(results), 7);
	assert_string_equal(json_string_value(at(results, 0, "budget")), "blackout<=2s");
	assert_true(json_integer_value(at(results, 0, "limit")) == 2000000000);
	assert_true(json_integer_value(at(results, 0, "capture")) == 0);
	assert_true(json_is_integer(at(results, 0, "capture")));
	assert_true(json_is_null(at(results, 0, "function")));
	assert_true(json_is_null(at(results, 0, "why")));
	assert_true(json_is_integer(at(results, 3, "value")));
	assert_true(json_is_integer(at(results, 3, "low")));
	assert_true(json_is_null(at(results, 3, "high")));
	assert_true(json_is_null(at(results, 5, "value")));
	assert_true(json_is_null(at(results, 5, "low")));
	assert_true(json_is_string(at(results, 5, "why")));
	assert_string_equal(json_string_value(at(results, 6, "function")), "max");
	assert_true(json_is_null(at(results, 6, "capture")));
	assert_string_equal(json_string_value(at(results, 6, "unit")), "ppb");
	json_decref(json);
}

static void test_measured(void **state)
{
	char buffer[BOUNDED_TEXT_BYTES];
	struct bounded measured = bounded_with_error(1234567890, 1000000);

	(void)state;
	/* No digits that were not measured. */
	assert_string_equal(format_bounded(buffer, measured, UNIT_NS), "1.235 s");
	measured = bounded_with_error(1234567890, 100000000);
	assert_string_equal(format_bounded(buffer, measured, UNIT_NS), "1.23 s +- 0.10 s");
	measured.low = BOUNDED_NO_LOW;
	assert_string_equal(format_bounded(buffer, measured, UNIT_NS), "at most 1.235 s");
	measured.high = BOUNDED_NO_HIGH;
	assert_string_equal(format_bounded(buffer, measured, UNIT_NS), "perhaps 1.235 s");
	measured.low = 1;
	assert_string_equal(format_bounded(buffer, measured, UNIT_NS), "at least 1.235 s");
	assert_string_equal(format_bounded_cell(buffer, measured, UNIT_NS), ">= 1.235 s");
	measured.high = 2000000000;
	measured.low = measured.value;
	assert_string_equal(format_bounded(buffer, measured, UNIT_NS), "1.235 s to 2.000 s");
	measured = bounded_exact(7);
	assert_string_equal(format_bounded(buffer, measured, UNIT_COUNT), "7");
	assert_string_equal(format_bounded(buffer, measured, UNIT_PPB), "0.007 ppm");
	measured.high = 9;
	assert_string_equal(format_bounded(buffer, measured, UNIT_COUNT), "7 to 9");
	measured = bounded_unknown("x");
	assert_string_equal(format_bounded(buffer, measured, UNIT_COUNT), "-");
}

static void test_errors_that_matter(void **state)
{
	static const struct {
		int64_t ns;
		uint64_t error_ns;
		const char *text;
	} list[] = {
		{ 1499000000, 200004500, "1.50 s +- 0.21 s" },
		{ 832044209, 200004500, "832 ms +- 201 ms" },
		{ -832044209, 200004500, "-832 ms +- 201 ms" },
		{ 1499000000, 14990000, "1.50 s" },
		{ 1499000000, 14990001, "1.499 s +- 0.015 s" },
		{ 123456, 2000, "123.5 us +- 2.0 us" },
		{ 1000, 11, "1.000 us +- 0.011 us" },
		{ 5, 200000000, "5 ns +- 200 ms" },
		{ 5, 200000001, "5 ns +- 201 ms" },
		{ 5, 1634001, "5 ns +- 1.7 ms" },
		{ 0, 0, "0 ns" },
	};
	char buffer[BOUNDED_TEXT_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		assert_string_equal(format_time_error(buffer, list[i].ns, list[i].error_ns),
				    list[i].text);
}

static void test_list(void **state)
{
	struct fixture *f = *state;
	const struct figure_pattern *pattern;
	size_t size, i;
	char *text;
	FILE *out;

	built_devices(&f->update);
	add(f, "one");
	out = open_memstream(&text, &size);
	assert_int_equal(view_figures(&f->check.capture->figures, out, 0), 0);
	fclose(out);
	for (i = 0; i < f->check.capture->figures.count; i++)
		assert_non_null(strstr(text, f->check.capture->figures.figure[i].name));
	assert_non_null(strstr(text, "  at least 800.0 us (a step failed)\n"));
	free(text);

	out = open_memstream(&text, &size);
	assert_int_equal(view_figure_patterns(out, 0), 0);
	fclose(out);
	for (pattern = figure_patterns; pattern->text; pattern++)
		assert_non_null(strstr(text, pattern->text));
	free(text);
}

static void test_full_device(void **state)
{
	struct fixture *f = *state;
	FILE *full = fopen("/dev/full", "w");

	fill(f, "one");
	assert_non_null(full);
	assert_int_equal(view_text(&f->check, full), -ENOSPC);
	assert_int_equal(view_check_tap(&f->check, full), -ENOSPC);
	assert_int_equal(view_check_junit(&f->check, full), -ENOSPC);
	assert_true(view_check_json(&f->check, full) < 0);
	fclose(full);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sure),
		TEST(test_error_of_measurement),
		TEST(test_not_observed),
		TEST(test_absent),
		TEST(test_absent_or_lost),
		TEST(test_files_and_devices_that_are_not_back),
		TEST(test_losses),
		TEST(test_lost_marks),
		TEST(test_clock),
		TEST(test_over_all),
		TEST(test_the_one_at_fault),
		TEST(test_one_bad_run_among_many),
		TEST(test_order_and_counts),
		TEST(test_text),
		TEST(test_colour),
		TEST(test_tap),
		TEST(test_junit),
		TEST(test_outcome),
		TEST(test_not_watched),
		TEST(test_outcome_without_update),
		TEST(test_json),
		TEST(test_measured),
		TEST(test_errors_that_matter),
		TEST(test_list),
		TEST(test_full_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
