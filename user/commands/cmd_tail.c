// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/now.h"
#include "base/privileges.h"
#include "base/terminal.h"
#include "commands.h"
#include "common.h"
#include "live/event_filter.h"
#include "live/open_spans.h"
#include "live/tail.h"
#include "live/tail_json.h"
#include "live/tail_text.h"
#include "probes/event_follow.h"
#include "probes/event_reader.h"

#define DEFAULT_HISTORY 10

/* How often to look at the log while something happens: the eye sees no delay. */
#define POLL_MS 20
/* After as many events at once, look again sooner, before the log is full. */
#define MANY_EVENTS (EVENT_READER_MAX_HISTORY / 16)
#define MANY_MS	    1
/* After that long without an event, sleep until there is one. */
#define BUSY_NS 1000000000

/* A span that takes this long gets a line of its own before it ends. */
#define LONG_NS 1000000000

enum {
	KEY_OUTCOME = COMMAND_KEY,
};

struct arguments {
	struct event_filter filter;
	unsigned int history;
	struct command_json json;
};

struct tail {
	const struct arguments *arguments;
	struct event_follow events;
	struct tail_view view;
	struct tail_summary summary;
	struct open_spans open;
};

static void parse_minimum(struct arguments *arguments, const char *value, struct argp_state *state)
{
	const int err = parse_duration(value, &arguments->filter.min_duration_ns);

	if (err == -ERANGE)
		argp_error(state, "--min-duration %s is too long", value);
	else if (err)
		argp_error(
			state,
			"--min-duration must be a number with a unit (ns, us, ms or s), such as 10ms, not '%s'",
			value);
}

static void parse_history(struct arguments *arguments, const char *value, struct argp_state *state)
{
	unsigned long number;
	char *end;

	if (!strcmp(value, "all")) {
		arguments->history = EVENT_READER_MAX_HISTORY;
		return;
	}
	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || *end || *value < '0' || *value > '9' || number > EVENT_READER_MAX_HISTORY)
		argp_error(state, "--lines must be a number from 0 to %d, or all, not '%s'",
			   EVENT_READER_MAX_HISTORY, value);
	arguments->history = number;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct event_filter *filter = &arguments->filter;
	struct error error;
	int err = 0;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->json;
		return 0;
	case 'n':
		parse_history(arguments, value, state);
		return 0;
	case 'm':
		parse_minimum(arguments, value, state);
		return 0;
	case 'd':
		err = event_filter_add_device(filter, value, "/sys", &error);
		break;
	case 'k':
		err = event_filter_add_kind(filter, value, &error);
		break;
	case KEY_OUTCOME:
		err = event_filter_add_outcome(filter, value, &error);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", value);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (err)
		argp_error(state, "%s", error.text);
	return err ? EINVAL : 0;
}

static const struct argp_option option_table[] = {
	{ "lines", 'n', "N", 0, "Begin with the last N events, or with all (default: 10)", 0 },
	{ "device", 'd', "NAME", 0, "Show only events of this device; may be repeated", 0 },
	{ "kind", 'k', "KIND", 0,
	  "Show only spans of this kind, or boundaries ('boundary'); may be repeated. Kinds:", 0 },
	{ "outcome", KEY_OUTCOME, "OUTCOME", 0,
	  "Show only events with this outcome: ok, failed, busy, or none (a device that cannot be reset); may be repeated",
	  0 },
	{ "min-duration", 'm', "TIME", 0,
	  "Show only spans that took at least this long, such as 10ms", 0 },
	{ 0 },
};

static char *help_filter(int key, const char *text, void *input)
{
	char kinds[EVENT_FILTER_KINDS_BYTES];

	(void)input;
	if (key != 'k')
		return (char *)text;
	event_filter_kinds(kinds);
	return command_help("%s %s", text, kinds);
}

