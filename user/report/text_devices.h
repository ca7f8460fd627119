/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table of the preserved devices, with columns of choice.
 */
#ifndef LUOSCOPE_TEXT_DEVICES_H
#define LUOSCOPE_TEXT_DEVICES_H

#include <stdio.h>

#include "model/model.h"
#include "report.h"

/**
 * view_column - find a column of the table of devices by its name
 *
 * Returns its number, or -1.
 */
int view_column(const char *name);

/**
 * view_column_name - what column @column, below VIEW_COLUMNS, is called
 */
const char *view_column_name(unsigned int column);

/**
 * view_devices - write only a table of the preserved devices, with the columns of @options
 *
 * Returns what view_text() does.
 */
int view_devices(const struct model *model, FILE *out, const struct view_options *options);

#endif /* LUOSCOPE_TEXT_DEVICES_H */
