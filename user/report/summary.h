/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Several live updates in one: of each figure the least, the middle and the most.
 */
#ifndef LUOSCOPE_SUMMARY_H
#define LUOSCOPE_SUMMARY_H

#include <stddef.h>

#include "base/bounded.h"
#include "figures/figure_names.h"
#include "figures/figures.h"

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

#endif /* LUOSCOPE_SUMMARY_H */
