/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One live update, as far as it was observed: everything that the views show and need.
 *
 * Times are nanoseconds. Each stamp is mapped to ns once, relative to B0 (see @origin_slot), and a
 * duration is the difference of two mapped stamps: phases that follow one another add up to the
 * nanosecond. What was not observed is not known; it is never 0. The model holds copies: the
 * capture and the areas may be freed once it is built.
 */
#ifndef LUOSCOPE_MODEL_H
#define LUOSCOPE_MODEL_H

#include <luoscope/stats_area.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bounded.h"
#include "base/error.h"
#include "capture/boot_log.h"
#include "capture/capture.h"
#include "clock.h"
#include "steps.h"

#define MODEL_BOUNDARIES       12 /* B0 to B11 */
#define MODEL_PHASE_NAME_BYTES 160
#define MODEL_PARTS	       5
#define MODEL_NOTE_BYTES       200

/* The index of a row of another list that is not known, or that there is not. */
#define MODEL_NONE SIZE_MAX

/* Where a boundary's stamp comes from. */
enum model_source {
	MODEL_SOURCE_NONE, /* not observed */
	MODEL_SOURCE_FENTRY,
	MODEL_SOURCE_FEXIT,
	MODEL_SOURCE_PROBE,    /* a probe or a mark */
	MODEL_SOURCE_NOTIFIER, /* the module's reboot notifier */
	MODEL_SOURCE_DUMPER,   /* the module's kmsg dumper */
	MODEL_SOURCE_MODULE,   /* the module, built in, as the kernel booted */
	MODEL_SOURCE_RECKONED, /* from one of the module's anchors */
	MODEL_SOURCE_INIT,     /* luoscope init */
	MODEL_SOURCE_LOG,      /* the kernel log */
};

/* Why something is not known, or not completely. The words fit one step as well as several. */
#define WHY_NO_BEGIN	   "the start of the update was not observed"
#define WHY_NO_MODULE	   "there was no luo_stats in the old kernel"
#define WHY_NO_OLD_KERNEL  "nothing of the old kernel is in the capture"
#define WHY_NO_NEW_KERNEL  "nothing of the new kernel is in the capture"
#define WHY_NO_PROBES	   "no probes were attached in the old kernel"
#define WHY_ONLY_ARRIVAL   "in the old kernel, the probes for its own update were not attached"
#define WHY_DETACHED	   "the probes of the old kernel were detached before the update"
#define WHY_LOST	   "the new kernel did not come up"
#define WHY_OPEN	   "the update was started; what became of it is not known yet"
#define WHY_NOT_BACK	   "a frozen file was not seen to come back"
#define WHY_MAYBE_BACK	   "it is not known whether every file came back"
#define WHY_NOT_SERVING	   "a preserved device was not seen in service again"
#define WHY_LATE	   "a preserved device came into service long after the rest"
#define WHY_NOT_IN_TIME	   "no file came back in time"
#define WHY_NO_DOWNTIME	   "a freeze or a return was not observed"
#define WHY_NO_VM_DOWNTIME "some vCPUs were not seen to stop and to run again"
#define WHY_RAN_UNSEEN	   "a vCPU may have run while the probes were detached"
#define WHY_NOT_TOLD	   "the clock cannot say how long that took"
#define WHY_RECORDS_LOST   "records of the kernel's log were lost"
#define WHY_CLOCK_SLOW	   "the clock of the log was losing time"
#define WHY_NEVER_ENDED	   "a step never ended"
#define WHY_UNWATCHED	   "not every freeze was watched"

/**
 * struct model_boundary - one of B0 to B11
 * @source:   MODEL_SOURCE_NONE: not observed; nothing else is then valid
 * @cycles:   the counter
 * @time_ns:  relative to the origin of its kernel; see @start
 * @start:    the same, relative to the model's origin; not known if the kernels cannot be compared
 * @error_ns: how wrong it may be, not counting the error of the rate
 */
struct model_boundary {
	enum model_source source;
	uint64_t cycles;
	int64_t time_ns;
	struct bounded start;
	uint64_t error_ns;
};

/*
 * Parts of the phases jump and kernel_boot, by what begins them. They are only known if the module
 * was built into the new kernel.
 */
enum model_part_kind {
	MODEL_PART_BEFORE_SETUP_ARCH, /* the kexec itself; on x86 purgatory, decompression */
	MODEL_PART_SETUP_ARCH,	      /* up to the zero of sched_clock, on arm64 in time_init() */
	MODEL_PART_BEFORE_INITCALLS,
	MODEL_PART_INITCALLS,
	MODEL_PART_AFTER_INITCALLS, /* up to the end of the phase */
};

/**
 * struct model_part - part of a phase; the parts follow one another without gaps
 */
struct model_part {
	enum model_part_kind kind;
	struct bounded start;
	struct bounded duration;
};

