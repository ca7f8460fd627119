// SPDX-License-Identifier: GPL-2.0
/*
 * The preserved devices in text: the report's table of them, and one of chosen columns.
 */
#include "text_devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/error.h"
#include "base/table.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "capture/reset_method.h"
#include "model/belongs.h"
#include "model/model.h"
#include "model/steps.h"
#include "report.h"
#include "text_cells.h"
#include "text_sections.h"
#include "text_select.h"

/* Durations that rows can be sorted by. */
static struct bounded span_time(const struct model_span *span)
{
	return span->observed && !span->open ? span->duration : (struct bounded){};
}

/* If nothing of it came back, the table says "not back" rather than for how long. */
static struct bounded downtime_time(const struct model_device *device)
{
	const bool is_retrieved = model_span_succeeded(&device->step[STEP_RETRIEVE]);

	return device->not_back && !is_retrieved ? (struct bounded){} : device->downtime;
}

static struct bounded in_service_time(const struct model_device *device)
{
	return device->in_service;
}

static struct bounded floor_time(const struct model_device *device)
{
	const struct reset_floor *floor = reset_floor(device->reset.method);

	return floor ? bounded_exact(floor->ns) : (struct bounded){};
}

/* Only for a reset that succeeded: one that failed may have returned at once. */
static struct bounded excess_time(const struct model_device *device)
{
	const struct model_span *span = &device->step[STEP_RESET];
	const struct reset_floor *floor = reset_floor(device->reset.method);

	if (!floor || !model_span_succeeded(span) || !span->duration.known)
		return (struct bounded){};
	return bounded_minus(span->duration, floor->ns);
}

/* For narrow columns: the time, or only the error; see print_device_failures(). */
static const char *show_step(struct view *view, char *buffer, const struct model_span *span)
{
	return model_span_failed(span) ? name_errno(span->result, buffer) :
					 cells_result(view, buffer, span);
}

static const char *show_in_service(struct view *view, char *buffer,
				   const struct model_device *device)
{
	if (model_span_failed(&device->step[STEP_IRQ_SETUP]))
		return name_errno(device->step[STEP_IRQ_SETUP].result, buffer);
	return cells_until_back(view, buffer, in_service_time(device), device->not_back);
}

static const char *show_downtime(struct view *view, char *buffer, const struct model_device *device)
{
	return cells_until_back(view, buffer, downtime_time(device), device->not_back);
}

/* If no reset was tried, which the outcome says, there was no method to observe. */
static const char *show_method(struct view *view, char *buffer, const struct model_device *device)
{
	const struct model_reset *reset = &device->reset;

	(void)buffer;
	if (reset->known && reset->method)
		return name_reset_method(reset->method);
	if (reset->known && reset->outcome != LUO_STATS_RESET_UNKNOWN)
		return "";
	view->has_gaps = true;
	return "-";
}

static const char *format_outcome(char *buffer, const struct model_reset *reset)
{
	snprintf(buffer, ESCAPED_BYTES, "%s%s%s", name_reset_outcome(reset->outcome),
		 reset->lock ? ": " : "", reset->lock ? name_reset_lock(reset->lock) : "");
	return buffer;
}

static const char *show_outcome(struct view *view, char *buffer, const struct model_device *device)
{
	(void)view;
	return device->reset.known ? format_outcome(buffer, &device->reset) : "-";
}

static const char *show_bdf(struct view *view, char *buffer, const struct model_device *device)
{
	return cells_name(view, buffer, device->name);
}

static const char *show_product(struct view *view, char *buffer, const struct model_device *device)
{
	if (device->product[0])
		return cells_name(view, buffer, device->product);
	view->has_gaps = true;
	return "-";
}

static const char *show_driver(struct view *view, char *buffer, const struct model_device *device)
{
	return cells_name(view, buffer, device->driver);
}

static const char *show_session(struct view *view, char *buffer, const struct model_device *device)
{
	const struct model_file *file = device_file(view->model, device);

	if (file)
		return cells_name(view, buffer, file->session);
	view->has_gaps = true;
	return "-";
}

static const char *show_vm(struct view *view, char *buffer, const struct model_device *device)
{
	return cells_vm(view, buffer, device_vm(view->model, device));
}

/**
 * struct column - a column that a table of devices can have
 * @name:    its name on the command line
 * @heading: the text above it
 * @step:    the step it shows; else STEPS
 * @show:    formats its cell; NULL for a step or a plain time
 * @time:    its value as a time, for sorting; NULL: rows are sorted by its text
 * @until_back: the time ends when the device is back: if it is not back, the time is the longest
 */
