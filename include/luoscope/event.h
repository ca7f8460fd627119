/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the BPF programs report to whoever is watching: one record in the event log for each begin,
 * end and boundary.
 *
 * This is a contract between bpf/ and user/, which are built from one tree, and between a loader
 * and the pinned programs of an earlier loader, which may be older. LUOSCOPE_EVENT_ABI says whether
 * they match.
 */
#ifndef LUOSCOPE_EVENT_H
#define LUOSCOPE_EVENT_H

#include <luoscope/stats_area.h>

#define LUOSCOPE_EVENT_ABI 4

enum luoscope_event_type {
	LUOSCOPE_EVENT_BEGIN = 1,    /* a span begins */
	LUOSCOPE_EVENT_END = 2,	     /* a span ends */
	LUOSCOPE_EVENT_BOUNDARY = 3, /* a boundary is stamped; kind is its slot */
	LUOSCOPE_EVENT_INSTANT = 4,  /* a mark without length, or a vCPU's first entry */
};

/**
 * struct luoscope_event - one record
 * @type:        enum luoscope_event_type
 * @kind:        enum luo_stats_kind, or enum luo_stats_slot of a boundary
 * @result:      0 or a negative errno; valid for ends and boundaries
 * @boottime_ns: CLOCK_BOOTTIME of this kernel
 * @duration_ns: for an end, the time since its begin; 0 for the others, and for the end of a mark
 *               whose begin was not seen (detail LUO_STATS_MARK_END)
 * @detail:      as in struct luo_stats_span
 * @pid:         thread
 * @reserved:    0
 * @subject:     what it is about; kind 0: nothing (boundaries)
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

/* A power of two. */
#define LUOSCOPE_LOG_SLOTS 4096

/**
 * struct luoscope_log_slot - a place in the event log
 * @sequence: number of the event in it, plus 1; 0: it is being written
 * @event:    valid if @sequence is the same before and after reading it
 */
struct luoscope_log_slot {
	__u64 sequence;
	struct luoscope_event event;
};

/**
 * struct luoscope_log - the event log: the newest events; older ones are overwritten
 * @head: number of events so far; event n (from 0) is in slot n % LUOSCOPE_LOG_SLOTS
 * @slot: see struct luoscope_log_slot
 *
 * Readers map the log and only read it. So any number of readers can follow at once, none takes an
 * event from another, a slow one knows how many it missed, and one that is killed leaves nothing
 * behind.
 */
struct luoscope_log {
	__u64 head;
	__u64 reserved;
	struct luoscope_log_slot slot[LUOSCOPE_LOG_SLOTS];
};

/*
 * The bell wakes readers that sleep. It is a BPF ring buffer, of which only the two positions
 * matter: what is in its records is 0. Whoever has written an event, and finds no more than one
 * record unread, adds one, and so wakes all who poll the ring buffer. A reader that is about to
 * sleep moves the consumer's position to the last record, and then looks at the log once more.
 *
 * So each sleep costs the programs one wake-up, however many events follow. The last record always
 * stays unread: to a reader that polls after another one has moved the position, an empty ring
 * buffer would look as if nothing had happened.
 */
#define LUOSCOPE_BELL_BYTES 4096
/* Of a record, with its header. */
#define LUOSCOPE_BELL_RECORD 16

#define LUOSCOPE_LATENCY_SLOTS 32

/**
 * struct luoscope_latency - counts for the devices of one reset method, since attaching
 * @freeze:  successful freezes; slot n counts those from 2^n to 2^(n+1) us, slot 0 starts at 0 and
 *           the last slot has no upper end
 * @reset:   resets with any outcome, in the same slots
 * @outcome: resets by enum luo_stats_reset_outcome
 */
struct luoscope_latency {
	__u64 freeze[LUOSCOPE_LATENCY_SLOTS];
	__u64 reset[LUOSCOPE_LATENCY_SLOTS];
	__u64 outcome[LUO_STATS_RESET_OUTCOMES];
};

/**
 * struct luoscope_stamp - argument of the program "stamp", by which a loader stamps the stats area
 * @slot:     LUO_STATS_B8_INIT, LUO_STATS_PROBES_READY or LUO_STATS_INIT_DONE
 * @vcpus_are_watched: with LUO_STATS_PROBES_READY: vCPUs are watched as well
 * @watches:  with LUO_STATS_PROBES_READY: what is watched, bits of enum luo_stats_watch; or
 *            LUOSCOPE_WATCH_LEFT_OUT
 * @cycles:   counter; 0: now
 * @name:     with LUO_STATS_PROBES_READY: LUOSCOPE_WATCH_ARRIVAL if only what comes from the old
 *            kernel is watched so far; with LUOSCOPE_WATCH_LEFT_OUT, a function that is not watched
 * @why:      and why not
 */
struct luoscope_stamp {
	__u32 slot;
	__u32 vcpus_are_watched;
	__u64 watches;
	__u64 cycles;
	char name[64];
	char why[32];
};

/* Of subjects of kind LUO_STATS_SUBJECT_WATCH: names, and a key that takes nothing from others. */
#define LUOSCOPE_WATCH_ARRIVAL	"arrival"
#define LUOSCOPE_WATCH_DETACHED "detached"
#define LUOSCOPE_WATCH_LEFT_OUT (~0ULL)

/*
 * What the program "kexec_image" returns about the image that the next kexec starts. It may have been
 * pinned by another version of luoscope, so these numbers stay.
 */
enum luoscope_image {
	LUOSCOPE_IMAGE_UNKNOWN, /* there is none, or this kernel has no KHO */
	LUOSCOPE_IMAGE_WITH_KHO,
	LUOSCOPE_IMAGE_WITHOUT_KHO,
};

#endif /* LUOSCOPE_EVENT_H */
