/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads the event log while the BPF programs write to it, and has them ring the bell when there is
 * more. Readers are independent of each other.
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
 * @waiting: how often it found that event still being written
 */
struct event_log_reader {
	const struct luoscope_log *log;
	uint64_t next;
	unsigned int waiting;
};

/**
 * event_log_start - begin to read @log at its end, or @history events before the end
 *
 * If the log no longer has as many, begin with its oldest event.
 */
void event_log_start(struct event_log_reader *reader, const struct luoscope_log *log,
		     uint64_t history);

/**
 * event_log_next - read the next event
 * @event: set if the result is true
 * @lost:  increased by the number of events that were overwritten before they could be read
 *
 * Returns false if there is none yet.
 */
bool event_log_next(struct event_log_reader *reader, struct luoscope_event *event, uint64_t *lost);

/**
 * event_bell_arm - have the next event wake all who poll the bell
 * @consumer: the positions in the bell's ring buffer
 * @producer: see @consumer
 *
 * What was written before that wakes nobody: look at the log again before you sleep.
 */
void event_bell_arm(unsigned long *consumer, const unsigned long *producer);

#endif /* LUOSCOPE_EVENT_LOG_H */
