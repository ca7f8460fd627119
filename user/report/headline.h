/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a report says first, in the words that every view has for it.
 */
#ifndef LUOSCOPE_HEADLINE_H
#define LUOSCOPE_HEADLINE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/bounded_text.h"
#include "base/duration.h"
#include "base/text.h"
#include "model/model.h"

#define HEAD_MOMENT_BYTES 64

/**
 * struct head - the sentences; "" or NULL: there is nothing to say
 * @title:    which update of which kernels
 * @blackout: how long, and how wrong that may be; or that it lasted at least so long, or is not
 *            known, and why
 * @own:      what luoscope itself adds to it
 * @measured: from where to where
 * @begun:    when, in UTC
 * @clock:    by which it was measured, and the verdict on it; its reasons are in the model
 * @longest:  phase, or those which cannot be told apart: the first thing that somebody who wants it
 *            shorter has to look at
 * @losses:   what is missing, for views that do not list it
 */
struct head {
	char title[2 * ESCAPED_BYTES + 64];
	char blackout[2 * DURATION_BYTES + 128];
	char own[DURATION_BYTES + 64];
	const char *measured;
	char begun[HEAD_MOMENT_BYTES];
	char clock[160];
	char longest[2 * (MODEL_PHASE_NAME_BYTES + MEASURED_TEXT_BYTES) + 64];
	char losses[256];
};

/**
 * head_moment - write a wall clock's time to @buffer of HEAD_MOMENT_BYTES, such as
 * "2026-11-22 20:06:04.635 UTC"; "" if it is not known. Returns @buffer.
 */
const char *head_moment(char *buffer, struct model_time realtime_ns);

/**
 * head_make - write the head of the report on @model
 * @utf8: names may be shown in UTF-8; else all is plain ASCII
 */
void head_make(struct head *head, const struct model *model, bool utf8);

#define SHARE_BYTES 32

/**
 * head_share - what share of the blackout, which is known and not 0, @ns are: "30.1 %"
 * @error_ns: how wrong @ns may be: digits that were not measured are not written
 *
 * Returns @buffer of SHARE_BYTES.
 */
const char *head_share(char *buffer, const struct model *model, int64_t ns, uint64_t error_ns);

/**
 * head_each - give what @head says below its first line, line by line, to @say
 * @say: @label: "Note" and the like, or "" of a reason for the line before
 *
 * The first line is head->title, head->blackout and head->own. All is escaped.
 */
void head_each(const struct head *head, const struct model *model, bool utf8,
	       void (*say)(void *context, const char *label, const char *text), void *context);

/* What head_print() puts under its labels begins in this column. */
#define HEAD_INDENT 13

/**
 * head_print - write the head of what is told of @model as text, at most @width columns wide
 */
void head_print(const struct model *model, FILE *out, bool utf8, unsigned int width);

/**
 * head_pole - what @pole is: "device 0000:01:00.0"
 *
 * Returns @buffer, which has ESCAPED_BYTES, or a constant.
 */
const char *head_pole(char *buffer, const struct model *model, const struct model_long_pole *pole,
		      bool utf8);

#endif /* LUOSCOPE_HEADLINE_H */
