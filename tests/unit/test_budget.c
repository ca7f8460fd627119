// SPDX-License-Identifier: GPL-2.0
/*
 * Budgets: what is one, and where what is none goes wrong.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "base/error.h"
#include "check/budget.h"

static void test_good(void **state)
{
	static const struct {
		const char *written, *text, *figure, *limit_text;
		enum budget_operator op;
		int64_t limit;
	} good[] = {
		{ "blackout<=2s", "blackout<=2s", "blackout", "2s", BUDGET_LE, 2000000000 },
		{ " blackout\t<  1.5 s ", "blackout<1.5s", "blackout", "1.5s", BUDGET_LT,
		  1500000000 },
		{ "phase.jump>=0.000001ms", "phase.jump>=0.000001ms", "phase.jump", "0.000001ms",
		  BUDGET_GE, 1 },
		{ "resets.failed==0", "resets.failed==0", "resets.failed", "0", BUDGET_EQ, 0 },
		{ "devices_awaited!=007", "devices_awaited!=007", "devices_awaited", "007",
		  BUDGET_NE, 7 },
		{ "devices_awaited>3.00", "devices_awaited>3.00", "devices_awaited", "3.00",
		  BUDGET_GT, 3 },
		{ "clock.error<=1.5ppm", "clock.error<=1.5ppm", "clock.error", "1.5ppm", BUDGET_LE,
		  1500 },
		{ "clock.error<=20ppb", "clock.error<=20ppb", "clock.error", "20ppb", BUDGET_LE,
		  20 },
		{ "blackout<=1.500000000000s", "blackout<=1.500000000000s", "blackout",
		  "1.500000000000s", BUDGET_LE, 1500000000 },
		{ "device.0000:81:00.0.freeze<=120ms", "device.0000:81:00.0.freeze<=120ms",
		  "device.0000:81:00.0.freeze", "120ms", BUDGET_LE, 120000000 },
		{ "session.\xc3\xbc.downtime<=1us", "session.\\xc3\\xbc.downtime<=1us",
		  "session.\\xc3\\xbc.downtime", "1us", BUDGET_LE, 1000 },
		{ "mark.paused<9ns", "mark.paused.0<9ns", "mark.paused.0", "9ns", BUDGET_LT, 9 },
		{ "blackout<=3000000000s", "blackout<=3000000000s", "blackout", "3000000000s",
		  BUDGET_LE, 3000000000000000000 },
	};
	struct budget_list list = {};
	struct budget_fault fault = {};
	struct error error;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct budget *budget;

		if (budget_list_add(&list, good[i].written, &fault, &error))
			fail_msg("'%s': %s", good[i].written, error.text);
		assert_int_equal(list.count, i + 1);
		budget = &list.budget[i];
		assert_string_equal(budget->text, good[i].text);
		assert_string_equal(budget->figure, good[i].figure);
		assert_string_equal(budget->limit_text, good[i].limit_text);
		assert_int_equal(budget->op, good[i].op);
		assert_true(budget->limit == good[i].limit);
		assert_false(budget->is_over_all);
	}
	budget_list_free(&list);
}

static void test_functions(void **state)
{
	static const struct {
		const char *written, *text;
		enum statistic statistic;
		unsigned int per_mille;
	} good[] = {
		{ "max(blackout)<=2s", "max(blackout)<=2s", STATISTIC_MAX, 0 },
		{ "min(blackout)>=2s", "min(blackout)>=2s", STATISTIC_MIN, 0 },
		{ "mean ( blackout ) <= 2s", "mean(blackout)<=2s", STATISTIC_MEAN, 0 },
		{ "median(devices_awaited)==2", "median(devices_awaited)==2", STATISTIC_MEDIAN, 0 },
		{ "p95(blackout)<=2s", "p95(blackout)<=2s", STATISTIC_PERCENTILE, 950 },
		{ "p5(blackout)<=2s", "p5(blackout)<=2s", STATISTIC_PERCENTILE, 50 },
		{ "p99.9(blackout)<=2s", "p99.9(blackout)<=2s", STATISTIC_PERCENTILE, 999 },
		{ "p050.0(blackout)<=2s", "p50(blackout)<=2s", STATISTIC_PERCENTILE, 500 },
	};
	struct budget_list list = {};
	struct budget_fault fault = {};
	struct error error;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (budget_list_add(&list, good[i].written, &fault, &error))
			fail_msg("'%s': %s", good[i].written, error.text);
		assert_string_equal(list.budget[i].text, good[i].text);
		assert_true(list.budget[i].is_over_all);
		assert_int_equal(list.budget[i].statistic, good[i].statistic);
		assert_int_equal(list.budget[i].per_mille, good[i].per_mille);
	}
	budget_list_free(&list);
}

/* Of each, where the caret stands: the column, from 0. */
static void test_bad(void **state)
{
	static const struct {
		const char *text;
		size_t at;
		const char *says;
	} bad[] = {
		{ "", 0, "missing figure" },
		{ "   ", 3, "missing figure" },
		{ "<=2s", 0, "missing figure" },
		{ "blackuot<=2s", 0, "did you mean 'blackout'?" },
		{ "  device.freze.max<=2s", 2, "did you mean 'device.freeze.max'?" },
		{ "session.a\\y.downtime<=2s", 9, "two hexadecimal digits" },
		{ "blackout", 8, "missing operator" },
		{ "blackout 2s", 9, "missing operator" },
		{ "blackout\xe2\x89\xa4\x32s", 8, "not an operator: write <=, in two characters" },
		{ "blackout \xe2\x89\xa5 2s", 9, "write >=," },
		{ "max(blackout)\xe2\x89\xa0\x32s", 13, "write !=," },
		{ "blackout=2s", 8, "not an operator" },
		{ "blackout=<2s", 8, "not an operator" },
		{ "blackout<>2s", 8, "not an operator" },
		{ "blackout<==2s", 8, "not an operator" },
		{ "blackout<=", 10, "missing number" },
		{ "blackout<= s", 11, "missing number" },
		{ "blackout<=.5s", 10, "missing number" },
		{ "blackout<=-1s", 10, "cannot be negative" },
		{ "mark.x.end<=--1s", 12, "missing number" },
		{ "blackout<=1.s", 12, "missing digit" },
		{ "blackout<=2", 11, "missing unit: the figure is a time" },
		{ "blackout<=2 ", 12, "missing unit" },
		{ "blackout<=2m", 11, "not a unit of this figure: it is a time: ns, us, ms or s" },
		{ "blackout<=2S", 11, "not a unit" },
		{ "blackout<=2ppm", 11, "not a unit of this figure: it is a time" },
		{ "blackout<=1,5s", 11, "not a unit" },
		{ "blackout<=1e3ms", 11, "not a unit" },
		{ "blackout<=2s)", 11, "not a unit" },
		{ "devices_awaited<=2ms", 17 + 1, "it is a count, which has none" },
		{ "devices_awaited<=2.5", 19, "a count must be a whole number" },
		{ "clock.error<=2ms", 14, "a relative error: ppb or ppm" },
		{ "clock.error<=2", 14, "a relative error: ppb or ppm" },
		{ "blackout<=0.0000000001s", 21, "finer than the resolution of the measurement" },
		{ "blackout<=1.05ns", 12, "finer" },
		{ "blackout<=99999999999999999999s", 10, "too large" },
		{ "blackout<=9999999999s", 10, "too large" },
		{ "blackout<=2s x", 13, "unexpected text" },
		{ "blackout<=2s<=3s", 11, "not a unit" },
		{ "max(blackout<=2s", 12, "missing )" },
		{ "max()<=2s", 4, "missing figure" },
		{ "max(blackout", 12, "missing )" },
		{ "blackout)<=2s", 8, "missing operator" },
		{ "(blackout)<=2s", 0, "missing figure" },
		{ "avg(blackout)<=2s", 0, "not a function" },
		{ "p0(blackout)<=2s", 0, "not a function" },
		{ "p100(blackout)<=2s", 0, "not a function" },
		{ "p(blackout)<=2s", 0, "not a function" },
		{ "p95.55(blackout)<=2s", 0, "not a function" },
		{ "p9500(blackout)<=2s", 0, "not a function" },
		{ "p95x(blackout)<=2s", 0, "not a function" },
		{ "max(p95(blackout))<=2s", 4, "there is no figure 'p95'" },
		{ "blackout<=phase.jump", 10, "missing number" },
		{ "2s>=blackout", 0, "there is no figure" },
	};
	struct budget_list list = {};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct budget_fault fault = {};
		struct error error = {};

		if (!budget_list_add(&list, bad[i].text, &fault, &error))
			fail_msg("'%s' is taken", bad[i].text);
		if (fault.at != bad[i].at || !strstr(error.text, bad[i].says))
			fail_msg("'%s': at %zu, not %zu: '%s'", bad[i].text, fault.at, bad[i].at,
				 error.text);
		assert_string_equal(fault.text, bad[i].text);
	}
	assert_int_equal(list.count, 0);
	budget_list_free(&list);
}

