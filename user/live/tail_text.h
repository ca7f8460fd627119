/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Views of events as they happen: a line each, for people or as JSON.
 */
#ifndef LUOSCOPE_TAIL_TEXT_H
#define LUOSCOPE_TAIL_TEXT_H

#include <luoscope/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "event_filter.h"
#include "open_spans.h"

/* Name and version of the form of each JSON line; docs/schema/event.schema.json has its schema. */
#define EVENT_JSON_SCHEMA "luoscope.event/1"

/**
 * struct tail_kind - what was shown of spans of one kind
 * @spans:   that ended
 * @outcome: of them, by enum event_outcome
 * @longest: the end of the one that took longest
 */
struct tail_kind {
	uint64_t spans;
	uint64_t outcome[EVENT_OUTCOMES];
	struct luoscope_event longest;
};

/**
 * struct tail_summary - what was seen until the end
 * @seen:  events, of those types that the view shows: the text view has no line for a begin
 * @shown: of them, those that passed the filter
 * @lost:  events of all types that were written over before they could be read
 * @kind:  of those shown; kind 0 stands for every kind above the array
 */
struct tail_summary {
	uint64_t seen;
	uint64_t shown;
	uint64_t lost;
	struct tail_kind kind[LUO_STATS_KINDS];
};

/* Count @event, an end or another, as shown. */
void tail_summary_add(struct tail_summary *summary, const struct luoscope_event *event);

/**
 * struct tail_view - how and where to write
 * @out:    each line is written whole; flushing is the caller's
 * @utf8:   names may be shown in UTF-8; else all is plain ASCII
 * @colour: mark what is not well, for a terminal; the words say it too
 * @width:  columns that a line may take; 0: as many as it needs
 * @realtime_offset_ns: CLOCK_REALTIME minus CLOCK_BOOTTIME, of now
 * @day:    of the last line that had a time, the view's own
 */
struct tail_view {
	FILE *out;
	bool utf8;
	bool colour;
	unsigned int width;
	int64_t realtime_offset_ns;
	int day;
};

/**
 * event_whom - whom @event is about, such as "0000:01:00.0" or "vm-database:1", escaped; "" if nobody
 * @width: columns; a longer name is cut, with "~" in the place of its end; 0: no limit
 *
 * Returns @buffer, which has ESCAPED_BYTES.
 */
const char *event_whom(char *buffer, const struct luoscope_event *event, bool utf8,
		       unsigned int width);

/* Name of the span's kind or the boundary; @buffer has NAME_BYTES. */
const char *event_what(char *buffer, const struct luoscope_event *event);

/*
 * Lines for people: the local time, what, whom, how long, what came of it, and where there is room
 * the driver of the device or the handler of the file. A heading stands above the first, and the
 * date where it changes.
 *
 * tail_text_open() is for a span that began @age_ns ago and has not ended.
 */
void tail_text_event(struct tail_view *view, const struct luoscope_event *event);
void tail_text_open(struct tail_view *view, const struct luoscope_event *begin, uint64_t age_ns);
void tail_text_lost(struct tail_view *view, uint64_t lost);
void tail_text_summary(struct tail_view *view, const struct tail_summary *summary,
		       const struct underway *underway, uint64_t now_boottime_ns);

/*
 * JSON: each line is one object, with "schema" EVENT_JSON_SCHEMA and a "type".
 *
 * "begin", "end", "instant" (without a length) and "boundary" are events. All have the same
 * fields; one that does not apply, or whose value is not known, is null.
 * - boottime_ns: this kernel's CLOCK_BOOTTIME, exact; realtime_ns: the same moment since 1970 UTC,
 *   by the two clocks' distance when it was read. Strings of decimal digits, for they can be above
 *   2^53 - 1. time: realtime_ns as RFC 3339, in UTC and whole microseconds.
 * - kind: of a span, as in the report; boundary: name of a boundary, such as "update_begin".
 * - subject: null, or an object: type is "device", "session", "file", "mark", "vcpu" or "unknown";
 *   device, driver, bus, session, token, handler, mark, instance, process and vcpu are null where
 *   they do not apply; token and instance are strings of decimal digits.
 * - duration_ns: of an end, by CLOCK_BOOTTIME; the report goes by the CPU's counter. Null for a
 *   mark whose begin was not seen by the probes, for it may be in the kernel before.
 * - outcome: "ok", "failed", "busy" or "none" of an end, "failed" of a boundary that was not
 *   reached; result: 0 or a negative errno, and error its name.
 * - reset_method, reset_lock: of a device's reset, and of the freeze that it lies in.
 * - pid: the thread.
 *
 * "lost" has lost: how many events are missing in this place. "summary" is the last line: seen,
 * shown and lost, and spans: a list of what was shown by kind: kind, spans, ok, failed, busy, none,
 * longest_ns.
 *
 * Return 0 or -ENOMEM.
 */
int tail_json_event(struct tail_view *view, const struct luoscope_event *event);
int tail_json_lost(struct tail_view *view, uint64_t lost);
int tail_json_summary(struct tail_view *view, const struct tail_summary *summary);

#endif /* LUOSCOPE_TAIL_TEXT_H */
