/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A comparison for programs. Nothing is computed here.
 */
#ifndef LUOSCOPE_DIFF_JSON_H
#define LUOSCOPE_DIFF_JSON_H

#include <stdio.h>

#include "compare.h"

/* Name and version of the document's form, which docs/schema/diff.schema.json defines. */
#define VIEW_DIFF_JSON_SCHEMA "luoscope.diff/2"

/**
 * view_diff_json - write the comparison as one JSON document, of VIEW_DIFF_JSON_SCHEMA
 *
 * Each field has one type, or is null if it was not observed, was not tested, or has no interval.
 * The document has the values of all runs, so that other statistics can be computed from it.
 *
 * Returns 0 or a negative errno.
 */
int view_diff_json(const struct comparison *comparison, FILE *out);

#endif /* LUOSCOPE_DIFF_JSON_H */
