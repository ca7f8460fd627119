// SPDX-License-Identifier: GPL-2.0
/*
 * Every view of a model, and what must hold for every model.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json_values.h"
#include "check/budget.h"
#include "check/check.h"
#include "check/check_json.h"
#include "check/check_junit.h"
#include "check/check_text.h"
#include "check/list_json.h"
#include "figures/figures.h"
#include "fuzz.h"
#include "live/update_log.h"
#include "model/outcome.h"
#include "report/metrics.h"
#include "report/report_json.h"
#include "report/report_text.h"
#include "report/summary.h"
#include "report/summary_text.h"
#include "report/text_devices.h"
#include "timeline/draw.h"
#include "timeline/html.h"
#include "timeline/perfetto.h"
#include "timeline/svg.h"
#include "timeline/timeline_json.h"
#include "timeline/timeline_text.h"

static unsigned int choose_width(void)
{
	return FUZZ_WIDTH_MIN + fuzz_choice(160);
}

/* What must hold */

/* Phases follow one another, and parts within them, to the nanosecond; so they add up. */
static void check_sums(const struct model *model)
{
	size_t i, k;

	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];
		int64_t sum = 0;

		if (i && phase->start.known && phase[-1].start.known && phase[-1].duration.known)
			fuzz_expect(phase[-1].start.value + phase[-1].duration.value ==
					    phase->start.value,
				    "phase %s does not begin where the one before ends",
				    phase->name);
		for (k = 0; k < phase->parts; k++)
			sum += phase->part[k].duration.value;
		fuzz_expect(!k || !phase->duration.known || sum == phase->duration.value,
			    "the parts of %s do not add up", phase->name);
	}
}

static void check_blackout(const struct model *model)
{
	int64_t sum = 0;
	size_t i;

	if (!model->has_end || !model->blackout.known)
		return;
	for (i = 0; i < model->phases; i++) {
		if (!model->phase[i].duration.known)
			return;
		sum += model->phase[i].duration.value;
	}
	fuzz_expect(sum == model->blackout.value, "the phases do not add up to the blackout");
}

static void check_bounds(const char *name, struct bounded number)
{
	fuzz_expect(!number.known || (number.low <= number.value && number.value <= number.high),
		    "%s is not within its bounds", name);
}

/* As many names are looked up for one input. */
#define NAMES_AT_ONCE 2

/* Each figure that is listed can be named in a budget, and is found by that name. */
static void check_names(const struct figures *figures)
{
	static const char *const units[] = {
		[UNIT_NS] = "ns",
		[UNIT_COUNT] = "",
		[UNIT_PPB] = "ppb",
	};
	struct budget_list list = {};
	struct budget_fault fault;
	struct error error = {};
	char text[BUDGET_LINE_BYTES];
	size_t i;

	for (i = 0; i < figures->count; i++)
		check_bounds(figures->figure[i].name, figures->figure[i].measured);
	for (i = 0; i < NAMES_AT_ONCE; i++) {
		const struct figure *figure = &figures->figure[fuzz_choice(figures->count)];

		snprintf(text, sizeof(text), "%s <= 7%s", figure->name,
			 units[figure->pattern->unit]);
		fuzz_expect(!budget_list_add(&list, text, &fault, &error), "'%s': %s", text,
			    error.text);
		fuzz_expect(!strcmp(list.budget[i].figure, figure->name) &&
				    list.budget[i].pattern == figure->pattern,
			    "'%s' is another figure: '%s'", figure->name, list.budget[i].figure);
		fuzz_expect(figures_find(figures, figure->name), "'%s' is not found", figure->name);
	}
	budget_list_free(&list);
}

/* Views */

static void report_json(const struct model *model)
{
	struct fuzz_output output;

	fuzz_output_json(&output, "report", view_json(model, fuzz_output_begin(&output)), false);
}

static void show_text(const struct model *model, const struct view_options *options)
{
	struct fuzz_output output;
	int err = view_text(model, fuzz_output_begin(&output), options);

	fuzz_output_text(&output, "report", err, options->terminal ? options->width : 0,
			 options->utf8);
}

