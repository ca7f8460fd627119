/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stats area: memory that carries the timing of a live update through the kexec.
 *
 * This header is a contract between three sides that are built separately: the module that owns the
 * area, the BPF programs that fill it through the module's kfuncs, and the readers in user space.
 * It is also a contract between two kernels, which may be of different releases and run different
 * versions of the module. So sizes are fixed, there are no pointers and no unnamed padding, and
 * everything is little-endian, like every machine that live update runs on.
 *
 * Layout. There is a header page, and chunks of memory elsewhere, which the header lists. Read
 * through sysfs, the area is flat: the header page, then each chunk as a whole, in the order of the
 * list.
 *
 * Time. Every stamp is a raw reading of the CPU's counter (x86: TSC; arm64: CNTVCT), in cycles. The
 * counter keeps running through kexec, while every clock of the kernel restarts. The anchors record
 * what the counter read at known moments of the kernel's clocks. A stamp of 0 means: not observed.
 *
 * A place is filled, and published by a store with release semantics to its state. Places are used
 * again: the room of what was given up or finished goes to what is alive. A reader reads the state
 * first (acquire), and trusts nothing that it reads: no address, size, index, kind or stamp.
 *
 * Versions. A reader refuses another major. A higher minor only adds: fields in reserved space,
 * kinds, boundary slots, meanings of a span's detail. Minor 1 added the marks, minor 2 the vCPUs,
 * minor 3 what is watched, minor 4 whether a bind resets its device again, minor 5 the role of a
 * subject, its owner and whether it is over. Since minor 5 places of subjects are used again, and
 * places of all kinds can become free. Minor 6 added the globals that files share, minor 7 that
 * devices are known from their files, and whether resets are watched.
 */
#ifndef LUOSCOPE_STATS_AREA_H
#define LUOSCOPE_STATS_AREA_H

#include <linux/types.h>

/* "LUOSTATS" in memory, read as a little-endian number. */
#define LUO_STATS_MAGIC		0x53544154534f554cULL
#define LUO_STATS_MAJOR		1
#define LUO_STATS_MINOR		7

/* The name under which the header page is handed over by KHO. */
#define LUO_STATS_KHO_NAME	"luo_stats"

/* The unit in which chunks are sized, on every architecture. */
#define LUO_STATS_PAGE_BYTES	4096

#define LUO_STATS_RELEASE_BYTES	72	/* utsname.release has 65 */
#define LUO_STATS_CHUNKS	64
#define LUO_STATS_ATTEMPTS	8
#define LUO_STATS_KINDS		32
#define LUO_STATS_SLOTS		16
#define LUO_STATS_ANCHORS	6

/*
 * The boundaries of the blackout; docs/numbers.md defines each. The old kernel stamps B0 to B6, one
 * set for each attempt; the new kernel stamps B7 to B11. Two neighbours delimit one phase.
 */
enum luo_stats_slot {
	LUO_STATS_B0_UPDATE_BEGIN	= 0,	/* entry of liveupdate_reboot; opens an attempt */
	LUO_STATS_B1_FROZEN		= 1,	/* its return with 0 */
	LUO_STATS_B2_SHUTDOWN_BEGIN	= 2,	/* entry of device_shutdown */
	LUO_STATS_B3_SHUTDOWN_END	= 3,	/* its return */
	LUO_STATS_B4_MACHINE_BEGIN	= 4,	/* entry of machine_shutdown */
	LUO_STATS_B5_MACHINE_END	= 5,	/* its return */
	LUO_STATS_B6_JUMP		= 6,	/* entry of machine_kexec */
	/* zero of the new kernel's sched_clock; 0 unless the module is built in */
	LUO_STATS_B7_TIME_ZERO		= 7,
	LUO_STATS_B8_INIT		= 8,	/* init is executed */
	/* the open of /dev/liveupdate that brought the sessions back */
	LUO_STATS_B9_LUO_OPEN		= 9,
	/* last retrieve of a file that belongs to this update */
	LUO_STATS_B10_RETRIEVED		= 10,
	LUO_STATS_B11_IN_SERVICE	= 11,	/* last preserved device in service again */
	/* Not boundaries: when the probes of this kernel were in place, ... */
	LUO_STATS_PROBES_READY		= 12,
	/* ... and when 'luoscope init' had nothing left to do except executing the real init. */
	LUO_STATS_INIT_DONE		= 13,
	/* Inner stamps of the boot, only with the module built in: the first initcalls begin ... */
	LUO_STATS_FIRST_INITCALL	= 14,
	/* ... and the last ones end. */
	LUO_STATS_LAST_INITCALL		= 15,
};

