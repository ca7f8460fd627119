// SPDX-License-Identifier: GPL-2.0
#include "timeline_json.h"

#include <string.h>

#include "attempt_text.h"
#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/json_values.h"
#include "base/text.h"
#include "model/model.h"
#include "report/headline.h"
#include "timeline.h"

enum {
	FLAG_OPEN = 1,
	FLAG_NEW_KERNEL = 2,
	FLAG_INSTANT = 4,
	FLAG_POLE = 8,
	FLAG_LOWER_BOUND = 16,
	FLAG_IN_DOUBT = 32,
};

static json_t *json_names(const char *(*name)(unsigned int), unsigned int count)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < count; i++)
		json_array_append_new(list, json_string(name(i)));
	return list;
}

static const char *group_name(unsigned int group)
{
	return timeline_group_name(group);
}

static const char *kind_name(unsigned int kind)
{
	return timeline_kind_name(kind);
}

static const char *kind_colour(unsigned int kind)
{
	return timeline_kind_colour(kind);
}

static const char *kind_pattern(unsigned int kind)
{
	return timeline_pattern_name(timeline_kind_pattern(kind));
}

static json_t *json_downtime(const struct timeline_lane *lane)
{
	if (!lane->downtime_start.known)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:b}", "start_ns", json_time(lane->downtime_start),
			 "duration_ns", json_time(lane->downtime), "error_ns",
			 json_error(lane->downtime), "goes_on", timeline_downtime_goes_on(lane));
}

static json_t *json_lane(const struct timeline_lane *lane)
{
	char text[BOUNDED_TEXT_BYTES];

	return json_pack(
		"{s:i, s:o, s:o, s:i, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o}", "group",
		(int)lane->group, "name", json_text(lane->name), "detail", json_text(lane->detail),
		"depth", (int)lane->depth, "downtime", json_downtime(lane), "downtime_text",
		json_text(timeline_downtime_text(text, lane)), "not_back", (int)lane->not_back,
		"kept", (int)lane->kept, "session", json_text_or_null(lane->session), "token",
		*lane->session && lane->group != TIMELINE_SESSIONS ? json_u64(lane->token) :
								     json_null(),
		"vm", json_text_or_null(lane->vm), "attempt",
		lane->attempt ? json_integer(lane->attempt - 1) : json_null());
}

/* The index of @text in @sources; adds it if it is not there. */
static int number_of(json_t *sources, const char *text)
{
	size_t i;

	for (i = 0; i < json_array_size(sources); i++)
		if (!strcmp(json_string_value(json_array_get(sources, i)), text))
			return i;
	json_array_append_new(sources, json_string(text));
	return i;
}

static json_t *json_item(const struct timeline_item *item, json_t *sources)
{
	const int flags = (item->open ? FLAG_OPEN : 0) |
			  (item->in_new_kernel ? FLAG_NEW_KERNEL : 0) |
			  (item->instant ? FLAG_INSTANT : 0) | (item->pole ? FLAG_POLE : 0) |
			  (bounded_is_lower_bound(item->duration) ? FLAG_LOWER_BOUND : 0) |
			  (bounded_is_open(item->duration) ? FLAG_IN_DOUBT : 0);
	json_t *json =
		json_pack("[i, i, o, I, I, i, i, o, I, i, I]", (int)item->lane, (int)item->kind,
			  json_text(item->name), (json_int_t)item->start_ns,
			  (json_int_t)item->end_ns, (int)item->depth, flags,
			  json_errno(item->result), (json_int_t)bounded_error(item->duration),
			  number_of(sources, item->source), (json_int_t)bounded_error(item->start));

	/* An error does not say to which side of a range the value lies. */
	if (bounded_is_closed(item->duration) && bounded_is_lopsided(item->duration)) {
		json_array_append_new(json, json_integer(item->duration.low));
		json_array_append_new(json, json_integer(item->duration.high));
	}
	return json;
}

static void add_line(void *lines, const char *label, const char *text)
{
	json_array_append_new(lines, json_pack("[s, o]", label, json_text(text)));
}

