// SPDX-License-Identifier: GPL-2.0
#include "marks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "capture/area.h"
#include "clock.h"
#include "model.h"

/* The time by which the marks of one kernel are sorted. */
static uint64_t moment(const struct found_mark *mark)
{
	return mark->end_only ? mark->end_cycles : mark->begin_cycles;
}

static int compare_names(const char *x, const char *y)
{
	return strncmp(x, y, AREA_NAME_BYTES);
}

static bool is_same_mark(const struct found_mark *x, const struct found_mark *y)
{
	return x->instance == y->instance && !compare_names(x->name, y->name);
}

static int compare_found(const void *a, const void *b)
{
	const struct found_mark *x = a, *y = b;
	int order = compare_names(x->name, y->name);

	if (order)
		return order;
	if (x->instance != y->instance)
		return x->instance < y->instance ? -1 : 1;
	if (x->in_new_kernel != y->in_new_kernel)
		return x->in_new_kernel ? 1 : -1;
	return moment(x) < moment(y) ? -1 : moment(x) > moment(y);
}

static bool read_mark(struct found_mark *mark, const struct area *area,
		      const struct luo_stats_span *span, bool in_new_kernel)
{
	struct luo_stats_subject_key id;

	if (!area_subject(area, span->subject, &id) || id.kind != LUO_STATS_SUBJECT_MARK ||
	    !id.name[0])
		return false;
	*mark = (struct found_mark){
		.name = area_subject_name(area, span->subject),
		.instant = span->detail == LUO_STATS_MARK_INSTANT,
		.end_only = span->detail == LUO_STATS_MARK_END,
		.in_new_kernel = in_new_kernel,
		.open = span->state == LUO_STATS_OPEN,
		.attempt = span->attempt,
		.instance = id.key,
		.begin_cycles = span->begin_cycles,
	};
	if (!mark->open)
		mark->end_cycles = span->end_cycles;
	return true;
}

/* Nobody marks anything after the jump, or before the time zero of the new kernel. */
static bool is_in_place(const struct found_mark *mark, const struct model *model)
{
	const struct model_boundary *jump = &model->boundary[LUO_STATS_B6_JUMP];

	if (mark->in_new_kernel)
		return !model->clock.zero_known || moment(mark) >= model->clock.zero_cycles;
	return jump->source == MODEL_SOURCE_NONE ||
	       (mark->open ? mark->begin_cycles : mark->end_cycles) <= jump->cycles;
}

static int add_found(struct found_marks *marks, const struct found_mark *found)
{
	void *grown = array_grow(marks->mark, marks->count, sizeof(*marks->mark));

	if (!grown)
		return -ENOMEM;
	marks->mark = grown;
	marks->mark[marks->count++] = *found;
	return 0;
}

static int find_in_area(struct found_marks *marks, struct model *model, const struct area *area,
			bool in_new_kernel)
{
	struct area_cursor cursor = {};
	struct luo_stats_span span;

	while (area && area_next_span(area, &cursor, &span)) {
		struct found_mark found;

		if (span.kind != LUO_STATS_MARK)
			continue;
		if (!read_mark(&found, area, &span, in_new_kernel) || !is_in_place(&found, model)) {
			model->losses.invalid_spans++;
			continue;
		}
		if (add_found(marks, &found))
			return -ENOMEM;
	}
	return 0;
}

/*
 * @count is the number of marks with one name and instance. Returns the mark whose end was given to
 * an open one of the old kernel, and which is therefore no longer needed, or NULL.
 */
static struct found_mark *join(struct found_mark *mark, size_t count)
{
	struct found_mark *begin = NULL, *end = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		if (mark[i].instant)
			continue;
		if (!mark[i].in_new_kernel) {
			if (begin && begin->open)
				begin->abandoned = true;
			begin = &mark[i];
		} else if (!end) {
			end = &mark[i];
		}
	}
	if (!begin || !begin->open || !end || !end->end_only)
		return NULL;
	begin->crosses = true;
	begin->open = false;
	begin->end_cycles = end->end_cycles;
	return end;
}

static void join_all(struct found_marks *marks)
{
	size_t kept = 0, first, i;

	for (first = 0; first < marks->count;) {
		struct found_mark *joined;
		size_t next = first + 1;

		while (next < marks->count && is_same_mark(&marks->mark[first], &marks->mark[next]))
			next++;
		joined = join(&marks->mark[first], next - first);
		for (i = first; i < next; i++)
			if (&marks->mark[i] != joined)
				marks->mark[kept++] = marks->mark[i];
		first = next;
	}
	marks->count = kept;
}

