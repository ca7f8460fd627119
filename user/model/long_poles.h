/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The long poles: what the blackout would have been without one device, file or callback.
 */
#ifndef LUOSCOPE_LONG_POLES_H
#define LUOSCOPE_LONG_POLES_H

#include "model.h"

/**
 * long_poles_find - fill @model->pole, the longest first
 *
 * The last step of building a model. See struct model_long_pole for the assumptions. Without a
 * blackout there are no long poles. Returns 0 or -ENOMEM.
 */
int long_poles_find(struct model *model);

/**
 * long_pole_name - name of the device, the file's session or the session that @pole is; "" if it
 * has none
 */
const char *long_pole_name(const struct model *model, const struct model_long_pole *pole);

#endif /* LUOSCOPE_LONG_POLES_H */
