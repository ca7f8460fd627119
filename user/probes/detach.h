/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Detaches the probes: removes the pins in bpffs. Before that, it writes to the stats area that
 * nothing is watched from now on.
 */
#ifndef LUOSCOPE_DETACH_H
#define LUOSCOPE_DETACH_H

#include "base/error.h"

/* Like probes_detach(), for a process that has the lock. */
int pins_remove(struct error *error);

/**
 * probes_detach - detach all pinned programs, once nobody is attaching any
 *
 * Returns 0; -ENOENT: none are attached; or another negative errno.
 */
int probes_detach(struct error *error);

#endif /* LUOSCOPE_DETACH_H */
