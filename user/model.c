// SPDX-License-Identifier: GPL-2.0
#include "model.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "area.h"
#include "names.h"
#include "text.h"

/* A retrieve this long after the one before does not belong to the update any more. */
#define RETRIEVE_GAP_NS 60000000000LL

/* The two areas of one update. */
enum side { LEFT, CAME, SIDES };

/* One subject of an area that is a file, session or device; two of one key become one row. */
struct reference {
	char name[MODEL_NAME_BYTES];
	uint64_t token;
	enum side side;
	uint32_t subject;
};

/* What is needed while the model is built. */
struct build {
	struct model *model;
	const struct capture *capture;
	struct area area_of[SIDES];
	const struct area *area[SIDES];
	/* Row of the file, session or device that a subject is, plus 1, by its number; 0: none. */
	size_t *file_row[SIDES];
	size_t *session_row[SIDES];
	size_t *device_row[SIDES];
	/* By row, how well is known who handles it: see text_rank(). */
	unsigned char *file_rank;
	unsigned char *device_rank;
	/* The attempt that went through, or NULL. */
	const struct luo_stats_boundaries *attempt;
	/* The counter at the time 0 of each side; the same if they can be compared. */
	uint64_t origin[SIDES];
	/* End of the last retrieve that belongs to the update; 0: none does. */
	uint64_t retrieved_cycles;
	bool no_memory;
	size_t open_capacity;
	size_t shutdown_capacity;
	size_t other_capacity;
};

__attribute__((format(printf, 2, 3))) static void add_note(struct build *build, const char *format,
							   ...)
{
	struct model *model = build->model;
	void *grown = realloc(model->note, (model->notes + 1) * sizeof(model->note[0]));
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

static enum side side_of_slot(unsigned int slot)
{
	return slot < LUO_STATS_B7_TIME_ZERO ? LEFT : CAME;
}

/* Whether a time of @side can be told relative to the model's origin. */
static bool side_is_comparable(const struct build *build, enum side side)
{
	return build->model->clock.comparable || side == side_of_slot(build->model->origin_slot);
}

static uint64_t rate_error_ns(const struct clock *clock, int64_t duration_ns)
{
	return (unsigned __int128)(duration_ns < 0 ? 0 : duration_ns) * clock->rate_error_ppb /
		       1000000000u +
	       1;
}

/* Boundaries */

static void set_boundary(struct model *model, unsigned int slot, uint64_t cycles,
			 enum model_source source, uint64_t error_ns)
{
	struct model_boundary *boundary = &model->boundary[slot];

	if (!cycles || boundary->source != MODEL_SOURCE_NONE)
		return;
	*boundary =
		(struct model_boundary){ .source = source, .cycles = cycles, .error_ns = error_ns };
}

static const enum model_source slot_source[LUO_STATS_B6_JUMP + 1] = {
	MODEL_SOURCE_FENTRY, MODEL_SOURCE_FEXIT, MODEL_SOURCE_FENTRY, MODEL_SOURCE_FEXIT,
	MODEL_SOURCE_FENTRY, MODEL_SOURCE_FEXIT, MODEL_SOURCE_FENTRY,
};

/* Only of the last attempt of a kernel that was replaced. */
static bool attempt_went_through(const struct luo_stats_boundaries *attempt)
{
	return attempt->end_cycles ? !attempt->result :
				     attempt->cycles[LUO_STATS_B0_UPDATE_BEGIN] != 0;
}

static void collect_leaving(struct build *build)
{
	const struct luo_stats_boundaries *attempt = area_last_attempt(build->area[LEFT]);
	const struct luo_stats_anchor *notifier, *last;
	struct model *model = build->model;
	uint64_t after = 0;
	unsigned int slot;

	if (attempt && area_attempt_failed(attempt)) {
		add_note(build, "the last attempt that was watched failed, and yet the kernel was"
				" replaced: by a kexec that was not watched");
		/* What the anchors say from here on is about that kexec. */
		after = attempt->end_cycles;
	} else if (attempt && attempt_went_through(attempt)) {
		build->attempt = attempt;
		for (slot = 0; slot <= LUO_STATS_B6_JUMP; slot++)
			set_boundary(model, slot, attempt->cycles[slot], slot_source[slot], 0);
		set_boundary(model, LUO_STATS_B1_FROZEN, attempt->end_cycles, MODEL_SOURCE_FEXIT,
			     0);
		after = attempt->cycles[LUO_STATS_B0_UPDATE_BEGIN];
	}
	notifier = area_anchor(build->area[LEFT], LUO_STATS_ANCHOR_NOTIFIER);
	if (notifier && notifier->cycles > after)
		set_boundary(model, LUO_STATS_B2_SHUTDOWN_BEGIN, notifier->cycles,
			     MODEL_SOURCE_NOTIFIER, 0);
	last = area_anchor(build->area[LEFT], LUO_STATS_ANCHOR_LAST);
	if (last && last->cycles > after)
		set_boundary(model, LUO_STATS_B6_JUMP, last->cycles, MODEL_SOURCE_DUMPER, 0);
}

/*
 * The stamp of 'luoscope init' comes after its own binary was executed, and where an initramfs
 * comes first, after all of that: then the kernel log knows better.
 */
static void collect_init(struct build *build, uint64_t stamp)
{
	const struct capture_section *klog = &build->capture->section[CAPTURE_KLOG];
	const struct clock *clock = &build->model->clock;
	uint64_t usec, cycles, error_ns;
	int64_t earlier_ns;

	if (clock_init_usec(klog->bytes, klog->size, &usec) &&
	    !clock_log_cycles(clock, usec, &cycles, &error_ns) &&
	    (!stamp || (!clock_ns(clock, cycles, stamp, &earlier_ns) && earlier_ns > 0 &&
			(uint64_t)earlier_ns > error_ns)))
		set_boundary(build->model, LUO_STATS_B8_INIT, cycles, MODEL_SOURCE_LOG, error_ns);
	set_boundary(build->model, LUO_STATS_B8_INIT, stamp, MODEL_SOURCE_INIT, 0);
}

/* B7 to B9. */
static void collect_arriving(struct build *build)
{
	const __u64 *cycles = build->area[CAME]->header.arriving.cycles;
	struct model *model = build->model;
	const struct clock *clock = &model->clock;

	set_boundary(model, LUO_STATS_B7_TIME_ZERO, cycles[LUO_STATS_B7_TIME_ZERO],
		     MODEL_SOURCE_MODULE, 0);
	if (clock->zero_known)
		set_boundary(model, LUO_STATS_B7_TIME_ZERO, clock->zero_cycles,
			     MODEL_SOURCE_RECKONED, clock->zero_error_ns);
	collect_init(build, cycles[LUO_STATS_B8_INIT]);
	set_boundary(model, LUO_STATS_B9_LUO_OPEN, cycles[LUO_STATS_B9_LUO_OPEN],
		     MODEL_SOURCE_FENTRY, 0);
}

/* A stamp before the one before it, or far from it, is not believed. Looks at B0 to @last. */
static void withhold_disorder(struct build *build, unsigned int last)
{
	struct model *model = build->model;
	const struct model_boundary *before = NULL;
	unsigned int slot;
	int64_t ns;

	for (slot = 0; slot <= last; slot++) {
		struct model_boundary *boundary = &model->boundary[slot];

		if (slot == LUO_STATS_B7_TIME_ZERO && !model->clock.comparable)
			before = NULL; /* the counters of two kernels that are not compared */
		if (boundary->source == MODEL_SOURCE_NONE)
			continue;
		if (slot == LUO_STATS_B11_IN_SERVICE &&
		    before == &model->boundary[LUO_STATS_B10_RETRIEVED] &&
		    boundary->cycles < before->cycles) {
			/*
			 * The devices were back before the last memfd: the blackout ends with that.
			 */
			boundary->cycles = before->cycles;
			add_note(build, "the devices were in service again before the last file was"
					" retrieved: the blackout ends with that retrieve");
		}
		if (before &&
		    (boundary->cycles < before->cycles ||
		     clock_ns(&model->clock, before->cycles, boundary->cycles, &ns) == -ERANGE ||
		     (model->clock.rate_millihertz && ns > CLOCK_UPDATE_MAX_NS))) {
			add_note(build,
				 "the stamp of B%u is withheld: it lies %s the one before it", slot,
				 boundary->cycles < before->cycles ? "before" :
								     "more than 30 days after");
			*boundary = (struct model_boundary){};
			continue;
		}
		before = boundary;
	}
}

static void place_boundaries(struct build *build)
{
	struct model *model = build->model;
	bool found[SIDES] = {};
	unsigned int slot;

	model->origin_slot = LUO_STATS_B0_UPDATE_BEGIN;
	for (slot = MODEL_BOUNDARIES; slot-- > 0;) {
		const struct model_boundary *boundary = &model->boundary[slot];

		if (boundary->source == MODEL_SOURCE_NONE)
			continue;
		found[side_of_slot(slot)] = true;
		build->origin[side_of_slot(slot)] = boundary->cycles;
		model->origin_slot = slot;
	}
	if (model->clock.comparable || !found[CAME])
		build->origin[CAME] = found[LEFT] ? build->origin[LEFT] : build->origin[CAME];
	if (!found[LEFT])
		build->origin[LEFT] = build->origin[CAME];

	for (slot = 0; slot < MODEL_BOUNDARIES; slot++) {
		struct model_boundary *boundary = &model->boundary[slot];
		enum side side = side_of_slot(slot);

		if (boundary->source == MODEL_SOURCE_NONE ||
		    clock_ns(&model->clock, build->origin[side], boundary->cycles,
			     &boundary->time_ns))
			continue;
		boundary->start.known = side_is_comparable(build, side);
		boundary->start.ns = boundary->time_ns;
	}
}

static void name_joined_phase(struct model_phase *phase)
{
	unsigned int slot;
	size_t length = 0;

	for (slot = phase->begin + 1; slot <= phase->end && length < sizeof(phase->name); slot++)
		length += snprintf(phase->name + length, sizeof(phase->name) - length, "%s%s",
				   length ? "+" : "", name_phase(slot));
}

static void build_phases(struct model *model)
{
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
		if (clock->rate_millihertz &&
		    (side_of_slot(begin) == side_of_slot(slot) || clock->comparable)) {
			phase->duration.known = true;
			phase->duration.ns = to->time_ns - from->time_ns;
			phase->error_ns = from->error_ns + to->error_ns +
					  rate_error_ns(clock, phase->duration.ns);
		}
		begin = slot;
	}
}

