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
 * Restrictions
 *     Only devices that vfio-pci itself drives, and no variant driver. Not with VFIO_PCI_ZDEV_KVM.
 *     No Intel display device. The device file must have been opened in /dev/vfio/devices, not
 *     obtained by VFIO_GROUP_GET_DEVICE_FD. The device's interrupts must be disabled before the
 *     kexec, or reboot(2) fails. No virtual function, and no physical function that has some. All
 *     of this is experimental.
 *
 * What the VMM does
 *     Before the update: preserve the file (it must be bound to an iommufd), and disable
 *     the device's interrupts before reboot(LINUX_REBOOT_CMD_KEXEC). After the update:
 *     retrieve, VFIO_DEVICE_BIND_IOMMUFD, go on as with any device, finish the session.
 *
 *     If the update is given up after its device was frozen, the VMM has the device back, but not
 *     what was in it: see "Giving up".
 *
 * What the operator sets up in the new kernel
 *     Nothing. An incoming device has vfio-pci as its driver override from boot on, so that no
 *     other driver is probed on it, and a retrieve waits until vfio-pci drives it, for
 *     vfio_handover.retrieve_ms (10 s). If vfio-pci is a module, the first retrieve loads it.
 *     Devices of one IOMMU group belong together: a user of another device of the group keeps the
 *     file from being bound.
 *
 * Preserving
 *     Only files of devices that vfio-pci itself drives. The preserve ioctl returns ENOENT for any
 *     other file (no handler), ENOTCONN if this very file is not bound to an iommufd, EOPNOTSUPP
 *     for an Intel display device, a virtual function, a physical function with virtual ones
 *     enabled, or a device below more than 29 bridges, ENODEV if the device is being taken away
 *     from vfio-pci, EBUSY if a file of the same device is preserved already, or if somebody keeps
 *     all others from its configuration space for more than 70 s, EIO if the device does not
 *     answer, ENOMEM. LUO holds the file: closing it does not close the device, and the driver
 *     cannot be unbound.
 *
 * Freezing
 *     In the reboot system call LUO freezes file after file. The first freeze starts the attempt.
 *     It closes the door before the system calls of all preserved files (they return EBUSY), waits
 *     once for those that are under way, and checks all devices, before any is touched. If one has
 *     its interrupts enabled, the reboot fails with EINVAL, and the kernel log and a tracepoint
 *     name it. It fails with EBUSY if a system call does not end, because nobody knows what it will
 *     do to the device, or if the device has virtual functions by now, which a reset would take
 *     from their users. It fails as well for a device whose driver is being unbound (EBUSY) or that
 *     was pulled out (ENODEV): it is not there for the next kernel. The unbind waits, with the
 *     device lock held, for LUO's file. The log names the device each time: close its session, and
 *     try again. (So a VMM can refuse the host's update, by a read into memory that it never
 *     provides; it loses its device by that.) An unbind that starts after the freeze of the device
 *     waits only until the kernel goes down: then the driver is taken off the device with the file
 *     still open, because device_shutdown() wants the lock. (If the device itself is removed in
 *     that moment, the IOMMU core warns that it still has an owner.)
 *
 *     Then all devices are frozen at the same time, each by a worker, because a reset is mostly
 *     sleep: the 100 ms of an FLR. The first freeze waits for all of them. So it takes about as
 *     long as the slowest device, and the freezes of the other files return what is known already.
 *     vfio_pci.freeze_one_by_one has each device frozen by the freeze of its own file, as a means
 *     against a device that does not bear company.
 *
 *     A device that cannot be reset alone, because it has no function level reset and is not alone
 *     on its bus, can be reset together with all others of its slot or bus, as by
 *     VFIO_DEVICE_PCI_HOT_RESET. This is done, once for all, if all of them are preserved. If one
 *     is not, or if a lock of one is busy, none is reset.
 *
 *     User space runs on beside all this, so for each device: its BARs are unmapped and fault
 *     (SIGBUS), DMA-bufs are revoked, it is made idle (no decoding, no DMA, no interrupt), it is
 *     reset if it can be, and its configuration space is put back to what it was before the VMM
 *     opened it, but for the command register. Idle is how the next kernel finds it, whether it was
 *     reset or not.
 *
 *     Waiting has a bound: vfio_pci.lock_ms, 150 ms, for the system calls under way on all
 *     files, so that a VFIO_DEVICE_RESET can end; as long again for all locks of a device, because
 *     the holder of the device lock may wait for the very file that LUO holds; and
 *     vfio_pci.dmabuf_ms, 100 ms, for the importers of all its DMA-bufs. The reset itself
 *     takes what it takes, and so does waking the device up. A device that does not come back from
 *     its reset keeps the update waiting for the minute that the PCI core gives it, and is not
 *     reset in another way then. A device that could not be reset, because something was busy or
 *     the reset failed, does not stop the update: the next kernel resets it before it is used.
 *     Where the lock of the bridge or of the device was busy, or access to the configuration space,
 *     somebody may be resetting the device, and only its command register is changed. How the reset
 *     went is in the tracepoint vfio_pci_reset_end, in the kernel log if it went wrong, and in what
 *     the next kernel gets.
 *
 * Giving up
 *     An attempt is one whole: if it fails, or if another handler fails so that LUO unfreezes any
 *     one of our files, all devices of the attempt are given back to their users. A device is then
 *     as after VFIO_DEVICE_RESET: its configuration space as the user had it, its inner state that
 *     after a reset if it was reset. Its user has not asked for that. So the eventfd of
 *     VFIO_PCI_ERR_IRQ_INDEX is signalled for each device that was reset, as for an error that AER
 *     reports, the kernel log says so, and so does the tracepoint vfio_pci_unfreeze_end. A VMM
 *     should do what it does after such an error: stop the VM, or have its guest set the device up
 *     again. A device that had not been reset is not signalled, unless it could not be given back.
 *     Not even then is it quite what it was: mappings of its BARs that iommufd has made through
 *     DMA-bufs are gone for good, because that is what revoking does to them. The VMM has to unmap
 *     and map them again. Other importers can use a DMA-buf again.
 *
 *     Giving a device back waits for importers of DMA-bufs as long as they need, as
 *     VFIO_DEVICE_RESET does: without a bound, and reboot(2) with it, so that nobody can reboot or
 *     suspend the machine meanwhile. For a reset that somebody else has started it waits for 70 s.
 *     If that does not end, the device stays idle and its configuration space stays as the freeze
 *     left it, and the tracepoint vfio_pci_unfreeze_end has EBUSY; ENODEV if the device does not
 *     answer. Its user is signalled an error, too.
 *
 * In the new kernel
 *     A device is known by its place, which is the path of devices and functions from its root bus,
 *     by its IDs and by its serial number: bus numbers may move from boot to boot. Retrieving fails
 *     for good with ENODEV if there is no device at the place, if it is another device (the log
 *     says what was expected and what was found), if vfio-pci does not drive it, or if it was
 *     released by hand before.
 *
 *     Binding resets a device, which takes another 100 ms. A device is spared that if the old
 *     kernel reset it, and it is still idle: who has not switched decoding on has not used it.
 *     (Somebody who only writes to its configuration space is noticed by the command register and
 *     the four bytes from the cache line size on, and by nothing else.) The tracepoint
 *     vfio_pci_reset_again says whether a device was spared, and what spoke against it.
 *     vfio_pci_core.reset_again has every device reset.
 *
 *     A session that is finished or closed without a retrieve, because its VMM has died, releases
 *     its devices: each is reset, which the log says, and is then anyone's. So does a session
 *     whose retrieve failed, even if all that is wrong is the serial number: it may be unreadable,
 *     and the device the one that was sent. A device to which an operator has bound another driver
 *     by then is left to that driver. One that cannot be reset, that has virtual functions, or
 *     that is not there then and comes back later, is withheld: no one gets what its last user
 *     left in it, until its address is written to /sys/module/vfio_handover/parameters/release.
 *     That fails with EBUSY for a device whose file was retrieved and is not bound yet, and while
 *     a release is under way. Devices that can only be reset together with all others of their
 *     slot or bus are reset and released once all of these are withheld, unless another driver
 *     uses one of them. The end of a session waits for the resets, which take up to a minute for
 *     each method that does not bring a device back, with LUO's locks held, so that an update
 *     waits as well.
 *
 *     A device that is withheld when the next update comes, or that nobody has retrieved until
 *     then, is sent on, and nobody gets it in the next kernel either. As no session there has it,
 *     it is not reset there, alone or with others, and stays on its way until it is released by
 *     hand. For that a file of some vfio-pci device must be preserved in that update; without one,
 *     LUO hands nothing over.
 *
 *     Nothing keeps a session from being finished. Where LUO itself cannot read what it was sent,
 *     such as a file whose handler the new kernel lacks, it gives back no session at all: the
 *     devices are then kept from all others until they are released by hand, or the machine boots
 *     without an update.
 *
 * Locking
 *     attempt_lock guards the list of preserved devices and the attempt. It is taken under LUO's
 *     locks, and held while the workers run, which do not take it. A worker takes memory_lock, the
 *     lock of a dev_set, and the locks of a reset. memory_lock is never held during a reset, and no
 *     lock is held when a worker ends, because device_shutdown() takes them all.
 */
