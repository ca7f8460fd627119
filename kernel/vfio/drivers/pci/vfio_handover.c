// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: vfio-pci devices on their way through a live update
 *
 * What must be there from boot on, even if vfio and vfio-pci are modules: the handler that LUO
 * knows, the list of devices that the previous kernel sent (incoming), the one of those that this
 * kernel will send (outgoing), the reset that reports how it went, and the tracepoints.
 *
 * LUO looks for the handler of each incoming file when /dev/liveupdate is opened for the first
 * time, and never again. Pid 1 may do that before any module is loaded. So the handler is here, and
 * passes on to vfio-pci what it is asked to do with a file, or loads it. Finishing needs no driver.
 *
 * An incoming device belongs to the file that was preserved for it, although that file does not
 * exist yet. So from boot on no other driver than vfio-pci is probed on it, and nobody can open it
 * or bind it to an iommufd. It is known by its address and by what kind of device it is. Another
 * kind at its address, for a card was swapped or buses have other numbers, is anyone's.
 *
 * That ends when the retrieved file is bound to an iommufd, for then vfio itself keeps others away.
 * It also ends when LUO lets go of a file that was never retrieved, or when the retrieved file is
 * closed without ever having been bound: then the device is reset and anyone may have it.
 *
 * Locking: incoming_lock and outgoing_lock are leaves; nothing that sleeps is done under the first.
 * driver_lock guards who vfio-pci is, and is a leaf as well.
 */
#define pr_fmt(fmt) "vfio_handover: " fmt

#include <linux/delay.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/kmod.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vfio_pci_liveupdate.h>

#include "pci.h"

#define CREATE_TRACE_POINTS
#include <trace/events/vfio_pci_liveupdate.h>

EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_preserve_begin);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_preserve_end);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_unpreserve_begin);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_unpreserve_end);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_freeze_begin);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_freeze_end);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_unfreeze_begin);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_unfreeze_end);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_retrieve_begin);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_retrieve_end);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_finish_begin);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_finish_end);

/* More devices than any machine has: a list that goes on behind this is a broken one. */
#define INCOMING_MAX 65536

/* Longer than the 100 ms of a function level reset, which somebody may have begun. */
static unsigned int lock_ms = 150;
module_param(lock_ms, uint, 0644);
MODULE_PARM_DESC(lock_ms,
		 "how long a freeze waits for each lock, and for system calls under way, in milliseconds (default 150)");

static unsigned int dmabuf_ms = 100;
module_param(dmabuf_ms, uint, 0644);
MODULE_PARM_DESC(dmabuf_ms,
		 "how long a freeze waits for importers of DMA-bufs, in milliseconds (default 100)");

/*
 * How long anything but a freeze waits for access to the configuration space. A reset keeps others
 * from it, and waits for a minute at most for the device to answer (PCIE_RESET_READY_POLL_MS).
 */
#define CONFIG_MS 70000

/**
 * struct incoming - a device that the previous kernel sent
 * @list: in incoming_devices
 * @ser: what it sent, a copy
 * @holder: the file that was retrieved for it (its struct vfio_device_file), or NULL
 */
struct incoming {
	struct list_head list;
	struct vfio_pci_luo_ser ser;
	const void *holder;
};

static LIST_HEAD(incoming_devices);
static DEFINE_SPINLOCK(incoming_lock);

/* vfio-pci, and what it does with files; NULL while it is not loaded. */
static const struct pci_driver *incoming_driver;
static const struct liveupdate_file_ops *driver_ops;
static DEFINE_MUTEX(driver_lock);

static struct vfio_pci_luo_list_ser *outgoing;
static DEFINE_MUTEX(outgoing_lock);

/**
 * vfio_pci_handover_lock_ms - how long a freeze may wait for a lock, or for system calls
 *
 * Return: milliseconds.
 */
unsigned int vfio_pci_handover_lock_ms(void)
{
	return READ_ONCE(lock_ms);
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_lock_ms);

