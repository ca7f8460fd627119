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

bool process_ends_in(const struct process *process, int most_ms)
{
	struct pollfd ended = { .fd = process->fd, .events = POLLIN };

	if (process->fd < 0)
		return true;
	if (!poll(&ended, 1, most_ms)) {
		kill(process->pid, SIGKILL);
		return false;
	}
	waitpid(process->pid, NULL, WNOHANG);
	return true;
}
