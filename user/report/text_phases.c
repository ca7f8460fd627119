// SPDX-License-Identifier: GPL-2.0
/*
 * The phases and the long poles in text: where the time went, and what would have saved some of it.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
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
#include "text_select.h"

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
 * @folded: phases that have no row, but one for all of them
 */
struct phase_table {
	struct view *view;
	struct table table;
	bool errors;
	bool folded[MODEL_BOUNDARIES];
};

static void add_phase_time(struct phase_table *phases, struct bounded time)
{
	char text[BOUNDED_TEXT_BYTES], error[DURATION_BYTES] = "";

	if (time.known && !bounded_is_closed(time))
		format_bounded_cell(text, time, UNIT_NS);
	else if (time.known)
		format_time_and_error(text, error, time.value, bounded_error(time));
	else
		snprintf(text, sizeof(text), "%s", cells_duration(phases->view, text, time, 0));
	table_cell(&phases->table, "%s", text);
	if (phases->errors)
		table_cell(&phases->table, "%s", error);
}

/* Share and bar of @time; parts of a phase have no bar. */
static void add_share(struct phase_table *phases, struct bounded time, bool has_bar)
{
	const struct model *model = phases->view->model;
	char share[SHARE_BYTES], bar[BAR_WIDTH + 1] = "";

	table_cell(&phases->table, "%s", head_share(share, model, time));
	if (*share == '-')
		phases->view->has_gaps = true;
	if (has_bar && time.known && model->has_end && model->blackout.value > 0)
		make_bar(bar, time.value, model->blackout.value);
	table_cell(&phases->table, "%s", bar);
}

/* The cells after the name. */
static void add_times(struct phase_table *phases, struct bounded start, struct bounded time,
		      bool has_bar)
{
	add_phase_time(phases, start);
	add_phase_time(phases, time);
	add_share(phases, time, has_bar);
}

/* Rows for what happens within a phase, below its own: luoscope init, and on request its parts. */
static void add_parts(struct phase_table *phases, const struct model_phase *phase)
{
	const struct view *view = phases->view;
	const struct model *model = view->model;
	size_t i;

	if (model->luoscope_init.known && phase->begin < LUO_STATS_B9_LUO_OPEN &&
	    phase->end >= LUO_STATS_B9_LUO_OPEN) {
		table_cell(&phases->table, "  luoscope init");
		add_times(phases, model->init_start, model->luoscope_init, true);
	}
	for (i = 0; i < phase->parts && !view->is_brief; i++) {
		table_cell(&phases->table, "  %s", name_part(phase->part[i].kind));
		add_times(phases, phase->part[i].start, phase->part[i].duration, false);
	}
}

/* Rows that a report that fits a screen has for phases, and what is too short for one. */
#define BRIEF_PHASES	6
#define BRIEF_PER_MILLE 5

static bool may_fold(const struct model_phase *phase)
{
	return bounded_is_closed(phase->duration);
}

/* The shortest phase that has a row and need not have one, or NULL. */
static const struct model_phase *find_shortest(const struct phase_table *phases)
{
	const struct model *model = phases->view->model;
	const struct model_phase *found = NULL;
	size_t i;

	for (i = 0; i < model->phases; i++)
		if (!phases->folded[i] && may_fold(&model->phase[i]) &&
		    (!found || model->phase[i].duration.value < found->duration.value))
			found = &model->phase[i];
	return found;
}

/* Fold the shortest phases, if there are at least two of them. */
static void fold_phases(struct phase_table *phases)
{
	const struct model *model = phases->view->model;
	const struct model_phase *shortest;
	size_t left = model->phases;

	while ((shortest = find_shortest(phases)) &&
	       (left > BRIEF_PHASES ||
		shortest->duration.value < model->blackout.value / 1000 * BRIEF_PER_MILLE)) {
		phases->folded[shortest - model->phase] = true;
		left--;
	}
	if (left + 1 == model->phases)
		memset(phases->folded, 0, sizeof(phases->folded));
}

static void add_folded(struct phase_table *phases)
{
	const struct model *model = phases->view->model;
	uint64_t error_ns = 0;
	int64_t sum_ns = 0;
	size_t count = 0, i;

	for (i = 0; i < model->phases; i++) {
		if (!phases->folded[i])
			continue;
		count++;
		sum_ns += model->phase[i].duration.value;
		error_ns += bounded_error(model->phase[i].duration);
	}
	if (!count)
		return;
	table_cell(&phases->table, "%zu others", count);
	table_cell(&phases->table, "%s", "");
	if (phases->errors)
		table_cell(&phases->table, "%s", "");
	add_phase_time(phases, bounded_with_error(sum_ns, error_ns));
	add_share(phases, bounded_with_error(sum_ns, error_ns), false);
}

static bool an_error_matters(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];

		if ((phase->start.known &&
		     error_matters(phase->start.value, bounded_error(phase->start))) ||
		    (bounded_is_closed(phase->duration) &&
		     error_matters(phase->duration.value, bounded_error(phase->duration))))
			return true;
	}
	return false;
}

