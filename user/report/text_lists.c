// SPDX-License-Identifier: GPL-2.0
/*
 * The plain lists of the report in text: one row per entry, in the order of the model.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/json_values.h"
#include "base/table.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "fields.h"
#include "headline.h"
#include "model/clock.h"
#include "model/model.h"
#include "rows.h"
#include "text_cells.h"
#include "text_sections.h"
#include "text_select.h"

static bool wants_entry(const struct view *view, const void *row)
{
	const struct model_subject_span *entry = row;

	return wants_subject(view, entry->subject_kind, entry->name, entry->key);
}

/* The slowest devices in device_shutdown, and spans that have no row of their own kind */

json_t *json_subject_kind(uint32_t kind)
{
	static const char *const names[] = {
		[LUO_STATS_SUBJECT_FILE] = "file",     [LUO_STATS_SUBJECT_SESSION] = "session",
		[LUO_STATS_SUBJECT_DEVICE] = "device", [LUO_STATS_SUBJECT_MARK] = "mark",
		[LUO_STATS_SUBJECT_FLB] = "flb",
	};

	if (!kind)
		return json_null();
	return json_string(kind < ARRAY_SIZE(names) && names[kind] ? names[kind] : "unknown");
}

static json_t *json_subject(const struct model *model, const void *row)
{
	(void)model;
	return json_subject_kind(((const struct model_subject_span *)row)->subject_kind);
}

static json_t *json_kind(const struct model *model, const void *row)
{
	char buffer[NAME_BYTES];

	(void)model;
	return json_string(name_kind(((const struct model_subject_span *)row)->kind, buffer));
}

static const char *kind_cell(struct view *view, char *buffer, const void *row)
{
	(void)view;
	return name_kind(((const struct model_subject_span *)row)->kind, buffer);
}

/* The token of a file, else the driver, if there is one. */
static const char *detail_cell(struct view *view, char *buffer, const void *row)
{
	const struct model_subject_span *entry = row;

	if (entry->subject_kind != LUO_STATS_SUBJECT_FILE)
		return *entry->subject_detail ? cells_name(view, buffer, entry->subject_detail) :
						"";
	snprintf(buffer, ESCAPED_BYTES, "%" PRIu64, entry->key);
	return buffer;
}

static const char *shutdown_time_cell(struct view *view, char *buffer, const void *row)
{
	return cells_result(view, buffer, &((const struct model_subject_span *)row)->span);
}

#define AT(member) .offset = offsetof(struct model_subject_span, member)
static const struct field shutdown_fields[] = {
	{ "name", "device", FIELD_TEXT, AT(name) },
	{ "bus", "bus", FIELD_TEXT, AT(group), .spare = 1 },
	{ "driver", "driver", FIELD_TEXT, AT(subject_detail), .spare = 3, .cell = detail_cell },
	{ "start", "start", FIELD_ESTIMATE, AT(span.start), .spare = 2 },
	{ "duration", "time", FIELD_ESTIMATE, AT(span.duration), .cell = shutdown_time_cell },
};

static const struct field span_fields[] = {
	{ "kind", "what", .json = json_kind, .cell = kind_cell },
	{ "subject", NULL, .json = json_subject },
	{ "name", "of", FIELD_TEXT, AT(name) },
	{ "subject_detail", "", FIELD_TEXT, AT(subject_detail), .spare = 1, .cell = detail_cell },
	{ "group", NULL, FIELD_TEXT, AT(group) },
	{ "key", NULL, FIELD_NUMBER, AT(key) },
	{ "attempt", NULL, FIELD_U32, AT(attempt) },
	{ "pid", NULL, FIELD_U32, AT(span.pid) },
	{ "detail", NULL, FIELD_NUMBER, AT(detail) },
	{ NULL, "start", FIELD_ESTIMATE, AT(span.start), .spare = 2 },
	{ "span", "time", FIELD_SPAN, AT(span) },
};
#undef AT

const struct row_type shutdown_rows = {
	.field = shutdown_fields,
	.fields = ARRAY_SIZE(shutdown_fields),
	.bytes = sizeof(struct model_subject_span),
	.wants = wants_entry,
};

const struct row_type span_rows = {
	.field = span_fields,
	.fields = ARRAY_SIZE(span_fields),
	.bytes = sizeof(struct model_subject_span),
	.wants = wants_entry,
};

