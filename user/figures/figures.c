// SPDX-License-Identifier: GPL-2.0
#include "figures.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/error.h"
#include "capture/area_names.h"
#include "capture/boot_log.h"
#include "figure_names.h"
#include "model/clock.h"
#include "model/model.h"
#include "model_bounds.h"

#define COUNT_MAX ((1LL << 53) - 1)

/* Why something is not known; see model_bounds.h for more. */
#define NOT_OBSERVED  "not observed"
#define NOT_BY_UPDATE "this kernel was not started by a live update"
#define NOT_LEAVING   "nothing of the old kernel is in the capture"
#define NO_NEW_KERNEL "nothing of the new kernel is in the capture"
#define NONE_THERE    "there is none in this update"
#define VMS_UNWATCHED "virtual machines were not watched in both kernels"

static const struct {
	const char *name;
	enum statistic statistic;
} statistics[] = {
	{ "max", STATISTIC_MAX },
	{ "min", STATISTIC_MIN },
	{ "mean", STATISTIC_MEAN },
	{ "median", STATISTIC_MEDIAN },
};

/**
 * struct builder - what is needed while the list is made
 * @lost: why there may be more of what is added now; NULL: nothing was lost
 * @about_capture: what is added now is about the capture
 */
struct builder {
	struct figures *figures;
	const struct model *model;
	size_t capacity;
	const char *lost;
	bool about_capture;
	bool no_memory;
};

/* What holds for all figures of a capture. */
static struct bounded apply_doubts(const struct builder *build, enum unit unit,
				   struct bounded measured)
{
	if (build->about_capture)
		return measured;
	if (!build->model->has_update)
		return bounded_unknown(NOT_BY_UPDATE);
	if (unit == UNIT_NS && build->model->clock.verdict == CLOCK_CONTRADICTED) {
		measured.low = BOUNDED_NO_LOW;
		measured.high = BOUNDED_NO_HIGH;
		measured.why = WHY_CONTRADICTED;
	}
	return measured;
}

__attribute__((format(printf, 4, 5))) static void
add(struct builder *build, enum unit unit, struct bounded measured, const char *format, ...)
{
	struct figures *figures = build->figures;
	struct figure *figure;
	va_list args;
	int length;

	if (figures->count == build->capacity) {
		size_t larger = build->capacity ? build->capacity * 2 : 256;
		void *grown = realloc(figures->figure, larger * sizeof(*figures->figure));

		if (!grown) {
			build->no_memory = true;
			return;
		}
		figures->figure = grown;
		build->capacity = larger;
	}
	figure = &figures->figure[figures->count];
	*figure = (struct figure){ .unit = unit,
				   .measured = apply_doubts(build, unit, measured),
				   .is_about_capture = build->about_capture };
	va_start(args, format);
	length = vasprintf(&figure->name, format, args);
	va_end(args);
	if (length < 0)
		build->no_memory = true;
	else
		figures->count++;
}

/* Measures */

static struct bounded measure_ns(const struct builder *build, int64_t ns)
{
	return bounded_with_error(ns, clock_error_ns(&build->model->clock, ns));
}

static struct bounded measure_time(const struct builder *build, struct model_time time,
				   const char *why_not)
{
	return time.known ? measure_ns(build, time.ns) : bounded_unknown(why_not);
}

static struct bounded measure_span(const struct builder *build, const struct model_span *span)
{
	struct bounded measured;

	if (!span->observed)
		return bounded_unknown("a step was not observed");
	if (span->open)
		return bounded_unknown("a step never ended");
	measured = measure_time(build, span->duration, WHY_NOT_TOLD);
	if (measured.known && span->result) {
		/* What it would have taken had it gone well, nobody knows. */
		measured.high = BOUNDED_NO_HIGH;
		measured.why = "a step failed";
	}
	return measured;
}

static struct bounded measure_count(uint64_t count)
{
	return bounded_exact(count < COUNT_MAX ? (int64_t)count : COUNT_MAX);
}

