// SPDX-License-Identifier: GPL-2.0
#include "report_json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

#include "base/bounded.h"
#include "base/error.h"
#include "base/json_stream.h"
#include "base/json_values.h"
#include "capture/area_names.h"
#include "fields.h"
#include "json_boot.h"
#include "model/clock.h"
#include "model/long_poles.h"
#include "model/model.h"
#include "model/outcome.h"
#include "model/model_names.h"
#include "rows.h"

/*
 * jansson's setters treat a NULL value as an error and return it. So each object is built in one
 * expression, and an allocation failure anywhere in it makes it NULL, which json_stream reports.
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

static json_t *json_update(const struct model *model)
{
	const struct bounded blackout = model->blackout;
	const bool counted = model->files_missing_known;

	return json_pack(
		"{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o}, s:{s:o}, s:I, s:o,"
		" s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
		"observed", model->has_update, "blackout_ns", json_time(model->blackout),
		"blackout_error_ns", json_error(model->blackout), "blackout_is_lower_bound",
		json_lower_bound(model->blackout), "blackout_why",
		json_text_or_null(model->has_update && blackout.why ? blackout.why : ""),
		"complete", counted ? json_boolean(!model->files_missing) : json_null(),
		"files_frozen", counted ? json_count(model->files_frozen) : json_null(),
		"files_missing", counted ? json_count(model->files_missing) : json_null(),
		"devices_awaited",
		model->devices_missing_known ? json_count(model->devices_awaited) : json_null(),
		"devices_missing",
		model->devices_missing_known ? json_count(model->devices_missing) : json_null(),
		"devices_kept",
		model->devices_missing_known ? json_count(model->devices_kept) : json_null(),
		"vms_awaited", model->vms_missing_known ? json_count(model->vms_old) : json_null(),
		"vms_missing",
		model->vms_missing_known ? json_count(model->vms_missing) : json_null(), "from",
		"release", json_text_or_null(model->from_release), "to", "release",
		json_text_or_null(model->to_release), "generation", (json_int_t)model->generation,
		"kexec_count", model->kexec_count ? json_count(model->kexec_count) : json_null(),
		"chain_id", json_u64_hex(model->chain_id), "begin_realtime_ns",
		json_realtime(model->begin_realtime_ns), "origin", name_slot(model->origin_slot),
		"end", model->has_end ? json_string(name_slot(model->end_slot)) : json_null(),
		"luoscope_init_ns", json_time(model->luoscope_init), "luoscope_init_error_ns",
		json_error(model->luoscope_init), "blackout_without_luoscope_ns",
		json_time(model->blackout_without_luoscope), "blackout_without_luoscope_error_ns",
		json_error(model->blackout_without_luoscope),
		"blackout_without_luoscope_is_lower_bound",
		json_lower_bound(model->blackout_without_luoscope), "arrival_watched_ns",
		json_time(model->arrival_watched), "all_watched_ns", json_time(model->all_watched),
		"lost_capture", model->lost_capture ? json_count(model->lost_capture) : json_null(),
		"lost", model->fate == MODEL_FATE_LOST);
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
		json_t *json = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o}", "name",
					 phase->name, "start_ns", json_time(phase->start),
					 "start_error_ns", json_error(phase->start), "duration_ns",
					 json_time(phase->duration), "error_ns",
					 json_error(phase->duration), "is_lower_bound",
					 json_lower_bound(phase->duration), "begin_source",
					 name_source(model->boundary[phase->begin].source),
					 "end_source",
					 name_source(model->boundary[phase->end].source), "parts",
					 json_parts(phase));

		json = json_with_time(json, "unobserved", phase->unobserved);
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

/* The name of a long pole, and the token if it is a file. */
static json_t *json_pole(const struct model *model, const struct model_long_pole *pole)
{
	const struct model_file *file = pole->kind == MODEL_POLE_FILE ? &model->file[pole->index] :
									NULL;
	char token[24] = "";
	json_t *json;

	if (file)
		snprintf(token, sizeof(token), "%" PRIu64, file->token);
	json = json_pack("{s:s, s:o, s:o}", "kind", name_pole_kind(pole->kind), "name",
			 json_text_or_null(long_pole_name(model, pole)), "token",
			 json_text_or_null(token));
	json = json_with_time(json, "busy", pole->busy);
	json = json_with_time(json, "alone", pole->alone);
	json = json_with_time(json, "tail", pole->tail);
	json = json_with_time(json, "waited", pole->waited);
	json = json_with_time(json, "saved", pole->saved);
	return json_with_time(json, "blackout_without", pole->without);
}

