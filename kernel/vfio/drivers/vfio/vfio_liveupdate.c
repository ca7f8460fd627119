// SPDX-License-Identifier: GPL-2.0
/*
 * Live update of device files: what only vfio itself can do, because its files are private to it.
 * drivers/vfio/pci/vfio_pci_liveupdate.c describes the whole.
 */
#include <linux/anon_inodes.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/pci.h>
#include <linux/pci_liveupdate.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_liveupdate.h>

#include "vfio.h"

/**
 * vfio_liveupdate_device - the device of a file that came from /dev/vfio/devices
 * @file: any file
 *
 * Return: the device, or NULL if @file is something else, a file that a group has given out
 * (VFIO_GROUP_GET_DEVICE_FD) among it.
 */
struct vfio_device *vfio_liveupdate_device(struct file *file)
{
	struct vfio_device_file *df;

	if (file->f_op != &vfio_device_fops)
		return NULL;
	df = file->private_data;
	return df->group ? NULL : df->device;
}
EXPORT_SYMBOL_GPL(vfio_liveupdate_device);

/**
 * vfio_liveupdate_is_bound - has this very file been bound to an iommufd?
 * @file: a file that has a vfio_liveupdate_device()
 *
 * That the device is open says nothing about the file: another one may have been bound.
 *
 * Return: whether it has.
 */
bool vfio_liveupdate_is_bound(struct file *file)
{
	struct vfio_device_file *df = file->private_data;

	/* Pairs with the release at the end of vfio_df_ioctl_bind_iommufd(). */
	return smp_load_acquire(&df->access_granted);
}
EXPORT_SYMBOL_GPL(vfio_liveupdate_is_bound);

/**
 * vfio_liveupdate_abandon - nobody is to wait any more for this file to be closed
 * @file: a file of a frozen device; the kernel goes down, and LUO holds it
 *
 * Who unbinds the driver waits for that with the device lock held, and device_shutdown() waits for
 * the lock. From here on nobody waits, neither who does already nor who starts to. What the file
 * refers to is never freed: this kernel has only moments left.
 */
void vfio_liveupdate_abandon(struct file *file)
{
	struct vfio_device_file *df = file->private_data;
	struct vfio_device *device = df->device;

	get_device(&device->device);
	get_device(device->dev);
#if IS_ENABLED(CONFIG_VFIO_GROUP)
	get_device(&device->group->dev);
#endif
	complete_all(&device->comp);
}
EXPORT_SYMBOL_GPL(vfio_liveupdate_abandon);

/**
 * vfio_liveupdate_keeps_out - is this device on its way to a file that may not exist yet?
 * @device: the device, of any bus
 *
 * Return: true if only the file that is retrieved for it may open it.
 */
bool vfio_liveupdate_keeps_out(struct vfio_device *device)
{
	return dev_is_pci(device->dev) && pci_liveupdate_is_incoming(to_pci_dev(device->dev));
}

#if IS_ENABLED(CONFIG_VFIO_GROUP)
/**
 * vfio_liveupdate_keeps_out_group - may this group not be opened?
 * @group: the group, its group_lock held
 *
 * A group that is open keeps every file of its devices from being bound to an iommufd.
 *
 * Return: true if one of its devices is on its way to a file.
 */
bool vfio_liveupdate_keeps_out_group(struct vfio_group *group)
{
	struct vfio_device *device;

	guard(mutex)(&group->device_lock);
	list_for_each_entry(device, &group->device_list, group_next)
		if (vfio_liveupdate_keeps_out(device))
			return true;
	return false;
}
#endif

/**
 * vfio_liveupdate_bound - a file has been bound to an iommufd
 * @df: the file
 *
 * If it was retrieved, its device has arrived: vfio itself keeps others from it now.
 */
void vfio_liveupdate_bound(struct vfio_device_file *df)
{
	if (!df->is_incoming)
		return;
	df->is_incoming = false;
	pci_liveupdate_finish(to_pci_dev(df->device->dev));
}

/**
 * vfio_liveupdate_unwanted - the device of a file that is closed, if nobody wants it
 * @df: the file
 *
 * Return: the device, with a reference, if the file was retrieved and never bound; else NULL.
 */
struct pci_dev *vfio_liveupdate_unwanted(struct vfio_device_file *df)
{
	return df->is_incoming ? pci_dev_get(to_pci_dev(df->device->dev)) : NULL;
}

/**
 * vfio_liveupdate_release - reset and release such a device, or withhold it
 * @pdev: vfio_liveupdate_unwanted(), whose file is closed
 *
 * Who unbinds the driver waits for the file with the device lock held, which a reset needs.
 */
void vfio_liveupdate_release(struct pci_dev *pdev)
{
	if (!pdev)
		return;
	vfio_handover_release(pdev, PCI_LIVEUPDATE_RETRIEVED,
			      "retrieved and closed without having been bound");
	pci_dev_put(pdev);
}

static int is_child_of(struct device *dev, const void *parent)
{
	return dev->parent == parent;
}

/**
 * vfio_liveupdate_find - the vfio device of a device
 * @dev: the device below it
 * @ops: what it must be driven by
 *
 * Return: the vfio device, with a reference to its struct device; NULL if there is none of these
 * @ops.
 */
struct vfio_device *vfio_liveupdate_find(struct device *dev, const struct vfio_device_ops *ops)
{
	struct device *found = class_find_device(&vfio_device_class, NULL, dev, is_child_of);
	struct vfio_device *device;

	if (!found)
		return NULL;
	device = container_of(found, struct vfio_device, device);
	if (device->ops == ops)
		return device;
	put_device(found);
	return NULL;
}
EXPORT_SYMBOL_GPL(vfio_liveupdate_find);

/**
 * vfio_liveupdate_make_file - the file for a device that arrived
 * @device: the device
 *
 * What comes out is a file as open() of the device's node in /dev/vfio/devices gives it, on an
 * anonymous inode: not bound to an iommufd yet, its mappings found with the device's others.
 *
 * Return: the file, or an ERR_PTR: -EPROBE_DEFER if the device is being taken away from its driver,
 * -EPERM for a device without an IOMMU and a caller without CAP_SYS_RAWIO, -ENOMEM or what the file
 * system says.
 */
struct file *vfio_liveupdate_make_file(struct vfio_device *device)
{
	struct vfio_device_file *df;
	struct file *file;
	int err;

	if (vfio_device_is_noiommu(device) && !capable(CAP_SYS_RAWIO))
		return ERR_PTR(-EPERM);
	if (!vfio_device_try_get_registration(device))
		return ERR_PTR(-EPROBE_DEFER);

	df = vfio_allocate_device_file(device);
	if (IS_ERR(df)) {
		err = PTR_ERR(df);
		goto err_put_registration;
	}

	file = anon_inode_getfile_fmode("[vfio-device]", &vfio_device_fops, df, O_RDWR,
					FMODE_PREAD | FMODE_PWRITE);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_free;
	}
	file->f_mapping = device->inode->i_mapping;
	/* From here on vfio_device_fops_release() gives all back. */
	df->is_incoming = true;
	return file;

err_free:
	kfree(df);
err_put_registration:
	vfio_device_put_registration(device);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(vfio_liveupdate_make_file);
