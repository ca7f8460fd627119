// SPDX-License-Identifier: GPL-2.0
#include "phases.h"

#include <stdio.h>

#include "base/duration.h"
#include "build_context.h"
#include "capture/area.h"
#include "capture/area_names.h"
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

/* Stamps of the boot that lie within a phase part it: see enum model_part_kind. */
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
	uint64_t before = begin->cycles;
	struct model_part *part = phase->part;
	size_t i;
	int64_t ns;

	for (i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
		if (inner[i].cycles <= before || inner[i].cycles >= end->cycles ||
		    clock_ns(&model->clock, build->origin[NEW_KERNEL], inner[i].cycles, &ns))
			continue;
		if (!phase->parts) {
			part[0].kind = inner[i].kind == MODEL_PART_SETUP_ARCH ?
					       MODEL_PART_BEFORE_SETUP_ARCH :
					       MODEL_PART_BEFORE_INITCALLS;
			part[0].start = phase->start;
			part[0].error_ns = begin->error_ns;
			phase->parts = 1;
		}
		part[phase->parts - 1].duration_ns = ns - part[phase->parts - 1].start.ns;
		part[phase->parts].kind = inner[i].kind;
		part[phase->parts++].start = (struct model_time){ phase->start.known, ns };
		before = inner[i].cycles;
	}
	if (!phase->parts)
		return;
	part[phase->parts - 1].duration_ns = end->time_ns - part[phase->parts - 1].start.ns;
	part[phase->parts - 1].error_ns += end->error_ns;
	for (i = 0; i < phase->parts; i++)
		part[i].error_ns += clock_error_ns(&model->clock, part[i].duration_ns);
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
		*phase = (struct model_phase){ .begin = begin, .end = slot, .start = from->start };
		name_joined_phase(phase);
		if (from->start.known && begin != model->origin_slot)
			phase->start_error_ns = model->boundary[model->origin_slot].error_ns +
						from->error_ns +
						clock_error_ns(clock, from->start.ns);
		if (clock->rate_millihertz &&
		    (build_kernel_of_slot(begin) == build_kernel_of_slot(slot) ||
		     clock->comparable)) {
			phase->duration.known = true;
			phase->duration.ns = to->time_ns - from->time_ns;
			phase->error_ns = from->error_ns + to->error_ns +
					  clock_error_ns(clock, phase->duration.ns);
			if (begin < LUO_STATS_B8_INIT && slot >= LUO_STATS_B7_TIME_ZERO)
				build_parts(build, phase);
		}
		begin = slot;
	}
}

void phases_find_blackout(struct model *model)
{
	const struct model_boundary *begin = &model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	const struct model_boundary *end = &model->boundary[model->end_slot];

	if (begin->source == MODEL_SOURCE_NONE || end->source == MODEL_SOURCE_NONE ||
	    !begin->start.known || !end->start.known)
		return;
	model->blackout.known = true;
	model->blackout.ns = end->time_ns - begin->time_ns;
	model->blackout_error_ns =
		begin->error_ns + end->error_ns + clock_error_ns(&model->clock, model->blackout.ns);
}

/* Both stamps are of one boot: how the kernels' clocks compare does not matter. */
void phases_find_init_cost(struct build *build)
{
	const __u64 *cycles = build->area[NEW_KERNEL]->header.as_new_kernel.cycles;
	const uint64_t begin = cycles[LUO_STATS_B8_INIT];
	const uint64_t end = cycles[LUO_STATS_INIT_DONE] ? cycles[LUO_STATS_INIT_DONE] :
							   cycles[LUO_STATS_PROBES_READY];
	int64_t ns;

	if (!begin || !end || clock_ns(&build->model->clock, begin, end, &ns) || ns < 0)
		return;
	build->model->luoscope_init = (struct model_time){ .known = true, .ns = ns };
	if (build_kernel_is_comparable(build, NEW_KERNEL) && build->origin[NEW_KERNEL] &&
	    !clock_ns(&build->model->clock, build->origin[NEW_KERNEL], begin, &ns))
		build->model->init_start = (struct model_time){ .known = true, .ns = ns };
}

void phases_note_late_probes(struct build *build)
{
	const __u64 *stamp = build->area[NEW_KERNEL]->header.as_new_kernel.cycles;
	const struct model_boundary *init = &build->model->boundary[LUO_STATS_B8_INIT];
	char buffer[DURATION_BYTES];
	int64_t ns;

	/* After 'luoscope init' nothing came before the probes. */
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

/* Two phases meet there, and share its error. */
void phases_note_soft_zero(struct build *build)
{
	const struct model *model = build->model;
	const struct model_boundary *zero = &model->boundary[LUO_STATS_B7_TIME_ZERO];
	char buffer[DURATION_BYTES];

	if (zero->source == MODEL_SOURCE_RECKONED && model->clock.zero_lacks_line)
		build_add_note(
			build,
			"the border of jump and kernel_boot is known to +- %s: the log of the new kernel"
			" has no line sched_clock: Marking stable; luo_stats built in needs none",
			format_duration(buffer, zero->error_ns, zero->error_ns / 5));
}
