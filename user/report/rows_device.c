// SPDX-License-Identifier: GPL-2.0
/*
 * The fields of a preserved device.
 */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/json_values.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "capture/reset_method.h"
#include "fields.h"
#include "model/belongs.h"
#include "model/clock.h"
#include "model/model_names.h"
#include "model/span_time.h"
#include "model/steps.h"
#include "rows.h"
#include "text_cells.h"
#include "text_select.h"

/* What it belongs to */

static const void *get_session(const struct model *model, const void *device)
{
	const struct model_file *file = device_file(model, device);

	return file ? file->session : NULL;
}

static const void *get_token(const struct model *model, const void *device)
{
	const struct model_file *file = device_file(model, device);

	return file ? &file->token : NULL;
}

static const void *get_vm(const struct model *model, const void *device)
{
	return named_vm(device_vm(model, device));
}

static bool some_have_vm(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->devices; i++)
		if (device_vm(model, &model->device[i]))
			return true;
	return false;
}

bool drivers_differ(const struct model *model)
{
	size_t i;

	for (i = 1; i < model->devices; i++)
		if (strcmp(model->device[i].driver, model->device[0].driver) != 0)
			return true;
	return false;
}

static bool on_request(const struct model *model)
{
	(void)model;
	return false;
}

/* Its reset, of which there is more to be said */

struct bounded device_reset_floor(const struct model *model, const void *value)
{
	const struct model_device *device = value;
	const struct reset_floor *floor = reset_floor(device->reset.method);

	(void)model;
	return floor ? bounded_exact(floor->ns) : (struct bounded){};
}

static struct estimate excess_of(const struct model_reset *reset, const struct model_span *span)
{
	const struct reset_floor *floor = reset_floor(reset->method);

	if (!floor || !model_span_succeeded(span) || !span->duration.known)
		return (struct estimate){};
	return (struct estimate){ .known = true, .value = span->duration.value - floor->ns };
}

struct bounded device_reset_excess(const struct model *model, const void *value)
{
	const struct model_device *device = value;

	return clock_estimate(&model->clock, excess_of(&device->reset, &device->step[STEP_RESET]));
}

static json_t *json_reset(const struct model *model, const struct model_reset *reset,
			  const struct model_span *span)
{
	const struct reset_floor *floor = reset_floor(reset->method);

	if (!reset->known && !reset->none_seen)
		return json_null();
	return json_pack("{s:s?, s:s, s:o, s:s?, s:o, s:o, s:o, s:o, s:o}", "method",
			 reset->method ? name_reset_method(reset->method) : NULL, "outcome",
			 reset->none_seen ? RESET_NONE_SEEN : name_reset_outcome(reset->outcome),
			 "errno", model_span_failed(span) ? json_errno(span->result) : json_null(),
			 "lock", reset->lock ? name_reset_lock(reset->lock) : NULL, "start_ns",
			 span->observed ? json_estimate(span->start) : json_null(), "duration_ns",
			 span->observed ? json_estimate(span->duration) : json_null(),
			 "is_lower_bound", json_lower_bound(span_time(model, span)), "floor_ns",
			 floor ? json_integer(floor->ns) : json_null(), "excess_ns",
			 json_estimate(excess_of(reset, span)));
}

static json_t *json_freeze_reset(const struct model *model, const void *row)
{
	const struct model_device *device = row;

	return json_reset(model, &device->reset, &device->step[STEP_RESET]);
}

static json_t *json_release_reset(const struct model *model, const void *row)
{
	const struct model_device *device = row;

	return json_reset(model, &device->release_reset, &device->step[STEP_RELEASE_RESET]);
}

/* Null if not known: an older handler does not say, and the report does not guess. */
static json_t *json_second_reset(const struct model *model, const void *row)
{
	const uint64_t again = ((const struct model_device *)row)->again;

	(void)model;
	if (!again)
		return json_null();
	return json_pack("{s:b, s:s}", "spared", again == LUO_STATS_AGAIN_SPARED, "why",
			 name_again(again));
}

/* If no reset was tried, which the outcome says, there was no method to observe. */
static const char *method_cell(struct view *view, char *buffer, const void *row)
{
	const struct model_reset *reset = &((const struct model_device *)row)->reset;

	if (reset->known && reset->method)
		return name_reset_method(reset->method);
	if (reset->none_seen)
		return "";
	/* Of another handler's reset, nobody says how it was done. */
	if (reset->known && reset->outcome != LUO_STATS_RESET_UNKNOWN &&
	    reset->outcome != LUO_STATS_RESET_OK)
		return "";
	return cells_name_or_gap(view, buffer, NULL);
}

const char *format_reset_outcome(char *buffer, const struct model_reset *reset)
{
	snprintf(buffer, ESCAPED_BYTES, "%s%s%s", name_reset_outcome(reset->outcome),
		 reset->lock ? ": " : "", reset->lock ? name_reset_lock(reset->lock) : "");
	return buffer;
}

