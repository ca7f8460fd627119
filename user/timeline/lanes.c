// SPDX-License-Identifier: GPL-2.0
#include "lanes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt_text.h"
#include "base/array.h"
#include "base/bounded.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "capture/boot_log.h"
#include "capture/reset_method.h"
#include "model/belongs.h"
#include "model/clock.h"
#include "model/model.h"
#include "model/model_names.h"
#include "model/steps.h"
#include "timeline.h"

#define TRACEPOINTS "tracepoints of vfio_pci_liveupdate"

/* How a step is drawn, and where its times come from: of a device, a file, a session and an FLB. */
static const struct {
	enum timeline_kind kind;
	const char *device;
	const char *file;
	const char *session;
	const char *flb;
} steps[STEPS] = {
	[STEP_PRESERVE] = { TIMELINE_PRESERVE, TRACEPOINTS, "luo_preserve_file, call to return",
			    NULL, "luo_flb_file_preserve, call to return" },
	[STEP_UNPRESERVE] = { TIMELINE_UNDO, TRACEPOINTS, NULL,
			      "luo_file_unpreserve_files, call to return",
			      "liveupdate_flb_put_outgoing, call to return" },
	[STEP_FREEZE] = { TIMELINE_FREEZE, TRACEPOINTS,
			  "kho_block_set_it_reserve_entry, one return to the next",
			  "luo_file_freeze, call to return", NULL },
	[STEP_UNFREEZE] = { TIMELINE_UNDO, NULL, NULL, "__luo_file_unfreeze, call to return",
			    NULL },
	[STEP_RESET] = { TIMELINE_RESET, TRACEPOINTS, NULL, NULL, NULL },
	[STEP_RETRIEVE] = { TIMELINE_RETRIEVE, TRACEPOINTS, "luo_retrieve_file, call to return",
			    "luo_session_retrieve, call to return",
			    "luo_flb_retrieve_one, call to return" },
	[STEP_BIND] = { TIMELINE_BIND, "vfio_df_ioctl_bind_iommufd, call to return", NULL, NULL,
			NULL },
	[STEP_IRQ_SETUP] = { TIMELINE_IRQ_SETUP, "vfio_pci_set_irqs_ioctl, call to return", NULL,
			     NULL, NULL },
	[STEP_FINISH] = { TIMELINE_FINISH, TRACEPOINTS,
			  "luo_flb_file_finish, one return to the next",
			  "luo_file_finish, call to return",
			  "liveupdate_flb_put_incoming, call to return" },
	[STEP_RELEASE_RESET] = { TIMELINE_RESET, TRACEPOINTS, NULL, NULL, NULL },
};

/**
 * struct drawing - a timeline being made
 * @device_lane: lane of the first preserved device; the others follow
 * @not_placed: the number of spans left out because their start is not known
 */
struct drawing {
	const struct model *model;
	struct timeline *timeline;
	size_t device_lane;
	size_t not_placed;
	bool no_memory;
};

/* One more element of @list, or NULL. */
static void *grow(struct drawing *drawing, void **list, size_t count, size_t size)
{
	void *grown = array_grow(*list, count, size);

	if (!grown) {
		drawing->no_memory = true;
		return NULL;
	}
	*list = grown;
	return memset((char *)grown + count * size, 0, size);
}

/* Returns the lane, which the caller names; NULL if out of memory. */
static struct timeline_lane *add_lane(struct drawing *drawing, enum timeline_group group)
{
	struct timeline *timeline = drawing->timeline;
	struct timeline_lane *lane =
		grow(drawing, (void **)&timeline->lane, timeline->lanes, sizeof(*timeline->lane));

	if (lane) {
		lane->group = group;
		lane->session = lane->vm = "";
		timeline->lanes++;
	}
	return lane;
}

/* Add an item to the last lane; the caller sets its other fields. */
static struct timeline_item *add_item(struct drawing *drawing, enum timeline_kind kind,
				      const char *name, int64_t start_ns, int64_t end_ns,
				      const char *source)
{
	struct timeline *timeline = drawing->timeline;
	struct timeline_item *item =
		grow(drawing, (void **)&timeline->item, timeline->items, sizeof(*timeline->item));

	if (!item || !timeline->lanes)
		return NULL;
	timeline->items++;
	item->lane = timeline->lanes - 1;
	item->kind = kind;
	snprintf(item->name, sizeof(item->name), "%s", name);
	item->start_ns = start_ns;
	item->end_ns = end_ns;
	item->start = clock_doubt(&drawing->model->clock, bounded_exact(start_ns));
	item->duration = clock_doubt(&drawing->model->clock, bounded_exact(end_ns - start_ns));
	item->source = source;
	return item;
}