static void build_blackout(struct model *model)
{
	const struct model_boundary *begin = &model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	const struct model_boundary *end = &model->boundary[model->end_slot];

	if (begin->source == MODEL_SOURCE_NONE || end->source == MODEL_SOURCE_NONE ||
	    !begin->start.known || !end->start.known)
		return;
	model->blackout.known = true;
	model->blackout.ns = end->time_ns - begin->time_ns;
	model->blackout_error_ns =
		begin->error_ns + end->error_ns + rate_error_ns(&model->clock, model->blackout.ns);
}

/* The wall clock at B0, by the anchor that was read nearest to it at one instant. */
static void build_realtime(struct build *build)
{
	static const unsigned int order[] = { LUO_STATS_ANCHOR_NOTIFIER, LUO_STATS_ANCHOR_LAST,
					      LUO_STATS_ANCHOR_READ, LUO_STATS_ANCHOR_LOAD };
	const struct model_boundary *begin = &build->model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	struct model_time *time = &build->model->begin_realtime_ns;
	size_t i;

	if (!build->area[LEFT] || begin->source == MODEL_SOURCE_NONE)
		return;
	for (i = 0; i < sizeof(order) / sizeof(order[0]) && !time->known; i++) {
		const struct luo_stats_anchor *anchor = area_anchor(build->area[LEFT], order[i]);
		int64_t ns;

		if (!anchor || !anchor->realtime_ns || anchor->realtime_ns > INT64_MAX / 2 ||
		    clock_ns(&build->model->clock, anchor->cycles, begin->cycles, &ns))
			continue;
		time->known = true;
		time->ns = (int64_t)anchor->realtime_ns + ns;
	}
}

/* Subjects */

static void copy_text(char *to, size_t to_size, const char *from, size_t from_size)
{
	size_t length = strnlen(from, from_size);

	if (length >= to_size)
		length = to_size - 1;
	memcpy(to, from, length);
	memset(to + length, 0, to_size - length);
}

