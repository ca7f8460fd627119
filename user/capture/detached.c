// SPDX-License-Identifier: GPL-2.0
#include "detached.h"

#include <luoscope/event.h>
#include <stdlib.h>
#include <string.h>

/* At most so many subjects say what is watched, and at most this share of all. */
#define MOST_SUBJECTS 64
#define SHARE	      16

/* That the probes of now were detached, that the next are attached, and that they were detached. */
#define SUBJECTS_NEXT 3

/* The probes that were attached together: since when the first and the last part, until when. */
struct attachment {
	char group[sizeof(((struct luo_stats_subject_key *)0)->group)];
	uint64_t first;
	uint64_t last;
	uint64_t until;
};

struct attachments {
	struct attachment list[DETACHED_MOST];
	size_t count;
	bool are_all;
};

static bool next_watch(const struct area *area, uint32_t *number, struct luo_stats_subject_key *id)
{
	while (*number < area->subjects)
		if (area_subject(area, ++*number, id) && id->kind == LUO_STATS_SUBJECT_WATCH &&
		    id->key != LUOSCOPE_WATCH_LEFT_OUT)
			return true;
	return false;
}

/* NULL: there are too many. */
static struct attachment *find(struct attachments *all, const char *group)
{
	struct attachment *found;
	size_t i;

	for (i = 0; i < all->count; i++)
		if (!strncmp(all->list[i].group, group, sizeof(all->list[i].group)))
			return &all->list[i];
	if (all->count == DETACHED_MOST)
		return NULL;
	found = &all->list[all->count++];
	*found = (struct attachment){ .first = UINT64_MAX };
	memcpy(found->group, group, sizeof(found->group));
	return found;
}

static void add(struct attachments *all, struct luo_stats_subject_key *id)
{
	struct attachment *found = find(all, id->group);
	uint64_t when;

	all->are_all &= found != NULL;
	if (!found)
		return;
	id->detail[sizeof(id->detail) - 1] = '\0';
	when = strtoull(id->detail, NULL, 10);
	if (area_watch_is_end(id)) {
		found->until = when;
		return;
	}
	if (when < found->first)
		found->first = when;
	if (when > found->last)
		found->last = when;
}

static int compare_attachments(const void *a, const void *b)
{
	const struct attachment *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static void read_attachments(struct attachments *all, const struct area *area)
{
	struct luo_stats_subject_key id;
	uint32_t number = 0;
	size_t i;

	all->count = 0;
	all->are_all = true;
	while (next_watch(area, &number, &id))
		add(all, &id);
	/* There was no room for its beginning. */
	for (i = 0; i < all->count; i++)
		if (all->list[i].first == UINT64_MAX)
			all->list[i].first = all->list[i].last = all->list[i].until;
	if (all->count)
		qsort(all->list, all->count, sizeof(all->list[0]), compare_attachments);
}

size_t detached_list(const struct area *area, struct detached list[DETACHED_MOST])
{
	struct attachments all;
	size_t count = 0, i;

	read_attachments(&all, area);
	for (i = 0; i < all.count; i++) {
		const struct attachment *attachment = &all.list[i];
		const bool is_last = i + 1 == all.count;
		struct detached detached = {
			.begin = attachment->until > attachment->last ? attachment->until :
									attachment->last,
			.end = is_last ? 0 : attachment[1].first,
			.begin_known = attachment->until,
		};

		/* Those of the last one are still attached, as far as anybody knows. */
		if (is_last && !attachment->until && all.are_all)
			continue;
		if (!is_last && detached.begin > detached.end)
			detached.begin = detached.end;
		list[count++] = detached;
	}
	return count;
}

bool detached_has_room(const struct area *area)
{
	const uint64_t share = area->subject_capacity / SHARE;
	struct luo_stats_subject_key id;
	uint64_t count = SUBJECTS_NEXT;
	uint32_t number = 0;

	while (next_watch(area, &number, &id))
		count++;
	return count <= (share < MOST_SUBJECTS ? share : MOST_SUBJECTS);
}
