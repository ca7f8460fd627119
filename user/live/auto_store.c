// SPDX-License-Identifier: GPL-2.0
#include "auto_store.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "base/array.h"
#include "base/error.h"
#include "capture/area.h"
#include "capture/capture.h"
#include "capture/collect.h"
#include "capture/store.h"
#include "model/clock.h"
#include "model/model.h"
#include "model/steps.h"

#define SECOND_NS 1000000000ULL
/* The pause doubles each time, from the first to the longest. */
#define FIRST_PAUSE_NS	 SECOND_NS
#define LONGEST_PAUSE_NS (60 * SECOND_NS)
/* An event is likely to be followed by others: wait for them. */
#define SETTLE_NS (2 * SECOND_NS)
/* If the capture could not be stored, somebody has to do something. Room that is made shows. */
#define RETRY_NS (600 * SECOND_NS)
#define ROOM_NS	 (10 * SECOND_NS)

void auto_store_init(struct auto_store *store, const char *dir, const struct store_limits *limits,
		     uint64_t now_ns)
{
	*store = (struct auto_store){
		.dir = dir,
		.limits = *limits,
		.collect = capture_collect,
		.write = update_log_write,
		.write_refusal = update_log_refusal,
		.attempts = -1,
		.begin_ns = now_ns,
		.due_ns = now_ns,
		.pause_ns = FIRST_PAUSE_NS,
		.known.returns = -1,
	};
}

static bool is_over(const struct auto_store *store, uint64_t now_ns)
{
	return now_ns - store->begin_ns >= AUTO_STORE_WATCH_NS;
}

static void look_until(struct auto_store *store, uint64_t ns)
{
	if (ns < store->due_ns)
		store->due_ns = ns;
}

void auto_store_event(struct auto_store *store, const struct luoscope_event *event, uint64_t now_ns)
{
	const bool is_instant = event->type == LUOSCOPE_EVENT_INSTANT;

	/* It has started, and nothing is certain to be written later; or it has failed. */
	if (event->type == LUOSCOPE_EVENT_BOUNDARY && event->kind == LUO_STATS_B0_UPDATE_BEGIN) {
		store->is_leaving = true;
		look_until(store, now_ns);
	}
	if (event->type == LUOSCOPE_EVENT_BOUNDARY && event->result) {
		store->is_leaving = false;
		look_until(store, now_ns + SETTLE_NS);
	}
	/* The first entry of a vCPU and marks without a duration are instants. */
	if (event->type != LUOSCOPE_EVENT_END && !is_instant)
		return;
	switch (event->kind) {
	case LUO_STATS_RETRIEVE:
	case LUO_STATS_FINISH:
	case LUO_STATS_SESSION_FINISH:
	case LUO_STATS_BIND:
	case LUO_STATS_IRQ_SETUP:
	case LUO_STATS_VCPU_ENTRY:
	case LUO_STATS_MARK:
		look_until(store, now_ns + SETTLE_NS);
	}
}

static bool marks_are_over(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->marks; i++) {
		if (model->mark[i].span.open)
			return false;
	}
	return true;
}

static bool sessions_are_finished(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->sessions; i++) {
		if (model->session[i].files &&
		    !model_span_succeeded(&model->session[i].step[STEP_FINISH]))
			return false;
	}
	return true;
}

/* Nothing that belongs to the blackout is still expected, and its figures are final. */
static bool is_complete(const struct model *model)
{
	return model->has_end && model->clock.verdict == CLOCK_VERIFIED &&
	       model->files_missing_known && !model->files_missing &&
	       (!model->devices_take_part || (!model->devices_awaited && model->devices_kept) ||
		(model->end_slot == LUO_STATS_B11_IN_SERVICE &&
		 (model->end_is_mark || !model->devices_missing))) &&
	       !(model->vms_missing_known && model->vms_missing) && sessions_are_finished(model) &&
	       marks_are_over(model);
}

