// SPDX-License-Identifier: GPL-2.0
/*
 * The locks that the reset of one device needs, for those who must not wait for them without a
 * bound: the close of a device, which may be called with these very locks held, and a live update.
 * Part of vfio-pci-core; built in with live update, which may have to reset a device before
 * vfio-pci-core is loaded.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/pci.h>
#include <linux/vfio_pci_liveupdate.h>

/*
 * The bridge whose lock a reset of the device needs, or NULL. Only a reset of the bus needs it. The
 * device is alone below its bridge then, so that no two devices ever wait for one bridge. A reset
 * of the bus by somebody else takes the locks of all devices below it.
 */
static struct pci_dev *bridge_of_reset(struct pci_dev *pdev)
{
	return pci_reset_needs_bridge(pdev) ? pci_upstream_bridge(pdev) : NULL;
}

static u8 lock_all(struct pci_dev *pdev, unsigned long deadline, struct pci_dev *bridge)
{
	u8 busy;

	if (bridge && !vfio_pci_core_try_until(deadline, pci_dev_trylock(bridge)))
		return VFIO_PCI_LUO_LOCK_BRIDGE;
	if (!vfio_pci_core_try_until(deadline, device_trylock(&pdev->dev))) {
		busy = VFIO_PCI_LUO_LOCK_DEVICE;
		goto err_bridge;
	}
	if (!vfio_pci_core_try_until(deadline, pci_cfg_access_trylock(pdev))) {
		busy = VFIO_PCI_LUO_LOCK_CONFIG;
		goto err_device;
	}
	return VFIO_PCI_LUO_LOCK_NONE;

err_device:
	device_unlock(&pdev->dev);
err_bridge:
	if (bridge)
		pci_dev_unlock(bridge);
	return busy;
}

/**
 * vfio_pci_core_reset_lock - take all locks that a reset of the device needs
 * @pdev: the device
 * @deadline: until when it may wait for them, in jiffies; each is tried at least once
 * @bridge: the bridge whose lock has been taken, or NULL; for vfio_pci_core_reset_unlock()
 *
 * The holder of such a lock may wait for the caller, so this never waits without a bound.
 *
 * Context: may sleep.
 *
 * Return: VFIO_PCI_LUO_LOCK_NONE, or what was busy; then nothing is held.
 */
u8 vfio_pci_core_reset_lock(struct pci_dev *pdev, unsigned long deadline, struct pci_dev **bridge)
{
	u8 busy;

	for (;;) {
		*bridge = bridge_of_reset(pdev);
		busy = lock_all(pdev, deadline, *bridge);
		/* The methods may have changed until the device was locked, not from there on. */
		if (busy || *bridge == bridge_of_reset(pdev))
			return busy;
		vfio_pci_core_reset_unlock(pdev, *bridge);
	}
}
EXPORT_SYMBOL_GPL(vfio_pci_core_reset_lock);

/**
 * vfio_pci_core_reset_unlock - the opposite of vfio_pci_core_reset_lock()
 * @pdev: the device
 * @bridge: what that has returned
 */
void vfio_pci_core_reset_unlock(struct pci_dev *pdev, struct pci_dev *bridge)
{
	pci_cfg_access_unlock(pdev);
	device_unlock(&pdev->dev);
	if (bridge)
		pci_dev_unlock(bridge);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_reset_unlock);
