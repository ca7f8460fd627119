/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays: the number of elements of a fixed array, and room in a growing one.
 */
#ifndef LUOSCOPE_ARRAY_H
#define LUOSCOPE_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

#include "huge_pages.h"

/* Only for arrays, not for pointers. */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/**
 * array_zeroed - an array of @count elements, all 0; there may be many
 *
 * Returns NULL if memory is short. free() it.
 */
static inline void *array_zeroed(size_t count, size_t size)
{
	return huge_pages(calloc(count, size), count * size);
}

/**
 * array_grow - make room for one more element
 * @array: from an earlier call, or NULL; it may have lost elements only if it is not grown again
 * @count: how many elements it has
 * @size:  of an element, in bytes
 *
 * The room is a power of 2 that follows from @count, so adding n elements costs O(n) and nobody has
 * to remember a capacity. Returns the array, or NULL with @array unchanged. free() it.
 */
static inline void *array_grow(void *array, size_t count, size_t size)
{
	const size_t least = 16, room = count ? 2 * count : least;

	if (count && (count < least || count & (count - 1)))
		return array;
	return huge_pages(reallocarray(array, room, size), room * size);
}

#endif /* LUOSCOPE_ARRAY_H */
