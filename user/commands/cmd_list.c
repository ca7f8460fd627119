// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
#include "model/model.h"

#define WIDTH	    100
#define JSON_SCHEMA "luoscope.list/2"

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
	       "Examples:\n"
	       "  luoscope list\n"
	       "  luoscope report 3             the report of capture 3\n"
	       "  luoscope report ./3           the report of a file named 3\n"
	       "  luoscope list --json | jq '.captures[-1].blackout_ns'\n",
};

/**
 * struct row - one capture in the list
 * @entry: its place in the store
 * @error: why it cannot be read; empty if it can
 * @model: of its update, if it can be read
 */
struct row {
	const struct store_entry *entry;
	struct error error;
	struct model model;
};

static void load_row(struct row *row, const char *dir, const struct store_entry *entry)
{
	struct capture capture;

	*row = (struct row){ .entry = entry };
	if (!store_load(&capture, dir, entry->number, &row->error) &&
	    !model_build(&row->model, &capture, &row->error))
		row->error.text[0] = '\0';
	capture_free(&capture);
}

/**
 * struct state - whether the capture is of a complete update, in a few words
 * @text: what is not as it should be, the worst first; or "complete"
 */
struct state {
	char text[8][32];
	size_t count;
};

/* A "+" marks all but the first, so that no row seems to begin with a capture's number. */
__attribute__((format(printf, 2, 3))) static void add_state(struct state *state, const char *format,
							    ...)
{
	char *text = state->text[state->count];
	const int length = sprintf(text, "%s", state->count ? "+" : "");
	va_list args;

	va_start(args, format);
	vsnprintf(text + length, sizeof(state->text[0]) - length, format, args);
	va_end(args);
	state->count++;
}

static void add_count(struct state *state, size_t count, const char *what, const char *how)
{
	if (count)
		add_state(state, "%zu %s%s%s", count, what, count == 1 ? "" : "s", how);
}

