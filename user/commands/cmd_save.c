// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "capture/capture.h"
#include "capture/collect.h"
#include "commands.h"
#include "common.h"

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	const char **path = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*path)
			argp_error(state, "only one file can be written at a time");
		*path = value;
		return 0;
	case ARGP_KEY_END:
		if (!*path)
			argp_error(state, "no FILE to write was given");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse_option,
	.args_doc = "FILE",
	.doc = "Write to FILE (\"-\": standard output) everything that a report of the last live update"
	       " needs.\v"
	       "The file can be copied to other machines. It holds the two stats areas, selected lines"
	       " of the kernel log, and facts about the host. FILE is replaced whole or not at all.\n\n"
	       "Examples:\n"
	       "  luoscope save update.luoscope\n"
	       "  ssh host luoscope save - | luoscope report -\n",
};

int cmd_save(int argc, char **argv)
{
	struct capture capture = {};
	const char *path = NULL;
	struct error error = {};
	int err;

	if (argp_parse(&argp, argc, argv, 0, NULL, &path))
		return 1;
	err = capture_collect(&capture, NULL, &error);
	if (!err)
		err = capture_write(&capture, path, &error);
	capture_free(&capture);
	return err ? command_failed(&error) : 0;
}
