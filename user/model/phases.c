// SPDX-License-Identifier: GPL-2.0
#include "phases.h"

#include <stdio.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/duration.h"
#include "build_context.h"
#include "capture/area.h"
#include "capture/area_names.h"
#include "capture/capture.h"
#include "clock.h"
#include "model.h"

static void name_joined_phase(struct model_phase *phase)
{
	unsigned int slot;
	size_t length = 0;

	for (slot = phase->begin + 1; slot <= phase->end && length < sizeof(phase->name); slot++)
		length += snprintf(phase->name + length, sizeof(phase->name) - length, "%s%s",
				   length ? "+" : "", name_phase(slot));
}

/* Stamps of the boot divide the phase in which they lie: see enum model_part_kind. */
static void build_parts(struct build *build, struct model_phase *phase)
{
	const struct luo_stats_anchor *early =
		area_anchor(build->area[NEW_KERNEL], LUO_STATS_ANCHOR_EARLY);
	const __u64 *stamps = build->area[NEW_KERNEL]->header.as_new_kernel.cycles;
	const __u64 first = stamps[LUO_STATS_FIRST_INITCALL],
		    last = stamps[LUO_STATS_LAST_INITCALL];
	const struct model *model = build->model;
	const struct model_boundary *begin = &model->boundary[phase->begin];
	const struct model_boundary *end = &model->boundary[phase->end];
	const struct {
		enum model_part_kind kind;
		uint64_t cycles;
	} inner[] = {
		{ MODEL_PART_SETUP_ARCH, early ? early->cycles : 0 },
		{ MODEL_PART_INITCALLS, last ? first : 0 },
		{ MODEL_PART_AFTER_INITCALLS, first ? last : 0 },
	};
	const struct clock *clock = &model->clock;
	uint64_t before = begin->cycles, error_ns = begin->error_ns;
	struct model_part *part = phase->part;
	int64_t at = begin->time_ns, ns;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(inner); i++) {
		if (inner[i].cycles <= before || inner[i].cycles >= end->cycles ||
		    clock_ns(clock, build->origin[NEW_KERNEL], inner[i].cycles, &ns))
			continue;
		if (!phase->parts) {
			part[0].kind = inner[i].kind == MODEL_PART_SETUP_ARCH ?
					       MODEL_PART_BEFORE_SETUP_ARCH :
					       MODEL_PART_BEFORE_INITCALLS;
			part[0].start = phase->start;
			phase->parts = 1;
		}
		part[phase->parts - 1].duration = clock_bounded(clock, ns - at, error_ns);
		error_ns = 0;
		part[phase->parts].kind = inner[i].kind;
		if (phase->start.known)
			part[phase->parts].start =
				bounded_with_error(ns, bounded_error(phase->start));
		phase->parts++;
		at = ns;
		before = inner[i].cycles;
	}
	if (phase->parts)
		part[phase->parts - 1].duration =
			clock_bounded(clock, end->time_ns - at, error_ns + end->error_ns);
}

/* Relative to the origin, which has an error too. */
static struct bounded start_of(const struct model *model, unsigned int slot)
{
	const struct model_boundary *boundary = &model->boundary[slot];

	if (!boundary->start.known)
		return (struct bounded){};
	if (slot == model->origin_slot)
		return bounded_exact(boundary->start.value);
	return clock_bounded(&model->clock, boundary->start.value,
			     model->boundary[model->origin_slot].error_ns + boundary->error_ns);
}

/* Why a phase that ends with the boundary @end may have lasted longer, or NULL. */
static const char *why_longer(const struct model *model, unsigned int end)
{
	if (end != LUO_STATS_B10_RETRIEVED && end != LUO_STATS_B11_IN_SERVICE)
		return NULL;
	if (!model->files_missing_known)
		return WHY_MAYBE_BACK;
	if (model->files_missing)
		return WHY_NOT_BACK;
	if (end == LUO_STATS_B10_RETRIEVED || model->end_is_mark)
		return NULL;
	if (model->devices_missing || model->devices_unseen)
		return WHY_NOT_SERVING;
	return model->devices_late ? WHY_LATE : NULL;
}

