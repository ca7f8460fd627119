// SPDX-License-Identifier: GPL-2.0
#include "report_json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

#include "base/bounded.h"
#include "base/error.h"
#include "base/json_values.h"
#include "capture/area_names.h"
#include "capture/reset_method.h"
#include "json_boot.h"
#include "model/belongs.h"
#include "model/clock.h"
#include "model/long_poles.h"
#include "model/model.h"
#include "model/outcome.h"
#include "model/model_names.h"
#include "model/steps.h"

/*
 * jansson's setters treat a NULL value as an error and return it. So each object is built in one
 * expression, and an allocation failure anywhere makes the whole document NULL.
 */

/* Since 1970 UTC, as text because a double cannot hold it. */
static json_t *json_realtime(struct bounded time)
{
	return time.known && time.value >= 0 ? json_u64(time.value) : json_null();
}

static json_t *json_u64_hex(uint64_t number)
{
	char buffer[NAME_BYTES];

	snprintf(buffer, sizeof(buffer), "%016llx", (unsigned long long)number);
	return json_string(buffer);
}

/* How long a step took, or null. */
static json_t *json_step(const struct model_span *span)
{
	return span->observed ? json_time(span->duration) : json_null();
}

static json_t *json_step_error(const struct model_span *span)
{
	return model_span_failed(span) ? json_errno(span->result) : json_null();
}

static json_t *json_span(const struct model_span *span)
{
	if (!span->observed)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "start_ns", json_time(span->start),
			 "duration_ns", json_time(span->duration), "result",
			 span->open ? json_null() : json_integer(span->result), "error",
			 span->open ? json_null() : json_errno(span->result), "open", span->open);
}

static json_t *json_update(const struct model *model)
{
	const struct bounded blackout = model->blackout;
	const bool counted = model->files_missing_known;

	return json_pack(
		"{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o}, s:{s:o}, s:I, s:o, s:o, s:s,"
		" s:o, s:o}",
		"observed", model->has_update, "blackout_ns", json_time(model->blackout),
		"blackout_error_ns", json_error(model->blackout), "blackout_is_lower_bound",
		json_lower_bound(model->blackout), "blackout_why",
		json_text_or_null(model->has_update && blackout.why ? blackout.why : ""),
		"complete", counted ? json_boolean(!model->files_missing) : json_null(),
		"files_missing", counted ? json_count(model->files_missing) : json_null(),
		"devices_missing",
		model->devices_missing_known ? json_count(model->devices_missing) : json_null(),
		"vms_missing",
		model->vms_missing_known ? json_count(model->vms_missing) : json_null(), "from",
		"release", json_text_or_null(model->from_release), "to", "release",
		json_text_or_null(model->to_release), "generation", (json_int_t)model->generation,
		"chain_id", json_u64_hex(model->chain_id), "begin_realtime_ns",
		json_realtime(model->begin_realtime_ns), "origin", name_slot(model->origin_slot),
		"end", model->has_end ? json_string(name_slot(model->end_slot)) : json_null(),
		"luoscope_init_ns", json_time(model->luoscope_init));
}

/*
 * The share of a phase in the blackout, in its fields of @json. If only one of the two is a lower
 * bound, the share is a bound; if both are, nothing is known of it.
 */
static json_t *json_with_share(json_t *json, const struct model *model, struct bounded time)
{
	const bool phase_is_least = bounded_is_lower_bound(time);
	const bool all_is_least = bounded_is_lower_bound(model->blackout);
	const bool known = time.known && model->has_end && model->blackout.value > 0 &&
			   !(phase_is_least && all_is_least);
	json_t *share = known ? json_pack("{s:f, s:b, s:b}", "share",
					  (double)time.value / model->blackout.value,
					  "share_is_lower_bound", phase_is_least,
					  "share_is_upper_bound", all_is_least) :
				json_pack("{s:n, s:n, s:n}", "share", "share_is_lower_bound",
					  "share_is_upper_bound");

	if (json_object_update(json, share)) {
		json_decref(json);
		json = NULL;
	}
	json_decref(share);
	return json;
}

