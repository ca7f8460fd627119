// SPDX-License-Identifier: GPL-2.0
/*
 * The new kernel's boot in text: the jump, and what the kernel log shows of kernel_boot.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/error.h"
#include "base/table.h"
#include "base/text.h"
#include "capture/boot_log.h"
#include "model/model.h"
#include "text_cells.h"
#include "text_sections.h"

#define INDENT 2

__attribute__((format(printf, 2, 3))) static void say(struct view *view, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_wrapped(view->out, "", text, INDENT,
		      view->width < VIEW_WIDTH ? view->width : VIEW_WIDTH);
}

static const struct model_phase *find_phase(const struct model *model, unsigned int end)
{
	size_t i;

	for (i = 0; i < model->phases; i++)
		if (model->phase[i].end == end && model->phase[i].begin + 1 == end)
			return &model->phase[i];
	return NULL;
}

/* Since 7.3, kexec_file_load() computes no checksum where KHO is on, as it is for a live update. */
static bool purgatory_verifies(const struct model *model)
{
	unsigned int major, minor;

	return sscanf(model->from_release, "%u.%u", &major, &minor) == 2 &&
	       (major < 7 || (major == 7 && minor < 3));
}

/* Of x86, and of any other architecture that has a purgatory and a compressed kernel. */
static void print_jump_steps(struct view *view, bool has_parts)
{
	say(view,
	    "kexec's switch of page tables, the purgatory%s, decompression, and setup until the"
	    " new kernel's clock starts. An uncompressed kernel and a smaller initramfs make it"
	    " shorter.",
	    purgatory_verifies(view->model) ?
		    " (it verifies the SHA-256 of the new kernel and its initramfs)" :
		    "");
	if (has_parts)
		say(view,
		    "The first three are timed together (before_setup_arch), and the setup by itself"
		    " (setup_arch).");
}

/* There kexec_file_load() has no purgatory, the kernel is not compressed, its clock starts late. */
static void print_jump_steps_arm64(struct view *view, bool has_parts)
{
	say(view,
	    "kexec copies the new kernel and its initramfs to their places and enters the kernel,"
	    " which sets up until its clock starts: on arm64 that comes after memory management,"
	    " RCU, ftrace and the interrupt controller. A smaller kernel and a smaller initramfs"
	    " make it shorter.");
	if (has_parts)
		say(view,
		    "The copying is timed with the kernel's first steps (before_setup_arch), and all"
		    " of the setup from setup_arch on by itself (setup_arch).");
}

/* What happens in the jump, and how much of it can be timed. */
static void print_jump(struct view *view)
{
	const struct model_phase *phase = find_phase(view->model, LUO_STATS_B7_TIME_ZERO);

	if (!phase)
		return;
	fprintf(view->out, "\n" STYLE_TITLE "Inside jump\n");
	if (view->model->clock.counter == LUO_STATS_COUNTER_CNTVCT)
		print_jump_steps_arm64(view, phase->parts);
	else
		print_jump_steps(view, phase->parts);
	if (!phase->parts)
		say(view, "The steps cannot be timed one by one. With luo_stats built into the new"
			  " kernel, the setup is timed separately from what comes before it.");
}

/* The moments */

static const char *const meanings[BOOT_MOMENTS] = {
	[BOOT_CONSOLE] = "the first console accepts output",
	[BOOT_CPUS] = "the other processors are up",
	[BOOT_CLOCKSOURCE] = "the kernel's clocks switched to a hardware counter",
	[BOOT_INITRAMFS] = "the initramfs is unpacked",
	[BOOT_VFIO] = "vfio is initialized",
	[BOOT_VFIO_PCI] = "vfio-pci can be bound to devices",
	[BOOT_MEMORY_FREED] = "initcalls, and the probes they wait for, are done",
	[BOOT_PID1] = "init is executed as pid 1",
};

/* An unknown moment is shown only if it is one that everyone asks for. */
static bool is_shown(const struct bounded *moment, unsigned int number)
{
	return moment->known || number == BOOT_VFIO || number == BOOT_VFIO_PCI ||
	       number == BOOT_PID1;
}

