/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tiny virtual machine: what tiny_vm.S (which runs in it) and vm.c (which makes it) agree on.
 * Addresses are guest-physical, and the same in its page tables.
 */
#ifndef LAB_TINY_VM_H
#define LAB_TINY_VM_H

/*
 * The first 128 KiB of its memory; what lies behind keeps its pattern. The page tables map the
 * first GiB in pages of 2 MiB. Of the cells (struct tiny_vm_cells) each vCPU has a page, of the
 * states 8 KiB: they are the VMM's, and the VM leaves them alone. A vCPU that has lost its
 * registers begins at the reset address, and halts there.
 */
#define TINY_VM_PML4	   0x1000
#define TINY_VM_PDPT	   0x2000
#define TINY_VM_PD	   0x3000
#define TINY_VM_CODE	   0x4000
#define TINY_VM_CELLS	   0x8000
#define TINY_VM_RESET	   0xfff0
#define TINY_VM_STATES	   0x10000
#define TINY_VM_STATE_SIZE 0x2000
#define TINY_VM_PATTERN	   0x20000
#define TINY_VM_MAX_VCPUS  7 /* for the reset address lies in the next page of cells */

/* A page of the device that it uses. */
#define TINY_VM_DEVICE	   0x20000000
#define TINY_VM_EDU_INVERT 0x04 /* edu answers with the complement of what is written there */

#define TINY_VM_PORT 0x10 /* a vCPU writes to it now and then: it can be let sleep */

/* Offsets in the cells. */
#define CELL_COUNT	    0
#define CELL_GAP	    8
#define CELL_BEFORE	    16
#define CELL_AFTER	    24
#define CELL_WRONG	    32
#define CELL_ASKED	    40
#define CELL_ANSWERED_WRONG 48
#define CELL_WRONG_ANSWER   56

#ifndef __ASSEMBLER__
#include <stdint.h>

/**
 * struct tiny_vm_cells - what a vCPU tells of itself
 * @count:              how often it has been round its loop
 * @gap:                the largest difference of two readings of the TSC, one a round: cycles.
 *                      Since it was last restored, and the time up to then is part of it
 * @before:             the first of those two readings
 * @after:              the second
 * @wrong:              how often a register, an SSE register or an MSR was not what it should be,
 *                      or the TSC ran backwards
 * @asked:              how often the device was used
 * @answered_wrong:     how often its answer was not the right one
 * @wrong_answer:       the last one of these, and behind it in the upper half what was asked
 */
struct tiny_vm_cells {
	uint64_t count;
	uint64_t gap;
	uint64_t before;
	uint64_t after;
	uint64_t wrong;
	uint64_t asked;
	uint64_t answered_wrong;
	uint64_t wrong_answer;
};

extern const uint8_t tiny_vm_begin[], tiny_vm_end[];
#endif

#endif