/* What a span measures. An unknown kind is shown by its number. */
enum luo_stats_kind {
	LUO_STATS_PRESERVE		= 1,	/* file, detail: token; or device */
	LUO_STATS_UNPRESERVE		= 2,	/* session, all its files; or device */
	LUO_STATS_FREEZE		= 3,	/* as PRESERVE; a device's detail is its reset's */
	LUO_STATS_UNFREEZE		= 4,	/* session or device, after a freeze that failed */
	LUO_STATS_RESET			= 5,	/* device; detail: LUO_STATS_RESET_DETAIL() */
	LUO_STATS_RETRIEVE		= 6,	/* as PRESERVE */
	LUO_STATS_FINISH		= 7,	/* as PRESERVE */
	LUO_STATS_SESSION_FREEZE	= 8,	/* session, all its files */
	LUO_STATS_SESSION_RETRIEVE	= 9,	/* session, by its name */
	LUO_STATS_SESSION_FINISH	= 10,	/* session, all its files */
	LUO_STATS_SHUTDOWN		= 11,	/* device, on any bus, in device_shutdown */
	LUO_STATS_BIND			= 12,	/* device; detail: enum luo_stats_again */
	LUO_STATS_IRQ_SETUP		= 13,	/* device */
	LUO_STATS_MARK			= 14,	/* mark; detail: enum luo_stats_mark */
	/* device; a reset that is not the handler's, such as the one in a bind: only its time */
	LUO_STATS_PLAIN_RESET		= 15,
	/*
	 * vCPU; begins and ends when it last came out of KVM_RUN before the jump. OPEN: it never
	 * did; then it begins with machine_shutdown(), when KVM has switched virtualization off
	 */
	LUO_STATS_VCPU_EXIT		= 16,
	/* vCPU; begins and ends when it first went into KVM_RUN in a kernel that an update started */
	LUO_STATS_VCPU_ENTRY		= 17,
};

/*
 * The outcome of a reset, its method, and which lock was busy. The values are those of the vfio-pci
 * live update handler (kernel/vfio, linux/kho/abi/vfio_pci.h) and of its tracepoint.
 */
enum luo_stats_reset_outcome {
	LUO_STATS_RESET_UNKNOWN		= 0,
	LUO_STATS_RESET_OK		= 1,
	LUO_STATS_RESET_FAILED		= 2,	/* result has the error */
	LUO_STATS_RESET_BUSY		= 3,	/* a lock could not be taken */
	LUO_STATS_RESET_NONE		= 4,	/* this device cannot be reset */
	LUO_STATS_RESET_OUTCOMES	= 5,
};

/*
 * How the device was reset, or how it was tried last. These too are the handler's values: a new
 * method gets its number there first.
 */
enum luo_stats_reset_method {
	LUO_STATS_RESET_NO_METHOD	= 0,	/* none was tried, or unknown */
	LUO_STATS_RESET_DEVICE_SPECIFIC	= 1,	/* a quirk for this device */
	LUO_STATS_RESET_ACPI		= 2,	/* the firmware's _RST */
	LUO_STATS_RESET_FLR		= 3,	/* PCIe function level reset */
	LUO_STATS_RESET_AF_FLR		= 4,	/* function level reset of conventional PCI */
	LUO_STATS_RESET_PM		= 5,	/* D3hot and back */
	LUO_STATS_RESET_BUS		= 6,	/* the bus or slot above */
	LUO_STATS_RESET_CXL_BUS		= 7,	/* the same with CXL's mask of it lifted */
	LUO_STATS_RESET_OTHER		= 8,	/* newer than this list */
	LUO_STATS_RESET_HOT		= 9,	/* the bus or slot above, with all functions on it */
	LUO_STATS_RESET_METHODS		= 16,	/* room for more */
};

