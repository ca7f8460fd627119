// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/error.h"
#include "base/json_values.h"
#include "base/table.h"
#include "base/terminal.h"
#include "base/text.h"
#include "capture/capture.h"
#include "capture/store.h"
#include "commands.h"
#include "common.h"
#include "model/clock.h"
#include "model/longest_vm.h"
#include "model/model.h"
#include "model/outcome.h"

#define SIZE_COLUMN 8
#define JSON_SCHEMA "luoscope.list/3"

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", value);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.children = command_json_children,
	.parser = parse_option,
	.doc = "List the updates that are stored on this host, the oldest first.\v"
	       "'luoscope record --store', which luoscope.service runs, stores a capture of each update"
	       " in " STORE_DIR ", or in $LUOSCOPE_STORE if that is set. Other commands accept the"
	       " number of a capture in place of a file. Each capture is a file there, NUMBER.luoscope:"
	       " it can be copied anywhere, and to delete a capture, remove its file.\n\n"
	       "'change' is how the blackout changed since the update before, 'longest VM' the longest downtime"
	       " of a virtual machine, '>=' a lower bound. 'went well' names what did not go well, or what is not known."
	       " A row that begins with '+' is an update that was refused, kept in the capture above it.\n\n"
	       "Examples:\n"
	       "  luoscope list\n"
	       "  luoscope report 3             the report of capture 3\n"
	       "  luoscope report ./3           the report of a file named 3\n"
	       "  luoscope list --json | jq '.captures[-1].blackout_ns'\n",
};

/**
 * struct row - one capture in the list
 * @entry:  its place in the store
 * @error:  why it cannot be read; empty if it can
 * @model:  of its update, if it can be read
 * @outcome: of that update
 * @downtime: the longest of a virtual machine
 * @change: of the blackout, from the one of the update before it in the list
 * @before: the blackout of that one
 */
struct row {
	const struct store_entry *entry;
	struct error error;
	struct model model;
	struct outcome outcome;
	struct bounded downtime;
	struct bounded change;
	struct bounded before;
};

/* @before: the blackout of the update before this one, and then that of this one. */
static void load_row(struct row *row, const char *dir, const struct store_entry *entry,
		     struct bounded *before)
{
	const struct bounded *blackout = &row->model.blackout;
	struct capture capture;

	*row = (struct row){ .entry = entry, .before = *before };
	if (!store_load(&capture, dir, entry->number, &row->error) &&
	    !model_build(&row->model, &capture, &row->error))
		row->error.text[0] = '\0';
	capture_free(&capture);
	outcome_of(&row->outcome, &row->model);
	row->downtime = longest_vm_downtime(&row->model, NULL);
	if (!row->model.has_update)
		return;
	/* A lower bound says nothing of a change. */
	if (bounded_is_closed(*blackout) && bounded_is_closed(*before))
		row->change = bounded_minus(*blackout, before->value);
	*before = *blackout;
}

/* What became of it, if the answer is no. */
static const char *const topic_how[OUTCOME_TOPICS] = {
	[OUTCOME_UPDATE] = "refused",	  [OUTCOME_VMS] = "missing",
	[OUTCOME_DEVICES] = "missing",	  [OUTCOME_FILES] = "missing",
	[OUTCOME_RESETS] = "failed",	  [OUTCOME_DROPPED] = "dropped",
	[OUTCOME_CLOCK] = "contradicted",
};

/* "2 files missing", "clock contradicted"; of what is not known "files". */
static void describe_topic(char *buffer, size_t size, const struct outcome_question *question,
			   enum outcome_topic topic)
{
	const bool is_counted = question->answer == OUTCOME_NO && topic != OUTCOME_CLOCK;
	const bool is_one = question->answer == OUTCOME_NO && (!is_counted || question->count == 1);

	if (is_counted)
		text_append(buffer, size, "%zu ", question->count);
	text_append(buffer, size, "%s%s", question->what, is_one ? "" : "s");
	if (question->answer == OUTCOME_NO)
		text_append(buffer, size, " %s", topic_how[topic]);
}

