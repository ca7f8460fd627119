// SPDX-License-Identifier: GPL-2.0

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "diff/compare.h"
#include "figures/figures.h"
#include "fixture.h"
#include "model/model.h"
#include "report/report.h"
#include "report/report_json.h"
#include "report/report_text.h"
#include "timeline/timeline.h"

#define ERROR_PPM 60

int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	built_update_init(&f->update);
	built_capture(&f->update, &f->capture);
	*state = f;
	return 0;
}

int set_up_devices(void **state)
{
	struct fixture *f;

	set_up(state);
	f = *state;
	built_devices(&f->update);
	return 0;
}

int tear_down(void **state)
{
	struct fixture *f = *state;

	compare_free(&f->comparison);
	timeline_free(&f->timeline);
	figures_free(&f->figures);
	model_free(&f->model);
	built_update_free(&f->update);
	free(f->text);
	json_decref(f->json);
	free(f);
	return 0;
}

void build(struct fixture *f)
{
	model_free(&f->model);
	assert_int_equal(model_build(&f->model, &f->capture, &f->error), 0);
}

FILE *open_text(struct fixture *f)
{
	free(f->text);
	f->text = NULL;
	return open_memstream(&f->text, &f->size);
}

void parse_text(struct fixture *f)
{
	json_error_t error;

	json_decref(f->json);
	f->json = json_loads(f->text, 0, &error);
	if (!f->json)
		fail_msg("%s in %s", error.text, f->text);
}

void show_model(struct fixture *f, const struct view_options *options)
{
	FILE *out;

	build(f);
	out = open_text(f);
	assert_int_equal(view_json(&f->model, out), 0);
	fclose(out);
	parse_text(f);
	out = open_text(f);
	assert_int_equal(view_text(&f->model, out, options), 0);
	fclose(out);
	if (!options->utf8)
		assert_plain(f);
}

bool has_note(const struct fixture *f, const char *part)
{
	size_t i;

	for (i = 0; i < f->model.notes; i++)
		if (strstr(f->model.note[i], part))
			return true;
	return false;
}

void assert_plain(const struct fixture *f)
{
	const char *p, *line;

	for (p = line = f->text; *p; p++) {
		if ((*p < 0x20 && *p != '\n') || *p > 0x7e)
			fail_msg("byte %02x in the text", (unsigned char)*p);
		if (*p == '\n') {
			/* Rows of tables are as wide as they need. */
			if (p - line > 100 && *line != ' ')
				fail_msg("too wide: %.*s", (int)(p - line), line);
			line = p + 1;
		}
	}
}

void assert_says(const struct fixture *f, const char *part)
{
	if (!strstr(f->text, part))
		fail_msg("'%s' is not in\n%s", part, f->text);
}

void assert_within(int64_t a, int64_t b, int64_t error)
{
	if (a - b > error || b - a > error)
		fail_msg("%lld is not within %lld of %lld", (long long)a, (long long)error,
			 (long long)b);
}

void assert_near(struct bounded time, int64_t ns)
{
	assert_true(time.known);
	assert_within(time.value, ns, llabs(ns) * ERROR_PPM / 1000000 + 1000);
}

void assert_estimate(struct estimate time, int64_t ns)
{
	assert_near(bounded_estimate(time), ns);
}
