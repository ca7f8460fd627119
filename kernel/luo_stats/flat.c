// SPDX-License-Identifier: GPL-2.0
/*
 * The flat view of an area, which sysfs presents to readers.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/barrier.h>

#include "luo_stats.h"

/*
 * Copy the first @count bytes of a subject or span, whose serial is at @serial_offset. Its state is
 * read before its content, so that an item which a reader finds CLOSED is final. Its place may be
 * used again meanwhile. So serial and state are read again after the content, each time in the
 * order in which a new serial cannot be missed.
 */
static void copy_item(char *to, const void *item, size_t serial_offset, size_t count)
{
	const u32 *state_at = item, *serial_at = item + serial_offset;
	/* Whoever sees a new serial sees RESERVED: pairs with the barriers in area.c. */
	const u32 serial = smp_load_acquire(serial_at);
	/* Pairs with the releases that publish subjects and spans in area.c. */
	u32 state = smp_load_acquire(state_at);
	u32 state_now;

	memcpy(to, item, count);
	/* Whoever copied new content sees RESERVED: pairs with the barriers in area.c. */
	smp_rmb();
	/* Whoever sees a new state sees the new serial: pairs with its release. */
	state_now = smp_load_acquire(state_at);
	if (state_now < state || READ_ONCE(*serial_at) != serial)
		state = LUO_STATS_RESERVED;
	memcpy(to, &state, min(count, sizeof(state)));
}

/*
 * Copy @count bytes from @offset of a chunk. If a read splits an item, only its first part is
 * checked.
 */
static void copy_chunk(char *to, const void *chunk, u16 kind, size_t offset, size_t count)
{
	const bool is_span = kind != LUO_STATS_CHUNK_SUBJECTS;
	const size_t item_bytes = is_span ? sizeof(struct luo_stats_span) :
					    sizeof(struct luo_stats_subject);
	const size_t serial_offset = is_span ? offsetof(struct luo_stats_span, serial) :
					       offsetof(struct luo_stats_subject, serial);

	while (count) {
		const size_t in_item = offset % item_bytes;
		const size_t now = min(count, item_bytes - in_item);

		if (in_item)
			memcpy(to, chunk + offset, now);
		else
			copy_item(to, chunk + offset, serial_offset, now);
		to += now;
		offset += now;
		count -= now;
	}
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
 * Return: the number of bytes copied.
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
		memcpy(buffer, header_page + offset, done);
	}
	for (i = 0; i < chunks && done < count; i++) {
		const loff_t at = offset + done - begin;

		if (at < list[i].bytes) {
			const size_t now = min_t(size_t, count - done, list[i].bytes - at);

			copy_chunk(buffer + done, memory[i], list[i].kind, at, now);
			done += now;
		}
		begin += list[i].bytes;
	}
	return done;
}
