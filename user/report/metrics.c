// SPDX-License-Identifier: GPL-2.0
#include "metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/error.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "capture/reset_method.h"
#include "model/belongs.h"
#include "model/clock.h"
#include "model/model.h"
#include "model/model_names.h"
#include "model/outcome.h"
#include "model/span_time.h"
#include "model/steps.h"

/*
 * The output is valid in both of Prometheus's formats. For OpenMetrics it ends with "# EOF" and has
 * no comments or blank lines. All metrics are gauges because the older format has no info type.
 */
struct metrics {
	const struct model *model;
	FILE *out;
	unsigned int top; /* 0: no limit */
	const char *name; /* name of the family */
	const char *help; /* NULL: its head has been written */
};

#define SECONDS_BYTES 32

/* A family without a sample is not written at all. */
static void begin_family(struct metrics *metrics, const char *name, const char *help)
{
	metrics->name = name;
	metrics->help = help;
}

/*
 * An escaped text has no control characters, but may have the two others that a label must escape.
 */
static void put_label(FILE *out, const char *name, const char *value, bool is_first)
{
	char buffer[ESCAPED_BYTES];
	const char *p;

	fprintf(out, "%s%s=\"", is_first ? "{" : ",", name);
	for (p = escape_text(buffer, value, true); *p; p++) {
		if (*p == '\\' || *p == '"')
			fputc('\\', out);
		fputc(*p, out);
	}
	fputc('"', out);
}

/*
 * Pairs of a label's name and value follow, then NULL. A label with an empty value is the same as
 * no label, and is left out.
 */
__attribute__((sentinel)) static void put_sample(struct metrics *metrics, const char *number, ...)
{
	FILE *out = metrics->out;
	const char *name, *value;
	bool is_first = true;
	va_list args;

	if (metrics->help)
		fprintf(out, "# HELP luoscope_%s %s\n# TYPE luoscope_%s gauge\n", metrics->name,
			metrics->help, metrics->name);
	metrics->help = NULL;
	fprintf(out, "luoscope_%s", metrics->name);
	va_start(args, number);
	while ((name = va_arg(args, const char *))) {
		value = va_arg(args, const char *);
		if (!*value)
			continue;
		put_label(out, name, value, is_first);
		is_first = false;
	}
	va_end(args);
	fprintf(out, "%s %s\n", is_first ? "" : "}", number);
}

static const char *format_number(char *buffer, uint64_t number)
{
	snprintf(buffer, NAME_BYTES, "%" PRIu64, number);
	return buffer;
}

static const char *format_seconds(char *buffer, int64_t ns)
{
	const uint64_t value = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	snprintf(buffer, SECONDS_BYTES, "%s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "",
		 value / 1000000000, value % 1000000000);
	return buffer;
}

static void put_number(struct metrics *metrics, uint64_t number, const char *label,
		       const char *value)
{
	char buffer[NAME_BYTES];

	put_sample(metrics, format_number(buffer, number), label, value, NULL);
}

/* An unknown value has no sample. */
static void put_time(struct metrics *metrics, struct bounded time, const char *label,
		     const char *value)
{
	char buffer[SECONDS_BYTES];

	if (time.known)
		put_sample(metrics, format_seconds(buffer, time.value), label, value, NULL);
}

static void put_update(struct metrics *metrics)
{
	const struct model *model = metrics->model;

	begin_family(metrics, "update_observed",
		     "Whether the running kernel was started by a live update (1) or not (0).");
	put_number(metrics, model->has_update && model->fate == MODEL_FATE_NONE, NULL, NULL);
	if (model->fate == MODEL_FATE_LOST || model->lost_capture) {
		char number[NAME_BYTES] = "";

		begin_family(
			metrics, "update_lost",
			"An update was started before this boot, and its new kernel did not come up:"
			" 1; the label is its number in the store.");
		if (model->lost_capture)
			format_number(number, model->lost_capture);
		put_number(metrics, 1, "capture", number);
	}
	if (!model->has_update)
		return;
	begin_family(metrics, "update_info", "Releases of the old and the new kernel.");
	put_sample(metrics, "1", "from", model->from_release, "to", model->to_release, NULL);
	begin_family(metrics, "update_generation",
		     "Number of live updates since the last ordinary boot, including this one.");
	put_number(metrics, model->generation, NULL, NULL);
	begin_family(metrics, "update_begin_timestamp_seconds",
		     "When the live update began, in seconds since 1970 UTC.");
	put_time(metrics, model->begin_realtime_ns, NULL, NULL);
}

