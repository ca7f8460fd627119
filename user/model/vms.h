/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: how the vCPUs of two areas become virtual machines. For build.c alone.
 *
 * A process is taken for one virtual machine. Which one of the new kernel is which one of the
 * kernel that left is told by their session; of several in one session by the name of their process
 * as well. Where the session of one of them is not known, for somebody else preserved its files,
 * the process's name must do: they are the same if no other one has it, and they have as many
 * vCPUs.
 */
#ifndef LUOSCOPE_VMS_H
#define LUOSCOPE_VMS_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/area.h"
#include "model.h"

/*
 * A vCPU that had not run for so long when another one of its virtual machine left, and did not
 * come back, was taken out of it before.
 */
#define VMS_UNPLUGGED_NS 600000000000LL

/**
 * struct vms_frame - where the update lies, by the counter of each kernel
 * @origin:     the counter at the time 0, of the old kernel [0] and the new one [1]
 * @comparable: whether times of that kernel can be told relative to the model's origin
 * @attempt:    number of the update in the old kernel; 0: it was not seen to begin
 */
struct vms_frame {
	uint64_t origin[2];
	bool comparable[2];
	uint32_t attempt;
};

/**
 * vms_find - fill the virtual machines of @model, once its boundaries are placed
 * @old: area of the old kernel, or NULL
 * @new: area of the new kernel, or NULL
 *
 * What makes no sense, or lies after B6 in @old or before the time zero of @came, is counted in
 * the losses of @model. Returns 0 or -ENOMEM.
 */
int vms_find(struct model *model, const struct area *old, const struct area *new,
	     const struct vms_frame *frame);

/**
 * vms_relate - tell which parts of their downtimes lie outside of the blackout, once that is known
 */
void vms_relate(struct model *model);

#endif /* LUOSCOPE_VMS_H */
