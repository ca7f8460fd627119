/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether an update went well, as far as it was observed.
 */
#ifndef LUOSCOPE_OUTCOME_H
#define LUOSCOPE_OUTCOME_H

#include "model.h"

enum outcome_answer {
	OUTCOME_NO,
	OUTCOME_YES,
	OUTCOME_UNKNOWN,
};

/* The questions, in the order of what matters to those who use the host. */
enum outcome_topic {
	OUTCOME_UPDATE,	 /* there was an update, and no attempt at it is the last word */
	OUTCOME_VMS,	 /* every virtual machine that ran runs again */
	OUTCOME_DEVICES, /* every device that was frozen is in service again */
	OUTCOME_FILES,	 /* every file that was frozen was retrieved */
	OUTCOME_RESETS,	 /* no reset failed, or found a lock held */
	OUTCOME_DROPPED, /* no span was dropped: what is reported is all there was */
	OUTCOME_CLOCK,	 /* the clock is not contradicted */
	OUTCOME_TOPICS,
};

#define OUTCOME_TEXT_BYTES 256

/**
 * struct outcome_question - a question and its answer
 * @text: the answer in a sentence without a full stop, such as "2 of 6 devices are not in service:
 *        0000:01:00.0 (VM vm-database), 0000:02:00.0". Names are as found: escape them
 */
struct outcome_question {
	enum outcome_answer answer;
	char text[OUTCOME_TEXT_BYTES];
};

/**
 * struct outcome - the questions, and one answer to all of them
 * @answer: OUTCOME_NO if one of them is answered so, else OUTCOME_UNKNOWN if one of them is, else
 *          OUTCOME_YES
 */
struct outcome {
	enum outcome_answer answer;
	struct outcome_question question[OUTCOME_TOPICS];
};

/**
 * outcome_of - answer the questions about the update in @model
 */
void outcome_of(struct outcome *outcome, const struct model *model);

/* In JSON and metrics: "devices". */
const char *outcome_topic_name(enum outcome_topic topic);

/* In JSON and text: "yes", "no" or "unknown". */
const char *outcome_answer_name(enum outcome_answer answer);

#endif /* LUOSCOPE_OUTCOME_H */
