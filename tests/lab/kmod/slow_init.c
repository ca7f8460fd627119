// SPDX-License-Identifier: GPL-2.0
/*
 * A module whose initcall, and in it the probe of a device, take as long as is asked for, and that
 * says how long they took: a boot of which the truth is known.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "take_ms.h"

static unsigned int ms;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "how many milliseconds the initcall sleeps, its probe apart");
static unsigned int probe_ms;
module_param(probe_ms, uint, 0444);
MODULE_PARM_DESC(probe_ms, "how many milliseconds the probe sleeps");
static ulong took_us;
module_param(took_us, ulong, 0444);
MODULE_PARM_DESC(took_us, "how long the initcall took, in microseconds");
static ulong probe_took_us;
module_param(probe_took_us, ulong, 0444);
MODULE_PARM_DESC(probe_took_us, "how long the probe took, in microseconds");

static int slow_init_probe(struct platform_device *device)
{
	const ktime_t begin = ktime_get();

	if (probe_ms)
		take_ms(probe_ms);
	probe_took_us = ktime_us_delta(ktime_get(), begin);
	return 0;
}

static struct platform_driver driver = {
	.driver.name = "slow_init",
	.probe = slow_init_probe,
};

static struct platform_device *device;

static int __init slow_init_init(void)
{
	const ktime_t begin = ktime_get();
	int err = platform_driver_register(&driver);

	if (err)
		return err;
	device = platform_device_register_simple("slow_init", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device)) {
		platform_driver_unregister(&driver);
		return PTR_ERR(device);
	}
	if (ms)
		take_ms(ms);
	took_us = ktime_us_delta(ktime_get(), begin);
	return 0;
}

static void __exit slow_init_exit(void)
{
	platform_device_unregister(device);
	platform_driver_unregister(&driver);
}

module_init(slow_init_init);
module_exit(slow_init_exit);
MODULE_DESCRIPTION("an initcall and a probe that take their time");
MODULE_LICENSE("GPL");
