// SPDX-License-Identifier: GPL-2.0
/* Builds the model: all steps, in the order in which they depend on one another. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt_spans.h"
#include "attempts.h"
#include "base/array.h"
#include "base/bounded.h"
#include "base/error.h"
#include "base/text.h"
#include "belongs.h"
#include "boot.h"
#include "boundaries.h"
#include "build_context.h"
#include "capture/area.h"
#include "capture/capture.h"
#include "capture/room.h"
#include "capture/store.h"
#include "clock.h"
#include "clock_build.h"
#include "counts.h"
#include "detached.h"
#include "downtime.h"
#include "gaps.h"
#include "klog.h"
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
	uint64_t origin[KERNELS];
	enum kernel kernel;

	for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++)
		origin[kernel] = build_kernel_is_comparable(build, kernel) ? build->origin[kernel] :
									     0;
	if (!manager_place(&model->manager, build->capture, &model->clock, build->area[OLD_KERNEL],
			   build->area[NEW_KERNEL], origin,
			   model->boundary[LUO_STATS_B0_UPDATE_BEGIN].start))
		build_add_note(
			build,
			"the service manager's shutdown times are not from this update: left out");
}

static int place_marks(struct build *build)
{
	const struct model_boundary *boundary = build->model->boundary;
	struct marks_frame frame = {};
	unsigned int slot;
	enum kernel kernel;

	for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++) {
		frame.origin[kernel] = build->origin[kernel];
		frame.comparable[kernel] = build_kernel_is_comparable(build, kernel);
	}
	for (slot = 0; slot < MODEL_BOUNDARIES; slot++) {
		if (boundary[slot].source == MODEL_SOURCE_NONE)
			continue;
		if (build_kernel_of_slot(slot) == NEW_KERNEL)
			frame.end = boundary[slot].cycles;
		else if (!frame.begin)
			frame.begin = boundary[slot].cycles;
	}
	return marks_place(build->model, &build->marks, &frame);
}

static int find_vms(struct build *build)
{
	struct vms_frame frame = { .attempt = build->attempt ? build->attempt->attempt : 0,
				   .was_detached = model_was_detached(build->model, false) };
	struct model *model = build->model;
	enum kernel kernel;
	int err;

	for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++) {
		frame.origin[kernel] = build->origin[kernel];
		frame.comparable[kernel] = build_kernel_is_comparable(build, kernel);
	}
	err = vms_find(model, build->area[OLD_KERNEL], build->area[NEW_KERNEL], &frame);
	if (err || !model->vms_missing_known || !model->vms_missing)
		return err;
	build_add_note(build,
		       "%zu of %zu virtual machines did not come back, or not with all vCPUs",
		       model->vms_missing, model->vms_old);
	return 0;
}

static int compare_durations(const void *a, const void *b)
{
	const struct model_subject_span *x = a, *y = b;

	if (x->span.duration.known != y->span.duration.known)
		return x->span.duration.known ? -1 : 1;
	if (x->span.duration.value != y->span.duration.value)
		return x->span.duration.value > y->span.duration.value ? -1 : 1;
	return x->span.begin_cycles < y->span.begin_cycles ?
		       -1 :
		       x->span.begin_cycles > y->span.begin_cycles;
}

static void add_losses(struct model_losses *losses, const struct area *area)
{
	const uint32_t kib = room_wanted_kib(area);
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
	if (kib > losses->wanted_kib)
		losses->wanted_kib = kib;
}

static int parse_areas(struct build *build, struct error *error)
{
	static const enum capture_section_type types[KERNELS] = {
		[OLD_KERNEL] = CAPTURE_INCOMING,
		[NEW_KERNEL] = CAPTURE_OUTGOING,
	};
	const struct luo_stats_header *old, *new;
	enum kernel kernel;
	int err;

	for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++) {
		const struct capture_section *section = &build->capture->section[types[kernel]];

		if (!section->bytes)
			continue;
		err = area_parse(&build->area_of[kernel], section->bytes, section->size, error);
		if (err)
			return err;
		build->area[kernel] = &build->area_of[kernel];
	}
	if (!build->area[OLD_KERNEL] && !build->area[NEW_KERNEL])
		return error_set(error, -ENODATA, "the capture holds no stats area");
	if (!build->area[OLD_KERNEL] || !build->area[NEW_KERNEL])
		return 0;
	old = &build->area[OLD_KERNEL]->header;
	new = &build->area[NEW_KERNEL]->header;
	if (old->chain_id != new->chain_id || new->generation == 0 ||
	    old->generation != new->generation - 1) {
		build_add_note(
			build,
			"the stats area that was handed over is not from the kernel just before this one: left out");
		build->area[OLD_KERNEL] = NULL;
	}
	return 0;
}

static struct model_probes probes_of(const struct area *area)
{
	struct model_probes probes = {};

	if (area) {
		probes.watched = area_watches(area);
		/* Minor 7 added two. */
		probes.bits = area->header.minor < 7 ? 5 : 7;
		probes.vcpus = area_watches_vcpus(area);
		/* What found no room may say that less was watched. */
		probes.known = probes.watched != UINT64_MAX && !area->subjects_without_room &&
			       !area->invalid_subjects;
	}
	return probes;
}

