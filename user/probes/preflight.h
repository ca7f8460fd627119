/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this kernel offers for measuring live updates, and what to do about what it lacks.
 */
#ifndef LUOSCOPE_PREFLIGHT_H
#define LUOSCOPE_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define PREFLIGHT_MAX_ITEMS 160

enum preflight_state {
	PREFLIGHT_FINE,
	PREFLIGHT_MISSING,
	PREFLIGHT_UNKNOWN,
};

/* "ok", "missing" or "unknown". */
const char *preflight_state_name(enum preflight_state state);

/**
 * struct preflight_item - one thing that was looked for
 * @name:  what
 * @state: of it
 * @text:  how it is, and what to do if it is not fine; escaped
 */
struct preflight_item {
	char name[80];
	enum preflight_state state;
	char text[ESCAPED_BYTES];
};

/**
 * struct preflight - all that was looked for
 * @items: the first is what all of it comes to
 */
struct preflight {
	struct preflight_item items[PREFLIGHT_MAX_ITEMS];
	size_t count;
};

/* Look; @preflight is all zero before. Returns whether an update would be recorded whole. */
bool preflight_run(struct preflight *preflight);

#endif /* LUOSCOPE_PREFLIGHT_H */
