/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Properties of runs that are not numbers: kernels, clock, drivers, outcomes of resets. If the two
 * sides differ in these, their figures are not directly comparable.
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
 * struct compare_fact - a property of the runs that is not a number, and one of its values
 * @what:  such as "kernels", or "reset of 0000:01:00.0", in which the name may hold any bytes
 * @value: such as "flr ok"
 * @runs:  number of runs on each side that have it
 * @order: which of all facts that were noted it was; for facts.c alone
 * @first: the lowest @order of the values of the same property; for facts.c alone
 */
struct compare_fact {
	char *what;
	char *value;
	size_t runs[COMPARE_SIDES];
	size_t order;
	size_t first;
};

/**
 * struct facts - the facts of all runs; all 0: none
 * @fact: after facts_complete(), the values of one property are adjacent, and all are in the order
 *        in which they were added
 */
struct facts {
	struct compare_fact *fact;
	size_t count;
};

/**
 * facts_add_run - add the properties of @model, a run of @side
 *
 * Returns 0 or -ENOMEM.
 */
int facts_add_run(struct facts *facts, enum compare_side side, const struct model *model);

/**
 * facts_complete - call after all runs, @runs on each side: a property that a run lacks gets the
 * value "-", unless no run has it. No run can be added after that
 *
 * Returns 0 or -ENOMEM.
 */
int facts_complete(struct facts *facts, const size_t runs[COMPARE_SIDES]);

/**
 * facts_differ - whether the fact at @index is one of several values of the same property
 */
bool facts_differ(const struct facts *facts, size_t index);

void facts_free(struct facts *facts);

#endif /* LUOSCOPE_FACTS_H */
