// SPDX-License-Identifier: GPL-2.0
/*
 * A fault generator: while it is loaded, @function has a trampoline of its own, so BPF can load
 * programs for it and attach none.
 */
#include <linux/ftrace.h>
#include <linux/module.h>

#include "find_symbols.h"

static char *function;
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "name of the function");

static struct ftrace_ops ops;
/* The kernel's trampoline that does nothing. */
static void *trampoline;

static int __init hold_function_init(void)
{
	unsigned long address;
	const struct wanted_symbol wanted[] = {
		{ function, &address },
		{ "ftrace_stub_direct_tramp", &trampoline },
	};
	int err;

	if (!function)
		return -EINVAL;
	err = find_symbols(wanted, ARRAY_SIZE(wanted));
	if (!err)
		err = ftrace_set_filter_ip(&ops, address, 0, 0);
	return err ?: register_ftrace_direct(&ops, (unsigned long)trampoline);
}

static void __exit hold_function_exit(void)
{
	unregister_ftrace_direct(&ops, (unsigned long)trampoline, true);
}

module_init(hold_function_init);
module_exit(hold_function_exit);
MODULE_DESCRIPTION("has BPF attach nothing to a function");
MODULE_LICENSE("GPL");