static void stream_poles(struct json_stream *stream, const struct model *model)
{
	size_t i;

	json_stream_list_begin(stream, "long_poles");
	for (i = 0; i < model->poles; i++)
		json_stream_entry(stream, json_pole(model, &model->pole[i]));
	json_stream_list_end(stream);
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

		list = json_append(
			list,
			json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "phase",
				  model->phase[gap->phase].name, "start_ns", json_time(gap->start),
				  "start_error_ns", json_error(gap->start), "duration_ns",
				  json_time(gap->duration), "error_ns", json_error(gap->duration),
				  "is_lower_bound", json_lower_bound(gap->duration), "after",
				  json_edge(&gap->after), "before", json_edge(&gap->before)));
	}
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
			list, json_pack("{s:I, s:I, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}",
					"generation", (json_int_t)attempt->generation, "number",
					(json_int_t)attempt->number, "begin_realtime_ns",
					json_realtime(attempt->begin_realtime_ns), "result",
					attempt->result, "errno", json_errno(attempt->result),
					"duration_ns", json_time(attempt->duration), "error_ns",
					json_error(attempt->duration), "cause", json_cause(attempt),
					"why", json_text_or_null(attempt->why), "what_to_do",
					json_text_or_null(attempt->what_to_do)));
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
	bool known, attached;

	for (i = 0; (name = model_probe(probes, i, &known, &attached)); i++) {
		if (json_object_set_new(object, name,
					known ? json_boolean(attached) : json_null())) {
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

static json_t *json_left_out(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->left_outs; i++) {
		const struct model_left_out *left_out = &model->left_out[i];

		list = json_append(list, json_pack("{s:s, s:o, s:o}", "kernel",
						   left_out->in_new_kernel ? "new" : "old",
						   "function", json_text(left_out->function), "why",
						   json_text(left_out->why)));
	}
	return list;
}

static json_t *json_detached(const struct model *model)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < model->detacheds; i++) {
		const struct model_detached *detached = &model->detached[i];

		list = json_append(list, json_pack("{s:s, s:b, s:o, s:o, s:b, s:o, s:o}", "kernel",
						   detached->in_new_kernel ? "new" : "old",
						   "matters", detached->matters, "start_ns",
						   json_time(detached->start), "start_error_ns",
						   json_error(detached->start), "start_is_known",
						   detached->begin_known, "duration_ns",
						   json_time(detached->duration), "error_ns",
						   json_error(detached->duration)));
	}
	return list;
}

int view_json(const struct model *model, FILE *out)
{
	const struct model_losses *losses = &model->losses;
	struct json_stream stream;

	json_stream_begin(&stream, out);
	json_stream_member(&stream, "schema", json_string(VIEW_JSON_SCHEMA));
	json_stream_member(&stream, "update", json_update(model));
	json_stream_member(&stream, "outcome", json_outcome(model));
	json_stream_member(&stream, "clock", json_clock(&model->clock));
	json_stream_member(&stream, "host", json_host(&model->host));
	json_stream_member(&stream, "manager", json_manager(&model->manager));
	json_stream_member(&stream, "boot", json_boot(&model->boot));
	json_stream_member(&stream, "phases", json_phases(model));
	json_stream_member(&stream, "boundaries", json_boundaries(model));
	json_rows(&stream, "sessions", model, &session_rows, model->session, model->sessions);
	json_rows(&stream, "files", model, &file_rows, model->file, model->files);
	json_rows(&stream, "flbs", model, &flb_rows, model->flb, model->flbs);
	json_rows(&stream, "devices", model, &device_rows, model->device, model->devices);
	/* An empty list means that they were watched and there were none. */
	if (model->vms || model->vms_watched)
		json_rows(&stream, "vms", model, &vm_rows, model->vm, model->vms);
	else
		json_stream_member(&stream, "vms", json_null());
	json_rows(&stream, "marks", model, &mark_rows, model->mark, model->marks);
	json_stream_member(&stream, "marks_elsewhere", json_count(model->marks_elsewhere));
	json_rows(&stream, "shutdowns", model, &shutdown_rows, model->shutdown, model->shutdowns);
	stream_poles(&stream, model);
	json_stream_member(&stream, "gaps", json_gaps(model));
	json_stream_member(&stream, "failed_attempts", json_attempts(model));
	json_rows(&stream, "open", model, &span_rows, model->open, model->opens);
	json_rows(&stream, "other_spans", model, &span_rows, model->other, model->others);
	json_stream_member(&stream, "dropped", json_count(losses->dropped_total));
	json_stream_member(&stream, "dropped_by_kind", json_dropped_by_kind(losses));
	json_stream_member(&stream, "losses", json_losses(losses));
	json_stream_member(&stream, "wanted_area_kib",
			   losses->wanted_kib ? json_count(losses->wanted_kib) : json_null());
	json_stream_member(&stream, "notes", json_notes(model));
	json_stream_member(&stream, "probes",
			   json_pack("{s:o, s:o}", "old", json_probes(&model->probes_old), "new",
				     json_probes(&model->probes_new)));
	json_stream_member(&stream, "left_out", json_left_out(model));
	json_stream_member(&stream, "detached", json_detached(model));
	return json_stream_end(&stream);
}
