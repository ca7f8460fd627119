/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The picture in letters.
 */
#ifndef LUOSCOPE_TIMELINE_TEXT_H
#define LUOSCOPE_TIMELINE_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "model/model.h"
#include "timeline.h"

/**
 * struct timeline_options - how the text view draws
 * @width: maximum width in columns; TIMELINE_WIDTH_MIN to TIMELINE_WIDTH_MAX are
 * @whole: no name is cut: where long ones leave the bars too little room, lines are wider than that
 * @utf8:  names may be in UTF-8; else everything is ASCII
 * @top:   maximum number of lanes per group, the longest downtime first; 0: all
 */
struct timeline_options {
	unsigned int width;
	bool whole;
	bool utf8;
	unsigned int top;
};

#define TIMELINE_WIDTH_MIN 40
#define TIMELINE_WIDTH_MAX 400

/**
 * view_timeline_text - draw @timeline with letters
 *
 * Returns 0 or a negative errno.
 */
int view_timeline_text(const struct timeline *timeline, const struct model *model, FILE *out,
		       const struct timeline_options *options);

#endif /* LUOSCOPE_TIMELINE_TEXT_H */
