/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much two texts differ, to suggest what somebody may have meant.
 */
#ifndef LUOSCOPE_EDIT_DISTANCE_H
#define LUOSCOPE_EDIT_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>

/* Longer texts are not compared. */
#define EDIT_DISTANCE_BYTES 320

/**
 * edit_distance - how many bytes must be inserted, removed or changed to turn @a into @b
 *
 * Returns SIZE_MAX if one of them is longer than EDIT_DISTANCE_BYTES.
 */
size_t edit_distance(const char *a, const char *b);

/**
 * edit_distance_is_small - whether somebody who wrote @wanted may have meant @text, at @distance
 */
bool edit_distance_is_small(const char *wanted, const char *text, size_t distance);

#endif /* LUOSCOPE_EDIT_DISTANCE_H */
