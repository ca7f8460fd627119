/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: how the marks of two areas become rows. Only for build.c.
 *
 * A mark belongs to an update if it was under way in it, or lies no further than MARKS_NEAR_NS from
 * it. From the old kernel, these are the marks that ended less than MARKS_NEAR_NS before B0, and
 * those that were never ended. From the new kernel, they are those that began less than
 * MARKS_NEAR_NS after the last boundary that was observed, and before that kernel tried an update
 * itself. All others are counted (model.marks_elsewhere). If the rate of the counter is not known,
 * distances are not known either, and all marks are kept.
 */
#ifndef LUOSCOPE_MARKS_H
#define LUOSCOPE_MARKS_H

#include <stdint.h>

#include "capture/area.h"
#include "clock.h"
#include "model.h"

#define MARKS_NEAR_NS 600000000000LL

/* An instant with this name says that a guest runs again. */
#define MARKS_RESUME "resume"

/**
 * struct found_mark - a mark as it was found; struct model_mark takes four times the room
 * @name:      in its area, see area_subject_name()
 * @attempt:   the attempt at an update in its kernel during which it began; 0: before the first one
 * @abandoned: never ended, and started again later: it was no longer under way
 * @end_cycles: 0 if @open
 */
struct found_mark {
	const char *name;
	bool instant;
	bool crosses;
	bool end_only;
	bool in_new_kernel;
	bool open;
	bool abandoned;
	uint32_t attempt;
	uint64_t instance;
	uint64_t begin_cycles;
	uint64_t end_cycles;
};

/**
 * struct found_marks - all marks of two areas, sorted by name, instance, kernel and time
 */
struct found_marks {
	struct found_mark *mark;
	size_t count;
};

/**
 * struct marks_frame - where the update lies, by the counter of each kernel
 * @origin:     the counter at time 0, of the old kernel [0] and the new one [1]
 * @comparable: whether times of that kernel can be given relative to the model's origin
 * @begin:      B0, else the first boundary that was observed in the old kernel; 0: none was
 * @end:        the last boundary that was observed in the new kernel; 0: none was
 */
struct marks_frame {
	uint64_t origin[2];
	bool comparable[2];
	uint64_t begin;
	uint64_t end;
};

/**
 * marks_find - read the marks of @old and @new, either of which may be NULL
 *
 * A start without an end in @old and an end without a start in @new become one mark if they have
 * the same name and instance, and no other begin or end of these lies between them. Marks that make
 * no sense, or lie after B6 in @old or before time zero in @new, are counted in the losses of
 * @model. Returns 0 or -ENOMEM; the caller frees @marks with marks_free(), also after an error.
 */
int marks_find(struct found_marks *marks, struct model *model, const struct area *old,
	       const struct area *new);

/**
 * marks_last_resume - when the last guest ran again
 *
 * The last instant named MARKS_RESUME, of any instance, in the new kernel, from @from_cycles
 * to @gap_ns later. Returns the counter; 0: there is none.
 */
uint64_t marks_last_resume(const struct found_marks *marks, const struct clock *clock,
			   uint64_t from_cycles, int64_t gap_ns);

/**
 * marks_place - make rows of the marks that belong to the update, and give them their times
 *
 * Returns 0 or -ENOMEM.
 */
int marks_place(struct model *model, const struct found_marks *marks,
		const struct marks_frame *frame);

/**
 * marks_free - free what @marks owns
 */
void marks_free(struct found_marks *marks);

#endif /* LUOSCOPE_MARKS_H */
