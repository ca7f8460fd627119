/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One line in the log about an update: how long it took, and whether it went well.
 */
#ifndef LUOSCOPE_UPDATE_LOG_H
#define LUOSCOPE_UPDATE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"
#include "model/model.h"
#include "model/outcome.h"

/* Of every such line. docs/service.md has it, too. */
#define UPDATE_LOG_MESSAGE_ID "a4ccd5ec2268409e9663cf049a39c676"

/**
 * struct update_log - what was written last
 * @is_written: there was a line
 * @outcome:    what it was about
 */
struct update_log {
	bool is_written;
	struct outcome outcome;
};

/**
 * update_log_describe - write the line about the update in @model, and its fields
 * @capture: its number in the store @dir
 *
 * What is not known has no field. Returns the line, escaped, from malloc(); NULL: out of memory.
 */
char *update_log_describe(struct journal_message *message, const struct model *model,
			  uint64_t capture, const char *dir);

/**
 * update_log_describe_refusal - the same about @attempt, which failed in the running kernel
 */
char *update_log_describe_refusal(struct journal_message *message, const struct model *model,
				  const struct model_attempt *attempt);

/**
 * update_log_found - the line about the update in @model was written before, by another process
 */
void update_log_found(struct update_log *log, const struct model *model);

/**
 * update_log_write - write it to the journal, if standard error goes there, or else to standard
 * error; not again unless the outcome is another one
 */
void update_log_write(struct update_log *log, const struct model *model, uint64_t capture,
		      const char *dir);

/* Write the line about an attempt that failed, in the same way. */
void update_log_refusal(const struct model *model, const struct model_attempt *attempt);

#endif /* LUOSCOPE_UPDATE_LOG_H */