static const struct column {
	const char *name;
	const char *heading;
	enum model_step step;
	const char *(*show)(struct view *view, char *buffer, const struct model_device *device);
	struct bounded (*time)(const struct model_device *device);
	bool until_back;
} columns[] = {
	{ "device", "device", STEPS, show_bdf, NULL, false },
	{ "session", "session", STEPS, show_session, NULL, false },
	{ "vm", "vm", STEPS, show_vm, NULL, false },
	{ "preserve", "preserve", STEP_PRESERVE, NULL, NULL, false },
	{ "freeze", "freeze", STEP_FREEZE, NULL, NULL, false },
	{ "reset", "reset", STEP_RESET, NULL, NULL, false },
	{ "method", "method", STEPS, show_method, NULL, false },
	{ "outcome", "outcome", STEPS, show_outcome, NULL, false },
	{ "retrieve", "retrieve", STEP_RETRIEVE, NULL, NULL, false },
	{ "bind", "bind", STEP_BIND, NULL, NULL, false },
	{ "in-service", "in service", STEPS, show_in_service, in_service_time, true },
	{ "downtime", "downtime", STEPS, show_downtime, downtime_time, true },
	{ "driver", "driver", STEPS, show_driver, NULL, false },
	{ "name", "name", STEPS, show_product, NULL, false },
	{ "floor", "floor", STEPS, NULL, floor_time, false },
	{ "excess", "excess", STEPS, NULL, excess_time, false },
	{ "finish", "finish", STEP_FINISH, NULL, NULL, false },
};

#define COLUMNS (ARRAY_SIZE(columns))

_Static_assert(COLUMNS == VIEW_COLUMNS, "VIEW_COLUMNS in report.h must match");

/* The columns of the report, plus the driver if there are several. */
#define REPORT_COLUMNS 12

enum { COLUMN_VM = 2, COLUMN_DOWNTIME = 11 };

/* Whether @name is @column, with "_" or "-" between its words. */
static bool is_name_of(const char *name, const char *column)
{
	while (*name && (*name == *column || (*name == '_' && *column == '-')))
		name++, column++;
	return !*name && !*column;
}

int view_column(const char *name)
{
	size_t i;

	for (i = 0; i < COLUMNS; i++)
		if (is_name_of(name, columns[i].name))
			return i;
	return -1;
}

const char *view_column_name(unsigned int column)
{
	return columns[column].name;
}

static const char *show_cell(struct view *view, char *buffer, unsigned int column,
			     const struct model_device *device)
{
	if (columns[column].step < STEPS)
		return show_step(view, buffer, &device->step[columns[column].step]);
	if (columns[column].show)
		return columns[column].show(view, buffer, device);
	return cells_duration(view, buffer, columns[column].time(device), 0);
}

static bool has_time(const struct column *column)
{
	return column->time || column->step < STEPS;
}

static struct bounded time_of(const struct column *column, const struct model_device *device)
{
	return column->time ? column->time(device) : span_time(&device->step[column->step]);
}

/* What compare_rows() needs: qsort() takes no context. */
static struct view *sorted_view;
static unsigned int sorted_column;

/*
 * The longest time first and unknown times last; texts in alphabetical order. For a time that ends
 * when the device is back, devices that are not back come first, and among these the ones with no
 * known time.
 */
static int compare_rows(const void *a, const void *b)
{
	const struct model_device *const *x = a, *const *y = b;
	const struct column *column = &columns[sorted_column];
	char left[ESCAPED_BYTES], right[ESCAPED_BYTES];
	int order;

	if (has_time(column)) {
		const struct bounded p = time_of(column, *x), q = time_of(column, *y);

		if (column->until_back && (*x)->not_back != (*y)->not_back)
			return (*y)->not_back - (*x)->not_back;
		if (column->until_back && (*x)->not_back && p.known != q.known)
			return p.known - q.known;
		if (p.known != q.known)
			return q.known - p.known;
		if (p.known && p.value != q.value)
			return p.value > q.value ? -1 : 1;
	} else {
		order = strcmp(show_cell(sorted_view, left, sorted_column, *x),
			       show_cell(sorted_view, right, sorted_column, *y));
		if (order)
			return order;
	}
	/* The model has them sorted by name. */
	return *x < *y ? -1 : *x > *y;
}

/**
 * struct rows - the devices that a table shows
 * @wanted: how many were asked for
 * @shown:  how many of them are shown: the first of @row
 */
struct rows {
	const struct model_device **row;
	size_t wanted;
	size_t shown;
};

