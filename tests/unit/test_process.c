// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/process.h"

/* Longer than any machine is busy. */
#define LONG_MS 60000

/* A child that does nothing until it is killed, or ends at once. */
static struct process start(bool hangs)
{
	const pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (hangs)
			pause();
		_exit(0);
	}
	assert_true(pid > 0);
	return process_of(pid);
}

/* Whether no process has this number, not even a zombie. */
static bool is_gone(pid_t pid)
{
	return kill(pid, 0) && errno == ESRCH;
}

static void test_none(void **state)
{
	const struct process failed = process_of(-1), never = {};

	(void)state;
	assert_true(process_ends_in(&failed, LONG_MS));
	assert_true(process_ends_in(&never, LONG_MS));
}

static void test_ends_by_itself(void **state)
{
	const struct process process = start(false);

	(void)state;
	assert_true(process_ends_in(&process, LONG_MS));
	assert_true(is_gone(process.pid));
	assert_true(process_ends_in(&process, LONG_MS));
}

/* Its parent can rely on it: what was killed does nothing more. */
static void test_killed(void **state)
{
	const struct process process = start(true);

	(void)state;
	assert_false(process_ends_in(&process, 1));
	assert_true(is_gone(process.pid));
}

/* The kernel may have no pidfd to give: then nobody can wait, and it must not go on unseen. */
static void test_without_pidfd(void **state)
{
	struct process process = start(true);
	int status;

	(void)state;
	close(process.fd);
	process.fd = -1;
	assert_false(process_ends_in(&process, LONG_MS));
	assert_int_equal(waitpid(process.pid, &status, 0), process.pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_ends_by_itself),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_without_pidfd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
