// SPDX-License-Identifier: GPL-2.0
/*
 * vm: a virtual machine of KVM, as small as it can be, that goes through a live update: its memory
 * is a memfd and its device one of vfio-pci, which a session preserves; the state of its vCPUs
 * lies in that memory while it does not run. What runs in it is ARCH/tiny_vm.S; what of it depends
 * on the architecture is in ARCH/vcpu.c.
 *
 * KVM belongs to the process that made the VM: a process that was forked cannot use it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/counter.h"
#include "vcpu.h"

#define STATE_MAGIC 0x5550437674736574ull

static struct vm the_vm;

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
	return vcpu->run == MAP_FAILED ? -errno : vcpu_prepare(vcpu);
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
	if (vm->fd < 0)
		return -errno;
	err = vm_prepare(vm) ?: slot_set(vm, 0, 0, memory->size, memory->words);
	while (!err && vm->vcpu_count < vcpu_count)
		err = vcpu_make(vm, vm->vcpu_count++);
	return err;
}

static void vm_fill(const struct vm *vm)
{
	memset(vm_memory(vm, 0), 0, TINY_VM_PATTERN);
	vm_fill_tables(vm);
	memcpy(vm_memory(vm, TINY_VM_CODE), tiny_vm_begin, tiny_vm_end - tiny_vm_begin);
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
	struct vm *vm;
	char *parts[2];
	int err;

	split(argument, parts, 2);
	vm = vm_get(parts[0]);
	device = thing_get(parts[1]);
	if (!device->mapping)
		die("%s is not mapped", parts[1]);
	err = slot_set(vm, 1, TINY_VM_DEVICE, 4096, (const void *)device->mapping);
	return err ?: vcpu_set_device(&vm->vcpus[0], TINY_VM_DEVICE);
}

static int vcpu_save(const struct vcpu *vcpu)
{
	struct vcpu_state_head *head = vcpu_state(vcpu);
	const uint64_t left = head->left;
	unsigned int i;
	int err = 0;

	memset(head, 0, TINY_VM_STATE_SIZE);
	*head = (struct vcpu_state_head){
		.magic = STATE_MAGIC,
		.vcpu_count = vcpu->vm->vcpu_count,
		.left = left,
	};
	for (i = 0; i < state_parts && !err; i++)
		err = state_part_save(vcpu, i);
	return err;
}

static bool is_left_out(const char *name)
{
	return left_out && !strcmp(left_out, name);
}

static int vcpu_restore(struct vcpu *vcpu)
{
	const struct vcpu_state_head *head = vcpu_state(vcpu);
	unsigned int i;
	int err = 0;

	vcpu->left = head->left;
	/* Its largest gap is the largest since it was saved. */
	vcpu_cells(vcpu)->gap = vcpu_cells(vcpu)->before = vcpu_cells(vcpu)->after = 0;
	for (i = 0; i < state_parts && !err; i++)
		if (!is_left_out(state_part_name(i)))
			err = state_part_restore(vcpu, i);
	return err;
}

/* vm-without=PART: the next restore leaves that part of the state out. */
int step_vm_without(char *argument)
{
	unsigned int i;

	for (i = 0; i < state_parts; i++)
		if (!strcmp(state_part_name(i), argument))
			break;
	if (i == state_parts)
		die("a vCPU's state has no part '%s'", argument);
	left_out = argument;
	return 0;
}

/* vm-restore=NAME,MEMORY */
int step_vm_restore(char *argument)
{
	const struct vcpu_state_head *state;
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
		vcpu->entered = counter_now();
	for (;;) {
		int error = ioctl(vcpu->fd, KVM_RUN, 0) ? errno : 0;

		if (error && error != EINTR) {
			vcpu_ended(vcpu, error, "KVM_RUN failed");
			return NULL;
		}
		if (!error && !vcpu_has_written(vcpu)) {
			vcpu_ended(vcpu, 0,
				   vcpu_is_off(vcpu) ?
					   "the vCPU has shut down" :
					   "the vCPU has left with something else than an output");
			return NULL;
		}
		if (vcpu->vm->pausing)
			break;
		pause_us(1000);
	}
	((struct vcpu_state_head *)vcpu_state(vcpu))->left = counter_now();
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

/* One that shuts its VM down stops the others for good, within KVM_RUN. */
static bool vm_has_ended(const struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i].ended)
			return true;
	return false;
}

/* It must count 1000 rounds more, within 20 s. */
static int vcpu_check(const struct vcpu *vcpu, const char *name)
{
	uint64_t count = vcpu_cells(vcpu)->count;
	struct tiny_vm_cells cells;
	int i;

	for (i = 0; i < 20000 && !vm_has_ended(vcpu->vm) && vcpu_cells(vcpu)->count < count + 1000;
	     i++)
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
		uint64_t pc, counted;

		vcpu_where(vcpu, &pc, &counted);
		printf("%s vcpu=%u: %s (%s, exit_reason=%u pc=%#llx counted=%llu)\n", name,
		       vcpu->id, vcpu->ended, strerror(vcpu->error), vcpu->run->exit_reason,
		       (unsigned long long)pc, (unsigned long long)counted);
	}
	if (vm_has_ended(vcpu->vm))
		return -EIO;
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
