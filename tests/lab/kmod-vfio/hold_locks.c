// SPDX-License-Identifier: GPL-2.0
/*
 * A fault generator: holds locks of devices from when it is loaded until the kernel goes down, or
 * until it is unloaded. User space can hold each of them, but not for as long as a test wants.
 */
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/reboot.h>
#include <linux/vfio_pci_core.h>

static char *memory, *device, *config, *set;
module_param(memory, charp, 0444);
MODULE_PARM_DESC(memory, "address of the device whose memory_lock in vfio is held");
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "address of the device whose device lock is held");
module_param(config, charp, 0444);
MODULE_PARM_DESC(config, "address of the device whose configuration space is blocked");

module_param(set, charp, 0444);
MODULE_PARM_DESC(set, "address of the device whose set's lock in vfio is held");

static unsigned int functions;
module_param(functions, uint, 0444);
MODULE_PARM_DESC(functions,
		 "enable so many virtual functions of the device just before its lock is released");

static DECLARE_COMPLETION(held);
static struct task_struct *holder;

static struct pci_dev *find(const char *address)
{
	struct device *dev = address ? bus_find_device_by_name(&pci_bus_type, NULL, address) : NULL;

	return dev ? to_pci_dev(dev) : NULL;
}

static struct vfio_pci_core_device *vdev_of(struct pci_dev *pdev)
{
	return pdev ? dev_get_drvdata(&pdev->dev) : NULL;
}

/* What a write to sriov_numvfs does, with the same locks held. */
static void enable_functions(struct pci_dev *pdev)
{
	int count = -ENODEV;

	pci_lock_rescan_remove();
	if (pdev->driver && pdev->driver->sriov_configure)
		count = pdev->driver->sriov_configure(pdev, functions);
	pci_unlock_rescan_remove();
	if (count != functions)
		pci_err(pdev, "hold_locks: virtual functions: %d\n", count);
}

/* One task takes them and lets go of them, for a lock has an owner. */
static int hold(void *unused)
{
	struct pci_dev *of_memory = find(memory), *of_device = find(device);
	struct pci_dev *of_config = find(config), *of_set = find(set);
	struct vfio_pci_core_device *vdev = vdev_of(of_memory), *set_vdev = vdev_of(of_set);

	if (set_vdev)
		mutex_lock(&set_vdev->vdev.dev_set->lock);
	if (vdev)
		down_write(&vdev->memory_lock);
	if (of_device)
		device_lock(&of_device->dev);
	if (of_config)
		pci_cfg_access_lock(of_config);
	complete(&held);

	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 100);

	if (of_config)
		pci_cfg_access_unlock(of_config);
	if (of_device && functions)
		enable_functions(of_device);
	if (of_device)
		device_unlock(&of_device->dev);
	if (vdev)
		up_write(&vdev->memory_lock);
	if (set_vdev)
		mutex_unlock(&set_vdev->vdev.dev_set->lock);
	pci_dev_put(of_set);
	pci_dev_put(of_config);
	pci_dev_put(of_device);
	pci_dev_put(of_memory);
	return 0;
}

/* device_shutdown() wants the device lock, later than any freeze. */
static int going_down(struct notifier_block *notifier, unsigned long action, void *command)
{
	kthread_stop(holder);
	holder = NULL;
	return NOTIFY_DONE;
}

static struct notifier_block reboot = { .notifier_call = going_down };

static int __init hold_locks_init(void)
{
	holder = kthread_run(hold, NULL, "hold_locks");
	if (IS_ERR(holder))
		return PTR_ERR(holder);
	wait_for_completion(&held);
	register_reboot_notifier(&reboot);
	return 0;
}

static void __exit hold_locks_exit(void)
{
	unregister_reboot_notifier(&reboot);
	if (holder)
		kthread_stop(holder);
}

module_init(hold_locks_init);
module_exit(hold_locks_exit);
MODULE_DESCRIPTION("holds locks of vfio-pci devices");
MODULE_LICENSE("GPL");
