// SPDX-License-Identifier: GPL-2.0
#include "tail_json.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/error.h"
#include "base/json_values.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "capture/reset_method.h"
#include "event_filter.h"
#include "tail.h"

/* Write @object as one line, and free it. */
static int print_object(struct tail_view *view, json_t *object)
{
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	if (!line)
		return -ENOMEM;
	fprintf(view->out, "%s\n", line);
	free(line);
	return 0;
}

/* A field of fixed size, which may have no 0 at its end, or null if it does not apply. */
static json_t *json_field(const char *field, size_t size, bool applies)
{
	char text[ESCAPED_BYTES / 4];

	if (!applies)
		return json_null();
	snprintf(text, sizeof(text), "%.*s", (int)size, field);
	return json_text_or_null(text);
}

static json_t *json_subject(const struct luo_stats_subject_key *subject)
{
	static const char *const types[] = {
		[LUO_STATS_SUBJECT_FILE] = "file",     [LUO_STATS_SUBJECT_SESSION] = "session",
		[LUO_STATS_SUBJECT_DEVICE] = "device", [LUO_STATS_SUBJECT_MARK] = "mark",
		[LUO_STATS_SUBJECT_VCPU] = "vcpu",     [LUO_STATS_SUBJECT_FLB] = "flb",
	};
	const bool known = subject->kind < ARRAY_SIZE(types) && types[subject->kind];
	const bool file = subject->kind == LUO_STATS_SUBJECT_FILE;
	const bool session = subject->kind == LUO_STATS_SUBJECT_SESSION;
	const bool device = subject->kind == LUO_STATS_SUBJECT_DEVICE;
	const bool mark = subject->kind == LUO_STATS_SUBJECT_MARK;
	const bool vcpu = subject->kind == LUO_STATS_SUBJECT_VCPU;
	const bool flb = subject->kind == LUO_STATS_SUBJECT_FLB;
	const size_t size = sizeof(subject->name);

	if (!subject->kind)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "type",
			 known ? types[subject->kind] : "unknown", "device",
			 json_field(subject->name, size, device), "driver",
			 json_field(subject->detail, sizeof(subject->detail), device), "bus",
			 json_field(subject->group, sizeof(subject->group), device), "session",
			 json_field(subject->name, size, file || session || vcpu), "token",
			 file ? json_u64(subject->key) : json_null(), "handler",
			 json_field(subject->detail, sizeof(subject->detail), file), "mark",
			 json_field(subject->name, size, mark), "instance",
			 mark ? json_u64(subject->key) : json_null(), "process",
			 json_field(subject->detail, sizeof(subject->detail), vcpu), "vcpu",
			 vcpu ? json_integer(LUO_STATS_VCPU_ID(subject->key)) : json_null(), "flb",
			 json_field(subject->name, size, flb));
}

/* @realtime_ns is since 1970 UTC. A clock that was never set may be before that. */
static json_t *json_rfc3339(int64_t realtime_ns)
{
	const time_t seconds = realtime_ns / 1000000000;
	char text[64], whole[40];
	struct tm when;

	if (realtime_ns < 0 || !gmtime_r(&seconds, &when))
		return json_null();
	strftime(whole, sizeof(whole), "%Y-%m-%dT%H:%M:%S", &when);
	snprintf(text, sizeof(text), "%s.%06dZ", whole, (int)(realtime_ns % 1000000000 / 1000));
	return json_string(text);
}

static const char *name_type(unsigned int type)
{
	switch (type) {
	case LUOSCOPE_EVENT_BEGIN:
		return "begin";
	case LUOSCOPE_EVENT_END:
		return "end";
	case LUOSCOPE_EVENT_INSTANT:
		return "instant";
	default:
		return "boundary";
	}
}

int tail_json_event(struct tail_view *view, const struct luoscope_event *event)
{
	const int64_t realtime_ns = (int64_t)event->boottime_ns + view->realtime_offset_ns;
	const enum event_outcome outcome = event_outcome(event);
	const bool is_boundary = event->type == LUOSCOPE_EVENT_BOUNDARY;
	const bool has_result = event->type == LUOSCOPE_EVENT_END || is_boundary;
	const bool has_reset = event_has_reset(event);
	const unsigned int method = has_reset ? LUO_STATS_RESET_METHOD(event->detail) : 0;
	const unsigned int lock = has_reset ? LUO_STATS_RESET_LOCK(event->detail) : 0;
	char name[NAME_BYTES];

	return print_object(
		view,
		json_pack(
			"{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}",
			"schema", TAIL_JSON_SCHEMA, "type", name_type(event->type), "time",
			json_rfc3339(realtime_ns), "realtime_ns",
			realtime_ns < 0 ? json_null() : json_u64(realtime_ns), "boottime_ns",
			json_u64(event->boottime_ns), "kind",
			is_boundary ? json_null() : json_string(event_name(name, event)),
			"boundary",
			is_boundary ? json_string(event_name(name, event)) : json_null(), "subject",
			json_subject(&event->subject), "duration_ns",
			event_has_duration(event) ? json_integer(event->duration_ns) : json_null(),
			"outcome", outcome ? json_string(name_event_outcome(outcome)) : json_null(),
			"result", has_result ? json_integer(event->result) : json_null(), "errno",
			has_result ? json_errno(event->result) : json_null(), "reset_method",
			method ? json_string(name_reset_method(method)) : json_null(), "reset_lock",
			lock ? json_string(name_reset_lock(lock)) : json_null(), "pid",
			(json_int_t)event->pid));
}

int tail_json_lost(struct tail_view *view, uint64_t lost)
{
	return print_object(view, json_pack("{s:s, s:s, s:I}", "schema", TAIL_JSON_SCHEMA, "type",
					    "lost", "lost", (json_int_t)lost));
}

int tail_json_replaced(struct tail_view *view)
{
	return print_object(view, json_pack("{s:s, s:s}", "schema", TAIL_JSON_SCHEMA, "type",
					    "replaced"));
}

int tail_json_summary(struct tail_view *view, const struct tail_summary *summary)
{
	json_t *spans = json_array();
	char name[NAME_BYTES];
	unsigned int kind;

	for (kind = 0; spans && kind < LUO_STATS_KINDS; kind++) {
		const struct tail_kind *shown = &summary->kind[kind];
		json_t *row;

		if (!shown->spans)
			continue;
		row = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "kind",
				kind ? name_kind(kind, name) : "other", "spans",
				(json_int_t)shown->spans, "ok",
				(json_int_t)shown->outcome[EVENT_OK], "failed",
				(json_int_t)shown->outcome[EVENT_FAILED], "busy",
				(json_int_t)shown->outcome[EVENT_BUSY], "none",
				(json_int_t)shown->outcome[EVENT_NONE], "longest_ns",
				(json_int_t)shown->longest.duration_ns);
		if (json_array_append_new(spans, row)) {
			json_decref(spans);
			spans = NULL;
		}
	}
	return print_object(
		view, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "schema", TAIL_JSON_SCHEMA,
				"type", "summary", "seen", (json_int_t)summary->seen, "shown",
				(json_int_t)summary->shown, "lost", (json_int_t)summary->lost,
				"replaced", (json_int_t)summary->replaced, "spans", spans));
}
