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
	struct happening mark_made = { .kind = LUO_STATS_MARK, .detail = what };
	struct luo_stats_subject_key mark;
	__u64 now = bpf_ktime_get_boot_ns();
	__u64 *begin;

	if (bpf_probe_read_kernel(&mark, sizeof(mark), key))
		return 0;
	mark_made.boottime_ns = now;
	switch (what) {
	case LUO_STATS_MARK_SPAN:
		bpf_map_update_elem(&open_marks, &mark, &now, BPF_ANY);
		mark_made.type = LUOSCOPE_EVENT_BEGIN;
		break;
	case LUO_STATS_MARK_INSTANT:
		mark_made.type = LUOSCOPE_EVENT_INSTANT;
		break;
	case LUO_STATS_MARK_END:
		begin = bpf_map_lookup_elem(&open_marks, &mark);
		mark_made.type = LUOSCOPE_EVENT_END;
		mark_made.duration_ns = begin ? now - *begin : 0;
		mark_made.detail = begin ? LUO_STATS_MARK_SPAN : LUO_STATS_MARK_END;
		bpf_map_delete_elem(&open_marks, &mark);
		break;
	default:
		return 0;
	}
	emit(&mark_made, &mark);
	return 0;
}