/* The detail of a reset's span, and of the freeze around it. */
#define LUO_STATS_RESET_DETAIL(outcome, method, lock) \
	((__u64)(outcome) | (__u64)(method) << 8 | (__u64)(lock) << 16)
#define LUO_STATS_RESET_OUTCOME(detail) ((detail)&0xff)
#define LUO_STATS_RESET_METHOD(detail) ((detail) >> 8 & 0xff)
#define LUO_STATS_RESET_LOCK(detail) ((detail) >> 16 & 0xff)

/*
 * The detail of a bind: was the device spared another reset? The values are those of the handler's
 * tracepoint vfio_pci_reset_again. All except 0 and 1, also unknown ones, say why it was not.
 */
enum luo_stats_again {
	LUO_STATS_AGAIN_UNKNOWN		= 0,	/* the handler is older, or it was not watched */
	/* yes: the old kernel reset it, and nobody has touched it since */
	LUO_STATS_AGAIN_SPARED		= 1,
	LUO_STATS_AGAIN_ASKED		= 2,	/* a parameter asks for it */
	LUO_STATS_AGAIN_NOT_RESET	= 3,	/* the old kernel could not reset it */
	LUO_STATS_AGAIN_BOUND		= 4,	/* it was bound before in this kernel */
	LUO_STATS_AGAIN_ENABLED		= 5,	/* somebody has enabled it */
	/* its configuration space is not as the old kernel left it */
	LUO_STATS_AGAIN_CHANGED		= 6,
};

/*
 * The detail of a mark, which a program makes by a write to /dev/luo_mark. Marks are among the
 * spans of any time, never among those of an update, and have no role.
 */
enum luo_stats_mark {
	/* started in this kernel; if CLOSED, also ended there */
	LUO_STATS_MARK_SPAN		= 0,
	LUO_STATS_MARK_INSTANT		= 1,	/* CLOSED, and ends when it begins */
	/*
	 * CLOSED, but its start was not seen: begin_cycles is 0. The reader joins it with a mark of
	 * the same name and instance that the old kernel left open.
	 */
	LUO_STATS_MARK_END		= 2,
};

/* What a span is about. */
enum luo_stats_subject_kind {
	LUO_STATS_SUBJECT_FILE		= 1,	/* name: session, detail: handler, key: token */
	LUO_STATS_SUBJECT_SESSION	= 2,	/* name: session */
	LUO_STATS_SUBJECT_DEVICE	= 3,	/* name: as in sysfs, group: bus, detail: driver */
	LUO_STATS_SUBJECT_MARK		= 4,	/* name: mark, key: instance */
	/*
	 * name: the first session in which its process preserved or retrieved a file, "" if none,
	 * detail: name of that process, key: LUO_STATS_VCPU_KEY(). Key 0 is not a vCPU: it says
	 * that vCPUs are watched in this kernel
	 */
	LUO_STATS_SUBJECT_VCPU		= 5,
	/*
	 * No span is about it: it says what is watched in this kernel. key: bits of enum
	 * luo_stats_watch, detail: the counter since when, group: the counter when the first subject
	 * about the same probes was written, both decimal. Named "detached", with key 0: since then
	 * the group's probes are not attached. With all bits of the key set: name is a function that
	 * is not watched, group why. docs/format.md shows how to read them together
	 */
	LUO_STATS_SUBJECT_WATCH		= 6,
	/*
	 * name: compatible string. A global that files share (an FLB of LUO): preserved with the
	 * first file that needs it, retrieved when it is first asked for, finished with the last
	 */
	LUO_STATS_SUBJECT_FLB		= 7,
};

/*
 * What the attached probes observe. A function may be missing from a kernel, or be in a module that
 * is loaded later: what was not watched may have happened.
 */
