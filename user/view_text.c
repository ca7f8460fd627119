// SPDX-License-Identifier: GPL-2.0
#include "view.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "names.h"
#include "text.h"

#define WIDTH	  100
#define BAR_WIDTH 20
#define INDENT	  13 /* of the head's lines behind their labels */

struct view {
	const struct model *model;
	const struct view_options *options;
	FILE *out;
	bool has_gaps; /* a "-" was shown: say what it means */
};

static const char *show_duration(struct view *view, char *buffer, struct model_time time,
				 uint64_t error_ns)
{
	if (time.known)
		return format_duration(buffer, time.ns, error_ns);
	view->has_gaps = true;
	return "-";
}

static const char *show_name(const struct view *view, char *buffer, const char *name)
{
	return *name ? escape_text(buffer, name, view->options->utf8) : "?";
}

static size_t shown(const struct view *view, size_t count)
{
	return view->options->top && view->options->top < count ? view->options->top : count;
}

static double share_of(const struct model *model, const struct model_phase *phase)
{
	return 100.0 * phase->duration.ns / model->blackout.ns;
}

/* In full and for the blackout only: what luoscope itself adds to it. */
static void print_blackout(struct view *view, const char *title)
{
	const struct model *model = view->model;
	char duration[DURATION_BYTES], error[DURATION_BYTES], own[DURATION_BYTES + 64] = "";
	FILE *out = view->out;
	int width;

	if (!model->blackout.known) {
		fprintf(out, "%sblackout not observed\n", title);
		return;
	}
	width = fprintf(out, "%sblackout %s (+- %s)", title,
			format_duration(duration, model->blackout.ns, model->blackout_error_ns),
			/* Of an error, two digits say enough. */
			format_duration(error, model->blackout_error_ns,
					model->blackout_error_ns / 5));
	if (model->init_cost.known)
		snprintf(own, sizeof(own), ", of which luoscope init took %s",
			 format_duration(duration, model->init_cost.ns, 0));
	if (width + strlen(own) > WIDTH)
		fprintf(out, ",\n%*s%s\n", INDENT, "", own + 2);
	else
		fprintf(out, "%s\n", own);
	print_wrapped(
		out, "Measured",
		model->end_slot == LUO_STATS_B11_IN_SERVICE ?
			"from reboot(2) to the last device in service; stopping services before"
			" it and resuming guests after it are not in it" :
			"from reboot(2) to the last retrieve; stopping services before it and"
			" resuming guests after it are not in it",
		INDENT, WIDTH);
}

static void print_head(struct view *view)
{
	const struct model *model = view->model;
	char from[ESCAPED_BYTES], to[ESCAPED_BYTES], title[2 * ESCAPED_BYTES + 64];

	snprintf(title, sizeof(title), "Live update #%u  %s -> %s  ", model->generation,
		 show_name(view, from, model->from_release),
		 show_name(view, to, model->to_release));
	print_blackout(view, title);

	if (model->begin_realtime_ns.known) {
		time_t seconds = model->begin_realtime_ns.ns / 1000000000;
		int ms = model->begin_realtime_ns.ns / 1000000 % 1000;
		char text[64] = "?";
		struct tm tm;

		if (gmtime_r(&seconds, &tm))
			strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
		fprintf(view->out, "Begun        %s.%03d UTC\n", text, ms);
	}
}

static void print_clock(struct view *view)
{
	const struct clock *clock = &view->model->clock;
	FILE *out = view->out;
	unsigned int i;

	fprintf(out, "Clock        %s", name_counter(clock->counter));
	if (clock->rate_millihertz)
		fprintf(out, " at %" PRIu64 ".%03" PRIu64 " MHz (+- %" PRIu64 ".%" PRIu64 " ppm)",
			clock->rate_millihertz / 1000000000,
			clock->rate_millihertz / 1000000 % 1000, clock->rate_error_ppb / 1000,
			clock->rate_error_ppb / 100 % 10);
	fprintf(out, ", %s, %s\n", name_verdict(clock->verdict),
		clock->invariant ? "invariant" : "not promised to be invariant");
	for (i = 0; i < clock->reasons; i++)
		print_wrapped(out, "             -", clock->reason[i], INDENT + 2, WIDTH);
	if (clock->reasons_left_out)
		fprintf(out, "%*s- and %u more\n", INDENT, "", clock->reasons_left_out);
}

