// SPDX-License-Identifier: GPL-2.0
/* Makes the model: all its steps, in the order in which they need one another. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attempts.h"
#include "base/error.h"
#include "base/text.h"
#include "boot.h"
#include "boundaries.h"
#include "build_context.h"
#include "capture/area.h"
#include "capture/capture.h"
#include "clock.h"
#include "clock_build.h"
#include "gaps.h"
#include "long_poles.h"
#include "marks.h"
#include "model.h"
#include "phases.h"
#include "returns.h"
#include "rows.h"
#include "service_manager.h"
#include "spans.h"
#include "vms.h"

static void place_manager(struct build *build)
{
	struct model *model = build->model;
	uint64_t origin[SIDES];
	enum side side;

	for (side = LEFT; side < SIDES; side++)
		origin[side] = build_side_is_comparable(build, side) ? build->origin[side] : 0;
	if (!manager_place(&model->manager, build->capture, &model->clock, build->area[LEFT],
			   build->area[CAME], origin,
			   model->boundary[LUO_STATS_B0_UPDATE_BEGIN].start))
		build_add_note(build,
			       "what the service manager tells of a shutdown is not of this update:"
			       " left out");
}

static int place_marks(struct build *build)
{
	const struct model_boundary *boundary = build->model->boundary;
	struct marks_frame frame = {};
	unsigned int slot;
	enum side side;

	for (side = LEFT; side < SIDES; side++) {
		frame.origin[side] = build->origin[side];
		frame.comparable[side] = build_side_is_comparable(build, side);
	}
	for (slot = 0; slot < MODEL_BOUNDARIES; slot++) {
		if (boundary[slot].source == MODEL_SOURCE_NONE)
			continue;
		if (build_side_of_slot(slot) == CAME)
			frame.end = boundary[slot].cycles;
		else if (!frame.begin)
			frame.begin = boundary[slot].cycles;
	}
	return marks_place(build->model, &build->marks, &frame);
}

static int find_vms(struct build *build)
{
	struct vms_frame frame = { .attempt = build->attempt ? build->attempt->attempt : 0 };
	struct model *model = build->model;
	enum side side;
	int err;

	for (side = LEFT; side < SIDES; side++) {
		frame.origin[side] = build->origin[side];
		frame.comparable[side] = build_side_is_comparable(build, side);
	}
	err = vms_find(model, build->area[LEFT], build->area[CAME], &frame);
	if (err || !model->vms_missing_known || !model->vms_missing)
		return err;
	build_add_note(build,
		       "%zu of %zu virtual machines did not come back, or not with all vCPUs",
		       model->vms_missing, model->vms_left);
	return 0;
}

static int compare_durations(const void *a, const void *b)
{
	const struct model_subject_span *x = a, *y = b;

	if (x->span.duration.known != y->span.duration.known)
		return x->span.duration.known ? -1 : 1;
	if (x->span.duration.ns != y->span.duration.ns)
		return x->span.duration.ns > y->span.duration.ns ? -1 : 1;
	return x->span.begin_cycles < y->span.begin_cycles ?
		       -1 :
		       x->span.begin_cycles > y->span.begin_cycles;
}

static void add_losses(struct model_losses *losses, const struct area *area)
{
	unsigned int kind;

	for (kind = 0; kind < LUO_STATS_KINDS; kind++) {
		losses->dropped[kind] += area->header.dropped[kind];
		losses->dropped_total += area->header.dropped[kind];
	}
	losses->subjects_dropped += area->header.subjects_dropped;
	losses->attempts_dropped += area->header.attempts_dropped;
	losses->spans_recycled += area->header.spans_recycled;
	losses->invalid_spans += area->invalid_spans;
	losses->invalid_subjects += area->invalid_subjects;
	losses->reserved_spans += area->reserved_spans;
}

static int parse_areas(struct build *build, struct error *error)
{
	static const enum capture_section_type types[SIDES] = {
		[LEFT] = CAPTURE_INCOMING,
		[CAME] = CAPTURE_OUTGOING,
	};
	const struct luo_stats_header *left, *came;
	enum side side;
	int err;

	for (side = LEFT; side < SIDES; side++) {
		const struct capture_section *section = &build->capture->section[types[side]];

		if (!section->bytes)
			continue;
		err = area_parse(&build->area_of[side], section->bytes, section->size, error);
		if (err)
			return err;
		build->area[side] = &build->area_of[side];
	}
	if (!build->area[LEFT] && !build->area[CAME])
		return error_set(error, -ENODATA, "the capture holds no stats area");
	if (!build->area[LEFT] || !build->area[CAME])
		return 0;
	left = &build->area[LEFT]->header;
	came = &build->area[CAME]->header;
	if (left->chain_id != came->chain_id || came->generation == 0 ||
	    left->generation != came->generation - 1) {
		build_add_note(
			build,
			"the incoming area is not of the kernel just before this one: left out");
		build->area[LEFT] = NULL;
	}
	return 0;
}

static void describe_update(struct build *build)
{
	const struct area *left = build->area[LEFT], *came = build->area[CAME];
	struct model *model = build->model;

	model->has_leaving = left;
	model->has_update = left || (came->header.flags & LUO_STATS_KHO_BOOT);
	model->has_arriving = came && model->has_update;
	model->chain_id = (left ? left : came)->header.chain_id;
	model->generation = came ? came->header.generation : left->header.generation + 1;
	if (left)
		TEXT_COPY(model->from_release, left->header.release);
	if (came)
		TEXT_COPY(model->to_release, came->header.release);
}

static void describe_host(struct build *build)
{
	struct model_host *host = &build->model->host;
	char value[MODEL_NAME_BYTES];

	if (capture_host_value(build->capture, "cpus", value, sizeof(value)) && *value >= '1' &&
	    *value <= '9' && strlen(value) < 7)
		host->cpus = atoi(value);
	if (capture_host_value(build->capture, "clocksource", value, sizeof(value)))
		TEXT_COPY(host->clocksource, value);
}

static int build_update(struct build *build)
{
	struct model *model = build->model;
	int err;

	if (build->area[LEFT])
		boundaries_collect_leaving(build);
	if (build->area[CAME])
		boundaries_collect_arriving(build);
	boundaries_withhold_disorder(build, LUO_STATS_B9_LUO_OPEN);
	err = rows_build(build);
	if (!err)
		err = spans_build(build);
	if (!err)
		err = marks_find(&build->marks, model, build->area[LEFT], build->area[CAME]);
	if (!err && build->area[CAME])
		err = returns_find_retrieved(build);
	if (!err)
		err = returns_find_in_service(build);
	if (err)
		return err;
	boundaries_withhold_disorder(build, LUO_STATS_B11_IN_SERVICE);
	boundaries_place(build);
	place_manager(build);
	err = place_marks(build);
	if (!err)
		err = find_vms(build);
	if (err)
		return err;
	spans_map(build);
	returns_find_missing(build);
	rows_finish(build);
	if (model->shutdowns)
		qsort(model->shutdown, model->shutdowns, sizeof(*model->shutdown),
		      compare_durations);
	model->end_slot = model->boundary[LUO_STATS_B11_IN_SERVICE].source != MODEL_SOURCE_NONE ?
				  LUO_STATS_B11_IN_SERVICE :
				  LUO_STATS_B10_RETRIEVED;
	model->end_is_mark = model->end_is_mark && model->end_slot == LUO_STATS_B11_IN_SERVICE;
	phases_build(build);
	phases_find_blackout(model);
	vms_relate(model);
	boundaries_find_realtime(build);
	if (build->area[CAME]) {
		phases_find_init_cost(build);
		phases_note_late_probes(build);
		phases_note_soft_zero(build);
		err = boot_place(model, build->capture,
				 build_side_is_comparable(build, CAME) ? build->origin[CAME] : 0);
		if (err)
			return err;
	}
	err = holes_find(model);
	return err ? err : poles_find(model);
}

int model_build(struct model *model, const struct capture *capture, struct error *error)
{
	const struct capture_section *klog = &capture->section[CAPTURE_KLOG];
	struct build build = { .model = model, .capture = capture };
	enum side side;
	int err;

	*model = (struct model){};
	err = parse_areas(&build, error);
	if (err)
		return err;
	clock_build(&model->clock, build.area[LEFT], build.area[CAME], klog->bytes, klog->size);
	describe_update(&build);
	describe_host(&build);
	if (model->has_update) {
		err = build_update(&build);
	} else {
		err = marks_find(&build.marks, model, NULL, build.area[CAME]);
		model->marks_elsewhere = build.marks.count;
	}
	for (side = LEFT; side < SIDES; side++) {
		if (build.area[side]) {
			attempts_add(model, build.area[side]);
			add_losses(&model->losses, build.area[side]);
		}
		free(build.file_row[side]);
		free(build.session_row[side]);
		free(build.device_row[side]);
	}
	free(build.file_rank);
	free(build.device_rank);
	marks_free(&build.marks);
	if (model->clock.verdict == CLOCK_CONTRADICTED && model->has_leaving && model->has_arriving)
		build_add_note(
			&build,
			"times that cross the kexec are withheld, for the clock is contradicted");
	if (err || build.no_memory)
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}
