// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/terminal.h"
#include "commands.h"
#include "common.h"
#include "figures/figures.h"
#include "load.h"
#include "model/model.h"
#include "model/pci_ids.h"
#include "report/report.h"
#include "report/report_json.h"
#include "report/report_text.h"
#include "report/summary.h"
#include "report/summary_text.h"
#include "report/text_devices.h"

#define DEFAULT_TOP 10

enum {
	KEY_COLUMNS = COMMAND_KEY,
};

struct arguments {
	char **path;
	size_t paths;
	struct command_json json;
	struct command_top top;
	struct view_options view;
};

static const struct argp_option options[] = {
	{ "device", 'd', "BDF", 0, "Show only this preserved device; may be repeated", 0 },
	{ "sort", 's', "COLUMN", 0, "Sort the preserved devices by this column, the longest first",
	  0 },
	{ "columns", KEY_COLUMNS, "COLUMN,...", 0,
	  "Show only a table of the preserved devices, with these columns", 0 },
	{ "no-headings", 'H', NULL, 0, "Leave out the headings of the tables of devices", 0 },
	{ 0 },
};

/* The number of the column whose name is the first @length bytes of @name. */
static unsigned int parse_column(const char *name, size_t length, struct argp_state *state)
{
	char text[32], known[256] = "";
	unsigned int i;
	int column;

	snprintf(text, sizeof(text), "%.*s", (int)length, name);
	column = view_column(text);
	if (column >= 0)
		return column;
	for (i = 0; i < VIEW_COLUMNS; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i ? ", " : "", view_column_name(i));
	argp_error(state, "there is no column '%.*s'; the columns are %s", (int)length, name,
		   known);
	return 0;
}

static void parse_columns(const char *list, struct view_options *view, struct argp_state *state)
{
	view->columns = 0;
	for (;;) {
		const size_t length = strcspn(list, ",");

		if (view->columns == VIEW_COLUMNS)
			argp_error(state, "at most %d columns can be shown", VIEW_COLUMNS);
		view->column[view->columns++] = parse_column(list, length, state);
		list += length;
		if (!*list++)
			return;
	}
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->json;
		state->child_inputs[1] = &arguments->top;
		return 0;
	case 'd':
		if (arguments->view.devices == VIEW_DEVICES)
			argp_error(state, "at most %d devices can be named", VIEW_DEVICES);
		arguments->view.device[arguments->view.devices++] = value;
		return 0;
	case 's':
		arguments->view.sort = parse_column(value, strlen(value), state);
		arguments->view.is_sorted = true;
		return 0;
	case KEY_COLUMNS:
		parse_columns(value, &arguments->view, state);
		return 0;
	case 'H':
		arguments->view.no_headings = true;
		return 0;
	case ARGP_KEY_ARG:
		arguments->path[arguments->paths++] = value;
		return 0;
	case ARGP_KEY_END:
		if (arguments->json.given &&
		    (arguments->view.columns || arguments->view.devices ||
		     arguments->view.is_sorted || arguments->view.no_headings))
			argp_error(state, "--json always has everything: select from it with jq");
		if (arguments->paths > 1 &&
		    (arguments->view.columns || arguments->view.devices ||
		     arguments->view.is_sorted || arguments->view.no_headings))
			argp_error(state,
				   "devices and columns can be chosen only with a single capture");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.children = command_json_top_children,
	.options = options,
	.parser = parse_option,
	.args_doc = "[CAPTURE...]",
	.doc = "Show where the blackout of a live update went: of the update in CAPTURE, or of the one"
	       " that started the running kernel. CAPTURE is a file, the number of a stored capture"
	       " ('luoscope list'), or \"-\" for standard input. With several captures, show the"
	       " minimum, the median and the maximum of each figure, and which captures have them.\v"
	       "Examples:\n"
	       "  luoscope report\n"
	       "  luoscope report --top 0 update.luoscope\n"
	       "  luoscope report 12\n"
	       "  luoscope report run-*.luoscope\n"
	       "  luoscope report --sort reset --top 3 --columns device,method,reset,excess 12\n"
	       "  luoscope report --json update.luoscope | jq .update.blackout_ns\n",
};

