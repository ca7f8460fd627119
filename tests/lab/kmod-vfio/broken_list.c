// SPDX-License-Identifier: GPL-2.0
/*
 * A fault generator: the list of devices that this kernel sends to the next one has no end, or an
 * address in it, or its own, is one at which nothing is. It breaks the record that was added last,
 * when nothing can refuse the update any more.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/kho/abi/pci.h>
#include <linux/kprobes.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/reboot.h>

static unsigned long long next;
module_param(next, ullong, 0444);
MODULE_PARM_DESC(next, "where the record behind that one is; 0: it is that one");

static unsigned long long head;
module_param(head, ullong, 0444);
MODULE_PARM_DESC(head, "where the list is; 0: where it is, and a record of it is broken");

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

/* The list is preserved: say that it is somewhere else. */
static int on_preserve(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	*(unsigned long *)instance->data = regs_get_kernel_argument(regs, 0);
	return !head;
}

static int on_preserved(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct liveupdate_flb_op_args *args = *(void **)instance->data;

	args->data = head;
	return 0;
}

static struct kretprobe preserved = {
	.kp.symbol_name = "outgoing_preserve",
	.entry_handler = on_preserve,
	.handler = on_preserved,
	.data_size = sizeof(unsigned long),
};

static int going_down(struct notifier_block *notifier, unsigned long action, void *command)
{
	if (last && !head)
		last->next = next ?: virt_to_phys(last);
	return NOTIFY_DONE;
}

static struct notifier_block reboot = { .notifier_call = going_down };

static int __init broken_list_init(void)
{
	int err = register_kretprobe(&allocated);

	if (err)
		return err;
	err = register_kretprobe(&preserved);
	if (err)
		goto no_preserved;
	err = register_kprobe(&freed);
	if (err)
		goto no_freed;
	register_reboot_notifier(&reboot);
	return 0;

no_freed:
	unregister_kretprobe(&preserved);
no_preserved:
	unregister_kretprobe(&allocated);
	return err;
}

static void __exit broken_list_exit(void)
{
	unregister_reboot_notifier(&reboot);
	unregister_kprobe(&freed);
	unregister_kretprobe(&preserved);
	unregister_kretprobe(&allocated);
}

module_init(broken_list_init);
module_exit(broken_list_exit);
MODULE_DESCRIPTION("breaks the list of devices for the next kernel");
MODULE_LICENSE("GPL");
