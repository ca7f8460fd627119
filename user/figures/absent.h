/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a capture does not have a figure: what the figure is about is not there.
 */
#ifndef LUOSCOPE_ABSENT_H
#define LUOSCOPE_ABSENT_H

#include "figure_names.h"
#include "figures.h"

/* Enough for the longest two names, and the words around them. */
#define ABSENT_BYTES (2 * FIGURE_NAME_BYTES + 80)

/**
 * absent_explain - write why a capture does not have the figure @name, such as "there is no device
 * '0000:1:00.0'; the nearest is '0000:01:00.0'"
 * @name:    as figure_name_parse() writes it
 * @pattern: its form
 * @figures: those that the capture has
 *
 * Returns @buffer of ABSENT_BYTES.
 */
const char *absent_explain(char *buffer, const char *name, const struct figure_pattern *pattern,
			   const struct figures *figures);

#endif /* LUOSCOPE_ABSENT_H */
