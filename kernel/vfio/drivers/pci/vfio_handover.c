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
 * exist yet. So it gets vfio-pci as its driver override when its bus adds it, before any driver can
 * be probed, and nobody can open it or bind it to an iommufd. It is known by its place and by what
 * kind of device it is. The place is the path from its root bus, because the numbers of other buses
 * may differ from one boot to the next. Another kind at its place, because a card was swapped, is
 * anyone's.
 *
 * That ends when the retrieved file is bound to an iommufd, because vfio itself keeps others away
 * then. It also ends when LUO lets go of a file that was never retrieved, or when the retrieved
 * file is closed without ever having been bound: then the device is reset and anyone may have it. A
 * device that cannot be reset still has in it what its last user left there. It is withheld until
 * an operator writes its address to /sys/module/vfio_handover/parameters/release. If the list of
 * incoming devices cannot be read, nobody knows which these are. Then no device of vfio can be
 * opened until "all" is written there.
 *
 * Locking: incoming_lock and outgoing_lock are leaves, but for the PCI core's lock of an access to
 * the configuration space; nothing that sleeps is done under the first. driver_lock guards what
 * vfio-pci does, and is a leaf as well. firmware_lock is taken under the locks of a reset, and
 * nothing is taken under it.
 */
#define pr_fmt(fmt) "vfio_handover: " fmt

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/device/bus.h>
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
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vfio_pci_liveupdate.h>
#include <linux/wait.h>

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
		 "how long an update waits for the system calls under way on all device files, and then for the locks of all devices, in milliseconds (default 150)");

static unsigned int dmabuf_ms = 100;
module_param(dmabuf_ms, uint, 0644);
MODULE_PARM_DESC(dmabuf_ms,
		 "how long an update waits for importers of DMA-bufs, in milliseconds (default 100)");

static unsigned int retrieve_ms = 10000;
module_param(retrieve_ms, uint, 0644);
MODULE_PARM_DESC(retrieve_ms,
		 "how long a retrieve waits for vfio-pci to drive the device, in milliseconds (default 10000)");

static bool reset_again;
module_param(reset_again, bool, 0644);
MODULE_PARM_DESC(reset_again,
		 "reset a device when it is bound even if the old kernel reset it and nobody touched it since (default N)");

/*
 * How long anything but a freeze waits for a lock. A reset keeps others from the device, and waits
 * for a minute at most for the device to answer (PCIE_RESET_READY_POLL_MS).
 */
#define UNHURRIED_MS 70000

/* How often the reset of a device is tried that nobody has retrieved, a second apart. */
#define RELEASE_TRIES 3

/**
 * struct incoming - a device that the previous kernel sent
 * @list: in incoming_devices
 * @ser: what it sent, a copy
 * @holder: the file that was retrieved for it (its struct vfio_device_file), or NULL
 * @was_bound: a bind of that file has come as far as the device, whatever became of it
 * @overridden: it has been given vfio-pci as its driver override
 */
struct incoming {
	struct list_head list;
	struct vfio_pci_luo_ser ser;
	const void *holder;
	bool was_bound;
	bool overridden;
};

static LIST_HEAD(incoming_devices);
/* The list could not be read: any device may be one of them. */
static bool incoming_unknown;
static DEFINE_SPINLOCK(incoming_lock);

/* How often a driver has been bound to a device of PCI, for those who wait for one. */
static atomic_t bound_count = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(bound_queue);

/* What vfio-pci does with files; NULL while it is not loaded. */
static const struct liveupdate_file_ops *driver_ops;
static DEFINE_MUTEX(driver_lock);

static struct vfio_pci_luo_list_ser *outgoing;
static DEFINE_MUTEX(outgoing_lock);

/**
 * vfio_pci_handover_deadline - until when an update that begins to wait now may wait for locks
 *
 * Return: in jiffies.
 */
unsigned long vfio_pci_handover_deadline(void)
{
	return jiffies + msecs_to_jiffies(READ_ONCE(lock_ms));
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_deadline);

