// SPDX-License-Identifier: GPL-2.0
#include "probes_steps.h"

#include <time.h>

#include "base/array.h"
#include "base/now.h"
#include "probes_internal.h"

void probes_reach(struct probes *probes, enum probes_step step)
{
	_Static_assert(ARRAY_SIZE(probes->reached_ns) == PROBES_STEPS, "");
	probes->reached_ns[step] = read_clock_ns(CLOCK_BOOTTIME);
}

uint64_t probes_reached_ns(const struct probes *probes, enum probes_step step)
{
	return probes->reached_ns[step];
}