#define COPY_TEXT(to, from) copy_text(to, sizeof(to), from, sizeof(from))

static int compare_references(const void *a, const void *b)
{
	const struct reference *x = a, *y = b;
	int order = memcmp(x->name, y->name, sizeof(x->name));

	if (order)
		return order;
	if (x->token != y->token)
		return x->token < y->token ? -1 : 1;
	if (x->side != y->side)
		return x->side < y->side ? -1 : 1;
	return x->subject < y->subject ? -1 : x->subject > y->subject;
}

static size_t collect_references(struct build *build, uint32_t kind, struct reference *references)
{
	size_t count = 0;
	enum side side;
	uint32_t i;

	for (side = LEFT; side < SIDES; side++) {
		for (i = 1; build->area[side] && i <= build->area[side]->subjects; i++) {
			struct reference *reference = &references[count];
			struct luo_stats_subject_key id;

			if (!area_subject(build->area[side], i, &id))
				continue;
			/* A session is known by its files too. */
			if (id.kind != kind && (kind != LUO_STATS_SUBJECT_SESSION ||
						id.kind != LUO_STATS_SUBJECT_FILE))
				continue;
			*reference = (struct reference){ .side = side, .subject = i };
			COPY_TEXT(reference->name, id.name);
			if (kind == LUO_STATS_SUBJECT_FILE)
				reference->token = id.key;
			count++;
		}
	}
	qsort(references, count, sizeof(*references), compare_references);
	return count;
}

/*
 * Number the subjects of @kind: those with the same name and token get the same row, from 1, in
 * @rows. Returns how many rows there are; the first reference of each is moved to the front.
 */
static size_t number_rows(struct build *build, uint32_t kind, struct reference *references,
			  size_t *const rows[SIDES])
{
	size_t count = collect_references(build, kind, references);
	size_t row = 0, i;

	for (i = 0; i < count; i++) {
		const struct reference reference = references[i];

		if (!row ||
		    memcmp(reference.name, references[row - 1].name, sizeof(reference.name)) ||
		    reference.token != references[row - 1].token)
			references[row++] = reference;
		rows[reference.side][reference.subject] = row;
	}
	return row;
}

static int build_rows(struct build *build)
{
	struct model *model = build->model;
	struct reference *references;
	uint64_t places[SIDES] = {};
	size_t total, i;
	enum side side;

	for (side = LEFT; side < SIDES; side++) {
		if (build->area[side])
			places[side] = build->area[side]->subjects;
		build->file_row[side] = calloc(places[side] + 1, sizeof(size_t));
		build->session_row[side] = calloc(places[side] + 1, sizeof(size_t));
		build->device_row[side] = calloc(places[side] + 1, sizeof(size_t));
		if (!build->file_row[side] || !build->session_row[side] || !build->device_row[side])
			return -ENOMEM;
	}
	total = places[LEFT] + places[CAME] + 1;
	references = calloc(total, sizeof(*references));
	model->file = calloc(total, sizeof(*model->file));
	model->session = calloc(total, sizeof(*model->session));
	model->device = calloc(total, sizeof(*model->device));
	build->file_rank = calloc(total, 1);
	build->device_rank = calloc(total, 1);
	if (!references || !model->file || !model->session || !model->device || !build->file_rank ||
	    !build->device_rank) {
		free(references);
		return -ENOMEM;
	}

	model->files = number_rows(build, LUO_STATS_SUBJECT_FILE, references, build->file_row);
	for (i = 0; i < model->files; i++) {
		COPY_TEXT(model->file[i].session, references[i].name);
		model->file[i].token = references[i].token;
	}
	model->sessions =
		number_rows(build, LUO_STATS_SUBJECT_SESSION, references, build->session_row);
	for (i = 0; i < model->sessions; i++)
		COPY_TEXT(model->session[i].name, references[i].name);
	model->devices =
		number_rows(build, LUO_STATS_SUBJECT_DEVICE, references, build->device_row);
	for (i = 0; i < model->devices; i++)
		COPY_TEXT(model->device[i].name, references[i].name);
	free(references);
	return 0;
}

/* Spans */

static struct model_span raw_span(enum side side, const struct luo_stats_span *span)
{
	struct model_span raw = { .observed = true,
				  .open = span->state == LUO_STATS_OPEN,
				  .came = side == CAME,
				  .begin_cycles = span->begin_cycles };

	if (!raw.open) {
		raw.end_cycles = span->end_cycles;
		raw.result = span->result;
	}
	return raw;
}

/* From cycles to ns; only when the boundaries, and with them the origins, are settled. */
static void map_span(const struct build *build, struct model_span *span)
{
	enum side side = span->came ? CAME : LEFT;
	const struct clock *clock = &build->model->clock;
	int64_t begin, end;

	if (!span->observed || clock_ns(clock, build->origin[side], span->begin_cycles, &begin))
		return;
	if (side_is_comparable(build, side) && build->origin[side])
		span->start = (struct model_time){ .known = true, .ns = begin };
	if (!span->open && !clock_ns(clock, build->origin[side], span->end_cycles, &end) &&
	    end - begin <= CLOCK_UPDATE_MAX_NS)
		span->duration = (struct model_time){ .known = true, .ns = end - begin };
}

static void map_list(const struct build *build, struct model_subject_span *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		map_span(build, &list[i].span);
}

static void map_spans(const struct build *build)
{
	struct model *model = build->model;
	size_t i;

	for (i = 0; i < model->files; i++) {
		struct model_file *file = &model->file[i];

		map_span(build, &file->preserve);
		map_span(build, &file->freeze);
		map_span(build, &file->retrieve);
		map_span(build, &file->finish);
	}
	for (i = 0; i < model->sessions; i++) {
		struct model_session *session = &model->session[i];

		map_span(build, &session->freeze);
		map_span(build, &session->unfreeze);
		map_span(build, &session->retrieve);
		map_span(build, &session->finish);
		map_span(build, &session->unpreserve);
	}
	for (i = 0; i < model->devices; i++) {
		struct model_device *device = &model->device[i];

		map_span(build, &device->preserve);
		map_span(build, &device->unpreserve);
		map_span(build, &device->freeze);
		map_span(build, &device->reset.span);
		map_span(build, &device->retrieve);
		map_span(build, &device->bind);
		map_span(build, &device->irq_setup);
		map_span(build, &device->finish);
		map_span(build, &device->release_reset.span);
	}
	map_list(build, model->shutdown, model->shutdowns);
	map_list(build, model->open, model->opens);
	map_list(build, model->other, model->others);
}

