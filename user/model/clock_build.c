// SPDX-License-Identifier: GPL-2.0
#include "clock_build.h"

#include <stdarg.h>
#include <stdio.h>

#include "capture/area.h"
#include "capture/area_names.h"
#include "clock.h"
#include "klog.h"

#define NS_PER_SEC 1000000000ULL

/* Half a kHz, in parts per billion of a rate in millihertz (cycles in 1000 s). */
#define HALF_KHZ_PPB 500000000000000ULL
/* The most by which NTP slews a clock, and by which two good estimates of one rate differ. */
#define TOLERANCE_PPB 500000ULL
/* Clocks that are read one after another, not at the same instant, may be this far apart. */
#define READ_NOISE_NS 20000ULL
/* Over a shorter time than this the read noise outweighs the rate. */
#define SLOPE_MIN_NS (NS_PER_SEC / 2)
/*
 * If BOOTTIME moved against MONOTONIC by more than this between two anchors, the machine slept.
 */
#define SLEEP_NS 1000000ULL
/* The real-time clock chip is read with a resolution of 1 s, on both kernels. */
#define REALTIME_NOISE_NS (2 * NS_PER_SEC)
/* A clock that nobody set: 2000-01-01. */
#define REALTIME_MIN_NS (946684800ULL * NS_PER_SEC)
#define LOG_ERROR_NS	2000ULL
/*
 * How much the clock of the log may have lost while it followed the tick: 169 ms were seen on idle
 * hosts, 300 ms on a busy one.
 */
#define LOST_ERROR_NS 200000000ULL

__attribute__((format(printf, 3, 4))) static void
add_reason(struct clock *clock, enum clock_verdict verdict, const char *format, ...)
{
	va_list args;

	if (verdict > clock->verdict)
		clock->verdict = verdict;
	if (clock->reasons == CLOCK_REASONS) {
		clock->reasons_left_out++;
		return;
	}
	va_start(args, format);
	vsnprintf(clock->reason[clock->reasons++], CLOCK_REASON_BYTES, format, args);
	va_end(args);
}

/* |a - b| as parts per billion of b, rounded up, at most 100 %. */
static uint64_t difference_ppb(uint64_t a, uint64_t b)
{
	unsigned __int128 ppb = ((unsigned __int128)clock_distance(a, b) * 1000000000u + b - 1) / b;

	return ppb > 1000000000u ? 1000000000u : (uint64_t)ppb;
}

static bool rate_is_sane(uint64_t millihertz)
{
	return millihertz >= CLOCK_KHZ_MIN * 1000000ULL && millihertz <= CLOCK_KHZ_MAX * 1000000ULL;
}

/* The kernel log */

/*
 * The anchor nearest to time zero has the smallest error. Before @stable_ns, when a built-in module
 * takes its first anchor, the log's clock was still losing time.
 */
static const struct luo_stats_anchor *first_sched_anchor(const struct area *area,
							 uint64_t stable_ns)
{
	const struct luo_stats_anchor *first = NULL;
	unsigned int i;

	for (i = 0; i < LUO_STATS_ANCHORS; i++) {
		const struct luo_stats_anchor *anchor = area_anchor(area, i);

		if (anchor && anchor->sched_cycles && anchor->sched_clock_ns >= stable_ns &&
		    clock_khz_is_sane(anchor->counter_khz) &&
		    (!first || anchor->sched_cycles < first->sched_cycles))
			first = anchor;
	}
	return first;
}

/*
 * Reckon the zero of sched_clock back through the log's mapping. On x86 the log's clock follows the
 * tick until the last initcalls, which may lose some time, and continues from there. Its own zero
 * is too late by that much.
 */
static void reckon_zero(struct clock *clock, const struct klog_rates *rates)
{
	const struct clock_log *log = &clock->log;
	uint64_t cycles;
	int64_t ns;

	if (log->pivot_ns > CLOCK_MAX_NS)
		return;
	ns = (int64_t)log->pivot_ns - rates->offset_ns;
	cycles = ns > 0 ? clock_cycles_of(ns, log->khz_before) : 0;
	if (!cycles || cycles >= log->pivot_cycles)
		return;
	clock->zero_known = true;
	clock->zero_cycles = log->pivot_cycles - cycles;
	clock->zero_error_ns = log->error_ns;
	/* An earlier refinement was logged by the clock as it was then. */
	if (rates->refined_ns < rates->stable_ns)
		clock->zero_error_ns += (unsigned __int128)clock_distance(log->pivot_ns, ns) *
					difference_ppb(log->khz_before, log->khz_after) /
					NS_PER_SEC;
	clock->zero_lacks_line = clock->counter == LUO_STATS_COUNTER_TSC && !rates->offset_known;
	if (clock->zero_lacks_line)
		clock->zero_error_ns += LOST_ERROR_NS;
}

