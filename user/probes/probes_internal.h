/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of this folder share about the BPF object. For nobody else.
 */
#ifndef LUOSCOPE_PROBES_INTERNAL_H
#define LUOSCOPE_PROBES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "luoscope.skel.h"
#include "probe.h"

struct probes {
	struct luoscope_bpf *skeleton;
	struct probe *list;
	size_t count;
	bool have_area;
};

/* luoscope_bpf__open(), of which each caller would get its own copy of the object. */
struct luoscope_bpf *probes_open_skeleton(void);

struct bpf_program *probes_program(const struct probes *probes, size_t i);

/* Whether all programs of @group are in @state. */
bool probes_group_is(const struct probes *probes, enum probe_group group, enum probe_state state);

/* Load the programs whose targets this kernel has. Returns 0 or a negative errno. */
int probes_load(struct probes *probes);

#endif /* LUOSCOPE_PROBES_INTERNAL_H */
