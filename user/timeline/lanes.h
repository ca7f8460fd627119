/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes lanes and items from the model: what to draw, and where its times come from.
 */
#ifndef LUOSCOPE_LANES_H
#define LUOSCOPE_LANES_H

#include <stddef.h>

#include "model/model.h"
#include "timeline.h"

/**
 * lanes_add_all - add the lanes of @model to @timeline, which is empty, and their items
 * @not_placed: the number of spans left out because their start is not known
 *
 * The items are not sorted, and their depth is not set. Returns 0 or -ENOMEM.
 */
int lanes_add_all(struct timeline *timeline, const struct model *model, size_t *not_placed);

#endif /* LUOSCOPE_LANES_H */
