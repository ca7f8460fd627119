/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of the kernel's types that the programs read. libbpf finds the real offsets on the
 * running kernel (CO-RE), so only the names and types of fields matter here, not their order or
 * what else lies between them.
 */
#ifndef LUOSCOPE_KERNEL_TYPES_H
#define LUOSCOPE_KERNEL_TYPES_H

#include <linux/types.h>
#include <stdbool.h>

#define co_re __attribute__((preserve_access_index))

struct list_head {
	struct list_head *next, *prev;
} co_re;

/* include/linux/fs.h */

struct file_operations {
	void *unlocked_ioctl;
} co_re;

struct file {
	const struct file_operations *f_op;
	void *private_data;
} co_re;

/* kernel/liveupdate */

struct liveupdate_file_handler {
	char compatible[48];
	struct list_head flb_list;
} co_re;

struct liveupdate_flb {
	char compatible[48];
	struct {
		struct {
			struct {
				struct {
					int counter;
				} refs;
			} count;
			bool finished;
			int retrieve_status;
		} outgoing, incoming;
	} private;
} co_re;

struct luo_flb_link {
	struct liveupdate_flb *flb;
	struct list_head list;
} co_re;

struct luo_file {
	struct liveupdate_file_handler *fh;
	struct file *file;
	int retrieve_status;
	struct list_head list;
	__u64 token;
} co_re;

struct kho_block_set {
	__u64 count_per_block;
} co_re;

struct kho_block_set_it {
	struct kho_block_set *bs;
} co_re;

struct luo_file_set {
	struct list_head files_list;
	struct kho_block_set block_set;
	__u64 count;
} co_re;

struct luo_session {
	char name[64];
	struct luo_file_set file_set;
} co_re;

/* include/linux/kexec.h */

struct kimage {
	struct {
		__u64 fdt; /* phys_addr_t */
	} kho;
} co_re;

/* drivers/base */

struct kobject {
	const char *name;
	struct list_head entry;
} co_re;

struct bus_type {
	const char *name;
	void *shutdown;
} co_re;

struct device_driver {
	const char *name;
	void *shutdown;
} co_re;

struct class {
	const char *name;
	void *shutdown_pre;
} co_re;

struct mutex {
	struct {
		long counter;
	} owner; /* not with CONFIG_PREEMPT_RT */
} co_re;

struct device {
	struct kobject kobj;
	struct mutex mutex;
	const struct bus_type *bus;
	struct device_driver *driver;
	const struct class *class;
} co_re;

/* drivers/pci, drivers/vfio */

struct pci_bus {
	struct list_head devices;
	void *sysdata;
	unsigned char number;
	int domain_nr; /* only with CONFIG_PCI_DOMAINS_GENERIC */
} co_re;

/* What sysdata of a bus is on x86. */
struct pci_sysdata {
	int domain;
} co_re;

struct pci_dev {
	struct list_head bus_list;
	struct pci_bus *bus;
	unsigned int devfn;
	struct device dev;
} co_re;

struct vfio_device {
	struct device *dev;
} co_re;

struct vfio_device_file {
	struct vfio_device *device;
} co_re;

struct vfio_pci_core_device {
	struct pci_dev *pdev;
} co_re;

/* include/linux/sched.h, virt/kvm */

struct task_struct {
	struct task_struct *group_leader;
	char comm[16];
} co_re;

struct kvm_vcpu {
	int vcpu_id;
	bool wants_to_run;
} co_re;

/* linux/vfio.h, struct vfio_irq_set */
#define VFIO_IRQ_SET_DATA_EVENTFD   (1u << 2)
#define VFIO_IRQ_SET_ACTION_TRIGGER (1u << 5)
#define VFIO_PCI_MSIX_IRQ_INDEX	    2 /* INTx and MSI precede it, non-interrupts follow */

/* Long enough for the name of any PCI device: SSSSSSSS:BB:DD.F. */
#define DEVICE_NAME_BYTES 32

#endif /* LUOSCOPE_KERNEL_TYPES_H */
