// SPDX-License-Identifier: GPL-2.0
/*
 * pty_run: run a command on a terminal of its own, like a user, and keep the output.
 *
 * SIGUSR1 types ^C; the terminal makes the signal of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t interrupt;

static void on_signal(int number)
{
	(void)number;
	interrupt = 1;
}

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "pty_run: %s: %s\n", what, strerror(errno));
	exit(1);
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct winsize size = { .ws_row = 24 };
	int terminal, out, status;
	char bytes[4096];
	sigset_t blocked, before;
	ssize_t length;
	pid_t child;

	if (argc < 4) {
		fputs("usage: pty_run OUTPUT COLUMNS COMMAND...\n"
		      "       the status is the command's; 128 and more: a signal ended it\n",
		      stderr);
		return 1;
	}
	out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		die(argv[1]);
	size.ws_col = atoi(argv[2]);
	child = forkpty(&terminal, NULL, NULL, &size);
	if (child < 0)
		die("forkpty");
	if (!child) {
		execvp(argv[3], argv + 3);
		die(argv[3]);
	}

	sigaction(SIGUSR1, &action, NULL);
	/* It is only let in where it is waited for, so that it does not come in between. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	for (;;) {
		struct pollfd poll_in = { .fd = terminal, .events = POLLIN };

		if (interrupt && write(terminal, "\x03", 1) != 1)
			die("typing ^C");
		interrupt = 0;
		if (ppoll(&poll_in, 1, NULL, &before) < 0)
			continue;
		length = read(terminal, bytes, sizeof(bytes));
		/* EIO: nobody has the terminal open any more. */
		if (length <= 0)
			break;
		if (write(out, bytes, length) != length)
			die(argv[1]);
	}
	if (waitpid(child, &status, 0) < 0)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
