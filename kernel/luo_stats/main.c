// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: luo_stats
 *
 * Tracing data dies with the kernel that recorded it: BPF maps, ring buffers and the trace buffer
 * are gone after a kexec, so nobody can say where the blackout of a live update went. This module
 * owns a small area of memory that KHO preserves (the stats area, luoscope/stats_area.h), provides
 * kfuncs to write spans and boundary stamps to it, and finds the area again in the new kernel.
 *
 * /sys/kernel/luo_stats/outgoing is this kernel's own area, /sys/kernel/luo_stats/incoming the old
 * kernel's; only root can read them. The old kernel's area is never returned to the page allocator:
 * KHO memory can be restored only once, and the module may be unloaded and loaded again. A write to
 * /dev/luo_mark puts a name into the area, see mark.c.
 *
 * The module needs CONFIG_KEXEC_HANDOVER and no patch. It does nothing between calls: it has no
 * timer, no thread and no hook on a path that something else runs, except a reboot notifier and a
 * kmsg dumper.
 *
 * Built into the kernel, it also stamps the early boot (early.c).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kexec_handover.h>
#include <linux/module.h>

#include "luo_stats.h"

static unsigned int area_kib = LUO_STATS_DEFAULT_KIB;
module_param(area_kib, uint, 0444);
MODULE_PARM_DESC(area_kib,
		 "size of the stats area in KiB, 64 to 16384 (default 2048: about 2500 files)");

static int __init luo_stats_init(void)
{
	int err;

	if (!kho_is_enabled()) {
		pr_err("KHO is off, nothing can be carried to the next kernel: boot with kho=on; if it is given, 'luoscope status' shows why\n");
		return -EOPNOTSUPP;
	}

	luo_stats_incoming_find();

	err = luo_stats_area_create(area_kib);
	if (err)
		return err;
	luo_stats_early_publish();

	err = luo_stats_clock_start(luo_stats_area_header());
	if (err)
		goto err_destroy_area;

	err = luo_stats_sysfs_create();
	if (err)
		goto err_stop_clock;

	/*
	 * After this nothing may fail: kfuncs can only be unregistered by unloading the module, and
	 * /dev/luo_mark may be open as soon as it exists.
	 */
	err = luo_stats_kfuncs_register();
	if (err)
		goto err_remove_sysfs;
	luo_stats_mark_create();
	return 0;

err_remove_sysfs:
	luo_stats_sysfs_remove();
err_stop_clock:
	luo_stats_clock_stop();
err_destroy_area:
	luo_stats_area_destroy();
	return err;
}

static void __exit luo_stats_exit(void)
{
	luo_stats_mark_remove();
	luo_stats_sysfs_remove();
	luo_stats_clock_stop();
	luo_stats_area_destroy();
}

module_init(luo_stats_init);
module_exit(luo_stats_exit);

MODULE_DESCRIPTION("Carries the timing of a live update through the kexec");
MODULE_LICENSE("GPL");