/* A device that is not in the update must not look like one about which nothing is known. */
static int check_devices(const struct model *model, const struct view_options *view,
			 struct error *error)
{
	size_t i, j;

	for (i = 0; i < view->devices; i++) {
		for (j = 0; j < model->devices; j++)
			if (!strcmp(view->device[i], model->device[j].name))
				break;
		if (j == model->devices)
			return error_set(
				error, -ENODEV,
				"there is no preserved device '%s' in this update; 'luoscope report --columns device' lists them",
				view->device[i]);
	}
	return 0;
}

static int report_one(struct arguments *arguments, struct error *error)
{
	struct view_options *view = &arguments->view;
	struct model model;
	int err;

	err = load_model(&model, arguments->paths ? arguments->path[0] : NULL, error);
	if (err)
		goto free_model;
	err = pci_ids_name_devices(&model, NULL, error);
	if (err)
		goto free_model;
	err = check_devices(&model, view, error);
	if (err)
		goto free_model;
	errno = 0;
	if (arguments->json.given)
		err = view_json(&model, stdout);
	else if (view->columns)
		err = view_devices(&model, stdout, view);
	else
		err = view_text(&model, stdout, view);
	if (err)
		error_set(error, err, "cannot write the report: %s", strerror(-err));
free_model:
	model_free(&model);
	return err;
}

/* Load the figures of capture @number. @id identifies the updates of the captures before it. */
static int load_figures(const struct arguments *arguments, size_t number, struct figures *figures,
			struct model_update_id *id, struct error *error)
{
	char *const *path = arguments->path;
	struct model model;
	int err = load_model(&model, path[number], error);
	size_t i;

	if (!err && !model.has_update)
		err = error_set(error, -ENODATA, "%s has no live update in it", path[number]);
	id[number] = model_update_id(&model);
	for (i = 0; !err && i < number; i++)
		if (model_is_same_update(&id[i], &id[number]))
			err = error_set(
				error, -EEXIST,
				"'%s' and '%s' are captures of the same update: give only one",
				path[i], path[number]);
	if (!err)
		err = figures_of(figures, &model, error);
	model_free(&model);
	return err;
}

static int report_several(const struct arguments *arguments, struct error *error)
{
	struct figures *figures = calloc(arguments->paths, sizeof(*figures));
	struct model_update_id *id = calloc(arguments->paths, sizeof(*id));
	struct summary summary = {};
	size_t i;
	int err;

	if (!figures || !id) {
		err = error_set(error, -ENOMEM, "out of memory");
		goto free;
	}
	for (i = 0; i < arguments->paths; i++) {
		err = load_figures(arguments, i, &figures[i], id, error);
		if (err)
			goto free;
	}
	errno = 0;
	err = summary_make(&summary, figures, arguments->path, arguments->paths);
	if (!err)
		err = arguments->json.given ? view_summary_json(&summary, stdout) :
					      view_summary_text(&summary, stdout, &arguments->view);
	if (err)
		error_set(error, err, "cannot write the report: %s", strerror(-err));
free:
	summary_free(&summary);
	for (i = 0; figures && i < arguments->paths; i++)
		figures_free(&figures[i]);
	free(figures);
	free(id);
	return err;
}

int cmd_report(int argc, char **argv)
{
	struct arguments arguments = {
		.json.schema = VIEW_JSON_SCHEMA,
		.top = { .help = "Show the N slowest devices, files and sessions",
			 .number = DEFAULT_TOP },
	};
	struct error error = {};
	int err;

	arguments.path = calloc(argc, sizeof(*arguments.path));
	if (!arguments.path) {
		error_set(&error, -ENOMEM, "out of memory");
		return command_failed(&error);
	}
	err = argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (!err) {
		arguments.view.top = arguments.top.number;
		arguments.view.width = terminal_width(stdout);
		arguments.view.utf8 = command_is_utf8();
		err = arguments.paths > 1 ? report_several(&arguments, &error) :
					    report_one(&arguments, &error);
	}
	free(arguments.path);
	return err ? command_failed(&error) : 0;
}
