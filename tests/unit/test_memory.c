// SPDX-License-Identifier: GPL-2.0
/*
 * What a report still says when memory is short: it may lose colours and line breaks, but no line.
 */
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/table.h"
#include "base/text.h"
#include "fixture.h"
#include "report/report.h"
#include "report/report_text.h"

/* How many calls still succeed; below 0: all. */
static int streams = -1;
static int copies = -1;

static bool may_succeed(int *left)
{
	if (!*left) {
		errno = ENOMEM;
		return false;
	}
	if (*left > 0)
		--*left;
	return true;
}

/* These come before those of the C library. */
FILE *open_memstream(char **text, size_t *size)
{
	FILE *(*real)(char **, size_t *) = dlsym(RTLD_NEXT, "open_memstream");

	return may_succeed(&streams) ? real(text, size) : NULL;
}

char *strndup(const char *text, size_t size)
{
	char *copy;

	if (!may_succeed(&copies))
		return NULL;
	copy = calloc(1, strnlen(text, size) + 1);
	return copy ? memcpy(copy, text, strnlen(text, size)) : NULL;
}

/* A device that did not come back. */
static void make_trouble(struct fixture *f)
{
	built_devices(&f->update);
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 4)->state = LUO_STATS_OPEN;
	build(f);
}

static void show(struct fixture *f, const struct view_options *options, int more_streams)
{
	FILE *out = open_text(f);

	assert_non_null(out);
	streams = more_streams;
	assert_int_equal(view_text(&f->model, out, options), 0);
	streams = -1;
	fclose(out);
}

static void test_no_sentence_is_lost(void **state)
{
	const struct view_options options = { .width = 80, .full = true };
	struct fixture *f = *state;
	char *whole;

	make_trouble(f);
	show(f, &options, -1);
	assert_says(f, "\nTrouble ");
	whole = strdup(f->text);
	/* The first one is the report itself. */
	show(f, &options, 1);
	assert_string_equal(f->text, whole);
	free(whole);
}

static void test_no_line_is_lost(void **state)
{
	static const char text[] = STYLE_BAD "one two three\n  four five six\n";
	struct fixture *f = *state;
	FILE *out;

	out = open_text(f);
	streams = 0;
	print_lines(out, text, 8, false);
	streams = -1;
	fclose(out);
	assert_string_equal(f->text, "one two three\n  four five six\n");

	out = open_text(f);
	copies = 0;
	print_lines(out, text, 8, false);
	copies = -1;
	fclose(out);
	assert_string_equal(f->text, "one two three\n  four five six\n");
}

/* The sanitizer would find what is not freed. */
static void test_a_table_that_is_not_printed_is_freed(void **state)
{
	struct table table = { .columns = 2, .heading = { "a", "b" } };

	(void)state;
	table_cell(&table, "1");
	table_cell(&table, "2");
	table_free(&table);
	assert_null(table.cell);
	assert_int_equal(table.cells, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_sentence_is_lost),
		TEST(test_no_line_is_lost),
		TEST(test_a_table_that_is_not_printed_is_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
