/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtual machine and its vCPUs, and what of them depends on the architecture: ARCH/vcpu.c.
 * Functions return 0 or a negative errno.
 */
#ifndef LAB_VCPU_H
#define LAB_VCPU_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tiny_vm.h"
#include "vmm.h"

struct vm;

struct vcpu {
	struct vm *vm;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	bool has_thread;
	/* readings of the counter: when it was saved that it is restored from, and when it ran again */
	uint64_t left, entered;
	/* what ended its thread, if it was not the pause: text, and an errno or 0 */
	const char *_Atomic ended;
	atomic_int error;
};

struct vm {
	const char *name;
	struct thing *memory;
	int kvm_fd, fd;
	unsigned int vcpu_count;
	struct vcpu vcpus[TINY_VM_MAX_VCPUS];
	atomic_bool pausing;
};

/* What every vCPU's state in the VM's memory begins with; the rest is the architecture's. */
struct vcpu_state_head {
	uint64_t magic;
	uint32_t vcpu_count;
	uint32_t reserved;
	/* by the VMM, when it last came out of KVM_RUN: a reading of the counter */
	uint64_t left;
};

static inline void *vm_memory(const struct vm *vm, size_t address)
{
	return (uint8_t *)vm->memory->words + address;
}

static inline void *vcpu_state(const struct vcpu *vcpu)
{
	return vm_memory(vcpu->vm, TINY_VM_STATES + vcpu->id * TINY_VM_STATE_SIZE);
}

/* What must be set before a VM has vCPUs, ... */
int vm_prepare(const struct vm *vm);
/* ... and of each new vCPU before it has a state. */
int vcpu_prepare(const struct vcpu *vcpu);

/* Page tables for the first GiB, each address as it is, and where a vCPU without state begins. */
void vm_fill_tables(const struct vm *vm);

/* At the begin of the code, with its cells. Its counter is the host's own. */
int vcpu_start(const struct vcpu *vcpu);
int vcpu_set_device(const struct vcpu *vcpu, uint64_t address);

/* KVM_RUN ended with the write to TINY_VM_PORT. */
bool vcpu_has_written(const struct vcpu *vcpu);
/* Or with the vCPU's end. */
bool vcpu_is_off(const struct vcpu *vcpu);
/* Of one that ended: where it was, and what it had counted. */
void vcpu_where(const struct vcpu *vcpu, uint64_t *pc, uint64_t *count);

/* The parts of the state, in the order in which they are restored. */
extern const unsigned int state_parts;
const char *state_part_name(unsigned int part);
int state_part_save(const struct vcpu *vcpu, unsigned int part);
int state_part_restore(const struct vcpu *vcpu, unsigned int part);

#endif
