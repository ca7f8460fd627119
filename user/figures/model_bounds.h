/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the times of a model are all of what they name. A blackout after which a file did not
 * come back lasted at least as long as was seen, and perhaps longer. Every view and every verdict
 * asks here.
 *
 * By a clock that is contradicted nothing is sure: then both bounds are open.
 */
#ifndef LUOSCOPE_MODEL_BOUNDS_H
#define LUOSCOPE_MODEL_BOUNDS_H

#include "base/bounded.h"
#include "model/model.h"

/* Why something is not known, or not all of it. They stand for one step and for several alike. */
#define WHY_NO_BEGIN	   "the begin of the update was not observed"
#define WHY_NOT_BACK	   "a file that was frozen was not seen to come back"
#define WHY_MAYBE_BACK	   "it is not known whether every file came back"
#define WHY_NOT_SERVING	   "a preserved device was not seen in service again"
#define WHY_LATE	   "a preserved device came into service long after the rest"
#define WHY_NOT_IN_TIME	   "no file came back in time"
#define WHY_CONTRADICTED   "the clock is contradicted"
#define WHY_NO_DOWNTIME	   "a freeze or a return was not observed"
#define WHY_NO_VM_DOWNTIME "not each vCPU was seen to leave and to run again"
#define WHY_NOT_TOLD	   "the clock does not tell how long that took"

struct bounded bounds_blackout(const struct model *model);

/* How long it lasted, or, where it has no end, was seen to last; as far as a model knows. */
static inline struct model_time bounds_blackout_time(const struct model *model)
{
	return model->blackout.known ? model->blackout : model->blackout_at_least;
}

struct bounded bounds_phase(const struct model *model, const struct model_phase *phase);

/* Of what is known not to be back: at least as long as to the end of the blackout. */
struct bounded bounds_device_downtime(const struct model *model, const struct model_device *device);
struct bounded bounds_file_downtime(const struct model *model, const struct model_file *file);
struct bounded bounds_vm_downtime(const struct model *model, const struct model_vm *vm);

struct bounded bounds_session_downtime(const struct model *model,
				       const struct model_session *session);

#endif /* LUOSCOPE_MODEL_BOUNDS_H */
