// SPDX-License-Identifier: GPL-2.0
#include "gaps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "build_context.h"
#include "capture/area.h"
#include "clock.h"
#include "model.h"
#include "steps.h"

/* Something that was under way, in ns after B0, in either kernel. */
struct stretch {
	int64_t begin;
	int64_t end;
	struct model_edge edge;
};

/**
 * struct search - the search for gaps
 * @list:  what was under way
 * @opens: by kernel, when the first step began that never ended, and may have been under way ever
 *         since; INT64_MAX: there is none
 */
struct search {
	struct stretch *list;
	size_t count;
	int64_t opens[KERNELS];
};

static void add(struct search *search, struct bounded start, struct bounded duration,
		struct model_edge edge)
{
	if (start.known && duration.known && duration.value > 0)
		search->list[search->count++] =
			(struct stretch){ start.value, start.value + duration.value, edge };
}

static void add_span(struct search *search, const struct model_span *span, unsigned int kind,
		     uint32_t subject_kind, const char *name, uint64_t key)
{
	int64_t *opens = &search->opens[span->in_new_kernel ? NEW_KERNEL : OLD_KERNEL];

	if (span->observed && span->open && span->start.known && span->start.value < *opens)
		*opens = span->start.value;
	if (span->observed && !span->open)
		add(search, bounded_estimate(span->start), bounded_estimate(span->duration),
		    (struct model_edge){ kind, subject_kind, name, key });
}

/* All steps of one subject in the new kernel. */
static void add_steps(struct search *search, const struct model_span step[STEPS],
		      uint32_t subject_kind, const char *name, uint64_t key)
{
	enum model_step i;

	for (i = STEP_RETRIEVE; i < STEPS; i++)
		add_span(search, &step[i], step_kind(i, subject_kind), subject_kind, name, key);
}

static void add_all(struct search *search, const struct model *model)
{
	size_t i;

	for (i = 0; i < model->shutdowns; i++)
		add_span(search, &model->shutdown[i].span, LUO_STATS_SHUTDOWN,
			 LUO_STATS_SUBJECT_DEVICE, model->shutdown[i].name, 0);
	for (i = 0; i < model->opens; i++)
		if (model->open[i].kind == LUO_STATS_SHUTDOWN)
			add_span(search, &model->open[i].span, LUO_STATS_SHUTDOWN,
				 LUO_STATS_SUBJECT_DEVICE, model->open[i].name, 0);
	add(search, model->init_start, model->luoscope_init,
	    (struct model_edge){ .kind = MODEL_EDGE_INIT });
	for (i = 0; i < model->devices; i++)
		add_steps(search, model->device[i].step, LUO_STATS_SUBJECT_DEVICE,
			  model->device[i].name, 0);
	for (i = 0; i < model->files; i++)
		add_steps(search, model->file[i].step, LUO_STATS_SUBJECT_FILE,
			  model->file[i].session, model->file[i].token);
	for (i = 0; i < model->sessions; i++)
		add_steps(search, model->session[i].step, LUO_STATS_SUBJECT_SESSION,
			  model->session[i].name, 0);
	for (i = 0; i < model->flbs; i++)
		add_steps(search, model->flb[i].step, LUO_STATS_SUBJECT_FLB, model->flb[i].name, 0);
	for (i = 0; i < model->others; i++) {
		const struct model_subject_span *entry = &model->other[i];

		add_span(search, &entry->span, entry->kind, entry->subject_kind, entry->name,
			 entry->key);
	}
}

