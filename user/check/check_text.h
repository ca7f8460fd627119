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
 * struct check_text_options - how view_check_text() writes
 * @width:  sentences are broken to fit it
 * @utf8:   names of captures may be shown in UTF-8
 * @colour: show what is over, and what is not known, in colours; the words say it as well
 */
struct check_text_options {
	unsigned int width;
	bool utf8;
	bool colour;
};

/**
 * view_check_text - write the results for people
 */
int view_check_text(const struct check *check, FILE *out, const struct check_text_options *options);

/**
 * view_check_tap - write the Test Anything Protocol, version 13, in ASCII
 *
 * There is one test for each result, with its value in a YAML block; an inconclusive result is not
 * ok.
 */
int view_check_tap(const struct check *check, FILE *out);

/**
 * check_result_text - what was measured or answered, in one line of ASCII: "at least 1.750 s, at
 * least 750.0 ms too much: a file was not seen to come back"
 *
 * Returns a text from malloc(); NULL: out of memory.
 */
char *check_result_text(const struct check_result *result);

/**
 * view_figures - print the figures of one capture, to write budgets for
 * @width: they are broken to fit it; 0: one per line
 */
int view_figures(const struct figures *figures, FILE *out, unsigned int width);

/**
 * view_figure_patterns - print the forms of all figures
 * @width: they are broken to fit it; 0: one per line
 */
int view_figure_patterns(FILE *out, unsigned int width);

#endif /* LUOSCOPE_CHECK_TEXT_H */
