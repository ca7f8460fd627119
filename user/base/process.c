// SPDX-License-Identifier: GPL-2.0
#include "process.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct process process_of(pid_t pid)
{
	return (struct process){ pid, pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1 };
}

/* The most time that it takes to die of a signal, on a busy machine. */
#define KILLED_MS 1000

bool process_ends_in(const struct process *process, int most_ms)
{
	struct pollfd ended = { .fd = process->fd, .events = POLLIN };
	bool in_time;

	if (process->pid <= 0)
		return true;
	/* One that cannot be waited for must not go on unseen. */
	in_time = process->fd >= 0 && poll(&ended, 1, most_ms) > 0;
	if (!in_time) {
		kill(process->pid, SIGKILL);
		poll(&ended, 1, KILLED_MS);
	}
	/* Without a pidfd, only a zombie keeps its number for it. */
	if (process->fd >= 0)
		waitpid(process->pid, NULL, WNOHANG);
	return in_time;
}
