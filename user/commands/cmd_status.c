// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what this kernel offers. A row that is not ok says what to do.
 */
#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json_values.h"
#include "base/terminal.h"
#include "base/text.h"
#include "commands.h"
#include "common.h"
#include "probes/preflight.h"

#define JSON_SCHEMA "luoscope.status/1"

enum {
	KEY_CHECK = COMMAND_KEY,
};

struct options {
	struct command_json json;
	bool check;
};

/* For --check, as of 'luoscope check'. */
static const int exit_status[] = {
	[PREFLIGHT_FINE] = 0,
	[PREFLIGHT_MISSING] = 2,
	[PREFLIGHT_UNKNOWN] = 3,
};

/* In fewer columns, wrapped text is hard to read. */
#define TEXT_COLUMNS_MIN 20

/* To the questions of --check the answer is yes or no. Virtual machines are not "missing". */
static const char *state_name(const struct preflight_item *item, bool check)
{
	if (item->state != PREFLIGHT_MISSING)
		return preflight_state_name(item->state);
	if (check)
		return "FAIL";
	return readiness_judges(item->name) ? "not ok" : preflight_state_name(item->state);
}

static bool is_shown(const struct preflight_item *item, bool check)
{
	return item->asked || !check;
}

static void print_text(const struct preflight *preflight, bool check)
{
	static const char *const colours[] = {
		[PREFLIGHT_FINE] = "",
		[PREFLIGHT_MISSING] = TERMINAL_RED,
		[PREFLIGHT_UNKNOWN] = TERMINAL_YELLOW,
	};
	const unsigned int columns = terminal_width(stdout);
	const bool has_colour = check && terminal_has_colour(stdout);
	char before[128];
	size_t width = 0;
	size_t i;

	for (i = 0; i < preflight->count; i++) {
		if (is_shown(&preflight->items[i], check) &&
		    strlen(preflight->items[i].name) > width)
			width = strlen(preflight->items[i].name);
	}
	for (i = 0; i < preflight->count; i++) {
		const struct preflight_item *item = &preflight->items[i];

		if (!is_shown(item, check))
			continue;
		fputs(has_colour ? colours[item->state] : "", stdout);
		snprintf(before, sizeof(before), "%-*s  %-7s  ", (int)width, item->name,
			 state_name(item, check));
		/* Without a terminal, one line each, for grep. */
		if (!columns) {
			printf("%s%s\n", before, item->text);
		} else if (columns >= strlen(before) + TEXT_COLUMNS_MIN) {
			print_wrapped(stdout, before, item->text, strlen(before), columns);
		} else {
			snprintf(before, sizeof(before), "%s: %s", item->name,
				 state_name(item, check));
			print_wrapped(stdout, "", before, 0, columns);
			print_wrapped(stdout, "", item->text, 4, columns);
		}
		fputs(has_colour && *colours[item->state] ? TERMINAL_PLAIN : "", stdout);
	}
}

static int print_json(const struct preflight *preflight)
{
	const enum preflight_state answer = preflight_answer(preflight);
	json_t *items = json_array();
	size_t i;

	for (i = 0; i < preflight->count; i++) {
		const struct preflight_item *item = &preflight->items[i];

		items = json_append(items, json_pack("{s:s, s:s, s:b, s:s}", "name", item->name,
						     "state", preflight_state_name(item->state),
						     "asked", item->asked, "text", item->text));
	}
	return json_write(json_pack("{s:s, s:o, s:o}", "schema", JSON_SCHEMA, "ready",
				    answer == PREFLIGHT_UNKNOWN ?
					    json_null() :
					    json_boolean(answer == PREFLIGHT_FINE),
				    "items", items),
			  stdout, JSON_INDENT(2));
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_CHECK:
		options->check = true;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->json;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{ "check", KEY_CHECK, NULL, 0,
	  "Ask before an update: will it work, and will it be measured? One line for each question; exit with status 2 if one fails, else with 3 if one cannot be answered",
	  0 },
	{ 0 },
};

static const struct argp argp = {
	.children = command_json_children,
	.options = option_table,
	.parser = parse_option,
	.doc = "Show what this kernel offers for measuring live updates, and what to do about what it lacks.\v"
	       "Examples:\n"
	       "  luoscope status\n"
	       "  luoscope status --check || echo 'not ready for an update'\n"
	       "  luoscope status --json | jq '.items[] | select(.state == \"missing\")'\n",
};

int cmd_status(int argc, char **argv)
{
	static struct preflight preflight;
	struct options options = { .json.schema = JSON_SCHEMA };
	struct error error;
	int err = 0;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 1;
	preflight_run(&preflight);
	if (options.json.given)
		err = print_json(&preflight);
	else
		print_text(&preflight, options.check);
	if (err == -ENOMEM) {
		error_set(&error, err, "out of memory");
		return command_failed(&error);
	}
	if (command_written("the status"))
		return 1;
	return options.check ? exit_status[preflight_answer(&preflight)] : 0;
}
