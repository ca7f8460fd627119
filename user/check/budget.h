/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Budgets: what somebody wants a figure to keep to.
 *
 *	FIGURE OP LIMIT			in each capture
 *	FUNCTION(FIGURE) OP LIMIT	over all captures together
 *
 * FIGURE is written as figure_names.h says. OP is one of <= < >= > == !=. LIMIT is a number, with a
 * unit that fits: ns, us, ms or s of a time, ppb or ppm of a relative error, none of a count.
 * FUNCTION is min, max, mean, median, or a percentile such as p95 or p99.9. Between all of these
 * blanks may stand.
 */
#ifndef LUOSCOPE_BUDGET_H
#define LUOSCOPE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bounded.h"
#include "base/error.h"
#include "figures/figure_names.h"

/* A line that is longer is no budget. */
#define BUDGET_LINE_BYTES 2048

enum budget_operator {
	BUDGET_LE,
	BUDGET_LT,
	BUDGET_GE,
	BUDGET_GT,
	BUDGET_EQ,
	BUDGET_NE,
};

/**
 * struct budget - one budget
 * @text:      in the one form that it has: ASCII, without blanks
 * @is_over_all: of all captures together, by @statistic; else of each
 * @statistic: valid only with @is_over_all
 * @per_mille: of STATISTIC_PERCENTILE
 * @figure:    its name, as figure_name_parse() has it
 * @pattern:   what kind of figure that is
 * @limit:     in the unit of the figure
 * @limit_text: as it was written, with its unit; lies in @text
 */
struct budget {
	char *text;
	bool is_over_all;
	enum statistic statistic;
	unsigned int per_mille;
	char *figure;
	const struct figure_pattern *pattern;
	enum budget_operator op;
	int64_t limit;
	const char *limit_text;
};

/**
 * struct budget_list - budgets, in the order in which they were given
 */
struct budget_list {
	struct budget *budget;
	size_t count;
};

/**
 * struct budget_fault - the text that is no budget
 * @line: of a file, from 1; 0: it is no file's
 * @text: the line; "" if the error is of no text
 * @at:   how many bytes of it stand before the fault
 */
struct budget_fault {
	size_t line;
	char text[BUDGET_LINE_BYTES];
	size_t at;
};

/**
 * budget_list_add - add the budget @text
 *
 * Returns 0; -EINVAL: it is no budget, and @fault says where; -ENOENT: there is no such figure;
 * -ERANGE: its limit is too large; -ENOMEM.
 */
int budget_list_add(struct budget_list *list, const char *text, struct budget_fault *fault,
		    struct error *error);

/**
 * budget_list_read - add the budgets in the file @path, one a line
 *
 * From "#" on a line is a comment; empty lines are skipped. Returns what budget_list_add() returns,
 * -ENODATA if there is none in the file, or the negative errno of a file that cannot be read.
 */
int budget_list_read(struct budget_list *list, const char *path, struct budget_fault *fault,
		     struct error *error);

/**
 * budget_fault_print - write the text of @fault to @out, and a caret under the place
 *
 * Nothing if the error is of no text.
 */
void budget_fault_print(const struct budget_fault *fault, FILE *out);

/**
 * budget_list_free - free what @list owns
 */
void budget_list_free(struct budget_list *list);

/* As it is written, such as "<=". */
const char *budget_operator_name(enum budget_operator op);

#endif /* LUOSCOPE_BUDGET_H */
