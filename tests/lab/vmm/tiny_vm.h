/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tiny virtual machine: what ARCH/tiny_vm.S (which runs in it) and those who make it (vm.c and
 * ARCH/vcpu.c) agree on. Addresses are guest-physical, and the same in its page tables.
 */
#ifndef LAB_TINY_VM_H
#define LAB_TINY_VM_H

/*
 * The first 128 KiB of its memory; what lies behind keeps its pattern. Page tables and the address
 * at which a vCPU begins that has lost its registers are ARCH/vcpu.c's, in the first 16 KiB and in
 * the page before the states. Of the cells (struct tiny_vm_cells) each vCPU has a page, of the
 * states 8 KiB: they are the VMM's, and the VM leaves them alone.
 */
#define TINY_VM_CODE	   0x4000
#define TINY_VM_CELLS	   0x8000
#define TINY_VM_STATES	   0x10000
#define TINY_VM_STATE_SIZE 0x2000
#define TINY_VM_PATTERN	   0x20000
#define TINY_VM_MAX_VCPUS  7

/* A page of the device that it uses. */
#define TINY_VM_DEVICE	   0x20000000
#define TINY_VM_EDU_INVERT 0x04 /* edu answers with the complement of what is written there */

/* A vCPU writes to it now and then, so that it can be let sleep: x86's port, arm64's address. */
#ifdef __x86_64__
#define TINY_VM_PORT 0x10
#else
#define TINY_VM_PORT 0x30000000
#endif

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
 * @gap:                the largest difference of two readings of the counter, one a round: cycles.
 *                      Since it was last restored, and the time up to then is part of it
 * @before:             the first of those two readings
 * @after:              the second
 * @wrong:              how often a register, a vector register or a system register was not what
 *                      it should be, or the counter ran backwards
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
