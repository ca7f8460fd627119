// SPDX-License-Identifier: GPL-2.0
/*
 * The plain lists of the report in text: one row per entry, in the order of the model.
 */

#include <inttypes.h>
#include <stdio.h>

#include "base/bounded.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/table.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "headline.h"
#include "model/model.h"
#include "text_cells.h"
#include "text_sections.h"
#include "text_select.h"

/* The last three cells of a row: token or driver, start, time. */
static void add_detail_and_times(struct view *view, struct table *table,
				 const struct model_subject_span *entry)
{
	char buffer[ESCAPED_BYTES];

	if (entry->subject_kind == LUO_STATS_SUBJECT_FILE)
		table_cell(table, "%" PRIu64, entry->key);
	else
		table_cell(table, "%s",
			   entry->subject_detail[0] ?
				   cells_name(view, buffer, entry->subject_detail) :
				   "");
	table_cell(table, "%s", cells_duration(view, buffer, entry->span.start, 0));
	table_cell(table, "%s", cells_result(view, buffer, &entry->span));
}

static bool wants_entry(const struct view *view, const struct model_subject_span *entry)
{
	return wants_subject(view, entry->subject_kind, entry->name, entry->key);
}

static size_t count_wanted(const struct view *view, const struct model_subject_span *list,
			   size_t length)
{
	size_t wanted = 0, i;

	for (i = 0; i < length; i++)
		wanted += wants_entry(view, &list[i]);
	return wanted;
}

int print_shutdowns(struct view *view)
{
	struct table table = { .columns = 5,
			       .heading = { "device", "bus", "driver", "start", "time" },
			       .right = { false, false, false, true, true },
			       .spare = { 1, 3, 2 } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];
	size_t wanted = count_wanted(view, model->shutdown, model->shutdowns), i;
	size_t shown = cells_shown(view, wanted);

	if (!shown)
		return 0;
	fprintf(view->out, "\n" STYLE_TITLE "Slowest devices in device_shutdown (%zu of %zu)\n",
		shown, model->shutdowns);
	for (i = 0; i < model->shutdowns && shown; i++) {
		const struct model_subject_span *entry = &model->shutdown[i];

		if (!wants_entry(view, entry))
			continue;
		shown--;
		table_cell(&table, "%s", cells_name(view, buffer, entry->name));
		table_cell(&table, "%s", cells_name(view, buffer, entry->group));
		add_detail_and_times(view, &table, entry);
	}
	return cells_table(view, &table);
}

/* What the columns start and time cannot show. */
static const char *show_mark_end(struct view *view, char *buffer, const struct model_mark *mark)
{
	char end[DURATION_BYTES];

	if (mark->end_only) {
		snprintf(buffer, ESCAPED_BYTES, "start not seen; ended at %s",
			 cells_duration(view, end, mark->end, 0));
		return buffer;
	}
	return mark->crosses ? "across the kexec" : mark->span.open ? "never ended" : "";
}

static void manager_row(struct view *view, struct table *table, const char *what,
			struct bounded begin, struct bounded end)
{
	const struct bounded duration = begin.known && end.known ? bounded_minus(end, begin.value) :
								   (struct bounded){};
	char buffer[DURATION_BYTES];

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

int print_marks(struct view *view)
{
	struct table table = { .columns = 5,
			       .heading = { "mark", "instance", "start", "time", "" },
			       .right = { false, true, true, true, false },
			       .spare = { 2, 3 } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];
	size_t i;

	if (!model->marks && !model->marks_elsewhere)
		return 0;
	fprintf(view->out, "\n" STYLE_TITLE "Marks (%zu", model->marks);
	if (model->marks_elsewhere)
		fprintf(view->out, ", and %zu that %s", model->marks_elsewhere,
			model->has_update ? "are more than 10 minutes from this update" :
					    "belong to no update yet");
	fprintf(view->out, ")\n");
	for (i = 0; i < model->marks; i++) {
		const struct model_mark *mark = &model->mark[i];

		table_cell(&table, "%s", cells_name(view, buffer, mark->name));
		table_cell(&table, "%" PRIu64, mark->instance);
		table_cell(&table, "%s", cells_duration(view, buffer, mark->span.start, 0));
		table_cell(&table, "%s",
			   mark->instant ? "instant" : cells_result(view, buffer, &mark->span));
		table_cell(&table, "%s", show_mark_end(view, buffer, mark));
	}
	return model->marks ? cells_table(view, &table) : 0;
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

static int print_subject_spans(struct view *view, const char *title,
			       const struct model_subject_span *list, size_t length)
{
	struct table table = { .columns = 5,
			       .heading = { "what", "of", "", "start", "time" },
			       .right = { false, false, false, true, true },
			       .spare = { 2, 3 } };
	char buffer[ESCAPED_BYTES];
	size_t shown = cells_shown(view, count_wanted(view, list, length)), i;

	if (!shown)
		return 0;
	fprintf(view->out, "\n" STYLE_TITLE "%s (%zu of %zu)\n", title, shown, length);
	for (i = 0; i < length && shown; i++) {
		const struct model_subject_span *entry = &list[i];

		if (!wants_entry(view, entry))
			continue;
		shown--;
		table_cell(&table, "%s", name_kind(entry->kind, buffer));
		table_cell(&table, "%s", cells_name(view, buffer, entry->name));
		add_detail_and_times(view, &table, entry);
	}
	return cells_table(view, &table);
}

int print_other_spans(struct view *view)
{
	const struct model *model = view->model;
	const int err = print_subject_spans(view, "Never ended", model->open, model->opens);

	return err ? err : print_subject_spans(view, "Also observed", model->other, model->others);
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
		"\n" STYLE_TITLE "Dropped, because there was no room, or a begin was not seen:\n");
	for (kind = 0; kind < LUO_STATS_KINDS; kind++)
		if (losses->dropped[kind])
			fprintf(view->out, "  %" PRIu64 " spans: %s\n", losses->dropped[kind],
				kind ? name_kind(kind, buffer) : "of unknown kinds");
	print_loss(view, losses->subjects_dropped, "subjects");
	print_loss(view, losses->attempts_dropped, "attempts");
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
