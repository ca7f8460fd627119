// SPDX-License-Identifier: GPL-2.0
#include "attempts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/text.h"
#include "boundaries.h"
#include "capture/area.h"
#include "clock.h"
#include "model.h"

static int compare_attempts(const void *a, const void *b)
{
	const struct model_attempt *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/*
 * What the errors of a device's freeze mean: see vfio_pci_freeze_begin in docs/tracepoints.md. An
 * error that has several reasons names all of them, because nothing else was recorded.
 */
static const struct {
	int32_t result;
	const char *reason;
	const char *why;
	const char *what_to_do;
} refusals[] = {
	{ -EINVAL, "interrupts_enabled", "its interrupts are still enabled",
	  "Have its VMM disable them (VFIO_DEVICE_SET_IRQS) before the update" },
	{ -EBUSY, "busy",
	  "it is being unbound, a system call on its file does not end, or it has virtual functions",
	  "Let its VMM pause first, do not unbind it meanwhile, and remove its virtual functions" },
	{ -ENODEV, "removed", "it was removed", "Close its session: the device is gone" },
};

static void explain(struct model_attempt *attempt, const struct area *area, int32_t result)
{
	const uint64_t watches = area_watches(area);
	size_t i;

	/* Nobody knows what another handler means. */
	if (watches != UINT64_MAX && watches & LUO_STATS_WATCH_DEVICE_FILES)
		return;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		if (attempt->cause_kind != LUO_STATS_SUBJECT_DEVICE || refusals[i].result != result)
			continue;
		attempt->reason = refusals[i].reason;
		attempt->why = refusals[i].why;
		attempt->what_to_do = refusals[i].what_to_do;
	}
}

/*
 * A device that fails makes its file fail: the device says more. If there are several, the first
 * one.
 */
static void find_cause(struct model_attempt *attempt, const struct area *area)
{
	struct luo_stats_subject_key id;
	struct area_cursor cursor = {};
	struct luo_stats_span span;
	uint64_t begin_cycles = 0;
	int32_t result = 0;

	while (area_next_span(area, &cursor, &span)) {
		if (span.kind != LUO_STATS_FREEZE || span.attempt != attempt->number ||
		    span.state != LUO_STATS_CLOSED || !span.result ||
		    !area_subject(area, span.subject, &id) ||
		    (id.kind != LUO_STATS_SUBJECT_DEVICE && id.kind != LUO_STATS_SUBJECT_FILE))
			continue;
		if (attempt->cause_kind == id.kind ?
			    span.begin_cycles >= begin_cycles :
			    attempt->cause_kind == LUO_STATS_SUBJECT_DEVICE)
			continue;
		attempt->cause_kind = id.kind;
		attempt->cause_key = id.key;
		TEXT_COPY(attempt->cause, id.name);
		TEXT_COPY(attempt->cause_handler, id.detail);
		begin_cycles = span.begin_cycles;
		result = span.result;
	}
	explain(attempt, area, result);
}

void attempts_add(struct model *model, const struct area *area)
{
	size_t first = model->attempts;
	unsigned int i;

	for (i = 0; i < LUO_STATS_ATTEMPTS; i++) {
		const struct luo_stats_boundaries *set = &area->header.as_old_kernel[i];
		struct model_attempt *attempt = &model->attempt[model->attempts];
		int64_t ns;

		if (!set->attempt || set->attempt > area->header.attempts ||
		    !area_attempt_failed(set))
			continue;
		*attempt = (struct model_attempt){ .generation = area->header.generation,
						   .number = set->attempt,
						   .result = set->result,
						   .reason = "",
						   .why = "",
						   .what_to_do = "" };
		if (set->cycles[LUO_STATS_B0_UPDATE_BEGIN])
			attempt->begin_realtime_ns = boundaries_realtime_at(
				&model->clock, area, set->cycles[LUO_STATS_B0_UPDATE_BEGIN]);
		if (set->cycles[LUO_STATS_B0_UPDATE_BEGIN] &&
		    !clock_ns(&model->clock, set->cycles[LUO_STATS_B0_UPDATE_BEGIN],
			      set->end_cycles, &ns) &&
		    ns >= 0 && ns <= CLOCK_UPDATE_MAX_NS)
			attempt->duration = clock_bounded(&model->clock, ns, 0);
		find_cause(attempt, area);
		model->attempts++;
	}
	qsort(&model->attempt[first], model->attempts - first, sizeof(model->attempt[0]),
	      compare_attempts);
}
