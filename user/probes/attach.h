/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attaches the BPF programs so that they outlive the process. systemd-shutdown kills every process
 * before the kexec, but the programs have to run until the jump: so their links are pinned in
 * bpffs.
 */
#ifndef LUOSCOPE_ATTACH_H
#define LUOSCOPE_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include <luoscope/stats_area.h>

#include "base/error.h"

struct probes;

/**
 * probes_attach - load the programs, attach and pin them, and stamp that they are in place
 * @when_attached: called once they are attached, before a signal can end the process; or NULL
 *
 * Probes of another luoscope, or fewer than can be attached now, are replaced. A program that
 * cannot be attached is left out, and its state says so. Returns 0; -EEXIST: all that can be are
 * attached already; -EPERM: not root; or another negative errno. If the programs cannot be loaded,
 * probes that were attached stay attached. After any later error nothing is attached.
 */
int probes_attach(struct probes *probes, void (*when_attached)(void), struct error *error);

/**
 * probes_are_unnoted - whether a report cannot know that these probes are attached
 *
 * They were attached so many times in this kernel that the stats area has no room left to say so.
 */
bool probes_are_unnoted(const struct probes *probes);

/**
 * probes_attach_arrival - the same after probes_open_arrival(), for the caller of pins_lock()
 *
 * bpffs is mounted, and nobody attached any probes before. Returns 0 or a negative errno: then
 * nothing is attached.
 */
int probes_attach_arrival(struct probes *probes, struct error *error);

/**
 * probes_attach_rest - after probes_attach_arrival(), attach the other programs
 *
 * Until then probes_attached() is false. Returns 0 or a negative errno: then what arrives is
 * watched and nothing else.
 */
int probes_attach_rest(struct probes *probes, struct error *error);

/*
 * Stamp @slot in the stats area: one of the slots that struct luoscope_stamp allows. @cycles is the
 * value of the counter; 0: now. If this fails, a report lacks this one stamp and nothing else, so
 * errors are ignored. Call it once they are attached.
 */
void probes_stamp(const struct probes *probes, enum luo_stats_slot slot, uint64_t cycles);

#endif /* LUOSCOPE_ATTACH_H */
