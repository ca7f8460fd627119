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
#define TIMELINE_JSON_SCHEMA "luoscope.timeline/2"

/**
 * timeline_json - the JSON value of @timeline, for other programs that draw it
 *
 * An object: title, from, to; head: title, blackout, own (struct head) and lines, the output of
 * head_each(): label and text; not_drawn: a sentence, or ""; long_poles: what, busy_ns, waited_ns,
 * saved_ns, the longest first; pole: index of the one whose items are marked, or null; blackout_ns
 * (null if not known), blackout_is_lower_bound (and the same as blackout_at_least), begin_ns,
 * end_ns, first_ns, last_ns; groups, kinds, their colours and their patterns ("": none): by number;
 * sources: texts, by number; lanes: group, name, detail, depth, downtime (start and end in ns, or
 * null; the end may be null, too), downtime_is_lower_bound, not_back, session, token and vm to
 * which it belongs (null: none, or not known), attempt (index, or null); attempts, those that
 * failed: title, text, what_to_do (or ""), begin_ns, end_ns (null if not placed; text and SVG draw
 * each on an axis of its own that starts there); items: arrays of lane, kind, name, start_ns,
 * end_ns, depth, flags (1 open, 2 in the new kernel, 4 instant, 8 long pole, 16 at least), error
 * (its name, or null), error_ns, source, start_error_ns. Texts from outside have their bytes
 * escaped unless they are valid UTF-8. The caller frees it with json_decref(). Returns NULL if out
 * of memory.
 */
json_t *timeline_json(const struct timeline *timeline, const struct model *model);

#endif /* LUOSCOPE_TIMELINE_JSON_H */
