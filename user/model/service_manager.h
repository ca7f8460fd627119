/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: what the service manager reported, on the update's clock. Only for build.c.
 */
#ifndef LUOSCOPE_SERVICE_MANAGER_H
#define LUOSCOPE_SERVICE_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bounded.h"
#include "capture/area.h"
#include "capture/capture.h"
#include "clock.h"
#include "model.h"

/**
 * manager_place - fill @manager with what @capture has from the service manager
 * @old:   area of the old kernel, or NULL
 * @new:   area of the new kernel, or NULL
 * @origin: the counter at the model's time 0, of the old kernel [0] and of the new one [1]; 0: it
 *          is not known, or times of that kernel cannot be given relative to it
 * @begin:  B0 relative to @origin, if it is known
 *
 * Its times are CLOCK_MONOTONIC, which an anchor of the same kernel ties to the counter. Those of
 * the old kernel are only taken if they fit this update: they are in order, lie before B0, and
 * agree with the wall clock of that kernel. A manager may have other times, from a restart of user
 * space without a new kernel. Returns false if it had times that do not fit.
 */
bool manager_place(struct model_manager *manager, const struct capture *capture,
		   const struct clock *clock, const struct area *old, const struct area *new,
		   const uint64_t origin[2], struct bounded begin);

#endif /* LUOSCOPE_SERVICE_MANAGER_H */
