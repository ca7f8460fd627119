/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every number of a model that has a name (see figure_names.h). Budgets refer to these numbers, and
 * captures are compared by them.
 *
 * The true number lies between its bounds (see base/bounded.h). A time has the error of the clock.
 * A bound is open if the capture cannot say more: the time of a step that failed has no upper
 * bound, nor has a blackout after which a file did not come back; if spans were lost, a maximum and
 * a count may be higher, and a mean may be anything. If the clock is contradicted, all bounds of
 * times are open.
 */
#ifndef LUOSCOPE_FIGURES_H
#define LUOSCOPE_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bounded.h"
#include "base/error.h"
#include "figure_names.h"
#include "model/model.h"

/* Why a figure of what is known not to be there is not known. */
#define FIGURES_NONE "there is none in this update"

/**
 * struct figure - one figure of one capture
 * @name:     as figure_name_parse() writes it
 * @pattern:  its form
 * @measured: the number; counts above 2^53 - 1, which only a damaged area can contain, become that
 */
struct figure {
	char *name;
	const struct figure_pattern *pattern;
	struct bounded measured;
};

/**
 * struct figures - the figures of one model
 * @figure:  in the order of figure_patterns; those of one device, file or session together
 * @by_name: the same, sorted by name
 * @count:   of both
 * @losses:  why the figures may be incomplete, such as spans that were dropped; NULL: nothing
 *           indicates that
 * @mark_losses: the same for figures of marks: only these are incomplete if marks were dropped
 * @clock_doubt: why the times are not verified; NULL: they are
 */
struct figures {
	struct figure *figure;
	struct figure **by_name;
	size_t count;
	const char *losses;
	const char *mark_losses;
	const char *clock_doubt;
};

/**
 * figures_of - list the figures of @model
 *
 * What every update has (phases, counts) is always there, known or not; devices, files, sessions
 * and marks are there if the model has them and they have a name. Returns 0 or -ENOMEM. The model
 * may be freed afterwards. The caller frees @figures with figures_free(), also after an error.
 */
int figures_of(struct figures *figures, const struct model *model, struct error *error);

/**
 * figures_find - the figure @name, in the form that figure_name_parse() gives it
 *
 * Returns NULL if this capture has no figure of that name, for example of a device that was not
 * there.
 */
const struct figure *figures_find(const struct figures *figures, const char *name);

/**
 * figures_free - free what @figures owns
 */
void figures_free(struct figures *figures);

#endif /* LUOSCOPE_FIGURES_H */
