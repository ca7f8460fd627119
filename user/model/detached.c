// SPDX-License-Identifier: GPL-2.0
#include "detached.h"

#include <errno.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/duration.h"
#include "build_context.h"
#include "capture/detached.h"
#include "clock.h"
#include "model.h"

/*
 * In the old kernel, they matter if files may have been frozen meanwhile. Without B0 only those
 * matter that last to the jump.
 */
static bool matters_in_old(const struct build *build, const struct detached *detached)
{
	const __u64 *stamp = build->attempt ? build->attempt->cycles : NULL;

	if (stamp && stamp[LUO_STATS_B1_FROZEN] && detached->begin >= stamp[LUO_STATS_B1_FROZEN])
		return false;
	return !detached->end || (stamp && detached->end > stamp[LUO_STATS_B0_UPDATE_BEGIN]);
}

static void look_until(uint64_t *until, uint64_t cycles)
{
	if (cycles > *until)
		*until = cycles;
}

/*
 * A file is awaited until it is back, or until it is finished without that. A device that is not in
 * service can come into service at any time.
 */
static uint64_t awaited_until(const struct model *model)
{
	uint64_t until = 0;
	size_t i;

	for (i = 0; i < model->files; i++) {
		const struct model_span *step = model->file[i].step;

		if (model_span_succeeded(&step[STEP_RETRIEVE]))
			look_until(&until, step[STEP_RETRIEVE].end_cycles);
		else if (model_span_succeeded(&step[STEP_FREEZE]))
			look_until(&until, model_span_succeeded(&step[STEP_FINISH]) ?
						   step[STEP_FINISH].begin_cycles :
						   UINT64_MAX);
	}
	for (i = 0; i < model->devices; i++) {
		const struct model_span *step = model->device[i].step;

		if (model_device_is_in_service(&model->device[i]))
			look_until(&until, step[STEP_IRQ_SETUP].end_cycles);
		else if (model_span_succeeded(&step[STEP_FREEZE]) ||
			 model_span_succeeded(&step[STEP_RETRIEVE]))
			look_until(&until, UINT64_MAX);
	}
	return until;
}

/* Nothing was watched all the time that matters. How devices are known depends on the kernel. */
static void watch_nothing(struct model_probes *probes)
{
	probes->watched &= LUO_STATS_WATCH_DEVICE_FILES;
	probes->vcpus = false;
}

static int add(struct model *model, const struct detached *found, bool in_new_kernel, bool matters)
{
	void *grown = array_grow(model->detached, model->detacheds, sizeof(*model->detached));

	if (!grown)
		return -ENOMEM;
	model->detached = grown;
	model->detached[model->detacheds++] = (struct model_detached){
		.in_new_kernel = in_new_kernel,
		.matters = matters,
		.begin_known = found->begin_known,
		.begin_cycles = found->begin,
		.end_cycles = found->end,
	};
	if (matters)
		watch_nothing(in_new_kernel ? &model->probes_new : &model->probes_old);
	return 0;
}

int detached_find(struct build *build)
{
	const uint64_t until = awaited_until(build->model);
	struct detached list[DETACHED_MOST];
	enum kernel kernel;
	int err = 0;

	for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++) {
		const bool is_new = kernel == NEW_KERNEL;
		const size_t count =
			build->area[kernel] ? detached_list(build->area[kernel], list) : 0;
		size_t i;

		for (i = 0; !err && i < count; i++)
			err = add(build->model, &list[i], is_new,
				  is_new ? list[i].begin < until : matters_in_old(build, &list[i]));
	}
	return err;
}

static void place(const struct build *build, struct model_detached *detached)
{
	const enum kernel kernel = detached->in_new_kernel ? NEW_KERNEL : OLD_KERNEL;
	const struct clock *clock = &build->model->clock;
	int64_t ns;

	if (build_kernel_is_comparable(build, kernel) && build->origin[kernel] &&
	    !clock_ns(clock, build->origin[kernel], detached->begin_cycles, &ns))
		detached->start = clock_bounded(clock, ns, 0);
	if (detached->end_cycles &&
	    !clock_ns(clock, detached->begin_cycles, detached->end_cycles, &ns) && ns >= 0)
		detached->duration = clock_bounded(clock, ns, 0);
}

static void note(struct build *build, const struct model_detached *detached)
{
	const char *where = detached->in_new_kernel ? "new" : "old";
	const char *lost = detached->in_new_kernel ? "came back" : "happened";
	char buffer[DURATION_BYTES];

	if (!detached->end_cycles)
		build_add_note(build,
			       "the probes of the %s kernel were detached, and not attached again:"
			       " what %s since then was not seen",
			       where, lost);
	else if (!detached->duration.known)
		build_add_note(build,
			       "the probes of the %s kernel were detached for a time: what %s"
			       " meanwhile was not seen",
			       where, lost);
	else
		build_add_note(build,
			       "the probes of the %s kernel were detached for %s%s: what %s"
			       " meanwhile was not seen",
			       where, detached->begin_known ? "" : "at most ",
			       format_duration(buffer, detached->duration.value, 0), lost);
}

void detached_place(struct build *build)
{
	struct model *model = build->model;
	size_t i;

	for (i = 0; i < model->detacheds; i++) {
		place(build, &model->detached[i]);
		if (model->detached[i].matters)
			note(build, &model->detached[i]);
	}
}
