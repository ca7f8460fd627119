/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The spans that have begun and not ended yet, kept up to date event by event.
 */
#ifndef LUOSCOPE_OPEN_SPANS_H
#define LUOSCOPE_OPEN_SPANS_H

#include <luoscope/event.h>
#include <stdbool.h>
#include <stddef.h>

#define OPEN_SPANS_MAX 64

/**
 * struct open_spans - the spans that are under way
 * @begin:        the event with which each began, the oldest first
 * @shown:        for the caller, who may note which spans it has shown; false at first
 * @count:        how many there are
 * @update_begun: an update has begun and was not refused
 */
struct open_spans {
	struct luoscope_event begin[OPEN_SPANS_MAX];
	bool shown[OPEN_SPANS_MAX];
	size_t count;
	bool update_begun;
};

/* Take the next event into account. If OPEN_SPANS_MAX spans are open, the oldest is forgotten. */
void open_spans_add(struct open_spans *spans, const struct luoscope_event *event);

/* Forget everything: events were lost, and some of them may have been ends. */
void open_spans_forget(struct open_spans *spans);

#endif /* LUOSCOPE_OPEN_SPANS_H */
