// SPDX-License-Identifier: GPL-2.0
#include "room.h"

#include "base/array.h"

/* How many spans an update writes about a subject at least. A device has a freeze and a reset. */
static const unsigned int needs[] = {
	[LUO_STATS_SUBJECT_FILE] = 1,
	[LUO_STATS_SUBJECT_SESSION] = 1,
	[LUO_STATS_SUBJECT_DEVICE] = 2,
	[LUO_STATS_SUBJECT_VCPU] = 1,
};

/*
 * For something that an update brought, it writes nothing more. Role 0: the area does not say.
 * Key 0 is not a vCPU.
 */
static bool awaits_update(const struct area *area, uint32_t number,
			  const struct luo_stats_subject_key *id)
{
	return id->kind < ARRAY_SIZE(needs) && id->role <= LUO_STATS_ROLE_OLD &&
	       (id->kind != LUO_STATS_SUBJECT_VCPU || id->key) &&
	       !area_subject_is_over(area, number);
}

static uint64_t spans_needed(const struct area *area)
{
	struct luo_stats_subject_key id;
	uint64_t needed = 0;
	uint32_t i;

	for (i = 1; i <= area->subjects; i++)
		if (area_subject(area, i, &id) && awaits_update(area, i, &id))
			needed += needs[id.kind];
	return needed;
}

static uint64_t count_spans(const struct area *area,
			    bool (*counts)(const struct area *area, const struct luo_stats_span *))
{
	struct area_cursor cursor = {};
	struct luo_stats_span span;
	uint64_t count = 0;

	while (area_next_span(area, &cursor, &span))
		count += counts(area, &span);
	return count;
}

/* As in the module: what only happens in an attempt, and gives way when the next one begins. */
static bool is_of_attempt(const struct luo_stats_span *span)
{
	switch (span->kind) {
	case LUO_STATS_FREEZE:
	case LUO_STATS_UNFREEZE:
	case LUO_STATS_SESSION_FREEZE:
	case LUO_STATS_SHUTDOWN:
	case LUO_STATS_RESET:
	case LUO_STATS_PLAIN_RESET:
	case LUO_STATS_VCPU_EXIT:
		return span->role == LUO_STATS_ROLE_OLD;
	}
	return false;
}

/* Not about what is over, not of an attempt that failed, and no other step that did. */
static bool is_in_use(const struct area *area, const struct luo_stats_span *span)
{
	const struct luo_stats_boundaries *attempt = area_last_attempt(area);

	if (area_subject_is_over(area, span->subject))
		return false;
	if (is_of_attempt(span))
		return !attempt ||
		       (span->attempt == attempt->attempt && !area_attempt_failed(attempt));
	return area->header.minor < 5 || span->state == LUO_STATS_OPEN || !span->result;
}

struct room room_of(const struct area *area)
{
	return (struct room){
		.spans = area->span_capacity[LUO_STATS_LOT_ANY] +
			 area->span_capacity[LUO_STATS_LOT_UPDATE],
		.used = count_spans(area, is_in_use),
		.needed = spans_needed(area),
		.lost = area->subjects_without_room + area->spans_without_room,
	};
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * How many files, devices and others there were: as many as the most frequent step was taken,
 * whether it was recorded or lost, and their sessions.
 */
static uint64_t count_things(const struct area *area)
{
	uint64_t taken[LUO_STATS_KINDS] = {}, sessions = 0, most = 0;
	struct luo_stats_subject_key id;
	struct area_cursor cursor = {};
	struct luo_stats_span span;
	uint32_t i;

	while (area_next_span(area, &cursor, &span))
		if (span.kind < LUO_STATS_KINDS && is_in_use(area, &span))
			taken[span.kind]++;
	for (i = 1; i < LUO_STATS_KINDS; i++)
		if (i != LUO_STATS_MARK)
			most = larger(most, taken[i] + area->header.dropped[i]);
	for (i = 1; i <= area->subjects; i++)
		sessions += area_subject(area, i, &id) && id.kind == LUO_STATS_SUBJECT_SESSION &&
			    !area_subject_is_over(area, i);
	return most + sessions;
}

/*
 * Half of an area is for spans. The header takes a page of the other half, and a subject may be
 * lost at the end of each chunk; half of the subjects is kept for the time from B0 on.
 */
static bool has_room(uint64_t kib, uint64_t things, uint64_t spans)
{
	const uint64_t lost = LUO_STATS_PAGE_BYTES / sizeof(struct luo_stats_subject) + 20;
	const uint64_t subjects = kib * 512 / sizeof(struct luo_stats_subject) - lost;

	return kib * 512 / sizeof(struct luo_stats_span) >= spans && subjects / 2 >= things;
}

uint32_t room_wanted_kib(const struct area *area)
{
	const struct room room = room_of(area);
	uint64_t things, spans = room.used, kib;
	unsigned int i;

	if (!room.lost)
		return 0;
	things = count_things(area);
	for (i = 0; i < LUO_STATS_KINDS; i++)
		if (i != LUO_STATS_MARK)
			spans += area->header.dropped[i];
	/* This size did not do. */
	for (kib = larger(area->size / 1024, ROOM_MIN_KIB) * 2; kib < ROOM_MAX_KIB; kib *= 2)
		if (has_room(kib, things, spans))
			break;
	return kib < ROOM_MAX_KIB ? kib : ROOM_MAX_KIB;
}
