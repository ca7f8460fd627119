/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the attached programs cost, and what they counted.
 */
#ifndef LUOSCOPE_OVERHEAD_H
#define LUOSCOPE_OVERHEAD_H

#include <luoscope/event.h>

/**
 * struct probes_overhead - what the attached programs cost so far, as the kernel counts it
 * @runs:   of all programs
 * @run_ns: in all of them
 * @missed: runs that the kernel left out, for the program was interrupted on that CPU: what it
 *          would have seen is lost. Always counted
 */
struct probes_overhead {
	unsigned long long runs;
	unsigned long long run_ns;
	unsigned long long missed;
};

/**
 * probes_overhead - ask the kernel what the attached programs cost
 * @others:  all but those of PROBE_GROUP_VMS
 * @kvm_run: those that run with each KVM_RUN of a vCPU; its runs are the calls of KVM_RUN
 *
 * It counts runs only while the sysctl kernel.bpf_stats_enabled is 1: else they are 0. Returns 0;
 * -ENOENT: nothing is attached; or another negative errno.
 */
int probes_overhead(struct probes_overhead *others, struct probes_overhead *kvm_run);

/**
 * probes_latency - what the attached programs counted of freezes and resets, by reset method
 * @latency: LUO_STATS_RESET_METHODS of them
 *
 * Returns 0; -ENOENT: nothing is attached; or another negative errno.
 */
int probes_latency(struct luoscope_latency *latency);

#endif /* LUOSCOPE_OVERHEAD_H */