static struct view_options choose_options(void)
{
	return (struct view_options){
		.width = choose_width(),
		.terminal = fuzz_choice(4),
		.utf8 = fuzz_choice(2),
		.top = fuzz_choice(2) ? 0 : 3,
	};
}

static void report_text(const struct model *model)
{
	struct view_options options = choose_options();

	show_text(model, &options);
}

static void report_full(const struct model *model)
{
	struct view_options options = choose_options();

	options.full = true;
	show_text(model, &options);
}

static void report_section(const struct model *model)
{
	struct view_options options = choose_options();

	options.sections = 1u << fuzz_choice(VIEW_SECTIONS);
	if (model->devices && fuzz_choice(2))
		options.device[options.devices++] = model->device[fuzz_choice(model->devices)].name;
	show_text(model, &options);
}

static void report_columns(const struct model *model)
{
	struct view_options options = choose_options();
	struct fuzz_output output;
	int err;

	options.columns = 1 + fuzz_choice(VIEW_COLUMNS);
	options.is_sorted = fuzz_choice(2);
	options.sort = fuzz_choice(VIEW_COLUMNS);
	for (size_t i = 0; i < options.columns; i++)
		options.column[i] = fuzz_choice(VIEW_COLUMNS);
	err = view_devices(model, fuzz_output_begin(&output), &options);
	/* Columns that are asked for are all there, however wide. */
	fuzz_output_text(&output, "columns", err, 0, options.utf8);
}

static void metrics(const struct model *model)
{
	struct fuzz_output output;
	int err = view_metrics(model, fuzz_output_begin(&output), fuzz_choice(2) ? 0 : 3);

	fuzz_output_text(&output, "metrics", err, 0, true);
}

/* The line in the journal, and those of attempts. */
static void log_lines(const struct model *model)
{
	struct journal_message message = {};
	size_t i;

	free(update_log_describe(&message, model, 7, "/var/lib/luoscope"));
	journal_free(&message);
	for (i = 0; i < model->attempts; i++) {
		message = (struct journal_message){};
		free(update_log_describe_refusal(&message, model, &model->attempt[i]));
		journal_free(&message);
	}
}

static void with_timeline(const struct model *model,
			  void (*view)(const struct timeline *timeline, const struct model *model))
{
	struct timeline timeline;
	struct error error = {};

	if (!timeline_make(&timeline, model, &error))
		view(&timeline, model);
	timeline_free(&timeline);
}

static void draw_text(const struct timeline *timeline, const struct model *model)
{
	const struct timeline_options options = {
		.width = choose_width(),
		.utf8 = fuzz_choice(2),
		.top = fuzz_choice(2) ? 0 : 3,
	};
	struct fuzz_output output;
	int err = view_timeline_text(timeline, model, fuzz_output_begin(&output), &options);

	fuzz_output_text(&output, "timeline", err, options.width, options.utf8);
}

static void draw_svg(const struct timeline *timeline, const struct model *model)
{
	struct fuzz_output output;
	int err = view_svg(timeline, model, fuzz_output_begin(&output));

	fuzz_output_text(&output, "svg", err, 0, true);
}

/* A field of the protobuf after another: 0x0a, its length as a varint, its bytes. */
static void check_packets(const unsigned char *bytes, size_t size)
{
	while (size) {
		size_t length = 0, i;

		fuzz_expect(*bytes == 0x0a, "perfetto: there is no packet where one should be");
		for (i = 1; i < size && i < 6; i++) {
			length |= (size_t)(bytes[i] & 0x7f) << 7 * (i - 1);
			if (bytes[i] < 0x80)
				break;
		}
		fuzz_expect(i < size && length <= size - i - 1, "perfetto: a packet is cut short");
		bytes += i + 1 + length;
		size -= i + 1 + length;
	}
}

static void draw_perfetto(const struct timeline *timeline, const struct model *model)
{
	struct fuzz_output output;
	int err = view_perfetto(timeline, model, fuzz_output_begin(&output));

	fflush(output.out);
	check_packets((const unsigned char *)output.bytes, output.size);
	fuzz_output_drop(&output, "perfetto", err);
}

