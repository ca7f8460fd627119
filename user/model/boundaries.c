// SPDX-License-Identifier: GPL-2.0
#include "boundaries.h"

#include <errno.h>

#include "base/array.h"
#include "base/bounded.h"
#include "build_context.h"
#include "capture/area.h"
#include "capture/capture.h"
#include "clock.h"
#include "klog.h"
#include "model.h"

static const enum model_source slot_source[LUO_STATS_B6_JUMP + 1] = {
	MODEL_SOURCE_FENTRY, MODEL_SOURCE_FEXIT, MODEL_SOURCE_FENTRY, MODEL_SOURCE_FEXIT,
	MODEL_SOURCE_FENTRY, MODEL_SOURCE_FEXIT, MODEL_SOURCE_FENTRY,
};

/* Only from the last attempt of a kernel that was replaced. */
static bool attempt_went_through(const struct luo_stats_boundaries *attempt)
{
	return attempt->end_cycles ? !attempt->result :
				     attempt->cycles[LUO_STATS_B0_UPDATE_BEGIN] != 0;
}

void boundaries_collect_old(struct build *build)
{
	const struct luo_stats_boundaries *attempt = area_last_attempt(build->area[OLD_KERNEL]);
	const struct luo_stats_anchor *notifier, *last;
	struct model *model = build->model;
	uint64_t after = 0;
	unsigned int slot;

	if (attempt && area_attempt_failed(attempt)) {
		build_add_note(build, "the last attempt that was watched failed, yet the kernel was"
				      " replaced, by a kexec that was not watched");
		/* Anchors from here on are about that kexec. */
		after = attempt->end_cycles;
	} else if (attempt && attempt_went_through(attempt)) {
		build->attempt = attempt;
		for (slot = 0; slot <= LUO_STATS_B6_JUMP; slot++)
			build_set_boundary(model, slot, attempt->cycles[slot], slot_source[slot],
					   0);
		build_set_boundary(model, LUO_STATS_B1_FROZEN, attempt->end_cycles,
				   MODEL_SOURCE_FEXIT, 0);
		after = attempt->cycles[LUO_STATS_B0_UPDATE_BEGIN];
	}
	notifier = area_anchor(build->area[OLD_KERNEL], LUO_STATS_ANCHOR_NOTIFIER);
	if (notifier && notifier->cycles > after)
		build_set_boundary(model, LUO_STATS_B2_SHUTDOWN_BEGIN, notifier->cycles,
				   MODEL_SOURCE_NOTIFIER, 0);
	last = area_anchor(build->area[OLD_KERNEL], LUO_STATS_ANCHOR_LAST);
	if (last && last->cycles > after)
		build_set_boundary(model, LUO_STATS_B6_JUMP, last->cycles, MODEL_SOURCE_DUMPER, 0);
}

/*
 * The stamp of 'luoscope init' comes after its own binary was executed and, if there is an
 * initramfs, after all of the initramfs: then the kernel log knows better.
 */
static void collect_init(struct build *build, uint64_t stamp)
{
	const struct capture_section *klog = &build->capture->section[CAPTURE_KLOG];
	const struct clock *clock = &build->model->clock;
	uint64_t usec, cycles, error_ns;
	int64_t earlier_ns;

	if (klog_init_usec(klog->bytes, klog->size, &usec) &&
	    !clock_log_cycles(clock, usec, &cycles, &error_ns) &&
	    (!stamp || (!clock_ns(clock, cycles, stamp, &earlier_ns) && earlier_ns > 0 &&
			(uint64_t)earlier_ns > error_ns)))
		build_set_boundary(build->model, LUO_STATS_B8_INIT, cycles, MODEL_SOURCE_LOG,
				   error_ns);
	build_set_boundary(build->model, LUO_STATS_B8_INIT, stamp, MODEL_SOURCE_INIT, 0);
}

/* B7 to B9. */
void boundaries_collect_new(struct build *build)
{
	const __u64 *cycles = build->area[NEW_KERNEL]->header.as_new_kernel.cycles;
	struct model *model = build->model;
	const struct clock *clock = &model->clock;

	if (clock->zero_known)
		build_set_boundary(model, LUO_STATS_B7_TIME_ZERO, clock->zero_cycles,
				   clock->zero_stamped ? MODEL_SOURCE_MODULE :
							 MODEL_SOURCE_RECKONED,
				   clock->zero_error_ns);
	collect_init(build, cycles[LUO_STATS_B8_INIT]);
	build_set_boundary(model, LUO_STATS_B9_LUO_OPEN, cycles[LUO_STATS_B9_LUO_OPEN],
			   MODEL_SOURCE_FENTRY, 0);
}