static void print_notes(struct view *view)
{
	size_t i;

	for (i = 0; i < view->model->notes; i++)
		print_wrapped(view->out, "Note", view->model->note[i], INDENT, WIDTH);
}

static void make_bar(char *bar, int64_t part, int64_t whole)
{
	int64_t length = whole > 0 ? (int64_t)((__int128)part * BAR_WIDTH / whole) : 0;

	if (length > BAR_WIDTH)
		length = BAR_WIDTH;
	memset(bar, '#', length);
	bar[length] = '\0';
}

/* The first thing that somebody who wants it shorter has to look at. */
static void print_longest_phase(struct view *view)
{
	const struct model *model = view->model;
	const struct model_phase *longest = NULL;
	char buffer[DURATION_BYTES];
	size_t i, known = 0;

	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];

		if (!phase->duration.known)
			continue;
		known++;
		if (!longest || phase->duration.ns > longest->duration.ns)
			longest = phase;
	}
	if (known < 2)
		return;
	fprintf(view->out, "Longest phase: %s, %s", longest->name,
		format_duration(buffer, longest->duration.ns, longest->error_ns));
	if (model->blackout.known && model->blackout.ns > 0)
		fprintf(view->out, ", %.1f %%", share_of(model, longest));
	fputc('\n', view->out);
}

static int print_phases(struct view *view)
{
	struct table table = { .columns = 5,
			       .heading = { "phase", "start", "time", "share", "" },
			       .right = { false, true, true, true, false } };
	const struct model *model = view->model;
	char buffer[DURATION_BYTES], bar[BAR_WIDTH + 1];
	size_t i;

	if (!model->phases)
		return 0;
	if (model->boundary[LUO_STATS_B0_UPDATE_BEGIN].source != MODEL_SOURCE_NONE)
		fprintf(view->out, "\nPhases\n");
	else
		fprintf(view->out,
			"\nPhases (the begin of the update was not observed: start counts"
			" from %s)\n",
			name_slot(model->origin_slot));
	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];

		table_cell(&table, "%s", phase->name);
		table_cell(&table, "%s", show_duration(view, buffer, phase->start, 0));
		table_cell(&table, "%s",
			   show_duration(view, buffer, phase->duration, phase->error_ns));
		if (model->blackout.known && model->blackout.ns > 0 && phase->duration.known) {
			table_cell(&table, "%.1f %%", share_of(model, phase));
			make_bar(bar, phase->duration.ns, model->blackout.ns);
		} else {
			table_cell(&table, "-");
			view->has_gaps = true;
			bar[0] = '\0';
		}
		table_cell(&table, "%s", bar);
	}
	if (table_print(&table, view->out, WIDTH))
		return -ENOMEM;
	if (model->init_cost.known && !model->blackout.known)
		fprintf(view->out, "  (luoscope init took %s of the userspace phase)\n",
			show_duration(view, buffer, model->init_cost, 0));
	return 0;
}

/* @buffer has ESCAPED_BYTES. */
static const char *show_result(struct view *view, char *buffer, const struct model_span *span)
{
	char error[NAME_BYTES];
	size_t length = 0;

	if (span->observed && span->open)
		return "open";
	if (!span->observed || (!span->result && !span->duration.known)) {
		view->has_gaps = true;
		return "-";
	}
	if (span->duration.known)
		length = strlen(format_duration(buffer, span->duration.ns, 0));
	if (span->result)
		snprintf(buffer + length, ESCAPED_BYTES - length, "%s%s", length ? " " : "",
			 name_errno(span->result, error));
	return buffer;
}

static int print_shutdowns(struct view *view)
{
	struct table table = { .columns = 5,
			       .heading = { "device", "bus", "driver", "start", "time" },
			       .right = { false, false, false, true, true } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];
	size_t i, count = shown(view, model->shutdowns);

	if (!model->shutdowns)
		return 0;
	fprintf(view->out, "\nSlowest devices in device_shutdown (%zu of %zu)\n", count,
		model->shutdowns);
	for (i = 0; i < count; i++) {
		const struct model_subject_span *entry = &model->shutdown[i];

		table_cell(&table, "%s", show_name(view, buffer, entry->name));
		table_cell(&table, "%s", show_name(view, buffer, entry->group));
		table_cell(&table, "%s",
			   entry->subject_detail[0] ?
				   show_name(view, buffer, entry->subject_detail) :
				   "");
		table_cell(&table, "%s", show_duration(view, buffer, entry->span.start, 0));
		table_cell(&table, "%s", show_result(view, buffer, &entry->span));
	}
	return table_print(&table, view->out, WIDTH);
}

