/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fields of a row, such as a device or a file: one table of them makes both the row's JSON
 * object and its line in the text report. The tables are in rows.h.
 */
#ifndef LUOSCOPE_FIELDS_H
#define LUOSCOPE_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/bounded.h"
#include "base/json_stream.h"
#include "base/table.h"
#include "model/model.h"
#include "text_cells.h"

/* What is at a field's offset and in JSON, and what an empty text is there and in a cell. */
enum field_type {
	FIELD_TEXT,	   /* char[]; null, "?" */
	FIELD_TEXT_OR_GAP, /* char[]; null, "-" */
	FIELD_NAME,	   /* char[]; "", "?" */
	FIELD_TIME,	   /* struct bounded: "NAME_ns" */
	FIELD_ESTIMATE,	   /* struct estimate: "NAME_ns" */
	FIELD_ERROR,	   /* struct bounded: "NAME_ns" and "NAME_error_ns" */
	FIELD_BOUND,	   /* the same, and "NAME_is_lower_bound" */
	FIELD_STEP,   /* struct model_span: an object; the cell has the time, or only the errno */
	FIELD_SPAN,   /* the same; the cell has both */
	FIELD_NUMBER, /* uint64_t: a string */
	FIELD_COUNT,  /* size_t */
	FIELD_U32,    /* uint32_t, only in JSON */
	FIELD_PID,    /* uint32_t, only in JSON; null for 0 */
	FIELD_FLAG,   /* bool, only in JSON */
};

/**
 * struct field - a field of a row: of some type and at some place, unless it has functions
 * @name:    in JSON, without what its type adds; NULL: not in JSON, or within another field there
 * @heading: of its column, where "" is none; NULL: only in JSON
 * @type:    how it is written, and whether its column is right-aligned: all but texts are
 * @offset:  where the value is in the row
 * @get:     finds the value elsewhere; NULL: it is not known, which is null or "-"
 * @time:    a time in place of the value, for cells and for sorting
 * @json:    makes the member of the JSON object
 * @cell:    makes the cell, as in text_cells.h
 * @right:   the column is right-aligned, although it is a text
 * @until_back: the time ends when the row is back: while it is not, the time is the longest
 * @spare:   1: on a narrow terminal its column is left out first, and so on; 0: it stays
 * @wanted:  whether it has a column if the user chooses none; NULL: it has
 */
struct field {
	const char *name;
	const char *heading;
	enum field_type type;
	size_t offset;
	const void *(*get)(const struct model *model, const void *row);
	struct bounded (*time)(const struct model *model, const void *row);
	json_t *(*json)(const struct model *model, const void *row);
	const char *(*cell)(struct view *view, char *buffer, const void *row);
	bool right;
	bool until_back;
	unsigned int spare;
	bool (*wanted)(const struct model *model);
};

/* The name of @vm for a field that may have none. */
static inline const void *named_vm(const struct model_vm *vm)
{
	return vm ? model_vm_name(vm) : NULL;
}

/**
 * struct row_type - a kind of row
 * @bytes:   size of a row in the model's list
 * @wants:   whether the user asked for a row
 * @style:   how its line looks; NULL: like any other
 * @compare: if not all are shown, the first in this order are; NULL: in the order of the model
 */
struct row_type {
	const struct field *field;
	size_t fields;
	size_t bytes;
	bool (*wants)(const struct view *view, const void *row);
	const char *(*style)(const struct model *model, const void *row);
	int (*compare)(const void *a, const void *b);
};

/**
 * json_rows - write the @count rows of @list as the member @name of @stream, one object each
 */
void json_rows(struct json_stream *stream, const char *name, const struct model *model,
	       const struct row_type *type, const void *list, size_t count);

/**
 * struct rows - what a table shows
 * @wanted:  how many rows were asked for
 * @shown:   how many of them are shown: the first of @row
 * @column:  the fields that are shown
 */
struct rows {
	const struct row_type *type;
	const void **row;
	size_t wanted;
	size_t shown;
	const struct field *column[TABLE_COLUMNS];
	size_t columns;
};

/**
 * rows_choose - choose from the @count rows of @list, and the columns that are shown by default
 *
 * free() its @row. Returns 0 or -ENOMEM.
 */
int rows_choose(struct rows *rows, const struct view *view, const struct row_type *type,
		const void *list, size_t count);

/* The cell of @field; see text_cells.h. */
const char *field_cell(struct view *view, char *buffer, const struct field *field, const void *row);

/* Whether rows are sorted by @field as a time, rather than by its cell; and then that time. */
bool field_is_time(const struct field *field);
struct bounded field_time(const struct model *model, const struct field *field, const void *row);

/* A step of a device, elsewhere than in its own field. */
const char *step_cell(struct view *view, char *buffer, const void *span);

/**
 * rows_print - print the table, with a line of headings if @has_headings
 *
 * Returns 0 or -ENOMEM.
 */
int rows_print(struct view *view, const struct rows *rows, bool has_headings);

/**
 * rows_section - print "@title (1 of 2@remark)" and the table of the @count rows of @list; nothing
 * if none is to be shown
 *
 * Returns 0 or -ENOMEM.
 */
int rows_section(struct view *view, const struct row_type *type, const void *list, size_t count,
		 const char *title, const char *remark);

#endif /* LUOSCOPE_FIELDS_H */