void boundaries_withhold_disorder(struct build *build, unsigned int last)
{
	struct model *model = build->model;
	const struct model_boundary *before = NULL;
	unsigned int slot;
	int64_t ns;

	for (slot = 0; slot <= last; slot++) {
		struct model_boundary *boundary = &model->boundary[slot];

		if (slot == LUO_STATS_B7_TIME_ZERO && !model->clock.comparable)
			before = NULL; /* the counters of two kernels, which cannot be compared */
		if (boundary->source == MODEL_SOURCE_NONE)
			continue;
		if (slot == LUO_STATS_B11_IN_SERVICE &&
		    before == &model->boundary[LUO_STATS_B10_RETRIEVED] &&
		    boundary->cycles < before->cycles) {
			/*
			 * The devices were back before the last memfd: the blackout ends with the
			 * memfd.
			 */
			boundary->cycles = before->cycles;
			build_add_note(build,
				       "the devices were in service again before the last file was"
				       " retrieved: the blackout ends with that retrieve");
		}
		if (before &&
		    (boundary->cycles < before->cycles ||
		     clock_ns(&model->clock, before->cycles, boundary->cycles, &ns) == -ERANGE ||
		     (model->clock.rate_millihertz && ns > CLOCK_UPDATE_MAX_NS))) {
			build_add_note(build,
				       "the stamp of B%u is withheld: it lies %s the one before it",
				       slot,
				       boundary->cycles < before->cycles ?
					       "before" :
					       "more than 30 days after");
			*boundary = (struct model_boundary){};
			continue;
		}
		before = boundary;
	}
}

void boundaries_place(struct build *build)
{
	struct model *model = build->model;
	bool found[KERNELS] = {};
	unsigned int slot;

	model->origin_slot = LUO_STATS_B0_UPDATE_BEGIN;
	for (slot = MODEL_BOUNDARIES; slot-- > 0;) {
		const struct model_boundary *boundary = &model->boundary[slot];

		if (boundary->source == MODEL_SOURCE_NONE)
			continue;
		found[build_kernel_of_slot(slot)] = true;
		build->origin[build_kernel_of_slot(slot)] = boundary->cycles;
		model->origin_slot = slot;
	}
	if (model->clock.comparable || !found[NEW_KERNEL])
		build->origin[NEW_KERNEL] = found[OLD_KERNEL] ? build->origin[OLD_KERNEL] :
								build->origin[NEW_KERNEL];
	if (!found[OLD_KERNEL])
		build->origin[OLD_KERNEL] = build->origin[NEW_KERNEL];

	for (slot = 0; slot < MODEL_BOUNDARIES; slot++) {
		struct model_boundary *boundary = &model->boundary[slot];
		enum kernel kernel = build_kernel_of_slot(slot);

		if (boundary->source == MODEL_SOURCE_NONE ||
		    clock_ns(&model->clock, build->origin[kernel], boundary->cycles,
			     &boundary->time_ns))
			continue;
		if (build_kernel_is_comparable(build, kernel))
			boundary->start = bounded_with_error(boundary->time_ns, boundary->error_ns);
	}
}

struct bounded boundaries_realtime_at(const struct clock *clock, const struct area *area,
				      uint64_t cycles)
{
	static const unsigned int order[] = { LUO_STATS_ANCHOR_NOTIFIER, LUO_STATS_ANCHOR_LAST,
					      LUO_STATS_ANCHOR_READ, LUO_STATS_ANCHOR_LOAD };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		const struct luo_stats_anchor *anchor = area_anchor(area, order[i]);
		int64_t ns;

		if (anchor && anchor->realtime_ns && anchor->realtime_ns <= INT64_MAX / 2 &&
		    !clock_ns(clock, anchor->cycles, cycles, &ns))
			return bounded_exact((int64_t)anchor->realtime_ns + ns);
	}
	return (struct bounded){};
}

void boundaries_find_realtime(struct build *build)
{
	const struct model_boundary *begin = &build->model->boundary[LUO_STATS_B0_UPDATE_BEGIN];

	if (build->area[OLD_KERNEL] && begin->source != MODEL_SOURCE_NONE)
		build->model->begin_realtime_ns = boundaries_realtime_at(
			&build->model->clock, build->area[OLD_KERNEL], begin->cycles);
}
