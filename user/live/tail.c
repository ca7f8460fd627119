// SPDX-License-Identifier: GPL-2.0
#include "tail.h"

#include <string.h>

#include "base/text.h"
#include "capture/area_names.h"
#include "event_filter.h"

void tail_summary_add(struct tail_summary *summary, const struct luoscope_event *event)
{
	struct tail_kind *kind;

	summary->shown++;
	if (event->type != LUOSCOPE_EVENT_END)
		return;
	kind = &summary->kind[event->kind < LUO_STATS_KINDS ? event->kind : 0];
	kind->outcome[event_outcome(event)]++;
	if (!kind->spans++ || event->duration_ns > kind->longest.duration_ns)
		kind->longest = *event;
}

/* A field of fixed size may have no 0 at its end. */
static const char *escape_field(char *buffer, const char *field, size_t size, bool utf8)
{
	char text[ESCAPED_BYTES / 4];

	snprintf(text, sizeof(text), "%.*s", (int)size, field);
	return escape_text(buffer, text, utf8);
}

/* Cut @text to @columns, with "~" in the last one. */
static void cut(char *text, unsigned int columns)
{
	char *end = text;
	unsigned int i;

	if (text_columns(text) <= columns)
		return;
	for (i = 0; i + 1 < columns; i++) {
		do
			end++;
		while (((unsigned char)*end & 0xc0) == 0x80);
	}
	strcpy(end, "~");
}

const char *event_subject(char *buffer, const struct luoscope_event *event, bool utf8,
			  unsigned int width)
{
	const struct luo_stats_subject_key *subject = &event->subject;
	char key[24] = "";

	*buffer = '\0';
	if (!subject->kind)
		return buffer;
	if (subject->kind == LUO_STATS_SUBJECT_VCPU && !subject->name[0])
		escape_field(buffer, subject->detail, sizeof(subject->detail), utf8);
	else
		escape_field(buffer, subject->name, sizeof(subject->name), utf8);
	if (subject->kind == LUO_STATS_SUBJECT_VCPU)
		snprintf(key, sizeof(key), ":%u", LUO_STATS_VCPU_ID(subject->key));
	else if (subject->kind == LUO_STATS_SUBJECT_FILE || subject->key)
		snprintf(key, sizeof(key), ":%llu", (unsigned long long)subject->key);
	/* Keep the key: it distinguishes the files of a session. */
	if (width)
		cut(buffer, width > strlen(key) + 4 ? width - strlen(key) : 4);
	strcat(buffer, key);
	return buffer;
}

const char *event_name(char *buffer, const struct luoscope_event *event)
{
	return event->type == LUOSCOPE_EVENT_BOUNDARY ? name_slot(event->kind) :
							name_kind(event->kind, buffer);
}

const char *event_detail(char *buffer, const struct luoscope_event *event)
{
	const struct luo_stats_subject_key *subject = &event->subject;

	if (subject->kind == LUO_STATS_SUBJECT_FLB)
		return "FLB";
	return escape_field(buffer, subject->detail, sizeof(subject->detail), false);
}
