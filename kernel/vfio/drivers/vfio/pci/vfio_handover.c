// SPDX-License-Identifier: GPL-2.0
/*
 * Live update of vfio-pci devices: what must be there from boot on, even if vfio and vfio-pci are
 * modules. vfio_pci_liveupdate.c describes the whole.
 *
 * LUO looks for the handler of each incoming file when /dev/liveupdate is opened for the first
 * time, and never again. Pid 1 may do that before any module is loaded. So the handler is here, and
 * passes on to vfio-pci what it is asked to do with a file, or loads it. Finishing needs no driver.
 *
 * An incoming device belongs to the file that was preserved for it, although that file does not
 * exist yet. Until it is bound to an iommufd nobody else can open the device or bind it; after that
 * vfio itself keeps others away. If LUO lets go of a file that was never retrieved, or if the
 * retrieved file is closed without ever having been bound, the device is reset and anyone may have
 * it. A device that cannot be reset still has in it what its last user left there. It is withheld
 * until all others of its slot or bus are withheld, too, so that they can be reset together, or
 * until an operator writes its address to /sys/module/vfio_handover/parameters/release. A device
 * whose file has been retrieved, or that is being released already, is not released by that. A
 * device to which an operator has bound another driver is left to that driver, and not reset. If
 * the list of incoming devices cannot be read, nobody knows which these are. Then no device of vfio
 * can be opened until "all" is written there.
 *
 * Locking: driver_lock guards what vfio-pci does, and is a leaf.
 */
#define pr_fmt(fmt) "vfio_handover: " fmt

#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/kmod.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci_liveupdate.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vfio_pci_liveupdate.h>

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
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_reset_begin);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_reset_end);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_pci_reset_again);

static unsigned int retrieve_ms = 10000;
module_param(retrieve_ms, uint, 0644);
MODULE_PARM_DESC(retrieve_ms,
		 "how long a retrieve waits for vfio-pci to drive the device, in milliseconds (default 10000)");

/* How often a retrieve looks whether it does: often enough for an update to take no longer. */
#define RETRIEVE_POLL_MS 5

/*
 * How long the release of a device waits for its locks, and goes on to try. A reset by somebody
 * else holds them, and waits for a minute at most for the device to answer
 * (PCIE_RESET_READY_POLL_MS).
 */
#define RELEASE_MS 70000

/* How often the reset of a device is tried that nobody has retrieved, a second apart. */
#define RELEASE_TRIES 3

/* Whom a device is kept for that is not on the list, because that could not be read. */
#define DRIVER "vfio-pci"

/* All functions that one bus can have. */
#define TOGETHER_MAX 256

/* What vfio-pci does with files; NULL while it is not loaded. */
static const struct liveupdate_file_ops *driver_ops;
static DEFINE_MUTEX(driver_lock);

/**
 * vfio_handover_reset_method - which method reset this device last?
 * @pdev: the device, which has just been reset, or could not be
 *
 * Return: enum vfio_pci_luo_method.
 */
u8 vfio_handover_reset_method(const struct pci_dev *pdev)
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

	if (!pdev->reset_method)
		return VFIO_PCI_LUO_METHOD_NONE;
	for (i = VFIO_PCI_LUO_METHOD_DEVICE_SPECIFIC; i < ARRAY_SIZE(names); i++)
		if (!strcmp(pdev->reset_method, names[i]))
			return i;
	return VFIO_PCI_LUO_METHOD_OTHER;
}
EXPORT_SYMBOL_GPL(vfio_handover_reset_method);

static void trace_reset_begin(struct pci_dev *pdev)
{
	trace_vfio_pci_reset_begin(pci_domain_nr(pdev->bus), pdev->bus->number,
				   PCI_SLOT(pdev->devfn), PCI_FUNC(pdev->devfn));
}

static void trace_reset_end(struct pci_dev *pdev, const struct vfio_pci_luo_reset *report)
{
	trace_vfio_pci_reset_end(pci_domain_nr(pdev->bus), pdev->bus->number,
				 PCI_SLOT(pdev->devfn), PCI_FUNC(pdev->devfn), report->result,
				 report->method, report->outcome, report->lock);
}

/*
 * An operator can change the driver override of an incoming device at any time, and bind another
 * driver. Only while the device lock is held does the answer stay true.
 */
static bool is_used_by_another(struct pci_dev *pdev)
{
	return pdev->driver && strcmp(dev_driver_string(&pdev->dev), DRIVER);
}

/* -EADDRINUSE: another driver uses it; -EUSERS: a reset would take virtual functions from users. */
static int check_unused(struct pci_dev *pdev)
{
	if (is_used_by_another(pdev))
		return -EADDRINUSE;
	return pci_num_vf(pdev) ? -EUSERS : 0;
}

