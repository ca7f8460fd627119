// SPDX-License-Identifier: GPL-2.0
#include "belongs.h"

#include <string.h>

#include "base/array.h"
#include "model.h"
#include "steps.h"

/* Whether @inner ran inside @outer, called by it. */
static bool encloses(const struct model_span *outer, const struct model_span *inner)
{
	return outer->observed && inner->observed && !outer->open && !inner->open &&
	       outer->in_new_kernel == inner->in_new_kernel && outer->pid == inner->pid &&
	       outer->begin_cycles <= inner->begin_cycles && inner->end_cycles <= outer->end_cycles;
}

/* Whether one of the file's steps encloses the same step of the device. */
static bool file_is_of(const struct model_file *file, const struct model_device *device)
{
	static const enum model_step step[] = { STEP_FREEZE, STEP_PRESERVE, STEP_RETRIEVE,
						STEP_FINISH };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(step); i++)
		if (encloses(&file->step[step[i]], &device->step[step[i]]))
			return true;
	return false;
}

static void find_file(struct model *model, size_t index)
{
	struct model_device *device = &model->device[index];
	size_t i;

	device->file = MODEL_NONE;
	for (i = 0; i < model->files; i++) {
		if (!file_is_of(&model->file[i], device))
			continue;
		/* A device that was preserved again by another file. */
		if (device->file != MODEL_NONE) {
			device->file = MODEL_NONE;
			return;
		}
		device->file = i;
	}
	if (device->file != MODEL_NONE)
		model->file[device->file].device = index;
}

/* The only virtual machine of the session @name, or MODEL_NONE. */
static size_t find_vm(const struct model *model, const char *name)
{
	size_t found = MODEL_NONE, i;

	for (i = 0; i < model->vms; i++) {
		if (!*name || strcmp(model->vm[i].session, name))
			continue;
		if (found != MODEL_NONE)
			return MODEL_NONE;
		found = i;
	}
	return found;
}

void belongs_find(struct model *model)
{
	size_t i;

	for (i = 0; i < model->sessions; i++)
		model->session[i].vm = find_vm(model, model->session[i].name);
	for (i = 0; i < model->files; i++) {
		model->file[i].device = MODEL_NONE;
		model->file[i].vm = find_vm(model, model->file[i].session);
	}
	for (i = 0; i < model->devices; i++)
		find_file(model, i);
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
