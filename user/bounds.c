// SPDX-License-Identifier: GPL-2.0
#include "bounds.h"

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
static struct measured measure(const struct model *model, struct model_time time, uint64_t error_ns,
			       const char *why)
{
	struct measured measured;

	if (!time.known)
		return measured_unknown(model->clock.verdict == CLOCK_CONTRADICTED ?
						WHY_CONTRADICTED :
						WHY_NOT_TOLD);
	measured = measured_time(time.ns, error_ns);
	measured.why = why;
	if (why)
		measured.high = MEASURED_NO_HIGH;
	if (model->clock.verdict == CLOCK_CONTRADICTED) {
		measured.low = MEASURED_NO_LOW;
		measured.high = MEASURED_NO_HIGH;
		measured.why = WHY_CONTRADICTED;
	}
	return measured;
}

struct measured bounds_blackout(const struct model *model)
{
	const char *why = why_longer(model);

	if (!model->blackout.known && model->blackout_at_least.known)
		return measure(model, model->blackout_at_least,
			       clock_error_ns(&model->clock, model->blackout_at_least.ns),
			       WHY_NOT_IN_TIME);
	if (!model->blackout.known && model->clock.verdict != CLOCK_CONTRADICTED) {
		if (model->boundary[LUO_STATS_B0_UPDATE_BEGIN].source == MODEL_SOURCE_NONE)
			return measured_unknown(WHY_NO_BEGIN);
		if (model->boundary[model->end_slot].source == MODEL_SOURCE_NONE)
			return measured_unknown("the end was not observed: no file was seen to come"
						" back");
	}
	if (!why && !model->end_is_mark && (model->devices_missing || model->devices_unseen))
		why = WHY_NOT_SERVING;
	if (!why && !model->end_is_mark && model->devices_late)
		why = WHY_LATE;
	return measure(model, model->blackout, model->blackout_error_ns, why);
}

struct measured bounds_phase(const struct model *model, const struct model_phase *phase)
{
	const bool is_last = phase->end >= LUO_STATS_B10_RETRIEVED;

	return measure(model, phase->duration, phase->error_ns, is_last ? why_longer(model) : NULL);
}

struct measured bounds_device_dark(const struct model *model, const struct model_device *device)
{
	if (!device->dark.known)
		return measured_unknown(WHY_NO_DARK);
	return measure(model, device->dark, clock_error_ns(&model->clock, device->dark.ns),
		       model_device_is_in_service(device) ? NULL : WHY_NOT_SERVING);
}

struct measured bounds_session_blackout(const struct model *model,
					const struct model_session *session)
{
	if (!session->blackout.known)
		return measured_unknown("a begin or an end was not observed");
	return measure(model, session->blackout,
		       clock_error_ns(&model->clock, session->blackout.ns),
		       session->files_away ? WHY_NOT_BACK : NULL);
}