/* -EAGAIN: a lock was busy; or see check_unused(). */
static int try_reset(struct pci_dev *pdev, unsigned long deadline)
{
	struct vfio_pci_luo_reset report = { .outcome = VFIO_PCI_LUO_RESET_NONE };
	struct pci_dev *bridge;
	int err;

	report.lock = vfio_pci_core_reset_lock(pdev, deadline, &bridge);
	err = report.lock ? 0 : check_unused(pdev);
	if (err) {
		vfio_pci_core_reset_unlock(pdev, bridge);
		return err;
	}
	err = -ENOTTY;
	trace_reset_begin(pdev);
	if (report.lock) {
		report.result = -EBUSY;
		report.outcome = VFIO_PCI_LUO_RESET_BUSY;
		err = -EAGAIN;
	} else if (pdev->reset_methods[0]) {
		err = pci_reset_function_locked(pdev);
		report.result = err;
		report.method = vfio_handover_reset_method(pdev);
		report.outcome = err ? VFIO_PCI_LUO_RESET_FAILED : VFIO_PCI_LUO_RESET_OK;
	}
	trace_reset_end(pdev, &report);
	if (!report.lock)
		vfio_pci_core_reset_unlock(pdev, bridge);
	return err;
}

/* Another try would end in the same way. */
static bool is_final(int err)
{
	return !err || err == -ENOTTY || err == -EUSERS || err == -EADDRINUSE;
}

/* The device is incoming: no user of vfio has it, nor can one start to use it. */
static int reset_unused(struct pci_dev *pdev)
{
	const unsigned long deadline = jiffies + msecs_to_jiffies(RELEASE_MS);
	bool resumed = pm_runtime_resume_and_get(&pdev->dev) >= 0;
	int i, err;

	for (i = 0; i < RELEASE_TRIES; i++) {
		if (i)
			ssleep(1);
		err = try_reset(pdev, deadline);
		if (is_final(err) || time_after_eq(jiffies, deadline))
			break;
	}
	if (resumed)
		pm_runtime_put(&pdev->dev);
	return err;
}

static const char *result_name(int err)
{
	switch (err) {
	case 0:
		return "reset";
	case -ENOTTY:
		return "it cannot be reset";
	case -EUSERS:
		return "not reset, because it has virtual functions";
	case -EAGAIN:
		return "not reset, because a lock was busy";
	default:
		return "the reset failed";
	}
}

/* Any driver may be bound from here on. */
static void release(struct pci_dev *pdev)
{
	pci_liveupdate_finish(pdev);
	device_set_driver_override(&pdev->dev, "");
}

/* All devices on the slot or bus of this one, each with a reference. */
static int find_together(struct pci_dev *pdev, struct pci_dev **members)
{
	bool is_slot = !pci_probe_reset_slot(pdev->slot);
	struct pci_dev *other = NULL;
	int count = 0;

	for_each_pci_dev(other)
		if (other->bus == pdev->bus && (!is_slot || other->slot == pdev->slot) &&
		    count < TOGETHER_MAX)
			members[count++] = pci_dev_get(other);
	return count;
}

static void notice_in_use(struct pci_dev *pdev)
{
	pci_notice(pdev, "in use by %s: not reset together with its bus\n",
		   dev_driver_string(&pdev->dev));
}

/*
 * The reset takes the locks itself, so they cannot be held here. An operator can still bind another
 * driver in between.
 */
static int try_reset_together(struct pci_dev **members, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		if (is_used_by_another(members[i])) {
			notice_in_use(members[i]);
			return -EADDRINUSE;
		}
	}
	return pci_reset_bus(members[0]);
}

static int reset_together(struct pci_dev **members, int count)
{
	const unsigned long deadline = jiffies + msecs_to_jiffies(RELEASE_MS);
	struct vfio_pci_luo_reset report = { .method = VFIO_PCI_LUO_METHOD_HOT };
	int i, err;

	for (i = 0; i < count; i++) {
		err = check_unused(members[i]);
		if (err == -EADDRINUSE)
			notice_in_use(members[i]);
		if (err)
			return err;
	}
	for (i = 0; i < count; i++) {
		pm_runtime_get_sync(&members[i]->dev);
		trace_reset_begin(members[i]);
	}
	vfio_pci_core_try_until(deadline,
				(err = try_reset_together(members, count)) != -EAGAIN);
	report.result = err;
	report.outcome = err ? VFIO_PCI_LUO_RESET_FAILED : VFIO_PCI_LUO_RESET_OK;
	if (err == -EAGAIN)
		report = (struct vfio_pci_luo_reset){ .result = -EBUSY,
						      .outcome = VFIO_PCI_LUO_RESET_BUSY,
						      .lock = VFIO_PCI_LUO_LOCK_SET };
	else if (err == -EADDRINUSE)
		report = (struct vfio_pci_luo_reset){ .outcome = VFIO_PCI_LUO_RESET_NONE };
	for (i = 0; i < count; i++) {
		trace_reset_end(members[i], &report);
		pm_runtime_put(&members[i]->dev);
	}
	return err;
}

