// SPDX-License-Identifier: GPL-2.0
/*
 * The old kernel's area.
 *
 * It may have been written by another version of the module under another kernel, and its memory
 * may hold anything: every address and size is checked before it is used. If the area cannot be
 * read, this is logged once, and the module works without it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "luo_stats.h"

static struct {
	/*
	 * The header as it was when it was checked: nothing is read twice from memory that this
	 * kernel does not own.
	 */
	struct luo_stats_header header;
	const void *header_page;
	void *chunk[LUO_STATS_CHUNKS];
	unsigned int chunks;
	bool valid;
} incoming;

/*
 * Is this memory that can be read? KHO cannot say whether the old kernel preserved it, so the
 * checksum over the list of addresses must suffice.
 */
static bool is_memory(u64 phys, u64 bytes)
{
	u64 end;
	u64 pfn;

	if (!bytes || check_add_overflow(phys, bytes, &end) || !IS_ALIGNED(phys, PAGE_SIZE))
		return false;
	if (PHYS_PFN(end - 1) > PHYS_PFN(PHYS_ADDR_MAX))
		return false;
	/* Beside RAM there are pages that are online and yet not mapped. */
	for (pfn = PHYS_PFN(phys); pfn <= PHYS_PFN(end - 1); pfn++) {
		if (!pfn_to_online_page(pfn) || !page_is_ram(pfn))
			return false;
	}
	return true;
}

static bool chunks_are_sound(void)
{
	const struct luo_stats_header *header = &incoming.header;
	u64 total = LUO_STATS_PAGE_BYTES;
	unsigned int i;

	for (i = 0; i < LUO_STATS_CHUNKS && header->chunk[i].bytes; i++) {
		const struct luo_stats_chunk *chunk = &header->chunk[i];

		if (!IS_ALIGNED(chunk->bytes, LUO_STATS_PAGE_BYTES) ||
		    !is_memory(chunk->phys, chunk->bytes))
			return false;
		total += chunk->bytes;
		incoming.chunk[i] = phys_to_virt(chunk->phys);
	}
	incoming.chunks = i;
	return total == header->total_bytes;
}

/* What is wrong with the header, as the end of a sentence; NULL if nothing is. */
static const char *header_fault(void)
{
	const struct luo_stats_header *header = &incoming.header;

	if (header->magic != LUO_STATS_MAGIC)
		return "it does not begin as an area does";
	if (header->major != LUO_STATS_MAJOR)
		return "it is of another major version";
	if (luo_stats_checksum((const void *)header + LUO_STATS_CHECKSUM_FROM,
			       LUO_STATS_CHECKSUM_BYTES) != header->checksum)
		return "its checksum is wrong";
	if (header->header_bytes < sizeof(*header) ||
	    header->span_bytes != sizeof(struct luo_stats_span) ||
	    header->subject_bytes != sizeof(struct luo_stats_subject))
		return "its sizes are not those of its version";
	if (!chunks_are_sound())
		return "its list of chunks is broken";
	return NULL;
}

/**
 * luo_stats_incoming_find - look for the old kernel's area
 *
 * Logs once what it found.
 *
 * Context: Process context, before the other functions of this file.
 */
void __init luo_stats_incoming_find(void)
{
	phys_addr_t phys;
	const char *fault;
	size_t bytes;
	int err;

	err = kho_retrieve_subtree(LUO_STATS_KHO_NAME, &phys, &bytes);
	if (err == -ENOENT) {
		pr_info("no area came in: %s\n", is_kho_boot() ?
							 "the kernel before this one had none" :
							 "this was no kexec with KHO");
		return;
	}
	if (err) {
		pr_warn("the old kernel's area cannot be found: %pe\n", ERR_PTR(err));
		return;
	}
	if (bytes < sizeof(incoming.header) || !is_memory(phys, LUO_STATS_PAGE_BYTES)) {
		pr_warn("the old kernel's area is left alone: it is cut short or not memory (%zu bytes at %pap)\n",
			bytes, &phys);
		return;
	}

	incoming.header_page = phys_to_virt(phys);
	memcpy(&incoming.header, incoming.header_page, sizeof(incoming.header));
	fault = header_fault();
	if (fault) {
		pr_warn("the old kernel's area is left alone: %s (version %u.%u, this module reads %u)\n",
			fault, incoming.header.major, incoming.header.minor, LUO_STATS_MAJOR);
		return;
	}
	incoming.valid = true;
	pr_info("found the area of the kernel before this one: release %.*s, generation %u\n",
		(int)sizeof(incoming.header.release), incoming.header.release,
		incoming.header.generation);
}

/**
 * luo_stats_incoming_header - the header of the old kernel's area
 *
 * Return: NULL if there is none, or none that can be read.
 */
const struct luo_stats_header *luo_stats_incoming_header(void)
{
	return incoming.valid ? &incoming.header : NULL;
}

/**
 * luo_stats_incoming_bytes - size of the flat view of the old kernel's area
 *
 * Of an area that cannot be read, only the header page is visible, so that a reader can say what it
 * is.
 *
 * Return: 0 if there is none.
 */
size_t luo_stats_incoming_bytes(void)
{
	if (incoming.valid)
		return incoming.header.total_bytes;
	return incoming.header_page ? LUO_STATS_PAGE_BYTES : 0;
}

/**
 * luo_stats_incoming_read - copy out of the flat view of the old kernel's area
 * @buffer: destination
 * @offset: offset in the flat view
 * @count: how many bytes at most
 *
 * Return: the number of bytes copied.
 */
size_t luo_stats_incoming_read(char *buffer, loff_t offset, size_t count)
{
	if (!incoming.header_page)
		return 0;
	return luo_stats_flat_read(incoming.header_page, incoming.header.chunk, incoming.chunk,
				   incoming.valid ? incoming.chunks : 0, buffer, offset, count);
}