/* A count of what was seen: if something was lost, there may have been more. */
static struct bounded measure_seen(const struct builder *build, uint64_t count, bool is_seen,
				   const char *why_not)
{
	struct bounded measured = measure_count(count);

	if (!is_seen)
		return bounded_unknown(why_not);
	if (build->lost) {
		measured.high = BOUNDED_NO_HIGH;
		measured.why = build->lost;
	}
	return measured;
}

/* @why_none: why there is none of them. */
static void add_statistics(struct builder *build, const char *prefix, const struct bounded *list,
			   size_t count, const char *why_none)
{
	size_t i;

	for (i = 0; i < sizeof(statistics) / sizeof(statistics[0]); i++) {
		const enum statistic statistic = statistics[i].statistic;
		struct bounded measured;
		int err = bounded_statistic(&measured, list, count, statistic, 0);

		if (err == -ENOMEM)
			build->no_memory = true;
		if (err)
			measured = bounded_unknown(why_none);
		else if (build->lost) {
			/* Another one may have been there, of any length. */
			if (statistic != STATISTIC_MAX)
				measured.low = BOUNDED_NO_LOW;
			if (statistic != STATISTIC_MIN)
				measured.high = BOUNDED_NO_HIGH;
			measured.why = build->lost;
		}
		add(build, UNIT_NS, measured, "%s.%s", prefix, statistics[i].name);
	}
}

/* The whole update */

static void add_blackout(struct builder *build)
{
	const struct model *model = build->model;
	const struct bounded blackout = bounds_blackout(model);

	add(build, UNIT_NS, blackout, "blackout");
	build->about_capture = true;
	add(build, UNIT_NS,
	    blackout.known ? measure_count(model->blackout_error_ns) :
			     bounded_unknown(blackout.why),
	    "blackout.error");
	build->about_capture = false;
}

/* The phase of the model that has @slot, the end of one of its parts, in it; or NULL. */
static const struct model_phase *phase_at(const struct model *model, unsigned int slot)
{
	size_t i;

	for (i = 0; i < model->phases; i++)
		if (model->phase[i].begin < slot && slot <= model->phase[i].end)
			return &model->phase[i];
	return NULL;
}

static void add_phases(struct builder *build)
{
	const struct model *model = build->model;
	unsigned int slot;
	size_t i;

	for (slot = LUO_STATS_B1_FROZEN; slot < MODEL_BOUNDARIES; slot++) {
		const struct model_phase *phase = phase_at(model, slot);
		struct bounded measured;

		if (phase && phase->begin + 1 == phase->end)
			measured = bounds_phase(model, phase);
		else if (phase)
			measured = bounded_unknown("a boundary between this phase and the next"
						   " or the one before was not observed");
		else if (slot == LUO_STATS_B11_IN_SERVICE && !model->devices_take_part)
			measured = bounded_unknown("no preserved device was seen");
		else
			measured = bounded_unknown(NOT_OBSERVED);
		add(build, UNIT_NS, measured, "phase.%s", name_phase(slot));
	}
	for (i = 0; i < model->phases; i++)
		if (model->phase[i].begin + 1 < model->phase[i].end)
			add(build, UNIT_NS, bounds_phase(model, &model->phase[i]), "phase.%s",
			    model->phase[i].name);
}

