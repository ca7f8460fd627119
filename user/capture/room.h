/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The room in a stats area: what is in use, what an update needs, and which size would do.
 */
#ifndef LUOSCOPE_ROOM_H
#define LUOSCOPE_ROOM_H

#include <stdint.h>

#include "area.h"

/* The smallest and the largest area that the module makes. */
#define ROOM_MIN_KIB 64u
#define ROOM_MAX_KIB 16384u

/**
 * struct room - what there is room for
 * @spans:    places for spans
 * @used:     those that are in use: the others are free, or have what gives way to an update
 * @needed:   how many spans an update writes at least, by what the area knows
 * @lost:     spans and subjects that found no room
 */
struct room {
	uint64_t spans;
	uint64_t used;
	uint64_t needed;
	uint64_t lost;
};

/* room_of() - the room in @area */
struct room room_of(const struct area *area);

/**
 * room_wanted_kib - the area_kib with which all would have found room that found none in @area
 *
 * Returns 0 if all found room, ROOM_MAX_KIB also if not even that would do.
 */
uint32_t room_wanted_kib(const struct area *area);

#endif /* LUOSCOPE_ROOM_H */