enum luo_stats_watch {
	LUO_STATS_WATCH_FREEZE		= 1 << 0,	/* of files */
	LUO_STATS_WATCH_RETRIEVE	= 1 << 1,	/* of files */
	LUO_STATS_WATCH_HANDLER		= 1 << 2,	/* all steps of the vfio-pci handler */
	LUO_STATS_WATCH_BIND		= 1 << 3,
	LUO_STATS_WATCH_IRQ_SETUP	= 1 << 4,
	/*
	 * of another vfio-pci handler, which has no tracepoints: where a file is watched, its
	 * device is, too. A reset in the freeze is the device's RESET, by what it returned
	 */
	LUO_STATS_WATCH_DEVICE_FILES	= 1 << 5,
	LUO_STATS_WATCH_RESET		= 1 << 6,	/* those that the PCI core does */
};

/*
 * A vCPU within its kernel: the process that runs it (its tgid), and KVM's id of the vCPU. After
 * the update the process is another one; session and id stay the same.
 */
#define LUO_STATS_VCPU_KEY(tgid, id) ((__u64)(tgid) << 32 | (__u32)(id))
#define LUO_STATS_VCPU_TGID(key) ((__u32)((key) >> 32))
#define LUO_STATS_VCPU_ID(key) ((__u32)(key))

/*
 * Whether a span belongs to the old or the new kernel's part of an update: an area contains the
 * beginning of one update and the end of the one before.
 */
enum luo_stats_role {
	LUO_STATS_ROLE_OLD		= 1,
	LUO_STATS_ROLE_NEW		= 2,
	LUO_STATS_ROLE_NONE		= 3,	/* marks: the reader places them by their time */
};

/*
 * State of a span or a subject. It only increases, until the place is used for another one. A place
 * that becomes free again is FREE in case of a subject, and RESERVED with kind 0 in case of a span,
 * because readers of minors below 5 take a span that is FREE for damage.
 */
enum luo_stats_state {
	LUO_STATS_FREE			= 0,
	LUO_STATS_RESERVED		= 1,	/* being filled, or free: must not be read */
	LUO_STATS_OPEN			= 2,	/* started; only end, result and detail may change */
	LUO_STATS_CLOSED		= 3,	/* all is final */
};

/* What a chunk holds. */
enum luo_stats_chunk_kind {
	LUO_STATS_CHUNK_SUBJECTS	= 1,
	LUO_STATS_CHUNK_SPANS		= 2,	/* any time */
	/* kept free for the time from B0 on */
	LUO_STATS_CHUNK_UPDATE_SPANS	= 3,
};

/* The two lots of spans; each has its own cursor in the header. */
enum luo_stats_lot {
	LUO_STATS_LOT_ANY		= 0,
	LUO_STATS_LOT_UPDATE		= 1,
	LUO_STATS_LOTS			= 2,
};

/* The moments of the anchors. */
enum luo_stats_anchor_slot {
	LUO_STATS_ANCHOR_LOAD		= 0,	/* the module is loaded */
	/* the reboot notifier, of the last attempt that got so far */
	LUO_STATS_ANCHOR_NOTIFIER	= 1,
	LUO_STATS_ANCHOR_LAST		= 2,	/* the kmsg dumper, just before machine_kexec */
	/* the area was last read from its start; the new kernel's newest anchor */
	LUO_STATS_ANCHOR_READ		= 3,
	/*
	 * only with the module built in: setup_arch, where no clock runs yet. Only @cycles, and
	 * @sched_spread_cycles of the reading from which LUO_STATS_B7_TIME_ZERO was computed
	 */
	LUO_STATS_ANCHOR_EARLY		= 4,
};

/* luo_stats_anchor.flags */
/* the slot is filled */
#define LUO_STATS_ANCHOR_TAKEN (1u << 0)
/* the kernel keeps its time with this very counter */
#define LUO_STATS_CLOCKSOURCE_IS_COUNTER (1u << 1)
/* counter_khz is final, not the first estimate of early boot */
#define LUO_STATS_COUNTER_REFINED (1u << 2)
/* the kernel's watchdog found the counter wrong */
#define LUO_STATS_COUNTER_UNSTABLE (1u << 3)
/* clocks read one after another (*_fast_ns), not at one instant */
#define LUO_STATS_ANCHOR_FAST (1u << 4)

