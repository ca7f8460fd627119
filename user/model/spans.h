/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: puts each span into a cell of the row of its subject, or into a list.
 */
#ifndef LUOSCOPE_SPANS_H
#define LUOSCOPE_SPANS_H

#include "build_context.h"

/**
 * spans_build - put the spans of this update, in cycles, into the rows and lists
 *
 * Returns 0 or -ENOMEM.
 */
int spans_build(struct build *build);

/**
 * spans_map - map all of them from cycles to ns, once the origins are known
 */
void spans_map(const struct build *build);

#endif /* LUOSCOPE_SPANS_H */
