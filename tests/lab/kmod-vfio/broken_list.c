// SPDX-License-Identifier: GPL-2.0
/*
 * A fault generator: the list of devices that this kernel sends to the next one has no end, or has
 * an address in it at which nothing is. It breaks the record that was added last, when nothing can
 * refuse the update any more.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/kho/abi/pci.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/reboot.h>

static unsigned long long next;
module_param(next, ullong, 0444);
MODULE_PARM_DESC(next, "where the record behind that one is; 0: it is that one");

static struct pci_luo_dev *last;

/* Records are known by their size; nothing else that KHO preserves has it. */
static int on_alloc(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	return regs_get_kernel_argument(regs, 0) != sizeof(struct pci_luo_dev);
}

static int on_allocated(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct pci_luo_dev *record = (struct pci_luo_dev *)regs_return_value(regs);

	if (!IS_ERR(record))
		last = record;
	return 0;
}

static int on_free(struct kprobe *probe, struct pt_regs *regs)
{
	if (regs_get_kernel_argument(regs, 0) == (unsigned long)last)
		last = NULL;
	return 0;
}

static struct kretprobe allocated = {
	.kp.symbol_name = "kho_alloc_preserve",
	.entry_handler = on_alloc,
	.handler = on_allocated,
};

static struct kprobe freed = {
	.symbol_name = "kho_unpreserve_free",
	.pre_handler = on_free,
};

static int going_down(struct notifier_block *notifier, unsigned long action, void *command)
{
	if (last)
		last->next = next ?: virt_to_phys(last);
	return NOTIFY_DONE;
}

static struct notifier_block reboot = { .notifier_call = going_down };

static int __init broken_list_init(void)
{
	int err = register_kretprobe(&allocated);

	if (err)
		return err;
	err = register_kprobe(&freed);
	if (err) {
		unregister_kretprobe(&allocated);
		return err;
	}
	register_reboot_notifier(&reboot);
	return 0;
}

static void __exit broken_list_exit(void)
{
	unregister_reboot_notifier(&reboot);
	unregister_kprobe(&freed);
	unregister_kretprobe(&allocated);
}

module_init(broken_list_init);
module_exit(broken_list_exit);
MODULE_DESCRIPTION("breaks the list of devices for the next kernel");
MODULE_LICENSE("GPL");
