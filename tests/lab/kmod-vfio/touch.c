// SPDX-License-Identifier: GPL-2.0
/*
 * Loading it does to a device what somebody may do who has no business there: enables it, as a
 * driver does, or writes to its configuration space, as setpci does.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>

static char *address, *action;
module_param(address, charp, 0444);
MODULE_PARM_DESC(address, "address of the device");
module_param(action, charp, 0444);
MODULE_PARM_DESC(action, "enable or config");

static int touch(struct pci_dev *pdev)
{
	int err;
	u8 size;

	if (!strcmp(action ?: "", "enable")) {
		err = pci_enable_device(pdev);
		if (!err)
			pci_disable_device(pdev);
		return err;
	}
	if (strcmp(action ?: "", "config"))
		return -EINVAL;
	pci_read_config_byte(pdev, PCI_CACHE_LINE_SIZE, &size);
	err = pci_write_config_byte(pdev, PCI_CACHE_LINE_SIZE, size ^ 0x10);
	return pcibios_err_to_errno(err);
}

static int __init touch_init(void)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, address ?: "");
	int err;

	if (!dev)
		return -ENODEV;
	err = touch(to_pci_dev(dev));
	put_device(dev);
	return err;
}

static void __exit touch_exit(void)
{
}

module_init(touch_init);
module_exit(touch_exit);
MODULE_DESCRIPTION("touches a device");
MODULE_LICENSE("GPL");
