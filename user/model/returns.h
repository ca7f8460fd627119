/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: what came back and when (B10 and B11), and what did not.
 */
#ifndef LUOSCOPE_RETURNS_H
#define LUOSCOPE_RETURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "build_context.h"
#include "model.h"

/**
 * returns_find_retrieved - find B10 from the spans and the marks
 *
 * Returns 0 or -ENOMEM.
 */
int returns_find_retrieved(struct build *build);

/**
 * returns_find_seen - find out what was seen, as far as the model says what was watched
 *
 * detached_find() needs to know it, and may take from what was watched: then it must be found
 * again.
 */
void returns_find_seen(struct build *build);

/**
 * returns_device_looks_kept - whether nothing was seen of @device but what happens to one that is
 * kept
 *
 * It came through the update as it was: whoever had it may go on with it.
 */
bool returns_device_looks_kept(const struct model_device *device);

/**
 * returns_find_kept - find the devices for which nobody has to wait
 *
 * After returns_find_seen(), and before returns_find_in_service().
 */
void returns_find_kept(struct build *build);

/**
 * returns_find_in_service - find B11 from the spans and the marks
 *
 * Returns 0 or -ENOMEM.
 */
int returns_find_in_service(struct build *build);

/**
 * returns_find_missing - count what did not come back, and find out whether that is known
 */
void returns_find_missing(struct build *build);

/**
 * returns_device_is_awaited - whether this update's blackout waits for @device
 */
bool returns_device_is_awaited(const struct build *build, const struct model_device *device);

/**
 * returns_are_known - whether it is known which files came back; @missing files were not seen to
 */
bool returns_are_known(const struct build *build, size_t missing);

#endif /* LUOSCOPE_RETURNS_H */