/**
 * struct model_phase - the time between two boundaries that were observed one after the other
 * @name:     name of the phase, or of several joined by "+" because a boundary between them was not
 *            observed
 * @begin:    slot of the boundary that begins it
 * @end:      slot of the boundary that ends it
 * @start:    of @begin
 * @duration: not known if the clock does not permit it; its error is that of both ends plus that of
 *            the rate. A lower bound if not everything that it waits for was seen at its end
 * @unobserved: how long nothing that luoscope observes was under way: no step of a file, a device
 *              or a session, nor luoscope itself. In that time user space did something else, or
 *              waited; in device_shutdown, the kernel did what belongs to no device. Only for these
 *              phases, see gaps_find(). A bound if one of its gaps is, or if @duration is
 * @part:     all of its parts, in chronological order
 * @parts:    0: not observed. If @duration is a lower bound, the last part's is, too
 */
struct model_phase {
	char name[MODEL_PHASE_NAME_BYTES];
	unsigned int begin;
	unsigned int end;
	struct bounded start;
	struct bounded duration;
	struct bounded unobserved;
	struct model_part part[MODEL_PARTS];
	size_t parts;
};

/**
 * struct model_span - something that took time
 * @observed: false: nothing else is valid
 * @open:     it never ended: @duration is not known and @result not valid
 * @in_new_kernel:     it was in the new kernel, else in the old one
 * @result:   0 or a negative errno
 * @pid:      the thread that began it
 * @start:    relative to the model's origin
 * @duration: of a span that ended
 * @begin_cycles: the counter at its start, for comparisons
 * @end_cycles:   the counter at its end; 0 if open
 *
 * A large update has several hundred thousand of them. So @start and @duration are without their
 * bounds, which clock_bounded() has.
 */
struct model_span {
	bool observed;
	bool open;
	bool in_new_kernel;
	int32_t result;
	uint32_t pid;
	struct estimate start;
	struct estimate duration;
	uint64_t begin_cycles;
	uint64_t end_cycles;
};

/**
 * model_span_succeeded - whether it was seen to end successfully
 */
static inline bool model_span_succeeded(const struct model_span *span)
{
	return span->observed && !span->open && !span->result;
}

/**
 * model_span_failed - whether it was seen to end with an error
 */
static inline bool model_span_failed(const struct model_span *span)
{
	return span->observed && !span->open && span->result;
}

/* Texts as found: any bytes, ended by 0. */
#define MODEL_NAME_BYTES    65
#define MODEL_DETAIL_BYTES  49
#define MODEL_GROUP_BYTES   33
#define MODEL_PRODUCT_BYTES 128
#define MODEL_PCI_ID_BYTES  10

/*
 * If there are several spans of one kind, the model keeps the last one that succeeded, because a
 * file may have been preserved, given up and preserved again. If none succeeded, it keeps the last
 * one. For retrieves and what follows them it keeps the first one that succeeded: that one brought
 * the file or the device back.
 */

/**
 * struct model_file - a file of a session
 * @handler: from the freeze, else from the retrieve, else from the preserve
 * @step:    the steps that files have
 * @takes_part: it was preserved, frozen or brought back; false: it was only attempted, without
 *              effect, such as the retrieve of a token that does not exist
 * @downtime: from the start of its freeze to the end of its retrieve, if that succeeded
 * @not_back: it was frozen and did not come back; false: it did, or that is not known
 * @discarded: nobody tried to retrieve it, and its session was finished without it
 * @device:   index of the device that it preserves; MODEL_NONE: none, or not known
 * @vm:       index of the virtual machine that uses it; MODEL_NONE: not known. See belongs.h
 */
struct model_file {
	char session[MODEL_NAME_BYTES];
	char handler[MODEL_DETAIL_BYTES];
	uint64_t token;
	bool takes_part;
	struct model_span step[STEPS];
	struct bounded downtime;
	bool not_back;
	bool discarded;
	size_t device;
	size_t vm;
};

/**
 * struct model_reset - the outcome of a device's reset; how long it took is a separate step
 * @known:   there was one, or it is known why there was none
 * @none_seen: resets by the PCI core were watched, and there was none in the device's freeze. Of a
 *           handler that does not say what it does, that is all that is known: @known is false
 * @outcome: enum luo_stats_reset_outcome, or a value of a later minor version
 * @method:  as the handler numbers them; 0: none, or unknown
 * @lock:    the lock that was busy, as the handler numbers them; 0: none, or unknown
 */
struct model_reset {
	bool known;
	bool none_seen;
	unsigned int outcome;
	unsigned int method;
	unsigned int lock;
};

/**
 * model_reset_is_none - whether the device has no way to be reset: the step is the search for one
 */
static inline bool model_reset_is_none(const struct model_reset *reset)
{
	return reset->known && reset->outcome == LUO_STATS_RESET_NONE;
}

/**
 * model_reset_is_bad - whether the device was not reset although it has a way to be
 */
