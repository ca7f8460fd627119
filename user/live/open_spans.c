// SPDX-License-Identifier: GPL-2.0
#include "open_spans.h"

#include <string.h>

static void remove_span(struct underway *underway, size_t i)
{
	const size_t behind = underway->spans - i - 1;

	memmove(&underway->begin[i], &underway->begin[i + 1], behind * sizeof(underway->begin[0]));
	memmove(&underway->told[i], &underway->told[i + 1], behind * sizeof(underway->told[0]));
	underway->spans--;
}

/*
 * Spans of one thread lie in one another, a device's in one of the same kind of its file, so an end
 * is that of the last begin. Whom a span is about can become better known until its end.
 */
static bool ends(const struct luoscope_event *end, const struct luoscope_event *begin)
{
	return begin->pid == end->pid && begin->kind == end->kind;
}

void underway_add(struct underway *underway, const struct luoscope_event *event)
{
	size_t i;

	/* A mark may be open for days, and ended by another thread: it is no step that hangs. */
	if (event->type != LUOSCOPE_EVENT_BOUNDARY && event->kind == LUO_STATS_MARK)
		return;
	switch (event->type) {
	case LUOSCOPE_EVENT_BEGIN:
		if (underway->spans == UNDERWAY_SPANS)
			remove_span(underway, 0);
		underway->begin[underway->spans] = *event;
		underway->told[underway->spans++] = false;
		break;
	case LUOSCOPE_EVENT_END:
		for (i = underway->spans; i--;) {
			if (!ends(event, &underway->begin[i]))
				continue;
			remove_span(underway, i);
			break;
		}
		break;
	case LUOSCOPE_EVENT_BOUNDARY:
		if (event->kind == LUO_STATS_B0_UPDATE_BEGIN)
			underway->update = true;
		else if (event->kind == LUO_STATS_B1_FROZEN && event->result)
			underway->update = false;
		break;
	}
}

void underway_forget(struct underway *underway)
{
	underway->spans = 0;
	underway->update = false;
}