static void add_counts(struct builder *build)
{
	const struct model *model = build->model;
	const bool both = model->has_old_kernel && model->has_new_kernel;
	const char *missing_side = model->has_old_kernel ? NO_NEW_KERNEL : NOT_LEAVING;
	struct bounded measured;
	size_t i, files = 0;

	for (i = 0; i < model->files; i++)
		files += model->file[i].takes_part;
	add(build, UNIT_COUNT, measure_seen(build, model->devices_awaited, both, missing_side),
	    "device.count");

	measured = measure_count(model->devices_missing);
	if (!both) {
		measured = bounded_unknown(missing_side);
	} else if (!model->devices_missing_known &&
		   (model->devices_awaited || !model->files_missing_known)) {
		/* They may have been in service before anybody watched; or there were more. */
		measured.low = BOUNDED_NO_LOW;
		measured.high = BOUNDED_NO_HIGH;
		measured.why = "it is not known whether every device was seen";
	}
	add(build, UNIT_COUNT, measured, "devices_missing");

	for (i = 0; i < LUO_STATS_RESET_OUTCOMES; i++) {
		const size_t unclear = model->resets[LUO_STATS_RESET_UNKNOWN];

		measured =
			measure_seen(build, model->resets[i], model->has_old_kernel, NOT_LEAVING);
		if (i != LUO_STATS_RESET_UNKNOWN && unclear && bounded_is_closed(&measured)) {
			measured.high += unclear;
			measured.why = "the outcome of a reset is not known";
		}
		add(build, UNIT_COUNT, measured, "resets.%s", name_reset_outcome(i));
	}
	add(build, UNIT_COUNT, measure_seen(build, files, both, missing_side), "file.count");
	add(build, UNIT_COUNT,
	    model->files_missing_known ? measure_count(model->files_missing) :
					 bounded_unknown(WHY_MAYBE_BACK),
	    "files_missing");
	add(build, UNIT_COUNT, measure_seen(build, model->sessions, both, missing_side),
	    "session.count");
}

/* Rows */

/* Preserved, and there when the update came, as of files (struct model_file). */
static bool device_takes_part(const struct model_device *device)
{
	return model_span_succeeded(&device->preserve) || device->freeze.observed ||
	       model_span_succeeded(&device->retrieve);
}

/**
 * struct step - something that is timed of each device, file or session
 * @span:    offset of its struct model_span; or
 * @measure: what measures it; returns false if the row has no such step at all
 */
struct step {
	const char *name;
	size_t span;
	bool (*measure)(const struct builder *build, size_t row, struct bounded *measured);
};

static bool measure_device_reset(const struct builder *build, size_t row, struct bounded *measured)
{
	const struct model_reset *reset = &build->model->device[row].reset;

	if (model_reset_is_none(reset))
		return false;
	*measured = measure_span(build, &reset->span);
	return true;
}

static bool measure_device_in_service(const struct builder *build, size_t row,
				      struct bounded *measured)
{
	const struct model *model = build->model;
	const struct model_device *device = &model->device[row];
	const bool begin_is_missing = model_span_succeeded(&device->irq_setup) &&
				      model->origin_slot != LUO_STATS_B0_UPDATE_BEGIN;

	*measured = measure_time(build, device->in_service,
				 begin_is_missing ? WHY_NO_BEGIN : WHY_NOT_SERVING);
	return true;
}

static bool measure_device_downtime(const struct builder *build, size_t row,
				    struct bounded *measured)
{
	*measured = bounds_device_downtime(build->model, &build->model->device[row]);
	return true;
}

static bool measure_file_downtime(const struct builder *build, size_t row, struct bounded *measured)
{
	*measured = bounds_file_downtime(build->model, &build->model->file[row]);
	return true;
}

static bool measure_session_downtime(const struct builder *build, size_t row,
				     struct bounded *measured)
{
	*measured = bounds_session_downtime(build->model, &build->model->session[row]);
	return true;
}

static const struct step device_steps[] = {
	{ "preserve", offsetof(struct model_device, preserve), NULL },
	{ "freeze", offsetof(struct model_device, freeze), NULL },
	{ "reset", 0, measure_device_reset },
	{ "retrieve", offsetof(struct model_device, retrieve), NULL },
	{ "bind", offsetof(struct model_device, bind), NULL },
	{ "irq_setup", offsetof(struct model_device, irq_setup), NULL },
	{ "finish", offsetof(struct model_device, finish), NULL },
	{ "in_service", 0, measure_device_in_service },
	{ "downtime", 0, measure_device_downtime },
	{},
};

static const struct step file_steps[] = {
	{ "preserve", offsetof(struct model_file, preserve), NULL },
	{ "freeze", offsetof(struct model_file, freeze), NULL },
	{ "retrieve", offsetof(struct model_file, retrieve), NULL },
	{ "finish", offsetof(struct model_file, finish), NULL },
	{ "downtime", 0, measure_file_downtime },
	{},
};

