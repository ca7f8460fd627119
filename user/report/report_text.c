// SPDX-License-Identifier: GPL-2.0

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded_text.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/table.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "figures/model_bounds.h"
#include "model/model_names.h"
#include "headline.h"
#include "report.h"
#include "text_cells.h"

#define BAR_WIDTH 20

const char *show_duration(struct view *view, char *buffer, struct model_time time,
			  uint64_t error_ns)
{
	if (time.known)
		return format_duration(buffer, time.ns, error_ns);
	view->has_gaps = true;
	return "-";
}

const char *show_until_back(struct view *view, char *buffer, struct model_time time, bool back,
			    bool not_back)
{
	if (time.known)
		return format_lasting(buffer, time.ns, !back);
	return not_back ? TEXT_NOT_BACK : show_duration(view, buffer, time, 0);
}

const char *show_name(const struct view *view, char *buffer, const char *name)
{
	return *name ? escape_text(buffer, name, view->options->utf8) : "?";
}

size_t shown(const struct view *view, size_t count)
{
	return view->options->top && view->options->top < count ? view->options->top : count;
}

unsigned int view_width(const struct view_options *options)
{
	return options->width ? options->width : VIEW_WIDTH;
}

int view_table(struct view *view, struct table *table)
{
	table->may_leave_out = view->options->width && !view->options->columns;
	return table_print(table, view->out, view->width);
}

static void make_bar(char *bar, int64_t part, int64_t whole)
{
	int64_t length = whole > 0 ? (int64_t)((__int128)part * BAR_WIDTH / whole) : 0;

	if (length > BAR_WIDTH)
		length = BAR_WIDTH;
	memset(bar, '#', length);
	bar[length] = '\0';
}

/* How many poles are told by default: those after them save next to nothing. */
#define POLES 5

static int print_poles(struct view *view)
{
	struct table table = { .columns = 4,
			       .heading = { "what", "busy", "saved", "blackout without it" },
			       .right = { false, true, true, true },
			       .spare = { 1, 3 } };
	const struct model *model = view->model;
	const size_t count = view->options->top && model->poles > POLES ? POLES : model->poles;
	const struct measured blackout = bounds_blackout(model);
	char name[ESCAPED_BYTES], buffer[MEASURED_TEXT_BYTES];
	struct measured without;
	size_t i;

	if (!count)
		return 0;
	fprintf(view->out,
		"\nLong poles (%zu of %zu; one less, and all else as it was: not to be added up)\n",
		count, model->poles);
	for (i = 0; i < count; i++) {
		const struct model_pole *pole = &model->pole[i];

		table_cell(&table, "%s", head_pole(name, model, pole, view->options->utf8));
		table_cell(&table, "%s", format_duration(buffer, pole->busy_ns, 0));
		table_cell(&table, "%s", format_duration(buffer, pole->saved_ns, 0));
		without = measured_less(&blackout, pole->saved_ns);
		table_cell(&table, "%s", format_measured_cell(buffer, &without, FIGURE_TIME));
	}
	return view_table(view, &table);
}

/**
 * struct phase_table - the table of the phases
 * @errors: whether there are columns for errors, which are empty but of phases whose error matters
 */
struct phase_table {
	struct view *view;
	struct table table;
	bool errors;
};

static void add_phase_time(struct phase_table *phases, struct model_time time, uint64_t error_ns,
			   const struct measured *measured)
{
	char text[MEASURED_TEXT_BYTES], error[DURATION_BYTES] = "";

	if (measured && bounds_are_low(measured))
		format_measured_cell(text, measured, FIGURE_TIME);
	else if (time.known)
		format_time_and_error(text, error, time.ns, error_ns);
	else
		snprintf(text, sizeof(text), "%s",
			 show_duration(phases->view, text, time, error_ns));
	table_cell(&phases->table, "%s", text);
	if (phases->errors)
		table_cell(&phases->table, "%s", error);
}

static void add_share(struct phase_table *phases, struct model_time time, uint64_t error_ns)
{
	const struct model *model = phases->view->model;
	char buffer[SHARE_BYTES];

	if (time.known && model->blackout.known && model->blackout.ns > 0) {
		table_cell(&phases->table, "%s", head_share(buffer, model, time.ns, error_ns));
	} else {
		table_cell(&phases->table, "-");
		phases->view->has_gaps = true;
	}
}

/* Rows for what a phase is made of, below its own. */
static void add_parts(struct phase_table *phases, const struct model_phase *phase)
{
	size_t i;

	for (i = 0; i < phase->parts; i++) {
		const struct model_part *part = &phase->part[i];
		const struct model_time duration = { true, part->duration_ns };

		table_cell(&phases->table, "  %s", name_part(part->kind));
		add_phase_time(phases, part->start, phase->start_error_ns, NULL);
		add_phase_time(phases, duration, part->error_ns, NULL);
		add_share(phases, duration, part->error_ns);
		table_cell(&phases->table, "%s", "");
	}
}