/**
 * vfio_pci_handover_dmabuf_ms - how long an update may wait for the importers of DMA-bufs
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

static unsigned long unhurried_deadline(void)
{
	return jiffies + msecs_to_jiffies(UNHURRIED_MS);
}

/* Tries at least once, whatever the deadline is. */
static bool lock_in_time(bool (*trylock)(struct pci_dev *pdev), struct pci_dev *pdev,
			 unsigned long deadline)
{
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

/* The firmware's methods are not told of one another: two may switch the same power off and on. */
static DEFINE_MUTEX(firmware_lock);

static int try_method(struct pci_dev *pdev, const struct pci_reset_fn_method *method, u8 id)
{
	int err;

	if (id != VFIO_PCI_LUO_METHOD_ACPI)
		return method->reset_fn(pdev, PCI_RESET_DO_RESET);
	mutex_lock(&firmware_lock);
	err = method->reset_fn(pdev, PCI_RESET_DO_RESET);
	mutex_unlock(&firmware_lock);
	return err;
}

/*
 * The PCI core's own loop does not say which method it was. A method that returns ENOTTY found
 * that it is not for this device; any other error ends the matter. A device that does not come back
 * from its reset is ENOTTY as well, after a minute. It is not reset in another way, for another
 * minute.
 */
static int try_methods(struct pci_dev *pdev, u8 *method)
{
	int i, number, err = -ENOTTY;

	for (i = 0; i < PCI_NUM_RESET_METHODS && err == -ENOTTY; i++) {
		number = pdev->reset_methods[i];
		if (!number)
			break;
		*method = method_of(pci_reset_fn_methods[number].name);
		err = try_method(pdev, &pci_reset_fn_methods[number], *method);
		if (err == -ENOTTY && !pci_device_is_present(pdev))
			err = pci_dev_is_disconnected(pdev) ? -ENODEV : -ETIMEDOUT;
	}
	return err;
}

/*
 * The bridge whose lock a reset of the device needs, or NULL. Only a reset of the bus needs it. The
 * device is alone below its bridge then, so that no two devices ever wait for one bridge. A reset
 * of the bus by somebody else takes the locks of all devices below it.
 */
static struct pci_dev *bridge_of_reset(struct pci_dev *pdev)
{
	int i;

	for (i = 0; i < PCI_NUM_RESET_METHODS && pdev->reset_methods[i]; i++) {
		switch (method_of(pci_reset_fn_methods[pdev->reset_methods[i]].name)) {
		case VFIO_PCI_LUO_METHOD_BUS:
		case VFIO_PCI_LUO_METHOD_CXL_BUS:
			return pci_upstream_bridge(pdev);
		}
	}
	return NULL;
}

/* Returns what was busy; then nothing is held. */
static u8 take_locks(struct pci_dev *pdev, struct pci_dev *bridge, unsigned long deadline)
{
	u8 busy;

	if (bridge && !lock_in_time(lock_bridge, bridge, deadline))
		return VFIO_PCI_LUO_LOCK_BRIDGE;
	if (!lock_in_time(lock_device, pdev, deadline)) {
		busy = VFIO_PCI_LUO_LOCK_DEVICE;
		goto err_bridge;
	}
	if (!lock_in_time(lock_config, pdev, deadline)) {
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

static void release_locks(struct pci_dev *pdev, struct pci_dev *bridge)
{
	pci_cfg_access_unlock(pdev);
	device_unlock(&pdev->dev);
	if (bridge)
		pci_dev_unlock(bridge);
}

/*
 * No decoding, no DMA, no interrupt. A device that somebody else resets just now, or that is gone,
 * may read as all ones, and such a value must not be written back.
 */
static bool make_idle(struct pci_dev *pdev, u16 *command)
{
	pci_read_config_word(pdev, PCI_COMMAND, command);
	if (PCI_POSSIBLE_ERROR(*command))
		return false;
	pci_clear_master(pdev);
	pci_write_config_word(pdev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
	return true;
}

static int save_config(struct pci_dev *pdev, struct vfio_pci_handover_config *config)
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
static void leave_config(struct pci_dev *pdev, struct vfio_pci_handover_config *config)
{
	u32 *command = &pdev->saved_config_space[PCI_COMMAND / sizeof(u32)];

	if (!config->after || pci_load_saved_state(pdev, config->after))
		pci_load_saved_state(pdev, config->before);
	*command = (*command & ~0xffff) | PCI_COMMAND_INTX_DISABLE;
	pci_restore_state(pdev);
	pci_read_config_dword(pdev, PCI_CACHE_LINE_SIZE, &config->idle);
}

/**
 * vfio_pci_handover_reset - reset a device, leave it idle, and say how it went
 * @pdev: the device, awake
 * @resettable: whether the device has shown that it can be reset
 * @busy: enum vfio_pci_luo_lock, if something was found busy already, so that it must not be tried
 * @deadline: until when it may wait for locks, in jiffies
 * @config: what the configuration space is to be afterwards; is filled in with what it was
 * @report: is filled in
 *
 * However it went, the device decodes nothing afterwards, does no DMA and raises no interrupt.
 *
 * Waits for locks for a bounded time only: the holder of device_lock may wait for the very file
 * that is being preserved. The holder of a lock may be resetting the device as well: without the
 * locks nothing is saved and nothing restored, the device is only made idle. Such a reset may undo
 * that at its end; pci_device_shutdown(), which takes device_lock, has the last word on bus
 * mastering.
 *
 * Context: may sleep; holds no lock when it returns. Resets of several devices may run at the same
 * time.
 *
 * Return: 0, or -EBUSY if the device has virtual functions, which a reset would take from their
 * users: then it was not touched.
 */
int vfio_pci_handover_reset(struct pci_dev *pdev, bool resettable, u8 busy, unsigned long deadline,
			    struct vfio_pci_handover_config *config,
			    struct vfio_pci_luo_reset *report)
{
	struct pci_dev *bridge = bridge_of_reset(pdev);
	u32 segment = pci_domain_nr(pdev->bus);
	u8 device = PCI_SLOT(pdev->devfn), function = PCI_FUNC(pdev->devfn);
	bool is_saved;
	u8 blocked;

	memset(report, 0, sizeof(*report));
	blocked = take_locks(pdev, bridge, deadline);
	/* Who enables them holds the device lock. */
	if (!blocked && pci_num_vf(pdev)) {
		release_locks(pdev, bridge);
		return -EBUSY;
	}

	/* Before the reset: an FLR waits for transactions that a busy device would never end. */
	config->has_command = make_idle(pdev, &config->command);
	if (!blocked)
		report->result = save_config(pdev, config);
	else if (pci_dev_is_disconnected(pdev))
		report->result = -ENODEV;
	is_saved = config->before;
	busy = busy ?: blocked;

	/* The reset alone lies between the two, and neither saving nor putting back. */
	trace_vfio_pci_reset_begin(segment, pdev->bus->number, device, function);
	if (is_saved && resettable && !busy)
		report->result = try_methods(pdev, &report->method);
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
		leave_config(pdev, config);
	if (!blocked)
		release_locks(pdev, bridge);
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_reset);

/*
 * A command register that was read in the middle of somebody else's reset must not be written back.
 * At its end that reset has put back what it had been, so that it is not that of an idle device.
 */
static void restore_command(struct pci_dev *pdev, const struct vfio_pci_handover_config *config)
{
	u16 command;

	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (config->has_command && command == PCI_COMMAND_INTX_DISABLE) {
		command = config->command;
		pci_write_config_word(pdev, PCI_COMMAND, command);
	}
	if (command & PCI_COMMAND_MASTER)
		pci_set_master(pdev);
}

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
 * be had in time: then the device stays idle, its configuration space stays as the freeze left it,
 * and its user has to open it anew.
 */
int vfio_pci_handover_restore(struct pci_dev *pdev, struct vfio_pci_handover_config *config)
{
	const bool is_saved = config->before;
	int err = 0;

	if (!lock_in_time(lock_config, pdev, unhurried_deadline())) {
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
		restore_command(pdev, config);
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
	if (lock_in_time(lock_config, pdev, unhurried_deadline())) {
		*serial = pci_get_dsn(pdev);
		pci_cfg_access_unlock(pdev);
		err = 0;
	}
	pci_config_pm_runtime_put(pdev);
	return err;
}

static int path_of(const struct pci_dev *pdev, struct vfio_pci_luo_path *path)
{
	*path = (struct vfio_pci_luo_path){};
	for (; !pci_is_root_bus(pdev->bus); pdev = pdev->bus->self) {
		/* A virtual function may be on a bus that no bridge leads to. */
		if (!pdev->bus->self || path->depth == VFIO_PCI_LUO_DEPTH_MAX - 1)
			return -EOPNOTSUPP;
		path->devfn[path->depth++] = pdev->devfn;
	}
	path->devfn[path->depth++] = pdev->devfn;
	path->root_bus = pdev->bus->number;
	return 0;
}

/**
 * vfio_pci_outgoing_describe - write down which device it is
 * @pdev: the device
 * @ser: where to; zeroed memory
 *
 * Return: 0; -EBUSY if its serial number could not be read, because something kept others from its
 * configuration space for more than a minute; -EOPNOTSUPP if it is below too many bridges. All that
 * can be is written down even then.
 */
int vfio_pci_outgoing_describe(struct pci_dev *pdev, struct vfio_pci_luo_ser *ser)
{
	u64 serial;
	int err;

	err = serial_of(pdev, &serial) ?: path_of(pdev, &ser->path);
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

static bool is_on(const struct list_head *incoming_list, const struct vfio_pci_luo_ser *ser)
{
	const struct incoming *incoming;

	list_for_each_entry(incoming, incoming_list, list)
		if (incoming->ser.segment == ser->segment &&
		    !memcmp(&incoming->ser.path, &ser->path, sizeof(ser->path)))
			return true;
	return false;
}

static struct incoming *incoming_alloc(const struct vfio_pci_luo_ser *ser)
{
	struct incoming *incoming = kzalloc_obj(*incoming);

	if (incoming)
		incoming->ser = *ser;
	return incoming;
}

static int read_incoming(const struct vfio_pci_luo_list_ser *list, struct list_head *found)
{
	const struct vfio_pci_luo_ser *ser;
	struct incoming *incoming;
	u64 phys, count = 0;

	for (phys = list->first; phys; phys = ser->next) {
		if (++count > min_t(u64, list->count, INCOMING_MAX))
			return -EINVAL;
		ser = phys_to_virt(phys);
		if (!ser->path.depth || ser->path.depth > VFIO_PCI_LUO_DEPTH_MAX ||
		    is_on(found, ser))
			return -EINVAL;
		incoming = incoming_alloc(ser);
		if (!incoming)
			return -ENOMEM;
		list_add(&incoming->list, found);
	}
	return count == list->count ? 0 : -EINVAL;
}

/* What could be read of a list that is broken is a device that comes in all the same. */
static int incoming_retrieve(struct liveupdate_flb_op_args *args)
{
	LIST_HEAD(found);
	int err;

	args->obj = phys_to_virt(args->data);
	err = read_incoming(args->obj, &found);
	scoped_guard(spinlock, &incoming_lock) {
		list_splice(&found, &incoming_devices);
		incoming_unknown = err;
	}
	if (err)
		pr_err("the list of incoming devices is broken (%pe): no device of vfio can be opened until \"all\" is written to /sys/module/vfio_handover/parameters/release\n",
		       ERR_PTR(err));
	return 0;
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

static bool is_at(const struct pci_dev *pdev, const struct vfio_pci_luo_ser *ser)
{
	struct vfio_pci_luo_path path;

	return pci_domain_nr(pdev->bus) == ser->segment && !path_of(pdev, &path) &&
	       path.root_bus == ser->path.root_bus && path.depth == ser->path.depth &&
	       !memcmp(path.devfn, ser->path.devfn, path.depth);
}

/* A device of another kind at the place of the one that was sent is not kept from anyone. */
static struct incoming *incoming_of(struct pci_dev *pdev)
{
	struct incoming *incoming;

	lockdep_assert_held(&incoming_lock);
	list_for_each_entry(incoming, &incoming_devices, list)
		if (is_same_kind(pdev, &incoming->ser) && is_at(pdev, &incoming->ser))
			return incoming;
	return NULL;
}

/**
 * vfio_pci_incoming_find - the device at the place of one that was sent
 * @ser: what the previous kernel sent
 *
 * It may be another device: see vfio_pci_incoming_is_same().
 *
 * Return: the device, with a reference; NULL if there is none.
 */
struct pci_dev *vfio_pci_incoming_find(const struct vfio_pci_luo_ser *ser)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev)
		if (is_at(pdev, ser))
			return pdev;
	return NULL;
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_find);

/* Before any driver can be probed on the device, because its bus has only just added it. */
static void keep_for_vfio(struct pci_dev *pdev)
{
	int err;

	scoped_guard(spinlock, &incoming_lock)
		if (!incoming_of(pdev))
			return;
	err = device_set_driver_override(&pdev->dev, "vfio-pci");
	if (err) {
		pci_err(pdev, "comes in by live update, and is not kept for vfio-pci: %pe\n",
			ERR_PTR(err));
		return;
	}
	pci_info(pdev, "comes in by live update, and is kept for vfio-pci\n");
	scoped_guard(spinlock, &incoming_lock) {
		struct incoming *incoming = incoming_of(pdev);

		if (incoming)
			incoming->overridden = true;
	}
}

static int bus_notify_incoming(struct notifier_block *notifier, unsigned long action, void *data)
{
	switch (action) {
	case BUS_NOTIFY_ADD_DEVICE:
		keep_for_vfio(to_pci_dev(data));
		break;
	case BUS_NOTIFY_BOUND_DRIVER:
		atomic_inc(&bound_count);
		wake_up_all(&bound_queue);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block bus_notifier = {
	.notifier_call = bus_notify_incoming,
};

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
	if (!incoming)
		return incoming_unknown;
	return !holder || incoming->holder != holder;
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_keeps_out);

static u8 judge_reset(struct pci_dev *pdev, const struct incoming *incoming)
{
	u16 command;
	u32 idle;

	if (READ_ONCE(reset_again))
		return VFIO_PCI_LUO_AGAIN_ASKED;
	if (incoming->ser.reset.outcome != VFIO_PCI_LUO_RESET_OK)
		return VFIO_PCI_LUO_AGAIN_NOT_RESET;
	if (incoming->was_bound)
		return VFIO_PCI_LUO_AGAIN_BOUND;
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (pci_is_enabled(pdev) ||
	    command & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER))
		return VFIO_PCI_LUO_AGAIN_ENABLED;
	pci_read_config_dword(pdev, PCI_CACHE_LINE_SIZE, &idle);
	if (idle != incoming->ser.idle)
		return VFIO_PCI_LUO_AGAIN_CHANGED;
	return VFIO_PCI_LUO_AGAIN_SPARED;
}

/**
 * vfio_pci_incoming_spares_reset - can the reset be left out with which vfio-pci begins?
 * @pdev: the device, awake and not enabled yet
 *
 * A file of an incoming device is being bound. The device need not be reset if the old kernel reset
 * it and left it idle, and it is so still: nobody who has not switched decoding on can have used
 * it. This is asked at the first bind only. A tracepoint says what the answer was, and why.
 *
 * Return: true if the device is as a reset leaves it. False for any other device.
 */
bool vfio_pci_incoming_spares_reset(struct pci_dev *pdev)
{
	u8 again;

	scoped_guard(spinlock, &incoming_lock) {
		struct incoming *incoming = incoming_of(pdev);

		if (!incoming)
			return false;
		again = judge_reset(pdev, incoming);
		incoming->was_bound = true;
	}
	trace_vfio_pci_reset_again(pci_domain_nr(pdev->bus), pdev->bus->number,
				   PCI_SLOT(pdev->devfn), PCI_FUNC(pdev->devfn), again);
	return again == VFIO_PCI_LUO_AGAIN_SPARED;
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_spares_reset);

/**
 * vfio_pci_incoming_claim - give an incoming device to the file that was retrieved for it
 * @dev: the device
 * @ser: what the previous kernel sent for this file
 * @holder: the file's struct vfio_device_file
 *
 * Return: 0; -EBUSY if it has been given away; -ENOMEM. A device that is not on the list, although
 * this could be read, is nobody's and not protected.
 */
int vfio_pci_incoming_claim(struct device *dev, const struct vfio_pci_luo_ser *ser,
			    const void *holder)
{
	struct incoming *unlisted __free(kfree) = incoming_alloc(ser);
	struct incoming *incoming;

	if (!unlisted)
		return -ENOMEM;
	guard(spinlock)(&incoming_lock);
	incoming = incoming_of(to_pci_dev(dev));
	if (!incoming && !incoming_unknown)
		return 0;
	if (!incoming) {
		incoming = no_free_ptr(unlisted);
		list_add(&incoming->list, &incoming_devices);
	}
	if (incoming->holder)
		return -EBUSY;
	incoming->holder = holder;
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_claim);

/* The device is on the list: nobody uses it, nor can anybody begin to. */
static void reset_once(struct pci_dev *pdev, struct vfio_pci_luo_reset *report)
{
	bool resumed = pm_runtime_resume_and_get(&pdev->dev) >= 0;
	struct vfio_pci_handover_config config = {};
	int err;

	pci_set_power_state(pdev, PCI_D0);
	err = vfio_pci_handover_reset(pdev, pci_reset_supported(pdev), VFIO_PCI_LUO_LOCK_NONE,
				      unhurried_deadline(), &config, report);
	if (err)
		*report = (struct vfio_pci_luo_reset){ .outcome = VFIO_PCI_LUO_RESET_FAILED,
						       .result = err };
	kfree(config.before);
	if (resumed)
		pm_runtime_put(&pdev->dev);
}

/* Nobody waits for it, so that it may take as long as it takes. */
static void incoming_reset(struct pci_dev *pdev, struct vfio_pci_luo_reset *report)
{
	int i;

	for (i = 0; i < RELEASE_TRIES; i++) {
		if (i)
			ssleep(1);
		reset_once(pdev, report);
		if (report->outcome == VFIO_PCI_LUO_RESET_OK ||
		    report->outcome == VFIO_PCI_LUO_RESET_NONE)
			return;
	}
}

static const char *outcome_name(const struct vfio_pci_luo_reset *report)
{
	switch (report->outcome) {
	case VFIO_PCI_LUO_RESET_OK:
		return "reset";
	case VFIO_PCI_LUO_RESET_NONE:
		return "it cannot be reset";
	case VFIO_PCI_LUO_RESET_BUSY:
		return "not reset, because a lock was busy";
	default:
		return "the reset failed";
	}
}

/* Take it off the list. Whoever does so frees it; so it is looked up by its device each time. */
static void incoming_remove(struct pci_dev *pdev, bool is_released)
{
	struct incoming *incoming;
	bool overridden;

	scoped_guard(spinlock, &incoming_lock) {
		incoming = incoming_of(pdev);
		if (!incoming)
			return;
		overridden = incoming->overridden;
		list_del(&incoming->list);
	}
	kfree(incoming);
	/* Any driver may be bound from here on. */
	if (is_released && overridden)
		device_set_driver_override(&pdev->dev, "");
}

/*
 * The user of this device is gone. If it can be reset, anyone may have it. A driver is not probed
 * on it of its own; an operator writes its address to /sys/bus/pci/drivers_probe. If not, what that
 * user left in it is still there.
 */
static void release_or_withhold(struct pci_dev *pdev, const char *why)
{
	struct vfio_pci_luo_reset report;

	incoming_reset(pdev, &report);
	if (report.outcome == VFIO_PCI_LUO_RESET_OK) {
		incoming_remove(pdev, true);
		pci_notice(pdev, "%s, released: %s\n", why, outcome_name(&report));
		return;
	}
	scoped_guard(spinlock, &incoming_lock) {
		struct incoming *incoming = incoming_of(pdev);

		if (incoming)
			incoming->holder = NULL;
	}
	pci_warn(pdev,
		 "%s, withheld: %s; write its address to /sys/module/vfio_handover/parameters/release to give it to anyone\n",
		 why, outcome_name(&report));
}

/**
 * vfio_pci_incoming_closed - a device file is closed for good
 * @dev: the device
 * @holder: the file's struct vfio_device_file
 *
 * If it was retrieved and never bound, nobody wants the device: it is reset and released, or
 * withheld.
 */
void vfio_pci_incoming_closed(struct device *dev, const void *holder)
{
	if (!dev_is_pci(dev))
		return;
	scoped_guard(spinlock, &incoming_lock) {
		struct incoming *incoming = incoming_of(to_pci_dev(dev));

		if (!incoming || incoming->holder != holder)
			return;
	}
	release_or_withhold(to_pci_dev(dev), "retrieved and closed without having been bound");
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_closed);

/**
 * vfio_pci_incoming_bound - a file has been bound to an iommufd
 * @dev: the device
 * @holder: the file's struct vfio_device_file
 */
void vfio_pci_incoming_bound(struct device *dev, const void *holder)
{
	if (!dev_is_pci(dev))
		return;
	scoped_guard(spinlock, &incoming_lock) {
		struct incoming *incoming = incoming_of(to_pci_dev(dev));

		if (!incoming || incoming->holder != holder)
			return;
	}
	incoming_remove(to_pci_dev(dev), false);
}
EXPORT_SYMBOL_GPL(vfio_pci_incoming_bound);

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

/* By what was sent, because there is no device, or another one. */
static void forget(const struct vfio_pci_luo_ser *ser)
{
	struct incoming *incoming, *next;

	guard(spinlock)(&incoming_lock);
	list_for_each_entry_safe(incoming, next, &incoming_devices, list) {
		if (incoming->ser.segment != ser->segment ||
		    memcmp(&incoming->ser.path, &ser->path, sizeof(ser->path)))
			continue;
		list_del(&incoming->list);
		kfree(incoming);
	}
}

/*
 * Nobody has retrieved this device, nor will. One that was not kept from others is not touched:
 * somebody may use it.
 */
static void incoming_release(const struct vfio_pci_luo_ser *ser)
{
	struct pci_dev *pdev = vfio_pci_incoming_find(ser);
	bool is_kept;

	if (!pdev) {
		pr_notice("%04x:%02x:%02x.%u: never retrieved, and the device is not here\n",
			  ser->segment, ser->bus, PCI_SLOT(ser->devfn), PCI_FUNC(ser->devfn));
		forget(ser);
		return;
	}
	scoped_guard(spinlock, &incoming_lock)
		is_kept = incoming_of(pdev);
	if (!vfio_pci_incoming_is_same(pdev, ser)) {
		pci_notice(pdev, "the incoming device was never retrieved, and another is here\n");
		incoming_remove(pdev, true);
		forget(ser);
	} else if (!is_kept) {
		pci_notice(pdev, "the incoming device was never retrieved, nor protected: not touched\n");
	} else {
		release_or_withhold(pdev, "the incoming device was never retrieved");
	}
	pci_dev_put(pdev);
}

/* An operator takes the risk, or knows better. */
static int release_withheld(struct pci_dev *pdev)
{
	scoped_guard(spinlock, &incoming_lock) {
		struct incoming *incoming = incoming_of(pdev);

		if (!incoming)
			return -ENOENT;
		/* Its user still has it. */
		if (incoming->holder)
			return -EBUSY;
	}
	incoming_remove(pdev, true);
	pci_notice(pdev, "released by hand, without a reset\n");
	return 0;
}

static int release_set(const char *value, const struct kernel_param *param)
{
	unsigned int segment, bus, device, function;
	struct pci_dev *pdev;
	int err;

	if (sysfs_streq(value, "all")) {
		scoped_guard(spinlock, &incoming_lock)
			incoming_unknown = false;
		return 0;
	}
	if (sscanf(value, "%x:%x:%x.%x", &segment, &bus, &device, &function) != 4)
		return -EINVAL;
	pdev = pci_get_domain_bus_and_slot(segment, bus, PCI_DEVFN(device, function));
	if (!pdev)
		return -ENODEV;
	err = release_withheld(pdev);
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
	unsigned long left = msecs_to_jiffies(READ_ONCE(retrieve_ms));
	int err, seen;

	do {
		seen = atomic_read(&bound_count);
		err = ops->retrieve(args);
		if (err != -EPROBE_DEFER)
			return err;
		left = wait_event_timeout(bound_queue, atomic_read(&bound_count) != seen, left);
	} while (left);
	return err;
}

static int handler_retrieve(struct liveupdate_file_op_args *args)
{
	const struct vfio_pci_luo_ser *ser = phys_to_virt(args->serialized_data);
	const struct liveupdate_file_ops *ops = driver_ops_get();
	u8 device = PCI_SLOT(ser->devfn), function = PCI_FUNC(ser->devfn);
	int err = -EPROBE_DEFER;

	trace_vfio_pci_retrieve_begin(ser->segment, ser->bus, device, function);
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
		       ser->segment, ser->bus, device, function,
		       ops ? "does not drive it" : "is not loaded");
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
		pr_err("cannot read which devices come in: %pe\n", ERR_PTR(err));
		scoped_guard(spinlock, &incoming_lock)
			incoming_unknown = true;
		return 0;
	}
	liveupdate_flb_put_incoming(&handover);
	err = bus_register_notifier(&pci_bus_type, &bus_notifier);
	if (err)
		pr_err("incoming devices are not kept for vfio-pci: %pe\n", ERR_PTR(err));
	return 0;
}
arch_initcall(handover_init);

/**
 * vfio_pci_handover_register - vfio-pci is there
 * @ops: what it does with files: all but can_finish and finish
 */
void vfio_pci_handover_register(const struct liveupdate_file_ops *ops)
{
	guard(mutex)(&driver_lock);
	WRITE_ONCE(driver_ops, ops);
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_register);

/**
 * vfio_pci_handover_unregister - vfio-pci goes: none of its files is preserved, or open
 */
void vfio_pci_handover_unregister(void)
{
	guard(mutex)(&driver_lock);
	WRITE_ONCE(driver_ops, NULL);
}
EXPORT_SYMBOL_GPL(vfio_pci_handover_unregister);