/* Whether it went well: the questions, and one answer to all. */
static json_t *json_outcome(const struct model *model)
{
	json_t *list = json_array();
	struct outcome outcome;
	size_t i;

	outcome_of(&outcome, model);
	for (i = 0; i < OUTCOME_TOPICS; i++) {
		const struct outcome_question *question = &outcome.question[i];

		list = json_append(list,
				   json_pack("{s:s, s:s, s:o}", "topic", outcome_topic_name(i),
					     "answer", outcome_answer_name(question->answer),
					     "text", json_text(question->text)));
	}
	return json_pack("{s:s, s:o}", "answer", outcome_answer_name(outcome.answer), "questions",
			 list);
}

static json_t *json_host(const struct model_host *host)
{
	return json_pack("{s:o, s:o}", "cpus", host->cpus ? json_integer(host->cpus) : json_null(),
			 "clocksource", json_text_or_null(host->clocksource));
}

static json_t *json_parts(const struct model_phase *phase)
{
	json_t *list = phase->parts ? json_array() : json_null();
	size_t i;

	for (i = 0; i < phase->parts; i++) {
		const struct model_part *part = &phase->part[i];

		list = json_append(list, json_pack("{s:s, s:o, s:I, s:o, s:o}", "name",
						   name_part(part->kind), "start_ns",
						   json_time(part->start), "duration_ns",
						   (json_int_t)part->duration.value, "error_ns",
						   json_error(part->duration), "is_lower_bound",
						   json_lower_bound(part->duration)));
	}
	return list;
}

static json_t *json_phases(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];
		json_t *json = json_pack(
			"{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o}", "name", phase->name,
			"start_ns", json_time(phase->start), "start_error_ns",
			json_error(phase->start), "duration_ns", json_time(phase->duration),
			"error_ns", json_error(phase->duration), "is_lower_bound",
			json_lower_bound(phase->duration), "begin_source",
			name_source(model->boundary[phase->begin].source), "end_source",
			name_source(model->boundary[phase->end].source), "unobserved_ns",
			json_time(phase->unobserved), "parts", json_parts(phase));

		list = json_append(list, json_with_share(json, model, phase->duration));
	}
	return list;
}

static json_t *json_boundaries(const struct model *model)
{
	json_t *list = json_array();
	unsigned int slot;

	for (slot = 0; slot < MODEL_BOUNDARIES; slot++) {
		const struct model_boundary *boundary = &model->boundary[slot];
		bool observed = boundary->source != MODEL_SOURCE_NONE;

		list = json_append(
			list,
			json_pack("{s:i, s:s, s:o, s:o, s:o, s:o}", "slot", (int)slot, "name",
				  name_slot(slot), "start_ns",
				  observed ? json_time(boundary->start) : json_null(), "error_ns",
				  observed ? json_count(boundary->error_ns) : json_null(), "source",
				  observed ? json_string(name_source(boundary->source)) :
					     json_null(),
				  "cycles", observed ? json_u64(boundary->cycles) : json_null()));
	}
	return list;
}

/* Of what belongs to it. null: not known. */
static json_t *json_vm_name(const struct model_vm *vm)
{
	return vm ? json_text_or_null(model_vm_name(vm)) : json_null();
}

/* null: not known. */
static json_t *json_not_back(bool not_back, bool is_back)
{
	return not_back || is_back ? json_boolean(not_back) : json_null();
}

static json_t *json_files(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->files; i++) {
		const struct model_file *file = &model->file[i];

		list = json_append(
			list,
			json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
				  "session", json_text(file->session), "token",
				  json_u64(file->token), "device",
				  file->device != MODEL_NONE ?
					  json_text(model->device[file->device].name) :
					  json_null(),
				  "vm", json_vm_name(file_vm(model, file)), "handler",
				  json_text_or_null(file->handler), "preserve",
				  json_span(&file->step[STEP_PRESERVE]), "freeze",
				  json_span(&file->step[STEP_FREEZE]), "retrieve",
				  json_span(&file->step[STEP_RETRIEVE]), "finish",
				  json_span(&file->step[STEP_FINISH]), "downtime_ns",
				  json_time(file->downtime), "downtime_is_lower_bound",
				  json_lower_bound(file->downtime), "not_back",
				  json_not_back(file->not_back,
						model_span_succeeded(&file->step[STEP_RETRIEVE]))));
	}
	return list;
}