static struct bounded boundary_start(const struct model *model, unsigned int slot)
{
	return model->boundary[slot].source != MODEL_SOURCE_NONE ? model->boundary[slot].start :
								   (struct bounded){};
}

/* A span still open in the old kernel ended with that kernel at the latest. */
static int64_t end_of_open(const struct model *model, const struct model_span *span)
{
	struct bounded end = boundary_start(model, LUO_STATS_B7_TIME_ZERO);

	if (!end.known)
		end = boundary_start(model, LUO_STATS_B6_JUMP);
	return !span->in_new_kernel && end.known && end.value > span->start.value ?
		       end.value :
		       span->start.value;
}

static struct timeline_item *add_span(struct drawing *drawing, enum timeline_kind kind,
				      const char *name, const struct model_span *span,
				      const char *source)
{
	struct timeline_item *item;
	int64_t end;

	if (!span->observed)
		return NULL;
	if (!span->start.known || (!span->open && !span->duration.known)) {
		drawing->not_placed++;
		return NULL;
	}
	end = span->open ? end_of_open(drawing->model, span) :
			   span->start.value + span->duration.value;
	item = add_item(drawing, kind, name, span->start.value, end, source);
	if (!item)
		return NULL;
	item->open = span->open;
	item->in_new_kernel = span->in_new_kernel;
	item->result = span->open ? 0 : span->result;
	return item;
}

/* All steps of a row, in the lane that was added last. */
static void add_steps(struct drawing *drawing, const struct model_span step[STEPS],
		      uint32_t subject_kind)
{
	enum model_step i;

	for (i = 0; i < STEPS; i++)
		add_span(drawing, steps[i].kind, i == STEP_IRQ_SETUP ? step_name(i) : step_words(i),
			 &step[i],
			 subject_kind == LUO_STATS_SUBJECT_DEVICE ? steps[i].device :
			 subject_kind == LUO_STATS_SUBJECT_FILE	  ? steps[i].file :
			 subject_kind == LUO_STATS_SUBJECT_FLB	  ? steps[i].flb :
								    steps[i].session);
}

/* Add an item whose times are known with their bounds. */
static struct timeline_item *add_bounded(struct drawing *drawing, enum timeline_kind kind,
					 const char *name, struct bounded start,
					 struct bounded duration, const char *source)
{
	struct timeline_item *item =
		add_item(drawing, kind, name, start.value, start.value + duration.value, source);

	if (!item)
		return NULL;
	item->start = start;
	item->duration = duration;
	return item;
}

/* How long the new kernel took from @zero to @end, the end of the blackout. */
static struct bounded new_kernel_time(const struct model *model, struct bounded zero,
				      struct bounded end)
{
	const struct bounded time = clock_doubt(
		&model->clock, bounded_with_error(end.value - zero.value, bounded_error(zero)));

	return bounded_is_lower_bound(model->blackout) ?
		       bounded_at_least(time, model->blackout.why) :
		       time;
}

static void add_kernels(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	const struct bounded begin = boundary_start(model, LUO_STATS_B0_UPDATE_BEGIN);
	const struct bounded jump = boundary_start(model, LUO_STATS_B6_JUMP);
	const struct bounded zero = boundary_start(model, LUO_STATS_B7_TIME_ZERO);
	const struct bounded end = boundary_start(model, model->end_slot);
	struct timeline_lane *lane = add_lane(drawing, TIMELINE_KERNELS);
	struct timeline_item *item;
	char name[TIMELINE_NAME_BYTES];

	if (!lane)
		return;
	snprintf(lane->name, sizeof(lane->name), "kernels");
	if (begin.known && jump.known) {
		snprintf(name, sizeof(name), "%s", model->from_release);
		add_item(drawing, TIMELINE_KERNEL, name, begin.value, jump.value,
			 "reboot(2) to machine_kexec");
	}
	if (jump.known && zero.known) {
		item = add_item(drawing, TIMELINE_JUMP, "jump", jump.value, zero.value,
				"machine_kexec to the zero of the new kernel's sched_clock");
		if (item)
			item->duration = bounded_minus(zero, jump.value);
	}
	if (zero.known && end.known && end.value >= zero.value) {
		snprintf(name, sizeof(name), "%s", model->to_release);
		item = add_item(drawing, TIMELINE_KERNEL, name, zero.value, end.value,
				"the zero of its sched_clock to the end of the blackout");
		if (item) {
			item->duration = new_kernel_time(model, zero, end);
			item->in_new_kernel = true;
		}
	}
}

