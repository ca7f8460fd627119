/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What belongs to the devices that the user asked for. Without such devices, everything is wanted.
 */
#ifndef LUOSCOPE_TEXT_SELECT_H
#define LUOSCOPE_TEXT_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
#include "report.h"
#include "text_cells.h"

bool wants_device(const struct view_options *options, const struct model_device *device);
/* The file, the session or the virtual machine of such a device. */
bool wants_file(const struct view *view, const struct model_file *file);
bool wants_session(const struct view *view, const struct model_session *session);
bool wants_vm(const struct view *view, const struct model_vm *vm);
/* Any of these, as the subject of a span: @name and @key as in struct model_subject_span. */
bool wants_subject(const struct view *view, uint32_t kind, const char *name, uint64_t key);
bool wants_pole(const struct view *view, const struct model_long_pole *pole);

#endif /* LUOSCOPE_TEXT_SELECT_H */
