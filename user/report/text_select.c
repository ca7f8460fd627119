// SPDX-License-Identifier: GPL-2.0
#include "text_select.h"

#include <string.h>

#include "model/belongs.h"
#include "model/model.h"
#include "report.h"
#include "text_cells.h"

static bool wants_named_device(const struct view_options *options, const char *name)
{
	size_t i;

	for (i = 0; i < options->devices; i++)
		if (!strcmp(options->device[i], name))
			return true;
	return !options->devices;
}

bool wants_device(const struct view *view, const void *device)
{
	return wants_named_device(view->options, ((const struct model_device *)device)->name);
}

/*
 * A capture may have a great many devices, and whatever belongs to them; the user named a few: it
 * is these that are looked for. Returns the @i'th of them; NULL: the update has no such device.
 */
static const struct model_device *named_device(const struct view *view, size_t i)
{
	return model_find_device(view->model, view->options->device[i]);
}

/* The file of such a device, or NULL. */
static const struct model_file *named_file(const struct view *view, size_t i)
{
	const struct model_device *device = named_device(view, i);

	return device ? device_file(view->model, device) : NULL;
}

bool wants_file(const struct view *view, const void *file)
{
	size_t i;

	for (i = 0; i < view->options->devices; i++)
		if (named_file(view, i) == file)
			return true;
	return !view->options->devices;
}

bool wants_session(const struct view *view, const void *row)
{
	const struct model_session *session = row;
	size_t i;

	for (i = 0; i < view->options->devices; i++) {
		const struct model_file *file = named_file(view, i);

		if (file && !strcmp(file->session, session->name))
			return true;
	}
	return !view->options->devices;
}

bool wants_vm(const struct view *view, const void *vm)
{
	size_t i;

	for (i = 0; i < view->options->devices; i++) {
		const struct model_device *device = named_device(view, i);

		if (device && device_vm(view->model, device) == vm)
			return true;
	}
	return !view->options->devices;
}

bool wants_subject(const struct view *view, uint32_t kind, const char *name, uint64_t key)
{
	size_t i;

	if (!view->options->devices)
		return true;
	if (!name)
		return false;
	if (kind == LUO_STATS_SUBJECT_DEVICE)
		return wants_named_device(view->options, name);
	for (i = 0; kind == LUO_STATS_SUBJECT_FILE && i < view->options->devices; i++) {
		const struct model_file *file = named_file(view, i);

		if (file && file->token == key && !strcmp(file->session, name))
			return true;
	}
	return false;
}

bool wants_pole(const struct view *view, const struct model_long_pole *pole)
{
	const struct model *model = view->model;

	switch (pole->kind) {
	case MODEL_POLE_DEVICE:
		return wants_device(view, &model->device[pole->index]);
	case MODEL_POLE_FILE:
		return wants_file(view, &model->file[pole->index]);
	case MODEL_POLE_SESSION:
		return wants_session(view, &model->session[pole->index]);
	default:
		return !view->options->devices;
	}
}
