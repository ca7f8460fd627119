// SPDX-License-Identifier: GPL-2.0
#include "figures.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/error.h"
#include "capture/area_names.h"
#include "capture/boot_log.h"
#include "figure_names.h"
#include "model/clock.h"
#include "model/model.h"
#include "model/model_names.h"
#include "model/span_time.h"
#include "model/steps.h"

#define COUNT_MAX ((1LL << 53) - 1)

/* Why something is not known; see model.h for more. */
#define NOT_OBSERVED  "not observed"
#define NOT_BY_UPDATE "this kernel was not started by a live update"
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
 * @lost: why there may have been more of what is being added; NULL: nothing was lost
 */
struct builder {
	struct figures *figures;
	const struct model *model;
	const char *lost;
	bool no_memory;
};

/* What applies to all figures of a capture. */
static struct bounded apply_doubts(const struct builder *build,
				   const struct figure_pattern *pattern, struct bounded measured)
{
	if (pattern->is_about_capture)
		return measured;
	if (!build->model->has_update)
		return bounded_unknown(NOT_BY_UPDATE);
	return measured.known ? measured : bounded_unknown(measured.why);
}

__attribute__((format(printf, 4, 5))) static void
add(struct builder *build, enum figure_form form, struct bounded measured, const char *format, ...)
{
	struct figures *figures = build->figures;
	struct figure *figure =
		array_grow(figures->figure, figures->count, sizeof(*figures->figure));
	va_list args;
	int length;

	if (!figure) {
		build->no_memory = true;
		return;
	}
	figures->figure = figure;
	figure += figures->count;
	*figure = (struct figure){ .pattern = &figure_patterns[form],
				   .measured =
					   apply_doubts(build, &figure_patterns[form], measured) };
	va_start(args, format);
	length = vasprintf(&figure->name, format, args);
	va_end(args);
	if (length < 0)
		build->no_memory = true;
	else
		figures->count++;
}

/* Measures */

static struct bounded measure_time(struct bounded time, const char *why_not)
{
	return time.known ? time : bounded_unknown(why_not);
}

static struct bounded measure_count(uint64_t count)
{
	return bounded_exact(count < COUNT_MAX ? (int64_t)count : COUNT_MAX);
}

/* A count of what was observed: if something was lost, there may have been more. */
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
static void add_statistics(struct builder *build, enum figure_form form, const char *prefix,
			   const struct bounded *list, size_t count, const char *why_none)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(statistics); i++) {
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
		add(build, form, measured, "%s.%s", prefix, statistics[i].name);
	}
}

/* The whole update */

static void add_blackout(struct builder *build)
{
	const struct model *model = build->model;
	const struct bounded blackout = model->blackout;

	add(build, FIGURE_BLACKOUT, blackout, "blackout");
	add(build, FIGURE_BLACKOUT_ERROR,
	    bounded_is_closed(blackout) ? measure_count(bounded_error(blackout)) :
					  bounded_unknown(blackout.why),
	    "blackout.error");
	add(build, FIGURE_BLACKOUT_WITHOUT, model->blackout_without_luoscope,
	    "blackout.without_luoscope");
}

/* The phase of the model that contains @slot, the end of one of its parts; or NULL. */
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
			measured = phase->duration;
		else if (phase)
			measured = bounded_unknown("a boundary between this phase and the next"
						   " or the one before was not observed");
		else if (slot == LUO_STATS_B11_IN_SERVICE && !model->devices_take_part)
			measured = bounded_unknown("no preserved device was seen");
		else
			measured = bounded_unknown(NOT_OBSERVED);
		add(build, FIGURE_PHASE, measured, "phase.%s", name_phase(slot));
	}
	for (i = 0; i < model->phases; i++)
		if (model->phase[i].begin + 1 < model->phase[i].end)
			add(build, FIGURE_PHASE, model->phase[i].duration, "phase.%s",
			    model->phase[i].name);
}

/* Whether the old kernel had a function of such a name that could not be watched. */
static bool was_left_out(const struct model *model, const char *prefix)
{
	size_t i;

	for (i = 0; i < model->left_outs; i++)
		if (!model->left_out[i].in_new_kernel &&
		    !strncmp(model->left_out[i].function, prefix, strlen(prefix)))
			return true;
	return false;
}

/*
 * A count of devices that the old kernel froze, or of their resets. If not all freezes were
 * watched, it may have been more.
 */
