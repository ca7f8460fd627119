// SPDX-License-Identifier: GPL-2.0
#include "fields.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/json_values.h"
#include "base/text.h"
#include "model/clock.h"
#include "model/span_time.h"

/* Types */

static json_t *json_of_name(const struct model *model, const void *value)
{
	(void)model;
	return json_text(value);
}

static json_t *json_of_text(const struct model *model, const void *value)
{
	(void)model;
	return json_text_or_null(value);
}

static const char *cell_of_text(struct view *view, char *buffer, const void *value)
{
	return cells_name(view, buffer, value);
}

static const char *cell_of_text_or_gap(struct view *view, char *buffer, const void *value)
{
	return cells_name_or_gap(view, buffer, *(const char *)value ? value : NULL);
}

static json_t *json_of_time(const struct model *model, const void *value)
{
	(void)model;
	return json_time(*(const struct bounded *)value);
}

static json_t *json_of_estimate(const struct model *model, const void *value)
{
	(void)model;
	return json_estimate(*(const struct estimate *)value);
}

static json_t *json_of_error(const struct model *model, const void *value)
{
	(void)model;
	return json_error(*(const struct bounded *)value);
}

static json_t *json_of_bound(const struct model *model, const void *value)
{
	(void)model;
	return json_lower_bound(*(const struct bounded *)value);
}

static struct bounded time_of_time(const void *value)
{
	return *(const struct bounded *)value;
}

static struct bounded time_of_estimate(const void *value)
{
	return bounded_estimate(*(const struct estimate *)value);
}

static const char *cell_of_time(struct view *view, char *buffer, const void *value)
{
	return cells_duration(view, buffer, *(const struct bounded *)value, 0);
}

static const char *cell_of_estimate(struct view *view, char *buffer, const void *value)
{
	return cells_estimate(view, buffer, *(const struct estimate *)value);
}

static json_t *json_of_span(const struct model *model, const void *value)
{
	const struct model_span *span = value;

	if (!span->observed)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "start_ns", json_estimate(span->start),
			 "duration_ns", json_estimate(span->duration), "is_lower_bound",
			 json_lower_bound(span_time(model, span)), "result",
			 span->open ? json_null() : json_integer(span->result), "errno",
			 span->open ? json_null() : json_errno(span->result), "open", span->open);
}

static const char *cell_of_span(struct view *view, char *buffer, const void *value)
{
	return cells_result(view, buffer, value);
}

/* For narrow columns: the time, or only the error; see print_device_failures(). */
const char *step_cell(struct view *view, char *buffer, const void *value)
{
	const struct model_span *span = value;

	return model_span_failed(span) ? name_errno(span->result, buffer) :
					 cells_result(view, buffer, span);
}

static struct bounded time_of_step(const void *value)
{
	const struct model_span *span = value;

	return bounded_estimate(span->observed && !span->open ? span->duration :
								(struct estimate){});
}

static json_t *json_of_number(const struct model *model, const void *value)
{
	(void)model;
	return json_u64(*(const uint64_t *)value);
}

static const char *cell_of_number(struct view *view, char *buffer, const void *value)
{
	(void)view;
	snprintf(buffer, ESCAPED_BYTES, "%" PRIu64, *(const uint64_t *)value);
	return buffer;
}

static json_t *json_of_count(const struct model *model, const void *value)
{
	(void)model;
	return json_count(*(const size_t *)value);
}

static const char *cell_of_count(struct view *view, char *buffer, const void *value)
{
	(void)view;
	snprintf(buffer, ESCAPED_BYTES, "%zu", *(const size_t *)value);
	return buffer;
}

static json_t *json_of_u32(const struct model *model, const void *value)
{
	(void)model;
	return json_integer(*(const uint32_t *)value);
}

static json_t *json_of_pid(const struct model *model, const void *value)
{
	return *(const uint32_t *)value ? json_of_u32(model, value) : json_null();
}

static json_t *json_of_flag(const struct model *model, const void *value)
{
	(void)model;
	return json_boolean(*(const bool *)value);
}

static const struct {
	struct {
		const char *suffix;
		json_t *(*value)(const struct model *model, const void *value);
	} json[3];
	const char *(*cell)(struct view *view, char *buffer, const void *value);
	struct bounded (*time)(const void *value);
	bool right;
} types[] = {
	[FIELD_TEXT] = { { { "", json_of_text } }, cell_of_text, NULL, false },
	[FIELD_TEXT_OR_GAP] = { { { "", json_of_text } }, cell_of_text_or_gap, NULL, false },
	[FIELD_NAME] = { { { "", json_of_name } }, cell_of_text, NULL, false },
	[FIELD_TIME] = { { { "_ns", json_of_time } }, cell_of_time, time_of_time, true },
	[FIELD_ESTIMATE] = { { { "_ns", json_of_estimate } },
			     cell_of_estimate,
			     time_of_estimate,
			     true },
	[FIELD_ERROR] = { { { "_ns", json_of_time }, { "_error_ns", json_of_error } },
			  cell_of_time,
			  time_of_time,
			  true },
	[FIELD_BOUND] = { { { "_ns", json_of_time },
			    { "_error_ns", json_of_error },
			    { "_is_lower_bound", json_of_bound } },
			  cell_of_time,
			  time_of_time,
			  true },
	[FIELD_STEP] = { { { "", json_of_span } }, step_cell, time_of_step, true },
	[FIELD_SPAN] = { { { "", json_of_span } }, cell_of_span, time_of_step, true },
	[FIELD_NUMBER] = { { { "", json_of_number } }, cell_of_number, NULL, true },
	[FIELD_COUNT] = { { { "", json_of_count } }, cell_of_count, NULL, true },
	[FIELD_U32] = { { { "", json_of_u32 } }, NULL, NULL, true },
	[FIELD_PID] = { { { "", json_of_pid } }, NULL, NULL, true },
	[FIELD_FLAG] = { { { "", json_of_flag } }, NULL, NULL, false },
};