/* @why: why it may have been longer; NULL: it was not. */
static struct bounded bound_end(const struct model *model, struct bounded time, const char *why)
{
	const bool is_contradicted = model->clock.verdict == CLOCK_CONTRADICTED;

	if (!time.known)
		return bounded_unknown(is_contradicted ? WHY_CONTRADICTED : WHY_NOT_TOLD);
	return why ? bounded_at_least(time, why) : time;
}

/* The time from @from to @to. One event can be both, and then there is no error either. */
static struct bounded time_between(const struct model *model, const struct model_boundary *from,
				   const struct model_boundary *to)
{
	if (from->cycles && from->cycles == to->cycles)
		return bounded_exact(0);
	return clock_bounded(&model->clock, to->time_ns - from->time_ns,
			     from->error_ns + to->error_ns);
}

/* Phase @i and the next one together: the border between them does not matter. */
static struct bounded time_of_two(const struct model *model, size_t i)
{
	const struct model_phase *first = &model->phase[i], *second = first + 1;
	const struct model_boundary *from = &model->boundary[first->begin],
				    *to = &model->boundary[second->end];

	if (!first->duration.known || !second->duration.known || first->end != second->begin)
		return (struct bounded){};
	return time_between(model, from, to);
}

/*
 * The most that a phase may have taken; a lower bound says that only something else went on. If
 * nothing is certain of any, their values still say which one it probably was.
 */
static int64_t most_of(struct bounded time)
{
	if (bounded_is_open(time))
		return time.value;
	return bounded_is_lower_bound(time) ? time.value + (int64_t)bounded_error(time) : time.high;
}

static int64_t least_of(struct bounded time)
{
	return bounded_is_open(time) ? time.value : time.low;
}

bool phases_may_be_longest(const struct model *model, size_t i)
{
	const int64_t most = most_of(model->phase[i].duration);
	size_t other;

	if (!model->phase[i].duration.known)
		return false;
	for (other = 0; other < model->phases; other++) {
		const struct bounded time = model->phase[other].duration;
		const struct bounded two = other + 1 < model->phases ? time_of_two(model, other) :
								       (struct bounded){};

		if (other != i && time.known && least_of(time) > most)
			return false;
		if (other != i && other + 1 != i && two.known && least_of(two) / 2 > most)
			return false;
	}
	return true;
}

/*
 * No phase is shorter than 0, or longer than itself and a neighbour together; no part of a phase is
 * longer than the phase.
 */
static void narrow_phases(struct model *model)
{
	int64_t most[MODEL_BOUNDARIES];
	struct bounded two;
	size_t i, part;

	for (i = 0; i < model->phases; i++)
		most[i] = INT64_MAX;
	for (i = 0; i + 1 < model->phases; i++) {
		two = time_of_two(model, i);
		if (!two.known)
			continue;
		most[i] = two.high < most[i] ? two.high : most[i];
		most[i + 1] = two.high < most[i + 1] ? two.high : most[i + 1];
	}
	for (i = 0; i < model->phases; i++) {
		struct model_phase *phase = &model->phase[i];

		phase->duration = bounded_within(phase->duration, 0, most[i]);
		for (part = 0; part < phase->parts; part++)
			phase->part[part].duration =
				bounded_within(phase->part[part].duration, 0, phase->duration.high);
	}
}

