/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One live update, as far as it was observed: what every view shows, and all that it needs to know.
 *
 * Times are nanoseconds. Each stamp is mapped to ns once, relative to B0 (see @origin_slot), and a
 * duration is the difference of two mapped stamps: phases that follow one another add up to the
 * nanosecond. What was not observed is not known, and never 0. The model holds copies; capture and
 * areas may go once it is built.
 */
#ifndef LUOSCOPE_MODEL_H
#define LUOSCOPE_MODEL_H

#include <luoscope/stats_area.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"
#include "clock.h"
#include "error.h"

#define MODEL_BOUNDARIES       12 /* B0 to B11 */
#define MODEL_PHASE_NAME_BYTES 160
#define MODEL_NOTE_BYTES       160

/* Where a boundary's stamp comes from. */
enum model_source {
	MODEL_SOURCE_NONE, /* not observed */
	MODEL_SOURCE_FENTRY,
	MODEL_SOURCE_FEXIT,
	MODEL_SOURCE_PROBE,    /* a probe or a mark */
	MODEL_SOURCE_NOTIFIER, /* the module's reboot notifier */
	MODEL_SOURCE_DUMPER,   /* the module's kmsg dumper */
	MODEL_SOURCE_MODULE,   /* the module, at that very moment */
	MODEL_SOURCE_RECKONED, /* from one of the module's anchors */
	MODEL_SOURCE_INIT,     /* luoscope init */
	MODEL_SOURCE_LOG,      /* the kernel log */
};

/**
 * struct model_time - a moment or a duration that may not be known
 */
struct model_time {
	bool known;
	int64_t ns;
};

/**
 * struct model_boundary - one of B0 to B11
 * @source:   MODEL_SOURCE_NONE: not observed; nothing else is then valid
 * @cycles:   the counter
 * @time_ns:  relative to the origin of its kernel; see @start
 * @start:    the same, relative to the model's origin; not known if the kernels cannot be compared
 * @error_ns: how wrong it may be, the rate's error apart
 */
struct model_boundary {
	enum model_source source;
	uint64_t cycles;
	int64_t time_ns;
	struct model_time start;
	uint64_t error_ns;
};

/**
 * struct model_phase - the time between two boundaries that were observed one after the other
 * @name:     of the phase, or of several joined by "+" because a boundary between them was not
 *            observed
 * @begin:    slot of the boundary that begins it
 * @end:      slot of the boundary that ends it
 * @start:    of @begin
 * @duration: not known if the clock does not permit it
 * @error_ns: how wrong @duration may be: both ends, and the rate's error over it
 */
struct model_phase {
	char name[MODEL_PHASE_NAME_BYTES];
	unsigned int begin;
	unsigned int end;
	struct model_time start;
	struct model_time duration;
	uint64_t error_ns;
};

/**
 * struct model_span - something that took time
 * @observed: false: nothing else is valid
 * @open:     it never ended: @duration is not known and @result not valid
 * @came:     it was in the kernel that came, else in the one that left
 * @start:    relative to the model's origin
 * @duration: of a span that ended
 * @result:   0 or a negative errno
 * @begin_cycles: the counter at its begin, for comparisons
 * @end_cycles:   the counter at its end; 0 if open
 */
struct model_span {
	bool observed;
	bool open;
	bool came;
	struct model_time start;
	struct model_time duration;
	int32_t result;
	uint64_t begin_cycles;
	uint64_t end_cycles;
};

/**
 * model_span_succeeded - whether it was seen to end, and with success
 */
static inline bool model_span_succeeded(const struct model_span *span)
{
	return span->observed && !span->open && !span->result;
}

/**
 * model_span_failed - whether it was seen to end, and with an error
 */
static inline bool model_span_failed(const struct model_span *span)
{
	return span->observed && !span->open && span->result;
}

/* Texts as found: ended by 0, otherwise any bytes. */
#define MODEL_NAME_BYTES   65
#define MODEL_DETAIL_BYTES 49
#define MODEL_GROUP_BYTES  33

