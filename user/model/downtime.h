/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: how long devices, files, sessions and virtual machines gave no service, if that
 * was not observed completely. Only for build.c.
 */
#ifndef LUOSCOPE_DOWNTIME_H
#define LUOSCOPE_DOWNTIME_H

#include "model.h"

/**
 * downtime_bound - give all downtimes their bounds, once the blackout is known
 *
 * What is known not to be back was down at least until the end of the blackout.
 */
void downtime_bound(struct model *model);

#endif /* LUOSCOPE_DOWNTIME_H */