/* Write "yes, VMs not watched", "no: 2 files missing, ..." or "unknown: VMs, devices". */
static const char *describe_outcome(char *buffer, size_t size, const struct row *row)
{
	const struct outcome *outcome = &row->outcome;
	const bool is_well = outcome->answer == OUTCOME_YES;
	const char *before = is_well ? ", " : ": ";
	size_t i;

	if (*row->error.text)
		return "unreadable";
	if (!row->model.has_update)
		return "no update";
	snprintf(buffer, size, "%s", outcome_answer_name(outcome->answer));
	if (outcome->question[OUTCOME_UPDATE].answer != OUTCOME_YES) {
		text_append(buffer, size, ": %s", outcome->question[OUTCOME_UPDATE].text);
		return buffer;
	}
	for (i = 0; i < OUTCOME_TOPICS; i++) {
		const struct outcome_question *question = &outcome->question[i];

		if (question->effect != outcome->answer ||
		    (is_well && question->answer == OUTCOME_YES))
			continue;
		text_append(buffer, size, "%s", before);
		before = ", ";
		describe_topic(buffer, size, question, i);
		if (is_well)
			text_append(buffer, size, " not watched");
	}
	return buffer;
}

static const char *format_bytes(char *buffer, size_t size, uint64_t bytes)
{
	if (bytes < 10240)
		snprintf(buffer, size, "%" PRIu64 " B", bytes);
	else if (bytes < 10240 << 10)
		snprintf(buffer, size, "%" PRIu64 " KiB", bytes >> 10);
	else
		snprintf(buffer, size, "%" PRIu64 " MiB", bytes >> 20);
	return buffer;
}

static const char *format_date(char *buffer, size_t size, struct bounded realtime)
{
	const time_t seconds = realtime.value / 1000000000;
	struct tm tm;

	if (!realtime.known || !gmtime_r(&seconds, &tm) ||
	    !strftime(buffer, size, "%Y-%m-%d %H:%M:%S", &tm))
		return "-";
	return buffer;
}

/* "-4.2 %" */
static const char *format_change(char *buffer, size_t size, const struct row *row)
{
	if (!row->change.known || row->before.value <= 0)
		return "-";
	snprintf(buffer, size, "%+.1f %%", 100.0 * row->change.value / row->before.value);
	return buffer;
}

static const char *format_release(char *buffer, const char *release, bool utf8)
{
	return *release ? escape_text(buffer, release, utf8) : "-";
}

static const char *style_of(const struct row *row)
{
	static const char *const styles[] = {
		[OUTCOME_NO] = STYLE_BAD,
		[OUTCOME_YES] = "",
		[OUTCOME_UNKNOWN] = STYLE_ODD,
	};

	return *row->error.text ? STYLE_BAD : styles[row->outcome.answer];
}

static void add_update(struct table *table, const struct row *row, bool utf8)
{
	const struct model *model = &row->model;
	char name[ESCAPED_BYTES], number[BOUNDED_TEXT_BYTES], outcome[256];

	table_cell(table, "%s%" PRIu64, style_of(row), row->entry->number);
	table_cell(table, "%s", format_date(number, sizeof(number), model->begin_realtime_ns));
	table_cell(table, "%s", format_release(name, model->from_release, utf8));
	table_cell(table, "%s", format_release(name, model->to_release, utf8));
	if (model->has_update)
		table_cell(table, "#%" PRIu32, model->generation);
	else
		table_cell(table, "-");
	table_cell(table, "%s", format_bounded_cell(number, model->blackout, UNIT_NS));
	table_cell(table, "%s", format_change(number, sizeof(number), row));
	table_cell(table, "%s", format_bounded_cell(number, row->downtime, UNIT_NS));
	table_cell(table, "%s", format_bytes(number, sizeof(number), row->entry->bytes));
	table_cell(table, "%s", describe_outcome(outcome, sizeof(outcome), row));
}

/* The release of the kernel that made @attempt: the one that the update replaced, or started. */
static const char *attempt_release(const struct model *model, const struct model_attempt *attempt)
{
	return !model->has_update || attempt->generation == model->generation ? model->to_release :
										model->from_release;
}

/* The attempt that stands for its capture: the first one, if there are only attempts. Or NULL. */
static const struct model_attempt *attempt_alone(const struct model *model)
{
	return model->has_update || !model->attempts ? NULL : &model->attempt[0];
}

