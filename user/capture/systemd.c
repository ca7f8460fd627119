// SPDX-License-Identifier: GPL-2.0
#include "systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"

#define TIMEOUT_MS 5000
/* An absolute path: the environment has no influence on what is executed. */
#define SYSTEMCTL "/usr/bin/systemctl"

static const char *const properties[] = {
	MANAGER_VERSION,
	MANAGER_SHUTDOWN_START,
	MANAGER_SHUTDOWN_START_REALTIME,
	MANAGER_SHUTDOWN_FINISH,
	MANAGER_SHUTDOWN_LATE_START,
	MANAGER_SHUTDOWN_LATE_FINISH,
	MANAGER_START,
	MANAGER_FINISH,
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Start systemctl. Its output can be read from *@fd. Returns its pid, or -1. */
static pid_t start_systemctl(char *const *arguments, int *fd)
{
	char *environment[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	if (!posix_spawn_file_actions_init(&actions)) {
		if (posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY,
						     0) ||
		    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
						     0) ||
		    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) ||
		    posix_spawn(&pid, SYSTEMCTL, &actions, NULL, arguments, environment))
			pid = -1;
		posix_spawn_file_actions_destroy(&actions);
	}
	close(ends[1]);
	*fd = ends[0];
	if (pid < 0)
		close(ends[0]);
	return pid;
}

/* Read @fd to its end into @text. Returns false if that takes too long or does not fit. */
static bool read_answer(int fd, char *text, size_t size)
{
	const int64_t deadline = now_ms() + TIMEOUT_MS;
	size_t length = 0;

	while (length + 1 < size) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		const int64_t left = deadline - now_ms();
		ssize_t got;

		if (left <= 0)
			return false;
		if (poll(&poll_fd, 1, left) <= 0)
			continue;
		got = read(fd, text + length, size - 1 - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (!got) {
			text[length] = '\0';
			return true;
		}
		length += got;
	}
	return false;
}

/* A time that has not been reached yet is empty, or 0. */
static bool is_known(const char *line)
{
	const size_t name_length = strcspn(line, "=");
	size_t i;

	if (line[name_length] != '=' || !line[name_length + 1] ||
	    !strcmp(line + name_length, "=0") || !strcmp(line + name_length, "=n/a"))
		return false;
	for (i = 0; i < ARRAY_SIZE(properties); i++) {
		if (strlen(properties[i]) == name_length &&
		    !memcmp(properties[i], line, name_length))
			return true;
	}
	return false;
}

/* Ask systemctl; its answer is in @text. Returns false if there is no systemd, or no answer. */
static bool ask(char *const *arguments, char *text, size_t size)
{
	int status = 0, fd;
	bool answered;
	pid_t pid;

	/* The official test for a running systemd: sd_booted(3). */
	if (access("/run/systemd/system", F_OK))
		return false;
	pid = start_systemctl(arguments, &fd);
	if (pid < 0)
		return false;
	answered = read_answer(fd, text, size);
	close(fd);
	if (!answered)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return answered && !status;
}

void manager_describe(FILE *out)
{
	char *arguments[ARRAY_SIZE(properties) + 4] = { SYSTEMCTL, "show", "--timestamp=unix" };
	char options[ARRAY_SIZE(properties)][64];
	char text[4096], *rest = text, *line;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(properties); i++) {
		snprintf(options[i], sizeof(options[i]), "--property=%s", properties[i]);
		arguments[3 + i] = options[i];
	}
	if (!ask(arguments, text, sizeof(text)))
		return;
	while ((line = strsep(&rest, "\n"))) {
		if (is_known(line))
			fprintf(out, MANAGER_PREFIX "%s\n", line);
	}
}

bool manager_will_kexec(void)
{
	static char *const arguments[] = { SYSTEMCTL, "show", "--property=Job", "kexec.target",
					   NULL };
	char text[64];

	/* "Job=812"; without a job there is no such line, or its number is 0. */
	return ask(arguments, text, sizeof(text)) && !strncmp(text, "Job=", 4) && text[4] >= '1' &&
	       text[4] <= '9';
}