/* Sorted as asked for; if only some are shown, those with the longest downtime. */
static int choose_rows(struct view *view, struct rows *rows)
{
	const struct view_options *options = view->options;
	const struct model *model = view->model;
	size_t i;

	*rows = (struct rows){ .row = calloc(model->devices + 1, sizeof(*rows->row)) };
	if (!rows->row)
		return -ENOMEM;
	for (i = 0; i < model->devices; i++)
		if (wants_device(options, &model->device[i]))
			rows->row[rows->wanted++] = &model->device[i];
	rows->shown = options->top && options->top < rows->wanted ? options->top : rows->wanted;
	if (!options->is_sorted && rows->shown == rows->wanted)
		return 0;
	sorted_view = view;
	sorted_column = options->is_sorted ? options->sort : COLUMN_DOWNTIME;
	qsort(rows->row, rows->wanted, sizeof(*rows->row), compare_rows);
	return 0;
}

static const char *style_of(const struct model_device *device)
{
	return device->not_back ? STYLE_BAD : model_reset_is_bad(&device->reset) ? STYLE_ODD : "";
}

/* By their numbers in columns[]. What stays: which device of which guest was away for how long. */
static void set_spare_columns(struct table *table, const unsigned int *column, size_t count)
{
	static const unsigned char least_first[] = { 3, 6, 8, 9, 12, 4, 5, 10, 1 };
	size_t spares = 0, i, j;

	for (i = 0; i < ARRAY_SIZE(least_first); i++)
		for (j = 1; j < count; j++)
			if (column[j] == least_first[i])
				table->spare[spares++] = j;
}

static int print_rows(struct view *view, const struct rows *rows, const unsigned int *column,
		      size_t count)
{
	struct table table = { .columns = count };
	char buffer[ESCAPED_BYTES];
	size_t i, j;

	set_spare_columns(&table, column, count);
	for (j = 0; j < count; j++) {
		table.heading[j] = view->options->no_headings ? NULL : columns[column[j]].heading;
		/* Names of devices have one width; right-aligned, the column is never cut. */
		table.right[j] = has_time(&columns[column[j]]) || !column[j];
	}
	for (i = 0; i < rows->shown; i++)
		for (j = 0; j < count; j++)
			table_cell(&table, "%s%s", j ? "" : style_of(rows->row[i]),
				   show_cell(view, buffer, column[j], rows->row[i]));
	return cells_table(view, &table);
}

static int write_chosen(struct view *view)
{
	const struct view_options *options = view->options;
	struct rows rows;
	int err;

	err = choose_rows(view, &rows);
	if (!err)
		err = print_rows(view, &rows, options->column, options->columns);
	free(rows.row);
	return err;
}

int view_devices(const struct model *model, FILE *out, const struct view_options *options)
{
	return view_write(model, out, options, write_chosen);
}

static void print_device_failures(struct view *view, const struct model_device *device)
{
	const struct model_reset *release = &device->release_reset;
	const bool is_busy = device->reset.known && device->reset.outcome == LUO_STATS_RESET_BUSY;
	char name[ESCAPED_BYTES], buffer[ESCAPED_BYTES], outcome[ESCAPED_BYTES];
	enum model_step step;

	cells_name(view, name, device->name);
	for_each_step (step, LUO_STATS_SUBJECT_DEVICE)
		if (model_span_failed(&device->step[step]))
			fprintf(view->out, "  %s: %s %s: %s\n", name, step_words(step),
				is_busy && step == STEP_RESET ? "not tried" : "failed",
				cells_result(view, buffer, &device->step[step]));
	if (!release->known)
		return;
	fprintf(view->out, "  %s: not retrieved; reset at its release: ", name);
	if (release->outcome != LUO_STATS_RESET_UNKNOWN)
		fprintf(view->out, "%s%s%s, ",
			release->method ? name_reset_method(release->method) : "",
			release->method ? " " : "", format_outcome(outcome, release));
	fprintf(view->out, "%s\n", cells_result(view, buffer, &device->step[STEP_RELEASE_RESET]));
}

static bool drivers_differ(const struct model *model)
{
	size_t i;

	for (i = 1; i < model->devices; i++)
		if (strcmp(model->device[i].driver, model->device[0].driver) != 0)
			return true;
	return false;
}

/* The product, if it is in a PCI ID database. */
static void print_product(struct view *view, const struct model_device *device)
{
	char name[ESCAPED_BYTES], product[ESCAPED_BYTES];

	if (device->product[0])
		fprintf(view->out, "  %s  %s [%s]\n", cells_name(view, name, device->name),
			cells_name(view, product, device->product), device->pci_id);
}

/* "Devices (6, driver vfio-pci; ...)", or "Devices (10 of 328, ...)". */
static void print_devices_title(struct view *view, const struct rows *rows)
{
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];

	fputs("\n" STYLE_TITLE "Devices (", view->out);
	if (rows->shown < model->devices)
		fprintf(view->out, "%zu of ", rows->shown);
	fprintf(view->out, "%zu", model->devices);
	if (!drivers_differ(model))
		fprintf(view->out, ", driver %s",
			cells_name(view, buffer, model->device[0].driver));
	fprintf(view->out,
		"; in service: time after B0; downtime: start of freeze to in service)\n");
}

