// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Live update of vfio-pci devices
 *
 * A virtual machine monitor (VMM) that holds a device file from /dev/vfio/devices can preserve it
 * in a live update session. The kernel is replaced by kexec, and from the same session in the new
 * kernel the VMM gets a file for the same device. It binds that to an iommufd, attaches, maps its
 * memory and sets interrupts up as it did the first time: none of this travels, nor does what the
 * device itself knew. What is promised is the device: nobody else gets it in between, and it does
 * no harm during the jump.
 *
 * What the VMM does
 *     Before the update: preserve the file (it must be bound to an iommufd), and disable
 *     the device's interrupts before reboot(LINUX_REBOOT_CMD_KEXEC). After the update:
 *     retrieve, VFIO_DEVICE_BIND_IOMMUFD, go on as with any device, finish the session.
 *
 * What the operator sets up in the new kernel
 *     vfio-pci must be loaded before /dev/liveupdate is opened for the first time: LUO reads
 *     then what came in, once, and a missing handler is an error for good. The device must be
 *     bound to vfio-pci before it is retrieved: write "vfio-pci" to its driver_override, then
 *     its address to /sys/bus/pci/drivers_probe. There is no race to win, for no other driver is
 *     probed on an incoming device.
 *
 * Preserving
 *     Only files of devices that vfio-pci itself drives. The preserve ioctl returns ENOENT for any
 *     other file (no handler), ENOTCONN if this very file is not bound to an iommufd, EOPNOTSUPP
 *     for an Intel display device, a virtual function, or a physical function with virtual ones
 *     enabled, ENODEV if the device is being taken away from vfio-pci, EBUSY if a file of the
 *     same device is preserved already, ENOMEM. LUO holds the file: closing it does not close the
 *     device, and the driver cannot be unbound.
 *
 * Freezing
 *     In the reboot system call LUO freezes file after file. The first one begins the attempt:
 *     all preserved devices are checked before any is touched. If one has its interrupts enabled,
 *     the reboot fails with EINVAL, and the kernel log and a tracepoint name it. So does a device
 *     whose driver is being unbound (EBUSY) or that was pulled out (ENODEV): whoever does that
 *     waits, with the device lock held, for the file that LUO holds, and the kernel would wait for
 *     that lock for ever on its way down. Close the session of such a device, and try again.
 *
 *     User space runs on beside all this, so for each device: the door before the file's system
 *     calls is closed (they return EBUSY), its BARs are unmapped and fault (SIGBUS), DMA-bufs
 *     are revoked, its bus mastering is switched off, it is reset if it can be, and its
 *     configuration space is put back to what it was before the VMM opened it.
 *
 *     No lock is waited for without a bound (vfio_handover.lock_ms, 20 ms each): whoever holds the
 *     device lock may wait for the very file that LUO holds. A device that could not be reset, for
 *     a lock was busy or the reset failed, does not stop the update: it has no bus mastering, and
 *     the next kernel resets it before it is used. How the reset went is in the tracepoint
 *     vfio_pci_reset_end, in the kernel log if it went wrong, and in what the next kernel gets.
 *
 *     An attempt is one whole: if it fails, or if another handler fails so that LUO unfreezes any
 *     one of our files, all devices of the attempt are given back to their users. A device is then
 *     as after VFIO_DEVICE_RESET: its configuration space as the user had it, its inner state that
 *     after a reset if it was reset.
 *
 * In the new kernel
 *     Retrieving fails for good with ENODEV if there is no device at the address, if it is another
 *     device (the log says what was expected and what was found) or if vfio-pci does not drive it.
 *     A session that is finished or closed without a retrieve, because its VMM has died, releases
 *     its devices: each is reset, which the log says, and is then anyone's. So does a session whose
 *     retrieve failed. Nothing keeps a session from being finished.
 *
 * Locking
 *     outgoing_lock guards the list of preserved devices and the attempt. It is taken under LUO's
 *     locks, and memory_lock and the locks of a reset are taken under it; memory_lock is never held
 *     during a reset.
 */
#define pr_fmt(fmt) "vfio_pci_liveupdate: " fmt

