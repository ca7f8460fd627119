// SPDX-License-Identifier: GPL-2.0
/*
 * Hands an area to the next kernel that luo_stats.ko there must not trust: of another major, cut
 * short, garbled, or with addresses that lead astray. Stays loaded until the kexec.
 */
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/string.h>

#include <luoscope/stats_area.h>

static char *kind = "garbled";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "major, minor, short, garbled, checksum, address, size or total");

static struct luo_stats_header *header;

/* An area without spans that is good but for what is made wrong after. */
static void fill_sound(void)
{
	header->magic = LUO_STATS_MAGIC;
	header->major = LUO_STATS_MAJOR;
	header->minor = LUO_STATS_MINOR;
	header->header_bytes = sizeof(*header);
	header->span_bytes = sizeof(struct luo_stats_span);
	header->subject_bytes = sizeof(struct luo_stats_subject);
	header->total_bytes = 2 * LUO_STATS_PAGE_BYTES;
	header->chain_id = 1;
	header->counter = LUO_STATS_COUNTER_TSC;
	header->page_bytes = PAGE_SIZE;
	strscpy(header->release, "6.66-odd");
	header->chunk[0].phys = virt_to_phys(header) + LUO_STATS_PAGE_BYTES;
	header->chunk[0].bytes = LUO_STATS_PAGE_BYTES;
	header->chunk[0].kind = LUO_STATS_CHUNK_SPANS;
}

static int __init odd_area_init(void)
{
	size_t bytes = LUO_STATS_PAGE_BYTES;
	bool seal = true;

	header = kho_alloc_preserve(2 * LUO_STATS_PAGE_BYTES);
	if (IS_ERR(header))
		return PTR_ERR(header);
	fill_sound();
	if (!strcmp(kind, "major")) {
		header->major = LUO_STATS_MAJOR + 1;
	} else if (!strcmp(kind, "minor")) {
		header->minor = LUO_STATS_MINOR + 1;
	} else if (!strcmp(kind, "short")) {
		bytes = 100;
	} else if (!strcmp(kind, "garbled")) {
		get_random_bytes(header, LUO_STATS_PAGE_BYTES);
		seal = false;
	} else if (!strcmp(kind, "checksum")) {
		seal = false;
	} else if (!strcmp(kind, "address")) {
		header->chunk[0].phys = 1ULL << 46;
	} else if (!strcmp(kind, "size")) {
		header->chunk[0].bytes = U32_MAX & ~(LUO_STATS_PAGE_BYTES - 1);
	} else if (!strcmp(kind, "total")) {
		header->total_bytes = ~0ULL;
	} else {
		return -EINVAL;
	}
	if (seal)
		header->checksum = luo_stats_checksum((void *)header + LUO_STATS_CHECKSUM_FROM,
						      LUO_STATS_CHECKSUM_BYTES);
	return kho_add_subtree(LUO_STATS_KHO_NAME, header, bytes);
}

module_init(odd_area_init);
MODULE_DESCRIPTION("leaves an area that must not be trusted");
MODULE_LICENSE("GPL");