static int add_subject_span(struct model_subject_span **list, size_t *count, size_t *capacity,
			    const struct model_subject_span *entry)
{
	if (*count == *capacity) {
		size_t larger = *capacity ? *capacity * 2 : 64;
		void *grown = realloc(*list, larger * sizeof(**list));

		if (!grown)
			return -ENOMEM;
		*list = grown;
		*capacity = larger;
	}
	(*list)[(*count)++] = *entry;
	return 0;
}

static bool is_reset(unsigned int kind)
{
	return kind == LUO_STATS_RESET || kind == LUO_STATS_PLAIN_RESET;
}

/* Whether the span belongs to this update at all. */
static bool span_is_ours(const struct build *build, enum side side,
			 const struct luo_stats_span *span)
{
	if (span->role == LUO_STATS_NO_ROLE)
		return true;
	/* What arrived is reset at a bind or a release; after an attempt of its own it is the next's. */
	if (side == CAME && is_reset(span->kind))
		return !span->attempt;
	/* Of two kernels only one has this update's beginning, and the other its end. */
	if (span->role != (side == LEFT ? LUO_STATS_LEAVING : LUO_STATS_ARRIVING))
		return false;
	switch (span->kind) {
	case LUO_STATS_FREEZE:
	case LUO_STATS_SESSION_FREEZE:
	case LUO_STATS_UNFREEZE:
	case LUO_STATS_SHUTDOWN:
	case LUO_STATS_RESET:
	case LUO_STATS_PLAIN_RESET:
		if (side == CAME)
			return true;
		if (build->attempt)
			return span->attempt == build->attempt->attempt;
		/* No attempt was ever seen to begin, and so none to fail either. */
		return !build->area[LEFT]->header.attempts;
	default:
		return true;
	}
}

/* Whether a span lies where its kind can lie: what is done in the update is not done before it. */
static bool span_is_in_place(const struct build *build, enum side side,
			     const struct luo_stats_span *span)
{
	const struct model *model = build->model;
	const struct model_boundary *begin = &model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	const struct model_boundary *jump = &model->boundary[LUO_STATS_B6_JUMP];
	uint64_t end = span->state == LUO_STATS_CLOSED ? span->end_cycles : span->begin_cycles;

	if (side == CAME || span->role == LUO_STATS_NO_ROLE)
		return side == LEFT || !model->clock.zero_known ||
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

static struct model_span *file_cell(struct model_file *file, unsigned int kind)
{
	switch (kind) {
	case LUO_STATS_PRESERVE:
		return &file->preserve;
	case LUO_STATS_FREEZE:
		return &file->freeze;
	case LUO_STATS_RETRIEVE:
		return &file->retrieve;
	case LUO_STATS_FINISH:
		return &file->finish;
	default:
		return NULL;
	}
}

static struct model_span *session_cell(struct model_session *session, unsigned int kind)
{
	switch (kind) {
	case LUO_STATS_SESSION_FREEZE:
		return &session->freeze;
	case LUO_STATS_UNFREEZE:
		return &session->unfreeze;
	case LUO_STATS_SESSION_RETRIEVE:
		return &session->retrieve;
	case LUO_STATS_SESSION_FINISH:
		return &session->finish;
	case LUO_STATS_UNPRESERVE:
		return &session->unpreserve;
	default:
		return NULL;
	}
}

static struct model_span *device_cell(struct model_device *device, unsigned int kind)
{
	switch (kind) {
	case LUO_STATS_PRESERVE:
		return &device->preserve;
	case LUO_STATS_UNPRESERVE:
		return &device->unpreserve;
	case LUO_STATS_FREEZE:
		return &device->freeze;
	case LUO_STATS_RETRIEVE:
		return &device->retrieve;
	case LUO_STATS_BIND:
		return &device->bind;
	case LUO_STATS_IRQ_SETUP:
		return &device->irq_setup;
	case LUO_STATS_FINISH:
		return &device->finish;
	default:
		return NULL;
	}
}

/* Where a span goes: a cell of a table, and with it the name of the row's handler or driver. */
struct place {
	struct model_span *cell;
	struct model_device *device;
	char *text;
	size_t text_bytes;
	unsigned char *rank;
};

/* @place has no cell if the span belongs in no table. */
static void find_place(struct build *build, enum side side, const struct luo_stats_span *span,
		       uint32_t subject_kind, struct place *place)
{
	struct model *model = build->model;
	size_t row;

	*place = (struct place){};
	switch (subject_kind) {
	case LUO_STATS_SUBJECT_FILE:
		row = build->file_row[side][span->subject];
		if (!row)
			return;
		place->cell = file_cell(&model->file[row - 1], span->kind);
		place->text = model->file[row - 1].handler;
		place->text_bytes = sizeof(model->file[row - 1].handler);
		place->rank = &build->file_rank[row - 1];
		return;
	case LUO_STATS_SUBJECT_SESSION:
		row = build->session_row[side][span->subject];
		if (row)
			place->cell = session_cell(&model->session[row - 1], span->kind);
		return;
	case LUO_STATS_SUBJECT_DEVICE:
		row = build->device_row[side][span->subject];
		if (!row)
			return;
		place->device = &model->device[row - 1];
		place->cell = device_cell(place->device, span->kind);
		place->text = place->device->driver;
		place->text_bytes = sizeof(place->device->driver);
		place->rank = &build->device_rank[row - 1];
		return;
	}
}

/* Which span is to say who handles a file or a device: the higher, the better. */
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
 * Of several spans for one cell: see struct model_file. Spans come in no order of time.
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
		      const struct model_subject_span *entry)
{
	const unsigned char rank = text_rank(span->kind);

	if (!span_replaces(&entry->span, place->cell, first_counts(span->kind)))
		return;
	*place->cell = entry->span;
	if (place->device && span->kind == LUO_STATS_FREEZE)
		place->device->freeze_detail = span->detail;
	if (!place->text || !entry->subject_detail[0] || rank < *place->rank)
		return;
	*place->rank = rank;
	copy_text(place->text, place->text_bytes, entry->subject_detail,
		  sizeof(entry->subject_detail));
}

