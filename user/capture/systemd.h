/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asks the service manager, which sees what the kernel does not: since when it stopped services
 * before the update, and how long it started them after it. Only systemd is known, of version 262
 * or later for what came before the update.
 */
#ifndef LUOSCOPE_SYSTEMD_H
#define LUOSCOPE_SYSTEMD_H

#include <stdio.h>

/* Before each name in a capture's HOST section; behind it stands systemd's own name of a value. */
#define MANAGER_PREFIX "systemd."

/* When, by CLOCK_REALTIME in s and by CLOCK_MONOTONIC in us, of the old kernel ... */
#define MANAGER_SHUTDOWN_START		"PreviousShutdownStartTimestampMonotonic"
#define MANAGER_SHUTDOWN_START_REALTIME "PreviousShutdownStartTimestamp"
#define MANAGER_SHUTDOWN_FINISH		"PreviousShutdownFinishTimestampMonotonic"
#define MANAGER_SHUTDOWN_LATE_START	"PreviousShutdownLateStartTimestampMonotonic"
#define MANAGER_SHUTDOWN_LATE_FINISH	"PreviousShutdownLateFinishTimestampMonotonic"
/* ... and of the new kernel */
#define MANAGER_START	"UserspaceTimestampMonotonic"
#define MANAGER_FINISH	"FinishTimestampMonotonic"
#define MANAGER_VERSION "Version"

/**
 * manager_describe - write what the running service manager says to @out, "<name>=<value>\n" each
 *
 * What it does not know is left out; all of it, where there is no systemd or it does not answer
 * within 5 s.
 */
void manager_describe(FILE *out);

#endif /* LUOSCOPE_SYSTEMD_H */
