/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The picture as a trace.
 */
#ifndef LUOSCOPE_PERFETTO_H
#define LUOSCOPE_PERFETTO_H

#include <stdio.h>

#include "model/model.h"
#include "timeline.h"

/**
 * view_perfetto - write @timeline as a trace that Perfetto reads
 *
 * Returns 0 or a negative errno.
 */
int view_perfetto(const struct timeline *timeline, const struct model *model, FILE *out);

#endif /* LUOSCOPE_PERFETTO_H */
