// SPDX-License-Identifier: GPL-2.0
/*
 * The one BPF object: each file watches one thing. They are compiled together, for the static
 * linker of Debian 12's libbpf does not take objects that share kfuncs.
 */
#include "span.bpf.h"

#include "device.bpf.c"
#include "file.bpf.c"
#include "kexec.bpf.c"

/*
 * A stamp by the loader, which runs it: that all programs are attached, so that a report can tell
 * "did not happen" from "was not watched", and what 'luoscope init' itself takes.
 */
SEC("syscall")
int stamp(__u32 *slot)
{
	if (have_luo_stats && (*slot == LUO_STATS_PROBES_READY || *slot == LUO_STATS_INIT_DONE))
		luo_stats_boundary(*slot, 0, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
