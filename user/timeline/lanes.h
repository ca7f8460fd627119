/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the model to lanes and items: what there is to be drawn, and where its times come from.
 */
#ifndef LUOSCOPE_LANES_H
#define LUOSCOPE_LANES_H

#include <stddef.h>

#include "model/model.h"
#include "timeline.h"

/**
 * lanes_add_all - add the lanes of @model to @timeline, which is empty, and their items
 * @not_placed: how many spans are not among them, for it is not known when they began
 *
 * Items are in no order, and their depth is not set. Returns 0 or -ENOMEM.
 */
int lanes_add_all(struct timeline *timeline, const struct model *model, size_t *not_placed);

#endif /* LUOSCOPE_LANES_H */
