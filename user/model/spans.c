// SPDX-License-Identifier: GPL-2.0
#include "spans.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/text.h"
#include "build_context.h"
#include "capture/area.h"
#include "clock.h"
#include "model.h"
#include "steps.h"

static struct model_span raw_span(enum kernel kernel, const struct luo_stats_span *span)
{
	struct model_span raw = { .observed = true,
				  .open = span->state == LUO_STATS_OPEN,
				  .in_new_kernel = kernel == NEW_KERNEL,
				  .pid = span->pid,
				  .begin_cycles = span->begin_cycles };

	if (!raw.open) {
		raw.end_cycles = span->end_cycles;
		raw.result = span->result;
	}
	return raw;
}

/* From cycles to ns; only once the boundaries, and with them the origins, are known. */
static void map_span(const struct build *build, struct model_span *span)
{
	enum kernel kernel = span->in_new_kernel ? NEW_KERNEL : OLD_KERNEL;
	const struct clock *clock = &build->model->clock;
	int64_t begin, end;

	if (!span->observed || clock_ns(clock, build->origin[kernel], span->begin_cycles, &begin))
		return;
	if (build_kernel_is_comparable(build, kernel) && build->origin[kernel])
		span->start = (struct estimate){ true, begin };
	if (!span->open && !clock_ns(clock, build->origin[kernel], span->end_cycles, &end) &&
	    end - begin <= CLOCK_UPDATE_MAX_NS)
		span->duration = (struct estimate){ true, end - begin };
}

static void map_list(const struct build *build, struct model_subject_span *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		map_span(build, &list[i].span);
}

static void map_steps(const struct build *build, struct model_span step[STEPS])
{
	enum model_step i;

	for (i = 0; i < STEPS; i++)
		map_span(build, &step[i]);
}

void spans_map(const struct build *build)
{
	struct model *model = build->model;
	size_t i;

	for (i = 0; i < model->files; i++)
		map_steps(build, model->file[i].step);
	for (i = 0; i < model->sessions; i++)
		map_steps(build, model->session[i].step);
	for (i = 0; i < model->devices; i++)
		map_steps(build, model->device[i].step);
	for (i = 0; i < model->flbs; i++)
		map_steps(build, model->flb[i].step);
	map_list(build, model->shutdown, model->shutdowns);
	map_list(build, model->open, model->opens);
	map_list(build, model->other, model->others);
}

static int add_subject_span(struct model_subject_span **list, size_t *count,
			    const struct model_span *raw, const struct luo_stats_span *span,
			    const struct luo_stats_subject_key *id)
{
	struct model_subject_span *entry = array_grow(*list, *count, sizeof(**list));

	if (!entry)
		return -ENOMEM;
	*list = entry;
	entry += (*count)++;
	*entry = (struct model_subject_span){ .span = *raw,
					      .kind = span->kind,
					      .role = span->role,
					      .attempt = span->attempt,
					      .detail = span->detail,
					      .subject_kind = id->kind,
					      .key = id->key };
	TEXT_COPY(entry->name, id->name);
	TEXT_COPY(entry->subject_detail, id->detail);
	TEXT_COPY(entry->group, id->group);
	return 0;
}

static bool is_reset(unsigned int kind)
{
	return kind == LUO_STATS_RESET || kind == LUO_STATS_PLAIN_RESET;
}

/* Whether the span belongs to this update at all. */
static bool span_is_ours(const struct build *build, enum kernel kernel,
			 const struct luo_stats_span *span)
{
	if (span->role == LUO_STATS_ROLE_NONE)
		return true;
	/*
	 * A device that came with the update is reset at a bind or a release; after an attempt in
	 * the new kernel it belongs to the next update.
	 */
	if (kernel == NEW_KERNEL && is_reset(span->kind))
		return !span->attempt;
	/* Only the old kernel has the start of this update, and only the new one its end. */
	if (span->role != (kernel == OLD_KERNEL ? LUO_STATS_ROLE_OLD : LUO_STATS_ROLE_NEW))
		return false;
	switch (span->kind) {
	case LUO_STATS_FREEZE:
	case LUO_STATS_SESSION_FREEZE:
	case LUO_STATS_UNFREEZE:
	case LUO_STATS_SHUTDOWN:
	case LUO_STATS_RESET:
	case LUO_STATS_PLAIN_RESET:
		if (kernel == NEW_KERNEL)
			return true;
		if (build->attempt)
			return span->attempt == build->attempt->attempt;
		/* No attempt was ever seen to begin, so none was seen to fail. */
		return !build->area[OLD_KERNEL]->header.attempts;
	default:
		/* What was given up before the update is not part of it. */
		return kernel == NEW_KERNEL ||
		       !area_subject_is_over(build->area[OLD_KERNEL], span->subject);
	}
}

