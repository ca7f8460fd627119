// SPDX-License-Identifier: GPL-2.0
#include "long_poles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "clock.h"
#include "model.h"
#include "phases.h"
#include "steps.h"

/* When a step of @owner was under way, in ns after B0. */
struct stretch {
	int64_t begin;
	int64_t end;
	uint32_t owner;
	uint32_t pid : 31; /* Linux has no more than 2^22 */
	bool in_new_kernel : 1;
};

/* A step of @owner, or what is left of it without the steps inside it, begins or ends. */
struct event {
	int64_t at;
	uint32_t owner;
	bool is_end;
};

/**
 * struct owner - what a pole's times are made of
 * @tail_busy_ns: how long it is busy in the tail
 * @is_open: one of its steps never ended
 * @is_over: its last step ended before the blackout that was seen
 */
struct owner {
	enum model_long_pole_kind kind;
	size_t index;
	bool is_open;
	bool is_over;
	int64_t busy_ns;
	int64_t alone_ns;
	int64_t tail_ns;
	int64_t tail_busy_ns;
};

/**
 * struct search - the search for long poles
 * @owner:    all possible poles; a step's owner is its index here
 * @returned: by owner: when its last step that ends a blackout was over; -1: it has none
 * @step:     as they were observed, nested
 * @event:    the ends of what is left of them without the steps inside them
 * @opens:    how many of them have a step that never ended, and shutdowns of others that did not
 */
struct search {
	const struct model *model;
	struct owner *owner;
	size_t owners;
	int64_t *returned;
	struct stretch *step;
	size_t steps;
	struct event *event;
	size_t events;
	size_t opens;
};

static void add_open(struct search *search, size_t owner, const struct model_span *span)
{
	if (search->owner[owner].is_open || !span->start.known ||
	    span->start.value >= search->model->blackout.value)
		return;
	search->owner[owner].is_open = true;
	search->opens++;
}

static void add_step(struct search *search, size_t owner, const struct model_span *span)
{
	int64_t begin, end;

	if (span->observed && span->open)
		add_open(search, owner, span);
	if (!span->observed || !span->start.known || !span->duration.known)
		return;
	begin = span->start.value > 0 ? span->start.value : 0;
	end = span->start.value + span->duration.value;
	if (end > search->model->blackout.value)
		end = search->model->blackout.value;
	if (begin < end)
		search->step[search->steps++] =
			(struct stretch){ begin, end, owner, span->pid, span->in_new_kernel };
}

/* Its end may be the end of the blackout. */
static void add_return(struct search *search, size_t owner, const struct model_span *span)
{
	int64_t end;

	add_step(search, owner, span);
	if (!model_span_succeeded(span) || !span->start.known || !span->duration.known)
		return;
	end = span->start.value + span->duration.value;
	if (end <= search->model->blackout.value && end > search->returned[owner])
		search->returned[owner] = end;
}

/* Whether @span, after which nothing more is done, ended before the blackout that was seen. */
static bool is_last(const struct search *search, const struct model_span *span)
{
	return model_span_succeeded(span) && span->start.known && span->duration.known &&
	       span->start.value + span->duration.value <= search->model->blackout.value;
}

static size_t add_owner(struct search *search, enum model_long_pole_kind kind, size_t index)
{
	search->owner[search->owners] = (struct owner){ .kind = kind, .index = index };
	search->returned[search->owners] = -1;
	return search->owners++;
}

static int compare_device_name(const void *name, const void *device)
{
	return strcmp(name, ((const struct model_device *)device)->name);
}

/* The preserved device that is shut down in @entry, or NULL. */
static const struct model_device *device_of_shutdown(const struct model *model,
						     const struct model_subject_span *entry)
{
	if (!model->devices || strcmp(entry->group, "pci") != 0)
		return NULL;
	return bsearch(entry->name, model->device, model->devices, sizeof(*model->device),
		       compare_device_name);
}

/* A preserved device is shut down, too; then the owner is its row, which is its index. */
static size_t owner_of_shutdown(struct search *search, size_t index)
{
	const struct model *model = search->model;
	const struct model_device *device = device_of_shutdown(model, &model->shutdown[index]);
	size_t owner;

	if (device)
		return device - model->device;
	owner = add_owner(search, MODEL_POLE_SHUTDOWN, index);
	search->owner[owner].is_over = true;
	return owner;
}

