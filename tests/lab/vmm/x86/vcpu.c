// SPDX-License-Identifier: GPL-2.0
/* vCPUs of x86: see vcpu.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../vcpu.h"

/* A vCPU that has lost its registers begins at the reset address, and halts there. */
#define PML4  0x1000
#define PDPT  0x2000
#define PD    0x3000
#define RESET 0xfff0

/* The first MSRs of an x86-64 CPU that a program in the VM could have set. */
static const uint32_t saved_msrs[] = {
	0x00000174, /* SYSENTER_CS */
	0x00000175, /* SYSENTER_ESP */
	0x00000176, /* SYSENTER_EIP */
	0x00000277, /* PAT */
	0xc0000081, /* STAR */
	0xc0000082, /* LSTAR */
	0xc0000083, /* CSTAR */
	0xc0000084, /* SFMASK */
	0xc0000102, /* KERNEL_GS_BASE */
	0xc0000103, /* TSC_AUX */
};
#define MSR_COUNT (sizeof(saved_msrs) / sizeof(saved_msrs[0]))

struct state {
	struct vcpu_state_head head;
	uint64_t tsc_offset;
	struct kvm_mp_state mp_state;
	struct kvm_vcpu_events events;
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[MSR_COUNT];
	} msrs;
	struct kvm_xsave xsave;
};

_Static_assert(sizeof(struct state) <= TINY_VM_STATE_SIZE, "a vCPU's state has its room");

/* KVM's idea of the rate is from before the kernel measured it for good. */
int vm_prepare(const struct vm *vm)
{
	return ioctl(vm->fd, KVM_SET_TSC_KHZ, 0ul) ? -errno : 0;
}

/* The VM has all that KVM can give. */
int vcpu_prepare(const struct vcpu *vcpu)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[128];
	} cpuid = { .head.nent = 128 };

	if (ioctl(vcpu->vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, &cpuid) ||
	    ioctl(vcpu->fd, KVM_SET_CPUID2, &cpuid))
		return -errno;
	return 0;
}

void vm_fill_tables(const struct vm *vm)
{
	uint64_t *pml4 = vm_memory(vm, PML4), *pdpt = vm_memory(vm, PDPT), *pd = vm_memory(vm, PD);
	unsigned int i;

	pml4[0] = PDPT | 3; /* present, writable */
	pdpt[0] = PD | 3;
	for (i = 0; i < 512; i++)
		pd[i] = (uint64_t)i << 21 | 0x83; /* and 2 MiB */
	*(uint8_t *)vm_memory(vm, RESET) = 0xf4;  /* hlt */
}

static int tsc_offset(const struct vcpu *vcpu, unsigned long command, uint64_t *offset)
{
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)offset,
	};

	return ioctl(vcpu->fd, command, &attr) ? -errno : 0;
}

/* In 64-bit mode. */
int vcpu_start(const struct vcpu *vcpu)
{
	struct kvm_segment code = { .limit = ~0u,
				    .selector = 8,
				    .type = 11,
				    .present = 1,
				    .s = 1,
				    .l = 1,
				    .g = 1 },
			   data = code;
	struct kvm_regs regs = { .rip = TINY_VM_CODE,
				 .rflags = 2,
				 .rdi = TINY_VM_CELLS + vcpu->id * 0x1000 };
	struct kvm_sregs sregs;
	uint64_t offset = 0;

	data.selector = 16;
	data.type = 3;
	data.l = 0;
	data.db = 1;
	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.ss = sregs.fs = sregs.gs = data;
	/* Paging with 64-bit entries, 64-bit mode and active, SSE with its exceptions. */
	sregs.cr0 = 0x80000033;
	sregs.cr3 = PML4;
	sregs.cr4 = 0x620;
	sregs.efer = 0x500;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) || ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		return -errno;
	return tsc_offset(vcpu, KVM_SET_DEVICE_ATTR, &offset);
}

int vcpu_set_device(const struct vcpu *vcpu, uint64_t address)
{
	struct kvm_regs regs;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs))
		return -errno;
	regs.rsi = address;
	return ioctl(vcpu->fd, KVM_SET_REGS, &regs) ? -errno : 0;
}

bool vcpu_has_written(const struct vcpu *vcpu)
{
	return vcpu->run->exit_reason == KVM_EXIT_IO;
}

bool vcpu_is_off(const struct vcpu *vcpu)
{
	return vcpu->run->exit_reason == KVM_EXIT_SHUTDOWN;
}

void vcpu_where(const struct vcpu *vcpu, uint64_t *pc, uint64_t *count)
{
	struct kvm_regs regs = {};

	ioctl(vcpu->fd, KVM_GET_REGS, &regs);
	*pc = regs.rip;
	*count = regs.r15;
}

/* How KVM takes and gives a part, and where it is kept. */
static const struct {
	const char *name;
	unsigned long get, set;
	size_t offset;
} parts[] = {
	{ "sregs", KVM_GET_SREGS, KVM_SET_SREGS, offsetof(struct state, sregs) },
	{ "msrs", KVM_GET_MSRS, KVM_SET_MSRS, offsetof(struct state, msrs) },
	{ "xsave", KVM_GET_XSAVE, KVM_SET_XSAVE, offsetof(struct state, xsave) },
	{ "regs", KVM_GET_REGS, KVM_SET_REGS, offsetof(struct state, regs) },
	{ "events", KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, offsetof(struct state, events) },
	{ "mp_state", KVM_GET_MP_STATE, KVM_SET_MP_STATE, offsetof(struct state, mp_state) },
	/* The counter that the offset is from goes on through the update. */
	{ "tsc", KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR, offsetof(struct state, tsc_offset) },
};

const unsigned int state_parts = sizeof(parts) / sizeof(parts[0]);

const char *state_part_name(unsigned int part)
{
	return parts[part].name;
}

static int part_move(const struct vcpu *vcpu, unsigned int part, unsigned long command)
{
	struct state *state = vcpu_state(vcpu);
	int done;

	if (parts[part].offset == offsetof(struct state, tsc_offset))
		return tsc_offset(vcpu, command, &state->tsc_offset);
	done = ioctl(vcpu->fd, command, (uint8_t *)state + parts[part].offset);
	if (done < 0)
		return -errno;
	/* The ioctls for MSRs stop at the first that they do not like, and say how many they did. */
	if (parts[part].offset == offsetof(struct state, msrs) && (unsigned int)done != MSR_COUNT)
		return -EIO;
	return 0;
}

int state_part_save(const struct vcpu *vcpu, unsigned int part)
{
	struct state *state = vcpu_state(vcpu);
	unsigned int i;

	state->msrs.head.nmsrs = MSR_COUNT;
	for (i = 0; i < MSR_COUNT; i++)
		state->msrs.entries[i].index = saved_msrs[i];
	return part_move(vcpu, part, parts[part].get);
}

int state_part_restore(const struct vcpu *vcpu, unsigned int part)
{
	return part_move(vcpu, part, parts[part].set);
}
