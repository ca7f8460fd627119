// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: vfio-pci devices on their way through a live update
 *
 * What must be there from boot on, even if vfio and vfio-pci are modules: the list of devices that
 * the previous kernel sent (incoming), the one of those that this kernel will send (outgoing), the
 * reset that reports how it went, and the tracepoints.
 *
 * An incoming device belongs to the file that was preserved for it, although that file does not
 * exist yet. So from boot on no other driver than vfio-pci is probed on it, and nobody can open it
 * or bind it to an iommufd. That ends when the retrieved file is bound to an iommufd, for then vfio
 * itself keeps others away. It also ends when LUO lets go of a file that was never retrieved, or
 * when the retrieved file is closed without ever having been bound: then the device is reset and
 * anyone may have it.
 *
 * Locking: incoming_lock and outgoing_lock are leaves; nothing that sleeps is done under the first.
 */
#define pr_fmt(fmt) "vfio_handover: " fmt

#include <linux/delay.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
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

static unsigned int lock_ms = 20;
module_param(lock_ms, uint, 0644);
MODULE_PARM_DESC(lock_ms, "how long a freeze waits for each lock, in milliseconds (default 20)");

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
static const struct pci_driver *incoming_driver;

static struct vfio_pci_luo_list_ser *outgoing;
static DEFINE_MUTEX(outgoing_lock);

/**
 * vfio_pci_handover_lock_ms - how long a freeze may wait for a lock
 *
 * Return: milliseconds.
 */
unsigned int vfio_pci_handover_lock_ms(void)
{
	return READ_ONCE(lock_ms);
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_lock_ms);

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
static bool lock_in_time(bool (*trylock)(struct pci_dev *pdev), struct pci_dev *pdev)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(vfio_pci_handover_lock_ms());

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
static int reset_locked(struct pci_dev *pdev, u8 *method)
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