static const struct argp argp = {
	.children = command_json_children,
	.options = option_table,
	.parser = parse_option,
	.help_filter = help_filter,
	.doc = "Show the events that the probes see, as they happen, until ^C.\v"
	       "The probes must be attached; 'luoscope record' attaches them, and they stay attached after it ends. Any "
	       "number of these commands can run at the same time, and each shows all events.\n\n"
	       "A span is shown in one line when it ends. A span that takes longer than a second is also shown before "
	       "that, as 'under way'. JSON has an object for its beginning and one for its end. Times are wall-clock times.\n\n"
	       "Examples:\n"
	       "  luoscope tail\n"
	       "  luoscope tail --outcome failed --outcome busy\n"
	       "  luoscope tail --device 0000:01:00.0 --kind reset --min-duration 10ms\n"
	       "  luoscope tail --json | jq 'select(.outcome == \"failed\")'\n",
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* Update what may have changed since the last lines. */
static void refresh(struct tail *tail)
{
	tail->view.width = terminal_width(stdout);
	tail->view.realtime_offset_ns =
		read_clock_ns(CLOCK_REALTIME) - read_clock_ns(CLOCK_BOOTTIME);
}

/* The text view has no line for the beginning of a span. */
static bool has_line(const struct tail *tail, const struct luoscope_event *event)
{
	return tail->arguments->json.given || event->type != LUOSCOPE_EVENT_BEGIN;
}

/* Returns 0 or -ENOMEM. */
static int show(struct tail *tail, const struct luoscope_event *event)
{
	tail_summary_add(&tail->summary, event);
	if (tail->arguments->json.given)
		return tail_json_event(&tail->view, event);
	tail_text_event(&tail->view, event);
	return 0;
}

static int show_replaced(struct tail *tail)
{
	tail->summary.replaced++;
	open_spans_forget(&tail->open);
	if (tail->arguments->json.given)
		return tail_json_replaced(&tail->view);
	tail_text_replaced(&tail->view);
	return 0;
}

static int show_lost(struct tail *tail, uint64_t lost)
{
	if (!lost)
		return 0;
	tail->summary.lost += lost;
	open_spans_forget(&tail->open);
	if (tail->arguments->json.given)
		return tail_json_lost(&tail->view, lost);
	tail_text_lost(&tail->view, lost);
	return 0;
}

/* Show the last events from before the start. Returns 0 or -ENOMEM. */
static int show_history(struct tail *tail)
{
	const size_t most = tail->arguments->history;
	const uint64_t now = event_reader_head(tail->events.reader);
	struct luoscope_event *recent, event;
	size_t seen = 0, i;
	uint64_t lost = 0;
	int err = 0;

	if (!most)
		return 0;
	recent = calloc(most, sizeof(*recent));
	if (!recent)
		return -ENOMEM;
	while (event_reader_number(tail->events.reader) < now &&
	       event_reader_next(tail->events.reader, &event, &lost)) {
		open_spans_add(&tail->open, &event);
		if (has_line(tail, &event) &&
		    event_filter_matches(&tail->arguments->filter, &event))
			recent[seen++ % most] = event;
	}
	for (i = seen > most ? seen - most : 0; !err && i < seen; i++) {
		tail->summary.seen++;
		err = show(tail, &recent[i % most]);
	}
	free(recent);
	return err;
}

/* Show all new events. Returns 0 or -ENOMEM. */
static int show_new(struct tail *tail)
{
	struct luoscope_event event;
	uint64_t lost = 0;
	int err = 0;

	while (!err && !stopped && event_reader_next(tail->events.reader, &event, &lost)) {
		err = show_lost(tail, lost);
		lost = 0;
		open_spans_add(&tail->open, &event);
		tail->summary.seen++;
		if (!has_line(tail, &event)) {
			tail->summary.starts++;
			continue;
		}
		if (!err && event_filter_matches(&tail->arguments->filter, &event))
			err = show(tail, &event);
	}
	return err ? err : show_lost(tail, lost);
}

/* A long span is shown once before it ends: the update may be hanging in it. */
static void show_long(struct tail *tail)
{
	const uint64_t now_ns = read_clock_ns(CLOCK_BOOTTIME);
	struct open_spans *open = &tail->open;
	size_t i;

	for (i = 0; i < open->count; i++) {
		const struct luoscope_event *begin = &open->begin[i];
		const uint64_t age_ns = now_ns - begin->boottime_ns;

		if (now_ns < begin->boottime_ns + LONG_NS || open->shown[i] ||
		    !event_filter_matches_open(&tail->arguments->filter, begin, age_ns))
			continue;
		tail_text_open(&tail->view, begin, age_ns);
		open->shown[i] = true;
	}
}

/* Returns 0, -EPIPE if nobody reads the output, or another negative errno. */
static int flush(void)
{
	return fflush(stdout) || ferror(stdout) ? -errno : 0;
}

/* How long to pause after @count events at once; -1: until something happens. */
static int pause_ms(const struct tail *tail, uint64_t count, uint64_t quiet_ns)
{
	if (count >= MANY_EVENTS)
		return MANY_MS;
	/* What is under way may get a line of its own. */
	if (quiet_ns < BUSY_NS || (tail->open.count && !tail->arguments->json.given))
		return POLL_MS;
	return -1;
}

/*
 * Follow the probes that have replaced the others. Returns 0; -ENODEV, with @error, if there are
 * none; or -ENOMEM.
 */
static int follow_on(struct tail *tail, uint64_t now_ns, struct error *error)
{
	const int result = event_follow_look(&tail->events, now_ns, error);
	int err;

	if (result <= 0)
		return result;
	err = show_new(tail);
	event_follow_switch(&tail->events);
	return err ? err : show_replaced(tail);
}

/*
 * Follow until stopped. Returns 0; -EPIPE: nobody reads the output any more; -ENODEV, with @error:
 * the probes are gone; or another negative errno.
 */
static int follow(struct tail *tail, struct error *error)
{
	struct pollfd output = { .fd = STDOUT_FILENO };
	uint64_t now_ns = read_clock_ns(CLOCK_BOOTTIME);
	uint64_t busy_ns = now_ns;
	int ms, err = 0;

	while (!stopped) {
		uint64_t count = event_reader_number(tail->events.reader);

		refresh(tail);
		err = show_new(tail);
		count = event_reader_number(tail->events.reader) - count;
		if (!err && !tail->arguments->json.given)
			show_long(tail);
		now_ns = read_clock_ns(CLOCK_BOOTTIME);
		if (count)
			busy_ns = now_ns;
		if (!err)
			err = follow_on(tail, now_ns, error);
		if (!err)
			err = flush();
		if (err)
			break;
		ms = pause_ms(tail, count, now_ns - busy_ns);
		if (ms < 0)
			event_follow_wait(&tail->events, &output, -1, &stopped);
		else
			poll(&output, 1, ms);
		/* A pipe whose reader is gone ends the wait. */
		if (output.revents)
			return output.revents & POLLNVAL ? -EBADF : -EPIPE;
	}
	return err;
}

static int show_summary(struct tail *tail)
{
	int err = 0;

	if (tail->arguments->json.given)
		err = tail_json_summary(&tail->view, &tail->summary);
	else
		tail_text_summary(&tail->view, &tail->summary, &tail->open,
				  read_clock_ns(CLOCK_BOOTTIME));
	return err ? err : flush();
}

/* Returns the exit status of the command. */
static int run(struct tail *tail)
{
	struct error error;
	int summary_err;
	int err;

	refresh(tail);
	err = show_history(tail);
	if (!err)
		err = flush();
	if (!err)
		err = follow(tail, &error);
	if (!err || err == -ENODEV) {
		summary_err = show_summary(tail);
		err = summary_err ? summary_err : err;
	}
	switch (err) {
	case 0:
	case -EPIPE:
		return 0;
	case -ENODEV:
		break;
	default:
		error_set(&error, err, "cannot write the events: %s", strerror(-err));
	}
	return command_failed(&error);
}

int cmd_tail(int argc, char **argv)
{
	/* If the reader of the output has stalled, the second ^C ends the command. */
	const struct sigaction action = { .sa_handler = on_signal,
					  .sa_flags = SA_RESTART | SA_RESETHAND };
	struct arguments arguments = {
		.history = DEFAULT_HISTORY,
		.json = { .schema = TAIL_JSON_SCHEMA, .lines = true },
	};
	struct tail tail = { .arguments = &arguments };
	struct error error;
	int rc;

	if (argp_parse(&argp, argc, argv, 0, NULL, &arguments))
		return 1;
	if (event_follow_open(&tail.events, arguments.history ? EVENT_READER_MAX_HISTORY : 0,
			      &error))
		return command_failed(&error);
	/* The log is mapped; to map that of other probes, it is enough to be root. */
	privileges_keep(0);
	tail.view.out = stdout;
	tail.view.utf8 = command_is_utf8();
	tail.view.colour = terminal_has_colour(stdout);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	rc = run(&tail);
	event_follow_close(&tail.events);
	return rc;
}
