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
	OUTCOME_DROPPED, /* no span but marks was dropped: what is reported is all there was */
	OUTCOME_CLOCK,	 /* the clock is not contradicted */
	OUTCOME_TOPICS,
};

/*
 * An answer names this many. The longest name is a file's: a token, its session, and its virtual
 * machine; so there is always room for all of them, and for how many more there are.
 */
#define OUTCOME_NAMES	   3
#define OUTCOME_NAME_BYTES (2 * MODEL_NAME_BYTES + 73)
#define OUTCOME_TEXT_BYTES (OUTCOME_NAMES * OUTCOME_NAME_BYTES + 128)

/**
 * struct outcome_question - a question and its answer
 * @effect: what the answer makes of the answer to all. It is @answer, with two exceptions. A
 *          measurement that failed (OUTCOME_DROPPED, OUTCOME_CLOCK) does not make an update go
 *          badly: nobody knows how it went. And virtual machines that no kernel watched, as on a
 *          host without KVM, hold back nothing: nothing says that there were any
 * @count:  how many are missing, failed or dropped, if the answer is no
 * @what:   one of them, in a word: "device"
 * @text: the answer in a sentence without a full stop, such as "2 of 6 devices are not in service:
 *        0000:01:00.0 (VM vm-database), 0000:02:00.0". Names are as found: escape them
 */
struct outcome_question {
	enum outcome_answer answer;
	enum outcome_answer effect;
	size_t count;
	const char *what;
	char text[OUTCOME_TEXT_BYTES];
};

/**
 * struct outcome - the questions, and one answer to all of them
 * @answer: OUTCOME_NO if that is the effect of one of them, else OUTCOME_UNKNOWN if it is, else
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

/**
 * outcome_standing - how the matter of @question stands
 *
 * OUTCOME_NO: it did not go well; OUTCOME_UNKNOWN: that is not known, or is why the rest is not.
 */
enum outcome_answer outcome_standing(const struct outcome_question *question);

/* The answer to all, in a sentence without a full stop: "the update went well". */
const char *outcome_sentence(const struct outcome *outcome);

/* In JSON and metrics: "devices". */
const char *outcome_topic_name(enum outcome_topic topic);

/* In JSON and text: "yes", "no" or "unknown". */
const char *outcome_answer_name(enum outcome_answer answer);

#endif /* LUOSCOPE_OUTCOME_H */
