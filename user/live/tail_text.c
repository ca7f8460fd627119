// SPDX-License-Identifier: GPL-2.0
#include "tail_text.h"

#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/table.h"
#include "base/terminal.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "capture/reset_method.h"
#include "event_filter.h"
#include "open_spans.h"
#include "tail.h"

#define TIME_COLUMNS	 12
#define NAME_COLUMNS	 16 /* session_retrieve */
#define DURATION_COLUMNS 9
#define OUTCOME_COLUMNS	 16 /* failed ETIMEDOUT */
#define DETAIL_COLUMNS	 20 /* vfio-pci-luoscope-v1 */
#define GAP		 2
/* Width of the subjects: without a terminal, and at most. */
#define SUBJECT_COLUMNS	    24
#define MAX_SUBJECT_COLUMNS 40

static void describe_outcome(char *text, size_t size, const struct luoscope_event *event)
{
	const enum event_outcome outcome = event_outcome(event);
	char error[NAME_BYTES];
	size_t length;

	length = snprintf(text, size, "%s", name_event_outcome(outcome));
	if (outcome == EVENT_BUSY && event_has_reset(event) && LUO_STATS_RESET_LOCK(event->detail))
		length += snprintf(text + length, size - length, " %s",
				   name_reset_lock(LUO_STATS_RESET_LOCK(event->detail)));
	if (event->kind == LUO_STATS_RESET && outcome == EVENT_OK && event_has_reset(event))
		length += snprintf(text + length, size - length, " %s",
				   name_reset_method(LUO_STATS_RESET_METHOD(event->detail)));
	/* The other outcomes say it already. */
	if (outcome == EVENT_FAILED)
		snprintf(text + length, size - length, " %s", name_errno(event->result, error));
}

static const char *colour_of(const struct tail_view *view, enum event_outcome outcome,
			     bool is_boundary)
{
	if (!view->colour)
		return "";
	switch (outcome) {
	case EVENT_FAILED:
		return TERMINAL_RED;
	case EVENT_BUSY:
	case EVENT_NONE:
		return TERMINAL_YELLOW;
	default:
		return is_boundary ? TERMINAL_BOLD : "";
	}
}

/* Width of the subjects. @detail_columns is that of drivers and handlers; 0: there is no room. */
static unsigned int subject_columns(const struct tail_view *view, unsigned int *detail_columns)
{
	const unsigned int others =
		TIME_COLUMNS + NAME_COLUMNS + DURATION_COLUMNS + OUTCOME_COLUMNS + 4 * GAP;
	const unsigned int with_detail = others + DETAIL_COLUMNS + GAP;
	unsigned int subject;

	if (!view->width) {
		*detail_columns = DETAIL_COLUMNS;
		return SUBJECT_COLUMNS;
	}
	*detail_columns = view->width >= with_detail + SUBJECT_COLUMNS ? DETAIL_COLUMNS : 0;
	subject = view->width - (*detail_columns ? with_detail : others);
	/* In such a narrow terminal, the lines will wrap. */
	if (view->width < others + 12)
		subject = 12;
	return subject < MAX_SUBJECT_COLUMNS ? subject : MAX_SUBJECT_COLUMNS;
}

/* Print the date if it has changed, and above the very first line the heading. */
static void print_day(struct tail_view *view, const struct tm *when, unsigned int subject)
{
	const int day = (when->tm_year + 1900) * 1000 + when->tm_yday;
	char text[64];

	if (day == view->day)
		return;
	strftime(text, sizeof(text), "%Y-%m-%d, times are %Z", when);
	fprintf(view->out, "%s\n", text);
	if (!view->day)
		fprintf(view->out, "%-*s  %-*s  %-*s  %*s  %s\n", TIME_COLUMNS, "time",
			NAME_COLUMNS, "event", (int)subject, "subject", DURATION_COLUMNS,
			"duration", "outcome");
	view->day = day;
}

/* A number that is not negative, with @digits. */
static void print_digits(FILE *out, unsigned int number, unsigned int digits)
{
	if (digits > 1)
		print_digits(out, number / 10, digits - 1);
	putc_unlocked('0' + number % 10, out);
}

/* The times of a line and of the one before it are often of the same second. */
static void print_time(struct tail_view *view, int64_t realtime_ns, unsigned int subject)
{
	const time_t second = realtime_ns / 1000000000;
	struct tm when;

	if (!view->day || second != view->second) {
		localtime_r(&second, &when);
		print_day(view, &when, subject);
		view->second = second;
		snprintf(view->clock, sizeof(view->clock), "%02d:%02d:%02d.", when.tm_hour,
			 when.tm_min, when.tm_sec);
	}
	fputs_unlocked(view->clock, view->out);
	print_digits(view->out, realtime_ns / 1000000 % 1000, 3);
}

struct column {
	const char *text;
	unsigned int width;
	bool right;
	const char *colour;
};

/* Without a terminal, nothing is cut. */
static void print_columns(const struct tail_view *view, const struct column *columns, size_t count)
{
	size_t i;

	/* No blanks at the end of the line. */
	while (count && !*columns[count - 1].text)
		count--;
	for (i = 0; i < count; i++) {
		const struct column *column = &columns[i];
		const unsigned int needs = text_columns(column->text);
		const bool is_last = i + 1 == count;

		print_blanks(view->out, GAP);
		fputs_unlocked(column->colour, view->out);
		print_cell(view->out, column->text,
			   needs > column->width && !view->width ? needs : column->width,
			   column->right, is_last);
		if (*column->colour)
			fputs_unlocked(TERMINAL_PLAIN, view->out);
	}
	putc_unlocked('\n', view->out);
}

