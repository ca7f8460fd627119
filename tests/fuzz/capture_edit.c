// SPDX-License-Identifier: GPL-2.0
/*
 * Changes captures where it matters. Any change breaks a checksum, and most break a size or a
 * count: then a reader would look no further. So what holds the file together is repaired.
 */
#include <luoscope/stats_area.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fuzz.h"

#define FILE_HEADER    16
#define SECTION_HEADER 24
#define TRAILER	       8
#define SECTIONS_MAX   16

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);

/* A section in a file: @at is where its header is. */
struct part {
	uint32_t type;
	size_t at;
	uint64_t bytes;
};

static uint64_t random_state;

static uint32_t random_below(uint32_t below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (random_state >> 33) % below;
}

static size_t padded(uint64_t bytes)
{
	return (bytes + 7) / 8 * 8;
}

static bool is_area(const struct part *part)
{
	return (part->type == CAPTURE_INCOMING || part->type == CAPTURE_OUTGOING) &&
	       part->bytes >= LUO_STATS_PAGE_BYTES;
}

/* Find the sections, up to the first that cannot be one. Sets @end to where the last one ends. */
static size_t find_parts(const uint8_t *file, size_t size, struct part *parts, size_t *end)
{
	uint32_t sections = 0;
	size_t at = FILE_HEADER, count = 0;

	if (size >= FILE_HEADER)
		memcpy(&sections, file + 12, sizeof(sections));
	while (count < sections && count < SECTIONS_MAX && at + SECTION_HEADER + TRAILER <= size) {
		struct part *part = &parts[count];

		part->at = at;
		memcpy(&part->type, file + at, sizeof(part->type));
		memcpy(&part->bytes, file + at + 8, sizeof(part->bytes));
		if (part->bytes > size ||
		    at + SECTION_HEADER + padded(part->bytes) + TRAILER > size)
			break;
		at += SECTION_HEADER + padded(part->bytes);
		count++;
	}
	*end = at;
	return count;
}

size_t capture_end(const uint8_t *bytes, size_t size)
{
	struct part parts[SECTIONS_MAX];
	size_t end;

	if (size < FILE_HEADER + TRAILER)
		return size;
	find_parts(bytes, size, parts, &end);
	return end + TRAILER;
}

/* Repairs */

/* Let the chunks fill the area: what one of them cannot have, the last one gets. */
static void repair_chunks(struct luo_stats_header *header, size_t bytes)
{
	size_t rest = bytes - LUO_STATS_PAGE_BYTES;
	unsigned int i;

	for (i = 0; i < LUO_STATS_CHUNKS; i++) {
		struct luo_stats_chunk *chunk = &header->chunk[i];
		const bool is_last = i + 1 == LUO_STATS_CHUNKS || !chunk[1].bytes;

		chunk->bytes = chunk->bytes / LUO_STATS_PAGE_BYTES * LUO_STATS_PAGE_BYTES;
		if (!chunk->bytes && rest)
			chunk->bytes = LUO_STATS_PAGE_BYTES;
		if (chunk->bytes > rest || is_last)
			chunk->bytes = rest;
		rest -= chunk->bytes;
	}
}

static void repair_area(uint8_t *bytes, size_t size)
{
	struct luo_stats_header header;

	memcpy(&header, bytes, sizeof(header));
	header.magic = LUO_STATS_MAGIC;
	header.major = LUO_STATS_MAJOR;
	header.header_bytes = sizeof(header);
	header.span_bytes = sizeof(struct luo_stats_span);
	header.subject_bytes = sizeof(struct luo_stats_subject);
	header.total_bytes = size;
	header.release[sizeof(header.release) - 1] = '\0';
	repair_chunks(&header, size);
	memcpy(bytes, &header, sizeof(header));
	header.checksum =
		luo_stats_checksum(bytes + LUO_STATS_CHECKSUM_FROM, LUO_STATS_CHECKSUM_BYTES);
	memcpy(bytes, &header, sizeof(header));
}

/* Returns the new size: what is behind the last section is cut off. */
static size_t repair_file(uint8_t *file, size_t size)
{
	struct part parts[SECTIONS_MAX];
	uint64_t checksum;
	uint32_t count, i;
	size_t end;

	if (size < FILE_HEADER + TRAILER)
		return size;
	memcpy(file, CAPTURE_MAGIC, 8);
	memcpy(file + 8, &(uint16_t){ CAPTURE_MAJOR }, 2);
	count = find_parts(file, size, parts, &end);
	memcpy(file + 12, &count, sizeof(count));
	for (i = 0; i < count; i++) {
		uint8_t *bytes = file + parts[i].at + SECTION_HEADER;

		if (is_area(&parts[i]))
			repair_area(bytes, parts[i].bytes);
		checksum = luo_stats_checksum(bytes, parts[i].bytes);
		memcpy(bytes - sizeof(checksum), &checksum, sizeof(checksum));
	}
	checksum = luo_stats_checksum(file, end);
	memcpy(file + end, &checksum, sizeof(checksum));
	return end + TRAILER;
}

