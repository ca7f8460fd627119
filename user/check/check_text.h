/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The results of a check for people and for test harnesses, line by line. Nothing is decided here.
 *
 * All functions return 0 or a negative errno (-ENOMEM, or the error of writing to @out).
 */
#ifndef LUOSCOPE_CHECK_TEXT_H
#define LUOSCOPE_CHECK_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "check.h"
#include "figures/figures.h"

/**
 * view_check_text - write the results for people
 * @utf8: names of captures may be shown in UTF-8
 */
int view_check_text(const struct check *check, FILE *out, bool utf8);

/**
 * view_check_tap - write the Test Anything Protocol, version 13, in ASCII
 *
 * There is one test for each result; an inconclusive result is not ok.
 */
int view_check_tap(const struct check *check, FILE *out);

/**
 * view_check_excess - write by how much a figure misses its budget: ", 1.594 s too much"
 *
 * Writes nothing if that is not a distance. The text has no characters that are special in XML.
 */
void view_check_excess(const struct check_result *result, FILE *out);

/**
 * view_figures - print the figures of one capture, to write budgets for
 */
int view_figures(const struct figures *figures, FILE *out);

/**
 * view_figure_patterns - print the forms of all figures, one per line
 */
int view_figure_patterns(FILE *out);

#endif /* LUOSCOPE_CHECK_TEXT_H */
