/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LUO exports nothing to modules, and vfio not what a handler needs. A kprobe finds the function
 * that finds them all.
 */
#ifndef LAB_FIND_SYMBOLS_H
#define LAB_FIND_SYMBOLS_H

#include <linux/errno.h>
#include <linux/kprobes.h>

/**
 * struct wanted_symbol - a symbol of the kernel, and where its address goes
 */
struct wanted_symbol {
	const char *name;
	void *address;
};

/* Returns 0 or a negative errno. */
static int find_symbols(const struct wanted_symbol *wanted, unsigned int count)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*lookup)(const char *name);
	int err = register_kprobe(&probe);
	unsigned int i;

	if (err)
		return err;
	lookup = (void *)probe.addr;
	unregister_kprobe(&probe);
	for (i = 0; i < count; i++) {
		*(unsigned long *)wanted[i].address = lookup(wanted[i].name);
		if (!*(unsigned long *)wanted[i].address)
			return -ENOENT;
	}
	return 0;
}

#endif /* LAB_FIND_SYMBOLS_H */
