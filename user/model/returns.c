// SPDX-License-Identifier: GPL-2.0
#include "returns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "build_context.h"
#include "capture/area.h"
#include "clock.h"
#include "marks.h"
#include "model.h"
#include "steps.h"

/*
 * A retrieve, or a device, that comes this long after the one before it no longer belongs to the
 * blackout.
 */
#define RETURN_GAP_NS 60000000000LL

/* User space may take this long to start whoever retrieves first. */
#define FIRST_RETRIEVE_NS 600000000000LL

struct stretch {
	uint64_t begin;
	uint64_t end;
};

static int compare_stretches(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/*
 * All retrieves that brought a file back, each file once, in chronological order. NULL: out of
 * memory.
 */
static struct stretch *list_retrieves(const struct model *model, size_t *count)
{
	struct stretch *list = calloc(model->files + model->others + 1, sizeof(*list));
	size_t i;

	*count = 0;
	for (i = 0; list && i < model->files; i++) {
		const struct model_span *span = &model->file[i].step[STEP_RETRIEVE];

		if (model_span_succeeded(span))
			list[(*count)++] = (struct stretch){ span->begin_cycles, span->end_cycles };
	}
	for (i = 0; list && i < model->others; i++) {
		const struct model_subject_span *other = &model->other[i];

		/* There was no room left to say which file it is. */
		if (other->kind == LUO_STATS_RETRIEVE && !other->subject_kind &&
		    other->span.in_new_kernel && model_span_succeeded(&other->span))
			list[(*count)++] = (struct stretch){ other->span.begin_cycles,
							     other->span.end_cycles };
	}
	if (list)
		qsort(list, *count, sizeof(*list), compare_stretches);
	return list;
}

static bool is_within(const struct clock *clock, uint64_t from, uint64_t to, int64_t most_ns)
{
	int64_t ns;

	return to <= from || (!clock_ns(clock, from, to, &ns) && ns <= most_ns);
}

/*
 * The end of the last entry of @list that belongs to the blackout. @list is in chronological order.
 * The first entry begins at most @first_ns after @from, which may be 0; every other one begins at
 * most RETURN_GAP_NS after those before it. Returns 0 if none belongs to it.
 */
static uint64_t last_return(const struct clock *clock, const struct stretch *list, size_t count,
			    uint64_t from, int64_t first_ns)
{
	uint64_t end = from ? from : count ? list[0].begin : 0, last = 0;
	int64_t most_ns = first_ns;
	size_t i;

	for (i = 0; i < count && is_within(clock, end, list[i].begin, most_ns); i++) {
		if (list[i].end > end)
			end = list[i].end;
		if (list[i].end > last)
			last = list[i].end;
		most_ns = RETURN_GAP_NS;
	}
	return last;
}

/* No file came back in time: the blackout was at least this long. */
static void find_at_least(struct build *build, uint64_t from)
{
	const struct model_boundary *begin = &build->model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	int64_t ns;

	if (begin->source != MODEL_SOURCE_NONE && build->model->clock.comparable &&
	    !clock_ns(&build->model->clock, begin->cycles, from, &ns) && ns >= 0)
		build->model->blackout =
			clock_bounded(&build->model->clock, ns + FIRST_RETRIEVE_NS, 0);
}

/*
 * B10 is the end of the last retrieve that belongs to the update: see last_return(). The module's
 * own stamp knows less, because it moves whenever somebody attaches the probes again; it is used
 * only if spans are missing.
 */
int returns_find_retrieved(struct build *build)
{
	const struct luo_stats_header *header = &build->area[NEW_KERNEL]->header;
	const __u64 *stamp = header->as_new_kernel.cycles;
	struct model *model = build->model;
	const struct model_boundary *open = &model->boundary[LUO_STATS_B9_LUO_OPEN];
	const bool is_opened = open->source != MODEL_SOURCE_NONE;
	const uint64_t from = is_opened ? open->cycles : stamp[LUO_STATS_PROBES_READY];
	const uint64_t last = stamp[LUO_STATS_B10_RETRIEVED];
	struct stretch *list;
	uint64_t end;
	size_t count;

	list = list_retrieves(model, &count);
	if (!list)
		return -ENOMEM;
	build->retrieved_cycles = last_return(&model->clock, list, count, from, FIRST_RETRIEVE_NS);
	end = build->retrieved_cycles ? build->retrieved_cycles : from;
	if (!end && count)
		end = list[0].begin;
	free(list);
	if (last > build->retrieved_cycles &&
	    (!count || header->dropped[LUO_STATS_RETRIEVE] || !model->clock.rate_millihertz)) {
		if (!end || !model->clock.rate_millihertz ||
		    is_within(&model->clock, end, last,
			      build->retrieved_cycles ? RETURN_GAP_NS : FIRST_RETRIEVE_NS))
			build->retrieved_cycles = last;
		else
			build_add_note(build,
				       "the stamp of B10 is withheld: it lies too long after"
				       " the last retrieve that was seen or may have been missed");
	} else if (count && !build->retrieved_cycles) {
		build->none_in_time = model->clock.rate_millihertz;
		find_at_least(build, from);
		build_add_note(build,
			       "no file came back within 600 s of %s: the blackout has no end",
			       is_opened ? "the open of /dev/liveupdate" :
					   "the time at which the probes were in place");
	}
	build_set_boundary(model, LUO_STATS_B10_RETRIEVED, build->retrieved_cycles,
			   MODEL_SOURCE_FEXIT, 0);
	return 0;
}

static bool span_is_late(const struct build *build, const struct model_span *retrieve)
{
	return retrieve->end_cycles > build->retrieved_cycles;
}

static const struct model_probes *probes_of(const struct build *build, enum kernel kernel)
{
	return kernel == OLD_KERNEL ? &build->model->probes_old : &build->model->probes_new;
}

/* All the time that matters. */
static bool is_watched(const struct build *build, enum kernel kernel, uint64_t watches)
{
	return (probes_of(build, kernel)->watched & watches) == watches;
}

/* Whether nothing hides in what cannot be read of the area of @kernel. */
static bool is_whole(const struct build *build, enum kernel kernel)
{
	return area_is_whole(build->area[kernel]) && !build->misplaced[kernel];
}

/* Whether a file that is not seen to come back is known not to have come back. */
static bool every_retrieve_was_seen(const struct build *build)
{
	const struct area *new = build->area[NEW_KERNEL];
	const __u64 *stamp = new ? new->header.as_new_kernel.cycles : NULL;

	/* With 'luoscope init' nobody was there before the probes. */
	return new && (stamp[LUO_STATS_B9_LUO_OPEN] || stamp[LUO_STATS_INIT_DONE]) &&
	       is_watched(build, NEW_KERNEL, LUO_STATS_WATCH_RETRIEVE) &&
	       !new->header.dropped[LUO_STATS_RETRIEVE] && is_whole(build, NEW_KERNEL);
}

/* Whether a file that was not seen to be frozen is known not to have been. */
static bool every_freeze_was_seen(const struct build *build)
{
	const struct area *old = build->area[OLD_KERNEL];
	const struct model *model = build->model;
	size_t i;

	if (!old || !build->attempt || !is_watched(build, OLD_KERNEL, LUO_STATS_WATCH_FREEZE) ||
	    area_watched_since(old, false) > build->attempt->cycles[LUO_STATS_B0_UPDATE_BEGIN] ||
	    old->header.dropped[LUO_STATS_FREEZE] || !is_whole(build, OLD_KERNEL))
		return false;
	for (i = 0; i < model->files; i++)
		if (model_span_succeeded(&model->file[i].step[STEP_RETRIEVE]) &&
		    !model->file[i].step[STEP_FREEZE].observed)
			return false;
	return true;
}

/* Whether devices are known from their files, and what the PCI core resets was watched. */
static bool is_by_files(const struct build *build, enum kernel kernel, uint64_t watches)
{
	/* An area that does not say what is watched may be of a kernel with the handler. */
	return probes_of(build, kernel)->known &&
	       is_watched(build, kernel,
			  watches | LUO_STATS_WATCH_DEVICE_FILES | LUO_STATS_WATCH_RESET);
}

static bool dropped_none(const struct build *build, enum kernel kernel, const unsigned int *kinds,
			 size_t count)
{
	const __u32 *dropped = build->area[kernel]->header.dropped;
	size_t i;

	for (i = 0; i < count; i++)
		if (dropped[kinds[i]])
			return false;
	return true;
}

/* Whether a device that was not seen to be reset in its freeze is known not to have been. */
static bool every_reset_was_seen(const struct build *build)
{
	static const unsigned int kinds[] = { LUO_STATS_RESET, LUO_STATS_PLAIN_RESET };

	return build->freezes_seen && is_by_files(build, OLD_KERNEL, LUO_STATS_WATCH_FREEZE) &&
	       dropped_none(build, OLD_KERNEL, kinds, ARRAY_SIZE(kinds));
}

/* Whether a device of which nothing more is seen is known to have been left alone. */
static bool every_return_was_seen(const struct build *build)
{
	static const unsigned int kinds[] = { LUO_STATS_PLAIN_RESET, LUO_STATS_BIND,
					      LUO_STATS_IRQ_SETUP };

	return build->retrieves_seen &&
	       is_by_files(build, NEW_KERNEL, LUO_STATS_WATCH_BIND | LUO_STATS_WATCH_IRQ_SETUP) &&
	       dropped_none(build, NEW_KERNEL, kinds, ARRAY_SIZE(kinds));
}

bool returns_device_looks_kept(const struct model_device *device)
{
	return model_span_succeeded(&device->step[STEP_FREEZE]) &&
	       model_span_succeeded(&device->step[STEP_RETRIEVE]) &&
	       model_span_succeeded(&device->step[STEP_FINISH]) && !device->reset.known &&
	       !device->reset_elsewhere && !device->step[STEP_BIND].observed &&
	       !device->step[STEP_IRQ_SETUP].observed;
}

void returns_find_seen(struct build *build)
{
	build->freezes_seen = every_freeze_was_seen(build);
	build->retrieves_seen = every_retrieve_was_seen(build);
	build->resets_seen = every_reset_was_seen(build);
	build->keeping_seen = build->resets_seen && every_return_was_seen(build);
}

void returns_find_kept(struct build *build)
{
	struct model *model = build->model;
	size_t i;

	for (i = 0; i < model->devices; i++) {
		struct model_device *device = &model->device[i];

		device->reset.none_seen = build->resets_seen && !device->reset.known &&
					  model_span_succeeded(&device->step[STEP_FREEZE]);
		device->kept = build->keeping_seen && returns_device_looks_kept(device);
		model->devices_kept += device->kept;
	}
}

/* A device that this update's blackout waits for. */
bool returns_device_is_awaited(const struct build *build, const struct model_device *device)
{
	if (device->kept)
		return false;
	if (!model_span_succeeded(&device->step[STEP_RETRIEVE]))
		return model_span_succeeded(&device->step[STEP_FREEZE]);
	return !build->retrieved_cycles || !span_is_late(build, &device->step[STEP_RETRIEVE]);
}

/* Whether the file of a device went through @step. */
static bool a_vfio_file_did(const struct model *model, enum model_step step)
{
	size_t i;

	for (i = 0; i < model->files; i++)
		if (!strncmp(model->file[i].handler, "vfio", 4) &&
		    model_span_succeeded(&model->file[i].step[step]))
			return true;
	return false;
}

/*
 * When the last device came into service, of those that did so soon after the retrieves or after
 * the device before it; 0: none did. If the files were late, so are their devices.
 */
static int last_in_service(const struct build *build, uint64_t *last)
{
	const struct model *model = build->model;
	struct stretch *list = calloc(model->devices + 1, sizeof(*list));
	size_t count = 0, i;

	if (!list)
		return -ENOMEM;
	for (i = 0; i < model->devices && !build->none_in_time; i++) {
		const struct model_device *device = &model->device[i];

		if (returns_device_is_awaited(build, device) &&
		    model_span_succeeded(&device->step[STEP_RETRIEVE]) &&
		    model_device_is_in_service(device))
			list[count++] = (struct stretch){ device->step[STEP_IRQ_SETUP].begin_cycles,
							  device->step[STEP_IRQ_SETUP].end_cycles };
	}
	qsort(list, count, sizeof(*list), compare_stretches);
	*last = last_return(&model->clock, list, count, build->retrieved_cycles, RETURN_GAP_NS);
	free(list);
	return 0;
}

#define ENDS_WITH "; the blackout ends with the last "

/*
 * B11: the devices that came back with the update are in service, as far as that was seen. If it
 * was not seen of all, somebody may have marked when the guests ran again.
 */
int returns_find_in_service(struct build *build)
{
	struct model *model = build->model;
	size_t awaited = 0, in_service = 0, i;
	uint64_t last, resume = 0;
	const char *end = NULL;
	int err;

	err = last_in_service(build, &last);
	if (err)
		return err;
	for (i = 0; i < model->devices; i++) {
		const struct model_device *device = &model->device[i];
		const bool is_back = model_span_succeeded(&device->step[STEP_RETRIEVE]);

		if (!is_back && !model_span_succeeded(&device->step[STEP_FREEZE]))
			continue;
		model->devices_take_part = true;
		if (!returns_device_is_awaited(build, device))
			continue;
		awaited++;
		if (!is_back || !model_device_is_in_service(device))
			continue;
		in_service++;
		/* Without a rate it is not known which times are long. */
		if (model->clock.rate_millihertz &&
		    device->step[STEP_IRQ_SETUP].begin_cycles > last)
			model->devices_late++;
		else if (device->step[STEP_IRQ_SETUP].end_cycles > last)
			last = device->step[STEP_IRQ_SETUP].end_cycles;
	}
	model->devices_unseen = !model->devices_take_part && a_vfio_file_did(model, STEP_RETRIEVE);
	if (build->retrieved_cycles &&
	    (model->devices_unseen || in_service - model->devices_late < awaited))
		resume = marks_last_resume(&build->marks, &model->clock, build->retrieved_cycles,
					   RETURN_GAP_NS);
	model->end_is_mark = resume > last;
	if (model->end_is_mark) {
		last = resume;
		end = "mark '" MARKS_RESUME "'";
	} else if (last) {
		end = "that was";
	}
	if (end)
		build_set_boundary(model, LUO_STATS_B11_IN_SERVICE, last, MODEL_SOURCE_PROBE, 0);
	else if (build->retrieved_cycles)
		end = "retrieve";
	model->devices_awaited = awaited;
	model->devices_missing = awaited - in_service;
	if (in_service < awaited && model->has_new_kernel)
		build_add_note(build, "%zu of %zu devices were not seen in service again%s%s",
			       model->devices_missing, awaited, end ? ENDS_WITH : "",
			       end ? end : "");
	if (model->devices_late && !build->none_in_time)
		build_add_note(
			build,
			"%zu of %zu devices came into service more than 60 s after the rest" ENDS_WITH
			"%s",
			model->devices_late, awaited,
			model->end_is_mark ? end :
			last		   ? "of the rest" :
					     "retrieve");
	if (model->devices_unseen)
		build_add_note(build,
			       "the files of devices came back, but the devices themselves were not"
			       " seen" ENDS_WITH "%s",
			       end ? end : "retrieve");
	return 0;
}

bool returns_are_known(const struct build *build, size_t missing)
{
	return build->area[NEW_KERNEL] && build->freezes_seen &&
	       (!missing || build->retrieves_seen);
}

static void count_missing_files(struct build *build)
{
	struct model *model = build->model;
	size_t i;

	if (!build->area[OLD_KERNEL] || !build->area[NEW_KERNEL])
		return;
	for (i = 0; i < model->files; i++) {
		if (!model_span_succeeded(&model->file[i].step[STEP_FREEZE]))
			continue;
		model->files_frozen++;
		if (!model_span_succeeded(&model->file[i].step[STEP_RETRIEVE]))
			model->files_missing++;
	}
	model->files_missing_known = returns_are_known(build, model->files_missing);
	if (!model->files_missing_known || !model->files_missing)
		return;
	if (model->files_missing < model->files_frozen)
		build_add_note(build, "%zu of %zu files did not come back%s", model->files_missing,
			       model->files_frozen,
			       model->boundary[LUO_STATS_B11_IN_SERVICE].source ==
					       MODEL_SOURCE_NONE ?
				       ENDS_WITH "that did" :
				       "");
	else
		build_add_note(build, "none of %zu files came back: the blackout has no end",
			       model->files_frozen);
}

/* Whether what brings devices into service was watched in the new kernel. */
static bool set_ups_are_watched(const struct build *build)
{
	return is_watched(build, NEW_KERNEL, LUO_STATS_WATCH_IRQ_SETUP) &&
	       (is_watched(build, NEW_KERNEL, LUO_STATS_WATCH_HANDLER) ||
		is_watched(build, NEW_KERNEL, LUO_STATS_WATCH_DEVICE_FILES));
}

/*
 * Whether a device that is not seen in service is known not to be. One that is known from its file
 * may have been kept.
 */
static bool every_set_up_was_seen(const struct build *build)
{
	return build->retrieves_seen && set_ups_are_watched(build) &&
	       (is_watched(build, NEW_KERNEL, LUO_STATS_WATCH_HANDLER) || build->keeping_seen) &&
	       !build->area[NEW_KERNEL]->header.dropped[LUO_STATS_IRQ_SETUP];
}

/* The same for devices, too: if they were not watched, only their files would show it. */
static bool every_device_freeze_was_seen(const struct build *build)
{
	return build->freezes_seen &&
	       (is_watched(build, OLD_KERNEL, LUO_STATS_WATCH_HANDLER) ||
		is_watched(build, OLD_KERNEL, LUO_STATS_WATCH_DEVICE_FILES) ||
		(!a_vfio_file_did(build->model, STEP_FREEZE) &&
		 !a_vfio_file_did(build->model, STEP_RETRIEVE)));
}

/*
 * None is missing if none took part. A guest that is marked as running may not need the interrupts
 * of its device.
 */
static void know_missing_devices(struct build *build)
{
	struct model *model = build->model;
	const bool none_took_part = !model->devices_take_part && model->files_missing_known;

	model->devices_missing_known =
		build->area[NEW_KERNEL] && model->freezes_known &&
		(none_took_part || model->devices_awaited || model->devices_kept) &&
		(!model->devices_missing || (!model->end_is_mark && every_set_up_was_seen(build)));
	if (model->devices_missing && build->area[NEW_KERNEL] && !set_ups_are_watched(build) &&
	    !model_was_detached(model, true))
		build_add_note(build, "devices coming into service were not watched all the time:"
				      " 'luoscope record' says why when it attaches the probes");
}

void returns_find_missing(struct build *build)
{
	count_missing_files(build);
	build->model->freezes_known = every_device_freeze_was_seen(build);
	know_missing_devices(build);
}
