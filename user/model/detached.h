/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: the times in which the probes were detached, and what they make unknown.
 */
#ifndef LUOSCOPE_MODEL_DETACHED_H
#define LUOSCOPE_MODEL_DETACHED_H

#include <stdbool.h>

#include "build_context.h"

/**
 * detached_find - list them, and find out which of them matter
 *
 * After returns_find_retrieved(), and before what depends on what was watched. In a kernel with one
 * that matters, no step is watched all the time.
 *
 * Returns 0 or -ENOMEM.
 */
int detached_find(struct build *build);

/**
 * detached_place - give them their times, once the boundaries have theirs, and say it in notes
 */
void detached_place(struct build *build);

#endif /* LUOSCOPE_MODEL_DETACHED_H */
