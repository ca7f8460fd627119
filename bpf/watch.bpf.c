// SPDX-License-Identifier: GPL-2.0
/*
 * What is watched, and since when: subjects that say so in the stats area. The loader runs these
 * programs when it has attached the others, and before it detaches them.
 */
#include "span.bpf.h"

/*
 * Set by the loader: there is no room left in the stats area to say that probes are attached once
 * more. So it goes on saying that they were detached.
 */
const volatile bool watch_is_full = false;

/* Which subjects say what these probes watch: when the first of them was written. */
static char attachment[sizeof(((struct luo_stats_subject_key *)0)->group)];

/*
 * Run by the loader, to stamp when all programs are attached, so that a report can distinguish
 * "did not happen" from "was not watched", and when 'luoscope init' was executed and done.
 */
SEC("syscall")
int stamp(struct luoscope_stamp *stamp)
{
	const struct luo_stats_subject_key no_vcpu = { .kind = LUO_STATS_SUBJECT_VCPU };
	struct luo_stats_subject_key watch = { .kind = LUO_STATS_SUBJECT_WATCH,
					       .key = stamp->watches };
	const __u32 slot = stamp->slot;

	if (have_luo_stats && (slot == LUO_STATS_B8_INIT || slot == LUO_STATS_PROBES_READY ||
			       slot == LUO_STATS_INIT_DONE))
		luo_stats_boundary(slot, stamp->cycles, 0);
	if (!have_luo_stats || slot != LUO_STATS_PROBES_READY)
		return 0;
	__builtin_memcpy(watch.name, stamp->name, sizeof(watch.name));
	BPF_SNPRINTF(watch.detail, sizeof(watch.detail), "%llu", luo_stats_cycles());
	if (watch.key == LUOSCOPE_WATCH_LEFT_OUT) {
		__builtin_memcpy(watch.group, stamp->why, sizeof(watch.group));
		luo_stats_subject(&watch, sizeof(watch));
		return 0;
	}
	freezes_are_watched = watch.key & LUO_STATS_WATCH_FREEZE;
	vcpus_are_watched = stamp->vcpus_are_watched;
	/* Whether they are known depends on the kernel's types, not on what is attached. */
	if (devices_are_known())
		watch.key |= LUO_STATS_WATCH_DEVICE_FILES;
	if (!attachment[0])
		__builtin_memcpy(attachment, watch.detail, sizeof(attachment));
	__builtin_memcpy(watch.group, attachment, sizeof(watch.group));
	if (!watch_is_full)
		luo_stats_subject(&watch, sizeof(watch));
	if (stamp->vcpus_are_watched)
		luo_stats_subject(&no_vcpu, sizeof(no_vcpu));
	return 0;
}

/*
 * Run by whoever detaches the probes, before: what happens from now on may go unseen. It takes no
 * argument, so that another version of luoscope can run it.
 */
SEC("syscall")
int detaching(void *nothing)
{
	struct luo_stats_subject_key watch = { .kind = LUO_STATS_SUBJECT_WATCH,
					       .name = LUOSCOPE_WATCH_DETACHED };

	if (!have_luo_stats || !attachment[0] || watch_is_full)
		return 0;
	__builtin_memcpy(watch.group, attachment, sizeof(watch.group));
	BPF_SNPRINTF(watch.detail, sizeof(watch.detail), "%llu", luo_stats_cycles());
	luo_stats_subject(&watch, sizeof(watch));
	return 0;
}
