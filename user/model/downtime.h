/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: how long devices, files, sessions and virtual machines gave no service, where
 * not all of that was seen. For build.c alone.
 */
#ifndef LUOSCOPE_DOWNTIME_H
#define LUOSCOPE_DOWNTIME_H

#include "model.h"

/**
 * downtime_bound - give all downtimes their bounds, once the blackout is known
 *
 * What is known not to be back was down to the end of the blackout, at least.
 */
void downtime_bound(struct model *model);

#endif /* LUOSCOPE_DOWNTIME_H */
