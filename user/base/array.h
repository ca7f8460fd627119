/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays: the number of elements of a fixed array, and room in a growing one.
 */
#ifndef LUOSCOPE_ARRAY_H
#define LUOSCOPE_ARRAY_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* Only for arrays, not for pointers. */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/**
 * array_grow - make room for one more element
 * @array:    pointer to the array's pointer, which may be NULL; it comes from malloc()
 * @capacity: how many elements it has room for
 * @count:    how many there are
 * @size:     of an element, in bytes
 *
 * The room doubles, so adding n elements costs O(n). Returns 0, or -ENOMEM with the array
 * unchanged.
 */
static inline int array_grow(void *array, size_t *capacity, size_t count, size_t size)
{
	void **pointer = array;
	size_t larger = *capacity ? 2 * *capacity : 16;
	void *grown;

	if (count < *capacity)
		return 0;
	grown = reallocarray(*pointer, larger, size);
	if (!grown)
		return -ENOMEM;
	*pointer = grown;
	*capacity = larger;
	return 0;
}

#endif /* LUOSCOPE_ARRAY_H */
