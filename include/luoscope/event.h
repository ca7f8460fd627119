/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the BPF programs tell whoever is watching: one record in the ring buffer for each begin, end
 * and boundary.
 *
 * A contract between bpf/ and user/, which are built from one tree, and between a loader and the
 * pinned programs of an earlier loader, which may be older: LUOSCOPE_EVENT_ABI says whether they
 * fit.
 */
#ifndef LUOSCOPE_EVENT_H
#define LUOSCOPE_EVENT_H

#include <luoscope/stats_area.h>

#define LUOSCOPE_EVENT_ABI 1

enum luoscope_event_type {
	LUOSCOPE_EVENT_BEGIN = 1,    /* a span begins */
	LUOSCOPE_EVENT_END = 2,	     /* a span ends */
	LUOSCOPE_EVENT_BOUNDARY = 3, /* a boundary is stamped; kind is its slot */
};

/**
 * struct luoscope_event - one record
 * @type:        enum luoscope_event_type
 * @kind:        enum luo_stats_kind, or enum luo_stats_slot of a boundary
 * @result:      0 or a negative errno; valid for ends and boundaries
 * @boottime_ns: CLOCK_BOOTTIME of this kernel
 * @duration_ns: of an end: time since its begin; 0 for the others
 * @detail:      as in struct luo_stats_span
 * @pid:         thread
 * @reserved:    0
 * @subject:     whom it is about; kind 0: nobody (boundaries)
 */
struct luoscope_event {
	__u16 type;
	__u16 kind;
	__s32 result;
	__u64 boottime_ns;
	__u64 duration_ns;
	__u64 detail;
	__u32 pid;
	__u32 reserved;
	struct luo_stats_subject_key subject;
};

LUO_STATS_ASSERT(sizeof(struct luoscope_event) == 200);

#define LUOSCOPE_LATENCY_SLOTS 32

/**
 * struct luoscope_latency - what was counted for the devices of one reset method, since attaching
 * @freeze:  freezes that went well, slot n: from 2^n to 2^(n+1) us; slot 0 from 0, the last one
 * open @reset:   resets, whatever came of them, likewise @outcome: resets by enum
 * luo_stats_reset_outcome
 */
struct luoscope_latency {
	__u64 freeze[LUOSCOPE_LATENCY_SLOTS];
	__u64 reset[LUOSCOPE_LATENCY_SLOTS];
	__u64 outcome[LUO_STATS_RESET_OUTCOMES];
};

#endif /* LUOSCOPE_EVENT_H */
