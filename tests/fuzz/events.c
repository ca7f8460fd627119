// SPDX-License-Identifier: GPL-2.0
/*
 * Events as 'luoscope tail' and the status line of 'luoscope record' get them, one after another.
 */
#include <luoscope/event.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "capture/area.h"
#include "live/event_filter.h"
#include "live/open_spans.h"
#include "live/status_line.h"
#include "live/tail.h"
#include "live/tail_json.h"
#include "live/tail_text.h"

/* In a narrower terminal the lines may wrap: see tail_text.c. */
#define WIDTH_MIN 80
/* No more events are lost, and no host is up for longer. */
#define LOST_MAX  1000000
#define UP_MAX_NS (1ULL << 62)

struct watch {
	struct tail_view text;
	struct tail_view json;
	struct tail_summary summary;
	struct open_spans open;
	struct status_line line;
	struct event_filter filter;
};

static void add_event(struct watch *watch, const struct luoscope_event *event)
{
	open_spans_add(&watch->open, event);
	status_line_add(&watch->line, event);
	watch->summary.seen++;
	if (!event_filter_matches(&watch->filter, event))
		return;
	tail_summary_add(&watch->summary, event);
	if (event->type != LUOSCOPE_EVENT_BEGIN)
		tail_text_event(&watch->text, event);
	else if (event_filter_matches_open(&watch->filter, event, event->detail % UP_MAX_NS))
		tail_text_open(&watch->text, event, event->detail % UP_MAX_NS);
	fuzz_expect(!tail_json_event(&watch->json, event), "out of memory");
}

static void lose(struct watch *watch, uint64_t lost)
{
	watch->summary.lost += lost;
	open_spans_forget(&watch->open);
	status_line_lost(&watch->line, lost);
	tail_text_lost(&watch->text, lost);
	fuzz_expect(!tail_json_lost(&watch->json, lost), "out of memory");
}

static void end(struct watch *watch, uint64_t now_ns)
{
	char buffer[STATUS_LINE_BYTES];
	struct fuzz_output output;

	tail_text_summary(&watch->text, &watch->summary, &watch->open, now_ns);
	fuzz_expect(!tail_json_summary(&watch->json, &watch->summary), "out of memory");
	fprintf(fuzz_output_begin(&output), "%s\n", status_line_text(buffer, &watch->line, now_ns));
	fuzz_output_text(&output, "status line", 0, 0, false);
}

/* What the probes and the module see to: no hostile name can change it. */
static void constrain(struct luoscope_event *event)
{
	event->type = 1 + (event->type + 3) % LUOSCOPE_EVENT_INSTANT;
	event->boottime_ns %= UP_MAX_NS;
	event->duration_ns %= UP_MAX_NS;
	if (event->type == LUOSCOPE_EVENT_BOUNDARY)
		event->subject.kind = 0;
	else if (!event->subject.kind)
		event->subject.kind = LUO_STATS_SUBJECT_FILE;
	if (event->type == LUOSCOPE_EVENT_INSTANT)
		event->kind = event->kind % 2 ? LUO_STATS_MARK : LUO_STATS_VCPU_ENTRY;
}

static void run(const uint8_t *bytes, size_t size)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	struct fuzz_output text, json;
	struct luoscope_event event = {};
	size_t at;

	fuzz_expect(watch, "out of memory");
	watch->text =
		(struct tail_view){ .out = fuzz_output_begin(&text),
				    .utf8 = fuzz_choice(2),
				    .width = fuzz_choice(4) ? WIDTH_MIN + fuzz_choice(100) : 0 };
	watch->json.out = fuzz_output_begin(&json);
	if (!fuzz_choice(4))
		watch->filter.min_duration_ns = 1000000;
	for (at = 0; at + sizeof(event) <= size; at += sizeof(event)) {
		memcpy(&event, bytes + at, sizeof(event));
		constrain(&event);
		add_event(watch, &event);
		if (!fuzz_choice(16))
			lose(watch, 1 + event.detail % LOST_MAX);
	}
	end(watch, event.boottime_ns);
	fuzz_output_text(&text, "tail", 0, watch->text.width, watch->text.utf8);
	fuzz_output_json(&json, "event", 0, true);
	free(watch);
}

/* The first spans of the old kernel, each with its begin and its end. */
static void seed(const struct capture *capture, FILE *out)
{
	const struct capture_section *section = &capture->section[CAPTURE_INCOMING];
	struct area_cursor cursor = {};
	struct luo_stats_span span;
	struct error error = {};
	struct area area;
	unsigned int i;

	if (!section->bytes || area_parse(&area, section->bytes, section->size, &error))
		return;
	for (i = 0; i < 20 && area_next_span(&area, &cursor, &span); i++) {
		struct luoscope_event event = { .type = LUOSCOPE_EVENT_BEGIN,
						.kind = span.kind,
						.boottime_ns = span.begin_cycles,
						.detail = span.detail,
						.pid = span.pid };

		area_subject(&area, span.subject, &event.subject);
		fwrite(&event, sizeof(event), 1, out);
		event.type = LUOSCOPE_EVENT_END;
		event.result = span.result;
		event.duration_ns = span.end_cycles - span.begin_cycles;
		fwrite(&event, sizeof(event), 1, out);
	}
}

const struct fuzz_target fuzz_events = {
	.name = "events",
	.share = 8,
	.most = 40 * sizeof(struct luoscope_event),
	.run = run,
	.seed = seed,
};