static inline bool model_reset_is_bad(const struct model_reset *reset)
{
	return reset->known &&
	       (reset->outcome == LUO_STATS_RESET_FAILED || reset->outcome == LUO_STATS_RESET_BUSY);
}

/**
 * struct model_device - a device that is preserved
 * @name:      as in sysfs
 * @driver:    from the freeze, else from the retrieve, else from the preserve
 * @pci_id:    "vendor:device", four hexadecimal digits each; "" if not known
 * @product:   names of vendor and device, from pci_ids_name_devices(); "" if not known
 * @step: the steps that devices have; STEP_IRQ_SETUP is the first time that its interrupts were set
 *        up
 * @reset:     outcome of STEP_RESET
 * @release_reset: outcome of STEP_RELEASE_RESET
 * @freeze_detail: what the freeze itself reports about its reset; 0: nothing
 * @again:     whether STEP_BIND reset it again: enum luo_stats_again, or a value of a later handler
 * @in_service: when it was seen in service: the end of STEP_IRQ_SETUP, counted from B0
 * @downtime: from the start of its freeze to the end of STEP_IRQ_SETUP. Without that step it is a
 *            lower bound, to the end of its retrieve, or, with @not_back, to that of the blackout
 *            if that is later: see model_device_is_in_service()
 * @not_back:  it was frozen or retrieved, and was not seen in service again; false: it was, or that
 *             is not known
 * @kept:      it was retrieved and finished without any reset, and has nothing to wait for: it was
 *             never out of service. @in_service and @downtime are 0
 * @reset_elsewhere: another reset of it was seen between its freeze and its finish
 * @file:      index of the file that it was preserved by; MODEL_NONE: not known. See belongs.h
 */
struct model_device {
	char name[MODEL_NAME_BYTES];
	char driver[MODEL_DETAIL_BYTES];
	char pci_id[MODEL_PCI_ID_BYTES];
	char product[MODEL_PRODUCT_BYTES];
	struct model_span step[STEPS];
	struct model_reset reset;
	struct model_reset release_reset;
	uint64_t freeze_detail;
	uint64_t again;
	struct bounded in_service;
	struct bounded downtime;
	bool not_back;
	bool kept;
	bool reset_elsewhere;
	size_t file;
};

/**
 * model_device_is_in_service - whether it was seen in service again
 */
static inline bool model_device_is_in_service(const struct model_device *device)
{
	return model_span_succeeded(&device->step[STEP_IRQ_SETUP]);
}

/**
 * struct model_session - a session
 * @files:    how many of its files take part
 * @files_missing: those of them that were frozen and not seen to come back
 * @files_known: it is known that those did not come back and that all others did
 * @step:     the steps that sessions have
 * @downtime: from B0 to the end of its last file's retrieve (before the session's finish), or to
 *            the blackout's end if that is later and @files_missing are known not to be back; with
 *            those, or without @files_known, it may have been longer
 * @late:     @downtime ended after B10, too late to count for the update's blackout
 * @vm:       index of the virtual machine that uses it; MODEL_NONE: not known. See belongs.h
 */
struct model_session {
	char name[MODEL_NAME_BYTES];
	size_t files;
	size_t files_missing;
	bool files_known;
	struct model_span step[STEPS];
	struct bounded downtime;
	bool late;
	size_t vm;
};

/**
 * struct model_flb - an FLB of LUO: a global that files share
 *
 * Its steps lie within those of files, or of whoever else in the kernel asked for it. The first of
 * each kind that succeeded counts: others only waited for it.
 *
 * @name:     its compatible string
 * @step:     the steps that FLBs have
 */
struct model_flb {
	char name[MODEL_NAME_BYTES];
	struct model_span step[STEPS];
};

/**
 * struct model_subject_span - a span together with its subject
 * @kind:     enum luo_stats_kind
 * @role:     enum luo_stats_role
 * @attempt:  the attempt during which it began
 * @detail:   depends on the kind
 * @subject_kind: enum luo_stats_subject_kind; 0: the subject is not known
 * @key:      token of a file, instance of a mark
 * @name:     of device, session or mark; session of a file
 * @subject_detail: driver of a device, handler of a file
 * @group:    bus of a device
 */
struct model_subject_span {
	struct model_span span;
	uint16_t kind;
	uint8_t role;
	uint32_t attempt;
	uint64_t detail;
	uint32_t subject_kind;
	uint64_t key;
	char name[MODEL_NAME_BYTES];
	char subject_detail[MODEL_DETAIL_BYTES];
	char group[MODEL_GROUP_BYTES];
};

/**
 * struct model_mark - a span or an instant that a program marked, identified by name and instance
 * @name:     1 to 63 bytes, none of them a blank or a control character; not trusted otherwise
 * @instance: distinguishes several of the same name, such as the number of a virtual machine
 * @instant:  it has no length: it was marked with "at"
 * @crosses:  started in the old kernel and ended in the new one
 * @end_only: only its end was seen: neither start nor duration of @span is known
 * @span:     from its start; @span.open: it was never ended. The duration of an instant is 0.
 *            @span.in_new_kernel says where it began, or where it ended if @end_only
 * @end:      its end, relative to the model's origin; not known if it never ended
 */
