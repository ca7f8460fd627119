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
 * Its schema is VIEW_JSON_SCHEMA. Each field has one type, or is null: what was not observed, or is
 * withheld, is null and never 0.
 *
 * - Names end in the unit. ..._ns are whole numbers; start_ns counts from the boundary
 *   update.origin, which is B0 (update_begin) whenever that was observed, and is
 *   negative before it.
 * - What may lie above 2^53 - 1, which JSON readers round, is a string of decimal digits: cycles,
 *   begin_realtime_ns, token, key and detail. chain_id is 16 hexadecimal digits. Of what began 104
 *   days before its origin, such readers round start_ns by a few ns.
 * - Counts above 2^53 - 1, which only a damaged area can hold, are told as 2^53 - 1.
 * - A result is 0 or a negative errno, and "error", or what ends in _error, its name, null if it
 *   went well or was not observed.
 * - update.complete: every file that was frozen came back; update.files_missing: how many did not.
 * - devices[]: one for each preserved device. The times of its steps are null where a step was not
 *   observed or did not end; irq_setup_ns is the moment, after B0, at which the first successful
 *   setting up of its interrupts began. reset: the one in the freeze; release_reset: in the new
 *   kernel, of a device that nobody retrieved; both null if there was none.
 * - Texts that are not valid UTF-8 have their bytes escaped (see escape_text()).
 *
 * Returns 0 or a negative errno.
 */
int view_json(const struct model *model, FILE *out);

#endif /* LUOSCOPE_VIEW_H */