/* More than there are probes come from a damaged area. */
#define MOST_LEFT_OUT 64

static bool is_listed(const struct model *model, const struct model_left_out *left_out)
{
	size_t i;

	for (i = 0; i < model->left_outs; i++)
		if (model->left_out[i].in_new_kernel == left_out->in_new_kernel &&
		    !strcmp(model->left_out[i].function, left_out->function) &&
		    !strcmp(model->left_out[i].why, left_out->why))
			return true;
	return false;
}

static void list_left_out(struct build *build, enum kernel kernel)
{
	const struct area *area = build->area[kernel];
	struct model *model = build->model;
	struct area_left_out found;
	uint32_t number;

	for (number = 1; area && number <= area->subjects; number++) {
		struct model_left_out left_out = { .in_new_kernel = kernel == NEW_KERNEL };
		void *grown;

		if (model->left_outs == MOST_LEFT_OUT || !area_left_out(area, number, &found))
			continue;
		TEXT_COPY(left_out.function, found.function);
		TEXT_COPY(left_out.why, found.why);
		if (is_listed(model, &left_out))
			continue;
		grown = array_grow(model->left_out, model->left_outs, sizeof(left_out));
		if (!grown) {
			build->no_memory = true;
			return;
		}
		model->left_out = grown;
		model->left_out[model->left_outs++] = left_out;
	}
}

/* Whether the other kernel has the same. */
static bool is_in_both(const struct model *model, const struct model_left_out *left_out)
{
	struct model_left_out other = *left_out;

	other.in_new_kernel = !left_out->in_new_kernel;
	return is_listed(model, &other);
}

/* One note, or several if there are many, of those that are in both kernels, or only in one. */
static void note_left_out(struct build *build, bool in_both, bool in_new_kernel)
{
	const char *one = in_new_kernel ? "in the new kernel" : "in the old kernel";
	const char *where = in_both ? "in either kernel" : one;
	const struct model *model = build->model;
	char list[MODEL_NOTE_BYTES - 40] = "", item[104];
	char function[ESCAPED_BYTES], why[ESCAPED_BYTES];
	size_t i;

	for (i = 0; i < model->left_outs; i++) {
		const struct model_left_out *left_out = &model->left_out[i];

		if (left_out->in_new_kernel != in_new_kernel ||
		    is_in_both(model, left_out) != in_both)
			continue;
		snprintf(item, sizeof(item), "%s (%s)",
			 escape_text(function, left_out->function, false),
			 escape_text(why, left_out->why, false));
		if (strlen(list) + strlen(item) + 3 > sizeof(list)) {
			build_add_note(build, "not watched %s: %s", where, list);
			*list = '\0';
		}
		text_list_add(list, sizeof(list), ", ", item);
	}
	if (*list)
		build_add_note(build, "not watched %s: %s", where, list);
}

/* Of an update that was started, there may be only this. */
static void describe_fate(struct build *build)
{
	struct model *model = build->model;
	char value[32];

	if (!capture_host_value(build->capture, STORE_STARTED, value, sizeof(value)))
		return;
	model->fate = capture_host_value(build->capture, STORE_LOST, value, sizeof(value)) ?
			      MODEL_FATE_LOST :
			      MODEL_FATE_OPEN;
	/* The last that was heard of it; B0 replaces it, if it was seen. */
	if (capture_host_value(build->capture, "collected_realtime_ns", value, sizeof(value)))
		model->begin_realtime_ns =
			bounded_at_least(bounded_exact(strtoll(value, NULL, 10)), WHY_NO_BEGIN);
}

/* What KHO's own record adds to the stats areas. */
static void describe_handover(struct build *build)
{
	const struct capture_section *klog = &build->capture->section[CAPTURE_KLOG];
	struct model *model = build->model;
	char release[LUO_STATS_RELEASE_BYTES];

	if (!klog_handover(klog->bytes, klog->size, release, sizeof(release), &model->kexec_count))
		return;
	if (!model->from_release[0])
		TEXT_COPY(model->from_release, release);
	if (model->generation > model->kexec_count)
		build_add_note(
			build,
			"the stats area counts %u live updates since the last ordinary boot, and KHO only %u kexecs: one of them is wrong",
			model->generation, model->kexec_count);
}

