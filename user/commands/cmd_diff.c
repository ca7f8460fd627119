// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/terminal.h"
#include "capture/store.h"
#include "commands.h"
#include "common.h"
#include "diff/compare.h"
#include "diff/diff_json.h"
#include "diff/diff_text.h"
#include "diff/facts.h"
#include "diff/fold.h"
#include "figures/figure_names.h"
#include "load.h"
#include "model/model.h"
#include "report/report.h"

#define DEFAULT_TOP   20
#define DEFAULT_SHARE 0.01 /* of the blackout */

enum {
	EXIT_OVER = 2,
	EXIT_INCONCLUSIVE = 3,
};

enum {
	KEY_FIGURE = COMMAND_KEY,
	KEY_FAIL_OVER,
	KEY_MIN_CHANGE,
};

/**
 * struct arguments - what the command line says
 * @side:     the side whose captures are being parsed
 * @captures: of each side, pointers into argv
 * @names:    names of figures, each from malloc()
 * @limit:    as a fraction; negative: no limit
 * @min_share, @min_ns: see fold_figures()
 */
struct arguments {
	enum compare_side side;
	char **captures[COMPARE_SIDES];
	size_t counts[COMPARE_SIDES];
	char **names;
	size_t name_count;
	double limit;
	double min_share;
	uint64_t min_ns;
	struct command_json json;
	struct command_top top;
};

static const struct argp_option options[] = {
	{ "figure", KEY_FIGURE, "FIGURE", 0,
	  "Compare this figure instead of the blackout; may be repeated"
	  " ('luoscope check --help' lists the names)",
	  0 },
	{ "fail-over", KEY_FAIL_OVER, "N%", 0,
	  "Exit with status 2 if a chosen figure rose by more than N %, and with 3 if the runs"
	  " do not show whether it did",
	  0 },
	{ "min-change", KEY_MIN_CHANGE, "CHANGE", 0,
	  "List only changes of at least CHANGE, and count smaller ones: a time such as 10ms, or a"
	  " percentage of the blackout (default 1%)",
	  0 },
	{ 0 },
};

static void parse_figure(struct arguments *arguments, char *value, struct argp_state *state)
{
	const struct figure_pattern *pattern;
	struct error error = {};
	char *name;
	void *grown;
	size_t at, i;

	if (figure_name_parse(&name, &pattern, value, strlen(value), &at, &error)) {
		argp_error(state, "--figure: %s", error.text);
		return;
	}
	for (i = 0; i < arguments->name_count; i++)
		if (!strcmp(arguments->names[i], name)) {
			free(name);
			return;
		}
	grown = array_grow(arguments->names, arguments->name_count, sizeof(name));
	if (!grown) {
		free(name);
		argp_failure(state, 1, ENOMEM, "--figure");
		return;
	}
	arguments->names = grown;
	arguments->names[arguments->name_count++] = name;
}

/* Set @share to what a percentage such as "5%" is of 1. */
static bool parse_percentage(const char *value, double *share)
{
	char *end;

	errno = 0;
	*share = strtod(value, &end) / 100;
	return !errno && *value >= '0' && *value <= '9' && !strcmp(end, "%") && *share <= 1000;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case KEY_FIGURE:
		parse_figure(arguments, value, state);
		return 0;
	case KEY_FAIL_OVER:
		if (!parse_percentage(value, &arguments->limit))
			argp_error(state,
				   "--fail-over must be a percentage of the base, such as 5%%, not"
				   " '%s'",
				   value);
		return 0;
	case KEY_MIN_CHANGE:
		if (parse_percentage(value, &arguments->min_share))
			return 0;
		arguments->min_share = -1;
		if (parse_duration(value, &arguments->min_ns))
			argp_error(
				state,
				"--min-change must be a time such as 10ms, or a percentage of the"
				" blackout such as 1%%, not '%s'",
				value);
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->json;
		state->child_inputs[1] = &arguments->top;
		return 0;
	case ARGP_KEY_ARG:
		arguments->captures[arguments->side][arguments->counts[arguments->side]++] = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.children = command_json_top_children,
	.options = options,
	.parser = parse_option,
	.args_doc = "BASE... -- NEW...",
	.doc = "Compare the live updates of two builds: for each figure, show the change, and whether"
	       " the runs prove one. Each BASE and NEW is a capture of one update: a file, the number"
	       " of a stored capture ('luoscope list'), or \"-\" for standard input. A verdict needs at"
	       " least 4 captures on each side; 10 are better. With one on each side, differences are"
	       " shown, but no verdict. A capture without an update is left out and named.\v"
	       "The chosen figures (the blackout, unless --figure names others) are always shown, each"
	       " with a verdict of its own. All other figures are judged together and need about 8"
	       " captures on each side. If nothing changed, at most 5 of 100 comparisons show a change"
	       " by mistake (exact rank sum test). \"~\" means that no change is shown.\n\n"
	       "--fail-over compares the whole interval of the change with the limit: over if all of it"
	       " is above, within if none of it is, otherwise inconclusive. A figure is also"
	       " inconclusive if spans were dropped in one of its captures, if a clock is not"
	       " verified, or if a capture is left out.\n\n"
	       "Exit status: 0 done, or within the limit; 1 error; 2 over the limit;"
	       " 3 inconclusive.\n\n"
	       "Examples:\n"
	       "  luoscope diff old/*.luoscope -- new/*.luoscope\n"
	       "  luoscope diff --fail-over 5% old/*.luoscope -- new/*.luoscope\n"
	       "  luoscope diff --min-change 10ms old/*.luoscope -- new/*.luoscope\n"
	       "  luoscope diff --figure phase.jump 1 2 3 4 5 -- 6 7 8 9 10\n"
	       "  luoscope diff --json 1 2 3 4 5 -- 6 7 8 9 10 | jq .figures[0].verdict\n",
};

