// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/luo_stats: incoming and outgoing, as flat views. Only root can read them, because
 * they contain names of sessions and devices.
 */
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/sysfs.h>

#include "luo_stats.h"

static struct kobject *directory;
static DEFINE_MUTEX(read_lock);

static ssize_t incoming_read(struct file *file, struct kobject *kobj,
			     const struct bin_attribute *attribute, char *buffer, loff_t offset,
			     size_t count)
{
	return luo_stats_incoming_read(buffer, offset, count);
}

static ssize_t outgoing_read(struct file *file, struct kobject *kobj,
			     const struct bin_attribute *attribute, char *buffer, loff_t offset,
			     size_t count)
{
	guard(mutex)(&read_lock);
	if (!offset)
		luo_stats_anchor_take(&luo_stats_area_header()->anchor[LUO_STATS_ANCHOR_READ]);
	return luo_stats_area_read(buffer, offset, count);
}

/* Their sizes are known at load time, and differ from one load to the next. */
static struct bin_attribute incoming_attribute = {
	.attr = { .name = "incoming", .mode = 0400 },
	.read = incoming_read,
};

static struct bin_attribute outgoing_attribute = {
	.attr = { .name = "outgoing", .mode = 0400 },
	.read = outgoing_read,
};

/**
 * luo_stats_sysfs_remove - remove the directory; waits for readers
 */
void luo_stats_sysfs_remove(void)
{
	/* This, and not the put, which may be deferred, waits until nobody is in the files. */
	kobject_del(directory);
	kobject_put(directory);
}

/**
 * luo_stats_sysfs_create - create the directory and its files
 *
 * Without an old kernel's area there is no file incoming.
 *
 * Return: 0 or a negative errno.
 */
int luo_stats_sysfs_create(void)
{
	int err;

	directory = kobject_create_and_add("luo_stats", kernel_kobj);
	if (!directory)
		return -ENOMEM;

	sysfs_bin_attr_init(&outgoing_attribute);
	outgoing_attribute.size = luo_stats_area_header()->total_bytes;
	err = sysfs_create_bin_file(directory, &outgoing_attribute);
	if (err)
		goto err_remove;

	if (!luo_stats_incoming_bytes())
		return 0;
	sysfs_bin_attr_init(&incoming_attribute);
	incoming_attribute.size = luo_stats_incoming_bytes();
	err = sysfs_create_bin_file(directory, &incoming_attribute);
	if (err)
		goto err_remove;
	return 0;

err_remove:
	luo_stats_sysfs_remove();
	return err;
}
