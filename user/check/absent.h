/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a capture does not have a figure: what the figure is about is not there.
 */
#ifndef LUOSCOPE_ABSENT_H
#define LUOSCOPE_ABSENT_H

#include "budget.h"
#include "figures/figure_names.h"
#include "figures/figures.h"
#include "model/outcome.h"

/* Enough for the longest two names, and the words around them. */
#define ABSENT_BYTES (2 * FIGURE_NAME_BYTES + 80)

/**
 * absent_explain - write why a capture does not have the figure of @budget, such as "there is no
 * device '0000:1:00.0'; the nearest is '0000:01:00.0'"
 * @figures: those that the capture has
 * @outcome: how its update went
 *
 * Returns @buffer of ABSENT_BYTES.
 */
const char *absent_explain(char *buffer, const struct budget *budget, const struct figures *figures,
			   const struct outcome *outcome);

#endif /* LUOSCOPE_ABSENT_H */
