// SPDX-License-Identifier: GPL-2.0
/*
 * The files and the sessions in text. If not all can be shown, the most important are: those not
 * back, then those that failed, then those with the longest downtime.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/bounded.h"
#include "base/table.h"
#include "base/text.h"
#include "model/belongs.h"
#include "model/model.h"
#include "model/steps.h"
#include "text_cells.h"
#include "text_sections.h"
#include "text_select.h"

static int compare_times(struct bounded a, struct bounded b)
{
	if (a.known != b.known)
		return a.known ? -1 : 1;
	return a.value > b.value ? -1 : a.value < b.value;
}

static bool file_failed(const struct model_file *file)
{
	enum model_step step;

	for_each_step (step, LUO_STATS_SUBJECT_FILE)
		if (model_span_failed(&file->step[step]))
			return true;
	return false;
}

/* In order of priority; ties keep the order of the model. */
static int compare_files(const void *a, const void *b)
{
	const struct model_file *x = *(const struct model_file *const *)a;
	const struct model_file *y = *(const struct model_file *const *)b;
	int order;

	if (x->not_back != y->not_back)
		return x->not_back ? -1 : 1;
	if (file_failed(x) != file_failed(y))
		return file_failed(x) ? -1 : 1;
	order = compare_times(x->downtime, y->downtime);
	return order ? order : x < y ? -1 : x > y;
}

static int compare_sessions(const void *a, const void *b)
{
	const struct model_session *x = *(const struct model_session *const *)a;
	const struct model_session *y = *(const struct model_session *const *)b;
	int order;

	if (!x->files_missing != !y->files_missing)
		return x->files_missing ? -1 : 1;
	order = compare_times(x->downtime, y->downtime);
	return order ? order : x < y ? -1 : x > y;
}

/* Whether it is known of a file which virtual machine uses it. */
static bool has_vm(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->files; i++)
		if (file_vm(model, &model->file[i]))
			return true;
	return false;
}

/* "50", or "10 of 50" if not all are shown. */
static void print_count(struct view *view, size_t part, size_t all)
{
	if (part < all)
		fprintf(view->out, "%zu of %zu", part, all);
	else
		fprintf(view->out, "%zu", all);
}

int print_files(struct view *view)
{
	/* The last column is left out if nothing is known for it. */
	struct table table = { .columns = 8 + has_vm(view->model),
			       .heading = { "session", "token", "handler", "preserve", "freeze",
					    "retrieve", "finish", "downtime", "vm" },
			       .right = { false, true, false, true, true, true, true, true, false },
			       .spare = { 3, 6, 2, 4, 5 } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];
	const struct model_file **row;
	size_t i, rows, wanted = 0, part = 0;
	enum model_step step;

	if (!model->files)
		return 0;
	row = calloc(model->files, sizeof(*row));
	if (!row)
		return -ENOMEM;
	for (i = 0; i < model->files; i++) {
		if (wants_file(view, &model->file[i]))
			row[wanted++] = &model->file[i];
		part += model->file[i].takes_part;
	}
	rows = cells_shown(view, wanted);
	if (!rows) {
		free(row);
		return 0;
	}
	if (rows < wanted)
		qsort(row, wanted, sizeof(*row), compare_files);
	fprintf(view->out, "\n" STYLE_TITLE "Files (");
	print_count(view, rows < part ? rows : part, part);
	if (part < model->files)
		fprintf(view->out, ", and %zu that took no part", model->files - part);
	fprintf(view->out, "; downtime: start of freeze to end of retrieve)\n");
	for (i = 0; i < rows; i++) {
		const struct model_file *file = row[i];

		table_cell(&table, "%s%s",
			   file->not_back    ? STYLE_BAD :
			   file_failed(file) ? STYLE_ODD :
					       "",
			   cells_name(view, buffer, file->session));
		table_cell(&table, "%" PRIu64, file->token);
		table_cell(&table, "%s", cells_name(view, buffer, file->handler));
		for_each_step (step, LUO_STATS_SUBJECT_FILE)
			table_cell(&table, "%s", cells_result(view, buffer, &file->step[step]));
		table_cell(&table, "%s",
			   cells_until_back(view, buffer,
					    file->not_back ? (struct bounded){} : file->downtime,
					    file->not_back));
		if (table.columns > 8)
			table_cell(&table, "%s", cells_vm(view, buffer, file_vm(model, file)));
	}
	free(row);
	return cells_table(view, &table);
}

int print_sessions(struct view *view)
{
	struct table table = { .columns = 7,
			       .heading = { "session", "files", "freeze", "retrieve", "finish",
					    "downtime", "" },
			       .right = { false, true, true, true, true, true, false },
			       .spare = { 4, 1, 2, 3, 6 } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];
	const struct model_session **row;
	size_t i, rows, wanted = 0;
	enum model_step step;

	if (!model->sessions)
		return 0;
	row = calloc(model->sessions, sizeof(*row));
	if (!row)
		return -ENOMEM;
	for (i = 0; i < model->sessions; i++)
		if (wants_session(view, &model->session[i]))
			row[wanted++] = &model->session[i];
	rows = cells_shown(view, wanted);
	if (!rows) {
		free(row);
		return 0;
	}
	if (rows < wanted)
		qsort(row, wanted, sizeof(*row), compare_sessions);
	fprintf(view->out, "\n" STYLE_TITLE "Sessions (");
	print_count(view, rows, model->sessions);
	fprintf(view->out, ")\n");
	for (i = 0; i < rows; i++) {
		const struct model_session *session = row[i];

		table_cell(&table, "%s%s", session->files_missing ? STYLE_BAD : "",
			   cells_name(view, buffer, session->name));
		table_cell(&table, "%zu", session->files);
		for_each_step (step, LUO_STATS_SUBJECT_SESSION)
			table_cell(&table, "%s", cells_result(view, buffer, &session->step[step]));
		table_cell(&table, "%s",
			   cells_until_back(view, buffer, session->downtime,
					    session->files_missing && session->files_known));
		table_cell(&table, "%s", session->late ? "late" : "");
	}
	free(row);
	return cells_table(view, &table);
}
