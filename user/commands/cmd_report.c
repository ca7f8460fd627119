// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/edit_distance.h"
#include "base/error.h"
#include "base/pager.h"
#include "base/terminal.h"
#include "base/text.h"
#include "capture/store.h"
#include "commands.h"
#include "common.h"
#include "figures/figures.h"
#include "load.h"
#include "model/model.h"
#include "model/pci_ids.h"
#include "report/left_out.h"
#include "report/report.h"
#include "report/report_json.h"
#include "report/report_text.h"
#include "report/summary.h"
#include "report/summary_text.h"
#include "report/text_devices.h"

#define DEFAULT_TOP 10

#define COLUMN_LIST_BYTES 256

enum {
	KEY_COLUMNS = COMMAND_KEY,
	KEY_FULL,
	KEY_NO_PAGER,
	KEY_SECTION, /* and VIEW_SECTIONS more */
};

struct arguments {
	char **path;
	size_t paths;
	struct command_json json;
	struct command_top top;
	struct view_options view;
	bool no_pager;
};

static const struct argp_option fixed_options[] = {
	{ "full", KEY_FULL, NULL, 0, "Show everything", 0 },
	{ "device", 'd', "BDF", 0,
	  "Show only this preserved device and what belongs to it, such as 0000:01:00.0 or 01:00.0; may be repeated",
	  0 },
	{ "columns", KEY_COLUMNS, "COLUMN,...", 0,
	  "Show only a table of the preserved devices, with these columns:", 0 },
	{ "sort", 's', "COLUMN", 0,
	  "Sort the preserved devices by one of the columns that --columns lists, the longest first",
	  0 },
	{ "no-headings", 'H', NULL, 0, "Leave out the headings of the tables of devices", 0 },
	{ "no-pager", KEY_NO_PAGER, NULL, 0, "Do not show the report in a pager", 0 },
	{ NULL, 0, NULL, 0, "Show only some sections:", 1 },
};

/* These options, and one for each section. */
static struct argp_option options[ARRAY_SIZE(fixed_options) + VIEW_SECTIONS + 1];

static void add_options(void)
{
	unsigned int i;

	memcpy(options, fixed_options, sizeof(fixed_options));
	for (i = 0; i < VIEW_SECTIONS; i++)
		options[ARRAY_SIZE(fixed_options) + i] =
			(struct argp_option){ .name = view_section_name(i),
					      .key = KEY_SECTION + i,
					      .doc = view_section_help(i),
					      .group = 1 };
}

/* "device, session, ..." */
static void list_columns(char *list, size_t size)
{
	char name[VIEW_COLUMN_BYTES];
	size_t length = 0;
	unsigned int i;

	for (i = 0; i < VIEW_COLUMNS && length < size; i++)
		length += snprintf(list + length, size - length, "%s%s", i ? ", " : "",
				   view_column_name(name, i));
}

static char *help_filter(int key, const char *text, void *input)
{
	char list[COLUMN_LIST_BYTES];

	(void)input;
	if (key != KEY_COLUMNS)
		return (char *)text;
	list_columns(list, sizeof(list));
	return command_help("%s %s", text, list);
}