/* The columns of the report; those of which nothing is known are left out. Returns how many. */
static size_t report_columns(const struct model *model, unsigned int *column)
{
	bool has_vm = false;
	size_t count = 0, i;

	for (i = 0; i < model->devices; i++)
		has_vm = has_vm || device_vm(model, &model->device[i]);
	for (i = 0; i < REPORT_COLUMNS + (size_t)drivers_differ(model); i++)
		if (has_vm || i != COLUMN_VM)
			column[count++] = i;
	return count;
}

int print_devices(struct view *view)
{
	unsigned int column[REPORT_COLUMNS + 1];
	const struct model *model = view->model;
	struct rows rows;
	size_t i;
	int err;

	if (!model->devices)
		return 0;
	err = choose_rows(view, &rows);
	if (err)
		return err;
	print_devices_title(view, &rows);
	err = print_rows(view, &rows, column, report_columns(model, column));
	for (i = 0; !err && i < rows.shown; i++)
		print_product(view, rows.row[i]);
	/* All failures are printed, however few devices are shown. */
	for (i = 0; !err && i < rows.wanted; i++)
		print_device_failures(view, rows.row[i]);
	free(rows.row);
	return err;
}

/* How long the specification requires each reset to take, and the excess over that. */
static int print_floors(struct view *view, const struct rows *rows)
{
	struct table table = { .columns = 6,
			       .heading = { "device", "method", "time", "floor", "excess",
					    "section and wait" },
			       .right = { false, false, true, true, true, false },
			       .spare = { 5, 1, 3 } };
	char name[ESCAPED_BYTES], buffer[ESCAPED_BYTES];
	bool is_short = false;
	size_t told = 0, i;

	for (i = 0; i < rows->shown; i++) {
		const struct model_device *device = rows->row[i];
		const struct bounded excess = excess_time(device);

		if (!excess.known)
			continue;
		if (!told++)
			fputs("\n" STYLE_TITLE
			      "Resets, and the minimum time that the PCI Express Base Specification 6.0"
			      " requires\n",
			      view->out);
		is_short = is_short || excess.value < 0;
		table_cell(&table, "%s", cells_name(view, name, device->name));
		table_cell(&table, "%s", name_reset_method(device->reset.method));
		table_cell(&table, "%s", show_step(view, buffer, &device->step[STEP_RESET]));
		table_cell(&table, "%s", cells_duration(view, buffer, floor_time(device), 0));
		table_cell(&table, "%s", cells_duration(view, buffer, excess, 0));
		table_cell(&table, "%s", reset_floor(device->reset.method)->source);
	}
	if (told && cells_table(view, &table))
		return -ENOMEM;
	if (is_short)
		fputs("  Below 0: the kernel waited for less than the specification requires.\n",
		      view->out);
	return 0;
}

static void print_second_reset(struct view *view, const struct model_device *device)
{
	const bool is_spared = device->again == LUO_STATS_AGAIN_SPARED;
	char name[ESCAPED_BYTES];

	fprintf(view->out, "  %s: ", cells_name(view, name, device->name));
	if (device->again)
		fprintf(view->out, "%s: %s\n", is_spared ? "spared" : "not spared",
			words_again(device->again));
	else
		fputs("not known\n", view->out);
}

/* Nothing if no bind is known to have decided: the handler is older, or it was not watched. */
static void print_second_resets(struct view *view, const struct rows *rows)
{
	size_t bound = 0, known = 0, spared = 0, i;

	for (i = 0; i < rows->wanted; i++) {
		bound += rows->row[i]->step[STEP_BIND].observed;
		known += rows->row[i]->again != LUO_STATS_AGAIN_UNKNOWN;
		spared += rows->row[i]->again == LUO_STATS_AGAIN_SPARED;
	}
	if (!known)
		return;
	fprintf(view->out,
		"\n" STYLE_TITLE "Second resets, when a device is bound: %zu of %zu spared\n",
		spared, bound);
	if (spared == bound) {
		fprintf(view->out, "  all: %s\n", words_again(LUO_STATS_AGAIN_SPARED));
		return;
	}
	for (i = 0; i < rows->shown; i++)
		if (rows->row[i]->step[STEP_BIND].observed)
			print_second_reset(view, rows->row[i]);
}

int print_resets(struct view *view)
{
	struct rows rows;
	int err;

	err = choose_rows(view, &rows);
	if (!err)
		err = print_floors(view, &rows);
	if (!err)
		print_second_resets(view, &rows);
	free(rows.row);
	return err;
}
