// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <stdio.h>

#include "base/error.h"
#include "commands.h"
#include "common.h"
#include "probes/pins.h"

static const struct argp argp = {
	.doc = "Detach the probes that 'luoscope record' or 'luoscope init' attached.\v"
	       "What has been measured so far stays in the stats area.\n\n"
	       "Examples:\n"
	       "  luoscope detach\n",
};

int cmd_detach(int argc, char **argv)
{
	struct error error;

	if (argp_parse(&argp, argc, argv, 0, NULL, NULL))
		return 1;
	if (probes_detach(&error))
		return command_failed(&error);
	puts("The probes are detached.");
	return 0;
}