static void fill_reset(struct model_reset *reset, const struct model_subject_span *entry)
{
	reset->span = entry->span;
	reset->known = true;
	reset->outcome = LUO_STATS_RESET_OUTCOME(entry->detail);
	reset->method = LUO_STATS_RESET_METHOD(entry->detail);
	reset->lock = LUO_STATS_RESET_LOCK(entry->detail);
}

/* Returns whether the reset is part of what happened to @device in this update. */
static bool place_reset(struct model_device *device, const struct model_subject_span *entry)
{
	const struct model_span *span = &entry->span, *freeze = &device->freeze;

	if (span->came) {
		if ((!device->freeze.observed && !device->preserve.observed) ||
		    model_span_succeeded(&device->retrieve))
			return false;
		if (span_replaces(span, &device->release_reset.span, true))
			fill_reset(&device->release_reset, entry);
		return true;
	}
	if (!freeze->observed || span->begin_cycles < freeze->begin_cycles ||
	    (!freeze->open && (span->open || span->end_cycles > freeze->end_cycles)))
		return false;
	if (span_replaces(span, &device->reset.span, false))
		fill_reset(&device->reset, entry);
	return true;
}

/*
 * Only what was under way when the old kernel went down says anything by not having ended: not what
 * somebody left behind before the update, nor what a kernel that lives on is still at.
 */
static bool open_span_is_evidence(const struct build *build, const struct model_span *span)
{
	const struct model_boundary *begin = &build->model->boundary[LUO_STATS_B0_UPDATE_BEGIN];

	return !span->came && build->attempt && begin->source != MODEL_SOURCE_NONE &&
	       span->begin_cycles >= begin->cycles;
}

static int add_span(struct build *build, enum side side, const struct luo_stats_span *span)
{
	struct model *model = build->model;
	struct model_subject_span entry = {};
	struct luo_stats_subject_key id = {};
	struct place place = {};
	int err;

	if (area_subject(build->area[side], span->subject, &id)) {
		find_place(build, side, span, id.kind, &place);
		entry.subject_kind = id.kind;
		entry.key = id.key;
		COPY_TEXT(entry.name, id.name);
		COPY_TEXT(entry.subject_detail, id.detail);
		COPY_TEXT(entry.group, id.group);
	}
	entry.span = raw_span(side, span);
	entry.kind = span->kind;
	entry.role = span->role;
	entry.attempt = span->attempt;
	entry.detail = span->detail;
	entry.pid = span->pid;

	if (entry.span.open) {
		if (!open_span_is_evidence(build, &entry.span)) {
			model->losses.unfinished++;
		} else {
			err = add_subject_span(&model->open, &model->opens, &build->open_capacity,
					       &entry);
			if (err)
				return err;
		}
	}
	if (place.cell) {
		fill_cell(&place, span, &entry);
		return 0;
	}
	if (is_reset(span->kind) && place.device && place_reset(place.device, &entry))
		return 0;
	if (entry.span.open)
		return 0;
	if (span->kind == LUO_STATS_SHUTDOWN)
		return add_subject_span(&model->shutdown, &model->shutdowns,
					&build->shutdown_capacity, &entry);
	return add_subject_span(&model->other, &model->others, &build->other_capacity, &entry);
}

static int build_spans(struct build *build)
{
	bool resets;
	int err;

	/* Resets come last: it depends on the freeze and the retrieve what they are. */
	for (resets = false;; resets = true) {
		enum side side;

		for (side = LEFT; side < SIDES; side++) {
			struct area_cursor cursor = {};
			struct luo_stats_span span;

			while (build->area[side] &&
			       area_next_span(build->area[side], &cursor, &span)) {
				if (is_reset(span.kind) != resets ||
				    !span_is_ours(build, side, &span))
					continue;
				if (!span_is_in_place(build, side, &span)) {
					build->model->losses.invalid_spans++;
					continue;
				}
				err = add_span(build, side, &span);
				if (err)
					return err;
			}
		}
		if (resets)
			return 0;
	}
}

/* The end of the blackout */

struct stretch {
	uint64_t begin;
	uint64_t end;
};