/* What came back, and what follows a return. */
static int64_t count_returns(const struct model *model)
{
	int64_t returns = 0;
	size_t i;

	for (i = 0; i < model->files; i++)
		returns += model_span_succeeded(&model->file[i].step[STEP_RETRIEVE]) +
			   model_span_succeeded(&model->file[i].step[STEP_FINISH]);
	for (i = 0; i < model->sessions; i++)
		returns += model_span_succeeded(&model->session[i].step[STEP_FINISH]);
	for (i = 0; i < model->devices; i++)
		returns += model_span_succeeded(&model->device[i].step[STEP_BIND]) +
			   model_span_succeeded(&model->device[i].step[STEP_IRQ_SETUP]);
	for (i = 0; i < model->vms; i++)
		returns += model->vm[i].vcpus_back;
	return returns;
}

static uint32_t what_is_certain(const struct model *model)
{
	const bool is[] = {
		model->has_end,
		model->clock.verdict == CLOCK_VERIFIED,
		model->files_missing_known,
		model->devices_missing_known,
		model->vms_missing_known,
		model->manager.finish.known,
		!model_was_detached(model, true),
	};
	uint32_t certain = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(is); i++)
		certain |= (uint32_t)is[i] << i;
	return certain;
}

static int64_t count_exact(const struct model *model)
{
	int64_t exact = model->devices_kept;
	size_t i, j;

	for (i = 0; i < model->vms; i++)
		for (j = 0; j < model->vm[i].vcpus; j++)
			exact += model->vm[i].vcpu[j].in_old_kernel &&
				 model->vm[i].vcpu[j].in_new_kernel && !model->vm[i].vcpu[j].late;
	return exact;
}

static int64_t count_marks(const struct model *model)
{
	int64_t marks = model->marks;
	size_t i;

	for (i = 0; i < model->marks; i++)
		marks += !model->mark[i].span.open;
	return marks;
}

static struct knowledge knowledge_of(const struct model *model)
{
	return (struct knowledge){ .returns = count_returns(model),
				   .certain = what_is_certain(model),
				   .exact = count_exact(model),
				   .marks = count_marks(model) };
}

/* Whether @known is more than @stored: see auto_store.h. */
static bool knows_more(const struct knowledge *known, const struct knowledge *stored)
{
	if (known->returns != stored->returns)
		return known->returns > stored->returns;
	if ((stored->certain & ~known->certain) || known->exact < stored->exact)
		return false;
	return known->certain != stored->certain || known->exact > stored->exact ||
	       known->marks > stored->marks;
}

/*
 * Find what an earlier recorder has stored of the update of @capture, in this kernel. Returns 1 if
 * there is something, 0, or a negative errno.
 */
static int find_stored(struct auto_store *store, const struct capture *capture, struct error *error)
{
	struct capture found;
	struct model model = {};
	uint64_t number;
	char value[8];
	int err;

	if (store->is_found)
		return 0;
	err = store_find(capture, store->dir, &found, &number, error);
	if (err)
		return err;
	store->is_found = true;
	/* What the old kernel has stored, of its start alone, is to be replaced. */
	if (!number || capture_host_value(&found, STORE_STARTED, value, sizeof(value)) ||
	    model_build(&model, &found, NULL)) {
		number = 0;
	} else {
		store->known = knowledge_of(&model);
		store->number = number;
		update_log_found(&store->log, &model);
	}
	model_free(&model);
	capture_free(&found);
	return number != 0;
}

/* Store the capture if it knows more. Returns what auto_store_look() returns. */
static int store_if_more(struct auto_store *store, const struct capture *capture,
			 const struct model *model, bool is_last, struct error *error)
{
	const struct knowledge known = knowledge_of(model);
	int result;

	result = find_stored(store, capture, error);
	if (result < 0 || !knows_more(&known, &store->known) || !(is_last || is_complete(model)))
		return result;
	result = store_save(capture, store->dir, &store->limits, &store->number, error);
	if (result)
		return result;
	store->known = known;
	store->has_stored = true;
	store->write(&store->log, model, store->number, store->dir);
	return 1;
}

