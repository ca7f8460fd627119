// SPDX-License-Identifier: GPL-2.0
#include "facts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "capture/area_names.h"
#include "capture/reset_method.h"
#include "model/clock.h"
#include "model/model.h"
#include "model/steps.h"

/* Facts are only noted, with their order, until all runs are there: then they are sorted, once. */
static int add_fact(struct facts *facts, enum compare_side side, const char *what,
		    const char *value)
{
	struct compare_fact *fact = array_grow(facts->fact, facts->count, sizeof(*fact));

	if (!fact)
		return -ENOMEM;
	facts->fact = fact;
	fact += facts->count;
	*fact = (struct compare_fact){ .what = strdup(what),
				       .value = strdup(value),
				       .order = facts->count };
	fact->runs[side] = 1;
	facts->count++;
	return fact->what && fact->value ? 0 : -ENOMEM;
}

__attribute__((format(printf, 4, 5))) static int fact(struct facts *facts, enum compare_side side,
						      const char *what, const char *format, ...)
{
	char *value;
	va_list args;
	int length, err;

	va_start(args, format);
	length = vasprintf(&value, format, args);
	va_end(args);
	if (length < 0)
		return -ENOMEM;
	err = add_fact(facts, side, what, value);
	free(value);
	return err;
}

static int reset_fact(struct facts *facts, enum compare_side side, const char *what,
		      const struct model_reset *reset, const struct model_span *span)
{
	char error[NAME_BYTES];
	const bool failed = model_span_failed(span);

	if (reset->none_seen)
		return fact(facts, side, what, "none seen");
	if (!reset->known)
		return 0;
	return fact(facts, side, what, "%s%s%s%s%s%s%s",
		    reset->method ? name_reset_method(reset->method) : "", reset->method ? " " : "",
		    name_reset_outcome(reset->outcome), reset->lock ? ": " : "",
		    reset->lock ? name_reset_lock(reset->lock) : "", failed ? " " : "",
		    failed ? name_errno(span->result, error) : "");
}

static int device_facts(struct facts *facts, enum compare_side side, const struct model *model)
{
	char what[MODEL_NAME_BYTES + 32];
	size_t i;
	int err = 0;

	for (i = 0; i < model->devices && !err; i++) {
		const struct model_device *device = &model->device[i];

		snprintf(what, sizeof(what), "device %s", device->name);
		err = fact(facts, side, what, "%s",
			   device->driver[0] ? device->driver : "driver not observed");
		snprintf(what, sizeof(what), "reset of %s", device->name);
		if (!err)
			err = reset_fact(facts, side, what, &device->reset,
					 &device->step[STEP_RESET]);
	}
	for (i = 0; i < model->shutdowns && !err; i++) {
		const struct model_subject_span *entry = &model->shutdown[i];

		snprintf(what, sizeof(what), "shutdown of %s", entry->name);
		err = fact(facts, side, what, "%s",
			   entry->subject_detail[0] ? entry->subject_detail : "no driver");
	}
	return err;
}

static int vm_facts(struct facts *facts, enum compare_side side, const struct model *model)
{
	char what[MODEL_NAME_BYTES + 32];
	size_t i;
	int err = 0;

	for (i = 0; i < model->vms && !err; i++) {
		const struct model_vm *vm = &model->vm[i];

		snprintf(what, sizeof(what), "vCPUs of %s", model_vm_name(vm));
		err = fact(facts, side, what, "%zu", vm->vcpus);
	}
	return err;
}

/* A release that fits a line: a damaged one may have any bytes, which would be shown as \xNN. */
static const char *shown_release(char shown[LUO_STATS_RELEASE_BYTES], const char *release)
{
	size_t i;

	for (i = 0; release[i] && i < LUO_STATS_RELEASE_BYTES - 1; i++)
		shown[i] = release[i] > ' ' && release[i] <= '~' ? release[i] : '?';
	shown[i] = '\0';
	return i ? shown : "?";
}

