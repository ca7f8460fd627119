/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The holes: time in user space's part of the blackout in which nothing that luoscope observes was
 * under way.
 */
#ifndef LUOSCOPE_GAPS_H
#define LUOSCOPE_GAPS_H

#include "model.h"

/**
 * holes_find - fill in the phases' @unobserved, and @model->hole, the longest first
 *
 * Comes after the phases and all spans. Nothing is known of a phase that began before the probes
 * were in place, or if spans were dropped. Returns 0 or -ENOMEM.
 */
int holes_find(struct model *model);

/**
 * hole_edge_text - what was over as a hole began, or what ended it, such as "bind of 0000:01:00.0"
 * @buffer: of ESCAPED_BYTES
 * @utf8:   as for escape_text()
 */
const char *hole_edge_text(char *buffer, const struct model_edge *edge, bool utf8);

#endif /* LUOSCOPE_GAPS_H */
