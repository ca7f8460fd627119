/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The head of a report, in the same words for every view.
 */
#ifndef LUOSCOPE_HEADLINE_H
#define LUOSCOPE_HEADLINE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/duration.h"
#include "base/text.h"
#include "model/model.h"

#define HEAD_MOMENT_BYTES 64

/**
 * struct head - its sentences; "" or NULL: nothing to print
 * @title:    which update, and between which kernels
 * @blackout: its length and error, or a lower bound and why, or why it is not known
 * @own:      how much of it luoscope itself took
 * @measured: where the blackout starts and ends
 * @started:  when, in UTC
 * @clock:    the clock, and the verdict on it; the reasons are in the model
 * @longest:  the longest phase, or phases if they are equal within their errors: the
 *            first place to look for time to save
 * @losses:   what is missing, for views that do not list losses
 */
struct head {
	char title[2 * ESCAPED_BYTES + 64];
	char blackout[2 * DURATION_BYTES + 128];
	char own[BOUNDED_TEXT_BYTES + 64];
	const char *measured;
	char started[HEAD_MOMENT_BYTES];
	char clock[160];
	char longest[2 * (MODEL_PHASE_NAME_BYTES + BOUNDED_TEXT_BYTES) + 64];
	char losses[256];
};

/**
 * head_moment - write a wall clock time to @buffer of HEAD_MOMENT_BYTES, such as "2026-11-22
 * 20:06:04.635 UTC"; "" if it is not known. Returns @buffer.
 */
const char *head_moment(char *buffer, struct bounded realtime_ns);

/**
 * head_make - write the head of the report on @model
 * @utf8: names may be shown in UTF-8; else all is plain ASCII
 */
void head_make(struct head *head, const struct model *model, bool utf8);

#define SHARE_BYTES 32

/**
 * head_share - @time as a share of the blackout: "30.1 %", "<= 30.1 %" if the blackout may have been
 * longer, "-" if it is not known
 *
 * Digits that were not measured are not written. Returns @buffer of SHARE_BYTES.
 */
const char *head_share(char *buffer, const struct model *model, struct bounded time);

/* Labels of lines on what went wrong: something is not back or not to be trusted, or is odd. */
#define HEAD_TROUBLE "Trouble"
#define HEAD_WARNING "Warning"
#define HEAD_TO_DO   "What to do"

/**
 * head_each_answer - call @say for what is asked first: what went wrong, what came back, when that
 * was, and whether the clock can be trusted. See head_each()
 */
void head_each_answer(const struct head *head, const struct model *model, bool utf8,
		      void (*say)(void *context, const char *label, const char *text),
		      void *context);

/**
 * head_each - call @say for each line of @head below the first
 * @say: @label is "Note" and so on, or "" for a reason that belongs to the line before
 *
 * The first line is head->title, head->blackout and head->own. All text is escaped.
 */
void head_each(const struct head *head, const struct model *model, bool utf8,
	       void (*say)(void *context, const char *label, const char *text), void *context);

/* The column where the text after the labels of head_print() starts. */
#define HEAD_INDENT 13

/**
 * head_print_first - write the title of @head and the blackout as text
 */
void head_print_first(const struct head *head, FILE *out, unsigned int width);

/**
 * head_print_line - write a line of head_each() as text
 */
void head_print_line(FILE *out, unsigned int width, const char *label, const char *text);

/**
 * head_print - write the head of the report on @model as text, at most @width columns wide
 */
void head_print(const struct model *model, FILE *out, bool utf8, unsigned int width);

/**
 * head_cause - what refused @attempt, such as "device 0000:03:00.0"; "" if not known
 *
 * Returns @buffer, which has ESCAPED_BYTES.
 */
const char *head_cause(char *buffer, const struct model_attempt *attempt, bool utf8);

/**
 * head_pole - the name of @pole, such as "device 0000:01:00.0"
 *
 * Returns @buffer, which has ESCAPED_BYTES, or a constant.
 */
const char *head_pole(char *buffer, const struct model *model, const struct model_long_pole *pole,
		      bool utf8);

#endif /* LUOSCOPE_HEADLINE_H */