static void add_phase(struct phase_table *phases, const struct model_phase *phase)
{
	const struct model *model = phases->view->model;
	const struct measured measured = bounds_phase(model, phase);
	char bar[BAR_WIDTH + 1] = "";

	table_cell(&phases->table, "%s", phase->name);
	add_phase_time(phases, phase->start, phase->start_error_ns, NULL);
	add_phase_time(phases, phase->duration, phase->error_ns, &measured);
	add_share(phases, phase->duration, phase->error_ns);
	if (phase->duration.known && model->blackout.known && model->blackout.ns > 0)
		make_bar(bar, phase->duration.ns, model->blackout.ns);
	table_cell(&phases->table, "%s", bar);
	add_parts(phases, phase);
}

static bool an_error_matters(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];

		if ((phase->start.known && error_matters(phase->start.ns, phase->start_error_ns)) ||
		    (phase->duration.known && error_matters(phase->duration.ns, phase->error_ns)))
			return true;
	}
	return false;
}

static int print_phases(struct view *view)
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
			"\nPhases (the begin of the update was not observed: start counts"
			" from %s)\n",
			name_slot(model->origin_slot));
	phases.errors = an_error_matters(model);
	if (phases.errors)
		phases.table = with_errors;
	for (i = 0; i < model->phases; i++)
		add_phase(&phases, &model->phase[i]);
	if (view_table(view, &phases.table))
		return -ENOMEM;
	if (model->init_cost.known && !model->blackout.known)
		fprintf(view->out, "  (luoscope init took %s of the userspace phase)\n",
			show_duration(view, buffer, model->init_cost, 0));
	return 0;
}

const char *show_result(struct view *view, char *buffer, const struct model_span *span)
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
			       .right = { false, false, false, true, true },
			       .spare = { 1, 3, 2 } };
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
	return view_table(view, &table);
}

/* What start and time do not say. */
static const char *show_mark_end(struct view *view, char *buffer, const struct model_mark *mark)
{
	char end[DURATION_BYTES];

	if (mark->end_only) {
		snprintf(buffer, ESCAPED_BYTES, "no begin seen; ended at %s",
			 show_duration(view, end, mark->end, 0));
		return buffer;
	}
	return mark->crosses ? "across the kexec" : mark->span.open ? "never ended" : "";
}

static void manager_row(struct view *view, struct table *table, const char *what,
			struct model_time begin, struct model_time end, uint64_t error_ns)
{
	const struct model_time duration = { .known = begin.known && end.known,
					     .ns = end.ns - begin.ns };
	char buffer[DURATION_BYTES];

	if (!begin.known && !end.known)
		return;
	table_cell(table, "%s", what);
	table_cell(table, "%s", show_duration(view, buffer, begin, error_ns));
	table_cell(table, "%s", show_duration(view, buffer, duration, error_ns));
}

/* What the service manager adds to the blackout that users feel, before it and after it. */
static int print_manager(struct view *view)
{
	struct table table = { .columns = 3,
			       .heading = { "what", "start", "time" },
			       .right = { false, true, true } };
	const struct model_manager *manager = &view->model->manager;
	char buffer[ESCAPED_BYTES];
	int err;

	if (!manager->before.known && !manager->start.known)
		return 0;
	fprintf(view->out, "\nService manager (systemd %s)\n",
		show_name(view, buffer, manager->version));
	manager_row(view, &table, "stop_services", manager->shutdown_start,
		    manager->shutdown_finish, manager->shutdown_error_ns);
	manager_row(view, &table, "systemd-shutdown", manager->late_start, manager->late_finish,
		    manager->shutdown_error_ns);
	manager_row(view, &table, "start_services", manager->start, manager->finish,
		    manager->start_error_ns);
	err = view_table(view, &table);
	if (!err && manager->before.known)
		fprintf(view->out, "  The first service was stopped %s before the update began.\n",
			format_duration(buffer, manager->before.ns, manager->shutdown_error_ns));
	return err;
}

