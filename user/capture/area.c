// SPDX-License-Identifier: GPL-2.0
#include "area.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <luoscope/event.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"

static size_t chunk_places(const struct luo_stats_chunk *chunk)
{
	if (chunk->kind == LUO_STATS_CHUNK_SUBJECTS)
		return chunk->bytes / sizeof(struct luo_stats_subject);
	if (chunk->kind == LUO_STATS_CHUNK_SPANS || chunk->kind == LUO_STATS_CHUNK_UPDATE_SPANS)
		return chunk->bytes / sizeof(struct luo_stats_span);
	return 0;
}

static bool chunk_is_of_lot(const struct luo_stats_chunk *chunk, unsigned int lot)
{
	return chunk->kind ==
	       (lot == LUO_STATS_LOT_ANY ? LUO_STATS_CHUNK_SPANS : LUO_STATS_CHUNK_UPDATE_SPANS);
}

static int check_chunks(struct area *area, struct error *error)
{
	uint64_t sum = LUO_STATS_PAGE_BYTES;
	unsigned int i;

	for (i = 0; i < LUO_STATS_CHUNKS; i++) {
		const struct luo_stats_chunk *chunk = &area->header.chunk[i];

		if (!chunk->bytes)
			break;
		if (chunk->bytes % LUO_STATS_PAGE_BYTES)
			return error_set(
				error, -EBADMSG,
				"the stats area is damaged: chunk %u has %u bytes, not a multiple of %d",
				i, chunk->bytes, LUO_STATS_PAGE_BYTES);
		sum += chunk->bytes;
		area->places[i] = chunk_places(chunk);
		if (chunk->kind == LUO_STATS_CHUNK_SUBJECTS)
			area->subject_capacity += area->places[i];
		else if (chunk_is_of_lot(chunk, LUO_STATS_LOT_ANY))
			area->span_capacity[LUO_STATS_LOT_ANY] += area->places[i];
		else if (chunk_is_of_lot(chunk, LUO_STATS_LOT_UPDATE))
			area->span_capacity[LUO_STATS_LOT_UPDATE] += area->places[i];
	}
	for (; i < LUO_STATS_CHUNKS; i++)
		if (area->header.chunk[i].bytes)
			return error_set(error, -EBADMSG,
					 "the stats area is damaged: its list of chunks has a gap");
	if (sum != area->header.total_bytes)
		return error_set(error, -EBADMSG,
				 "the stats area is damaged: its chunks have %llu bytes, but its"
				 " header says %llu",
				 (unsigned long long)sum,
				 (unsigned long long)area->header.total_bytes);
	if (sum != area->size)
		return error_set(error, -EBADMSG, "the stats area is %s: %zu bytes instead of %llu",
				 area->size < sum ? "cut short" : "followed by something else",
				 area->size, (unsigned long long)sum);
	return 0;
}

static int check_header(struct area *area, struct error *error)
{
	const struct luo_stats_header *header = &area->header;
	uint64_t checksum;

	if (header->magic != LUO_STATS_MAGIC)
		return error_set(error, -EBADMSG,
				 "this is not a stats area: its first 8 bytes are wrong");
	/* Check this before the checksum: another major version may compute that differently. */
	if (header->major != LUO_STATS_MAJOR)
		return error_set(error, -EPROTONOSUPPORT,
				 "the stats area has format %u, but this luoscope reads format %u:"
				 " use the luoscope that belongs to the module",
				 header->major, LUO_STATS_MAJOR);
	checksum =
		luo_stats_checksum(area->bytes + LUO_STATS_CHECKSUM_FROM, LUO_STATS_CHECKSUM_BYTES);
	if (checksum != header->checksum)
		return error_set(
			error, -EBADMSG,
			"the stats area is damaged: the checksum of its header does not match");
	/* A higher minor version may use reserved fields and a longer header, but moves nothing. */
	if (header->header_bytes < sizeof(*header) || header->header_bytes > LUO_STATS_PAGE_BYTES)
		return error_set(error, -EBADMSG,
				 "the stats area is damaged: its header cannot have %u bytes",
				 header->header_bytes);
	if (header->span_bytes != sizeof(struct luo_stats_span) ||
	    header->subject_bytes != sizeof(struct luo_stats_subject))
		return error_set(
			error, -EBADMSG,
			"the stats area is damaged: its spans have %u bytes and its subjects %u, which is impossible",
			header->span_bytes, header->subject_bytes);
	if (!memchr(header->release, 0, sizeof(header->release)))
		return error_set(error, -EBADMSG,
				 "the stats area is damaged: its kernel release has no end");
	return 0;
}

