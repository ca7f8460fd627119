/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The report for people.
 */
#ifndef LUOSCOPE_REPORT_TEXT_H
#define LUOSCOPE_REPORT_TEXT_H

#include <stdio.h>

#include "model/model.h"
#include "report.h"

/**
 * view_section - the section with this name; -1: there is none
 */
int view_section(const char *name);

/**
 * view_section_name - the name of section @section, which is below VIEW_SECTIONS: "devices"
 */
const char *view_section_name(unsigned int section);

/**
 * view_section_help - what it shows, in a few words: "the preserved devices"
 */
const char *view_section_help(unsigned int section);

/**
 * view_text - write the report for people: what fits a screen, all of it, or some sections
 *
 * On a terminal no line is wider than the terminal, and tables leave out columns to fit. Elsewhere
 * all columns are there.
 *
 * Returns 0 or a negative errno (-ENOMEM, or what writing to @out gave).
 */
int view_text(const struct model *model, FILE *out, const struct view_options *options);

#endif /* LUOSCOPE_REPORT_TEXT_H */
