// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "common.h"
#include "probes/detach.h"

#define MODULE_USERS "/sys/module/luo_stats/refcnt"
#define WAIT_S	     10

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	argp_error(state, "unexpected argument '%s'", value);
	return EINVAL;
}

static const struct argp argp = {
	.parser = parse_option,
	.doc = "Detach the probes that 'luoscope record' or 'luoscope init' attached.\v"
	       "What has been measured so far stays in the stats area. The command waits until luo_stats can be unloaded,"
	       " or after 10 seconds says that it cannot.\n\n"
	       "Examples:\n"
	       "  luoscope detach\n",
};

/*
 * Wait until nothing keeps the module from being unloaded, at most WAIT_S: the kernel frees
 * programs after a grace period. Returns how often it is still in use.
 */
static unsigned long wait_for_module(void)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	struct timespec begin, now;
	unsigned long users;
	char line[32];

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (;;) {
		/* Built in, or not loaded. */
		if (!read_first_line(MODULE_USERS, line, sizeof(line)))
			return 0;
		users = strtoul(line, NULL, 10);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (!users || now.tv_sec - begin.tv_sec >= WAIT_S)
			return users;
		nanosleep(&pause, NULL);
	}
}

int cmd_detach(int argc, char **argv)
{
	struct error error;
	unsigned long users;

	if (argp_parse(&argp, argc, argv, 0, NULL, NULL))
		return 1;
	if (probes_detach(&error))
		return command_failed(&error);
	puts("The probes are detached.");
	fflush(stdout);
	users = wait_for_module();
	if (users)
		printf("luo_stats cannot be unloaded yet: its reference count is %lu. The kernel may still be freeing the programs; otherwise, something has /dev/luo_mark or the area open.\n",
		       users);
	return 0;
}
