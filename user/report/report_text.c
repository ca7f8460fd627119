// SPDX-License-Identifier: GPL-2.0
/*
 * The report in text: which sections it has, and in what order.
 */
#include "report_text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "figures/figures.h"
#include "model/model.h"
#include "report.h"
#include "text_answer.h"
#include "text_cells.h"
#include "text_sections.h"
#include "text_select.h"

/**
 * struct section - a section of the report
 * @name:     its option
 * @help:     what it shows, for the option's help
 * @print:    writes it, or nothing
 * @of_device: parts of it belong to a device
 * @is_brief: it is on the first screen, too
 * @figure:   says why there may be more than the section shows; NULL: that is known otherwise
 */
static const struct section {
	const char *name;
	const char *help;
	int (*print)(struct view *view);
	bool of_device;
	bool is_brief;
	const char *figure;
} sections[] = {
	/* In the order of the report. */
	{ .name = "phases",
	  .help = "the phases, with their parts",
	  .print = print_phases,
	  .is_brief = true,
	  .figure = "blackout" },
	{ .name = "poles",
	  .help = "what to fix: the long poles",
	  .print = print_poles,
	  .of_device = true,
	  .is_brief = true,
	  .figure = "blackout" },
	{ .name = "vms",
	  .help = "the virtual machines",
	  .print = print_vms,
	  .of_device = true,
	  .figure = "vms_awaited" },
	{ .name = "devices",
	  .help = "the preserved devices",
	  .print = print_devices,
	  .of_device = true,
	  .figure = "devices_awaited" },
	{ .name = "files",
	  .help = "the preserved files",
	  .print = print_files,
	  .of_device = true,
	  .figure = "file.count" },
	{ .name = "boot",
	  .help = "the jump, and the new kernel's boot",
	  .print = print_boot,
	  .figure = "boot.pid1" },
	{ .name = "gaps",
	  .help = "when nothing observed was under way",
	  .print = print_gaps,
	  .of_device = true,
	  .figure = "blackout" },
	{ .name = "shutdown",
	  .help = "the slowest devices in device_shutdown",
	  .print = print_shutdowns,
	  .of_device = true,
	  .figure = "shutdown.max" },
	{ .name = "sessions",
	  .help = "the sessions",
	  .print = print_sessions,
	  .of_device = true,
	  .figure = "session.count" },
	{ .name = "resets",
	  .help = "resets, the time that they must take, and whether there was a second one",
	  .print = print_resets,
	  .of_device = true,
	  .figure = "devices_awaited" },
	{ .name = "manager",
	  .help = "the service manager",
	  .print = print_manager,
	  .figure = "manager.finish" },
	{ .name = "marks", .help = "the marks", .print = print_marks },
	{ .name = "attempts", .help = "attempts that were refused", .print = print_attempts },
	{ .name = "others",
	  .help = "spans that never ended, and others",
	  .print = print_other_spans,
	  .of_device = true },
	{ .name = "losses", .help = "what is missing from this report", .print = print_losses },
};

_Static_assert(ARRAY_SIZE(sections) == VIEW_SECTIONS, "VIEW_SECTIONS in report.h must match");

int view_section(const char *name)
{
	unsigned int i;

	for (i = 0; i < VIEW_SECTIONS; i++)
		if (!strcmp(sections[i].name, name))
			return i;
	return -1;
}

const char *view_section_name(unsigned int section)
{
	return sections[section].name;
}

const char *view_section_help(unsigned int section)
{
	return sections[section].help;
}

/* Returns 1 if it wrote something, 0 if there is nothing to write, or -ENOMEM. */
static int print_section(struct view *view, const struct section *section)
{
	long before = ftell(view->out);
	int err = section->print(view);

	return err ? err : ftell(view->out) > before;
}

static bool is_shown(const struct view_options *options, unsigned int section)
{
	if (options->sections)
		return options->sections & 1u << section;
	return sections[section].of_device || !options->devices;
}

/* Why only one kernel is in the capture of an update; NULL: both are. */
static const char *why_half(const struct model *model)
{
	if (!model->has_update)
		return NULL;
	return !model->has_old_kernel ? WHY_NO_OLD_KERNEL :
	       !model->has_new_kernel ? WHY_NO_NEW_KERNEL :
					NULL;
}