/*
 * An attempt that failed.
 * @number: of the capture; 0: that is in another row, and no row must seem to begin with a number
 */
static void add_attempt(struct table *table, const struct row *row,
			const struct model_attempt *attempt, uint64_t number, bool utf8)
{
	char name[ESCAPED_BYTES], text[32], error[NAME_BYTES];
	unsigned int column;

	if (number)
		table_cell(table, STYLE_BAD "%" PRIu64, number);
	else
		table_cell(table, STYLE_BAD "+");
	table_cell(table, "%s", format_date(text, sizeof(text), attempt->begin_realtime_ns));
	table_cell(table, "%s", format_release(name, attempt_release(&row->model, attempt), utf8));
	for (column = 3; column < SIZE_COLUMN; column++)
		table_cell(table, "-");
	table_cell(table, "%s", number ? format_bytes(text, sizeof(text), row->entry->bytes) : "-");
	table_cell(table, "refused: %s%s%s", escape_text(name, attempt->cause, utf8),
		   attempt->cause_kind ? ", " : "",
		   *attempt->why ? attempt->why : name_errno(attempt->result, error));
}

static void add_text_row(struct table *table, const struct row *row, bool utf8)
{
	const struct model *model = &row->model;
	const bool has_row = !attempt_alone(model);
	size_t i;

	if (has_row)
		add_update(table, row, utf8);
	for (i = 0; i < model->attempts; i++)
		add_attempt(table, row, &model->attempt[i], has_row || i ? 0 : row->entry->number,
			    utf8);
}

/* In a pipe nothing is shortened. Returns 0 or -ENOMEM. */
static int print_table(struct table *table)
{
	const unsigned int width = terminal_width(stdout);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int err;

	if (!out) {
		table_free(table);
		return -ENOMEM;
	}
	table->may_leave_out = width;
	err = table_print(table, out, width ? width : TABLE_ANY_WIDTH);
	if (fclose(out))
		err = -ENOMEM;
	if (!err)
		print_lines(stdout, text, 0, terminal_has_colour(stdout));
	free(text);
	return err;
}

static void warn_unreadable(const struct row *row, bool utf8)
{
	/* It may quote what is in the file. */
	char *text = escape_text_whole(row->error.text, utf8);

	if (*row->error.text)
		fprintf(stderr, "luoscope: capture %" PRIu64 ": %s\n", row->entry->number,
			text ? text : "out of memory");
	free(text);
}

static int list_text(const char *dir, const struct store_entry *entry, size_t count)
{
	struct table table = {
		.columns = 10,
		.heading = { "no", "started (UTC)", "from", "to", "update", "blackout", "change",
			     "longest VM", "size", "went well" },
		.right = { true, true, false, false, true, true, true, true, true, false },
		.spare = { SIZE_COLUMN, 4, 2, 3, 6, 1 }
	};
	struct bounded before = {};
	struct row row;
	bool utf8;
	size_t i;

	utf8 = command_is_utf8();
	if (!count) {
		printf("No updates are recorded in %s. 'luoscope record --store' stores a capture of"
		       " each one.\n",
		       dir);
		return 0;
	}
	for (i = 0; i < count; i++) {
		load_row(&row, dir, &entry[i], &before);
		warn_unreadable(&row, utf8);
		add_text_row(&table, &row, utf8);
		model_free(&row.model);
	}
	return print_table(&table);
}

/* The topics that stand so. Without an update nothing else is asked. */
static json_t *json_topics(const struct row *row, enum outcome_answer standing)
{
	const size_t topics = row->model.has_update ? OUTCOME_TOPICS : OUTCOME_UPDATE + 1;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < topics; i++)
		if (outcome_standing(&row->outcome.question[i]) == standing)
			list = json_append(list, json_string(outcome_topic_name(i)));
	return list;
}

static json_t *json_date(struct bounded realtime)
{
	return realtime.known && realtime.value >= 0 ? json_sprintf("%" PRId64, realtime.value) :
						       json_null();
}