struct model_mark {
	char name[MODEL_NAME_BYTES];
	uint64_t instance;
	bool instant;
	bool crosses;
	bool end_only;
	struct model_span span;
	struct estimate end;
};

/**
 * struct model_vcpu - a vCPU of a virtual machine
 * @id:         KVM's number for it
 * @in_old_kernel:      it ran in the old kernel
 * @in_new_kernel:       it ran in the new kernel
 * @never_left: it did not come out of KVM_RUN by itself, but was stopped when the machine went down
 * @exit:       when it last came out of KVM_RUN, or was stopped, relative to the model's origin
 * @late:       the probes of the new kernel may have been detached before its first entry was seen:
 *              it may have run before, since then at the earliest, as the bounds of @entry say
 * @entry:      when it first entered KVM_RUN in the new kernel, relative to the model's origin
 * @downtime:       from @exit to @entry
 */
struct model_vcpu {
	uint32_t id;
	bool in_old_kernel;
	bool in_new_kernel;
	bool never_left;
	bool late;
	struct bounded exit;
	struct bounded entry;
	struct bounded downtime;
};

/**
 * struct model_vm - a virtual machine: all vCPUs of one process
 * @session:    the first in which its process preserved or retrieved a file; "" if none is known
 * @process:    name of that process, in the old kernel if it ran there
 * @old_tgid: thread group id of that process in the old kernel; 0: it was not seen there
 * @new_tgid: thread group id of that process in the new kernel; 0: it was not seen there
 * @unsure:     it was seen in only one kernel, and one in the other may or may not be the same:
 *              nothing distinguishes them from others with the same session or process name
 * @vcpu:       sorted by id
 * @vcpus_old: how many of them ran in the old kernel
 * @vcpus_back: how many of those ran in the new kernel
 * @exit:       when the first of its vCPUs came out of KVM_RUN for the last time: from then on it
 *              was incomplete
 * @entry:      when the last of its vCPUs first entered KVM_RUN in the new kernel; not known unless
 *              every vCPU that ran in the old kernel did
 * @downtime:       from @exit to @entry; not known if a vCPU is missing in either kernel
 * @before:     the part of it that lies before B0
 * @after:      the part of it that lies after the end of the blackout
 */
struct model_vm {
	char session[MODEL_NAME_BYTES];
	char process[MODEL_DETAIL_BYTES];
	uint32_t old_tgid;
	uint32_t new_tgid;
	bool unsure;
	const struct model_vcpu *vcpu;
	size_t vcpus;
	size_t vcpus_old;
	size_t vcpus_back;
	struct bounded exit;
	struct bounded entry;
	struct bounded downtime;
	struct bounded before;
	struct bounded after;
};

/**
 * model_vm_name - what to call it: by its session, else by its process
 */
static inline const char *model_vm_name(const struct model_vm *vm)
{
	return vm->session[0] ? vm->session : vm->process;
}

enum model_long_pole_kind {
	MODEL_POLE_DEVICE,  /* a preserved device, its time in device_shutdown included */
	MODEL_POLE_FILE,    /* a file, without its device and what else was done within its steps */
	MODEL_POLE_SESSION, /* a session, without its files */
	MODEL_POLE_FLB,
	MODEL_POLE_SHUTDOWN, /* another device in device_shutdown */
	MODEL_POLE_INIT,     /* luoscope init */
};

/**
 * struct model_long_pole - by how much the blackout would have been shorter without one thing
 * @kind:     what it is, ...
 * @index:    ... and where in the model's list of that kind
 * @busy:     time within the blackout in which one of its steps was under way, without what others
 *            did within them. A step that failed took the time that it took
 * @alone:    the part of it before @tail in which nothing else that was observed was under way
 * @tail:     the end of the blackout, when everything else was back and only this was not
 * @waited:   how long everything else waited for it: the sum of @alone and @tail
 * @saved:    by how much the blackout would have been shorter if it alone had taken no time: the
 *            part of @waited in which it was busy. In the rest its process slept, or did something
 *            that is not observed
 * @without:  how long the blackout would then have been
 *
 * All of them have the error of the clock's rate. A step that never ended counts for nothing: its
 * owner has lower bounds, and what was alone meanwhile may not have been, so the others have upper
 * bounds. If the blackout is a lower bound, so are @busy and @alone of what may have done more in
 * the rest of it. Nobody knows what ended it, so nothing is certain of @tail and of times that
 * include it. @without remains a lower bound: the rest of the blackout cannot save more than it
 * took.
 *
 * This assumes that everything else would have taken as long as it did, and would have waited as
 * long between its steps. Time that overlaps with something else saves nothing, so poles must not
 * be added up.
 */
