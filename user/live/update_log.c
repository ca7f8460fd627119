// SPDX-License-Identifier: GPL-2.0
#include "update_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/error.h"
#include "base/text.h"
#include "model/longest_vm.h"
#include "model/outcome.h"

/* What is said of each topic: always, or only if it is not as it should be. */
static const bool always[OUTCOME_TOPICS] = {
	[OUTCOME_VMS] = true,
	[OUTCOME_DEVICES] = true,
	[OUTCOME_FILES] = true,
};

static const int priority[] = {
	[OUTCOME_NO] = LOG_ERR,
	[OUTCOME_YES] = LOG_NOTICE,
	[OUTCOME_UNKNOWN] = LOG_WARNING,
};

static const char *release_or_not(const char *release)
{
	return *release ? release : "?";
}

/* Returns the line, not escaped, from malloc(), or NULL. */
static char *write_line(const struct model *model, const struct outcome *outcome,
			struct bounded downtime, uint64_t capture, const char *dir)
{
	char blackout[BOUNDED_TEXT_BYTES], vm[BOUNDED_TEXT_BYTES];
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "Live update #%" PRIu32 " %s -> %s: blackout %s, longest VM downtime %s",
		model->generation, release_or_not(model->from_release),
		release_or_not(model->to_release),
		model->blackout.known ? format_bounded(blackout, model->blackout, UNIT_NS) :
					"not known",
		downtime.known ? format_bounded(vm, downtime, UNIT_NS) : "not known");
	for (i = 0; i < OUTCOME_TOPICS; i++)
		if (always[i] || outcome->question[i].answer != OUTCOME_YES)
			fprintf(out, "; %s", outcome->question[i].text);
	fprintf(out, "; capture %" PRIu64 " (%s/%" PRIu64 ".luoscope)", capture, dir, capture);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static void add_time(struct journal_message *message, const char *name, struct bounded time)
{
	char flag[64];

	if (!time.known)
		return;
	snprintf(flag, sizeof(flag), "%s_NS", name);
	journal_field(message, flag, "%" PRId64, time.value);
	snprintf(flag, sizeof(flag), "%s_IS_LOWER_BOUND", name);
	journal_field(message, flag, "%d", bounded_is_lower_bound(time));
}

static void add_missing(struct journal_message *message, const char *name, size_t missing,
			bool is_known)
{
	if (is_known)
		journal_field(message, name, "%zu", missing);
}

static void add_text(struct journal_message *message, const char *name, const char *text)
{
	if (*text)
		journal_field(message, name, "%s", text);
}

static void begin(struct journal_message *message, const char *line, enum outcome_answer answer)
{
	journal_field(message, "MESSAGE", "%s", line);
	journal_field(message, "MESSAGE_ID", UPDATE_LOG_MESSAGE_ID);
	journal_field(message, "PRIORITY", "%d", priority[answer]);
	journal_field(message, "SYSLOG_IDENTIFIER", "luoscope");
	journal_field(message, "LUOSCOPE_OUTCOME", "%s", outcome_answer_name(answer));
}

static void add_outcome(struct journal_message *message, const struct outcome *outcome)
{
	static const char *const names[] = {
		[OUTCOME_NO] = "LUOSCOPE_WRONG",
		[OUTCOME_UNKNOWN] = "LUOSCOPE_UNKNOWN",
	};
	size_t i;

	for (i = 0; i < OUTCOME_TOPICS; i++) {
		const enum outcome_answer standing = outcome_standing(&outcome->question[i]);

		if (standing != OUTCOME_YES)
			journal_field(message, names[standing], "%s", outcome_topic_name(i));
	}
}

