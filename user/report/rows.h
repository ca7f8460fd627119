/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables of fields, one for each kind of row.
 */
#ifndef LUOSCOPE_ROWS_H
#define LUOSCOPE_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bounded.h"
#include "fields.h"
#include "model/model.h"

/* rows_device.c: struct model_device. */
extern const struct row_type device_rows;

/* text_files.c: struct model_file, struct model_session, struct model_flb. */
extern const struct row_type file_rows, session_rows, flb_rows;

/* text_vms.c: struct model_vm. */
extern const struct row_type vm_rows;

/* text_lists.c: struct model_subject_span, in device_shutdown and elsewhere; struct model_mark. */
extern const struct row_type shutdown_rows, span_rows, mark_rows;

/* The kind of a span's subject; null: none. */
json_t *json_subject_kind(uint32_t kind);

/* What the section about resets shares with the table of the devices. */
struct bounded device_reset_floor(const struct model *model, const void *device);
/* Only for a reset that succeeded: one that failed may have returned at once. */
struct bounded device_reset_excess(const struct model *model, const void *device);
const char *format_reset_outcome(char *buffer, const struct model_reset *reset);

/* Whether the devices have more than one driver. */
bool drivers_differ(const struct model *model);

#endif /* LUOSCOPE_ROWS_H */
