// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: PCI devices on their way through a live update
 *
 * A driver preserves a device by preserving a file for it (LUO). What the next kernel must know of
 * the device before it probes any driver is here: which devices are on their way, and for which
 * driver. This is built in, because drivers are probed before any module is loaded.
 *
 * There are two lists: that of the devices which this kernel sends (outgoing), of records in memory
 * that KHO preserves, and that of those which the previous kernel sent (incoming). A device leaves
 * the second one when whoever retrieves it says that it has arrived, pci_liveupdate_finish(). Until
 * then it is on the first one as well, as soon as there is one: what its last user left in it goes
 * to nobody in the next kernel either. There is one while a file is preserved for some device.
 *
 * An incoming device gets the driver that preserved it as its driver override when its bus adds it.
 * It is known by its place and by what kind of device it is. The place is the path from its root
 * bus, because the numbers of other buses may differ from one boot to the next. A device of another
 * kind at its place, because a card was swapped, is anyone's. When such a device is preserved, the
 * one that was sent is forgotten: the next kernel takes a list with two devices at one place for a
 * broken one.
 *
 * If the incoming list cannot be read, nobody knows which devices are on it, so that all are taken
 * to be, until somebody who knows better calls pci_liveupdate_trust_list().
 *
 * Locking: list_lock guards both lists. Nothing but KHO's locks is taken under it.
 */
#define pr_fmt(fmt) "PCI: liveupdate: " fmt

#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/device/bus.h>
#include <linux/device/driver.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/pci.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/pci_liveupdate.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pci.h"

/* More devices than any machine has: a list that goes on behind this is a broken one. */
#define INCOMING_MAX 65536

/*
 * How long a serial number may take: a reset keeps others from the configuration space, and waits
 * for a minute at most for the device to answer (PCIE_RESET_READY_POLL_MS).
 */
#define SERIAL_MS 70000

/**
 * struct incoming_device - a device that the previous kernel sent, and that has not arrived yet
 * @list: in incoming_devices
 * @record: which one it is, and for which driver
 * @sent_on: what the next kernel gets of it, or NULL
 * @state: what is being done with it
 */
struct incoming_device {
	struct list_head list;
	struct pci_luo_dev record;
	struct pci_luo_dev *sent_on;
	enum pci_liveupdate_state state;
};

static LIST_HEAD(incoming_devices);
/* The list could not be read: any device may be on it. */
static bool is_incoming_unknown;
/* What the next kernel gets; NULL while no file is preserved. */
static struct pci_luo_list *outgoing;
static DEFINE_MUTEX(list_lock);

static struct pci_luo_dev *record_at(u64 phys)
{
	return phys ? phys_to_virt(phys) : NULL;
}

static struct pci_luo_dev *next_record(const struct pci_luo_dev *record)
{
	return record_at(record->next);
}

static int send_record(const struct pci_luo_dev *device, struct pci_luo_dev **sent)
{
	struct pci_luo_dev *record = kho_alloc_preserve(sizeof(*record));

	if (IS_ERR(record))
		return PTR_ERR(record);
	*record = *device;
	record->next = outgoing->first;
	outgoing->first = virt_to_phys(record);
	outgoing->count++;
	*sent = record;
	return 0;
}

static void unsend_record(struct pci_luo_dev *record)
{
	const u64 phys = virt_to_phys(record);
	u64 *link = &outgoing->first;

	while (*link != phys)
		link = &record_at(*link)->next;
	*link = record->next;
	outgoing->count--;
	kho_unpreserve_free(record);
}

static int path_of(const struct pci_dev *pdev, struct pci_luo_path *path)
{
	*path = (struct pci_luo_path){};
	for (; !pci_is_root_bus(pdev->bus); pdev = pdev->bus->self) {
		/* A virtual function may be on a bus that no bridge leads to. */
		if (!pdev->bus->self || path->depth == PCI_LUO_DEPTH_MAX - 1)
			return -EOPNOTSUPP;
		path->devfn[path->depth++] = pdev->devfn;
	}
	path->devfn[path->depth++] = pdev->devfn;
	path->root_bus = pdev->bus->number;
	return 0;
}

