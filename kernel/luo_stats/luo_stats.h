/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal to luo_stats: the interfaces between its files. luoscope/stats_area.h defines the area
 * itself.
 */
#ifndef LUO_STATS_H
#define LUO_STATS_H

#include <linux/types.h>
#include <luoscope/stats_area.h>

/*
 * How much memory is allocated at once, for areas up to 1 MiB. The page allocator tries hard to
 * find 8 contiguous pages; larger allocations can fail on a host that has run for months.
 */
#define LUO_STATS_PIECE_BYTES (32u * 1024)
#define LUO_STATS_MIN_KIB     64u
#define LUO_STATS_DEFAULT_KIB 2048u
#define LUO_STATS_MAX_KIB     16384u

/* area.c: this kernel's own area, on its way to the next kernel. */
int luo_stats_area_create(unsigned int area_kib);
void luo_stats_area_destroy(void);
struct luo_stats_header *luo_stats_area_header(void);
size_t luo_stats_area_read(char *buffer, loff_t offset, size_t count);
u32 luo_stats_area_subject(const struct luo_stats_subject_key *key);
u64 luo_stats_area_span_begin(u32 kind, u32 subject, u64 begin_cycles, u64 detail);
int luo_stats_area_span_end(u64 handle, u32 subject, s32 result, u64 detail, u64 end_cycles);
u64 luo_stats_area_mark(u64 used, u32 subject, enum luo_stats_mark detail, u64 cycles);
u32 luo_stats_area_capacity(enum luo_stats_chunk_kind kind);
void luo_stats_area_missed(u32 kind);
int luo_stats_area_boundary(u32 slot, u64 cycles, s32 result);

/* clock.c: the counter, and the anchors that tie it to the kernel's clocks. */
u64 luo_stats_counter(void);
u32 luo_stats_counter_kind(void);
u32 luo_stats_counter_khz(void);
bool luo_stats_counter_invariant(void);
void luo_stats_anchor_take(struct luo_stats_anchor *anchor);
int luo_stats_clock_start(struct luo_stats_header *header);
void luo_stats_clock_stop(void);

/* early.c: stamps of the early boot. A module is loaded too late for them. */
#ifdef MODULE
static inline void luo_stats_early_publish(void)
{
}
#else
void luo_stats_early_publish(void);
#endif

/* incoming.c: the old kernel's area. */
void luo_stats_incoming_find(void);
const struct luo_stats_header *luo_stats_incoming_header(void);
size_t luo_stats_incoming_bytes(void);
size_t luo_stats_incoming_read(char *buffer, loff_t offset, size_t count);

/* flat.c: an area as its readers see it. */
size_t luo_stats_flat_read(const void *header_page, const struct luo_stats_chunk *list,
			   void *const *memory, unsigned int chunks, char *buffer, loff_t offset,
			   size_t count);

/* mark.c: /dev/luo_mark. */
void luo_stats_mark_create(void);
void luo_stats_mark_remove(void);
void luo_stats_mark_made(const struct luo_stats_subject_key *key, enum luo_stats_mark what);

/* kfuncs.c: called by tracing programs only. */
int luo_stats_kfuncs_register(void);
u64 luo_stats_cycles(void);
int luo_stats_boundary(u32 slot, u64 cycles, s32 result);
u32 luo_stats_subject(const void *key, u32 key__sz);
u64 luo_stats_span_begin(u32 kind, u32 subject, u64 begin_cycles, u64 detail);
int luo_stats_span_end(u64 handle, u32 subject, s32 result, u64 detail, u64 end_cycles);
void luo_stats_missed(u32 kind);

/* sysfs.c: /sys/kernel/luo_stats. */
int luo_stats_sysfs_create(void);
void luo_stats_sysfs_remove(void);

#endif /* LUO_STATS_H */