/*
 * A device that cannot be reset alone can be together with all others of its slot or bus, once
 * these are withheld as well. A bridge among them never is.
 */
static void release_together(struct pci_dev *pdev)
{
	struct pci_dev **members __free(kfree) = kcalloc(TOGETHER_MAX, sizeof(*members),
							 GFP_KERNEL);
	int i, count, err;

	if (!members)
		return;
	count = find_together(pdev, members);
	if (count > 1 && !pci_liveupdate_move(members, count, PCI_LIVEUPDATE_WITHHELD,
					      PCI_LIVEUPDATE_RELEASING)) {
		err = reset_together(members, count);
		if (err)
			pci_liveupdate_move(members, count, PCI_LIVEUPDATE_RELEASING,
					    PCI_LIVEUPDATE_WITHHELD);
		for (i = 0; i < count && !err; i++) {
			release(members[i]);
			pci_notice(members[i], "released: reset together with all of its bus\n");
		}
	}
	for (i = 0; i < count; i++)
		pci_dev_put(members[i]);
}

/**
 * vfio_handover_release - nobody will have this device that a live update brought
 * @pdev: the device
 * @from: the state in which it must be, or nothing is done
 * @why: what became of its file, for the log
 *
 * If it can be reset, anyone may have it. A driver is not probed on it of its own; an operator
 * writes its address to /sys/bus/pci/drivers_probe. If not, what its last user left in it is still
 * there, and it is withheld. A device that another driver uses by now is left to it, and is no
 * longer incoming.
 *
 * Context: may sleep, for minutes.
 */
void vfio_handover_release(struct pci_dev *pdev, enum pci_liveupdate_state from, const char *why)
{
	int err;

	if (pci_liveupdate_move(&pdev, 1, from, PCI_LIVEUPDATE_RELEASING))
		return;
	err = reset_unused(pdev);
	if (!err) {
		release(pdev);
		pci_notice(pdev, "%s, released: %s\n", why, result_name(err));
		return;
	}
	if (err == -EADDRINUSE) {
		pci_liveupdate_finish(pdev);
		pci_notice(pdev, "%s, not reset: it is in use by %s\n", why,
			   dev_driver_string(&pdev->dev));
		return;
	}
	pci_liveupdate_move(&pdev, 1, PCI_LIVEUPDATE_RELEASING, PCI_LIVEUPDATE_WITHHELD);
	pci_warn(pdev,
		 "%s, withheld: %s; write its address to /sys/module/vfio_handover/parameters/release to give it to anyone\n",
		 why, result_name(err));
	release_together(pdev);
}
EXPORT_SYMBOL_GPL(vfio_handover_release);

/* Where the list could not be read, a driver of another kind may have been probed on the device. */
static bool is_kept(struct pci_dev *pdev, const struct pci_luo_id *id)
{
	if (pci_liveupdate_is_listed(pdev))
		return true;
	if (is_used_by_another(pdev))
		return false;
	return !pci_liveupdate_expect(pdev, id, DRIVER);
}

/*
 * Nobody has retrieved this device, nor will. One that was not kept from others is not touched:
 * somebody may use it. One of the same kind with another serial number may be the one that was sent
 * all the same, for example if the number cannot be read: it is not given to anyone without a
 * reset. One that is not here may come back, as it was left: it stays on the list.
 */
static void release_unretrieved(const struct pci_luo_id *id)
{
	struct pci_dev *pdev = pci_liveupdate_find(id);
	bool is_same;

	if (!pdev) {
		pr_notice("%04x:%02x:%02x.%u: never retrieved, and the device is not here\n",
			  id->segment, id->bus, PCI_SLOT(id->devfn), PCI_FUNC(id->devfn));
		return;
	}
	is_same = pci_liveupdate_is_same(pdev, id);
	if (is_kept(pdev, id)) {
		vfio_handover_release(pdev, PCI_LIVEUPDATE_EXPECTED,
				      is_same ? "the incoming device was never retrieved" :
						"the incoming device was never retrieved, and this may be another");
	} else if (is_same) {
		pci_notice(pdev, "the incoming device was never retrieved, nor protected: not touched\n");
	} else {
		pci_notice(pdev, "the incoming device was never retrieved, and another is here\n");
		pci_liveupdate_forget(id);
	}
	pci_dev_put(pdev);
}

