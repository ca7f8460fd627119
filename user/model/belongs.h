/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What belongs to what: a device to the file by which it was preserved, a file to its session, and
 * both to the virtual machine whose process preserved or retrieved them.
 */
#ifndef LUOSCOPE_BELONGS_H
#define LUOSCOPE_BELONGS_H

#include "model.h"

/**
 * belongs_find - find which file, device, session and virtual machine belong together
 *
 * A device's steps run inside the steps of its file, in the same thread. A session is a virtual
 * machine's if that is the only one whose process used it. What is not certain is left unknown: so
 * is the device of a file by which two were preserved, or seem to have been. Only for build.c, once
 * all spans are mapped. Returns 0 or -ENOMEM.
 */
int belongs_find(struct model *model);

/* The file by which @device was preserved; NULL: not known. */
const struct model_file *device_file(const struct model *model, const struct model_device *device);

/* The virtual machine that uses @device, @file or @session; NULL: not known. */
const struct model_vm *device_vm(const struct model *model, const struct model_device *device);
const struct model_vm *file_vm(const struct model *model, const struct model_file *file);
const struct model_vm *session_vm(const struct model *model, const struct model_session *session);

#endif /* LUOSCOPE_BELONGS_H */
