// SPDX-License-Identifier: GPL-2.0
/*
 * The flat view of an area: what sysfs shows to readers.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "luo_stats.h"

/*
 * Copy @count bytes from @offset of a chunk. Subjects and spans begin with their state, and it is
 * read before all else in them, so that what a reader finds CLOSED is final. An item that a read
 * splits is as good as its first part.
 */
static void copy_chunk(char *to, const void *chunk, u16 kind, size_t offset, size_t count)
{
	const size_t item_bytes = kind == LUO_STATS_CHUNK_SUBJECTS ?
					  sizeof(struct luo_stats_subject) :
					  sizeof(struct luo_stats_span);

	while (count) {
		const size_t in_item = offset % item_bytes;
		const size_t now = min(count, item_bytes - in_item);
		size_t head = 0;

		if (in_item < sizeof(u32)) {
			/* Pairs with the releases that publish subjects and spans in area.c. */
			u32 state = smp_load_acquire((const u32 *)(chunk + offset - in_item));

			head = min(now, sizeof(u32) - in_item);
			memcpy(to, (char *)&state + in_item, head);
		}
		memcpy(to + head, chunk + offset + head, now - head);
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
 * @buffer: where to
 * @offset: from where in the flat view
 * @count: how many bytes at most
 *
 * Context: Any; the area may be written meanwhile.
 *
 * Return: how many bytes were copied.
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