static void print_line(struct tail_view *view, const struct luoscope_event *event,
		       uint64_t boottime_ns, const char *duration, const char *outcome,
		       const char *colour)
{
	const int64_t realtime_ns = (int64_t)boottime_ns + view->realtime_offset_ns;
	unsigned int detail_columns, subject = subject_columns(view, &detail_columns);
	const bool is_boundary = event->type == LUOSCOPE_EVENT_BOUNDARY;
	char text[ESCAPED_BYTES], name[NAME_BYTES], detail[ESCAPED_BYTES];
	const struct column columns[] = {
		{ event_name(name, event), NAME_COLUMNS, false, is_boundary ? colour : "" },
		{ event_subject(text, event, view->utf8, view->width ? subject : 0), subject, false,
		  "" },
		{ duration, DURATION_COLUMNS, true, "" },
		{ outcome, OUTCOME_COLUMNS, false, *outcome ? colour : "" },
		{ detail_columns ? event_detail(detail, event) : "", detail_columns, false, "" },
	};

	print_time(view, realtime_ns, subject);
	print_columns(view, columns, ARRAY_SIZE(columns));
}

void tail_text_event(struct tail_view *view, const struct luoscope_event *event)
{
	char duration[DURATION_BYTES] = "", outcome[64];

	if (event_has_duration(event))
		format_duration(duration, event->duration_ns, 0);
	describe_outcome(outcome, sizeof(outcome), event);
	print_line(view, event, event->boottime_ns, duration, outcome,
		   colour_of(view, event_outcome(event), event->type == LUOSCOPE_EVENT_BOUNDARY));
}

void tail_text_open(struct tail_view *view, const struct luoscope_event *begin, uint64_t age_ns)
{
	char duration[DURATION_BYTES];

	print_line(view, begin, begin->boottime_ns + age_ns,
		   format_duration(duration, age_ns, age_ns / 10), "under way",
		   view->colour ? TERMINAL_YELLOW : "");
}

void tail_text_lost(struct tail_view *view, uint64_t lost)
{
	fprintf(view->out, "%*s%llu events lost here: they came faster than they were read\n",
		TIME_COLUMNS + GAP, "", (unsigned long long)lost);
}

void tail_text_replaced(struct tail_view *view)
{
	fprintf(view->out,
		"%*sthe probes were attached again here: what happened meanwhile is missing\n",
		TIME_COLUMNS + GAP, "");
}

static void print_kinds(struct tail_view *view, const struct tail_summary *summary)
{
	struct table table = {
		.columns = 5,
		.heading = { "kind", "spans", "not ok", "longest", "of" },
		.right = { false, true, true, true, false },
	};
	unsigned int kind;

	for (kind = 0; kind < LUO_STATS_KINDS; kind++) {
		const struct tail_kind *shown = &summary->kind[kind];
		char name[NAME_BYTES], duration[DURATION_BYTES], subject[ESCAPED_BYTES];

		if (!shown->spans)
			continue;
		table_cell(&table, "%s", kind ? name_kind(kind, name) : "other kinds");
		table_cell(&table, "%llu", (unsigned long long)shown->spans);
		table_cell(&table, "%llu",
			   (unsigned long long)(shown->spans - shown->outcome[EVENT_OK]));
		table_cell(&table, "%s", format_duration(duration, shown->longest.duration_ns, 0));
		table_cell(&table, "%s", event_subject(subject, &shown->longest, view->utf8, 0));
	}
	if (table.cells && table_print(&table, view->out, view->width ? view->width : 100))
		fputs("There is not enough memory to list them by kind.\n", view->out);
}

void tail_text_summary(struct tail_view *view, const struct tail_summary *summary,
		       const struct open_spans *open, uint64_t now_boottime_ns)
{
	unsigned int detail_columns, columns = 0;
	size_t i;

	if (view->width)
		columns = subject_columns(view, &detail_columns);
	fprintf(view->out,
		"\n%llu events seen: %llu shown, %llu filtered out, %llu starts without a line; %llu lost.\n",
		(unsigned long long)summary->seen, (unsigned long long)summary->shown,
		(unsigned long long)(summary->seen - summary->shown - summary->starts),
		(unsigned long long)summary->starts, (unsigned long long)summary->lost);
	if (summary->replaced)
		fputs("The probes were attached again; what happened meanwhile is not counted.\n",
		      view->out);
	print_kinds(view, summary);
	for (i = 0; i < open->count; i++) {
		const struct luoscope_event *begin = &open->begin[i];
		const uint64_t age_ns = now_boottime_ns - begin->boottime_ns;
		char name[NAME_BYTES], subject[ESCAPED_BYTES], age[DURATION_BYTES];

		fprintf(view->out, "Still under way: %s %s, for %s\n", event_name(name, begin),
			event_subject(subject, begin, view->utf8, columns),
			format_duration(age, age_ns, age_ns / 10));
	}
}