/* A lower bound has no error: how much more it was is not known. */
static void put_error(struct metrics *metrics, struct bounded time, const char *label,
		      const char *value)
{
	if (bounded_is_closed(time))
		put_time(metrics, bounded_exact(bounded_error(time)), label, value);
}

static void put_lower_bound(struct metrics *metrics, struct bounded measured, const char *label,
			    const char *value)
{
	if (measured.known && !bounded_is_open(measured))
		put_number(metrics, bounded_is_lower_bound(measured), label, value);
}

static void put_blackout(struct metrics *metrics)
{
	const struct model *model = metrics->model;

	begin_family(metrics, "blackout_seconds",
		     "Time from reboot(2) until everything was retrieved and devices were in"
		     " service.");
	put_time(metrics, model->blackout, NULL, NULL);
	begin_family(metrics, "blackout_error_seconds", "Largest possible error of the blackout.");
	put_error(metrics, model->blackout, NULL, NULL);
	begin_family(metrics, "blackout_is_lower_bound",
		     "Whether the blackout is only a lower bound (1), because not everything came"
		     " back or that is not known.");
	put_lower_bound(metrics, model->blackout, NULL, NULL);
	begin_family(metrics, "init_seconds",
		     "Time of luoscope init, which is part of the userspace phase and the"
		     " blackout.");
	put_time(metrics, model->luoscope_init, NULL, NULL);
	begin_family(metrics, "blackout_without_luoscope_seconds",
		     "The blackout less the time of luoscope init.");
	put_time(metrics, model->blackout_without_luoscope, NULL, NULL);
	begin_family(metrics, "blackout_without_luoscope_is_lower_bound",
		     "Whether the blackout less the time of luoscope init is only a lower bound"
		     " (1).");
	put_lower_bound(metrics, model->blackout_without_luoscope, NULL, NULL);
}

static void put_phases(struct metrics *metrics)
{
	const struct model *model = metrics->model;
	const struct model_phase *phase;

	begin_family(
		metrics, "phase_seconds",
		"Phases of the blackout, without gaps or overlap. Names of phases whose boundary was not"
		" seen are joined by a plus sign.");
	for (phase = model->phase; phase < model->phase + model->phases; phase++)
		put_time(metrics, phase->duration, "phase", phase->name);
	begin_family(metrics, "phase_error_seconds", "Largest possible error of a phase.");
	for (phase = model->phase; phase < model->phase + model->phases; phase++)
		put_error(metrics, phase->duration, "phase", phase->name);
	begin_family(metrics, "phase_is_lower_bound",
		     "Whether the time of a phase is only a lower bound (1).");
	for (phase = model->phase; phase < model->phase + model->phases; phase++)
		put_lower_bound(metrics, phase->duration, "phase", phase->name);
}

static void put_manager(struct metrics *metrics)
{
	const struct model *model = metrics->model;

	begin_family(metrics, "manager_before_update_seconds",
		     "Time that the service manager took to stop services before the update"
		     " began.");
	put_time(metrics, model->manager.before, NULL, NULL);
	begin_family(metrics, "manager_finish_seconds",
		     "Time from the start of the update until the service manager had started"
		     " everything.");
	if (model->origin_slot == LUO_STATS_B0_UPDATE_BEGIN)
		put_time(metrics, model->manager.finish, NULL, NULL);
}

static void put_clock(struct metrics *metrics)
{
	unsigned int verdict;

	begin_family(metrics, "clock_verdict",
		     "Result of the clock checks: 1 for the verdict, 0 for the others.");
	for (verdict = CLOCK_VERIFIED; verdict <= CLOCK_CONTRADICTED; verdict++)
		put_number(metrics, metrics->model->clock.verdict == verdict, "verdict",
			   name_verdict(verdict));
}

static void put_files(struct metrics *metrics)
{
	const struct model *model = metrics->model;

	if (!model->files_missing_known)
		return;
	begin_family(metrics, "files_frozen", "Files that were frozen and should have come back.");
	put_number(metrics, model->files_frozen, NULL, NULL);
	begin_family(metrics, "files_missing", "Files that were frozen but not retrieved.");
	put_number(metrics, model->files_missing, NULL, NULL);
}

