/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of live update for vfio-pci offer one another. What is done with a file is in
 * vfio-pci, the door before a file's system calls in vfio, the one before the BARs in
 * vfio-pci-core, and what must be there from boot on is built in, in drivers/pci.
 */
#ifndef _LINUX_VFIO_PCI_LIVEUPDATE_H
#define _LINUX_VFIO_PCI_LIVEUPDATE_H

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/limits.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct device;
struct file;
struct liveupdate_file_ops;
struct pci_dev;
struct pci_driver;
struct pci_saved_state;
struct vfio_device;
struct vfio_device_ops;
struct vfio_group;
struct vfio_pci_core_device;
struct vfio_pci_luo_reset;
struct vfio_pci_luo_ser;

/**
 * struct vfio_liveupdate_gate - the door that all system calls on one device file go through
 * @users: how many are inside; VFIO_LIVEUPDATE_CLOSED is added to it when nobody may come in
 */
struct vfio_liveupdate_gate {
#ifdef CONFIG_VFIO_PCI_LIVEUPDATE
	atomic_t users;
#endif
};

#ifdef CONFIG_VFIO_PCI_LIVEUPDATE

/* As negative as can be. Those who are turned away leave no trace, so that the count can drain. */
#define VFIO_LIVEUPDATE_CLOSED INT_MIN

static inline struct vfio_liveupdate_gate *
vfio_liveupdate_gate_enter(struct vfio_liveupdate_gate *gate)
{
	return likely(atomic_inc_unless_negative(&gate->users)) ? gate : NULL;
}

static inline void vfio_liveupdate_gate_leave(struct vfio_liveupdate_gate *gate)
{
	/* What was done inside is seen by who finds nobody there, see vfio_liveupdate_close(). */
	if (gate)
		(void)atomic_dec_return_release(&gate->users);
}

/* drivers/pci/vfio_handover.c: built in, whatever is modular */

/**
 * struct vfio_pci_handover_config - the configuration space of a device around its reset
 * @before: what it was, a copy that the caller frees; NULL if nothing but the command register was
 * changed. Its command register is that of an idle device
 * @after: what it is to be, but for the command register; NULL: what it was
 * @idle: what is at PCI_CACHE_LINE_SIZE and in the three bytes behind it afterwards
 * @command: what the command register was
 * @has_command: whether it could be read
 */
struct vfio_pci_handover_config {
	struct pci_saved_state *before;
	struct pci_saved_state *after;
	u32 idle;
	u16 command;
	bool has_command;
};

void vfio_pci_handover_register(const struct liveupdate_file_ops *ops);
void vfio_pci_handover_unregister(void);
unsigned long vfio_pci_handover_deadline(void);
unsigned int vfio_pci_handover_dmabuf_ms(void);
int vfio_pci_handover_reset(struct pci_dev *pdev, bool resettable, u8 busy, unsigned long deadline,
			    struct vfio_pci_handover_config *config,
			    struct vfio_pci_luo_reset *report);
int vfio_pci_handover_restore(struct pci_dev *pdev, struct vfio_pci_handover_config *config);
void vfio_pci_outgoing_add(struct vfio_pci_luo_ser *ser);
void vfio_pci_outgoing_remove(struct vfio_pci_luo_ser *ser);
int vfio_pci_outgoing_describe(struct pci_dev *pdev, struct vfio_pci_luo_ser *ser);
bool vfio_pci_incoming_is_same(struct pci_dev *pdev, const struct vfio_pci_luo_ser *ser);
struct pci_dev *vfio_pci_incoming_find(const struct vfio_pci_luo_ser *ser);
int vfio_pci_incoming_claim(struct device *dev, const struct vfio_pci_luo_ser *ser,
			    const void *holder);
bool vfio_pci_incoming_keeps_out(struct device *dev, const void *holder);
bool vfio_pci_incoming_spares_reset(struct pci_dev *pdev);
void vfio_pci_incoming_bound(struct device *dev, const void *holder);
void vfio_pci_incoming_closed(struct device *dev, const void *holder);

/* drivers/vfio/vfio_liveupdate.c: part of vfio */
struct vfio_device *vfio_liveupdate_device(struct file *file);
bool vfio_liveupdate_is_bound(struct file *file);
void vfio_liveupdate_close(struct file *file);
bool vfio_liveupdate_is_empty(struct file *file, unsigned long deadline);
void vfio_liveupdate_open(struct file *file);
void vfio_liveupdate_abandon(struct file *file);
bool vfio_liveupdate_keeps_out(struct vfio_group *group);
struct file *vfio_liveupdate_make_file(struct device *dev, const struct vfio_device_ops *ops,
				       const struct vfio_pci_luo_ser *ser);

/* drivers/vfio/pci/vfio_pci_core_liveupdate.c: part of vfio-pci-core */

/**
 * struct vfio_pci_liveupdate_revocation - DMA-bufs of a device that are being revoked
 * @work: does it, and waits for the importers
 * @done: it is
 * @vdev: the device
 * @begun: the work has been queued, and not been waited for since
 */
struct vfio_pci_liveupdate_revocation {
	struct work_struct work;
	struct completion done;
	struct vfio_pci_core_device *vdev;
	bool begun;
};

u8 vfio_pci_core_liveupdate_cut(struct vfio_pci_core_device *vdev, unsigned long deadline,
				struct vfio_pci_liveupdate_revocation *revocation);
void vfio_pci_core_liveupdate_restore(struct vfio_pci_core_device *vdev,
				      struct vfio_pci_liveupdate_revocation *revocation);
bool vfio_pci_core_liveupdate_signal_error(struct vfio_pci_core_device *vdev);

/* drivers/vfio/pci/vfio_pci_liveupdate.c: part of vfio-pci */
int vfio_pci_liveupdate_init(const struct pci_driver *driver, const struct vfio_device_ops *ops);
void vfio_pci_liveupdate_exit(void);

#else

static inline struct vfio_liveupdate_gate *
vfio_liveupdate_gate_enter(struct vfio_liveupdate_gate *gate)
{
	return gate;
}

static inline void vfio_liveupdate_gate_leave(struct vfio_liveupdate_gate *gate)
{
}

static inline bool vfio_pci_incoming_keeps_out(struct device *dev, const void *holder)
{
	return false;
}

static inline bool vfio_pci_incoming_spares_reset(struct pci_dev *pdev)
{
	return false;
}

static inline bool vfio_liveupdate_keeps_out(struct vfio_group *group)
{
	return false;
}

static inline void vfio_pci_incoming_bound(struct device *dev, const void *holder)
{
}

static inline void vfio_pci_incoming_closed(struct device *dev, const void *holder)
{
}

static inline int vfio_pci_liveupdate_init(const struct pci_driver *driver,
					   const struct vfio_device_ops *ops)
{
	return 0;
}

static inline void vfio_pci_liveupdate_exit(void)
{
}

#endif /* CONFIG_VFIO_PCI_LIVEUPDATE */

/* CLASS(vfio_liveupdate_call, call)(&df->gate): inside until the end of the scope, or NULL */
DEFINE_CLASS(vfio_liveupdate_call, struct vfio_liveupdate_gate *,
	     vfio_liveupdate_gate_leave(_T), vfio_liveupdate_gate_enter(gate),
	     struct vfio_liveupdate_gate *gate)

#endif /* _LINUX_VFIO_PCI_LIVEUPDATE_H */
