/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads the events of the attached programs as they happen.
 */
#ifndef LUOSCOPE_EVENT_READER_H
#define LUOSCOPE_EVENT_READER_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <luoscope/event.h>

#include "base/error.h"

struct event_reader;

/* How many events the log holds. Earlier ones are gone. */
#define EVENT_READER_MAX_HISTORY LUOSCOPE_LOG_SLOTS

/**
 * event_reader_open - follow the events of the attached programs, whoever attached them
 * @history: how many of the past events to begin with
 *
 * Any number of processes can read at the same time, and each gets all events. Returns 0 and sets
 * *@reader; -ENOENT: nothing is attached, or another version of luoscope attached it; -EPERM: not
 * root; or another negative errno.
 */
int event_reader_open(struct event_reader **reader, size_t history, struct error *error);

/*
 * Read the next event, without waiting. Returns false if there is none. Adds to @lost the number of
 * events that were overwritten before they could be read. This does not mean that spans were lost.
 */
bool event_reader_next(struct event_reader *reader, struct luoscope_event *event, uint64_t *lost);

/* Number of the event that event_reader_next() reads next, and of the next one to be written. */
uint64_t event_reader_number(const struct event_reader *reader);
uint64_t event_reader_head(const struct event_reader *reader);

/* False once the programs have been detached: there will be no more events. */
bool event_reader_is_attached(const struct event_reader *reader);

/**
 * event_reader_wait - sleep until there is an event to read, or the programs may have been detached
 * @other:   what else to wait for, as for poll(); NULL: nothing
 * @most_ms: the longest wait; -1: there is no limit
 * @stopped: set by a signal handler: do not wait, or wait no longer
 *
 * Any signal that has a handler ends the wait, and it may end without a reason. It costs the
 * programs one wake-up: a reader that knows that more will follow pauses instead, and then reads
 * many at once.
 */
void event_reader_wait(const struct event_reader *reader, struct pollfd *other, int most_ms,
		       const volatile sig_atomic_t *stopped);

void event_reader_free(struct event_reader *reader);

#endif /* LUOSCOPE_EVENT_READER_H */
