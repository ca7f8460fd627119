// SPDX-License-Identifier: GPL-2.0
/*
 * fault_client: loads luo_stats with each of its allocations failing in turn, then does the same
 * for opening and writing its device. Each failure must be clean, and everything must work again
 * when no allocation fails.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fail_nth.h"

#define SYSFS_DIR "/sys/kernel/luo_stats"
#define MARK_PATH "/dev/luo_mark"

/* More allocations than anything here has: a loop that gets this far does not end. */
#define MOST_ALLOCATIONS 5000

static const char *module_file, *module_name, *parameters;

void die(const char *format, ...)
{
	va_list args;

	fputs("fault_client: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static int load(void)
{
	int fd = open(module_file, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return err;
}

static void unload(void)
{
	if (syscall(SYS_delete_module, module_name, O_NONBLOCK))
		die("cannot unload %s: %s", module_name, strerror(errno));
	if (!access(SYSFS_DIR, F_OK) || !access(MARK_PATH, F_OK))
		die("unloaded, and yet something of it is there");
}

/* A load that failed must leave nothing behind. */
static void check_nothing_is_there(void)
{
	if (!access(SYSFS_DIR, F_OK) || !access(MARK_PATH, F_OK))
		die("the load failed, and yet something of it is there");
}

static int mark(void)
{
	static const char text[] = "at fault";
	int fd = open(MARK_PATH, O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* @run with each of its allocations failing in turn, until it has no more of them. */
static void try_all(const char *what, int (*run)(void), void (*after_success)(void),
		    void (*after_failure)(void))
{
	unsigned int failed = 0, went_well = 0;
	unsigned int nth;

	for (nth = 1; nth < MOST_ALLOCATIONS; nth++) {
		bool came;
		int err;

		fail_nth(nth);
		err = run();
		came = fail_nth(0);
		if (err && !came)
			die("%s fails with %s, and no allocation did", what, strerrorname_np(-err));
		if (!err && after_success)
			after_success();
		if (err && after_failure)
			after_failure();
		if (!came) {
			printf("%s: %u allocations, %u failures of them made it fail\n", what,
			       failed + went_well, failed);
			return;
		}
		if (err)
			failed++;
		else
			went_well++;
	}
	die("%s has no end of allocations", what);
}

int main(int argc, char **argv)
{
	int err;

	if (argc < 3 || argc > 4)
		die("usage: fault_client MODULE-FILE MODULE-NAME [PARAMETERS]");
	module_file = argv[1];
	module_name = argv[2];
	parameters = argc > 3 ? argv[3] : "";
	setvbuf(stdout, NULL, _IOLBF, 0);

	try_all("load", load, unload, check_nothing_is_there);
	err = load();
	if (err)
		die("it does not load any more: %s", strerrorname_np(-err));
	try_all("mark", mark, NULL, NULL);
	unload();
	return 0;
}