static const char *outcome_cell(struct view *view, char *buffer, const void *row)
{
	const struct model_reset *reset = &((const struct model_device *)row)->reset;

	(void)view;
	if (reset->none_seen)
		return "none seen";
	return reset->known ? format_reset_outcome(buffer, reset) : "-";
}

/* When it was back */

static const char *in_service_cell(struct view *view, char *buffer, const void *row)
{
	const struct model_device *device = row;

	if (device->kept)
		return TEXT_KEPT;
	if (model_span_failed(&device->step[STEP_IRQ_SETUP]))
		return name_errno(device->step[STEP_IRQ_SETUP].result, buffer);
	return cells_until_back(view, buffer, device->in_service, device->not_back);
}

/* If nothing of it came back, the table says "not back" rather than for how long. */
static struct bounded downtime_time(const struct model *model, const void *row)
{
	const struct model_device *device = row;
	const bool is_retrieved = model_span_succeeded(&device->step[STEP_RETRIEVE]);

	(void)model;
	return device->not_back && !is_retrieved ? (struct bounded){} : device->downtime;
}

static const char *downtime_cell(struct view *view, char *buffer, const void *row)
{
	const struct model_device *device = row;

	return device->kept ? TEXT_KEPT :
			      cells_until_back(view, buffer, downtime_time(view->model, row),
					       device->not_back);
}

static const void *get_not_back(const struct model *model, const void *value)
{
	const struct model_device *device = value;

	(void)model;
	return device->not_back || device->kept || model_device_is_in_service(device) ?
		       &device->not_back :
		       NULL;
}

static const void *get_kept(const struct model *model, const void *value)
{
	const struct model_device *device = value;

	return get_not_back(model, value) ? &device->kept : NULL;
}

/* In the order of the columns. */
#define AT(member) .offset = offsetof(struct model_device, member)
static const struct field fields[] = {
	{ "device", "device", FIELD_NAME, AT(name), .right = true },
	{ "pci_id", NULL, FIELD_TEXT, AT(pci_id) },
	{ "session", "session", FIELD_NAME, .get = get_session, .spare = 9 },
	{ "token", NULL, FIELD_NUMBER, .get = get_token },
	{ "vm", "vm", FIELD_TEXT, .get = get_vm, .wanted = some_have_vm },
	{ "preserve", "preserve", FIELD_STEP, AT(step[STEP_PRESERVE]), .spare = 1 },
	{ "freeze", "freeze", FIELD_STEP, AT(step[STEP_FREEZE]), .spare = 6 },
	{ "reset", "reset", FIELD_STEP, AT(step[STEP_RESET]), .spare = 7,
	  .json = json_freeze_reset },
	{ NULL, "method", .cell = method_cell, .spare = 2 },
	{ NULL, "outcome", .cell = outcome_cell },
	{ "retrieve", "retrieve", FIELD_STEP, AT(step[STEP_RETRIEVE]), .spare = 3 },
	{ "bind", "bind", FIELD_STEP, AT(step[STEP_BIND]), .spare = 4 },
	{ "second_reset", NULL, .json = json_second_reset },
	{ "irq_setup", "irq_setup", FIELD_STEP, AT(step[STEP_IRQ_SETUP]), .wanted = on_request },
	{ "in_service", "in service", FIELD_TIME, AT(in_service), .spare = 8,
	  .cell = in_service_cell, .until_back = true },
	{ "downtime", "downtime", FIELD_BOUND, AT(downtime), .cell = downtime_cell,
	  .time = downtime_time, .until_back = true },
	{ "not_back", NULL, FIELD_FLAG, .get = get_not_back },
	{ "kept", NULL, FIELD_FLAG, .get = get_kept },
	{ "driver", "driver", FIELD_TEXT, AT(driver), .spare = 5, .wanted = drivers_differ },
	{ "product", "product", FIELD_TEXT_OR_GAP, AT(product), .wanted = on_request },
	{ NULL, "floor", FIELD_TIME, .wanted = on_request, .time = device_reset_floor },
	{ NULL, "excess", FIELD_TIME, .wanted = on_request, .time = device_reset_excess },
	{ "finish", "finish", FIELD_STEP, AT(step[STEP_FINISH]), .wanted = on_request },
	{ "release_reset", NULL, .json = json_release_reset },
};

static const char *style(const struct model *model, const void *row)
{
	const struct model_device *device = row;

	(void)model;
	return device->not_back ? STYLE_BAD : model_reset_is_bad(&device->reset) ? STYLE_ODD : "";
}

const struct row_type device_rows = {
	.field = fields,
	.fields = ARRAY_SIZE(fields),
	.bytes = sizeof(struct model_device),
	.wants = wants_device,
	.style = style,
};
