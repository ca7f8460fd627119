// SPDX-License-Identifier: GPL-2.0
/* vCPUs of arm64: see vcpu.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../vcpu.h"

/*
 * The page at 0 has the vectors, and a vCPU that has lost its registers begins there: both switch
 * the VM off.
 */
#define VECTORS	    0x0000
#define VECTOR_SIZE 0x80
#define LEVEL_1	    0x1000
#define LEVEL_2	    0x2000

/* Descriptors: a table, or a block of normal memory or of a device, which executes nothing. */
#define DESCRIPTOR_TABLE  0x3ull
#define DESCRIPTOR_MEMORY 0x701ull /* accessed, shared with the other CPUs, the first of MAIR */
#define DESCRIPTOR_DEVICE (0x60000000000405ull) /* the second of MAIR */

#define SYSTEM(op0, op1, crn, crm, op2) ARM64_SYS_REG(op0, op1, crn, crm, op2)
#define SCTLR				SYSTEM(3, 0, 1, 0, 0)
#define CPACR				SYSTEM(3, 0, 1, 0, 2)
#define TTBR0				SYSTEM(3, 0, 2, 0, 0)
#define TCR				SYSTEM(3, 0, 2, 0, 2)
#define MAIR				SYSTEM(3, 0, 10, 2, 0)
#define VBAR				SYSTEM(3, 0, 12, 0, 0)
#define TPIDR				SYSTEM(3, 0, 13, 0, 4)

#define CORE(size, field) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_##size | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))
#define X(number) (CORE(U64, regs.regs[0]) + 2 * (number))
#define V(number) (CORE(U128, fp_regs.vregs[0]) + 4 * (number))
#define PC	  CORE(U64, regs.pc)
#define PSTATE	  CORE(U64, regs.pstate)

/* The system registers that the VM uses. */
static const struct {
	uint64_t id, value;
} system_registers[] = {
	{ MAIR, 0x04ff }, /* memory that is written back, and devices */
	/* 39 bits of addresses in pages of 4 KiB, walked through caches that are shared; no TTBR1. */
	{ TCR, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 },
	{ TTBR0, LEVEL_1 },
	{ VBAR, VECTORS },
	{ CPACR, 3 << 20 }, /* vector registers */
	{ TPIDR, 0 },
	{ SCTLR, 0x30d01805 }, /* address translation and caches; the rest is as it must be */
};
#define SYSTEM_REGISTERS (sizeof(system_registers) / sizeof(system_registers[0]))
#define CORE_REGISTERS	 33
#define VECTOR_REGISTERS 32

struct state {
	struct vcpu_state_head head;
	uint64_t system[SYSTEM_REGISTERS];
	uint64_t core[CORE_REGISTERS]; /* 31 of them, the PC and PSTATE */
	uint8_t vector[VECTOR_REGISTERS][16];
};

_Static_assert(sizeof(struct state) <= TINY_VM_STATE_SIZE, "a vCPU's state has its room");

/* Since Linux 6.4; of KVM's header there. */
struct counter_offset {
	uint64_t offset, reserved;
};
#define SET_COUNTER_OFFSET _IOW(KVMIO, 0xb5, struct counter_offset)

static int set_counter_offset(const struct vm *vm)
{
	const struct counter_offset none = {};

	return ioctl(vm->fd, SET_COUNTER_OFFSET, &none) ? -errno : 0;
}

/* All vCPUs have the same counter. It is set when they are there, else it would begin with 0. */
int vm_prepare(const struct vm *vm)
{
	(void)vm;
	return 0;
}

int vcpu_prepare(const struct vcpu *vcpu)
{
	struct kvm_vcpu_init init;

	if (ioctl(vcpu->vm->fd, KVM_ARM_PREFERRED_TARGET, &init))
		return -errno;
	init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	return ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init) ? -errno : 0;
}

