/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The picture for documents.
 */
#ifndef LUOSCOPE_SVG_H
#define LUOSCOPE_SVG_H

#include <stdio.h>

#include "model/model.h"
#include "timeline.h"

/**
 * view_svg - draw @timeline as a picture for documents
 *
 * Returns 0 or a negative errno.
 */
int view_svg(const struct timeline *timeline, const struct model *model, FILE *out);

#endif /* LUOSCOPE_SVG_H */
