// SPDX-License-Identifier: GPL-2.0
/*
 * Garbles the area that the old kernel handed over, again and again, and finds and reads it each
 * time with the code of luo_stats, through KHO and in its memory. For a kernel with KASAN, which
 * must not complain. The addresses of its chunks stay what they are if the checksum is right: that
 * is what protects them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>

/* Thousands of lines would say the same. */
#undef pr_info
#define pr_info no_printk
#undef pr_warn
#define pr_warn no_printk

#include "../../../kernel/luo_stats/flat.c"
#include "../../../kernel/luo_stats/incoming.c"

static unsigned int areas = 2000;
module_param(areas, uint, 0444);
MODULE_PARM_DESC(areas, "how many garbled areas");

static struct luo_stats_header *header __initdata;
static struct luo_stats_header good __initdata;

static void __init seal(void)
{
	header->checksum = luo_stats_checksum((void *)header + LUO_STATS_CHECKSUM_FROM,
					      LUO_STATS_CHECKSUM_BYTES);
}

static void __init flip(void *bytes, size_t count)
{
	unsigned int flips = get_random_u32_inclusive(1, 16);

	while (flips--)
		((u8 *)bytes)[get_random_u32_below(count)] ^= get_random_u32_inclusive(1, 255);
}

static void __init garble_all(void)
{
	get_random_bytes(header, LUO_STATS_PAGE_BYTES);
}

static void __init garble_some(void)
{
	flip(header, LUO_STATS_PAGE_BYTES);
}

/* With a good checksum: sizes, versions, names, and what changes. */
static void __init garble_sealed(void)
{
	flip(header, offsetof(struct luo_stats_header, chunk));
	header->magic = good.magic;
	header->major = good.major;
	seal();
}

static void __init garble_counters(void)
{
	get_random_bytes(&header->attempts,
			 sizeof(*header) - offsetof(struct luo_stats_header, attempts));
}

/* Chunks change places, kinds and sizes, within the memory that they have. */
static void __init garble_chunks(void)
{
	unsigned int i;

	for (i = 0; i < LUO_STATS_CHUNKS && header->chunk[i].bytes; i++) {
		struct luo_stats_chunk *chunk = &header->chunk[i];

		swap(*chunk, header->chunk[get_random_u32_below(i + 1)]);
		header->chunk[i].kind = get_random_u32_below(5);
		if (!get_random_u32_below(8)) {
			header->total_bytes -= header->chunk[i].bytes - LUO_STATS_PAGE_BYTES;
			header->chunk[i].bytes = LUO_STATS_PAGE_BYTES;
		}
	}
	seal();
}

static void (*const garble[])(void) __initconst = { garble_all, garble_some, garble_sealed,
						    garble_counters, garble_chunks };

static void __init garble_content(void)
{
	unsigned int i;

	for (i = 0; i < LUO_STATS_CHUNKS && good.chunk[i].bytes; i++) {
		u8 *bytes = phys_to_virt(good.chunk[i].phys);

		get_random_bytes(bytes + get_random_u32_below(good.chunk[i].bytes - 64), 64);
	}
}

/* Each time into memory of that size, so that KASAN sees a byte too much. */
static int __init read_some(loff_t offset, size_t count)
{
	char *buffer = kmalloc(count, GFP_KERNEL);
	size_t done;

	if (!buffer)
		return -ENOMEM;
	done = luo_stats_incoming_read(buffer, offset, count);
	kfree(buffer);
	return done;
}

static int __init read_all(void)
{
	const size_t bytes = luo_stats_incoming_bytes();
	unsigned int i;
	loff_t offset;
	int done;

	for (offset = 0; offset < bytes; offset += done) {
		done = read_some(offset, min_t(size_t, PAGE_SIZE, bytes - offset));
		if (done <= 0)
			return done ?: -EIO;
	}
	for (i = 0; i < 8; i++)
		if (read_some(get_random_u32_below(bytes + 4096),
			      get_random_u32_inclusive(1, 4096)) < 0)
			return -ENOMEM;
	return 0;
}

static int __init garbled_areas_init(void)
{
	unsigned int i, found = 0;
	phys_addr_t phys;
	size_t bytes;
	int err;

	err = kho_retrieve_subtree(LUO_STATS_KHO_NAME, &phys, &bytes);
	if (err)
		return err;
	header = phys_to_virt(phys);
	good = *header;
	for (i = 0; i < areas; i++) {
		memcpy(header, &good, sizeof(good));
		garble_content();
		garble[i % ARRAY_SIZE(garble)]();
		memset(&incoming, 0, sizeof(incoming));
		luo_stats_incoming_find();
		found += incoming.valid;
		err = read_all();
		if (err)
			return err;
		cond_resched();
	}
	pr_notice("%u garbled areas were read, %u of them past their headers\n", areas, found);
	return 0;
}

module_init(garbled_areas_init);
MODULE_DESCRIPTION("reads garbled areas");
MODULE_LICENSE("GPL");