static const struct step session_steps[] = {
	{ "freeze", offsetof(struct model_session, freeze), NULL },
	{ "retrieve", offsetof(struct model_session, retrieve), NULL },
	{ "finish", offsetof(struct model_session, finish), NULL },
	{ "downtime", 0, measure_session_downtime },
	{},
};

static bool device_row(const struct model *model, size_t row, char *name)
{
	figure_name_escape(name, model->device[row].name);
	return device_takes_part(&model->device[row]);
}

static bool file_row(const struct model *model, size_t row, char *name)
{
	size_t length = strlen(figure_name_escape(name, model->file[row].session));

	snprintf(name + length, FIGURE_NAME_BYTES - length, ".%" PRIu64, model->file[row].token);
	return model->file[row].takes_part;
}

static bool session_row(const struct model *model, size_t row, char *name)
{
	figure_name_escape(name, model->session[row].name);
	return true;
}

/**
 * struct rows - devices, files or sessions
 * @at:       the first row
 * @size:     of a row
 * @describe: writes a row's name to FIGURE_NAME_BYTES, and returns whether it takes part in the
 *            update: only then it counts among all
 */
struct rows {
	const char *what;
	const void *at;
	size_t size;
	size_t count;
	const struct step *steps;
	bool (*describe)(const struct model *model, size_t row, char *name);
};

static bool measure_step(const struct builder *build, const struct rows *rows, size_t row,
			 const struct step *step, struct bounded *measured)
{
	if (step->measure)
		return step->measure(build, row, measured);
	*measured = measure_span(
		build, (const void *)((const char *)rows->at + row * rows->size + step->span));
	return true;
}

static void add_rows(struct builder *build, const struct rows *rows)
{
	struct bounded *list = calloc(rows->count + 1, sizeof(*list));
	char name[FIGURE_NAME_BYTES];
	const struct step *step;
	size_t row;

	if (!list) {
		build->no_memory = true;
		return;
	}
	for (step = rows->steps; step->name; step++) {
		size_t count = 0;

		for (row = 0; row < rows->count; row++)
			if (rows->describe(build->model, row, name) &&
			    measure_step(build, rows, row, step, &list[count]))
				count++;
		snprintf(name, sizeof(name), "%s.%s", rows->what, step->name);
		add_statistics(build, name, list, count, NONE_THERE);
	}
	free(list);
	for (row = 0; row < rows->count; row++) {
		rows->describe(build->model, row, name);
		for (step = rows->steps; step->name; step++) {
			struct bounded measured;

			if (!measure_step(build, rows, row, step, &measured))
				measured = bounded_unknown("there is no way to reset this device");
			add(build, UNIT_NS, measured, "%s.%s.%s", rows->what, name, step->name);
		}
	}
}

/* A virtual machine that ran in the new kernel alone has no part in the update. */
static void add_vms(struct builder *build)
{
	const struct model *model = build->model;
	struct bounded *list = calloc(model->vms + 1, sizeof(*list));
	struct bounded missing;
	char name[FIGURE_NAME_BYTES];
	size_t count = 0, i;

	if (!list) {
		build->no_memory = true;
		return;
	}
	for (i = 0; i < model->vms; i++)
		if (model->vm[i].vcpus_old)
			list[count++] = bounds_vm_downtime(model, &model->vm[i]);
	missing = model->vms_missing_known ?
			  measure_count(model->vms_missing) :
			  bounded_unknown("it is not known whether every vCPU was seen");
	add(build, UNIT_COUNT,
	    measure_seen(build, model->vms_old, model->vms_watched, VMS_UNWATCHED), "vm.count");
	add(build, UNIT_COUNT, model->vms_watched ? missing : bounded_unknown(VMS_UNWATCHED),
	    "vms_missing");
	add_statistics(build, "vm.downtime", list, count,
		       model->vms_watched ? NONE_THERE : VMS_UNWATCHED);
	/* Of several of one name the first is told: one that is not back, else the longest. */
	for (i = 0; i < 2 * model->vms; i++) {
		const struct model_vm *vm = &model->vm[i % model->vms];

		if (vm->vcpus_old && vm->downtime.known == (i >= model->vms) && *model_vm_name(vm))
			add(build, UNIT_NS, bounds_vm_downtime(model, vm), "vm.%s.downtime",
			    figure_name_escape(name, model_vm_name(vm)));
	}
	free(list);
}