#define pr_fmt(fmt) "vfio_pci_liveupdate: " fmt

#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/pci_liveupdate.h>
#include <linux/percpu-refcount.h>
#include <linux/pm_runtime.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/vfio_pci_liveupdate.h>
#include <linux/workqueue.h>
#include <trace/events/vfio_pci_liveupdate.h>

#include "vfio_pci_priv.h"

/**
 * struct vfio_pci_luo_device - a preserved device in the kernel that it leaves
 * @list: in outgoing_devices
 * @file: the file, which LUO holds
 * @vdev: the device
 * @ser: what the next kernel gets
 * @leader: the first one of those that are reset together with this one; itself if it is alone
 * @together: if it is a leader: those that it leads, itself among them
 * @follow: in the list of its leader
 * @revocation: of its DMA-bufs, while frozen
 * @config: its configuration space as the user had it, while frozen
 * @work: freezes it, and those that it leads
 * @result: of its freeze, once that is over
 * @busy: enum vfio_pci_luo_lock: what keeps it from being reset
 * @is_set: whether it is reset together with its set, if it is the first one of that
 * @is_set_busy: whether that could not be found out, because the set was busy
 * @frozen: whether there is something to undo
 * @resumed: whether the device is kept from runtime suspend, while frozen
 */
struct vfio_pci_luo_device {
	struct list_head list;
	struct file *file;
	struct vfio_pci_core_device *vdev;
	struct vfio_pci_luo_ser *ser;
	struct vfio_pci_luo_device *leader;
	struct list_head together;
	struct list_head follow;
	struct vfio_pci_liveupdate_revocation revocation;
	struct vfio_pci_liveupdate_config config;
	struct work_struct work;
	int result;
	u8 busy;
	bool is_set;
	bool is_set_busy;
	bool frozen;
	bool resumed;
};

