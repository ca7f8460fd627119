// SPDX-License-Identifier: GPL-2.0
/*
 * Live update of vfio-pci devices: access to a device, and its reset. vfio_pci_liveupdate.c
 * describes the whole.
 */
#include <linux/eventfd.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci_liveupdate.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vfio_pci_liveupdate.h>
#include <linux/workqueue.h>
#include <trace/events/vfio_pci_liveupdate.h>

#include "vfio_pci_priv.h"

static bool reset_again;
module_param(reset_again, bool, 0644);
MODULE_PARM_DESC(reset_again,
		 "reset a device that a live update brought when it is bound, even if the old kernel reset it and nobody touched it since (default N)");

/* Longer than any reset keeps others from the configuration space (PCIE_RESET_READY_POLL_MS). */
#define RESTORE_MS 70000

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
 * Revoking waits for what the importers have started, which is up to them. So a worker does it, and
 * may go on with it longer than the freeze waits. It holds memory_lock all the while.
 */
static bool revoke_in_time(struct vfio_pci_core_device *vdev, unsigned long timeout,
			   struct vfio_pci_liveupdate_revocation *revocation)
{
	INIT_WORK(&revocation->work, revoke);
	init_completion(&revocation->done);
	revocation->vdev = vdev;
	revocation->started = true;
	queue_work(system_dfl_long_wq, &revocation->work);
	return wait_for_completion_timeout(&revocation->done, timeout);
}

/**
 * vfio_pci_core_liveupdate_cut - take the device's memory away from its user
 * @vdev: the device; its file lets nobody in any more, and it is not runtime suspended
 * @deadline: until when it may wait for memory_lock, in jiffies
 * @dmabuf_timeout: how long it may wait for the importers of DMA-bufs, in jiffies
 * @revocation: is used until vfio_pci_core_liveupdate_restore(); zeroed memory at first
 *
 * The BARs fault from here on and cannot be read or written, in-kernel eventfds included, and the
 * DMA-bufs of the device are revoked. The device is in D0 then. memory_lock is not held for
 * longer than that: a reset takes locks that must not be taken under it.
 *
 * Return: VFIO_PCI_LUO_LOCK_NONE; VFIO_PCI_LUO_LOCK_MEMORY if memory_lock could not be had in time:
 * faults are refused even then, but what is being done under the lock goes on, and DMA-bufs were
 * not revoked; VFIO_PCI_LUO_LOCK_DMABUF if an importer of a DMA-buf was not done in time: nobody
 * can start to use one, but what was started may go on.
 */
u8 vfio_pci_core_liveupdate_cut(struct vfio_pci_core_device *vdev, unsigned long deadline,
				unsigned long dmabuf_timeout,
				struct vfio_pci_liveupdate_revocation *revocation)
{
	loff_t bars = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX);
	loff_t behind = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX);
	bool locked, has_dma_bufs;

	/* Seen by __vfio_pci_memory_enabled(), whose callers hold memory_lock. */
	WRITE_ONCE(vdev->liveupdate.frozen, true);

	locked = vfio_pci_core_try_until(deadline, down_write_trylock(&vdev->memory_lock));
	unmap_mapping_range(vdev->vdev.inode->i_mapping, bars, behind - bars, true);
	if (!locked)
		return VFIO_PCI_LUO_LOCK_MEMORY;
	/* What was put aside on the way into D3hot comes back here, so that it can be saved. */
	vfio_pci_set_power_state(vdev, PCI_D0);
	has_dma_bufs = !list_empty(&vdev->dmabufs);
	up_write(&vdev->memory_lock);

	/* A DMA-buf that is made from here on is a revoked one. */
	if (has_dma_bufs && !revoke_in_time(vdev, dmabuf_timeout, revocation))
		return VFIO_PCI_LUO_LOCK_DMABUF;
	return VFIO_PCI_LUO_LOCK_NONE;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_cut);

/*
 * No decoding, no DMA, no interrupt. A device that somebody else resets just now, or that is gone,
 * may read as all ones, and such a value must not be written back.
 */
