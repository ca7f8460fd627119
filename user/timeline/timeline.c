// SPDX-License-Identifier: GPL-2.0
#include "timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/duration.h"

static const char *const group_names[TIMELINE_GROUPS] = {
	[TIMELINE_KERNELS] = "kernels",	  [TIMELINE_PHASES] = "phases",
	[TIMELINE_VMS] = "vms",		  [TIMELINE_MARKS] = "marks",
	[TIMELINE_SESSIONS] = "sessions", [TIMELINE_DEVICES] = "devices",
	[TIMELINE_FILES] = "files",	  [TIMELINE_VCPUS] = "vcpus",
	[TIMELINE_SHUTDOWN] = "shutdown", [TIMELINE_BOOT] = "boot",
	[TIMELINE_OTHERS] = "others",	  [TIMELINE_ATTEMPTS] = "attempts",
};

static const char *const kind_names[TIMELINE_KINDS] = {
	[TIMELINE_KERNEL] = "kernel",	    [TIMELINE_JUMP] = "jump",
	[TIMELINE_PHASE] = "phase",	    [TIMELINE_PART] = "part",
	[TIMELINE_PRESERVE] = "preserve",   [TIMELINE_FREEZE] = "freeze",
	[TIMELINE_RESET] = "reset",	    [TIMELINE_CALLBACK] = "shutdown",
	[TIMELINE_RETRIEVE] = "retrieve",   [TIMELINE_BIND] = "bind",
	[TIMELINE_IRQ_SETUP] = "irq_setup", [TIMELINE_FINISH] = "finish",
	[TIMELINE_UNDO] = "undo",	    [TIMELINE_MARK] = "mark",
	[TIMELINE_STOPPED] = "stopped",	    [TIMELINE_INIT] = "init",
	[TIMELINE_MOMENT] = "moment",	    [TIMELINE_INITCALL] = "initcall",
	[TIMELINE_PROBE] = "probe",	    [TIMELINE_SILENCE] = "silence",
	[TIMELINE_OTHER] = "other",	    [TIMELINE_ATTEMPT] = "attempt",
};

const char *timeline_group_name(enum timeline_group group)
{
	return group_names[group];
}

const char *timeline_kind_name(enum timeline_kind kind)
{
	return kind_names[kind];
}

/*
 * The palette of M. Okabe and K. Ito (Color Universal Design, 2008), which people with any kind of
 * colour vision can distinguish, seven colours of P. Tol's (Colour Schemes, 2021), and greys.
 */
static const char *const kind_colours[TIMELINE_KINDS] = {
	[TIMELINE_KERNEL] = "#888888",	  [TIMELINE_JUMP] = "#444444",
	[TIMELINE_PHASE] = "#56b4e9",	  [TIMELINE_PART] = "#a6d5f2",
	[TIMELINE_PRESERVE] = "#cc79a7",  [TIMELINE_FREEZE] = "#0072b2",
	[TIMELINE_RESET] = "#d55e00",	  [TIMELINE_CALLBACK] = "#999999",
	[TIMELINE_RETRIEVE] = "#009e73",  [TIMELINE_BIND] = "#e69f00",
	[TIMELINE_IRQ_SETUP] = "#f0e442", [TIMELINE_FINISH] = "#882255",
	[TIMELINE_UNDO] = "#666666",	  [TIMELINE_MARK] = "#aa4499",
	[TIMELINE_STOPPED] = "#999933",	  [TIMELINE_INIT] = "#332288",
	[TIMELINE_MOMENT] = "#222222",	  [TIMELINE_INITCALL] = "#44aa99",
	[TIMELINE_PROBE] = "#ddcc77",	  [TIMELINE_SILENCE] = "#cccccc",
	[TIMELINE_OTHER] = "#bbbbbb",	  [TIMELINE_ATTEMPT] = "#88ccee",
};

const char *timeline_kind_colour(enum timeline_kind kind)
{
	return kind_colours[kind];
}

static const unsigned char kind_patterns[TIMELINE_KINDS] = {
	[TIMELINE_JUMP] = TIMELINE_STRIPES,  [TIMELINE_PRESERVE] = TIMELINE_DOTS,
	[TIMELINE_RESET] = TIMELINE_STRIPES, [TIMELINE_RETRIEVE] = TIMELINE_DOTS,
	[TIMELINE_BIND] = TIMELINE_LINES,    [TIMELINE_FINISH] = TIMELINE_LINES,
	[TIMELINE_UNDO] = TIMELINE_STRIPES,  [TIMELINE_MARK] = TIMELINE_GRID,
	[TIMELINE_STOPPED] = TIMELINE_DOTS,  [TIMELINE_INIT] = TIMELINE_LINES,
};

enum timeline_pattern timeline_kind_pattern(enum timeline_kind kind)
{
	return kind_patterns[kind];
}

static const char *const pattern_names[TIMELINE_PATTERNS] = { "", "stripes", "dots", "lines",
							      "grid" };

const char *timeline_pattern_name(enum timeline_pattern pattern)
{
	return pattern_names[pattern];
}