/* Changes */

/* What an area has many of, or one that matters: where, how large, how many. */
struct rows {
	size_t at;
	size_t bytes;
	size_t count;
};

/* The reserved places in the chunks of an area that hold what @kind says. */
static struct rows rows_of(const uint8_t *area, unsigned int kind, size_t bytes, uint64_t cursor)
{
	struct luo_stats_header header;
	struct rows rows = { .at = LUO_STATS_PAGE_BYTES, .bytes = bytes };
	unsigned int i;

	memcpy(&header, area, sizeof(header));
	for (i = 0; i < LUO_STATS_CHUNKS && header.chunk[i].bytes; i++) {
		if (header.chunk[i].kind == kind) {
			rows.count = header.chunk[i].bytes / bytes;
			break;
		}
		rows.at += header.chunk[i].bytes;
	}
	if (rows.count > cursor)
		rows.count = cursor;
	return rows;
}

#define HEADER_ROWS(field, row)                                                  \
	(struct rows)                                                            \
	{                                                                        \
		offsetof(struct luo_stats_header, field), row,                   \
			sizeof(((struct luo_stats_header *)NULL)->field) / (row) \
	}

static struct rows choose_rows(const uint8_t *area)
{
	struct luo_stats_header header;

	memcpy(&header, area, sizeof(header));
	switch (random_below(16)) {
	case 0:
		return HEADER_ROWS(chunk, sizeof(struct luo_stats_chunk));
	case 1:
		return (struct rows){ 16, 4, (LUO_STATS_CHECKSUM_BYTES - 16) / 4 };
	case 2:
		return (struct rows){ offsetof(struct luo_stats_header, attempts), 8,
				      (offsetof(struct luo_stats_header, anchor) -
				       offsetof(struct luo_stats_header, attempts)) /
					      8 };
	case 3:
		return HEADER_ROWS(anchor, sizeof(struct luo_stats_anchor));
	case 4:
		return HEADER_ROWS(as_new_kernel, 8);
	case 5:
		return HEADER_ROWS(as_old_kernel, 8);
	case 6:
	case 7:
	case 8:
		return rows_of(area, LUO_STATS_CHUNK_SUBJECTS, sizeof(struct luo_stats_subject),
			       header.subject_cursor);
	case 9:
	case 10:
	case 11:
		return rows_of(area, LUO_STATS_CHUNK_UPDATE_SPANS, sizeof(struct luo_stats_span),
			       header.span_cursor[LUO_STATS_LOT_UPDATE]);
	default:
		return rows_of(area, LUO_STATS_CHUNK_SPANS, sizeof(struct luo_stats_span),
			       header.span_cursor[LUO_STATS_LOT_ANY]);
	}
}

static void edit_area(uint8_t *area, size_t size)
{
	struct rows rows = choose_rows(area);
	uint8_t *row, *field;
	uint64_t value;

	if (!rows.count || rows.at + rows.count * rows.bytes > size)
		return;
	row = area + rows.at + random_below(rows.count) * rows.bytes;
	field = row + random_below(rows.bytes / 4) * 4;
	switch (random_below(6)) {
	case 0: /* the same as another one */
		memmove(row, area + rows.at + random_below(rows.count) * rows.bytes, rows.bytes);
		break;
	case 1: /* a value that might be meant */
		memcpy(field, &(uint32_t){ random_below(8) }, 4);
		break;
	case 2:
		*(row + random_below(rows.bytes)) = random_below(8);
		break;
	case 3: /* a time of something else, or not long before or after it */
		if (rows.bytes % 8)
			break;
		memcpy(&value, area + rows.at + random_below(rows.count * rows.bytes / 8) * 8, 8);
		value += random_below(3) ? 0 : (int64_t)random_below(1u << 30) - (1 << 29);
		memcpy(row + random_below(rows.bytes / 8) * 8, &value, 8);
		break;
	case 4:
		memset(field, random_below(2) ? 0 : 0xff, 4);
		break;
	default:
		LLVMFuzzerMutate(row, rows.bytes, rows.bytes);
	}
}

/* Returns the new size of the file. */
static size_t edit_text(uint8_t *file, size_t size, size_t max, const struct part *part)
{
	uint8_t *text = file + part->at + SECTION_HEADER;
	const size_t before = padded(part->bytes);
	const size_t rest = size - (part->at + SECTION_HEADER + before);
	uint64_t bytes = part->bytes;
	size_t room = bytes + (max - size) / 8 * 8;
	uint8_t *edited;

	if (room > bytes + 512)
		room = bytes + 512;
	edited = calloc(1, padded(room));
	fuzz_expect(edited, "out of memory");
	memcpy(edited, text, bytes);
	bytes = LLVMFuzzerMutate(edited, bytes, room);
	if (size - before + padded(bytes) <= max) {
		memset(edited + bytes, 0, padded(bytes) - bytes);
		memmove(text + padded(bytes), text + before, rest);
		memcpy(text, edited, padded(bytes));
		memcpy(text - 16, &bytes, sizeof(bytes));
		size = size - before + padded(bytes);
	}
	free(edited);
	return size;
}

