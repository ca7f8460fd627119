// SPDX-License-Identifier: GPL-2.0
#include "edit_distance.h"

#include <stdint.h>
#include <string.h>

size_t edit_distance(const char *a, const char *b)
{
	size_t row[EDIT_DISTANCE_BYTES + 1], columns = strlen(b), i, j;

	if (columns > EDIT_DISTANCE_BYTES || strlen(a) > EDIT_DISTANCE_BYTES)
		return SIZE_MAX;
	for (j = 0; j <= columns; j++)
		row[j] = j;
	for (i = 0; a[i]; i++) {
		size_t corner = row[0]++;

		for (j = 0; j < columns; j++) {
			size_t changed = corner + (a[i] != b[j]);
			size_t least = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;

			corner = row[j + 1];
			row[j + 1] = changed < least ? changed : least;
		}
	}
	return row[columns];
}

bool edit_distance_is_small(const char *wanted, const char *text, size_t distance)
{
	/* The longer the part that differs, the more of it may be wrong. */
	while (*wanted && *wanted == *text) {
		wanted++;
		text++;
	}
	return !*wanted || distance <= 2 + strlen(wanted) / 4;
}
