/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks what this kernel offers for measuring live updates, and says what to do about what it
 * lacks.
 */
#ifndef LUOSCOPE_PREFLIGHT_H
#define LUOSCOPE_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "readiness.h"

#define PREFLIGHT_MAX_ITEMS 160

/* "ok", "missing" or "unknown". */
const char *preflight_state_name(enum preflight_state state);

/**
 * struct preflight_item - one check
 * @name:  what was checked
 * @state: the result
 * @asked: it is one of the questions before an update: see readiness.h
 * @text:  details, and what to do if it is not fine; escaped
 */
struct preflight_item {
	char name[80];
	enum preflight_state state;
	bool asked;
	char text[ESCAPED_BYTES];
};

/**
 * struct preflight - all checks
 * @items: the first one sums them up
 * @counter_is_unstable: the kernel's area says so
 * @none_can_be_tried: which probes the kernel takes cannot be seen, because it takes none from this
 *                     process
 */
struct preflight {
	struct preflight_item items[PREFLIGHT_MAX_ITEMS];
	size_t count;
	bool counter_is_unstable;
	bool none_can_be_tried;
};

/* Run all checks. @preflight must be all zero. */
void preflight_run(struct preflight *preflight);

/**
 * preflight_answer - the answer to all questions together
 *
 * Returns PREFLIGHT_MISSING if one has it, else PREFLIGHT_UNKNOWN if one has it.
 */
enum preflight_state preflight_answer(const struct preflight *preflight);

#endif /* LUOSCOPE_PREFLIGHT_H */
