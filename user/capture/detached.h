/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When nothing was watched in a kernel, between two times in which its probes were attached, or
 * after the last one. docs/format.md says where this is in an area.
 */
#ifndef LUOSCOPE_DETACHED_H
#define LUOSCOPE_DETACHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "area.h"

/**
 * struct detached - a time without probes
 * @begin: the counter when they were detached; if that is not known, when they were last known to
 *         be attached
 * @end:   the counter when they were attached again; 0: they were not
 * @begin_known: it is known when they were detached
 */
struct detached {
	uint64_t begin;
	uint64_t end;
	bool begin_known;
};

/* More than that can be only in a damaged area: see detached_has_room(). */
#define DETACHED_MOST 64

/**
 * detached_list - the times without probes in the kernel of @area, in chronological order
 *
 * Returns how many of @list are valid. If the area says more than there is room for, the last one
 * has no end.
 */
size_t detached_list(const struct area *area, struct detached list[DETACHED_MOST]);

/**
 * detached_has_room - whether @area may say once more that probes are attached
 *
 * What it says of this is never forgotten, and must not take the room of an update. If it may not,
 * nothing more is written, and all later times count as times without probes, unless nobody wrote
 * that the probes before were detached.
 */
bool detached_has_room(const struct area *area);

#endif /* LUOSCOPE_DETACHED_H */