/* One of each family for each topic: a host that does not know an answer is counted as such. */
static void put_outcome(struct metrics *metrics)
{
	struct outcome outcome;
	size_t i;

	outcome_of(&outcome, metrics->model);
	begin_family(metrics, "outcome",
		     "Whether the update went well: always 1; the answer is a label. The topic"
		     " \"all\" is the answer to all of them.");
	put_sample(metrics, "1", "topic", "all", "answer", outcome_answer_name(outcome.answer),
		   NULL);
	/* Without an update there is nothing else to be asked. */
	for (i = 0; i < (metrics->model->has_update ? OUTCOME_TOPICS : OUTCOME_UPDATE + 1); i++)
		put_sample(metrics, "1", "topic", outcome_topic_name(i), "answer",
			   outcome_answer_name(outcome.question[i].answer), NULL);
}

static bool dropped_nothing(const struct model_losses *losses)
{
	return !model_losses_but_marks(losses) && !losses->subjects_dropped;
}

/* Counts all devices, whatever the limit. */
static void put_device_counts(struct metrics *metrics)
{
	const struct model *model = metrics->model;
	unsigned int outcome;

	if (model->devices_missing_known) {
		begin_family(metrics, "devices_awaited",
			     "Devices that were frozen, or came back with the update.");
		put_number(metrics, model->devices_awaited, NULL, NULL);
		begin_family(metrics, "devices_missing",
			     "Preserved devices that were not seen in service again.");
		put_number(metrics, model->devices_missing, NULL, NULL);
		begin_family(metrics, "devices_kept",
			     "Preserved devices that were never out of service.");
		put_number(metrics, model->devices_kept, NULL, NULL);
	}
	if (!model->has_old_kernel || !(model->devices_awaited || model->devices_kept))
		return;
	begin_family(metrics, "resets", "Frozen devices by outcome of their reset.");
	for (outcome = 0; outcome < LUO_STATS_RESET_OUTCOMES; outcome++)
		if (model->resets[outcome] || dropped_nothing(&model->losses))
			put_number(metrics, model->resets[outcome], "outcome",
				   name_reset_outcome(outcome));
	if (model->resets_none_seen)
		put_number(metrics, model->resets_none_seen, "outcome", RESET_NONE_SEEN);
}

static bool is_awaited(const struct model_device *device)
{
	return model_span_succeeded(&device->step[STEP_FREEZE]) ||
	       model_span_succeeded(&device->step[STEP_RETRIEVE]);
}

/* A device that an alert may name must not be left out in favour of one that is only slow. */
static int trouble_of(const struct model_device *device)
{
	if (is_awaited(device) && !device->kept && !model_device_is_in_service(device))
		return model_span_succeeded(&device->step[STEP_RETRIEVE]) ? 2 : 3;
	return model_reset_is_bad(&device->reset);
}

static int compare_times(struct bounded x, struct bounded y)
{
	if (x.known != y.known)
		return x.known ? -1 : 1;
	return x.known ? (x.value < y.value) - (x.value > y.value) : 0;
}

/* The most important first. */
static int compare_devices(const void *a, const void *b)
{
	const struct model_device *x = *(const struct model_device *const *)a;
	const struct model_device *y = *(const struct model_device *const *)b;
	int order = trouble_of(y) - trouble_of(x);

	if (!order)
		order = compare_times(x->downtime, y->downtime);
	if (!order)
		order = compare_times(bounded_estimate(x->step[STEP_FREEZE].duration),
				      bounded_estimate(y->step[STEP_FREEZE].duration));
	return order ? order : strcmp(x->name, y->name);
}

static size_t limited(const struct metrics *metrics, size_t count)
{
	return metrics->top && metrics->top < count ? metrics->top : count;
}

static const char *outcome_label(const struct model_reset *reset)
{
	if (reset->none_seen)
		return RESET_NONE_SEEN;
	return reset->known ? name_reset_outcome(reset->outcome) : "";
}

static void put_device_info(struct metrics *metrics, const struct model_device *device)
{
	const struct model_file *file = device_file(metrics->model, device);
	const struct model_vm *vm = device_vm(metrics->model, device);
	const struct model_reset *reset = &device->reset;

	put_sample(metrics, "1", "device", device->name, "session", file ? file->session : "", "vm",
		   vm ? model_vm_name(vm) : "", "driver", device->driver, "pci_id", device->pci_id,
		   "product", device->product, "reset_method",
		   reset->known && reset->method ? name_reset_method(reset->method) : "",
		   "reset_outcome", outcome_label(reset), "reset_lock",
		   reset->known && reset->lock ? name_reset_lock(reset->lock) : "", "second_reset",
		   device->again ? name_again(device->again) : "", NULL);
}