static void add_shutdowns(struct builder *build)
{
	const struct model *model = build->model;
	struct bounded *list = calloc(model->shutdowns + 1, sizeof(*list));
	char name[FIGURE_NAME_BYTES];
	size_t i;

	if (!list) {
		build->no_memory = true;
		return;
	}
	for (i = 0; i < model->shutdowns; i++)
		list[i] = measure_span(build, &model->shutdown[i].span);
	add_statistics(build, "shutdown", list, model->shutdowns, NONE_THERE);
	for (i = 0; i < model->shutdowns; i++)
		if (model->shutdown[i].name[0])
			add(build, UNIT_NS, list[i], "shutdown.%s",
			    figure_name_escape(name, model->shutdown[i].name));
	free(list);
}

/* Marks */

static struct bounded measure_mark(const struct builder *build, const struct model_mark *mark)
{
	if (mark->instant)
		return bounded_unknown("an instant has no length");
	if (mark->end_only)
		return bounded_unknown("the begin of a mark was not observed");
	return measure_span(build, &mark->span);
}

static struct bounded measure_mark_end(const struct builder *build, const struct model_mark *mark)
{
	if (build->model->origin_slot != LUO_STATS_B0_UPDATE_BEGIN)
		return bounded_unknown(WHY_NO_BEGIN);
	return measure_time(build, mark->end,
			    mark->span.open ? "a mark never ended" : NOT_OBSERVED);
}

/* The marks from @first on that have its name, and its instance too if @instance is set. */
static size_t count_same_marks(const struct model *model, size_t first, bool instance)
{
	const struct model_mark *mark = &model->mark[first];
	size_t i;

	for (i = first + 1; i < model->marks && !strcmp(model->mark[i].name, mark->name) &&
			    (!instance || model->mark[i].instance == mark->instance);
	     i++)
		;
	return i - first;
}

/* Where one mark of one instance was set several times, the longest and the last are told. */
static void add_marks(struct builder *build)
{
	const struct model *model = build->model;
	struct bounded *length = calloc(model->marks + 1, sizeof(*length));
	struct bounded *end = calloc(model->marks + 1, sizeof(*end));
	char name[FIGURE_NAME_BYTES], prefix[FIGURE_NAME_BYTES + 8];
	size_t i, n;

	if (!length || !end)
		build->no_memory = true;
	for (i = 0; length && end && i < model->marks; i++) {
		length[i] = measure_mark(build, &model->mark[i]);
		end[i] = measure_mark_end(build, &model->mark[i]);
	}
	for (i = 0; length && end && i < model->marks; i += n) {
		n = count_same_marks(model, i, false);
		snprintf(prefix, sizeof(prefix), "mark.%s",
			 figure_name_escape(name, model->mark[i].name));
		if (!model->mark[i].instant)
			add_statistics(build, prefix, &length[i], n, NONE_THERE);
	}
	for (i = 0; length && end && i < model->marks; i += n) {
		struct bounded longest, last;

		n = count_same_marks(model, i, true);
		if (bounded_statistic(&longest, &length[i], n, STATISTIC_MAX, 0) ||
		    bounded_statistic(&last, &end[i], n, STATISTIC_MAX, 0)) {
			build->no_memory = true;
			break;
		}
		figure_name_escape(name, model->mark[i].name);
		add(build, UNIT_NS, longest, "mark.%s.%" PRIu64, name, model->mark[i].instance);
		add(build, UNIT_NS, last, "mark.%s.%" PRIu64 ".end", name, model->mark[i].instance);
	}
	free(length);
	free(end);
}