static bool is_same_place(const struct pci_luo_id *one, const struct pci_luo_id *other)
{
	return one->segment == other->segment &&
	       !memcmp(&one->path, &other->path, sizeof(one->path));
}

static bool is_at(const struct pci_dev *pdev, const struct pci_luo_id *id)
{
	struct pci_luo_id here = { .segment = pci_domain_nr(pdev->bus) };

	return !path_of(pdev, &here.path) && is_same_place(&here, id);
}

/* By what the kernel has known of the device since it was found: the device is not asked. */
static bool is_same_kind(const struct pci_dev *pdev, const struct pci_luo_id *id)
{
	return pdev->vendor == id->vendor && pdev->device == id->device &&
	       pdev->subsystem_vendor == id->subsystem_vendor &&
	       pdev->subsystem_device == id->subsystem_device && pdev->class == id->class;
}

static struct incoming_device *incoming_device(struct pci_dev *pdev)
{
	struct incoming_device *device;

	lockdep_assert_held(&list_lock);
	list_for_each_entry(device, &incoming_devices, list)
		if (is_same_kind(pdev, &device->record.id) && is_at(pdev, &device->record.id))
			return device;
	return NULL;
}

static struct incoming_device *incoming_at(const struct pci_luo_id *id)
{
	struct incoming_device *device;

	lockdep_assert_held(&list_lock);
	list_for_each_entry(device, &incoming_devices, list)
		if (is_same_place(&device->record.id, id))
			return device;
	return NULL;
}

static void unsend(struct incoming_device *device)
{
	if (device->sent_on)
		unsend_record(device->sent_on);
	device->sent_on = NULL;
}

static void forget(const struct pci_luo_id *id)
{
	struct incoming_device *device = incoming_at(id);

	if (!device)
		return;
	unsend(device);
	list_del(&device->list);
	kfree(device);
}

/*
 * The configuration space of a device behind a port that sleeps reads as all ones, and so does that
 * of one which is being reset. Waits for both. *@serial is 0 if the device has none; that is not
 * said of a device that does not answer.
 */
static int serial_of(struct pci_dev *pdev, u64 *serial)
{
	const unsigned long deadline = jiffies + msecs_to_jiffies(SERIAL_MS);
	int err = 0;

	*serial = 0;
	pci_config_pm_runtime_get(pdev);
	while (!pci_cfg_access_trylock(pdev)) {
		if (time_after_eq(jiffies, deadline)) {
			err = -EBUSY;
			goto out;
		}
		usleep_range(500, 1000);
	}
	*serial = pci_get_dsn(pdev);
	if (!pci_device_is_present(pdev))
		err = -EIO;
	pci_cfg_access_unlock(pdev);
out:
	pci_config_pm_runtime_put(pdev);
	return err;
}

/**
 * pci_liveupdate_identify - write down which device it is
 * @pdev: the device
 * @id: where to
 *
 * Context: may sleep.
 *
 * Return: 0; -EBUSY if its serial number could not be read, because something kept others from its
 * configuration space for more than a minute; -EIO if the device does not answer; -EOPNOTSUPP if it
 * is below too many bridges. All that can be is written down even then.
 */
int pci_liveupdate_identify(struct pci_dev *pdev, struct pci_luo_id *id)
{
	int err;

	*id = (struct pci_luo_id){
		.segment = pci_domain_nr(pdev->bus),
		.class = pdev->class,
		.vendor = pdev->vendor,
		.device = pdev->device,
		.subsystem_vendor = pdev->subsystem_vendor,
		.subsystem_device = pdev->subsystem_device,
		.bus = pdev->bus->number,
		.devfn = pdev->devfn,
		.revision = pdev->revision,
	};
	err = serial_of(pdev, &id->serial) ?: path_of(pdev, &id->path);
	id->has_serial = !!id->serial;
	return err;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_identify);

/**
 * pci_liveupdate_preserve - put a device on the list that the next kernel gets
 * @pdev: the device; its driver preserves a file for it, and calls this from its preserve()
 *
 * Context: may sleep.
 *
 * Return: 0; -EBUSY, -EIO or -EOPNOTSUPP, see pci_liveupdate_identify(); -ENOMEM.
 */