static json_t *json_head(const struct model *model)
{
	json_t *lines = json_array();
	struct head head;

	head_make(&head, model, true);
	head_each(&head, model, true, add_line, lines);
	return json_pack("{s:o, s:s, s:s, s:o}", "title", json_text(head.title), "blackout",
			 head.blackout, "own", head.own, "lines", lines);
}

static json_t *json_poles(const struct model *model)
{
	json_t *list = json_array();
	char buffer[ESCAPED_BYTES];
	size_t i;

	for (i = 0; i < model->poles; i++) {
		const struct model_long_pole *pole = &model->pole[i];

		json_t *json =
			json_pack("{s:o}", "what", json_text(head_pole(buffer, model, pole, true)));

		json = json_with_time(json, "busy", pole->busy);
		json = json_with_time(json, "waited", pole->waited);
		json = json_with_time(json, "saved", pole->saved);
		list = json_append(list, json_with_time(json, "blackout_without", pole->without));
	}
	return list;
}

static json_t *json_attempts(const struct timeline *timeline, const struct model *model)
{
	char title[2 * HEAD_MOMENT_BYTES], text[4 * TIMELINE_NAME_BYTES];
	json_t *list = json_array();
	struct timeline range;
	size_t i;

	for (i = 0; i < model->attempts; i++) {
		const bool placed = timeline_of_attempt(&range, timeline, i + 1);

		attempt_title(title, sizeof(title), &model->attempt[i]);
		attempt_text(text, sizeof(text), &model->attempt[i]);
		list = json_append(
			list,
			json_pack("{s:s, s:o, s:s, s:o, s:o}", "title", title, "text",
				  json_text(text), "what_to_do", model->attempt[i].what_to_do,
				  "begin_ns", placed ? json_integer(range.begin_ns) : json_null(),
				  "end_ns", placed ? json_integer(range.end_ns) : json_null()));
	}
	return list;
}

struct json_t *timeline_json(const struct timeline *timeline, const struct model *model)
{
	json_t *lanes = json_array(), *items = json_array(), *sources = json_array();
	char title[64];
	json_t *value;
	size_t i;

	for (i = 0; i < timeline->lanes; i++)
		json_array_append_new(lanes, json_lane(&timeline->lane[i]));
	for (i = 0; i < timeline->items; i++)
		json_array_append_new(items, json_item(&timeline->item[i], sources));
	if (model->has_update)
		snprintf(title, sizeof(title), "Live update #%u", model->generation);
	else
		snprintf(title, sizeof(title), "Failed attempts");
	value = json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o,"
		" s:o, s:o, s:o, s:s, s:o, s:b, s:o}",
		"schema", TIMELINE_JSON_SCHEMA, "title", title, "from",
		json_text(model->from_release), "to", json_text(model->to_release), "head",
		json_head(model), "long_poles", json_poles(model), "pole",
		model->poles ? json_integer(0) : json_null(), "blackout_ns",
		model->has_end ? json_integer(model->blackout.value) : json_null(), "begin_ns",
		(json_int_t)timeline->begin_ns, "end_ns", (json_int_t)timeline->end_ns, "first_ns",
		(json_int_t)timeline->first_ns, "last_ns", (json_int_t)timeline->last_ns, "groups",
		json_names(group_name, TIMELINE_GROUPS), "kinds",
		json_names(kind_name, TIMELINE_KINDS), "colours",
		json_names(kind_colour, TIMELINE_KINDS), "patterns",
		json_names(kind_pattern, TIMELINE_KINDS), "sources", sources, "lanes", lanes,
		"items", items, "not_drawn", timeline->not_drawn, "blackout_is_lower_bound",
		json_lower_bound(model->blackout), "in_doubt",
		model->clock.verdict == CLOCK_CONTRADICTED, "attempts",
		json_attempts(timeline, model));
	if (value && (json_array_size(lanes) != timeline->lanes ||
		      json_array_size(items) != timeline->items)) {
		json_decref(value);
		value = NULL;
	}
	return value;
}