/* What the service manager adds, before the blackout and after it. */
static void add_manager(struct builder *build)
{
	const struct model *model = build->model;
	const struct model_manager *manager = &model->manager;
	const struct bounded unknown =
		bounded_unknown("the service manager does not tell it in this capture");

	add(build, UNIT_NS,
	    manager->before.known ?
		    bounded_with_error(manager->before.ns, manager->shutdown_error_ns) :
		    unknown,
	    "manager.before_update");
	add(build, UNIT_NS,
	    manager->finish.known && model->origin_slot == LUO_STATS_B0_UPDATE_BEGIN ?
		    bounded_with_error(manager->finish.ns, manager->start_error_ns) :
		    unknown,
	    "manager.finish");
}

/* The new kernel's boot, as its log tells it */

#define NO_BOOT "the capture does not tell it of the new kernel's boot"

static void add_initcalls(struct builder *build)
{
	static const enum boot_list lists[] = { BOOT_INITCALLS, BOOT_MODULES };
	const struct model_boot *boot = &build->model->boot;
	struct bounded longest = bounded_unknown(
		boot->has_boot ? "the new kernel was booted without initcall_debug" : NO_BOOT);
	char name[FIGURE_NAME_BYTES];
	size_t i, j;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct model_boot_list *list = &boot->list[lists[i]];

		if (list->rows && (!longest.known || list->row[0].duration_ns > longest.value))
			longest = measure_ns(build, list->row[0].duration_ns);
	}
	if (longest.known && boot->lost) {
		longest.high = BOUNDED_NO_HIGH;
		longest.why = "records of the kernel's log were lost";
	}
	add(build, UNIT_NS, longest, "initcall.max");
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct model_boot_list *list = &boot->list[lists[i]];

		for (j = 0; j < list->rows; j++)
			add(build, UNIT_NS, measure_ns(build, list->row[j].duration_ns),
			    "initcall.%s", figure_name_escape(name, list->row[j].what));
	}
}

static void add_boot(struct builder *build)
{
	const struct model *model = build->model;
	const bool has_begin = model->origin_slot == LUO_STATS_B0_UPDATE_BEGIN;
	unsigned int i;

	for (i = 0; i < BOOT_MOMENTS; i++) {
		const struct model_moment *moment = &model->boot.moment[i];
		const int64_t ns = moment->time.ns;

		add(build, UNIT_NS,
		    moment->time.known && has_begin ?
			    bounded_with_error(ns, moment->error_ns +
							   clock_error_ns(&model->clock, ns)) :
			    bounded_unknown(moment->time.known ? WHY_NO_BEGIN : NO_BOOT),
		    "boot.%s", boot_moment_name(i));
	}
	add_initcalls(build);
}

/* The capture itself */

static void add_losses(struct builder *build)
{
	const struct model_losses *losses = &build->model->losses;
	struct model_loss list[MODEL_LOSSES];
	struct bounded attempts = measure_count(build->model->attempts);
	const struct clock *clock = &build->model->clock;
	char buffer[NAME_BYTES];
	size_t i;

	if (losses->attempts_dropped) {
		attempts.high = BOUNDED_NO_HIGH;
		attempts.why = "attempts were overwritten by later ones";
	}
	add(build, UNIT_COUNT, attempts, "failed_attempts");
	add(build, UNIT_COUNT, measure_count(losses->dropped_total), "dropped");
	for (i = 0; i <= LUO_STATS_VCPU_ENTRY; i++)
		add(build, UNIT_COUNT, measure_count(losses->dropped[i]), "dropped.%s",
		    i ? name_kind(i, buffer) : "other");
	model_losses_list(losses, list);
	for (i = 0; i < MODEL_LOSSES; i++)
		add(build, UNIT_COUNT, measure_count(list[i].count), "losses.%s", list[i].name);
	add(build, UNIT_PPB,
	    clock->rate_millihertz ? measure_count(clock->rate_error_ppb) :
				     bounded_unknown("the rate of the counter is not known"),
	    "clock.error");
}

