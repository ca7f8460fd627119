/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gaps: time in which nothing that luoscope observes was under way, in device_shutdown and in
 * the part of the blackout that belongs to user space.
 */
#ifndef LUOSCOPE_GAPS_H
#define LUOSCOPE_GAPS_H

struct build;

/**
 * gaps_find - fill in @unobserved of the phases, and the model's gaps, the longest first
 *
 * Call it after the phases and all spans are there. The gaps of a phase are not known if it began
 * before the probes were in place, or if spans were dropped: the model's @gaps_unknown says why.
 * Returns 0 or -ENOMEM.
 */
int gaps_find(struct build *build);

#endif /* LUOSCOPE_GAPS_H */
