/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The BPF programs: which can run on this kernel.
 */
#ifndef LUOSCOPE_PROBES_H
#define LUOSCOPE_PROBES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "probe.h"
#include "probes_internal.h"

struct probes;

/* Have libbpf and the verifier say on stderr what they do not like. */
void probes_set_verbose(bool on);

/**
 * probes_open - look up what of the programs this kernel can take; nothing is loaded yet
 *
 * Returns 0 with *@probes, which the caller frees with probes_free(); -ENOENT: the kernel has no
 * BTF; or another negative errno.
 */
int probes_open(struct probes **probes, struct error *error);

/*
 * The programs, in their order in the object; @count is set to how many. Valid until
 * probes_free().
 */
const struct probe *probes_list(const struct probes *probes, size_t *count);

/*
 * True if luo_stats is loaded, or built in, with the kfuncs that the programs need. Without it
 * nothing outlives the kexec.
 */
bool probes_have_area(const struct probes *probes);

/*
 * True if vCPUs can be watched: KVM is there, loaded or built in, and so is luo_stats, without
 * which it would be for nothing.
 */
bool probes_have_kvm(const struct probes *probes);

void probes_free(struct probes *probes);

/**
 * probes_left_out - what was loaded after the probes were attached, and so is not watched
 * @probes: what this kernel can take; NULL: not known, then all that is loaded is taken for it
 *
 * Attaching anew would watch it. Returns its name for people, or NULL if there is none.
 */
const char *probes_left_out(const struct probes *probes);

#endif /* LUOSCOPE_PROBES_H */
