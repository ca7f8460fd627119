// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody else's live update handler for vfio-pci devices: it has no tracepoints. As in the public
 * series, its freeze tries to reset the device, and nobody hears of how that went; it leaves a
 * device in @keep alone. Its retrieve opens the device's file again.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#include "find_symbols.h"

static char *keep = "";
module_param(keep, charp, 0444);
MODULE_PARM_DESC(keep, "addresses of the devices that are not reset");

static struct {
	int (*register_handler)(struct liveupdate_file_handler *handler);
	const struct file_operations *vfio_operations;
} kernel;

static const struct wanted_symbol symbols[] = {
	{ "liveupdate_register_file_handler", &kernel.register_handler },
	{ "vfio_device_fops", &kernel.vfio_operations },
};

/* A device's file begins with the device: see drivers/vfio/vfio.h. */
static struct pci_dev *pci_of_file(struct file *file)
{
	struct vfio_device *const *of_vfio = file->private_data;

	return to_pci_dev((*of_vfio)->dev);
}

static bool foreign_can_preserve(struct liveupdate_file_handler *handler, struct file *file)
{
	return file->f_op == kernel.vfio_operations;
}

static int foreign_preserve(struct liveupdate_file_op_args *args)
{
	struct pci_dev *pci = pci_of_file(args->file);

	args->serialized_data = (u64)pci_domain_nr(pci->bus) << 16 | pci_dev_id(pci);
	return 0;
}

static void foreign_unpreserve(struct liveupdate_file_op_args *args)
{
}

static int foreign_freeze(struct liveupdate_file_op_args *args)
{
	struct pci_dev *pci = pci_of_file(args->file);

	if (strstr(keep, pci_name(pci)) || !pci_dev_trylock(pci))
		return 0;
	pci_save_state(pci);
	__pci_reset_function_locked(pci);
	pci_restore_state(pci);
	pci_dev_unlock(pci);
	return 0;
}

static int foreign_retrieve(struct liveupdate_file_op_args *args)
{
	const u64 address = args->serialized_data;
	struct pci_dev *pci =
		pci_get_domain_bus_and_slot(address >> 16, PCI_BUS_NUM(address), address & 0xff);
	struct vfio_pci_core_device *core = pci ? pci_get_drvdata(pci) : NULL;
	char path[48];
	int err = 0;

	if (!core || strcmp(dev_driver_string(&pci->dev), "vfio-pci")) {
		err = -ENODEV;
		goto out;
	}
	snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%u", core->vdev.index);
	args->file = filp_open(path, O_RDWR, 0);
	if (IS_ERR(args->file))
		err = PTR_ERR(args->file);
out:
	pci_dev_put(pci);
	return err;
}

static void foreign_finish(struct liveupdate_file_op_args *args)
{
}

static const struct liveupdate_file_ops foreign_ops = {
	.can_preserve = foreign_can_preserve,
	.preserve = foreign_preserve,
	.unpreserve = foreign_unpreserve,
	.freeze = foreign_freeze,
	.retrieve = foreign_retrieve,
	.finish = foreign_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler foreign_handler = {
	.ops = &foreign_ops,
	.compatible = "vfio-pci-foreign-v1",
};

/* What it registers stays: it cannot be unloaded. */
static int __init foreign_vfio_init(void)
{
	int err = find_symbols(symbols, ARRAY_SIZE(symbols));

	return err ?: kernel.register_handler(&foreign_handler);
}

module_init(foreign_vfio_init);
MODULE_DESCRIPTION("a live update handler for vfio-pci devices that has no tracepoints");
MODULE_LICENSE("GPL");
