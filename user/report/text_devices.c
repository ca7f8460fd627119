// SPDX-License-Identifier: GPL-2.0
/*
 * The preserved devices in text: the report's table of them, and one of chosen columns.
 */
#include "text_devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/table.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "capture/reset_method.h"
#include "fields.h"
#include "model/model.h"
#include "model/steps.h"
#include "report.h"
#include "rows.h"
#include "text_cells.h"
#include "text_sections.h"

/* The field of column @column: those with a heading are counted. */
static const struct field *column_field(unsigned int column)
{
	const struct field *field = device_rows.field;

	while (!field->heading || column--)
		field++;
	return field;
}

/* The next letter of a heading as part of a name on the command line. */
static char name_letter(char letter)
{
	return letter == ' ' ? '-' : letter;
}

static bool joins_words(char letter)
{
	return letter == ' ' || letter == '_' || letter == '-';
}

/* Whether @name is the column with @heading, with "_" or "-" between its words. */
static bool is_name_of(const char *name, const char *heading)
{
	while (*name && (*name == *heading || (joins_words(*name) && joins_words(*heading))))
		name++, heading++;
	return !*name && !*heading;
}

int view_column(const char *name)
{
	int i;

	for (i = 0; i < VIEW_COLUMNS; i++)
		if (is_name_of(name, column_field(i)->heading))
			return i;
	return -1;
}

const char *view_column_name(char *buffer, unsigned int column)
{
	const char *heading = column_field(column)->heading;
	size_t i;

	for (i = 0; heading[i] && i < VIEW_COLUMN_BYTES - 1; i++)
		buffer[i] = name_letter(heading[i]);
	buffer[i] = 0;
	return buffer;
}

/* What compare_rows() needs: qsort() takes no context. */
static struct view *sorted_view;
static const struct field *sorted_field;

/*
 * The longest time first and unknown times last; texts in alphabetical order. For a time that ends
 * when the device is back, devices that are not back come first, and among these the ones with no
 * known time.
 */
static int compare_rows(const void *a, const void *b)
{
	const struct model_device *const *x = a, *const *y = b;
	const struct field *field = sorted_field;
	char left[ESCAPED_BYTES], right[ESCAPED_BYTES];
	int order;

	if (field_is_time(field)) {
		const struct bounded p = field_time(sorted_view->model, field, *x),
				     q = field_time(sorted_view->model, field, *y);

		if (field->until_back && (*x)->not_back != (*y)->not_back)
			return (*y)->not_back - (*x)->not_back;
		if (field->until_back && (*x)->not_back && p.known != q.known)
			return p.known - q.known;
		if (p.known != q.known)
			return q.known - p.known;
		if (p.known && p.value != q.value)
			return p.value > q.value ? -1 : 1;
	} else {
		order = strcmp(field_cell(sorted_view, left, field, *x),
			       field_cell(sorted_view, right, field, *y));
		if (order)
			return order;
	}
	/* The model has them sorted by name. */
	return *x < *y ? -1 : *x > *y;
}

/* Sorted as asked for; if only some are shown, those with the longest downtime. */
static int choose_rows(struct view *view, struct rows *rows)
{
	const struct view_options *options = view->options;
	const struct model *model = view->model;
	int err;

	err = rows_choose(rows, view, &device_rows, model->device, model->devices);
	if (err || (!options->is_sorted && rows->shown == rows->wanted))
		return err;
	sorted_view = view;
	sorted_field = column_field(options->is_sorted ? options->sort :
							 (unsigned int)view_column("downtime"));
	qsort(rows->row, rows->wanted, sizeof(*rows->row), compare_rows);
	return 0;
}

static int write_chosen(struct view *view)
{
	const struct view_options *options = view->options;
	struct rows rows;
	int err;

	err = choose_rows(view, &rows);
	for (rows.columns = 0; rows.columns < options->columns; rows.columns++)
		rows.column[rows.columns] = column_field(options->column[rows.columns]);
	if (!err)
		err = rows_print(view, &rows, !options->no_headings);
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
			release->method ? " " : "", format_reset_outcome(outcome, release));
	fprintf(view->out, "%s\n", cells_result(view, buffer, &device->step[STEP_RELEASE_RESET]));
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

int print_devices(struct view *view)
{
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
	err = rows_print(view, &rows, !view->options->no_headings);
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
		const struct bounded excess = device_reset_excess(view->model, device);

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
		table_cell(&table, "%s", step_cell(view, buffer, &device->step[STEP_RESET]));
		table_cell(&table, "%s",
			   cells_duration(view, buffer, device_reset_floor(view->model, device),
					  0));
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

/* Nothing for a device that was not bound. */
static void print_second_reset(struct view *view, const struct model_device *device)
{
	const bool is_spared = device->again == LUO_STATS_AGAIN_SPARED;
	char name[ESCAPED_BYTES];

	if (!device->step[STEP_BIND].observed)
		return;
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
		const struct model_device *device = rows->row[i];

		bound += device->step[STEP_BIND].observed;
		known += device->again != LUO_STATS_AGAIN_UNKNOWN;
		spared += device->again == LUO_STATS_AGAIN_SPARED;
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