int64_t timeline_tick_step(const struct timeline *timeline, unsigned int room)
{
	const int64_t least = (timeline->end_ns - timeline->begin_ns) / room;
	int64_t power = 1;

	while (power <= least / 10)
		power *= 10;
	return power >= least	  ? power :
	       2 * power >= least ? 2 * power :
	       5 * power >= least ? 5 * power :
				    10 * power;
}

int64_t timeline_first_tick(const struct timeline *timeline, int64_t step)
{
	const int64_t before = (timeline->begin_ns - timeline->origin_ns) % step;

	return timeline->begin_ns - before + (before > 0 ? step : 0);
}

bool timeline_is_in_sight(const struct timeline *timeline, const struct timeline_item *item)
{
	return item->end_ns >= timeline->begin_ns && item->start_ns <= timeline->end_ns;
}

/* The last item before the picture, and the first one after it. Returns false if one is in it. */
static bool find_neighbours(const struct timeline *timeline, size_t first, size_t last,
			    const struct timeline_item **before, const struct timeline_item **after)
{
	size_t i;

	for (i = first; i < last; i++) {
		const struct timeline_item *item = &timeline->item[i];

		if (timeline_is_in_sight(timeline, item))
			return false;
		if (item->end_ns < timeline->begin_ns &&
		    (!*before || item->end_ns > (*before)->end_ns))
			*before = item;
		if (item->start_ns > timeline->end_ns &&
		    (!*after || item->start_ns < (*after)->start_ns))
			*after = item;
	}
	return true;
}

const char *timeline_outside(char *buffer, const struct timeline *timeline, size_t first,
			     size_t last)
{
	const struct timeline_item *before = NULL, *after = NULL;
	char time[DURATION_BYTES];
	size_t length = 0;

	*buffer = '\0';
	if (!find_neighbours(timeline, first, last, &before, &after))
		return buffer;
	if (before)
		length = snprintf(buffer, TIMELINE_OUTSIDE_BYTES, "< %s %s",
				  before->instant ? "at" : "until",
				  format_duration(time, before->end_ns - timeline->origin_ns, 0));
	if (after)
		snprintf(buffer + length, TIMELINE_OUTSIDE_BYTES - length, "%s%s %s >",
			 before ? ", " : "", after->instant ? "at" : "from",
			 format_duration(time, after->start_ns - timeline->origin_ns, 0));
	return buffer;
}

const char *timeline_tick_text(char *buffer, const struct timeline *timeline, int64_t ns)
{
	char *unit, *end;

	if (ns == timeline->origin_ns)
		return "0";
	format_duration(buffer, ns - timeline->origin_ns, 0);
	unit = end = strchr(buffer, ' ');
	if (!memchr(buffer, '.', unit - buffer))
		return buffer;
	while (end[-1] == '0')
		end--;
	if (end[-1] == '.')
		end--;
	memmove(end, unit, strlen(unit) + 1);
	return buffer;
}

bool timeline_downtime_goes_on(const struct timeline_lane *lane)
{
	return lane->downtime_start.known &&
	       (lane->not_back || !lane->downtime.known || bounded_is_lower_bound(lane->downtime));
}

int64_t timeline_downtime_end(const struct timeline_lane *lane)
{
	return timeline_downtime_goes_on(lane) ? INT64_MAX :
						 lane->downtime_start.value + lane->downtime.value;
}

const char *timeline_owner(const struct timeline_lane *lane)
{
	if (lane->group != TIMELINE_DEVICES)
		return "";
	return *lane->vm ? lane->vm : lane->session;
}

bool timeline_of_attempt(struct timeline *copy, const struct timeline *timeline,
			 unsigned int attempt)
{
	size_t i;

	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];

		if (item->kind != TIMELINE_ATTEMPT || timeline->lane[item->lane].attempt != attempt)
			continue;
		*copy = *timeline;
		copy->begin_ns = copy->origin_ns = item->start_ns;
		copy->end_ns = item->end_ns;
		return true;
	}
	return false;
}

const char *timeline_item_time(char *buffer, const struct timeline_item *item)
{
	return format_bounded_cell(buffer, item->duration, UNIT_NS);
}

const char *timeline_downtime_text(char *buffer, const struct timeline_lane *lane)
{
	if (lane->downtime.known)
		return format_time_cell(buffer, lane->downtime, 0);
	return lane->not_back ? TEXT_NOT_BACK : lane->kept ? TEXT_KEPT : "";
}

int timeline_compare_downtime(const struct timeline_lane *a, const struct timeline_lane *b)
{
	const bool has_a = a->downtime.known, has_b = b->downtime.known;
	int64_t x, y;

	if (a->not_back != b->not_back)
		return a->not_back ? -1 : 1;
	/* Among those not back, the ones without a time come first: nothing of them came back. */
	if (has_a != has_b)
		return has_a == a->not_back ? 1 : -1;
	x = has_a ? a->downtime.value : 0;
	y = has_b ? b->downtime.value : 0;
	return x > y ? -1 : x < y;
}

void timeline_free(struct timeline *timeline)
{
	free(timeline->lane);
	free(timeline->item);
	*timeline = (struct timeline){};
}