/* The model's shutdowns are those that ended. One that never ended may have no owner. */
static void add_open_shutdown(struct search *search, const struct model_subject_span *entry)
{
	const struct model_device *device = device_of_shutdown(search->model, entry);

	if (device)
		add_open(search, device - search->model->device, &entry->span);
	else
		search->opens++;
}

/*
 * A device's reset is a part of its freeze. A session's blackout ends with its files, and nobody
 * waits for an FLB itself.
 */
static void add_subject(struct search *search, enum model_long_pole_kind kind, size_t index,
			const struct model_span step[STEPS])
{
	static const enum model_step counted[] = { STEP_FREEZE, STEP_RETRIEVE, STEP_BIND,
						   STEP_IRQ_SETUP, STEP_FINISH };
	const size_t owner = add_owner(search, kind, index);
	size_t i;

	search->owner[owner].is_over = is_last(search, &step[STEP_FINISH]);
	for (i = 0; i < ARRAY_SIZE(counted); i++) {
		const bool is_return = counted[i] == STEP_RETRIEVE || counted[i] == STEP_IRQ_SETUP;

		if (is_return && (kind == MODEL_POLE_DEVICE || kind == MODEL_POLE_FILE))
			add_return(search, owner, &step[counted[i]]);
		else
			add_step(search, owner, &step[counted[i]]);
	}
}

/* Devices come first: see owner_of_shutdown(). */
static void collect_steps(struct search *search)
{
	const struct model *model = search->model;
	size_t i;

	for (i = 0; i < model->devices; i++)
		add_subject(search, MODEL_POLE_DEVICE, i, model->device[i].step);
	for (i = 0; i < model->files; i++)
		add_subject(search, MODEL_POLE_FILE, i, model->file[i].step);
	for (i = 0; i < model->sessions; i++)
		add_subject(search, MODEL_POLE_SESSION, i, model->session[i].step);
	for (i = 0; i < model->flbs; i++)
		add_subject(search, MODEL_POLE_FLB, i, model->flb[i].step);
	for (i = 0; i < model->shutdowns; i++)
		add_step(search, owner_of_shutdown(search, i), &model->shutdown[i].span);
	for (i = 0; i < model->opens; i++)
		if (model->open[i].kind == LUO_STATS_SHUTDOWN)
			add_open_shutdown(search, &model->open[i]);
}

static int compare_nesting(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	if (x->in_new_kernel != y->in_new_kernel)
		return x->in_new_kernel - y->in_new_kernel;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

static void add_own(struct search *search, const struct stretch *step, int64_t begin, int64_t end)
{
	if (begin >= end)
		return;
	search->event[search->events++] = (struct event){ begin, step->owner, false };
	search->event[search->events++] = (struct event){ end, step->owner, true };
}

/*
 * The steps of one thread are nested: a session's freeze contains those of its files, and a file's
 * freeze contains that of its device. A retrieve may contain other retrieves. Each moment belongs
 * to the innermost step.
 *
 * @open has room for every step; it holds those that are open, the innermost last. Each step begins
 * one stretch and ends one, so there are at most twice as many stretches.
 */
static void take_nesting_out(struct search *search, const struct stretch **open)
{
	size_t depth = 0, i;
	int64_t at = 0;

	qsort(search->step, search->steps, sizeof(*search->step), compare_nesting);
	for (i = 0; i <= search->steps; i++) {
		const struct stretch *step = i < search->steps ? &search->step[i] : NULL;

		while (depth && (!step || open[0]->pid != step->pid ||
				 open[0]->in_new_kernel != step->in_new_kernel ||
				 open[depth - 1]->end <= step->begin)) {
			depth--;
			add_own(search, open[depth], at, open[depth]->end);
			if (open[depth]->end > at)
				at = open[depth]->end;
		}
		if (!step)
			break;
		if (depth)
			add_own(search, open[depth - 1], at, step->begin);
		open[depth++] = step;
		at = step->begin;
	}
}

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return y->is_end - x->is_end;
}

/**
 * struct tail - the end of the blackout, which waited for one owner alone
 * @owner: who came back last
 * @begin: when the one before it came back
 */
struct tail {
	size_t owner;
	int64_t begin;
};