/* The next moment in order of time, those without a time last; BOOT_MOMENTS: no more. */
static unsigned int next_moment(const struct model_boot *boot, bool *done)
{
	unsigned int found = BOOT_MOMENTS, i;

	for (i = 0; i < BOOT_MOMENTS; i++) {
		const struct bounded *time = &boot->moment[i];

		if (done[i] || !is_shown(&boot->moment[i], i))
			continue;
		if (found == BOOT_MOMENTS ||
		    (time->known &&
		     (!boot->moment[found].known || time->value < boot->moment[found].value)))
			found = i;
	}
	if (found < BOOT_MOMENTS)
		done[found] = true;
	return found;
}

static int print_moments(struct view *view)
{
	struct table table = { .columns = 4,
			       .heading = { "moment", "start", "into boot", "" },
			       .right = { false, true, true, false } };
	const struct model *model = view->model;
	const struct model_boundary *zero = &model->boundary[LUO_STATS_B7_TIME_ZERO];
	const struct model_boot *boot = &model->boot;
	const bool has_zero = zero->source != MODEL_SOURCE_NONE && zero->start.known;
	bool done[BOOT_MOMENTS] = {};
	char buffer[BOUNDED_TEXT_BYTES];
	unsigned int i;

	while ((i = next_moment(boot, done)) < BOOT_MOMENTS) {
		const struct bounded *moment = &boot->moment[i];
		const struct bounded after = moment->known && has_zero ?
						     bounded_minus(*moment, zero->start.value) :
						     (struct bounded){};
		const bool used = i == BOOT_VFIO_PCI && !moment->known &&
				  boot->vfio_pci_latest.known;
		const struct bounded *when = used ? &boot->vfio_pci_latest : moment;

		table_cell(&table, "%s", boot_moment_name(i));
		table_cell(&table, "%s", cells_duration(view, buffer, *when, bounded_error(*when)));
		table_cell(&table, "%s",
			   cells_duration(view, buffer, after, bounded_error(*moment)));
		table_cell(&table, "%s%s", meanings[i], used ? ": its first use" : "");
	}
	return cells_table(view, &table);
}

/* The lists */

/* Which rows of a list a table has. */
enum boot_rows_of {
	BOOT_ALL,
	BOOT_BEFORE_INIT, /* and those of which it is not known */
	BOOT_AFTER_INIT,
};

struct boot_table {
	enum boot_list list;
	enum boot_rows_of rows_of;
	const char *title;
	const char *what;
	const char *of;
};

static bool has_row(const struct boot_table *about, const struct model_boot *boot,
		    const struct model_boot_row *row)
{
	const struct bounded *init = &boot->moment[BOOT_PID1];

	return about->rows_of == BOOT_ALL ||
	       (about->rows_of == BOOT_AFTER_INIT) ==
		       (init->known && row->start.known && row->start.value > init->value);
}

static size_t count_rows(const struct boot_table *about, const struct model_boot *boot)
{
	const struct model_boot_list *list = &boot->list[about->list];
	size_t count = 0, i;

	for (i = 0; i < list->rows; i++)
		count += has_row(about, boot, &list->row[i]);
	return count;
}

/* "Slowest initcalls (10 of 476, 711.9 ms in all)" */
static void print_list_title(struct view *view, const struct boot_table *about, size_t shown,
			     size_t rows)
{
	const struct model_boot_list *list = &view->model->boot.list[about->list];
	char buffer[BOUNDED_TEXT_BYTES];

	fprintf(view->out, "\n" STYLE_TITLE "%s (%zu of ", about->title, shown);
	/* Of rows that are too short for the list, only the number is known. */
	if (about->rows_of == BOOT_ALL)
		fprintf(view->out, "%" PRIu64, list->count);
	else
		fprintf(view->out, "%zu%s", rows, list->rows < list->count ? " or more" : "");
	/* Entries of these two lists do not overlap with each other. */
	if ((about->list == BOOT_INITCALLS || about->list == BOOT_SILENCES) && list->total.known)
		fprintf(view->out, ", %s in all", format_bounded(buffer, list->total, UNIT_NS));
	fprintf(view->out, ")\n");
}

static void add_row(struct view *view, struct table *table, const struct model_boot_row *row)
{
	char buffer[ESCAPED_BYTES];

	table_cell(table, "%s",
		   cells_duration(view, buffer, row->start, bounded_error(row->start)));
	table_cell(table, "%s", cells_duration(view, buffer, row->duration, 0));
	table_cell(table, "%s", cells_name(view, buffer, row->what));
	table_cell(table, "%s", row->of[0] ? cells_name(view, buffer, row->of) : "");
	if (table->columns == 5)
		table_cell(table, "%s", row->result ? name_errno(row->result, buffer) : "");
}