static json_t *json_sessions(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->sessions; i++) {
		const struct model_session *session = &model->session[i];

		list = json_append(
			list,
			json_pack("{s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
				  "name", json_text(session->name), "vm",
				  json_vm_name(session_vm(model, session)), "files",
				  (int)session->files, "files_missing",
				  session->files_known ? json_integer(session->files_missing) :
							 json_null(),
				  "freeze", json_span(&session->step[STEP_FREEZE]), "unfreeze",
				  json_span(&session->step[STEP_UNFREEZE]), "retrieve",
				  json_span(&session->step[STEP_RETRIEVE]), "finish",
				  json_span(&session->step[STEP_FINISH]), "unpreserve",
				  json_span(&session->step[STEP_UNPRESERVE]), "downtime_ns",
				  json_time(session->downtime), "downtime_is_lower_bound",
				  json_lower_bound(session->downtime), "late", session->late));
	}
	return list;
}

/* @span: the reset. */
static json_t *json_reset(const struct model_reset *reset, const struct model_span *span)
{
	const struct reset_floor *floor = reset_floor(reset->method);

	if (!reset->known)
		return json_null();
	return json_pack(
		"{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "method",
		reset->method ? json_string(name_reset_method(reset->method)) : json_null(),
		"outcome", name_reset_outcome(reset->outcome), "errno", json_step_error(span),
		"lock", reset->lock ? json_string(name_reset_lock(reset->lock)) : json_null(),
		"start_ns", span->observed ? json_time(span->start) : json_null(), "duration_ns",
		json_step(span), "floor_ns", floor ? json_integer(floor->ns) : json_null(),
		"excess_ns",
		floor && model_span_succeeded(span) && span->duration.known ?
			json_integer(span->duration.value - floor->ns) :
			json_null());
}

/* Null if not known: an older handler does not say, and the report does not guess. */
static json_t *json_second_reset(const struct model_device *device)
{
	if (!device->again)
		return json_null();
	return json_pack("{s:b, s:s}", "spared", device->again == LUO_STATS_AGAIN_SPARED, "why",
			 name_again(device->again));
}

/* "freeze_ns" and "freeze_error" of each step; of a reset there is more to be said. */
static json_t *json_steps(const struct model_device *device)
{
	json_t *object = json_object();
	enum model_step step;
	char name[32];
	int err = !object;

	for_each_step (step, LUO_STATS_SUBJECT_DEVICE) {
		if (step == STEP_RESET) {
			err |= json_object_set_new(object, step_name(step),
						   json_reset(&device->reset, &device->step[step]));
			continue;
		}
		snprintf(name, sizeof(name), "%s_ns", step_name(step));
		err |= json_object_set_new(object, name, json_step(&device->step[step]));
		snprintf(name, sizeof(name), "%s_error", step_name(step));
		err |= json_object_set_new(object, name, json_step_error(&device->step[step]));
	}
	err |= json_object_set_new(object, step_name(STEP_RELEASE_RESET),
				   json_reset(&device->release_reset,
					      &device->step[STEP_RELEASE_RESET]));
	err |= json_object_set_new(object, "second_reset", json_second_reset(device));
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *json_device(const struct model *model, const struct model_device *device)
{
	const struct model_file *file = device_file(model, device);
	json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "bdf",
				   json_text(device->name), "pci_id",
				   json_text_or_null(device->pci_id), "name",
				   json_text_or_null(device->product), "driver",
				   json_text_or_null(device->driver), "session",
				   file ? json_text(file->session) : json_null(), "token",
				   file ? json_u64(file->token) : json_null(), "vm",
				   json_vm_name(device_vm(model, device)));
	json_t *steps = json_steps(device);
	json_t *times =
		json_pack("{s:o, s:o, s:o, s:o}", "in_service_ns", json_time(device->in_service),
			  "downtime_ns", json_time(device->downtime), "downtime_is_lower_bound",
			  json_lower_bound(device->downtime), "not_back",
			  json_not_back(device->not_back, model_device_is_in_service(device)));

	if (json_object_update(object, steps) || json_object_update(object, times)) {
		json_decref(object);
		object = NULL;
	}
	json_decref(steps);
	json_decref(times);
	return object;
}