/* Whether a span lies where its kind can be: what is done in the update is not done before it. */
static bool span_is_in_place(const struct build *build, enum kernel kernel,
			     const struct luo_stats_span *span)
{
	const struct model *model = build->model;
	const struct model_boundary *begin = &model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	const struct model_boundary *jump = &model->boundary[LUO_STATS_B6_JUMP];
	uint64_t end = span->state == LUO_STATS_CLOSED ? span->end_cycles : span->begin_cycles;

	if (kernel == NEW_KERNEL || span->role == LUO_STATS_ROLE_NONE)
		return kernel == OLD_KERNEL || !model->clock.zero_known ||
		       span->begin_cycles >= model->clock.zero_cycles;
	if (jump->source != MODEL_SOURCE_NONE && end > jump->cycles)
		return false;
	switch (span->kind) {
	case LUO_STATS_FREEZE:
	case LUO_STATS_SESSION_FREEZE:
	case LUO_STATS_SHUTDOWN:
	case LUO_STATS_RESET:
	case LUO_STATS_PLAIN_RESET:
		return begin->source == MODEL_SOURCE_NONE || span->begin_cycles >= begin->cycles;
	default:
		return true;
	}
}

/* The cell among a row's steps for a span of @kind; NULL: none. */
static struct model_span *cell_of(struct model_span step[STEPS], unsigned int kind,
				  uint32_t subject_kind)
{
	const enum model_step i = step_of_kind(kind, subject_kind);

	return i < STEPS ? &step[i] : NULL;
}

/* Where a span goes: a cell of a table, together with the name of the row's handler or driver. */
struct place {
	struct model_span *cell;
	struct model_device *device;
	char *text;
	size_t text_bytes;
	unsigned char *rank;
	bool first_counts;
};

/* @place has no cell if the span belongs in no table. */
static void find_place(struct build *build, enum kernel kernel, const struct luo_stats_span *span,
		       uint32_t subject_kind, struct place *place)
{
	struct model *model = build->model;
	size_t row;

	*place = (struct place){};
	switch (subject_kind) {
	case LUO_STATS_SUBJECT_FILE:
		row = build->file_row[kernel][span->subject];
		if (!row)
			return;
		place->cell = cell_of(model->file[row - 1].step, span->kind, subject_kind);
		place->text = model->file[row - 1].handler;
		place->text_bytes = sizeof(model->file[row - 1].handler);
		place->rank = &build->file_rank[row - 1];
		return;
	case LUO_STATS_SUBJECT_SESSION:
		row = build->session_row[kernel][span->subject];
		if (row)
			place->cell =
				cell_of(model->session[row - 1].step, span->kind, subject_kind);
		return;
	case LUO_STATS_SUBJECT_DEVICE:
		row = build->device_row[kernel][span->subject];
		if (!row)
			return;
		place->device = &model->device[row - 1];
		place->cell = cell_of(place->device->step, span->kind, subject_kind);
		place->text = place->device->driver;
		place->text_bytes = sizeof(place->device->driver);
		place->rank = &build->device_rank[row - 1];
		return;
	case LUO_STATS_SUBJECT_FLB:
		row = build->flb_row[kernel][span->subject];
		if (row)
			place->cell = cell_of(model->flb[row - 1].step, span->kind, subject_kind);
		place->first_counts = true;
		return;
	}
}

/* Which span says who handles a file or a device: the higher, the better. */
static unsigned char text_rank(unsigned int kind)
{
	switch (kind) {
	case LUO_STATS_FREEZE:
		return 4;
	case LUO_STATS_RETRIEVE:
		return 3;
	case LUO_STATS_PRESERVE:
		return 2;
	default:
		return 1;
	}
}

/* The one that brought something back counts, not one that only repeats it. */
static bool first_counts(unsigned int kind)
{
	return kind == LUO_STATS_RETRIEVE || kind == LUO_STATS_BIND || kind == LUO_STATS_IRQ_SETUP;
}

/*
 * Chooses among several spans for one cell: see struct model_file. Spans are not in chronological
 * order.
 */
static bool span_replaces(const struct model_span *span, const struct model_span *old, bool first)
{
	const bool success = model_span_succeeded(span);

	if (!old->observed)
		return true;
	if (success != model_span_succeeded(old))
		return success;
	if (success && first)
		return span->begin_cycles < old->begin_cycles;
	return span->begin_cycles >= old->begin_cycles;
}

static void fill_cell(const struct place *place, const struct luo_stats_span *span,
		      const struct model_span *raw, const struct luo_stats_subject_key *id)
{
	const unsigned char rank = text_rank(span->kind);

	if (!span_replaces(raw, place->cell, place->first_counts || first_counts(span->kind)))
		return;
	*place->cell = *raw;
	if (place->device && span->kind == LUO_STATS_FREEZE)
		place->device->freeze_detail = span->detail;
	if (place->device && span->kind == LUO_STATS_BIND)
		place->device->again = span->detail;
	if (!place->text || !id->detail[0] || rank < *place->rank)
		return;
	*place->rank = rank;
	text_copy(place->text, place->text_bytes, id->detail, sizeof(id->detail));
}

