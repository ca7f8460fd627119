/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads one stats area as the module shows it in sysfs: the header page, then each chunk.
 *
 * Nothing in an area is trusted. If anything about the whole is wrong (magic, version, sizes,
 * checksum), area_parse() fails. A single invalid span or subject is counted and left out.
 */
#ifndef LUOSCOPE_AREA_H
#define LUOSCOPE_AREA_H

#include <luoscope/stats_area.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/**
 * struct area - one stats area
 * @bytes:            the flat view; the caller owns it, and keeps it while the area is in use
 * @size:             its size in bytes
 * @header:           a copy of its header; stamps and counters are as found, unchecked
 * @places:           of each of its chunks: room for subjects or spans
 * @subject_capacity: room for subjects in all chunks
 * @subjects:         how many of them were ever used
 * @span_capacity:    room for spans, by lot
 * @spans:            how many of them were ever used, by lot
 * @subjects_without_room: how often there was no room for a subject
 * @spans_without_room: for how many spans there was none
 * @invalid_spans:    spans left out because of their state, kind, role, subject or stamps; not
 *                    those that were forgotten, with their subjects, while the area was read
 * @reserved_spans:   spans left out because they, or their subjects, were still being written
 * @invalid_subjects: subjects left out because of their state or kind, or because they have no name
 *                    but need one; not those that are free, or still being written
 */
struct area {
	const unsigned char *bytes;
	size_t size;
	struct luo_stats_header header;
	uint32_t places[LUO_STATS_CHUNKS];
	uint64_t subject_capacity;
	uint64_t subjects;
	uint64_t span_capacity[LUO_STATS_LOTS];
	uint64_t spans[LUO_STATS_LOTS];
	uint64_t subjects_without_room;
	uint64_t spans_without_room;
	uint64_t invalid_spans;
	uint64_t reserved_spans;
	uint64_t invalid_subjects;
};

/**
 * struct area_cursor - the position of area_next_span(); begin with all zero
 */
struct area_cursor {
	unsigned int lot;
	unsigned int chunk;
	size_t chunk_offset;
	uint64_t index;
	uint64_t seen;
};

/**
 * area_parse - check the stats area in the @size bytes at @bytes, and set up @area to read it
 *
 * @bytes may have any alignment. Returns 0; -EPROTONOSUPPORT: another major version; -EBADMSG: not
 * a stats area, cut short, or damaged.
 */
int area_parse(struct area *area, const void *bytes, size_t size, struct error *error);

/**
 * area_next_span - copy the next valid span, open or closed, to @span
 *
 * Goes through both lots. Returns false if there are no more; @span is then undefined.
 */
bool area_next_span(const struct area *area, struct area_cursor *cursor,
		    struct luo_stats_span *span);

/**
 * area_subject - copy the key of subject @number to @id; the first one is 1
 *
 * Returns false for 0, for a number that was never used, and for an invalid subject.
 */
bool area_subject(const struct area *area, uint32_t number, struct luo_stats_subject_key *id);

/**
 * area_subject_name - where the name of a subject is for which area_subject() returned true
 *
 * It has no end if it has AREA_NAME_BYTES bytes. What comes after its end is not trusted.
 */
const char *area_subject_name(const struct area *area, uint32_t number);

#define AREA_NAME_BYTES sizeof(((struct luo_stats_subject_key *)0)->name)

/**
 * area_subject_is_over - whether subject @number was given up or finished
 *
 * Then what is said about it is history. Minor versions below 5 do not say; for them it returns
 * false.
 */
bool area_subject_is_over(const struct area *area, uint32_t number);

/**
 * area_watches - what was watched in its kernel all the time that anything was
 *
 * Returns values of enum luo_stats_watch, or'ed together. Minor versions below 3 do not say; for
 * them it returns all values.
 */
uint64_t area_watches(const struct area *area);

/**
 * struct area_left_out - a function that was not watched, or not all the time
 * @function: its name, or that of a tracepoint
 * @why:      in a few words
 */
struct area_left_out {
	char function[65];
	char why[33];
};

/**
 * area_left_out - whether subject @number is a function that was not watched
 *
 * Returns true and sets @left_out if it is. Only what could be watched on other kernels is listed.
 */
bool area_left_out(const struct area *area, uint32_t number, struct area_left_out *left_out);

/**
 * area_watch_is_end - whether @watch, a subject of kind LUO_STATS_SUBJECT_WATCH, says that the
 * probes were detached
 */
bool area_watch_is_end(const struct luo_stats_subject_key *watch);

/**
 * area_watched_since - the counter when the first probes were in place
 * @arrival: those for what comes from the old kernel; false: all
 *
 * Returns 0 if the area does not say.
 */
uint64_t area_watched_since(const struct area *area, bool arrival);

/**
 * area_is_whole - whether every span that was recorded can be read, with its subject
 *
 * false: what was not seen may be among what is damaged, or, in minor versions below 5, what found
 * no room for its subject. Since then that is dropped.
 */
static inline bool area_is_whole(const struct area *area)
{
	return !area->header.subjects_dropped && !area->invalid_spans && !area->invalid_subjects;
}

/**
 * area_watches_vcpus - whether virtual machines were watched in its kernel
 *
 * KVM is there, and watched, before the first of them runs.
 */
bool area_watches_vcpus(const struct area *area);

/**
 * area_anchor - the anchor in @slot, or NULL if it was not taken or is incomplete
 */
const struct luo_stats_anchor *area_anchor(const struct area *area, unsigned int slot);

/**
 * area_last_attempt - the boundaries of the last attempt, or NULL if there was none or they cannot
 * be found
 *
 * The attempt may have failed: see area_attempt_failed().
 */
const struct luo_stats_boundaries *area_last_attempt(const struct area *area);

/**
 * area_attempt_failed - whether this attempt is known to have failed
 */
static inline bool area_attempt_failed(const struct luo_stats_boundaries *attempt)
{
	return attempt->end_cycles && attempt->result;
}

/* Whether the kernel of @area found its counter to be unstable. */
bool area_counter_is_unstable(const struct area *area);

#endif /* LUOSCOPE_AREA_H */
