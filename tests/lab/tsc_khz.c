// SPDX-License-Identifier: GPL-2.0
/*
 * Print the rate of this machine's TSC in kHz, as measured against CLOCK_MONOTONIC_RAW over a fifth
 * of a second. A program that is preempted between the reading of the two clocks measures the wrong
 * pair, so the closest of some readings counts.
 */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct reading {
	unsigned long long cycles, time_ns, uncertainty_ns;
};

static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static struct reading read_both(void)
{
	struct reading best = { .uncertainty_ns = -1ULL };

	for (int i = 0; i < 100; i++) {
		struct reading this = { .time_ns = now_ns(), .cycles = __rdtsc() };

		this.uncertainty_ns = now_ns() - this.time_ns;
		if (this.uncertainty_ns < best.uncertainty_ns)
			best = this;
	}
	return best;
}

int main(void)
{
	const struct timespec fifth = { .tv_nsec = 200000000 };
	struct reading begin = read_both(), end;

	nanosleep(&fifth, NULL);
	end = read_both();
	printf("%llu\n", (end.cycles - begin.cycles) * 1000000 / (end.time_ns - begin.time_ns));
	return 0;
}