static void describe_state(const struct row *row, struct state *state)
{
	const struct model *model = &row->model;
	const bool contradicted = model->clock.verdict == CLOCK_CONTRADICTED;

	*state = (struct state){};
	if (*row->error.text) {
		add_state(state, "unreadable");
		return;
	}
	if (!model->has_update) {
		add_state(state, "no update");
	} else {
		if (model->vms_missing_known)
			add_count(state, model->vms_missing, "VM", " missing");
		if (model->files_missing_known)
			add_count(state, model->files_missing, "file", " missing");
		if (model->devices_missing_known)
			add_count(state, model->devices_missing, "device", " missing");
		if (model->clock.verdict != CLOCK_VERIFIED)
			add_state(state, "clock %s", name_verdict(model->clock.verdict));
		if (model->losses.dropped_total)
			add_state(state, "spans dropped");
		else if (!model->files_missing_known || (!model->has_end && !contradicted))
			add_state(state, "partly observed");
	}
	add_count(state, model->attempts, "attempt", " failed");
	if (!state->count)
		add_state(state, "complete");
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

static void add_text_row(struct table *table, const struct row *row, bool utf8)
{
	const struct model *model = &row->model;
	const struct bounded blackout = model->blackout;
	char name[ESCAPED_BYTES], number[BOUNDED_TEXT_BYTES];
	struct state state;
	size_t i, column;

	describe_state(row, &state);

	table_cell(table, "%" PRIu64, row->entry->number);
	table_cell(table, "%s", format_date(number, sizeof(number), model->begin_realtime_ns));
	table_cell(table, "%s",
		   *model->from_release ? escape_text(name, model->from_release, utf8) : "-");
	table_cell(table, "%s",
		   *model->to_release ? escape_text(name, model->to_release, utf8) : "-");
	if (model->has_update)
		table_cell(table, "#%" PRIu32, model->generation);
	else
		table_cell(table, "-");
	table_cell(table, "%s", format_bounded_cell(number, blackout, UNIT_NS));
	table_cell(table, "%s", format_bytes(number, sizeof(number), row->entry->bytes));
	table_cell(table, "%s", state.text[0]);
	for (i = 1; i < state.count; i++) {
		for (column = 1; column < table->columns; column++)
			table_cell(table, "%s", "");
		table_cell(table, "%s", state.text[i]);
	}
}

static int list_text(const char *dir, const struct store_entry *entry, size_t count)
{
	struct table table = { .columns = 8,
			       .heading = { "no", "started (UTC)", "from", "to", "update",
					    "blackout", "size", "state" },
			       .right = { true, true, false, false, true, true, true, false },
			       .spare = { 6, 4, 2, 3, 1 } };
	const unsigned int width = terminal_width(stdout);
	struct row row;
	bool utf8;
	size_t i;

	utf8 = command_is_utf8();
	if (!count) {
		printf("No captures are stored in %s. 'luoscope record --store' stores one after"
		       " each update.\n",
		       dir);
		return 0;
	}
	for (i = 0; i < count; i++) {
		load_row(&row, dir, &entry[i]);
		if (*row.error.text)
			fprintf(stderr, "luoscope: capture %" PRIu64 ": %s\n", entry[i].number,
				row.error.text);
		add_text_row(&table, &row, utf8);
		model_free(&row.model);
	}
	table.may_leave_out = width;
	return table_print(&table, stdout, width ? width : WIDTH);
}

static json_t *json_vm_downtime_max(const struct model *model)
{
	const struct model_vm *longest = NULL;
	size_t i;

	/* Those that are not back come first: theirs is only a lower bound. Then the longest downtime. */
	for (i = 0; !longest && i < model->vms; i++)
		if (model->vm[i].downtime.known && !model_vm_is_missing(model, &model->vm[i]))
			longest = &model->vm[i];
	return longest ? json_integer(longest->downtime.value) : json_null();
}

static json_t *json_row(const struct row *row)
{
	const struct model *model = &row->model;
	const struct bounded blackout = model->blackout;
	const struct bounded blackout_time = model->blackout;
	const bool counted = model->files_missing_known;

	return json_pack(
		"{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"number", (json_int_t)row->entry->number, "bytes", (json_int_t)row->entry->bytes,
		"error", *row->error.text ? json_string(row->error.text) : json_null(),
		"begin_realtime_ns",
		model->begin_realtime_ns.known && model->begin_realtime_ns.value >= 0 ?
			json_sprintf("%" PRId64, model->begin_realtime_ns.value) :
			json_null(),
		"from", json_text_or_null(model->from_release), "to",
		json_text_or_null(model->to_release), "generation",
		model->has_update ? json_integer(model->generation) : json_null(), "chain_id",
		model->has_update ? json_sprintf("%016" PRIx64, model->chain_id) : json_null(),
		"blackout_ns",
		blackout_time.known ? json_integer(blackout_time.value) : json_null(),
		"blackout_is_lower_bound",
		blackout.known ? json_boolean(bounded_is_lower_bound(blackout)) : json_null(),
		"complete", counted ? json_boolean(!model->files_missing) : json_null(),
		"files_missing", counted ? json_integer(model->files_missing) : json_null(),
		"devices_missing",
		model->devices_missing_known ? json_integer(model->devices_missing) : json_null(),
		"vms_missing",
		model->vms_missing_known ? json_integer(model->vms_missing) : json_null(),
		"vm_downtime_max_ns", json_vm_downtime_max(model), "clock",
		model->has_update ? json_string(name_verdict(model->clock.verdict)) : json_null(),
		"dropped",
		model->has_update ? json_integer(model->losses.dropped_total) : json_null());
}

static int list_json(const char *dir, const struct store_entry *entry, size_t count)
{
	json_t *captures = json_array();
	struct row row;
	size_t i;

	for (i = 0; i < count; i++) {
		load_row(&row, dir, &entry[i]);
		captures = json_append(captures, json_row(&row));
		model_free(&row.model);
	}
	return json_write(json_pack("{s:s, s:o, s:o}", "schema", JSON_SCHEMA, "directory",
				    json_text(dir), "captures", captures),
			  stdout, JSON_INDENT(2));
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
	if (store_list(dir, &entry, &count, &error))
		return command_failed(&error);
	errno = 0;
	err = json.given ? list_json(dir, entry, count) : list_text(dir, entry, count);
	free(entry);
	if (!err && fflush(stdout))
		err = -errno;
	if (err) {
		error_set(&error, err, "cannot write the list: %s", strerror(-err));
		return command_failed(&error);
	}
	return 0;
}
