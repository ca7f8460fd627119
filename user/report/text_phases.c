// SPDX-License-Identifier: GPL-2.0
/*
 * The phases and the long poles in text: where the time went, and what would have saved some of it.
 */

#include <errno.h>
#include <string.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/duration.h"
#include "base/table.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "headline.h"
#include "model/model.h"
#include "model/model_names.h"
#include "text_cells.h"
#include "text_sections.h"

#define BAR_WIDTH 20

static void make_bar(char *bar, int64_t part, int64_t whole)
{
	int64_t length = whole > 0 ? (int64_t)((__int128)part * BAR_WIDTH / whole) : 0;

	if (length > BAR_WIDTH)
		length = BAR_WIDTH;
	memset(bar, '#', length);
	bar[length] = '\0';
}

/**
 * struct phase_table - the table of the phases
 * @errors: whether there are columns for errors, empty except for phases whose error matters
 */
struct phase_table {
	struct view *view;
	struct table table;
	bool errors;
};

static void add_phase_time(struct phase_table *phases, struct bounded time)
{
	char text[BOUNDED_TEXT_BYTES], error[DURATION_BYTES] = "";

	if (bounded_is_lower_bound(time))
		format_bounded_cell(text, time, UNIT_NS);
	else if (time.known)
		format_time_and_error(text, error, time.value, bounded_error(time));
	else
		snprintf(text, sizeof(text), "%s", cells_duration(phases->view, text, time, 0));
	table_cell(&phases->table, "%s", text);
	if (phases->errors)
		table_cell(&phases->table, "%s", error);
}

static void add_share(struct phase_table *phases, struct bounded time)
{
	const struct model *model = phases->view->model;
	char buffer[SHARE_BYTES];

	if (time.known && model->has_end && model->blackout.value > 0) {
		table_cell(&phases->table, "%s",
			   head_share(buffer, model, time.value, bounded_error(time)));
	} else {
		table_cell(&phases->table, "-");
		phases->view->has_gaps = true;
	}
}

/* Rows for the parts of a phase, below its own. */
static void add_parts(struct phase_table *phases, const struct model_phase *phase)
{
	size_t i;

	for (i = 0; i < phase->parts; i++) {
		const struct model_part *part = &phase->part[i];

		table_cell(&phases->table, "  %s", name_part(part->kind));
		add_phase_time(phases, part->start);
		add_phase_time(phases, part->duration);
		add_share(phases, part->duration);
		table_cell(&phases->table, "%s", "");
	}
}

static void add_phase(struct phase_table *phases, const struct model_phase *phase)
{
	const struct model *model = phases->view->model;
	char bar[BAR_WIDTH + 1] = "";

	table_cell(&phases->table, "%s", phase->name);
	add_phase_time(phases, phase->start);
	add_phase_time(phases, phase->duration);
	add_share(phases, phase->duration);
	if (phase->duration.known && model->has_end && model->blackout.value > 0)
		make_bar(bar, phase->duration.value, model->blackout.value);
	table_cell(&phases->table, "%s", bar);
	add_parts(phases, phase);
}

static bool an_error_matters(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];

		if ((phase->start.known &&
		     error_matters(phase->start.value, bounded_error(phase->start))) ||
		    (phase->duration.known &&
		     error_matters(phase->duration.value, bounded_error(phase->duration))))
			return true;
	}
	return false;
}

int print_phases(struct view *view)
{
	struct phase_table phases = {
		.view = view,
		.table = { .columns = 5,
			   .heading = { "phase", "start", "time", "share", "" },
			   .right = { false, true, true, true, false },
			   .spare = { 4, 1, 3 } },
	};
	const struct table with_errors = {
		.columns = 7,
		.heading = { "phase", "start", "", "time", "", "share", "" },
		.right = { false, true, false, true, false, true, false },
		.spare = { 6, 2, 1, 5 },
	};
	const struct model *model = view->model;
	char buffer[DURATION_BYTES];
	size_t i;

	if (!model->phases)
		return 0;
	if (model->boundary[LUO_STATS_B0_UPDATE_BEGIN].source != MODEL_SOURCE_NONE)
		fprintf(view->out, "\nPhases\n");
	else
		fprintf(view->out,
			"\nPhases (the start of the update was not observed: times count"
			" from %s)\n",
			name_slot(model->origin_slot));
	phases.errors = an_error_matters(model);
	if (phases.errors)
		phases.table = with_errors;
	for (i = 0; i < model->phases; i++)
		add_phase(&phases, &model->phase[i]);
	if (cells_table(view, &phases.table))
		return -ENOMEM;
	if (model->luoscope_init.known && !model->has_end)
		fprintf(view->out, "  (luoscope init took %s of the userspace phase)\n",
			cells_duration(view, buffer, model->luoscope_init, 0));
	return 0;
}

/* How many long poles are shown by default: the rest save next to nothing. */
#define POLES 5

int print_poles(struct view *view)
{
	struct table table = { .columns = 4,
			       .heading = { "what", "busy", "saved", "blackout without it" },
			       .right = { false, true, true, true },
			       .spare = { 1, 3 } };
	const struct model *model = view->model;
	const size_t count = view->options->top && model->poles > POLES ? POLES : model->poles;
	const struct bounded blackout = model->blackout;
	char name[ESCAPED_BYTES], buffer[BOUNDED_TEXT_BYTES];
	struct bounded without;
	size_t i;

	if (!count)
		return 0;
	fprintf(view->out,
		"\nLong poles (%zu of %zu): the blackout without each; savings overlap, do not"
		" add them up\n",
		count, model->poles);
	for (i = 0; i < count; i++) {
		const struct model_long_pole *pole = &model->pole[i];

		table_cell(&table, "%s", head_pole(name, model, pole, view->options->utf8));
		table_cell(&table, "%s", format_duration(buffer, pole->busy_ns, 0));
		table_cell(&table, "%s", format_duration(buffer, pole->saved_ns, 0));
		without = bounded_minus(blackout, pole->saved_ns);
		table_cell(&table, "%s", format_bounded_cell(buffer, without, UNIT_NS));
	}
	return cells_table(view, &table);
}