/* "Not in service" is reported only if it would have been seen. */
static void put_in_service(struct metrics *metrics, const struct model_device *device)
{
	const bool is_in_service = device->kept || model_device_is_in_service(device);

	if (is_in_service || (is_awaited(device) && metrics->model->devices_missing_known))
		put_number(metrics, is_in_service, "device", device->name);
}

static struct bounded step_time(const struct metrics *metrics, const struct model_device *device,
				enum model_step step)
{
	if (step == STEP_RESET && model_reset_is_none(&device->reset))
		return (struct bounded){};
	return span_time(metrics->model, &device->step[step]);
}

/* A sample by @put of that step of each device. */
static void put_steps(struct metrics *metrics, const struct model_device *const *device,
		      size_t count, enum model_step step,
		      void (*put)(struct metrics *metrics, struct bounded time, const char *label,
				  const char *value))
{
	size_t i;

	for (i = 0; i < count; i++)
		put(metrics, step_time(metrics, device[i], step), "device", device[i]->name);
}

static int put_devices(struct metrics *metrics)
{
	const struct model *model = metrics->model;
	const size_t count = limited(metrics, model->devices);
	const struct model_device **device;
	size_t i;

	if (!model->devices)
		return 0;
	device = calloc(model->devices, sizeof(*device));
	if (!device)
		return -ENOMEM;
	for (i = 0; i < model->devices; i++)
		device[i] = &model->device[i];
	qsort(device, model->devices, sizeof(*device), compare_devices);

	begin_family(metrics, "device_info", "A preserved device, and the outcome of its reset.");
	for (i = 0; i < count; i++)
		put_device_info(metrics, device[i]);
	begin_family(metrics, "device_is_in_service",
		     "Whether a preserved device was seen in service again, or was kept (1), or"
		     " not (0).");
	for (i = 0; i < count; i++)
		put_in_service(metrics, device[i]);
	begin_family(metrics, "device_freeze_seconds",
		     "Time of a device's freeze, including its reset.");
	put_steps(metrics, device, count, STEP_FREEZE, put_time);
	begin_family(
		metrics, "device_freeze_is_lower_bound",
		"Whether a device's freeze failed, so that its time is only a lower bound (1).");
	put_steps(metrics, device, count, STEP_FREEZE, put_lower_bound);
	begin_family(metrics, "device_reset_seconds",
		     "Time of a device's reset during its freeze.");
	put_steps(metrics, device, count, STEP_RESET, put_time);
	begin_family(
		metrics, "device_reset_is_lower_bound",
		"Whether a device's reset failed, so that its time is only a lower bound (1).");
	put_steps(metrics, device, count, STEP_RESET, put_lower_bound);
	begin_family(metrics, "device_downtime_seconds",
		     "Time from the start of a device's freeze until it was in service again, or"
		     " else a lower bound of it.");
	for (i = 0; i < count; i++)
		put_time(metrics, device[i]->downtime, "device", device[i]->name);
	begin_family(metrics, "device_downtime_error_seconds",
		     "Largest possible error of the downtime of a device.");
	for (i = 0; i < count; i++)
		put_error(metrics, device[i]->downtime, "device", device[i]->name);
	begin_family(metrics, "device_downtime_is_lower_bound",
		     "Whether the downtime of a device is only a lower bound (1).");
	for (i = 0; i < count; i++)
		put_lower_bound(metrics, device[i]->downtime, "device", device[i]->name);
	begin_family(metrics, "devices_left_out",
		     "Preserved devices that have no samples of their own because there are too"
		     " many.");
	put_number(metrics, model->devices - count, NULL, NULL);
	free(device);
	return 0;
}

static bool is_running(const struct model_vm *vm)
{
	return vm->vcpus_old && vm->vcpus_back == vm->vcpus_old;
}

static int compare_vms(const void *a, const void *b)
{
	const struct model_vm *x = *(const struct model_vm *const *)a,
			      *y = *(const struct model_vm *const *)b;

	return x < y ? -1 : x > y;
}

