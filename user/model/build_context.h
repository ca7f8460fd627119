/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: what the steps of model_build() share. No step is named here: see build.c.
 */
#ifndef LUOSCOPE_BUILD_CONTEXT_H
#define LUOSCOPE_BUILD_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bounded.h"
#include "capture/area.h"
#include "capture/capture.h"
#include "marks.h"
#include "model.h"

/* The two areas of one update. */
enum kernel { OLD_KERNEL, NEW_KERNEL, KERNELS };

/* What is needed while the model is built. */
struct build {
	struct model *model;
	const struct capture *capture;
	struct area area_of[KERNELS];
	const struct area *area[KERNELS];
	/* Row of the file, session, device or FLB that a subject is, plus 1, by its number; 0: none. */
	size_t *file_row[KERNELS];
	size_t *session_row[KERNELS];
	size_t *device_row[KERNELS];
	size_t *flb_row[KERNELS];
	/* By row, how well it is known who handles it: see text_rank(). */
	unsigned char *file_rank;
	unsigned char *device_rank;
	/* The attempt that succeeded, or NULL. */
	const struct luo_stats_boundaries *attempt;
	/* The counter at the time 0 of each kernel; the same if they can be compared. */
	uint64_t origin[KERNELS];
	/* End of the last retrieve that belongs to the update; 0: there is none. */
	uint64_t retrieved_cycles;
	/* How many spans were left out because their kind does not belong where they lie. */
	uint64_t misplaced[KERNELS];
	/* Every freeze of a file was seen, every retrieve was: see returns_find_kept(). */
	bool freezes_seen;
	bool retrieves_seen;
	/* The same of every reset in the freeze of a device that is known from its file. */
	bool resets_seen;
	/* Of such a device it is known whether it was kept. */
	bool keeping_seen;
	/* Files came back, but the first of them too late to end the blackout. */
	bool none_in_time;
	struct found_marks marks;
	bool no_memory;
};

/**
 * build_add_note - add a sentence to the model's notes
 */
__attribute__((format(printf, 2, 3))) void build_add_note(struct build *build, const char *format,
							  ...);

/**
 * build_set_boundary - give a boundary its stamp, unless it has one or @cycles is 0
 */
void build_set_boundary(struct model *model, unsigned int slot, uint64_t cycles,
			enum model_source source, uint64_t error_ns);

/**
 * build_kernel_of_slot - the kernel in which the boundary @slot lies
 */
enum kernel build_kernel_of_slot(unsigned int slot);

/**
 * build_kernel_is_comparable - whether a time of @kernel can be given relative to the model's
 * origin
 */
bool build_kernel_is_comparable(const struct build *build, enum kernel kernel);

/**
 * build_duration_between - set @time to the time between two readings of the counter
 * @from: in the old kernel
 * @to:   in either kernel
 *
 * Returns false, and leaves @time alone, if it is not known, or @to is the earlier one.
 */
bool build_duration_between(const struct build *build, uint64_t from, uint64_t to,
			    struct bounded *time);

#endif /* LUOSCOPE_BUILD_CONTEXT_H */