/* Where columns are narrow: the time, or the error alone; see print_device_failures(). */
static const char *show_step(struct view *view, char *buffer, const struct model_span *span)
{
	return model_span_failed(span) ? name_errno(span->result, buffer) :
					 show_result(view, buffer, span);
}

/* Where none was tried, as outcome says, there is none to be observed. */
static const char *show_method(struct view *view, const struct model_reset *reset)
{
	if (reset->known && reset->method)
		return name_reset_method(reset->method);
	if (reset->known && reset->outcome != LUO_STATS_RESET_UNKNOWN)
		return "";
	view->has_gaps = true;
	return "-";
}

static const char *show_outcome(char *buffer, size_t size, const struct model_reset *reset)
{
	if (reset->lock)
		snprintf(buffer, size, "%s: %s", name_reset_outcome(reset->outcome),
			 name_reset_lock(reset->lock));
	else
		snprintf(buffer, size, "%s", name_reset_outcome(reset->outcome));
	return buffer;
}

static void print_device_failures(struct view *view, const struct model_device *device)
{
	const struct {
		const char *name;
		const struct model_span *span;
	} steps[] = {
		{ "preserve", &device->preserve }, { "freeze", &device->freeze },
		{ "reset", &device->reset.span },  { "retrieve", &device->retrieve },
		{ "bind", &device->bind },	   { "setting up interrupts", &device->irq_setup },
		{ "finish", &device->finish },
	};
	const struct model_reset *release = &device->release_reset;
	char name[ESCAPED_BYTES], buffer[ESCAPED_BYTES], outcome[64];
	size_t i;

	show_name(view, name, device->name);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (model_span_failed(steps[i].span))
			fprintf(view->out, "  %s: %s failed: %s\n", name, steps[i].name,
				show_result(view, buffer, steps[i].span));
	if (!release->known)
		return;
	fprintf(view->out, "  %s: nobody retrieved it; reset at its release: ", name);
	if (release->outcome != LUO_STATS_RESET_UNKNOWN)
		fprintf(view->out, "%s%s%s, ",
			release->method ? name_reset_method(release->method) : "",
			release->method ? " " : "",
			show_outcome(outcome, sizeof(outcome), release));
	fprintf(view->out, "%s\n", show_result(view, buffer, &release->span));
}

static bool drivers_differ(const struct model *model)
{
	size_t i;

	for (i = 1; i < model->devices; i++)
		if (strcmp(model->device[i].driver, model->device[0].driver) != 0)
			return true;
	return false;
}

static const char *show_in_service(struct view *view, char *buffer,
				   const struct model_span *irq_setup)
{
	struct model_time end = irq_setup->start;

	if (model_span_failed(irq_setup))
		return name_errno(irq_setup->result, buffer);
	end.known = model_span_succeeded(irq_setup) && irq_setup->start.known &&
		    irq_setup->duration.known;
	end.ns += irq_setup->duration.ns;
	return show_duration(view, buffer, end, 0);
}

