/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gaps: time in user space's part of the blackout in which nothing that luoscope observes was
 * under way.
 */
#ifndef LUOSCOPE_GAPS_H
#define LUOSCOPE_GAPS_H

#include "model.h"

/**
 * gaps_find - fill in the phases' @unobserved, and @model->gap, the longest first
 *
 * Comes after the phases and all spans. Nothing is known of a phase that began before the probes
 * were in place, or if spans were dropped. Returns 0 or -ENOMEM.
 */
int gaps_find(struct model *model);

#endif /* LUOSCOPE_GAPS_H */
