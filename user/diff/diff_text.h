/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A comparison for people: it is read and written out, and nothing is computed.
 */
#ifndef LUOSCOPE_DIFF_TEXT_H
#define LUOSCOPE_DIFF_TEXT_H

#include <stdio.h>

#include "compare.h"
#include "report/report.h"

/**
 * view_diff_text - write the comparison for people, as wide as options->width says
 *
 * options->top is how many of the figures that were not named are shown. Returns 0 or a negative
 * errno (-ENOMEM, or what writing to @out gave).
 */
int view_diff_text(const struct comparison *comparison, FILE *out,
		   const struct view_options *options);

#endif /* LUOSCOPE_DIFF_TEXT_H */
