// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_values.h"
#include "base/terminal.h"
#include "capture/capture.h"
#include "commands.h"
#include "common.h"
#include "load.h"
#include "model/model.h"
#include "model/pci_ids.h"
#include "timeline/draw.h"
#include "timeline/html.h"
#include "timeline/perfetto.h"
#include "timeline/svg.h"
#include "timeline/timeline.h"
#include "timeline/timeline_json.h"
#include "timeline/timeline_text.h"

#define DEFAULT_TOP   10
#define DEFAULT_WIDTH 100

/* The page compares two. */
#define CAPTURES 2

enum {
	KEY_HTML = COMMAND_KEY,
	KEY_SVG,
	KEY_PERFETTO,
};

struct arguments {
	const char *path[CAPTURES];
	size_t paths;
	const char *html;
	const char *svg;
	const char *perfetto;
	struct command_json json;
	struct command_top top;
};

static const struct argp_option options[] = {
	{ "html", KEY_HTML, "FILE", 0,
	  "Write a page for a browser to FILE (\"-\": standard output); it needs no network, and can"
	  " show two captures on one scale",
	  0 },
	{ "svg", KEY_SVG, "FILE", 0, "Write an SVG picture to FILE (\"-\": standard output)", 0 },
	{ "perfetto", KEY_PERFETTO, "FILE", 0,
	  "Write a trace for Perfetto to FILE (\"-\": standard output)", 0 },
	{ 0 },
};

/* If an option is given twice, only one of the files could be written. */
static void set_output(const char **output, const char *path, const char *option,
		       struct argp_state *state)
{
	if (*output)
		argp_error(state, "--%s was given twice, but it writes only one file", option);
	*output = path;
}

