/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of live update for vfio-pci offer one another. What is done with a file is in
 * vfio-pci, access to the device and its reset in vfio-pci-core, files in vfio, and what must be
 * there from boot on is built in.
 */
#ifndef _LINUX_VFIO_PCI_LIVEUPDATE_H
#define _LINUX_VFIO_PCI_LIVEUPDATE_H

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/pci_liveupdate.h>
#include <linux/percpu-refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct attribute_group;
struct device;
struct file;
struct liveupdate_file_ops;
struct pci_dev;
struct pci_driver;
struct pci_saved_state;
struct vfio_device;
struct vfio_device_file;
struct vfio_device_ops;
struct vfio_group;
struct vfio_pci_core_device;

/**
 * struct vfio_pci_liveupdate - the part of live update in a device of vfio-pci-core
 * @calls: the system calls under way on the device's files, of vfio-pci's own devices; dead while
 * the device is frozen
 * @no_calls: there is none any more
 * @frozen: the device's memory is out of reach
 * @preserved: a file of the device is preserved; guarded by vfio-pci
 * @is_bound: the device that arrived has been bound, or this was tried
 * @idle: of the device that arrived, see &struct vfio_pci_luo_ser
 * @reset: of the device that arrived: how its reset in the old kernel went
 *
 * The last three are written when a file for an incoming device is made, and under the dev_set lock
 * when that is bound, which nobody else can do before.
 */
struct vfio_pci_liveupdate {
	struct percpu_ref calls;
	struct completion no_calls;
	bool frozen;
	bool preserved;
	bool is_bound;
	u32 idle;
	struct vfio_pci_luo_reset reset;
};

/* Whether @condition has come true by @deadline. It is tried once, however late it is. */
#define vfio_pci_core_try_until(deadline, condition)				\
({										\
	bool _done;								\
										\
	while (!(_done = (condition)) && time_before(jiffies, deadline))	\
		usleep_range(500, 1000);					\
	_done;									\
})

/* drivers/vfio/pci/vfio_pci_core_reset.c: part of vfio-pci-core, with or without live update */
u8 vfio_pci_core_reset_lock(struct pci_dev *pdev, unsigned long deadline, struct pci_dev **bridge);
void vfio_pci_core_reset_unlock(struct pci_dev *pdev, struct pci_dev *bridge);

#ifdef CONFIG_VFIO_PCI_LIVEUPDATE

/* drivers/vfio/pci/vfio_handover.c: built in, whatever is modular */
void vfio_handover_register(const struct liveupdate_file_ops *ops);
void vfio_handover_unregister(void);
void vfio_handover_release(struct pci_dev *pdev, enum pci_liveupdate_state from, const char *why);
u8 vfio_handover_reset_method(const struct pci_dev *pdev);

/* drivers/vfio/vfio_liveupdate.c: part of vfio */
struct vfio_device *vfio_liveupdate_device(struct file *file);
bool vfio_liveupdate_is_bound(struct file *file);
void vfio_liveupdate_abandon(struct file *file);
struct vfio_device *vfio_liveupdate_find(struct device *dev, const struct vfio_device_ops *ops);
struct file *vfio_liveupdate_make_file(struct vfio_device *device);
bool vfio_liveupdate_keeps_out(struct vfio_device *device);
bool vfio_liveupdate_keeps_out_group(struct vfio_group *group);
void vfio_liveupdate_bound(struct vfio_device_file *df);
struct pci_dev *vfio_liveupdate_unwanted(struct vfio_device_file *df);
void vfio_liveupdate_release(struct pci_dev *pdev);

/* drivers/vfio/pci/vfio_pci_core_liveupdate.c: part of vfio-pci-core */

/**
 * struct vfio_pci_liveupdate_revocation - DMA-bufs of a device that are being revoked
 * @work: does it, and waits for the importers
 * @done: it is
 * @vdev: the device
 * @started: the work has been queued, and not been waited for since
 */
struct vfio_pci_liveupdate_revocation {
	struct work_struct work;
	struct completion done;
	struct vfio_pci_core_device *vdev;
	bool started;
};

