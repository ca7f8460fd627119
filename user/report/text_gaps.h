/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gaps in text: time of the blackout in which nothing observed was under way, and what came
 * before and after.
 */
#ifndef LUOSCOPE_TEXT_GAPS_H
#define LUOSCOPE_TEXT_GAPS_H

#include <stdbool.h>

#include "model/model.h"

/**
 * gap_edge_text - what ended when a gap began, or began when it ended: "bind of 0000:01:00.0"
 * @buffer: of ESCAPED_BYTES
 * @utf8:   as for escape_text()
 */
const char *gap_edge_text(char *buffer, const struct model_edge *edge, bool utf8);

#endif /* LUOSCOPE_TEXT_GAPS_H */