static struct bounded measure_of_devices(const struct builder *build, uint64_t count, bool is_seen,
					 const char *why_not)
{
	const struct model *model = build->model;
	struct bounded measured = measure_seen(build, count, is_seen, why_not);

	if (measured.known &&
	    (was_left_out(model, "vfio_pci_") || model_was_detached(model, false)))
		measured = bounded_at_least(measured, WHY_UNWATCHED);
	if (measured.known && model->devices_unseen)
		measured = bounded_at_least(measured, "devices were not seen, only their files");
	return measured;
}

static void add_counts(struct builder *build)
{
	const struct model *model = build->model;
	const bool both = model->has_old_kernel && model->has_new_kernel;
	const char *missing_side = model->has_old_kernel ? WHY_NO_NEW_KERNEL : WHY_NO_OLD_KERNEL;
	struct bounded measured;
	size_t i;

	add(build, FIGURE_DEVICES_AWAITED,
	    measure_of_devices(build, model->devices_awaited, both, missing_side),
	    "devices_awaited");

	measured = measure_count(model->devices_missing);
	if (!both) {
		measured = bounded_unknown(missing_side);
	} else if (!model->devices_missing_known) {
		/* They may have been in service before anybody watched, or there were more. */
		measured = bounded_unknown("it is not known whether every device was seen");
	}
	add(build, FIGURE_DEVICES_MISSING, measured, "devices_missing");
	if (measured.known)
		measured = measure_count(model->devices_kept);
	add(build, FIGURE_DEVICES_KEPT, measured, "devices_kept");

	for (i = 0; i < LUO_STATS_RESET_OUTCOMES; i++) {
		const size_t unclear = model->resets[LUO_STATS_RESET_UNKNOWN];

		measured = measure_of_devices(build, model->resets[i], model->has_old_kernel,
					      WHY_NO_OLD_KERNEL);
		if (i != LUO_STATS_RESET_UNKNOWN && unclear && bounded_is_closed(measured)) {
			measured.high += unclear;
			measured.why = "the outcome of a reset is not known";
		}
		add(build, FIGURE_RESETS, measured, "resets.%s", name_reset_outcome(i));
	}
	add(build, FIGURE_RESETS,
	    measure_of_devices(build, model->resets_none_seen, model->has_old_kernel,
			       WHY_NO_OLD_KERNEL),
	    "resets.%s", RESET_NONE_SEEN);
	add(build, FIGURE_FILE_COUNT, model->file_count, "file.count");
	add(build, FIGURE_FILES_MISSING,
	    model->files_missing_known ? measure_count(model->files_missing) :
					 bounded_unknown(WHY_MAYBE_BACK),
	    "files_missing");
	add(build, FIGURE_SESSION_COUNT, model->session_count, "session.count");
}

/* Rows */

/* Preserved, and still there when the update came; for files see struct model_file. */
static bool device_takes_part(const struct model_device *device)
{
	return model_span_succeeded(&device->step[STEP_PRESERVE]) ||
	       device->step[STEP_FREEZE].observed ||
	       model_span_succeeded(&device->step[STEP_RETRIEVE]);
}

static struct bounded measure_in_service(const struct builder *build,
					 const struct model_device *device)
{
	const bool begin_is_missing = model_device_is_in_service(device) &&
				      build->model->origin_slot != LUO_STATS_B0_UPDATE_BEGIN;

	return measure_time(device->in_service, begin_is_missing ? WHY_NO_BEGIN : WHY_NOT_SERVING);
}

static bool device_row(const struct model *model, size_t row, char *name)
{
	figure_name_escape(name, model->device[row].name);
	return device_takes_part(&model->device[row]);
}

static const struct model_span *device_steps(const struct model *model, size_t row)
{
	return model->device[row].step;
}

static struct bounded measure_device(const struct builder *build, size_t row, const char *word)
{
	const struct model_device *device = &build->model->device[row];

	return strcmp(word, FIGURE_DOWNTIME) ? measure_in_service(build, device) : device->downtime;
}

static bool file_row(const struct model *model, size_t row, char *name)
{
	size_t length = strlen(figure_name_escape(name, model->file[row].session));

	if (length)
		snprintf(name + length, FIGURE_NAME_BYTES - length, ".%" PRIu64,
			 model->file[row].token);
	return model->file[row].takes_part;
}

static const struct model_span *file_steps(const struct model *model, size_t row)
{
	return model->file[row].step;
}

static struct bounded measure_file(const struct builder *build, size_t row, const char *word)
{
	(void)word;
	return build->model->file[row].downtime;
}

