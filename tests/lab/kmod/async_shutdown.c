// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that are shut down in threads of their own, at once, and a device_shutdown() that waits
 * for them. The kernels of the lab shut down one device after the other, so the callback of one
 * device stands in for that: it lets go of its device while it waits, as device_shutdown() has none
 * between two devices.
 */
#include <linux/async.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>

#include "take_ms.h"

#define CHILDREN 3

static unsigned int ms = 200;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(
	ms, "how many milliseconds the first one takes; the second takes twice as long, and so on");
static bool keep_lock;
module_param(keep_lock, bool, 0444);
MODULE_PARM_DESC(keep_lock, "wait as an ordinary callback, whose time this is");

static ASYNC_DOMAIN_EXCLUSIVE(domain);
static const struct bus_type bus = { .name = "async" };
static struct device child[CHILDREN];

static void child_shutdown(struct device *device)
{
	take_ms(ms * (device - child + 1));
}

static struct device_driver child_driver = {
	.name = "async_shutdown",
	.shutdown = child_shutdown,
};

/* What device_shutdown() does with a device. */
static void shut_down(void *data, async_cookie_t cookie)
{
	struct device *device = data;

	device_lock(device);
	pm_runtime_get_noresume(device);
	pm_runtime_barrier(device);
	device->driver->shutdown(device);
	device_unlock(device);
}

static void wait_for_children(struct platform_device *device)
{
	unsigned int i;

	for (i = 0; i < CHILDREN; i++)
		async_schedule_domain(shut_down, &child[i], &domain);
	if (!keep_lock)
		device_unlock(&device->dev);
	async_synchronize_full_domain(&domain);
	if (!keep_lock)
		device_lock(&device->dev);
}

static struct platform_driver driver = {
	.driver.name = "async_waits",
	.shutdown = wait_for_children,
};

static struct platform_device *device;

static int __init async_shutdown_init(void)
{
	unsigned int i;
	int err;

	/* They are not on the list of all devices, as if they had been taken off it. */
	for (i = 0; i < CHILDREN; i++) {
		device_initialize(&child[i]);
		child[i].bus = &bus;
		child[i].driver = &child_driver;
		err = dev_set_name(&child[i], "async_shutdown.%u", i);
		if (err)
			return err;
	}
	err = platform_driver_register(&driver);
	if (err)
		return err;
	device = platform_device_register_simple("async_waits", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device)) {
		platform_driver_unregister(&driver);
		return PTR_ERR(device);
	}
	return 0;
}

/* There is no way out: the devices are static, and nobody unloads it. */
module_init(async_shutdown_init);
MODULE_DESCRIPTION("devices that are shut down at once");
MODULE_LICENSE("GPL");
