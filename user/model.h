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
#define MODEL_NOTES	       16
#define MODEL_NOTE_BYTES       160

/* Where a boundary's stamp comes from. */
enum model_source {
	MODEL_SOURCE_NONE, /* not observed */
	MODEL_SOURCE_FENTRY,
	MODEL_SOURCE_FEXIT,
	MODEL_SOURCE_PROBE,    /* a probe or a mark */
	MODEL_SOURCE_NOTIFIER, /* the module's reboot notifier */
	MODEL_SOURCE_DUMPER,   /* the module's kmsg dumper */
	MODEL_SOURCE_MODULE,
	MODEL_SOURCE_INIT, /* luoscope init */
	MODEL_SOURCE_LOG,  /* the kernel log */
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
 * @start:    relative to the model's origin
 * @duration: of a span that ended
 * @result:   0 or a negative errno
 * @begin_cycles: the counter at its begin, for comparisons
 * @end_cycles:   the counter at its end; 0 if open
 */
struct model_span {
	bool observed;
	bool open;
	struct model_time start;
	struct model_time duration;
	int32_t result;
	uint64_t begin_cycles;
	uint64_t end_cycles;
};

/* Texts as found: ended by 0, otherwise any bytes. */
#define MODEL_NAME_BYTES   65
#define MODEL_DETAIL_BYTES 49
#define MODEL_GROUP_BYTES  33

/**
 * struct model_file - a file of a session
 * @dark: from the begin of its freeze to the end of its retrieve
 */
struct model_file {
	char session[MODEL_NAME_BYTES];
	char handler[MODEL_DETAIL_BYTES];
	uint64_t token;
	struct model_span preserve;
	struct model_span freeze;
	struct model_span retrieve;
	struct model_span finish;
	struct model_time dark;
};

/**
 * struct model_session - a session
 * @files:    how many rows in the model's files are of it
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
 * @end_slot:   B11, or B10 if no device takes part
 * @devices_take_part: a file of a vfio handler is among the files
 * @boundary:   B0 to B11
 * @phase:      in the order of time
 * @init_cost:  what 'luoscope init' itself took, within the userspace phase; not known if the new
 *              kernel was not started through it
 * @clock:      the clock by which all this was measured
 * @file:       sorted by session and token
 * @session:    sorted by name
 * @shutdown:   devices in device_shutdown, the slowest first
 * @attempt:    that failed, of both kernels
 * @open:       spans that never ended
 * @other:      all other spans: resets, binds, marks, unknown kinds
 * @losses:     of both areas together
 * @note:       sentences on what is withheld, and why
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
	struct model_boundary boundary[MODEL_BOUNDARIES];
	struct model_phase phase[MODEL_BOUNDARIES];
	size_t phases;
	struct model_time init_cost;
	struct clock clock;
	struct model_file *file;
	size_t files;
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
	char note[MODEL_NOTES][MODEL_NOTE_BYTES];
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
