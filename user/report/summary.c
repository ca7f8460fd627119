// SPDX-License-Identifier: GPL-2.0
#include "summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "figures/figures.h"

/* Whether the value is exact except for its measurement error. */
static bool is_estimate(const struct bounded *measured)
{
	return bounded_is_closed(*measured) && !bounded_is_lopsided(*measured);
}

static int add_bound(struct summary_row *row, size_t capture, const struct bounded *measured)
{
	void *grown = array_grow(row->bound, row->bounds, sizeof(*row->bound));

	if (!grown)
		return -ENOMEM;
	row->bound = grown;
	row->bound[row->bounds++] = (struct summary_bound){ capture, *measured };
	return 0;
}

/* The maximum of those that have a value, and of the lower bounds. */
static void include_lower_bounds(struct summary_row *row)
{
	size_t i;

	row->has_max = row->runs;
	for (i = 0; i < row->bounds; i++) {
		const struct summary_bound *bound = &row->bound[i];

		if (!bounded_is_lower_bound(bound->measured))
			continue;
		if (!row->has_max || bound->measured.value > row->max.value) {
			row->max = bound->measured;
			row->max_capture = bound->capture;
		}
		row->max.high = BOUNDED_NO_HIGH;
		row->has_max = true;
	}
}

/* The values that the captures have for @name; @value has room for all of them. */
static int make_row(struct summary_row *row, const struct figure *figure,
		    const struct figures *figures, size_t count, struct bounded *value)
{
	int64_t least = 0, most = 0;
	size_t i;

	*row = (struct summary_row){ .pattern = figure->pattern };
	for (i = 0; i < count; i++) {
		const struct figure *other = figures_find(&figures[i], figure->name);

		if (!other || !other->measured.known)
			continue;
		if (!is_estimate(&other->measured)) {
			if (add_bound(row, i, &other->measured))
				return -ENOMEM;
			continue;
		}
		if (!row->runs || other->measured.value < least) {
			row->min_capture = i;
			least = other->measured.value;
		}
		if (!row->runs || other->measured.value > most) {
			row->max_capture = i;
			most = other->measured.value;
		}
		value[row->runs++] = other->measured;
	}
	if (!row->runs && !row->bounds)
		return 0;
	if (row->runs && (bounded_statistic(&row->min, value, row->runs, STATISTIC_MIN, 0) ||
			  bounded_statistic(&row->median, value, row->runs, STATISTIC_MEDIAN, 0) ||
			  bounded_statistic(&row->max, value, row->runs, STATISTIC_MAX, 0)))
		return -ENOMEM;
	include_lower_bounds(row);
	row->name = strdup(figure->name);
	return row->name ? 0 : -ENOMEM;
}

static bool is_in_earlier(const struct figures *figures, size_t capture, const char *name)
{
	while (capture--)
		if (figures_find(&figures[capture], name))
			return true;
	return false;
}

int summary_make(struct summary *summary, const struct figures *figures, const char *const *capture,
		 size_t count)
{
	struct bounded *value = calloc(count + 1, sizeof(*value));
	size_t capacity = 1, i, j;
	int err = 0;

	*summary = (struct summary){ .capture = capture, .captures = count };
	for (i = 0; i < count; i++)
		capacity += figures[i].count;
	summary->row = calloc(capacity, sizeof(*summary->row));
	if (!value || !summary->row)
		err = -ENOMEM;
	for (i = 0; !err && i < count; i++) {
		for (j = 0; !err && j < figures[i].count; j++) {
			const struct figure *figure = &figures[i].figure[j];
			struct summary_row *row = &summary->row[summary->rows];

			if (is_in_earlier(figures, i, figure->name))
				continue;
			err = make_row(row, figure, figures, count, value);
			/* After an error too: what was allocated has to be freed. */
			summary->rows += err || row->name;
		}
	}
	free(value);
	return err;
}

void summary_free(struct summary *summary)
{
	size_t i;

	for (i = 0; i < summary->rows; i++) {
		free(summary->row[i].name);
		free(summary->row[i].bound);
	}
	free(summary->row);
	*summary = (struct summary){};
}
