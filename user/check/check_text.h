/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Views of a check: they read it and write it out, and decide nothing.
 *
 * All return 0 or a negative errno (-ENOMEM, or what writing to @out gave).
 */
#ifndef LUOSCOPE_CHECK_TEXT_H
#define LUOSCOPE_CHECK_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "check.h"

/* Name and version of the JSON document's form: docs/schema/check.schema.json. */
#define VIEW_CHECK_JSON_SCHEMA "luoscope.check/1"

/**
 * view_check_text - for people
 * @utf8: names of captures may be shown in UTF-8
 */
int view_check_text(const struct check *check, FILE *out, bool utf8);

/**
 * view_check_json - one JSON document
 *
 * Each field has one type, or is null. value, low and high are in the figure's unit (ns, count,
 * ppb): value is null if the figure was not observed, low and high are null where that bound is
 * open.
 */
int view_check_json(const struct check *check, FILE *out);

/**
 * view_check_tap - the Test Anything Protocol, version 13, in ASCII
 *
 * One test for each result; what is inconclusive is not ok.
 */
int view_check_tap(const struct check *check, FILE *out);

/**
 * view_check_junit - JUnit XML, in ASCII
 *
 * One testsuite for each capture, and one for all together; one testcase for each result. What is
 * over is a failure, what is inconclusive an error.
 */
int view_check_junit(const struct check *check, FILE *out);

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
