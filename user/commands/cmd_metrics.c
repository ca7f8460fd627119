// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "capture/capture.h"
#include "commands.h"
#include "common.h"
#include "load.h"
#include "model/model.h"
#include "model/pci_ids.h"
#include "report/metrics.h"

#define DEFAULT_TOP 32
/* node_exporter runs as a user of its own. */
#define OUTPUT_MODE 0644

struct arguments {
	const char *path;
	const char *output;
	struct command_top top;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Replace FILE, whole or not at all (default: standard output)",
	  0 },
	{ 0 },
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case 'o':
		if (capture_is_file(value))
			argp_error(state, "%s is a capture, which would be overwritten", value);
		arguments->output = value;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->top;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->path)
			argp_error(state, "only one capture at a time");
		arguments->path = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char top_help[] =
	"Write samples for N preserved devices and N virtual machines, first those that are not back,"
	" then the slowest; and for the N slowest other devices and the N longest marks";

static const struct argp argp = {
	.children = command_top_children,
	.options = options,
	.parser = parse_option,
	.args_doc = "[CAPTURE]",
	.doc = "Write the figures of a live update for Prometheus: of the update in CAPTURE, or of"
	       " the one that started the running kernel. CAPTURE is a file, the number of a stored"
	       " capture ('luoscope list'), or \"-\" for standard input.\v"
	       "The text is OpenMetrics. It is also valid in the older text format, which the textfile"
	       " collector of node_exporter reads.\n\n"
	       "Examples:\n"
	       "  luoscope metrics update.luoscope\n"
	       "  luoscope metrics --output /var/lib/prometheus/node-exporter/luoscope.prom\n",
};

static int write_metrics(const struct model *model, const struct arguments *arguments,
			 struct error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	int err;

	out = open_memstream(&text, &size);
	if (!out)
		return error_set(error, -ENOMEM, "out of memory");
	err = view_metrics(model, out, arguments->top.number);
	if (fclose(out) && !err)
		err = -ENOMEM;
	if (err)
		error_set(error, err, "cannot write the metrics: %s", strerror(-err));
	else
		err = file_write(arguments->output, text, size, OUTPUT_MODE, error);
	free(text);
	return err;
}

int cmd_metrics(int argc, char **argv)
{
	struct arguments arguments = {
		.output = "-",
		.top = { .help = top_help, .number = DEFAULT_TOP },
	};
	struct model model;
	struct error error = {};
	int err;

	if (argp_parse(&argp, argc, argv, 0, NULL, &arguments))
		return 1;
	err = load_model(&model, arguments.path, &error);
	if (!err)
		err = pci_ids_name_devices(&model, NULL, &error);
	if (!err)
		err = write_metrics(&model, &arguments, &error);
	model_free(&model);
	return err ? command_failed(&error) : 0;
}
