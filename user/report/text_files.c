// SPDX-License-Identifier: GPL-2.0
/*
 * The files, the globals that they share, and the sessions: their fields, and their tables in text.
 * If not all can be shown, the most important are: those not back, then those that failed, then
 * those with the longest downtime.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/text.h"
#include "fields.h"
#include "model/belongs.h"
#include "model/model.h"
#include "model/steps.h"
#include "rows.h"
#include "text_cells.h"
#include "text_sections.h"
#include "text_select.h"

static int compare_times(struct bounded a, struct bounded b)
{
	if (a.known != b.known)
		return a.known ? -1 : 1;
	return a.value > b.value ? -1 : a.value < b.value;
}

/* Files */

static const void *get_device(const struct model *model, const void *value)
{
	const struct model_file *file = value;

	return file->device != MODEL_NONE ? model->device[file->device].name : NULL;
}

static const void *get_file_vm(const struct model *model, const void *file)
{
	return named_vm(file_vm(model, file));
}

/* Whether it is known of a file which virtual machine uses it. */
static bool some_have_vm(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->files; i++)
		if (file_vm(model, &model->file[i]))
			return true;
	return false;
}

static const char *file_downtime_cell(struct view *view, char *buffer, const void *row)
{
	const struct model_file *file = row;

	if (file->discarded)
		return "discarded";
	return cells_until_back(view, buffer, file->not_back ? (struct bounded){} : file->downtime,
				file->not_back);
}

static const void *get_not_back(const struct model *model, const void *value)
{
	const struct model_file *file = value;
	const bool is_back = model_span_succeeded(&file->step[STEP_RETRIEVE]);

	(void)model;
	return file->not_back || is_back ? &file->not_back : NULL;
}

static const void *get_discarded(const struct model *model, const void *value)
{
	const struct model_file *file = value;

	return get_not_back(model, value) ? &file->discarded : NULL;
}

#define AT(member) .offset = offsetof(struct model_file, member)
static const struct field file_fields[] = {
	{ "session", "session", FIELD_NAME, AT(session) },
	{ "token", "token", FIELD_NUMBER, AT(token) },
	{ "device", NULL, FIELD_NAME, .get = get_device },
	{ "handler", "handler", FIELD_TEXT, AT(handler), .spare = 3 },
	{ "preserve", "preserve", FIELD_SPAN, AT(step[STEP_PRESERVE]), .spare = 1 },
	{ "freeze", "freeze", FIELD_SPAN, AT(step[STEP_FREEZE]), .spare = 4 },
	{ "retrieve", "retrieve", FIELD_SPAN, AT(step[STEP_RETRIEVE]), .spare = 5 },
	{ "finish", "finish", FIELD_SPAN, AT(step[STEP_FINISH]), .spare = 2 },
	{ "downtime", "downtime", FIELD_BOUND, AT(downtime), .cell = file_downtime_cell },
	{ "not_back", NULL, FIELD_FLAG, .get = get_not_back },
	{ "discarded", NULL, FIELD_FLAG, .get = get_discarded },
	{ "vm", "vm", FIELD_TEXT, .get = get_file_vm, .wanted = some_have_vm },
};
#undef AT

static bool file_failed(const struct model_file *file)
{
	enum model_step step;

	for_each_step (step, LUO_STATS_SUBJECT_FILE)
		if (model_span_failed(&file->step[step]))
			return true;
	return false;
}

