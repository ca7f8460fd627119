/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Budgets: limits that a figure must keep to.
 *
 *	FIGURE OP LIMIT			in each capture
 *	FUNCTION(FIGURE) OP LIMIT	over all captures together
 *
 * FIGURE is written as described in figure_names.h. OP is one of <= < >= > == !=. LIMIT is a number
 * with a matching unit: ns, us, ms or s for a time, ppb or ppm for a relative error, none for a
 * count. FUNCTION is min, max, mean, median, or a percentile such as p95 or p99.9. Blanks are
 * allowed between all of these.
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

/* A longer line is rejected. */
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
 * @text:      in its normal form: ASCII, without blanks
 * @is_over_all: it applies to @statistic of all captures together; else to each capture
 * @statistic: valid only with @is_over_all
 * @per_mille: for STATISTIC_PERCENTILE
 * @figure:    its name, as returned by figure_name_parse()
 * @pattern:   what kind of figure that is
 * @limit:     in the unit of the figure
 * @limit_text: as it was written, with its unit; points into @text
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
 * struct budget_list - budgets, in the order given
 */
struct budget_list {
	struct budget *budget;
	size_t count;
};

/* After so many mistakes, the rest of a file is not read. */
#define BUDGET_FAULTS_MAX 20

/**
 * struct budget_fault - a text that is not a valid budget
 * @path: the file; NULL: not from a file
 * @line: line in the file, from 1; 0: the error is about the whole file
 * @text: the line; "" if the error is not about a text
 * @at:   offset of the fault in it, in bytes
 */
struct budget_fault {
	const char *path;
	size_t line;
	char text[BUDGET_LINE_BYTES];
	size_t at;
};

/**
 * budget_list_add - add the budget @text
 *
 * Returns 0; -EINVAL if it is not a budget, and @fault says where; -ENOENT if there is no such
 * figure; -ERANGE if its limit is too large; -ENOMEM.
 */
int budget_list_add(struct budget_list *list, const char *text, struct budget_fault *fault,
		    struct error *error);

/* What is done with a mistake in a file: @error says what it is, @fault where. */
typedef void budget_refuse(const struct budget_fault *fault, const struct error *error);

/**
 * budget_list_read - add the budgets in the file @path, or of "-" in standard input, one per line
 * @refuse: called for each mistake, so that all of them can be corrected at once
 *
 * "#" starts a comment; empty lines are skipped. Returns 0; or for the first mistake what
 * budget_list_add() returns, -ENODATA if the file has no budget, or a negative errno if the file
 * cannot be read. What is no text is read no further.
 */
int budget_list_read(struct budget_list *list, const char *path, budget_refuse *refuse);

/**
 * budget_fault_print - write the text of @fault to @out, and a caret under the place
 *
 * Prints nothing if the error is not about a text.
 */
void budget_fault_print(const struct budget_fault *fault, FILE *out);

/**
 * budget_list_free - free what @list owns
 */
void budget_list_free(struct budget_list *list);

/* Its spelling, such as "<=". */
const char *budget_operator_name(enum budget_operator op);

#endif /* LUOSCOPE_BUDGET_H */
