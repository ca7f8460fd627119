// SPDX-License-Identifier: GPL-2.0
#include "steps.h"

#include <luoscope/stats_area.h>
#include <stdbool.h>

/**
 * struct step - the properties of a step
 * @words:     in a sentence; NULL: its name
 * @device:    kind of the spans of a device; 0: a device has no such step
 * @file:      the same for a file
 * @session:   the same for a session
 * @flb:       the same for an FLB
 * @is_detour: it undoes another step, or takes its place
 */
struct step {
	const char *name;
	const char *words;
	unsigned int device;
	unsigned int file;
	unsigned int session;
	unsigned int flb;
	bool is_detour;
};

static const struct step steps[STEPS] = {
	[STEP_PRESERVE] = { .name = "preserve",
			    .device = LUO_STATS_PRESERVE,
			    .file = LUO_STATS_PRESERVE,
			    .flb = LUO_STATS_PRESERVE },
	[STEP_UNPRESERVE] = { .name = "unpreserve",
			      .device = LUO_STATS_UNPRESERVE,
			      .session = LUO_STATS_UNPRESERVE,
			      .flb = LUO_STATS_UNPRESERVE,
			      .is_detour = true },
	[STEP_FREEZE] = { .name = "freeze",
			  .device = LUO_STATS_FREEZE,
			  .file = LUO_STATS_FREEZE,
			  .session = LUO_STATS_SESSION_FREEZE },
	[STEP_UNFREEZE] = { .name = "unfreeze", .session = LUO_STATS_UNFREEZE, .is_detour = true },
	[STEP_RESET] = { .name = "reset", .device = LUO_STATS_RESET },
	[STEP_RETRIEVE] = { .name = "retrieve",
			    .device = LUO_STATS_RETRIEVE,
			    .file = LUO_STATS_RETRIEVE,
			    .session = LUO_STATS_SESSION_RETRIEVE,
			    .flb = LUO_STATS_RETRIEVE },
	[STEP_BIND] = { .name = "bind", .device = LUO_STATS_BIND },
	[STEP_IRQ_SETUP] = { .name = "irq_setup",
			     .words = "setting up interrupts",
			     .device = LUO_STATS_IRQ_SETUP },
	[STEP_FINISH] = { .name = "finish",
			  .device = LUO_STATS_FINISH,
			  .file = LUO_STATS_FINISH,
			  .session = LUO_STATS_SESSION_FINISH,
			  .flb = LUO_STATS_FINISH },
	[STEP_RELEASE_RESET] = { .name = "release_reset",
				 .words = "release reset",
				 .device = LUO_STATS_RESET,
				 .is_detour = true },
};

const char *step_name(enum model_step step)
{
	return steps[step].name;
}

const char *step_words(enum model_step step)
{
	return steps[step].words ? steps[step].words : steps[step].name;
}

unsigned int step_kind(enum model_step step, uint32_t subject_kind)
{
	switch (subject_kind) {
	case LUO_STATS_SUBJECT_DEVICE:
		return steps[step].device;
	case LUO_STATS_SUBJECT_FILE:
		return steps[step].file;
	case LUO_STATS_SUBJECT_SESSION:
		return steps[step].session;
	case LUO_STATS_SUBJECT_FLB:
		return steps[step].flb;
	default:
		return 0;
	}
}

enum model_step step_of_kind(unsigned int kind, uint32_t subject_kind)
{
	enum model_step step;

	if (!kind || kind == LUO_STATS_RESET)
		return STEPS;
	for (step = 0; step < STEPS && step_kind(step, subject_kind) != kind; step++)
		;
	return step;
}

enum model_step step_next(enum model_step step, uint32_t subject_kind)
{
	while (step < STEPS && (steps[step].is_detour || !step_kind(step, subject_kind)))
		step++;
	return step;
}
