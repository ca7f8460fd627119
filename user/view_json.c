// SPDX-License-Identifier: GPL-2.0
#include "view.h"

#include <errno.h>
#include <jansson.h>

#include "names.h"
#include "text.h"

/*
 * jansson's setters take a NULL value as an error, and give it back: so each object is built in one
 * expression, and a lack of memory anywhere makes the whole document NULL.
 */

static json_t *json_text(const char *text)
{
	char buffer[ESCAPED_BYTES];

	return json_string(text_is_utf8(text) ? text : escape_text(buffer, text, true));
}

static json_t *json_text_or_null(const char *text)
{
	return *text ? json_text(text) : json_null();
}

static json_t *json_time(struct model_time time)
{
	return time.known ? json_integer(time.ns) : json_null();
}

/* A number that may be above 2^53 - 1: a string, always. */
static json_t *json_u64(uint64_t number)
{
	char buffer[NAME_BYTES];

	snprintf(buffer, sizeof(buffer), "%llu", (unsigned long long)number);
	return json_string(buffer);
}

/* A number that is above 2^53 - 1 only if the area is damaged. */
static json_t *json_count(uint64_t number)
{
	const uint64_t most = (1ULL << 53) - 1;

	return json_integer((json_int_t)(number < most ? number : most));
}

static json_t *json_u64_hex(uint64_t number)
{
	char buffer[NAME_BYTES];

	snprintf(buffer, sizeof(buffer), "%016llx", (unsigned long long)number);
	return json_string(buffer);
}

static json_t *json_errno(int32_t result)
{
	char buffer[NAME_BYTES];

	return result ? json_string(name_errno(result, buffer)) : json_null();
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

/* Append @value, taking it over; NULL makes the whole list NULL. */
static json_t *append(json_t *list, json_t *value)
{
	if (list && value && !json_array_append_new(list, value))
		return list;
	if (!list)
		json_decref(value);
	json_decref(list);
	return NULL;
}

static json_t *json_update(const struct model *model)
{
	const bool counted = model->files_missing_known;

	return json_pack(
		"{s:b, s:o, s:o, s:o, s:o, s:{s:o}, s:{s:o}, s:I, s:o, s:o, s:s, s:o, s:o}",
		"observed", model->has_update, "blackout_ns", json_time(model->blackout),
		"error_ns",
		model->blackout.known ? json_count(model->blackout_error_ns) : json_null(),
		"complete", counted ? json_boolean(!model->files_missing) : json_null(),
		"files_missing", counted ? json_count(model->files_missing) : json_null(), "from",
		"release", json_text_or_null(model->from_release), "to", "release",
		json_text_or_null(model->to_release), "generation", (json_int_t)model->generation,
		"chain_id", json_u64_hex(model->chain_id), "begin_realtime_ns",
		model->begin_realtime_ns.known && model->begin_realtime_ns.ns >= 0 ?
			json_u64(model->begin_realtime_ns.ns) :
			json_null(),
		"origin", name_slot(model->origin_slot), "end",
		model->blackout.known ? json_string(name_slot(model->end_slot)) : json_null(),
		"luoscope_init_ns", json_time(model->init_cost));
}

static json_t *json_host(const struct model_host *host)
{
	return json_pack("{s:o, s:o}", "cpus", host->cpus ? json_integer(host->cpus) : json_null(),
			 "clocksource", json_text_or_null(host->clocksource));
}

static json_t *json_phases(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];
		bool known = phase->duration.known;
		bool has_share = known && model->blackout.known && model->blackout.ns > 0;

		list = append(
			list,
			json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "name", phase->name,
				  "start_ns", json_time(phase->start), "duration_ns",
				  json_time(phase->duration), "error_ns",
				  known ? json_count(phase->error_ns) : json_null(), "share",
				  has_share ? json_real((double)phase->duration.ns /
							model->blackout.ns) :
					      json_null(),
				  "begin_source", name_source(model->boundary[phase->begin].source),
				  "end_source", name_source(model->boundary[phase->end].source)));
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

		list = append(
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

static json_t *json_files(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->files; i++) {
		const struct model_file *file = &model->file[i];

		list = append(
			list,
			json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "session",
				  json_text(file->session), "token", json_u64(file->token),
				  "handler", json_text_or_null(file->handler), "preserve",
				  json_span(&file->preserve), "freeze", json_span(&file->freeze),
				  "retrieve", json_span(&file->retrieve), "finish",
				  json_span(&file->finish), "dark_ns", json_time(file->dark)));
	}
	return list;
}

static json_t *json_sessions(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->sessions; i++) {
		const struct model_session *session = &model->session[i];

		list = append(list,
			      json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "name",
					json_text(session->name), "files", (int)session->files,
					"freeze", json_span(&session->freeze), "unfreeze",
					json_span(&session->unfreeze), "retrieve",
					json_span(&session->retrieve), "finish",
					json_span(&session->finish), "unpreserve",
					json_span(&session->unpreserve), "blackout_ns",
					json_time(session->blackout), "late", session->late));
	}
	return list;
}

static json_t *json_reset(const struct model_reset *reset)
{
	if (!reset->known)
		return json_null();
	return json_pack(
		"{s:o, s:s, s:o, s:o, s:o, s:o}", "method",
		reset->method ? json_string(name_reset_method(reset->method)) : json_null(),
		"outcome", name_reset_outcome(reset->outcome), "errno",
		json_step_error(&reset->span), "lock",
		reset->lock ? json_string(name_reset_lock(reset->lock)) : json_null(), "start_ns",
		reset->span.observed ? json_time(reset->span.start) : json_null(), "duration_ns",
		json_step(&reset->span));
}