static int print_marks(struct view *view)
{
	struct table table = { .columns = 5,
			       .heading = { "mark", "instance", "start", "time", "" },
			       .right = { false, true, true, true, false },
			       .spare = { 2, 3 } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];
	size_t i;

	if (!model->marks && !model->marks_elsewhere)
		return 0;
	fprintf(view->out, "\nMarks (%zu", model->marks);
	if (model->marks_elsewhere)
		fprintf(view->out, ", and %zu that %s", model->marks_elsewhere,
			model->has_update ? "lie more than 10 minutes from this update" :
					    "no update belongs to yet");
	fprintf(view->out, ")\n");
	for (i = 0; i < model->marks; i++) {
		const struct model_mark *mark = &model->mark[i];

		table_cell(&table, "%s", show_name(view, buffer, mark->name));
		table_cell(&table, "%" PRIu64, mark->instance);
		table_cell(&table, "%s", show_duration(view, buffer, mark->span.start, 0));
		table_cell(&table, "%s",
			   mark->instant ? "instant" : show_result(view, buffer, &mark->span));
		table_cell(&table, "%s", show_mark_end(view, buffer, mark));
	}
	return model->marks ? view_table(view, &table) : 0;
}

static int print_attempts(struct view *view)
{
	struct table table = { .columns = 6,
			       .heading = { "attempt", "begun", "in kernel", "failed with", "after",
					    "freeze that failed" },
			       .right = { true, false, true, false, true, false },
			       .spare = { 4, 2, 1 } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES], moment[HEAD_MOMENT_BYTES];
	size_t i;

	if (!model->attempts)
		return 0;
	fprintf(view->out, "\nFailed attempts (%zu)\n", model->attempts);
	for (i = 0; i < model->attempts; i++) {
		const struct model_attempt *attempt = &model->attempt[i];

		table_cell(&table, "%u", attempt->number);
		if (attempt->begin_realtime_ns.known)
			table_cell(&table, "%s", head_moment(moment, attempt->begin_realtime_ns));
		else
			table_cell(&table, "%s",
				   show_duration(view, buffer, (struct model_time){}, 0));
		table_cell(&table, "#%u", attempt->generation);
		table_cell(&table, "%s", name_errno(attempt->result, buffer));
		table_cell(&table, "%s", show_duration(view, buffer, attempt->duration, 0));
		if (attempt->cause_kind == LUO_STATS_SUBJECT_FILE)
			table_cell(&table, "file %s %" PRIu64,
				   show_name(view, buffer, attempt->cause), attempt->cause_key);
		else if (attempt->cause_kind)
			table_cell(&table, "device %s", show_name(view, buffer, attempt->cause));
		else
			table_cell(&table, "%s",
				   show_duration(view, buffer, (struct model_time){}, 0));
	}
	return view_table(view, &table);
}

static int print_subject_spans(struct view *view, const char *title,
			       const struct model_subject_span *list, size_t length)
{
	struct table table = { .columns = 5,
			       .heading = { "what", "of", "", "start", "time" },
			       .right = { false, false, false, true, true },
			       .spare = { 2, 3 } };
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
	return view_table(view, &table);
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
		   "spans of failed attempts, or of marks, overwritten by a later one");
	print_loss(view, losses->invalid_spans, "spans that make no sense");
	print_loss(view, losses->invalid_subjects, "subjects that make no sense");
	print_loss(view, losses->reserved_spans, "spans that were being written");
	print_loss(view, losses->unfinished,
		   "spans that had not ended in a kernel that went on, or before the update");
	if (view->has_gaps)
		fprintf(view->out, "-: not observed, or withheld\n");
}

static int write_report(const struct model *model, FILE *out, const struct view_options *options)
{
	struct view view = {
		.model = model, .options = options, .out = out, .width = view_width(options)
	};
	int err;

	head_print(model, out, options->utf8, view.width < VIEW_WIDTH ? view.width : VIEW_WIDTH);
	err = print_phases(&view);
	if (!err)
		err = print_poles(&view);
	if (!err)
		err = print_holes(&view);
	if (!err)
		err = print_shutdowns(&view);
	if (!err)
		err = print_boot(&view);
	if (!err)
		err = print_devices(&view);
	if (!err)
		err = print_reset_floors(&view);
	if (!err)
		err = print_files(&view);
	if (!err)
		err = print_sessions(&view);
	if (!err)
		err = print_vms(&view);
	if (!err)
		err = print_manager(&view);
	if (!err)
		err = print_marks(&view);
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

/* Sentences and titles are written as they are, and folded at last. */
int view_text(const struct model *model, FILE *out, const struct view_options *options)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream;
	int err;

	if (!options->width)
		return write_report(model, out, options);
	stream = open_memstream(&text, &size);
	if (!stream)
		return -ENOMEM;
	err = write_report(model, stream, options);
	if (fclose(stream) && !err)
		err = -ENOMEM;
	if (!err)
		fold_lines(out, text, view_width(options));
	free(text);
	if (!err && (fflush(out) || ferror(out)))
		err = errno ? -errno : -EIO;
	return err;
}
