// SPDX-License-Identifier: GPL-2.0
#include "belongs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model.h"
#include "steps.h"

/*
 * The steps of a device that run inside the same steps of its file. The freeze comes last, because
 * the first file's freeze contains that of whichever device refuses the update.
 */
static const enum model_step shared_step[] = { STEP_PRESERVE, STEP_RETRIEVE, STEP_FINISH,
					       STEP_FREEZE };

/* A step of a file, or of a device, in the thread that took it; @outer: the file's around it. */
struct call {
	const struct model_span *span;
	const struct call *outer;
	bool is_device;
	size_t index;
};

/*
 * By thread, and in each by their beginning. Of two that begin at once, the file's comes first: it
 * encloses the device's.
 */
static int compare_calls(const void *a, const void *b)
{
	const struct call *x = a, *y = b;

	if (x->span->in_new_kernel != y->span->in_new_kernel)
		return x->span->in_new_kernel ? 1 : -1;
	if (x->span->pid != y->span->pid)
		return x->span->pid < y->span->pid ? -1 : 1;
	if (x->span->begin_cycles != y->span->begin_cycles)
		return x->span->begin_cycles < y->span->begin_cycles ? -1 : 1;
	if (x->is_device != y->is_device)
		return x->is_device ? 1 : -1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static bool is_same_thread(const struct call *x, const struct call *y)
{
	return x->span->in_new_kernel == y->span->in_new_kernel && x->span->pid == y->span->pid;
}

static size_t add_call(struct call *list, size_t count, const struct model_span *span,
		       bool is_device, size_t index)
{
	if (span->observed && !span->open)
		list[count++] =
			(struct call){ .span = span, .is_device = is_device, .index = index };
	return count;
}

/*
 * What a list of claims makes of @claim. The one that has more than one candidate has none: the
 * device was preserved again by another file, or the file has two devices.
 */
static void add_claim(size_t *claim, bool *is_ambiguous, size_t candidate)
{
	if (*claim != MODEL_NONE && *claim != candidate)
		*is_ambiguous = true;
	*claim = candidate;
}

/* The innermost of the files' steps, from @call outwards, that had not ended at @end. */
static const struct call *around(const struct call *call, uint64_t end)
{
	while (call && call->span->end_cycles < end)
		call = call->outer;
	return call;
}

/*
 * Finds the files whose @step encloses that of a device. A file's step may enclose other files',
 * which its handler needs: the innermost is that of the device's own file.
 */
static void claim_files(struct model *model, enum model_step step, struct call *list,
			bool *is_ambiguous)
{
	const struct call *last = NULL;
	size_t count = 0, i;

	for (i = 0; i < model->files; i++)
		count = add_call(list, count, &model->file[i].step[step], false, i);
	for (i = 0; i < model->devices; i++)
		count = add_call(list, count, &model->device[i].step[step], true, i);
	qsort(list, count, sizeof(*list), compare_calls);
	for (i = 0; i < count; i++) {
		struct call *call = &list[i];
		const struct call *file;

		if (i && !is_same_thread(call, call - 1))
			last = NULL;
		file = around(last, call->span->end_cycles);
		if (!call->is_device) {
			call->outer = file;
			last = call;
		} else if (file &&
			   (step != STEP_FREEZE || model->device[call->index].file == MODEL_NONE)) {
			add_claim(&model->device[call->index].file, &is_ambiguous[call->index],
				  file->index);
		}
	}
}

/* A file has one device: if two were preserved by it, nobody knows which one is meant. */
static void claim_devices(struct model *model, bool *is_ambiguous)
{
	size_t i;

	for (i = 0; i < model->devices; i++) {
		const size_t file = model->device[i].file;

		if (file != MODEL_NONE)
			add_claim(&model->file[file].device, &is_ambiguous[file], i);
	}
	for (i = 0; i < model->files; i++)
		if (is_ambiguous[i])
			model->file[i].device = MODEL_NONE;
}

static int find_files(struct model *model)
{
	struct call *list = calloc(model->files + model->devices + 1, sizeof(*list));
	bool *of_device = calloc(model->devices + 1, sizeof(*of_device));
	bool *of_file = calloc(model->files + 1, sizeof(*of_file));
	int err = list && of_device && of_file ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < model->files; i++)
		model->file[i].device = MODEL_NONE;
	for (i = 0; i < model->devices; i++)
		model->device[i].file = MODEL_NONE;
	for (i = 0; !err && i < ARRAY_SIZE(shared_step); i++)
		claim_files(model, shared_step[i], list, of_device);
	for (i = 0; !err && i < model->devices; i++)
		if (of_device[i])
			model->device[i].file = MODEL_NONE;
	if (!err)
		claim_devices(model, of_file);
	free(list);
	free(of_device);
	free(of_file);
	return err;
}

static int compare_sessions(const void *a, const void *b)
{
	const struct model_vm *const *x = a, *const *y = b;

	return strcmp((*x)->session, (*y)->session);
}

static int compare_session(const void *name, const void *vm)
{
	return strcmp(name, (*(const struct model_vm *const *)vm)->session);
}

/* The only virtual machine of the session @name in @list of @count, or MODEL_NONE. */
static size_t find_vm(const struct model *model, const struct model_vm **list, size_t count,
		      const char *name)
{
	const struct model_vm **found =
		*name && count ? bsearch(name, list, count, sizeof(*list), compare_session) : NULL;

	if (!found || (found > list && !compare_session(name, found - 1)) ||
	    (found + 1 < list + count && !compare_session(name, found + 1)))
		return MODEL_NONE;
	return *found - model->vm;
}

static int find_vms(struct model *model)
{
	const struct model_vm **list = calloc(model->vms + 1, sizeof(const struct model_vm *));
	size_t i;

	if (!list)
		return -ENOMEM;
	for (i = 0; i < model->vms; i++)
		list[i] = &model->vm[i];
	qsort(list, model->vms, sizeof(*list), compare_sessions);
	for (i = 0; i < model->sessions; i++)
		model->session[i].vm = find_vm(model, list, model->vms, model->session[i].name);
	for (i = 0; i < model->files; i++)
		model->file[i].vm = find_vm(model, list, model->vms, model->file[i].session);
	free(list);
	return 0;
}

int belongs_find(struct model *model)
{
	int err = find_vms(model);

	return err ? err : find_files(model);
}

static const struct model_vm *vm_at(const struct model *model, size_t index)
{
	return index != MODEL_NONE ? &model->vm[index] : NULL;
}

const struct model_file *device_file(const struct model *model, const struct model_device *device)
{
	return device->file != MODEL_NONE ? &model->file[device->file] : NULL;
}

const struct model_vm *device_vm(const struct model *model, const struct model_device *device)
{
	return device->file != MODEL_NONE ? vm_at(model, model->file[device->file].vm) : NULL;
}

const struct model_vm *file_vm(const struct model *model, const struct model_file *file)
{
	return vm_at(model, file->vm);
}

const struct model_vm *session_vm(const struct model *model, const struct model_session *session)
{
	return vm_at(model, session->vm);
}