static json_t *json_devices(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->devices; i++)
		list = json_append(list, json_device(model, &model->device[i]));
	return list;
}

/* The name of a long pole, and the token if it is a file. */
static json_t *json_pole(const struct model *model, const struct model_long_pole *pole)
{
	const struct model_file *file = pole->kind == MODEL_POLE_FILE ? &model->file[pole->index] :
									NULL;
	char token[24] = "";

	if (file)
		snprintf(token, sizeof(token), "%" PRIu64, file->token);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind",
			 name_pole_kind(pole->kind), "name",
			 json_text_or_null(long_pole_name(model, pole)), "token",
			 json_text_or_null(token), "busy_ns", json_integer(pole->busy_ns),
			 "alone_ns", json_integer(pole->alone_ns), "tail_ns",
			 json_integer(pole->tail_ns), "waited_ns", json_integer(pole->waited_ns),
			 "saved_ns", json_integer(pole->saved_ns), "blackout_without_ns",
			 json_integer(model->blackout.value - pole->saved_ns),
			 "blackout_without_is_lower_bound", json_lower_bound(model->blackout));
}

static json_t *json_poles(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->poles; i++)
		list = json_append(list, json_pole(model, &model->pole[i]));
	return list;
}

static json_t *json_shutdowns(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->shutdowns; i++) {
		const struct model_subject_span *entry = &model->shutdown[i];

		list = json_append(list, json_pack("{s:o, s:o, s:o, s:o, s:o}", "name",
						   json_text_or_null(entry->name), "bus",
						   json_text_or_null(entry->group), "driver",
						   json_text_or_null(entry->subject_detail),
						   "start_ns", json_time(entry->span.start),
						   "duration_ns", json_time(entry->span.duration)));
	}
	return list;
}

static json_t *json_subject_kind(uint32_t kind)
{
	switch (kind) {
	case LUO_STATS_SUBJECT_FILE:
		return json_string("file");
	case LUO_STATS_SUBJECT_SESSION:
		return json_string("session");
	case LUO_STATS_SUBJECT_DEVICE:
		return json_string("device");
	case LUO_STATS_SUBJECT_MARK:
		return json_string("mark");
	case 0:
		return json_null();
	default:
		return json_string("unknown");
	}
}

/* null at the start or the end of the phase. */
static json_t *json_edge(const struct model_edge *edge)
{
	char kind[NAME_BYTES], token[24] = "";

	if (edge->kind == MODEL_EDGE_PHASE)
		return json_null();
	if (edge->subject_kind == LUO_STATS_SUBJECT_FILE)
		snprintf(token, sizeof(token), "%" PRIu64, edge->key);
	return json_pack("{s:s, s:o, s:o, s:o}", "kind",
			 edge->kind == MODEL_EDGE_INIT ? "luoscope_init" :
							 name_kind(edge->kind, kind),
			 "subject", json_subject_kind(edge->subject_kind), "name",
			 edge->name ? json_text_or_null(edge->name) : json_null(), "token",
			 json_text_or_null(token));
}

static json_t *json_gaps(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->gaps; i++) {
		const struct model_gap *gap = &model->gap[i];

		list = json_append(list, json_pack("{s:s, s:o, s:o, s:o, s:o}", "phase",
						   model->phase[gap->phase].name, "start_ns",
						   json_integer(gap->start_ns), "duration_ns",
						   json_integer(gap->duration_ns), "after",
						   json_edge(&gap->after), "before",
						   json_edge(&gap->before)));
	}
	return list;
}

