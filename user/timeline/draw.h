/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The picture of a live update: from lanes and items to what lies where.
 */
#ifndef LUOSCOPE_DRAW_H
#define LUOSCOPE_DRAW_H

#include "base/error.h"
#include "model/model.h"
#include "timeline.h"

/**
 * timeline_make - draw up the picture of @model
 *
 * What the clock does not permit to place is not in it. Returns 0; -ENODATA: there is no update, or
 * none of its times can be placed; -ENOMEM. The caller frees @timeline with timeline_free(), after
 * an error too.
 */
int timeline_make(struct timeline *timeline, const struct model *model, struct error *error);

#endif /* LUOSCOPE_DRAW_H */
