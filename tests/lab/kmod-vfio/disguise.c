// SPDX-License-Identifier: GPL-2.0
/*
 * While it is loaded the kernel takes a device for a display device of Intel's: QEMU has none. Only
 * what the kernel remembers of the device is changed.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci_ids.h>

static char *address;
module_param(address, charp, 0444);
MODULE_PARM_DESC(address, "address of the device");

static struct pci_dev *pdev;
static unsigned short vendor;
static unsigned int class;

static int __init disguise_init(void)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, address ?: "");

	if (!dev)
		return -ENODEV;
	pdev = to_pci_dev(dev);
	vendor = pdev->vendor;
	class = pdev->class;
	pdev->vendor = PCI_VENDOR_ID_INTEL;
	pdev->class = PCI_CLASS_DISPLAY_VGA << 8;
	return 0;
}

static void __exit disguise_exit(void)
{
	pdev->vendor = vendor;
	pdev->class = class;
	pci_dev_put(pdev);
}

module_init(disguise_init);
module_exit(disguise_exit);
MODULE_DESCRIPTION("makes a device look like a display device of Intel's");
MODULE_LICENSE("GPL");