static void assert_caret(const char *text, size_t at, const char *printed)
{
	struct budget_fault fault = { .at = at };
	char *shown = NULL;
	size_t size;
	FILE *out = open_memstream(&shown, &size);

	strcpy(fault.text, text);
	budget_fault_print(&fault, out);
	fclose(out);
	assert_string_equal(shown, printed);
	free(shown);
}

static void test_caret(void **state)
{
	char text[BUDGET_LINE_BYTES + 1] = {};
	struct budget_fault fault = {};
	struct budget_list list = {};
	struct error error;

	(void)state;
	assert_caret("blackout<=2", 11, "  blackout<=2\n             ^\n");
	assert_caret("x", 0, "  x\n  ^\n");
	/* What is shown is never obeyed, and the caret stands under the place all the same. */
	assert_caret("\x1b[2J\tx\xff", 5, "  \\x1b[2J x\\xff\n          ^\n");
	assert_caret("", 0, "");
	memset(text, 'x', BUDGET_LINE_BYTES);
	assert_int_equal(budget_list_add(&list, text, &fault, &error), -EINVAL);
	assert_string_equal(fault.text, "");
	text[BUDGET_LINE_BYTES - 1] = '\0';
	assert_int_equal(budget_list_add(&list, text, &fault, &error), -ENOENT);
	assert_string_equal(fault.text, text);
	budget_list_free(&list);
}