/* Why there may have been resets although no wanted device shows one; NULL: there were none. */
static const char *why_no_reset(const struct view *view)
{
	size_t i;

	for (i = 0; i < view->model->devices; i++) {
		const struct model_device *device = &view->model->device[i];

		if (!wants_device(view, device))
			continue;
		if (device->reset.known && !model_reset_is_none(&device->reset))
			return "how long each must take; --devices has the outcomes";
		if (!device->reset.none_seen && model_span_succeeded(&device->step[STEP_FREEZE]))
			return "resets were not watched all the time";
	}
	return NULL;
}

/* Why there is no @figure of what the section would show; NULL: there is none of it. */
static const char *why_not_counted(const struct figures *figures, const char *name)
{
	const struct figure *figure = name ? figures_find(figures, name) : NULL;

	if (!figure || !figure->measured.why || !strcmp(figure->measured.why, FIGURES_NONE))
		return NULL;
	return figure->measured.why;
}

/* Why it is not known whether there is anything that the section would show; NULL: there is not. */
static const char *why_unknown(const struct view *view, const struct section *section,
			       const struct figures *figures)
{
	const struct model *model = view->model;
	const char *why = why_not_counted(figures, section->figure);

	/* What was named may be all that is not there. */
	if (view->options->devices)
		return section->print == print_resets ? why_no_reset(view) : NULL;
	if (section->print == print_gaps && model->gaps_unknown)
		return model->gaps_unknown;
	if (section->print == print_marks)
		return figures->mark_losses ?: why_half(model);
	if (section->print == print_other_spans)
		return figures->losses ?: why_half(model);
	if (section->print == print_boot)
		return why_half(model) ?: why;
	if (section->print == print_attempts)
		return model->has_old_kernel ? NULL : why_half(model);
	if (section->print == print_resets)
		return why ?: why_no_reset(view);
	return why;
}

/* The user asked for @section, and it has shown nothing. Returns 0 or -ENOMEM. */
static int print_none(struct view *view, const struct section *section)
{
	struct figures figures;
	struct error error;
	const char *why;
	int err;

	err = figures_of(&figures, view->model, &error);
	why = err ? NULL : why_unknown(view, section, &figures);
	if (!err)
		fprintf(view->out, "\n%s: %s%s\n", section->name, why ? "not known: " : "none",
			why ? why : "");
	figures_free(&figures);
	return err;
}

/* All sections, or those that were asked for. */
static int print_sections(struct view *view)
{
	unsigned int i;
	int rc = 0;

	view->is_asked = view->options->sections;
	for (i = 0; rc >= 0 && i < VIEW_SECTIONS; i++) {
		if (!is_shown(view->options, i))
			continue;
		rc = print_section(view, &sections[i]);
		if (!rc && view->is_asked)
			rc = print_none(view, &sections[i]);
	}
	if (rc < 0)
		return rc;
	if (view->has_gaps)
		fprintf(view->out, "\n-: not observed, withheld, or none\n");
	return 0;
}

/* Whether the section has anything to show. */
static bool has_section(const struct view *view, const struct section *section)
{
	struct view other = *view;
	char *text = NULL;
	size_t size = 0;
	int rc;

	other.is_brief = false;
	other.only_whether = true;
	other.out = open_memstream(&text, &size);
	if (!other.out)
		return false;
	rc = print_section(&other, section);
	fclose(other.out);
	free(text);
	return rc > 0;
}

/* The options for all that is not on the screen: one line in a pipe without a known width. */
static void print_more(struct view *view)
{
	char options[VIEW_SECTIONS * 16] = "--full";
	size_t length = strlen(options);
	unsigned int i;

	for (i = 0; i < VIEW_SECTIONS; i++)
		if (!sections[i].is_brief && has_section(view, &sections[i]))
			length += snprintf(options + length, sizeof(options) - length, " --%s",
					   sections[i].name);
	print_wrapped(view->out, "More:", options, strlen("More: "),
		      view->options->width ? view->width : UINT_MAX);
}

static int print_screen(struct view *view)
{
	unsigned int i;
	int err = 0;

	view->is_brief = true;
	answer_print(view);
	for (i = 0; !err && i < VIEW_SECTIONS; i++)
		if (sections[i].is_brief)
			err = sections[i].print(view);
	if (!err)
		print_more(view);
	return err;
}

static int write_report(struct view *view)
{
	const struct view_options *options = view->options;

	if (!options->full && !options->sections && !options->devices)
		return print_screen(view);
	/* The title alone stands above what was asked for. */
	if (options->sections || options->devices)
		answer_print_title(view);
	else
		answer_print(view);
	return print_sections(view);
}

int view_text(const struct model *model, FILE *out, const struct view_options *options)
{
	return view_write(model, out, options, write_report);
}
