/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory for what there may be a lot of.
 */
#ifndef LUOSCOPE_HUGE_PAGES_H
#define LUOSCOPE_HUGE_PAGES_H

#include <stddef.h>

/**
 * huge_pages - have what is not written yet of @memory filled with huge pages, as far as they fit
 * @memory: from malloc() or its like; or NULL
 * @bytes:  its size
 *
 * A large update fills tens of MiB. In a virtual machine, a fault for each 4 KiB of that may take
 * longer than everything else. Returns @memory.
 */
void *huge_pages(void *memory, size_t bytes);

#endif /* LUOSCOPE_HUGE_PAGES_H */
