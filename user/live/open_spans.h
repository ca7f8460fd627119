/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What has begun and not ended: kept from the events as they come.
 */
#ifndef LUOSCOPE_OPEN_SPANS_H
#define LUOSCOPE_OPEN_SPANS_H

#include <luoscope/event.h>
#include <stdbool.h>
#include <stddef.h>

#define UNDERWAY_SPANS 64

/**
 * struct underway - the spans that are under way
 * @begin:  of each, the oldest first
 * @told:   of each; for the user of this, false at first
 * @spans:  how many
 * @update: an update has begun, and was not refused
 */
struct underway {
	struct luoscope_event begin[UNDERWAY_SPANS];
	bool told[UNDERWAY_SPANS];
	size_t spans;
	bool update;
};

/* Take the next event into account. Of more than UNDERWAY_SPANS the oldest is forgotten. */
void underway_add(struct underway *underway, const struct luoscope_event *event);

/* Events were lost, ends among them perhaps: forget everything. */
void underway_forget(struct underway *underway);

#endif /* LUOSCOPE_OPEN_SPANS_H */
