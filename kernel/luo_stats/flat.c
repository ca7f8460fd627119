// SPDX-License-Identifier: GPL-2.0
/*
 * The flat view of an area, which sysfs presents to readers.
 */
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/processor.h>
#include <linux/string.h>
#include <asm/barrier.h>

#include "luo_stats.h"

/* How often an item is copied that is being written: that takes less than a microsecond. */
#define COPIES 16

/*
 * Copy the first @count bytes of a subject or span, whose serial is at @serial_offset. Its state is
 * read before its content, so that an item which a reader finds CLOSED is final. Its place may be
 * used again meanwhile. So serial and state are read again after the content, each time in the
 * order in which a new serial cannot be missed. Returns the state.
 */
static u32 copy_once(char *to, const void *item, size_t serial_offset, size_t count)
{
	const u32 *state_at = item, *serial_at = item + serial_offset;
	/* Whoever sees a new serial sees RESERVED: pairs with the barriers in area.c. */
	const u32 serial = smp_load_acquire(serial_at);
	/* Pairs with the releases that publish subjects and spans in area.c. */
	u32 state = smp_load_acquire(state_at);
	u32 state_now;

	/* A place that is used again is found out below; what an OPEN span changes is not final. */
	data_race(memcpy(to, item, count));
	/* Whoever copied new content sees RESERVED: pairs with the barriers in area.c. */
	smp_rmb();
	/* Whoever sees a new state sees the new serial: pairs with its release. */
	state_now = smp_load_acquire(state_at);
	if (state_now < state || READ_ONCE(*serial_at) != serial)
		state = LUO_STATS_RESERVED;
	memcpy(to, &state, min(count, sizeof(state)));
	return state;
}

/* An item that is being written is copied again. A free span looks like that, but is not. */
static void copy_item(char *to, const void *item, bool is_span, size_t count)
{
	const size_t serial_offset = is_span ? offsetof(struct luo_stats_span, serial) :
					       offsetof(struct luo_stats_subject, serial);
	const struct luo_stats_span *span = item;
	unsigned int copies;

	for (copies = 0; copies < COPIES; copies++) {
		if (copy_once(to, item, serial_offset, count) != LUO_STATS_RESERVED)
			return;
		if (is_span && READ_ONCE(span->state) == LUO_STATS_RESERVED &&
		    !READ_ONCE(span->kind))
			return;
		cpu_relax();
	}
}

static size_t item_bytes(u16 kind)
{
	return kind == LUO_STATS_CHUNK_SUBJECTS ? sizeof(struct luo_stats_subject) :
						  sizeof(struct luo_stats_span);
}

/* Copy @count bytes from @offset of a chunk. If they begin within an item, it is not checked. */
static void copy_chunk(char *to, const void *chunk, u16 kind, size_t offset, size_t count)
{
	while (count) {
		const size_t in_item = offset % item_bytes(kind);
		const size_t now = min(count, item_bytes(kind) - in_item);

		if (in_item)
			/* Nobody checks this, and readers trust nothing: it may be torn. */
			data_race(memcpy(to, chunk + offset, now));
		else
			copy_item(to, chunk + offset, kind != LUO_STATS_CHUNK_SUBJECTS, now);
		to += now;
		offset += now;
		count -= now;
	}
}

/*
 * How many of @count bytes from @offset of a chunk are read at once: up to the end of an item, so
 * that the next read begins with a whole one. Sysfs reads a page at a time, and no page ends with a
 * subject. @is_first: a read must give something.
 */
static size_t whole_items(const struct luo_stats_chunk *chunk, size_t offset, size_t count,
			  bool is_first)
{
	const size_t cut = (offset + count) % item_bytes(chunk->kind);

	if (offset + count == chunk->bytes || (is_first && cut >= count))
		return count;
	return count - min(cut, count);
}

/**
 * luo_stats_flat_read - copy out of the flat view of an area
 * @header_page: the header page
 * @list: the chunks' sizes and kinds
 * @memory: the chunks' memory
 * @chunks: how many chunks
 * @buffer: destination
 * @offset: offset in the flat view
 * @count: how many bytes at most
 *
 * Context: Any; the area may be written meanwhile.
 *
 * Return: the number of bytes copied: less than @count at the end of the area, or where the next
 * item would be cut in two.
 */
size_t luo_stats_flat_read(const void *header_page, const struct luo_stats_chunk *list,
			   void *const *memory, unsigned int chunks, char *buffer, loff_t offset,
			   size_t count)
{
	loff_t begin = LUO_STATS_PAGE_BYTES;
	size_t done = 0;
	unsigned int i;

	if (offset < LUO_STATS_PAGE_BYTES) {
		done = min_t(size_t, count, LUO_STATS_PAGE_BYTES - offset);
		/* Its counters and stamps may be of different moments; each is read as it is. */
		data_race(memcpy(buffer, header_page + offset, done));
	}
	for (i = 0; i < chunks && done < count; i++) {
		const loff_t at = offset + done - begin;

		if (at < list[i].bytes) {
			const size_t now = min_t(size_t, count - done, list[i].bytes - at);
			const size_t whole = whole_items(&list[i], at, now, !done);

			copy_chunk(buffer + done, memory[i], list[i].kind, at, whole);
			done += whole;
			if (whole < now)
				break;
		}
		begin += list[i].bytes;
	}
	return done;
}
