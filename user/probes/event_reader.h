/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events of the attached programs, as they come.
 */
#ifndef LUOSCOPE_EVENT_READER_H
#define LUOSCOPE_EVENT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <luoscope/event.h>

#include "base/error.h"

struct event_reader;

/* How many events the log holds: no more of the past can be had. */
#define EVENT_READER_MAX_HISTORY LUOSCOPE_LOG_SLOTS

/**
 * event_reader_open - follow the events of the attached programs, those of an earlier process too
 * @history: begin with so many events of before
 *
 * Any number of processes can follow at the same time: each gets all events. Returns 0 with
 * *@reader; -ENOENT: nothing is attached, or by another version of luoscope; -EPERM: not root; or
 * another negative errno.
 */
int event_reader_open(struct event_reader **reader, size_t history, struct error *error);

/*
 * Take the next event; does not wait. Returns false if there is none. @lost grows by the events
 * before it that were written over before they could be read; they are no lost spans.
 */
bool event_reader_next(struct event_reader *reader, struct luoscope_event *event, uint64_t *lost);

/* Number of the event that event_reader_next() takes next, and of the next one to be written. */
uint64_t event_reader_number(const struct event_reader *reader);
uint64_t event_reader_head(const struct event_reader *reader);

/* False once the programs that it follows were taken off: there will be no more events. */
bool event_reader_is_attached(const struct event_reader *reader);

void event_reader_free(struct event_reader *reader);

#endif /* LUOSCOPE_EVENT_READER_H */
