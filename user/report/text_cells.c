// SPDX-License-Identifier: GPL-2.0
#include "text_cells.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/table.h"
#include "base/text.h"
#include "model/clock.h"
#include "model/model.h"
#include "report.h"

const char *cells_duration(struct view *view, char *buffer, struct bounded time, uint64_t error_ns)
{
	if (time.known)
		return format_time_cell(buffer, time, error_ns);
	view->has_gaps = true;
	return "-";
}

const char *cells_estimate(struct view *view, char *buffer, struct estimate time)
{
	return cells_duration(view, buffer, clock_estimate(&view->model->clock, time), 0);
}

const char *cells_until_back(struct view *view, char *buffer, struct bounded time, bool not_back)
{
	return not_back && !time.known ? TEXT_NOT_BACK : cells_duration(view, buffer, time, 0);
}

const char *cells_name(const struct view *view, char *buffer, const char *name)
{
	return *name ? escape_text(buffer, name, view->options->utf8) : "?";
}

const char *cells_name_or_gap(struct view *view, char *buffer, const char *name)
{
	if (name)
		return cells_name(view, buffer, name);
	view->has_gaps = true;
	return "-";
}

const char *cells_result(struct view *view, char *buffer, const struct model_span *span)
{
	char error[NAME_BYTES];
	size_t length = 0;

	if (span->observed && span->open)
		return "open";
	if (!span->observed || (!span->result && !span->duration.known)) {
		view->has_gaps = true;
		return "-";
	}
	if (span->duration.known) {
		cells_estimate(view, buffer, span->duration);
		length = strlen(buffer);
	}
	if (span->result)
		snprintf(buffer + length, ESCAPED_BYTES - length, "%s%s", length ? " " : "",
			 name_errno(span->result, error));
	return buffer;
}

size_t cells_shown(const struct view *view, size_t count)
{
	return view->options->top && view->options->top < count ? view->options->top : count;
}

unsigned int cells_width(const struct view_options *options)
{
	return options->width ? options->width : VIEW_WIDTH;
}

/* Columns that were asked for are neither left out nor cut on a narrow terminal. */
static bool is_fitted(const struct view_options *options)
{
	return options->terminal && !options->columns;
}

int cells_print(const struct view_options *options, FILE *out, struct table *table)
{
	table->may_leave_out = is_fitted(options);
	table->fill = options->terminal ? NULL : "-";
	return table_print(table, out,
			   table->may_leave_out ? cells_width(options) : TABLE_ANY_WIDTH);
}

int cells_table(struct view *view, struct table *table)
{
	return cells_print(view->options, view->out, table);
}

int view_write(const struct model *model, FILE *out, const struct view_options *options,
	       int (*write)(struct view *view))
{
	struct view view = { .model = model, .options = options, .width = cells_width(options) };
	char *text = NULL;
	size_t size = 0;
	int err;

	view.out = open_memstream(&text, &size);
	if (!view.out)
		return -ENOMEM;
	err = write(&view);
	if (fclose(view.out) && !err)
		err = -ENOMEM;
	if (!err)
		print_lines(out, text, is_fitted(options) ? view.width : 0, options->colour);
	free(text);
	errno = 0;
	if (!err && (fflush(out) || ferror(out)))
		err = errno ? -errno : -EIO;
	return err;
}