static int print_list(struct view *view, const struct boot_table *about)
{
	struct table table = {
		.columns = about->list == BOOT_SILENCES ? 4 : 5,
		.heading = { "start", "time", about->what, about->of, "" },
		.right = { true, true, false, false, false },
	};
	const struct model_boot *boot = &view->model->boot;
	const struct model_boot_list *list = &boot->list[about->list];
	const size_t rows = count_rows(about, boot), shown = cells_shown(view, rows);
	size_t left = shown, i;

	if (!rows)
		return 0;
	print_list_title(view, about, shown, rows);
	for (i = 0; i < list->rows && left; i++) {
		if (!has_row(about, boot, &list->row[i]))
			continue;
		add_row(view, &table, &list->row[i]);
		left--;
	}
	return cells_table(view, &table);
}

static void print_boot_lost(struct view *view)
{
	const struct model_boot *boot = &view->model->boot;
	char buffer[BOUNDED_TEXT_BYTES];

	if (!boot->lost)
		return;
	say(view,
	    "%" PRIu64 " records of the log were overwritten before they were read: what was"
	    " logged before %s is missing or incomplete. log_buf_len=4M on the new kernel's command"
	    " line keeps more.",
	    boot->lost,
	    boot->lost_until.known ? format_bounded(buffer, boot->lost_until, UNIT_NS) : "them");
}

static void print_console(struct view *view)
{
	const struct model_boot *boot = &view->model->boot;
	const struct boot_console *console = &boot->console;
	char names[ESCAPED_BYTES], cost[BOUNDED_TEXT_BYTES];

	if (!console->names[0])
		return;
	cells_name(view, names, console->names);
	if (!console->waits)
		say(view,
		    "Console %s: a separate thread prints the log, and the boot does not wait for"
		    " it.",
		    names);
	else if (!boot->console_cost.known)
		say(view,
		    "Console %s: logging a line waits until it is printed. It printed"
		    " %" PRIu64 " lines, too few to say what that cost.",
		    names, console->lines);
	else
		say(view,
		    "Console %s: logging a line waits until it is printed. After %" PRIu64
		    " lines of %" PRIu64
		    " bytes, nothing was logged for %.2f us per byte: %s in all. 'quiet' on the"
		    " command line saves most of it.",
		    names, console->lines, console->bytes, console->ns_per_byte / 1000.0,
		    format_bounded(cost, boot->console_cost, UNIT_NS));
}

int print_boot(struct view *view)
{
	static const struct boot_table tables[] = {
		{ BOOT_INITCALLS, BOOT_ALL, "Slowest initcalls", "initcall", "module" },
		{ BOOT_MODULES, BOOT_ALL, "Slowest initcalls of modules, after init started",
		  "initcall", "module" },
		{ BOOT_PROBES, BOOT_BEFORE_INIT,
		  "Slowest device probes, within initcalls or in parallel", "device", "driver" },
		{ BOOT_PROBES, BOOT_AFTER_INIT, "Slowest device probes, after init started",
		  "device", "driver" },
		{ BOOT_SILENCES, BOOT_ALL, "Longest silences of the log, outside initcalls",
		  "line before", "line after" },
	};
	const struct model_boot *boot = &view->model->boot;
	size_t i;
	int err;

	if (!view->model->has_new_kernel)
		return 0;
	print_jump(view);
	fprintf(view->out, "\n" STYLE_TITLE "Inside kernel_boot, from the new kernel's log\n");
	if (!boot->is_recorded)
		say(view, "Not recorded: this capture was made by an older luoscope.");
	else if (!boot->has_boot)
		say(view, "Not known: the boot messages were no longer in the log.");
	print_boot_lost(view);
	if (!boot->has_boot)
		return 0;
	err = print_moments(view);
	print_console(view);
	if (!err && !boot->has_initcalls)
		say(view,
		    "For the time of each initcall and device probe, put initcall_debug on the"
		    " new kernel's command line. Without it, only the silences of the log are"
		    " known.");
	for (i = 0; !err && i < ARRAY_SIZE(tables); i++)
		err = print_list(view, &tables[i]);
	return err;
}
