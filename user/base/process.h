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
 * @pid: its number
 * @fd:  a pidfd of it; -1: none was started
 */
struct process {
	pid_t pid;
	int fd;
};

/* The process that fork() or the like returned; none if that failed. */
struct process process_of(pid_t pid);

/*
 * Wait until @process has ended, for at most @most_ms. Returns false if it was killed then; if it
 * hangs in the kernel, even that does not end it. Returns true if there is none. May be called
 * again.
 */
bool process_ends_in(const struct process *process, int most_ms);

#endif /* LUOSCOPE_PROCESS_H */
