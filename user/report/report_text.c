// SPDX-License-Identifier: GPL-2.0
/*
 * The report in text: which sections it has, and in what order.
 */
#include "report_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "model/model.h"
#include "report.h"
#include "text_answer.h"
#include "text_cells.h"
#include "text_sections.h"

/**
 * struct section - a section of the report
 * @name:     its option
 * @help:     what it shows, for the option's help
 * @print:    writes it, or nothing
 * @of_device: parts of it belong to a device
 * @is_brief: it is on the first screen, too
 */
static const struct section {
	const char *name;
	const char *help;
	int (*print)(struct view *view);
	bool of_device;
	bool is_brief;
} sections[] = {
	/* In the order of the report. */
	{ "phases", "the phases, with their parts", print_phases, false, true },
	{ "poles", "what to fix: the long poles", print_poles, true, true },
	{ "vms", "the virtual machines", print_vms, true, false },
	{ "devices", "the preserved devices", print_devices, true, false },
	{ "files", "the preserved files", print_files, true, false },
	{ "boot", "the jump, and the new kernel's boot", print_boot, false, false },
	{ "gaps", "when nothing observed was under way", print_gaps, true, false },
	{ "shutdown", "the slowest devices in device_shutdown", print_shutdowns, true, false },
	{ "sessions", "the sessions", print_sessions, true, false },
	{ "resets", "resets, the time that they must take, and whether there was a second one",
	  print_resets, true, false },
	{ "manager", "the service manager", print_manager, false, false },
	{ "marks", "the marks", print_marks, false, false },
	{ "attempts", "attempts that were refused", print_attempts, false, false },
	{ "others", "spans that never ended, and others", print_other_spans, true, false },
	{ "losses", "what is missing from this report", print_losses, false, false },
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
			fprintf(view->out, "\n%s: none\n", sections[i].name);
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

/* One line with the options for what is not on the screen; what has no room is in the help. */
static void print_more(struct view *view)
{
	const unsigned int room = view->width - strlen(" ...");
	unsigned int column = fprintf(view->out, "More: --full"), i;

	for (i = 0; i < VIEW_SECTIONS; i++) {
		if (sections[i].is_brief || !has_section(view, &sections[i]))
			continue;
		if (column + strlen(" --") + strlen(sections[i].name) > room) {
			fputs(" ...", view->out);
			break;
		}
		column += fprintf(view->out, " --%s", sections[i].name);
	}
	fputc('\n', view->out);
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