/*
 * Of several spans of one kind the last that went well is told, for a file may have been preserved,
 * given up and preserved again; if none went well, the last. Of retrieves and what follows them the
 * first that went well is told: that one brought the file or the device back.
 */

/**
 * struct model_file - a file of a session
 * @handler: of the freeze, else of the retrieve, else of the preserve
 * @takes_part: it was preserved, frozen or brought back; false: somebody tried, and nothing came of
 *              it, such as the retrieve of a token that there is not
 * @dark: from the begin of its freeze to the end of its retrieve, if that went well
 */
struct model_file {
	char session[MODEL_NAME_BYTES];
	char handler[MODEL_DETAIL_BYTES];
	uint64_t token;
	bool takes_part;
	struct model_span preserve;
	struct model_span freeze;
	struct model_span retrieve;
	struct model_span finish;
	struct model_time dark;
};

/**
 * struct model_reset - a reset of a device
 * @span:    how long; not observed if only the freeze tells what came of it
 * @known:   there was one, or it is known why not
 * @outcome: enum luo_stats_reset_outcome, or what a later minor has
 * @method:  as the handler numbers them; 0: none, or unknown
 * @lock:    that was busy, likewise
 */
struct model_reset {
	struct model_span span;
	bool known;
	unsigned int outcome;
	unsigned int method;
	unsigned int lock;
};

/**
 * struct model_device - a device that is preserved
 * @name:      as in sysfs
 * @driver:    of the freeze, else of the retrieve, else of the preserve
 * @reset:     in its freeze
 * @irq_setup: the first time that its interrupts were set up
 * @release_reset: in the kernel that came, of a device that nobody retrieved
 * @freeze_detail: what the freeze itself says of its reset; 0: nothing
 * @dark:      from the begin of its freeze to the end of @irq_setup, else of its retrieve
 */
struct model_device {
	char name[MODEL_NAME_BYTES];
	char driver[MODEL_DETAIL_BYTES];
	struct model_span preserve;
	struct model_span unpreserve;
	struct model_span freeze;
	struct model_reset reset;
	struct model_span retrieve;
	struct model_span bind;
	struct model_span irq_setup;
	struct model_span finish;
	struct model_reset release_reset;
	uint64_t freeze_detail;
	struct model_time dark;
};

/**
 * struct model_session - a session
 * @files:    how many of the model's files that take part are of it
 * @unpreserve: the last one in the kernel that left
 * @unfreeze: after a freeze that failed
 * @blackout: from B0 to the end of its last file's retrieve (before the session's finish)
 * @late:     that was after B10: it came too late to count for the update's blackout
 */
struct model_session {
	char name[MODEL_NAME_BYTES];
	size_t files;
	struct model_span freeze;
	struct model_span unfreeze;
	struct model_span retrieve;
	struct model_span finish;
	struct model_span unpreserve;
	struct model_time blackout;
	bool late;
};

/**
 * struct model_subject_span - a span together with whom it is about
 * @kind:     enum luo_stats_kind
 * @role:     enum luo_stats_role
 * @attempt:  during which it began
 * @detail:   depends on the kind
 * @pid:      thread
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
	uint32_t pid;
	uint32_t subject_kind;
	uint64_t key;
	char name[MODEL_NAME_BYTES];
	char subject_detail[MODEL_DETAIL_BYTES];
	char group[MODEL_GROUP_BYTES];
};

/**
 * struct model_attempt - an attempt of a live update that failed
 * @generation: of the kernel that made it
 * @number:     from 1, in that kernel
 * @result:     negative errno
 * @duration:   from B0 to the return of liveupdate_reboot
 */
struct model_attempt {
	uint32_t generation;
	uint32_t number;
	int32_t result;
	struct model_time duration;
};

