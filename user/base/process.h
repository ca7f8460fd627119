/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A child, and how long its parent waits for it.
 */
#ifndef LUOSCOPE_PROCESS_H
#define LUOSCOPE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct process - a process that was started
 * @pid: its number; 0 or less: none was started
 * @fd:  a pidfd of it; -1: it cannot be waited for
 */
struct process {
	pid_t pid;
	int fd;
};

/* The process that fork() or the like returned; none if that failed. */
struct process process_of(pid_t pid);

/*
 * Wait until @process has ended, for at most @most_ms. Returns false if it was killed then; it has
 * ended by then, unless it hangs in the kernel, where even that does not end it. Returns true if
 * there is none. May be called again.
 */
bool process_ends_in(const struct process *process, int most_ms);

#endif /* LUOSCOPE_PROCESS_H */
