// SPDX-License-Identifier: GPL-2.0
#include "model.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "area.h"
#include "names.h"

/* The two areas of one update. */
enum side { LEFT, CAME, SIDES };

/* One subject of an area that is a file or a session; two of one key become one row. */
struct reference {
	char session[MODEL_NAME_BYTES];
	char handler[MODEL_DETAIL_BYTES];
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
	/*
	 * Row of the file or session that a subject is, plus 1, by the subject's number; 0: none.
	 */
	size_t *file_row[SIDES];
	size_t *session_row[SIDES];
	/* The attempt that went through, or NULL. */
	const struct luo_stats_boundaries *attempt;
	/* The counter at the time 0 of each side; the same if they can be compared. */
	uint64_t origin[SIDES];
	size_t open_capacity;
	size_t shutdown_capacity;
	size_t other_capacity;
};

__attribute__((format(printf, 2, 3))) static void add_note(struct model *model, const char *format,
							   ...)
{
	va_list args;

	if (model->notes == MODEL_NOTES)
		return;
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

static const enum model_source slot_source[MODEL_BOUNDARIES] = {
	MODEL_SOURCE_FENTRY, MODEL_SOURCE_FEXIT,  MODEL_SOURCE_FENTRY, MODEL_SOURCE_FEXIT,
	MODEL_SOURCE_FENTRY, MODEL_SOURCE_FEXIT,  MODEL_SOURCE_FENTRY, MODEL_SOURCE_MODULE,
	MODEL_SOURCE_INIT,   MODEL_SOURCE_FENTRY, MODEL_SOURCE_FEXIT,  MODEL_SOURCE_PROBE,
};

static void collect_leaving(struct build *build)
{
	const struct luo_stats_boundaries *attempt = area_last_attempt(build->area[LEFT]);
	const struct luo_stats_anchor *notifier, *last;
	struct model *model = build->model;
	uint64_t after = 0;
	unsigned int slot;

	if (attempt && area_attempt_failed(attempt)) {
		add_note(model,
			 "the last attempt failed, and yet the kernel was replaced: by another"
			 " kexec than that of a live update");
		/* What the anchors say from here on is about that kexec. */
		after = attempt->end_cycles;
	} else if (attempt) {
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

static void collect_arriving(struct build *build)
{
	const struct luo_stats_boundaries *set = &build->area[CAME]->header.arriving;
	const struct capture_section *klog = &build->capture->section[CAPTURE_KLOG];
	struct model *model = build->model;
	const struct clock *clock = &model->clock;
	uint64_t usec, cycles, error_ns;
	unsigned int slot;

	for (slot = LUO_STATS_B7_TIME_ZERO; slot < MODEL_BOUNDARIES; slot++)
		set_boundary(model, slot, set->cycles[slot], slot_source[slot], 0);
	if (clock->zero_known)
		set_boundary(model, LUO_STATS_B7_TIME_ZERO, clock->zero_cycles, MODEL_SOURCE_MODULE,
			     clock->zero_error_ns);
	if (clock_init_usec(klog->bytes, klog->size, &usec) &&
	    !clock_log_cycles(clock, usec, &cycles, &error_ns))
		set_boundary(model, LUO_STATS_B8_INIT, cycles, MODEL_SOURCE_LOG, error_ns);
}

/* A stamp before the one before it, or far from it, is not believed. */
static void withhold_disorder(struct model *model)
{
	const struct model_boundary *before = NULL;
	unsigned int slot;
	int64_t ns;

	for (slot = 0; slot < MODEL_BOUNDARIES; slot++) {
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
			add_note(model, "the devices were in service again before the last file was"
					" retrieved: the blackout ends with that retrieve");
		}
		if (before &&
		    (boundary->cycles < before->cycles ||
		     clock_ns(&model->clock, before->cycles, boundary->cycles, &ns) == -ERANGE ||
		     (model->clock.rate_millihertz && ns > CLOCK_UPDATE_MAX_NS))) {
			add_note(model,
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
	int order = memcmp(x->session, y->session, sizeof(x->session));

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
			COPY_TEXT(reference->session, id.name);
			if (kind == LUO_STATS_SUBJECT_FILE) {
				COPY_TEXT(reference->handler, id.detail);
				reference->token = id.key;
			}
			count++;
		}
	}
	qsort(references, count, sizeof(*references), compare_references);
	return count;
}

static int build_rows(struct build *build)
{
	struct model *model = build->model;
	uint64_t places[SIDES] = {};
	struct reference *references;
	size_t count, i;
	enum side side;

	for (side = LEFT; side < SIDES; side++) {
		if (build->area[side])
			places[side] = build->area[side]->subjects;
		build->file_row[side] = calloc(places[side] + 1, sizeof(size_t));
		build->session_row[side] = calloc(places[side] + 1, sizeof(size_t));
		if (!build->file_row[side] || !build->session_row[side])
			return -ENOMEM;
	}
	references = calloc(places[LEFT] + places[CAME] + 1, sizeof(*references));
	model->file = calloc(places[LEFT] + places[CAME] + 1, sizeof(*model->file));
	model->session = calloc(places[LEFT] + places[CAME] + 1, sizeof(*model->session));
	if (!references || !model->file || !model->session) {
		free(references);
		return -ENOMEM;
	}

	count = collect_references(build, LUO_STATS_SUBJECT_FILE, references);
	for (i = 0; i < count; i++) {
		const struct reference *reference = &references[i];
		struct model_file *file = &model->file[model->files];

		if (!i ||
		    memcmp(reference->session, reference[-1].session, sizeof(reference->session)) ||
		    reference->token != reference[-1].token) {
			model->files++;
			memcpy(file->session, reference->session, sizeof(file->session));
			file->token = reference->token;
		}
		file = &model->file[model->files - 1];
		if (!file->handler[0])
			memcpy(file->handler, reference->handler, sizeof(file->handler));
		build->file_row[reference->side][reference->subject] = model->files;
	}

	count = collect_references(build, LUO_STATS_SUBJECT_SESSION, references);
	for (i = 0; i < count; i++) {
		const struct reference *reference = &references[i];

		/*
		 * References to one session lie apart by token, which is 0 here, so they are
		 * together.
		 */
		if (!i ||
		    memcmp(reference->session, reference[-1].session, sizeof(reference->session))) {
			memcpy(model->session[model->sessions].name, reference->session,
			       sizeof(reference->session));
			model->sessions++;
		}
		build->session_row[reference->side][reference->subject] = model->sessions;
	}
	free(references);
	return 0;
}

/* Spans */

static struct model_span map_span(const struct build *build, enum side side,
				  const struct luo_stats_span *span)
{
	struct model_span mapped = { .observed = true,
				     .open = span->state == LUO_STATS_OPEN,
				     .begin_cycles = span->begin_cycles };
	const struct clock *clock = &build->model->clock;
	int64_t begin, end;

	if (clock_ns(clock, build->origin[side], span->begin_cycles, &begin)) {
		mapped.end_cycles = mapped.open ? 0 : span->end_cycles;
		mapped.result = mapped.open ? 0 : span->result;
		return mapped;
	}
	if (side_is_comparable(build, side) && build->origin[side])
		mapped.start = (struct model_time){ .known = true, .ns = begin };
	if (mapped.open)
		return mapped;
	mapped.end_cycles = span->end_cycles;
	mapped.result = span->result;
	if (!clock_ns(clock, build->origin[side], span->end_cycles, &end) &&
	    end - begin <= CLOCK_UPDATE_MAX_NS)
		mapped.duration = (struct model_time){ .known = true, .ns = end - begin };
	return mapped;
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

/* Whether the span belongs to this update at all. */
static bool span_is_ours(const struct build *build, enum side side,
			 const struct luo_stats_span *span)
{
	if (span->role == LUO_STATS_NO_ROLE)
		return true;
	/* Of two kernels only one has this update's beginning, and the other its end. */
	if (span->role != (side == LEFT ? LUO_STATS_LEAVING : LUO_STATS_ARRIVING))
		return false;
	switch (span->kind) {
	case LUO_STATS_FREEZE:
	case LUO_STATS_SESSION_FREEZE:
	case LUO_STATS_UNFREEZE:
	case LUO_STATS_SHUTDOWN:
		return side == CAME || span->attempt == build->area[LEFT]->header.attempts;
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

/* The cell of the table that the span fills, or NULL. */
static struct model_span *find_cell(struct build *build, enum side side,
				    const struct luo_stats_span *span,
				    const struct luo_stats_subject_key *id)
{
	struct model *model = build->model;
	size_t row;

	if (id->kind == LUO_STATS_SUBJECT_FILE) {
		row = build->file_row[side][span->subject];
		return row ? file_cell(&model->file[row - 1], span->kind) : NULL;
	}
	if (id->kind == LUO_STATS_SUBJECT_SESSION) {
		row = build->session_row[side][span->subject];
		return row ? session_cell(&model->session[row - 1], span->kind) : NULL;
	}
	return NULL;
}

static int add_span(struct build *build, enum side side, const struct luo_stats_span *span)
{
	struct model *model = build->model;
	struct model_subject_span entry = {};
	struct luo_stats_subject_key id = {};
	struct model_span *cell = NULL;
	int err;

	if (area_subject(build->area[side], span->subject, &id)) {
		cell = find_cell(build, side, span, &id);
		entry.subject_kind = id.kind;
		entry.key = id.key;
		COPY_TEXT(entry.name, id.name);
		COPY_TEXT(entry.subject_detail, id.detail);
		COPY_TEXT(entry.group, id.group);
	}
	entry.span = map_span(build, side, span);
	entry.kind = span->kind;
	entry.role = span->role;
	entry.attempt = span->attempt;
	entry.detail = span->detail;
	entry.pid = span->pid;

	if (entry.span.open) {
		err = add_subject_span(&model->open, &model->opens, &build->open_capacity, &entry);
		if (err)
			return err;
	}
	if (cell) {
		/*
		 * Of several, the last one counts: a file may have been preserved before. But a
		 * retrieve that is asked for again only repeats what the first one did.
		 */
		if (!cell->observed || (span->kind == LUO_STATS_RETRIEVE ?
						entry.span.begin_cycles < cell->begin_cycles :
						entry.span.begin_cycles >= cell->begin_cycles))
			*cell = entry.span;
		return 0;
	}
	if (entry.span.open)
		return 0;
	if (span->kind == LUO_STATS_SHUTDOWN)
		return add_subject_span(&model->shutdown, &model->shutdowns,
					&build->shutdown_capacity, &entry);
	return add_subject_span(&model->other, &model->others, &build->other_capacity, &entry);
}

static int build_spans(struct build *build)
{
	enum side side;
	int err;

	for (side = LEFT; side < SIDES; side++) {
		struct area_cursor cursor = {};
		struct luo_stats_span span;

		while (build->area[side] && area_next_span(build->area[side], &cursor, &span)) {
			if (!span_is_ours(build, side, &span))
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
	return 0;
}

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
	int64_t ns;

	if (!cycles[LUO_STATS_B8_INIT] || !cycles[LUO_STATS_INIT_DONE] ||
	    clock_ns(&build->model->clock, cycles[LUO_STATS_B8_INIT], cycles[LUO_STATS_INIT_DONE],
		     &ns) ||
	    ns < 0)
		return;
	build->model->init_cost = (struct model_time){ .known = true, .ns = ns };
}

/* A file that was preserved once, given up, and not there when the update came. */
static bool file_is_gone(const struct model_file *file, const struct model_session *session)
{
	if (file->freeze.observed || file->retrieve.observed || file->finish.observed)
		return false;
	return !file->preserve.observed ||
	       (session->unpreserve.observed &&
		session->unpreserve.begin_cycles >= file->preserve.begin_cycles);
}

static void finish_file(const struct build *build, struct model_file *file)
{
	if (file->freeze.observed && file->retrieve.observed && !file->retrieve.open)
		duration_between(build, file->freeze.begin_cycles, file->retrieve.end_cycles,
				 &file->dark);
}

static void finish_session(const struct build *build, struct model_session *session,
			   const struct model_file *file)
{
	const struct model_boundary *begin = &build->model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	const struct model_boundary *retrieved = &build->model->boundary[LUO_STATS_B10_RETRIEVED];
	uint64_t last = 0;
	size_t i;

	for (i = 0; i < session->files; i++) {
		const struct model_span *retrieve = &file[i].retrieve;

		if (!retrieve->observed || retrieve->open ||
		    (session->finish.observed &&
		     retrieve->begin_cycles > session->finish.begin_cycles))
			continue;
		if (retrieve->end_cycles > last)
			last = retrieve->end_cycles;
	}
	if (!last)
		return;
	session->late = retrieved->source != MODEL_SOURCE_NONE && last > retrieved->cycles;
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
			if (!strncmp(file.handler, "vfio", 4))
				model->devices_take_part = true;
			model->file[kept_files++] = file;
			session.files++;
		}
		if (!session_is_seen(&session))
			continue;
		finish_session(build, &session, &model->file[first]);
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
		add_note(build->model,
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

static int build_update(struct build *build)
{
	struct model *model = build->model;
	int err;

	if (build->area[LEFT])
		collect_leaving(build);
	if (build->area[CAME])
		collect_arriving(build);
	withhold_disorder(model);
	place_boundaries(build);
	err = build_rows(build);
	if (!err)
		err = build_spans(build);
	if (err)
		return err;
	finish_rows(build);
	if (model->shutdowns)
		qsort(model->shutdown, model->shutdowns, sizeof(*model->shutdown),
		      compare_durations);
	model->end_slot = model->devices_take_part ||
					  model->boundary[LUO_STATS_B11_IN_SERVICE].source !=
						  MODEL_SOURCE_NONE ?
				  LUO_STATS_B11_IN_SERVICE :
				  LUO_STATS_B10_RETRIEVED;
	build_phases(model);
	build_blackout(model);
	build_realtime(build);
	if (build->area[CAME])
		build_init_cost(build);
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
	if (model->has_update)
		err = build_update(&build);
	for (side = LEFT; side < SIDES; side++) {
		if (build.area[side]) {
			add_attempts(model, build.area[side]);
			add_losses(&model->losses, build.area[side]);
		}
		free(build.file_row[side]);
		free(build.session_row[side]);
	}
	if (model->clock.verdict == CLOCK_CONTRADICTED && model->has_leaving && model->has_arriving)
		add_note(model,
			 "times that cross the kexec are withheld, for the clock is contradicted");
	if (err)
		return error_set(error, err, "out of memory");
	return 0;
}

void model_free(struct model *model)
{
	free(model->file);
	free(model->session);
	free(model->shutdown);
	free(model->open);
	free(model->other);
	*model = (struct model){};
}
