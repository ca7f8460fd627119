/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers under which the BPF programs call kfuncs, those of luo_stats and of the kernel. The
 * loader replaces them by what the running kernel has: libbpf would search the types of the kernel
 * and of all its modules for each name, and 'luoscope init' loads the programs within the blackout.
 */
#ifndef LUOSCOPE_KFUNCS_H
#define LUOSCOPE_KFUNCS_H

/* Higher than the number of any helper of the kernel. */
#define LUOSCOPE_KFUNC_FIRST 0x10000

enum luoscope_kfunc {
	LUOSCOPE_KFUNC_CYCLES,
	LUOSCOPE_KFUNC_BOUNDARY,
	LUOSCOPE_KFUNC_SUBJECT,
	LUOSCOPE_KFUNC_SPAN_BEGIN,
	LUOSCOPE_KFUNC_SPAN_END,
	LUOSCOPE_KFUNC_MISSED,
	LUOSCOPE_KFUNCS_OF_AREA, /* how many luo_stats has */
	LUOSCOPE_KFUNC_RDONLY_CAST = LUOSCOPE_KFUNCS_OF_AREA,
	LUOSCOPE_KFUNCS, /* their number */
};

#endif /* LUOSCOPE_KFUNCS_H */
