// SPDX-License-Identifier: GPL-2.0
/*
 * print_durations: for each line "NS ERROR_NS" of standard input, what the terminal shows of them:
 * the duration, its error, and both of them together. The page must show the same.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/duration.h"

int main(void)
{
	char duration[DURATION_BYTES], time[DURATION_BYTES], error[DURATION_BYTES],
		behind[DURATION_BYTES];
	uint64_t error_ns;
	int64_t ns;

	while (scanf("%" SCNd64 " %" SCNu64, &ns, &error_ns) == 2) {
		format_duration(time, ns, error_ns / 8);
		printf("%s|%s|%s +- %s\n", format_duration(duration, ns, error_ns),
		       format_error(error, error_ns), time,
		       format_duration_error(behind, time, error_ns));
	}
	return !feof(stdin) || fflush(stdout);
}