static void draw_page(const struct timeline *timeline, const struct model *model)
{
	json_t *list = json_append(json_array(), timeline_json(timeline, model));
	struct fuzz_output output;
	int err;

	fuzz_expect(list, "out of memory");
	err = view_html(list, fuzz_output_begin(&output));
	json_decref(list);
	fuzz_output_drop(&output, "page", err);
}

static void timeline_text(const struct model *model)
{
	with_timeline(model, draw_text);
}

static void timeline_svg(const struct model *model)
{
	with_timeline(model, draw_svg);
}

static void timeline_perfetto(const struct model *model)
{
	with_timeline(model, draw_perfetto);
}

static void timeline_page(const struct model *model)
{
	with_timeline(model, draw_page);
}

/* In every form. */
static void write_check(const struct check *check)
{
	const struct check_text_options options = { .width = choose_width(),
						    .utf8 = fuzz_choice(2) };
	struct fuzz_output output;

	fuzz_output_json(&output, "check", view_check_json(check, fuzz_output_begin(&output)),
			 false);
	fuzz_output_text(&output, "check",
			 view_check_text(check, fuzz_output_begin(&output), &options), 0,
			 options.utf8);
	fuzz_output_text(&output, "tap", view_check_tap(check, fuzz_output_begin(&output)), 0,
			 false);
	fuzz_output_text(&output, "junit", view_check_junit(check, fuzz_output_begin(&output)), 0,
			 false);
	fuzz_output_json(&output, "figures",
			 view_figures_json(check->capture, fuzz_output_begin(&output)), false);
	fuzz_output_text(&output, "figures",
			 view_figures(&check->capture->figures, fuzz_output_begin(&output),
				      options.width),
			 0, false);
}

static void check(const struct model *model)
{
	static const char *const texts[] = {
		"blackout <= 2s",	  "phase.jump < 1ms",
		"p90(blackout) <= 3s",	  "device.downtime.max < 1s",
		"dropped == 0",		  "max(phase.kernel_boot) > 0ns",
		"vm.downtime.mean <= 1s", "clock.relative_error <= 100ppm",
	};
	struct budget_list budgets = {};
	struct check check = { .ask = true };
	struct budget_fault fault;
	struct error error = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		budget_list_add(&budgets, texts[i], &fault, &error);
	fuzz_expect(!check_add(&check, "a capture\xff", model, &error) &&
			    !check_budgets(&check, &budgets, &error),
		    "check: %s", error.text);
	write_check(&check);
	check_free(&check);
	budget_list_free(&budgets);
}

static void summary(const struct model *model)
{
	const char *const names[] = { "a", "b\x1b", "c" };
	const struct view_options options = { .width = choose_width(), .top = 3 };
	struct figures figures[3] = {};
	struct summary summary = {};
	struct fuzz_output output;
	struct error error;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(figures); i++)
		fuzz_expect(!figures_of(&figures[i], model, &error), "out of memory");
	fuzz_expect(!summary_make(&summary, figures, names, ARRAY_SIZE(names)), "out of memory");
	fuzz_output_json(&output, "summary",
			 view_summary_json(&summary, fuzz_output_begin(&output)), false);
	fuzz_output_text(&output, "summary",
			 view_summary_text(&summary, fuzz_output_begin(&output), &options), 0,
			 false);
	summary_free(&summary);
	for (i = 0; i < ARRAY_SIZE(figures); i++)
		figures_free(&figures[i]);
}

static void (*const views[])(const struct model *model) = {
	report_text,   report_full,  report_section, report_columns,	metrics, log_lines,
	timeline_text, timeline_svg, timeline_page,  timeline_perfetto, check,	 summary,
};

/* One input has few of the views: the others are for the next ones. */
#define VIEWS_AT_ONCE 3

void fuzz_views(const struct model *model)
{
	struct figures figures;
	struct error error;
	unsigned int i;

	check_sums(model);
	check_blackout(model);
	fuzz_expect(!figures_of(&figures, model, &error), "out of memory");
	check_names(&figures);
	figures_free(&figures);
	report_json(model);
	for (i = 0; i < VIEWS_AT_ONCE; i++)
		views[fuzz_choice(ARRAY_SIZE(views))](model);
}