static void describe_update(struct build *build)
{
	const struct area *old = build->area[OLD_KERNEL], *new = build->area[NEW_KERNEL];
	struct model *model = build->model;

	model->has_old_kernel = old;
	model->has_update = old || (new->header.flags &LUO_STATS_KHO_BOOT);
	model->has_new_kernel = new && model->has_update;
	model->chain_id = (old ? old : new)->header.chain_id;
	model->generation = new ? new->header.generation : old->header.generation + 1;
	if (old)
		TEXT_COPY(model->from_release, old->header.release);
	if (new)
		TEXT_COPY(model->to_release, new->header.release);
	if (!new)
		describe_fate(build);
	if (new)
		describe_handover(build);
	model->probes_old = probes_of(old);
	model->probes_new = probes_of(new);
	list_left_out(build, OLD_KERNEL);
	list_left_out(build, NEW_KERNEL);
	note_left_out(build, true, false);
	note_left_out(build, false, false);
	note_left_out(build, false, true);
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

	if (build->area[OLD_KERNEL])
		boundaries_collect_old(build);
	if (build->area[NEW_KERNEL])
		boundaries_collect_new(build);
	boundaries_withhold_disorder(build, LUO_STATS_B9_LUO_OPEN);
	err = rows_build(build);
	if (!err)
		err = spans_build(build);
	if (!err)
		err = marks_find(&build->marks, model, build->area[OLD_KERNEL],
				 build->area[NEW_KERNEL]);
	if (!err && build->area[NEW_KERNEL])
		err = returns_find_retrieved(build);
	returns_find_seen(build);
	if (!err)
		err = detached_find(build);
	returns_find_seen(build);
	returns_find_kept(build);
	if (!err)
		err = returns_find_in_service(build);
	if (err)
		return err;
	boundaries_withhold_disorder(build, LUO_STATS_B11_IN_SERVICE);
	boundaries_place(build);
	place_manager(build);
	err = place_marks(build);
	/* They would double what the model takes up. */
	marks_free(&build->marks);
	if (!err)
		err = find_vms(build);
	if (err)
		return err;
	spans_map(build);
	detached_place(build);
	returns_find_missing(build);
	rows_finish(build);
	err = belongs_find(model);
	if (err)
		return err;
	if (model->shutdowns)
		qsort(model->shutdown, model->shutdowns, sizeof(*model->shutdown),
		      compare_durations);
	model->end_slot = model->boundary[LUO_STATS_B11_IN_SERVICE].source != MODEL_SOURCE_NONE ?
				  LUO_STATS_B11_IN_SERVICE :
				  LUO_STATS_B10_RETRIEVED;
	model->end_is_mark = model->end_is_mark && model->end_slot == LUO_STATS_B11_IN_SERVICE;
	phases_build(build);
	phases_find_blackout(build);
	vms_relate(model);
	downtime_bound(model);
	counts_find(model);
	boundaries_find_realtime(build);
	phases_note_late_rest(build);
	if (build->area[NEW_KERNEL]) {
		phases_find_luoscope_init(build);
		phases_find_watched(build);
		phases_note_late_probes(build);
		phases_note_soft_zero(build);
		err = boot_place(model, build->capture,
				 build_kernel_is_comparable(build, NEW_KERNEL) ?
					 build->origin[NEW_KERNEL] :
					 0);
		if (err)
			return err;
	}
	phases_find_without_luoscope(model);
	err = gaps_find(build);
	return err ? err : long_poles_find(model);
}

int model_build(struct model *model, const struct capture *capture, struct error *error)
{
	const struct capture_section *klog = &capture->section[CAPTURE_KLOG];
	struct build build = { .model = model, .capture = capture };
	enum kernel kernel;
	int err;

	*model = (struct model){};
	err = parse_areas(&build, error);
	if (err)
		return err;
	clock_build(&model->clock, build.area[OLD_KERNEL], build.area[NEW_KERNEL], klog->bytes,
		    klog->size);
	describe_update(&build);
	describe_host(&build);
	for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++)
		if (build.area[kernel])
			add_losses(&model->losses, build.area[kernel]);
	if (model->has_update) {
		err = build_update(&build);
	} else {
		model->blackout = bounded_unknown(WHY_NO_BEGIN);
		err = marks_find(&build.marks, model, NULL, build.area[NEW_KERNEL]);
		model->marks_elsewhere = build.marks.count;
	}
	for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++) {
		if (build.area[kernel]) {
			attempts_add(model, build.area[kernel]);
			if (!err)
				err = attempt_spans_add(&build, kernel);
		}
		free(build.file_row[kernel]);
		free(build.session_row[kernel]);
		free(build.device_row[kernel]);
		free(build.flb_row[kernel]);
	}
	free(build.file_rank);
	free(build.device_rank);
	marks_free(&build.marks);
	if (model->clock.verdict == CLOCK_CONTRADICTED && model->has_old_kernel &&
	    model->has_new_kernel)
		build_add_note(
			&build,
			"times that cross the kexec are withheld, because the clock is contradicted");
	if (err || build.no_memory)
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}
