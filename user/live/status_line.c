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
#include "tail.h"

#define REDRAW_NS 100000000

void status_line_add(struct status_line *line, const struct luoscope_event *event)
{
	open_spans_add(&line->open, event);
	line->events++;
	if (event->type != LUOSCOPE_EVENT_END)
		return;
	line->spans++;
	line->last = *event;
}

void status_line_lost(struct status_line *line, uint64_t lost)
{
	if (!lost)
		return;
	line->lost += lost;
	open_spans_forget(&line->open);
}

void status_line_replaced(struct status_line *line)
{
	open_spans_forget(&line->open);
}

/* Describe the innermost span that is under way, or else the last span. */
static void describe(char *buffer, size_t size, const struct status_line *line, uint64_t now_ns)
{
	const struct luoscope_event *last = &line->last;
	char name[NAME_BYTES], subject[ESCAPED_BYTES], duration[DURATION_BYTES];

	if (line->open.count) {
		const struct luoscope_event *begin = &line->open.begin[line->open.count - 1];
		const uint64_t age_ns = now_ns > begin->boottime_ns ? now_ns - begin->boottime_ns :
								      0;

		snprintf(buffer, size, "; under way: %s %s, %s", event_name(name, begin),
			 event_subject(subject, begin, false, 0),
			 format_duration(duration, age_ns, 200000000));
	} else if (last->type) {
		snprintf(buffer, size, "; last: %s %s, %s, %s", event_name(name, last),
			 event_subject(subject, last, false, 0),
			 format_duration(duration, last->duration_ns, 0),
			 name_event_outcome(event_outcome(last)));
	} else {
		*buffer = '\0';
	}
}

const char *status_line_text(char *buffer, const struct status_line *line, uint64_t now_ns)
{
	char doing[STATUS_LINE_BYTES - 100];

	describe(doing, sizeof(doing), line, now_ns);
	snprintf(buffer, STATUS_LINE_BYTES, "%s: %llu spans, %llu lost%s",
		 line->open.update_begun ? "Update in progress" : "Watching",
		 (unsigned long long)line->spans, (unsigned long long)line->lost, doing);
	return buffer;
}

bool status_line_possible(void)
{
	const char *terminal = getenv("TERM");

	/* From the background, the line would overwrite what somebody types. */
	return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") &&
	       tcgetpgrp(STDOUT_FILENO) == getpgrp();
}

void status_line_draw(struct status_line *line, uint64_t now_ns)
{
	const unsigned int width = terminal_width(stdout);
	char text[STATUS_LINE_BYTES];

	if (line->drawn_ns && now_ns - line->drawn_ns < REDRAW_NS)
		return;
	status_line_text(text, line, now_ns);
	if (line->drawn_ns && !strcmp(text, line->drawn) && width == line->drawn_width)
		return;
	/* One column less: at the end of a full line, some terminals move to the next line. */
	fputc('\r', stdout);
	print_cell(stdout, text, text_columns(text) < width ? text_columns(text) : width - 1, false,
		   true);
	fputs("\033[K", stdout);
	fflush(stdout);
	line->drawn_ns = now_ns;
	line->drawn_width = width;
	strcpy(line->drawn, text);
}

void status_line_clear(struct status_line *line)
{
	if (!line->drawn_ns)
		return;
	fputs("\r\033[K", stdout);
	fflush(stdout);
	line->drawn_ns = 0;
}
