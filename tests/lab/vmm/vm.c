// SPDX-License-Identifier: GPL-2.0
/*
 * vm: a virtual machine of KVM, as small as it can be, that goes through a live update: its memory
 * is a memfd and its device one of vfio-pci, which a session preserves; the state of its vCPUs
 * lies in that memory while it does not run. What runs in it is tiny_vm.S.
 *
 * KVM belongs to the process that made the VM: a process that was forked cannot use it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#include "tiny_vm.h"
#include "vmm.h"

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

#define STATE_MAGIC 0x5550437674736574ull

/* A vCPU's state, in the VM's memory. */
struct vcpu_state {
	uint64_t magic;
	uint32_t vcpu_count;
	uint32_t reserved;
	uint64_t tsc_offset;
	/* by the VMM, when it last came out of KVM_RUN: a reading of the TSC */
	uint64_t left;
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

_Static_assert(sizeof(struct vcpu_state) <= TINY_VM_STATE_SIZE, "a vCPU's state has its room");

struct vcpu {
	struct vm *vm;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	bool has_thread;
	/* readings of the TSC: when it was saved that it is restored from, and when it ran again */
	uint64_t left, entered;
	/* what ended its thread, if it was not the pause: text, and an errno or 0 */
	const char *_Atomic ended;
	atomic_int error;
};

static struct vm {
	const char *name;
	struct thing *memory;
	int kvm_fd, fd;
	unsigned int vcpu_count;
	struct vcpu vcpus[TINY_VM_MAX_VCPUS];
	atomic_bool pausing;
} the_vm;

/* The part of the state that the next restore leaves out, or NULL. */
static const char *left_out;

static struct vm *vm_get(const char *name)
{
	if (!the_vm.name || strcmp(the_vm.name, name))
		die("there is no VM '%s' yet", name);
	return &the_vm;
}

/* A memory in which a VM has room. */
static struct thing *memory_get(const char *name)
{
	struct thing *memory = thing_get(name);

	if (!memory->is_memory || memory->size < TINY_VM_PATTERN)
		die("'%s' is not a memory of at least %d KiB", name, TINY_VM_PATTERN / 1024);
	return memory;
}

static void *vm_memory(const struct vm *vm, size_t address)
{
	return (uint8_t *)vm->memory->words + address;
}

static struct vcpu_state *vcpu_state(const struct vcpu *vcpu)
{
	return vm_memory(vcpu->vm, TINY_VM_STATES + vcpu->id * TINY_VM_STATE_SIZE);
}

static volatile struct tiny_vm_cells *vcpu_cells(const struct vcpu *vcpu)
{
	return vm_memory(vcpu->vm, TINY_VM_CELLS + vcpu->id * 0x1000);
}

static int slot_set(const struct vm *vm, uint32_t slot, uint64_t guest, size_t size, const void *at)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = guest,
		.memory_size = size,
		.userspace_addr = (uintptr_t)at,
	};

	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

/* The VM has all that KVM can give. */
static int vcpu_set_cpuid(const struct vcpu *vcpu)
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

static int vcpu_make(struct vm *vm, unsigned int id)
{
	struct vcpu *vcpu = &vm->vcpus[id];
	int size;

	*vcpu = (struct vcpu){ .vm = vm, .id = id };
	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, (unsigned long)id);
	size = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (vcpu->fd < 0 || size < 0)
		return -errno;
	vcpu->run_size = size;
	vcpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	return vcpu->run == MAP_FAILED ? -errno : vcpu_set_cpuid(vcpu);
}

/* Of the VM that there was before, which must not run. */
static void vm_end(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->vcpu_count; i++) {
		if (vm->vcpus[i].has_thread)
			die("%s still runs", vm->name);
		munmap(vm->vcpus[i].run, vm->vcpus[i].run_size);
		close(vm->vcpus[i].fd);
	}
	close(vm->fd);
	close(vm->kvm_fd);
}

static int vm_make(struct vm *vm, const char *name, struct thing *memory, unsigned int vcpu_count)
{
	int err;

	if (vm->name)
		vm_end(vm);
	if (!vcpu_count || vcpu_count > TINY_VM_MAX_VCPUS)
		die("a VM has 1 to %d vCPUs", TINY_VM_MAX_VCPUS);
	*vm = (struct vm){ .name = name, .memory = memory };
	vm->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	vm->fd = vm->kvm_fd < 0 ? -1 : ioctl(vm->kvm_fd, KVM_CREATE_VM, 0ul);
	/* KVM's idea of the rate is from before the kernel measured it for good. */
	if (vm->fd < 0 || ioctl(vm->fd, KVM_SET_TSC_KHZ, 0ul))
		return -errno;
	err = slot_set(vm, 0, 0, memory->size, memory->words);
	while (!err && vm->vcpu_count < vcpu_count)
		err = vcpu_make(vm, vm->vcpu_count++);
	return err;
}