static u8 reset_under_locks(struct pci_dev *pdev, struct vfio_pci_luo_reset *report)
{
	struct pci_dev *bridge = pci_upstream_bridge(pdev);
	u8 busy = VFIO_PCI_LUO_LOCK_NONE;

	if (bridge && !lock_in_time(lock_bridge, bridge))
		return VFIO_PCI_LUO_LOCK_BRIDGE;
	if (!lock_in_time(lock_device, pdev)) {
		busy = VFIO_PCI_LUO_LOCK_DEVICE;
		goto out_bridge;
	}
	if (!lock_in_time(lock_config, pdev)) {
		busy = VFIO_PCI_LUO_LOCK_CONFIG;
		goto out_device;
	}

	if (pci_device_is_present(pdev)) {
		/* No decoding, no DMA, no interrupt while it goes on. */
		pci_write_config_word(pdev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
		report->result = reset_locked(pdev, &report->method);
	} else {
		report->result = -ENODEV;
	}

	pci_cfg_access_unlock(pdev);
out_device:
	device_unlock(&pdev->dev);
out_bridge:
	if (bridge)
		pci_dev_unlock(bridge);
	return busy;
}

/**
 * vfio_pci_handover_reset - reset a device and say how it went
 * @pdev: the device; the caller has saved what it wants to restore of the configuration space
 * @resettable: whether the device has shown that it can be reset
 * @busy: enum vfio_pci_luo_lock, if something was found busy already, so that it must not be tried
 * @report: is filled in
 *
 * Waits for each lock for a bounded time only: device_lock may be held by someone who waits for
 * the very file that is being preserved. Afterwards the command register may be anything.
 */
void vfio_pci_handover_reset(struct pci_dev *pdev, bool resettable, u8 busy,
			     struct vfio_pci_luo_reset *report)
{
	u32 segment = pci_domain_nr(pdev->bus);
	u8 device = PCI_SLOT(pdev->devfn), function = PCI_FUNC(pdev->devfn);

	trace_vfio_pci_reset_begin(segment, pdev->bus->number, device, function);

	memset(report, 0, sizeof(*report));
	if (pci_dev_is_disconnected(pdev))
		report->result = -ENODEV;
	else if (resettable && !busy)
		busy = reset_under_locks(pdev, report);

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
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_reset);

/**
 * vfio_pci_outgoing_describe - write down which device it is
 * @pdev: the device
 * @ser: where to; zeroed memory
 */
void vfio_pci_outgoing_describe(struct pci_dev *pdev, struct vfio_pci_luo_ser *ser)
{
	ser->segment = pci_domain_nr(pdev->bus);
	ser->bus = pdev->bus->number;
	ser->devfn = pdev->devfn;
	ser->revision = pdev->revision;
	ser->vendor = pdev->vendor;
	ser->device = pdev->device;
	ser->subsystem_vendor = pdev->subsystem_vendor;
	ser->subsystem_device = pdev->subsystem_device;
	ser->class = pdev->class;
	ser->serial = pci_get_dsn(pdev);
	ser->has_serial = !!ser->serial;
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

/* After LUO has found what came in (early_initcall), before any driver can be probed. */
static int __init incoming_init(void)
{
	void *list;
	int err;

	err = liveupdate_flb_get_incoming(&handover, &list);
	if (err == -EOPNOTSUPP || err == -ENODATA || err == -ENOENT)
		return 0;
	if (err) {
		pr_err("cannot read which devices come in, they are not protected: %pe\n",
		       ERR_PTR(err));
		return 0;
	}
	liveupdate_flb_put_incoming(&handover);
	return 0;
}
arch_initcall(incoming_init);

/**
 * vfio_pci_handover_register - begin to handle files of vfio-pci
 * @handler: the handler, in vfio-pci
 * @driver: the driver whose probe an incoming device waits for
 *
 * Return: 0, -EOPNOTSUPP without live update, or what LUO says.
 */
int vfio_pci_handover_register(struct liveupdate_file_handler *handler,
			       const struct pci_driver *driver)
{
	int err;

	WRITE_ONCE(incoming_driver, driver);

	err = liveupdate_register_file_handler(handler);
	if (err)
		return err;
	err = liveupdate_register_flb(handler, &handover);
	if (err)
		liveupdate_unregister_file_handler(handler);
	return err;
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_register);

/**
 * vfio_pci_handover_unregister - the opposite of vfio_pci_handover_register()
 * @handler: the handler
 */
void vfio_pci_handover_unregister(struct liveupdate_file_handler *handler)
{
	liveupdate_unregister_file_handler(handler);
	WRITE_ONCE(incoming_driver, NULL);
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_unregister);

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

static struct incoming *incoming_of(struct pci_dev *pdev)
{
	return incoming_at(pci_domain_nr(pdev->bus), pdev->bus->number, pdev->devfn);
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

/* Nobody uses the device, nor can anybody begin to. */
static void incoming_reset(struct pci_dev *pdev, struct vfio_pci_luo_reset *report)
{
	bool resumed = pm_runtime_resume_and_get(&pdev->dev) >= 0;

	pci_set_power_state(pdev, PCI_D0);
	pci_clear_master(pdev);
	pci_save_state(pdev);
	vfio_pci_handover_reset(pdev, pci_reset_supported(pdev), VFIO_PCI_LUO_LOCK_NONE, report);
	pci_restore_state(pdev);
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
	struct vfio_pci_luo_ser here = {};

	vfio_pci_outgoing_describe(pdev, &here);
	return here.vendor == ser->vendor && here.device == ser->device &&
	       here.subsystem_vendor == ser->subsystem_vendor &&
	       here.subsystem_device == ser->subsystem_device && here.class == ser->class &&
	       here.has_serial == ser->has_serial && here.serial == ser->serial;
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_is_same);

/**
 * vfio_pci_incoming_release - nobody has retrieved this device, nor will
 * @ser: what the previous kernel sent
 *
 * The device is reset, and from then on anyone may have it. A driver is not probed on it of its
 * own; an operator writes its address to /sys/bus/pci/drivers_probe.
 */
void vfio_pci_incoming_release(const struct vfio_pci_luo_ser *ser)
{
	struct vfio_pci_luo_reset report;
	struct incoming *incoming;
	struct pci_dev *pdev;

	pdev = pci_get_domain_bus_and_slot(ser->segment, ser->bus, ser->devfn);
	if (!pdev) {
		pr_notice("%04x:%02x:%02x.%u: never retrieved, and the device is not here\n",
			  ser->segment, ser->bus, PCI_SLOT(ser->devfn), PCI_FUNC(ser->devfn));
	} else if (!vfio_pci_incoming_is_same(pdev, ser)) {
		pci_notice(pdev, "the incoming device was never retrieved, and another is here\n");
	} else {
		incoming_reset(pdev, &report);
		pci_notice(pdev, "the incoming device was never retrieved, released: %s\n",
			   outcome_name(&report));
	}
	pci_dev_put(pdev);

	scoped_guard(spinlock, &incoming_lock) {
		incoming = incoming_at(ser->segment, ser->bus, ser->devfn);
		if (incoming)
			list_del(&incoming->list);
	}
	kfree(incoming);
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_release);
