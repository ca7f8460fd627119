// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "collect.h"
#include "commands.h"
#include "view.h"

#define DEFAULT_TOP 10

struct arguments {
	const char *path;
	bool json;
	unsigned int top;
};

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "Write one JSON document (schema " VIEW_JSON_SCHEMA ")", 0 },
	{ "top", 'n', "N", 0, "Show the N slowest devices; 0: all (default: 10)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	unsigned long number;
	char *end;

	switch (key) {
	case 'j':
		arguments->json = true;
		return 0;
	case 'n':
		errno = 0;
		number = strtoul(value, &end, 10);
		if (errno || *end || *value < '0' || *value > '9' || number > 1000000)
			argp_error(state, "--top wants a number from 0 to 1000000, not '%s'",
				   value);
		arguments->top = number;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->path)
			argp_error(state, "only one capture can be reported at a time");
		arguments->path = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "[CAPTURE]",
	.doc = "Tell where the blackout of a live update went: of the one that started the running"
	       " kernel, or of the one in CAPTURE (\"-\": standard input).\v"
	       "Examples:\n"
	       "  luoscope report\n"
	       "  luoscope report --top 0 update.luoscope\n"
	       "  luoscope report --json update.luoscope | jq .update.blackout_ns\n",
};

int cmd_report(int argc, char **argv)
{
	struct arguments arguments = { .top = DEFAULT_TOP };
	struct capture capture = {};
	struct model model = {};
	struct error error = {};
	int err;

	if (argp_parse(&argp, argc, argv, 0, NULL, &arguments))
		return 1;
	err = arguments.path ? capture_load(&capture, arguments.path, &error) :
			       capture_collect(&capture, NULL, &error);
	if (!err)
		err = model_build(&model, &capture, &error);
	if (!err) {
		struct view_options view = { .top = arguments.top };

		setlocale(LC_CTYPE, "");
		view.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
		errno = 0;
		err = arguments.json ? view_json(&model, stdout) : view_text(&model, stdout, &view);
		if (err)
			error_set(&error, err, "cannot write the report: %s", strerror(-err));
	}
	model_free(&model);
	capture_free(&capture);
	return err ? command_failed(&error) : 0;
}
