// SPDX-License-Identifier: GPL-2.0
/*
 * A file of budgets, and each of its lines as if it came from the command line.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "check/budget.h"
#include "figures/absent.h"
#include "figures/figures.h"
#include "fuzz.h"

/* In its normal form a budget is the same budget. */
static void check_form(const struct budget *budget)
{
	struct budget_list list = {};
	struct budget_fault fault;
	struct error error = {};
	const struct budget *again;

	fuzz_expect(!budget_list_add(&list, budget->text, &fault, &error), "'%s': %s", budget->text,
		    error.text);
	again = &list.budget[0];
	fuzz_expect(!strcmp(again->text, budget->text) && again->limit == budget->limit &&
			    again->op == budget->op &&
			    again->pattern->unit == budget->pattern->unit &&
			    again->per_mille == budget->per_mille &&
			    !strcmp(again->figure, budget->figure),
		    "'%s' is another budget: '%s'", budget->text, again->text);
	budget_list_free(&list);
}

static void explain(const struct budget *budget)
{
	const struct figures none = {};
	char buffer[ABSENT_BYTES];

	absent_explain(buffer, budget->figure, budget->pattern, &none);
}

static void show_fault(const struct budget_fault *fault, const struct error *error)
{
	struct fuzz_output output;

	fuzz_expect(*error->text, "a budget is refused without a word");
	fuzz_expect(!*fault->text || fault->at <= strlen(fault->text),
		    "the fault is behind the end of '%s'", fault->text);
	budget_fault_print(fault, fuzz_output_begin(&output));
	fuzz_output_text(&output, "fault", 0, 0, false);
}

static void read_words(const uint8_t *bytes, size_t size)
{
	char *text = strndup((const char *)bytes, size), *rest = text, *line;
	struct budget_list list = {};
	size_t i;

	while ((line = strsep(&rest, "\n"))) {
		struct budget_fault fault = {};
		struct error error = {};

		if (budget_list_add(&list, line, &fault, &error))
			show_fault(&fault, &error);
	}
	for (i = 0; i < list.count; i++) {
		check_form(&list.budget[i]);
		explain(&list.budget[i]);
	}
	budget_list_free(&list);
	free(text);
}

static void run(const uint8_t *bytes, size_t size)
{
	struct budget_list list = {};

	budget_list_read(&list, fuzz_file(bytes, size), show_fault);
	budget_list_free(&list);
	read_words(bytes, size);
}

/* Budgets for some of the capture's figures. */
static void seed(const struct capture *capture, FILE *out)
{
	static const char *const forms[] = { "%s <= 1%s\n", "p99.9(%s) < 10%s # comment\n",
					     "mean( %s )!=2.5%s\n", "max(%s) == 0%s\n" };
	static const char *const units[] = {
		[UNIT_NS] = "ms", [UNIT_COUNT] = "", [UNIT_PPB] = "ppm"
	};
	struct figures figures = {};
	struct error error = {};
	struct model model;
	size_t i;

	if (!model_build(&model, capture, &error) && !figures_of(&figures, &model, &error))
		for (i = 0; i < figures.count; i += 1 + figures.count / 8)
			fprintf(out, forms[i % ARRAY_SIZE(forms)], figures.figure[i].name,
				units[figures.figure[i].pattern->unit]);
	figures_free(&figures);
	model_free(&model);
}

const struct fuzz_target fuzz_budget = {
	.name = "budget",
	.share = 8,
	.most = 512,
	.run = run,
	.seed = seed,
};
