/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The picture for programs, and for the page.
 */
#ifndef LUOSCOPE_TIMELINE_JSON_H
#define LUOSCOPE_TIMELINE_JSON_H

#include <jansson.h>

#include "model/model.h"
#include "timeline.h"

/* Name and version of the JSON document's form. */
#define TIMELINE_JSON_SCHEMA "luoscope.timeline/4"

/**
 * timeline_json - the JSON value of @timeline, for other programs that draw it
 *
 * docs/schema/timeline.schema.json describes it. Texts from outside have their bytes escaped unless
 * they are valid UTF-8. The caller frees it with json_decref(). Returns NULL if out of memory.
 */
json_t *timeline_json(const struct timeline *timeline, const struct model *model);

#endif /* LUOSCOPE_TIMELINE_JSON_H */