static int compare_stretches(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* All that brought a file back, each file once, in the order of time. NULL: out of memory. */
static struct stretch *list_retrieves(const struct model *model, size_t *count)
{
	struct stretch *list = calloc(model->files + model->others + 1, sizeof(*list));
	size_t i;

	*count = 0;
	for (i = 0; list && i < model->files; i++) {
		const struct model_span *span = &model->file[i].retrieve;

		if (model_span_succeeded(span))
			list[(*count)++] = (struct stretch){ span->begin_cycles, span->end_cycles };
	}
	for (i = 0; list && i < model->others; i++) {
		const struct model_subject_span *other = &model->other[i];

		/* There was no place left to say which file it is. */
		if (other->kind == LUO_STATS_RETRIEVE && !other->subject_kind && other->span.came &&
		    model_span_succeeded(&other->span))
			list[(*count)++] = (struct stretch){ other->span.begin_cycles,
							     other->span.end_cycles };
	}
	if (list)
		qsort(list, *count, sizeof(*list), compare_stretches);
	return list;
}

static bool is_soon_after(const struct clock *clock, uint64_t from, uint64_t to)
{
	int64_t ns;

	return to <= from || (!clock_ns(clock, from, to, &ns) && ns <= RETRIEVE_GAP_NS);
}

/*
 * B10 is the end of the last retrieve that belongs to the update: none comes more than a minute
 * after the one before it, or after the time from which on files could come back. The module's own
 * stamp knows less, for it moves on whenever somebody attaches the probes anew; it is asked only
 * where spans are missing.
 */
static int find_retrieved(struct build *build)
{
	const struct luo_stats_header *header = &build->area[CAME]->header;
	const __u64 *stamp = header->arriving.cycles;
	struct model *model = build->model;
	const struct model_boundary *open = &model->boundary[LUO_STATS_B9_LUO_OPEN];
	const bool is_opened = open->source != MODEL_SOURCE_NONE;
	uint64_t end = is_opened ? open->cycles : stamp[LUO_STATS_PROBES_READY];
	const uint64_t last = stamp[LUO_STATS_B10_RETRIEVED];
	struct stretch *list;
	size_t count, i;

	list = list_retrieves(model, &count);
	if (!list)
		return -ENOMEM;
	if (!end && count)
		end = list[0].begin;
	for (i = 0; i < count && is_soon_after(&model->clock, end, list[i].begin); i++) {
		if (list[i].end > end)
			end = list[i].end;
		if (list[i].end > build->retrieved_cycles)
			build->retrieved_cycles = list[i].end;
	}
	free(list);
	if (last > build->retrieved_cycles &&
	    (!count || header->dropped[LUO_STATS_RETRIEVE] || !model->clock.rate_millihertz)) {
		if (!end || !model->clock.rate_millihertz ||
		    is_soon_after(&model->clock, end, last))
			build->retrieved_cycles = last;
		else
			add_note(build,
				 "the stamp of B10 is withheld: it lies more than 60 s after"
				 " the last retrieve that was seen, or that could have been");
	} else if (count && !build->retrieved_cycles) {
		add_note(build, "no file came back within 60 s of %s: the blackout has no end",
			 is_opened ? "the open of /dev/liveupdate" :
				     "the time at which the probes were in place");
	}
	set_boundary(model, LUO_STATS_B10_RETRIEVED, build->retrieved_cycles, MODEL_SOURCE_FEXIT,
		     0);
	return 0;
}

static bool span_is_late(const struct build *build, const struct model_span *retrieve)
{
	return retrieve->end_cycles > build->retrieved_cycles;
}

static bool a_vfio_file_is_back(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->files; i++)
		if (!strncmp(model->file[i].handler, "vfio", 4) &&
		    model_span_succeeded(&model->file[i].retrieve))
			return true;
	return false;
}

/* B11: all devices that came back with the update are in service. */
static void find_in_service(struct build *build)
{
	struct model *model = build->model;
	size_t awaited = 0, retrieved = 0, in_service = 0, i;
	uint64_t last = 0;

	for (i = 0; i < model->devices; i++) {
		const struct model_device *device = &model->device[i];
		const bool is_back = model_span_succeeded(&device->retrieve);

		if (!is_back && !model_span_succeeded(&device->freeze))
			continue;
		model->devices_take_part = true;
		if (is_back && build->retrieved_cycles && span_is_late(build, &device->retrieve))
			continue;
		awaited++;
		retrieved += is_back;
		if (!is_back || !model_span_succeeded(&device->irq_setup))
			continue;
		in_service++;
		if (device->irq_setup.end_cycles > last)
			last = device->irq_setup.end_cycles;
	}
	if (retrieved && in_service == retrieved)
		set_boundary(model, LUO_STATS_B11_IN_SERVICE, last, MODEL_SOURCE_PROBE, 0);
	if (in_service < awaited && model->has_arriving)
		add_note(build,
			 "%zu of %zu devices were not seen in service again; the blackout ends with"
			 " the last %s",
			 awaited - in_service, awaited,
			 in_service == retrieved && retrieved ? "that was" : "retrieve");
	if (!model->devices_take_part && a_vfio_file_is_back(model))
		add_note(build, "files of devices came back, but nothing of the devices themselves"
				" was seen; the blackout ends with the last retrieve");
}

/* Whether a file that is not seen to come back is known not to have come back. */
static bool every_retrieve_was_seen(const struct build *build)
{
	const struct luo_stats_header *header = &build->area[CAME]->header;
	const __u64 *stamp = header->arriving.cycles;

	/* After 'luoscope init' nobody was there before the probes. */
	return (stamp[LUO_STATS_B9_LUO_OPEN] || stamp[LUO_STATS_INIT_DONE]) &&
	       !header->dropped[LUO_STATS_RETRIEVE] && !header->subjects_dropped;
}

static bool every_freeze_was_seen(const struct build *build)
{
	const struct luo_stats_header *header = &build->area[LEFT]->header;
	const struct model *model = build->model;
	size_t i;

	if (!build->attempt || header->dropped[LUO_STATS_FREEZE] || header->subjects_dropped)
		return false;
	for (i = 0; i < model->files; i++)
		if (model_span_succeeded(&model->file[i].retrieve) &&
		    !model->file[i].freeze.observed)
			return false;
	return true;
}

static void count_missing_files(struct build *build)
{
	struct model *model = build->model;
	size_t i;

	if (!build->area[LEFT] || !build->area[CAME])
		return;
	for (i = 0; i < model->files; i++) {
		if (!model_span_succeeded(&model->file[i].freeze))
			continue;
		model->files_frozen++;
		if (!model_span_succeeded(&model->file[i].retrieve))
			model->files_missing++;
	}
	model->files_missing_known = every_freeze_was_seen(build) &&
				     (!model->files_missing || every_retrieve_was_seen(build));
	if (!model->files_missing_known || !model->files_missing)
		return;
	if (model->files_missing < model->files_frozen)
		add_note(build,
			 "%zu of %zu files did not come back; the blackout ends with the last that"
			 " did",
			 model->files_missing, model->files_frozen);
	else
		add_note(build, "none of %zu files came back: the blackout has no end",
			 model->files_frozen);
}

static void note_late_probes(struct build *build)
{
	const __u64 *stamp = build->area[CAME]->header.arriving.cycles;
	const struct model_boundary *init = &build->model->boundary[LUO_STATS_B8_INIT];
	char buffer[DURATION_BYTES];
	int64_t ns;

	/* After 'luoscope init' nothing came before the probes. */
	if (stamp[LUO_STATS_B9_LUO_OPEN] || stamp[LUO_STATS_INIT_DONE] ||
	    init->source == MODEL_SOURCE_NONE || stamp[LUO_STATS_PROBES_READY] <= init->cycles ||
	    clock_ns(&build->model->clock, init->cycles, stamp[LUO_STATS_PROBES_READY], &ns))
		return;
	add_note(build,
		 "the probes were in place only %s after init was executed; what came before was"
		 " not watched",
		 format_duration(buffer, ns, init->error_ns));
}

/* Rows */