static bool session_row(const struct model *model, size_t row, char *name)
{
	figure_name_escape(name, model->session[row].name);
	return true;
}

static const struct model_span *session_steps(const struct model *model, size_t row)
{
	return model->session[row].step;
}

static struct bounded measure_session(const struct builder *build, size_t row, const char *word)
{
	(void)word;
	return build->model->session[row].downtime;
}

/*
 * Why there is none of what the figure of @form, which was added before, counts. Without a row it
 * may be that some were there and are not known.
 */
static const char *why_none(const struct builder *build, enum figure_form form)
{
	const struct figure *figure = build->figures->figure;
	size_t i;

	for (i = 0; i < build->figures->count; i++, figure++)
		if (figure_pattern_is(figure->pattern, form) &&
		    (!figure->measured.known || figure->measured.why))
			return figure->measured.why;
	return FIGURES_NONE;
}

/**
 * struct rows - devices, files or sessions
 * @kind:     enum luo_stats_subject_kind
 * @number:   form of the figure that counts them
 * @all:      form of the figures over all of them
 * @one:      form of the figures of one of them
 * @word:     the steps, and what else is timed for each of them: the words of the forms
 * @describe: writes a row's name to FIGURE_NAME_BYTES, "" if it has none, and returns whether it
 *            takes part in the update: only then does it count in the figures over all of them
 * @steps:    of a row
 * @measure:  measures what comes after the steps, by its word
 */
struct rows {
	const char *what;
	uint32_t kind;
	enum figure_form number;
	enum figure_form all;
	enum figure_form one;
	size_t count;
	bool (*describe)(const struct model *model, size_t row, char *name);
	const struct model_span *(*steps)(const struct model *model, size_t row);
	struct bounded (*measure)(const struct builder *build, size_t row, const char *word);
};

/* Why a device is known not to have had @step, or NULL. */
static const char *why_no_step(const struct model_device *device, enum model_step step)
{
	if (step == STEP_RESET && model_reset_is_none(&device->reset))
		return "there is no way to reset this device";
	if (step == STEP_RESET && device->reset.none_seen)
		return "no reset of this device was seen";
	if (device->kept && (step == STEP_BIND || step == STEP_IRQ_SETUP))
		return "this device was kept";
	return NULL;
}

/* Returns false if the row has no such step at all. */
static bool measure_row(const struct builder *build, const struct rows *rows, size_t row,
			enum model_step step, const char *word, struct bounded *measured)
{
	*measured = step < STEPS ? span_time(build->model, &rows->steps(build->model, row)[step]) :
				   rows->measure(build, row, word);
	return rows->kind != LUO_STATS_SUBJECT_DEVICE ||
	       !why_no_step(&build->model->device[row], step);
}

static void add_all_of(struct builder *build, const struct rows *rows, struct bounded *list,
		       enum model_step step, const char *word)
{
	char name[FIGURE_NAME_BYTES];
	size_t count = 0, row;

	for (row = 0; row < rows->count; row++)
		if (rows->describe(build->model, row, name) &&
		    measure_row(build, rows, row, step, word, &list[count]))
			count++;
	snprintf(name, sizeof(name), "%s.%s", rows->what, word);
	add_statistics(build, rows->all, name, list, count, why_none(build, rows->number));
}

static void add_one(struct builder *build, const struct rows *rows, size_t row)
{
	const char *(*word)(unsigned int) = figure_patterns[rows->one].word;
	enum model_step step = step_next(0, rows->kind);
	char name[FIGURE_NAME_BYTES];
	struct bounded measured;
	unsigned int i;

	rows->describe(build->model, row, name);
	if (!*name)
		return;
	for (i = 0; word(i); i++) {
		if (!measure_row(build, rows, row, step, word(i), &measured))
			measured = bounded_unknown(why_no_step(&build->model->device[row], step));
		add(build, rows->one, measured, "%s.%s.%s", rows->what, name, word(i));
		step = step_next(step + (step < STEPS), rows->kind);
	}
}

static void add_rows(struct builder *build, const struct rows *rows)
{
	const char *(*word)(unsigned int) = figure_patterns[rows->all].word;
	struct bounded *list = calloc(rows->count + 1, sizeof(*list));
	enum model_step step = step_next(0, rows->kind);
	unsigned int i;
	size_t row;

	if (!list) {
		build->no_memory = true;
		return;
	}
	for (i = 0; word(i); i++) {
		add_all_of(build, rows, list, step, word(i));
		step = step_next(step + (step < STEPS), rows->kind);
	}
	free(list);
	for (row = 0; row < rows->count; row++)
		add_one(build, rows, row);
}