static bool freeze_one_by_one;
module_param(freeze_one_by_one, bool, 0644);
MODULE_PARM_DESC(freeze_one_by_one,
		 "at a live update freeze and reset one device after the other (default N)");

/* Longer than the 100 ms of a function level reset, which somebody may have started. */
static unsigned int lock_ms = 150;
module_param(lock_ms, uint, 0644);
MODULE_PARM_DESC(lock_ms,
		 "how long a live update waits for the system calls under way on all device files, and then for the locks of all devices, in milliseconds (default 150)");

static unsigned int dmabuf_ms = 100;
module_param(dmabuf_ms, uint, 0644);
MODULE_PARM_DESC(dmabuf_ms,
		 "how long a live update waits for importers of DMA-bufs, in milliseconds (default 100)");

static LIST_HEAD(outgoing_devices);
/* Guards that list, and the attempt. */
static DEFINE_MUTEX(attempt_lock);

/* An attempt: from the first freeze until the kernel goes down, or until it is given up. */
static bool attempt_started;
static bool attempt_is_one_by_one;

static struct workqueue_struct *freeze_queue;

static const struct pci_driver *handled_driver;
static const struct vfio_device_ops *handled_ops;

#define trace_begin(what, ser)							\
	do {									\
		const struct pci_luo_id *_id = &(ser)->id;			\
										\
		trace_vfio_pci_##what##_begin(_id->segment, _id->bus,		\
					      PCI_SLOT(_id->devfn),		\
					      PCI_FUNC(_id->devfn));		\
	} while (0)

#define trace_end(what, ser, ...)						\
	do {									\
		const struct pci_luo_id *_id = &(ser)->id;			\
										\
		trace_vfio_pci_##what##_end(_id->segment, _id->bus,		\
					    PCI_SLOT(_id->devfn),		\
					    PCI_FUNC(_id->devfn), __VA_ARGS__);	\
	} while (0)

static unsigned long lock_deadline(void)
{
	return jiffies + msecs_to_jiffies(READ_ONCE(lock_ms));
}

static void on_no_calls(struct percpu_ref *calls)
{
	complete_all(&container_of(calls, struct vfio_pci_liveupdate, calls)->no_calls);
}

/**
 * vfio_pci_liveupdate_init_dev - have vfio count the system calls on a device's files
 * @vdev: a new device of vfio-pci
 *
 * Return: 0 or -ENOMEM.
 */
