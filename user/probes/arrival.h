/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The programs that have to be in place before /dev/liveupdate is first opened in the new kernel.
 * Where the kernel can, one program is loaded for all entries of functions, one for all returns and
 * two for all tracepoints, and the functions are attached at once. Loading and attaching a program
 * for each takes several times as long.
 */
#ifndef LUOSCOPE_PROBES_ARRIVAL_H
#define LUOSCOPE_PROBES_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>

#include <luoscope/arrival.h>

#include "probe.h"

struct probes;

/* BPF_TRACE_FENTRY_MULTI and BPF_TRACE_FEXIT_MULTI, since 7.2. */
#define ARRIVAL_ATTACH_ENTRY  59
#define ARRIVAL_ATTACH_RETURN 60

/* Set @cookie and @arrives of a probe by its program's name. */
void arrival_describe(struct probe *probe);

/* Whether this probe is attached by arrival_attach(). */
bool arrival_is_at_once(const struct probes *probes, const struct probe *probe);

/* The program for all probes of that part. */
struct bpf_program *arrival_program(const struct probes *probes, enum arrival_part part);

/* Whether there are such probes, and they are still to be attached. */
bool arrival_wants(const struct probes *probes, enum arrival_part part);

/**
 * arrival_attach - attach these probes, those that begin spans or those that end them, and pin them
 *
 * Sets the state of the probes. Returns 0 or a negative errno; then some may be attached.
 */
int arrival_attach(struct probes *probes, bool ends);

/* The same for the returns of functions alone, in a process that has loaded nothing else. */
int arrival_attach_returns(struct probes *probes);

/* Take over what that process has attached. Returns false if it has not attached all of it. */
bool arrival_take_returns(struct probes *probes);

/*
 * After loading: make the programs ignore the probes that are left out, because no single function
 * can be removed from a link. Those that start spans come first.
 */
void arrival_ignore_left_out(const struct probes *probes);

#endif /* LUOSCOPE_PROBES_ARRIVAL_H */
