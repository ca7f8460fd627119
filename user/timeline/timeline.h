/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model as a picture: lanes, and in them the items that took time. The views (text, SVG, HTML,
 * Perfetto) read nothing else.
 */
#ifndef LUOSCOPE_TIMELINE_H
#define LUOSCOPE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bounded.h"

/* Enough for a name of 64 bytes and a few words; the texts are from outside, see text.h. */
#define TIMELINE_NAME_BYTES 128

/* In drawing order. */
enum timeline_group {
	TIMELINE_KERNELS,  /* both kernels, and the jump between them */
	TIMELINE_PHASES,   /* the phases, with their parts within */
	TIMELINE_VMS,	   /* a lane for each */
	TIMELINE_MARKS,	   /* a lane for each */
	TIMELINE_SESSIONS, /* a lane for each */
	TIMELINE_DEVICES,  /* a lane for each preserved device */
	TIMELINE_FILES,	   /* a lane for each */
	TIMELINE_VCPUS,	   /* a lane for each, if its virtual machine has several */
	TIMELINE_SHUTDOWN, /* device_shutdown: one lane for the callbacks of all devices */
	TIMELINE_BOOT,	 /* the new kernel's log: a lane for moments, initcalls, probes, silences */
	TIMELINE_OTHERS, /* all else that was observed: a lane for each subject */
	TIMELINE_ATTEMPTS, /* failed ones: a lane for each, and one for each subject in it */
	TIMELINE_GROUPS,
};

/* The kind of an item, which gives its colour. */
enum timeline_kind {
	TIMELINE_KERNEL,
	TIMELINE_JUMP,
	TIMELINE_PHASE,
	TIMELINE_PART,
	TIMELINE_PRESERVE,
	TIMELINE_FREEZE,
	TIMELINE_RESET,
	TIMELINE_CALLBACK, /* in device_shutdown */
	TIMELINE_RETRIEVE,
	TIMELINE_BIND,
	TIMELINE_IRQ_SETUP,
	TIMELINE_FINISH,
	TIMELINE_UNDO, /* unpreserve, unfreeze */
	TIMELINE_MARK,
	TIMELINE_STOPPED, /* a virtual machine or a vCPU does not run */
	TIMELINE_INIT,	  /* luoscope init */
	TIMELINE_MOMENT,  /* of the new kernel's boot */
	TIMELINE_INITCALL,
	TIMELINE_PROBE,
	TIMELINE_SILENCE, /* of its log */
	TIMELINE_OTHER,
	TIMELINE_ATTEMPT, /* that failed */
	TIMELINE_KINDS,
};

/* The pattern of a kind, besides its colour, for readers who cannot distinguish colours. */
enum timeline_pattern {
	TIMELINE_PLAIN,
	TIMELINE_STRIPES,
	TIMELINE_DOTS,
	TIMELINE_LINES,
	TIMELINE_GRID,
	TIMELINE_PATTERNS,
};

/**
 * struct timeline_item - something that took time
 * @lane:     index
 * @kind:     see enum timeline_kind
 * @name:     its name
 * @start_ns: where it begins in the picture, after B0; negative if it began before
 * @end_ns:   where it ends there
 * @start:    when it began, with its bounds, ...
 * @duration: ... and how long it took; if @open, up to @end_ns. The rate's error is left out, as in
 *            the tables of the report, but both are in doubt if the clock is contradicted
 * @depth:    number of items of its lane that contain it
 * @open:     its end was not observed
 * @in_new_kernel:     it was in the new kernel
 * @instant:  it has no length
 * @result:   0 or a negative errno
 * @pole:     it belongs to the longest pole
 * @source:   where its times come from: a clause, of static storage
 */
struct timeline_item {
	size_t lane;
	enum timeline_kind kind;
	char name[TIMELINE_NAME_BYTES];
	int64_t start_ns;
	int64_t end_ns;
	struct bounded start;
	struct bounded duration;
	unsigned int depth;
	bool open;
	bool in_new_kernel;
	bool instant;
	int32_t result;
	bool pole;
	const char *source;
};

/**
 * struct timeline_lane - a line of the picture
 * @depth:    one more than the highest depth of its items
 * @downtime_start: start of its downtime; not known if it did not go down
 * @downtime: the model's; not known if nothing of it came back
 * @not_back: it did not come back, and its return would have been seen
 * @kept:     a device that was never out of service
 * @pole:     it has an item of the longest pole
 * @attempt:  the model's failed attempt that it belongs to, from 1; 0: none
 * @session:  of a device or a file, its session; of a session, itself; "": none or not known. The
 *            model owns it, and @vm
 * @token:    of a device or a file with a session
 * @vm:       the virtual machine that uses it; of a virtual machine, itself; "": none or not known
 * @detail:   more about it: product, driver, outcome of the reset; or ""
 */
