// SPDX-License-Identifier: GPL-2.0
/*
 * Live update of vfio-pci devices: access to the device's memory, which vfio-pci-core guards.
 * vfio_pci_liveupdate.c tells the whole.
 */
#include <linux/delay.h>
#include <linux/eventfd.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/vfio_pci_liveupdate.h>
#include <linux/workqueue.h>

#include "vfio_pci_priv.h"

static bool memory_lock_in_time(struct vfio_pci_core_device *vdev, unsigned long deadline)
{
	while (!down_write_trylock(&vdev->memory_lock)) {
		if (time_after_eq(jiffies, deadline))
			return false;
		usleep_range(100, 200);
	}
	return true;
}

static void revoke(struct work_struct *work)
{
	struct vfio_pci_liveupdate_revocation *revocation =
		container_of(work, struct vfio_pci_liveupdate_revocation, work);
	struct vfio_pci_core_device *vdev = revocation->vdev;

	down_write(&vdev->memory_lock);
	vfio_pci_dma_buf_move(vdev, true);
	up_write(&vdev->memory_lock);
	complete(&revocation->done);
}

/*
 * Revoking waits for what the importers have begun, which is up to them. So a worker does it, and
 * may go on with it longer than the freeze waits. It holds memory_lock all the while.
 */
static bool revoke_in_time(struct vfio_pci_core_device *vdev,
			   struct vfio_pci_liveupdate_revocation *revocation)
{
	unsigned long timeout = msecs_to_jiffies(vfio_pci_handover_dmabuf_ms());

	INIT_WORK(&revocation->work, revoke);
	init_completion(&revocation->done);
	revocation->vdev = vdev;
	revocation->begun = true;
	queue_work(system_dfl_long_wq, &revocation->work);
	return wait_for_completion_timeout(&revocation->done, timeout);
}

/**
 * vfio_pci_core_liveupdate_cut - take the device's memory away from its user
 * @vdev: the device; its file lets nobody in any more, and it is not runtime suspended
 * @deadline: until when it may wait for memory_lock, in jiffies
 * @revocation: is used until vfio_pci_core_liveupdate_restore(); zeroed memory at first
 *
 * The BARs fault from here on and cannot be read or written, in-kernel eventfds included, and the
 * DMA-bufs of the device are revoked. The device is in D0 then. memory_lock is not held for
 * longer than that: a reset takes locks that must not be taken under it.
 *
 * Return: VFIO_PCI_LUO_LOCK_NONE; VFIO_PCI_LUO_LOCK_MEMORY if memory_lock could not be had in time:
 * faults are refused even then, but what is being done under the lock goes on, and DMA-bufs were
 * not revoked; VFIO_PCI_LUO_LOCK_DMABUF if an importer of a DMA-buf was not done in time: nobody
 * can begin to use one, but what was begun may go on.
 */
u8 vfio_pci_core_liveupdate_cut(struct vfio_pci_core_device *vdev, unsigned long deadline,
				struct vfio_pci_liveupdate_revocation *revocation)
{
	loff_t bars = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX);
	loff_t behind = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX);
	bool locked, has_dma_bufs;

	/* Seen by __vfio_pci_memory_enabled(), whose callers hold memory_lock. */
	WRITE_ONCE(vdev->liveupdate_frozen, true);

	locked = memory_lock_in_time(vdev, deadline);
	unmap_mapping_range(vdev->vdev.inode->i_mapping, bars, behind - bars, true);
	if (!locked)
		return VFIO_PCI_LUO_LOCK_MEMORY;
	/* What was put aside on the way into D3hot comes back here, so that it can be saved. */
	vfio_pci_set_power_state(vdev, PCI_D0);
	has_dma_bufs = !list_empty(&vdev->dmabufs);
	up_write(&vdev->memory_lock);

	/* A DMA-buf that is made from here on is a revoked one. */
	if (has_dma_bufs && !revoke_in_time(vdev, revocation))
		return VFIO_PCI_LUO_LOCK_DMABUF;
	return VFIO_PCI_LUO_LOCK_NONE;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_cut);

/**
 * vfio_pci_core_liveupdate_restore - undo vfio_pci_core_liveupdate_cut()
 * @vdev: the device, its configuration space restored
 * @revocation: as given there
 *
 * BARs are mapped again when they fault. DMA-bufs can be mapped again by their importers, if the
 * user had memory decoding enabled. This waits for importers for as long as it takes, as
 * VFIO_DEVICE_RESET does: no update waits for it any more.
 */
void vfio_pci_core_liveupdate_restore(struct vfio_pci_core_device *vdev,
				      struct vfio_pci_liveupdate_revocation *revocation)
{
	if (revocation->begun)
		flush_work(&revocation->work);
	revocation->begun = false;

	down_write(&vdev->memory_lock);
	WRITE_ONCE(vdev->liveupdate_frozen, false);
	/* A device that its user has put to sleep goes back to that, out of reach. */
	if (!vdev->pm_runtime_engaged && __vfio_pci_memory_enabled(vdev))
		vfio_pci_dma_buf_move(vdev, false);
	up_write(&vdev->memory_lock);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_restore);

/**
 * vfio_pci_core_liveupdate_signal_error - the device has lost its state under its user's hands
 * @vdev: the device
 *
 * Signals the eventfd of VFIO_PCI_ERR_IRQ_INDEX, as for an uncorrectable error that AER reports.
 *
 * Return: whether the user has set one up.
 */
bool vfio_pci_core_liveupdate_signal_error(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_eventfd *eventfd;

	guard(rcu)();
	eventfd = rcu_dereference(vdev->err_trigger);
	if (eventfd)
		eventfd_signal(eventfd->ctx);
	return eventfd;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_signal_error);