/* The source of the stamp of @slot, as text for the phase that ends there. */
static const char *phase_source(const struct model_phase *phase, const struct model *model)
{
	const enum model_source end = model->boundary[phase->end].source;

	switch (end) {
	case MODEL_SOURCE_LOG:
		return "boundaries; its end is from the kernel log";
	case MODEL_SOURCE_RECKONED:
		return "boundaries; its end is computed from an anchor of the module";
	case MODEL_SOURCE_NOTIFIER:
	case MODEL_SOURCE_DUMPER:
	case MODEL_SOURCE_MODULE:
		return "boundaries; its end is stamped by the module";
	case MODEL_SOURCE_INIT:
		return "boundaries; its end is stamped by luoscope init";
	default:
		return "boundaries, stamped by probes";
	}
}

static void add_phases(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	struct timeline_lane *lane = add_lane(drawing, TIMELINE_PHASES);
	struct timeline_item *item;
	size_t i, j;

	if (!lane)
		return;
	snprintf(lane->name, sizeof(lane->name), "phases");
	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];
		const bool in_new_kernel = phase->begin >= LUO_STATS_B7_TIME_ZERO;

		if (!phase->start.known || !phase->duration.known)
			continue;
		item = add_bounded(drawing, TIMELINE_PHASE, phase->name, phase->start,
				   phase->duration, phase_source(phase, model));
		if (item)
			item->in_new_kernel = in_new_kernel;
		for (j = 0; j < phase->parts; j++) {
			const struct model_part *part = &phase->part[j];

			if (!part->start.known)
				continue;
			item = add_bounded(drawing, TIMELINE_PART, name_part(part->kind),
					   part->start, part->duration,
					   "stamps of the module, built into the kernel");
			if (item)
				item->in_new_kernel = in_new_kernel;
		}
	}
	if (model->init_start.known) {
		item = add_bounded(drawing, TIMELINE_INIT, "luoscope init", model->init_start,
				   model->luoscope_init, "stamps of luoscope init");
		if (item)
			item->in_new_kernel = true;
	}
}

static void add_moment(struct drawing *drawing, const char *name, struct bounded time,
		       bool in_new_kernel)
{
	struct timeline_item *item = NULL;

	if (time.known)
		item = add_item(drawing, TIMELINE_STOPPED, name, time.value, time.value,
				"KVM_RUN; the other side was not seen");
	if (!item)
		return;
	item->in_new_kernel = in_new_kernel;
	item->instant = true;
}

/**
 * struct standstill - when a virtual machine or a vCPU did not run
 * @exit:    the last exit from KVM_RUN in the old kernel
 * @entry:   the first entry in the new kernel
 * @downtime:    the time between them, if known
 * @missing: it is known not to have run again
 * @source:  of the times
 */
struct standstill {
	struct bounded exit;
	struct bounded entry;
	struct bounded downtime;
	bool missing;
	const char *source;
};

/* Whose @lane is; @session: "" and @vm: NULL if not known. */
static void set_owner(struct timeline_lane *lane, const char *session, uint64_t token,
		      const struct model_vm *vm)
{
	lane->session = session;
	lane->token = token;
	lane->vm = vm ? model_vm_name(vm) : "";
}

