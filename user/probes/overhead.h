/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the attached programs cost and have counted.
 */
#ifndef LUOSCOPE_OVERHEAD_H
#define LUOSCOPE_OVERHEAD_H

#include <luoscope/event.h>

/**
 * struct probes_overhead - what the attached programs have cost so far, as the kernel counts it
 * @runs:   of all programs together
 * @run_ns: time in all of them
 * @missed: runs that the kernel skipped, because they interrupted the same program on the same CPU;
 *          what they would have seen is lost. The kernel always counts these
 */
struct probes_overhead {
	unsigned long long runs;
	unsigned long long run_ns;
	unsigned long long missed;
};

/**
 * probes_overhead - ask the kernel what the attached programs cost
 * @others:  all programs except those of PROBE_GROUP_VMS
 * @kvm_run: the programs that run with each KVM_RUN of a vCPU; @runs is the number of KVM_RUNs
 *
 * After 'luoscope init' the programs for KVM_RUN are part of one that also watches what comes back:
 * its runs are taken for KVM_RUNs.
 *
 * The kernel counts runs and time only while the sysctl kernel.bpf_stats_enabled is 1; otherwise
 * they are 0. Returns 0; -ENOENT: nothing is attached; or another negative errno.
 */
int probes_overhead(struct probes_overhead *others, struct probes_overhead *kvm_run);

/**
 * probes_latency - read the histograms of freezes and resets, by reset method
 * @latency: has LUO_STATS_RESET_METHODS elements
 *
 * Returns 0; -ENOENT: nothing is attached; or another negative errno.
 */
int probes_latency(struct luoscope_latency *latency);

#endif /* LUOSCOPE_OVERHEAD_H */
