/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the text and the JSON view of 'luoscope tail' have in common.
 */
#ifndef LUOSCOPE_TAIL_H
#define LUOSCOPE_TAIL_H

#include <luoscope/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "event_filter.h"

/**
 * struct tail_view - how and where to write
 * @out:    each line is written whole; the caller flushes
 * @utf8:   names may be shown in UTF-8; otherwise all output is plain ASCII
 * @colour: mark failures with colours, for a terminal; the words say it as well
 * @width:  columns that a line may take; 0: as many as it needs
 * @realtime_offset_ns: CLOCK_REALTIME minus CLOCK_BOOTTIME, as of now
 * @day:    of the last line that had a time; only the view itself uses this, and the next two
 * @second: of that line
 * @clock:  the time of that line, up to its second
 */
struct tail_view {
	FILE *out;
	bool utf8;
	bool colour;
	unsigned int width;
	int64_t realtime_offset_ns;
	int day;
	time_t second;
	char clock[40];
};

/**
 * struct tail_kind - the spans of one kind that were shown
 * @spans:   how many ended
 * @outcome: how many of them had each outcome, by enum event_outcome
 * @longest: the end of the longest one
 */
struct tail_kind {
	uint64_t spans;
	uint64_t outcome[EVENT_OUTCOMES];
	struct luoscope_event longest;
};

/**
 * struct tail_summary - what was seen until the end
 * @seen:   events of all types
 * @starts: how many of them are starts, for which the text view has no line
 * @shown:  how many of the others passed the filter
 * @lost:   events of all types that were overwritten before they could be read
 * @replaced: how often the probes were replaced: what happened meanwhile nobody has counted
 * @kind:   what was shown, by kind; kind 0 stands for every kind above the array
 */
struct tail_summary {
	uint64_t seen;
	uint64_t starts;
	uint64_t shown;
	uint64_t lost;
	uint64_t replaced;
	struct tail_kind kind[LUO_STATS_KINDS];
};

/* Count @event, of any type, as shown. */
void tail_summary_add(struct tail_summary *summary, const struct luoscope_event *event);

/**
 * event_subject - the subject of @event, such as "0000:01:00.0" or "vm-database:1", escaped
 * @width: in columns; a longer name is cut and ends in "~"; 0: no limit
 *
 * Returns @buffer, which has ESCAPED_BYTES; it is empty if the event has no subject.
 */
const char *event_subject(char *buffer, const struct luoscope_event *event, bool utf8,
			  unsigned int width);

/* The driver of a device or the handler of a file, escaped; @buffer has ESCAPED_BYTES. */
const char *event_detail(char *buffer, const struct luoscope_event *event);

/* The name of the span's kind or of the boundary; @buffer has NAME_BYTES. */
const char *event_name(char *buffer, const struct luoscope_event *event);

#endif /* LUOSCOPE_TAIL_H */
