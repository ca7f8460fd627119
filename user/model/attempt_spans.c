// SPDX-License-Identifier: GPL-2.0
#include "attempt_spans.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/text.h"
#include "build_context.h"
#include "capture/area.h"
#include "clock.h"
#include "model.h"

static struct estimate time_at(const struct clock *clock, uint64_t origin, uint64_t cycles)
{
	int64_t ns = 0;
	const bool known = !clock_ns(clock, origin, cycles, &ns);

	return (struct estimate){ known, ns };
}

/*
 * The counter at time 0 of @kernel. An update has one; without an update it is the B0 of the first
 * of the failed attempts. Returns 0 if the kernel's times cannot be placed.
 */
static uint64_t origin_of(const struct build *build, enum kernel kernel)
{
	const struct luo_stats_header *header = &build->area[kernel]->header;
	uint64_t first = 0;
	unsigned int i;

	if (build->model->has_update)
		return build_kernel_is_comparable(build, kernel) ? build->origin[kernel] : 0;
	for (i = 0; i < LUO_STATS_ATTEMPTS; i++) {
		const struct luo_stats_boundaries *set = &header->as_old_kernel[i];
		const uint64_t begin = set->cycles[LUO_STATS_B0_UPDATE_BEGIN];

		if (begin && area_attempt_failed(set) && (!first || begin < first))
			first = begin;
	}
	return first;
}

/* What only an attempt does. */
static bool is_of_an_attempt(unsigned int kind)
{
	return kind == LUO_STATS_FREEZE || kind == LUO_STATS_SESSION_FREEZE ||
	       kind == LUO_STATS_UNFREEZE || kind == LUO_STATS_RESET ||
	       kind == LUO_STATS_PLAIN_RESET || kind == LUO_STATS_SHUTDOWN;
}

/* The boundaries of the attempt @number, from 1; NULL: its slot is another one's. */
static const struct luo_stats_boundaries *set_of(const struct area *area, uint32_t number)
{
	const struct luo_stats_boundaries *set =
		&area->header.as_old_kernel[(number - 1) % LUO_STATS_ATTEMPTS];

	return set->attempt == number ? set : NULL;
}

/* The boundaries of the failed attempt in which @span was done; NULL: in none. */
static const struct luo_stats_boundaries *attempt_of(const struct area *area,
						     const struct luo_stats_span *span)
{
	const struct luo_stats_boundaries *set;

	if (!span->attempt || span->state != LUO_STATS_CLOSED || !is_of_an_attempt(span->kind))
		return NULL;
	set = set_of(area, span->attempt);
	if (!set || !area_attempt_failed(set) ||
	    span->begin_cycles < set->cycles[LUO_STATS_B0_UPDATE_BEGIN] ||
	    span->end_cycles > set->end_cycles)
		return NULL;
	return set;
}

static int add_span(struct build *build, enum kernel kernel, const struct luo_stats_span *span,
		    uint64_t origin)
{
	struct model *model = build->model;
	struct luo_stats_subject_key id = {};
	struct model_subject_span *entry;
	void *grown;

	grown = array_grow(model->attempt_span, model->attempt_spans, sizeof(*entry));
	if (!grown)
		return -ENOMEM;
	model->attempt_span = grown;
	entry = &model->attempt_span[model->attempt_spans++];
	*entry = (struct model_subject_span){
		.kind = span->kind,
		.role = span->role,
		.attempt = span->attempt,
		.detail = span->detail,
		.span = { .observed = true,
			  .in_new_kernel = kernel == NEW_KERNEL,
			  .result = span->result,
			  .pid = span->pid,
			  .begin_cycles = span->begin_cycles,
			  .end_cycles = span->end_cycles },
	};
	if (origin)
		entry->span.start = time_at(&model->clock, origin, span->begin_cycles);
	entry->span.duration = time_at(&model->clock, span->begin_cycles, span->end_cycles);
	if (area_subject(build->area[kernel], span->subject, &id)) {
		entry->subject_kind = id.kind;
		entry->key = id.key;
		TEXT_COPY(entry->name, id.name);
		TEXT_COPY(entry->subject_detail, id.detail);
		TEXT_COPY(entry->group, id.group);
	}
	return 0;
}

static int compare_spans(const void *a, const void *b)
{
	const struct model_subject_span *x = a, *y = b;

	if (x->span.in_new_kernel != y->span.in_new_kernel)
		return x->span.in_new_kernel ? 1 : -1;
	return x->span.begin_cycles < y->span.begin_cycles ?
		       -1 :
		       x->span.begin_cycles > y->span.begin_cycles;
}

int attempt_spans_add(struct build *build, enum kernel kernel)
{
	const struct area *area = build->area[kernel];
	const uint64_t origin = origin_of(build, kernel);
	struct model *model = build->model;
	struct area_cursor cursor = {};
	struct luo_stats_span span;
	size_t i;
	int err;

	for (i = 0; i < model->attempts; i++) {
		struct model_attempt *attempt = &model->attempt[i];
		const struct luo_stats_boundaries *set = set_of(area, attempt->number);
		const uint64_t begin = set ? set->cycles[LUO_STATS_B0_UPDATE_BEGIN] : 0;

		if (attempt->generation == area->header.generation && origin && begin)
			attempt->start = time_at(&model->clock, origin, begin);
	}
	while (area_next_span(area, &cursor, &span)) {
		if (!attempt_of(area, &span))
			continue;
		err = add_span(build, kernel, &span, origin);
		if (err)
			return err;
	}
	if (model->attempt_spans)
		qsort(model->attempt_span, model->attempt_spans, sizeof(*model->attempt_span),
		      compare_spans);
	return 0;
}