static int compare_vm_names(const void *a, const void *b)
{
	const int order = strcmp(model_vm_name(*(const struct model_vm *const *)a),
				 model_vm_name(*(const struct model_vm *const *)b));

	return order ? order : compare_vms(a, b);
}

/*
 * Put the first VM of each name that ran in the old kernel into @vm, in the order of the model:
 * those that do not run come first. Returns how many there are, limited to the maximum.
 */
static size_t choose_vms(const struct metrics *metrics, const struct model_vm **vm)
{
	const struct model *model = metrics->model;
	const size_t most = limited(metrics, model->vms_old);
	size_t ran = 0, count = 0, i;

	for (i = 0; i < model->vms; i++)
		if (model->vm[i].vcpus_old)
			vm[ran++] = &model->vm[i];
	qsort(vm, ran, sizeof(*vm), compare_vm_names);
	for (i = 0; i < ran; i++)
		if (!count || strcmp(model_vm_name(vm[count - 1]), model_vm_name(vm[i])))
			vm[count++] = vm[i];
	qsort(vm, count, sizeof(*vm), compare_vms);
	return count < most ? count : most;
}

static int put_vms(struct metrics *metrics)
{
	const struct model *model = metrics->model;
	const struct model_vm **vm;
	size_t count, i;

	if (!model->vms_old)
		return 0;
	vm = calloc(model->vms, sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	count = choose_vms(metrics, vm);
	if (model->vms_missing_known) {
		begin_family(metrics, "vms_awaited",
			     "Virtual machines that ran in the old kernel.");
		put_number(metrics, model->vms_old, NULL, NULL);
		begin_family(metrics, "vms_missing",
			     "Virtual machines with vCPUs that were not seen to run again.");
		put_number(metrics, model->vms_missing, NULL, NULL);
	}
	begin_family(
		metrics, "vm_is_running",
		"Whether all vCPUs of a virtual machine were seen to run again (1) or not (0).");
	for (i = 0; i < count; i++)
		if (is_running(vm[i]) || model->vms_missing_known)
			put_number(metrics, is_running(vm[i]), "vm", model_vm_name(vm[i]));
	begin_family(metrics, "vm_downtime_seconds",
		     "Downtime of a virtual machine: from the first of its vCPUs' last"
		     " exits from KVM_RUN to the last of their first entries.");
	for (i = 0; i < count; i++)
		put_time(metrics, vm[i]->downtime, "vm", model_vm_name(vm[i]));
	begin_family(metrics, "vm_downtime_error_seconds",
		     "Largest possible error of the downtime of a virtual machine, which may have"
		     " run before that was seen.");
	for (i = 0; i < count; i++)
		put_error(metrics, vm[i]->downtime, "vm", model_vm_name(vm[i]));
	begin_family(metrics, "vm_downtime_is_lower_bound",
		     "Whether the downtime of a virtual machine is only a lower bound (1).");
	for (i = 0; i < count; i++)
		put_lower_bound(metrics, vm[i]->downtime, "vm", model_vm_name(vm[i]));
	begin_family(metrics, "vms_left_out",
		     "Virtual machines that have no samples of their own because there are too"
		     " many.");
	put_number(metrics, model->vms_old - count, NULL, NULL);
	free(vm);
	return 0;
}

/* One name on one bus is one device: a series must not appear twice, whatever the areas hold. */
static bool was_put(const struct model_subject_span *const *put, size_t count,
		    const struct model_subject_span *entry)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(put[i]->name, entry->name) && !strcmp(put[i]->group, entry->group))
			return true;
	return false;
}

static int put_shutdowns(struct metrics *metrics)
{
	const struct model *model = metrics->model;
	const size_t most = limited(metrics, model->shutdowns);
	const struct model_subject_span **put;
	char buffer[SECONDS_BYTES];
	size_t count = 0, i;

	if (!model->shutdowns)
		return 0;
	put = calloc(most, sizeof(*put));
	if (!put)
		return -ENOMEM;
	begin_family(metrics, "shutdown_seconds",
		     "Time of the slowest devices in the device_shutdown phase.");
	for (i = 0; i < model->shutdowns && count < most; i++) {
		const struct model_subject_span *entry = &model->shutdown[i];

		if (!entry->subject_kind || !entry->span.duration.known ||
		    was_put(put, count, entry))
			continue;
		put[count++] = entry;
		put_sample(metrics, format_seconds(buffer, entry->span.duration.value), "device",
			   entry->name, "bus", entry->group, "driver", entry->subject_detail, NULL);
	}
	begin_family(metrics, "shutdowns_left_out",
		     "Devices that were shut down and have no sample of their own.");
	put_number(metrics, model->shutdowns - count, NULL, NULL);
	free(put);
	return 0;
}

