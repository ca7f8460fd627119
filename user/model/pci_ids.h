/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The PCI id database (pci.ids of pciutils; pci.ids(5)), which says what a device is called.
 *
 * Only the file is used. libpci, which reads it as well, cannot be had as a static library, and
 * luoscope is one static binary.
 */
#ifndef LUOSCOPE_PCI_IDS_H
#define LUOSCOPE_PCI_IDS_H

#include "base/error.h"
#include "model.h"

/**
 * pci_ids_name_devices - set @product of the devices of @model whose ids are known
 * @path: the database; NULL: the one of this machine, wherever its distribution puts it
 *
 * A vendor that is listed without the device gives the vendor's name alone. A machine without a
 * database leaves the names empty. Returns 0, or the negative errno of a database at @path that
 * cannot be read.
 */
int pci_ids_name_devices(struct model *model, const char *path, struct error *error);

#endif /* LUOSCOPE_PCI_IDS_H */
