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

#define STATUS_LINE_BYTES 512

/**
 * struct status_line - what the line shows
 * @events:      how many events were seen
 * @spans:       how many spans have ended
 * @lost:        events that were overwritten before they could be read
 * @last:        the last span that ended; type 0: none yet
 * @open:        what has begun and not ended
 * @drawn_ns:    when the line was drawn; 0: it is not on the screen
 * @drawn:       the text on the screen
 * @drawn_width: the width of the terminal when it was drawn
 */
struct status_line {
	uint64_t events;
	uint64_t spans;
	uint64_t lost;
	struct luoscope_event last;
	struct open_spans open;
	uint64_t drawn_ns;
	char drawn[STATUS_LINE_BYTES];
	unsigned int drawn_width;
};

void status_line_add(struct status_line *line, const struct luoscope_event *event);
void status_line_lost(struct status_line *line, uint64_t lost);

/* The probes were replaced. Spans that started before may have ended unseen. */
void status_line_replaced(struct status_line *line);

/* Write the text to @buffer, which has STATUS_LINE_BYTES and is returned. */
const char *status_line_text(char *buffer, const struct status_line *line,
			     uint64_t now_boottime_ns);

/*
 * Whether standard output is a terminal that can redraw a line, and this process runs in its
 * foreground.
 */
bool status_line_possible(void);

/*
 * Draw the line on standard output, cut to the terminal's width. Does nothing if the line has not
 * changed, or if it was drawn less than 100 ms ago.
 */
void status_line_draw(struct status_line *line, uint64_t now_boottime_ns);

/* Take the line off the screen. */
void status_line_clear(struct status_line *line);

#endif /* LUOSCOPE_STATUS_LINE_H */
