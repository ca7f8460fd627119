/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events as they happen, a JSON object on a line each. docs/schema/event.schema.json describes the
 * objects.
 */
#ifndef LUOSCOPE_TAIL_JSON_H
#define LUOSCOPE_TAIL_JSON_H

#include <luoscope/event.h>
#include <stdint.h>

#include "tail.h"

#define TAIL_JSON_SCHEMA "luoscope.event/2"

/* Each returns 0 or -ENOMEM. */
int tail_json_event(struct tail_view *view, const struct luoscope_event *event);
int tail_json_lost(struct tail_view *view, uint64_t lost);
int tail_json_replaced(struct tail_view *view);
int tail_json_summary(struct tail_view *view, const struct tail_summary *summary);

#endif /* LUOSCOPE_TAIL_JSON_H */
