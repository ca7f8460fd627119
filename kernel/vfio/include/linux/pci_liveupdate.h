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

int pci_liveupdate_register_flb(struct liveupdate_file_handler *handler);
int pci_liveupdate_preserve(struct pci_dev *pdev);
void pci_liveupdate_unpreserve(struct pci_dev *pdev);
bool pci_liveupdate_is_incoming(struct pci_dev *pdev);
void pci_liveupdate_finish(struct pci_dev *pdev);

int pci_liveupdate_identify(struct pci_dev *pdev, struct pci_luo_id *id);
struct pci_dev *pci_liveupdate_find(const struct pci_luo_id *id);
bool pci_liveupdate_is_same(struct pci_dev *pdev, const struct pci_luo_id *id);
bool pci_liveupdate_is_listed(struct pci_dev *pdev);
void pci_liveupdate_forget(const struct pci_luo_id *id);
void pci_liveupdate_trust_list(void);

#endif /* _LINUX_PCI_LIVEUPDATE_H */
