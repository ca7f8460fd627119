/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The outcome of an event, and which events the user wants to see.
 */
#ifndef LUOSCOPE_EVENT_FILTER_H
#define LUOSCOPE_EVENT_FILTER_H

#include <luoscope/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum event_outcome {
	EVENT_NO_OUTCOME, /* a start, an instant, or a boundary that was reached */
	EVENT_OK,
	EVENT_FAILED, /* with an errno */
	EVENT_BUSY,   /* a reset: a lock was not available */
	EVENT_NONE,   /* a reset: the device cannot be reset */
	EVENT_OUTCOMES,
};

/* A boundary has an outcome only if the freeze of the update failed: EVENT_FAILED. */
enum event_outcome event_outcome(const struct luoscope_event *event);

/* "ok", "failed", "busy" or "none"; "" for EVENT_NO_OUTCOME. */
const char *name_event_outcome(enum event_outcome outcome);

/* Whether it is the end of a span whose beginning was seen. */
bool event_has_duration(const struct luoscope_event *event);

/* Whether the detail of @event describes the reset of a device, for LUO_STATS_RESET_*(). */
bool event_has_reset(const struct luoscope_event *event);

#define FILTER_DEVICES 64

/**
 * struct event_filter - which events to show; all zero: all of them
 * @device:   names as in sysfs; if there are any, only events of these devices are shown
 * @devices:  how many there are
 * @kinds:    bit n: spans of kind n; bit 0: boundaries; 0: all
 * @outcomes: bit n: enum event_outcome n; 0: all
 * @min_duration_ns: show only ends of spans that took at least this long; 0: no limit
 */
struct event_filter {
	char device[FILTER_DEVICES][64];
	size_t devices;
	uint32_t kinds;
	uint32_t outcomes;
	uint64_t min_duration_ns;
};

/*
 * Each adds the value of an option. Returns 0, or -EINVAL with a text that lists the valid values.
 */
int event_filter_add_kind(struct event_filter *filter, const char *name, struct error *error);
int event_filter_add_outcome(struct event_filter *filter, const char *name, struct error *error);

/*
 * @name is as in sysfs, on any bus; for a PCI device the domain 0000 may be omitted. @sysfs is
 * where sysfs is mounted. Returns 0; -ENODEV: there is no such device; -E2BIG: too many devices.
 */
int event_filter_add_device(struct event_filter *filter, const char *name, const char *sysfs,
			    struct error *error);

#define EVENT_FILTER_KINDS_BYTES 400

/* Write the kinds that can be asked for to @list, of EVENT_FILTER_KINDS_BYTES: "boundary, ..." */
void event_filter_kinds(char *list);

bool event_filter_matches(const struct event_filter *filter, const struct luoscope_event *event);

/* The same for a span that began @age_ns ago and has not ended. */
bool event_filter_matches_open(const struct event_filter *filter,
			       const struct luoscope_event *begin, uint64_t age_ns);

#endif /* LUOSCOPE_EVENT_FILTER_H */