int print_shutdowns(struct view *view)
{
	const struct model *model = view->model;
	char buffer[BOUNDED_TEXT_BYTES];
	size_t i;
	int err;

	err = rows_section(view, &shutdown_rows, model->shutdown, model->shutdowns,
			   "Slowest devices in device_shutdown", "");
	if (err || view->options->devices)
		return err;
	for (i = 0; i < model->phases; i++)
		if (model->phase[i].begin == LUO_STATS_B2_SHUTDOWN_BEGIN &&
		    model->phase[i].unobserved.known)
			fprintf(view->out,
				"  %s of the phase was spent outside device callbacks (see --gaps).\n",
				format_bounded(buffer, model->phase[i].unobserved, UNIT_NS));
	return 0;
}

static void manager_row(struct view *view, struct table *table, const char *what,
			struct bounded begin, struct bounded end)
{
	const struct bounded duration = begin.known && end.known ? bounded_minus(end, begin.value) :
								   (struct bounded){};
	char buffer[BOUNDED_TEXT_BYTES];

	if (!begin.known && !end.known)
		return;
	table_cell(table, "%s", what);
	table_cell(table, "%s", cells_duration(view, buffer, begin, bounded_error(begin)));
	table_cell(table, "%s", cells_duration(view, buffer, duration, bounded_error(duration)));
}

/* What the service manager adds, before and after the blackout, to the outage that users see. */
int print_manager(struct view *view)
{
	struct table table = { .columns = 3,
			       .heading = { "what", "start", "time" },
			       .right = { false, true, true } };
	const struct model_manager *manager = &view->model->manager;
	char buffer[ESCAPED_BYTES];
	int err;

	if (!manager->before.known && !manager->start.known)
		return 0;
	fprintf(view->out, "\n" STYLE_TITLE "Service manager (systemd %s)\n",
		cells_name(view, buffer, manager->version));
	manager_row(view, &table, "stop_services", manager->shutdown_start,
		    manager->shutdown_finish);
	manager_row(view, &table, "systemd-shutdown", manager->late_start, manager->late_finish);
	manager_row(view, &table, "start_services", manager->start, manager->finish);
	err = cells_table(view, &table);
	if (!err && manager->before.known)
		fprintf(view->out, "  The first service was stopped %s before the update began.\n",
			format_duration(buffer, manager->before.value,
					bounded_error(manager->before)));
	return err;
}

/* Marks */

static const char *mark_time_cell(struct view *view, char *buffer, const void *row)
{
	const struct model_mark *mark = row;

	return mark->instant ? "instant" : cells_result(view, buffer, &mark->span);
}

/* What the columns start and time cannot show. */
static const char *mark_end_cell(struct view *view, char *buffer, const void *value)
{
	const struct model_mark *mark = value;
	char end[BOUNDED_TEXT_BYTES];

	if (mark->end_only) {
		snprintf(buffer, ESCAPED_BYTES, "start not seen; ended at %s",
			 cells_estimate(view, end, mark->end));
		return buffer;
	}
	return mark->crosses ? "across the kexec" : mark->span.open ? "never ended" : "";
}

#define AT(member) .offset = offsetof(struct model_mark, member)
static const struct field mark_fields[] = {
	{ "name", "mark", FIELD_NAME, AT(name) },
	{ "instance", "instance", FIELD_NUMBER, AT(instance) },
	{ "start", "start", FIELD_ESTIMATE, AT(span.start), .spare = 1 },
	{ "duration", "time", FIELD_ESTIMATE, .spare = 2, AT(span.duration),
	  .cell = mark_time_cell },
	{ "end", NULL, FIELD_ESTIMATE, AT(end) },
	{ "instant", NULL, FIELD_FLAG, AT(instant) },
	{ "crosses", NULL, FIELD_FLAG, AT(crosses) },
	{ "open", NULL, FIELD_FLAG, AT(span.open) },
	{ "end_only", NULL, FIELD_FLAG, AT(end_only) },
	{ NULL, "", .cell = mark_end_cell },
};

const struct row_type mark_rows = {
	.field = mark_fields,
	.fields = ARRAY_SIZE(mark_fields),
	.bytes = sizeof(struct model_mark),
};

int print_marks(struct view *view)
{
	const struct model *model = view->model;
	struct rows rows;
	int err;

	if (!model->marks && !model->marks_elsewhere)
		return 0;
	fprintf(view->out, "\n" STYLE_TITLE "Marks (%zu", model->marks);
	if (model->marks_elsewhere)
		fprintf(view->out, ", and %zu that %s", model->marks_elsewhere,
			model->has_update ? "are more than 10 minutes from this update" :
					    "belong to no update yet");
	fprintf(view->out, ")\n");
	err = rows_choose(&rows, view, &mark_rows, model->mark, model->marks);
	/* All of them, but a service may make a great many. */
	if (!view->only_whether)
		rows.shown = rows.wanted;
	if (!err && rows.shown)
		err = rows_print(view, &rows, true);
	free(rows.row);
	return err;
}

