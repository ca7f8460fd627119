// SPDX-License-Identifier: GPL-2.0
/*
 * A fault generator: a device that does not come back from its function level reset. From the
 * moment that one starts, its configuration space reads as all ones. No device in QEMU does so.
 */
#include <linux/module.h>
#include <linux/pci.h>

static char *address;
module_param(address, charp, 0444);
MODULE_PARM_DESC(address, "address of the device");

static struct pci_dev *mute;
static struct pci_ops *ops;
static bool is_mute;

static int read_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	if (READ_ONCE(is_mute) && devfn == mute->devfn) {
		*value = ~0;
		return PCIBIOS_SUCCESSFUL;
	}
	return ops->read(bus, devfn, where, size, value);
}

static int write_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	if (devfn == mute->devfn && where == mute->pcie_cap + PCI_EXP_DEVCTL &&
	    value & PCI_EXP_DEVCTL_BCR_FLR) {
		pci_warn(mute, "mute: a reset started, and never ends\n");
		WRITE_ONCE(is_mute, true);
	}
	if (READ_ONCE(is_mute) && devfn == mute->devfn)
		return PCIBIOS_SUCCESSFUL;
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
