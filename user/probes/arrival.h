/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The programs that have to be in place before /dev/liveupdate is first opened in the new kernel.
 * Where the kernel can, their functions are attached at once, which takes a tenth of the time.
 */
#ifndef LUOSCOPE_PROBES_ARRIVAL_H
#define LUOSCOPE_PROBES_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "probe.h"
#include "probes_internal.h"

/* BPF_TRACE_FENTRY_MULTI and BPF_TRACE_FEXIT_MULTI, since 7.3. */
#define ARRIVAL_ATTACH_ENTRY  59
#define ARRIVAL_ATTACH_RETURN 60

/* Set @cookie and @arrives of a probe by its program's name. */
void arrival_describe(struct probe *probe);

/* Whether this probe is attached by arrival_attach(). */
bool arrival_is_at_once(const struct probes *probes, const struct probe *probe);

/**
 * arrival_attach - attach the functions of the arrival, entries or returns, at once, and pin them
 *
 * Sets the state of the probes. Returns 0 or a negative errno; then none is attached.
 */
int arrival_attach(struct probes *probes, bool returns);

#endif /* LUOSCOPE_PROBES_ARRIVAL_H */