void phases_build(struct build *build)
{
	struct model *model = build->model;
	const struct clock *clock = &model->clock;
	unsigned int begin = MODEL_BOUNDARIES, slot;

	for (slot = 0; slot <= model->end_slot; slot++) {
		const struct model_boundary *to = &model->boundary[slot];
		const struct model_boundary *from;
		struct model_phase *phase;

		if (to->source == MODEL_SOURCE_NONE)
			continue;
		if (begin == MODEL_BOUNDARIES) {
			begin = slot;
			continue;
		}
		from = &model->boundary[begin];
		phase = &model->phase[model->phases++];
		*phase = (struct model_phase){ .begin = begin, .end = slot };
		name_joined_phase(phase);
		phase->start = start_of(model, begin);
		if (clock->rate_millihertz &&
		    (build_kernel_of_slot(begin) == build_kernel_of_slot(slot) ||
		     clock->comparable)) {
			phase->duration = time_between(model, from, to);
			if (begin < LUO_STATS_B8_INIT && slot >= LUO_STATS_B7_TIME_ZERO)
				build_parts(build, phase);
		}
		phase->duration = bound_end(model, phase->duration, why_longer(model, slot));
		/* What the phase waited for, its last part did. */
		if (phase->parts && bounded_is_lower_bound(phase->duration))
			phase->part[phase->parts - 1].duration = bounded_at_least(
				phase->part[phase->parts - 1].duration, phase->duration.why);
		begin = slot;
	}
	narrow_phases(model);
}

/* Why nobody saw the update begin. Its own stamp says whether there were any probes. */
static const char *why_no_begin(const struct build *build)
{
	const struct area *old = build->area[OLD_KERNEL];

	if (!old)
		return build->capture->section[CAPTURE_INCOMING].bytes ? WHY_NO_BEGIN :
									 WHY_NO_MODULE;
	if (!old->header.as_new_kernel.cycles[LUO_STATS_PROBES_READY])
		return WHY_NO_PROBES;
	if (model_was_detached(build->model, false))
		return WHY_DETACHED;
	return area_watched_since(old, true) && !area_watched_since(old, false) ? WHY_ONLY_ARRIVAL :
										  WHY_NO_BEGIN;
}

void phases_find_blackout(struct build *build)
{
	struct model *model = build->model;
	const struct model_boundary *begin = &model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	const struct model_boundary *end = &model->boundary[model->end_slot];
	const bool is_contradicted = model->clock.verdict == CLOCK_CONTRADICTED;

	model->has_end = begin->source != MODEL_SOURCE_NONE && end->source != MODEL_SOURCE_NONE &&
			 begin->start.known && end->start.known;
	if (model->has_end) {
		/* It waits for the devices even if it ends with the last file. */
		const char *why = why_longer(model, LUO_STATS_B11_IN_SERVICE);
		const struct bounded time = clock_bounded(&model->clock,
							  end->time_ns - begin->time_ns,
							  begin->error_ns + end->error_ns);

		model->blackout = bound_end(model, time, why);
	} else if (model->fate != MODEL_FATE_NONE) {
		model->blackout =
			bounded_unknown(model->fate == MODEL_FATE_LOST ? WHY_LOST : WHY_OPEN);
	} else if (model->blackout.known) {
		model->blackout = bound_end(model, model->blackout, WHY_NOT_IN_TIME);
	} else if (!is_contradicted && begin->source == MODEL_SOURCE_NONE) {
		model->blackout = bounded_unknown(why_no_begin(build));
	} else if (!is_contradicted && end->source == MODEL_SOURCE_NONE) {
		model->blackout = bounded_unknown("the end was not observed: no file was seen to"
						  " come back");
	} else {
		model->blackout = bound_end(model, model->blackout, NULL);
	}
}

/* Both stamps are from one boot: it does not matter whether the kernels' clocks are comparable. */
void phases_find_luoscope_init(struct build *build)
{
	const __u64 *cycles = build->area[NEW_KERNEL]->header.as_new_kernel.cycles;
	const uint64_t begin = cycles[LUO_STATS_B8_INIT];
	const uint64_t end = cycles[LUO_STATS_INIT_DONE] ? cycles[LUO_STATS_INIT_DONE] :
							   cycles[LUO_STATS_PROBES_READY];
	int64_t ns;

	if (!begin || !end || clock_ns(&build->model->clock, begin, end, &ns) || ns < 0)
		return;
	build->model->luoscope_init = clock_bounded(&build->model->clock, ns, 0);
	if (build_kernel_is_comparable(build, NEW_KERNEL) && build->origin[NEW_KERNEL] &&
	    !clock_ns(&build->model->clock, build->origin[NEW_KERNEL], begin, &ns))
		build->model->init_start = clock_bounded(&build->model->clock, ns, 0);
}

