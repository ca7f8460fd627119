// SPDX-License-Identifier: GPL-2.0
#include "facts.h"

#include <errno.h>
#include <stdarg.h>
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

static int add_fact(struct facts *facts, enum compare_side side, size_t runs, const char *what,
		    const char *value)
{
	struct compare_fact *fact;
	size_t i, at = facts->count;

	for (i = 0; i < facts->count; i++) {
		if (strcmp(facts->fact[i].what, what) != 0)
			continue;
		if (!strcmp(facts->fact[i].value, value)) {
			facts->fact[i].runs[side] += runs;
			return 0;
		}
		at = i + 1;
	}
	fact = array_grow(facts->fact, facts->count, sizeof(*fact));
	if (!fact)
		return -ENOMEM;
	facts->fact = fact;
	fact += at;
	memmove(fact + 1, fact, (facts->count - at) * sizeof(*fact));
	*fact = (struct compare_fact){ .what = strdup(what), .value = strdup(value) };
	fact->runs[side] = runs;
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
	err = add_fact(facts, side, 1, what, value);
	free(value);
	return err;
}

static int reset_fact(struct facts *facts, enum compare_side side, const char *what,
		      const struct model_reset *reset, const struct model_span *span)
{
	char error[NAME_BYTES];
	const bool failed = model_span_failed(span);

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

int facts_add_run(struct facts *facts, enum compare_side side, const struct model *model)
{
	int err;

	err = fact(facts, side, "kernels", "%s -> %s",
		   model->from_release[0] ? model->from_release : "?",
		   model->to_release[0] ? model->to_release : "?");
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

int facts_complete(struct facts *facts, const size_t runs[COMPARE_SIDES])
{
	size_t i, first = 0, known[COMPARE_SIDES] = {};
	unsigned int side;
	int err;

	for (i = 0; i < facts->count; i++) {
		const bool is_last = i + 1 == facts->count ||
				     strcmp(facts->fact[i + 1].what, facts->fact[i].what);

		for (side = 0; side < COMPARE_SIDES; side++)
			known[side] += facts->fact[i].runs[side];
		if (!is_last)
			continue;
		for (side = 0; side < COMPARE_SIDES; side++) {
			if (known[side] < runs[side]) {
				err = add_fact(facts, side, runs[side] - known[side],
					       facts->fact[first].what, "-");
				if (err)
					return err;
			}
			known[side] = 0;
		}
		/*
		 * The added fact goes after the last one, and stands for the runs that lack the
		 * property.
		 */
		while (i + 1 < facts->count &&
		       !strcmp(facts->fact[i + 1].what, facts->fact[first].what))
			i++;
		first = i + 1;
	}
	return 0;
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
