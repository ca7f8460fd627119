// SPDX-License-Identifier: GPL-2.0
#include "rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "build_context.h"
#include "capture/area.h"
#include "capture/capture.h"
#include "clock.h"
#include "model.h"
#include "returns.h"
#include "steps.h"

/* A subject of an area that has a row; two with the same key become one row. */
struct reference {
	const char *name; /* in its area: see area_subject_name() */
	uint64_t token;
	enum kernel kernel;
	uint32_t subject;
};

static int compare_references(const void *a, const void *b)
{
	const struct reference *x = a, *y = b;
	int order = strncmp(x->name, y->name, AREA_NAME_BYTES);

	if (order)
		return order;
	if (x->token != y->token)
		return x->token < y->token ? -1 : 1;
	if (x->kernel != y->kernel)
		return x->kernel < y->kernel ? -1 : 1;
	return x->subject < y->subject ? -1 : x->subject > y->subject;
}

static size_t collect_references(struct build *build, uint32_t kind, struct reference *references)
{
	size_t count = 0;
	enum kernel kernel;
	uint32_t i;

	for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++) {
		for (i = 1; build->area[kernel] && i <= build->area[kernel]->subjects; i++) {
			struct reference *reference = &references[count];
			struct luo_stats_subject_key id;

			if (!area_subject(build->area[kernel], i, &id))
				continue;
			/* A session is known from its files, too. */
			if (id.kind != kind && (kind != LUO_STATS_SUBJECT_SESSION ||
						id.kind != LUO_STATS_SUBJECT_FILE))
				continue;
			*reference = (struct reference){
				.name = area_subject_name(build->area[kernel], i),
				.kernel = kernel,
				.subject = i,
			};
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
 * @rows. Returns the number of rows; the first reference to each is moved to the front.
 */
static size_t number_rows(struct build *build, uint32_t kind, struct reference *references,
			  size_t *const rows[KERNELS])
{
	size_t count = collect_references(build, kind, references);
	size_t row = 0, i;

	for (i = 0; i < count; i++) {
		const struct reference reference = references[i];

		if (!row || strncmp(reference.name, references[row - 1].name, AREA_NAME_BYTES) ||
		    reference.token != references[row - 1].token)
			references[row++] = reference;
		rows[reference.kernel][reference.subject] = row;
	}
	return row;
}

static void copy_name(char name[MODEL_NAME_BYTES], const struct reference *reference)
{
	text_copy(name, MODEL_NAME_BYTES, reference->name, AREA_NAME_BYTES);
}

int rows_build(struct build *build)
{
	struct model *model = build->model;
	struct reference *references;
	uint64_t places[KERNELS] = {};
	size_t total, i;
	enum kernel kernel;

	for (kernel = OLD_KERNEL; kernel < KERNELS; kernel++) {
		if (build->area[kernel])
			places[kernel] = build->area[kernel]->subjects;
		build->file_row[kernel] = calloc(places[kernel] + 1, sizeof(size_t));
		build->session_row[kernel] = calloc(places[kernel] + 1, sizeof(size_t));
		build->device_row[kernel] = calloc(places[kernel] + 1, sizeof(size_t));
		build->flb_row[kernel] = calloc(places[kernel] + 1, sizeof(size_t));
		if (!build->file_row[kernel] || !build->session_row[kernel] ||
		    !build->device_row[kernel] || !build->flb_row[kernel])
			return -ENOMEM;
	}
	total = places[OLD_KERNEL] + places[NEW_KERNEL] + 1;
	references = calloc(total, sizeof(*references));
	if (!references)
		return -ENOMEM;

	model->files = number_rows(build, LUO_STATS_SUBJECT_FILE, references, build->file_row);
	model->file = array_zeroed(model->files + 1, sizeof(*model->file));
	for (i = 0; model->file && i < model->files; i++) {
		copy_name(model->file[i].session, &references[i]);
		model->file[i].token = references[i].token;
	}
	model->sessions =
		number_rows(build, LUO_STATS_SUBJECT_SESSION, references, build->session_row);
	model->session = array_zeroed(model->sessions + 1, sizeof(*model->session));
	for (i = 0; model->session && i < model->sessions; i++)
		copy_name(model->session[i].name, &references[i]);
	model->devices =
		number_rows(build, LUO_STATS_SUBJECT_DEVICE, references, build->device_row);
	model->device = array_zeroed(model->devices + 1, sizeof(*model->device));
	for (i = 0; model->device && i < model->devices; i++)
		copy_name(model->device[i].name, &references[i]);
	model->flbs = number_rows(build, LUO_STATS_SUBJECT_FLB, references, build->flb_row);
	model->flb = array_zeroed(model->flbs + 1, sizeof(*model->flb));
	for (i = 0; model->flb && i < model->flbs; i++)
		copy_name(model->flb[i].name, &references[i]);
	free(references);
	build->file_rank = calloc(model->files + 1, 1);
	build->device_rank = calloc(model->devices + 1, 1);
	if (!model->file || !model->session || !model->device || !model->flb || !build->file_rank ||
	    !build->device_rank)
		return -ENOMEM;
	return 0;
}

static bool is_given_up(const struct model_span *preserve, const struct model_span *unpreserve)
{
	return !preserve->observed ||
	       (unpreserve->observed && unpreserve->begin_cycles >= preserve->begin_cycles);
}

/* Whether something was seen that only happens in an update, or that follows a preserve. */
static bool update_came(const struct model_span step[STEPS])
{
	enum model_step i;

	for (i = STEP_FREEZE; i <= STEP_FINISH; i++)
		if (i != STEP_RESET && step[i].observed)
			return true;
	return false;
}

/*
 * What is known not to have been frozen was given up, and nobody saw it: the probes were detached
 * after its @preserve.
 */
static bool is_given_up_unseen(const struct model *model, const struct model_span *preserve)
{
	size_t i;

	for (i = 0; i < model->detacheds; i++)
		if (!model->detached[i].in_new_kernel &&
		    model->detached[i].end_cycles > preserve->begin_cycles)
			return true;
	return false;
}

/* A file that was preserved once, given up, and no longer preserved when the update came. */
static bool file_is_gone(const struct build *build, const struct model_file *file,
			 const struct model_session *session)
{
	const struct model_span *preserve = &file->step[STEP_PRESERVE];

	if (update_came(file->step))
		return false;
	return is_given_up(preserve, &session->step[STEP_UNPRESERVE]) ||
	       (build->freezes_seen && is_given_up_unseen(build->model, preserve));
}

static bool device_is_gone(const struct model *model, const struct model_device *device)
{
	const struct model_span *preserve = &device->step[STEP_PRESERVE];

	if (update_came(device->step))
		return false;
	return is_given_up(preserve, &device->step[STEP_UNPRESERVE]) ||
	       (model->freezes_known && is_given_up_unseen(model, preserve));
}

static bool file_is_away(const struct model_file *file)
{
	return model_span_succeeded(&file->step[STEP_FREEZE]) &&
	       !model_span_succeeded(&file->step[STEP_RETRIEVE]);
}

static void finish_file(const struct build *build, struct model_file *file)
{
	file->takes_part = model_span_succeeded(&file->step[STEP_PRESERVE]) ||
			   file->step[STEP_FREEZE].observed ||
			   model_span_succeeded(&file->step[STEP_RETRIEVE]);
	if (file->step[STEP_FREEZE].observed && model_span_succeeded(&file->step[STEP_RETRIEVE]))
		build_duration_between(build, file->step[STEP_FREEZE].begin_cycles,
				       file->step[STEP_RETRIEVE].end_cycles, &file->downtime);
	file->not_back = build->model->files_missing_known && file_is_away(file);
	file->discarded = file->not_back && !file->step[STEP_RETRIEVE].observed &&
			  model_span_succeeded(&file->step[STEP_FINISH]);
}

static void finish_device(const struct build *build, struct model_device *device)
{
	const struct model_span *back = model_device_is_in_service(device) ?
						&device->step[STEP_IRQ_SETUP] :
						&device->step[STEP_RETRIEVE];

	/* The span of its reset was dropped, or does not exist because no reset was tried. */
	if (!device->reset.known && device->freeze_detail) {
		device->reset.known = true;
		device->reset.outcome = LUO_STATS_RESET_OUTCOME(device->freeze_detail);
		device->reset.method = LUO_STATS_RESET_METHOD(device->freeze_detail);
		device->reset.lock = LUO_STATS_RESET_LOCK(device->freeze_detail);
	}
	if (device->step[STEP_FREEZE].observed && model_span_succeeded(back))
		build_duration_between(build, device->step[STEP_FREEZE].begin_cycles,
				       back->end_cycles, &device->downtime);
	device->not_back = build->model->devices_missing_known &&
			   returns_device_is_awaited(build, device) &&
			   !model_device_is_in_service(device);
	if (device->kept)
		device->in_service = device->downtime = bounded_exact(0);
	if (model_device_is_in_service(device) && device->step[STEP_IRQ_SETUP].start.known &&
	    device->step[STEP_IRQ_SETUP].duration.known &&
	    build->model->origin_slot == LUO_STATS_B0_UPDATE_BEGIN)
		device->in_service =
			clock_bounded(&build->model->clock,
				      device->step[STEP_IRQ_SETUP].start.value +
					      device->step[STEP_IRQ_SETUP].duration.value,
				      0);
}

/* A capture may contain anything: only accept what looks like two ids. Its first line counts. */
static void identify_device(struct model *model, const char *name, const char *value)
{
	static const char digits[] = "0123456789abcdef";
	const struct model_device *found = model_find_device(model, name);

	if (found && !found->pci_id[0] && strspn(value, digits) == 4 && value[4] == ':' &&
	    strspn(value + 5, digits) == 4 && !value[9])
		memcpy(model->device[found - model->device].pci_id, value, MODEL_PCI_ID_BYTES);
}

/* Copy the text from @from to @to; false: it is too long, or has a 0 in it. */
static bool take_text(char *buffer, size_t size, const char *from, const char *to)
{
	const size_t length = to - from;

	if (length >= size || memchr(from, '\0', length))
		return false;
	memcpy(buffer, from, length);
	buffer[length] = '\0';
	return true;
}

/* Goes once through the lines NAME=IDS: there may be as many of them as there are devices. */
static void identify_devices(struct model *model, const struct capture_section *section)
{
	const char *line = section->bytes, *next;
	const char *end = line ? line + section->size : NULL;
	char name[MODEL_NAME_BYTES], value[MODEL_PCI_ID_BYTES + 1];

	for (; line < end; line = next + 1) {
		const char *equals;

		next = memchr(line, '\n', end - line);
		if (!next)
			next = end;
		equals = memchr(line, '=', next - line);
		if (equals && take_text(name, sizeof(name), line, equals) &&
		    take_text(value, sizeof(value), equals + 1, next))
			identify_device(model, name, value);
	}
}

static void count_reset(struct model *model, const struct model_device *device)
{
	if (!model_span_succeeded(&device->step[STEP_FREEZE]))
		return;
	if (device->reset.none_seen)
		model->resets_none_seen++;
	else if (device->reset.known && device->reset.outcome < LUO_STATS_RESET_OUTCOMES)
		model->resets[device->reset.outcome]++;
	else
		model->resets[LUO_STATS_RESET_UNKNOWN]++;
}

static void finish_devices(const struct build *build)
{
	struct model *model = build->model;
	size_t kept = 0, i;

	for (i = 0; i < model->devices; i++) {
		struct model_device device = model->device[i];

		if (device_is_gone(model, &device))
			continue;
		finish_device(build, &device);
		count_reset(model, &device);
		model->device[kept++] = device;
	}
	model->devices = kept;
	identify_devices(model, &build->capture->section[CAPTURE_PCI]);
}

/* The @rows files from @file on belong to @session. */
static void finish_session(const struct build *build, struct model_session *session,
			   const struct model_file *file, size_t rows)
{
	const struct model_boundary *begin = &build->model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	uint64_t last = 0;
	size_t i;

	for (i = 0; i < rows; i++) {
		const struct model_span *retrieve = &file[i].step[STEP_RETRIEVE];

		session->files += file[i].takes_part;
		session->files_missing += file_is_away(&file[i]);
		if (!model_span_succeeded(retrieve) ||
		    (model_span_succeeded(&session->step[STEP_FINISH]) &&
		     retrieve->begin_cycles > session->step[STEP_FINISH].begin_cycles))
			continue;
		if (retrieve->end_cycles > last)
			last = retrieve->end_cycles;
	}
	session->files_known = returns_are_known(build, session->files_missing);
	if (!last)
		return;
	session->late = last > build->retrieved_cycles;
	if (begin->source != MODEL_SOURCE_NONE)
		build_duration_between(build, begin->cycles, last, &session->downtime);
}

static bool session_is_seen(const struct model_session *session)
{
	return session->files || update_came(session->step);
}

/* Both tables are sorted by the session's name: one pass over them. */
static void finish_sessions(const struct build *build)
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

			if (file_is_gone(build, &file, &session))
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

/* One that is no longer preserved when the update comes is not part of it. */
static void finish_flbs(struct model *model)
{
	size_t kept = 0, i;

	for (i = 0; i < model->flbs; i++) {
		const struct model_span *step = model->flb[i].step;

		if (update_came(step) || !is_given_up(&step[STEP_PRESERVE], &step[STEP_UNPRESERVE]))
			model->flb[kept++] = model->flb[i];
	}
	model->flbs = kept;
}

void rows_finish(const struct build *build)
{
	finish_sessions(build);
	finish_devices(build);
	finish_flbs(build->model);
}