static json_t *json_attempts(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->attempts; i++) {
		const struct model_attempt *attempt = &model->attempt[i];

		list = json_append(list,
				   json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "generation",
					     (json_int_t)attempt->generation, "number",
					     (json_int_t)attempt->number, "begin_realtime_ns",
					     json_date(attempt->begin_realtime_ns), "from",
					     json_text_or_null(attempt_release(model, attempt)),
					     "errno", json_errno(attempt->result), "cause",
					     json_text_or_null(attempt->cause), "why",
					     json_text_or_null(attempt->why)));
	}
	return list;
}

static json_t *json_row(const struct row *row)
{
	const struct model *model = &row->model;
	const struct model_attempt *alone = attempt_alone(model);
	const bool counted = model->files_missing_known;
	const bool asked = !*row->error.text;

	return json_pack(
		"{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
		" s:o, s:o, s:o}",
		"number", (json_int_t)row->entry->number, "bytes", (json_int_t)row->entry->bytes,
		"error", json_text_or_null(row->error.text), "begin_realtime_ns",
		json_date(alone ? alone->begin_realtime_ns : model->begin_realtime_ns), "from",
		json_text_or_null(alone ? attempt_release(model, alone) : model->from_release),
		"to", json_text_or_null(alone ? "" : model->to_release), "generation",
		model->has_update ? json_integer(model->generation) : json_null(), "chain_id",
		model->has_update ? json_sprintf("%016" PRIx64, model->chain_id) : json_null(),
		"blackout_ns", json_time(model->blackout), "blackout_error_ns",
		json_error(model->blackout), "blackout_is_lower_bound",
		json_lower_bound(model->blackout), "blackout_change_ns", json_time(row->change),
		"outcome",
		asked ? json_string(outcome_answer_name(row->outcome.answer)) : json_null(),
		"wrong", asked ? json_topics(row, OUTCOME_NO) : json_null(), "unknown",
		asked ? json_topics(row, OUTCOME_UNKNOWN) : json_null(), "complete",
		counted ? json_boolean(!model->files_missing) : json_null(), "files_missing",
		counted ? json_integer(model->files_missing) : json_null(), "devices_missing",
		model->devices_missing_known ? json_integer(model->devices_missing) : json_null(),
		"vms_missing",
		model->vms_missing_known ? json_integer(model->vms_missing) : json_null(),
		"vm_downtime_max_ns", json_time(row->downtime), "vm_downtime_max_error_ns",
		json_error(row->downtime), "vm_downtime_max_is_lower_bound",
		json_lower_bound(row->downtime), "clock",
		model->has_update ? json_string(name_verdict(model->clock.verdict)) : json_null(),
		"dropped",
		model->has_update ? json_count(model->losses.dropped_total) : json_null(),
		"failed_attempts", asked ? json_attempts(model) : json_null());
}

static int list_json(const char *dir, const struct store_entry *entry, size_t count)
{
	json_t *captures = json_array();
	struct bounded before = {};
	struct row row;
	size_t i;

	for (i = 0; i < count; i++) {
		load_row(&row, dir, &entry[i], &before);
		captures = json_append(captures, json_row(&row));
		model_free(&row.model);
	}
	return json_write(json_pack("{s:s, s:o, s:o}", "schema", JSON_SCHEMA, "directory",
				    json_text(dir), "captures", captures),
			  stdout, JSON_INDENT(2));
}

/* The store of a host that was never updated need not exist, but one that somebody names must. */
static int check_store(const char *dir, struct error *error)
{
	if (!strcmp(dir, STORE_DIR) || !access(dir, F_OK) || errno != ENOENT)
		return 0;
	return error_set(
		error, -ENOENT,
		"there is no store %s: correct LUOSCOPE_STORE, or have 'luoscope record --store' make it",
		dir);
}

int cmd_list(int argc, char **argv)
{
	const char *dir = store_dir();
	struct store_entry *entry;
	struct error error = {};
	struct command_json json = { .schema = JSON_SCHEMA };
	size_t count;
	int err;

	if (argp_parse(&argp, argc, argv, 0, NULL, &json))
		return 1;
	if (check_store(dir, &error) || store_list(dir, &entry, &count, &error))
		return command_failed(&error);
	errno = 0;
	err = json.given ? list_json(dir, entry, count) : list_text(dir, entry, count);
	free(entry);
	if (err == -ENOMEM) {
		error_set(&error, err, "out of memory");
		return command_failed(&error);
	}
	return command_written("the list");
}
