/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one line that 'luoscope record' keeps up to date on a terminal.
 */
#ifndef LUOSCOPE_STATUS_LINE_H
#define LUOSCOPE_STATUS_LINE_H

#include <luoscope/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "open_spans.h"

#define RECORD_STATUS_BYTES 512

/**
 * struct record_status - what the line tells
 * @spans:    that ended
 * @lost:     events that were written over before they could be read
 * @last:     the last span that ended; type 0: none yet
 * @underway: what has not ended
 * @drawn_ns: when the line was drawn; 0: it is not on the screen
 * @drawn:    what it shows, on a terminal of @drawn_width
 */
struct record_status {
	uint64_t spans;
	uint64_t lost;
	struct luoscope_event last;
	struct underway underway;
	uint64_t drawn_ns;
	char drawn[RECORD_STATUS_BYTES];
	unsigned int drawn_width;
};

void record_status_add(struct record_status *status, const struct luoscope_event *event);
void record_status_lost(struct record_status *status, uint64_t lost);

/* The line's text in @buffer of RECORD_STATUS_BYTES, which is returned. */
const char *record_status_text(char *buffer, const struct record_status *status,
			       uint64_t now_boottime_ns);

/* Whether standard output is a terminal that lines can be redrawn on, and ours at this moment. */
bool record_status_possible(void);

/*
 * Draw the line on standard output, cut to its width, if it tells something new and was not drawn
 * in the last 100 ms.
 */
void record_status_draw(struct record_status *status, uint64_t now_boottime_ns);

/* Take it off the screen. */
void record_status_clear(struct record_status *status);

#endif /* LUOSCOPE_STATUS_LINE_H */