/* How much the log's clock lost, bit by bit: stamps of the early boot have part of that. */
static void set_lost(struct clock *clock, const struct klog_rates *rates, const char *klog,
		     size_t klog_size)
{
	struct clock_log *log = &clock->log;
	uint64_t usec;

	if (rates->offset_known) {
		log->stable_ns = rates->stable_ns;
		log->lost_ns = rates->offset_ns < 0 ? -rates->offset_ns : rates->offset_ns;
	} else if (clock->counter == LUO_STATS_COUNTER_TSC &&
		   klog_init_usec(klog, klog_size, &usec) && usec < UINT64_MAX / 1000) {
		log->stable_ns = usec * 1000;
		log->lost_ns = LOST_ERROR_NS;
	}
}

/* See "Time zero" in clock_build.h. */
static void build_log(struct clock *clock, const struct area *new_area, const char *klog,
		      size_t klog_size)
{
	const struct luo_stats_anchor *anchor;
	struct clock_log *log = &clock->log;
	struct klog_rates rates;
	uint64_t cycles;

	klog_read_rates(&rates, klog, klog_size);
	anchor = first_sched_anchor(new_area, rates.stable_ns);
	if (!anchor)
		return;
	log->unsure_from_ns = UINT64_MAX;
	log->error_ns = LOG_ERROR_NS +
			(uint64_t)anchor->sched_spread_cycles * 1000000 / anchor->counter_khz / 2;
	log->pivot_ns = anchor->sched_clock_ns;
	log->pivot_cycles = anchor->sched_cycles;
	log->khz_before = anchor->counter_khz;
	log->khz_after = anchor->counter_khz;

	if (!(anchor->flags & LUO_STATS_COUNTER_REFINED)) {
		if (rates.refined_khz && rates.refined_ns >= anchor->sched_clock_ns) {
			cycles = clock_cycles_of(rates.refined_ns - anchor->sched_clock_ns,
						 anchor->counter_khz);
			if (cycles > UINT64_MAX - anchor->sched_cycles)
				return;
			log->pivot_ns = rates.refined_ns;
			log->pivot_cycles += cycles;
			log->khz_after = rates.refined_khz;
		} else {
			log->unsure_from_ns = anchor->sched_clock_ns;
		}
	} else if (rates.refined_khz && rates.refined_ns <= anchor->sched_clock_ns) {
		cycles = clock_cycles_of(anchor->sched_clock_ns - rates.refined_ns,
					 anchor->counter_khz);
		if (cycles > anchor->sched_cycles)
			return;
		log->pivot_ns = rates.refined_ns;
		log->pivot_cycles -= cycles;
		if (rates.rough_khz)
			log->khz_before = rates.rough_khz;
		else
			log->error_ns += clock_rough_part(rates.refined_ns);
	} else if (clock->counter == LUO_STATS_COUNTER_CNTVCT) {
		/* CNTFRQ is exact and final; an anchor has it in whole kHz, which older modules rounded down. */
		log->error_ns += anchor->sched_clock_ns / anchor->counter_khz;
	} else if (rates.rough_khz != anchor->counter_khz) {
		/*
		 * Neither a refinement at a known time, nor a rate that was final from the start.
		 */
		log->error_ns += clock_rough_part(anchor->sched_clock_ns);
	}

	cycles = clock_cycles_of(log->pivot_ns, log->khz_before);
	if (cycles >= log->pivot_cycles)
		return;
	log->known = true;
	set_lost(clock, &rates, klog, klog_size);
	reckon_zero(clock, &rates);
}

/* The module stamped the zero as the kernel booted, and its early anchor says how accurately. */
static void take_stamped_zero(struct clock *clock, const struct area *new_area)
{
	const struct luo_stats_anchor *early = area_anchor(new_area, LUO_STATS_ANCHOR_EARLY);
	const uint64_t zero = new_area->header.as_new_kernel.cycles[LUO_STATS_B7_TIME_ZERO];

	if (!zero)
		return;
	clock->zero_known = true;
	clock->zero_stamped = true;
	clock->zero_lacks_line = false;
	clock->zero_cycles = zero;
	clock->zero_error_ns = 0;
	if (early && clock->rate_millihertz)
		clock->zero_error_ns = (uint64_t)early->sched_spread_cycles * NS_PER_SEC /
					       (clock->rate_millihertz / 1000) / 2 +
				       1;
}

