/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attaching the BPF programs so that they outlive the process: their links are pinned in bpffs, for
 * systemd-shutdown kills every process before the kexec, and the programs are wanted up to the
 * jump.
 */
#ifndef LUOSCOPE_ATTACH_H
#define LUOSCOPE_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include <luoscope/stats_area.h>

#include "base/error.h"
#include "probes_internal.h"

/**
 * probes_attach - load the programs, attach and pin them, and stamp that they are in place
 * @replace: take off those that are attached already, once these are loaded
 *
 * A program that cannot be attached is left out: its state says so. Returns 0; -EEXIST: some are
 * attached already; -EPERM: not root; or another negative errno. What was attached stays so if
 * these cannot be loaded; after any later error nothing is attached.
 */
int probes_attach(struct probes *probes, bool replace, struct error *error);

/*
 * Stamp @slot, one of those that struct luoscope_stamp names, in the stats area; @cycles: the
 * counter then, 0: now. A failure costs a report this one stamp and nothing else, so there is none
 * to handle. After probes_attach().
 */
void probes_stamp(const struct probes *probes, enum luo_stats_slot slot, uint64_t cycles);

#endif /* LUOSCOPE_ATTACH_H */