/* luo_stats_header.flags */
/* the CPU promises a constant rate that never stops */
#define LUO_STATS_COUNTER_INVARIANT (1u << 0)
/* this kernel was started by a kexec with KHO */
#define LUO_STATS_KHO_BOOT (1u << 1)
/* and found the old kernel's area */
#define LUO_STATS_INCOMING_VALID (1u << 2)

/* luo_stats_header.counter */
#define LUO_STATS_COUNTER_TSC		1
#define LUO_STATS_COUNTER_CNTVCT	2

/**
 * struct luo_stats_anchor - what the counter and the kernel's clocks read at one moment
 * @cycles:         counter, at the instant of the three clocks below
 * @monotonic_ns:   CLOCK_MONOTONIC
 * @boottime_ns:    CLOCK_BOOTTIME
 * @realtime_ns:    CLOCK_REALTIME, since 1970-01-01 UTC
 * @sched_cycles:   counter, at the instant of @sched_clock_ns: the middle of a reading before and
 *                  one after it
 * @sched_clock_ns: local_clock(), the clock of printk
 * @sched_spread_cycles: the two readings' distance: twice the error of @sched_cycles
 * @counter_khz:    the counter's rate as the kernel knew it; 0: the kernel does not say
 * @flags:          LUO_STATS_ANCHOR_TAKEN and those below it
 * @sequence:       odd while the slot is written; if it remains odd, the write was interrupted, and
 *                  the slot must not be used
 */
struct luo_stats_anchor {
	__u64 cycles;
	__u64 monotonic_ns;
	__u64 boottime_ns;
	__u64 realtime_ns;
	__u64 sched_cycles;
	__u64 sched_clock_ns;
	__u32 sched_spread_cycles;
	__u32 counter_khz;
	__u32 flags;
	__u32 sequence;
};

/**
 * struct luo_stats_boundaries - the stamps of one attempt, or of a kernel as the new kernel
 * @cycles:  by enum luo_stats_slot; 0: not observed
 * @end_cycles: return of liveupdate_reboot, whatever it returned; 0: not observed
 * @result:  what liveupdate_reboot returned: 0 or a negative errno; only valid if @end_cycles is
 *           not 0
 * @attempt: number of the attempt, from 1; 0: the set is unused, or it is that of the new kernel
 */
struct luo_stats_boundaries {
	__u64 cycles[LUO_STATS_SLOTS];
	__u64 end_cycles;
	__s32 result;
	__u32 attempt;
};

/**
 * struct luo_stats_chunk - one piece of the area's memory
 * @phys:  physical address, a multiple of LUO_STATS_PAGE_BYTES; meaningless outside of the kernel
 * @bytes: size, a multiple of LUO_STATS_PAGE_BYTES; 0: the slot and all after it are unused
 * @kind:  enum luo_stats_chunk_kind
 * @reserved: 0
 */
struct luo_stats_chunk {
	__u64 phys;
	__u32 bytes;
	__u16 kind;
	__u16 reserved;
};

/**
 * struct luo_stats_header - the header page
 *
 * From @magic to the end of @chunk everything is set once, before the area is handed to KHO, and
 * covered by @checksum. Everything after it changes.
 *
 * @magic:          LUO_STATS_MAGIC
 * @checksum:       luo_stats_checksum() over the bytes from @major up to @attempts
 * @major:          LUO_STATS_MAJOR of the writer
 * @minor:          LUO_STATS_MINOR of the writer
 * @header_bytes:   size of this structure
 * @span_bytes:     size of struct luo_stats_span
 * @subject_bytes:  size of struct luo_stats_subject
 * @total_bytes:    header page and all chunks
 * @chain_id:       random number, the same for all kernels of a chain of live updates
 * @generation:     how many live updates this kernel's chain has had; 0: it was booted
 *                  otherwise
 * @flags:          LUO_STATS_COUNTER_INVARIANT and those below it
 * @counter:        LUO_STATS_COUNTER_TSC or LUO_STATS_COUNTER_CNTVCT
 * @page_bytes:     page size of the kernel, for mapping chunks
 * @release:        utsname.release, ended by a 0 byte
 * @chunk:          the list of chunks, in the order of the flat view
 * @attempts:       how many attempts of a live update began in this kernel
 * @update_open:    1 from B0 on, until the attempt fails
 * @subject_cursor: the place after the last one that was ever used; more than the capacity: so many
 *                  more times there was no room for a subject, other than a mark's
 * @span_cursor:    the same for spans, by lot; what found no room in either lot is in the first
 *                  one, except marks
 * @dropped:        by kind: spans that found no room for themselves or for their subject, whose
 *                  begin was not seen, or whose end could not be written, with kind 0 for every
 *                  kind above the array; stays at its largest value
 * @subjects_dropped: only in minors below 5: subjects that found no room, once for each of their
 *                  spans, which name subject 0. Since then these spans are in @dropped
 * @attempts_dropped: sets of boundaries that were reused, because there were more than
 *                    LUO_STATS_ATTEMPTS attempts
 * @spans_recycled: spans of given-up attempts and of steps that failed whose place was used again,
 *                  and marks whose place was used by a later one of the same name and instance;
 *                  not what was given up or finished
 * @anchor:         by enum luo_stats_anchor_slot
 * @as_new_kernel:  boundaries B7 to B11, stamped by this kernel
 * @as_old_kernel:  boundaries B0 to B6, attempt n (from 1) in slot (n - 1) % LUO_STATS_ATTEMPTS
 */
