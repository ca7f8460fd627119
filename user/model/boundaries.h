/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: B0 to B11, from the stamps of two areas to places on one axis.
 */
#ifndef LUOSCOPE_BOUNDARIES_H
#define LUOSCOPE_BOUNDARIES_H

#include <stdint.h>

#include "base/bounded.h"
#include "build_context.h"
#include "capture/area.h"
#include "clock.h"

/**
 * boundaries_collect_old - find B0 to B6 from the stamps of the old kernel, in cycles
 */
void boundaries_collect_old(struct build *build);

/**
 * boundaries_collect_new - find B7 to B9 from the stamps of the new kernel, in cycles
 */
void boundaries_collect_new(struct build *build);

/**
 * boundaries_withhold_disorder - withhold those of B0 to @last that are not believed
 *
 * A stamp is not believed if it is earlier than the one before it, or far from it.
 */
void boundaries_withhold_disorder(struct build *build, unsigned int last);

/**
 * boundaries_place - give each boundary its time, and both kernels their origin
 *
 * All boundaries must be known.
 */
void boundaries_place(struct build *build);

/**
 * boundaries_find_realtime - set the model's wall clock at B0
 */
void boundaries_find_realtime(struct build *build);

/**
 * boundaries_realtime_at - the wall clock at @cycles, a B0 of the kernel of @area
 *
 * It is taken from the anchor that was read nearest to @cycles.
 */
struct bounded boundaries_realtime_at(const struct clock *clock, const struct area *area,
				      uint64_t cycles);

#endif /* LUOSCOPE_BOUNDARIES_H */