/* Goes to the last lane. */
static void add_standstill(struct drawing *drawing, const struct standstill *still)
{
	const struct model *model = drawing->model;
	const struct bounded end = boundary_start(model, model->end_slot);
	struct timeline_lane *lane = &drawing->timeline->lane[drawing->timeline->lanes - 1];
	struct timeline_item *item;

	lane->not_back = still->missing;
	if (still->downtime.known && still->entry.known) {
		lane->downtime_start = still->exit;
		lane->downtime = still->downtime;
		add_bounded(drawing, TIMELINE_STOPPED, "stopped", still->exit, still->downtime,
			    still->source);
	} else if (still->missing && still->exit.known) {
		lane->downtime_start = still->exit;
		/* To the end of the blackout, at least. */
		item = add_item(drawing, TIMELINE_STOPPED, "stopped", still->exit.value,
				end.known && end.value > still->exit.value ? end.value :
									     still->exit.value,
				still->source);
		if (item)
			item->open = true;
	} else {
		add_moment(drawing, "last exit", still->exit, false);
		add_moment(drawing, "first entry", still->entry, true);
	}
}

static const char *vcpu_source(const struct model_vcpu *vcpu)
{
	if (vcpu->never_left)
		return "from machine_shutdown (or machine_kexec, if that was not seen), because it"
		       " was still in KVM_RUN, to its first entry in the new kernel";
	return "KVM_RUN: from its last exit in the old kernel to its first entry in the new one";
}

static void add_vms(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	size_t i;

	for (i = 0; i < model->vms; i++) {
		const struct model_vm *vm = &model->vm[i];
		struct standstill still = {
			.exit = vm->exit,
			.entry = vm->entry,
			.downtime = vm->downtime,
			.missing = model_vm_is_missing(model, vm),
			.source = vm->vcpus == 1 ?
					  vcpu_source(&vm->vcpu[0]) :
					  "KVM_RUN: from the first of the vCPUs' last exits in the"
					  " old kernel to the last of their first entries in the"
					  " new one",
		};
		struct timeline_lane *lane = add_lane(drawing, TIMELINE_VMS);

		if (!lane)
			return;
		snprintf(lane->name, sizeof(lane->name), "%s", model_vm_name(vm));
		snprintf(lane->detail, sizeof(lane->detail), "%s, %zu vCPU%s%s", vm->process,
			 vm->vcpus, vm->vcpus == 1 ? "" : "s", still.missing ? ", not back" : "");
		set_owner(lane, "", 0, vm);
		add_standstill(drawing, &still);
	}
}

/* A virtual machine with one vCPU needs only its own lane. */
static void add_vcpus(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	size_t i, j;

	for (i = 0; i < model->vms; i++) {
		const struct model_vm *vm = &model->vm[i];

		for (j = 0; j < vm->vcpus && vm->vcpus > 1; j++) {
			const struct model_vcpu *vcpu = &vm->vcpu[j];
			struct standstill still = {
				.exit = vcpu->exit,
				.entry = vcpu->entry,
				.downtime = vcpu->downtime,
				.missing = model->vms_missing_known && vcpu->in_old_kernel &&
					   !vcpu->in_new_kernel,
				.source = vcpu_source(vcpu),
			};
			struct timeline_lane *lane = add_lane(drawing, TIMELINE_VCPUS);

			if (!lane)
				return;
			/* The number first: long names are cut. */
			snprintf(lane->name, sizeof(lane->name), "%" PRIu32 " of %s", vcpu->id,
				 model_vm_name(vm));
			snprintf(lane->detail, sizeof(lane->detail), "%s",
				 still.missing ? "not back" : "");
			set_owner(lane, "", 0, vm);
			add_standstill(drawing, &still);
		}
	}
}

static void add_marks(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	size_t i;

	for (i = 0; i < model->marks; i++) {
		const struct model_mark *mark = &model->mark[i];
		struct timeline_item *item;
		struct timeline_lane *lane;

		if (!mark->end_only && !mark->span.start.known)
			continue;
		lane = add_lane(drawing, TIMELINE_MARKS);
		if (!lane)
			return;
		if (mark->instance)
			snprintf(lane->name, sizeof(lane->name), "%s %" PRIu64, mark->name,
				 mark->instance);
		else
			snprintf(lane->name, sizeof(lane->name), "%s", mark->name);
		if (mark->crosses && mark->span.duration.known) {
			item = add_item(drawing, TIMELINE_MARK, mark->name, mark->span.start.value,
					mark->span.start.value + mark->span.duration.value,
					"/dev/luo_mark, in both kernels");
		} else if (mark->end_only && mark->end.known) {
			item = add_item(drawing, TIMELINE_MARK, mark->name, mark->end.value,
					mark->end.value, "/dev/luo_mark; its start was not seen");
			if (item)
				item->instant = true;
		} else {
			item = add_span(drawing, TIMELINE_MARK, mark->name, &mark->span,
					"/dev/luo_mark");
			if (item)
				item->instant = mark->instant;
		}
	}
}

