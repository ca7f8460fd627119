// SPDX-License-Identifier: GPL-2.0
/*
 * The one BPF object: each file watches one thing. They are compiled together, for the static
 * linker of Debian 12's libbpf does not take objects that share kfuncs.
 */
#include "span.bpf.h"

#include "file.bpf.c"
#include "kexec.bpf.c"

/*
 * The loader runs it once all programs are attached: a report can then tell "did not happen" from
 * "was not watched".
 */
SEC("syscall")
int note_probes_ready(void *context)
{
	if (have_luo_stats)
		luo_stats_boundary(LUO_STATS_PROBES_READY, 0, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