static int separator_of(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--"))
			break;
	return i;
}

/* "--" separates the two sides, and each may have options. */
static int parse_arguments(struct arguments *arguments, int argc, char **argv, struct error *error)
{
	const int separator = separator_of(argc, argv);
	int i;

	arguments->side = COMPARE_BASE;
	if (argp_parse(&argp, separator, argv, 0, NULL, arguments))
		return -EINVAL;
	if (separator == argc)
		return error_set(error, -EINVAL,
				 "\"--\" is missing: luoscope diff BASE... -- NEW...");
	if (separator_of(argc - separator, argv + separator) < argc - separator)
		return error_set(error, -EINVAL,
				 "\"--\" was given twice, but there are only two sides");
	/* argp takes the first word as the command's name, for messages. */
	argv[separator] = argv[0];
	arguments->side = COMPARE_NEW;
	if (argp_parse(&argp, argc - separator, argv + separator, 0, NULL, arguments))
		return -EINVAL;
	for (i = 0; i < COMPARE_SIDES; i++)
		if (!arguments->counts[i])
			return error_set(error, -EINVAL,
					 "there is no capture %s: luoscope diff BASE... -- NEW...",
					 i == COMPARE_BASE ? "before \"--\"" : "after \"--\"");
	return 0;
}

static int add_capture(struct comparison *comparison, enum compare_side side, const char *argument,
		       struct error *error)
{
	struct model model;
	int err = load_model(&model, argument, error);

	if (!err)
		err = compare_add(comparison, side, store_argument_name(argument), &model, error);
	model_free(&model);
	return err;
}

static int write_diff(const struct comparison *comparison, const struct arguments *arguments,
		      struct error *error)
{
	struct view_options view = { .top = arguments->top.number,
				     .terminal = terminal_width(stdout),
				     .width = terminal_text_width(stdout) };
	int err;

	view.utf8 = command_is_utf8();
	errno = 0;
	err = arguments->json.given ? view_diff_json(comparison, stdout) :
				      view_diff_text(comparison, stdout, &view);
	return err ? error_set(error, err, "cannot write the comparison: %s", strerror(-err)) : 0;
}

int cmd_diff(int argc, char **argv)
{
	struct arguments arguments = {
		.limit = -1,
		.min_share = DEFAULT_SHARE,
		.json.schema = VIEW_DIFF_JSON_SCHEMA,
		.top = { .help = "Show N of the other figures", .number = DEFAULT_TOP },
	};
	struct comparison comparison = {};
	struct error error = {};
	unsigned int side;
	size_t i;
	int err;

	for (side = 0; side < COMPARE_SIDES; side++)
		arguments.captures[side] = calloc(argc, sizeof(char *));
	if (!arguments.captures[COMPARE_BASE] || !arguments.captures[COMPARE_NEW])
		err = error_set(&error, -ENOMEM, "out of memory");
	else
		err = parse_arguments(&arguments, argc, argv, &error);
	for (side = 0; side < COMPARE_SIDES; side++)
		for (i = 0; i < arguments.counts[side] && !err; i++)
			err = add_capture(&comparison, side, arguments.captures[side][i], &error);
	if (!err)
		err = compare_runs(&comparison, arguments.names, arguments.name_count,
				   arguments.limit, &error);
	if (!err)
		fold_figures(&comparison, arguments.min_share, arguments.min_ns);
	if (!err)
		err = write_diff(&comparison, &arguments, &error);
	for (i = 0; i < arguments.name_count; i++)
		free(arguments.names[i]);
	free(arguments.names);
	free(arguments.captures[COMPARE_BASE]);
	free(arguments.captures[COMPARE_NEW]);
	side = comparison.verdict;
	compare_free(&comparison);
	if (err)
		return command_failed(&error);
	return side == COMPARE_OVER	    ? EXIT_OVER :
	       side == COMPARE_INCONCLUSIVE ? EXIT_INCONCLUSIVE :
					      0;
}