static void add_sessions(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	size_t i;

	for (i = 0; i < model->sessions; i++) {
		const struct model_session *session = &model->session[i];
		struct timeline_lane *lane = add_lane(drawing, TIMELINE_SESSIONS);

		if (!lane)
			return;
		snprintf(lane->name, sizeof(lane->name), "%s", session->name);
		snprintf(lane->detail, sizeof(lane->detail), "%zu file%s%s", session->files,
			 session->files == 1 ? "" : "s",
			 session->late ? ", back after the blackout" : "");
		set_owner(lane, session->name, 0, session_vm(model, session));
		lane->downtime = session->downtime;
		/* It counts from B0. */
		if (session->downtime.known)
			lane->downtime_start = bounded_exact(0);
		else
			lane->not_back = session->files_known && session->files_missing;
		add_steps(drawing, session->step, LUO_STATS_SUBJECT_SESSION);
	}
}

/* When the lane gave no service. @is_some_back: at the end of @downtime, even if not all was. */
static void set_downtime(struct timeline_lane *lane, const struct model_span *freeze,
			 struct bounded downtime, bool is_some_back, bool not_back)
{
	lane->not_back = not_back;
	if (!freeze->observed || !freeze->start.known || (!downtime.known && !not_back))
		return;
	lane->downtime_start = bounded_estimate(freeze->start);
	if (is_some_back)
		lane->downtime = downtime;
}

static void describe_device(struct timeline_lane *lane, const struct model_device *device)
{
	const struct model_reset *reset = &device->reset;
	size_t length;

	length = snprintf(lane->detail, sizeof(lane->detail), "%s%s%s", device->product,
			  device->product[0] ? ", " : "", device->driver);
	if (reset->known)
		snprintf(lane->detail + length, sizeof(lane->detail) - length, "%sreset %s%s%s",
			 length ? ", " : "", reset->method ? name_reset_method(reset->method) : "",
			 reset->method ? " " : "", name_reset_outcome(reset->outcome));
	else if (reset->none_seen)
		snprintf(lane->detail + length, sizeof(lane->detail) - length,
			 "%sreset none seen%s", length ? ", " : "",
			 device->kept ? ", " TEXT_KEPT : "");
}

static void add_devices(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	size_t i;

	drawing->device_lane = drawing->timeline->lanes;
	for (i = 0; i < model->devices; i++) {
		const struct model_device *device = &model->device[i];
		const struct model_file *file = device_file(model, device);
		struct timeline_lane *lane = add_lane(drawing, TIMELINE_DEVICES);

		if (!lane)
			return;
		snprintf(lane->name, sizeof(lane->name), "%s", device->name);
		describe_device(lane, device);
		set_owner(lane, file ? file->session : "", file ? file->token : 0,
			  device_vm(model, device));
		lane->kept = device->kept;
		if (!device->kept)
			set_downtime(lane, &device->step[STEP_FREEZE], device->downtime,
				     model_span_succeeded(&device->step[STEP_RETRIEVE]) ||
					     model_device_is_in_service(device),
				     device->not_back);
		add_steps(drawing, device->step, LUO_STATS_SUBJECT_DEVICE);
	}
}

static void add_files(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	size_t i;

	for (i = 0; i < model->files; i++) {
		const struct model_file *file = &model->file[i];
		struct timeline_lane *lane = add_lane(drawing, TIMELINE_FILES);

		if (!lane)
			return;
		snprintf(lane->name, sizeof(lane->name), "%s %" PRIu64, file->session, file->token);
		snprintf(lane->detail, sizeof(lane->detail), "%s", file->handler);
		set_owner(lane, file->session, file->token, file_vm(model, file));
		set_downtime(lane, &file->step[STEP_FREEZE], file->downtime, !file->not_back,
			     file->not_back);
		add_steps(drawing, file->step, LUO_STATS_SUBJECT_FILE);
	}
}

