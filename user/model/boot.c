// SPDX-License-Identifier: GPL-2.0
#include "boot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "capture/boot_log.h"
#include "capture/capture.h"
#include "clock.h"
#include "model.h"
#include "steps.h"

/* Converts times of the log to times of the model. */
struct placer {
	const struct clock *clock;
	uint64_t origin;
};

static struct bounded place(const struct placer *placer, uint64_t usec)
{
	uint64_t cycles, error_ns;
	int64_t ns;

	if (!placer->origin || clock_log_cycles(placer->clock, usec, &cycles, &error_ns) ||
	    clock_ns(placer->clock, placer->origin, cycles, &ns))
		return (struct bounded){};
	return clock_bounded(placer->clock, ns, error_ns);
}

/* The sum of @count times, each of which the log has in whole microseconds. */
static struct bounded usec_time(const struct clock *clock, uint64_t usec, uint64_t count)
{
	if (usec > CLOCK_MAX_NS / 1000 || count > CLOCK_MAX_NS / 1000)
		return (struct bounded){};
	return clock_bounded(clock, (int64_t)usec * 1000, count * 1000);
}

/*
 * Whether the time of @row is that between two lines, and the log's clock was losing time then, as
 * it does until it is stable. @figures_usec: from then on, rows have the kernel's own figures;
 * UINT64_MAX: never.
 */
static bool has_lost_time(const struct clock *clock, const struct boot_row *row,
			  uint64_t figures_usec)
{
	return clock->log.lost_ns && row->begin_usec < figures_usec &&
	       row->begin_usec * 1000 < clock->log.stable_ns;
}

static int place_list(struct model_boot_list *list, const struct placer *placer,
		      const struct boot_rows *found, uint64_t figures_usec, struct bounded end,
		      bool lost)
{
	size_t i;

	list->row = calloc(found->rows + 1, sizeof(*list->row));
	if (!list->row)
		return -ENOMEM;
	list->count = found->count;
	list->total = usec_time(placer->clock, found->total_usec, found->count);
	if (list->total.known && lost)
		list->total = bounded_at_least(list->total, WHY_RECORDS_LOST);
	for (i = 0; i < found->rows; i++) {
		const struct boot_row *from = &found->row[i];
		struct model_boot_row *row = &list->row[list->rows];

		row->start = place(placer, from->begin_usec);
		if (end.known && row->start.known && row->start.value > end.value) {
			list->count--;
			list->total = bounded_minus(list->total, (int64_t)from->usec * 1000);
			continue;
		}
		row->duration = usec_time(placer->clock, from->usec, 1);
		if (has_lost_time(placer->clock, from, figures_usec)) {
			row->duration = bounded_at_least(row->duration, WHY_CLOCK_SLOW);
			list->total = bounded_at_least(list->total, WHY_CLOCK_SLOW);
		}
		row->result = from->result;
		memcpy(row->what, from->what, sizeof(row->what));
		memcpy(row->of, from->of, sizeof(row->of));
		list->rows++;
	}
	return 0;
}

/* What was used at @span was there by then. */
static void was_there(struct bounded *latest, const struct clock *clock,
		      const struct model_span *span)
{
	if (span->observed && span->in_new_kernel && span->start.known && !span->result &&
	    (!latest->known || span->start.value < latest->value))
		*latest = bounded_at_most(clock_estimate(clock, span->start),
					  "only its first use was seen");
}

int boot_place(struct model *model, const struct capture *capture, uint64_t origin)
{
	const struct placer placer = { .clock = &model->clock, .origin = origin };
	const struct capture_section *section = &capture->section[CAPTURE_BOOT];
	const struct model_boundary *end = &model->boundary[model->end_slot];
	struct model_boot *boot = &model->boot;
	struct boot_log *log;
	unsigned int i;
	uint64_t figures_usec;
	size_t device;
	int err = 0;

	if (!section->bytes)
		return 0;
	log = malloc(sizeof(*log));
	if (!log)
		return -ENOMEM;
	boot_log_parse(log, section->bytes, section->size);
	figures_usec = log->moment_known[BOOT_CLOCKSOURCE] ? log->moment_usec[BOOT_CLOCKSOURCE] :
							     UINT64_MAX;
	boot->is_recorded = true;
	boot->has_boot = log->has_boot;
	boot->has_initcalls = log->list[BOOT_INITCALLS].count;
	boot->lost = log->lost;
	boot->lost_until = place(&placer, log->lost_until_usec);
	for (i = 0; i < BOOT_MOMENTS; i++)
		if (log->moment_known[i])
			boot->moment[i] = place(&placer, log->moment_usec[i]);
	for (i = 0; !err && i < BOOT_LISTS; i++)
		err = place_list(&boot->list[i], &placer, &log->list[i],
				 i == BOOT_SILENCES ? UINT64_MAX : figures_usec,
				 end->source != MODEL_SOURCE_NONE ? end->start : (struct bounded){},
				 boot->lost);
	boot->console = log->console;
	if (log->console.waits && log->console.lines >= BOOT_CONSOLE_LINES)
		boot->console_cost = bounded_at_least(
			clock_bounded(&model->clock,
				      (int64_t)(log->console.ns_per_byte * log->console.bytes), 0),
			"only what was logged without a break was timed");
	for (device = 0; device < model->devices; device++) {
		const struct model_span *step = model->device[device].step;

		was_there(&boot->vfio_pci_latest, &model->clock, &step[STEP_RETRIEVE]);
		was_there(&boot->vfio_pci_latest, &model->clock, &step[STEP_BIND]);
	}
	free(log);
	return err;
}