/* What runs in it, and the page tables: the first GiB, each address as it is. */
static void vm_fill(const struct vm *vm)
{
	uint64_t *pml4 = vm_memory(vm, TINY_VM_PML4), *pdpt = vm_memory(vm, TINY_VM_PDPT),
		 *pd = vm_memory(vm, TINY_VM_PD);
	unsigned int i;

	memset(vm_memory(vm, TINY_VM_PML4), 0, TINY_VM_PATTERN - TINY_VM_PML4);
	pml4[0] = TINY_VM_PDPT | 3; /* present, writable */
	pdpt[0] = TINY_VM_PD | 3;
	for (i = 0; i < 512; i++)
		pd[i] = (uint64_t)i << 21 | 0x83; /* and 2 MiB */
	memcpy(vm_memory(vm, TINY_VM_CODE), tiny_vm_begin, tiny_vm_end - tiny_vm_begin);
	*(uint8_t *)vm_memory(vm, TINY_VM_RESET) = 0xf4; /* hlt */
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

/* In 64-bit mode, at the begin of the code. Its TSC is the host's own. */
static int vcpu_start(const struct vcpu *vcpu)
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
	sregs.cr3 = TINY_VM_PML4;
	sregs.cr4 = 0x620;
	sregs.efer = 0x500;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) || ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		return -errno;
	return tsc_offset(vcpu, KVM_SET_DEVICE_ATTR, &offset);
}

/* vm=NAME,MEMORY,VCPUS */
int step_vm(char *argument)
{
	struct vm *vm = &the_vm;
	unsigned int i;
	char *parts[3];
	int err;

	split(argument, parts, 3);
	err = vm_make(vm, parts[0], memory_get(parts[1]), number(parts[2]));
	if (err)
		return err;
	vm_fill(vm);
	for (i = 0; i < vm->vcpu_count && !err; i++)
		err = vcpu_start(&vm->vcpus[i]);
	return err;
}

/* vm-device=NAME,DEVICE: of the first vCPU; two at a time would take each other's answers. */
int step_vm_device(char *argument)
{
	const struct thing *device;
	struct kvm_regs regs;
	struct vm *vm;
	char *parts[2];
	int err;

	split(argument, parts, 2);
	vm = vm_get(parts[0]);
	device = thing_get(parts[1]);
	if (!device->mapping)
		die("%s is not mapped", parts[1]);
	err = slot_set(vm, 1, TINY_VM_DEVICE, 4096, (const void *)device->mapping);
	if (err)
		return err;
	if (ioctl(vm->vcpus[0].fd, KVM_GET_REGS, &regs))
		return -errno;
	regs.rsi = TINY_VM_DEVICE;
	return ioctl(vm->vcpus[0].fd, KVM_SET_REGS, &regs) ? -errno : 0;
}

/*
 * A part of the state: how KVM takes and gives it, and where it is kept. In the order in which they
 * are restored.
 */
static const struct part {
	const char *name;
	unsigned long get, set;
	size_t offset;
} parts_of_state[] = {
	{ "sregs", KVM_GET_SREGS, KVM_SET_SREGS, offsetof(struct vcpu_state, sregs) },
	{ "msrs", KVM_GET_MSRS, KVM_SET_MSRS, offsetof(struct vcpu_state, msrs) },
	{ "xsave", KVM_GET_XSAVE, KVM_SET_XSAVE, offsetof(struct vcpu_state, xsave) },
	{ "regs", KVM_GET_REGS, KVM_SET_REGS, offsetof(struct vcpu_state, regs) },
	{ "events", KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, offsetof(struct vcpu_state, events) },
	{ "mp_state", KVM_GET_MP_STATE, KVM_SET_MP_STATE, offsetof(struct vcpu_state, mp_state) },
};
#define PART_COUNT (sizeof(parts_of_state) / sizeof(parts_of_state[0]))

