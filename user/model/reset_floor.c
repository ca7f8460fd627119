// SPDX-License-Identifier: GPL-2.0
#include "reset_floor.h"

#include <stddef.h>

#define MS 1000000LL

/*
 * PCI Express Base Specification, revision 6.0:
 *
 * - 6.6.2 (Function Level Reset): the function is given 100 ms to complete it.
 * - 5.9 (State Transition Recovery Time Requirements): 10 ms into D3hot and 10 ms out of it.
 * - 7.5.1.3.13 (Bridge Control) holds Secondary Bus Reset for Trst, 1 ms, and 6.6.1 (Conventional
 *   Reset) gives what is below 100 ms until it has to answer.
 *
 * The ECN "Advanced Capabilities for Conventional PCI" gives its function level reset 100 ms too.
 */
static const struct reset_floor floors[] = {
	[3] = { 100 * MS, "6.6.2: 100 ms" },
	[4] = { 100 * MS, "ECN Advanced Capabilities: 100 ms" },
	[5] = { 20 * MS, "5.9: 10 ms to D3hot, 10 ms back" },
	[6] = { 101 * MS, "7.5.1.3.13: 1 ms, 6.6.1: 100 ms" },
	[7] = { 101 * MS, "7.5.1.3.13: 1 ms, 6.6.1: 100 ms" },
};

const struct reset_floor *reset_floor(unsigned int method)
{
	return method < sizeof(floors) / sizeof(floors[0]) && floors[method].ns ? &floors[method] :
										  NULL;
}