static json_t *json_device(const struct model *model, const struct model_device *device)
{
	const struct model_span *irq_setup = &device->irq_setup;
	const bool is_serving = model_span_succeeded(irq_setup) &&
				model->origin_slot == LUO_STATS_B0_UPDATE_BEGIN;

	return json_pack(
		"{s:o, s:n, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
		" s:o, s:o}",
		"bdf", json_text(device->name), "name", "driver", json_text_or_null(device->driver),
		"preserve_ns", json_step(&device->preserve), "preserve_error",
		json_step_error(&device->preserve), "freeze_ns", json_step(&device->freeze),
		"freeze_error", json_step_error(&device->freeze), "reset",
		json_reset(&device->reset), "retrieve_ns", json_step(&device->retrieve),
		"retrieve_error", json_step_error(&device->retrieve), "bind_ns",
		json_step(&device->bind), "bind_error", json_step_error(&device->bind),
		"irq_setup_ns", is_serving ? json_time(irq_setup->start) : json_null(),
		"irq_setup_error", json_step_error(irq_setup), "finish_ns",
		json_step(&device->finish), "finish_error", json_step_error(&device->finish),
		"release_reset", json_reset(&device->release_reset), "dark_ns",
		json_time(device->dark));
}

static json_t *json_devices(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->devices; i++)
		list = append(list, json_device(model, &model->device[i]));
	return list;
}

static json_t *json_shutdowns(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->shutdowns; i++) {
		const struct model_subject_span *entry = &model->shutdown[i];

		list = append(list, json_pack("{s:o, s:o, s:o, s:o, s:o}", "name",
					      json_text_or_null(entry->name), "bus",
					      json_text_or_null(entry->group), "driver",
					      json_text_or_null(entry->subject_detail), "start_ns",
					      json_time(entry->span.start), "duration_ns",
					      json_time(entry->span.duration)));
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

static json_t *json_subject_spans(const struct model_subject_span *span, size_t count)
{
	json_t *list = json_array();
	char buffer[NAME_BYTES];
	size_t i;

	for (i = 0; i < count; i++)
		list = append(list,
			      json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o}",
					"kind", name_kind(span[i].kind, buffer), "subject",
					json_subject_kind(span[i].subject_kind), "name",
					json_text_or_null(span[i].name), "subject_detail",
					json_text_or_null(span[i].subject_detail), "group",
					json_text_or_null(span[i].group), "key",
					json_u64(span[i].key), "attempt",
					(json_int_t)span[i].attempt, "pid", (json_int_t)span[i].pid,
					"detail", json_u64(span[i].detail), "span",
					json_span(&span[i].span)));
	return list;
}

static json_t *json_attempts(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->attempts; i++) {
		const struct model_attempt *attempt = &model->attempt[i];

		list = append(list, json_pack("{s:I, s:I, s:i, s:o, s:o}", "generation",
					      (json_int_t)attempt->generation, "number",
					      (json_int_t)attempt->number, "result",
					      attempt->result, "error", json_errno(attempt->result),
					      "duration_ns", json_time(attempt->duration)));
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
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "subjects_dropped",
			 json_count(losses->subjects_dropped), "attempts_dropped",
			 json_count(losses->attempts_dropped), "spans_recycled",
			 json_count(losses->spans_recycled), "invalid_spans",
			 json_count(losses->invalid_spans), "invalid_subjects",
			 json_count(losses->invalid_subjects), "reserved_spans",
			 json_count(losses->reserved_spans), "unfinished",
			 json_count(losses->unfinished));
}

static json_t *json_clock(const struct clock *clock)
{
	json_t *reasons = json_array();
	bool has_rate = clock->rate_millihertz;
	unsigned int i;

	for (i = 0; i < clock->reasons; i++)
		reasons = append(reasons, json_string(clock->reason[i]));
	if (clock->reasons_left_out)
		reasons = append(reasons, json_sprintf("and %u more", clock->reasons_left_out));
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
		list = append(list, json_string(model->note[i]));
	return list;
}

int view_json(const struct model *model, FILE *out)
{
	json_t *report;
	int err = 0;

	report = json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"schema", VIEW_JSON_SCHEMA, "update", json_update(model), "clock",
		json_clock(&model->clock), "host", json_host(&model->host), "phases",
		json_phases(model), "boundaries", json_boundaries(model), "sessions",
		json_sessions(model), "files", json_files(model), "devices", json_devices(model),
		"shutdowns", json_shutdowns(model), "attempts", json_attempts(model), "open",
		json_subject_spans(model->open, model->opens), "other_spans",
		json_subject_spans(model->other, model->others), "dropped",
		json_count(model->losses.dropped_total), "dropped_by_kind",
		json_dropped_by_kind(&model->losses), "losses", json_losses(&model->losses),
		"notes", json_notes(model));
	if (!report)
		return -ENOMEM;
	if (json_dumpf(report, out, JSON_INDENT(2)) || fputc('\n', out) == EOF || fflush(out))
		err = errno ? -errno : -EIO;
	json_decref(report);
	return err;
}
