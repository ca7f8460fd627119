// SPDX-License-Identifier: GPL-2.0
/*
 * Marks. The module itself puts them into the stats area; this file only reports them to whoever is
 * watching.
 */
#include "span.bpf.h"

/* When a mark began (CLOCK_BOOTTIME), by its name and instance. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct luo_stats_subject_key);
	__type(value, __u64);
} open_marks SEC(".maps");

SEC("fentry/luo_stats_mark_made")
int BPF_PROG(on_mark_made, const struct luo_stats_subject_key *key, enum luo_stats_mark what)
{
	const __u64 now = bpf_ktime_get_boot_ns();
	struct luo_stats_subject_key mark;
	__u64 *begin;

	if (bpf_probe_read_kernel(&mark, sizeof(mark), key))
		return 0;
	switch (what) {
	case LUO_STATS_MARK_SPAN:
		bpf_map_update_elem(&open_marks, &mark, &now, BPF_ANY);
		emit(LUOSCOPE_EVENT_BEGIN, LUO_STATS_MARK, 0, now, 0, what, &mark);
		break;
	case LUO_STATS_MARK_INSTANT:
		emit(LUOSCOPE_EVENT_INSTANT, LUO_STATS_MARK, 0, now, 0, what, &mark);
		break;
	case LUO_STATS_MARK_END:
		begin = bpf_map_lookup_elem(&open_marks, &mark);
		emit(LUOSCOPE_EVENT_END, LUO_STATS_MARK, 0, now, begin ? now - *begin : 0,
		     begin ? LUO_STATS_MARK_SPAN : LUO_STATS_MARK_END, &mark);
		bpf_map_delete_elem(&open_marks, &mark);
		break;
	}
	return 0;
}