/**
 * struct model_losses - what is missing in the areas
 * @dropped:          spans that found no place, by kind
 * @dropped_total:    their sum
 * @subjects_dropped: subjects that found no place
 * @attempts_dropped: attempts whose boundaries were overwritten
 * @spans_recycled:   spans of given-up attempts that were overwritten
 * @invalid_spans:    spans that make no sense, or do not lie where their kind belongs
 * @invalid_subjects: subjects that make no sense
 * @reserved_spans:   spans that were being written
 * @unfinished:       spans that had not ended in a kernel that went on, or before the update began:
 *                    no evidence of anything
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
};

/**
 * struct model_host - where the capture was made
 * @cpus:        that were on line; 0: not known
 * @clocksource: of that kernel; "" if not known
 */
struct model_host {
	unsigned int cpus;
	char clocksource[MODEL_NAME_BYTES];
};

/**
 * struct model - one live update
 * @has_update: there was one: otherwise only attempts and losses say something
 * @has_leaving: the kernel that left was observed
 * @has_arriving: the kernel that came was observed
 * @generation: of the kernel that came: number of the update in its chain
 * @chain_id:   of the chain
 * @from_release: of the kernel that left; "" if not known
 * @to_release: of the kernel that came; "" if not known
 * @begin_realtime_ns: wall clock at B0, since 1970 UTC
 * @origin_slot: slot of the boundary which is the time 0; B0 whenever it was observed
 * @blackout:   from B0 to @end_slot
 * @blackout_error_ns: how wrong it may be
 * @end_slot:   B11 if devices take part and all that were retrieved are in service again, else B10
 * @devices_take_part: a device was frozen or retrieved in this update
 * @files_frozen: files that were frozen, all of which should have come back
 * @files_missing: those of them that were not retrieved
 * @files_missing_known: false: it cannot be said, for something was not watched
 * @boundary:   B0 to B11
 * @phase:      in the order of time
 * @init_cost:  what 'luoscope init' itself took, within the userspace phase; not known if the new
 *              kernel was not started through it
 * @clock:      the clock by which all this was measured
 * @host:       where the capture was made
 * @file:       sorted by session and token
 * @device:     sorted by name
 * @session:    sorted by name
 * @shutdown:   devices in device_shutdown, the slowest first
 * @attempt:    that failed, of both kernels
 * @open:       what was under way when the old kernel went down: spans of this update that never
 *              ended there
 * @other:      all other spans: resets, binds, marks, unknown kinds
 * @losses:     of both areas together
 * @note:       sentences on what is withheld or missing, and why
 */
struct model {
	bool has_update;
	bool has_leaving;
	bool has_arriving;
	uint32_t generation;
	uint64_t chain_id;
	char from_release[LUO_STATS_RELEASE_BYTES];
	char to_release[LUO_STATS_RELEASE_BYTES];
	struct model_time begin_realtime_ns;
	unsigned int origin_slot;
	struct model_time blackout;
	uint64_t blackout_error_ns;
	unsigned int end_slot;
	bool devices_take_part;
	size_t files_frozen;
	size_t files_missing;
	bool files_missing_known;
	struct model_boundary boundary[MODEL_BOUNDARIES];
	struct model_phase phase[MODEL_BOUNDARIES];
	size_t phases;
	struct model_time init_cost;
	struct clock clock;
	struct model_host host;
	struct model_file *file;
	size_t files;
	struct model_device *device;
	size_t devices;
	struct model_session *session;
	size_t sessions;
	struct model_subject_span *shutdown;
	size_t shutdowns;
	struct model_subject_span *open;
	size_t opens;
	struct model_subject_span *other;
	size_t others;
	struct model_attempt attempt[2 * LUO_STATS_ATTEMPTS];
	size_t attempts;
	struct model_losses losses;
	char (*note)[MODEL_NOTE_BYTES];
	size_t notes;
};

/**
 * model_build - make the model of the update that @capture tells of
 *
 * Of an incoming area that is not of the kernel just before this one, only a note is made. Returns
 * 0; -ENODATA: no area is in the capture; what area_parse() returns; -ENOMEM. The caller frees
 * @model with model_free(), after an error too.
 */
int model_build(struct model *model, const struct capture *capture, struct error *error);

/**
 * model_free - free what @model owns
 */
void model_free(struct model *model);

#endif /* LUOSCOPE_MODEL_H */
