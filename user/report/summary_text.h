/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A summary for people, and for programs.
 */
#ifndef LUOSCOPE_SUMMARY_TEXT_H
#define LUOSCOPE_SUMMARY_TEXT_H

#include <stdio.h>

#include "report.h"
#include "summary.h"

/* Name and version of the JSON document's form, which docs/schema/summary.schema.json defines. */
#define SUMMARY_JSON_SCHEMA "luoscope.summary/2"

/**
 * view_summary_text - write @summary as tables for people
 * @options: used are the width, the top (how many of each kind, the longest downtime first), and
 *           whether names of captures may be shown in UTF-8
 *
 * It shows the blackout, its phases, what was preserved, the slowest devices in device_shutdown,
 * the new kernel's boot, and the marks. Returns 0 or a negative errno.
 */
int view_summary_text(const struct summary *summary, FILE *out, const struct view_options *options);

/**
 * view_summary_json - write all of @summary as one JSON document, of SUMMARY_JSON_SCHEMA
 *
 * Returns 0 or a negative errno.
 */
int view_summary_json(const struct summary *summary, FILE *out);

#endif /* LUOSCOPE_SUMMARY_TEXT_H */
