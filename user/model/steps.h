/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps that an update takes with a device, a file or a session: their names, and the spans
 * that they come from.
 */
#ifndef LUOSCOPE_STEPS_H
#define LUOSCOPE_STEPS_H

#include <stdint.h>

/* In chronological order. */
enum model_step {
	STEP_PRESERVE,
	STEP_UNPRESERVE,
	STEP_FREEZE,
	STEP_UNFREEZE,
	STEP_RESET, /* in the freeze of a device */
	STEP_RETRIEVE,
	STEP_BIND,
	STEP_IRQ_SETUP,
	STEP_FINISH,
	STEP_RELEASE_RESET, /* in the new kernel, of a device that nobody retrieved */
	STEPS,
};

/* In figures, JSON, metrics and tables: "freeze", "irq_setup". */
const char *step_name(enum model_step step);

/* In a sentence: "setting up interrupts". */
const char *step_words(enum model_step step);

/**
 * step_kind - the enum luo_stats_kind of the spans that @step of a subject comes from
 * @subject_kind: enum luo_stats_subject_kind
 *
 * 0: such a subject has no such step.
 */
unsigned int step_kind(enum model_step step, uint32_t subject_kind);

/**
 * step_of_kind - the step of a subject that a span of @kind is; STEPS: none
 *
 * STEPS for a reset, too, because its kind does not say which one it is.
 */
enum model_step step_of_kind(unsigned int kind, uint32_t subject_kind);

/**
 * step_next - the first step from @step on that a subject goes through in an update; STEPS: none
 *
 * Steps that undo another one, or take its place, are left out.
 */
enum model_step step_next(enum model_step step, uint32_t subject_kind);

/* All of them. */
#define for_each_step(step, subject_kind)                            \
	for ((step) = step_next(0, (subject_kind)); (step) != STEPS; \
	     (step) = step_next((step) + 1, (subject_kind)))

#endif /* LUOSCOPE_STEPS_H */
