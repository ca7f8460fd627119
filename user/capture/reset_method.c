// SPDX-License-Identifier: GPL-2.0
#include "reset_method.h"

#include <luoscope/stats_area.h>
#include <stddef.h>

#include "base/array.h"

#define MS 1000000LL

struct reset_method {
	const char *name;
	struct reset_floor floor;
};

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
static const struct reset_method methods[] = {
	[LUO_STATS_RESET_DEVICE_SPECIFIC] = { .name = "device_specific" },
	[LUO_STATS_RESET_ACPI] = { .name = "acpi" },
	[LUO_STATS_RESET_FLR] = { "flr", { 100 * MS, "6.6.2: 100 ms" } },
	[LUO_STATS_RESET_AF_FLR] = { "af_flr", { 100 * MS, "ECN Advanced Capabilities: 100 ms" } },
	[LUO_STATS_RESET_PM] = { "pm", { 20 * MS, "5.9: 10 ms to D3hot, 10 ms back" } },
	[LUO_STATS_RESET_BUS] = { "bus", { 101 * MS, "7.5.1.3.13: 1 ms, 6.6.1: 100 ms" } },
	[LUO_STATS_RESET_CXL_BUS] = { "cxl_bus", { 101 * MS, "7.5.1.3.13: 1 ms, 6.6.1: 100 ms" } },
	[LUO_STATS_RESET_OTHER] = { .name = "other" },
	[LUO_STATS_RESET_HOT] = { "hot", { 101 * MS, "7.5.1.3.13: 1 ms, 6.6.1: 100 ms" } },
};

const char *name_reset_method(unsigned int method)
{
	return method < ARRAY_SIZE(methods) && methods[method].name ? methods[method].name :
								      "unknown";
}

const struct reset_floor *reset_floor(unsigned int method)
{
	return method < ARRAY_SIZE(methods) && methods[method].floor.ns ? &methods[method].floor :
									  NULL;
}
