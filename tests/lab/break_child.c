// SPDX-License-Identifier: GPL-2.0
/*
 * break_child: the first process of a guest, in place of 'luoscope init', which it executes. What
 * its argument says then happens to the second process that 'luoscope init' starts:
 *
 *	kill	it is killed before it has done anything
 *	pin	it is killed when it has pinned one link and is about to pin the next
 *	hang	it never does anything
 *
 * When it has ended, the kernel's log says so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND 2

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "break_child: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(long result, const char *what)
{
	if (result < 0)
		die(what);
}

/* Let @pid run until it stops again. A signal that stopped it is delivered. Returns the status. */
static int run_until_stop(pid_t pid, int request, int status)
{
	const bool is_signal = status && !(status >> 16) && WSTOPSIG(status) != (SIGTRAP | 0x80);

	check(ptrace(request, pid, NULL, is_signal ? WSTOPSIG(status) : 0), "ptrace");
	check(waitpid(pid, &status, __WALL), "waitpid");
	return status;
}

/* Follow the first process to its @nth fork. Returns the child, which has not run yet. */
static pid_t find_child(unsigned int nth)
{
	unsigned long child = 0;
	int status = 0;

	check(waitpid(1, &status, __WALL), "waitpid");
	for (;;) {
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_FORK << 8)) {
			check(ptrace(PTRACE_GETEVENTMSG, 1, NULL, &child), "ptrace");
			check(waitpid(child, NULL, __WALL), "waitpid");
			if (!--nth)
				break;
			check(ptrace(PTRACE_DETACH, child, NULL, 0), "ptrace");
		}
		status = run_until_stop(1, PTRACE_CONT, status);
	}
	check(ptrace(PTRACE_DETACH, 1, NULL, 0), "ptrace");
	return child;
}

static bool is_pinning(pid_t pid)
{
	struct __ptrace_syscall_info info = {};

	ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	return info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_bpf &&
	       info.entry.args[0] == BPF_OBJ_PIN;
}

static void run_until_pin(pid_t pid, unsigned int nth)
{
	int status = 0;

	while (nth) {
		status = run_until_stop(pid, PTRACE_SYSCALL, status);
		if (!WIFSTOPPED(status))
			die("it ended before it pinned anything");
		nth -= is_pinning(pid);
	}
}

static void report(const char *what, int status)
{
	FILE *log = fopen("/dev/kmsg", "w");

	if (!log)
		die("/dev/kmsg");
	fprintf(log, "break_child: %s: ended by signal %d\n", what,
		WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	fclose(log);
}

static void trace(const char *what, int ready)
{
	int status = 0;
	pid_t child;

	check(ptrace(PTRACE_SEIZE, 1, NULL, PTRACE_O_TRACEFORK | PTRACE_O_TRACESYSGOOD), "ptrace");
	check(write(ready, "", 1), "write");
	child = find_child(SECOND);
	if (!strcmp(what, "pin"))
		run_until_pin(child, 2);
	if (strcmp(what, "hang") != 0)
		check(kill(child, SIGKILL), "kill");
	check(waitpid(child, &status, __WALL), "waitpid");
	report(what, status);
}

int main(int argc, char **argv)
{
	static char *arguments[] = { "luoscope", "init", NULL };
	int ready[2];
	char byte;

	if (argc < 2 || getpid() != 1)
		die("usage, as the first process: break_child kill|pin|hang");
	check(pipe2(ready, O_CLOEXEC), "pipe2");
	switch (fork()) {
	case -1:
		die("fork");
	case 0:
		trace(argv[1], ready[1]);
		return 0;
	}
	check(read(ready[0], &byte, 1), "read");
	execv("/bin/luoscope", arguments);
	die("/bin/luoscope");
}
