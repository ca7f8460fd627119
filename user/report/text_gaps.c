// SPDX-License-Identifier: GPL-2.0
/*
 * The gaps in text: time of the blackout in which nothing observed was under way, and what came
 * before and after.
 */
#include "text_gaps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/error.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "model/model.h"
#include "text_cells.h"
#include "text_sections.h"
#include "text_select.h"

/* How many are shown by default. */
#define GAPS 5

static void print_sums(struct view *view, unsigned int width)
{
	const struct model *model = view->model;
	char text[MODEL_BOUNDARIES * (BOUNDED_TEXT_BYTES + MODEL_PHASE_NAME_BYTES + 8)] = "";
	char buffer[BOUNDED_TEXT_BYTES];
	size_t length = 0, i;

	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];

		if (!phase->unobserved.known || phase->unobserved.value <= 0)
			continue;
		length += snprintf(text + length, sizeof(text) - length, "%s%s of %s",
				   length ? ", " : "",
				   format_bounded(buffer, phase->unobserved, UNIT_NS), phase->name);
	}
	fputs(STYLE_TITLE "Unobserved: ", view->out);
	wrap_words(view->out, text, strlen("Unobserved: "), 2, width);
	fputc('\n', view->out);
}

const char *gap_edge_text(char *buffer, const struct model_edge *edge, bool utf8)
{
	char kind[NAME_BYTES], text[ESCAPED_BYTES];
	const char *name;

	if (edge->kind == MODEL_EDGE_PHASE)
		return "";
	if (edge->kind == MODEL_EDGE_INIT)
		return "luoscope init";
	name = escape_text(text, edge->name, utf8);
	if (edge->subject_kind == LUO_STATS_SUBJECT_FILE)
		snprintf(buffer, ESCAPED_BYTES, "%s of file %.*s %" PRIu64,
			 name_kind(edge->kind, kind), ESCAPED_BYTES - 80, name, edge->key);
	else if (*name)
		snprintf(buffer, ESCAPED_BYTES, "%s of %.*s", name_kind(edge->kind, kind),
			 ESCAPED_BYTES - 80, name);
	else
		snprintf(buffer, ESCAPED_BYTES, "%s", name_kind(edge->kind, kind));
	return buffer;
}

/* How wide a column of times is: bounds are marked. */
static unsigned int time_width(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->gaps; i++)
		if (!bounded_is_closed(model->gap[i].start) ||
		    !bounded_is_closed(model->gap[i].duration))
			return strlen(">= 100.0 us");
	return strlen("100.0 us");
}

/* For example "after bind of 0000:01:00.0, before the end of retrieve". */
static void print_gap(struct view *view, const struct model_gap *gap)
{
	const int time = time_width(view->model);
	const char *phase = view->model->phase[gap->phase].name;
	char start[BOUNDED_TEXT_BYTES], duration[BOUNDED_TEXT_BYTES];
	char label[2 * BOUNDED_TEXT_BYTES + 8];
	char after[ESCAPED_BYTES], before[ESCAPED_BYTES], text[2 * ESCAPED_BYTES + 64];
	const bool is_first = gap->after.kind == MODEL_EDGE_PHASE;
	const bool is_last = gap->before.kind == MODEL_EDGE_PHASE;

	snprintf(label, sizeof(label), "  %*s  %*s", time,
		 cells_duration(view, start, gap->start, 0), time,
		 cells_duration(view, duration, gap->duration, 0));
	snprintf(text, sizeof(text), "%s%s, before %s%s",
		 is_first ? "from the start of " : "after ",
		 is_first ? phase : gap_edge_text(after, &gap->after, view->options->utf8),
		 is_last ? "the end of " : "",
		 is_last ? phase : gap_edge_text(before, &gap->before, view->options->utf8));
	print_wrapped(view->out, label, text, 2 + time + 2 + time + 2,
		      view->width < VIEW_WIDTH ? view->width : VIEW_WIDTH);
}

static bool wants_gap(const struct view *view, const struct model_gap *gap)
{
	return wants_subject(view, gap->after.subject_kind, gap->after.name, gap->after.key) ||
	       wants_subject(view, gap->before.subject_kind, gap->before.name, gap->before.key);
}

static bool has_kernel_gap(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->gaps; i++)
		if (model->phase[model->gap[i].phase].begin == LUO_STATS_B2_SHUTDOWN_BEGIN)
			return true;
	return false;
}

int print_gaps(struct view *view)
{
	const struct model *model = view->model;
	const unsigned int width = view->width < VIEW_WIDTH ? view->width : VIEW_WIDTH;
	size_t wanted = 0, shown, i;
	char text[160];

	for (i = 0; i < model->gaps; i++)
		wanted += wants_gap(view, &model->gap[i]);
	shown = view->options->top && wanted > GAPS ? GAPS : wanted;
	if (!shown)
		return 0;
	fputc('\n', view->out);
	print_sums(view, width);
	snprintf(text, sizeof(text),
		 "Nothing that luoscope watches was running: a program's own work, or a wait%s"
		 " (%zu of %zu)",
		 has_kernel_gap(model) ? "; in device_shutdown, the kernel's own" : "", shown,
		 model->gaps);
	print_wrapped(view->out, "", text, 2, width);
	if (model->gaps_unknown) {
		snprintf(text, sizeof(text), "Gaps of user space are not known: %s",
			 model->gaps_unknown);
		print_wrapped(view->out, "", text, 2, width);
	}
	for (i = 0; i < model->gaps && shown; i++) {
		if (!wants_gap(view, &model->gap[i]))
			continue;
		print_gap(view, &model->gap[i]);
		shown--;
	}
	return 0;
}
