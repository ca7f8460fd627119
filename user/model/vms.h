/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: how the vCPUs of two areas become virtual machines. Only for build.c.
 *
 * Each process is taken to be one virtual machine. Those of the new kernel are matched to those of
 * the old kernel by their session; if there are several in one session, by the name of their
 * process as well. If the session of one is not known, because another process preserved its files,
 * only the process name is used: two are the same if no other one has that name, and they have the
 * same number of vCPUs.
 */
#ifndef LUOSCOPE_VMS_H
#define LUOSCOPE_VMS_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/area.h"
#include "model.h"

/*
 * A vCPU that had not run for this long when another one of its virtual machine stopped, and did
 * not come back, was unplugged before the update.
 */
#define VMS_UNPLUGGED_NS 600000000000LL

/**
 * struct vms_frame - where the update lies, by the counter of each kernel
 * @origin:     the counter at time 0, of the old kernel [0] and the new one [1]
 * @comparable: whether times of that kernel can be given relative to the model's origin
 * @attempt:    number of the update in the old kernel; 0: it was not seen to begin
 * @was_detached: the probes of the old kernel were, when it matters
 */
struct vms_frame {
	uint64_t origin[2];
	bool comparable[2];
	uint32_t attempt;
	bool was_detached;
};

/**
 * vms_find - fill the virtual machines of @model, once its boundaries are placed
 * @old: area of the old kernel, or NULL
 * @new: area of the new kernel, or NULL
 *
 * Spans that make no sense, or lie after B6 in @old or before time zero in @new, are counted in the
 * losses of @model. Returns 0 or -ENOMEM.
 */
int vms_find(struct model *model, const struct area *old, const struct area *new,
	     const struct vms_frame *frame);

/**
 * vms_relate - find which parts of their downtimes lie outside the blackout, once that is known
 */
void vms_relate(struct model *model);

#endif /* LUOSCOPE_VMS_H */