static void fill_reset(struct model_reset *reset, uint64_t detail)
{
	reset->known = true;
	reset->outcome = LUO_STATS_RESET_OUTCOME(detail);
	reset->method = LUO_STATS_RESET_METHOD(detail);
	reset->lock = LUO_STATS_RESET_LOCK(detail);
}

/*
 * A reset that is no step of @device. After its finish it is its user's; before its freeze, too, or
 * another update's.
 */
static void note_reset(struct model_device *device, const struct model_span *span)
{
	const struct model_span *freeze = &device->step[STEP_FREEZE];
	const struct model_span *finish = &device->step[STEP_FINISH];

	if (span->in_new_kernel ?
		    !model_span_succeeded(finish) || span->begin_cycles < finish->end_cycles :
		    freeze->observed && span->begin_cycles >= freeze->begin_cycles)
		device->reset_elsewhere = true;
}

/* Whether a reset of @kind cannot be a release: of another handler, nobody says whose it is. */
static bool is_of_next_user(const struct model *model, enum kernel kernel, unsigned int kind)
{
	return kernel == NEW_KERNEL && kind == LUO_STATS_PLAIN_RESET && model->probes_new.known &&
	       model->probes_new.watched & LUO_STATS_WATCH_DEVICE_FILES;
}

/* Returns whether the reset is part of what happened to @device in this update. */
static bool place_reset(struct model_device *device, const struct model_span *span, uint64_t detail)
{
	const struct model_span *freeze = &device->step[STEP_FREEZE];

	if (span->in_new_kernel) {
		if ((!device->step[STEP_FREEZE].observed &&
		     !device->step[STEP_PRESERVE].observed) ||
		    model_span_succeeded(&device->step[STEP_RETRIEVE]))
			return false;
		if (span_replaces(span, &device->step[STEP_RELEASE_RESET], true)) {
			device->step[STEP_RELEASE_RESET] = *span;
			fill_reset(&device->release_reset, detail);
		}
		return true;
	}
	if (!freeze->observed || span->begin_cycles < freeze->begin_cycles ||
	    (!freeze->open && (span->open || span->end_cycles > freeze->end_cycles)))
		return false;
	if (span_replaces(span, &device->step[STEP_RESET], false)) {
		device->step[STEP_RESET] = *span;
		fill_reset(&device->reset, detail);
	}
	return true;
}

/*
 * An open span only means something if it was under way when the old kernel went down: not if it
 * was abandoned before the update, nor if it is still under way in a kernel that goes on.
 */
static bool open_span_is_evidence(const struct build *build, const struct model_span *span)
{
	const struct model_boundary *begin = &build->model->boundary[LUO_STATS_B0_UPDATE_BEGIN];

	return !span->in_new_kernel && build->attempt && begin->source != MODEL_SOURCE_NONE &&
	       span->begin_cycles >= begin->cycles;
}

static int add_span(struct build *build, enum kernel kernel, const struct luo_stats_span *span)
{
	const struct model_span raw = raw_span(kernel, span);
	struct model *model = build->model;
	struct luo_stats_subject_key id = {};
	struct place place = {};
	int err;

	if (area_subject(build->area[kernel], span->subject, &id))
		find_place(build, kernel, span, id.kind, &place);
	if (raw.open) {
		if (!open_span_is_evidence(build, &raw)) {
			model->losses.unfinished++;
		} else {
			err = add_subject_span(&model->open, &model->opens, &raw, span, &id);
			if (err)
				return err;
		}
	}
	if (place.cell) {
		fill_cell(&place, span, &raw, &id);
		return 0;
	}
	if (is_reset(span->kind) && place.device) {
		if (!is_of_next_user(model, kernel, span->kind) &&
		    place_reset(place.device, &raw, span->detail))
			return 0;
		note_reset(place.device, &raw);
	}
	if (raw.open)
		return 0;
	if (span->kind == LUO_STATS_SHUTDOWN)
		return add_subject_span(&model->shutdown, &model->shutdowns, &raw, span, &id);
	return add_subject_span(&model->other, &model->others, &raw, span, &id);
}

/* Marks and vCPUs: marks.c and vms.c read them. */
static bool has_own_table(unsigned int kind)
{
	return kind == LUO_STATS_MARK || kind == LUO_STATS_VCPU_EXIT ||
	       kind == LUO_STATS_VCPU_ENTRY;
}

int spans_build(struct build *build)
{
	bool resets;
	int err;

	/* Resets come last: what they are depends on the freeze and the retrieve. */
	for (resets = false;; resets = true) {
		enum kernel kernel;

		for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++) {
			struct area_cursor cursor = {};
			struct luo_stats_span span;

			while (build->area[kernel] &&
			       area_next_span(build->area[kernel], &cursor, &span)) {
				if (has_own_table(span.kind) || is_reset(span.kind) != resets ||
				    !span_is_ours(build, kernel, &span))
					continue;
				if (!span_is_in_place(build, kernel, &span)) {
					build->model->losses.invalid_spans++;
					build->misplaced[kernel]++;
					continue;
				}
				err = add_span(build, kernel, &span);
				if (err)
					return err;
			}
		}
		if (resets)
			return 0;
	}
}