static int compare_begin(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

static int compare_gaps(const void *a, const void *b)
{
	const struct model_gap *x = a, *y = b;

	if (x->duration.value != y->duration.value)
		return x->duration.value > y->duration.value ? -1 : 1;
	return x->start.value < y->start.value ? -1 : x->start.value > y->start.value;
}

/* How wrong @edge may be, which is an end of @phase if it is no span. */
static uint64_t edge_error_ns(const struct model *model, const struct model_edge *edge,
			      unsigned int slot)
{
	return edge->kind == MODEL_EDGE_PHASE ? model->boundary[slot].error_ns : 0;
}

/* @opens: when a step began that may have been under way ever since. */
static void add_gap(struct model *model, struct model_phase *phase, int64_t begin, int64_t end,
		    struct model_edge after, struct model_edge before, int64_t opens)
{
	const uint64_t begin_error_ns = edge_error_ns(model, &after, phase->begin);
	const uint64_t end_error_ns = edge_error_ns(model, &before, phase->end);
	struct model_gap *gap = &model->gap[model->gaps];

	if (begin >= end)
		return;
	*gap = (struct model_gap){
		.phase = phase - model->phase,
		.start = clock_bounded(&model->clock, begin, begin_error_ns),
		.duration =
			clock_bounded(&model->clock, end - begin, begin_error_ns + end_error_ns),
		.after = after,
		.before = before,
	};
	if (end > opens)
		gap->duration = bounded_at_most(gap->duration, WHY_NEVER_ENDED);
	if (before.kind == MODEL_EDGE_PHASE && bounded_is_lower_bound(phase->duration))
		gap->duration = bounded_at_least(gap->duration, phase->duration.why);
	model->gaps++;
}

/* The sum of @phase's gaps, which are those of the model from @first on. */
static struct bounded sum_up(const struct model *model, const struct model_phase *phase,
			     size_t first)
{
	uint64_t error_ns = 0;
	struct bounded sum;
	int64_t ns = 0;
	size_t i;

	for (i = first; i < model->gaps; i++) {
		ns += model->gap[i].duration.value;
		error_ns += bounded_error(model->gap[i].duration);
	}
	sum = clock_doubt(&model->clock, bounded_with_error(ns, error_ns));
	for (i = first; i < model->gaps; i++)
		if (model->gap[i].duration.low == BOUNDED_NO_LOW)
			sum = bounded_at_most(sum, model->gap[i].duration.why);
	if (bounded_is_lower_bound(phase->duration))
		sum = bounded_at_least(sum, phase->duration.why);
	return sum;
}

/* @search is sorted by begin. */
static void find_in_phase(struct model *model, struct model_phase *phase,
			  const struct search *search)
{
	const int64_t end = phase->start.value + phase->duration.value;
	const struct model_edge border = { .kind = MODEL_EDGE_PHASE };
	const int64_t opens = search->opens[build_kernel_of_slot(phase->begin)];
	const size_t first = model->gaps;
	struct model_edge last = border;
	int64_t at = phase->start.value;
	size_t i;

	for (i = 0; i < search->count && search->list[i].begin < end; i++) {
		const struct stretch *stretch = &search->list[i];

		add_gap(model, phase, at, stretch->begin, last, stretch->edge, opens);
		if (stretch->end > at) {
			at = stretch->end;
			last = stretch->edge;
		}
	}
	add_gap(model, phase, at, end, last, border, opens);
	phase->unobserved = sum_up(model, phase, first);
}

/* Why spans of @kernel have no row, although they may have been in one of its gaps; or NULL. */
static const char *why_lost(const struct build *build, enum kernel kernel)
{
	const struct area *area = build->area[kernel];
	uint32_t kind;

	if (!area)
		return kernel == NEW_KERNEL ? WHY_NO_NEW_KERNEL : WHY_NO_OLD_KERNEL;
	if (area->invalid_spans || area->invalid_subjects || build->misplaced[kernel])
		return "part of the capture makes no sense";
	if (area->reserved_spans)
		return "spans were still being written";
	for (kind = 0; kind < LUO_STATS_KINDS; kind++)
		/* In device_shutdown nothing else matters. */
		if (area->header.dropped[kind] && kind != LUO_STATS_MARK &&
		    (kernel == NEW_KERNEL || kind == LUO_STATS_SHUTDOWN))
			return "spans were dropped";
	if (kernel == NEW_KERNEL && area->header.subjects_dropped)
		return "spans were dropped";
	return NULL;
}

/* Why the gaps of @kernel's phases are not known; NULL: they are. */
static const char *why_unknown(const struct build *build, enum kernel kernel)
{
	const struct model *model = build->model;
	const char *lost = why_lost(build, kernel);
	size_t i;

	if (lost)
		return lost;
	if (kernel == NEW_KERNEL && !model->luoscope_init.known)
		return "'luoscope init' did not start the new kernel's user space";
	if (kernel == OLD_KERNEL && !model->shutdowns)
		return "no device was seen in device_shutdown";
	for (i = 0; i < model->left_outs; i++)
		if (model->left_out[i].in_new_kernel == (kernel == NEW_KERNEL))
			return "a function could not be watched";
	if (model_was_detached(model, kernel == NEW_KERNEL))
		return "the probes were detached";
	return NULL;
}

/* device_shutdown, unless it is joined with what comes after it, and the phases of user space. */
static bool has_gaps(const struct model_phase *phase)
{
	if (phase->begin == LUO_STATS_B2_SHUTDOWN_BEGIN)
		return phase->end == LUO_STATS_B3_SHUTDOWN_END;
	return phase->begin >= LUO_STATS_B8_INIT;
}

int gaps_find(struct build *build)
{
	const char *why[KERNELS] = { why_unknown(build, OLD_KERNEL),
				     why_unknown(build, NEW_KERNEL) };
	struct model *model = build->model;
	struct search search = { .opens = { INT64_MAX, INT64_MAX } };
	size_t i;

	model->gaps_unknown = why[NEW_KERNEL];
	search.list = calloc((model->devices + model->files + model->sessions + model->flbs) *
					     (STEPS - STEP_RETRIEVE) +
				     model->others + model->shutdowns + 1,
			     sizeof(*search.list));
	if (!search.list)
		return -ENOMEM;
	add_all(&search, model);
	qsort(search.list, search.count, sizeof(*search.list), compare_begin);
	/* Each stretch begins at most one gap, and so does each phase. */
	model->gap = calloc(search.count + model->phases, sizeof(*model->gap));
	for (i = 0; model->gap && i < model->phases; i++) {
		struct model_phase *phase = &model->phase[i];

		if (!has_gaps(phase) || why[build_kernel_of_slot(phase->begin)])
			continue;
		if (phase->start.known && phase->duration.known)
			find_in_phase(model, phase, &search);
		else if (phase->begin >= LUO_STATS_B8_INIT)
			model->gaps_unknown = model->clock.verdict == CLOCK_CONTRADICTED ?
						      WHY_CONTRADICTED :
						      WHY_NOT_TOLD;
	}
	free(search.list);
	if (!model->gap)
		return -ENOMEM;
	qsort(model->gap, model->gaps, sizeof(*model->gap), compare_gaps);
	return 0;
}
