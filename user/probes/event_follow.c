// SPDX-License-Identifier: GPL-2.0
#include "event_follow.h"

#include <errno.h>

#include "base/error.h"
#include "event_reader.h"
#include "pins.h"

#define SECOND_NS 1000000000ULL
#define SECOND_MS 1000

/* Programs that are being replaced are gone for a moment, unless the host is busy. */
#define GONE_NS (5 * SECOND_NS)

int event_follow_open(struct event_follow *follow, size_t history, struct error *error)
{
	*follow = (struct event_follow){};
	return event_reader_open(&follow->reader, history, error);
}

int event_follow_look(struct event_follow *follow, uint64_t now_ns, struct error *error)
{
	int err;

	if (follow->next)
		return 1;
	if (now_ns < follow->look_ns)
		return 0;
	follow->look_ns = now_ns + SECOND_NS;
	if (event_reader_is_attached(follow->reader)) {
		follow->gone_ns = 0;
		return 0;
	}
	if (!follow->gone_ns)
		follow->gone_ns = now_ns;
	err = event_reader_open(&follow->next, EVENT_READER_MAX_HISTORY, error);
	if (!err)
		return 1;
	if (now_ns - follow->gone_ns < (pins_are_locked() ? PINS_LOCK_NS : GONE_NS))
		return 0;
	/* Where there are some, it has said why they cannot be followed. */
	if (err == -ENOENT && !probes_attached())
		error_set(
			error, -ENODEV,
			"the probes were detached: nothing is watched any more; 'luoscope record' attaches them again");
	return -ENODEV;
}

void event_follow_switch(struct event_follow *follow)
{
	event_reader_free(follow->reader);
	follow->reader = follow->next;
	follow->next = NULL;
	follow->gone_ns = 0;
}

void event_follow_wait(struct event_follow *follow, struct pollfd *other, int most_ms,
		       const volatile sig_atomic_t *stopped)
{
	if (follow->gone_ns && (most_ms < 0 || most_ms > SECOND_MS))
		most_ms = SECOND_MS;
	event_reader_wait(follow->reader, other, most_ms, stopped);
	follow->look_ns = 0;
}

void event_follow_close(struct event_follow *follow)
{
	event_reader_free(follow->next);
	event_reader_free(follow->reader);
}
