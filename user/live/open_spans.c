// SPDX-License-Identifier: GPL-2.0
#include "open_spans.h"

#include <string.h>

static void remove_span(struct open_spans *spans, size_t i)
{
	const size_t behind = spans->count - i - 1;

	memmove(&spans->begin[i], &spans->begin[i + 1], behind * sizeof(spans->begin[0]));
	memmove(&spans->shown[i], &spans->shown[i + 1], behind * sizeof(spans->shown[0]));
	spans->count--;
}

/*
 * Spans of one thread are nested, such as the span of a device in the span of its file, which has
 * the same kind. So an end belongs to the last begin. The subject is not compared, because more may
 * be known about it at the end.
 */
static bool ends(const struct luoscope_event *end, const struct luoscope_event *begin)
{
	return begin->pid == end->pid && begin->kind == end->kind;
}

void open_spans_add(struct open_spans *spans, const struct luoscope_event *event)
{
	size_t i;

	/* A mark is not a step that could hang: it may be open for days, and another thread may end it. */
	if (event->type != LUOSCOPE_EVENT_BOUNDARY && event->kind == LUO_STATS_MARK)
		return;
	switch (event->type) {
	case LUOSCOPE_EVENT_BEGIN:
		if (spans->count == OPEN_SPANS_MAX)
			remove_span(spans, 0);
		spans->begin[spans->count] = *event;
		spans->shown[spans->count++] = false;
		break;
	case LUOSCOPE_EVENT_END:
		for (i = spans->count; i--;) {
			if (!ends(event, &spans->begin[i]))
				continue;
			remove_span(spans, i);
			break;
		}
		break;
	case LUOSCOPE_EVENT_BOUNDARY:
		if (event->kind == LUO_STATS_B0_UPDATE_BEGIN)
			spans->update_begun = true;
		else if (event->kind == LUO_STATS_B1_FROZEN && event->result)
			spans->update_begun = false;
		break;
	}
}

void open_spans_forget(struct open_spans *spans)
{
	spans->count = 0;
	spans->update_begun = false;
}
