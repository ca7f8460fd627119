// SPDX-License-Identifier: GPL-2.0
/*
 * A stamp for the host, as luo_client writes them, soon after liveupdate_reboot() was entered: with
 * the one that luo_client writes before reboot(2), it encloses the moment at which the blackout
 * begins, however long the host keeps the guest from running in between.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/pci.h>

static char *device = "";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "the PCI device that takes the stamp, as 0000:00:10.0");
static int offset;
module_param(offset, int, 0444);
MODULE_PARM_DESC(offset, "where in its configuration space");
static unsigned char value;
module_param(value, byte, 0444);
MODULE_PARM_DESC(value, "the byte to write");

static struct pci_dev *pci;

/* In atomic context, which accesses to configuration space may be made from. */
static int on_serialize(struct kprobe *probe, struct pt_regs *regs)
{
	pci_write_config_byte(pci, offset, value);
	return 0;
}

/* What liveupdate_reboot() calls first; luoscope has its own program at liveupdate_reboot(). */
static struct kprobe probe = {
	.symbol_name = "luo_session_serialize",
	.pre_handler = on_serialize,
};

static int __init stamp_reboot_init(void)
{
	unsigned int domain, bus, slot, function;
	int err;

	if (sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
		return -EINVAL;
	pci = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
	if (!pci)
		return -ENODEV;
	err = register_kprobe(&probe);
	if (err)
		pci_dev_put(pci);
	return err;
}

static void __exit stamp_reboot_exit(void)
{
	unregister_kprobe(&probe);
	pci_dev_put(pci);
}

module_init(stamp_reboot_init);
module_exit(stamp_reboot_exit);
MODULE_DESCRIPTION("a stamp for the host when an update begins");
MODULE_LICENSE("GPL");
