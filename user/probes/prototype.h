/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a kernel's function is the one that a program was written for.
 */
#ifndef LUOSCOPE_PROBES_PROTOTYPE_H
#define LUOSCOPE_PROBES_PROTOTYPE_H

#include "kernel_btf.h"
#include "probe.h"

/**
 * prototype_check - leave @probe out if its target is not what its program expects
 * @name: its target, as found by kernel_btf_find()
 *
 * That is so if several functions have its name, and if its arguments or what it returns are not as
 * expected. Nothing is expected of functions of which no program reads anything.
 */
void prototype_check(struct probe *probe, const struct kernel_btf_name *name);

#endif /* LUOSCOPE_PROBES_PROTOTYPE_H */