int pci_liveupdate_preserve(struct pci_dev *pdev)
{
	struct pci_luo_dev device = {}, *sent;
	int err;

	err = pci_liveupdate_identify(pdev, &device.id);
	if (!err && strscpy(device.driver, dev_driver_string(&pdev->dev)) < 0)
		err = -EOPNOTSUPP;
	if (err)
		return err;
	guard(mutex)(&list_lock);
	err = send_record(&device, &sent);
	/* Nobody could use this device if it were the one that was sent: that one is gone. */
	if (!err)
		forget(&device.id);
	return err;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_preserve);

/**
 * pci_liveupdate_unpreserve - take a device off that list
 * @pdev: the device, as given to pci_liveupdate_preserve()
 *
 * Context: may sleep.
 */
void pci_liveupdate_unpreserve(struct pci_dev *pdev)
{
	struct pci_luo_id id = { .segment = pci_domain_nr(pdev->bus) };
	struct pci_luo_dev *record;

	path_of(pdev, &id.path);
	guard(mutex)(&list_lock);
	for (record = record_at(outgoing->first); record; record = next_record(record))
		if (is_same_place(&record->id, &id))
			break;
	if (!WARN_ON(!record))
		unsend_record(record);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_unpreserve);

/* To the next kernel, which has no file for it, so that it keeps the device from all others. */
static int send_on(struct incoming_device *device)
{
	return outgoing ? send_record(&device->record, &device->sent_on) : 0;
}

static void free_outgoing(void)
{
	struct incoming_device *device;

	list_for_each_entry(device, &incoming_devices, list)
		unsend(device);
	kho_unpreserve_free(outgoing);
	outgoing = NULL;
}

static int outgoing_preserve(struct liveupdate_flb_op_args *args)
{
	struct pci_luo_list *list = kho_alloc_preserve(sizeof(*list));
	struct incoming_device *device;
	int err;

	if (IS_ERR(list))
		return PTR_ERR(list);
	guard(mutex)(&list_lock);
	outgoing = list;
	list_for_each_entry(device, &incoming_devices, list) {
		err = send_on(device);
		if (err) {
			free_outgoing();
			return err;
		}
	}
	args->obj = list;
	args->data = virt_to_phys(list);
	return 0;
}

static void outgoing_unpreserve(struct liveupdate_flb_op_args *args)
{
	guard(mutex)(&list_lock);
	free_outgoing();
}

static int add_incoming(const struct pci_luo_id *id, const char *driver)
{
	struct incoming_device *device = kzalloc_obj(*device);
	int err;

	lockdep_assert_held(&list_lock);
	if (!device)
		return -ENOMEM;
	device->record.id = *id;
	device->state = PCI_LIVEUPDATE_EXPECTED;
	strscpy(device->record.driver, driver);
	err = send_on(device);
	if (err) {
		kfree(device);
		return err;
	}
	list_add_tail(&device->list, &incoming_devices);
	return 0;
}

static bool is_valid(const struct pci_luo_dev *record)
{
	const struct pci_luo_id *id = &record->id;

	return id->path.depth && id->path.depth <= PCI_LUO_DEPTH_MAX &&
	       memchr(record->driver, '\0', sizeof(record->driver)) && !incoming_at(id);
}

/*
 * Can the list, or a record of it, be here? Each begins with a page, as all that
 * kho_alloc_preserve() returns. Beside RAM there are pages that are online and yet not mapped. KHO
 * cannot say whether the previous kernel preserved that page.
 */
static bool is_readable(u64 phys)
{
	const unsigned long pfn = PHYS_PFN(phys);

	return PAGE_ALIGNED(phys) && pfn_to_online_page(pfn) && page_is_ram(pfn);
}

/* What can be read of a list that is broken is a device that comes in all the same. */
static int read_incoming(const struct pci_luo_list *list)
{
	const struct pci_luo_dev *record;
	u64 phys, count = 0;
	int err;

	for (phys = list->first; phys; phys = record->next, count++) {
		if (count == min_t(u64, list->count, INCOMING_MAX) || !is_readable(phys))
			return -EINVAL;
		record = record_at(phys);
		if (!is_valid(record))
			return -EINVAL;
		err = add_incoming(&record->id, record->driver);
		if (err)
			return err;
	}
	return count == list->count ? 0 : -EINVAL;
}