void vm_fill_tables(const struct vm *vm)
{
	static const uint32_t switch_off[] = {
		0xd2800100, /* mov x0, #8 */
		0xf2b08000, /* movk x0, #0x8400, lsl #16: PSCI's SYSTEM_OFF */
		0xd4000002, /* hvc #0 */
	};
	uint64_t *level_1 = vm_memory(vm, LEVEL_1), *level_2 = vm_memory(vm, LEVEL_2);
	uint64_t i;

	for (i = 0; i < 16; i++)
		memcpy(vm_memory(vm, VECTORS + i * VECTOR_SIZE), switch_off, sizeof(switch_off));
	level_1[0] = LEVEL_2 | DESCRIPTOR_TABLE;
	for (i = 0; i < 512; i++)
		level_2[i] = i << 21 |
			     (i << 21 < TINY_VM_DEVICE ? DESCRIPTOR_MEMORY : DESCRIPTOR_DEVICE);
}

static int set_register(const struct vcpu *vcpu, uint64_t id, const void *value)
{
	const struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)value };

	return ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg) ? -errno : 0;
}

static int get_register(const struct vcpu *vcpu, uint64_t id, void *value)
{
	const struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)value };

	return ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) ? -errno : 0;
}

/* In EL1, without interrupts. */
int vcpu_start(const struct vcpu *vcpu)
{
	const uint64_t pc = TINY_VM_CODE, pstate = 0x3c5, cells = TINY_VM_CELLS + vcpu->id * 0x1000;
	unsigned int i;
	int err = 0;

	for (i = 0; i < SYSTEM_REGISTERS && !err; i++)
		err = set_register(vcpu, system_registers[i].id, &system_registers[i].value);
	err = err ?: set_register(vcpu, X(0), &cells);
	err = err ?: set_register(vcpu, PC, &pc);
	err = err ?: set_register(vcpu, PSTATE, &pstate);
	return err ?: set_counter_offset(vcpu->vm);
}

int vcpu_set_device(const struct vcpu *vcpu, uint64_t address)
{
	return set_register(vcpu, X(1), &address);
}

bool vcpu_has_written(const struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	return run->exit_reason == KVM_EXIT_MMIO && run->mmio.is_write &&
	       run->mmio.phys_addr == TINY_VM_PORT;
}

bool vcpu_is_off(const struct vcpu *vcpu)
{
	return vcpu->run->exit_reason == KVM_EXIT_SYSTEM_EVENT;
}

void vcpu_where(const struct vcpu *vcpu, uint64_t *pc, uint64_t *count)
{
	*pc = *count = 0;
	get_register(vcpu, PC, pc);
	get_register(vcpu, X(15), count);
}

/* A part of the state: its registers, and where they are kept. */
static uint64_t system_id(unsigned int i)
{
	return system_registers[i].id;
}

static uint64_t core_id(unsigned int i)
{
	return i == CORE_REGISTERS - 1 ? PSTATE : i == CORE_REGISTERS - 2 ? PC : X(i);
}

static uint64_t vector_id(unsigned int i)
{
	return V(i);
}

static const struct {
	const char *name;
	uint64_t (*id)(unsigned int i);
	unsigned int count;
	size_t offset, size;
} parts[] = {
	{ "sysregs", system_id, SYSTEM_REGISTERS, offsetof(struct state, system), 8 },
	{ "vector", vector_id, VECTOR_REGISTERS, offsetof(struct state, vector), 16 },
	{ "regs", core_id, CORE_REGISTERS, offsetof(struct state, core), 8 },
	/* Not a register: the difference to the host's counter, which goes on through the update. */
	{ "counter", NULL, 0, 0, 0 },
};

const unsigned int state_parts = sizeof(parts) / sizeof(parts[0]);

const char *state_part_name(unsigned int part)
{
	return parts[part].name;
}

static int part_move(const struct vcpu *vcpu, unsigned int part,
		     int (*move)(const struct vcpu *vcpu, uint64_t id, void *value))
{
	uint8_t *at = (uint8_t *)vcpu_state(vcpu) + parts[part].offset;
	unsigned int i;
	int err = 0;

	for (i = 0; i < parts[part].count && !err; i++)
		err = move(vcpu, parts[part].id(i), at + i * parts[part].size);
	return err;
}

static int move_in(const struct vcpu *vcpu, uint64_t id, void *value)
{
	return set_register(vcpu, id, value);
}

int state_part_save(const struct vcpu *vcpu, unsigned int part)
{
	return part_move(vcpu, part, get_register);
}

int state_part_restore(const struct vcpu *vcpu, unsigned int part)
{
	return parts[part].id ? part_move(vcpu, part, move_in) : set_counter_offset(vcpu->vm);
}
