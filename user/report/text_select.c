// SPDX-License-Identifier: GPL-2.0
#include "text_select.h"

#include <string.h>

#include "model/belongs.h"
#include "model/model.h"
#include "report.h"
#include "text_cells.h"

bool wants_device(const struct view_options *options, const struct model_device *device)
{
	size_t i;

	for (i = 0; i < options->devices; i++)
		if (!strcmp(options->device[i], device->name))
			return true;
	return !options->devices;
}

bool wants_file(const struct view *view, const struct model_file *file)
{
	const size_t device = file->device;

	if (!view->options->devices)
		return true;
	return device != MODEL_NONE && wants_device(view->options, &view->model->device[device]);
}

bool wants_session(const struct view *view, const struct model_session *session)
{
	const struct model *model = view->model;
	size_t i;

	for (i = 0; i < model->files; i++)
		if (!strcmp(model->file[i].session, session->name) &&
		    wants_file(view, &model->file[i]))
			return true;
	return !view->options->devices;
}

bool wants_vm(const struct view *view, const struct model_vm *vm)
{
	const struct model *model = view->model;
	size_t i;

	for (i = 0; i < model->devices; i++)
		if (device_vm(model, &model->device[i]) == vm &&
		    wants_device(view->options, &model->device[i]))
			return true;
	return !view->options->devices;
}

static bool wants_named_device(const struct view *view, const char *name)
{
	size_t i;

	for (i = 0; i < view->options->devices; i++)
		if (!strcmp(view->options->device[i], name))
			return true;
	return false;
}

bool wants_subject(const struct view *view, uint32_t kind, const char *name, uint64_t key)
{
	const struct model *model = view->model;
	size_t i;

	if (!view->options->devices)
		return true;
	if (!name)
		return false;
	if (kind == LUO_STATS_SUBJECT_DEVICE)
		return wants_named_device(view, name);
	if (kind == LUO_STATS_SUBJECT_FILE)
		for (i = 0; i < model->files; i++)
			if (model->file[i].token == key && !strcmp(model->file[i].session, name))
				return wants_file(view, &model->file[i]);
	return false;
}

bool wants_pole(const struct view *view, const struct model_long_pole *pole)
{
	const struct model *model = view->model;

	switch (pole->kind) {
	case MODEL_POLE_DEVICE:
		return wants_device(view->options, &model->device[pole->index]);
	case MODEL_POLE_FILE:
		return wants_file(view, &model->file[pole->index]);
	case MODEL_POLE_SESSION:
		return wants_session(view, &model->session[pole->index]);
	default:
		return !view->options->devices;
	}
}
