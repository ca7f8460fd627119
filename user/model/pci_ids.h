/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The PCI id database (pci.ids of pciutils; pci.ids(5)), which has the names of devices.
 *
 * Only the file is used, without libpci: that is not available as a static library, and luoscope is
 * one static binary.
 */
#ifndef LUOSCOPE_PCI_IDS_H
#define LUOSCOPE_PCI_IDS_H

#include "base/error.h"
#include "model.h"

/**
 * pci_ids_name_devices - set @product of the devices of @model whose ids are known
 * @path: the database; NULL: that of this machine, wherever its distribution puts it
 *
 * If only the vendor is listed, @product is the vendor's name alone. On a machine without a
 * database the names stay empty. Returns 0, -ENOMEM, or the negative errno of a database at @path
 * that cannot be read.
 */
int pci_ids_name_devices(struct model *model, const char *path, struct error *error);

#endif /* LUOSCOPE_PCI_IDS_H */
