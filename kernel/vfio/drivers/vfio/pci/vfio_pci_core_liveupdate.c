// SPDX-License-Identifier: GPL-2.0
/*
 * Live update of vfio-pci devices: access to the device's memory, which vfio-pci-core guards.
 * vfio_pci_liveupdate.c tells the whole.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/vfio_pci_liveupdate.h>

#include "vfio_pci_priv.h"

static bool memory_lock_in_time(struct vfio_pci_core_device *vdev, unsigned int timeout_ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(timeout_ms);

	while (!down_write_trylock(&vdev->memory_lock)) {
		if (time_after_eq(jiffies, deadline))
			return false;
		usleep_range(100, 200);
	}
	return true;
}

/**
 * vfio_pci_core_liveupdate_cut - take the device's memory away from its user
 * @vdev: the device; its file lets nobody in any more, and it is not runtime suspended
 * @timeout_ms: how long to wait for memory_lock
 *
 * The BARs fault from here on and cannot be read or written, in-kernel eventfds included, and the
 * DMA-bufs of the device are revoked. The device is in D0 then. memory_lock is not held for
 * longer than that: a reset takes locks that must not be taken under it.
 *
 * Revoking a DMA-buf waits for what its importers have begun; that has no bound of its own.
 *
 * Return: false if memory_lock could not be had in time. Faults are refused even then, but what is
 * being done under the lock goes on, and DMA-bufs were not revoked.
 */
bool vfio_pci_core_liveupdate_cut(struct vfio_pci_core_device *vdev, unsigned int timeout_ms)
{
	loff_t bars = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX);
	loff_t behind = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX);
	bool locked;

	/* Seen by __vfio_pci_memory_enabled(), whose callers hold memory_lock. */
	WRITE_ONCE(vdev->liveupdate_frozen, true);

	locked = memory_lock_in_time(vdev, timeout_ms);
	unmap_mapping_range(vdev->vdev.inode->i_mapping, bars, behind - bars, true);
	if (!locked)
		return false;
	vfio_pci_dma_buf_move(vdev, true);
	/* What was put aside on the way into D3hot comes back here, so that it can be saved. */
	vfio_pci_set_power_state(vdev, PCI_D0);
	up_write(&vdev->memory_lock);
	return true;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_cut);

/**
 * vfio_pci_core_liveupdate_restore - undo vfio_pci_core_liveupdate_cut()
 * @vdev: the device, its configuration space restored
 *
 * BARs are mapped again when they fault. DMA-bufs can be mapped again by their importers, if the
 * user had memory decoding enabled.
 */
void vfio_pci_core_liveupdate_restore(struct vfio_pci_core_device *vdev)
{
	down_write(&vdev->memory_lock);
	WRITE_ONCE(vdev->liveupdate_frozen, false);
	if (__vfio_pci_memory_enabled(vdev))
		vfio_pci_dma_buf_move(vdev, false);
	up_write(&vdev->memory_lock);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_restore);
