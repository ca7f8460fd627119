/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gaps: time in the part of the blackout that belongs to user space, in which nothing that
 * luoscope observes was under way.
 */
#ifndef LUOSCOPE_GAPS_H
#define LUOSCOPE_GAPS_H

#include "model.h"

/**
 * gaps_find - fill in @unobserved of the phases, and @model->gap, the longest first
 *
 * Call it after the phases and all spans are there. The gaps of a phase are not known if it began
 * before the probes were in place, or if spans were dropped. Returns 0 or -ENOMEM.
 */
int gaps_find(struct model *model);

#endif /* LUOSCOPE_GAPS_H */