/* The longest first; instants last. */
static int compare_marks(const void *a, const void *b)
{
	const struct model_mark *x = *(const struct model_mark *const *)a;
	const struct model_mark *y = *(const struct model_mark *const *)b;
	int order = compare_times(bounded_estimate(x->span.duration),
				  bounded_estimate(y->span.duration));

	if (!order)
		order = strcmp(x->name, y->name);
	if (!order)
		order = (x->instance > y->instance) - (x->instance < y->instance);
	if (!order)
		order = (x->span.begin_cycles > y->span.begin_cycles) -
			(x->span.begin_cycles < y->span.begin_cycles);
	return order;
}

/*
 * Move the longest of each name and instance to the front of @mark; returns how many there are,
 * limited to the maximum.
 */
static size_t choose_marks(const struct metrics *metrics, const struct model_mark **mark)
{
	const struct model *model = metrics->model;
	const size_t most = limited(metrics, model->marks);
	size_t count = 0, i, k;

	for (i = 0; i < model->marks; i++)
		mark[i] = &model->mark[i];
	qsort(mark, model->marks, sizeof(*mark), compare_marks);
	for (i = 0; i < model->marks && count < most; i++) {
		for (k = 0; k < count; k++)
			if (mark[k]->instance == mark[i]->instance &&
			    !strcmp(mark[k]->name, mark[i]->name))
				break;
		if (k == count)
			mark[count++] = mark[i];
	}
	return count;
}

static void put_mark(struct metrics *metrics, const struct model_mark *mark, const char *number)
{
	char instance[NAME_BYTES];

	/* The label "instance" is taken by Prometheus itself. */
	put_sample(metrics, number, "mark", mark->name, "mark_instance",
		   format_number(instance, mark->instance), NULL);
}

/* Instants have no duration. It is not known if the start or the end was not observed. */
static struct bounded mark_time(const struct metrics *metrics, const struct model_mark *mark)
{
	return mark->instant || mark->end_only ? (struct bounded){} :
						 span_time(metrics->model, &mark->span);
}

static int put_marks(struct metrics *metrics)
{
	const struct model *model = metrics->model;
	const struct model_mark **mark;
	char buffer[SECONDS_BYTES];
	size_t count, i;

	if (!model->marks)
		return 0;
	mark = calloc(model->marks, sizeof(*mark));
	if (!mark)
		return -ENOMEM;
	count = choose_marks(metrics, mark);
	begin_family(metrics, "mark_seconds",
		     "Time of a mark; the longest if several have the same name and instance.");
	for (i = 0; i < count; i++) {
		const struct bounded time = mark_time(metrics, mark[i]);

		if (time.known)
			put_mark(metrics, mark[i], format_seconds(buffer, time.value));
	}
	begin_family(metrics, "mark_is_lower_bound",
		     "Whether a mark ended with an error, so that its time is only a lower bound"
		     " (1).");
	for (i = 0; i < count; i++) {
		const struct bounded time = mark_time(metrics, mark[i]);

		if (time.known && !bounded_is_open(time))
			put_mark(metrics, mark[i], bounded_is_lower_bound(time) ? "1" : "0");
	}
	begin_family(metrics, "mark_start_seconds",
		     "When a mark began, counted from the start of the update; negative if before"
		     " it.");
	for (i = 0; i < count && model->origin_slot == LUO_STATS_B0_UPDATE_BEGIN; i++)
		if (!mark[i]->end_only && mark[i]->span.start.known)
			put_mark(metrics, mark[i],
				 format_seconds(buffer, mark[i]->span.start.value));
	begin_family(metrics, "marks_left_out",
		     "Marks near the update that have no samples of their own.");
	put_number(metrics, model->marks - count, NULL, NULL);
	free(mark);
	return 0;
}

