/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How far attaching the probes has come, and when: 'luoscope init' says what each part of it took.
 */
#ifndef LUOSCOPE_PROBES_STEPS_H
#define LUOSCOPE_PROBES_STEPS_H

#include <stdint.h>

struct probes;

/* What attaching probes goes through. */
enum probes_step {
	PROBES_OPENED,	 /* the BPF object */
	PROBES_TYPES,	 /* the types of the kernel are read */
	PROBES_MODULES,	 /* the modules are there */
	PROBES_FOUND,	 /* all targets are looked up */
	PROBES_LOADED,	 /* the programs */
	PROBES_ATTACHED, /* and pinned */
	PROBES_STEPS,
};

/* Note that the probes have reached @step. Only for this folder. */
void probes_reach(struct probes *probes, enum probes_step step);

/* When that was reached, on CLOCK_BOOTTIME; 0: not yet. */
uint64_t probes_reached_ns(const struct probes *probes, enum probes_step step);

#endif /* LUOSCOPE_PROBES_STEPS_H */