static const void *value_of(const struct model *model, const struct field *field, const void *row)
{
	return field->get ? field->get(model, row) : (const char *)row + field->offset;
}

/* JSON */

/* What the members of a field are called. There are many rows: they are made once for all. */
struct member_names {
	char name[ARRAY_SIZE(types->json)][32];
};

static struct member_names *name_members(const struct row_type *type)
{
	struct member_names *names = calloc(type->fields, sizeof(*names));
	size_t i, j;

	for (i = 0; names && i < type->fields; i++) {
		const struct field *field = &type->field[i];

		for (j = 0;
		     field->name && j < ARRAY_SIZE(types->json) && types[field->type].json[j].value;
		     j++)
			snprintf(names[i].name[j], sizeof(names[i].name[j]), "%s%s", field->name,
				 types[field->type].json[j].suffix);
	}
	return names;
}

/* Add @field to @object: returns 0 or -1. */
static int set_field(json_t *object, const struct model *model, const struct field *field,
		     const struct member_names *names, const void *row)
{
	const void *value = value_of(model, field, row);
	json_t *(*json)(const struct model *model, const void *value);
	int err = 0;
	size_t i;

	if (field->json)
		return json_object_set_new_nocheck(object, field->name, field->json(model, row));
	for (i = 0; i < ARRAY_SIZE(types->json) && (json = types[field->type].json[i].value); i++)
		err |= json_object_set_new_nocheck(object, names->name[i],
						   value ? json(model, value) : json_null());
	return err;
}

static json_t *json_row(const struct model *model, const struct row_type *type,
			const struct member_names *names, const void *row)
{
	json_t *object = json_object();
	int err = !object;
	size_t i;

	for (i = 0; i < type->fields; i++)
		if (type->field[i].name)
			err |= set_field(object, model, &type->field[i], &names[i], row);
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

void json_rows(struct json_stream *stream, const char *name, const struct model *model,
	       const struct row_type *type, const void *list, size_t count)
{
	struct member_names *names = name_members(type);
	size_t i;

	json_stream_list_begin(stream, name);
	for (i = 0; i < count; i++)
		json_stream_entry(stream, names ? json_row(model, type, names,
							   (const char *)list + i * type->bytes) :
						  NULL);
	json_stream_list_end(stream);
	free(names);
}

/* Text */

int rows_choose(struct rows *rows, const struct view *view, const struct row_type *type,
		const void *list, size_t count)
{
	size_t i;

	*rows = (struct rows){ .type = type, .row = calloc(count + 1, sizeof(*rows->row)) };
	if (!rows->row)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		const void *row = (const char *)list + i * type->bytes;

		if (!type->wants || type->wants(view, row))
			rows->row[rows->wanted++] = row;
	}
	rows->shown = cells_shown(view, rows->wanted);
	if (type->compare && rows->shown < rows->wanted && !view->only_whether)
		qsort(rows->row, rows->wanted, sizeof(*rows->row), type->compare);
	for (i = 0; i < type->fields; i++)
		if (type->field[i].heading &&
		    (!type->field[i].wanted || type->field[i].wanted(view->model)))
			rows->column[rows->columns++] = &type->field[i];
	return 0;
}

const char *field_cell(struct view *view, char *buffer, const struct field *field, const void *row)
{
	const void *value = value_of(view->model, field, row);

	if (field->cell)
		return field->cell(view, buffer, row);
	if (field->time)
		return cells_duration(view, buffer, field->time(view->model, row), 0);
	return value ? types[field->type].cell(view, buffer, value) :
		       cells_name_or_gap(view, buffer, NULL);
}

bool field_is_time(const struct field *field)
{
	return field->time || types[field->type].time;
}

struct bounded field_time(const struct model *model, const struct field *field, const void *row)
{
	return field->time ? field->time(model, row) :
			     types[field->type].time(value_of(model, field, row));
}

static void set_spare_columns(struct table *table, const struct rows *rows)
{
	size_t spares = 0, i;
	unsigned int rank;

	for (rank = 1; rank < TABLE_COLUMNS; rank++)
		for (i = 1; i < rows->columns; i++)
			if (rows->column[i]->spare == rank)
				table->spare[spares++] = i;
}

int rows_print(struct view *view, const struct rows *rows, bool has_headings)
{
	struct table table = { .columns = rows->columns };
	char buffer[ESCAPED_BYTES];
	size_t i, j;

	set_spare_columns(&table, rows);
	for (j = 0; j < rows->columns; j++) {
		table.heading[j] = has_headings ? rows->column[j]->heading : NULL;
		table.right[j] = rows->column[j]->right || types[rows->column[j]->type].right;
	}
	for (i = 0; i < rows->shown; i++)
		for (j = 0; j < rows->columns; j++)
			table_cell(&table, "%s%s",
				   j || !rows->type->style ?
					   "" :
					   rows->type->style(view->model, rows->row[i]),
				   field_cell(view, buffer, rows->column[j], rows->row[i]));
	return cells_table(view, &table);
}

int rows_section(struct view *view, const struct row_type *type, const void *list, size_t count,
		 const char *title, const char *remark)
{
	struct rows rows;
	int err;

	err = rows_choose(&rows, view, type, list, count);
	if (!err && rows.shown) {
		fprintf(view->out, "\n" STYLE_TITLE "%s (%zu of %zu%s)\n", title, rows.shown, count,
			remark);
		err = rows_print(view, &rows, true);
	}
	free(rows.row);
	return err;
}