static bool duration_between(const struct build *build, uint64_t from, uint64_t to,
			     struct model_time *time)
{
	const struct clock *clock = &build->model->clock;
	int64_t begin, end;

	if (!clock->comparable || clock_ns(clock, build->origin[LEFT], from, &begin) ||
	    clock_ns(clock, build->origin[LEFT], to, &end) || end < begin)
		return false;
	*time = (struct model_time){ .known = true, .ns = end - begin };
	return true;
}

/* Both stamps are of one boot: how the kernels' clocks compare does not matter. */
static void build_init_cost(struct build *build)
{
	const __u64 *cycles = build->area[CAME]->header.arriving.cycles;
	const uint64_t begin = cycles[LUO_STATS_B8_INIT];
	const uint64_t end = cycles[LUO_STATS_INIT_DONE] ? cycles[LUO_STATS_INIT_DONE] :
							   cycles[LUO_STATS_PROBES_READY];
	int64_t ns;

	if (!begin || !end || clock_ns(&build->model->clock, begin, end, &ns) || ns < 0)
		return;
	build->model->init_cost = (struct model_time){ .known = true, .ns = ns };
}

static bool is_given_up(const struct model_span *preserve, const struct model_span *unpreserve)
{
	return !preserve->observed ||
	       (unpreserve->observed && unpreserve->begin_cycles >= preserve->begin_cycles);
}

/* A file that was preserved once, given up, and not there when the update came. */
static bool file_is_gone(const struct model_file *file, const struct model_session *session)
{
	if (file->freeze.observed || file->retrieve.observed || file->finish.observed)
		return false;
	return is_given_up(&file->preserve, &session->unpreserve);
}

static bool device_is_gone(const struct model_device *device)
{
	if (device->freeze.observed || device->retrieve.observed || device->finish.observed ||
	    device->bind.observed || device->irq_setup.observed)
		return false;
	return is_given_up(&device->preserve, &device->unpreserve);
}

static void finish_file(const struct build *build, struct model_file *file)
{
	file->takes_part = model_span_succeeded(&file->preserve) || file->freeze.observed ||
			   model_span_succeeded(&file->retrieve);
	if (file->freeze.observed && model_span_succeeded(&file->retrieve))
		duration_between(build, file->freeze.begin_cycles, file->retrieve.end_cycles,
				 &file->dark);
}

static void finish_device(const struct build *build, struct model_device *device)
{
	const struct model_span *back =
		model_span_succeeded(&device->irq_setup) ? &device->irq_setup : &device->retrieve;

	/* The span of its reset was dropped, or is not there for nothing was tried. */
	if (!device->reset.known && device->freeze_detail) {
		device->reset.known = true;
		device->reset.outcome = LUO_STATS_RESET_OUTCOME(device->freeze_detail);
		device->reset.method = LUO_STATS_RESET_METHOD(device->freeze_detail);
		device->reset.lock = LUO_STATS_RESET_LOCK(device->freeze_detail);
	}
	if (device->freeze.observed && model_span_succeeded(back))
		duration_between(build, device->freeze.begin_cycles, back->end_cycles,
				 &device->dark);
}

static void finish_devices(const struct build *build)
{
	struct model *model = build->model;
	size_t kept = 0, i;

	for (i = 0; i < model->devices; i++) {
		struct model_device device = model->device[i];

		if (device_is_gone(&device))
			continue;
		finish_device(build, &device);
		model->device[kept++] = device;
	}
	model->devices = kept;
}

/* @rows files from @file on are of @session. */
static void finish_session(const struct build *build, struct model_session *session,
			   const struct model_file *file, size_t rows)
{
	const struct model_boundary *begin = &build->model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	uint64_t last = 0;
	size_t i;

	for (i = 0; i < rows; i++) {
		const struct model_span *retrieve = &file[i].retrieve;

		session->files += file[i].takes_part;
		if (!model_span_succeeded(retrieve) ||
		    (model_span_succeeded(&session->finish) &&
		     retrieve->begin_cycles > session->finish.begin_cycles))
			continue;
		if (retrieve->end_cycles > last)
			last = retrieve->end_cycles;
	}
	if (!last)
		return;
	session->late = last > build->retrieved_cycles;
	if (begin->source != MODEL_SOURCE_NONE)
		duration_between(build, begin->cycles, last, &session->blackout);
}

static bool session_is_seen(const struct model_session *session)
{
	return session->files || session->freeze.observed || session->unfreeze.observed ||
	       session->retrieve.observed || session->finish.observed;
}

/* Both tables are sorted by the session's name: one pass over them. */
static void finish_rows(const struct build *build)
{
	struct model *model = build->model;
	size_t kept_files = 0, kept_sessions = 0, f = 0, s;

	for (s = 0; s < model->sessions; s++) {
		struct model_session session = model->session[s];
		size_t first = kept_files;

		for (; f < model->files &&
		       !memcmp(model->file[f].session, session.name, sizeof(session.name));
		     f++) {
			struct model_file file = model->file[f];

			if (file_is_gone(&file, &session))
				continue;
			finish_file(build, &file);
			model->file[kept_files++] = file;
		}
		finish_session(build, &session, &model->file[first], kept_files - first);
		if (session_is_seen(&session))
			model->session[kept_sessions++] = session;
	}
	model->files = kept_files;
	model->sessions = kept_sessions;
}

static int compare_durations(const void *a, const void *b)
{
	const struct model_subject_span *x = a, *y = b;

	if (x->span.duration.known != y->span.duration.known)
		return x->span.duration.known ? -1 : 1;
	if (x->span.duration.ns != y->span.duration.ns)
		return x->span.duration.ns > y->span.duration.ns ? -1 : 1;
	return x->span.begin_cycles < y->span.begin_cycles ?
		       -1 :
		       x->span.begin_cycles > y->span.begin_cycles;
}

/* Attempts and losses */

