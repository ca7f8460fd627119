// SPDX-License-Identifier: GPL-2.0
#include "clock.h"

#include <errno.h>

#include "base/array.h"
#include "base/bounded.h"

#define NS_PER_SEC 1000000000ULL

static const char *const verdicts[] = {
	[CLOCK_VERIFIED] = "verified",
	[CLOCK_UNVERIFIED] = "unverified",
	[CLOCK_CONTRADICTED] = "contradicted",
};

const char *name_verdict(unsigned int verdict)
{
	return verdict < ARRAY_SIZE(verdicts) ? verdicts[verdict] : "unknown";
}

uint64_t clock_distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

int clock_ns(const struct clock *clock, uint64_t from, uint64_t to, int64_t *ns)
{
	unsigned __int128 distance_ns;

	if (!clock->rate_millihertz)
		return -ENODATA;
	/* 64 bits of cycles and 40 bits of picoseconds in a second fit. */
	distance_ns = (unsigned __int128)clock_distance(from, to) * (1000 * NS_PER_SEC) /
		      clock->rate_millihertz;
	if (distance_ns > CLOCK_MAX_NS)
		return -ERANGE;
	*ns = to >= from ? (int64_t)distance_ns : -(int64_t)distance_ns;
	return 0;
}

uint64_t clock_error_ns(const struct clock *clock, int64_t duration_ns)
{
	return (unsigned __int128)(duration_ns < 0 ? 0 : duration_ns) * clock->rate_error_ppb /
		       1000000000u +
	       1;
}

struct bounded clock_bounded(const struct clock *clock, int64_t ns, uint64_t error_ns)
{
	return clock_doubt(clock, bounded_with_error(ns, error_ns + clock_error_ns(clock, ns)));
}

struct bounded clock_doubt(const struct clock *clock, struct bounded time)
{
	return clock->verdict == CLOCK_CONTRADICTED ? bounded_in_doubt(time, WHY_CONTRADICTED) :
						      time;
}

struct bounded clock_estimate(const struct clock *clock, struct estimate time)
{
	return time.known ? clock_bounded(clock, time.value, 0) : (struct bounded){};
}

uint64_t clock_cycles_of(uint64_t ns, uint32_t khz)
{
	unsigned __int128 cycles = (unsigned __int128)ns * khz / 1000000u;

	return cycles > UINT64_MAX ? UINT64_MAX : (uint64_t)cycles;
}

uint64_t clock_rough_part(uint64_t ns)
{
	return ns / (NS_PER_SEC / CLOCK_ROUGH_PPB);
}

int clock_log_cycles(const struct clock *clock, uint64_t usec, uint64_t *cycles, uint64_t *error_ns)
{
	const struct clock_log *log = &clock->log;
	uint64_t ns, offset;

	if (!log->known)
		return -ENODATA;
	if (usec > CLOCK_MAX_NS / 1000)
		return -ERANGE;
	ns = usec * 1000;
	*error_ns = log->error_ns;
	if (ns < log->stable_ns)
		*error_ns += log->lost_ns;
	if (ns > log->unsure_from_ns)
		*error_ns += clock_rough_part(ns - log->unsure_from_ns);
	if (ns <= log->pivot_ns) {
		/*
		 * No further back than the zero, which clock_build() has checked not to be below 0.
		 */
		*cycles = log->pivot_cycles - clock_cycles_of(log->pivot_ns - ns, log->khz_before);
		return 0;
	}
	offset = clock_cycles_of(ns - log->pivot_ns, log->khz_after);
	if (offset > UINT64_MAX - log->pivot_cycles)
		return -ERANGE;
	*cycles = log->pivot_cycles + offset;
	return 0;
}
