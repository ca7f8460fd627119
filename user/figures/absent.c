// SPDX-License-Identifier: GPL-2.0
#include "absent.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/edit_distance.h"
#include "figure_names.h"
#include "figures.h"

/*
 * The forms of which a capture has only what it has seen.
 *
 * @noun:  what a figure of this form is about
 * @count: a figure over all of them: if it is not known, its reason is theirs
 */
static const struct named {
	const char *noun;
	const char *count;
} named[FIGURE_FORMS] = {
	[FIGURE_PHASE] = { "phase", NULL },
	[FIGURE_INITCALL] = { "long initcall", "initcall.max" },
	[FIGURE_DEVICE_STEP] = { "device", "devices_awaited" },
	[FIGURE_FILE_STEP] = { "file", "file.count" },
	[FIGURE_SESSION_STEP] = { "session", "session.count" },
	[FIGURE_VM_DOWNTIME] = { "virtual machine", "vms_awaited" },
	[FIGURE_SHUTDOWN] = { "shutdown of", "shutdown.max" },
	[FIGURE_MARK_END] = { "mark", NULL },
	[FIGURE_MARK_STATISTIC] = { "marked span", NULL },
	[FIGURE_MARK] = { "mark", NULL },
};

/* A budget may leave out the instance of a mark, but its figure has it. */
static enum figure_form form_of(const struct figure_pattern *pattern)
{
	const enum figure_form form = pattern - figure_patterns;

	return form == FIGURE_MARK_0	 ? FIGURE_MARK :
	       form == FIGURE_MARK_0_END ? FIGURE_MARK_END :
					   form;
}

/* Copy the name of the thing that the figure @name is about. */
static const char *thing_of(char *buffer, const char *name, const struct figure_pattern *pattern)
{
	size_t length;
	const char *thing = figure_name_thing(name, pattern, &length);

	snprintf(buffer, FIGURE_NAME_BYTES, "%.*s", (int)length, thing);
	return buffer;
}

/*
 * Write the present name that is most similar to @name to @nearest; "": none is. Returns whether
 * there is any.
 */
static bool find_nearest(char *nearest, const char *name, enum figure_form form,
			 const struct figures *figures)
{
	char candidate[FIGURE_NAME_BYTES];
	size_t least = SIZE_MAX, distance, i;
	bool has_any = false;

	*nearest = '\0';
	for (i = 0; i < figures->count; i++) {
		const struct figure *figure = &figures->figure[i];

		if (form_of(figure->pattern) != form)
			continue;
		thing_of(candidate, figure->name, figure->pattern);
		has_any = true;
		distance = edit_distance(name, candidate);
		if (distance >= least || !edit_distance_is_small(name, candidate, distance))
			continue;
		least = distance;
		strcpy(nearest, candidate);
	}
	return has_any;
}

/* Why it may have been there all the same; NULL: it was not. @count: how many are known */
static const char *why_unseen(const struct figure_pattern *pattern, const struct figure *count,
			      const struct figures *figures)
{
	if (pattern->is_mark)
		return figures->mark_losses;
	if (!count || form_of(pattern) == FIGURE_INITCALL)
		return NULL;
	if (count->pattern->unit == UNIT_COUNT && count->measured.why)
		return count->measured.why;
	return figures->losses;
}

const char *absent_explain(char *buffer, const char *name, const struct figure_pattern *pattern,
			   const struct figures *figures)
{
	char thing[FIGURE_NAME_BYTES], nearest[FIGURE_NAME_BYTES];
	const enum figure_form form = form_of(pattern);
	const struct named *what = &named[form];
	const struct figure *count = what->count ? figures_find(figures, what->count) : NULL;
	const char *unseen = why_unseen(pattern, count, figures);
	bool has_any;

	if (count && !count->measured.known) {
		snprintf(buffer, ABSENT_BYTES, "%s", count->measured.why);
		return buffer;
	}
	if (!what->noun) {
		snprintf(buffer, ABSENT_BYTES, "it is not in the capture");
		return buffer;
	}
	thing_of(thing, name, &figure_patterns[form]);
	has_any = find_nearest(nearest, thing, form, figures);
	if (*nearest)
		snprintf(buffer, ABSENT_BYTES, "there is no %s '%s'; the nearest is '%s'",
			 what->noun, thing, nearest);
	else if (unseen)
		snprintf(buffer, ABSENT_BYTES, "there may have been a %s '%s': %s", what->noun,
			 thing, unseen);
	else
		snprintf(buffer, ABSENT_BYTES, "there is no %s '%s'%s", what->noun, thing,
			 has_any ? "; 'luoscope check --list CAPTURE' has the others" :
				   ", nor any other");
	return buffer;
}