static int compare_attempts(const void *a, const void *b)
{
	const struct model_attempt *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static void add_attempts(struct model *model, const struct area *area)
{
	size_t first = model->attempts;
	unsigned int i;

	for (i = 0; i < LUO_STATS_ATTEMPTS; i++) {
		const struct luo_stats_boundaries *set = &area->header.leaving[i];
		struct model_attempt *attempt = &model->attempt[model->attempts];
		int64_t ns;

		if (!set->attempt || set->attempt > area->header.attempts ||
		    !area_attempt_failed(set))
			continue;
		*attempt = (struct model_attempt){ .generation = area->header.generation,
						   .number = set->attempt,
						   .result = set->result };
		if (set->cycles[LUO_STATS_B0_UPDATE_BEGIN] &&
		    !clock_ns(&model->clock, set->cycles[LUO_STATS_B0_UPDATE_BEGIN],
			      set->end_cycles, &ns) &&
		    ns >= 0 && ns <= CLOCK_UPDATE_MAX_NS)
			attempt->duration = (struct model_time){ .known = true, .ns = ns };
		model->attempts++;
	}
	qsort(&model->attempt[first], model->attempts - first, sizeof(model->attempt[0]),
	      compare_attempts);
}

static void add_losses(struct model_losses *losses, const struct area *area)
{
	unsigned int kind;

	for (kind = 0; kind < LUO_STATS_KINDS; kind++) {
		losses->dropped[kind] += area->header.dropped[kind];
		losses->dropped_total += area->header.dropped[kind];
	}
	losses->subjects_dropped += area->header.subjects_dropped;
	losses->attempts_dropped += area->header.attempts_dropped;
	losses->spans_recycled += area->header.spans_recycled;
	losses->invalid_spans += area->invalid_spans;
	losses->invalid_subjects += area->invalid_subjects;
	losses->reserved_spans += area->reserved_spans;
}

static int parse_areas(struct build *build, struct error *error)
{
	static const enum capture_section_type types[SIDES] = {
		[LEFT] = CAPTURE_INCOMING,
		[CAME] = CAPTURE_OUTGOING,
	};
	const struct luo_stats_header *left, *came;
	enum side side;
	int err;

	for (side = LEFT; side < SIDES; side++) {
		const struct capture_section *section = &build->capture->section[types[side]];

		if (!section->bytes)
			continue;
		err = area_parse(&build->area_of[side], section->bytes, section->size, error);
		if (err)
			return err;
		build->area[side] = &build->area_of[side];
	}
	if (!build->area[LEFT] && !build->area[CAME])
		return error_set(error, -ENODATA, "the capture holds no stats area");
	if (!build->area[LEFT] || !build->area[CAME])
		return 0;
	left = &build->area[LEFT]->header;
	came = &build->area[CAME]->header;
	if (left->chain_id != came->chain_id || came->generation == 0 ||
	    left->generation != came->generation - 1) {
		add_note(build,
			 "the incoming area is not of the kernel just before this one: left out");
		build->area[LEFT] = NULL;
	}
	return 0;
}

static void describe_update(struct build *build)
{
	const struct area *left = build->area[LEFT], *came = build->area[CAME];
	struct model *model = build->model;

	model->has_leaving = left;
	model->has_update = left || (came->header.flags & LUO_STATS_KHO_BOOT);
	model->has_arriving = came && model->has_update;
	model->chain_id = (left ? left : came)->header.chain_id;
	model->generation = came ? came->header.generation : left->header.generation + 1;
	if (left)
		COPY_TEXT(model->from_release, left->header.release);
	if (came)
		COPY_TEXT(model->to_release, came->header.release);
}

static void describe_host(struct build *build)
{
	struct model_host *host = &build->model->host;
	char value[MODEL_NAME_BYTES];

	if (capture_host_value(build->capture, "cpus", value, sizeof(value)) && *value >= '1' &&
	    *value <= '9' && strlen(value) < 7)
		host->cpus = atoi(value);
	if (capture_host_value(build->capture, "clocksource", value, sizeof(value)))
		COPY_TEXT(host->clocksource, value);
}

static int build_update(struct build *build)
{
	struct model *model = build->model;
	int err;

	if (build->area[LEFT])
		collect_leaving(build);
	if (build->area[CAME])
		collect_arriving(build);
	withhold_disorder(build, LUO_STATS_B9_LUO_OPEN);
	err = build_rows(build);
	if (!err)
		err = build_spans(build);
	if (!err && build->area[CAME])
		err = find_retrieved(build);
	if (err)
		return err;
	find_in_service(build);
	withhold_disorder(build, LUO_STATS_B11_IN_SERVICE);
	place_boundaries(build);
	map_spans(build);
	count_missing_files(build);
	finish_rows(build);
	finish_devices(build);
	if (model->shutdowns)
		qsort(model->shutdown, model->shutdowns, sizeof(*model->shutdown),
		      compare_durations);
	model->end_slot = model->boundary[LUO_STATS_B11_IN_SERVICE].source != MODEL_SOURCE_NONE ?
				  LUO_STATS_B11_IN_SERVICE :
				  LUO_STATS_B10_RETRIEVED;
	build_phases(model);
	build_blackout(model);
	build_realtime(build);
	if (build->area[CAME]) {
		build_init_cost(build);
		note_late_probes(build);
	}
	return 0;
}

int model_build(struct model *model, const struct capture *capture, struct error *error)
{
	const struct capture_section *klog = &capture->section[CAPTURE_KLOG];
	struct build build = { .model = model, .capture = capture };
	enum side side;
	int err;

	*model = (struct model){};
	err = parse_areas(&build, error);
	if (err)
		return err;
	clock_build(&model->clock, build.area[LEFT], build.area[CAME], klog->bytes, klog->size);
	describe_update(&build);
	describe_host(&build);
	if (model->has_update)
		err = build_update(&build);
	for (side = LEFT; side < SIDES; side++) {
		if (build.area[side]) {
			add_attempts(model, build.area[side]);
			add_losses(&model->losses, build.area[side]);
		}
		free(build.file_row[side]);
		free(build.session_row[side]);
		free(build.device_row[side]);
	}
	free(build.file_rank);
	free(build.device_rank);
	if (model->clock.verdict == CLOCK_CONTRADICTED && model->has_leaving && model->has_arriving)
		add_note(&build,
			 "times that cross the kexec are withheld, for the clock is contradicted");
	if (err || build.no_memory)
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

void model_free(struct model *model)
{
	free(model->file);
	free(model->session);
	free(model->device);
	free(model->note);
	free(model->shutdown);
	free(model->open);
	free(model->other);
	*model = (struct model){};
}
