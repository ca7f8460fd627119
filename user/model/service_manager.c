// SPDX-License-Identifier: GPL-2.0
#include "service_manager.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "capture/area.h"
#include "capture/capture.h"
#include "capture/systemd.h"
#include "clock.h"
#include "model.h"

/* How far the kernel lets an administrator change the speed of CLOCK_MONOTONIC, ... */
#define SLEW_PPM 500
/* ... and how far off an early estimate of a clock's rate may be in addition. */
#define ROUGH_PPM 2000
/* systemd's times are in whole microseconds. */
#define RESOLUTION_NS 1000
/* It gives the wall clock in whole seconds, which somebody may have set slightly meanwhile. */
#define REALTIME_AGREES_NS 2000000000LL

/* The time in units of @unit_ns that @capture has under @key, after @skip bytes; 0: not known. */
static int64_t host_time(const struct capture *capture, const char *key, unsigned int skip,
			 int64_t unit_ns)
{
	char value[32];
	char *end;
	long long number;

	if (!capture_host_value(capture, key, value, sizeof(value)) || strlen(value) <= skip ||
	    value[skip] < '1' || value[skip] > '9')
		return 0;
	number = strtoll(value + skip, &end, 10);
	/* A time that will never come is given as a number that is far too high. */
	return *end || number > INT64_MAX / unit_ns ? 0 : number * unit_ns;
}

static int64_t distance(const struct luo_stats_anchor *anchor, int64_t monotonic_ns)
{
	return llabs((int64_t)anchor->monotonic_ns - monotonic_ns);
}

/* The anchor of @area that was taken nearest to that time; NULL if there is none. */
static const struct luo_stats_anchor *nearest_anchor(const struct area *area, int64_t monotonic_ns)
{
	const struct luo_stats_anchor *nearest = NULL;
	unsigned int slot;

	for (slot = 0; area && slot < LUO_STATS_ANCHORS; slot++) {
		const struct luo_stats_anchor *anchor = area_anchor(area, slot);

		if (!anchor || anchor->monotonic_ns > INT64_MAX ||
		    anchor->realtime_ns > INT64_MAX / 2)
			continue;
		if (!nearest || distance(anchor, monotonic_ns) < distance(nearest, monotonic_ns))
			nearest = anchor;
	}
	return nearest;
}

/**
 * struct placer - places the times of one kernel on the update's clock
 * @capture:  has them
 * @clock:    that of the update
 * @area:     of that kernel; may be NULL
 * @origin:   see manager_place()
 * @error_ns: the largest error of a time that was placed
 */
struct placer {
	const struct capture *capture;
	const struct clock *clock;
	const struct area *area;
	uint64_t origin;
	uint64_t error_ns;
};

/* The time that the manager has under @key. Also sets @realtime_ns, unless that is NULL. */
static struct bounded place(struct placer *placer, const char *key, int64_t *realtime_ns)
{
	const int64_t monotonic_ns = host_time(placer->capture, key, 0, 1000);
	const struct luo_stats_anchor *anchor = nearest_anchor(placer->area, monotonic_ns);
	int64_t after_ns, anchor_ns, ppm;
	uint64_t error_ns;

	if (!monotonic_ns || !anchor || !placer->origin ||
	    clock_ns(placer->clock, placer->origin, anchor->cycles, &anchor_ns))
		return (struct bounded){};
	after_ns = (int64_t)anchor->monotonic_ns - monotonic_ns;
	if (llabs(after_ns) > CLOCK_UPDATE_MAX_NS)
		return (struct bounded){};
	ppm = anchor->flags & LUO_STATS_COUNTER_REFINED ? SLEW_PPM : SLEW_PPM + ROUGH_PPM;
	error_ns = RESOLUTION_NS + llabs(after_ns) / 1000 * ppm / 1000;
	if (error_ns > placer->error_ns)
		placer->error_ns = error_ns;
	if (realtime_ns)
		*realtime_ns = (int64_t)anchor->realtime_ns - after_ns;
	return bounded_with_error(anchor_ns - after_ns, error_ns);
}

/* All times of one kernel get the largest of their errors. */
static void set_error(struct bounded *time, const struct placer *placer)
{
	if (time->known)
		*time = clock_doubt(placer->clock,
				    bounded_with_error(time->value, placer->error_ns));
}

/* Whether those of the @count times that are known are in order. */
static bool in_order(const struct bounded *const *moment, size_t count)
{
	const struct bounded *last = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!moment[i]->known)
			continue;
		if (last && moment[i]->value < last->value)
			return false;
		last = moment[i];
	}
	return true;
}

/* Whether the manager's times of the old kernel belong to this update. */
static bool shutdown_fits(const struct model_manager *manager, struct bounded begin,
			  uint64_t error_ns, int64_t realtime_ns, int64_t told_ns)
{
	const struct bounded latest = bounded_exact(begin.value + (int64_t)error_ns);
	const struct bounded *const moment[] = { &manager->shutdown_start,
						 &manager->shutdown_finish, &manager->late_start,
						 &manager->late_finish, &latest };

	return told_ns && llabs(realtime_ns - told_ns) <= REALTIME_AGREES_NS &&
	       in_order(moment, ARRAY_SIZE(moment));
}

bool manager_place(struct model_manager *manager, const struct capture *capture,
		   const struct clock *clock, const struct area *old, const struct area *new,
		   const uint64_t origin[2], struct bounded begin)
{
	struct placer before = {
		.capture = capture, .clock = clock, .area = old, .origin = origin[0]
	};
	struct placer after = {
		.capture = capture, .clock = clock, .area = new, .origin = origin[1]
	};
	struct model_manager found = {};
	int64_t realtime_ns = 0;

	capture_host_value(capture, MANAGER_PREFIX MANAGER_VERSION, manager->version,
			   sizeof(manager->version));
	manager->start = place(&after, MANAGER_PREFIX MANAGER_START, NULL);
	manager->finish = place(&after, MANAGER_PREFIX MANAGER_FINISH, NULL);
	set_error(&manager->start, &after);
	set_error(&manager->finish, &after);
	found = *manager;
	found.shutdown_start = place(&before, MANAGER_PREFIX MANAGER_SHUTDOWN_START, &realtime_ns);
	found.shutdown_finish = place(&before, MANAGER_PREFIX MANAGER_SHUTDOWN_FINISH, NULL);
	found.late_start = place(&before, MANAGER_PREFIX MANAGER_SHUTDOWN_LATE_START, NULL);
	found.late_finish = place(&before, MANAGER_PREFIX MANAGER_SHUTDOWN_LATE_FINISH, NULL);
	set_error(&found.shutdown_start, &before);
	set_error(&found.shutdown_finish, &before);
	set_error(&found.late_start, &before);
	set_error(&found.late_finish, &before);
	if (!found.shutdown_start.known || !begin.known)
		return true;
	if (!shutdown_fits(&found, begin, before.error_ns, realtime_ns,
			   host_time(capture, MANAGER_PREFIX MANAGER_SHUTDOWN_START_REALTIME, 1,
				     1000000000)))
		return false;
	found.before =
		clock_doubt(clock, bounded_with_error(begin.value - found.shutdown_start.value,
						      before.error_ns));
	*manager = found;
	return true;
}
