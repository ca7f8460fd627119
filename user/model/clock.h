/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One clock for both kernels: turns readings of the CPU's counter into nanoseconds, and says how
 * well that is known. clock_build() makes it, and finds out whether the counter can be trusted
 * across the kexec at all.
 */
#ifndef LUOSCOPE_CLOCK_H
#define LUOSCOPE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bounded.h"

/* Plausible rates of a counter: 1 MHz to 20 GHz. */
#define CLOCK_KHZ_MIN 1000
#define CLOCK_KHZ_MAX 20000000

/* How far off a rough estimate of a rate may be: 0.17 % was seen. */
#define CLOCK_ROUGH_PPB 2000000ULL

#define CLOCK_REASONS	   12
#define CLOCK_REASON_BYTES 160

/* Two stamps of one update that are further apart than this are not believed. */
#define CLOCK_UPDATE_MAX_NS (30LL * 24 * 3600 * 1000000000LL)
/* The same for two stamps of one boot: a preserve may come months before the update. */
#define CLOCK_MAX_NS (10LL * 365 * 24 * 3600 * 1000000000LL)

enum clock_verdict {
	CLOCK_VERIFIED,	  /* every check was made and passed */
	CLOCK_UNVERIFIED, /* nothing speaks against the counter, but not every check could be made */
	CLOCK_CONTRADICTED, /* a check failed: the two kernels' stamps must not be compared */
};

/* Name of enum clock_verdict: "verified", "unverified" or "contradicted". */
const char *name_verdict(unsigned int verdict);

/**
 * struct clock_log - how time stamps of the new kernel's log map to the counter
 * @known:        false: they do not
 * @pivot_ns:     sched_clock at the refinement, or at another moment if there was none
 * @pivot_cycles: counter at that moment
 * @khz_before:   rate of sched_clock up to it
 * @khz_after:    and from it on
 * @error_ns:     how wrong a mapped stamp may be: half of the anchor's spread, plus 2 us (the log's
 *                resolution and the way from reading its clock to the record), plus 0.2 % of the
 *                time for which the rate is not known, or 1 kHz of it on arm64
 * @stable_ns:  up to here the log's clock was losing time: what has an earlier stamp may have been
 *              ...
 * @lost_ns:    ... up to this much earlier
 * @unsure_from_ns: from here on there may have been a refinement that is not in the log;
 *                  UINT64_MAX: no
 */
struct clock_log {
	bool known;
	uint64_t pivot_ns;
	uint64_t pivot_cycles;
	uint32_t khz_before;
	uint32_t khz_after;
	uint64_t error_ns;
	uint64_t stable_ns;
	uint64_t lost_ns;
	uint64_t unsure_from_ns;
};

/**
 * struct clock - the clock of one update
 * @counter:         LUO_STATS_COUNTER_TSC or _CNTVCT; 0: unknown
 * @invariant:       the CPU promises a constant rate (in each kernel that was seen)
 * @verdict:         what the checks say
 * @reason:          why the verdict is not CLOCK_VERIFIED
 * @reasons:         how many of them there are
 * @reasons_left_out: how many more there was no room for
 * @rate_millihertz: cycles in 1000 s; 0: unknown, and nothing can be converted to ns
 * @rate_error_ppb:  largest difference between it and another estimate, in parts per billion; 500
 *                   ppm if there is no other, 2000 ppm if there is only a rough one
 * @comparable:      both kernels have stamps, which may be subtracted from each other
 * @log:             maps the new kernel's log
 * @zero_known:      false: the new kernel's time zero is not known
 * @zero_stamped:    by the module, as the kernel booted; else it was reckoned
 * @zero_lacks_line: it was reckoned, and the log lacks the line "sched_clock: Marking stable",
 *                   which would say how much its clock lost
 * @zero_cycles:     counter at the new kernel's time zero
 * @zero_error_ns:   how wrong that may be; if stamped, half of the time that the reading took; else
 *                   @log's @error_ns, plus 200 ms if the log does not say how its clock differs
 */
struct clock {
	uint32_t counter;
	bool invariant;
	enum clock_verdict verdict;
	char reason[CLOCK_REASONS][CLOCK_REASON_BYTES];
	unsigned int reasons;
	unsigned int reasons_left_out;
	uint64_t rate_millihertz;
	uint64_t rate_error_ppb;
	bool comparable;
	struct clock_log log;
	bool zero_known;
	bool zero_stamped;
	bool zero_lacks_line;
	uint64_t zero_cycles;
	uint64_t zero_error_ns;
};

/**
 * clock_ns - the time from counter reading @from to @to in ns, negative if @to is the earlier one
 *
 * Returns 0; -ENODATA: the rate is not known; -ERANGE: further apart than CLOCK_MAX_NS.
 */
int clock_ns(const struct clock *clock, uint64_t from, uint64_t to, int64_t *ns);

/**
 * clock_error_ns - how wrong a time of @duration_ns may be because of the rate's error, in ns
 */
uint64_t clock_error_ns(const struct clock *clock, int64_t duration_ns);

/* Why nothing is certain of a time that was measured by such a clock. */
#define WHY_CONTRADICTED "the clock is contradicted"

/**
 * clock_bounded - a time of @ns, with the error of the rate and @error_ns
 *
 * Both bounds are open if the clock is contradicted.
 */
struct bounded clock_bounded(const struct clock *clock, int64_t ns, uint64_t error_ns);

/**
 * clock_doubt - @time as it is, or with both bounds open if the clock is contradicted
 */
struct bounded clock_doubt(const struct clock *clock, struct bounded time);

/**
 * clock_estimate - @time with the bounds that follow from the clock
 */
struct bounded clock_estimate(const struct clock *clock, struct estimate time);

/**
 * clock_log_cycles - the counter at time stamp @usec of the new kernel's log
 *
 * Sets @error_ns to how wrong it may be. Returns 0; -ENODATA: it cannot be mapped; -ERANGE.
 */
int clock_log_cycles(const struct clock *clock, uint64_t usec, uint64_t *cycles,
		     uint64_t *error_ns);

/**
 * clock_khz_is_sane - whether @khz is a plausible rate of a counter
 */
static inline bool clock_khz_is_sane(uint32_t khz)
{
	return khz >= CLOCK_KHZ_MIN && khz <= CLOCK_KHZ_MAX;
}

/**
 * clock_distance - how far apart @a and @b are, in either order
 */
uint64_t clock_distance(uint64_t a, uint64_t b);

/**
 * clock_cycles_of - how many cycles a counter of @khz counts in @ns
 *
 * Returns UINT64_MAX if that is implausibly many.
 */
uint64_t clock_cycles_of(uint64_t ns, uint32_t khz);

/**
 * clock_rough_part - how wrong a time of @ns may be if only a rough rate is known, in ns
 */
uint64_t clock_rough_part(uint64_t ns);

#endif /* LUOSCOPE_CLOCK_H */
