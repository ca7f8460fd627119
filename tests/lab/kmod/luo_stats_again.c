// SPDX-License-Identifier: GPL-2.0
/*
 * luo_stats once more, as a module by another name: for a kernel that has it built in, and was told
 * not to start it (initcall_blacklist=luo_stats_init, which goes by the name of the function).
 */
#include <linux/module.h>

/* Kfuncs by the names of the kernel's own have no BTF of their own. */
#define luo_stats_cycles     luo_stats_again_cycles
#define luo_stats_boundary   luo_stats_again_boundary
#define luo_stats_subject    luo_stats_again_subject
#define luo_stats_span_begin luo_stats_again_span_begin
#define luo_stats_span_end   luo_stats_again_span_end
#define luo_stats_missed     luo_stats_again_missed

#undef module_init
#define module_init(function)                                   \
	static int __init luo_stats_again_init(void)            \
	{                                                       \
		return function();                              \
	}                                                       \
	int init_module(void) __copy(luo_stats_again_init)      \
		__attribute__((alias("luo_stats_again_init"))); \
	___ADDRESSABLE(init_module, __initdata)

#include "../../../kernel/luo_stats/main.c"

#include "../../../kernel/luo_stats/area.c"
#include "../../../kernel/luo_stats/clock.c"
#include "../../../kernel/luo_stats/flat.c"
#include "../../../kernel/luo_stats/incoming.c"
#include "../../../kernel/luo_stats/kfuncs.c"
#include "../../../kernel/luo_stats/mark.c"
#include "../../../kernel/luo_stats/sysfs.c"
