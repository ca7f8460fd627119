/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a budget can be about, for programs.
 */
#ifndef LUOSCOPE_LIST_JSON_H
#define LUOSCOPE_LIST_JSON_H

#include <stdio.h>

#include "check.h"

/* Name and version of the document's form, which docs/schema/figures.schema.json defines. */
#define VIEW_FIGURES_JSON_SCHEMA "luoscope.figures/1"

/**
 * view_figures_json - write all forms of figures, and the figures of @capture, as one JSON document
 * @capture: NULL: only the forms
 *
 * Returns 0 or a negative errno.
 */
int view_figures_json(const struct check_capture *capture, FILE *out);

#endif /* LUOSCOPE_LIST_JSON_H */
