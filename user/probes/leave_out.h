/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Leaves out single probes: if a kernel cannot run one, only what is of no use without it is
 * left out as well.
 */
#ifndef LUOSCOPE_PROBES_LEAVE_OUT_H
#define LUOSCOPE_PROBES_LEAVE_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "probe.h"

/**
 * probe_leave_out - set the state of @probe to PROBE_LEFT_OUT
 * @format: why. What comes before the first colon or comma is all that a capture has room for
 */
void probe_leave_out(struct probe *probe, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * leave_out_settle - leave out what is of no use without what is missing or left out
 *
 * No span may get a beginning without an end, or an end without a beginning. A stand-in becomes
 * ready if what it stands in for is gone, and is not needed otherwise.
 */
void leave_out_settle(struct probe *list, size_t count);

/* Leave out all probes that are ready, but not those that stamp the boundaries of an update. */
void leave_out_all_but_boundaries(struct probe *list, size_t count);

/**
 * probe_is_missed - whether a report lacks what @probe would see
 *
 * That is not so for a function of a module that is not loaded, for a tracepoint that only some
 * kernels have, and for all of LUO in a kernel without LUO.
 */
bool probe_is_missed(const struct probe *probe, const struct probe *list, size_t count);

/* Write what @probe is called for people, such as "luo_open, return", to @text. Returns @text. */
const char *probe_label(char text[PROBE_LABEL_BYTES], const struct probe *probe);

#endif /* LUOSCOPE_PROBES_LEAVE_OUT_H */
