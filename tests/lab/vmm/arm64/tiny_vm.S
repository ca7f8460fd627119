/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What runs in the tiny virtual machine on arm64, on each of its vCPUs, in EL1 and for ever: the
 * same as x86/tiny_vm.S. It is copied to where it runs.
 *
 * At its begin: x0 its cells, x1 the device or 0; all others are 0.
 * Kept: x15 the count, v15 the same, v14 1, x14 the last reading of the counter.
 */
#include "../tiny_vm.h"

	.macro	increment cell
	ldr	x5, [x0, #\cell]
	add	x5, x5, #1
	str	x5, [x0, #\cell]
	.endm

	.section .rodata
	.globl tiny_vm_begin, tiny_vm_end
	.balign 16
tiny_vm_begin:
	/* A system register that nothing else uses holds the address of the cells. */
	msr	tpidr_el1, x0
	mov	x5, #1
	fmov	d14, x5
	movi	v15.2d, #0
	isb
	mrs	x14, cntvct_el0

round:
	isb
	mrs	x3, cntvct_el0
	subs	x4, x3, x14
	b.hs	forwards
	increment CELL_WRONG
	b	read
forwards:
	ldr	x5, [x0, #CELL_GAP]
	cmp	x4, x5
	b.ls	read
	str	x14, [x0, #CELL_BEFORE]
	str	x3, [x0, #CELL_AFTER]
	str	x4, [x0, #CELL_GAP]
read:
	mov	x14, x3

	add	x15, x15, #1
	add	v15.2d, v15.2d, v14.2d
	increment CELL_COUNT
	fmov	x6, d15
	cmp	x15, x6
	b.ne	miscounted
	cmp	x15, x5
	b.eq	counted
miscounted:
	increment CELL_WRONG
counted:

	/* Every 256 rounds the device and the system register; then it comes out, so that others have a turn. */
	tst	x15, #0xff
	b.ne	round
	cbz	x1, answered
	increment CELL_ASKED
	str	w15, [x1, #TINY_VM_EDU_INVERT]
	ldr	w7, [x1, #TINY_VM_EDU_INVERT]
	mvn	w6, w7
	cmp	w15, w6
	b.eq	answered
	increment CELL_ANSWERED_WRONG
	str	w7, [x0, #CELL_WRONG_ANSWER]
	str	w15, [x0, #CELL_WRONG_ANSWER + 4]
answered:
	mrs	x5, tpidr_el1
	cmp	x5, x0
	b.eq	came_out
	increment CELL_WRONG
came_out:
	mov	x5, #TINY_VM_PORT
	str	wzr, [x5]
	b	round
tiny_vm_end:

	.section .note.GNU-stack, "", @progbits
