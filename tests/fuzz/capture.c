// SPDX-License-Identifier: GPL-2.0
/*
 * A capture file, in every view, and in the list of a store.
 */
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "fuzz.h"

/* A store of this capture alone. */
static void make_store(const uint8_t *bytes, size_t size)
{
	const char *base = getenv("TMPDIR");
	static char dir[256], path[300];
	FILE *file;

	if (!*dir) {
		snprintf(dir, sizeof(dir), "%s/fuzz-XXXXXX", base ? base : "/tmp");
		fuzz_expect(mkdtemp(dir) && !setenv("LUOSCOPE_STORE", dir, 1), "%s cannot be made",
			    dir);
		snprintf(path, sizeof(path), "%s/1.luoscope", dir);
	}
	file = fopen(path, "w");
	fuzz_expect(file && fwrite(bytes, 1, size, file) == size && !fclose(file),
		    "%s cannot be written", path);
}

/* The command writes to standard output. */
static void list(const uint8_t *bytes, size_t size)
{
	char *words[] = { (char *)"luoscope list", (char *)"--json", NULL };
	const bool is_json = fuzz_choice(2);
	FILE *const standard = stdout;
	struct fuzz_output output;
	int status;

	make_store(bytes, size);
	stdout = fuzz_output_begin(&output);
	status = cmd_list(1 + is_json, words);
	stdout = standard;
	if (is_json)
		fuzz_output_json(&output, "list", status, false);
	else
		fuzz_output_text(&output, "list", status, 0, false);
}

static void run(const uint8_t *bytes, size_t size)
{
	struct capture capture;
	struct error error = {};
	struct model model = {};
	bool is_refused;

	is_refused = capture_parse(&capture, bytes, size, &error) ||
		     model_build(&model, &capture, &error);
	if (is_refused)
		fuzz_expect(*error.text, "it is refused without a word");
	else
		fuzz_views(&model);
	model_free(&model);
	if (!is_refused && !fuzz_choice(8))
		list(bytes, size);
}

const struct fuzz_target fuzz_capture = {
	.name = "capture",
	.share = 38,
	.most = 128 << 10,
	.run = run,
	.mutate = capture_edit,
	.seed = capture_shrink,
};
