/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Views: they read the model and write it out, and know nothing else.
 */
#ifndef LUOSCOPE_VIEW_H
#define LUOSCOPE_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "model.h"

/* Name and version of the JSON document's form. */
#define VIEW_JSON_SCHEMA "luoscope.report/1"

/**
 * struct view_options - how the text view shows the model
 * @top:  how many of the slowest devices, and of other long lists; 0: all
 * @utf8: names may be shown in UTF-8; else all is plain ASCII
 */
struct view_options {
	unsigned int top;
	bool utf8;
};

/**
 * view_text - write the report for people, at most 100 columns wide
 *
 * Returns 0 or a negative errno (-ENOMEM, or what writing to @out gave).
 */
int view_text(const struct model *model, FILE *out, const struct view_options *options);

/**
 * view_json - write the report as one JSON document
 *
 * What was not observed is null. A result is 0 or a negative errno, and "error" its name or null.
 * All times are whole numbers of ns. Texts that are not valid UTF-8 have their bytes escaped (see
 * escape_text()). A token above 2^63 - 1, which JSON readers take for something else, is a string.
 * Returns 0 or a negative errno.
 */
int view_json(const struct model *model, FILE *out);

#endif /* LUOSCOPE_VIEW_H */