/**
 * vfio_pci_handover_dmabuf_ms - how long a freeze may wait for the importers of DMA-bufs
 *
 * Return: milliseconds.
 */
unsigned int vfio_pci_handover_dmabuf_ms(void)
{
	return READ_ONCE(dmabuf_ms);
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_dmabuf_ms);

static bool lock_device(struct pci_dev *pdev)
{
	return device_trylock(&pdev->dev);
}

static bool lock_bridge(struct pci_dev *bridge)
{
	return pci_dev_trylock(bridge);
}

static bool lock_config(struct pci_dev *pdev)
{
	return pci_cfg_access_trylock(pdev);
}

/* Tries at least once, whatever the bound is. */
static bool lock_in_time(bool (*trylock)(struct pci_dev *pdev), struct pci_dev *pdev,
			 unsigned int timeout_ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(timeout_ms);

	while (!trylock(pdev)) {
		if (time_after_eq(jiffies, deadline))
			return false;
		usleep_range(500, 1000);
	}
	return true;
}

static u8 method_of(const char *name)
{
	static const char * const names[] = {
		[VFIO_PCI_LUO_METHOD_DEVICE_SPECIFIC] = "device_specific",
		[VFIO_PCI_LUO_METHOD_ACPI] = "acpi",
		[VFIO_PCI_LUO_METHOD_FLR] = "flr",
		[VFIO_PCI_LUO_METHOD_AF_FLR] = "af_flr",
		[VFIO_PCI_LUO_METHOD_PM] = "pm",
		[VFIO_PCI_LUO_METHOD_BUS] = "bus",
		[VFIO_PCI_LUO_METHOD_CXL_BUS] = "cxl_bus",
	};
	int i;

	for (i = VFIO_PCI_LUO_METHOD_DEVICE_SPECIFIC; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return i;
	return VFIO_PCI_LUO_METHOD_OTHER;
}

/*
 * The PCI core's own loop does not tell which method it was. A method that returns ENOTTY found
 * that it is not for this device; any other error ends the matter.
 */
static int try_methods(struct pci_dev *pdev, u8 *method)
{
	int i, number, err = -ENOTTY;

	for (i = 0; i < PCI_NUM_RESET_METHODS && err == -ENOTTY; i++) {
		number = pdev->reset_methods[i];
		if (!number)
			break;
		*method = method_of(pci_reset_fn_methods[number].name);
		err = pci_reset_fn_methods[number].reset_fn(pdev, PCI_RESET_DO_RESET);
	}
	return err;
}

/* Returns the one that was busy; then none is held. */
static u8 take_locks(struct pci_dev *pdev)
{
	struct pci_dev *bridge = pci_upstream_bridge(pdev);
	unsigned int timeout_ms = vfio_pci_handover_lock_ms();
	u8 busy;

	if (bridge && !lock_in_time(lock_bridge, bridge, timeout_ms))
		return VFIO_PCI_LUO_LOCK_BRIDGE;
	if (!lock_in_time(lock_device, pdev, timeout_ms)) {
		busy = VFIO_PCI_LUO_LOCK_DEVICE;
		goto err_bridge;
	}
	if (!lock_in_time(lock_config, pdev, timeout_ms)) {
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

static void release_locks(struct pci_dev *pdev)
{
	struct pci_dev *bridge = pci_upstream_bridge(pdev);

	pci_cfg_access_unlock(pdev);
	device_unlock(&pdev->dev);
	if (bridge)
		pci_dev_unlock(bridge);
}

/*
 * Returns whether it was on. A device that somebody else resets just now, or that is gone, may read
 * as all ones, and such a value must not be written back.
 */
static bool clear_master(struct pci_dev *pdev)
{
	u16 command;

	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (PCI_POSSIBLE_ERROR(command))
		return false;
	pci_clear_master(pdev);
	return command & PCI_COMMAND_MASTER;
}

static int save_config(struct pci_dev *pdev, struct vfio_pci_handover_config *config)
{
	if (!pci_device_is_present(pdev))
		return -ENODEV;
	pci_save_state(pdev);
	config->before = pci_store_saved_state(pdev);
	return config->before ? 0 : -ENOMEM;
}

static void put_config(struct pci_dev *pdev, const struct vfio_pci_handover_config *config)
{
	if (!config->after || pci_load_saved_state(pdev, config->after))
		pci_load_saved_state(pdev, config->before);
	pci_restore_state(pdev);
}

static int reset_saved(struct pci_dev *pdev, u8 *method)
{
	/* No decoding and no interrupt while it goes on. */
	pci_write_config_word(pdev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
	return try_methods(pdev, method);
}

/**
 * vfio_pci_handover_reset - reset a device and say how it went
 * @pdev: the device, awake
 * @resettable: whether the device has shown that it can be reset
 * @busy: enum vfio_pci_luo_lock, if something was found busy already, so that it must not be tried
 * @config: what the configuration space is to be afterwards; is filled in with what it was
 * @report: is filled in
 *
 * Waits for each lock for a bounded time only: the holder of device_lock may wait for the very file
 * that is being preserved. The holder of a lock may be resetting the device as well: without the
 * locks nothing is saved and nothing restored, only bus mastering is switched off. Such a reset may
 * switch it on again at its end; pci_device_shutdown(), which takes device_lock, has the last word.
 */
void vfio_pci_handover_reset(struct pci_dev *pdev, bool resettable, u8 busy,
			     struct vfio_pci_handover_config *config,
			     struct vfio_pci_luo_reset *report)
{
	u32 segment = pci_domain_nr(pdev->bus);
	u8 device = PCI_SLOT(pdev->devfn), function = PCI_FUNC(pdev->devfn);
	bool is_saved;
	u8 blocked;

	memset(report, 0, sizeof(*report));
	blocked = take_locks(pdev);
	/* First of all: an FLR waits for transactions that a busy device would never end. */
	config->was_master = clear_master(pdev);
	if (!blocked)
		report->result = save_config(pdev, config);
	else if (pci_dev_is_disconnected(pdev))
		report->result = -ENODEV;
	is_saved = !blocked && !report->result;
	busy = busy ?: blocked;

	/* The reset alone lies between the two, and neither saving nor putting back. */
	trace_vfio_pci_reset_begin(segment, pdev->bus->number, device, function);
	if (is_saved && resettable && !busy)
		report->result = reset_saved(pdev, &report->method);
	if (report->result) {
		report->outcome = VFIO_PCI_LUO_RESET_FAILED;
	} else if (!resettable) {
		report->outcome = VFIO_PCI_LUO_RESET_NONE;
	} else if (busy) {
		report->outcome = VFIO_PCI_LUO_RESET_BUSY;
		report->result = -EBUSY;
		report->lock = busy;
	} else {
		report->outcome = VFIO_PCI_LUO_RESET_OK;
	}

	trace_vfio_pci_reset_end(segment, pdev->bus->number, device, function, report->result,
				 report->method, report->outcome, report->lock);

	if (is_saved)
		put_config(pdev, config);
	if (!blocked)
		release_locks(pdev);
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_reset);

/**
 * vfio_pci_handover_restore - undo what vfio_pci_handover_reset() did to the configuration space
 * @pdev: the device
 * @config: as given there
 *
 * Waits until a reset by somebody else is over. The device lock is not needed for that; but error
 * recovery waits for the locks of all devices of a bus while it keeps others from their
 * configuration space, and the holder of one may wait for a file that LUO holds. So even this has
 * an end.
 *
 * Return: 0; -ENODEV if the device has gone; -EBUSY if access to the configuration space could not
 * be had in time: then the device has no bus mastering, its configuration space stays as the freeze
 * left it, and its user has to open it anew.
 */
int vfio_pci_handover_restore(struct pci_dev *pdev, struct vfio_pci_handover_config *config)
{
	const bool is_saved = config->before;
	int err = 0;

	if (!lock_in_time(lock_config, pdev, CONFIG_MS)) {
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
		if (config->was_master)
			pci_set_master(pdev);
	} else {
		err = -ENODEV;
	}
	pci_cfg_access_unlock(pdev);
	return err;
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_restore);

/*
 * The configuration space of a device behind a port that sleeps reads as all ones, and so does that
 * of one which is being reset. Waits for both. *@serial is 0 if the device has none.
 */
static int serial_of(struct pci_dev *pdev, u64 *serial)
{
	int err = -EBUSY;

	*serial = 0;
	pci_config_pm_runtime_get(pdev);
	if (lock_in_time(lock_config, pdev, CONFIG_MS)) {
		*serial = pci_get_dsn(pdev);
		pci_cfg_access_unlock(pdev);
		err = 0;
	}
	pci_config_pm_runtime_put(pdev);
	return err;
}

/**
 * vfio_pci_outgoing_describe - write down which device it is
 * @pdev: the device
 * @ser: where to; zeroed memory
 *
 * Return: 0, or -EBUSY if its serial number could not be read, for something kept others from its
 * configuration space for more than a minute; all else is written down even then.
 */
int vfio_pci_outgoing_describe(struct pci_dev *pdev, struct vfio_pci_luo_ser *ser)
{
	u64 serial;
	int err;

	err = serial_of(pdev, &serial);
	ser->segment = pci_domain_nr(pdev->bus);
	ser->bus = pdev->bus->number;
	ser->devfn = pdev->devfn;
	ser->revision = pdev->revision;
	ser->vendor = pdev->vendor;
	ser->device = pdev->device;
	ser->subsystem_vendor = pdev->subsystem_vendor;
	ser->subsystem_device = pdev->subsystem_device;
	ser->class = pdev->class;
	ser->serial = serial;
	ser->has_serial = !!serial;
	return err;
}
EXPORT_SYMBOL_GPL(vfio_pci_outgoing_describe);

/**
 * vfio_pci_outgoing_add - put a device on the list that the next kernel gets
 * @ser: the device, in memory that KHO preserves; LUO has called outgoing_preserve() before
 */
void vfio_pci_outgoing_add(struct vfio_pci_luo_ser *ser)
{
	guard(mutex)(&outgoing_lock);
	ser->next = outgoing->first;
	outgoing->first = virt_to_phys(ser);
	outgoing->count++;
}
EXPORT_SYMBOL_GPL(vfio_pci_outgoing_add);

/**
 * vfio_pci_outgoing_remove - take a device off that list
 * @ser: as given to vfio_pci_outgoing_add()
 */
void vfio_pci_outgoing_remove(struct vfio_pci_luo_ser *ser)
{
	struct vfio_pci_luo_ser *before;

	guard(mutex)(&outgoing_lock);
	if (outgoing->first == virt_to_phys(ser)) {
		outgoing->first = ser->next;
		outgoing->count--;
		return;
	}
	before = outgoing->first ? phys_to_virt(outgoing->first) : NULL;
	while (before && before->next != virt_to_phys(ser))
		before = before->next ? phys_to_virt(before->next) : NULL;
	if (WARN_ON(!before))
		return;
	before->next = ser->next;
	outgoing->count--;
}
EXPORT_SYMBOL_GPL(vfio_pci_outgoing_remove);

static int outgoing_preserve(struct liveupdate_flb_op_args *args)
{
	struct vfio_pci_luo_list_ser *list = kho_alloc_preserve(sizeof(*list));

	if (IS_ERR(list))
		return PTR_ERR(list);
	scoped_guard(mutex, &outgoing_lock)
		outgoing = list;
	args->obj = list;
	args->data = virt_to_phys(list);
	return 0;
}

static void outgoing_unpreserve(struct liveupdate_flb_op_args *args)
{
	scoped_guard(mutex, &outgoing_lock)
		outgoing = NULL;
	kho_unpreserve_free(args->obj);
}

static int incoming_retrieve(struct liveupdate_flb_op_args *args)
{
	const struct vfio_pci_luo_list_ser *list = phys_to_virt(args->data);
	const struct vfio_pci_luo_ser *ser;
	struct incoming *incoming, *next;
	LIST_HEAD(found);
	u64 phys, count = 0;
	int err = -EINVAL;

	for (phys = list->first; phys; phys = ser->next) {
		if (++count > min_t(u64, list->count, INCOMING_MAX)) {
			pr_err("the list of incoming devices is broken\n");
			goto err_free;
		}
		ser = phys_to_virt(phys);
		incoming = kzalloc_obj(*incoming);
		if (!incoming) {
			err = -ENOMEM;
			goto err_free;
		}
		incoming->ser = *ser;
		list_add(&incoming->list, &found);
	}
	if (count < list->count)
		pr_err("the list of incoming devices ends early: %llu of %llu are not protected\n",
		       list->count - count, list->count);

	scoped_guard(spinlock, &incoming_lock)
		list_splice(&found, &incoming_devices);
	args->obj = phys_to_virt(args->data);
	return 0;

err_free:
	list_for_each_entry_safe(incoming, next, &found, list)
		kfree(incoming);
	return err;
}

/* The devices stay on our own list for as long as they need protection. */
static void incoming_finish(struct liveupdate_flb_op_args *args)
{
	kho_restore_free(args->obj);
}

static const struct liveupdate_flb_ops handover_ops = {
	.preserve = outgoing_preserve,
	.unpreserve = outgoing_unpreserve,
	.retrieve = incoming_retrieve,
	.finish = incoming_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_flb handover = {
	.ops = &handover_ops,
	.compatible = VFIO_PCI_LUO_LIST_COMPATIBLE,
};

/* By what the kernel has known of the device since it was found: the device is not asked. */
static bool is_same_kind(const struct pci_dev *pdev, const struct vfio_pci_luo_ser *ser)
{
	return pdev->vendor == ser->vendor && pdev->device == ser->device &&
	       pdev->subsystem_vendor == ser->subsystem_vendor &&
	       pdev->subsystem_device == ser->subsystem_device && pdev->class == ser->class;
}

static struct incoming *incoming_at(u32 segment, u8 bus, u8 devfn)
{
	struct incoming *incoming;

	lockdep_assert_held(&incoming_lock);
	list_for_each_entry(incoming, &incoming_devices, list)
		if (incoming->ser.segment == segment && incoming->ser.bus == bus &&
		    incoming->ser.devfn == devfn)
			return incoming;
	return NULL;
}

/* A device of another kind at the address of the one that was sent is not kept from anyone. */
static struct incoming *incoming_of(struct pci_dev *pdev)
{
	struct incoming *incoming =
		incoming_at(pci_domain_nr(pdev->bus), pdev->bus->number, pdev->devfn);

	return incoming && is_same_kind(pdev, &incoming->ser) ? incoming : NULL;
}

/**
 * vfio_pci_incoming_keeps_out_driver - may this driver not be probed on this device?
 * @pdev: the device
 * @driver: the driver
 *
 * Return: true if the device is on its way to a user and @driver is not vfio-pci.
 */
bool vfio_pci_incoming_keeps_out_driver(struct pci_dev *pdev, const struct pci_driver *driver)
{
	if (driver == READ_ONCE(incoming_driver))
		return false;
	scoped_guard(spinlock, &incoming_lock)
		if (!incoming_of(pdev))
			return false;
	pci_info(pdev, "%s is kept out: the device is on its way to its user by live update\n",
		 driver->name);
	return true;
}

/**
 * vfio_pci_incoming_keeps_out - may this file not open or bind the device?
 * @dev: the device, of any bus
 * @holder: the struct vfio_device_file that wants to, NULL if there is none yet
 *
 * Return: true if @dev is on its way to another file.
 */
bool vfio_pci_incoming_keeps_out(struct device *dev, const void *holder)
{
	struct incoming *incoming;

	if (!dev_is_pci(dev))
		return false;
	guard(spinlock)(&incoming_lock);
	incoming = incoming_of(to_pci_dev(dev));
	return incoming && (!holder || incoming->holder != holder);
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_keeps_out);

/**
 * vfio_pci_incoming_claim - give an incoming device to the file that was retrieved for it
 * @dev: the device
 * @holder: the file's struct vfio_device_file
 *
 * Return: false if it has been given away. A device that is not known to be on its way, because the
 * list could not be read at boot, is nobody's and not protected.
 */
bool vfio_pci_incoming_claim(struct device *dev, const void *holder)
{
	struct incoming *incoming;

	guard(spinlock)(&incoming_lock);
	incoming = incoming_of(to_pci_dev(dev));
	if (incoming && incoming->holder)
		return false;
	if (incoming)
		incoming->holder = holder;
	return true;
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_claim);

/**
 * vfio_pci_incoming_bound - a file has been bound to an iommufd
 * @dev: the device
 * @holder: the file's struct vfio_device_file
 */
void vfio_pci_incoming_bound(struct device *dev, const void *holder)
{
	struct incoming *incoming;

	if (!dev_is_pci(dev))
		return;
	scoped_guard(spinlock, &incoming_lock) {
		incoming = incoming_of(to_pci_dev(dev));
		if (!incoming || incoming->holder != holder)
			return;
		list_del(&incoming->list);
	}
	kfree(incoming);
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_bound);

/* The device is on the list: nobody uses it, nor can anybody begin to. */
static void incoming_reset(struct pci_dev *pdev, struct vfio_pci_luo_reset *report)
{
	bool resumed = pm_runtime_resume_and_get(&pdev->dev) >= 0;
	struct vfio_pci_handover_config config = {};

	pci_set_power_state(pdev, PCI_D0);
	vfio_pci_handover_reset(pdev, pci_reset_supported(pdev), VFIO_PCI_LUO_LOCK_NONE, &config,
				report);
	kfree(config.before);
	if (resumed)
		pm_runtime_put(&pdev->dev);
}

static const char *outcome_name(const struct vfio_pci_luo_reset *report)
{
	switch (report->outcome) {
	case VFIO_PCI_LUO_RESET_OK:
		return "reset";
	case VFIO_PCI_LUO_RESET_NONE:
		return "it cannot be reset";
	case VFIO_PCI_LUO_RESET_BUSY:
		return "not reset, for a lock was busy";
	default:
		return "the reset failed";
	}
}

/**
 * vfio_pci_incoming_closed - a device file is closed for good
 * @dev: the device
 * @holder: the file's struct vfio_device_file
 *
 * If it was retrieved and never bound, nobody wants the device: it is reset and released.
 */
void vfio_pci_incoming_closed(struct device *dev, const void *holder)
{
	struct vfio_pci_luo_reset report;
	struct pci_dev *pdev;

	if (!dev_is_pci(dev))
		return;
	pdev = to_pci_dev(dev);
	scoped_guard(spinlock, &incoming_lock) {
		struct incoming *incoming = incoming_of(pdev);

		if (!incoming || incoming->holder != holder)
			return;
	}
	incoming_reset(pdev, &report);
	vfio_pci_incoming_bound(dev, holder);
	pci_notice(pdev, "retrieved and closed without having been bound, released: %s\n",
		   outcome_name(&report));
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_closed);

/**
 * vfio_pci_incoming_is_same - is this the device that was sent?
 * @pdev: the device
 * @ser: what the previous kernel sent
 *
 * Return: whether all that identifies a device is equal.
 */
bool vfio_pci_incoming_is_same(struct pci_dev *pdev, const struct vfio_pci_luo_ser *ser)
{
	u64 serial;

	return is_same_kind(pdev, ser) && !serial_of(pdev, &serial) &&
	       !!serial == ser->has_serial && serial == ser->serial;
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_is_same);

/*
 * Nobody has retrieved this device, nor will. It is reset, and from then on anyone may have it. A
 * driver is not probed on it of its own; an operator writes its address to
 * /sys/bus/pci/drivers_probe. A device that was not kept from others, because the list could not be
 * read at boot, is not touched: somebody may use it.
 */
static void incoming_release(const struct vfio_pci_luo_ser *ser)
{
	struct vfio_pci_luo_reset report;
	struct incoming *incoming;
	struct pci_dev *pdev;

	scoped_guard(spinlock, &incoming_lock)
		incoming = incoming_at(ser->segment, ser->bus, ser->devfn);

	pdev = pci_get_domain_bus_and_slot(ser->segment, ser->bus, ser->devfn);
	if (!pdev) {
		pr_notice("%04x:%02x:%02x.%u: never retrieved, and the device is not here\n",
			  ser->segment, ser->bus, PCI_SLOT(ser->devfn), PCI_FUNC(ser->devfn));
	} else if (!vfio_pci_incoming_is_same(pdev, ser)) {
		pci_notice(pdev, "the incoming device was never retrieved, and another is here\n");
	} else if (!incoming) {
		pci_notice(pdev, "the incoming device was never retrieved, nor protected: not touched\n");
	} else {
		incoming_reset(pdev, &report);
		pci_notice(pdev, "the incoming device was never retrieved, released: %s\n",
			   outcome_name(&report));
	}
	pci_dev_put(pdev);

	/* Looked up again: whoever takes it off the list frees it. */
	scoped_guard(spinlock, &incoming_lock) {
		incoming = incoming_at(ser->segment, ser->bus, ser->devfn);
		if (incoming)
			list_del(&incoming->list);
	}
	kfree(incoming);
}

/* With a reference to the module that they are in; NULL while vfio-pci is not loaded. */
static const struct liveupdate_file_ops *driver_ops_get(void)
{
	guard(mutex)(&driver_lock);
	return driver_ops && try_module_get(driver_ops->owner) ? driver_ops : NULL;
}

static bool handler_can_preserve(struct liveupdate_file_handler *handler, struct file *file)
{
	const struct liveupdate_file_ops *ops = driver_ops_get();
	bool can;

	if (!ops)
		return false;
	can = ops->can_preserve(handler, file);
	module_put(ops->owner);
	return can;
}

/* Of a file that can be preserved: it is open, so that vfio-pci cannot go. */
static unsigned long handler_get_id(struct file *file)
{
	return READ_ONCE(driver_ops)->get_id(file);
}

/* Holds vfio-pci for as long as the file is preserved; so the operations after it need not look. */
static int handler_preserve(struct liveupdate_file_op_args *args)
{
	const struct liveupdate_file_ops *ops = driver_ops_get();
	int err;

	if (!ops)
		return -ENODEV;
	err = ops->preserve(args);
	if (err)
		module_put(ops->owner);
	return err;
}

static void handler_unpreserve(struct liveupdate_file_op_args *args)
{
	const struct liveupdate_file_ops *ops = READ_ONCE(driver_ops);

	ops->unpreserve(args);
	module_put(ops->owner);
}

static int handler_freeze(struct liveupdate_file_op_args *args)
{
	return READ_ONCE(driver_ops)->freeze(args);
}

static void handler_unfreeze(struct liveupdate_file_op_args *args)
{
	READ_ONCE(driver_ops)->unfreeze(args);
}

static int handler_retrieve(struct liveupdate_file_op_args *args)
{
	const struct vfio_pci_luo_ser *ser = phys_to_virt(args->serialized_data);
	const struct liveupdate_file_ops *ops = driver_ops_get();
	u8 device = PCI_SLOT(ser->devfn), function = PCI_FUNC(ser->devfn);
	int err = -ENODEV;

	trace_vfio_pci_retrieve_begin(ser->segment, ser->bus, device, function);
	if (!ops) {
		request_module("vfio-pci");
		ops = driver_ops_get();
	}
	if (ops) {
		err = ops->retrieve(args);
		module_put(ops->owner);
	} else {
		pr_err("%04x:%02x:%02x.%u: cannot be retrieved, for vfio-pci is not loaded\n",
		       ser->segment, ser->bus, device, function);
	}
	trace_vfio_pci_retrieve_end(ser->segment, ser->bus, device, function, err);
	return err;
}

/*
 * Always: a device that is not retrieved can be released, and a session that says no when it is
 * closed would be stuck, with all that is in it, until the next boot.
 */
static bool handler_can_finish(struct liveupdate_file_op_args *args)
{
	return true;
}

static void handler_finish(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_luo_ser *ser = phys_to_virt(args->serialized_data);
	u8 device = PCI_SLOT(ser->devfn), function = PCI_FUNC(ser->devfn);
	int result = 0;

	trace_vfio_pci_finish_begin(ser->segment, ser->bus, device, function);
	if (args->retrieve_status <= 0) {
		result = args->retrieve_status ?: -ECANCELED;
		incoming_release(ser);
	}
	trace_vfio_pci_finish_end(ser->segment, ser->bus, device, function, result);
	kho_restore_free(ser);
}

static const struct liveupdate_file_ops handler_ops = {
	.can_preserve = handler_can_preserve,
	.get_id = handler_get_id,
	.preserve = handler_preserve,
	.unpreserve = handler_unpreserve,
	.freeze = handler_freeze,
	.unfreeze = handler_unfreeze,
	.retrieve = handler_retrieve,
	.can_finish = handler_can_finish,
	.finish = handler_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler handler = {
	.ops = &handler_ops,
	.compatible = VFIO_PCI_LUO_COMPATIBLE,
};

/* After LUO has found what came in (early_initcall), before any driver can be probed. */
static int __init handover_init(void)
{
	void *list;
	int err;

	err = liveupdate_register_file_handler(&handler);
	if (err == -EOPNOTSUPP)
		return 0;
	if (!err) {
		err = liveupdate_register_flb(&handler, &handover);
		if (err)
			liveupdate_unregister_file_handler(&handler);
	}
	if (err)
		pr_err("files of vfio-pci cannot be preserved: %pe\n", ERR_PTR(err));

	err = liveupdate_flb_get_incoming(&handover, &list);
	if (err == -ENODATA || err == -ENOENT)
		return 0;
	if (err) {
		pr_err("cannot read which devices come in, they are not protected: %pe\n",
		       ERR_PTR(err));
		return 0;
	}
	liveupdate_flb_put_incoming(&handover);
	return 0;
}
arch_initcall(handover_init);

/**
 * vfio_pci_handover_register - vfio-pci is there
 * @ops: what it does with files: all but can_finish and finish
 * @driver: the driver whose probe an incoming device waits for
 */
void vfio_pci_handover_register(const struct liveupdate_file_ops *ops,
				const struct pci_driver *driver)
{
	guard(mutex)(&driver_lock);
	WRITE_ONCE(driver_ops, ops);
	WRITE_ONCE(incoming_driver, driver);
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_register);

/**
 * vfio_pci_handover_unregister - vfio-pci goes: none of its files is preserved, or open
 */
void vfio_pci_handover_unregister(void)
{
	guard(mutex)(&driver_lock);
	WRITE_ONCE(driver_ops, NULL);
	WRITE_ONCE(incoming_driver, NULL);
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_unregister);
