/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the event log that the BPF programs write, while they write it. Readers do not know of
 * each other.
 */
#ifndef LUOSCOPE_EVENT_LOG_H
#define LUOSCOPE_EVENT_LOG_H

#include <luoscope/event.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct event_log_reader - one reader's place in the log
 * @log:     as mapped
 * @next:    number of the event that it reads next
 * @waiting: how often it came here and found that event still being written
 */
struct event_log_reader {
	const struct luoscope_log *log;
	uint64_t next;
	unsigned int waiting;
};

/**
 * event_log_start - read @log from its end on, or from @history events before it
 *
 * Of more than the log still has, as many as it has.
 */
void event_log_start(struct event_log_reader *reader, const struct luoscope_log *log,
		     uint64_t history);

/**
 * event_log_next - read the next event
 * @event: set if the result is true
 * @lost:  grows by the events between the last one and this that were written over before they
 *         could be read
 *
 * Returns false if there is none yet.
 */
bool event_log_next(struct event_log_reader *reader, struct luoscope_event *event, uint64_t *lost);

#endif /* LUOSCOPE_EVENT_LOG_H */
