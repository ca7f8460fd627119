/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vfio devices that programs have open, and whether the live update handler for vfio-pci can
 * preserve them.
 */
#ifndef LUOSCOPE_VFIO_DEVICES_H
#define LUOSCOPE_VFIO_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct vfio_devices - the PCI devices that belong to a vfio driver
 * @bound:    how many there are
 * @in_use:   how many of them a program has open
 * @lost:     how many of those the handler cannot preserve
 * @lost_text: which, and why, as many as fit: "0000:01:00.0 is a virtual function ..."
 * @incomplete: something could not be read, so more may be in use or lost
 * @unread:   what, the first of it, and why: "/proc/17/fd (EACCES)"
 */
struct vfio_devices {
	unsigned int bound;
	unsigned int in_use;
	unsigned int lost;
	char lost_text[200];
	bool incomplete;
	char unread[128];
};

/**
 * vfio_devices_look - look at the devices in sysfs, and at the open files of all processes
 * @root: what precedes /sys and /proc; "", except in tests
 *
 * Without root, only the user's own processes can be seen. What is not there counts as read.
 * Returns 0 or -ENOMEM.
 */
int vfio_devices_look(struct vfio_devices *devices, const char *root);

#endif /* LUOSCOPE_VFIO_DEVICES_H */
