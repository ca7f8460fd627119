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

/* A row of the model, for struct row_type: such a device, ... */
bool wants_device(const struct view *view, const void *device);
/* ... or its file, session or virtual machine. */
bool wants_file(const struct view *view, const void *file);
bool wants_session(const struct view *view, const void *session);
bool wants_vm(const struct view *view, const void *vm);
/* Any of these, as the subject of a span: @name and @key as in struct model_subject_span. */
bool wants_subject(const struct view *view, uint32_t kind, const char *name, uint64_t key);
bool wants_pole(const struct view *view, const struct model_long_pole *pole);

#endif /* LUOSCOPE_TEXT_SELECT_H */