static int release_set(const char *value, const struct kernel_param *param)
{
	unsigned int segment, bus, device, function;
	struct pci_dev *pdev;
	int err, end;

	if (sysfs_streq(value, "all")) {
		pci_liveupdate_trust_list();
		return 0;
	}
	/* The widths keep out a bus above 0xff. */
	if (sscanf(value, "%8x:%2x:%2x.%1x%n", &segment, &bus, &device, &function, &end) != 4)
		return -EINVAL;
	/* PCI_DEVFN() would make a wrong device of a wrong number. */
	if (device > 0x1f || function > 7 || !sysfs_streq(value + end, ""))
		return -EINVAL;
	pdev = pci_get_domain_bus_and_slot(segment, bus, PCI_DEVFN(device, function));
	if (!pdev)
		return -ENODEV;
	err = pci_liveupdate_move(&pdev, 1, PCI_LIVEUPDATE_EXPECTED | PCI_LIVEUPDATE_WITHHELD,
				  PCI_LIVEUPDATE_RELEASING);
	if (!err) {
		release(pdev);
		pci_notice(pdev, "released by hand, without a reset\n");
	} else if (err == -EBUSY) {
		pci_notice(pdev, "not released by hand: its file was retrieved, or it is being released already\n");
	}
	pci_dev_put(pdev);
	return err;
}

static const struct kernel_param_ops release_ops = {
	.set = release_set,
};
module_param_cb(release, &release_ops, NULL, 0200);
MODULE_PARM_DESC(release,
		 "write the address of a device that is withheld, such as 0000:01:00.0, to give it to anyone; or \"all\", if the list of incoming devices could not be read");

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

/* vfio-pci may be probed on the device just now, by whoever loaded it or found the device. */
static int retrieve_when_bound(const struct liveupdate_file_ops *ops,
			       struct liveupdate_file_op_args *args)
{
	const unsigned long deadline = jiffies + msecs_to_jiffies(READ_ONCE(retrieve_ms));
	int err;

	while ((err = ops->retrieve(args)) == -EPROBE_DEFER && time_before(jiffies, deadline))
		msleep(RETRIEVE_POLL_MS);
	return err;
}

static int handler_retrieve(struct liveupdate_file_op_args *args)
{
	const struct vfio_pci_luo_ser *ser = phys_to_virt(args->serialized_data);
	const struct liveupdate_file_ops *ops = driver_ops_get();
	const struct pci_luo_id *id = &ser->id;
	u8 device = PCI_SLOT(id->devfn), function = PCI_FUNC(id->devfn);
	int err = -EPROBE_DEFER;

	trace_vfio_pci_retrieve_begin(id->segment, id->bus, device, function);
	if (!ops) {
		request_module("vfio-pci");
		ops = driver_ops_get();
	}
	if (ops) {
		err = retrieve_when_bound(ops, args);
		module_put(ops->owner);
	}
	if (err == -EPROBE_DEFER) {
		err = -ENODEV;
		pr_err("%04x:%02x:%02x.%u: cannot be retrieved, because vfio-pci %s\n",
		       id->segment, id->bus, device, function,
		       ops ? "does not drive it" : "is not loaded");
	}
	trace_vfio_pci_retrieve_end(id->segment, id->bus, device, function, err);
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
	const struct pci_luo_id *id = &ser->id;
	u8 device = PCI_SLOT(id->devfn), function = PCI_FUNC(id->devfn);
	int result = 0;

	trace_vfio_pci_finish_begin(id->segment, id->bus, device, function);
	if (args->retrieve_status <= 0) {
		result = args->retrieve_status ?: -ECANCELED;
		release_unretrieved(id);
	}
	trace_vfio_pci_finish_end(id->segment, id->bus, device, function, result);
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

/* After LUO has found what came in (early_initcall), before any device of PCI is found. */
static int __init handover_init(void)
{
	int err;

	err = liveupdate_register_file_handler(&handler);
	if (err == -EOPNOTSUPP)
		return 0;
	if (!err) {
		err = pci_liveupdate_register_flb(&handler);
		if (err)
			liveupdate_unregister_file_handler(&handler);
	}
	if (err)
		pr_err("files of vfio-pci cannot be preserved: %pe\n", ERR_PTR(err));
	return 0;
}
arch_initcall(handover_init);

/**
 * vfio_handover_register - vfio-pci is there
 * @ops: what it does with files: all but can_finish and finish
 */
void vfio_handover_register(const struct liveupdate_file_ops *ops)
{
	guard(mutex)(&driver_lock);
	WRITE_ONCE(driver_ops, ops);
}
EXPORT_SYMBOL_GPL(vfio_handover_register);

/**
 * vfio_handover_unregister - vfio-pci goes: none of its files is preserved, or open
 */
void vfio_handover_unregister(void)
{
	guard(mutex)(&driver_lock);
	WRITE_ONCE(driver_ops, NULL);
}
EXPORT_SYMBOL_GPL(vfio_handover_unregister);
