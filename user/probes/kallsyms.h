/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's list of symbols says about the probes' targets. BTF describes one function of a
 * name, however many there are, and none that the compiler has renamed or inlined.
 */
#ifndef LUOSCOPE_PROBES_KALLSYMS_H
#define LUOSCOPE_PROBES_KALLSYMS_H

#include <stddef.h>
#include <stdio.h>

#include "probe.h"

/**
 * kallsyms_check - leave out probes whose target's name means several functions or none
 * @symbols: as /proc/kallsyms has them; NULL: they cannot be read, and all stays as it is
 *
 * Of those that are missing in BTF it says why, where that can be seen. It reads many thousand
 * lines: 'luoscope init' must not wait for it.
 */
void kallsyms_check(struct probe *list, size_t count, FILE *symbols);

/* The same with the symbols of the running kernel. */
void kallsyms_check_running(struct probe *list, size_t count);

#endif /* LUOSCOPE_PROBES_KALLSYMS_H */
