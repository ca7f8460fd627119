/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How every program reports: as a span in the stats area, through the kfuncs of luo_stats.ko, and
 * as events in the event log for whoever is watching. Without the module there are only the
 * events.
 */
#ifndef LUOSCOPE_SPAN_BPF_H
#define LUOSCOPE_SPAN_BPF_H

#include "kernel_types.h"

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <luoscope/event.h>
#include <luoscope/kfuncs.h>

/*
 * Set by the loader before the load: the kfuncs of luo_stats exist. If they do not, the verifier
 * removes their calls, whose numbers no kernel knows.
 */
const volatile bool have_luo_stats = false;

/* A kfunc is called like a helper, by a number that the loader replaces: see luoscope/kfuncs.h. */
#ifndef KFUNC
#define KFUNC(number, type, name, ...) \
	static type (*const name)(__VA_ARGS__) = (void *)(LUOSCOPE_KFUNC_FIRST + (number))
#endif

/* All documented in kernel/luo_stats/kfuncs.c. */
KFUNC(LUOSCOPE_KFUNC_CYCLES, __u64, luo_stats_cycles, void);
KFUNC(LUOSCOPE_KFUNC_BOUNDARY, int, luo_stats_boundary, __u32 slot, __u64 cycles, __s32 result);
KFUNC(LUOSCOPE_KFUNC_SUBJECT, __u32, luo_stats_subject, const void *key, __u32 key__sz);
KFUNC(LUOSCOPE_KFUNC_SPAN_BEGIN, __u64, luo_stats_span_begin, __u32 kind, __u32 subject,
      __u64 begin_cycles, __u64 detail);
KFUNC(LUOSCOPE_KFUNC_SPAN_END, int, luo_stats_span_end, __u64 handle, __u32 subject, __s32 result,
      __u64 detail, __u64 end_cycles);
KFUNC(LUOSCOPE_KFUNC_MISSED, void, luo_stats_missed, __u32 kind);

/*
 * The kernel's own, which is older than LUO. With type 0 whatever the result points to can be read.
 */
KFUNC(LUOSCOPE_KFUNC_RDONLY_CAST, void *, bpf_rdonly_cast, const void *pointer, __u32 type);

/*
 * KERNEL(pointer)->field: a field of the kernel's, read by one BPF instruction. BPF_CORE_READ()
 * calls a helper, which takes some fifty of the machine's. Where nothing is mapped, or only for
 * user space, both give 0.
 */
#define KERNEL(pointer) ((typeof(pointer))bpf_rdonly_cast(pointer, 0))

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct luoscope_log);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, LUOSCOPE_BELL_BYTES);
} bell SEC(".maps");

/* A span that is under way. handle is 0 if there is no module or no room. */
struct span {
	__u64 handle;
	__u64 begin_ns;
	__u64 detail;
	__u32 kind;
	/* It started again before it ended: the next end may belong to either. */
	__u32 is_unclear;
	struct luo_stats_subject_key subject;
};

/*
 * What is called in many places is not inlined: the time that the verifier takes grows with the
 * number of instructions. It follows pointers to a stack into what is called, once for each place,
 * so the functions that are called most take values.
 */

static __noinline __u64 cycles_now(void)
{
	return have_luo_stats ? luo_stats_cycles() : 0;
}

/*
 * Count a span of @kind as dropped that happened and was not followed: a map was full, or its begin
 * was not seen. The kernel skips a program while another task, which was preempted, is in the same
 * program on the same CPU; so whoever sees an end without its begin counts it.
 */
static __noinline void missed(__u32 kind)
{
	if (have_luo_stats)
		luo_stats_missed(kind);
}

/* Set by the loader before the load: this kernel has the vfio-pci handler's tracepoints. */
const volatile bool have_vfio_handler = false;

/* The same: it has none of them, and devices of another handler are known from their files. */
const volatile bool devices_by_files = false;

/* An attempt is under way; device_shutdown() also runs for a plain reboot. */
static bool update_open;

/* Which kernel of its update this one is for what a span of @kind is about. */
static __always_inline __u32 subject_role(__u32 kind)
{
	switch (kind) {
	case LUO_STATS_RETRIEVE:
	case LUO_STATS_FINISH:
	case LUO_STATS_SESSION_RETRIEVE:
	case LUO_STATS_SESSION_FINISH:
	case LUO_STATS_BIND:
	case LUO_STATS_IRQ_SETUP:
	case LUO_STATS_VCPU_ENTRY:
		return LUO_STATS_ROLE_NEW;
	case LUO_STATS_RESET:
	case LUO_STATS_PLAIN_RESET:
		return update_open ? LUO_STATS_ROLE_OLD : LUO_STATS_ROLE_NEW;
	default:
		return LUO_STATS_ROLE_OLD;
	}
}

/* One instant: on the counter for the stats area, and on the kernel's clock for the event log. */
struct moment {
	__u64 cycles;
	__u64 boottime_ns;
};

static __always_inline struct moment moment_now(void)
{
	/* Stamp first: this is what is measured. */
	struct moment now = { .cycles = cycles_now() };

	now.boottime_ns = bpf_ktime_get_boot_ns();
	return now;
}

/*
 * The functions below are global: the verifier looks at each only once in a program, and not at
 * each call. It wants to see that their pointers are checked, and a number that they return.
 */

/* Names lie at multiples of 8. The compiler does not know, and would copy them byte by byte. */
static __always_inline void copy_name(void *to, const void *from, const __u32 bytes)
{
	__u64 *into = to;
	const __u64 *words = from;
	__u32 i;

	for (i = 0; i < bytes / sizeof(*words); i++)
		into[i] = words[i];
}

