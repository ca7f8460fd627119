// SPDX-License-Identifier: GPL-2.0
#include "status_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "event_filter.h"
#include "open_spans.h"
#include "tail_text.h"

#define REDRAW_NS 100000000

void record_status_add(struct record_status *status, const struct luoscope_event *event)
{
	underway_add(&status->underway, event);
	if (event->type != LUOSCOPE_EVENT_END)
		return;
	status->spans++;
	status->last = *event;
}

void record_status_lost(struct record_status *status, uint64_t lost)
{
	if (!lost)
		return;
	status->lost += lost;
	underway_forget(&status->underway);
}

/* The innermost of what is under way; of one thing after another, the last one. */
static void describe(char *buffer, size_t size, const struct record_status *status, uint64_t now_ns)
{
	const struct luoscope_event *last = &status->last;
	char what[NAME_BYTES], whom[ESCAPED_BYTES], duration[DURATION_BYTES];

	if (status->underway.spans) {
		const struct luoscope_event *begin =
			&status->underway.begin[status->underway.spans - 1];
		const uint64_t age_ns = now_ns > begin->boottime_ns ? now_ns - begin->boottime_ns :
								      0;

		snprintf(buffer, size, "; under way: %s %s, %s", event_what(what, begin),
			 event_whom(whom, begin, false, 0),
			 format_duration(duration, age_ns, 200000000));
	} else if (last->type) {
		snprintf(buffer, size, "; last: %s %s, %s, %s", event_what(what, last),
			 event_whom(whom, last, false, 0),
			 format_duration(duration, last->duration_ns, 0),
			 name_event_outcome(event_outcome(last)));
	} else {
		*buffer = '\0';
	}
}

const char *record_status_text(char *buffer, const struct record_status *status, uint64_t now_ns)
{
	char doing[RECORD_STATUS_BYTES - 100];

	describe(doing, sizeof(doing), status, now_ns);
	snprintf(buffer, RECORD_STATUS_BYTES, "%s: %llu spans, %llu lost%s",
		 status->underway.update ? "Update begun" : "Watching",
		 (unsigned long long)status->spans, (unsigned long long)status->lost, doing);
	return buffer;
}

bool record_status_possible(void)
{
	const char *terminal = getenv("TERM");

	/* In the background, the line would be drawn over what somebody types. */
	return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") &&
	       tcgetpgrp(STDOUT_FILENO) == getpgrp();
}

void record_status_draw(struct record_status *status, uint64_t now_ns)
{
	const unsigned int width = terminal_width(stdout);
	char text[RECORD_STATUS_BYTES];

	if (status->drawn_ns && now_ns - status->drawn_ns < REDRAW_NS)
		return;
	record_status_text(text, status, now_ns);
	if (status->drawn_ns && !strcmp(text, status->drawn) && width == status->drawn_width)
		return;
	/* One column less: a full line would make some terminals go on to the next. */
	fputc('\r', stdout);
	print_cell(stdout, text, text_columns(text) < width ? text_columns(text) : width - 1, false,
		   true);
	fputs("\033[K", stdout);
	fflush(stdout);
	status->drawn_ns = now_ns;
	status->drawn_width = width;
	strcpy(status->drawn, text);
}

void record_status_clear(struct record_status *status)
{
	if (!status->drawn_ns)
		return;
	fputs("\r\033[K", stdout);
	fflush(stdout);
	status->drawn_ns = 0;
}
