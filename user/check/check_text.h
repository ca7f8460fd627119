/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A check for people and for test harnesses, line by line: it is read and written out, and nothing
 * is decided.
 *
 * All return 0 or a negative errno (-ENOMEM, or what writing to @out gave).
 */
#ifndef LUOSCOPE_CHECK_TEXT_H
#define LUOSCOPE_CHECK_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "check.h"
#include "figures/figures.h"

/**
 * view_check_text - for people
 * @utf8: names of captures may be shown in UTF-8
 */
int view_check_text(const struct check *check, FILE *out, bool utf8);

/**
 * view_check_tap - the Test Anything Protocol, version 13, in ASCII
 *
 * One test for each result; what is inconclusive is not ok.
 */
int view_check_tap(const struct check *check, FILE *out);

/**
 * view_check_excess - ", 1.594 s too much": by how much a figure misses its budget
 *
 * Nothing where that is no distance. What it writes means nothing to XML.
 */
void view_check_excess(const struct check_result *result, FILE *out);

/**
 * view_figures - the figures of one capture, for those who write budgets
 */
int view_figures(const struct figures *figures, FILE *out);

/**
 * view_figure_patterns - all figures there are, one form a line
 */
int view_figure_patterns(FILE *out);

#endif /* LUOSCOPE_CHECK_TEXT_H */
