/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: what the new kernel's log says about its boot, on the update's clock. Only for
 * build.c.
 */
#ifndef LUOSCOPE_BOOT_H
#define LUOSCOPE_BOOT_H

#include <stdint.h>

#include "capture/capture.h"
#include "model.h"

/**
 * boot_place - fill @model->boot with what @capture has of the boot
 * @origin: the counter at the model's time 0, for the new kernel; 0: it is not known, or times of
 *          that kernel cannot be given relative to it
 *
 * Needs the clock, the boundaries and the devices of @model. What began after the blackout's end is
 * left out. Returns 0 or -ENOMEM.
 */
int boot_place(struct model *model, const struct capture *capture, uint64_t origin);

#endif /* LUOSCOPE_BOOT_H */
