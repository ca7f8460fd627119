/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Follows the events of the attached programs also when somebody replaces these: 'luoscope record'
 * does, for those of another version, or to watch what was loaded after them.
 */
#ifndef LUOSCOPE_EVENT_FOLLOW_H
#define LUOSCOPE_EVENT_FOLLOW_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "event_reader.h"

/**
 * struct event_follow - whose events are followed, and whether they are still attached
 * @reader:  of the programs that are followed
 * @next:    of those that have replaced them; NULL: there are none
 * @look_ns: when to look again whether they are attached, on CLOCK_BOOTTIME
 * @gone_ns: when they were first seen to be gone; 0: they are attached
 */
struct event_follow {
	struct event_reader *reader;
	struct event_reader *next;
	uint64_t look_ns;
	uint64_t gone_ns;
};

/* Like event_reader_open(). */
int event_follow_open(struct event_follow *follow, size_t history, struct error *error);

/**
 * event_follow_look - look whether the programs are still attached, at most once a second
 *
 * Returns 0: they are, or may still be replaced; 1: others have replaced them. Then read what is
 * left of the events, and call event_follow_switch(). -ENODEV: they are gone, and after five
 * seconds, or a minute while somebody is attaching some, there are still no others that can be
 * followed.
 */
int event_follow_look(struct event_follow *follow, uint64_t now_ns, struct error *error);

/* From here on the reader is that of the new programs, with all that they have seen so far. */
void event_follow_switch(struct event_follow *follow);

/*
 * Like event_reader_wait(). What ends the wait may be that the programs are gone: the next look is
 * a look. While they are gone it waits for a second at most.
 */
void event_follow_wait(struct event_follow *follow, struct pollfd *other, int most_ms,
		       const volatile sig_atomic_t *stopped);

void event_follow_close(struct event_follow *follow);

#endif /* LUOSCOPE_EVENT_FOLLOW_H */
