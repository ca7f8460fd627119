// SPDX-License-Identifier: GPL-2.0
#include "downtime.h"

#include "base/bounded.h"
#include "clock.h"
#include "model.h"
#include "steps.h"

/* Something went down at @from and is known not to be back: it was not at the blackout's end. */
static struct bounded until_end(const struct model *model, struct bounded from, const char *why)
{
	const struct model_boundary *end = &model->boundary[model->end_slot];

	if (!from.known || end->source == MODEL_SOURCE_NONE || !end->start.known ||
	    end->start.value <= from.value)
		return bounded_unknown(why);
	return bounded_at_least(clock_bounded(&model->clock, end->start.value - from.value, 0),
				why);
}

/*
 * A device that was not seen in service was down until its retrieve. If it is known not to have
 * come into service at all, it was down at the end of the blackout, too.
 */
static struct bounded of_device(const struct model *model, const struct model_device *device)
{
	struct bounded until = {};

	if (device->kept)
		return device->downtime;
	if (model_device_is_in_service(device))
		return device->downtime.known ? device->downtime : bounded_unknown(WHY_NO_DOWNTIME);
	if (device->not_back)
		until = until_end(model, bounded_estimate(device->step[STEP_FREEZE].start),
				  WHY_NOT_SERVING);
	if (device->downtime.known && (!until.known || device->downtime.value > until.value))
		return bounded_at_least(device->downtime, WHY_NOT_SERVING);
	return device->not_back ? until : bounded_unknown(WHY_NO_DOWNTIME);
}

static struct bounded of_file(const struct model *model, const struct model_file *file)
{
	if (file->downtime.known)
		return file->downtime;
	return file->not_back ? until_end(model, bounded_estimate(file->step[STEP_FREEZE].start),
					  WHY_NOT_BACK) :
				bounded_unknown(WHY_NO_DOWNTIME);
}

/*
 * A session whose files are not all back was down until the retrieve of the last one that is. If it
 * is known that they are not back, it was down at the end of the blackout, too.
 */
static struct bounded of_session(const struct model *model, const struct model_session *session)
{
	const bool is_away = session->files_missing && session->files_known;
	const char *why = !session->files_known ? WHY_MAYBE_BACK : is_away ? WHY_NOT_BACK : NULL;
	struct bounded until = {};

	if (is_away)
		until = until_end(model, model->boundary[LUO_STATS_B0_UPDATE_BEGIN].start,
				  WHY_NOT_BACK);
	if (until.known && (!session->downtime.known || until.value > session->downtime.value))
		return until;
	if (!session->downtime.known)
		return bounded_unknown("a start or an end was not observed");
	return why ? bounded_at_least(session->downtime, why) : session->downtime;
}

static struct bounded of_vm(const struct model *model, const struct model_vm *vm)
{
	if (vm->downtime.known)
		return vm->downtime;
	return model_vm_is_missing(model, vm) ? until_end(model, vm->exit, WHY_NO_VM_DOWNTIME) :
						bounded_unknown(WHY_NO_VM_DOWNTIME);
}

void downtime_bound(struct model *model)
{
	size_t i;

	for (i = 0; i < model->devices; i++)
		model->device[i].downtime = of_device(model, &model->device[i]);
	for (i = 0; i < model->files; i++)
		model->file[i].downtime = of_file(model, &model->file[i]);
	for (i = 0; i < model->sessions; i++)
		model->session[i].downtime = of_session(model, &model->session[i]);
	for (i = 0; i < model->vms; i++)
		model->vm[i].downtime = of_vm(model, &model->vm[i]);
}