/**
 * struct vfio_pci_liveupdate_config - the configuration space of a device around its reset
 * @before: what it was, a copy that the caller frees; NULL if nothing but the command register was
 * changed. Its command register is that of an idle device
 * @after: what it is to be, but for the command register; NULL: what it was
 * @idle: what is at PCI_CACHE_LINE_SIZE and in the three bytes behind it afterwards
 * @command: what the command register was
 * @idle_command: what it reads as while the device is idle; unless it was read during a reset
 * @has_command: whether @command could be read
 */
struct vfio_pci_liveupdate_config {
	struct pci_saved_state *before;
	struct pci_saved_state *after;
	u32 idle;
	u16 command;
	u16 idle_command;
	bool has_command;
};

u8 vfio_pci_core_liveupdate_cut(struct vfio_pci_core_device *vdev, unsigned long deadline,
				unsigned long dmabuf_timeout,
				struct vfio_pci_liveupdate_revocation *revocation);
int vfio_pci_core_liveupdate_reset(struct vfio_pci_core_device *vdev, u8 busy,
				   unsigned long deadline,
				   struct vfio_pci_liveupdate_config *config,
				   struct vfio_pci_luo_reset *report);
int vfio_pci_core_liveupdate_needs_set(struct vfio_pci_core_device *vdev, unsigned long deadline);
int vfio_pci_core_liveupdate_make_idle(struct vfio_pci_core_device *vdev, unsigned long deadline,
				       struct vfio_pci_liveupdate_config *config, u8 *busy);
int vfio_pci_core_liveupdate_reset_set(struct vfio_pci_core_device *vdev, unsigned long deadline);
void vfio_pci_core_liveupdate_leave(struct vfio_pci_core_device *vdev, unsigned long deadline,
				    struct vfio_pci_liveupdate_config *config);
int vfio_pci_core_liveupdate_restore(struct vfio_pci_core_device *vdev,
				     struct vfio_pci_liveupdate_config *config,
				     struct vfio_pci_liveupdate_revocation *revocation);
bool vfio_pci_core_liveupdate_signal_error(struct vfio_pci_core_device *vdev);
bool vfio_pci_core_liveupdate_spares_reset(struct vfio_pci_core_device *vdev);

/* drivers/vfio/pci/vfio_pci_liveupdate.c: part of vfio-pci */
extern const struct attribute_group *vfio_pci_liveupdate_groups[];
int vfio_pci_liveupdate_init(const struct pci_driver *driver, const struct vfio_device_ops *ops);
void vfio_pci_liveupdate_exit(void);
int vfio_pci_liveupdate_init_dev(struct vfio_pci_core_device *vdev);
void vfio_pci_liveupdate_release_dev(struct vfio_pci_core_device *vdev);

#else

static inline bool vfio_liveupdate_keeps_out(struct vfio_device *device)
{
	return false;
}

static inline bool vfio_liveupdate_keeps_out_group(struct vfio_group *group)
{
	return false;
}

static inline void vfio_liveupdate_bound(struct vfio_device_file *df)
{
}

static inline struct pci_dev *vfio_liveupdate_unwanted(struct vfio_device_file *df)
{
	return NULL;
}

static inline void vfio_liveupdate_release(struct pci_dev *pdev)
{
}

static inline bool vfio_pci_core_liveupdate_spares_reset(struct vfio_pci_core_device *vdev)
{
	return false;
}

static inline int vfio_pci_liveupdate_init(const struct pci_driver *driver,
					   const struct vfio_device_ops *ops)
{
	return 0;
}

static inline void vfio_pci_liveupdate_exit(void)
{
}

static inline int vfio_pci_liveupdate_init_dev(struct vfio_pci_core_device *vdev)
{
	return 0;
}

static inline void vfio_pci_liveupdate_release_dev(struct vfio_pci_core_device *vdev)
{
}

#define vfio_pci_liveupdate_groups NULL

#endif /* CONFIG_VFIO_PCI_LIVEUPDATE */

#endif /* _LINUX_VFIO_PCI_LIVEUPDATE_H */
