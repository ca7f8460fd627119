/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a reset cannot be quicker than, for the specification makes software wait that long.
 */
#ifndef LUOSCOPE_RESET_FLOOR_H
#define LUOSCOPE_RESET_FLOOR_H

#include <stdint.h>

/**
 * struct reset_floor - the shortest time that a reset of one method may take
 * @ns:     sum of the waits that the specification asks for
 * @source: which they are, after the section of the PCI Express Base Specification 6.0 (else the
 *          document) that says so
 */
struct reset_floor {
	int64_t ns;
	const char *source;
};

/**
 * reset_floor - the floor of @method, as the handler numbers them
 *
 * NULL if no specification sets one: what a device's own method or the firmware does is theirs.
 */
const struct reset_floor *reset_floor(unsigned int method);

#endif /* LUOSCOPE_RESET_FLOOR_H */
