/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A summary of several live updates: the minimum, median and maximum of each figure.
 */
#ifndef LUOSCOPE_SUMMARY_H
#define LUOSCOPE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bounded.h"
#include "figures/figures.h"
#include "left_out.h"

/**
 * struct summary_bound - a figure of which a capture has only a bound, such as the time of a step
 * that failed, or a blackout after which not everything came back
 * @capture: its number
 */
struct summary_bound {
	size_t capture;
	struct bounded measured;
};

/**
 * struct summary_row - a figure of several updates
 * @name:   see figures/figure_names.h
 * @pattern: its form
 * @runs:   the number of captures that have it; only these count for
 * @min, @median: not valid if @runs is 0
 * @has_max: @max and @max_capture are valid
 * @max:    of all captures, even those that have only a lower bound: the worst run must not be
 *          missing. It is a lower bound then
 * @min_capture, @max_capture: index of the first capture with that value
 * @bound:  the captures that have only a bound; not counted in @runs
 * @bounds: how many of them
 */
struct summary_row {
	char *name;
	const struct figure_pattern *pattern;
	size_t runs;
	bool has_max;
	struct bounded min;
	struct bounded median;
	struct bounded max;
	size_t min_capture;
	size_t max_capture;
	struct summary_bound *bound;
	size_t bounds;
};

/**
 * struct summary - a summary of several captures
 * @capture:  their names, any bytes
 * @captures: how many
 * @row:      in the order of the first capture's figures, then those that only later captures have;
 *            without figures that no capture has
 * @left_out: captures without an update, which are not among these; set by the caller
 */
struct summary {
	const char *const *capture;
	size_t captures;
	struct summary_row *row;
	size_t rows;
	const struct left_out *left_out;
};

/**
 * summary_make - summarize the figures of @count captures, named @capture
 *
 * The names must stay as long as @summary is used. Returns 0 or -ENOMEM. The caller frees @summary
 * with summary_free(), after an error too.
 */
int summary_make(struct summary *summary, const struct figures *figures, const char *const *capture,
		 size_t count);

void summary_free(struct summary *summary);

#endif /* LUOSCOPE_SUMMARY_H */