int print_attempts(struct view *view)
{
	struct table table = { .columns = 7,
			       .heading = { "attempt", "started", "in kernel", "failed with",
					    "after", "refused by", "handler" },
			       .right = { true, true, true, false, true, false, false },
			       .spare = { 4, 2, 6, 1 } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES], moment[HEAD_MOMENT_BYTES];
	size_t i;
	int err;

	if (!model->attempts)
		return 0;
	fprintf(view->out, "\n" STYLE_TITLE "Failed attempts (%zu)\n", model->attempts);
	for (i = 0; i < model->attempts; i++) {
		const struct model_attempt *attempt = &model->attempt[i];

		table_cell(&table, "%u", attempt->number);
		if (attempt->begin_realtime_ns.known)
			table_cell(&table, "%s", head_moment(moment, attempt->begin_realtime_ns));
		else
			table_cell(&table, "%s",
				   cells_duration(view, buffer, (struct bounded){}, 0));
		table_cell(&table, "#%u", attempt->generation);
		table_cell(&table, "%s", name_errno(attempt->result, buffer));
		table_cell(&table, "%s", cells_duration(view, buffer, attempt->duration, 0));
		if (*head_cause(buffer, attempt, view->options->utf8))
			table_cell(&table, "%s", buffer);
		else
			table_cell(&table, "%s",
				   cells_duration(view, buffer, (struct bounded){}, 0));
		table_cell(&table, "%s", cells_name(view, buffer, attempt->cause_handler));
	}
	err = cells_table(view, &table);
	for (i = 0; !err && i < model->attempts; i++)
		if (*model->attempt[i].why)
			fprintf(view->out, "  %u: %s. %s.\n", model->attempt[i].number,
				model->attempt[i].why, model->attempt[i].what_to_do);
	return err;
}

int print_other_spans(struct view *view)
{
	const struct model *model = view->model;
	int err;

	err = rows_section(view, &span_rows, model->open, model->opens, "Never ended", "");
	if (!err)
		err = rows_section(view, &span_rows, model->other, model->others, "Also observed",
				   "");
	return err;
}

static void print_loss(const struct view *view, uint64_t count, const char *what)
{
	if (count)
		fprintf(view->out, "  %" PRIu64 " %s\n", count, what);
}

static void print_dropped(const struct view *view)
{
	const struct model *model = view->model;
	const struct model_losses *losses = &model->losses;
	char buffer[NAME_BYTES];
	unsigned int kind;

	fprintf(view->out,
		"\n" STYLE_TITLE "Dropped, because there was no room, or a start was not seen:\n");
	for (kind = 0; kind < LUO_STATS_KINDS; kind++)
		if (losses->dropped[kind])
			fprintf(view->out, "  %" PRIu64 " spans: %s\n", losses->dropped[kind],
				kind ? name_kind(kind, buffer) : "of unknown kinds");
	print_loss(view, losses->subjects_dropped, "subjects");
	print_loss(view, losses->attempts_dropped, "attempts");
	if (losses->wanted_kib)
		fprintf(view->out,
			"To have room for all of it, load luo_stats with area_kib=%u, in both kernels.\n",
			losses->wanted_kib);
}

int print_losses(struct view *view)
{
	const struct model *model = view->model;
	const struct model_losses *losses = &model->losses;

	if (losses->dropped_total || losses->subjects_dropped || losses->attempts_dropped)
		print_dropped(view);
	else if (view->is_asked)
		fprintf(view->out, "\nNo span was dropped in %s.\n",
			model->has_old_kernel && model->has_new_kernel ? "either stats area" :
			model->has_old_kernel ? "the stats area of the old kernel" :
						"the stats area of this kernel");
	if (losses->spans_recycled || losses->invalid_spans || losses->invalid_subjects ||
	    losses->reserved_spans || losses->unfinished)
		fprintf(view->out, "\n" STYLE_TITLE "Left out of this report:\n");
	print_loss(view, losses->spans_recycled,
		   "spans of failed attempts or of marks, overwritten by later ones");
	print_loss(view, losses->invalid_spans, "invalid spans");
	print_loss(view, losses->invalid_subjects, "invalid subjects");
	print_loss(view, losses->reserved_spans, "spans that were still being written");
	print_loss(view, losses->unfinished,
		   "spans still open in a kernel that kept running, or from before the update");
	return 0;
}
