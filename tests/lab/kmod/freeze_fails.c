// SPDX-License-Identifier: GPL-2.0
/*
 * A fault generator: while it is loaded the freeze of every memfd but the first @after ones fails
 * with EBUSY, and so does the update. No public means makes a memfd's freeze fail, or take long.
 */
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/module.h>

static unsigned int after;
module_param(after, uint, 0444);
MODULE_PARM_DESC(after, "how many freezes go well before one fails");

static unsigned int delay_ms;
module_param(delay_ms, uint, 0444);
MODULE_PARM_DESC(delay_ms, "how much longer each freeze takes");

static int on_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const u64 until = ktime_get_ns() + delay_ms * NSEC_PER_MSEC;

	/* By the clock: the loops of mdelay() are not calibrated in a guest. */
	while (delay_ms && ktime_get_ns() < until)
		cpu_relax();
	if (after)
		after--;
	else
		regs_set_return_value(regs, -EBUSY);
	return 0;
}

static struct kretprobe probe = {
	.kp.symbol_name = "memfd_luo_freeze",
	.handler = on_return,
};

static int __init freeze_fails_init(void)
{
	return register_kretprobe(&probe);
}

static void __exit freeze_fails_exit(void)
{
	unregister_kretprobe(&probe);
}

module_init(freeze_fails_init);
module_exit(freeze_fails_exit);
MODULE_DESCRIPTION("makes the freeze of memfds fail");
MODULE_LICENSE("GPL");
