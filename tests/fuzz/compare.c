// SPDX-License-Identifier: GPL-2.0
/*
 * Captures one after another, in turn of the base and of the new build, compared.
 */
#include <stdlib.h>
#include <string.h>

#include "diff/compare.h"
#include "diff/diff_json.h"
#include "diff/diff_text.h"
#include "diff/fold.h"
#include "fuzz.h"
#include "report/report.h"

#define CAPTURES_MAX 4
/* A verdict needs several runs; each capture stands for so many, a little apart. */
#define RUNS	 4
#define APART_NS 1000
/* A terminal for which its headings are made. */
#define DIFF_WIDTH_MIN 72

/* Returns false if it is no run. */
static bool add_runs(struct comparison *comparison, enum compare_side side, struct model *model)
{
	struct error error = {};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < RUNS; i++) {
		/* Each is of an update of its own. */
		model->generation = 2 * comparison->runs[side] + side;
		if (model->blackout.known && model->blackout.value < INT64_MAX / 2)
			model->blackout = bounded_minus(model->blackout, -APART_NS);
		err = compare_add(comparison, side, "a capture\xff", model, &error);
		fuzz_expect(!err || *error.text, "it is refused without a word");
	}
	return !err;
}

static bool add_capture(struct comparison *comparison, enum compare_side side, const uint8_t *bytes,
			size_t size)
{
	struct capture capture;
	struct model model = {};
	struct error error = {};
	bool is_added;

	is_added = !capture_parse(&capture, bytes, size, &error) &&
		   !model_build(&model, &capture, &error) && add_runs(comparison, side, &model);
	model_free(&model);
	return is_added;
}

static void show(const struct comparison *comparison)
{
	const struct view_options options = { .width = DIFF_WIDTH_MIN + fuzz_choice(160),
					      .terminal = true,
					      .utf8 = fuzz_choice(2),
					      .top = fuzz_choice(2) ? 0 : 3 };
	struct fuzz_output output;

	fuzz_output_json(&output, "diff", view_diff_json(comparison, fuzz_output_begin(&output)),
			 false);
	fuzz_output_text(&output, "diff",
			 view_diff_text(comparison, fuzz_output_begin(&output), &options),
			 options.width, options.utf8);
}

static void run(const uint8_t *bytes, size_t size)
{
	static char *const names[][3] = {
		{ (char *)"phase.jump", (char *)"blackout", (char *)"device.downtime.max" },
		{ (char *)"blackout" },
	};
	struct comparison comparison = {};
	struct error error = {};
	unsigned int i;
	size_t length;

	for (i = 0; size && i < CAPTURES_MAX; i++, bytes += length, size -= length) {
		length = capture_end(bytes, size);
		add_capture(&comparison, i % COMPARE_SIDES, bytes, length);
	}
	if (comparison.runs[COMPARE_BASE] && comparison.runs[COMPARE_NEW]) {
		i = fuzz_choice(2);
		fuzz_expect(!compare_runs(&comparison, names[i], i ? 1 : 3,
					  fuzz_choice(2) ? 0.05 : -1, &error),
			    "out of memory");
		fold_figures(&comparison, 0.01, 0);
		show(&comparison);
	}
	compare_free(&comparison);
}

/* Change one of them. */
static size_t mutate(uint8_t *bytes, size_t size, size_t max, unsigned int seed)
{
	const size_t first = capture_end(bytes, size);
	size_t second = size - first, room = max - size;
	uint8_t *edited;

	if (first > size || first == size || seed % 2 == 0) {
		/* What follows moves with its end. */
		edited = malloc(max);
		fuzz_expect(edited, "out of memory");
		second = first < size ? size - first : 0;
		size = size - second;
		memcpy(edited, bytes, size);
		size = capture_edit(edited, size, size + room, seed / 2);
		memmove(bytes + size, bytes + first, second);
		memcpy(bytes, edited, size);
		free(edited);
		return size + second;
	}
	return first + capture_edit(bytes + first, second, second + room, seed / 2);
}

static void seed(const struct capture *capture, FILE *out)
{
	capture_shrink(capture, out);
	capture_shrink(capture, out);
}

const struct fuzz_target fuzz_compare = {
	.name = "compare",
	.share = 10,
	.most = 160 << 10,
	.run = run,
	.mutate = mutate,
	.seed = seed,
};
