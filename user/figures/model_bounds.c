// SPDX-License-Identifier: GPL-2.0
#include "model_bounds.h"

#include "base/bounded.h"
#include "model/clock.h"
#include "model/model.h"

/* Why the blackout, or a phase that ends with its end, may have lasted longer; or NULL. */
static const char *why_longer(const struct model *model)
{
	if (model->files_missing_known && model->files_missing)
		return WHY_NOT_BACK;
	if (!model->files_missing_known)
		return WHY_MAYBE_BACK;
	return NULL;
}

/* @why: why it may have been longer; NULL: it was not. */
static struct bounded measure(const struct model *model, struct model_time time, uint64_t error_ns,
			      const char *why)
{
	struct bounded measured;

	if (!time.known)
		return bounded_unknown(model->clock.verdict == CLOCK_CONTRADICTED ?
					       WHY_CONTRADICTED :
					       WHY_NOT_TOLD);
	measured = bounded_with_error(time.ns, error_ns);
	measured.why = why;
	if (why)
		measured.high = BOUNDED_NO_HIGH;
	if (model->clock.verdict == CLOCK_CONTRADICTED) {
		measured.low = BOUNDED_NO_LOW;
		measured.high = BOUNDED_NO_HIGH;
		measured.why = WHY_CONTRADICTED;
	}
	return measured;
}

/* Why the blackout may have lasted longer; or NULL. */
static const char *why_blackout_longer(const struct model *model)
{
	const char *why = why_longer(model);

	if (!why && !model->end_is_mark && (model->devices_missing || model->devices_unseen))
		why = WHY_NOT_SERVING;
	if (!why && !model->end_is_mark && model->devices_late)
		why = WHY_LATE;
	return why;
}

struct bounded bounds_blackout(const struct model *model)
{
	if (!model->blackout.known && model->blackout_at_least.known)
		return measure(model, model->blackout_at_least,
			       clock_error_ns(&model->clock, model->blackout_at_least.ns),
			       WHY_NOT_IN_TIME);
	if (!model->blackout.known && model->clock.verdict != CLOCK_CONTRADICTED) {
		if (model->boundary[LUO_STATS_B0_UPDATE_BEGIN].source == MODEL_SOURCE_NONE)
			return bounded_unknown(WHY_NO_BEGIN);
		if (model->boundary[model->end_slot].source == MODEL_SOURCE_NONE)
			return bounded_unknown("the end was not observed: no file was seen to come"
					       " back");
	}
	return measure(model, model->blackout, model->blackout_error_ns,
		       why_blackout_longer(model));
}

struct bounded bounds_phase(const struct model *model, const struct model_phase *phase)
{
	const char *why = phase->end == LUO_STATS_B11_IN_SERVICE ? why_blackout_longer(model) :
			  phase->end == LUO_STATS_B10_RETRIEVED	 ? why_longer(model) :
								   NULL;

	return measure(model, phase->duration, phase->error_ns, why);
}

/* A time of which nothing but the rate of the counter is in doubt, and @why. */
static struct bounded measure_by_clock(const struct model *model, struct model_time downtime,
				       const char *why)
{
	return measure(model, downtime, clock_error_ns(&model->clock, downtime.ns), why);
}

/* What went down at @from and is known not to be back: to the end of the blackout, at least. */
static struct bounded measure_not_back(const struct model *model, struct model_time from,
				       const char *why)
{
	const struct model_boundary *end = &model->boundary[model->end_slot];

	if (!from.known || end->source == MODEL_SOURCE_NONE || !end->start.known ||
	    end->start.ns <= from.ns)
		return bounded_unknown(why);
	return measure_by_clock(model, (struct model_time){ true, end->start.ns - from.ns }, why);
}

struct bounded bounds_device_downtime(const struct model *model, const struct model_device *device)
{
	if (device->downtime.known)
		return measure_by_clock(model, device->downtime,
					model_device_is_in_service(device) ? NULL :
									     WHY_NOT_SERVING);
	return device->not_back ? measure_not_back(model, device->freeze.start, WHY_NOT_SERVING) :
				  bounded_unknown(WHY_NO_DOWNTIME);
}

struct bounded bounds_file_downtime(const struct model *model, const struct model_file *file)
{
	if (file->downtime.known)
		return measure_by_clock(model, file->downtime, NULL);
	return file->not_back ? measure_not_back(model, file->freeze.start, WHY_NOT_BACK) :
				bounded_unknown(WHY_NO_DOWNTIME);
}

struct bounded bounds_vm_downtime(const struct model *model, const struct model_vm *vm)
{
	if (vm->downtime.known)
		return measure_by_clock(model, vm->downtime, NULL);
	return model_vm_is_missing(model, vm) ?
		       measure_not_back(model, vm->exit, WHY_NO_VM_DOWNTIME) :
		       bounded_unknown(WHY_NO_VM_DOWNTIME);
}

struct bounded bounds_session_downtime(const struct model *model,
				       const struct model_session *session)
{
	if (!session->downtime.known)
		return bounded_unknown("a begin or an end was not observed");
	return measure_by_clock(model, session->downtime,
				!session->files_known  ? WHY_MAYBE_BACK :
				session->files_missing ? WHY_NOT_BACK :
							 NULL);
}
