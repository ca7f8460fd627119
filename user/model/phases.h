/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: what lies between the boundaries.
 */
#ifndef LUOSCOPE_PHASES_H
#define LUOSCOPE_PHASES_H

#include "build_context.h"
#include "model.h"

/**
 * phases_build - make the phases between the boundaries, up to the model's end_slot
 */
void phases_build(struct build *build);

/**
 * phases_may_be_longest - may phase @i have been the longest of those whose time is known?
 *
 * Phases that meet at a border that is not known well are long at each other's expense: together
 * they are known, so the longer of the two took at least half of that.
 */
bool phases_may_be_longest(const struct model *model, size_t i);

/**
 * phases_find_blackout - set the model's blackout, from B0 to end_slot
 */
void phases_find_blackout(struct build *build);

/**
 * phases_find_luoscope_init - set how long 'luoscope init' itself took
 */
void phases_find_luoscope_init(struct build *build);

/* How much of the blackout 'luoscope init' itself took; nothing else runs beside it. */
int64_t phases_init_in_blackout(const struct model *model);

/* Set what the blackout would be without it. */
void phases_find_without_luoscope(struct model *model);

/* Set since when the new kernel watches what. */
void phases_find_watched(struct build *build);

/* Add a note if the old kernel was still attaching its probes when the update started. */
void phases_note_late_rest(struct build *build);

/**
 * phases_note_late_probes - add a note if the probes were only in place after init was executed
 */
void phases_note_late_probes(struct build *build);

/**
 * phases_note_soft_zero - add a note if B7 is only known roughly
 */
void phases_note_soft_zero(struct build *build);

#endif /* LUOSCOPE_PHASES_H */
