/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways to reset a device: their names, and how long the specification makes software wait.
 */
#ifndef LUOSCOPE_RESET_METHOD_H
#define LUOSCOPE_RESET_METHOD_H

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

/* Name of enum luo_stats_reset_method, such as "flr"; "unknown" for 0. */
const char *name_reset_method(unsigned int method);

/**
 * reset_floor - the floor of @method, of enum luo_stats_reset_method
 *
 * NULL if no specification sets one: how long a device's own method or the firmware takes is up to
 * them.
 */
const struct reset_floor *reset_floor(unsigned int method);

#endif /* LUOSCOPE_RESET_METHOD_H */