static void put_attempts(struct metrics *metrics)
{
	const struct model *model = metrics->model;
	uint64_t old_kernel = 0, new_kernel = 0;
	size_t i;

	for (i = 0; i < model->attempts; i++) {
		if (model->attempt[i].generation == model->generation)
			new_kernel++;
		else
			old_kernel++;
	}
	begin_family(metrics, "failed_attempts",
		     "Live updates that were tried and failed, in the old kernel, and in the"
		     " new kernel since then.");
	if (model->has_old_kernel)
		put_number(metrics, old_kernel, "kernel", "old");
	if (model->has_new_kernel || !model->has_update)
		put_number(metrics, new_kernel, "kernel", "new");
	begin_family(metrics, "failed_attempts_is_lower_bound",
		     "Whether more updates failed (1): later ones overwrote them.");
	put_number(metrics, model->losses.attempts_dropped > 0, NULL, NULL);
}

/* The one that failed last is what an alert is about: why, and by what it was refused. */
static void put_last_attempt(struct metrics *metrics)
{
	const struct model *model = metrics->model;
	const struct model_attempt *attempt;
	char error[NAME_BYTES], token[24] = "";
	bool is_device;

	if (!model->attempts)
		return;
	attempt = &model->attempt[model->attempts - 1];
	is_device = attempt->cause_kind == LUO_STATS_SUBJECT_DEVICE;
	if (attempt->cause_kind == LUO_STATS_SUBJECT_FILE)
		snprintf(token, sizeof(token), "%" PRIu64, attempt->cause_key);
	begin_family(metrics, "last_failed_attempt_info",
		     "The update that failed last, and what refused it.");
	put_sample(metrics, "1", "kernel",
		   model->has_update && attempt->generation != model->generation ? "old" : "new",
		   "errno", name_errno(attempt->result, error), "device",
		   is_device ? attempt->cause : "", "session", is_device ? "" : attempt->cause,
		   "token", token, "handler", attempt->cause_handler, "why", attempt->why, NULL);
}

static void put_kernel_probes(struct metrics *metrics, const struct model_probes *probes,
			      const char *kernel)
{
	const char *name;
	unsigned int i;
	bool known, attached;

	for (i = 0; (name = model_probe(probes, i, &known, &attached)); i++)
		if (known)
			put_sample(metrics, attached ? "1" : "0", "kernel", kernel, "probe", name,
				   NULL);
}

static void put_probes(struct metrics *metrics)
{
	begin_family(metrics, "probe_attached",
		     "Whether a probe was attached all the time that any was (1) or not (0).");
	put_kernel_probes(metrics, &metrics->model->probes_old, "old");
	put_kernel_probes(metrics, &metrics->model->probes_new, "new");
}

static void put_left_out(struct metrics *metrics)
{
	const struct model *model = metrics->model;
	size_t i;

	begin_family(metrics, "probe_left_out",
		     "1: a function that could not be watched, and why not.");
	for (i = 0; i < model->left_outs; i++)
		put_sample(metrics, "1", "kernel", model->left_out[i].in_new_kernel ? "new" : "old",
			   "function", model->left_out[i].function, "why", model->left_out[i].why,
			   NULL);
}

static void put_losses(struct metrics *metrics)
{
	const struct model_losses *losses = &metrics->model->losses;
	struct model_loss list[MODEL_LOSSES];
	size_t i;

	begin_family(metrics, "dropped", "Spans that found no room, or whose start was not seen.");
	put_number(metrics, losses->dropped_total, NULL, NULL);
	begin_family(metrics, "losses",
		     "Other data missing from the stats areas, and so from all other metrics.");
	model_losses_list(losses, list);
	for (i = 0; i < MODEL_LOSSES; i++)
		put_number(metrics, list[i].count, "what", list[i].name);
}

int view_metrics(const struct model *model, FILE *out, unsigned int top)
{
	struct metrics metrics = { .model = model, .out = out, .top = top };
	int err = 0;

	put_update(&metrics);
	if (model->has_update || model->attempts)
		put_outcome(&metrics);
	if (model->has_update) {
		put_blackout(&metrics);
		put_phases(&metrics);
		put_manager(&metrics);
		put_clock(&metrics);
		put_files(&metrics);
		put_device_counts(&metrics);
		err = put_devices(&metrics);
		if (!err)
			err = put_vms(&metrics);
		if (!err)
			err = put_shutdowns(&metrics);
		if (!err)
			err = put_marks(&metrics);
	}
	if (err)
		return err;
	put_attempts(&metrics);
	put_last_attempt(&metrics);
	put_probes(&metrics);
	put_left_out(&metrics);
	put_losses(&metrics);
	fputs("# EOF\n", out);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
