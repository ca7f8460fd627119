/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table of the preserved devices, with columns that the user chooses.
 */
#ifndef LUOSCOPE_TEXT_DEVICES_H
#define LUOSCOPE_TEXT_DEVICES_H

#include <stdio.h>

#include "model/model.h"
#include "report.h"

/**
 * view_column - find a column of the device table by name
 *
 * Returns its number, or -1.
 */
int view_column(const char *name);

/* Enough for the name of a column. */
#define VIEW_COLUMN_BYTES 16

/**
 * view_column_name - the name of column @column, which is below VIEW_COLUMNS
 *
 * Returns @buffer of VIEW_COLUMN_BYTES.
 */
const char *view_column_name(char *buffer, unsigned int column);

/**
 * view_devices - write only the table of preserved devices, with the columns of @options
 *
 * Returns the same as view_text().
 */
int view_devices(const struct model *model, FILE *out, const struct view_options *options);

#endif /* LUOSCOPE_TEXT_DEVICES_H */
