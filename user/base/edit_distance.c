// SPDX-License-Identifier: GPL-2.0
#include "edit_distance.h"

#include <stdint.h>
#include <string.h>

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][EDIT_DISTANCE_BYTES + 1], columns = strlen(b), i, j;

	if (columns > EDIT_DISTANCE_BYTES || strlen(a) > EDIT_DISTANCE_BYTES)
		return SIZE_MAX;
	for (j = 0; j <= columns; j++)
		rows[0][j] = j;
	for (i = 0; a[i]; i++) {
		const size_t *above = rows[i % 3], *before = rows[(i + 2) % 3];
		size_t *row = rows[(i + 1) % 3];

		row[0] = i + 1;
		for (j = 0; j < columns; j++) {
			row[j + 1] = least_of(above[j] + (a[i] != b[j]),
					      least_of(row[j], above[j + 1]) + 1);
			if (i && j && a[i] == b[j - 1] && a[i - 1] == b[j])
				row[j + 1] = least_of(row[j + 1], before[j - 1] + 1);
		}
	}
	return rows[i % 3][columns];
}

/* How long the beginning is that both have. */
static size_t common_length(const char *a, const char *b)
{
	size_t length = 0;

	while (a[length] && a[length] == b[length])
		length++;
	return length;
}

bool edit_distance_is_small(const char *wanted, const char *text, size_t distance)
{
	const size_t common = common_length(wanted, text);
	size_t word = common;

	/* The beginning of a longer word. */
	if (common && (!wanted[common] || wanted[common] == '.'))
		return true;
	while (word && wanted[word - 1] != '.')
		word--;
	/* The longer it is from the word on that differs, the more of it may be wrong. */
	return distance <= 1 + strlen(wanted + word) / 4;
}
