// SPDX-License-Identifier: GPL-2.0
/*
 * A fault generator: a device that does not come back from its function level reset. From the
 * moment that one starts, its configuration space reads as all ones. No device in QEMU does so.
 * Or all of it, or its extended part, reads so while the module's parameter on is set. Or INTx
 * cannot be disabled, as on devices from before PCI 2.3, which QEMU does not have either.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>

static char *address;
module_param(address, charp, 0444);
MODULE_PARM_DESC(address, "address of the device");

static char *part = "";
module_param(part, charp, 0444);
MODULE_PARM_DESC(part, "all or extended: reads as all ones, reset or not; intx: is never disabled");
static bool on = true;
module_param(on, bool, 0644);
MODULE_PARM_DESC(on, "whether it does now");

static struct pci_dev *mute;
static struct pci_ops *ops;
static bool is_mute;

static bool is_lost(unsigned int devfn, int where)
{
	if (devfn != mute->devfn)
		return false;
	if (!*part)
		return READ_ONCE(is_mute);
	if (!strcmp(part, "all"))
		return READ_ONCE(on);
	return READ_ONCE(on) && where >= PCI_CFG_SPACE_SIZE && !strcmp(part, "extended");
}

static int read_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	if (is_lost(devfn, where)) {
		*value = ~0;
		return PCIBIOS_SUCCESSFUL;
	}
	return ops->read(bus, devfn, where, size, value);
}

static int write_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	if (!*part && devfn == mute->devfn && where == mute->pcie_cap + PCI_EXP_DEVCTL &&
	    value & PCI_EXP_DEVCTL_BCR_FLR) {
		pci_warn(mute, "mute: a reset started, and never ends\n");
		WRITE_ONCE(is_mute, true);
	}
	if (is_lost(devfn, where))
		return PCIBIOS_SUCCESSFUL;
	if (!strcmp(part, "intx") && devfn == mute->devfn && where == PCI_COMMAND)
		value &= ~PCI_COMMAND_INTX_DISABLE;
	return ops->write(bus, devfn, where, size, value);
}

static struct pci_ops mute_ops = {
	.read = read_config,
	.write = write_config,
};

static int __init mute_init(void)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, address ?: "");

	if (!dev)
		return -ENODEV;
	mute = to_pci_dev(dev);
	if (!pci_is_pcie(mute)) {
		pci_dev_put(mute);
		return -EOPNOTSUPP;
	}
	/* Before the first access comes this way. */
	ops = mute->bus->ops;
	mute_ops.map_bus = ops->map_bus;
	pci_bus_set_ops(mute->bus, &mute_ops);
	return 0;
}

/* There is no exit: nobody knows when the last access that came this way is over. */
module_init(mute_init);
MODULE_DESCRIPTION("makes a device not come back from a reset");
MODULE_LICENSE("GPL");
