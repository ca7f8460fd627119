/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The captures that a view of several updates does without, because they hold none: the rest is
 * shown, and these are named and counted.
 */
#ifndef LUOSCOPE_LEFT_OUT_H
#define LUOSCOPE_LEFT_OUT_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "model/model.h"

/**
 * struct left_out - captures without an update; all 0: none
 * @entry:   in the order they were added
 * @capture: its name, any bytes; not a copy
 * @why:     in two words, of static storage
 */
struct left_out {
	struct left_out_entry {
		const char *capture;
		const char *why;
	} * entry;
	size_t count;
};

/**
 * left_out_add - add the capture @name if @model has no update
 *
 * @name must stay as long as @left is used. Returns 1 if it was added, 0 if it has an update;
 * -ENOMEM.
 */
int left_out_add(struct left_out *left, const char *name, const struct model *model);

/**
 * left_out_text - such as "1 of 5 left out: run-3.luoscope (refused update)", in memory from
 * malloc()
 * @rest: how many captures are not left out
 * @utf8: see escape_text()
 *
 * Returns NULL if out of memory.
 */
char *left_out_text(const struct left_out *left, size_t rest, bool utf8);

/**
 * left_out_error - write to @error that all captures are left out; returns -ENODATA
 * @whose: such as " of the base"; may be ""
 */
int left_out_error(const struct left_out *left, const char *whose, struct error *error);

/* An array of objects with "capture" and "why". Returns NULL if out of memory. */
json_t *left_out_json(const struct left_out *left);

/**
 * left_out_free - free what @left owns
 */
void left_out_free(struct left_out *left);

#endif /* LUOSCOPE_LEFT_OUT_H */