struct model_long_pole {
	enum model_long_pole_kind kind;
	size_t index;
	struct bounded busy;
	struct bounded alone;
	struct bounded tail;
	struct bounded waited;
	struct bounded saved;
	struct bounded without;
};

/* Edges of a gap that are not spans: its phase begins or ends there, or luoscope init ends. */
#define MODEL_EDGE_PHASE 0x10000
#define MODEL_EDGE_INIT	 0x10001

/**
 * struct model_edge - what is at the start or the end of a gap
 * @kind: enum luo_stats_kind, MODEL_EDGE_PHASE or MODEL_EDGE_INIT
 * @subject_kind: of a span: enum luo_stats_subject_kind; 0: the subject is not known
 * @name: of device, session or mark; session of a file; NULL: none. The model owns it
 * @key:  token of a file
 */
struct model_edge {
	unsigned int kind;
	uint32_t subject_kind;
	const char *name;
	uint64_t key;
};

/**
 * struct model_gap - time in a phase in which nothing observed was under way
 * @phase:    index of that phase
 * @start:    relative to the model's origin
 * @duration: an upper bound if a step began before its end and never ended: it may have been under
 *            way. A lower bound if it ends a phase that is one
 * @after:    what ended when it began
 * @before:   what began when it ended
 */
struct model_gap {
	size_t phase;
	struct bounded start;
	struct bounded duration;
	struct model_edge after;
	struct model_edge before;
};

/**
 * struct model_attempt - a failed attempt at a live update
 * @generation: of the kernel that made it
 * @number:     from 1, in that kernel
 * @result:     negative errno
 * @begin_realtime_ns: wall clock at its B0, since 1970 UTC
 * @start:      its B0, relative to the model's origin; without an update, to the first attempt's
 * @duration:   from B0 to the return of liveupdate_reboot
 * @cause_kind: a preserved device or file whose freeze failed in it: LUO_STATS_SUBJECT_DEVICE, else
 *              LUO_STATS_SUBJECT_FILE; 0: none was seen to fail
 * @cause:      the device's name, or the file's session
 * @cause_key:  the file's token
 * @cause_handler: handler of the file, driver of the device; "" if not known
 * @why:        what the error of the cause means, in words that follow "because"; "" if not known
 * @what_to_do: against it, as a sentence without a full stop; "" if not known
 * @reason:     the same as @why in a word for programs: "interrupts_enabled"; "" if not known
 */
struct model_attempt {
	uint32_t generation;
	uint32_t number;
	int32_t result;
	struct bounded begin_realtime_ns;
	struct estimate start;
	struct bounded duration;
	uint32_t cause_kind;
	char cause[MODEL_NAME_BYTES];
	uint64_t cause_key;
	char cause_handler[MODEL_DETAIL_BYTES];
	const char *why;
	const char *what_to_do;
	const char *reason;
};

/**
 * struct model_losses - what is missing from the areas
 * @dropped:          spans for which there was no room, or whose start was not seen, by kind
 * @dropped_total:    their sum
 * @subjects_dropped: subjects for which there was no room
 * @attempts_dropped: attempts whose boundaries were overwritten
 * @spans_recycled:   spans of attempts that were given up, and marks, that later ones overwrote
 * @invalid_spans:    spans that make no sense, or do not lie where their kind belongs
 * @invalid_subjects: subjects that make no sense
 * @reserved_spans:   spans that were being written
 * @unfinished:       spans that had not ended in a kernel that went on, or before the update began:
 *                    they prove nothing
 * @wanted_kib:       area_kib of luo_stats with which all would have found room; 0: it has
 */
struct model_losses {
	uint64_t dropped[LUO_STATS_KINDS];
	uint64_t dropped_total;
	uint64_t subjects_dropped;
	uint64_t attempts_dropped;
	uint64_t spans_recycled;
	uint64_t invalid_spans;
	uint64_t invalid_subjects;
	uint64_t reserved_spans;
	uint64_t unfinished;
	uint32_t wanted_kib;
};

#define MODEL_LOSSES 7

/**
 * struct model_loss - one number of struct model_losses, with its name in figures and metrics
 */
struct model_loss {
	const char *name;
	uint64_t count;
};

/* model_losses_list() - all but the dropped spans, which are listed by kind */
void model_losses_list(const struct model_losses *losses, struct model_loss list[MODEL_LOSSES]);

/**
 * model_losses_dropped - what found no room in the areas: spans, or, if there were none, subjects
 * @what: which of them: "span" or "subject"
 *
 * Returns how many.
 */
uint64_t model_losses_dropped(const struct model_losses *losses, const char **what);

/**
 * model_losses_why - why there may have been more of something than the areas have; NULL: nothing
 * but marks was lost
 */
const char *model_losses_why(const struct model_losses *losses);

