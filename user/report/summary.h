/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Several live updates in one: of each figure the least, the middle and the most.
 */
#ifndef LUOSCOPE_SUMMARY_H
#define LUOSCOPE_SUMMARY_H

#include <stddef.h>
#include <stdio.h>

#include "figures/figures.h"
#include "report.h"

/* Name and version of the JSON document's form. */
#define SUMMARY_JSON_SCHEMA "luoscope.summary/1"

/**
 * struct summary_bound - a figure of which a capture knows a bound alone: of a step that failed, of
 * a blackout after which not all came back
 * @capture: its number
 */
struct summary_bound {
	size_t capture;
	struct measured measured;
};

/**
 * struct summary_row - a figure of several updates
 * @name:   see figures/figure_names.h
 * @unit:   of all three
 * @runs:   in how many captures it is known: from these alone come
 * @min, @median, @max: in @unit; not valid if @runs is 0
 * @min_capture, @max_capture: number of the first capture that has that
 * @bound:  in captures that know no more; not among @runs
 * @bounds: how many of them
 */
struct summary_row {
	char *name;
	enum figure_unit unit;
	size_t runs;
	struct measured min;
	struct measured median;
	struct measured max;
	size_t min_capture;
	size_t max_capture;
	struct summary_bound *bound;
	size_t bounds;
};

/**
 * struct summary - what several captures have in common
 * @capture:  their names, any bytes
 * @captures: how many
 * @row:      as the figures of the first capture, then those that only later ones have; a figure
 *            that no capture knows is not there
 */
struct summary {
	char *const *capture;
	size_t captures;
	struct summary_row *row;
	size_t rows;
};

/**
 * summary_make - summarize the figures of @count captures, which are called @capture
 *
 * The names must stay as long as @summary is used. Returns 0 or -ENOMEM. The caller frees @summary
 * with summary_free(), after an error too.
 */
int summary_make(struct summary *summary, const struct figures *figures, char *const *capture,
		 size_t count);

void summary_free(struct summary *summary);

/**
 * view_summary_text - write @summary as tables for people
 * @options: of them the width, the top (how many of each kind, those first that were dark for the
 *           longest), and whether names of captures may be shown in UTF-8
 *
 * Shown are the blackout, its phases, and what was preserved and marked. Returns 0 or a negative
 * errno.
 */
int view_summary_text(const struct summary *summary, FILE *out, const struct view_options *options);

/**
 * view_summary_json - write all of @summary as one JSON document, of SUMMARY_JSON_SCHEMA
 *
 * captures: how many; names: of them; figures[]: name, unit ("ns", "count" or "ppb"), captures (that
 * know it), min, median and max as whole numbers, or null if none knows it, and how wrong each may
 * be; min_capture and max_capture: numbers in names; bounds[]: capture, value, low, high (null:
 * that bound is open) and why, of those that know a bound alone. Returns 0 or a negative errno.
 */
int view_summary_json(const struct summary *summary, FILE *out);

#endif /* LUOSCOPE_SUMMARY_H */
