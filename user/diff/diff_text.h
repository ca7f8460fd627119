/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A comparison for people. Nothing is computed here.
 */
#ifndef LUOSCOPE_DIFF_TEXT_H
#define LUOSCOPE_DIFF_TEXT_H

#include <stdio.h>

#include "compare.h"
#include "report/report.h"

/**
 * view_diff_text - write the comparison for people, options->width columns wide
 *
 * Without a terminal, tables are as wide as they need. options->top limits the figures that were
 * not named. Returns 0 or a negative errno (-ENOMEM, or the error of writing to @out).
 */
int view_diff_text(const struct comparison *comparison, FILE *out,
		   const struct view_options *options);

#endif /* LUOSCOPE_DIFF_TEXT_H */