int marks_find(struct found_marks *marks, struct model *model, const struct area *old,
	       const struct area *new)
{
	int err;

	*marks = (struct found_marks){};
	err = find_in_area(marks, model, old, false);
	if (!err)
		err = find_in_area(marks, model, new, true);
	if (err || !marks->count)
		return err;
	qsort(marks->mark, marks->count, sizeof(*marks->mark), compare_found);
	join_all(marks);
	return 0;
}

uint64_t marks_last_resume(const struct found_marks *marks, const struct clock *clock,
			   uint64_t from_cycles, int64_t gap_ns)
{
	uint64_t last = 0;
	size_t i;

	for (i = 0; i < marks->count; i++) {
		const struct found_mark *mark = &marks->mark[i];
		const uint64_t cycles = mark->end_cycles;
		int64_t ns;

		if (mark->instant && mark->in_new_kernel &&
		    !compare_names(mark->name, MARKS_RESUME) && cycles > last &&
		    cycles >= from_cycles && !clock_ns(clock, from_cycles, cycles, &ns) &&
		    ns <= gap_ns)
			last = cycles;
	}
	return last;
}

/* Whether @to comes more than MARKS_NEAR_NS after @from; either may be 0: not known. */
static bool is_far_after(const struct clock *clock, uint64_t from, uint64_t to)
{
	int64_t ns;
	int err;

	if (!from || !to || to <= from)
		return false;
	err = clock_ns(clock, from, to, &ns);
	return err == -ERANGE || (!err && ns > MARKS_NEAR_NS);
}

static bool belongs(const struct found_mark *mark, const struct clock *clock,
		    const struct marks_frame *frame)
{
	if (mark->crosses)
		return true;
	if (mark->in_new_kernel)
		return !mark->attempt && !is_far_after(clock, frame->end, moment(mark));
	if (mark->open && !mark->abandoned)
		return true;
	return !is_far_after(clock, mark->open ? mark->begin_cycles : mark->end_cycles,
			     frame->begin);
}

static struct model_mark place(const struct found_mark *mark, const struct clock *clock,
			       const struct marks_frame *frame)
{
	const bool begin_side = mark->in_new_kernel,
		   end_side = mark->in_new_kernel || mark->crosses;
	struct model_mark row = {
		.instance = mark->instance,
		.instant = mark->instant,
		.crosses = mark->crosses,
		.end_only = mark->end_only,
		.span = { .observed = true,
			  .open = mark->open,
			  .in_new_kernel = mark->in_new_kernel,
			  .begin_cycles = mark->begin_cycles,
			  .end_cycles = mark->end_cycles },
	};
	struct estimate begin = {}, end = {};
	int64_t ns;

	memcpy(row.name, mark->name, strnlen(mark->name, AREA_NAME_BYTES));
	if (!mark->end_only && frame->origin[begin_side] &&
	    !clock_ns(clock, frame->origin[begin_side], mark->begin_cycles, &ns))
		begin = (struct estimate){ true, ns };
	if (!mark->open && frame->origin[end_side] &&
	    !clock_ns(clock, frame->origin[end_side], mark->end_cycles, &ns))
		end = (struct estimate){ true, ns };
	if (begin.known && end.known && end.value >= begin.value &&
	    (!mark->crosses || (frame->comparable[0] && frame->comparable[1])))
		row.span.duration = (struct estimate){ true, end.value - begin.value };
	if (begin.known && frame->comparable[begin_side])
		row.span.start = begin;
	if (end.known && frame->comparable[end_side])
		row.end = end;
	return row;
}

int marks_place(struct model *model, const struct found_marks *marks,
		const struct marks_frame *frame)
{
	size_t i;

	model->mark = array_zeroed(marks->count + 1, sizeof(*model->mark));
	if (!model->mark)
		return -ENOMEM;
	for (i = 0; i < marks->count; i++) {
		if (belongs(&marks->mark[i], &model->clock, frame))
			model->mark[model->marks++] = place(&marks->mark[i], &model->clock, frame);
		else
			model->marks_elsewhere++;
	}
	return 0;
}

void marks_free(struct found_marks *marks)
{
	free(marks->mark);
	*marks = (struct found_marks){};
}