/* No option may overwrite the output of another one, or a capture. */
static void check_outputs(const struct arguments *arguments, struct argp_state *state)
{
	const char *const output[] = { arguments->html, arguments->svg, arguments->perfetto };
	const size_t outputs = ARRAY_SIZE(output);
	size_t i, j;

	for (i = 0; i < outputs; i++) {
		for (j = 0; j < i && output[i]; j++)
			if (output[j] && file_is_same(output[i], output[j]))
				argp_error(state, "%s was given as the output of two options",
					   output[i]);
		if (output[i] && capture_is_file(output[i]))
			argp_error(state, "%s is a capture, which would be overwritten", output[i]);
	}
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case KEY_HTML:
		set_output(&arguments->html, value, "html", state);
		return 0;
	case KEY_SVG:
		set_output(&arguments->svg, value, "svg", state);
		return 0;
	case KEY_PERFETTO:
		set_output(&arguments->perfetto, value, "perfetto", state);
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->json;
		state->child_inputs[1] = &arguments->top;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->paths == CAPTURES)
			argp_error(state, "at most two captures can be drawn");
		arguments->path[arguments->paths++] = value;
		return 0;
	case ARGP_KEY_END:
		if (arguments->json.given &&
		    (arguments->html || arguments->svg || arguments->perfetto))
			argp_error(state, "--json writes to standard output: give it alone");
		if (arguments->paths > 1 &&
		    (!arguments->html || arguments->svg || arguments->perfetto))
			argp_error(state, "only --html can draw two captures");
		check_outputs(arguments, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char top_help[] =
	"Draw the N lanes of each kind with the longest downtime, those that are not back first";

static const struct argp argp = {
	.children = command_json_top_children,
	.options = options,
	.parser = parse_option,
	.args_doc = "[CAPTURE [CAPTURE]]",
	.doc = "Draw a live update: both kernels on one time axis, the phases, and a lane for each"
	       " virtual machine, device, file and mark; below it, each attempt that failed. Without"
	       " CAPTURE, draw the update that started the running kernel. A CAPTURE is a file, the"
	       " number of a stored capture ('luoscope list'), or \"-\" for standard input.\vExamples:\n"
	       "  luoscope timeline\n"
	       "  luoscope timeline --top 0 update.luoscope | less -S\n"
	       "  luoscope timeline --html update.html update.luoscope\n"
	       "  luoscope timeline --html both.html before.luoscope after.luoscope\n"
	       "  luoscope timeline --svg update.svg --perfetto update.pftrace update.luoscope\n",
};

/* One capture and its timeline. */
struct picture {
	struct model model;
	struct timeline timeline;
};

static int make_picture(struct picture *picture, const char *path, struct error *error)
{
	int err = load_model(&picture->model, path, error);

	if (!err)
		err = pci_ids_name_devices(&picture->model, NULL, error);
	if (!err)
		err = timeline_make(&picture->timeline, &picture->model, error);
	return err;
}

static void free_picture(struct picture *picture)
{
	timeline_free(&picture->timeline);
	model_free(&picture->model);
}

static int write_text(const struct picture *picture, unsigned int top)
{
	struct timeline_options view = { .width = terminal_text_width(stdout),
					 .whole = !terminal_width(stdout),
					 .top = top };

	if (!view.width)
		view.width = DEFAULT_WIDTH;
	view.utf8 = command_is_utf8();
	return view_timeline_text(&picture->timeline, &picture->model, stdout, &view);
}

typedef int (*drawer)(const struct picture *picture, const struct arguments *arguments, FILE *out);

static int draw_svg(const struct picture *picture, const struct arguments *arguments, FILE *out)
{
	(void)arguments;
	return view_svg(&picture->timeline, &picture->model, out);
}

static int draw_perfetto(const struct picture *picture, const struct arguments *arguments,
			 FILE *out)
{
	(void)arguments;
	return view_perfetto(&picture->timeline, &picture->model, out);
}

static int draw_html(const struct picture *picture, const struct arguments *arguments, FILE *out)
{
	json_t *list = json_array();
	int err = -ENOMEM;
	size_t i;

	for (i = 0; i < arguments->paths || !i; i++) {
		json_t *value = timeline_json(&picture[i].timeline, &picture[i].model);

		if (value && arguments->paths > 1 &&
		    json_object_set_new(value, "capture", json_text(arguments->path[i]))) {
			json_decref(value);
			value = NULL;
		}
		list = json_append(list, value);
	}
	if (list)
		err = view_html(list, out);
	json_decref(list);
	return err;
}

/* As of any new file: a picture has the names that the capture has, which only root can read. */
static mode_t mode_of_picture(void)
{
	const mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* The file is replaced whole or not at all, so the picture is drawn in memory first. */
static int write_file(const char *path, drawer draw_picture, const struct picture *picture,
		      const struct arguments *arguments, struct error *error)
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *out;
	int err;

	if (!path)
		return 0;
	out = open_memstream(&bytes, &size);
	if (!out)
		return error_set(error, -ENOMEM, "out of memory");
	errno = 0;
	err = draw_picture(picture, arguments, out);
	if (fclose(out) && !err)
		err = -ENOMEM;
	if (err)
		error_set(error, err, "cannot draw %s: %s", path, strerror(-err));
	else
		err = file_write(path, bytes, size, mode_of_picture(), error);
	free(bytes);
	return err;
}

static int write_json(const struct picture *picture)
{
	return json_write(timeline_json(&picture->timeline, &picture->model), stdout, JSON_COMPACT);
}

static int draw(const struct picture *picture, const struct arguments *arguments,
		struct error *error)
{
	int err;

	err = write_file(arguments->html, draw_html, picture, arguments, error);
	if (err)
		return err;
	err = write_file(arguments->svg, draw_svg, picture, arguments, error);
	if (err)
		return err;
	err = write_file(arguments->perfetto, draw_perfetto, picture, arguments, error);
	if (err || arguments->html || arguments->svg || arguments->perfetto)
		return err;
	errno = 0;
	err = arguments->json.given ? write_json(picture) :
				      write_text(picture, arguments->top.number);
	return err ? error_set(error, err, "cannot write the timeline: %s", strerror(-err)) : 0;
}

int cmd_timeline(int argc, char **argv)
{
	struct arguments arguments = {
		.json.schema = TIMELINE_JSON_SCHEMA,
		.top = { .help = top_help, .number = DEFAULT_TOP },
	};
	struct picture picture[CAPTURES] = {};
	struct error error = {};
	size_t i;
	int err;

	if (argp_parse(&argp, argc, argv, 0, NULL, &arguments))
		return 1;
	err = make_picture(&picture[0], arguments.path[0], &error);
	for (i = 1; !err && i < arguments.paths; i++)
		err = make_picture(&picture[i], arguments.path[i], &error);
	if (!err)
		err = draw(picture, &arguments, &error);
	for (i = 0; i < CAPTURES; i++)
		free_picture(&picture[i]);
	return err ? command_failed(&error) : 0;
}
