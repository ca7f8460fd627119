// SPDX-License-Identifier: GPL-2.0
/*
 * Live update of device files: what only vfio itself can do, for its files are private to it.
 * drivers/vfio/pci/vfio_pci_liveupdate.c tells the whole.
 */
#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
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
 * vfio_liveupdate_close - let no system call on this file begin any more
 * @file: a file that has a vfio_liveupdate_device()
 *
 * From here on ioctl, read, write and mmap return EBUSY. Those that are under way go on:
 * vfio_liveupdate_is_empty().
 */
void vfio_liveupdate_close(struct file *file)
{
	struct vfio_device_file *df = file->private_data;

	atomic_add(VFIO_LIVEUPDATE_CLOSED, &df->gate.users);
}
EXPORT_SYMBOL_GPL(vfio_liveupdate_close);

/**
 * vfio_liveupdate_is_empty - wait until no system call on this file is under way
 * @file: a file that is closed (vfio_liveupdate_close())
 * @deadline: for how long, in jiffies
 *
 * Return: false if some were still under way at the deadline.
 */
bool vfio_liveupdate_is_empty(struct file *file, unsigned long deadline)
{
	struct vfio_device_file *df = file->private_data;

	/* Pairs with the release in vfio_liveupdate_gate_leave(). */
	while (atomic_read_acquire(&df->gate.users) != VFIO_LIVEUPDATE_CLOSED) {
		if (time_after_eq(jiffies, deadline))
			return false;
		usleep_range(100, 200);
	}
	return true;
}
EXPORT_SYMBOL_GPL(vfio_liveupdate_is_empty);

/**
 * vfio_liveupdate_open - undo vfio_liveupdate_close()
 * @file: the same file
 */
void vfio_liveupdate_open(struct file *file)
{
	struct vfio_device_file *df = file->private_data;

	/* Who gets in sees what was done to the device meanwhile: both operations are ordered. */
	(void)atomic_sub_return(VFIO_LIVEUPDATE_CLOSED, &df->gate.users);
}
EXPORT_SYMBOL_GPL(vfio_liveupdate_open);

/**
 * vfio_liveupdate_abandon - nobody is to wait any more for this file to be closed
 * @file: a file that is closed (vfio_liveupdate_close()); the kernel goes down, and LUO holds it
 *
 * Who unbinds the driver waits for that with the device lock held, and device_shutdown() waits for
 * the lock. From here on nobody waits, neither who does already nor who begins to. What the file
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

#if IS_ENABLED(CONFIG_VFIO_GROUP)
/**
 * vfio_liveupdate_keeps_out - may this group not be opened?
 * @group: the group, its group_lock held
 *
 * A group that is open keeps every file of its devices from being bound to an iommufd.
 *
 * Return: true if one of its devices is on its way to a file.
 */
bool vfio_liveupdate_keeps_out(struct vfio_group *group)
{
	struct vfio_device *device;

	guard(mutex)(&group->device_lock);
	list_for_each_entry(device, &group->device_list, group_next)
		if (vfio_pci_incoming_keeps_out(device->dev, NULL))
			return true;
	return false;
}
#endif

static int is_child_of(struct device *dev, const void *parent)
{
	return dev->parent == parent;
}

/**
 * vfio_liveupdate_make_file - the file for a device that arrived
 * @dev: the device below vfio's
 * @ops: what its vfio device must be driven by
 * @ser: what the previous kernel sent for this file
 *
 * What comes out is a file as open() of the device's node in /dev/vfio/devices gives it, on an
 * anonymous inode: not bound to an iommufd yet, its mappings found with the device's others.
 *
 * Return: the file, or an ERR_PTR: -ENODEV if @dev has no vfio device of these @ops, -EBUSY if it
 * has been given to another file, -EPERM for a device without an IOMMU and a caller without
 * CAP_SYS_RAWIO, -ENOMEM or what the file system says.
 */
struct file *vfio_liveupdate_make_file(struct device *dev, const struct vfio_device_ops *ops,
				       const struct vfio_pci_luo_ser *ser)
{
	struct vfio_device_file *df;
	struct vfio_device *device;
	struct device *found;
	struct file *file;
	int err = -ENODEV;

	found = class_find_device(&vfio_device_class, NULL, dev, is_child_of);
	if (!found)
		return ERR_PTR(-ENODEV);
	device = container_of(found, struct vfio_device, device);
	if (device->ops != ops || !vfio_device_try_get_registration(device))
		goto err_put_device;

	err = -EPERM;
	if (vfio_device_is_noiommu(device) && !capable(CAP_SYS_RAWIO))
		goto err_put_registration;

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

	/* From here on vfio_device_fops_release() gives back all but the class's reference. */
	err = vfio_pci_incoming_claim(dev, ser, df);
	if (err) {
		fput(file);
		file = ERR_PTR(err);
	}
	put_device(found);
	return file;

err_free:
	kfree(df);
err_put_registration:
	vfio_device_put_registration(device);
err_put_device:
	put_device(found);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(vfio_liveupdate_make_file);
