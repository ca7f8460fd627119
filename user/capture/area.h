/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reader of one stats area, as the module shows it in sysfs: the header page, then each chunk.
 *
 * Nothing in an area is trusted. What concerns the whole (magic, version, sizes, checksum) makes
 * area_parse() fail; a single span or subject that makes no sense is counted and left out.
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
 * @bytes:            the flat view, owned by the caller, who keeps it for as long as the area is
 *                    used
 * @size:             its size in bytes
 * @header:           a copy of its header; the stamps and counters in it are as found, unchecked
 * @subject_capacity: places for subjects in all chunks
 * @subjects:         how many of them were reserved
 * @span_capacity:    places for spans, by lot
 * @spans:            how many of them were reserved, by lot
 * @invalid_spans:    spans left out: state, kind, role, subject or stamps make no sense
 * @reserved_spans:   spans left out: their writer was caught while it filled them
 * @invalid_subjects: subjects left out: state or kind makes no sense, or being filled; not those
 *                    that are free again because another CPU added the same one first
 */
struct area {
	const unsigned char *bytes;
	size_t size;
	struct luo_stats_header header;
	uint64_t subject_capacity;
	uint64_t subjects;
	uint64_t span_capacity[LUO_STATS_LOTS];
	uint64_t spans[LUO_STATS_LOTS];
	uint64_t invalid_spans;
	uint64_t reserved_spans;
	uint64_t invalid_subjects;
};

/**
 * struct area_cursor - where area_next_span() stands; begin with all 0
 */
struct area_cursor {
	unsigned int lot;
	unsigned int chunk;
	size_t chunk_offset;
	uint64_t index;
	uint64_t seen;
};

/**
 * area_parse - check the @size bytes at @bytes and make @area read them
 *
 * @bytes may have any alignment. Returns 0; -EPROTONOSUPPORT: written by another major version;
 * -EBADMSG: not a stats area, cut short, or damaged.
 */
int area_parse(struct area *area, const void *bytes, size_t size, struct error *error);

/**
 * area_next_span - copy the next span that is open or closed and makes sense to @span
 *
 * Goes through both lots. Returns false when there is none left; @span is then undefined.
 */
bool area_next_span(const struct area *area, struct area_cursor *cursor,
		    struct luo_stats_span *span);

/**
 * area_subject - copy what subject number @number is (1 is the first) to @id
 *
 * Returns false for 0, for a number that was never given out, and for a subject that makes no
 * sense.
 */
bool area_subject(const struct area *area, uint32_t number, struct luo_stats_subject_key *id);

/**
 * area_watches - what was watched in its kernel for as long as anything was
 *
 * Returns enum luo_stats_watch, or'ed; all of it for a minor that does not say, below 3.
 */
uint64_t area_watches(const struct area *area);

/**
 * area_anchor - the anchor in @slot, or NULL if it was not taken or was being written
 */
const struct luo_stats_anchor *area_anchor(const struct area *area, unsigned int slot);

/**
 * area_last_attempt - the boundaries of the last attempt, or NULL if there was none or its set was
 * not found
 *
 * The attempt may have failed: see @end_cycles and @result.
 */
const struct luo_stats_boundaries *area_last_attempt(const struct area *area);

/**
 * area_attempt_failed - whether this attempt is known to have failed
 */
static inline bool area_attempt_failed(const struct luo_stats_boundaries *attempt)
{
	return attempt->end_cycles && attempt->result;
}

#endif /* LUOSCOPE_AREA_H */
