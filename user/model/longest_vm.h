/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtual machine with the longest downtime.
 */
#ifndef LUOSCOPE_LONGEST_VM_H
#define LUOSCOPE_LONGEST_VM_H

#include "model.h"

/**
 * longest_vm_downtime - the longest downtime of a virtual machine that ran in the old kernel
 * @longest: set to that virtual machine, or NULL if none has a known downtime; may be NULL itself
 *
 * It is a lower bound if the downtime of any of them is, or is not known.
 */
struct bounded longest_vm_downtime(const struct model *model, const struct model_vm **longest);

#endif /* LUOSCOPE_LONGEST_VM_H */