/* What the files share lies beside them. */
static void add_flbs(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	size_t i;

	for (i = 0; i < model->flbs; i++) {
		struct timeline_lane *lane = add_lane(drawing, TIMELINE_FILES);

		if (!lane)
			return;
		snprintf(lane->name, sizeof(lane->name), "%s", model->flb[i].name);
		snprintf(lane->detail, sizeof(lane->detail), "FLB");
		add_steps(drawing, model->flb[i].step, LUO_STATS_SUBJECT_FLB);
	}
}

/* By thread, each in the order of the rows; the thread in device_shutdown() comes first. */
static int compare_threads(const void *a, const void *b, void *context)
{
	const struct model *model = context;
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const uint32_t first = model->shutdown[0].span.pid;
	const uint32_t of_x = model->shutdown[x].span.pid, of_y = model->shutdown[y].span.pid;

	if (of_x != of_y)
		return of_x == first ? -1 : of_y == first ? 1 : of_x < of_y ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* A lane for each thread that shut devices down. */
static void add_shutdowns(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	size_t *order = calloc(model->shutdowns + 1, sizeof(*order));
	uint32_t thread = 0;
	size_t i;

	if (!order) {
		drawing->no_memory = true;
		return;
	}
	for (i = 0; i < model->shutdowns; i++)
		order[i] = i;
	qsort_r(order, model->shutdowns, sizeof(*order), compare_threads, (void *)model);
	for (i = 0; i < model->shutdowns; i++) {
		const struct model_subject_span *row = &model->shutdown[order[i]];

		if (!i || row->span.pid != thread) {
			struct timeline_lane *lane = add_lane(drawing, TIMELINE_SHUTDOWN);

			if (!lane)
				break;
			snprintf(lane->name, sizeof(lane->name), "device_shutdown");
			thread = row->span.pid;
		}
		add_span(drawing, TIMELINE_CALLBACK, row->name, &row->span,
			 "pm_runtime_barrier of the device to that of the next");
	}
	free(order);
}

static struct timeline_lane *add_boot_lane(struct drawing *drawing, const char *name)
{
	struct timeline_lane *lane = add_lane(drawing, TIMELINE_BOOT);

	if (lane)
		snprintf(lane->name, sizeof(lane->name), "%s", name);
	return lane;
}

static void add_boot_moments(struct drawing *drawing)
{
	const struct model_boot *boot = &drawing->model->boot;
	struct timeline_item *item;
	unsigned int i;

	if (!add_boot_lane(drawing, "moments"))
		return;
	for (i = 0; i < BOOT_MOMENTS; i++) {
		const struct bounded *moment = &boot->moment[i];

		if (!moment->known)
			continue;
		item = add_bounded(drawing, TIMELINE_MOMENT, boot_moment_name(i), *moment,
				   bounded_exact(0), "a line of the new kernel's log");
		if (item) {
			item->in_new_kernel = true;
			item->instant = true;
		}
	}
}

static void add_boot_list(struct drawing *drawing, enum timeline_kind kind,
			  const struct model_boot_list *list, const char *source)
{
	char name[TIMELINE_NAME_BYTES];
	struct timeline_item *item;
	size_t i;

	for (i = 0; i < list->rows; i++) {
		const struct model_boot_row *row = &list->row[i];

		if (!row->start.known)
			continue;
		snprintf(name, sizeof(name), "%.60s%s%.60s", row->what,
			 kind == TIMELINE_SILENCE ? " ... " :
			 row->of[0]		  ? " " :
						    "",
			 row->of);
		item = add_bounded(drawing, kind, name, row->start, row->duration, source);
		if (item) {
			item->in_new_kernel = true;
			item->result = row->result;
		}
	}
}

/* From the new kernel's log: the longest of each list. */
static void add_boot(struct drawing *drawing)
{
	static const char debug[] = "the new kernel's log, with initcall_debug";
	const struct model_boot *boot = &drawing->model->boot;

	if (!boot->has_boot || !boot->moment[BOOT_PID1].known)
		return;
	add_boot_moments(drawing);
	if (boot->has_initcalls) {
		if (add_boot_lane(drawing, "initcalls")) {
			add_boot_list(drawing, TIMELINE_INITCALL, &boot->list[BOOT_INITCALLS],
				      debug);
			add_boot_list(drawing, TIMELINE_INITCALL, &boot->list[BOOT_MODULES], debug);
		}
		if (add_boot_lane(drawing, "probes"))
			add_boot_list(drawing, TIMELINE_PROBE, &boot->list[BOOT_PROBES], debug);
	}
	if (add_boot_lane(drawing, "silences"))
		add_boot_list(
			drawing, TIMELINE_SILENCE, &boot->list[BOOT_SILENCES],
			"the new kernel's log: no line was logged and no initcall was running");
}

/* The lane of the preserved device of @entry; SIZE_MAX if it is not one. */
static size_t lane_of_device(const struct drawing *drawing, const struct model_subject_span *entry)
{
	const struct model *model = drawing->model;
	const struct model_device *device = entry->subject_kind == LUO_STATS_SUBJECT_DEVICE ?
						    model_find_device(model, entry->name) :
						    NULL;

	return device ? drawing->device_lane + (device - model->device) : SIZE_MAX;
}

/* Spans that are in no table: those of preserved devices, and one lane for each other subject. */
static void add_others(struct drawing *drawing, const struct model_subject_span *list, size_t count,
		       bool about_devices)
{
	size_t lane_of[LUO_STATS_KINDS + 1] = {};
	size_t i;

	for (i = 0; i < count; i++) {
		const struct model_subject_span *entry = &list[i];
		const unsigned int kind = entry->kind < LUO_STATS_KINDS ? entry->kind :
									  LUO_STATS_KINDS;
		const size_t device_lane = lane_of_device(drawing, entry);
		struct timeline_item *item;
		char buffer[NAME_BYTES];
		const char *name = name_kind(entry->kind, buffer);

		if ((device_lane != SIZE_MAX) != about_devices)
			continue;
		if (!about_devices && !lane_of[kind]) {
			struct timeline_lane *lane = add_lane(drawing, TIMELINE_OTHERS);

			if (!lane)
				return;
			snprintf(lane->name, sizeof(lane->name), "%s", name);
			lane_of[kind] = drawing->timeline->lanes;
		}
		item = add_span(drawing,
				entry->kind == LUO_STATS_PLAIN_RESET ? TIMELINE_RESET :
								       TIMELINE_OTHER,
				about_devices ? name : entry->name, &entry->span,
				entry->kind == LUO_STATS_PLAIN_RESET ?
					"__pci_reset_function_locked, call to return" :
					"a span of the stats area");
		if (item)
			item->lane = about_devices ? device_lane : lane_of[kind] - 1;
	}
}

/* A span of an attempt, and what its lane is called. @order: of the span in the attempt. */
struct named_span {
	const struct model_subject_span *entry;
	size_t order;
	char lane[TIMELINE_NAME_BYTES];
};

static void name_lane(struct named_span *named)
{
	const struct model_subject_span *entry = named->entry;
	char buffer[NAME_BYTES];

	if (entry->subject_kind == LUO_STATS_SUBJECT_FILE)
		snprintf(named->lane, sizeof(named->lane), "%s %" PRIu64, entry->name, entry->key);
	else
		snprintf(named->lane, sizeof(named->lane), "%s",
			 entry->subject_kind ? entry->name : name_kind(entry->kind, buffer));
}

static int compare_lanes(const void *a, const void *b)
{
	const struct named_span *x = a, *y = b;
	const int order = strcmp(x->lane, y->lane);

	if (order)
		return order;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Goes to @lane. */
static void add_attempt_span(struct drawing *drawing, const struct model_subject_span *entry,
			     size_t lane)
{
	const enum model_step step = step_of_kind(entry->kind, entry->subject_kind);
	const bool is_device = entry->subject_kind == LUO_STATS_SUBJECT_DEVICE;
	struct timeline_item *item;
	char buffer[NAME_BYTES];

	item = add_span(drawing,
			step < STEPS			  ? steps[step].kind :
			entry->kind == LUO_STATS_SHUTDOWN ? TIMELINE_CALLBACK :
							    TIMELINE_RESET,
			step < STEPS ? step_words(step) : name_kind(entry->kind, buffer),
			&entry->span,
			step == STEPS				      ? "a span of the stats area" :
			is_device				      ? steps[step].device :
			entry->subject_kind == LUO_STATS_SUBJECT_FILE ? steps[step].file :
									steps[step].session);
	if (!item)
		return;
	item->lane = lane;
	if (!item->source)
		item->source = "a span of the stats area";
}

/*
 * One lane for each name, in the order in which they come first. @named is sorted by name and
 * order; @lane_of has room for the lane of each span, by its order.
 */
static void add_named_spans(struct drawing *drawing, size_t attempt, const struct named_span *named,
			    size_t count, const struct named_span **first_of, size_t *lane_of)
{
	size_t i;

	for (i = 0; i < count; i++)
		first_of[named[i].order] = i && !strcmp(named[i].lane, named[i - 1].lane) ?
						   first_of[named[i - 1].order] :
						   &named[i];
	for (i = 0; i < count; i++) {
		const struct named_span *first = first_of[i];

		lane_of[i] = first->order < i ? lane_of[first->order] : drawing->timeline->lanes;
		if (first->order == i) {
			struct timeline_lane *lane = add_lane(drawing, TIMELINE_ATTEMPTS);

			if (!lane)
				return;
			lane->attempt = attempt;
			TEXT_COPY(lane->name, first->lane);
			snprintf(lane->detail, sizeof(lane->detail), "%s",
				 first->entry->subject_detail);
		}
	}
}

/* All that was done and undone in the attempt with the index @attempt. */
static void add_attempt_spans(struct drawing *drawing, size_t attempt)
{
	const struct model *model = drawing->model;
	const size_t most = model->attempt_spans + 1;
	struct named_span *named = calloc(most, sizeof(*named));
	const struct named_span **first_of = calloc(most, sizeof(const struct named_span *));
	size_t *lane_of = calloc(most, sizeof(*lane_of));
	size_t count = 0, i;

	drawing->no_memory |= !named || !first_of || !lane_of;
	for (i = 0; !drawing->no_memory && i < model->attempt_spans; i++) {
		if (!model_attempt_has(model, &model->attempt[attempt], &model->attempt_span[i]))
			continue;
		named[count].entry = &model->attempt_span[i];
		named[count].order = count;
		name_lane(&named[count++]);
	}
	if (count) {
		qsort(named, count, sizeof(*named), compare_lanes);
		add_named_spans(drawing, attempt + 1, named, count, first_of, lane_of);
	}
	for (i = 0; !drawing->no_memory && i < count; i++)
		add_attempt_span(drawing, named[i].entry, lane_of[named[i].order]);
	free(named);
	free(first_of);
	free(lane_of);
}

static void add_attempts(struct drawing *drawing)
{
	const struct model *model = drawing->model;
	static const char source[] = "reboot(2) to the return of liveupdate_reboot";
	size_t i;

	for (i = 0; i < model->attempts; i++) {
		const struct model_attempt *attempt = &model->attempt[i];
		struct timeline_lane *lane;
		struct timeline_item *item;

		if (!attempt->start.known || !attempt->duration.known) {
			drawing->not_placed++;
			continue;
		}
		lane = add_lane(drawing, TIMELINE_ATTEMPTS);
		if (!lane)
			return;
		lane->attempt = i + 1;
		snprintf(lane->name, sizeof(lane->name), "attempt %" PRIu32, attempt->number);
		attempt_text(lane->detail, sizeof(lane->detail), attempt);
		item = add_item(drawing, TIMELINE_ATTEMPT, "attempt", attempt->start.value,
				attempt->start.value + attempt->duration.value, source);
		if (!item)
			return;
		item->result = attempt->result;
		item->in_new_kernel = attempt->generation == model->generation;
		add_attempt_spans(drawing, i);
	}
}

int lanes_add_all(struct timeline *timeline, const struct model *model, size_t *not_placed)
{
	struct drawing drawing = { .model = model, .timeline = timeline };

	if (model->has_update) {
		add_kernels(&drawing);
		add_phases(&drawing);
	}
	add_vms(&drawing);
	add_marks(&drawing);
	add_sessions(&drawing);
	add_devices(&drawing);
	add_files(&drawing);
	add_flbs(&drawing);
	add_vcpus(&drawing);
	add_shutdowns(&drawing);
	add_boot(&drawing);
	add_others(&drawing, model->other, model->others, true);
	add_others(&drawing, model->open, model->opens, true);
	add_others(&drawing, model->other, model->others, false);
	add_others(&drawing, model->open, model->opens, false);
	add_attempts(&drawing);
	*not_placed = drawing.not_placed;
	return drawing.no_memory ? -ENOMEM : 0;
}
