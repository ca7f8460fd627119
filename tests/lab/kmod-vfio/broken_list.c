// SPDX-License-Identifier: GPL-2.0
/*
 * A fault generator: the list of devices that this kernel sends to the next one has no end. It
 * breaks the record that was added last, when nothing can refuse the update any more.
 */
#include <linux/io.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/reboot.h>

static struct vfio_pci_luo_ser *last;

static int on_add(struct kprobe *probe, struct pt_regs *regs)
{
	last = (struct vfio_pci_luo_ser *)regs_get_kernel_argument(regs, 0);
	return 0;
}

static int on_remove(struct kprobe *probe, struct pt_regs *regs)
{
	last = NULL;
	return 0;
}

static struct kprobe add = {
	.symbol_name = "vfio_pci_outgoing_add",
	.pre_handler = on_add,
};

static struct kprobe remove = {
	.symbol_name = "vfio_pci_outgoing_remove",
	.pre_handler = on_remove,
};

static struct kprobe *probes[] = { &add, &remove };

static int going_down(struct notifier_block *notifier, unsigned long action, void *command)
{
	if (last)
		last->next = virt_to_phys(last);
	return NOTIFY_DONE;
}

static struct notifier_block reboot = { .notifier_call = going_down };

static int __init broken_list_init(void)
{
	int err = register_kprobes(probes, ARRAY_SIZE(probes));

	if (!err)
		register_reboot_notifier(&reboot);
	return err;
}

static void __exit broken_list_exit(void)
{
	unregister_reboot_notifier(&reboot);
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

module_init(broken_list_init);
module_exit(broken_list_exit);
MODULE_DESCRIPTION("breaks the list of devices for the next kernel");
MODULE_LICENSE("GPL");
