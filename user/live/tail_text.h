/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events as they happen, a line of text each: the local time, the event, its subject, how long it
 * took, its outcome, and where there is room the driver of the device or the handler of the file.
 * The first line has a heading above it, and each new day begins with the date.
 */
#ifndef LUOSCOPE_TAIL_TEXT_H
#define LUOSCOPE_TAIL_TEXT_H

#include <luoscope/event.h>
#include <stdint.h>

#include "open_spans.h"
#include "tail.h"

void tail_text_event(struct tail_view *view, const struct luoscope_event *event);

/* For a span that began @age_ns ago and has not ended. */
void tail_text_open(struct tail_view *view, const struct luoscope_event *begin, uint64_t age_ns);

void tail_text_lost(struct tail_view *view, uint64_t lost);
void tail_text_replaced(struct tail_view *view);
void tail_text_summary(struct tail_view *view, const struct tail_summary *summary,
		       const struct open_spans *open, uint64_t now_boottime_ns);

#endif /* LUOSCOPE_TAIL_TEXT_H */
