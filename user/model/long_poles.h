/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The long poles: what the blackout would have been without one device, file or callback.
 */
#ifndef LUOSCOPE_LONG_POLES_H
#define LUOSCOPE_LONG_POLES_H

#include "model.h"

/**
 * poles_find - fill @model->pole, the longest first
 *
 * The last step of making a model. See struct model_pole for what is assumed. Without a blackout
 * there are none. Returns 0 or -ENOMEM.
 */
int poles_find(struct model *model);

/**
 * model_long_pole - what could have shortened the blackout most, luoscope itself apart; or NULL
 */
const struct model_pole *model_long_pole(const struct model *model);

/**
 * model_pole_name - what @pole is: of device, file's session or session; "" if it has no name
 */
const char *model_pole_name(const struct model *model, const struct model_pole *pole);

#endif /* LUOSCOPE_LONG_POLES_H */