/* Not those of a list that is broken: nobody knows what else is there. */
static void free_records(const struct pci_luo_list *list)
{
	struct pci_luo_dev *record, *next;

	for (record = record_at(list->first); record; record = next) {
		next = next_record(record);
		kho_restore_free(record);
	}
}

static int incoming_retrieve(struct liveupdate_flb_op_args *args)
{
	int err;

	args->obj = is_readable(args->data) ? phys_to_virt(args->data) : NULL;
	guard(mutex)(&list_lock);
	err = args->obj ? read_incoming(args->obj) : -EINVAL;
	is_incoming_unknown = err;
	if (err)
		pr_err("the list of incoming devices is broken: all devices are taken to be on it\n");
	else
		free_records(args->obj);
	return 0;
}

static void incoming_finish(struct liveupdate_flb_op_args *args)
{
	kho_restore_free(args->obj);
}

static const struct liveupdate_flb_ops flb_ops = {
	.preserve = outgoing_preserve,
	.unpreserve = outgoing_unpreserve,
	.retrieve = incoming_retrieve,
	.finish = incoming_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_flb flb = {
	.ops = &flb_ops,
	.compatible = PCI_LUO_LIST_COMPATIBLE,
};

/**
 * pci_liveupdate_is_listed - did the previous kernel send this device?
 * @pdev: the device
 *
 * Context: may sleep.
 *
 * Return: whether it is on the incoming list, as far as that could be read.
 */
bool pci_liveupdate_is_listed(struct pci_dev *pdev)
{
	guard(mutex)(&list_lock);
	return incoming_device(pdev);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_is_listed);

/**
 * pci_liveupdate_is_incoming - is this device on its way, and not there yet?
 * @pdev: the device
 *
 * Context: may sleep.
 *
 * Return: true from the moment that its bus has added it until pci_liveupdate_finish().
 */
bool pci_liveupdate_is_incoming(struct pci_dev *pdev)
{
	guard(mutex)(&list_lock);
	return is_incoming_unknown || incoming_device(pdev);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_is_incoming);

/**
 * pci_liveupdate_forget - nobody waits any more for a device that the previous kernel sent
 * @id: which one; there may be no device at its place, or another one
 *
 * Context: may sleep.
 */
void pci_liveupdate_forget(const struct pci_luo_id *id)
{
	guard(mutex)(&list_lock);
	forget(id);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_forget);

/**
 * pci_liveupdate_finish - a device has arrived, or been given up
 * @pdev: the device
 *
 * Its driver override stays what it is.
 *
 * Context: may sleep.
 */
void pci_liveupdate_finish(struct pci_dev *pdev)
{
	struct pci_luo_id id = { .segment = pci_domain_nr(pdev->bus) };

	if (!path_of(pdev, &id.path))
		pci_liveupdate_forget(&id);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_finish);

/**
 * pci_liveupdate_trust_list - only what is known to be incoming is
 *
 * For an operator who knows what else there is, when the incoming list could not be read.
 */
void pci_liveupdate_trust_list(void)
{
	guard(mutex)(&list_lock);
	is_incoming_unknown = false;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_trust_list);

/**
 * pci_liveupdate_find - the device at the place of one that was sent
 * @id: what the previous kernel sent
 *
 * It may be another device: see pci_liveupdate_is_same().
 *
 * Context: may sleep.
 *
 * Return: the device, with a reference; NULL if there is none.
 */
struct pci_dev *pci_liveupdate_find(const struct pci_luo_id *id)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev)
		if (is_at(pdev, id))
			return pdev;
	return NULL;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_find);

/**
 * pci_liveupdate_is_same - is this the device that was sent?
 * @pdev: the device
 * @id: what the previous kernel sent
 *
 * Context: may sleep.
 *
 * Return: whether all that identifies a device is equal. One of the same kind may be the one that
 * was sent even if not: its serial number may be unreadable.
 */
