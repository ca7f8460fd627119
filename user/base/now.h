/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LUOSCOPE_NOW_H
#define LUOSCOPE_NOW_H

#include <stdint.h>
#include <time.h>

/* read_clock_ns() - what the clock @id shows now, in ns */
static inline int64_t read_clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

#endif /* LUOSCOPE_NOW_H */