static void make_idle(struct pci_dev *pdev, struct vfio_pci_liveupdate_config *config)
{
	pci_read_config_word(pdev, PCI_COMMAND, &config->command);
	config->has_command = !PCI_POSSIBLE_ERROR(config->command);
	if (!config->has_command)
		return;
	pci_clear_master(pdev);
	pci_write_config_word(pdev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
	/* Devices from before PCI 2.3 have no INTX_DISABLE, and some bits may always be 1. */
	pci_read_config_word(pdev, PCI_COMMAND, &config->idle_command);
}

static int save_config(struct pci_dev *pdev, struct vfio_pci_liveupdate_config *config)
{
	if (!pci_device_is_present(pdev))
		return -ENODEV;
	pci_save_state(pdev);
	config->before = pci_store_saved_state(pdev);
	return config->before ? 0 : -ENOMEM;
}

/*
 * What the next kernel finds: all as it was before the device was opened, but idle. It is never
 * anything else in between, because the command register is put right before it is written.
 */
static void leave_config(struct pci_dev *pdev, struct vfio_pci_liveupdate_config *config)
{
	u32 *command = &pdev->saved_config_space[PCI_COMMAND / sizeof(u32)];

	if (!config->after || pci_load_saved_state(pdev, config->after))
		pci_load_saved_state(pdev, config->before);
	*command = (*command & ~0xffff) | PCI_COMMAND_INTX_DISABLE;
	pci_restore_state(pdev);
	pci_read_config_dword(pdev, PCI_CACHE_LINE_SIZE, &config->idle);
}

static u8 outcome_of(int result, bool resettable, u8 busy)
{
	if (result)
		return VFIO_PCI_LUO_RESET_FAILED;
	if (!resettable)
		return VFIO_PCI_LUO_RESET_NONE;
	return busy ? VFIO_PCI_LUO_RESET_BUSY : VFIO_PCI_LUO_RESET_OK;
}

/**
 * vfio_pci_core_liveupdate_reset - reset a device, leave it idle, and report how it went
 * @vdev: the device, awake
 * @busy: enum vfio_pci_luo_lock, if something was found busy already, so that it must not be tried
 * @deadline: until when it may wait for locks, in jiffies
 * @config: what the configuration space is to be afterwards; is filled in with what it was
 * @report: is filled in
 *
 * However it went, the device decodes nothing afterwards, does no DMA and raises no interrupt.
 *
 * The holder of a lock may be resetting the device: without the locks nothing is saved and nothing
 * restored, the device is only made idle. Such a reset may undo that at its end;
 * pci_device_shutdown(), which takes device_lock, has the last word on bus mastering.
 *
 * Context: may sleep; holds no lock when it returns. Resets of several devices may run at the same
 * time.
 *
 * Return: 0, or -EBUSY if the device has virtual functions, which a reset would take from their
 * users: then it was not touched.
 */
int vfio_pci_core_liveupdate_reset(struct vfio_pci_core_device *vdev, u8 busy,
				   unsigned long deadline,
				   struct vfio_pci_liveupdate_config *config,
				   struct vfio_pci_luo_reset *report)
{
	struct pci_dev *pdev = vdev->pdev;
	u32 segment = pci_domain_nr(pdev->bus);
	u8 device = PCI_SLOT(pdev->devfn), function = PCI_FUNC(pdev->devfn);
	struct pci_dev *bridge;
	u8 blocked;

	memset(report, 0, sizeof(*report));
	blocked = vfio_pci_core_reset_lock(pdev, deadline, &bridge);
	/* Who enables them holds the device lock. */
	if (!blocked && pci_num_vf(pdev)) {
		vfio_pci_core_reset_unlock(pdev, bridge);
		return -EBUSY;
	}

	/* Before the reset: an FLR waits for transactions that a busy device would never end. */
	make_idle(pdev, config);
	if (!blocked)
		report->result = save_config(pdev, config);
	else if (pci_dev_is_disconnected(pdev))
		report->result = -ENODEV;
	busy = busy ?: blocked;

	/* The reset alone lies between the two, and neither saving nor putting back. */
	trace_vfio_pci_reset_begin(segment, pdev->bus->number, device, function);
	if (config->before && vdev->reset_works && !busy) {
		report->result = __pci_reset_function_unless_gone(pdev);
		report->method = vfio_handover_reset_method(pdev);
	}
	/* Where the set was busy, there may be a way to reset the device. */
	report->outcome = outcome_of(report->result,
				     vdev->reset_works || busy == VFIO_PCI_LUO_LOCK_SET, busy);
	if (report->outcome == VFIO_PCI_LUO_RESET_BUSY) {
		report->result = -EBUSY;
		report->lock = busy;
	}
	trace_vfio_pci_reset_end(segment, pdev->bus->number, device, function, report->result,
				 report->method, report->outcome, report->lock);

	if (config->before)
		leave_config(pdev, config);
	if (!blocked)
		vfio_pci_core_reset_unlock(pdev, bridge);
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_reset);

static bool is_set_preserved(struct vfio_device_set *dev_set)
{
	struct vfio_pci_core_device *cur;
	bool needs_set = false;

	list_for_each_entry(cur, &dev_set->device_list, vdev.dev_set_list) {
		if (!cur->liveupdate.preserved)
			return false;
		needs_set |= !cur->reset_works;
	}
	return needs_set && vfio_pci_dev_set_resettable(dev_set);
}

/**
 * vfio_pci_core_liveupdate_needs_set - is this device reset together with others?
 * @vdev: the device
 * @deadline: until when it may wait for the lock of its set, in jiffies
 *
 * A device that cannot be reset alone can be reset together with all others of its slot or bus, if
 * all of these are preserved as well.
 *
 * Return: 1 if it is, and all devices of its dev_set with it; 0 if not; -EAGAIN if the lock was
 * busy, so that nobody knows.
 */
int vfio_pci_core_liveupdate_needs_set(struct vfio_pci_core_device *vdev, unsigned long deadline)
{
	struct vfio_device_set *dev_set = vdev->vdev.dev_set;
	int needs_set;

	if (pci_probe_reset_slot(vdev->pdev->slot) && pci_probe_reset_bus(vdev->pdev->bus))
		return 0;
	if (!vfio_pci_core_try_until(deadline, mutex_trylock(&dev_set->lock)))
		return -EAGAIN;
	needs_set = is_set_preserved(dev_set);
	mutex_unlock(&dev_set->lock);
	return needs_set;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_needs_set);

/**
 * vfio_pci_core_liveupdate_make_idle - have a device do nothing, before all of its set are reset
 * @vdev: the device, awake
 * @deadline: until when it may wait for locks, in jiffies
 * @config: is filled in with what the configuration space was
 * @busy: is set to what was busy, if anything: then only the command register was changed
 *
 * Return: 0, or -EBUSY if the device has virtual functions: then it was not touched.
 */
int vfio_pci_core_liveupdate_make_idle(struct vfio_pci_core_device *vdev, unsigned long deadline,
				       struct vfio_pci_liveupdate_config *config, u8 *busy)
{
	struct pci_dev *pdev = vdev->pdev, *bridge;
	u8 blocked = vfio_pci_core_reset_lock(pdev, deadline, &bridge);
	int err = 0;

	if (blocked) {
		make_idle(pdev, config);
		*busy = blocked;
		return 0;
	}
	if (pci_num_vf(pdev)) {
		err = -EBUSY;
	} else {
		make_idle(pdev, config);
		save_config(pdev, config);
	}
	vfio_pci_core_reset_unlock(pdev, bridge);
	return err;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_make_idle);

/**
 * vfio_pci_core_liveupdate_reset_set - reset all devices of a slot or bus together
 * @vdev: one of them; vfio_pci_core_liveupdate_needs_set(), and all are idle
 * @deadline: until when it may wait for locks, in jiffies
 *
 * Return: 0; -EAGAIN if a lock was busy; else what pci_reset_bus() returns.
 */
int vfio_pci_core_liveupdate_reset_set(struct vfio_pci_core_device *vdev, unsigned long deadline)
{
	struct vfio_device_set *dev_set = vdev->vdev.dev_set;
	int err;

	/* Nobody opens or closes one of them meanwhile. */
	if (!vfio_pci_core_try_until(deadline, mutex_trylock(&dev_set->lock)))
		return -EAGAIN;
	vfio_pci_core_try_until(deadline, (err = pci_reset_bus(vdev->pdev)) != -EAGAIN);
	mutex_unlock(&dev_set->lock);
	return err;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_reset_set);

/**
 * vfio_pci_core_liveupdate_leave - the opposite of vfio_pci_core_liveupdate_make_idle()
 * @vdev: the device
 * @deadline: until when it may wait for locks, in jiffies
 * @config: as given there, and what the configuration space is to be
 *
 * The device stays idle. If a lock is busy, nothing else of its configuration space is put back.
 */
void vfio_pci_core_liveupdate_leave(struct vfio_pci_core_device *vdev, unsigned long deadline,
				    struct vfio_pci_liveupdate_config *config)
{
	struct pci_dev *bridge;

	if (!config->before || vfio_pci_core_reset_lock(vdev->pdev, deadline, &bridge))
		return;
	leave_config(vdev->pdev, config);
	vfio_pci_core_reset_unlock(vdev->pdev, bridge);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_liveupdate_leave);

/*
 * A command register that was read in the middle of somebody else's reset must not be written back.
 * At its end that reset has put back what it had been, so that it is not that of an idle device.
 * What make_idle() read back may be of the middle of a reset as well. With the locks that saving
 * takes, nobody resets the device.
 */
static void restore_command(struct pci_dev *pdev, const struct vfio_pci_liveupdate_config *config,
			    bool is_saved)
{
	bool is_idle;
	u16 command;

	pci_read_config_word(pdev, PCI_COMMAND, &command);
	is_idle = command == PCI_COMMAND_INTX_DISABLE || command == config->idle_command;
	if (config->has_command && (is_saved || is_idle)) {
		command = config->command;
		pci_write_config_word(pdev, PCI_COMMAND, command);
	}
	if (command & PCI_COMMAND_MASTER)
		pci_set_master(pdev);
}

/*
 * Waits until a reset by somebody else is over. The device lock is not needed for that; but error
 * recovery waits for the locks of all devices of a bus while it keeps others from their
 * configuration space, and the holder of one may wait for a file that LUO holds. So even this has
 * an end.
 */
static int restore_config(struct pci_dev *pdev, struct vfio_pci_liveupdate_config *config)
{
	const unsigned long deadline = jiffies + msecs_to_jiffies(RESTORE_MS);
	const bool is_saved = config->before;
	int err = 0;

	if (!vfio_pci_core_try_until(deadline, pci_cfg_access_trylock(pdev))) {
		kfree(config->before);
		config->before = NULL;
		pci_err(pdev, "not given back as it was: it is still being reset\n");
		return -EBUSY;
	}
	if (is_saved)
		pci_load_and_free_saved_state(pdev, &config->before);
	if (pci_device_is_present(pdev)) {
		/* The core's copy may be of any earlier time if nothing was saved. */
		if (is_saved)
			pci_restore_state(pdev);
		restore_command(pdev, config, is_saved);
	} else {
		err = -ENODEV;
	}
	pci_cfg_access_unlock(pdev);
	return err;
}

/**
 * vfio_pci_core_liveupdate_restore - give a frozen device back to its user
 * @vdev: the device
 * @config: as given to vfio_pci_core_liveupdate_reset() or _make_idle()
 * @revocation: as given to vfio_pci_core_liveupdate_cut()
 *
 * BARs are mapped again when they fault. DMA-bufs can be mapped again by their importers, if the
 * user had memory decoding enabled. This waits for importers for as long as it takes, as
 * VFIO_DEVICE_RESET does: no update waits for it any more.
 *
 * Return: 0; -ENODEV if the device has gone; -EBUSY if access to the configuration space could not
 * be had in time: then the device stays idle, its configuration space stays as the freeze left it,
 * and its user has to open it anew.
 */
int vfio_pci_core_liveupdate_restore(struct vfio_pci_core_device *vdev,
				     struct vfio_pci_liveupdate_config *config,
				     struct vfio_pci_liveupdate_revocation *revocation)
{
	int err = restore_config(vdev->pdev, config);

	if (revocation->started)
		flush_work(&revocation->work);
	revocation->started = false;

	down_write(&vdev->memory_lock);
	WRITE_ONCE(vdev->liveupdate.frozen, false);
	/*
	 * A device that its user lets sleep goes back to that, out of reach. One that was to signal
	 * when it wakes up has done so, and stays awake; one that was in D3hot, which its user can
	 * write to PMCSR, stays in D0.
	 */
	if (!vdev->pm_runtime_engaged && __vfio_pci_memory_enabled(vdev))
		vfio_pci_dma_buf_move(vdev, false);
	up_write(&vdev->memory_lock);
	return err;
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

static u8 judge_reset(struct pci_dev *pdev, const struct vfio_pci_liveupdate *arrived)
{
	u16 command;
	u32 idle;

	if (READ_ONCE(reset_again))
		return VFIO_PCI_LUO_AGAIN_ASKED;
	if (arrived->reset.outcome != VFIO_PCI_LUO_RESET_OK)
		return VFIO_PCI_LUO_AGAIN_NOT_RESET;
	if (arrived->is_bound)
		return VFIO_PCI_LUO_AGAIN_BOUND;
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (pci_is_enabled(pdev) ||
	    command & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER))
		return VFIO_PCI_LUO_AGAIN_ENABLED;
	pci_read_config_dword(pdev, PCI_CACHE_LINE_SIZE, &idle);
	if (idle != arrived->idle)
		return VFIO_PCI_LUO_AGAIN_CHANGED;
	return VFIO_PCI_LUO_AGAIN_SPARED;
}

/**
 * vfio_pci_core_liveupdate_spares_reset - can the reset be left out with which vfio-pci begins?
 * @vdev: the device, awake and not enabled yet
 *
 * A file of an incoming device is being bound. The device need not be reset if the old kernel reset
 * it and left it idle, and it is so still: nobody who has not switched decoding on can have used
 * it. This is so at the first bind only. A tracepoint says what the answer was, and why.
 *
 * Return: true if the device is as a reset leaves it. False for any other device.
 */
bool vfio_pci_core_liveupdate_spares_reset(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u8 again;

	if (!pci_liveupdate_is_incoming(pdev))
		return false;
	again = judge_reset(pdev, &vdev->liveupdate);
	vdev->liveupdate.is_bound = true;
	trace_vfio_pci_reset_again(pci_domain_nr(pdev->bus), pdev->bus->number,
				   PCI_SLOT(pdev->devfn), PCI_FUNC(pdev->devfn), again);
	return again == VFIO_PCI_LUO_AGAIN_SPARED;
}