/* A section is missing, or one is another one. */
static size_t edit_sections(uint8_t *file, size_t size, const struct part *part)
{
	const size_t end = part->at + SECTION_HEADER + padded(part->bytes);

	if (random_below(2)) {
		memcpy(file + part->at, &(uint32_t){ random_below(CAPTURE_SECTION_TYPES + 1) }, 4);
		return size;
	}
	memmove(file + part->at, file + end, size - end);
	return size - (end - part->at);
}

static size_t edit_once(uint8_t *file, size_t size, size_t max)
{
	struct part parts[SECTIONS_MAX];
	const struct part *part;
	size_t count, end;

	count = find_parts(file, size, parts, &end);
	if (!count || !random_below(32))
		return LLVMFuzzerMutate(file, size, max);
	part = &parts[random_below(count)];
	if (!random_below(64))
		return edit_sections(file, size, part);
	if (!is_area(part))
		return edit_text(file, size, max, part);
	edit_area(file + part->at + SECTION_HEADER, part->bytes);
	return size;
}

size_t capture_edit(uint8_t *bytes, size_t size, size_t max, unsigned int seed)
{
	unsigned int edits;

	random_state = seed;
	for (edits = 1 + random_below(4); edits; edits--)
		size = edit_once(bytes, size, max);
	/* Some are left damaged: what is refused must be refused well. */
	return random_below(32) ? repair_file(bytes, size) : size;
}

/* Seeds */

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * The bytes of @chunk that are in use, in whole pages. @left is how many rows there are in this and
 * the chunks after it.
 */
static uint32_t used_bytes(const struct luo_stats_chunk *chunk, size_t row_bytes, uint64_t *left)
{
	const uint64_t rows = smaller(*left, chunk->bytes / row_bytes);

	*left -= rows;
	return smaller((rows * row_bytes / LUO_STATS_PAGE_BYTES + 1) * LUO_STATS_PAGE_BYTES,
		       chunk->bytes);
}

/* Returns the area's new size. */
static size_t shrink_area(uint8_t *area)
{
	size_t from = LUO_STATS_PAGE_BYTES, to = LUO_STATS_PAGE_BYTES;
	struct luo_stats_header header;
	uint64_t left[4] = {};
	unsigned int i;

	memcpy(&header, area, sizeof(header));
	left[LUO_STATS_CHUNK_SUBJECTS] = header.subject_cursor;
	left[LUO_STATS_CHUNK_SPANS] = header.span_cursor[LUO_STATS_LOT_ANY];
	left[LUO_STATS_CHUNK_UPDATE_SPANS] = header.span_cursor[LUO_STATS_LOT_UPDATE];
	for (i = 0; i < LUO_STATS_CHUNKS && header.chunk[i].bytes; i++) {
		struct luo_stats_chunk *chunk = &header.chunk[i];
		const bool is_subjects = chunk->kind == LUO_STATS_CHUNK_SUBJECTS;
		const uint32_t bytes = used_bytes(chunk,
						  is_subjects ? sizeof(struct luo_stats_subject) :
								sizeof(struct luo_stats_span),
						  &left[chunk->kind % ARRAY_SIZE(left)]);

		memmove(area + to, area + from, bytes);
		from += chunk->bytes;
		to += bytes;
		chunk->bytes = bytes;
	}
	memcpy(area, &header, sizeof(header));
	repair_area(area, to);
	return to;
}

/* Append section @type to the file of @size bytes. Returns its new size. */
static size_t append_section(uint8_t *file, size_t size, uint32_t type,
			     const struct capture_section *section)
{
	const uint64_t bytes = section->size;

	memcpy(file + size, &type, sizeof(type));
	memcpy(file + size + 8, &bytes, sizeof(bytes));
	memcpy(file + size + SECTION_HEADER, section->bytes, bytes);
	return size + SECTION_HEADER + padded(bytes);
}

void capture_shrink(const struct capture *capture, FILE *out)
{
	uint8_t *file = calloc(1, CAPTURE_MAX_BYTES);
	size_t size = FILE_HEADER;
	uint32_t type;

	fuzz_expect(file, "out of memory");
	memcpy(file + 12, &(uint32_t){ SECTIONS_MAX }, 4);
	for (type = 1; type < CAPTURE_SECTION_TYPES; type++) {
		struct capture_section section = capture->section[type];
		const bool is_area = type == CAPTURE_INCOMING || type == CAPTURE_OUTGOING;

		if (!section.bytes)
			continue;
		section.owned = malloc(section.size + 1);
		fuzz_expect(section.owned, "out of memory");
		memcpy(section.owned, section.bytes, section.size);
		section.bytes = section.owned;
		if (is_area)
			section.size = shrink_area(section.owned);
		size = append_section(file, size, type, &section);
		free(section.owned);
	}
	fwrite(file, 1, repair_file(file, size + TRAILER), out);
	free(file);
}