/* Dropped spans other than marks: no measurement is made of marks alone. */
static inline uint64_t model_losses_but_marks(const struct model_losses *losses)
{
	return losses->dropped_total - losses->dropped[LUO_STATS_MARK];
}

/**
 * struct model_host - where the capture was made
 * @cpus:        number that were online; 0: not known
 * @clocksource: of the kernel that ran there; "" if not known
 */
struct model_host {
	unsigned int cpus;
	char clocksource[MODEL_NAME_BYTES];
};

/**
 * struct model_manager - what the service manager did and when, if it reports that
 * @version:         of systemd; "" if not known
 * @shutdown_start:  in the old kernel: it began to stop services, ...
 * @shutdown_finish: ... all of them were stopped, ...
 * @late_start:      ... systemd-shutdown was executed, ...
 * @late_finish:     ... and was about to call reboot(2)
 * @before:          from @shutdown_start to B0
 * @start:           in the new kernel: it was executed, ...
 * @finish:          ... and had started everything that belongs to the boot
 */
struct model_manager {
	char version[MODEL_NAME_BYTES];
	struct bounded shutdown_start;
	struct bounded shutdown_finish;
	struct bounded late_start;
	struct bounded late_finish;
	struct bounded before;
	struct bounded start;
	struct bounded finish;
};

/**
 * struct model_boot_row - an initcall, a device probe, or a silence in the log
 * @result:   of a probe: 0 or a negative errno; of an initcall also any other value
 * @what, @of: see enum boot_list
 */
struct model_boot_row {
	struct bounded start;
	struct bounded duration;
	int32_t result;
	char what[BOOT_TEXT_BYTES];
	char of[BOOT_TEXT_BYTES];
};

/**
 * struct model_boot_list - the longest of them
 * @count: how many there were
 * @total: their sum
 */
struct model_boot_list {
	struct model_boot_row *row;
	size_t rows;
	uint64_t count;
	struct bounded total;
};

/**
 * struct model_boot - what the new kernel's log says about its boot
 * @is_recorded: the capture has it; false: nothing else is valid
 * @has_boot:    the log reached back to the boot: otherwise only @lost is valid
 * @has_initcalls: it was booted with initcall_debug: initcalls, modules and probes were observed
 * @lost:        records that were overwritten before they were read
 * @lost_until:  when the first record after them was logged
 * @console:     its consoles
 * @console_cost: at least this much of the boot was spent writing lines to them
 * @vfio_pci_latest: the first retrieve or bind of a device: by then vfio-pci was there
 */
struct model_boot {
	bool is_recorded;
	bool has_boot;
	bool has_initcalls;
	uint64_t lost;
	struct bounded lost_until;
	struct bounded moment[BOOT_MOMENTS];
	struct model_boot_list list[BOOT_LISTS];
	struct boot_console console;
	struct bounded console_cost;
	struct bounded vfio_pci_latest;
};

/**
 * struct model_probes - what the probes of one kernel watched
 * @known:   false: its area does not say, or had no room to
 * @bits:    how many values of enum luo_stats_watch its area knows
 * @watched: what they watched all the time that any of them was attached: values of enum
 *           luo_stats_watch, or'ed together. Nothing, if they were detached when it matters
 * @vcpus:   they watched virtual machines
 */
struct model_probes {
	bool known;
	unsigned int bits;
	uint64_t watched;
	bool vcpus;
};

/**
 * model_probe - the @i'th of @probes, from 0
 * @known:    whether the area says so: an older one does not, of newer probes
 * @attached: whether it was attached all the time that it could see anything
 *
 * Returns its name, as in JSON and metrics; NULL: there are no more, or none is known.
 */
const char *model_probe(const struct model_probes *probes, unsigned int i, bool *known,
			bool *attached);

/**
 * struct model_left_out - a function that could not be watched
 * @in_new_kernel: else in the old one
 * @function: its name, or that of a tracepoint
 * @why:      in a few words
 */
struct model_left_out {
	bool in_new_kernel;
	char function[65];
	char why[33];
};

/**
 * struct model_detached - a time without probes, after some had been attached
 * @in_new_kernel: else in the old one
 * @matters:  something of this update may have happened meanwhile
 * @is_after_rest: only vCPUs may have run meanwhile: all files and devices had come back
 * @begin_known: it is known when they were detached; false: they were at @start, and maybe later
 * @start:    when they were detached, relative to the model's origin
 * @duration: until they were attached again; not known if they were not
 * @begin_cycles: the counter at @start
 * @end_cycles: the counter when they were attached again; 0: they were not
 */
struct model_detached {
	bool in_new_kernel;
	bool matters;
	bool is_after_rest;
	bool begin_known;
	struct bounded start;
	struct bounded duration;
	uint64_t begin_cycles;
	uint64_t end_cycles;
};