static int part_move(const struct vcpu *vcpu, const struct part *part, unsigned long command)
{
	struct vcpu_state *state = vcpu_state(vcpu);
	int done = ioctl(vcpu->fd, command, (uint8_t *)state + part->offset);

	if (done < 0)
		return -errno;
	/* The ioctls for MSRs stop at the first that they do not like, and say how many they did. */
	if (part->offset == offsetof(struct vcpu_state, msrs) && (unsigned int)done != MSR_COUNT)
		return -EIO;
	return 0;
}

static int vcpu_save(const struct vcpu *vcpu)
{
	struct vcpu_state *state = vcpu_state(vcpu);
	uint64_t left = state->left;
	unsigned int i;
	int err = 0;

	*state = (struct vcpu_state){ .left = left };
	state->magic = STATE_MAGIC;
	state->vcpu_count = vcpu->vm->vcpu_count;
	state->msrs.head.nmsrs = MSR_COUNT;
	for (i = 0; i < MSR_COUNT; i++)
		state->msrs.entries[i].index = saved_msrs[i];
	for (i = 0; i < PART_COUNT && !err; i++)
		err = part_move(vcpu, &parts_of_state[i], parts_of_state[i].get);
	return err ?: tsc_offset(vcpu, KVM_GET_DEVICE_ATTR, &state->tsc_offset);
}

static bool is_left_out(const char *name)
{
	return left_out && !strcmp(left_out, name);
}

static int vcpu_restore(struct vcpu *vcpu)
{
	unsigned int i;
	int err = 0;

	vcpu->left = vcpu_state(vcpu)->left;
	/* Its largest gap is the largest since it was saved. */
	vcpu_cells(vcpu)->gap = vcpu_cells(vcpu)->before = vcpu_cells(vcpu)->after = 0;
	for (i = 0; i < PART_COUNT && !err; i++)
		if (!is_left_out(parts_of_state[i].name))
			err = part_move(vcpu, &parts_of_state[i], parts_of_state[i].set);
	if (err || is_left_out("tsc"))
		return err;
	/* The counter that the offset is from went on through the update. */
	return tsc_offset(vcpu, KVM_SET_DEVICE_ATTR, &vcpu_state(vcpu)->tsc_offset);
}

/* vm-without=PART: the next restore leaves that part of the state out. */
int step_vm_without(char *argument)
{
	unsigned int i;

	for (i = 0; i < PART_COUNT; i++)
		if (!strcmp(parts_of_state[i].name, argument))
			break;
	if (i == PART_COUNT && strcmp(argument, "tsc"))
		die("a vCPU's state has no part '%s'", argument);
	left_out = argument;
	return 0;
}

/* vm-restore=NAME,MEMORY */
int step_vm_restore(char *argument)
{
	const struct vcpu_state *state;
	struct vm *vm = &the_vm;
	struct thing *memory;
	unsigned int i;
	char *parts[2];
	int err;

	split(argument, parts, 2);
	memory = memory_get(parts[1]);
	state = (const void *)((uint8_t *)memory->words + TINY_VM_STATES);
	if (state->magic != STATE_MAGIC)
		return -ENODATA;
	err = vm_make(vm, parts[0], memory, state->vcpu_count);
	for (i = 0; i < vm->vcpu_count && !err; i++)
		err = vcpu_restore(&vm->vcpus[i]);
	left_out = NULL;
	return err;
}

static void on_kick(int signal)
{
	(void)signal;
}

static void vcpu_ended(struct vcpu *vcpu, int error, const char *why)
{
	vcpu->error = error;
	vcpu->ended = why;
}

/*
 * A vCPU that is to be paused stops straight after KVM_RUN, never after a nap: what it has not
 * counted then is what it was outside of KVM_RUN.
 */
static void *vcpu_thread(void *argument)
{
	struct vcpu *vcpu = argument;

	if (!vcpu->entered)
		vcpu->entered = __rdtsc();
	for (;;) {
		int error = ioctl(vcpu->fd, KVM_RUN, 0) ? errno : 0;

		if (error && error != EINTR) {
			vcpu_ended(vcpu, error, "KVM_RUN failed");
			return NULL;
		}
		if (!error && vcpu->run->exit_reason != KVM_EXIT_IO) {
			vcpu_ended(vcpu, 0,
				   vcpu->run->exit_reason == KVM_EXIT_SHUTDOWN ?
					   "the vCPU has shut down" :
					   "the vCPU has left with something else than an output");
			return NULL;
		}
		if (vcpu->vm->pausing)
			break;
		pause_us(1000);
	}
	vcpu_state(vcpu)->left = __rdtsc();
	/* An output is only over when KVM_RUN is called again. */
	vcpu->run->immediate_exit = 1;
	if (!ioctl(vcpu->fd, KVM_RUN, 0) || errno != EINTR)
		vcpu_ended(vcpu, errno, "KVM_RUN does not stop");
	vcpu->run->immediate_exit = 0;
	return NULL;
}

