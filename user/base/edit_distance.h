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
 * edit_distance - how many bytes must be inserted, removed, changed or swapped with the next one to
 * turn @a into @b
 *
 * Returns SIZE_MAX if one of them is longer than EDIT_DISTANCE_BYTES.
 */
size_t edit_distance(const char *a, const char *b);

/**
 * edit_distance_is_small - whether somebody who wrote @wanted may have meant @text, at @distance
 *
 * That is so for a slip of the keyboard, and if a word of @wanted is the beginning of that of
 * @text. Words end at ".".
 */
bool edit_distance_is_small(const char *wanted, const char *text, size_t distance);

#endif /* LUOSCOPE_EDIT_DISTANCE_H */