struct luo_stats_header {
	__u64 magic;
	__u64 checksum;
	__u16 major;
	__u16 minor;
	__u32 header_bytes;
	__u32 span_bytes;
	__u32 subject_bytes;
	__u64 total_bytes;
	__u64 chain_id;
	__u32 generation;
	__u32 flags;
	__u32 counter;
	__u32 page_bytes;
	char release[LUO_STATS_RELEASE_BYTES];
	struct luo_stats_chunk chunk[LUO_STATS_CHUNKS];

	__u32 attempts;
	__u32 update_open;
	__u64 subject_cursor;
	__u64 span_cursor[LUO_STATS_LOTS];
	__u32 dropped[LUO_STATS_KINDS];
	__u32 subjects_dropped;
	__u32 attempts_dropped;
	__u64 spans_recycled;
	struct luo_stats_anchor anchor[LUO_STATS_ANCHORS];
	struct luo_stats_boundaries as_new_kernel;
	struct luo_stats_boundaries as_old_kernel[LUO_STATS_ATTEMPTS];
};

/**
 * struct luo_stats_subject_key - identifies a subject; until it is over, keys that are equal in all
 * but @detail are the same subject
 * @kind:     enum luo_stats_subject_kind
 * @role:     enum luo_stats_role: which kernel of its update this one is for it. ROLE_NONE: of no
 *            update. 0 for a mark and for what is watched, and in minors below 5
 * @key:      file: token; mark: instance; vCPU: LUO_STATS_VCPU_KEY(); else 0
 * @name:     ended by a 0 byte, and 0 to the end; not trusted, it may hold any bytes
 * @detail:   as @name
 * @group:    as @name
 */
struct luo_stats_subject_key {
	__u32 kind;
	__u32 role;
	__u64 key;
	char name[64];		/* a LUO session's name has at most 63 bytes */
	char detail[48];	/* a LUO handler's compatible string has at most 47 */
	char group[32];
};

/* Ends a span for whose subject there was no room: see luo_stats_span_end(). Never in an area. */
#define LUO_STATS_NO_SUBJECT 0xffffffffu

/**
 * struct luo_stats_subject - one subject; spans name it by its index plus 1
 * @state: enum luo_stats_state; LUO_STATS_CLOSED once it can be read
 * @serial: changes each time that anything below it does except @is_over; its upper half each time
 *          that the place is used for another subject
 * @owner: number of its session if it is a file; else 0
 * @owner_serial: upper half of the @serial of @owner; 0: unknown. If that has another one, it is
 *           another session, and this one is over
 * @is_over: 1: it was given up or finished, with all that it owns; only its history is here
 * @reserved16: 0
 * @reserved: 0
 * @id: what it is
 */
struct luo_stats_subject {
	__u32 state;
	__u32 serial;
	__u32 owner;
	__u32 is_over;
	__u16 owner_serial;
	__u16 reserved16;
	__u32 reserved[3];
	struct luo_stats_subject_key id;
};

