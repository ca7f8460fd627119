/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations of the kernel that fail, for programs with a die()
 * (Documentation/fault-injection/fault-injection.rst).
 */
#ifndef LAB_FAIL_NTH_H
#define LAB_FAIL_NTH_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The program has it: says why, and exits. */
void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...);

/*
 * The kernel fails this thread's @nth allocation from here on, or none for 0. Returns false if the
 * one that was asked for before did not come. The file stays open, for opening it allocates.
 */
static inline bool fail_nth(unsigned int nth)
{
	static const char path[] = "/proc/thread-self/fail-nth";
	char left[16] = "", wanted[16];
	static int fd = -1;
	bool came;

	if (fd < 0)
		fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("the kernel has no %s", path);
	came = pread(fd, left, sizeof(left) - 1, 0) > 0 && atoi(left) == 0;
	snprintf(wanted, sizeof(wanted), "%u", nth);
	if (pwrite(fd, wanted, strlen(wanted), 0) < 0)
		die("cannot write to %s: %s", path, strerror(errno));
	return came;
}

#endif