/* The rate */

/* What one kernel says about the rate, in mHz; 0: nothing. */
struct rates {
	uint64_t refined;
	uint64_t rough;
	uint64_t slope;
	uint64_t slope_ns;
};

static void read_rates(struct rates *rates, const struct area *area)
{
	const struct luo_stats_anchor *first = NULL, *last = NULL, *newest = NULL;
	uint64_t cycles, ns;
	unsigned int i;

	*rates = (struct rates){};
	for (i = 0; area && i < LUO_STATS_ANCHORS; i++) {
		const struct luo_stats_anchor *anchor = area_anchor(area, i);

		if (!anchor)
			continue;
		if (clock_khz_is_sane(anchor->counter_khz) &&
		    !(anchor->flags & LUO_STATS_COUNTER_REFINED))
			rates->rough = anchor->counter_khz * 1000000ULL;
		/*
		 * Before the refinement the clocks run at the rough rate: take no slope from there.
		 */
		if (!(anchor->flags & LUO_STATS_COUNTER_REFINED))
			continue;
		if (clock_khz_is_sane(anchor->counter_khz) &&
		    (!newest || anchor->cycles > newest->cycles))
			newest = anchor;
		/* Anything may have come between its clock and its counter. */
		if (anchor->flags & LUO_STATS_ANCHOR_FAST)
			continue;
		if (!first || anchor->cycles < first->cycles)
			first = anchor;
		if (!last || anchor->cycles > last->cycles)
			last = anchor;
	}
	if (newest)
		rates->refined = newest->counter_khz * 1000000ULL;
	if (!first || last->monotonic_ns <= first->monotonic_ns)
		return;
	cycles = last->cycles - first->cycles;
	ns = last->monotonic_ns - first->monotonic_ns;
	if (ns < SLOPE_MIN_NS || ns > CLOCK_MAX_NS || cycles > UINT64_MAX / 2 ||
	    clock_distance(last->boottime_ns - first->boottime_ns, ns) > SLEEP_NS)
		return;
	/* Less than 2^63 cycles times 2^40: fits. */
	cycles = (unsigned __int128)cycles * (1000 * NS_PER_SEC) / ns > UINT64_MAX ?
			 UINT64_MAX :
			 (uint64_t)((unsigned __int128)cycles * (1000 * NS_PER_SEC) / ns);
	rates->slope = cycles;
	rates->slope_ns = ns;
}

static void compare_rate(struct clock *clock, uint64_t other)
{
	const uint64_t ppb = other ? difference_ppb(other, clock->rate_millihertz) : 0;

	if (ppb > clock->rate_error_ppb)
		clock->rate_error_ppb = ppb;
}

static void check_slope(struct clock *clock, const struct rates *rates, const char *which)
{
	uint64_t ppb, tolerance;

	if (!rates->slope || !rates->refined)
		return;
	ppb = difference_ppb(rates->slope, rates->refined);
	tolerance = TOLERANCE_PPB + READ_NOISE_NS * NS_PER_SEC / rates->slope_ns;
	if (ppb > tolerance)
		add_reason(clock, CLOCK_CONTRADICTED,
			   "the counter and CLOCK_MONOTONIC of the %s kernel differ by %llu ppm",
			   which, (unsigned long long)ppb / 1000);
}