/* What is known of the new kernel of an update from which only the old kernel has a capture. */
enum model_fate {
	MODEL_FATE_NONE, /* nothing says that it was started; or the new kernel has a capture */
	MODEL_FATE_OPEN, /* it was started */
	MODEL_FATE_LOST, /* it was started, and the new kernel did not come up */
};

/**
 * struct model - one live update
 * @has_update: there was one; otherwise only the attempts and losses are meaningful
 * @has_old_kernel: the old kernel was observed
 * @has_new_kernel: the new kernel was observed
 * @fate:       of an update that was started
 * @lost_capture: number of the stored capture of an update that was started before this kernel was
 *              booted, and whose new kernel did not come up; 0: there is none
 * @generation: of the new kernel: the update's number in its chain
 * @kexec_count: kexecs with KHO since the machine was booted otherwise, by KHO's own record, so
 *              also those of kernels without luo_stats; 0: not known
 * @chain_id:   of the chain
 * @from_release: of the old kernel; "" if not known
 * @to_release: of the new kernel; "" if not known
 * @begin_realtime_ns: wall clock at B0, since 1970 UTC; of an update of which only its start is
 *              known, when that was, or later
 * @origin_slot: slot of the boundary that is time 0; B0 if it was observed
 * @blackout:   from B0 to @end_slot; a lower bound if something did not come back, or if it has no
 *              end: see @has_end
 * @has_end:    it ends with @end_slot; else @blackout is how long no file came back
 * @end_slot:   B11 if devices take part and one of them was seen in service again, else B10
 * @end_is_mark: B11 is a mark named "resume", because some device was not seen in service
 * @devices_take_part: a device was frozen or retrieved in this update
 * @devices_unseen: the files of devices came back, but the devices themselves were not seen
 * @file_count: files that take part, of both kernels; see struct model_file
 * @session_count: sessions of both
 * @files_frozen: files that were frozen, all of which should have come back
 * @files_missing: those of them that were not retrieved
 * @files_missing_known: false: that is not known, because something was not watched
 * @devices_kept: devices that were not out of service at all
 * @devices_awaited: all others that were frozen or came back with this update
 * @devices_missing: those of them that were not seen in service again
 * @devices_late: those of them that were, but too late to be part of the blackout
 * @devices_missing_known: false: that is not known for the same reason, or because a mark says that
 *                         guests run
 * @freezes_known: every freeze of a file or a device was seen
 * @resets:     frozen devices by the outcome of their reset; [0]: not known, or a later minor's
 * @resets_none_seen: frozen devices that were not seen to be reset, although that was watched
 * @boundary:   B0 to B11
 * @phase:      in chronological order
 * @luoscope_init: how long 'luoscope init' itself took, within the userspace phase; not known if
 *                 the new kernel was not started through it
 * @init_start: when it began
 * @blackout_without_luoscope: the blackout less what 'luoscope init' took of it
 * @arrival_watched: since when all that comes from the old kernel is watched
 * @all_watched: since when the new kernel watches everything
 * @clock:      the clock by which all this was measured
 * @host:       where the capture was made
 * @manager:    its service manager
 * @boot:       what its log says about its boot
 * @file:       sorted by session and token
 * @device:     sorted by name
 * @session:    sorted by name
 * @flb:        sorted by name
 * @shutdown:   devices in device_shutdown, the slowest first
 * @pole:       the longest first; see struct model_long_pole
 * @gap:       the longest first; none of a phase whose @unobserved is not known
 * @gaps_unknown: why some of the phases of user space have no known gaps; NULL: all are known
 * @attempt:    failed attempts, of both kernels
 * @attempt_span: what was done and undone in them, in the order in which it began; see
 *              model_attempt_has()
 * @open:       what was under way when the old kernel went down: spans of this update that never
 *              ended there
 * @mark:       marks that overlap the update or lie near it, sorted by name, instance and time
 * @marks_elsewhere: marks in the areas that lie further away; marks.h says how far that is
 * @probes_old: probes of the old kernel
 * @probes_new: of the new kernel, or of the running one if there was no update
 * @left_out:   functions that could not be watched in them; a function may be there twice, with
 *              different reasons
 * @detached:   when the probes of either kernel were detached, in chronological order
 * @vms_watched_old: virtual machines were watched in the old kernel
 * @vms_watched_new: in the new kernel
 * @vms_watched: in both; false: an empty list means nothing
 * @vm:         those that are not back first, then the longest downtime, then those without one
 * @vcpu:       of all of them; see struct model_vm
 * @vms_old:   those that ran in the old kernel
 * @vms_missing: those of them with a vCPU that was not seen to run again
 * @vms_missing_known: false: that is not known, because something was not watched, or was dropped
 * @other:      all other spans: resets, binds, unknown kinds
 * @losses:     of both areas together
 * @note:       sentences on what is withheld or missing, and why
 */