char *update_log_describe(struct journal_message *message, const struct model *model,
			  uint64_t capture, const char *dir)
{
	const struct model_vm *vm;
	const struct bounded downtime = longest_vm_downtime(model, &vm);
	struct outcome outcome;
	char *line, *escaped;

	outcome_of(&outcome, model);
	line = write_line(model, &outcome, downtime, capture, dir);
	escaped = line ? escape_text_whole(line, false) : NULL;
	free(line);
	if (!escaped)
		return NULL;
	begin(message, escaped, outcome.answer);
	add_outcome(message, &outcome);
	add_text(message, "LUOSCOPE_FROM", model->from_release);
	add_text(message, "LUOSCOPE_TO", model->to_release);
	journal_field(message, "LUOSCOPE_GENERATION", "%" PRIu32, model->generation);
	add_time(message, "LUOSCOPE_BLACKOUT", model->blackout);
	add_time(message, "LUOSCOPE_VM_DOWNTIME_MAX", downtime);
	if (vm)
		journal_field(message, "LUOSCOPE_VM", "%s", model_vm_name(vm));
	add_missing(message, "LUOSCOPE_FILES_MISSING", model->files_missing,
		    model->files_missing_known);
	add_missing(message, "LUOSCOPE_DEVICES_MISSING", model->devices_missing,
		    model->devices_missing_known);
	add_missing(message, "LUOSCOPE_VMS_MISSING", model->vms_missing, model->vms_missing_known);
	journal_field(message, "LUOSCOPE_CAPTURE", "%" PRIu64, capture);
	journal_field(message, "LUOSCOPE_CAPTURE_FILE", "%s/%" PRIu64 ".luoscope", dir, capture);
	return escaped;
}

static void add_cause(struct journal_message *message, const struct model_attempt *attempt)
{
	if (!attempt->cause_kind)
		return;
	journal_field(message, "LUOSCOPE_CAUSE_KIND", "%s",
		      attempt->cause_kind == LUO_STATS_SUBJECT_DEVICE ? "device" : "file");
	add_text(message, "LUOSCOPE_CAUSE", attempt->cause);
	if (attempt->cause_kind == LUO_STATS_SUBJECT_FILE)
		journal_field(message, "LUOSCOPE_CAUSE_TOKEN", "%" PRIu64, attempt->cause_key);
	add_text(message, "LUOSCOPE_CAUSE_HANDLER", attempt->cause_handler);
	add_text(message, "LUOSCOPE_REASON", attempt->reason);
}

char *update_log_describe_refusal(struct journal_message *message, const struct model *model,
				  const struct model_attempt *attempt)
{
	char number[NAME_BYTES], *line, *escaped;
	const char *error = name_errno(attempt->result, number);

	if (asprintf(&line, "Live update of %s refused%s%s: %s%s%s",
		     release_or_not(model->to_release),
		     attempt->cause_kind == LUO_STATS_SUBJECT_DEVICE ? " by device " :
		     attempt->cause_kind			     ? " by a file of session " :
								       "",
		     attempt->cause, *attempt->why ? attempt->why : error,
		     *attempt->what_to_do ? ". " : "", attempt->what_to_do) < 0)
		return NULL;
	escaped = escape_text_whole(line, false);
	free(line);
	if (!escaped)
		return NULL;
	begin(message, escaped, OUTCOME_NO);
	journal_field(message, "LUOSCOPE_WRONG", "%s", outcome_topic_name(OUTCOME_UPDATE));
	add_text(message, "LUOSCOPE_FROM", model->to_release);
	journal_field(message, "LUOSCOPE_ERROR", "%s", error);
	add_cause(message, attempt);
	return escaped;
}

/* Frees the message. @line: NULL if out of memory. Returns whether there is now a line. */
static bool write_message(struct journal_message *message, const char *line)
{
	if (!line)
		fputs("luoscope: out of memory for the line in the log: 'luoscope list' shows it\n",
		      stderr);
	else if (!journal_has_stderr() || journal_send(message, JOURNAL_SOCKET))
		fprintf(stderr, "luoscope: %s\n", line);
	journal_free(message);
	return line;
}

void update_log_found(struct update_log *log, const struct model *model)
{
	log->is_written = true;
	outcome_of(&log->outcome, model);
}

void update_log_write(struct update_log *log, const struct model *model, uint64_t capture,
		      const char *dir)
{
	struct journal_message message = {};
	struct outcome outcome;
	char *line;

	outcome_of(&outcome, model);
	if (log->is_written && !memcmp(&outcome, &log->outcome, sizeof(outcome)))
		return;
	line = update_log_describe(&message, model, capture, dir);
	if (write_message(&message, line))
		*log = (struct update_log){ .is_written = true, .outcome = outcome };
	free(line);
}

void update_log_refusal(const struct model *model, const struct model_attempt *attempt)
{
	struct journal_message message = {};
	char *line = update_log_describe_refusal(&message, model, attempt);

	write_message(&message, line);
	free(line);
}
