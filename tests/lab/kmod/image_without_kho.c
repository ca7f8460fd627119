// SPDX-License-Identifier: GPL-2.0
/*
 * A fault generator: the image that the next kexec would start no longer has what KHO put into it,
 * as if kexec_load(2) had loaded it. The lab's kernels have no such system call.
 */
#include <linux/kexec.h>
#include <linux/module.h>

#include "find_symbols.h"

static struct kimage **image;

static const struct wanted_symbol wanted[] = {
	{ "kexec_image", &image },
};

static int __init image_without_kho_init(void)
{
	const int err = find_symbols(wanted, ARRAY_SIZE(wanted));

	if (err)
		return err;
	if (!*image)
		return -ENODEV;
	(*image)->kho.fdt = 0;
	return 0;
}

/* What it did goes with the image. */
static void __exit image_without_kho_exit(void)
{
}

module_init(image_without_kho_init);
module_exit(image_without_kho_exit);
MODULE_DESCRIPTION("takes what KHO put into it from the image for kexec");
MODULE_LICENSE("GPL");
