// SPDX-License-Identifier: GPL-2.0
#include "gaps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "model.h"
#include "steps.h"

/* Something that was under way, in ns after B0. */
struct stretch {
	int64_t begin;
	int64_t end;
	struct model_edge edge;
};

struct search {
	struct stretch *list;
	size_t count;
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

	if (x->duration_ns != y->duration_ns)
		return x->duration_ns > y->duration_ns ? -1 : 1;
	return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

static void add_gap(struct model *model, struct model_phase *phase, int64_t begin, int64_t end,
		    struct model_edge after, struct model_edge before)
{
	if (begin >= end)
		return;
	phase->unobserved = bounded_exact(phase->unobserved.value + end - begin);
	model->gap[model->gaps++] = (struct model_gap){
		.phase = phase - model->phase,
		.start_ns = begin,
		.duration_ns = end - begin,
		.after = after,
		.before = before,
	};
}

/* @search is sorted by begin. */
static void find_in_phase(struct model *model, struct model_phase *phase,
			  const struct search *search)
{
	const int64_t end = phase->start.value + phase->duration.value;
	const struct model_edge border = { .kind = MODEL_EDGE_PHASE };
	struct model_edge last = border;
	int64_t at = phase->start.value;
	size_t i;

	phase->unobserved = bounded_exact(0);
	for (i = 0; i < search->count && search->list[i].begin < end; i++) {
		const struct stretch *stretch = &search->list[i];

		add_gap(model, phase, at, stretch->begin, last, stretch->edge);
		if (stretch->end > at) {
			at = stretch->end;
			last = stretch->edge;
		}
	}
	add_gap(model, phase, at, end, last, border);
}

/* What nobody watched may have been under way. */
static bool all_is_watched(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->left_outs; i++)
		if (model->left_out[i].in_new_kernel)
			return false;
	return !model_was_detached(model, true);
}

int gaps_find(struct model *model)
{
	struct search search;
	size_t i;

	if (!model->luoscope_init.known || model_losses_but_marks(&model->losses) ||
	    !all_is_watched(model))
		return 0;
	search.count = 0;
	search.list = calloc((model->devices + model->files + model->sessions + model->flbs) *
					     (STEPS - STEP_RETRIEVE) +
				     model->others + 1,
			     sizeof(*search.list));
	if (!search.list)
		return -ENOMEM;
	add_all(&search, model);
	qsort(search.list, search.count, sizeof(*search.list), compare_begin);
	/* Each stretch begins at most one gap, and so does each phase. */
	model->gap = calloc(search.count + model->phases, sizeof(*model->gap));
	for (i = 0; model->gap && i < model->phases; i++) {
		struct model_phase *phase = &model->phase[i];

		if (phase->begin >= LUO_STATS_B8_INIT && phase->start.known &&
		    phase->duration.known)
			find_in_phase(model, phase, &search);
	}
	free(search.list);
	if (!model->gap)
		return -ENOMEM;
	qsort(model->gap, model->gaps, sizeof(*model->gap), compare_gaps);
	return 0;
}