static json_t *json_subject_spans(const struct model_subject_span *span, size_t count)
{
	json_t *list = json_array();
	char buffer[NAME_BYTES];
	size_t i;

	for (i = 0; i < count; i++)
		list = json_append(
			list,
			json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "kind",
				  name_kind(span[i].kind, buffer), "subject",
				  json_subject_kind(span[i].subject_kind), "name",
				  json_text_or_null(span[i].name), "subject_detail",
				  json_text_or_null(span[i].subject_detail), "group",
				  json_text_or_null(span[i].group), "key", json_u64(span[i].key),
				  "attempt", (json_int_t)span[i].attempt, "pid",
				  (json_int_t)span[i].span.pid, "detail", json_u64(span[i].detail),
				  "span", json_span(&span[i].span)));
	return list;
}

static json_t *json_manager(const struct model_manager *manager)
{
	const bool has_shutdown = manager->before.known, has_start = manager->start.known;

	if (!has_shutdown && !has_start)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
			 json_text_or_null(manager->version), "shutdown_start_ns",
			 json_time(manager->shutdown_start), "shutdown_finish_ns",
			 json_time(manager->shutdown_finish), "systemd_shutdown_start_ns",
			 json_time(manager->late_start), "systemd_shutdown_finish_ns",
			 json_time(manager->late_finish), "before_update_ns",
			 json_time(manager->before), "shutdown_error_ns",
			 json_error(manager->before), "start_ns", json_time(manager->start),
			 "finish_ns", json_time(manager->finish), "start_error_ns",
			 json_error(manager->start));
}

static json_t *json_marks(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->marks; i++) {
		const struct model_mark *mark = &model->mark[i];

		list = json_append(list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:b}",
						   "name", json_text(mark->name), "instance",
						   json_u64(mark->instance), "start_ns",
						   json_time(mark->span.start), "duration_ns",
						   json_time(mark->span.duration), "end_ns",
						   json_time(mark->end), "instant", mark->instant,
						   "crosses", mark->crosses, "open",
						   mark->span.open, "end_only", mark->end_only));
	}
	return list;
}

static json_t *json_vcpus(const struct model_vm *vm)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < vm->vcpus; i++) {
		const struct model_vcpu *vcpu = &vm->vcpu[i];

		list = json_append(
			list,
			json_pack("{s:I, s:b, s:b, s:b, s:o, s:o, s:o}", "id", (json_int_t)vcpu->id,
				  "in_old_kernel", vcpu->in_old_kernel, "in_new_kernel",
				  vcpu->in_new_kernel, "never_left", vcpu->never_left, "exit_ns",
				  json_time(vcpu->exit), "entry_ns", json_time(vcpu->entry),
				  "downtime_ns", json_time(vcpu->downtime)));
	}
	return list;
}

static json_t *json_pid_or_null(uint32_t pid)
{
	return pid ? json_integer(pid) : json_null();
}

/* An empty list means that they were watched and there were none. */
static json_t *json_vms(const struct model *model)
{
	json_t *list = model->vms || model->vms_watched ? json_array() : json_null();
	size_t i;

	for (i = 0; i < model->vms; i++) {
		const struct model_vm *vm = &model->vm[i];

		list = json_append(
			list,
			json_pack(
				"{s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
				"session", json_text_or_null(vm->session), "process",
				json_text_or_null(vm->process), "old_pid",
				json_pid_or_null(vm->old_tgid), "new_pid",
				json_pid_or_null(vm->new_tgid), "unsure", vm->unsure, "vcpus_old",
				json_count(vm->vcpus_old), "vcpus_back", json_count(vm->vcpus_back),
				"exit_ns", json_time(vm->exit), "entry_ns", json_time(vm->entry),
				"downtime_ns", json_time(vm->downtime), "downtime_is_lower_bound",
				json_lower_bound(vm->downtime), "before_ns", json_time(vm->before),
				"after_ns", json_time(vm->after), "vcpus", json_vcpus(vm)));
	}
	return list;
}

/* What failed to freeze. */
static json_t *json_cause(const struct model_attempt *attempt)
{
	const bool is_file = attempt->cause_kind == LUO_STATS_SUBJECT_FILE;

	if (!attempt->cause_kind)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "subject", json_subject_kind(attempt->cause_kind),
			 "name", json_text_or_null(attempt->cause), "token",
			 is_file ? json_u64(attempt->cause_key) : json_null(), "handler",
			 json_text_or_null(attempt->cause_handler));
}