/* A virtual machine that ran only in the new kernel takes no part in the update. */
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
			list[count++] = model->vm[i].downtime;
	missing = model->vms_missing_known ?
			  measure_count(model->vms_missing) :
			  bounded_unknown("it is not known whether every vCPU was seen");
	add(build, FIGURE_VMS_AWAITED,
	    measure_seen(build, model->vms_old, model->vms_watched, VMS_UNWATCHED), "vms_awaited");
	add(build, FIGURE_VMS_MISSING,
	    model->vms_watched ? missing : bounded_unknown(VMS_UNWATCHED), "vms_missing");
	add_statistics(build, FIGURE_VM_STATISTIC, "vm.downtime", list, count,
		       why_none(build, FIGURE_VMS_AWAITED));
	/* If several have one name, take the first: one that is not back, else the longest. */
	for (i = 0; i < 2 * model->vms; i++) {
		const struct model_vm *vm = &model->vm[i % model->vms];

		if (vm->vcpus_old && bounded_is_closed(vm->downtime) == (i >= model->vms) &&
		    *model_vm_name(vm))
			add(build, FIGURE_VM_DOWNTIME, vm->downtime, "vm.%s.downtime",
			    figure_name_escape(name, model_vm_name(vm)));
	}
	free(list);
}

static const char *why_no_shutdown(const struct builder *build)
{
	const struct model *model = build->model;

	if (!model->has_old_kernel)
		return WHY_NO_OLD_KERNEL;
	if (model->boundary[LUO_STATS_B2_SHUTDOWN_BEGIN].source == MODEL_SOURCE_NONE ||
	    was_left_out(model, "pm_runtime_barrier"))
		return NOT_OBSERVED;
	return build->lost ? build->lost : FIGURES_NONE;
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
		list[i] = span_time(model, &model->shutdown[i].span);
	add_statistics(build, FIGURE_SHUTDOWN_STATISTIC, "shutdown", list, model->shutdowns,
		       why_no_shutdown(build));
	for (i = 0; i < model->shutdowns; i++)
		if (model->shutdown[i].name[0])
			add(build, FIGURE_SHUTDOWN, list[i], "shutdown.%s",
			    figure_name_escape(name, model->shutdown[i].name));
	free(list);
}

/* Marks */

static struct bounded measure_mark(const struct builder *build, const struct model_mark *mark)
{
	if (mark->instant)
		return bounded_unknown("an instant has no length");
	if (mark->end_only)
		return bounded_unknown("the start of a mark was not observed");
	return span_time(build->model, &mark->span);
}

static struct bounded measure_mark_end(const struct builder *build, const struct model_mark *mark)
{
	if (build->model->origin_slot != LUO_STATS_B0_UPDATE_BEGIN)
		return bounded_unknown(WHY_NO_BEGIN);
	return measure_time(clock_estimate(&build->model->clock, mark->end),
			    mark->span.open ? "a mark never ended" : NOT_OBSERVED);
}

/* The marks from @first on that have its name and, if @instance is set, its instance. */
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

/* If one instance of a mark was set several times, take the longest duration and the last end. */
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
			add_statistics(build, FIGURE_MARK_STATISTIC, prefix, &length[i], n,
				       FIGURES_NONE);
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
		add(build, FIGURE_MARK, longest, "mark.%s.%" PRIu64, name, model->mark[i].instance);
		add(build, FIGURE_MARK_END, last, "mark.%s.%" PRIu64 ".end", name,
		    model->mark[i].instance);
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
		bounded_unknown("the service manager did not report it in this capture");

	add(build, FIGURE_MANAGER_BEFORE_UPDATE, manager->before.known ? manager->before : unknown,
	    "manager.before_update");
	add(build, FIGURE_MANAGER_FINISH,
	    manager->finish.known && model->origin_slot == LUO_STATS_B0_UPDATE_BEGIN ?
		    manager->finish :
		    unknown,
	    "manager.finish");
}

/* The new kernel's boot, according to its log */

#define NO_BOOT "the new kernel's log, as captured, does not show it"

