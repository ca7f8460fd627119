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
#include "returns.h"

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

/*
 * The probes are attached one after the other, and the stamp that says so comes last. This long
 * before it none of them is attached yet: that takes a second, and longer only where the host is
 * very slow.
 */
#define ATTACHING_NS 60000000000LL

bool detached_may_be_before(const struct clock *clock, const struct model_detached *detached,
			    uint64_t cycles)
{
	int64_t ns;

	if (cycles < detached->begin_cycles)
		return false;
	if (detached->begin_known || !detached->end_cycles || cycles >= detached->end_cycles)
		return true;
	return clock_ns(clock, cycles, detached->end_cycles, &ns) || ns <= ATTACHING_NS;
}

/* @until: when the last thing came back that is awaited there; see awaited_until() */
static bool matters_in_new(const struct clock *clock, const struct model_detached *detached,
			   uint64_t until)
{
	return until && detached_may_be_before(clock, detached, until);
}

static void look_until(uint64_t *until, uint64_t cycles)
{
	if (cycles > *until)
		*until = cycles;
}

/* A file or a device is awaited until it is retrieved, or until it is finished without that. */
static void look_until_back(uint64_t *until, const struct model_span step[STEPS])
{
	if (model_span_succeeded(&step[STEP_RETRIEVE]))
		look_until(until, step[STEP_RETRIEVE].end_cycles);
	else if (model_span_succeeded(&step[STEP_FREEZE]))
		look_until(until, model_span_succeeded(&step[STEP_FINISH]) ?
					  step[STEP_FINISH].begin_cycles :
					  UINT64_MAX);
}

/*
 * A device that was retrieved and is not in service can come into service at any time. Nothing more
 * is awaited of one that is kept, as far as can be seen, once it is finished.
 */
static void look_until_in_service(uint64_t *until, const struct build *build,
				  const struct model_device *device)
{
	const struct model_span *step = device->step;

	if (model_device_is_in_service(device))
		look_until(until, step[STEP_IRQ_SETUP].end_cycles);
	else if (build->keeping_seen && returns_device_looks_kept(device))
		look_until(until, step[STEP_FINISH].end_cycles);
	else if (model_span_succeeded(&step[STEP_RETRIEVE]))
		look_until(until, UINT64_MAX);
	else
		look_until_back(until, step);
}

static uint64_t awaited_until(const struct build *build)
{
	const struct model *model = build->model;
	uint64_t until = 0;
	size_t i;

	for (i = 0; i < model->files; i++)
		look_until_back(&until, model->file[i].step);
	for (i = 0; i < model->devices; i++)
		look_until_in_service(&until, build, &model->device[i]);
	return until;
}

/* Nothing was watched all the time that matters. How devices are known depends on the kernel. */
static void watch_nothing(struct model_probes *probes)
{
	probes->watched &= LUO_STATS_WATCH_DEVICE_FILES;
	probes->vcpus = false;
}

static int add(struct build *build, const struct detached *found, bool in_new_kernel,
	       uint64_t until)
{
	struct model *model = build->model;
	void *grown = array_grow(model->detached, model->detacheds, sizeof(*model->detached));
	struct model_detached *detached;

	if (!grown)
		return -ENOMEM;
	model->detached = grown;
	detached = &model->detached[model->detacheds++];
	*detached = (struct model_detached){
		.in_new_kernel = in_new_kernel,
		.begin_known = found->begin_known,
		.begin_cycles = found->begin,
		.end_cycles = found->end,
	};
	detached->matters = in_new_kernel ? matters_in_new(&model->clock, detached, until) :
					    matters_in_old(build, found);
	if (detached->matters)
		watch_nothing(in_new_kernel ? &model->probes_new : &model->probes_old);
	return 0;
}

int detached_find(struct build *build)
{
	const uint64_t until = awaited_until(build);
	struct detached list[DETACHED_MOST];
	enum kernel kernel;
	int err = 0;

	for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++) {
		const bool is_new = kernel == NEW_KERNEL;
		const size_t count =
			build->area[kernel] ? detached_list(build->area[kernel], list) : 0;
		size_t i;

		for (i = 0; !err && i < count; i++)
			err = add(build, &list[i], is_new, until);
	}
	return err;
}

void detached_matter_to_vms(struct model *model, uint64_t cycles)
{
	size_t i;

	for (i = 0; i < model->detacheds; i++) {
		struct model_detached *detached = &model->detached[i];

		if (!detached->in_new_kernel ||
		    !detached_may_be_before(&model->clock, detached, cycles))
			continue;
		detached->is_after_rest |= !detached->matters;
		detached->matters = true;
		model->probes_new.vcpus = false;
	}
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
