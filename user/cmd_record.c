// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <luoscope/event.h>

#include "commands.h"
#include "probes.h"

struct options {
	bool no_follow;
	bool quiet;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	(void)arg;
	switch (key) {
	case 'n':
		options->no_follow = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case 'v':
		probes_set_verbose(true);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{ "no-follow", 'n', NULL, 0, "Attach and return at once", 0 },
	{ "verbose", 'v', NULL, 0, "Show what libbpf and the verifier say", 0 },
	{ "quiet", 'q', NULL, 0, "Say only what cannot be watched", 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.doc = "Attach the probes that measure live updates, and stay until stopped.\v"
	       "The probes outlive the command: they stay attached when it is stopped or killed, up to the jump into the next "
	       "kernel. 'luoscope detach' takes them off.\n\n"
	       "Examples:\n"
	       "  luoscope record               watch until ^C\n"
	       "  luoscope record --no-follow   attach and return, for a script or a unit\n",
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* Is the target of probe @i that of an attached probe before it? */
static bool is_told(const struct probe *list, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++) {
		if (list[j].state == PROBE_ATTACHED && !strcmp(list[j].target, list[i].target))
			return true;
	}
	return false;
}

/* Which targets are watched, each once, in lines of a terminal's width. */
static void tell_targets(const struct probe *list, size_t count)
{
	size_t column = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (list[i].state != PROBE_ATTACHED || is_told(list, i))
			continue;
		if (!column || column + strlen(list[i].target) + 1 > 78)
			column = printf("%s ", column ? "\n " : " ");
		column += printf(" %s", list[i].target);
	}
	putchar('\n');
}

/* What cannot be watched. The tracepoints of the vfio-pci handler come together or not at all. */
static void tell_missing(const struct probe *list, size_t count)
{
	bool no_handler = false;
	size_t i;

	for (i = 0; i < count; i++) {
		const char *when = list[i].kind == PROBE_RETURN ? "return of " : "";

		if (list[i].state == PROBE_NO_TARGET && list[i].kind == PROBE_TRACEPOINT)
			no_handler = true;
		else if (list[i].state == PROBE_NO_TARGET)
			printf("Not watched: %s%s: this kernel has no such function\n", when,
			       list[i].target);
		else if (list[i].state == PROBE_FAILED)
			printf("Not watched: %s%s: %s\n", when, list[i].target,
			       strerror(-list[i].err));
	}
	if (no_handler)
		puts("Not watched: preserved vfio-pci devices: this kernel has no live update handler for them.");
}

static void tell_probes(const struct probes *probes, bool quiet)
{
	size_t attached = 0;
	size_t count, i;
	const struct probe *list = probes_list(probes, &count);

	for (i = 0; i < count; i++)
		attached += list[i].state == PROBE_ATTACHED;
	if (!quiet) {
		printf("Watching with %zu probes:\n", attached);
		tell_targets(list, count);
	}
	tell_missing(list, count);
	if (!probes_have_area(probes))
		puts("luo_stats is not loaded: nothing that is seen now outlives the kexec. "
		     "'luoscope status' says what to do.");
}

/* Returns 0; 1 if there is nothing to do; or a negative errno. */
static int clear_the_way(const struct probes *probes, const struct options *options,
			 struct error *error)
{
	if (!probes_attached())
		return 0;
	if (probes_attached_to_area() || !probes_have_area(probes)) {
		if (!options->quiet)
			puts("The probes are attached already.");
		return 1;
	}
	puts("The probes were attached before luo_stats was loaded; they are attached again.");
	return probes_detach(error);
}

static int attach(const struct options *options, struct error *error)
{
	struct probes *probes;
	int err;

	if (geteuid())
		return error_set(error, -EPERM, "attaching probes needs root");
	err = probes_open(&probes, error);
	if (err)
		return err;
	err = clear_the_way(probes, options, error);
	if (!err) {
		err = probes_attach(probes, error);
		if (!err)
			tell_probes(probes, options->quiet);
	}
	probes_free(probes);
	fflush(stdout);
	return err < 0 ? err : 0;
}

static void count_event(const struct luoscope_event *event, void *context)
{
	unsigned long long *spans = context;

	if (event->type == LUOSCOPE_EVENT_END)
		(*spans)++;
}

/* Wait until stopped. An event wakes us only so that the ring buffer does not fill up. */
static int follow(const struct options *options, struct error *error)
{
	const struct sigaction action = { .sa_handler = on_signal };
	unsigned long long spans = 0;
	struct follower *follower;
	int err;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	err = follower_open(&follower, count_event, &spans, error);
	if (err)
		return err;
	while (!stopped) {
		err = follower_poll(follower, 1000);
		if (err < 0 && err != -EINTR) {
			error_set(error, err, "reading the probes' events failed: %s",
				  strerror(-err));
			goto free;
		}
	}
	err = 0;
	if (!options->quiet)
		printf("\n%llu spans seen, %llu events lost. The probes stay attached; 'luoscope detach' takes them off.\n",
		       spans, follower_lost(follower));
free:
	follower_free(follower);
	return err;
}

int cmd_record(int argc, char **argv)
{
	struct options options = { 0 };
	struct error error;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 1;
	if (attach(&options, &error))
		return command_failed(&error);
	if (!options.no_follow && follow(&options, &error))
		return command_failed(&error);
	return 0;
}
