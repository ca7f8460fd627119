/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asks the service manager for what the kernel does not know: when it stopped services before the
 * update, and when it had started them after it. Only systemd is supported; the times before the
 * update need version 262 or later.
 */
#ifndef LUOSCOPE_SYSTEMD_H
#define LUOSCOPE_SYSTEMD_H

#include <stdbool.h>
#include <stdio.h>

/* The keys in the HOST section of a capture are this prefix and systemd's name of the property. */
#define MANAGER_PREFIX "systemd."

/* Times in the old kernel: CLOCK_REALTIME in s, CLOCK_MONOTONIC in us. */
#define MANAGER_SHUTDOWN_START		"PreviousShutdownStartTimestampMonotonic"
#define MANAGER_SHUTDOWN_START_REALTIME "PreviousShutdownStartTimestamp"
#define MANAGER_SHUTDOWN_FINISH		"PreviousShutdownFinishTimestampMonotonic"
#define MANAGER_SHUTDOWN_LATE_START	"PreviousShutdownLateStartTimestampMonotonic"
#define MANAGER_SHUTDOWN_LATE_FINISH	"PreviousShutdownLateFinishTimestampMonotonic"
/* Times in the new kernel. */
#define MANAGER_START	"UserspaceTimestampMonotonic"
#define MANAGER_FINISH	"FinishTimestampMonotonic"
#define MANAGER_VERSION "Version"

/**
 * manager_describe - write the properties of the running service manager to @out, each as
 * "<name>=<value>\n"
 *
 * Unknown properties are left out. Writes nothing if there is no systemd, or if it does not answer
 * within 5 s.
 */
void manager_describe(FILE *out);

/* Whether the service manager is about to kexec: it has a job for kexec.target. */
bool manager_will_kexec(void);

#endif /* LUOSCOPE_SYSTEMD_H */