static const char *file_style(const struct model *model, const void *row)
{
	const struct model_file *file = row;

	(void)model;
	return file->not_back ? STYLE_BAD : file_failed(file) ? STYLE_ODD : "";
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

const struct row_type file_rows = {
	.field = file_fields,
	.fields = ARRAY_SIZE(file_fields),
	.bytes = sizeof(struct model_file),
	.wants = wants_file,
	.style = file_style,
	.compare = compare_files,
};

/* Sessions */

static const void *get_session_vm(const struct model *model, const void *session)
{
	return named_vm(session_vm(model, session));
}

static const void *get_files_missing(const struct model *model, const void *value)
{
	const struct model_session *session = value;

	(void)model;
	return session->files_known ? &session->files_missing : NULL;
}

static const char *session_downtime_cell(struct view *view, char *buffer, const void *row)
{
	const struct model_session *session = row;

	return cells_until_back(view, buffer, session->downtime,
				session->files_missing && session->files_known);
}

static const char *late_cell(struct view *view, char *buffer, const void *session)
{
	(void)view;
	(void)buffer;
	return ((const struct model_session *)session)->late ? "late" : "";
}

#define AT(member) .offset = offsetof(struct model_session, member)
static const struct field session_fields[] = {
	{ "name", "session", FIELD_NAME, AT(name) },
	{ "vm", NULL, FIELD_TEXT, .get = get_session_vm },
	{ "files", "files", FIELD_COUNT, AT(files), .spare = 2 },
	{ "files_missing", NULL, FIELD_COUNT, .get = get_files_missing },
	{ "freeze", "freeze", FIELD_SPAN, AT(step[STEP_FREEZE]), .spare = 3 },
	{ "unfreeze", NULL, FIELD_SPAN, AT(step[STEP_UNFREEZE]) },
	{ "retrieve", "retrieve", FIELD_SPAN, AT(step[STEP_RETRIEVE]), .spare = 4 },
	{ "finish", "finish", FIELD_SPAN, AT(step[STEP_FINISH]), .spare = 1 },
	{ "unpreserve", NULL, FIELD_SPAN, AT(step[STEP_UNPRESERVE]) },
	{ "downtime", "downtime", FIELD_BOUND, AT(downtime), .cell = session_downtime_cell },
	{ "late", "", FIELD_FLAG, AT(late), .spare = 5, .cell = late_cell },
};
#undef AT

static const char *session_style(const struct model *model, const void *session)
{
	(void)model;
	return ((const struct model_session *)session)->files_missing ? STYLE_BAD : "";
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

const struct row_type session_rows = {
	.field = session_fields,
	.fields = ARRAY_SIZE(session_fields),
	.bytes = sizeof(struct model_session),
	.wants = wants_session,
	.style = session_style,
	.compare = compare_sessions,
};

/* FLBs: globals that files share */

#define AT(member) .offset = offsetof(struct model_flb, member)
static const struct field flb_fields[] = {
	{ "name", "flb", FIELD_NAME, AT(name) },
	{ "preserve", "preserve", FIELD_SPAN, AT(step[STEP_PRESERVE]), .spare = 1 },
	{ "retrieve", "retrieve", FIELD_SPAN, AT(step[STEP_RETRIEVE]) },
	{ "finish", "finish", FIELD_SPAN, AT(step[STEP_FINISH]), .spare = 2 },
};
#undef AT

static bool wants_flb(const struct view *view, const void *flb)
{
	(void)flb;
	return !view->options->devices;
}

const struct row_type flb_rows = {
	.field = flb_fields,
	.fields = ARRAY_SIZE(flb_fields),
	.bytes = sizeof(struct model_flb),
	.wants = wants_flb,
};

/* All */

/* "50", or "10 of 50" if not all are shown. */
/* "2 of at least 5". @count: all, as far as that is known; the capture has @seen of them. */
static void print_count(struct view *view, size_t shown, size_t seen, struct bounded count)
{
	char buffer[BOUNDED_TEXT_BYTES];

	if (shown < seen)
		fprintf(view->out, "%zu of ", shown);
	fputs(format_bounded(buffer, count.known ? count : bounded_exact(seen), UNIT_COUNT),
	      view->out);
}

int print_files(struct view *view)
{
	const struct model *model = view->model;
	size_t part = 0, i;
	struct rows rows;
	int err;

	err = rows_choose(&rows, view, &file_rows, model->file, model->files);
	for (i = 0; i < model->files; i++)
		part += model->file[i].takes_part;
	if (!err && rows.shown) {
		fprintf(view->out, "\n" STYLE_TITLE "Files (");
		print_count(view, rows.shown < part ? rows.shown : part, part, model->file_count);
		if (part < model->files)
			fprintf(view->out, ", and %zu that took no part", model->files - part);
		fprintf(view->out, "; downtime: start of freeze to end of retrieve)\n");
		err = rows_print(view, &rows, true);
	}
	free(rows.row);
	if (!err)
		err = rows_section(view, &flb_rows, model->flb, model->flbs,
				   "Globals that files share", "");
	return err;
}

int print_sessions(struct view *view)
{
	const struct model *model = view->model;
	struct rows rows;
	int err;

	err = rows_choose(&rows, view, &session_rows, model->session, model->sessions);
	if (!err && rows.shown) {
		fprintf(view->out, "\n" STYLE_TITLE "Sessions (");
		print_count(view, rows.shown, model->sessions, model->session_count);
		fprintf(view->out, ")\n");
		err = rows_print(view, &rows, true);
	}
	free(rows.row);
	return err;
}
