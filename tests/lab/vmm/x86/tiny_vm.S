/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What runs in the tiny virtual machine, on each of its vCPUs, in 64-bit mode and for ever. It
 * counts in a register, in an SSE register and in memory, and compares them; it reads the TSC once
 * a round and keeps the largest gap between two readings; it uses a device. It is copied to where
 * it runs.
 *
 * At its begin: %rdi its cells, %rsi the device or 0; all others are 0.
 * Kept: %r15 the count, %xmm15 the same, %xmm14 1, %r14 the last reading of the TSC.
 */
#include "../tiny_vm.h"

#define MSR_KERNEL_GS_BASE 0xc0000102

	.section .rodata
	.globl tiny_vm_begin, tiny_vm_end
	.balign 16
tiny_vm_begin:
	/* An MSR that nothing else uses holds the address of the cells. */
	mov	$MSR_KERNEL_GS_BASE, %ecx
	mov	%edi, %eax
	xor	%edx, %edx
	wrmsr
	mov	$1, %eax
	movq	%rax, %xmm14
	pxor	%xmm15, %xmm15
	rdtsc
	shl	$32, %rdx
	lea	(%rax,%rdx), %r14

round:
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, %rbx
	sub	%r14, %rbx
	jae	forwards
	incq	CELL_WRONG(%rdi)
	jmp	read
forwards:
	cmp	CELL_GAP(%rdi), %rbx
	jbe	read
	mov	%r14, CELL_BEFORE(%rdi)
	mov	%rax, CELL_AFTER(%rdi)
	mov	%rbx, CELL_GAP(%rdi)
read:
	mov	%rax, %r14

	inc	%r15
	paddq	%xmm14, %xmm15
	incq	CELL_COUNT(%rdi)
	movq	%xmm15, %rax
	cmp	%rax, %r15
	jne	miscounted
	cmp	CELL_COUNT(%rdi), %r15
	je	counted
miscounted:
	incq	CELL_WRONG(%rdi)
counted:

	/* Every 256 rounds the device and the MSR; then it comes out, so that others have a turn. */
	test	$0xff, %r15b
	jnz	round
	test	%rsi, %rsi
	jz	answered
	incq	CELL_ASKED(%rdi)
	mov	%r15d, TINY_VM_EDU_INVERT(%rsi)
	mov	TINY_VM_EDU_INVERT(%rsi), %eax
	not	%eax
	cmp	%eax, %r15d
	je	answered
	incq	CELL_ANSWERED_WRONG(%rdi)
	mov	%eax, CELL_WRONG_ANSWER(%rdi)
	mov	%r15d, CELL_WRONG_ANSWER + 4(%rdi)
answered:
	mov	$MSR_KERNEL_GS_BASE, %ecx
	rdmsr
	cmp	%eax, %edi
	je	came_out
	incq	CELL_WRONG(%rdi)
came_out:
	out	%al, $TINY_VM_PORT
	jmp	round
tiny_vm_end:

	.section .note.GNU-stack, "", @progbits