/* The number of the column whose name is the first @length bytes of @name. */
static unsigned int parse_column(const char *name, size_t length, struct argp_state *state)
{
	char text[32], known[COLUMN_LIST_BYTES];
	int column;

	snprintf(text, sizeof(text), "%.*s", (int)length, name);
	column = view_column(text);
	if (column >= 0)
		return column;
	list_columns(known, sizeof(known));
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

/* Options that say what to show of one update. */
static bool has_choice(const struct view_options *view)
{
	return view->columns || view->devices || view->is_sorted || view->no_headings ||
	       view->sections;
}

/* --columns makes a table that stands alone. */
static void check_columns(const struct view_options *view, struct argp_state *state)
{
	const unsigned int others = view->sections & ~(1u << view_section("devices"));
	unsigned int i;

	if (!view->columns)
		return;
	for (i = 0; i < VIEW_SECTIONS; i++)
		if (others & 1u << i)
			argp_error(
				state,
				"the columns are those of the table of devices, which --columns shows alone: leave out --columns or --%s",
				view_section_name(i));
	if (view->full)
		argp_error(
			state,
			"--columns shows the table of devices alone: leave out --columns or --full");
}

/* No option may be without effect, because the section that it is about is not shown. */
static void check_sections(const struct view_options *view, struct argp_state *state)
{
	const unsigned int devices = 1u << view_section("devices");
	const unsigned int sorted = devices | 1u << view_section("resets");

	if (!view->sections || view->columns)
		return;
	if (view->is_sorted && !(view->sections & sorted))
		argp_error(state, "--sort is about the table of devices: add --devices");
	if (view->no_headings && !(view->sections & devices))
		argp_error(state, "--no-headings is about the table of devices: add --devices");
}

static void check_choice(const struct arguments *arguments, struct argp_state *state)
{
	check_columns(&arguments->view, state);
	check_sections(&arguments->view, state);
	if (!has_choice(&arguments->view))
		return;
	if (arguments->json.given)
		argp_error(state, "--json always has everything: select from it with jq");
	if (arguments->paths > 1)
		argp_error(
			state,
			"sections, devices and columns can be chosen only with a single capture");
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	if (key >= KEY_SECTION && key < KEY_SECTION + VIEW_SECTIONS) {
		arguments->view.sections |= 1u << (key - KEY_SECTION);
		return 0;
	}
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
	case KEY_FULL:
		arguments->view.full = true;
		return 0;
	case KEY_NO_PAGER:
		arguments->no_pager = true;
		return 0;
	case ARGP_KEY_ARG:
		arguments->path[arguments->paths++] = value;
		return 0;
	case ARGP_KEY_END:
		check_choice(arguments, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.children = command_json_top_children,
	.options = options,
	.parser = parse_option,
	.help_filter = help_filter,
	.args_doc = "[CAPTURE...]",
	.doc = "Show where the blackout of a live update went: of the update in CAPTURE, or of the one"
	       " that started the running kernel. CAPTURE is a file, the number of a stored capture"
	       " ('luoscope list'), or \"-\" for standard input. With several captures, show the"
	       " minimum, the median and the maximum of each figure, and which captures have them;"
	       " a capture without an update is left out and named.\v"
	       "Without options, the report fits a screen. It ends with the options that show more."
	       " What does not fit the terminal is shown in a pager: $LUOSCOPE_PAGER, $PAGER or less;"
	       " an empty one or \"cat\" means none.\n\n"
	       "In a pipe, nothing is shortened, and an empty cell is \"-\". COLUMNS in the environment is the"
	       " width of a terminal, and of sentences in a pipe.\n\n"
	       "Examples:\n"
	       "  luoscope report\n"
	       "  luoscope report --devices --vms update.luoscope\n"
	       "  luoscope report --device 01:00.0 12\n"
	       "  luoscope report --full --top 0 update.luoscope\n"
	       "  luoscope report 12\n"
	       "  luoscope report run-*.luoscope\n"
	       "  luoscope report --sort reset --top 3 --columns device,method,reset,excess 12\n"
	       "  luoscope report --json update.luoscope | jq .update.blackout_ns\n",
};

/* @name as lspci prints it. */
static const char *short_name(const char *name)
{
	return strncmp(name, "0000:", 5) ? name : name + 5;
}

/* The name of @device as the kernel has it: lspci leaves out the domain 0000. */
static const char *find_device(const struct model *model, const char *device)
{
	size_t i;

	for (i = 0; i < model->devices; i++) {
		const char *name = model->device[i].name;

		if (!strcmp(device, name) || !strcmp(device, short_name(name)))
			return name;
	}
	return NULL;
}

/* The device whose name, in full or as lspci prints it, is most like @device; NULL: none is. */
static const char *nearest_device(const struct model *model, const char *device)
{
	const char *nearest = NULL;
	size_t least = SIZE_MAX, distance, i;

	for (i = 0; i < model->devices; i++) {
		const char *name = model->device[i].name, *text = short_name(name);

		if (edit_distance(device, name) < edit_distance(device, text))
			text = name;
		distance = edit_distance(device, text);
		if (distance < least && edit_distance_is_small(device, text, distance)) {
			least = distance;
			nearest = name;
		}
	}
	return nearest;
}

/* If no device is known: why one may have been preserved all the same; NULL: none was. */
static const char *devices_unknown(const struct model *model)
{
	const char *why = NULL;
	struct figures figures;
	struct error error;

	if (model->devices)
		return NULL;
	if (!figures_of(&figures, model, &error))
		why = figures_find(&figures, "devices_awaited")->measured.why;
	figures_free(&figures);
	return why;
}

/* A device that is not in the update must not look like one about which nothing is known. */
static int find_devices(const struct model *model, struct view_options *view, struct error *error)
{
	const char *unknown = view->devices ? devices_unknown(model) : NULL;
	const char *nearest;
	size_t i;

	for (i = 0; i < view->devices; i++) {
		const char *asked = view->device[i];

		view->device[i] = find_device(model, asked);
		if (view->device[i])
			continue;
		if (unknown)
			return error_set(error, -ENODEV,
					 "it is not known whether device '%s' was preserved: %s",
					 asked, unknown);
		if (!model->devices)
			return error_set(
				error, -ENODEV,
				"there is no device '%s': no device was preserved in this update",
				asked);
		nearest = nearest_device(model, asked);
		return error_set(
			error, -ENODEV,
			"there is no preserved device '%s' in this update%s%s%s 'luoscope report --columns device' lists all",
			asked, nearest ? "; did you mean " : "", nearest ? nearest : "",
			nearest ? "?" : ":");
	}
	return 0;
}

static int write_one(const struct arguments *arguments, const struct model *model, FILE *out)
{
	if (arguments->json.given)
		return view_json(model, out);
	if (arguments->view.columns)
		return view_devices(model, out, &arguments->view);
	return view_text(model, out, &arguments->view);
}

static int report_one(struct arguments *arguments, FILE *out, struct error *error)
{
	const char *unknown;
	struct model model;
	int err;

	err = load_model(&model, arguments->paths ? arguments->path[0] : NULL, error);
	if (err)
		goto free_model;
	err = pci_ids_name_devices(&model, NULL, error);
	if (err)
		goto free_model;
	err = find_devices(&model, &arguments->view, error);
	if (err)
		goto free_model;
	/* The table alone cannot say it. */
	unknown = arguments->view.columns ? devices_unknown(&model) : NULL;
	if (unknown)
		fprintf(stderr, "luoscope: it is not known which devices were preserved: %s\n",
			unknown);
	errno = 0;
	err = write_one(arguments, &model, out);
	if (err)
		error_set(error, err, "cannot write the report: %s", strerror(-err));
free_model:
	model_free(&model);
	return err;
}

/**
 * struct updates - those of several captures
 * @name:     their captures
 * @left_out: captures without an update
 */
struct updates {
	const char **name;
	struct figures *figures;
	struct model_update_id *id;
	size_t count;
	struct left_out left_out;
};

/* Add the update of the capture @path, if it has one. */
static int add_update(struct updates *updates, const char *path, struct error *error)
{
	const char *name = store_argument_name(path);
	const size_t number = updates->count;
	struct model model;
	int err = load_model(&model, path, error), left;
	size_t i;

	if (err)
		goto free;
	left = left_out_add(&updates->left_out, name, &model);
	if (left) {
		err = left < 0 ? error_set(error, left, "out of memory") : 0;
		goto free;
	}
	updates->name[number] = name;
	updates->id[number] = model_update_id(&model);
	for (i = 0; i < number; i++)
		if (model_is_same_update(&updates->id[i], &updates->id[number])) {
			err = error_set(error, -EEXIST, MODEL_SAME_UPDATE, updates->name[i], name);
			goto free;
		}
	updates->count++;
	err = figures_of(&updates->figures[number], &model, error);
free:
	model_free(&model);
	return err;
}

static int report_several(const struct arguments *arguments, FILE *out, struct error *error)
{
	struct updates updates = {
		.name = calloc(arguments->paths, sizeof(*updates.name)),
		.figures = calloc(arguments->paths, sizeof(*updates.figures)),
		.id = calloc(arguments->paths, sizeof(*updates.id)),
	};
	struct summary summary = {};
	size_t i;
	int err = 0;

	if (!updates.name || !updates.figures || !updates.id)
		err = error_set(error, -ENOMEM, "out of memory");
	for (i = 0; !err && i < arguments->paths; i++)
		err = add_update(&updates, arguments->path[i], error);
	if (!err && !updates.count)
		err = left_out_error(&updates.left_out, "", error);
	if (err)
		goto free;
	errno = 0;
	err = summary_make(&summary, updates.figures, updates.name, updates.count);
	summary.left_out = &updates.left_out;
	if (!err)
		err = arguments->json.given ? view_summary_json(&summary, out) :
					      view_summary_text(&summary, out, &arguments->view);
	if (err)
		error_set(error, err, "cannot write the report: %s", strerror(-err));
free:
	summary_free(&summary);
	for (i = 0; i < updates.count; i++)
		figures_free(&updates.figures[i]);
	left_out_free(&updates.left_out);
	free(updates.name);
	free(updates.figures);
	free(updates.id);
	return err;
}

static void set_view(struct arguments *arguments)
{
	struct view_options *view = &arguments->view;

	view->top = arguments->top.number;
	view->terminal = terminal_width(stdout);
	view->width = terminal_text_width(stdout);
	view->colour = terminal_has_colour(stdout);
	view->utf8 = command_is_utf8();
	/* These are about a table that is not on the first screen. */
	if (!view->full && !view->columns && !view->sections &&
	    (view->is_sorted || view->no_headings))
		view->sections = 1u << view_section("devices");
}

static int write_report(struct arguments *arguments, struct error *error)
{
	struct pager pager;
	int err, closed;

	set_view(arguments);
	if (pager_open(&pager, !arguments->no_pager && !arguments->json.given))
		return error_set(error, -ENOMEM, "out of memory");
	err = arguments->paths > 1 ? report_several(arguments, pager.out, error) :
				     report_one(arguments, pager.out, error);
	closed = pager_close(&pager);
	if (!err && closed)
		err = error_set(error, closed, "cannot write the report: %s", strerror(-closed));
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
	add_options();
	err = argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (!err)
		err = write_report(&arguments, &error);
	free(arguments.path);
	return err ? command_failed(&error) : 0;
}