bool pci_liveupdate_is_same(struct pci_dev *pdev, const struct pci_luo_id *id)
{
	u64 serial;

	return is_same_kind(pdev, id) && !serial_of(pdev, &serial) &&
	       !!serial == id->has_serial && serial == id->serial;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_is_same);

static void keep_for_driver(struct pci_dev *pdev, const char *driver)
{
	int err = device_set_driver_override(&pdev->dev, driver);

	if (err)
		pci_err(pdev, "comes in by live update, and is not kept for %s: %pe\n", driver,
			ERR_PTR(err));
	else
		pci_info(pdev, "comes in by live update, and is kept for %s\n", driver);
}

/**
 * pci_liveupdate_expect - a session of the previous kernel has this device
 * @pdev: the device
 * @id: what the previous kernel sent
 * @driver: which driver it is for
 *
 * If the incoming list could not be read, the device is put on it.
 *
 * Context: may sleep.
 *
 * Return: 0 if the device is on the list; -ENOENT if it is not, and the list can be trusted or the
 * device is of another kind; -ENOMEM.
 */
int pci_liveupdate_expect(struct pci_dev *pdev, const struct pci_luo_id *id, const char *driver)
{
	int err;

	guard(mutex)(&list_lock);
	if (incoming_device(pdev))
		return 0;
	if (!is_incoming_unknown || !is_same_kind(pdev, id))
		return -ENOENT;
	err = add_incoming(id, driver);
	if (!err)
		keep_for_driver(pdev, driver);
	return err;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_expect);

/**
 * pci_liveupdate_move - start to do something with incoming devices, if nobody does anything else
 * @pdevs: the devices
 * @count: how many they are
 * @from: the states in which each of them must be, as a mask
 * @to: the state in which they are then
 *
 * Context: may sleep.
 *
 * Return: 0; -ENOENT if one of them is not on the incoming list; -EBUSY if one is in another state.
 * All of them are moved, or none.
 */
int pci_liveupdate_move(struct pci_dev **pdevs, int count, unsigned int from,
			enum pci_liveupdate_state to)
{
	const struct incoming_device *device;
	int i;

	guard(mutex)(&list_lock);
	for (i = 0; i < count; i++) {
		device = incoming_device(pdevs[i]);
		if (!device)
			return -ENOENT;
		if (!(device->state & from))
			return -EBUSY;
	}
	for (i = 0; i < count; i++)
		incoming_device(pdevs[i])->state = to;
	return 0;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_move);

/* Before any driver can be probed on the device, because its bus has only just added it. */
static void on_added(struct pci_dev *pdev)
{
	const struct incoming_device *device;

	guard(mutex)(&list_lock);
	device = incoming_device(pdev);
	if (device)
		keep_for_driver(pdev, device->record.driver);
}

static int bus_notify(struct notifier_block *notifier, unsigned long action, void *data)
{
	if (action == BUS_NOTIFY_ADD_DEVICE)
		on_added(to_pci_dev(data));
	return NOTIFY_DONE;
}

static struct notifier_block bus_notifier = {
	.notifier_call = bus_notify,
};

/**
 * pci_liveupdate_register_flb - have the list of devices go with the files of this handler
 * @handler: registered with LUO already
 *
 * Reads the incoming list as well. So this must be called before any device is added to a bus of
 * PCI, and after LUO has found what came in: in an arch_initcall.
 *
 * Return: 0 or what LUO says. That the incoming list cannot be read is no error.
 */
int pci_liveupdate_register_flb(struct liveupdate_file_handler *handler)
{
	void *list;
	int err, read;

	err = liveupdate_register_flb(handler, &flb);
	read = liveupdate_flb_get_incoming(&flb, &list);
	if (read == -ENODATA || read == -ENOENT)
		return err;
	if (read) {
		pr_err("cannot read which devices come in: %pe\n", ERR_PTR(read));
		scoped_guard(mutex, &list_lock)
			is_incoming_unknown = true;
		return err;
	}
	liveupdate_flb_put_incoming(&flb);
	read = bus_register_notifier(&pci_bus_type, &bus_notifier);
	if (read)
		pr_err("incoming devices are not kept for their drivers: %pe\n", ERR_PTR(read));
	return err;
}