static struct tail find_tail(const struct search *search)
{
	struct tail tail = { .owner = SIZE_MAX, .begin = search->model->blackout.value };
	int64_t last = -1, before = -1;
	size_t i;

	for (i = 0; i < search->owners; i++) {
		if (search->returned[i] >= last) {
			before = last;
			last = search->returned[i];
			tail.owner = i;
		} else if (search->returned[i] > before) {
			before = search->returned[i];
		}
	}
	/* Another owner ends the blackout, or no other owner ever came back. */
	if (last < search->model->blackout.value || before < 0)
		return (struct tail){ .owner = SIZE_MAX };
	tail.begin = before;
	return tail;
}

/**
 * struct sweep - a walk along the stretches
 * @running: by owner, how many of its stretches are under way
 * @owners:  how many owners that are
 * @sum:     of their numbers: if there is only one, its number
 */
struct sweep {
	unsigned int *running;
	size_t owners;
	size_t sum;
};

/*
 * From @begin to @end nothing began or ended. In the tail everything else is back: what other
 * owners do then does not lengthen the blackout, and the owner of the tail only while it is busy.
 */
static void measure_stretch(struct search *search, const struct sweep *sweep,
			    const struct tail *tail, int64_t begin, int64_t end)
{
	const int64_t border = begin > tail->begin ? begin : tail->begin;

	if (tail->owner != SIZE_MAX && end > border) {
		if (sweep->running[tail->owner])
			search->owner[tail->owner].tail_busy_ns += end - border;
		if (sweep->owners == 1 && sweep->sum == tail->owner)
			end = border;
	}
	if (sweep->owners == 1 && end > begin)
		search->owner[sweep->sum].alone_ns += end - begin;
}

static void count_event(struct search *search, struct sweep *sweep, const struct event *event)
{
	const size_t owner = event->owner;

	if (!event->is_end && !sweep->running[owner]++) {
		sweep->owners++;
		sweep->sum += owner;
		search->owner[owner].busy_ns -= event->at;
	} else if (event->is_end && !--sweep->running[owner]) {
		sweep->owners--;
		sweep->sum -= owner;
		search->owner[owner].busy_ns += event->at;
	}
}

/* @running: by owner, all 0. */
static void measure(struct search *search, unsigned int *running)
{
	const struct tail tail = find_tail(search);
	const struct event *event = search->event;
	struct sweep sweep = { .running = running };
	size_t i;

	qsort(search->event, search->events, sizeof(*search->event), compare_events);
	for (i = 0; i < search->events; i++) {
		if (i && sweep.owners)
			measure_stretch(search, &sweep, &tail, event[i - 1].at, event[i].at);
		count_event(search, &sweep, &event[i]);
	}
	if (tail.owner != SIZE_MAX)
		search->owner[tail.owner].tail_ns = search->model->blackout.value - tail.begin;
}

