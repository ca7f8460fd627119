/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model as a picture: lanes, and in them what took time. What draws it (text, SVG, HTML,
 * Perfetto) reads nothing else.
 */
#ifndef LUOSCOPE_TIMELINE_H
#define LUOSCOPE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* Enough for a name of 64 bytes and a few words; texts in it are foreign, see text.h. */
#define TIMELINE_NAME_BYTES 128

/* In the order in which they are drawn. */
enum timeline_group {
	TIMELINE_KERNELS,  /* both kernels, and the jump between them */
	TIMELINE_PHASES,   /* the phases; their parts lie within */
	TIMELINE_VMS,	   /* a lane for each */
	TIMELINE_MARKS,	   /* a lane for each */
	TIMELINE_SESSIONS, /* a lane for each */
	TIMELINE_DEVICES,  /* a lane for each preserved device */
	TIMELINE_FILES,	   /* a lane for each */
	TIMELINE_VCPUS,	   /* a lane for each, of those virtual machines that have several */
	TIMELINE_SHUTDOWN, /* device_shutdown: one lane for the callbacks of all devices */
	TIMELINE_BOOT,	 /* the new kernel's log: a lane for moments, initcalls, probes, silences */
	TIMELINE_OTHERS, /* what else was observed: a lane for each subject */
	TIMELINE_GROUPS,
};

/* What an item is, for its colour. */
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
	TIMELINE_KINDS,
};

/**
 * struct timeline_item - something that took time
 * @lane:     index
 * @kind:     see enum timeline_kind
 * @name:     what it is
 * @start_ns: after B0; of what was under way before, negative
 * @end_ns:   of what is @open: where the picture of it ends
 * @depth:    how many items of its lane it lies within
 * @open:     it never ended, as far as was observed
 * @in_new_kernel:     it was in the new kernel
 * @instant:  it has no length
 * @result:   0 or a negative errno
 * @start_error_ns: how wrong its start may be; 0: not told
 * @error_ns: how wrong its length may be; 0: not told
 * @at_least: it lasted at least so long, and perhaps longer: a phase after which others are missing
 * @pole:     it is of what could have shortened the blackout most
 * @source:   where its times come from: a clause, of static storage
 */
struct timeline_item {
	size_t lane;
	enum timeline_kind kind;
	char name[TIMELINE_NAME_BYTES];
	int64_t start_ns;
	int64_t end_ns;
	unsigned int depth;
	bool open;
	bool in_new_kernel;
	bool instant;
	int32_t result;
	uint64_t start_error_ns;
	uint64_t error_ns;
	bool at_least;
	bool pole;
	const char *source;
};

/**
 * struct timeline_lane - a line of the picture
 * @depth:    one more than the highest of its items
 * @downtime_start: since when it gave no service; not known if it did not go down
 * @downtime_end: until when; not known if nothing of it came back
 * @downtime_is_lower_bound: it was down for longer than to @downtime_end, or nobody knows until when
 * @not_back: it was not seen to come back, and would have been
 * @detail:   what else there is to say of it: product, driver, outcome of the reset; or ""
 */
struct timeline_lane {
	enum timeline_group group;
	char name[TIMELINE_NAME_BYTES];
	char detail[2 * TIMELINE_NAME_BYTES];
	unsigned int depth;
	struct model_time downtime_start;
	struct model_time downtime_end;
	bool downtime_is_lower_bound;
	bool not_back;
};

/**
 * struct timeline - one live update as a picture
 * @begin_ns, @end_ns: what the picture shows at first: the blackout, or all phases that are known,
 *           and what came back soon after it
 * @first_ns, @last_ns: what there is to be shown at all
 * @item: by lane, then by start
 * @not_drawn: what was observed and is not in it, for it is not known when that was: phases by
 *           name, and how many others; ""
 */
struct timeline {
	int64_t begin_ns;
	int64_t end_ns;
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
 * timeline_item_time - how long @item took: "1.50 s +- 0.20 s", ">= 9.694 ms"
 *
 * Returns @buffer of MEASURED_TEXT_BYTES.
 */
const char *timeline_item_time(char *buffer, const struct timeline_item *item);

/**
 * timeline_downtime_end - where the band of the downtime of @lane ends in a picture of @timeline: of
 * what went on it has no end in it
 */
int64_t timeline_downtime_end(const struct timeline *timeline, const struct timeline_lane *lane);

/**
 * timeline_downtime_text - how long @lane was down, in a few words: "6.573 s", "> 6.573 s", "not back"
 *
 * Returns @buffer, of DURATION_BYTES, or a constant; "" if it is not known.
 */
const char *timeline_downtime_text(char *buffer, const struct timeline_lane *lane);

/**
 * timeline_compare_downtime - whether @a comes before (below 0) or after (above 0) @b, those first that
 * had the longest downtime: what is not back was down for longer than all else
 */
int timeline_compare_downtime(const struct timeline_lane *a, const struct timeline_lane *b);

/* "phases", "devices", ... */
const char *timeline_group_name(enum timeline_group group);
/* "freeze", "reset", ... */
const char *timeline_kind_name(enum timeline_kind kind);
/* Its colour in pictures, as CSS has it: "#0072b2". */
const char *timeline_kind_colour(enum timeline_kind kind);

#endif /* LUOSCOPE_TIMELINE_H */
