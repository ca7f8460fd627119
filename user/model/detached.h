/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: the times in which the probes were detached, and what they make unknown.
 */
#ifndef LUOSCOPE_MODEL_DETACHED_H
#define LUOSCOPE_MODEL_DETACHED_H

#include <stdbool.h>
#include <stdint.h>

#include "build_context.h"
#include "clock.h"
#include "model.h"

/**
 * detached_may_be_before - whether @detached may have started by @cycles, when something was seen
 *
 * If it is not known when they were detached, what was seen long before they were attached again
 * was seen by those that were detached, so they still were attached. What was seen shortly before
 * the next ones had stamped that they are attached may have been seen by those.
 */
bool detached_may_be_before(const struct clock *clock, const struct model_detached *detached,
			    uint64_t cycles);

/**
 * detached_matter_to_vms - note that a vCPU may have run before @cycles and was not seen, while the
 * probes of the new kernel were detached
 *
 * Before detached_place(). All times without probes that may have started by then matter.
 */
void detached_matter_to_vms(struct model *model, uint64_t cycles);

/**
 * detached_find - list them, and find out which of them matter to files and devices
 *
 * After returns_find_retrieved() and returns_find_seen(), and before what depends on what was
 * watched: so returns_find_seen() once more. In a kernel with one that matters, no step is watched
 * all the time.
 *
 * Returns 0 or -ENOMEM.
 */
int detached_find(struct build *build);

/**
 * detached_place - give them their times, once the boundaries have theirs, and say it in notes
 */
void detached_place(struct build *build);

#endif /* LUOSCOPE_MODEL_DETACHED_H */