static int compare_poles(const void *a, const void *b)
{
	const struct model_long_pole *x = a, *y = b;

	if (x->saved.value != y->saved.value)
		return x->saved.value > y->saved.value ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* A time in which @owner was busy, and nothing else if @is_alone. */
static struct bounded time_of(const struct search *search, const struct owner *owner, int64_t ns,
			      bool is_alone)
{
	const struct model *model = search->model;
	struct bounded time = clock_bounded(&model->clock, ns, 0);

	if (owner->is_open)
		time = bounded_at_least(time, WHY_NEVER_ENDED);
	else if (bounded_is_lower_bound(model->blackout) && !owner->is_over)
		time = bounded_at_least(time, model->blackout.why);
	if (is_alone && search->opens > owner->is_open)
		time = bounded_at_most(time, WHY_NEVER_ENDED);
	return time;
}

/* The same of a time that includes the tail, of which @tail_ns count. */
static struct bounded time_with_tail(const struct search *search, const struct owner *owner,
				     int64_t tail_ns)
{
	const struct bounded time = time_of(search, owner, owner->alone_ns + tail_ns, true);

	return owner->tail_ns && bounded_is_lower_bound(search->model->blackout) ?
		       bounded_in_doubt(time, search->model->blackout.why) :
		       time;
}

static struct bounded blackout_without(const struct search *search, const struct owner *owner,
				       int64_t saved_ns)
{
	struct bounded without = bounded_minus(search->model->blackout, saved_ns);

	if (owner->is_open)
		without = bounded_at_most(without, WHY_NEVER_ENDED);
	if (search->opens > owner->is_open)
		without = bounded_at_least(without, WHY_NEVER_ENDED);
	return without;
}

static struct model_long_pole pole_of(const struct search *search, const struct owner *owner)
{
	const struct model *model = search->model;
	const int64_t saved_ns = owner->alone_ns + owner->tail_busy_ns;
	const struct bounded tail = clock_bounded(&model->clock, owner->tail_ns, 0);

	return (struct model_long_pole){
		.kind = owner->kind,
		.index = owner->index,
		.busy = time_of(search, owner, owner->busy_ns, false),
		.alone = time_of(search, owner, owner->alone_ns, true),
		.tail = bounded_is_lower_bound(model->blackout) ?
				bounded_in_doubt(tail, model->blackout.why) :
				tail,
		.waited = time_with_tail(search, owner, owner->tail_ns),
		.saved = time_with_tail(search, owner, owner->tail_busy_ns),
		.without = blackout_without(search, owner, saved_ns),
	};
}

static void add_init(struct search *search)
{
	const size_t owner = add_owner(search, MODEL_POLE_INIT, 0);
	const int64_t ns = phases_init_in_blackout(search->model);

	search->owner[owner].busy_ns = ns;
	search->owner[owner].alone_ns = ns;
	search->owner[owner].is_over = ns == search->model->luoscope_init.value;
}

/*
 * Give the model the poles that would have made a difference, the longest first. Returns 0 or
 * -ENOMEM.
 */
static int keep_poles(struct model *model, struct search *search)
{
	size_t i;

	if (model->luoscope_init.known)
		add_init(search);
	model->poles = 0;
	model->pole = array_zeroed(search->owners, sizeof(*model->pole));
	if (!model->pole)
		return -ENOMEM;
	for (i = 0; i < search->owners; i++) {
		const struct owner *owner = &search->owner[i];

		if (owner->alone_ns + owner->tail_ns > 0)
			model->pole[model->poles++] = pole_of(search, owner);
	}
	qsort(model->pole, model->poles, sizeof(*model->pole), compare_poles);
	return 0;
}

const char *long_pole_name(const struct model *model, const struct model_long_pole *pole)
{
	switch (pole->kind) {
	case MODEL_POLE_DEVICE:
		return model->device[pole->index].name;
	case MODEL_POLE_FILE:
		return model->file[pole->index].session;
	case MODEL_POLE_SESSION:
		return model->session[pole->index].name;
	case MODEL_POLE_FLB:
		return model->flb[pole->index].name;
	case MODEL_POLE_SHUTDOWN:
		return model->shutdown[pole->index].name;
	default:
		return "";
	}
}

/* What is needed of the steps, until only events are left of them. */
static int find_events(struct search *search, size_t owners)
{
	/* add_subject() adds at most five for one owner, and a device is also shut down. */
	const size_t most = 6 * owners;
	const struct stretch **open = NULL;
	int err = -ENOMEM;

	search->step = array_zeroed(most, sizeof(*search->step));
	if (!search->step)
		return -ENOMEM;
	collect_steps(search);
	open = calloc(search->steps + 1, sizeof(*open));
	search->event = array_zeroed(4 * search->steps + 1, sizeof(*search->event));
	if (open && search->event) {
		take_nesting_out(search, open);
		err = 0;
	}
	free(open);
	free(search->step);
	search->step = NULL;
	return err;
}

int long_poles_find(struct model *model)
{
	const size_t owners = model->devices + model->files + model->sessions + model->flbs +
			      model->shutdowns + 1;
	struct search search = { .model = model };
	unsigned int *running = NULL;
	int err = -ENOMEM;

	if (!model->has_end || model->origin_slot != LUO_STATS_B0_UPDATE_BEGIN)
		return 0;
	search.owner = array_zeroed(owners, sizeof(*search.owner));
	search.returned = calloc(owners, sizeof(*search.returned));
	running = calloc(owners, sizeof(*running));
	if (search.owner && search.returned && running)
		err = find_events(&search, owners);
	if (!err) {
		measure(&search, running);
		/* The poles can have the room of the events. */
		free(search.event);
		search.event = NULL;
		err = keep_poles(model, &search);
	}
	free(search.owner);
	free(search.returned);
	free(search.event);
	free(running);
	return err;
}