int vfio_pci_liveupdate_init_dev(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_liveupdate *liveupdate = &vdev->liveupdate;

	init_completion(&liveupdate->no_calls);
	vdev->vdev.calls = &liveupdate->calls;
	/* Atomic from the start: no freeze has the time to wait for a grace period of RCU. */
	return percpu_ref_init(&liveupdate->calls, on_no_calls,
			       PERCPU_REF_INIT_ATOMIC | PERCPU_REF_ALLOW_REINIT, GFP_KERNEL);
}

/**
 * vfio_pci_liveupdate_release_dev - the opposite of vfio_pci_liveupdate_init_dev()
 * @vdev: as given there
 */
void vfio_pci_liveupdate_release_dev(struct vfio_pci_core_device *vdev)
{
	percpu_ref_exit(&vdev->liveupdate.calls);
}

/* From here on system calls return EBUSY. Those that are under way go on. */
static void close_door(struct vfio_pci_core_device *vdev)
{
	reinit_completion(&vdev->liveupdate.no_calls);
	percpu_ref_kill(&vdev->liveupdate.calls);
}

static bool has_no_calls(struct vfio_pci_core_device *vdev, unsigned long deadline)
{
	unsigned long left = time_before(jiffies, deadline) ? deadline - jiffies : 0;

	if (!try_wait_for_completion(&vdev->liveupdate.no_calls) &&
	    !wait_for_completion_timeout(&vdev->liveupdate.no_calls, left))
		return false;
	/* The completion may be a late one, of the attempt before. */
	return percpu_ref_is_zero(&vdev->liveupdate.calls);
}

static void open_door(struct vfio_pci_core_device *vdev)
{
	percpu_ref_resurrect(&vdev->liveupdate.calls);
}

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
	struct vfio_pci_luo_ser ser = {};
	struct vfio_pci_luo_device *device;
	int err, identified;

	identified = pci_liveupdate_identify(vdev->pdev, &ser.id);
	trace_begin(preserve, &ser);

	err = check_preservable(args->file, vdev) ?: identified;
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
		goto err_device;
	}
	err = pci_liveupdate_preserve(vdev->pdev);
	if (err)
		goto err_ser;
	*device->ser = ser;
	device->file = args->file;
	device->vdev = vdev;

	scoped_guard(mutex, &attempt_lock) {
		list_add_tail(&device->list, &outgoing_devices);
		vdev->liveupdate.preserved = true;
	}
	args->private_data = device;
	args->serialized_data = virt_to_phys(device->ser);
	goto out;

err_ser:
	kho_unpreserve_free(device->ser);
err_device:
	kfree(device);
out:
	trace_end(preserve, &ser, err);
	return err;
}

static void vfio_pci_liveupdate_unpreserve(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_luo_device *device = args->private_data;
	struct vfio_pci_luo_ser ser = *device->ser;

	trace_begin(unpreserve, &ser);
	scoped_guard(mutex, &attempt_lock) {
		device->vdev->liveupdate.preserved = false;
		list_del(&device->list);
	}
	pci_liveupdate_unpreserve(device->vdev->pdev);
	kho_unpreserve_free(device->ser);
	kfree(device);
	trace_end(unpreserve, &ser, 0);
}

static bool has_interrupts(struct vfio_pci_core_device *vdev)
{
	return READ_ONCE(vdev->irq_type) != VFIO_PCI_NUM_IRQS;
}