struct timeline_lane {
	enum timeline_group group;
	char name[TIMELINE_NAME_BYTES];
	char detail[2 * TIMELINE_NAME_BYTES];
	unsigned int depth;
	struct bounded downtime_start;
	struct bounded downtime;
	bool not_back;
	bool kept;
	bool pole;
	unsigned int attempt;
	const char *session;
	uint64_t token;
	const char *vm;
};

/**
 * struct timeline - one live update as a picture
 * @begin_ns, @end_ns: what the picture shows initially: the blackout, or all known phases, and what
 *           came back soon after it; without an update, the failed attempts
 * @origin_ns: where the times on the axis start: 0, or B0 of a failed attempt
 * @first_ns, @last_ns: the range of all items
 * @item: by lane, then by start
 * @not_drawn: what was observed but left out because its time is not known: names of phases, and
 *           the number of others; or ""
 */
struct timeline {
	int64_t begin_ns;
	int64_t end_ns;
	int64_t origin_ns;
	int64_t first_ns;
	int64_t last_ns;
	struct timeline_lane *lane;
	size_t lanes;
	struct timeline_item *item;
	size_t items;
	char not_drawn[256];
};

/* timeline_make() of draw.h makes one. */
void timeline_free(struct timeline *timeline);

/**
 * timeline_of_attempt - @timeline with the range of failed attempt @attempt of the model, from 1
 *
 * A failed attempt is short, and may lie long before the update: a picture that cannot be zoomed
 * shows it on an axis of its own, from its B0 on. Returns false if it cannot be placed. The copy is
 * not to be freed.
 */
bool timeline_of_attempt(struct timeline *copy, const struct timeline *timeline,
			 unsigned int attempt);

/* Whether a part of @item is in the picture as it is shown initially. */
bool timeline_is_in_sight(const struct timeline *timeline, const struct timeline_item *item);

/* Long enough for what timeline_outside() writes. */
#define TIMELINE_OUTSIDE_BYTES 96

/**
 * timeline_outside - of a lane that would be empty, write where its items from @first to before
 * @last are: "< at -136.7 ms", "< until -2.5 s", "from 12.3 s >", or before and after
 *
 * Returns @buffer of TIMELINE_OUTSIDE_BYTES; "" if one of them is in sight, or there is none.
 */
const char *timeline_outside(char *buffer, const struct timeline *timeline, size_t first,
			     size_t last);

/**
 * timeline_item_time - write the time of @item: "1.50 s +- 0.21 s", ">= 9.694 ms"
 *
 * Returns @buffer of BOUNDED_TEXT_BYTES.
 */
const char *timeline_item_time(char *buffer, const struct timeline_item *item);

/* Whether a downtime of @lane went on after all that is known of it. */
bool timeline_downtime_goes_on(const struct timeline_lane *lane);

/**
 * timeline_downtime_end - where the downtime band of @lane, which has one, ends in a picture: if it
 * went on, beyond the picture
 */
int64_t timeline_downtime_end(const struct timeline_lane *lane);

/**
 * timeline_downtime_text - write the downtime of @lane as the report does: "6.573 s", ">= 6.573 s",
 * "not back"
 *
 * Returns @buffer of BOUNDED_TEXT_BYTES, or a constant; "" if it is not known.
 */
const char *timeline_downtime_text(char *buffer, const struct timeline_lane *lane);

/**
 * timeline_compare_downtime - compare @a and @b by downtime, the longest first; a lane that is not
 * back has the longest
 */
int timeline_compare_downtime(const struct timeline_lane *a, const struct timeline_lane *b);

/* "phases", "devices", ... */
const char *timeline_group_name(enum timeline_group group);
/* "freeze", "reset", ... */
const char *timeline_kind_name(enum timeline_kind kind);
/* Its colour in CSS notation: "#0072b2". No two kinds have the same. */
const char *timeline_kind_colour(enum timeline_kind kind);
/* The pattern on that colour. */
enum timeline_pattern timeline_kind_pattern(enum timeline_kind kind);
/* "stripes", "dots", ...; "" if plain */
const char *timeline_pattern_name(enum timeline_pattern pattern);

/**
 * timeline_tick_step - the distance of the marks on the axis of @timeline: 1, 2 or 5 times a power
 * of ten, in ns
 * @room: how many marks have room for their labels; at least 1
 */
int64_t timeline_tick_step(const struct timeline *timeline, unsigned int room);

/**
 * timeline_first_tick - the first mark of the axis of @timeline; the others follow in steps of
 * @step
 */
int64_t timeline_first_tick(const struct timeline *timeline, int64_t step);

/**
 * timeline_tick_text - write the label of the mark of @timeline at @ns: "0", "500 ms", "1.5 s"
 *
 * Returns @buffer of DURATION_BYTES, or a constant.
 */
const char *timeline_tick_text(char *buffer, const struct timeline *timeline, int64_t ns);

/**
 * timeline_owner - of a device, whose it is: a virtual machine, else a session; "": not known, or
 * another lane, which is named by its owner
 */
const char *timeline_owner(const struct timeline_lane *lane);

#endif /* LUOSCOPE_TIMELINE_H */
