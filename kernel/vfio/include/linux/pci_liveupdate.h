/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PCI devices on their way through a live update. The first five are named and behave as those
 * that the PCI core will offer itself; then this goes, and drivers/pci/liveupdate.c with it.
 */
#ifndef _LINUX_PCI_LIVEUPDATE_H
#define _LINUX_PCI_LIVEUPDATE_H

#include <linux/types.h>

struct liveupdate_file_handler;
struct pci_dev;
struct pci_luo_id;

/**
 * enum pci_liveupdate_state - what is being done with a device that the previous kernel sent
 * @PCI_LIVEUPDATE_EXPECTED: nothing yet: its file can be retrieved
 * @PCI_LIVEUPDATE_RETRIEVED: its file has been retrieved, and the device has not arrived
 * @PCI_LIVEUPDATE_RELEASING: nobody will have it, and it is being reset
 * @PCI_LIVEUPDATE_WITHHELD: it could not be reset, so that nobody gets it
 */
enum pci_liveupdate_state {
	PCI_LIVEUPDATE_EXPECTED = 1,
	PCI_LIVEUPDATE_RETRIEVED = 2,
	PCI_LIVEUPDATE_RELEASING = 4,
	PCI_LIVEUPDATE_WITHHELD = 8,
};

int pci_liveupdate_register_flb(struct liveupdate_file_handler *handler);
int pci_liveupdate_preserve(struct pci_dev *pdev);
void pci_liveupdate_unpreserve(struct pci_dev *pdev);
bool pci_liveupdate_is_incoming(struct pci_dev *pdev);
void pci_liveupdate_finish(struct pci_dev *pdev);

int pci_liveupdate_identify(struct pci_dev *pdev, struct pci_luo_id *id);
struct pci_dev *pci_liveupdate_find(const struct pci_luo_id *id);
bool pci_liveupdate_is_same(struct pci_dev *pdev, const struct pci_luo_id *id);
bool pci_liveupdate_is_listed(struct pci_dev *pdev);
int pci_liveupdate_expect(struct pci_dev *pdev, const struct pci_luo_id *id, const char *driver);
int pci_liveupdate_move(struct pci_dev **pdevs, int count, unsigned int from,
			enum pci_liveupdate_state to);
void pci_liveupdate_forget(const struct pci_luo_id *id);
void pci_liveupdate_trust_list(void);

#endif /* _LINUX_PCI_LIVEUPDATE_H */