static const char *find_losses(const struct model_losses *losses)
{
	if (model_losses_but_marks(losses) || losses->subjects_dropped || losses->attempts_dropped)
		return "spans were dropped";
	if (losses->invalid_spans || losses->invalid_subjects)
		return "a part of the capture makes no sense";
	if (losses->reserved_spans)
		return "spans were just being written";
	return NULL;
}

static int compare_names(const void *a, const void *b)
{
	const struct figure *x = *(const struct figure *const *)a;
	const struct figure *y = *(const struct figure *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : x < y ? -1 : x > y;
}

static int sort_by_name(struct figures *figures)
{
	size_t i;

	free(figures->by_name);
	figures->by_name = calloc(figures->count + 1, sizeof(*figures->by_name));
	if (!figures->by_name)
		return -ENOMEM;
	for (i = 0; i < figures->count; i++)
		figures->by_name[i] = &figures->figure[i];
	qsort(figures->by_name, figures->count, sizeof(*figures->by_name), compare_names);
	return 0;
}

/* Devices on two buses can have one name: the first, which is the slower one, is told. */
static int index_names(struct figures *figures)
{
	const struct figure *first = NULL;
	size_t kept = 0, i;

	if (sort_by_name(figures))
		return -ENOMEM;
	for (i = 0; i < figures->count; i++) {
		struct figure *figure = figures->by_name[i];

		if (first && !strcmp(figure->name, first->name)) {
			free(figure->name);
			figure->name = NULL;
		} else {
			first = figure;
		}
	}
	for (i = 0; i < figures->count; i++)
		if (figures->figure[i].name)
			figures->figure[kept++] = figures->figure[i];
	figures->count = kept;
	return sort_by_name(figures);
}

int figures_of(struct figures *figures, const struct model *model, struct error *error)
{
	const struct rows devices = { .what = "device",
				      .at = model->device,
				      .size = sizeof(*model->device),
				      .count = model->devices,
				      .steps = device_steps,
				      .describe = device_row };
	const struct rows files = { .what = "file",
				    .at = model->file,
				    .size = sizeof(*model->file),
				    .count = model->files,
				    .steps = file_steps,
				    .describe = file_row };
	const struct rows sessions = { .what = "session",
				       .at = model->session,
				       .size = sizeof(*model->session),
				       .count = model->sessions,
				       .steps = session_steps,
				       .describe = session_row };
	struct builder build = { .figures = figures,
				 .model = model,
				 .lost = find_losses(&model->losses) };

	*figures = (struct figures){ .losses = build.lost, .mark_losses = build.lost };
	if (!build.lost && model->losses.dropped[LUO_STATS_MARK])
		figures->mark_losses = "marks were dropped";
	if (model->clock.verdict == CLOCK_CONTRADICTED)
		figures->clock_doubt = WHY_CONTRADICTED;
	else if (model->clock.verdict != CLOCK_VERIFIED)
		figures->clock_doubt = "the clock is not verified";
	add_blackout(&build);
	add_phases(&build);
	add(&build, UNIT_NS,
	    measure_time(&build, model->luoscope_init,
			 "the new kernel was not started through 'luoscope init'"),
	    "luoscope_init");
	add_boot(&build);
	add_counts(&build);
	add_rows(&build, &devices);
	add_rows(&build, &files);
	add_rows(&build, &sessions);
	add_vms(&build);
	add_shutdowns(&build);
	build.lost = figures->mark_losses;
	add_marks(&build);
	build.lost = figures->losses;
	add_manager(&build);
	build.about_capture = true;
	add_losses(&build);
	if (build.no_memory || index_names(figures))
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

const struct figure *figures_find(const struct figures *figures, const char *name)
{
	size_t low = 0, high = figures->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(figures->by_name[middle]->name, name);

		if (!order)
			return figures->by_name[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void figures_free(struct figures *figures)
{
	size_t i;

	for (i = 0; i < figures->count; i++)
		free(figures->figure[i].name);
	free(figures->figure);
	free(figures->by_name);
	*figures = (struct figures){};
}
