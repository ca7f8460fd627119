// SPDX-License-Identifier: GPL-2.0
/*
 * A device whose shutdown takes as long as is asked for: a difference between two kernels of which
 * the truth is known.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "take_ms.h"

static unsigned int ms;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "how many milliseconds it takes to shut the device down");

static void slow_shutdown(struct platform_device *device)
{
	if (ms)
		take_ms(ms);
}

static struct platform_driver driver = {
	.driver.name = "slow_shutdown",
	.shutdown = slow_shutdown,
};

static struct platform_device *device;

static int __init slow_shutdown_init(void)
{
	int err = platform_driver_register(&driver);

	if (err)
		return err;
	device = platform_device_register_simple("slow_shutdown", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device)) {
		platform_driver_unregister(&driver);
		return PTR_ERR(device);
	}
	return 0;
}

static void __exit slow_shutdown_exit(void)
{
	platform_device_unregister(device);
	platform_driver_unregister(&driver);
}

module_init(slow_shutdown_init);
module_exit(slow_shutdown_exit);
MODULE_DESCRIPTION("a device whose shutdown takes its time");
MODULE_LICENSE("GPL");