static void add_initcalls(struct builder *build)
{
	static const enum boot_list lists[] = { BOOT_INITCALLS, BOOT_MODULES };
	const struct model_boot *boot = &build->model->boot;
	struct bounded longest = bounded_unknown(
		boot->has_boot ? "the new kernel was booted without initcall_debug" : NO_BOOT);
	char name[FIGURE_NAME_BYTES];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct model_boot_list *list = &boot->list[lists[i]];

		if (list->rows && (!longest.known || list->row[0].duration.value > longest.value))
			longest = list->row[0].duration;
	}
	if (longest.known && boot->lost)
		longest = bounded_at_least(longest, WHY_RECORDS_LOST);
	add(build, FIGURE_INITCALL_MAX, longest, "initcall.max");
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct model_boot_list *list = &boot->list[lists[i]];

		for (j = 0; j < list->rows; j++)
			if (list->row[j].what[0])
				add(build, FIGURE_INITCALL, list->row[j].duration, "initcall.%s",
				    figure_name_escape(name, list->row[j].what));
	}
}

/* Only initcall_debug shows when vfio-pci was there; but it was by the time that it was used. */
static struct bounded measure_moment(const struct builder *build, enum boot_moment moment)
{
	const struct model_boot *boot = &build->model->boot;

	return moment == BOOT_VFIO_PCI && !boot->moment[moment].known ? boot->vfio_pci_latest :
									boot->moment[moment];
}

static void add_boot(struct builder *build)
{
	const struct model *model = build->model;
	const bool has_begin = model->origin_slot == LUO_STATS_B0_UPDATE_BEGIN;
	unsigned int i;

	for (i = 0; i < BOOT_MOMENTS; i++) {
		const struct bounded moment = measure_moment(build, i);

		add(build, FIGURE_BOOT_MOMENT,
		    moment.known && has_begin ?
			    moment :
			    bounded_unknown(moment.known ? WHY_NO_BEGIN : NO_BOOT),
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
	add(build, FIGURE_FAILED_ATTEMPTS, attempts, "failed_attempts");
	add(build, FIGURE_DROPPED, measure_count(losses->dropped_total), "dropped");
	for (i = 0; i <= LUO_STATS_VCPU_ENTRY; i++)
		add(build, FIGURE_DROPPED_KIND, measure_count(losses->dropped[i]), "dropped.%s",
		    i ? name_kind(i, buffer) : "other");
	model_losses_list(losses, list);
	for (i = 0; i < MODEL_LOSSES; i++)
		add(build, FIGURE_LOSSES, measure_count(list[i].count), "losses.%s", list[i].name);
	add(build, FIGURE_CLOCK_ERROR,
	    clock->rate_millihertz ? measure_count(clock->rate_error_ppb) :
				     bounded_unknown("the rate of the counter is not known"),
	    "clock.error");
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

/* Devices on two buses can have the same name: take the first one, which is the slower one. */
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
				      .number = FIGURE_DEVICES_AWAITED,
				      .all = FIGURE_DEVICE_STATISTIC,
				      .one = FIGURE_DEVICE_STEP,
				      .kind = LUO_STATS_SUBJECT_DEVICE,
				      .count = model->devices,
				      .steps = device_steps,
				      .measure = measure_device,
				      .describe = device_row };
	const struct rows files = { .what = "file",
				    .number = FIGURE_FILE_COUNT,
				    .all = FIGURE_FILE_STATISTIC,
				    .one = FIGURE_FILE_STEP,
				    .kind = LUO_STATS_SUBJECT_FILE,
				    .count = model->files,
				    .steps = file_steps,
				    .measure = measure_file,
				    .describe = file_row };
	const struct rows sessions = { .what = "session",
				       .number = FIGURE_SESSION_COUNT,
				       .all = FIGURE_SESSION_STATISTIC,
				       .one = FIGURE_SESSION_STEP,
				       .kind = LUO_STATS_SUBJECT_SESSION,
				       .count = model->sessions,
				       .steps = session_steps,
				       .measure = measure_session,
				       .describe = session_row };
	struct builder build = { .figures = figures,
				 .model = model,
				 .lost = model_losses_why(&model->losses) };

	*figures = (struct figures){ .losses = build.lost, .mark_losses = build.lost };
	if (!build.lost && model->losses.dropped[LUO_STATS_MARK])
		figures->mark_losses = "marks were dropped";
	if (model->clock.verdict == CLOCK_CONTRADICTED)
		figures->clock_doubt = WHY_CONTRADICTED;
	else if (model->clock.verdict != CLOCK_VERIFIED)
		figures->clock_doubt = "the clock is not verified";
	add_blackout(&build);
	add_phases(&build);
	add(&build, FIGURE_LUOSCOPE_INIT,
	    measure_time(model->luoscope_init,
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