/* The mistakes that the last file had, and the last of them. */
static unsigned int refused;
static struct budget_fault last_fault;
static struct error last_error;

static void refuse(const struct budget_fault *found, const struct error *why)
{
	refused++;
	last_fault = *found;
	last_error = *why;
}

static int read_path(struct budget_list *list, const char *path)
{
	refused = 0;
	return budget_list_read(list, path, refuse);
}

static int read_file(struct budget_list *list, const char *bytes, size_t size)
{
	char path[] = "/tmp/test_budget.XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	close(fd);
	err = read_path(list, path);
	unlink(path);
	return err;
}

#define READ(bytes) read_file(&list, bytes, sizeof(bytes) - 1)

static void test_files(void **state)
{
	char line[2 * BUDGET_LINE_BYTES];
	struct budget_list list = {};

	(void)state;
	assert_int_equal(READ("# What we want\n\n \t\nblackout<=2s # of all\r\nphase.jump<=1s"), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.budget[0].text, "blackout<=2s");
	assert_string_equal(list.budget[1].text, "phase.jump<=1s");
	/* They are added to those there are. */
	assert_int_equal(READ("devices_awaited==2\n"), 0);
	assert_int_equal(list.count, 3);

	assert_int_equal(READ("blackout<=2s\n\n  blackout<=2\n"), -EINVAL);
	assert_int_equal(last_fault.line, 3);
	assert_int_equal(last_fault.at, 13);
	assert_string_equal(last_fault.text, "  blackout<=2");
	assert_int_equal(READ(""), -ENODATA);
	assert_int_equal(READ("# nothing\n"), -ENODATA);
	assert_int_equal(last_fault.line, 0);
	assert_int_equal(READ("\nblackout<=2s\0x\n"), -EINVAL);
	assert_non_null(strstr(last_error.text, "0 byte"));
	assert_int_equal(last_fault.line, 2);
	assert_int_equal(READ("blackout<=2s\0"), -EINVAL);
	assert_int_equal(READ("\0"), -EINVAL);

	memset(line, ' ', sizeof(line));
	memcpy(line, "blackout<=2s", 12);
	line[BUDGET_LINE_BYTES - 1] = '\n';
	assert_int_equal(read_file(&list, line, BUDGET_LINE_BYTES), 0);
	line[BUDGET_LINE_BYTES - 1] = ' ';
	line[BUDGET_LINE_BYTES] = '\n';
	assert_int_equal(read_file(&list, line, sizeof(line)), -EINVAL);
	assert_non_null(strstr(last_error.text, "2047 bytes"));
	budget_list_free(&list);

	assert_int_equal(read_path(&list, "/nowhere"), -ENOENT);
	assert_non_null(strstr(last_error.text, "/nowhere"));
	assert_int_equal(read_path(&list, "/"), -EISDIR);
	assert_int_equal(read_path(&list, "/dev/zero"), -EINVAL);
	assert_string_equal(last_fault.text, "");
}