/* What forbids the update: the next kernel could not have a device that is leaving. */
static int check_device(struct vfio_pci_luo_device *device)
{
	struct pci_dev *pdev = device->vdev->pdev;

	if (has_interrupts(device->vdev)) {
		pci_err(pdev, "live update refused: its interrupts are still enabled\n");
		return -EINVAL;
	}
	if (pci_num_vf(pdev)) {
		pci_err(pdev, "live update refused: it has virtual functions, disable them\n");
		return -EBUSY;
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

/* A system call that goes on could switch interrupts or bus mastering on behind every check. */
static int check_door(struct vfio_pci_luo_device *device, unsigned long deadline)
{
	if (has_no_calls(device->vdev, deadline))
		return 0;
	pci_err(device->vdev->pdev,
		"live update refused: a system call on its file does not end\n");
	return -EBUSY;
}

static void log_reset(struct pci_dev *pdev, const struct vfio_pci_luo_reset *reset)
{
	static const char * const locks[] = {
		[VFIO_PCI_LUO_LOCK_NONE] = "nothing",
		[VFIO_PCI_LUO_LOCK_MEMORY] = "vfio's memory lock",
		[VFIO_PCI_LUO_LOCK_BRIDGE] = "the lock of the bridge above",
		[VFIO_PCI_LUO_LOCK_DEVICE] = "the device lock",
		[VFIO_PCI_LUO_LOCK_CONFIG] = "access to its configuration space",
		[VFIO_PCI_LUO_LOCK_DMABUF] = "an importer of its DMA-bufs",
		[VFIO_PCI_LUO_LOCK_SET] = "the set of devices that are reset together",
	};

	if (reset->outcome == VFIO_PCI_LUO_RESET_FAILED)
		pci_warn(pdev, "the reset before the live update failed: %pe\n",
			 ERR_PTR(reset->result));
	else if (reset->outcome == VFIO_PCI_LUO_RESET_BUSY)
		pci_warn(pdev, "not reset before the live update: %s was busy\n",
			 reset->lock < ARRAY_SIZE(locks) ? locks[reset->lock] : "a lock");
}

/* Out of its user's reach; what was busy is in the device. */
static int cut_off(struct vfio_pci_luo_device *device, unsigned long deadline)
{
	struct vfio_pci_core_device *vdev = device->vdev;
	int err;
	u8 busy;

	/* Once more: it may be leaving since the attempt started. */
	err = check_device(device);
	if (err)
		return err;
	device->frozen = true;

	/* The user may have let it sleep; waking it takes memory_lock, so before that is cut. */
	device->resumed = pm_runtime_resume_and_get(&vdev->pdev->dev) >= 0;
	busy = vfio_pci_core_liveupdate_cut(vdev, deadline, msecs_to_jiffies(READ_ONCE(dmabuf_ms)),
					    &device->revocation);
	device->busy = device->busy ?: busy;

	/* What the next kernel finds: as it was before the VMM opened the device. */
	device->config = (struct vfio_pci_liveupdate_config){ .after = vdev->pci_saved_state };
	return 0;
}

static int refuse_functions(struct vfio_pci_luo_device *device)
{
	pci_err(device->vdev->pdev, "live update refused: it got virtual functions, disable them\n");
	return -EBUSY;
}

static void end_freeze(struct vfio_pci_luo_device *device)
{
	device->ser->idle = device->config.idle;
	log_reset(device->vdev->pdev, &device->ser->reset);
}

static int freeze_alone(struct vfio_pci_luo_device *device)
{
	const unsigned long deadline = lock_deadline();
	int err;

	err = cut_off(device, deadline);
	if (err)
		return err;
	if (vfio_pci_core_liveupdate_reset(device->vdev, device->busy, deadline, &device->config,
					   &device->ser->reset))
		return refuse_functions(device);
	end_freeze(device);
	return 0;
}

static int cut_off_all(struct vfio_pci_luo_device *leader, unsigned long deadline)
{
	struct vfio_pci_luo_device *device;
	int err = 0;

	list_for_each_entry(device, &leader->together, follow) {
		device->result = cut_off(device, deadline);
		if (!device->result &&
		    vfio_pci_core_liveupdate_make_idle(device->vdev, deadline, &device->config,
						       &device->busy))
			device->result = refuse_functions(device);
		err = err ?: device->result;
	}
	return err;
}

/* One reset for all, if nothing was busy for any of them, and all could be saved. */
static struct vfio_pci_luo_reset reset_all(struct vfio_pci_luo_device *leader,
					   unsigned long deadline)
{
	struct vfio_pci_luo_reset report = { .method = VFIO_PCI_LUO_METHOD_NONE };
	struct vfio_pci_luo_device *device;

	list_for_each_entry(device, &leader->together, follow) {
		if (device->busy)
			report.lock = device->busy;
		else if (!device->config.before)
			report.result = -ENODEV;
	}
	if (!report.lock && !report.result) {
		report.method = VFIO_PCI_LUO_METHOD_HOT;
		report.result = vfio_pci_core_liveupdate_reset_set(leader->vdev, deadline);
		if (report.result == -EAGAIN)
			report.lock = VFIO_PCI_LUO_LOCK_SET;
	}
	report.outcome = report.result ? VFIO_PCI_LUO_RESET_FAILED : VFIO_PCI_LUO_RESET_OK;
	if (report.lock)
		report = (struct vfio_pci_luo_reset){ .result = -EBUSY,
						      .outcome = VFIO_PCI_LUO_RESET_BUSY,
						      .lock = report.lock };
	return report;
}

static void freeze_together(struct vfio_pci_luo_device *leader)
{
	const unsigned long deadline = lock_deadline();
	struct vfio_pci_luo_device *device;
	struct vfio_pci_luo_reset report;
	int err;

	list_for_each_entry(device, &leader->together, follow)
		trace_begin(freeze, device->ser);
	err = cut_off_all(leader, deadline);
	if (!err) {
		list_for_each_entry(device, &leader->together, follow)
			trace_begin(reset, device->ser);
		report = reset_all(leader, deadline);
		list_for_each_entry(device, &leader->together, follow) {
			device->ser->reset = report;
			trace_end(reset, device->ser, report.result, report.method, report.outcome,
				  report.lock);
		}
	}
	list_for_each_entry(device, &leader->together, follow) {
		/* All or none: the freeze of any of them ends the attempt. */
		device->result = err;
		if (!err) {
			vfio_pci_core_liveupdate_leave(device->vdev, lock_deadline(),
						       &device->config);
			end_freeze(device);
		}
		trace_end(freeze, device->ser, device->result);
	}
}

/* Touches nothing but this device, and those that it leads. Their doors are closed. */
static void freeze_led(struct vfio_pci_luo_device *device)
{
	if (!list_is_singular(&device->together)) {
		freeze_together(device);
		return;
	}
	trace_begin(freeze, device->ser);
	device->result = freeze_alone(device);
	trace_end(freeze, device->ser, device->result);
}

static void freeze_by_worker(struct work_struct *work)
{
	freeze_led(container_of(work, struct vfio_pci_luo_device, work));
}

/* The first one of each set that is reset as a whole leads it. */
static void choose_leaders(unsigned long deadline)
{
	struct vfio_pci_luo_device *device, *first;
	int needs_set;

	list_for_each_entry(device, &outgoing_devices, list) {
		list_for_each_entry(first, &outgoing_devices, list)
			if (first->vdev->vdev.dev_set == device->vdev->vdev.dev_set)
				break;
		/* Once for each set, so that all of it is of one mind. */
		if (first == device) {
			needs_set = vfio_pci_core_liveupdate_needs_set(device->vdev, deadline);
			device->is_set = needs_set > 0;
			device->is_set_busy = needs_set == -EAGAIN;
		}
		/* Who can be reset alone does not need the set. */
		device->busy = first->is_set_busy && !device->vdev->reset_works ?
				       VFIO_PCI_LUO_LOCK_SET :
				       VFIO_PCI_LUO_LOCK_NONE;
		device->leader = first->is_set ? first : device;
		INIT_LIST_HEAD(&device->together);
		list_add_tail(&device->follow, &device->leader->together);
	}
}

static void freeze_all(void)
{
	struct vfio_pci_luo_device *device;

	list_for_each_entry(device, &outgoing_devices, list) {
		INIT_WORK(&device->work, freeze_by_worker);
		if (device->leader == device)
			queue_work(freeze_queue, &device->work);
	}
	list_for_each_entry(device, &outgoing_devices, list)
		flush_work(&device->work);
}

/*
 * Before any device is touched all doors are closed, until the end of the attempt: what is found
 * then stays so. LUO lets no file be preserved, or given up, meanwhile. Each device that forbids
 * the update has a freeze that fails, and no other has one.
 */
static int start_attempt(void)
{
	struct vfio_pci_luo_device *device;
	unsigned long deadline;
	int err = 0, result;

	attempt_started = true;
	attempt_is_one_by_one = READ_ONCE(freeze_one_by_one);
	list_for_each_entry(device, &outgoing_devices, list)
		close_door(device->vdev);

	deadline = lock_deadline();
	list_for_each_entry(device, &outgoing_devices, list) {
		result = check_door(device, deadline) ?: check_device(device);
		if (!result)
			continue;
		err = err ?: result;
		trace_begin(freeze, device->ser);
		trace_end(freeze, device->ser, result);
	}
	if (err)
		return err;
	choose_leaders(deadline);
	if (!attempt_is_one_by_one)
		freeze_all();
	return 0;
}

/* What a reset has taken from the device is lost, however the reset ended. */
static bool was_reset(const struct vfio_pci_luo_device *device)
{
	return device->ser->reset.method != VFIO_PCI_LUO_METHOD_NONE;
}

static int unfreeze_device(struct vfio_pci_luo_device *device)
{
	int err;

	trace_begin(unfreeze, device->ser);
	err = vfio_pci_core_liveupdate_restore(device->vdev, &device->config, &device->revocation);
	if (device->resumed)
		pm_runtime_put(&device->vdev->pdev->dev);
	device->resumed = false;
	device->frozen = false;
	trace_end(unfreeze, device->ser, err, was_reset(device));
	return err;
}

/*
 * Its user may use the device again, and had better know what it is like; @err: why it could not be
 * put back to what it was. That DMA-bufs were revoked is not signalled.
 */
static void report_loss(struct vfio_pci_luo_device *device, int err)
{
	struct vfio_pci_luo_reset *reset = &device->ser->reset;

	if (err || was_reset(device))
		pci_warn(device->vdev->pdev,
			 "%s a live update that was given up; its user %s\n",
			 was_reset(device) ? "was reset for" : "is not what it was before",
			 vfio_pci_core_liveupdate_signal_error(device->vdev) ?
				 "has been signalled an error" :
				 "has no eventfd for errors and does not know");
	memset(reset, 0, sizeof(*reset));
}

static void end_attempt(void)
{
	struct vfio_pci_luo_device *device;
	int err;

	if (!attempt_started)
		return;
	list_for_each_entry_reverse(device, &outgoing_devices, list) {
		err = device->frozen ? unfreeze_device(device) : 0;
		open_door(device->vdev);
		report_loss(device, err);
	}
	attempt_started = false;
}

static int vfio_pci_liveupdate_freeze(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_luo_device *device = args->private_data;
	int err = 0;

	guard(mutex)(&attempt_lock);
	if (!attempt_started)
		err = start_attempt();
	if (!err && attempt_is_one_by_one && !device->frozen)
		freeze_led(device->leader);
	err = err ?: device->result;
	/* LUO unfreezes neither this file nor, if it is the first, any other. */
	if (err)
		end_attempt();
	return err;
}

static void vfio_pci_liveupdate_unfreeze(struct liveupdate_file_op_args *args)
{
	guard(mutex)(&attempt_lock);
	end_attempt();
}

/*
 * The point of no return: LUO has frozen all there is, and the kernel goes down. An unbind that
 * began after the freeze of a device must not stop it.
 */
static int vfio_pci_liveupdate_going_down(struct notifier_block *notifier, unsigned long action,
					  void *command)
{
	struct vfio_pci_luo_device *device;

	guard(mutex)(&attempt_lock);
	list_for_each_entry(device, &outgoing_devices, list)
		if (device->frozen)
			vfio_liveupdate_abandon(device->file);
	return NOTIFY_DONE;
}

static struct notifier_block vfio_pci_liveupdate_reboot = {
	.notifier_call = vfio_pci_liveupdate_going_down,
};

static int find_device(const struct pci_luo_id *id, struct pci_dev **pdevp)
{
	struct pci_dev *pdev = pci_liveupdate_find(id);

	if (!pdev) {
		pr_err("%04x:%02x:%02x.%u: expected device %04x:%04x, found none\n", id->segment,
		       id->bus, PCI_SLOT(id->devfn), PCI_FUNC(id->devfn), id->vendor, id->device);
		return -ENODEV;
	}
	if (!pci_liveupdate_is_same(pdev, id)) {
		struct pci_luo_id found;

		pci_liveupdate_identify(pdev, &found);
		pci_err(pdev,
			"expected device %04x:%04x subsystem %04x:%04x class %06x serial %016llx, found %04x:%04x %04x:%04x %06x %016llx\n",
			id->vendor, id->device, id->subsystem_vendor, id->subsystem_device,
			id->class, id->serial, found.vendor, found.device, found.subsystem_vendor,
			found.subsystem_device, found.class, found.serial);
		pci_dev_put(pdev);
		return -ENODEV;
	}
	*pdevp = pdev;
	return 0;
}

/* -EPROBE_DEFER: nothing drives it yet; -ENOENT, -EBUSY: it was, or is being, released by hand. */
static struct file *file_of(struct pci_dev *pdev, const struct vfio_pci_luo_ser *ser)
{
	const struct pci_driver *driver;
	struct vfio_pci_core_device *vdev;
	struct vfio_device *device;
	struct file *file;
	int err;

	device = vfio_liveupdate_find(&pdev->dev, handled_ops);
	driver = READ_ONCE(pdev->driver);
	if (!device)
		return ERR_PTR(!driver || driver == handled_driver ? -EPROBE_DEFER : -ENODEV);
	err = pci_liveupdate_expect(pdev, &ser->id, handled_driver->name) ?:
	      pci_liveupdate_move(&pdev, 1, PCI_LIVEUPDATE_EXPECTED, PCI_LIVEUPDATE_RETRIEVED);
	if (err) {
		put_device(&device->device);
		return ERR_PTR(err);
	}
	/* Nobody else can open the device before its file is bound, so nobody reads this. */
	vdev = container_of(device, struct vfio_pci_core_device, vdev);
	vdev->liveupdate.reset = ser->reset;
	vdev->liveupdate.idle = ser->idle;
	vdev->liveupdate.is_bound = false;
	file = vfio_liveupdate_make_file(device);
	if (IS_ERR(file))
		pci_liveupdate_move(&pdev, 1, PCI_LIVEUPDATE_RETRIEVED, PCI_LIVEUPDATE_EXPECTED);
	put_device(&device->device);
	return file;
}

static int vfio_pci_liveupdate_retrieve(struct liveupdate_file_op_args *args)
{
	const struct vfio_pci_luo_ser *ser = phys_to_virt(args->serialized_data);
	struct pci_dev *pdev;
	struct file *file;
	int err;

	err = find_device(&ser->id, &pdev);
	if (err)
		return err;

	file = file_of(pdev, ser);
	err = PTR_ERR_OR_ZERO(file);
	if (!err) {
		if (pdev->bus->number != ser->id.bus)
			pci_info(pdev, "was %04x:%02x:%02x.%u in the old kernel: its bus has another number\n",
				 ser->id.segment, ser->id.bus, PCI_SLOT(ser->id.devfn),
				 PCI_FUNC(ser->id.devfn));
		if (ser->reset.outcome == VFIO_PCI_LUO_RESET_FAILED ||
		    ser->reset.outcome == VFIO_PCI_LUO_RESET_BUSY)
			pci_info(pdev, "the previous kernel has not reset this device\n");
		args->file = file;
	} else if (err == -ENOENT || err == -EBUSY) {
		pci_err(pdev, "cannot be retrieved, because it was released by hand\n");
		err = -ENODEV;
	} else if (err != -EPROBE_DEFER) {
		pci_err(pdev, "cannot be retrieved%s: %pe\n",
			err == -ENODEV ? ", because another driver has it" : "", file);
	}
	pci_dev_put(pdev);
	return err;
}

static const struct liveupdate_file_ops vfio_pci_liveupdate_ops = {
	.can_preserve = vfio_pci_liveupdate_can_preserve,
	.get_id = vfio_pci_liveupdate_get_id,
	.preserve = vfio_pci_liveupdate_preserve,
	.unpreserve = vfio_pci_liveupdate_unpreserve,
	.freeze = vfio_pci_liveupdate_freeze,
	.unfreeze = vfio_pci_liveupdate_unfreeze,
	.retrieve = vfio_pci_liveupdate_retrieve,
	.owner = THIS_MODULE,
};

static ssize_t liveupdate_show(struct device_driver *driver, char *page)
{
	return sysfs_emit(page, "%s preserve retrieve reset_in_freeze reset_once reset_together\n",
			  VFIO_PCI_LUO_COMPATIBLE);
}
static DRIVER_ATTR_RO(liveupdate);

static struct attribute *vfio_pci_liveupdate_attrs[] = {
	&driver_attr_liveupdate.attr,
	NULL,
};

static const struct attribute_group vfio_pci_liveupdate_group = {
	.attrs = vfio_pci_liveupdate_attrs,
};

const struct attribute_group *vfio_pci_liveupdate_groups[] = {
	&vfio_pci_liveupdate_group,
	NULL,
};

/**
 * vfio_pci_liveupdate_init - start to handle vfio-pci's files
 * @driver: vfio-pci
 * @ops: by which vfio-pci's own devices are known, and not those of variant drivers
 *
 * Return: 0 or -ENOMEM.
 */
int vfio_pci_liveupdate_init(const struct pci_driver *driver, const struct vfio_device_ops *ops)
{
	/* All at once: fewer workers than devices would freeze them in waves. */
	freeze_queue = alloc_workqueue("vfio_pci_freeze", WQ_UNBOUND, WQ_UNBOUND_MAX_ACTIVE);
	if (!freeze_queue)
		return -ENOMEM;
	handled_driver = driver;
	handled_ops = ops;
	register_reboot_notifier(&vfio_pci_liveupdate_reboot);
	vfio_handover_register(&vfio_pci_liveupdate_ops);
	return 0;
}

/**
 * vfio_pci_liveupdate_exit - the opposite of vfio_pci_liveupdate_init()
 *
 * No file is preserved then, because each holds the module, and none is open.
 */
void vfio_pci_liveupdate_exit(void)
{
	vfio_handover_unregister();
	unregister_reboot_notifier(&vfio_pci_liveupdate_reboot);
	destroy_workqueue(freeze_queue);
}
