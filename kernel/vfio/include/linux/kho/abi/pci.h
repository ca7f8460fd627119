/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_PCI_H
#define _LINUX_KHO_ABI_PCI_H

#include <linux/types.h>

/**
 * DOC: PCI live update ABI
 *
 * For each preserved device one &struct pci_luo_dev travels to the next kernel, in memory that KHO
 * preserves. These records are a list, whose head (&struct pci_luo_list) is the data of an object
 * bound to the lifecycle of the files that are preserved for the devices (FLB). So the next kernel
 * knows from boot on which devices are on their way, and for which driver. A device on the list may
 * have no file: the kernel that sends it got it from the one before, and could not give it to
 * anyone. It is nobody's in the next kernel, either.
 *
 * Both kernels of an update read these structures, and they may be of different releases: a change
 * of the layout or of the meaning of a value needs another version in the compatible string. All
 * fields are aligned naturally, and there is no padding.
 */

/** PCI_LUO_LIST_COMPATIBLE - how LUO names the list of all devices on their way */
#define PCI_LUO_LIST_COMPATIBLE "pci-luoscope-v1"

/* More bridges than are above any device: PCI Express allows 256 buses, hardware has a handful. */
#define PCI_LUO_DEPTH_MAX 30

/* With the NUL. */
#define PCI_LUO_DRIVER_BYTES 32

/**
 * struct pci_luo_path - where a device is, whatever numbers its buses have
 * @root_bus: the number of its root bus, which the firmware gives
 * @depth: how many entries of @devfn there are; at least 1
 * @devfn: device and function: of the device, of the bridge above it, and so on
 *
 * The numbers of all other buses depend on what else there is, and on the kernel's parameters.
 */
struct pci_luo_path {
	u8 root_bus;
	u8 depth;
	u8 devfn[PCI_LUO_DEPTH_MAX];
};

/**
 * struct pci_luo_id - which device it is
 * @serial: the PCI Express device serial number
 * @segment: PCI segment (domain)
 * @class: class code, 24 bits
 * @vendor: vendor ID
 * @device: device ID
 * @subsystem_vendor: subsystem vendor ID
 * @subsystem_device: subsystem ID
 * @path: where it is
 * @bus: bus number in the old kernel; for messages and tracepoints
 * @devfn: device and function, as for @bus
 * @revision: for the log; two revisions may be the same device after a firmware update
 * @has_serial: 1 if the device has a serial number
 * @reserved: 0
 */
struct pci_luo_id {
	u64 serial;
	u32 segment;
	u32 class;
	u16 vendor;
	u16 device;
	u16 subsystem_vendor;
	u16 subsystem_device;
	struct pci_luo_path path;
	u8 bus;
	u8 devfn;
	u8 revision;
	u8 has_serial;
	u32 reserved;
};

/**
 * struct pci_luo_dev - one device on its way to the next kernel
 * @next: physical address of the next record of the list, or 0
 * @id: which device
 * @driver: the driver that preserved it; no other is probed on it in the next kernel
 */
struct pci_luo_dev {
	u64 next;
	struct pci_luo_id id;
	char driver[PCI_LUO_DRIVER_BYTES];
};

/**
 * struct pci_luo_list - all devices on their way
 * @first: physical address of the first &struct pci_luo_dev, or 0
 * @count: how many there are
 */
struct pci_luo_list {
	u64 first;
	u64 count;
};

#endif /* _LINUX_KHO_ABI_PCI_H */