#include <linux/err.h>
#include <linux/file.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/vfio_pci_liveupdate.h>
#include <trace/events/vfio_pci_liveupdate.h>

#include "vfio_pci_priv.h"

/**
 * struct vfio_pci_luo_device - a preserved device in the kernel that it leaves
 * @list: in outgoing_devices
 * @file: the file, which LUO holds
 * @vdev: the device
 * @ser: what the next kernel gets
 * @user_state: the configuration space as the user had it, while frozen
 * @frozen: whether there is something to undo
 * @resumed: whether the device is kept from runtime suspend, while frozen
 */
struct vfio_pci_luo_device {
	struct list_head list;
	struct file *file;
	struct vfio_pci_core_device *vdev;
	struct vfio_pci_luo_ser *ser;
	struct pci_saved_state *user_state;
	bool frozen;
	bool resumed;
};

static LIST_HEAD(outgoing_devices);
static DEFINE_MUTEX(outgoing_lock);
static bool attempt_begun;

static const struct vfio_device_ops *handled_ops;

#define trace_begin(what, ser)							\
	do {									\
		const struct vfio_pci_luo_ser *_ser = (ser);			\
										\
		trace_vfio_pci_##what##_begin(_ser->segment, _ser->bus,		\
					      PCI_SLOT(_ser->devfn),		\
					      PCI_FUNC(_ser->devfn));		\
	} while (0)

#define trace_end(what, ser, result)						\
	do {									\
		const struct vfio_pci_luo_ser *_ser = (ser);			\
										\
		trace_vfio_pci_##what##_end(_ser->segment, _ser->bus,		\
					    PCI_SLOT(_ser->devfn),		\
					    PCI_FUNC(_ser->devfn), result);	\
	} while (0)

static struct vfio_pci_core_device *vdev_of(struct file *file)
{
	struct vfio_device *device = vfio_liveupdate_device(file);

	if (!device || device->ops != handled_ops)
		return NULL;
	return container_of(device, struct vfio_pci_core_device, vdev);
}

static bool vfio_pci_liveupdate_can_preserve(struct liveupdate_file_handler *handler,
					     struct file *file)
{
	return vdev_of(file);
}

/* The device and not the file: two files of one device are the same thing. */
static unsigned long vfio_pci_liveupdate_get_id(struct file *file)
{
	return (unsigned long)vfio_liveupdate_device(file);
}

/*
 * Somebody unbinds the driver, or the device was pulled out: they hold the device lock, and wait
 * for the last file to be closed. LUO holds this one.
 */
static bool is_leaving(struct vfio_pci_core_device *vdev)
{
	return !device_is_registered(&vdev->vdev.device);
}