static void build_rate(struct clock *clock, const struct area *old_area,
		       const struct area *new_area)
{
	struct rates old, new;
	uint64_t slope;

	read_rates(&old, old_area);
	read_rates(&new, new_area);
	slope = old.slope_ns >= new.slope_ns ? old.slope : new.slope;
	if (!rate_is_sane(slope))
		slope = 0;
	clock->rate_millihertz = old.refined ? old.refined : new.refined ? new.refined : slope;
	if (!clock->rate_millihertz) {
		clock->rate_millihertz = old.rough ? old.rough : new.rough;
		clock->rate_error_ppb = CLOCK_ROUGH_PPB;
		if (!clock->rate_millihertz)
			add_reason(clock, CLOCK_UNVERIFIED, "the rate of the counter is not known");
		else
			add_reason(clock, CLOCK_UNVERIFIED,
				   "only a rough rate of the counter is known");
		return;
	}
	/* Kernels report their rate in whole kHz. */
	clock->rate_error_ppb = HALF_KHZ_PPB / clock->rate_millihertz;
	compare_rate(clock, old.slope);
	compare_rate(clock, new.slope);
	/*
	 * A slope is not an independent measurement: CLOCK_MONOTONIC is the counter at that same
	 * rate. The other kernel measured the rate once more.
	 */
	if (old.refined && new.refined) {
		compare_rate(clock, new.refined);
	} else {
		clock->rate_error_ppb = TOLERANCE_PPB;
		add_reason(clock, CLOCK_UNVERIFIED,
			   "there is only one estimate of the counter's rate");
	}
	if (old.refined && new.refined && difference_ppb(old.refined, new.refined) > TOLERANCE_PPB)
		add_reason(clock, CLOCK_CONTRADICTED,
			   "the two kernels' rates of the counter differ by %llu ppm",
			   (unsigned long long)difference_ppb(old.refined, new.refined) / 1000);
	check_slope(clock, &old, "old");
	check_slope(clock, &new, "new");
}

/* Whether the counter can be trusted */

static void check_kernel(struct clock *clock, const struct area *area, const char *which)
{
	const struct luo_stats_anchor *newest = NULL;
	unsigned int i, j;

	for (i = 0; i < LUO_STATS_ANCHORS; i++) {
		const struct luo_stats_anchor *anchor = area_anchor(area, i);

		if (!anchor)
			continue;
		if (!newest || anchor->cycles > newest->cycles)
			newest = anchor;
		for (j = 0; j < LUO_STATS_ANCHORS; j++) {
			const struct luo_stats_anchor *other = area_anchor(area, j);

			if (other && anchor->cycles < other->cycles &&
			    anchor->monotonic_ns > other->monotonic_ns &&
			    anchor->monotonic_ns - other->monotonic_ns > READ_NOISE_NS)
				add_reason(clock, CLOCK_CONTRADICTED,
					   "in the %s kernel the counter ran backwards between the"
					   " anchors %s and %s",
					   which, name_anchor(j), name_anchor(i));
		}
	}
	if (area_counter_is_unstable(area))
		add_reason(clock, CLOCK_CONTRADICTED,
			   "the %s kernel found the counter to be unstable", which);
	if (!newest)
		add_reason(clock, CLOCK_UNVERIFIED, "the %s kernel left no anchor", which);
	else if (!(newest->flags & LUO_STATS_CLOCKSOURCE_IS_COUNTER))
		add_reason(clock, CLOCK_UNVERIFIED,
			   "the %s kernel does not keep its time by the counter", which);
}

static void check_order(struct clock *clock, const struct luo_stats_boundaries *set,
			unsigned int from, unsigned int to, const char *which)
{
	uint64_t before = 0;
	unsigned int i;

	for (i = from; i <= to; i++) {
		if (!set->cycles[i])
			continue;
		if (set->cycles[i] < before)
			add_reason(clock, CLOCK_CONTRADICTED,
				   "in the %s kernel the stamps run backwards at B%u", which, i);
		else
			before = set->cycles[i];
	}
}

static void widen(uint64_t stamp, uint64_t *first, uint64_t *last)
{
	if (!stamp)
		return;
	if (stamp < *first)
		*first = stamp;
	if (stamp > *last)
		*last = stamp;
}

static void stamps_of(const struct area *area, const struct luo_stats_boundaries *set,
		      uint64_t *first, uint64_t *last)
{
	unsigned int i;

	*first = UINT64_MAX;
	*last = 0;
	for (i = 0; i < LUO_STATS_ANCHORS; i++)
		if (area_anchor(area, i))
			widen(area_anchor(area, i)->cycles, first, last);
	for (i = 0; set && i <= LUO_STATS_B11_IN_SERVICE; i++)
		widen(set->cycles[i], first, last);
}

/* The anchor with a set wall clock that is nearest to the kexec. */
static const struct luo_stats_anchor *realtime_anchor(const struct area *area, bool newest)
{
	const struct luo_stats_anchor *found = NULL;
	unsigned int i;

	for (i = 0; i < LUO_STATS_ANCHORS; i++) {
		const struct luo_stats_anchor *anchor = area_anchor(area, i);

		if (anchor && anchor->realtime_ns > REALTIME_MIN_NS &&
		    (!found ||
		     (newest ? anchor->cycles > found->cycles : anchor->cycles < found->cycles)))
			found = anchor;
	}
	return found;
}

