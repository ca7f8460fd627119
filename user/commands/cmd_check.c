// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "capture/store.h"
#include "check/budget.h"
#include "check/check.h"
#include "check/check_json.h"
#include "check/check_junit.h"
#include "check/check_text.h"
#include "check/list_json.h"
#include "commands.h"
#include "common.h"
#include "load.h"
#include "model/model.h"

#define THIS_HOST "this host"
/* Longer lines are hard to read. */
#define TEXT_WIDTH 100

enum {
	KEY_FORMAT = COMMAND_KEY,
	KEY_OUTCOME,
};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_TAP, FORMAT_JUNIT, FORMATS };

static const char *const formats[] = { "text", "json", "tap", "junit" };

/* Exit statuses. No other outcome may have one of these. */
static const int statuses[] = {
	[VERDICT_WITHIN] = 0,
	[VERDICT_OVER] = 2,
	[VERDICT_INCONCLUSIVE] = 3,
};

struct arguments {
	struct budget_list budgets;
	bool has_fault;	  /* of the budgets */
	bool reads_stdin; /* for budgets */
	enum format format;
	bool has_format;
	struct command_json json;
	bool list;
	bool ask;	 /* whether the update went well */
	char **captures; /* ends with NULL; NULL itself: the update that started this kernel */
};

static const struct argp_option options[] = {
	{ "budget", 'b', "BUDGET", 0, "Check this budget; may be repeated", 0 },
	{ "budget-file", 'f', "FILE", 0,
	  "Check the budgets in FILE (\"-\": standard input), one on each line; # begins a comment; may be repeated",
	  0 },
	{ "format", KEY_FORMAT, "FORMAT", 0, "Write text (the default), json, tap or junit", 0 },
	{ "outcome", KEY_OUTCOME, NULL, 0,
	  "Ask whether the update went well; without a budget, this is always asked", 0 },
	{ "list", 'l', NULL, 0,
	  "List what a budget can be about; with a CAPTURE, its figures with their values; with"
	  " --json, in the schema " VIEW_FIGURES_JSON_SCHEMA,
	  0 },
	{ 0 },
};

/* Print what is wrong, and where in the budget. */
static void refuse_budget(const struct budget_fault *fault, const struct error *error)
{
	char *path = fault->line ? escape_text_whole(fault->path, false) : NULL;

	/* What is said of a text is plain: the names in it are escaped as those of figures. */
	if (path)
		fprintf(stderr, "luoscope: %s:%zu: %s\n", path, fault->line, error->text);
	else if (fault->text[0])
		fprintf(stderr, "luoscope: %s\n", error->text);
	else
		command_failed(error);
	budget_fault_print(fault, stderr);
	free(path);
}

/* The same format may be given twice. Of two different ones, only one could be written. */
static void set_format(struct arguments *arguments, enum format format, struct argp_state *state)
{
	if (arguments->has_format && arguments->format != format)
		argp_error(state, "one format at a time: %s or %s", formats[arguments->format],
			   formats[format]);
	arguments->format = format;
	arguments->has_format = true;
}

