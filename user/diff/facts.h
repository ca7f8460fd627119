/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What runs tell of themselves that is no number: kernels, clock, drivers, how the resets went. Two
 * sides that differ in it are not alike, whatever their figures say.
 */
#ifndef LUOSCOPE_FACTS_H
#define LUOSCOPE_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/model.h"

enum compare_side {
	COMPARE_BASE,
	COMPARE_NEW,
	COMPARE_SIDES,
};

/**
 * struct compare_fact - something of the runs that is no number, and one of its values
 * @what:  such as "kernels", or "reset of 0000:01:00.0", in which the name may hold any bytes
 * @value: such as "flr ok"
 * @runs:  of each side that have it
 */
struct compare_fact {
	char *what;
	char *value;
	size_t runs[COMPARE_SIDES];
};

/**
 * struct facts - the facts of all runs; all 0: none
 * @fact: what is of one thing lies together, in the order in which the runs told it
 */
struct facts {
	struct compare_fact *fact;
	size_t count;
};

/**
 * facts_add_run - add what @model, a run of @side, tells of itself
 *
 * Returns 0 or -ENOMEM.
 */
int facts_add_run(struct facts *facts, enum compare_side side, const struct model *model);

/**
 * facts_complete - after all runs, of which each side has @runs: what a run does not tell is a value
 * too, "-", unless no run tells it
 *
 * Returns 0 or -ENOMEM.
 */
int facts_complete(struct facts *facts, const size_t runs[COMPARE_SIDES]);

/**
 * facts_differ - whether the fact at @index is one of several values of the same thing
 */
bool facts_differ(const struct facts *facts, size_t index);

void facts_free(struct facts *facts);

#endif /* LUOSCOPE_FACTS_H */