int64_t phases_init_in_blackout(const struct model *model)
{
	const int64_t begin = model->init_start.known && model->init_start.value > 0 ?
				      model->init_start.value :
				      0;
	const int64_t room = model->blackout.value > begin ? model->blackout.value - begin : 0;

	return model->luoscope_init.value < room ? model->luoscope_init.value : room;
}

void phases_find_without_luoscope(struct model *model)
{
	struct bounded *without = &model->blackout_without_luoscope;

	if (!model->blackout.known)
		*without = bounded_unknown(model->blackout.why);
	else if (!model->luoscope_init.known)
		*without =
			bounded_unknown("the new kernel was not started through 'luoscope init'");
	else
		*without = bounded_minus(model->blackout, phases_init_in_blackout(model));
}

/* Since when something is watched, in the time of the model; not known if @cycles is 0. */
static struct bounded watched_since(const struct build *build, uint64_t cycles)
{
	const struct clock *clock = &build->model->clock;
	int64_t ns;

	if (!cycles || !build_kernel_is_comparable(build, NEW_KERNEL) ||
	    !build->origin[NEW_KERNEL] || clock_ns(clock, build->origin[NEW_KERNEL], cycles, &ns))
		return bounded_unknown("the new kernel does not say");
	return clock_bounded(clock, ns, 0);
}

void phases_find_watched(struct build *build)
{
	const struct area *area = build->area[NEW_KERNEL];
	const uint64_t arrival = area_watched_since(area, true);
	const uint64_t all = area_watched_since(area, false);

	build->model->all_watched = watched_since(build, all);
	build->model->arrival_watched = watched_since(build, arrival ? arrival : all);
}

void phases_note_late_probes(struct build *build)
{
	const __u64 *stamp = build->area[NEW_KERNEL]->header.as_new_kernel.cycles;
	const struct model_boundary *init = &build->model->boundary[LUO_STATS_B8_INIT];
	char buffer[DURATION_BYTES];
	int64_t ns;

	/* With 'luoscope init' nothing came before the probes. */
	if (stamp[LUO_STATS_B9_LUO_OPEN] || stamp[LUO_STATS_INIT_DONE] ||
	    init->source == MODEL_SOURCE_NONE || stamp[LUO_STATS_PROBES_READY] <= init->cycles ||
	    clock_ns(&build->model->clock, init->cycles, stamp[LUO_STATS_PROBES_READY], &ns))
		return;
	build_add_note(
		build,
		"the probes were in place only %s after init was executed; what came before was"
		" not watched",
		format_duration(buffer, ns, init->error_ns));
}

void phases_note_late_rest(struct build *build)
{
	const struct area *old = build->area[OLD_KERNEL];
	const uint64_t since = old ? area_watched_since(old, false) : 0;
	char buffer[DURATION_BYTES];
	uint64_t begin;
	int64_t ns;

	if (!since || !build->attempt)
		return;
	begin = build->attempt->cycles[LUO_STATS_B0_UPDATE_BEGIN];
	if (since > begin && !clock_ns(&build->model->clock, begin, since, &ns))
		build_add_note(
			build,
			"the update started before all probes of the old kernel were attached: what came"
			" in its first %s may not have been watched",
			format_duration(buffer, ns, 0));
}

/* Two phases meet there and share its error. */
void phases_note_soft_zero(struct build *build)
{
	const struct model *model = build->model;
	const struct model_boundary *zero = &model->boundary[LUO_STATS_B7_TIME_ZERO];
	char buffer[DURATION_BYTES];

	if (zero->source == MODEL_SOURCE_RECKONED && model->clock.zero_lacks_line)
		build_add_note(
			build,
			"the border between jump and kernel_boot is known to +- %s: the new kernel's log"
			" as captured has no line 'sched_clock: Marking stable'; a built-in luo_stats needs"
			" none",
			format_error(buffer, zero->error_ns));
}
