/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which figures of a comparison need no row of their own for a person, and why: their change is too
 * small to matter, or they repeat another one.
 */
#ifndef LUOSCOPE_FOLD_H
#define LUOSCOPE_FOLD_H

#include "compare.h"

/**
 * fold_figures - set @comparison->min_change_ns, and @fold of each figure
 * @min_share: the smallest change that matters as a share of the base's median blackout, such as
 *             0.01; negative: it is @min_ns
 *
 * Call it after compare_runs(). The named figures and the blackout are never folded. If the base's
 * blackout is not known, neither is its share, and no change is too small.
 */
void fold_figures(struct comparison *comparison, double min_share, double min_ns);

/**
 * fold_name - the name of @fold for programs, such as "small_change"; NULL for FOLD_NOT
 */
const char *fold_name(enum fold fold);

#endif /* LUOSCOPE_FOLD_H */