struct model {
	bool has_update;
	bool has_old_kernel;
	bool has_new_kernel;
	enum model_fate fate;
	uint64_t lost_capture;
	uint32_t generation;
	uint64_t chain_id;
	uint32_t kexec_count;
	char from_release[LUO_STATS_RELEASE_BYTES];
	char to_release[LUO_STATS_RELEASE_BYTES];
	struct bounded begin_realtime_ns;
	unsigned int origin_slot;
	struct bounded blackout;
	bool has_end;
	unsigned int end_slot;
	bool end_is_mark;
	bool devices_take_part;
	bool devices_unseen;
	struct bounded file_count;
	struct bounded session_count;
	size_t files_frozen;
	size_t files_missing;
	bool files_missing_known;
	size_t devices_kept;
	size_t devices_awaited;
	size_t devices_missing;
	size_t devices_late;
	bool devices_missing_known;
	bool freezes_known;
	size_t resets[LUO_STATS_RESET_OUTCOMES];
	size_t resets_none_seen;
	struct model_boundary boundary[MODEL_BOUNDARIES];
	struct model_phase phase[MODEL_BOUNDARIES];
	size_t phases;
	struct bounded luoscope_init;
	struct bounded init_start;
	struct bounded blackout_without_luoscope;
	struct bounded arrival_watched;
	struct bounded all_watched;
	struct clock clock;
	struct model_host host;
	struct model_manager manager;
	struct model_boot boot;
	struct model_file *file;
	size_t files;
	struct model_device *device;
	size_t devices;
	struct model_session *session;
	size_t sessions;
	struct model_flb *flb;
	size_t flbs;
	struct model_subject_span *shutdown;
	size_t shutdowns;
	struct model_subject_span *open;
	size_t opens;
	struct model_mark *mark;
	size_t marks;
	size_t marks_elsewhere;
	struct model_probes probes_old;
	struct model_probes probes_new;
	struct model_left_out *left_out;
	size_t left_outs;
	struct model_detached *detached;
	size_t detacheds;
	bool vms_watched_old;
	bool vms_watched_new;
	bool vms_watched;
	struct model_vm *vm;
	size_t vms;
	struct model_vcpu *vcpu;
	size_t vms_old;
	size_t vms_missing;
	bool vms_missing_known;
	struct model_subject_span *other;
	size_t others;
	struct model_long_pole *pole;
	size_t poles;
	struct model_gap *gap;
	size_t gaps;
	const char *gaps_unknown;
	struct model_attempt attempt[2 * LUO_STATS_ATTEMPTS];
	size_t attempts;
	struct model_subject_span *attempt_span;
	size_t attempt_spans;
	struct model_losses losses;
	char (*note)[MODEL_NOTE_BYTES];
	size_t notes;
};

/**
 * struct model_update_id - which update a model describes
 * @begin_cycles: the counter at its origin: a chain begins anew with each ordinary boot
 */
struct model_update_id {
	uint64_t chain_id;
	uint32_t generation;
	uint64_t begin_cycles;
};

static inline struct model_update_id model_update_id(const struct model *model)
{
	return (struct model_update_id){ .chain_id = model->chain_id,
					 .generation = model->generation,
					 .begin_cycles =
						 model->boundary[model->origin_slot].cycles };
}

static inline bool model_is_same_update(const struct model_update_id *a,
					const struct model_update_id *b)
{
	return a->chain_id == b->chain_id && a->generation == b->generation &&
	       a->begin_cycles == b->begin_cycles;
}

/* What to say of two captures, by their names, where each update counts once. */
#define MODEL_SAME_UPDATE "'%s' and '%s' are captures of the same update: give only one"

/* Whether @entry of the model's attempt_span was done in @attempt. */
static inline bool model_attempt_has(const struct model *model, const struct model_attempt *attempt,
				     const struct model_subject_span *entry)
{
	return entry->attempt == attempt->number &&
	       entry->span.in_new_kernel == (attempt->generation == model->generation);
}

/* Whether @vm is known not to be completely back: some of its vCPUs did not run again. */
static inline bool model_vm_is_missing(const struct model *model, const struct model_vm *vm)
{
	return model->vms_missing_known && vm->vcpus_back < vm->vcpus_old;
}

/**
 * model_was_detached - whether the probes of the new kernel, or of the old one, were detached when
 * it matters to more than vCPUs
 */
bool model_was_detached(const struct model *model, bool in_new_kernel);

/**
 * model_find_device - the device @name, or NULL
 */
const struct model_device *model_find_device(const struct model *model, const char *name);

/**
 * model_build - build the model of the update in @capture
 *
 * An area that is not from the kernel just before this one only leads to a note. Returns
 * 0; -ENODATA: no area is in the capture; what area_parse() returns; -ENOMEM. The caller frees
 * @model with model_free(), also after an error.
 */
int model_build(struct model *model, const struct capture *capture, struct error *error);

/**
 * model_free - free what @model owns
 */
void model_free(struct model *model);

#endif /* LUOSCOPE_MODEL_H */
