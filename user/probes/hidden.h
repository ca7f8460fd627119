/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Probes that are attached, but whose pins this process does not see: another bpffs was mounted
 * over them, or they are in another mount namespace. A second set would record everything twice.
 */
#ifndef LUOSCOPE_HIDDEN_H
#define LUOSCOPE_HIDDEN_H

#include <stdbool.h>

#include "probes.h"

/*
 * Whether there are no pins here, but programs with the names of @probes are attached. The kernel
 * frees links some time after they were detached: waits for that, a second at most.
 */
bool hidden_are_attached(const struct probes *probes);

#endif /* LUOSCOPE_HIDDEN_H */