/* Where a subject is, which may not be aligned. There is a place for each that was ever used. */
static const char *subject_bytes(const struct area *area, uint64_t index)
{
	size_t offset = LUO_STATS_PAGE_BYTES;
	unsigned int i;

	for (i = 0; i < LUO_STATS_CHUNKS && area->header.chunk[i].bytes; i++) {
		const struct luo_stats_chunk *chunk = &area->header.chunk[i];

		if (chunk->kind == LUO_STATS_CHUNK_SUBJECTS) {
			if (index < area->places[i])
				return (const char *)area->bytes + offset +
				       index * sizeof(struct luo_stats_subject);
			index -= area->places[i];
		}
		offset += chunk->bytes;
	}
	return NULL;
}

/* A field of a subject. They are looked at for each span, and more than once: nothing is copied. */
#define SUBJECT_FIELD(bytes, field) u32_at((bytes) + offsetof(struct luo_stats_subject, field))

static uint32_t u32_at(const char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* A device or a mark is nothing without its name. */
static bool subject_is_valid(const char *subject)
{
	const uint32_t kind = SUBJECT_FIELD(subject, id.kind);

	if (SUBJECT_FIELD(subject, state) != LUO_STATS_CLOSED || !kind)
		return false;
	return subject[offsetof(struct luo_stats_subject, id.name)] ||
	       (kind != LUO_STATS_SUBJECT_DEVICE && kind != LUO_STATS_SUBJECT_MARK);
}

/* NULL: it was never used, or is invalid. */
static const char *find_subject(const struct area *area, uint32_t number)
{
	const char *subject;

	if (!number || number > area->subjects)
		return NULL;
	subject = subject_bytes(area, number - 1);
	return subject_is_valid(subject) ? subject : NULL;
}

bool area_subject(const struct area *area, uint32_t number, struct luo_stats_subject_key *id)
{
	const char *subject = find_subject(area, number);

	if (subject)
		memcpy(id, subject + offsetof(struct luo_stats_subject, id), sizeof(*id));
	return subject;
}

const char *area_subject_name(const struct area *area, uint32_t number)
{
	return subject_bytes(area, number - 1) + offsetof(struct luo_stats_subject, id.name);
}

/*
 * How often the place of a subject was used again since somebody wrote down its @serial; 0: it is
 * still that one, or nobody knows. The live area is written while it is read, and subjects are read
 * last.
 */
static int16_t reuses(uint32_t serial_now, uint16_t serial)
{
	return serial ? (uint16_t)((serial_now >> 16) - serial) : 0;
}

bool area_subject_is_over(const struct area *area, uint32_t number)
{
	const char *subject, *owner;
	uint32_t is_over, owned_by;
	uint16_t owner_serial;
	int16_t moved;

	subject = area->header.minor < 5 ? NULL : find_subject(area, number);
	if (!subject)
		return false;
	is_over = SUBJECT_FIELD(subject, is_over);
	owned_by = SUBJECT_FIELD(subject, owner);
	if (is_over || !owned_by || owned_by > area->subjects)
		return is_over;
	owner = subject_bytes(area, owned_by - 1);
	memcpy(&owner_serial, subject + offsetof(struct luo_stats_subject, owner_serial),
	       sizeof(owner_serial));
	moved = reuses(SUBJECT_FIELD(owner, serial), owner_serial);
	return moved ? moved > 0 : subject_is_valid(owner) && SUBJECT_FIELD(owner, is_over);
}

/* What became of the subject that a span names. Older minors do not say. */
enum naming {
	NAMES_IT,
	NAMES_FORGOTTEN,  /* since the span was read, and the span with it */
	NAMES_UNFINISHED, /* it is being written */
	NAMES_LATER,	  /* it is younger than the span says: impossible */
};

static enum naming naming_of(const struct area *area, const struct luo_stats_span *span)
{
	const char *subject;
	uint32_t serial;

	if (area->header.minor < 5 || !span->subject || span->subject > area->subjects)
		return NAMES_IT;
	subject = subject_bytes(area, span->subject - 1);
	serial = SUBJECT_FIELD(subject, serial);
	if (reuses(serial, span->subject_serial) > 0)
		return NAMES_FORGOTTEN;
	if (SUBJECT_FIELD(subject, state) == LUO_STATS_RESERVED)
		return NAMES_UNFINISHED;
	return reuses(serial, span->subject_serial) < 0 ? NAMES_LATER : NAMES_IT;
}

/* Copy the next reserved place for a span, whatever is in it. */
static bool next_place(const struct area *area, struct area_cursor *cursor,
		       struct luo_stats_span *span)
{
	if (!cursor->chunk_offset)
		cursor->chunk_offset = LUO_STATS_PAGE_BYTES;
	while (cursor->lot < LUO_STATS_LOTS) {
		const struct luo_stats_chunk *chunk = &area->header.chunk[cursor->chunk];

		if (cursor->chunk == LUO_STATS_CHUNKS || !chunk->bytes ||
		    cursor->seen == area->spans[cursor->lot]) {
			*cursor = (struct area_cursor){ .lot = cursor->lot + 1,
							.chunk_offset = LUO_STATS_PAGE_BYTES };
			continue;
		}
		if (chunk_is_of_lot(chunk, cursor->lot) &&
		    cursor->index < area->places[cursor->chunk]) {
			memcpy(span,
			       area->bytes + cursor->chunk_offset + cursor->index * sizeof(*span),
			       sizeof(*span));
			cursor->index++;
			cursor->seen++;
			return true;
		}
		cursor->chunk_offset += chunk->bytes;
		cursor->index = 0;
		cursor->chunk++;
	}
	return false;
}

/* A later minor version may add other details, but each of them needs a start. */
static bool mark_is_valid(const struct luo_stats_span *span)
{
	const bool is_closed = span->state == LUO_STATS_CLOSED;

	if (span->role != LUO_STATS_ROLE_NONE)
		return false;
	if (span->detail == LUO_STATS_MARK_END)
		return is_closed && !span->begin_cycles && span->end_cycles;
	if (span->detail == LUO_STATS_MARK_INSTANT && !is_closed)
		return false;
	return span->begin_cycles &&
	       (span->detail != LUO_STATS_MARK_INSTANT || span->begin_cycles == span->end_cycles);
}

static bool span_is_valid(const struct area *area, const struct luo_stats_span *span,
			  enum naming naming)
{
	if (span->state != LUO_STATS_OPEN && span->state != LUO_STATS_CLOSED)
		return false;
	if (!span->kind || span->role < LUO_STATS_ROLE_OLD || span->role > LUO_STATS_ROLE_NONE)
		return false;
	if (span->subject > area->subjects || naming == NAMES_LATER)
		return false;
	if (span->kind == LUO_STATS_MARK ? !mark_is_valid(span) : !span->begin_cycles)
		return false;
	return span->state == LUO_STATS_OPEN || span->end_cycles >= span->begin_cycles;
}

bool area_next_span(const struct area *area, struct area_cursor *cursor,
		    struct luo_stats_span *span)
{
	while (next_place(area, cursor, span))
		if (naming_of(area, span) == NAMES_IT && span_is_valid(area, span, NAMES_IT))
			return true;
	return false;
}

/*
 * Used before, and free again; also a span that was forgotten, with its subject, between the reads
 * of the two. Older minors have no such places.
 */
static bool is_free(const struct area *area, const struct luo_stats_span *span, enum naming naming)
{
	if (area->header.minor < 5)
		return false;
	return span->state == LUO_STATS_RESERVED ? !span->kind : naming == NAMES_FORGOTTEN;
}

/* Free, or being written: what it was is in no span yet, or the span is counted. */
static bool is_no_subject(const struct area *area, const char *subject)
{
	const uint32_t state = SUBJECT_FIELD(subject, state);

	return state == LUO_STATS_FREE || (area->header.minor >= 5 && state == LUO_STATS_RESERVED);
}

static void count_invalid(struct area *area)
{
	struct area_cursor cursor = {};
	struct luo_stats_span span;
	uint64_t i;

	for (i = 0; i < area->subjects; i++) {
		const char *subject = subject_bytes(area, i);

		area->invalid_subjects += !subject_is_valid(subject) &&
					  !is_no_subject(area, subject);
	}
	while (next_place(area, &cursor, &span)) {
		const enum naming naming = naming_of(area, &span);

		if (is_free(area, &span, naming))
			continue;
		if (span.state == LUO_STATS_RESERVED || naming == NAMES_UNFINISHED)
			area->reserved_spans++;
		else if (!span_is_valid(area, &span, naming))
			area->invalid_spans++;
	}
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int area_parse(struct area *area, const void *bytes, size_t size, struct error *error)
{
	unsigned int lot;
	int err;

	*area = (struct area){ .bytes = bytes, .size = size };
	if (size < LUO_STATS_PAGE_BYTES)
		return error_set(error, -EBADMSG,
				 "the stats area is cut short: %zu bytes hold no header page",
				 size);
	memcpy(&area->header, bytes, sizeof(area->header));
	err = check_header(area, error);
	if (!err)
		err = check_chunks(area, error);
	if (err)
		return err;

	area->subjects = smaller(area->header.subject_cursor, area->subject_capacity);
	area->subjects_without_room =
		area->header.subjects_dropped + (area->header.subject_cursor - area->subjects);
	for (lot = 0; lot < LUO_STATS_LOTS; lot++)
		area->spans[lot] = smaller(area->header.span_cursor[lot], area->span_capacity[lot]);
	area->spans_without_room =
		area->header.span_cursor[LUO_STATS_LOT_ANY] - area->spans[LUO_STATS_LOT_ANY];
	count_invalid(area);
	return 0;
}

static bool is_arrival(const struct luo_stats_subject_key *watch)
{
	return !strcmp(watch->name, LUOSCOPE_WATCH_ARRIVAL);
}

bool area_watch_is_end(const struct luo_stats_subject_key *watch)
{
	return !strcmp(watch->name, LUOSCOPE_WATCH_DETACHED);
}

bool area_left_out(const struct area *area, uint32_t number, struct area_left_out *left_out)
{
	struct luo_stats_subject_key id;

	if (!area_subject(area, number, &id) || id.kind != LUO_STATS_SUBJECT_WATCH ||
	    id.key != LUOSCOPE_WATCH_LEFT_OUT)
		return false;
	TEXT_COPY(left_out->function, id.name);
	TEXT_COPY(left_out->why, id.group);
	return true;
}

/* Whether @function was left out at any time. */
static bool is_left_out(const struct area *area, const char *function)
{
	struct area_left_out left_out;
	uint32_t number;

	for (number = 1; number <= area->subjects; number++)
		if (area_left_out(area, number, &left_out) && !strcmp(left_out.function, function))
			return true;
	return false;
}

/* What both of the two kinds of WATCH subjects say; all bits, if there is none of a kind. */
static uint64_t watches_of(const struct area *area, bool arrival)
{
	struct luo_stats_subject_key id;
	uint64_t watches = UINT64_MAX;
	uint32_t number;

	for (number = 1; number <= area->subjects; number++)
		if (area_subject(area, number, &id) && id.kind == LUO_STATS_SUBJECT_WATCH &&
		    !area_watch_is_end(&id) && is_arrival(&id) == arrival)
			watches &= id.key;
	return watches;
}

uint64_t area_watches(const struct area *area)
{
	const uint64_t arrival = watches_of(area, true), all = watches_of(area, false);

	if (arrival == UINT64_MAX || all == UINT64_MAX)
		return arrival & all;
	/* What freezes does not come from the old kernel. */
	return all & (arrival | LUO_STATS_WATCH_FREEZE);
}

uint64_t area_watched_since(const struct area *area, bool arrival)
{
	struct luo_stats_subject_key id;
	uint64_t since = UINT64_MAX;
	uint32_t number;

	for (number = 1; number <= area->subjects; number++) {
		if (!area_subject(area, number, &id) || id.kind != LUO_STATS_SUBJECT_WATCH ||
		    is_arrival(&id) != arrival || area_watch_is_end(&id) ||
		    id.key == LUOSCOPE_WATCH_LEFT_OUT)
			continue;
		id.detail[sizeof(id.detail) - 1] = '\0';
		since = smaller(since, strtoull(id.detail, NULL, 10));
	}
	return since == UINT64_MAX ? 0 : since;
}

bool area_watches_vcpus(const struct area *area)
{
	/* The probes of these functions see vCPUs; that of the last one writes their exits. */
	static const char *const needed[] = { "kvm_arch_vcpu_ioctl_run", "vcpu_put",
					      "kvm_arch_vcpu_destroy", "machine_shutdown" };
	struct luo_stats_subject_key id;
	uint32_t number;
	size_t i;

	/* 'luoscope init' may leave them out after it has said that they are watched. */
	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (is_left_out(area, needed[i]))
			return false;
	for (number = 1; number <= area->subjects; number++)
		if (area_subject(area, number, &id) && id.kind == LUO_STATS_SUBJECT_VCPU && !id.key)
			return true;
	return false;
}

const struct luo_stats_anchor *area_anchor(const struct area *area, unsigned int slot)
{
	const struct luo_stats_anchor *anchor;

	if (slot >= LUO_STATS_ANCHORS)
		return NULL;
	anchor = &area->header.anchor[slot];
	if (!(anchor->flags & LUO_STATS_ANCHOR_TAKEN) || anchor->sequence % 2 || !anchor->cycles)
		return NULL;
	return anchor;
}

const struct luo_stats_boundaries *area_last_attempt(const struct area *area)
{
	const struct luo_stats_header *header = &area->header;
	const struct luo_stats_boundaries *set;

	if (!header->attempts)
		return NULL;
	set = &header->as_old_kernel[(header->attempts - 1) % LUO_STATS_ATTEMPTS];
	return set->attempt == header->attempts ? set : NULL;
}

bool area_counter_is_unstable(const struct area *area)
{
	unsigned int i;

	for (i = 0; i < LUO_STATS_ANCHORS; i++) {
		const struct luo_stats_anchor *anchor = area_anchor(area, i);

		if (anchor && anchor->flags & LUO_STATS_COUNTER_UNSTABLE)
			return true;
	}
	return false;
}