/* vm-run=NAME */
int step_vm_run(char *argument)
{
	struct sigaction action = { .sa_handler = on_kick };
	struct vm *vm = vm_get(argument);
	unsigned int i;

	sigaction(SIGUSR2, &action, NULL);
	vm->pausing = false;
	for (i = 0; i < vm->vcpu_count; i++) {
		if (pthread_create(&vm->vcpus[i].thread, NULL, vcpu_thread, &vm->vcpus[i]))
			return -EAGAIN;
		vm->vcpus[i].has_thread = true;
	}
	return 0;
}

/* vm-pause=NAME: no vCPU runs any more, and the state of all lies in the VM's memory. */
int step_vm_pause(char *argument)
{
	struct vm *vm = vm_get(argument);
	unsigned int i;
	int err = 0;

	vm->pausing = true;
	for (i = 0; i < vm->vcpu_count; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];

		if (!vcpu->has_thread)
			die("%s does not run", argument);
		/* A kick that comes before KVM_RUN is lost, and the VM's next output ends it. */
		pthread_kill(vcpu->thread, SIGUSR2);
	}
	for (i = 0; i < vm->vcpu_count; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];

		pthread_join(vcpu->thread, NULL);
		vcpu->has_thread = false;
		if (vcpu->ended) {
			printf("%s vcpu=%u: %s\n", argument, i, vcpu->ended);
			err = -EIO;
		}
	}
	for (i = 0; i < vm->vcpu_count && !err; i++)
		err = vcpu_save(&vm->vcpus[i]);
	return err;
}

/* What a vCPU has written, and goes on writing: read again if the numbers do not fit together. */
static struct tiny_vm_cells cells_read(const struct vcpu *vcpu)
{
	struct tiny_vm_cells cells;
	unsigned int tries = 1000;

	do
		cells = *vcpu_cells(vcpu);
	while (cells.after - cells.before != cells.gap && --tries);
	return cells;
}

/* It must count 1000 rounds more, within 20 s. */
static int vcpu_check(const struct vcpu *vcpu, const char *name)
{
	uint64_t count = vcpu_cells(vcpu)->count;
	struct tiny_vm_cells cells;
	int i;

	for (i = 0; i < 20000 && !vcpu->ended && vcpu_cells(vcpu)->count < count + 1000; i++)
		pause_us(1000);
	cells = cells_read(vcpu);
	printf("%s vcpu=%u count=%llu more=%llu wrong=%llu device_asked=%llu device_wrong=%llu "
	       "wrong_answer=%#llx largest_gap_cycles=%llu before=%llu after=%llu outside_cycles=%llu\n",
	       name, vcpu->id, (unsigned long long)cells.count,
	       (unsigned long long)(cells.count - count), (unsigned long long)cells.wrong,
	       (unsigned long long)cells.asked, (unsigned long long)cells.answered_wrong,
	       (unsigned long long)cells.wrong_answer, (unsigned long long)cells.gap,
	       (unsigned long long)cells.before, (unsigned long long)cells.after,
	       (unsigned long long)(vcpu->left && vcpu->entered ? vcpu->entered - vcpu->left : 0));
	if (vcpu->ended) {
		struct kvm_regs regs = {};

		ioctl(vcpu->fd, KVM_GET_REGS, &regs);
		printf("%s vcpu=%u: %s (%s, exit_reason=%u rip=%#llx r15=%llu)\n", name, vcpu->id,
		       vcpu->ended, strerror(vcpu->error), vcpu->run->exit_reason,
		       (unsigned long long)regs.rip, (unsigned long long)regs.r15);
		return -EIO;
	}
	if (cells.count < count + 1000)
		return -ETIME;
	return cells.wrong || cells.answered_wrong ? -EBADMSG : 0;
}

/* vm-check=NAME */
int step_vm_check(char *argument)
{
	const struct vm *vm = vm_get(argument);
	int err = memory_check(vm->memory, TINY_VM_PATTERN), result;
	unsigned int i;

	for (i = 0; i < vm->vcpu_count; i++) {
		result = vcpu_check(&vm->vcpus[i], argument);
		err = err ?: result;
	}
	return err;
}
