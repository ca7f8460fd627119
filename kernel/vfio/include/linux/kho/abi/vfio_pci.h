/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_VFIO_PCI_H
#define _LINUX_KHO_ABI_VFIO_PCI_H

#include <linux/kho/abi/pci.h>
#include <linux/types.h>

/**
 * DOC: vfio-pci live update ABI
 *
 * For each preserved file of a vfio-pci device one &struct vfio_pci_luo_ser travels to the next
 * kernel in memory that KHO preserves; its physical address is what LUO keeps for the file. That
 * these devices are on their way is what &struct pci_luo_list says.
 *
 * Both kernels of an update read these structures, and they may be of different releases: a change
 * of the layout or of the meaning of a value needs another version in the compatible string. All
 * fields are aligned naturally, and there is no padding.
 */

/** VFIO_PCI_LUO_COMPATIBLE - how LUO names the files of this handler */
#define VFIO_PCI_LUO_COMPATIBLE "vfio-pci-luoscope-v3"

/**
 * enum vfio_pci_luo_outcome - what became of a reset
 * @VFIO_PCI_LUO_RESET_NOT_TRIED: no freeze of the device came that far
 * @VFIO_PCI_LUO_RESET_OK: the device was reset
 * @VFIO_PCI_LUO_RESET_FAILED: it was tried, and the errno says what came of it
 * @VFIO_PCI_LUO_RESET_BUSY: not tried, because a lock could not be had in time (see the lock)
 * @VFIO_PCI_LUO_RESET_NONE: there is no way to reset this device alone, as far as vfio-pci knows
 * from the reset that it tried when the device was opened, nor together with all others of its bus
 */
enum vfio_pci_luo_outcome {
	VFIO_PCI_LUO_RESET_NOT_TRIED = 0,
	VFIO_PCI_LUO_RESET_OK = 1,
	VFIO_PCI_LUO_RESET_FAILED = 2,
	VFIO_PCI_LUO_RESET_BUSY = 3,
	VFIO_PCI_LUO_RESET_NONE = 4,
};

/**
 * enum vfio_pci_luo_method - how a device was reset, or how it was tried last
 * @VFIO_PCI_LUO_METHOD_NONE: no method was tried
 * @VFIO_PCI_LUO_METHOD_DEVICE_SPECIFIC: a quirk for this device
 * @VFIO_PCI_LUO_METHOD_ACPI: the firmware's _RST
 * @VFIO_PCI_LUO_METHOD_FLR: PCIe function level reset
 * @VFIO_PCI_LUO_METHOD_AF_FLR: function level reset of conventional PCI
 * @VFIO_PCI_LUO_METHOD_PM: D3hot and back
 * @VFIO_PCI_LUO_METHOD_BUS: the bus or slot above, with no other function on it
 * @VFIO_PCI_LUO_METHOD_CXL_BUS: the same with CXL's mask of it lifted
 * @VFIO_PCI_LUO_METHOD_OTHER: a method that is newer than this list
 * @VFIO_PCI_LUO_METHOD_HOT: the bus or slot above, together with all other functions on it, which
 * were preserved as well: what VFIO_DEVICE_PCI_HOT_RESET does
 */
enum vfio_pci_luo_method {
	VFIO_PCI_LUO_METHOD_NONE = 0,
	VFIO_PCI_LUO_METHOD_DEVICE_SPECIFIC = 1,
	VFIO_PCI_LUO_METHOD_ACPI = 2,
	VFIO_PCI_LUO_METHOD_FLR = 3,
	VFIO_PCI_LUO_METHOD_AF_FLR = 4,
	VFIO_PCI_LUO_METHOD_PM = 5,
	VFIO_PCI_LUO_METHOD_BUS = 6,
	VFIO_PCI_LUO_METHOD_CXL_BUS = 7,
	VFIO_PCI_LUO_METHOD_OTHER = 8,
	VFIO_PCI_LUO_METHOD_HOT = 9,
};

/**
 * enum vfio_pci_luo_lock - what was busy; 1 is not used
 * @VFIO_PCI_LUO_LOCK_NONE: nothing
 * @VFIO_PCI_LUO_LOCK_MEMORY: vfio's memory_lock
 * @VFIO_PCI_LUO_LOCK_BRIDGE: the lock of the bridge above the device
 * @VFIO_PCI_LUO_LOCK_DEVICE: the device lock
 * @VFIO_PCI_LUO_LOCK_CONFIG: someone had blocked access to the configuration space
 * @VFIO_PCI_LUO_LOCK_DMABUF: an importer of one of its DMA-bufs was not done with it
 * @VFIO_PCI_LUO_LOCK_SET: the set of all devices that are reset together, or a lock of one of them
 */
enum vfio_pci_luo_lock {
	VFIO_PCI_LUO_LOCK_NONE = 0,
	VFIO_PCI_LUO_LOCK_MEMORY = 2,
	VFIO_PCI_LUO_LOCK_BRIDGE = 3,
	VFIO_PCI_LUO_LOCK_DEVICE = 4,
	VFIO_PCI_LUO_LOCK_CONFIG = 5,
	VFIO_PCI_LUO_LOCK_DMABUF = 6,
	VFIO_PCI_LUO_LOCK_SET = 7,
};

/**
 * enum vfio_pci_luo_again - is an incoming device reset once more when its file is bound?
 * @VFIO_PCI_LUO_AGAIN_SPARED: no: the old kernel reset it, and nobody has touched it since
 * @VFIO_PCI_LUO_AGAIN_ASKED: yes: the parameter vfio_pci_core.reset_again asks for it
 * @VFIO_PCI_LUO_AGAIN_NOT_RESET: yes: the old kernel could not reset it
 * @VFIO_PCI_LUO_AGAIN_BOUND: yes: it has been bound before in this kernel
 * @VFIO_PCI_LUO_AGAIN_ENABLED: yes: somebody has enabled it
 * @VFIO_PCI_LUO_AGAIN_CHANGED: yes: its configuration space is not as the old kernel left it
 */
enum vfio_pci_luo_again {
	VFIO_PCI_LUO_AGAIN_SPARED = 1,
	VFIO_PCI_LUO_AGAIN_ASKED = 2,
	VFIO_PCI_LUO_AGAIN_NOT_RESET = 3,
	VFIO_PCI_LUO_AGAIN_BOUND = 4,
	VFIO_PCI_LUO_AGAIN_ENABLED = 5,
	VFIO_PCI_LUO_AGAIN_CHANGED = 6,
};

/**
 * struct vfio_pci_luo_reset - the report on one reset
 * @result: 0, or a negative errno (-EBUSY if a lock was busy)
 * @outcome: enum vfio_pci_luo_outcome
 * @method: enum vfio_pci_luo_method
 * @lock: enum vfio_pci_luo_lock
 * @reserved: 0
 */
struct vfio_pci_luo_reset {
	s32 result;
	u8 outcome;
	u8 method;
	u8 lock;
	u8 reserved;
};

/**
 * struct vfio_pci_luo_ser - the file of one device on its way to the next kernel
 * @id: which device
 * @reset: how the reset at the freeze went
 * @idle: what the old kernel left at PCI_CACHE_LINE_SIZE and the three bytes behind it
 * @reserved: 0
 */
struct vfio_pci_luo_ser {
	struct pci_luo_id id;
	struct vfio_pci_luo_reset reset;
	u32 idle;
	u32 reserved;
};

#endif /* _LINUX_KHO_ABI_VFIO_PCI_H */