/* Log the attempts that failed in this kernel since the last look. */
static void log_refusals(struct auto_store *store, const struct model *model)
{
	int64_t last = store->attempts < 0 ? 0 : store->attempts;
	size_t i;

	for (i = 0; i < model->attempts; i++) {
		const struct model_attempt *attempt = &model->attempt[i];

		if ((model->has_update && attempt->generation != model->generation) ||
		    attempt->number <= last)
			continue;
		last = attempt->number;
		if (store->attempts >= 0)
			store->write_refusal(model, attempt);
	}
	store->attempts = last;
}

/* Whether anything was preserved in the kernel of @capture: else no update takes anything along. */
static bool has_preserved(const struct capture *capture)
{
	const struct capture_section *section = &capture->section[CAPTURE_OUTGOING];
	struct area_cursor cursor = {};
	struct luo_stats_span span;
	struct area area;

	if (area_parse(&area, section->bytes, section->size, NULL))
		return false;
	while (area_next_span(&area, &cursor, &span))
		if (span.kind == LUO_STATS_PRESERVE)
			return true;
	return false;
}

/* Store that an update starts here. Returns 0 or a negative errno. */
static int store_start_once(struct auto_store *store, const struct capture *capture,
			    struct error *error)
{
	uint64_t number;
	int err;

	if (store->is_started || !has_preserved(capture))
		return 0;
	err = store_start(capture, store->dir, &store->limits, &number, error);
	store->is_started = !err;
	return err;
}

/* Collect, and store_if_more(). Clears @has_update if no update started this kernel. */
static int store_update(struct auto_store *store, bool is_last, bool *has_update,
			struct error *error)
{
	struct capture capture = {};
	struct model model = {};
	int result;

	result = store->collect(&capture, NULL, error);
	if (result)
		goto free;
	store->bytes = capture_bytes(&capture);
	result = model_build(&model, &capture, error);
	if (result)
		goto free;
	log_refusals(store, &model);
	*has_update = model.has_update;
	if (!store->is_leaving) {
		store->is_started = false;
		result = store_settle(&capture, store->dir, error);
	}
	if (!result && *has_update)
		result = store_if_more(store, &capture, &model, is_last, error);
	/* The newest capture is that of the update that starts. */
	if (result >= 0 && store->is_leaving) {
		const int err = store_start_once(store, &capture, error);

		result = err ? err : result;
	}
free:
	model_free(&model);
	capture_free(&capture);
	return result;
}

static int look(struct auto_store *store, uint64_t now_ns, bool is_last, struct error *error)
{
	bool has_update = true;
	const int result = store_update(store, is_last, &has_update, error);

	store->due_ns = AUTO_STORE_NEVER;
	store->retry_ns = 0;
	if (result == -ENOSPC) {
		store->retry_ns = now_ns + RETRY_NS;
		look_until(store, now_ns + ROOM_NS);
	} else if (result < 0) {
		look_until(store, now_ns + RETRY_NS);
	} else if (has_update && !is_last) {
		look_until(store, store->begin_ns + AUTO_STORE_WATCH_NS);
		look_until(store, now_ns + store->pause_ns);
		store->pause_ns *= 2;
		if (store->pause_ns > LONGEST_PAUSE_NS)
			store->pause_ns = LONGEST_PAUSE_NS;
	}
	return result;
}

/* Whether there is room for a capture, after there was none. */
static bool has_room(const struct auto_store *store)
{
	struct statvfs fs;

	return statvfs(store->dir, &fs) || (uint64_t)fs.f_bavail * fs.f_frsize >= store->bytes;
}

int auto_store_look(struct auto_store *store, uint64_t now_ns, struct error *error)
{
	if (now_ns < store->due_ns)
		return 0;
	if (now_ns < store->retry_ns && !has_room(store)) {
		store->due_ns = now_ns + ROOM_NS;
		return 0;
	}
	return look(store, now_ns, is_over(store, now_ns), error);
}

int auto_store_stop(struct auto_store *store, uint64_t now_ns, struct error *error)
{
	store->is_leaving |= store->leaves && store->leaves();
	return (store->has_stored || store->due_ns == AUTO_STORE_NEVER) && !store->is_leaving ?
		       0 :
		       look(store, now_ns, true, error);
}