static int check_preservable(struct file *file, struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	if (!vfio_liveupdate_is_bound(file)) {
		pci_dbg(pdev, "not preserved: the file is not bound to an iommufd\n");
		return -ENOTCONN;
	}
	if (is_leaving(vdev)) {
		pci_dbg(pdev, "not preserved: the device is being taken away from vfio-pci\n");
		return -ENODEV;
	}
	if (pdev->vendor == PCI_VENDOR_ID_INTEL && pdev->class >> 16 == PCI_BASE_CLASS_DISPLAY) {
		pci_info(pdev, "not preserved: an Intel display device has state elsewhere\n");
		return -EOPNOTSUPP;
	}
	if (pdev->is_virtfn || pci_num_vf(pdev)) {
		pci_info(pdev, "not preserved: virtual functions are not there after a boot\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int vfio_pci_liveupdate_preserve(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_core_device *vdev = vdev_of(args->file);
	struct vfio_pci_luo_ser id = {};
	struct vfio_pci_luo_device *device;
	int err;

	vfio_pci_outgoing_describe(vdev->pdev, &id);
	trace_begin(preserve, &id);

	err = check_preservable(args->file, vdev);
	if (err)
		goto out;

	device = kzalloc_obj(*device);
	if (!device) {
		err = -ENOMEM;
		goto out;
	}
	device->ser = kho_alloc_preserve(sizeof(*device->ser));
	if (IS_ERR(device->ser)) {
		err = PTR_ERR(device->ser);
		kfree(device);
		goto out;
	}
	*device->ser = id;
	device->file = args->file;
	device->vdev = vdev;

	scoped_guard(mutex, &outgoing_lock)
		list_add_tail(&device->list, &outgoing_devices);
	vfio_pci_outgoing_add(device->ser);
	args->private_data = device;
	args->serialized_data = virt_to_phys(device->ser);
out:
	trace_end(preserve, &id, err);
	return err;
}

static void vfio_pci_liveupdate_unpreserve(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_luo_device *device = args->private_data;
	struct vfio_pci_luo_ser id = *device->ser;

	trace_begin(unpreserve, &id);
	scoped_guard(mutex, &outgoing_lock)
		list_del(&device->list);
	vfio_pci_outgoing_remove(device->ser);
	kho_unpreserve_free(device->ser);
	kfree(device);
	trace_end(unpreserve, &id, 0);
}

static bool has_interrupts(struct vfio_pci_core_device *vdev)
{
	return READ_ONCE(vdev->irq_type) != VFIO_PCI_NUM_IRQS;
}

/*
 * What forbids the update. A device that is leaving would stop the kernel for ever, long after the
 * point of no return: device_shutdown() waits for the device lock.
 */
static int check_device(struct vfio_pci_luo_device *device)
{
	struct pci_dev *pdev = device->vdev->pdev;

	if (has_interrupts(device->vdev)) {
		pci_err(pdev, "live update refused: its interrupts are still enabled\n");
		return -EINVAL;
	}
	if (!is_leaving(device->vdev))
		return 0;
	if (pci_device_is_present(pdev)) {
		pci_err(pdev, "live update refused: its driver is being unbound, close its session\n");
		return -EBUSY;
	}
	pci_err(pdev, "live update refused: the device was pulled out, close its session\n");
	return -ENODEV;
}

/*
 * Before anything is touched. An ioctl may still be about to enable interrupts, so it is checked
 * again for each device when its door is closed.
 */
static int check_all(const struct vfio_pci_luo_device *asked, int *own_result)
{
	struct vfio_pci_luo_device *device;
	int err = 0, result;

	*own_result = 0;
	list_for_each_entry(device, &outgoing_devices, list) {
		result = check_device(device);
		if (!result)
			continue;
		err = err ?: result;
		if (device == asked) {
			*own_result = result;
			continue;
		}
		trace_begin(freeze, device->ser);
		trace_end(freeze, device->ser, result);
	}
	if (err && !*own_result)
		*own_result = -ECANCELED;
	return err;
}

static void log_reset(struct pci_dev *pdev, const struct vfio_pci_luo_reset *reset)
{
	static const char * const locks[] = {
		[VFIO_PCI_LUO_LOCK_NONE] = "nothing",
		[VFIO_PCI_LUO_LOCK_ACCESS] = "a system call on its file",
		[VFIO_PCI_LUO_LOCK_MEMORY] = "vfio's memory lock",
		[VFIO_PCI_LUO_LOCK_BRIDGE] = "the lock of the bridge above",
		[VFIO_PCI_LUO_LOCK_DEVICE] = "the device lock",
		[VFIO_PCI_LUO_LOCK_CONFIG] = "access to its configuration space",
	};

	if (reset->outcome == VFIO_PCI_LUO_RESET_FAILED)
		pci_warn(pdev, "the reset before the live update failed: %pe\n",
			 ERR_PTR(reset->result));
	else if (reset->outcome == VFIO_PCI_LUO_RESET_BUSY)
		pci_warn(pdev, "not reset before the live update: %s was busy\n",
			 reset->lock < ARRAY_SIZE(locks) ? locks[reset->lock] : "a lock");
}

/* What the next kernel finds: as it was before the VMM opened the device, and no bus mastering. */
static void restore_initial_state(struct vfio_pci_luo_device *device)
{
	struct pci_dev *pdev = device->vdev->pdev;
	struct pci_saved_state *state = device->vdev->pci_saved_state;

	if (pci_load_saved_state(pdev, state ?: device->user_state))
		return;
	pci_restore_state(pdev);
	pci_clear_master(pdev);
}

/*
 * One device, from the door to the reset. Touches nothing but this device, so that several could be
 * frozen at the same time by workers: most of the time is the 100 ms that an FLR sleeps.
 */
static int freeze_device(struct vfio_pci_luo_device *device)
{
	struct vfio_pci_core_device *vdev = device->vdev;
	struct vfio_pci_luo_reset *reset = &device->ser->reset;
	unsigned int lock_ms = vfio_pci_handover_lock_ms();
	struct pci_dev *pdev = vdev->pdev;
	u8 busy = VFIO_PCI_LUO_LOCK_NONE;
	int err;

	if (!vfio_liveupdate_close(device->file, lock_ms))
		busy = VFIO_PCI_LUO_LOCK_ACCESS;
	err = check_device(device);
	if (err) {
		vfio_liveupdate_open(device->file);
		return err;
	}
	device->frozen = true;

	/* The user may have let it sleep; waking it takes memory_lock, so before that is cut. */
	device->resumed = pm_runtime_resume_and_get(&pdev->dev) >= 0;
	if (!vfio_pci_core_liveupdate_cut(vdev, lock_ms) && !busy)
		busy = VFIO_PCI_LUO_LOCK_MEMORY;

	pci_save_state(pdev);
	device->user_state = pci_store_saved_state(pdev);
	/* First of all: an FLR waits for transactions that a busy device would never end. */
	pci_clear_master(pdev);
	if (!device->user_state)
		return -ENOMEM;

	vfio_pci_handover_reset(pdev, vdev->reset_works, busy, reset);
	log_reset(pdev, reset);
	restore_initial_state(device);
	return 0;
}

static void unfreeze_device(struct vfio_pci_luo_device *device)
{
	struct pci_dev *pdev = device->vdev->pdev;
	int err = 0;

	trace_begin(unfreeze, device->ser);
	/* Without a copy, what pci_save_state() has put down in the device is still there. */
	if (device->user_state)
		pci_load_and_free_saved_state(pdev, &device->user_state);
	if (pci_device_is_present(pdev))
		pci_restore_state(pdev);
	else
		err = -ENODEV;
	memset(&device->ser->reset, 0, sizeof(device->ser->reset));
	vfio_pci_core_liveupdate_restore(device->vdev);
	if (device->resumed)
		pm_runtime_put(&pdev->dev);
	device->resumed = false;
	device->frozen = false;
	vfio_liveupdate_open(device->file);
	trace_end(unfreeze, device->ser, err);
}

static void end_attempt(void)
{
	struct vfio_pci_luo_device *device;

	list_for_each_entry_reverse(device, &outgoing_devices, list)
		if (device->frozen)
			unfreeze_device(device);
	attempt_begun = false;
}

static int vfio_pci_liveupdate_freeze(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_luo_device *device = args->private_data;
	int err = 0, own_result = 0;

	guard(mutex)(&outgoing_lock);
	trace_begin(freeze, device->ser);

	if (!attempt_begun)
		err = check_all(device, &own_result);
	if (!err) {
		attempt_begun = true;
		err = freeze_device(device);
		own_result = err;
	}

	trace_end(freeze, device->ser, own_result);
	/* LUO unfreezes neither this file nor, if it is the first, any other. */
	if (err)
		end_attempt();
	return err;
}

static void vfio_pci_liveupdate_unfreeze(struct liveupdate_file_op_args *args)
{
	guard(mutex)(&outgoing_lock);
	end_attempt();
}

static int find_device(const struct vfio_pci_luo_ser *ser, struct pci_dev **pdevp)
{
	struct pci_dev *pdev;

	pdev = pci_get_domain_bus_and_slot(ser->segment, ser->bus, ser->devfn);
	if (!pdev) {
		pr_err("%04x:%02x:%02x.%u: expected device %04x:%04x, found none\n", ser->segment,
		       ser->bus, PCI_SLOT(ser->devfn), PCI_FUNC(ser->devfn), ser->vendor,
		       ser->device);
		return -ENODEV;
	}
	if (!vfio_pci_incoming_is_same(pdev, ser)) {
		struct vfio_pci_luo_ser found = {};

		vfio_pci_outgoing_describe(pdev, &found);
		pci_err(pdev,
			"expected device %04x:%04x subsystem %04x:%04x class %06x serial %016llx, found %04x:%04x %04x:%04x %06x %016llx\n",
			ser->vendor, ser->device, ser->subsystem_vendor, ser->subsystem_device,
			ser->class, ser->serial, found.vendor, found.device,
			found.subsystem_vendor, found.subsystem_device, found.class, found.serial);
		pci_dev_put(pdev);
		return -ENODEV;
	}
	*pdevp = pdev;
	return 0;
}

static int vfio_pci_liveupdate_retrieve(struct liveupdate_file_op_args *args)
{
	const struct vfio_pci_luo_ser *ser = phys_to_virt(args->serialized_data);
	struct pci_dev *pdev;
	struct file *file;
	int err;

	trace_begin(retrieve, ser);
	err = find_device(ser, &pdev);
	if (err)
		goto out;

	file = vfio_liveupdate_make_file(&pdev->dev, handled_ops);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		pci_err(pdev, "cannot be retrieved%s: %pe\n",
			err == -ENODEV ? ", for vfio-pci does not drive it" : "", file);
	} else {
		if (ser->reset.outcome == VFIO_PCI_LUO_RESET_FAILED ||
		    ser->reset.outcome == VFIO_PCI_LUO_RESET_BUSY)
			pci_info(pdev, "the previous kernel has not reset this device\n");
		args->file = file;
	}
	pci_dev_put(pdev);
out:
	trace_end(retrieve, ser, err);
	return err;
}

/*
 * Always: a device that is not retrieved can be released, and a session that says no when it is
 * closed would be stuck, with all that is in it, until the next boot.
 */
static bool vfio_pci_liveupdate_can_finish(struct liveupdate_file_op_args *args)
{
	return true;
}

static void vfio_pci_liveupdate_finish(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_luo_ser *ser = phys_to_virt(args->serialized_data);
	int result = 0;

	trace_begin(finish, ser);
	if (args->retrieve_status <= 0) {
		result = args->retrieve_status ?: -ECANCELED;
		vfio_pci_incoming_release(ser);
	}
	trace_end(finish, ser, result);
	kho_restore_free(ser);
}

static const struct liveupdate_file_ops vfio_pci_liveupdate_ops = {
	.can_preserve = vfio_pci_liveupdate_can_preserve,
	.get_id = vfio_pci_liveupdate_get_id,
	.preserve = vfio_pci_liveupdate_preserve,
	.unpreserve = vfio_pci_liveupdate_unpreserve,
	.freeze = vfio_pci_liveupdate_freeze,
	.unfreeze = vfio_pci_liveupdate_unfreeze,
	.retrieve = vfio_pci_liveupdate_retrieve,
	.can_finish = vfio_pci_liveupdate_can_finish,
	.finish = vfio_pci_liveupdate_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler vfio_pci_liveupdate_handler = {
	.ops = &vfio_pci_liveupdate_ops,
	.compatible = VFIO_PCI_LUO_COMPATIBLE,
};

static bool handler_registered;

/**
 * vfio_pci_liveupdate_init - begin to handle vfio-pci's files
 * @driver: vfio-pci
 * @ops: by which vfio-pci's own devices are known, and not those of variant drivers
 *
 * Return: 0, also without live update, or what LUO says.
 */
int vfio_pci_liveupdate_init(const struct pci_driver *driver, const struct vfio_device_ops *ops)
{
	int err;

	handled_ops = ops;
	err = vfio_pci_handover_register(&vfio_pci_liveupdate_handler, driver);
	handler_registered = !err;
	return err == -EOPNOTSUPP ? 0 : err;
}

/**
 * vfio_pci_liveupdate_exit - the opposite of vfio_pci_liveupdate_init()
 *
 * No file is preserved then: LUO holds the module for each.
 */
void vfio_pci_liveupdate_exit(void)
{
	if (handler_registered)
		vfio_pci_handover_unregister(&vfio_pci_liveupdate_handler);
}
