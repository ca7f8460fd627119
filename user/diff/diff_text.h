/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Views of a comparison: they read it and write it out, and compute nothing.
 */
#ifndef LUOSCOPE_DIFF_TEXT_H
#define LUOSCOPE_DIFF_TEXT_H

#include <stdio.h>

#include "compare.h"
#include "report/report.h"

/* Name and version of the JSON document's form. */
#define VIEW_DIFF_JSON_SCHEMA "luoscope.diff/1"

/**
 * view_diff_text - write the comparison for people, as wide as options->width says
 *
 * options->top is how many of the figures that were not named are shown. Returns 0 or a negative
 * errno (-ENOMEM, or what writing to @out gave).
 */
int view_diff_text(const struct comparison *comparison, FILE *out,
		   const struct view_options *options);

/**
 * view_diff_json - write the comparison as one JSON document
 *
 * Its schema is VIEW_DIFF_JSON_SCHEMA, which docs/schema/diff.schema.json defines. Each field has
 * one type, or is null: what was not observed, was not tested, or has no interval is null.
 * figures[].base.values and .new.values have what the runs observed, so that whoever wants another
 * statistic has all that it takes.
 *
 * Returns 0 or a negative errno.
 */
int view_diff_json(const struct comparison *comparison, FILE *out);

#endif /* LUOSCOPE_DIFF_TEXT_H */
