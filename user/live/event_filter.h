/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an event says of its outcome, and which events somebody wants to see.
 */
#ifndef LUOSCOPE_EVENT_FILTER_H
#define LUOSCOPE_EVENT_FILTER_H

#include <luoscope/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum event_outcome {
	EVENT_NO_OUTCOME, /* of a begin, an instant, or a boundary that was reached */
	EVENT_OK,
	EVENT_FAILED, /* with an errno */
	EVENT_BUSY,   /* a reset: a lock could not be had */
	EVENT_NONE,   /* a reset: the device has no way to be reset */
	EVENT_OUTCOMES,
};

/* A boundary is of its update's freeze if that did not go well: then it has failed. */
enum event_outcome event_outcome(const struct luoscope_event *event);

/* "ok", "failed", "busy" or "none"; "" for EVENT_NO_OUTCOME. */
const char *name_event_outcome(enum event_outcome outcome);

/* Whether it is the end of something whose begin was seen. */
bool event_has_duration(const struct luoscope_event *event);

/* Whether the detail of @event tells of a device's reset: then LUO_STATS_RESET_*() read it. */
bool event_has_reset(const struct luoscope_event *event);

#define FILTER_DEVICES 64

/**
 * struct event_filter - which events to show; all zero: all of them
 * @device:   names as in sysfs; events of other devices, and of what is no device, are left out
 * @kinds:    bit n: spans of kind n; bit 0: boundaries; 0: all
 * @outcomes: bit n: enum event_outcome n; 0: all
 * @min_duration_ns: leave out what did not end, and what took less; 0: no limit
 */
struct event_filter {
	char device[FILTER_DEVICES][64];
	size_t devices;
	uint32_t kinds;
	uint32_t outcomes;
	uint64_t min_duration_ns;
};

/*
 * Each adds what an option says. Return 0, or -EINVAL with a sentence that lists what there is;
 * -E2BIG: too many devices.
 */
int event_filter_add_kind(struct event_filter *filter, const char *name, struct error *error);
int event_filter_add_outcome(struct event_filter *filter, const char *name, struct error *error);

/*
 * @name: as in sysfs, on any bus; of a PCI device the domain 0000 may be left out. @sysfs is where
 * sysfs is mounted. -ENODEV: there is no such device.
 */
int event_filter_add_device(struct event_filter *filter, const char *name, const char *sysfs,
			    struct error *error);

bool event_filter_matches(const struct event_filter *filter, const struct luoscope_event *event);

/* As above, for a span that has not ended @age_ns after @begin. */
bool event_filter_matches_open(const struct event_filter *filter,
			       const struct luoscope_event *begin, uint64_t age_ns);

#endif /* LUOSCOPE_EVENT_FILTER_H */
