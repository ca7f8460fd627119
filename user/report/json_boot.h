/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of the report's JSON about the new kernel's boot.
 */
#ifndef LUOSCOPE_JSON_BOOT_H
#define LUOSCOPE_JSON_BOOT_H

#include <jansson.h>

#include "model/model.h"

/* An object, or null if the capture has no boot log. Returns NULL if memory is short. */
json_t *json_boot(const struct model_boot *boot);

#endif /* LUOSCOPE_JSON_BOOT_H */