int facts_add_run(struct facts *facts, enum compare_side side, const struct model *model)
{
	char from[LUO_STATS_RELEASE_BYTES], to[LUO_STATS_RELEASE_BYTES];
	int err;

	err = fact(facts, side, "kernels", "%s -> %s", shown_release(from, model->from_release),
		   shown_release(to, model->to_release));
	if (!err)
		err = fact(facts, side, "clock", "%s %s", name_counter(model->clock.counter),
			   name_verdict(model->clock.verdict));
	if (!err && model->host.cpus)
		err = fact(facts, side, "cpus", "%u", model->host.cpus);
	if (!err)
		err = device_facts(facts, side, model);
	if (!err)
		err = vm_facts(facts, side, model);
	return err;
}

static int by_text(const void *a, const void *b)
{
	const struct compare_fact *x = a, *y = b;
	int order = strcmp(x->what, y->what);

	if (!order)
		order = strcmp(x->value, y->value);
	return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

static int by_order(const void *a, const void *b)
{
	const struct compare_fact *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static bool is_equal(const struct compare_fact *a, const struct compare_fact *b)
{
	return !strcmp(a->what, b->what) && !strcmp(a->value, b->value);
}

/* One fact for each value of a property. Leaves them sorted by their text. */
static void merge(struct facts *facts)
{
	struct compare_fact *kept = facts->fact, *fact;
	unsigned int side;

	qsort(facts->fact, facts->count, sizeof(*facts->fact), by_text);
	for (fact = kept + 1; fact < facts->fact + facts->count; fact++) {
		if (!is_equal(kept, fact)) {
			*++kept = *fact;
			continue;
		}
		for (side = 0; side < COMPARE_SIDES; side++)
			kept->runs[side] += fact->runs[side];
		free(fact->what);
		free(fact->value);
	}
	facts->count = kept + 1 - facts->fact;
}

/*
 * The @count values of one property: all learn which of them was first, and @missing becomes the
 * value of the runs that lack the property. Returns 1 if there are any, 0 if not, or -ENOMEM.
 */
static int complete_property(struct compare_fact *fact, size_t count,
			     const size_t runs[COMPARE_SIDES], struct compare_fact *missing)
{
	size_t first = SIZE_MAX, known[COMPARE_SIDES] = {}, i;
	bool is_missing = false;
	unsigned int side;

	for (i = 0; i < count; i++) {
		if (fact[i].order < first)
			first = fact[i].order;
		for (side = 0; side < COMPARE_SIDES; side++)
			known[side] += fact[i].runs[side];
	}
	for (i = 0; i < count; i++)
		fact[i].first = first;
	*missing = (struct compare_fact){ .order = SIZE_MAX, .first = first };
	for (side = 0; side < COMPARE_SIDES; side++) {
		if (known[side] >= runs[side])
			continue;
		missing->runs[side] = runs[side] - known[side];
		is_missing = true;
	}
	if (!is_missing)
		return 0;
	missing->what = strdup(fact->what);
	missing->value = strdup("-");
	if (missing->what && missing->value)
		return 1;
	free(missing->what);
	free(missing->value);
	return -ENOMEM;
}

int facts_complete(struct facts *facts, const size_t runs[COMPARE_SIDES])
{
	size_t first, next, count;
	struct compare_fact *all;
	int added = 0;

	if (!facts->count)
		return 0;
	merge(facts);
	/* Each property may get one more value. */
	all = reallocarray(facts->fact, facts->count, 2 * sizeof(*all));
	if (!all)
		return -ENOMEM;
	facts->fact = all;
	count = facts->count;
	for (first = 0; first < count && added >= 0; first = next) {
		for (next = first + 1; next < count && !strcmp(all[next].what, all[first].what);)
			next++;
		added = complete_property(&all[first], next - first, runs, &all[facts->count]);
		facts->count += added > 0;
	}
	qsort(all, facts->count, sizeof(*all), by_order);
	return added < 0 ? added : 0;
}

bool facts_differ(const struct facts *facts, size_t index)
{
	const char *what = facts->fact[index].what;

	return (index && !strcmp(facts->fact[index - 1].what, what)) ||
	       (index + 1 < facts->count && !strcmp(facts->fact[index + 1].what, what));
}

void facts_free(struct facts *facts)
{
	size_t i;

	for (i = 0; i < facts->count; i++) {
		free(facts->fact[i].what);
		free(facts->fact[i].value);
	}
	free(facts->fact);
	*facts = (struct facts){};
}
