/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lays out the picture of a live update from its lanes and items.
 */
#ifndef LUOSCOPE_DRAW_H
#define LUOSCOPE_DRAW_H

#include "base/error.h"
#include "model/model.h"
#include "timeline.h"

/**
 * timeline_make - make the picture of @model
 *
 * Times that cannot be placed because of the clock are not in it. Returns 0; -ENODATA if there is
 * no update, or none of its times can be placed; -ENOMEM. The caller frees @timeline with
 * timeline_free(), even after an error.
 */
int timeline_make(struct timeline *timeline, const struct model *model, struct error *error);

#endif /* LUOSCOPE_DRAW_H */