static int print_devices(struct view *view)
{
	/* The first column is as wide for every device: aligned like this it is never cut. */
	struct table table = {
		.columns = 10,
		.heading = { "device", "preserve", "freeze", "reset", "method", "outcome",
			     "retrieve", "bind", "in service", "dark", "driver" },
		.right = { true, true, true, true, false, false, true, true, true, true, false }
	};
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];
	size_t i;

	if (!model->devices)
		return 0;
	fprintf(view->out, "\nDevices (%zu", model->devices);
	if (drivers_differ(model))
		table.columns++;
	else
		fprintf(view->out, ", driver %s", show_name(view, buffer, model->device[0].driver));
	fprintf(view->out, "; in service: when, after B0; dark: begin of freeze to in service)\n");
	for (i = 0; i < model->devices; i++) {
		const struct model_device *device = &model->device[i];
		const struct model_reset *reset = &device->reset;

		table_cell(&table, "%s", show_name(view, buffer, device->name));
		table_cell(&table, "%s", show_step(view, buffer, &device->preserve));
		table_cell(&table, "%s", show_step(view, buffer, &device->freeze));
		table_cell(&table, "%s", show_step(view, buffer, &reset->span));
		table_cell(&table, "%s", show_method(view, reset));
		table_cell(&table, "%s",
			   reset->known ? show_outcome(buffer, sizeof(buffer), reset) : "-");
		table_cell(&table, "%s", show_step(view, buffer, &device->retrieve));
		table_cell(&table, "%s", show_step(view, buffer, &device->bind));
		table_cell(&table, "%s", show_in_service(view, buffer, &device->irq_setup));
		table_cell(&table, "%s", show_duration(view, buffer, device->dark, 0));
		if (table.columns == 11)
			table_cell(&table, "%s", show_name(view, buffer, device->driver));
	}
	if (table_print(&table, view->out, WIDTH))
		return -ENOMEM;
	for (i = 0; i < model->devices; i++)
		print_device_failures(view, &model->device[i]);
	return 0;
}

static int print_files(struct view *view)
{
	struct table table = { .columns = 8,
			       .heading = { "session", "token", "handler", "preserve", "freeze",
					    "retrieve", "finish", "dark" },
			       .right = { false, true, false, true, true, true, true, true } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];
	size_t i, part = 0;

	if (!model->files)
		return 0;
	for (i = 0; i < model->files; i++)
		part += model->file[i].takes_part;
	fprintf(view->out, "\nFiles (%zu", part);
	if (part < model->files)
		fprintf(view->out, ", and %zu of which nothing came", model->files - part);
	fprintf(view->out, "; dark: begin of freeze to end of retrieve)\n");
	for (i = 0; i < model->files; i++) {
		const struct model_file *file = &model->file[i];

		table_cell(&table, "%s", show_name(view, buffer, file->session));
		table_cell(&table, "%" PRIu64, file->token);
		table_cell(&table, "%s", show_name(view, buffer, file->handler));
		table_cell(&table, "%s", show_result(view, buffer, &file->preserve));
		table_cell(&table, "%s", show_result(view, buffer, &file->freeze));
		table_cell(&table, "%s", show_result(view, buffer, &file->retrieve));
		table_cell(&table, "%s", show_result(view, buffer, &file->finish));
		table_cell(&table, "%s", show_duration(view, buffer, file->dark, 0));
	}
	return table_print(&table, view->out, WIDTH);
}

static int print_sessions(struct view *view)
{
	struct table table = { .columns = 7,
			       .heading = { "session", "files", "freeze", "retrieve", "finish",
					    "blackout", "" },
			       .right = { false, true, true, true, true, true, false } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];
	size_t i;

	if (!model->sessions)
		return 0;
	fprintf(view->out, "\nSessions (%zu)\n", model->sessions);
	for (i = 0; i < model->sessions; i++) {
		const struct model_session *session = &model->session[i];

		table_cell(&table, "%s", show_name(view, buffer, session->name));
		table_cell(&table, "%zu", session->files);
		table_cell(&table, "%s", show_result(view, buffer, &session->freeze));
		table_cell(&table, "%s", show_result(view, buffer, &session->retrieve));
		table_cell(&table, "%s", show_result(view, buffer, &session->finish));
		table_cell(&table, "%s", show_duration(view, buffer, session->blackout, 0));
		table_cell(&table, "%s", session->late ? "late" : "");
	}
	return table_print(&table, view->out, WIDTH);
}

static int print_attempts(struct view *view)
{
	struct table table = { .columns = 4,
			       .heading = { "attempt", "in kernel", "failed with", "after" },
			       .right = { true, true, false, true } };
	const struct model *model = view->model;
	char buffer[DURATION_BYTES];
	size_t i;

	if (!model->attempts)
		return 0;
	fprintf(view->out, "\nFailed attempts (%zu)\n", model->attempts);
	for (i = 0; i < model->attempts; i++) {
		const struct model_attempt *attempt = &model->attempt[i];

		table_cell(&table, "%u", attempt->number);
		table_cell(&table, "#%u", attempt->generation);
		table_cell(&table, "%s", name_errno(attempt->result, buffer));
		table_cell(&table, "%s", show_duration(view, buffer, attempt->duration, 0));
	}
	return table_print(&table, view->out, WIDTH);
}

