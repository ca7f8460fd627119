/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: what its files share while it is built. model_build() calls the steps in the
 * order in which they need one another; that order is the one below.
 */
#ifndef LUOSCOPE_BUILD_CONTEXT_H
#define LUOSCOPE_BUILD_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/area.h"
#include "capture/capture.h"
#include "marks.h"
#include "model.h"

/* The two areas of one update. */
enum side { LEFT, CAME, SIDES };

/* What is needed while the model is built. */
struct build {
	struct model *model;
	const struct capture *capture;
	struct area area_of[SIDES];
	const struct area *area[SIDES];
	/* Row of the file, session or device that a subject is, plus 1, by its number; 0: none. */
	size_t *file_row[SIDES];
	size_t *session_row[SIDES];
	size_t *device_row[SIDES];
	/* By row, how well is known who handles it: see text_rank(). */
	unsigned char *file_rank;
	unsigned char *device_rank;
	/* The attempt that went through, or NULL. */
	const struct luo_stats_boundaries *attempt;
	/* The counter at the time 0 of each side; the same if they can be compared. */
	uint64_t origin[SIDES];
	/* End of the last retrieve that belongs to the update; 0: none does. */
	uint64_t retrieved_cycles;
	struct found_marks marks;
	bool no_memory;
	size_t open_capacity;
	size_t shutdown_capacity;
	size_t other_capacity;
};

/* A sentence for the model's notes. */
__attribute__((format(printf, 2, 3))) void add_note(struct build *build, const char *format, ...);

/* boundaries.c: B0 to B9 by the stamps of each kernel, in cycles. */
void collect_leaving(struct build *build);
void collect_arriving(struct build *build);

/* Gives a boundary its stamp, unless it has one or @cycles is 0. */
void set_boundary(struct model *model, unsigned int slot, uint64_t cycles, enum model_source source,
		  uint64_t error_ns);

/* A stamp before the one before it, or far from it, is not believed. Looks at B0 to @last. */
void withhold_disorder(struct build *build, unsigned int last);

/* rows.c: a row for each file, session and device that a subject is. 0 or -ENOMEM. */
int build_rows(struct build *build);

/* spans.c: the spans of this update, in cycles, into the rows and lists. 0 or -ENOMEM. */
int build_spans(struct build *build);

/* returns.c: B10, by what the spans and the marks tell. 0 or -ENOMEM. */
int find_retrieved(struct build *build);

/* B11, likewise. */
int find_in_service(struct build *build);

/* Whether this update's blackout waits for @device. */
bool device_is_awaited(const struct build *build, const struct model_device *device);

/* boundaries.c: all boundaries are known; give each its time, and both sides their origin. */
void place_boundaries(struct build *build);

enum side side_of_slot(unsigned int slot);

/* Whether a time of @side can be told relative to the model's origin. */
bool side_is_comparable(const struct build *build, enum side side);

/* spans.c: from cycles to ns, once the origins are settled. */
void map_spans(const struct build *build);

/* returns.c: whether it is known which files came back; @missing were not seen to. */
bool return_is_known(const struct build *build, size_t missing);

/* What did not come back, and whether that is known. */
void count_missing_files(struct build *build);
void know_missing_devices(struct build *build);

/* rows.c: what the spans of a row add up to; rows that were given up before go. */
void finish_rows(const struct build *build);
void finish_devices(const struct build *build);

/* phases.c: between the boundaries, up to the model's end_slot. */
void build_phases(struct build *build);
void build_blackout(struct model *model);
void build_init_cost(struct build *build);
void note_late_probes(struct build *build);
void note_soft_zero(struct build *build);

/* boundaries.c: the wall clock at B0. */
void build_realtime(struct build *build);

/* The wall clock at @cycles, a B0 of that kernel, by the anchor that was read nearest to it. */
struct model_time realtime_at(const struct clock *clock, const struct area *area, uint64_t cycles);

/* attempts.c: those of @area that failed, with their causes. */
void add_attempts(struct model *model, const struct area *area);

#endif /* LUOSCOPE_BUILD_CONTEXT_H */