/* On one screen, the headings of the tables are their titles. */
static void print_phases_title(struct view *view)
{
	const struct model *model = view->model;

	fputc('\n', view->out);
	if (view->is_brief)
		return;
	fputs(STYLE_TITLE "Phases", view->out);
	if (model->boundary[LUO_STATS_B0_UPDATE_BEGIN].source == MODEL_SOURCE_NONE)
		fprintf(view->out,
			" (the start of the update was not observed: times count from %s)",
			name_slot(model->origin_slot));
	fputc('\n', view->out);
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
	size_t i;

	if (!model->phases)
		return 0;
	print_phases_title(view);
	phases.errors = an_error_matters(model);
	if (phases.errors)
		phases.table = with_errors;
	if (view->is_brief) {
		phases.table.heading[0] = STYLE_TITLE "phase";
		fold_phases(&phases);
	}
	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];

		if (phases.folded[i])
			continue;
		table_cell(&phases.table, "%s", phase->name);
		add_times(&phases, phase->start, phase->duration, true);
		add_parts(&phases, phase);
	}
	add_folded(&phases);
	return cells_table(view, &phases.table);
}

/* How many long poles are shown by default: the rest save next to nothing. */
#define POLES 5

/**
 * struct also_long - what is not in the table of the long poles, and yet as long as its last row;
 * on the first screen as the fifth, whose place it takes
 * @jump, @boot: these phases
 * @gap:         the longest; NULL: no gap is that long
 */
struct also_long {
	bool jump;
	bool boot;
	const struct model_gap *gap;
};

static bool is_long(const struct model *model, const char *phase, int64_t least_ns)
{
	size_t i;

	for (i = 0; i < model->phases; i++)
		if (!strcmp(model->phase[i].name, phase))
			return model->phase[i].duration.known &&
			       model->phase[i].duration.value >= least_ns;
	return false;
}

/*
 * The jump and the boot are no one thing, and nobody knows what was done in a gap. So they have no
 * row. But a reader of the table must not miss what is as long as its last row, which saves
 * @saved_ns, and at least a hundredth of the blackout. Returns whether there is anything.
 */
static bool find_also_long(const struct model *model, int64_t saved_ns, struct also_long *found)
{
	const int64_t hundredth = model->blackout.value / 100;
	const int64_t least_ns = saved_ns > hundredth ? saved_ns : hundredth;

	found->jump = is_long(model, "jump", least_ns);
	found->boot = is_long(model, "kernel_boot", least_ns);
	found->gap = model->gaps && model->gap[0].duration.value >= least_ns ? &model->gap[0] :
									       NULL;
	return found->jump || found->boot || found->gap;
}

/* In one line of a narrow terminal: the times of the phases are above. */
static void print_also_long(struct view *view, const struct also_long *found)
{
	char time[BOUNDED_TEXT_BYTES];

	fprintf(view->out, "  Also long: %s%s%s%s", found->jump ? "jump" : "",
		found->jump && found->boot ? ", " : "", found->boot ? "kernel_boot" : "",
		found->jump || (found->boot && view->model->boot.has_boot) ? " (--boot)" : "");
	if (found->gap)
		fprintf(view->out, "%sa gap of %s (--gaps)", found->jump || found->boot ? ", " : "",
			format_bounded(time, found->gap->duration, UNIT_NS));
	fputc('\n', view->out);
}

/* What the last of the first @rows long poles that are wanted saves. */
static int64_t saved_by_last(const struct view *view, size_t rows)
{
	const struct model *model = view->model;
	int64_t saved_ns = 0;
	size_t i;

	for (i = 0; i < model->poles && rows; i++) {
		if (!wants_pole(view, &model->pole[i]))
			continue;
		saved_ns = model->pole[i].saved.value;
		rows--;
	}
	return saved_ns;
}

int print_poles(struct view *view)
{
	struct table table = { .columns = 5,
			       .heading = { "what", "busy", "waited", "saved",
					    "blackout without it" },
			       .right = { false, true, true, true, true },
			       .spare = { 4, 1, 2 } };
	const struct model *model = view->model;
	char name[ESCAPED_BYTES], buffer[BOUNDED_TEXT_BYTES];
	struct also_long also = {};
	size_t wanted = 0, shown, i;
	bool has_more;
	int err;

	for (i = 0; i < model->poles; i++)
		wanted += wants_pole(view, &model->pole[i]);
	shown = view->options->top && wanted > POLES ? POLES : wanted;
	if (!shown)
		return 0;
	has_more = !view->options->devices &&
		   find_also_long(model, saved_by_last(view, shown), &also);
	/* On one screen, that takes the place of a row. */
	if (has_more && view->is_brief && shown == POLES)
		shown--;
	if (view->is_brief) {
		table.columns = 4;
		table.heading[0] = STYLE_TITLE "what to fix";
		fputc('\n', view->out);
	} else {
		fprintf(view->out,
			"\n" STYLE_TITLE
			"What to fix (%zu of %zu; saved: the blackout would be shorter by that if it alone"
			" took no time)\n",
			shown, model->poles);
	}
	for (i = 0; i < model->poles && shown; i++) {
		const struct model_long_pole *pole = &model->pole[i];

		if (!wants_pole(view, pole))
			continue;
		shown--;
		table_cell(&table, "%s", head_pole(name, model, pole, view->options->utf8));
		table_cell(&table, "%s", cells_duration(view, buffer, pole->busy, 0));
		table_cell(&table, "%s", cells_duration(view, buffer, pole->waited, 0));
		table_cell(&table, "%s", cells_duration(view, buffer, pole->saved, 0));
		if (!view->is_brief)
			table_cell(&table, "%s",
				   format_bounded_cell(buffer, pole->without, UNIT_NS));
	}
	err = cells_table(view, &table);
	if (!err && has_more)
		print_also_long(view, &also);
	return err;
}