static int print_subject_spans(struct view *view, const char *title,
			       const struct model_subject_span *list, size_t length)
{
	struct table table = { .columns = 5,
			       .heading = { "what", "of", "", "start", "time" },
			       .right = { false, false, false, true, true } };
	char buffer[ESCAPED_BYTES];
	size_t i, count = shown(view, length);

	if (!length)
		return 0;
	fprintf(view->out, "\n%s (%zu of %zu)\n", title, count, length);
	for (i = 0; i < count; i++) {
		const struct model_subject_span *entry = &list[i];

		table_cell(&table, "%s", name_kind(entry->kind, buffer));
		table_cell(&table, "%s", show_name(view, buffer, entry->name));
		if (entry->subject_kind == LUO_STATS_SUBJECT_FILE)
			table_cell(&table, "%" PRIu64, entry->key);
		else
			table_cell(&table, "%s",
				   entry->subject_detail[0] ?
					   show_name(view, buffer, entry->subject_detail) :
					   "");
		table_cell(&table, "%s", show_duration(view, buffer, entry->span.start, 0));
		table_cell(&table, "%s", show_result(view, buffer, &entry->span));
	}
	return table_print(&table, view->out, WIDTH);
}

static void print_loss(const struct view *view, uint64_t count, const char *what)
{
	if (count)
		fprintf(view->out, "  %" PRIu64 " %s\n", count, what);
}

static void print_losses(struct view *view)
{
	const struct model *model = view->model;
	const struct model_losses *losses = &model->losses;
	char buffer[NAME_BYTES];
	unsigned int kind;

	if (!losses->dropped_total && !losses->subjects_dropped && !losses->attempts_dropped)
		fprintf(view->out, "\nNo span was dropped in %s.\n",
			model->has_leaving && model->has_arriving ? "either stats area" :
			model->has_leaving ? "the stats area of the kernel that left" :
					     "the stats area of this kernel");
	else
		fprintf(view->out, "\nDropped, for the stats area was full:\n");
	for (kind = 0; kind < LUO_STATS_KINDS; kind++)
		if (losses->dropped[kind])
			fprintf(view->out, "  %" PRIu64 " spans: %s\n", losses->dropped[kind],
				kind ? name_kind(kind, buffer) : "kinds above the known");
	print_loss(view, losses->subjects_dropped, "subjects");
	print_loss(view, losses->attempts_dropped, "attempts");
	if (losses->spans_recycled || losses->invalid_spans || losses->invalid_subjects ||
	    losses->reserved_spans || losses->unfinished)
		fprintf(view->out, "Left out:\n");
	print_loss(view, losses->spans_recycled,
		   "spans of failed attempts, overwritten by a later one");
	print_loss(view, losses->invalid_spans, "spans that make no sense");
	print_loss(view, losses->invalid_subjects, "subjects that make no sense");
	print_loss(view, losses->reserved_spans, "spans that were being written");
	print_loss(view, losses->unfinished,
		   "spans that had not ended in a kernel that went on, or before the update");
	if (view->has_gaps)
		fprintf(view->out, "-: not observed, or withheld\n");
}

int view_text(const struct model *model, FILE *out, const struct view_options *options)
{
	struct view view = { .model = model, .options = options, .out = out };
	int err = 0;

	if (model->has_update)
		print_head(&view);
	else
		fprintf(out, "This kernel was not started by a live update.\n");
	print_clock(&view);
	print_notes(&view);
	print_longest_phase(&view);
	err = print_phases(&view);
	if (!err)
		err = print_shutdowns(&view);
	if (!err)
		err = print_devices(&view);
	if (!err)
		err = print_files(&view);
	if (!err)
		err = print_sessions(&view);
	if (!err)
		err = print_attempts(&view);
	if (!err)
		err = print_subject_spans(&view, "Never ended", model->open, model->opens);
	if (!err)
		err = print_subject_spans(&view, "Also observed", model->other, model->others);
	if (err)
		return err;
	print_losses(&view);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