static json_t *json_attempts(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->attempts; i++) {
		const struct model_attempt *attempt = &model->attempt[i];

		list = json_append(
			list, json_pack("{s:I, s:I, s:o, s:i, s:o, s:o, s:o, s:o, s:o}",
					"generation", (json_int_t)attempt->generation, "number",
					(json_int_t)attempt->number, "begin_realtime_ns",
					json_realtime(attempt->begin_realtime_ns), "result",
					attempt->result, "error", json_errno(attempt->result),
					"duration_ns", json_time(attempt->duration), "cause",
					json_cause(attempt), "why", json_text_or_null(attempt->why),
					"what_to_do", json_text_or_null(attempt->what_to_do)));
	}
	return list;
}

static json_t *json_dropped_by_kind(const struct model_losses *losses)
{
	json_t *object = json_object();
	char buffer[NAME_BYTES];
	unsigned int kind;

	for (kind = 0; object && kind < LUO_STATS_KINDS; kind++) {
		if (!losses->dropped[kind])
			continue;
		if (json_object_set_new(object, kind ? name_kind(kind, buffer) : "other",
					json_count(losses->dropped[kind]))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *json_losses(const struct model_losses *losses)
{
	struct model_loss list[MODEL_LOSSES];
	json_t *object = json_object();
	size_t i;

	model_losses_list(losses, list);
	for (i = 0; i < MODEL_LOSSES; i++) {
		if (json_object_set_new(object, list[i].name, json_count(list[i].count))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* Whether each of them was attached all the time that any was; null: not known. */
static json_t *json_probes(const struct model_probes *probes)
{
	json_t *object = probes->known ? json_object() : json_null();
	const char *name;
	unsigned int i;
	bool attached;

	for (i = 0; (name = model_probe(probes, i, &attached)); i++) {
		if (json_object_set_new(object, name, json_boolean(attached))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *json_clock(const struct clock *clock)
{
	json_t *reasons = json_array();
	bool has_rate = clock->rate_millihertz;
	unsigned int i;

	for (i = 0; i < clock->reasons; i++)
		reasons = json_append(reasons, json_string(clock->reason[i]));
	if (clock->reasons_left_out)
		reasons =
			json_append(reasons, json_sprintf("and %u more", clock->reasons_left_out));
	return json_pack("{s:s, s:o, s:s, s:o, s:b, s:b, s:o}", "counter",
			 name_counter(clock->counter), "khz",
			 has_rate ? json_integer((clock->rate_millihertz + 500000) / 1000000) :
				    json_null(),
			 "verdict", name_verdict(clock->verdict), "reasons", reasons, "invariant",
			 clock->invariant, "comparable", clock->comparable, "error_ppm",
			 has_rate ? json_real(clock->rate_error_ppb / 1000.0) : json_null());
}

static json_t *json_notes(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->notes; i++)
		list = json_append(list, json_string(model->note[i]));
	return list;
}

int view_json(const struct model *model, FILE *out)
{
	json_t *report;

	report = json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
		" s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}}",
		"schema", VIEW_JSON_SCHEMA, "update", json_update(model), "outcome",
		json_outcome(model), "clock", json_clock(&model->clock), "host",
		json_host(&model->host), "manager", json_manager(&model->manager), "boot",
		json_boot(&model->boot), "phases", json_phases(model), "boundaries",
		json_boundaries(model), "sessions", json_sessions(model), "files",
		json_files(model), "devices", json_devices(model), "vms", json_vms(model), "marks",
		json_marks(model), "marks_elsewhere", json_count(model->marks_elsewhere),
		"shutdowns", json_shutdowns(model), "long_poles", json_poles(model), "gaps",
		json_gaps(model), "failed_attempts", json_attempts(model), "open",
		json_subject_spans(model->open, model->opens), "other_spans",
		json_subject_spans(model->other, model->others), "dropped",
		json_count(model->losses.dropped_total), "dropped_by_kind",
		json_dropped_by_kind(&model->losses), "losses", json_losses(&model->losses),
		"notes", json_notes(model), "probes", "old", json_probes(&model->probes_old), "new",
		json_probes(&model->probes_new));
	return json_write(report, out, JSON_INDENT(2));
}