/* An event without its subject and its process. */
struct happening {
	__u16 type;
	__u16 kind;
	__s32 result;
	__u64 boottime_ns;
	__u64 duration_ns;
	__u64 detail;
};

/*
 * Wake the readers if one of them has gone to sleep since the last time. During the shutdown nobody
 * is woken: soon nobody can run, and an interrupt to oneself is no longer safe.
 */
static __always_inline void ring(__u16 type, __u16 kind)
{
	const __u64 nothing = 0;

	if (type == LUOSCOPE_EVENT_BOUNDARY && kind >= LUO_STATS_B2_SHUTDOWN_BEGIN &&
	    kind <= LUO_STATS_B6_JUMP)
		return;
	if (bpf_ringbuf_query(&bell, BPF_RB_AVAIL_DATA) <= LUOSCOPE_BELL_RECORD)
		bpf_ringbuf_output(&bell, (void *)&nothing, sizeof(nothing), BPF_RB_FORCE_WAKEUP);
}

/* @what: type, kind and result, see emit(). */
__noinline int emit_values(__u64 what, __u64 boottime_ns, __u64 duration_ns, __u64 detail,
			   const struct luo_stats_subject_key *subject)
{
	__u32 zero = 0;
	struct luoscope_log *log = bpf_map_lookup_elem(&events, &zero);
	struct luoscope_log_slot *slot;
	struct luoscope_event *event;
	__u64 number;

	if (!log)
		return 0;
	number = __sync_fetch_and_add(&log->head, 1);
	slot = &log->slot[number % LUOSCOPE_LOG_SLOTS];
	event = &slot->event;
	/*
	 * Atomic operations that return a value order the accesses around them. On arm64 a plain
	 * store would not.
	 */
	__sync_lock_test_and_set(&slot->sequence, 0);
	event->type = what;
	event->kind = what >> 16;
	event->result = what >> 32;
	event->boottime_ns = boottime_ns;
	event->duration_ns = duration_ns;
	event->detail = detail;
	event->pid = (__u32)bpf_get_current_pid_tgid();
	event->reserved = 0;
	if (subject)
		event->subject = *subject;
	else
		__builtin_memset(&event->subject, 0, sizeof(event->subject));
	__sync_lock_test_and_set(&slot->sequence, number + 1);
	ring(what, what >> 16);
	return 0;
}

/* @subject NULL: none. */
static __always_inline void emit(const struct happening *what,
				 const struct luo_stats_subject_key *subject)
{
	emit_values(what->type | (__u32)what->kind << 16 | (__u64)(__u32)what->result << 32,
		    what->boottime_ns, what->duration_ns, what->detail, subject);
}

__noinline int span_begin_at(struct span *span, __u32 kind, __u64 detail, __u64 cycles,
			     __u64 boottime_ns)
{
	if (!span)
		return 0;
	span->kind = kind;
	span->detail = detail;
	span->handle = 0;
	/* Who knows that it is about no update has said so. */
	if (!span->subject.role)
		span->subject.role = subject_role(kind);
	if (have_luo_stats) {
		__u32 subject = luo_stats_subject(&span->subject, sizeof(span->subject));

		/* Without a given stamp, it stamps as its last step. */
		span->handle = luo_stats_span_begin(kind, subject, cycles, detail);
	}
	span->begin_ns = boottime_ns ?: bpf_ktime_get_boot_ns();
	emit(&(struct happening){ .type = LUOSCOPE_EVENT_BEGIN,
				  .kind = kind,
				  .boottime_ns = span->begin_ns,
				  .detail = detail },
	     &span->subject);
	return 0;
}

/* Begin @span about span->subject, which the caller has filled in; @since NULL: now. */
static __always_inline void span_begin(struct span *span, __u32 kind, __u64 detail,
				       const struct moment *since)
{
	span_begin_at(span, kind, detail, since ? since->cycles : 0,
		      since ? since->boottime_ns : 0);
}

__noinline int span_end_at(struct span *span, bool renamed, __s32 result, __u64 cycles,
			   __u64 boottime_ns)
{
	struct moment end = { .cycles = cycles, .boottime_ns = boottime_ns };

	/* Stamp first: looking up the subject is not part of what is measured. */
	if (!boottime_ns)
		end = moment_now();
	if (!span)
		return 0;
	if (have_luo_stats && span->handle) {
		__u32 subject = 0;

		if (renamed)
			subject = luo_stats_subject(&span->subject, sizeof(span->subject)) ?:
					  LUO_STATS_NO_SUBJECT;
		luo_stats_span_end(span->handle, subject, result, span->detail, end.cycles);
	}
	emit(&(struct happening){ .type = LUOSCOPE_EVENT_END,
				  .kind = span->kind,
				  .result = result,
				  .boottime_ns = end.boottime_ns,
				  .duration_ns = end.boottime_ns - span->begin_ns,
				  .detail = span->detail },
	     &span->subject);
	return 0;
}

/* End @span. @renamed: more of span->subject is known by now. @until NULL: now. */
static __always_inline void span_end(struct span *span, bool renamed, __s32 result,
				     const struct moment *until)
{
	span_end_at(span, renamed, result, until ? until->cycles : 0,
		    until ? until->boottime_ns : 0);
}

static __noinline void boundary_at(__u32 slot, __s32 result, __u64 cycles, __u64 boottime_ns)
{
	if (have_luo_stats)
		luo_stats_boundary(slot, cycles, result);
	emit(&(struct happening){ .type = LUOSCOPE_EVENT_BOUNDARY,
				  .kind = slot,
				  .result = result,
				  .boottime_ns = boottime_ns },
	     NULL);
}

static __always_inline void boundary(__u32 slot, struct moment when, __s32 result)
{
	boundary_at(slot, result, when.cycles, when.boottime_ns);
}

#endif /* LUOSCOPE_SPAN_BPF_H */