/* Every mistake is reported, and what is right around it is taken. */
static void test_all_mistakes(void **state)
{
	char many[2 * BUDGET_FAULTS_MAX + 5] = "";
	struct budget_list list = {};
	unsigned int i;

	(void)state;
	assert_int_equal(READ("blackuot<=2s\nblackout<=2s\n\nblackout<=2\n phase.jump<1s\nx"),
			 -ENOENT);
	assert_int_equal(refused, 3);
	assert_int_equal(last_fault.line, 6);
	assert_string_equal(last_fault.text, "x");
	assert_int_equal(list.count, 2);

	for (i = 0; i < BUDGET_FAULTS_MAX + 2; i++)
		strcat(many, "x\n");
	assert_int_equal(read_file(&list, many, strlen(many)), -ENOENT);
	assert_int_equal(refused, BUDGET_FAULTS_MAX + 1);
	assert_non_null(strstr(last_error.text, "too many mistakes"));
	/* What is no text has no further lines. */
	assert_int_equal(READ("x\n\0\nx\n"), -ENOENT);
	assert_int_equal(refused, 2);
	assert_int_equal(last_fault.line, 2);
	budget_list_free(&list);
}

/* Random texts, and budgets with random changes: nothing but an error, and a sound place of it. */
static void test_random_texts(void **state)
{
	static const char *const seeds[] = {
		"p99.9 ( device.0000:81:00.0.freeze ) <= 120.5 ms",
		"session.vm\\x20one.downtime>=1s",
		"clock.error!=3ppm",
		"phase.userspace+retrieve<1us",
		"file.a.17.downtime==99999999s",
	};
	static const char alphabet[] = "abckout.()<>=! \t0123456789\\xpms+#\n\xff";
	unsigned int seed = 20261122, taken = 0;
	long i;

	(void)state;
	for (i = 0; i < 6000; i++) {
		char text[80] = "";
		struct budget_fault fault = {};
		struct budget_list list = {};
		struct error error = {};
		unsigned int changes, length;

		if (i % 4) {
			strcpy(text, seeds[i % 5]);
			length = strlen(text);
			changes = rand_r(&seed) % 4;
		} else {
			length = changes = rand_r(&seed) % 40;
			memset(text, ' ', length);
		}
		while (changes--)
			text[rand_r(&seed) % (length + 1)] =
				alphabet[rand_r(&seed) % (sizeof(alphabet) - 1)];
		if (!budget_list_add(&list, text, &fault, &error)) {
			struct budget_list again = {};

			/* The one form of it is a budget too, and the same. */
			taken++;
			assert_int_equal(
				budget_list_add(&again, list.budget[0].text, &fault, &error), 0);
			assert_string_equal(again.budget[0].text, list.budget[0].text);
			assert_true(again.budget[0].limit == list.budget[0].limit);
			budget_list_free(&again);
		} else {
			assert_true(fault.at <= strlen(text));
			assert_true(error.text[0]);
		}
		budget_list_free(&list);
	}
	/* The seeds alone are more. */
	assert_true(taken > 900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	     cmocka_unit_test(test_functions),
		cmocka_unit_test(test_bad),	     cmocka_unit_test(test_caret),
		cmocka_unit_test(test_files),	     cmocka_unit_test(test_all_mistakes),
		cmocka_unit_test(test_random_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