static void check_realtime(struct clock *clock, const struct area *old_area,
			   const struct area *new_area)
{
	const struct luo_stats_anchor *old = realtime_anchor(old_area, true);
	const struct luo_stats_anchor *new = realtime_anchor(new_area, false);
	uint64_t tolerance, wall_ns;
	int64_t ns;

	if (!old || !new) {
		add_reason(clock, CLOCK_UNVERIFIED, "the wall clock was not set in both kernels");
		return;
	}
	if (clock_ns(clock, old->cycles, new->cycles, &ns) || ns < 0)
		return; /* backwards or too far: already reported */
	tolerance = REALTIME_NOISE_NS + (uint64_t)ns / (NS_PER_SEC / TOLERANCE_PPB);
	wall_ns = new->realtime_ns - old->realtime_ns;
	/* Someone may have set the wall clock: this alone is no contradiction. */
	if (new->realtime_ns < old->realtime_ns ? old->realtime_ns - new->realtime_ns > tolerance :
						  clock_distance(wall_ns, ns) > tolerance)
		add_reason(
			clock, CLOCK_UNVERIFIED,
			"the counter and the wall clock disagree on the time between the kernels");
}

static void check_across(struct clock *clock, const struct area *old_area,
			 const struct area *new_area)
{
	const struct luo_stats_boundaries *attempt = area_last_attempt(old_area);
	uint64_t old_first, old_last, new_first, new_last;
	int64_t ns;

	if (old_area->header.counter != new_area->header.counter) {
		add_reason(clock, CLOCK_CONTRADICTED, "the two kernels used different counters");
		return;
	}
	stamps_of(old_area, attempt, &old_first, &old_last);
	stamps_of(new_area, &new_area->header.as_new_kernel, &new_first, &new_last);
	if (clock->zero_known)
		widen(clock->zero_cycles, &new_first, &new_last);
	if (!old_last || !new_last) {
		add_reason(clock, CLOCK_UNVERIFIED, "one of the kernels left no stamp");
		return;
	}
	if (new_first < old_last)
		add_reason(clock, CLOCK_CONTRADICTED,
			   "the counter ran backwards from one kernel to the next");
	else if (!clock_ns(clock, old_last, new_first, &ns) ? ns > CLOCK_UPDATE_MAX_NS :
							      !!clock->rate_millihertz)
		add_reason(clock, CLOCK_CONTRADICTED,
			   "more than 30 days lie between the two kernels' stamps");
	check_realtime(clock, old_area, new_area);
}

void clock_build(struct clock *clock, const struct area *old_area, const struct area *new_area,
		 const char *klog, size_t klog_size)
{
	const struct area *any = old_area ? old_area : new_area;
	const struct luo_stats_boundaries *attempt = old_area ? area_last_attempt(old_area) : NULL;

	*clock = (struct clock){};
	if (!any) {
		add_reason(clock, CLOCK_UNVERIFIED, "there is no stats area");
		return;
	}
	clock->counter = any->header.counter;
	clock->invariant = (!old_area || old_area->header.flags & LUO_STATS_COUNTER_INVARIANT) &&
			   (!new_area || new_area->header.flags & LUO_STATS_COUNTER_INVARIANT);

	build_rate(clock, old_area, new_area);
	if (new_area) {
		build_log(clock, new_area, klog, klog_size);
		take_stamped_zero(clock, new_area);
		check_kernel(clock, new_area, "new");
		/*
		 * B11 may come before B10: a memfd may be retrieved when the devices are already
		 * back.
		 */
		check_order(clock, &new_area->header.as_new_kernel, LUO_STATS_B7_TIME_ZERO,
			    LUO_STATS_B10_RETRIEVED, "new");
	}
	if (old_area)
		check_kernel(clock, old_area, "old");
	if (attempt)
		check_order(clock, attempt, LUO_STATS_B0_UPDATE_BEGIN, LUO_STATS_B6_JUMP, "old");
	if (old_area && new_area)
		check_across(clock, old_area, new_area);
	clock->comparable = old_area && new_area && clock->rate_millihertz &&
			    clock->verdict != CLOCK_CONTRADICTED;
}
