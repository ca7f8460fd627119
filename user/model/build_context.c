// SPDX-License-Identifier: GPL-2.0
#include "build_context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/bounded.h"
#include "clock.h"
#include "model.h"

void build_add_note(struct build *build, const char *format, ...)
{
	struct model *model = build->model;
	void *grown = array_grow(model->note, model->notes, sizeof(model->note[0]));
	va_list args;

	if (!grown) {
		build->no_memory = true;
		return;
	}
	model->note = grown;
	va_start(args, format);
	vsnprintf(model->note[model->notes++], MODEL_NOTE_BYTES, format, args);
	va_end(args);
}

enum kernel build_kernel_of_slot(unsigned int slot)
{
	return slot < LUO_STATS_B7_TIME_ZERO ? OLD_KERNEL : NEW_KERNEL;
}

bool build_kernel_is_comparable(const struct build *build, enum kernel kernel)
{
	return build->model->clock.comparable ||
	       kernel == build_kernel_of_slot(build->model->origin_slot);
}

void build_set_boundary(struct model *model, unsigned int slot, uint64_t cycles,
			enum model_source source, uint64_t error_ns)
{
	struct model_boundary *boundary = &model->boundary[slot];

	if (!cycles || boundary->source != MODEL_SOURCE_NONE)
		return;
	*boundary =
		(struct model_boundary){ .source = source, .cycles = cycles, .error_ns = error_ns };
}

bool build_duration_between(const struct build *build, uint64_t from, uint64_t to,
			    struct bounded *time)
{
	const struct clock *clock = &build->model->clock;
	int64_t begin, end;

	if (!clock->comparable || clock_ns(clock, build->origin[OLD_KERNEL], from, &begin) ||
	    clock_ns(clock, build->origin[OLD_KERNEL], to, &end) || end < begin)
		return false;
	*time = clock_bounded(clock, end - begin, 0);
	return true;
}