/**
 * struct luo_stats_span - something that took time; one cache line
 * @state:        enum luo_stats_state
 * @kind:         enum luo_stats_kind
 * @role:         enum luo_stats_role
 * @reserved8:    0
 * @subject:      index of the subject plus 1; 0: unknown, only in minors below 5
 * @attempt:      attempt during which it began, 0: before the first one
 * @begin_cycles: counter at its beginning
 * @end_cycles:   counter at its end; only valid if CLOSED
 * @result:       0 or a negative errno; only valid if CLOSED
 * @pid:          thread that began it
 * @detail:       depends on the kind
 * @serial:       grows each time that the place is used or @subject changes, which invalidates
 *                earlier handles
 * @writer:       only in minors below 5: 1 while a writer claims the place
 * @subject_serial: upper half of the subject's @serial; 0: unknown, as in minors below 5. If the
 *                subject is read later and has a higher one, the span was forgotten meanwhile
 * @reserved16:   0
 * @reserved32:   0
 */
struct luo_stats_span {
	__u32 state;
	__u16 kind;
	__u8 role;
	__u8 reserved8;
	__u32 subject;
	__u32 attempt;
	__u64 begin_cycles;
	__u64 end_cycles;
	__s32 result;
	__u32 pid;
	__u64 detail;
	__u32 serial;
	__u32 writer;
	__u16 subject_serial;
	__u16 reserved16;
	__u32 reserved32;
};

#define LUO_STATS_ASSERT(cond) _Static_assert(cond, #cond)

LUO_STATS_ASSERT(sizeof(struct luo_stats_anchor) == 64);
LUO_STATS_ASSERT(sizeof(struct luo_stats_boundaries) == 144);
LUO_STATS_ASSERT(sizeof(struct luo_stats_chunk) == 16);
LUO_STATS_ASSERT(sizeof(struct luo_stats_subject_key) == 160);
LUO_STATS_ASSERT(sizeof(struct luo_stats_subject) == 192);
LUO_STATS_ASSERT(sizeof(struct luo_stats_span) == 64);
LUO_STATS_ASSERT(__builtin_offsetof(struct luo_stats_header, major) == 16);
LUO_STATS_ASSERT(__builtin_offsetof(struct luo_stats_header, release) == 64);
LUO_STATS_ASSERT(__builtin_offsetof(struct luo_stats_header, chunk) == 136);
LUO_STATS_ASSERT(__builtin_offsetof(struct luo_stats_header, attempts) == 1160);
LUO_STATS_ASSERT(__builtin_offsetof(struct luo_stats_header, subject_cursor) == 1168);
LUO_STATS_ASSERT(__builtin_offsetof(struct luo_stats_header, dropped) == 1192);
LUO_STATS_ASSERT(__builtin_offsetof(struct luo_stats_header, anchor) == 1336);
LUO_STATS_ASSERT(__builtin_offsetof(struct luo_stats_header, as_new_kernel) == 1720);
LUO_STATS_ASSERT(__builtin_offsetof(struct luo_stats_header, as_old_kernel) == 1864);
LUO_STATS_ASSERT(sizeof(struct luo_stats_header) == 3016);
LUO_STATS_ASSERT(sizeof(struct luo_stats_header) <= LUO_STATS_PAGE_BYTES);

/* The bytes that @checksum covers, as offset and length in the header page. */
#define LUO_STATS_CHECKSUM_FROM	__builtin_offsetof(struct luo_stats_header, major)
#define LUO_STATS_CHECKSUM_BYTES \
	(__builtin_offsetof(struct luo_stats_header, attempts) - LUO_STATS_CHECKSUM_FROM)

/*
 * FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv). It guards against memory that is not ours
 * or is truncated, not against malice.
 */
static inline __u64 luo_stats_checksum(const void *bytes, __u64 length)
{
	const unsigned char *p = (const unsigned char *)bytes;
	__u64 hash = 0xcbf29ce484222325ULL;
	__u64 i;

	for (i = 0; i < length; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ULL;
	return hash;
}

#endif /* LUOSCOPE_STATS_AREA_H */
