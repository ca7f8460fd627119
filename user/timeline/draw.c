// SPDX-License-Identifier: GPL-2.0
#include "draw.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "lanes.h"
#include "model/long_poles.h"
#include "model/model.h"
#include "timeline.h"

/* By lane and start; an item comes before the items within it. */
static int compare_items(const void *a, const void *b)
{
	const struct timeline_item *x = a, *y = b;

	if (x->lane != y->lane)
		return x->lane < y->lane ? -1 : 1;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return x->end_ns > y->end_ns ? -1 : x->end_ns < y->end_ns;
}

/* The maximum depth: items that overlap without nesting are placed below each other. */
#define DEPTH_MAX 8

static void set_depths(struct timeline *timeline)
{
	int64_t busy_until[DEPTH_MAX] = {};
	unsigned int depth = 0;
	size_t i;

	for (i = 0; i < timeline->items; i++) {
		struct timeline_item *item = &timeline->item[i];
		struct timeline_lane *lane = &timeline->lane[item->lane];

		if (!i || item->lane != timeline->item[i - 1].lane)
			depth = 0;
		while (depth && busy_until[depth - 1] <= item->start_ns)
			depth--;
		item->depth = depth < DEPTH_MAX ? depth : DEPTH_MAX - 1;
		if (depth < DEPTH_MAX)
			busy_until[depth++] = item->end_ns;
		if (item->depth >= lane->depth)
			lane->depth = item->depth + 1;
	}
	for (i = 0; i < timeline->lanes; i++)
		if (!timeline->lane[i].depth)
			timeline->lane[i].depth = 1;
}

/* The longest pole: its items, except what was done before the blackout. */
static void mark_pole(struct timeline *timeline, const struct model *model)
{
	/* Poles without a lane of their own are items of one kind in the lane of a group. */
	static const struct {
		enum timeline_group group;
		enum timeline_kind kind;
		bool has_lane;
	} groups[] = {
		[MODEL_POLE_DEVICE] = { TIMELINE_DEVICES, .has_lane = true },
		[MODEL_POLE_FILE] = { TIMELINE_FILES, .has_lane = true },
		[MODEL_POLE_SESSION] = { TIMELINE_SESSIONS, .has_lane = true },
		[MODEL_POLE_FLB] = { TIMELINE_FILES, .has_lane = true },
		[MODEL_POLE_SHUTDOWN] = { TIMELINE_SHUTDOWN, TIMELINE_CALLBACK },
		[MODEL_POLE_INIT] = { TIMELINE_PHASES, TIMELINE_INIT },
	};
	const struct model_long_pole *pole = model->pole;
	size_t first = 0, i;

	if (!model->poles)
		return;
	while (first < timeline->lanes && timeline->lane[first].group != groups[pole->kind].group)
		first++;
	/* The lanes of FLBs follow those of the files. */
	if (pole->kind == MODEL_POLE_FLB)
		first += model->files;
	for (i = 0; i < timeline->items; i++) {
		struct timeline_item *item = &timeline->item[i];

		if (item->start_ns < 0 || item->kind == TIMELINE_PRESERVE)
			continue;
		item->pole = groups[pole->kind].has_lane ?
				     item->lane == first + pole->index :
				     item->lane == first && item->kind == groups[pole->kind].kind &&
					     (pole->kind == MODEL_POLE_INIT ||
					      !strcmp(item->name, long_pole_name(model, pole)));
		timeline->lane[item->lane].pole |= item->pole;
	}
}

/*
 * Show the return of what came back soon after the end of the blackout; a very late return would
 * leave no room for the rest.
 */
static void show_late_returns(struct timeline *timeline)
{
	const int64_t room = (timeline->end_ns - timeline->begin_ns) / 4;
	int64_t last = timeline->end_ns;
	size_t i;

	for (i = 0; i < timeline->lanes; i++) {
		const struct timeline_lane *lane = &timeline->lane[i];

		if (lane->downtime_start.known && !timeline_downtime_goes_on(lane) &&
		    timeline_downtime_end(lane) > last &&
		    timeline_downtime_end(lane) - timeline->end_ns <= room)
			last = timeline_downtime_end(lane);
	}
	timeline->end_ns = last;
}

static void widen(int64_t *begin_ns, int64_t *end_ns, const struct timeline_item *item)
{
	if (item->start_ns < *begin_ns)
		*begin_ns = item->start_ns;
	if (item->end_ns > *end_ns)
		*end_ns = item->end_ns;
}

static void set_range(struct timeline *timeline, const struct model *model)
{
	/* Without an update there is nothing but attempts. */
	const enum timeline_kind shown = model->has_update ? TIMELINE_PHASE : TIMELINE_ATTEMPT;
	size_t i;

	timeline->first_ns = timeline->begin_ns = INT64_MAX;
	timeline->last_ns = timeline->end_ns = INT64_MIN;
	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];

		widen(&timeline->first_ns, &timeline->last_ns, item);
		if (item->kind == shown)
			widen(&timeline->begin_ns, &timeline->end_ns, item);
	}
	if (model->has_end) {
		timeline->begin_ns = 0;
		timeline->end_ns = model->blackout.value;
	}
	if (timeline->begin_ns >= timeline->end_ns) {
		timeline->begin_ns = timeline->first_ns;
		timeline->end_ns = timeline->last_ns;
	}
	show_late_returns(timeline);
}

static void tell_not_drawn(struct timeline *timeline, const struct model *model, size_t not_placed)
{
	char *text = timeline->not_drawn;
	const size_t size = sizeof(timeline->not_drawn);
	size_t length = 0, i;

	for (i = 0; i < model->phases && length < size; i++)
		if (!model->phase[i].start.known || !model->phase[i].duration.known)
			length += snprintf(text + length, size - length, "%s%s", length ? ", " : "",
					   model->phase[i].name);
	if (not_placed && length < size)
		length += snprintf(text + length, size - length, "%s%zu spans",
				   length ? " and " : "", not_placed);
	if (length && length < size)
		snprintf(text + length, size - length, ": when they began is not known");
}

int timeline_make(struct timeline *timeline, const struct model *model, struct error *error)
{
	size_t not_placed;

	*timeline = (struct timeline){};
	if (lanes_add_all(timeline, model, &not_placed))
		return error_set(error, -ENOMEM, "out of memory");
	if (!timeline->items)
		return error_set(error, -ENODATA, "nothing to draw: %s",
				 model->has_update ?
					 "no time of this update can be placed" :
					 "this kernel was not started by a live update");
	qsort(timeline->item, timeline->items, sizeof(*timeline->item), compare_items);
	set_depths(timeline);
	mark_pole(timeline, model);
	set_range(timeline, model);
	tell_not_drawn(timeline, model, not_placed);
	return 0;
}