static void set_json(struct arguments *arguments, struct argp_state *state)
{
	if (arguments->has_format && arguments->format != FORMAT_JSON)
		argp_error(state, "one format at a time: json or %s", formats[arguments->format]);
	arguments->format = FORMAT_JSON;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct budget_fault fault = {};
	struct error error;
	unsigned int format;
	char **path;

	switch (key) {
	case 'b':
		if (budget_list_add(&arguments->budgets, value, &fault, &error)) {
			refuse_budget(&fault, &error);
			arguments->has_fault = true;
		}
		return 0;
	case 'f':
		if (!strcmp(value, "-") && arguments->reads_stdin)
			argp_error(state, "standard input has only one file of budgets");
		arguments->reads_stdin |= !strcmp(value, "-");
		if (budget_list_read(&arguments->budgets, value, refuse_budget))
			arguments->has_fault = true;
		return 0;
	case KEY_FORMAT:
		for (format = 0; format < FORMATS && strcmp(value, formats[format]) != 0; format++)
			;
		if (format == FORMATS)
			argp_error(state, "--format must be text, json, tap or junit, not '%s'",
				   value);
		set_format(arguments, format, state);
		return 0;
	case KEY_OUTCOME:
		arguments->ask = true;
		return 0;
	case 'l':
		arguments->list = true;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->json;
		return 0;
	case ARGP_KEY_ARGS:
		arguments->captures = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		for (path = arguments->captures; arguments->reads_stdin && path && *path; path++)
			if (!strcmp(*path, "-"))
				argp_error(state,
					   "standard input cannot be both budgets and a capture");
		/* All mistakes have been reported. */
		if (arguments->has_fault)
			exit(1);
		if (arguments->json.given)
			set_json(arguments, state);
		if (arguments->list &&
		    (arguments->budgets.count || arguments->ask || arguments->format > FORMAT_JSON))
			argp_error(state,
				   "--list is written as text or json, and cannot be combined"
				   " with budgets or --outcome");
		if (!arguments->budgets.count)
			arguments->ask = true;
		if (arguments->list && arguments->captures && arguments->captures[1])
			argp_error(state, "--list shows the figures of one capture at a time");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of figures comes from their table. */
static char *add_figures(int key, const char *text, void *input)
{
	char *help = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&help, &size);
	if (!out)
		return (char *)text;
	fputs("A budget is FIGURE OP LIMIT, such as 'blackout<=2s'. OP is one of <= < >= > == !=."
	      " LIMIT is a number with a unit: ns, us, ms or s for a time, ppb or ppm for an error,"
	      " none for a count. FUNCTION(FIGURE) OP LIMIT is about all captures together; FUNCTION"
	      " is min, max, mean, median, or a percentile (p95, p99.9).\n\nFigures:\n",
	      out);
	view_figure_patterns(out, 0);
	fputs(text, out);
	fclose(out);
	return help;
}

static const struct argp argp = {
	.children = command_json_children,
	.options = options,
	.parser = parse_option,
	.args_doc = "[CAPTURE...]",
	.doc = "Ask whether live updates went well, or check them against budgets: the update in each"
	       " CAPTURE, or the one that started the running kernel. An update went well if every"
	       " file, device and virtual machine is back and no reset failed. The answer is not"
	       " known if that was not watched, spans were dropped or the clock is contradicted; only"
	       " virtual machines need not be watched, because a host without KVM has none. A CAPTURE is a file, the number of a stored capture"
	       " ('luoscope list'), or \"-\" for standard input.\v"
	       "\nSTAT is max, min, mean or median. DEVICE, SESSION and NAME are names as in the"
	       " report, a DEVICE also without its domain 0000; each byte that is not a letter, a digit or one of -_:.@/+ is written as"
	       " \\xNN.\n\n"
	       "Exit status: 0 everything went well and is within budget; 1 error; 2 something did not"
	       " go well, or is over budget; 3 neither, but something is not known or"
	       " inconclusive.\n\n"
	       "Examples:\n"
	       "  luoscope check\n"
	       "  luoscope check --budget 'blackout<=2s' --budget 'resets.failed==0'\n"
	       "  luoscope check --budget-file update.budget update.luoscope\n"
	       "  luoscope check --budget 'p95(blackout)<=2s' runs/*.luoscope\n"
	       "  luoscope check --budget-file update.budget --format junit 12 >update.xml\n"
	       "  luoscope check --list update.luoscope\n"
	       "  luoscope check --list --json update.luoscope\n",
	.help_filter = add_figures,
};

static int add_capture(struct check *check, const char *name, struct error *error)
{
	struct model model;
	int err = load_model(&model, name, error);

	if (!err)
		err = check_add(check, name ? store_argument_name(name) : THIS_HOST, &model, error);
	model_free(&model);
	return err;
}

/* @capture: NULL: what there can be in a capture */
static int write_list(const struct check_capture *capture, enum format format)
{
	if (format == FORMAT_JSON)
		return view_figures_json(capture, stdout);
	return capture ? view_figures(&capture->figures, stdout, terminal_width(stdout)) :
			 view_figure_patterns(stdout, terminal_width(stdout));
}

static int write_text(const struct check *check)
{
	struct check_text_options view = { .width = terminal_text_width(stdout),
					   .utf8 = command_is_utf8(),
					   .colour = terminal_has_colour(stdout) };

	if (!view.width || view.width > TEXT_WIDTH)
		view.width = TEXT_WIDTH;
	return view_check_text(check, stdout, &view);
}

static int write_results(const struct check *check, const struct arguments *arguments)
{
	errno = 0;
	if (arguments->list)
		return write_list(check->capture, arguments->format);
	switch (arguments->format) {
	case FORMAT_JSON:
		return view_check_json(check, stdout);
	case FORMAT_TAP:
		return view_check_tap(check, stdout);
	case FORMAT_JUNIT:
		return view_check_junit(check, stdout);
	default:
		return write_text(check);
	}
}

int cmd_check(int argc, char **argv)
{
	struct arguments arguments = { .json.schema = VIEW_CHECK_JSON_SCHEMA };
	struct check check = {};
	struct error error = {};
	int err = 0, status;
	size_t i;

	if (argp_parse(&argp, argc, argv, 0, NULL, &arguments))
		return 1;
	if (arguments.list && !arguments.captures) {
		errno = 0;
		err = write_list(NULL, arguments.format);
		if (err)
			error_set(&error, err, "cannot write the list: %s", strerror(-err));
		return err ? command_failed(&error) : 0;
	}
	check.ask = arguments.ask;
	if (!arguments.captures)
		err = add_capture(&check, NULL, &error);
	for (i = 0; !err && arguments.captures && arguments.captures[i]; i++)
		err = add_capture(&check, arguments.captures[i], &error);
	if (!err && !arguments.list)
		err = check_budgets(&check, &arguments.budgets, &error);
	status = arguments.list ? 0 : statuses[check_verdict(&check)];
	if (!err) {
		err = write_results(&check, &arguments);
		if (err)
			error_set(&error, err, "cannot write the results: %s", strerror(-err));
	}
	check_free(&check);
	budget_list_free(&arguments.budgets);
	return err ? command_failed(&error) : status;
}
