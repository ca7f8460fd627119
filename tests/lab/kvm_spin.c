// SPDX-License-Identifier: GPL-2.0
/*
 * kvm_spin: a virtual machine with one vCPU that never leaves KVM_RUN by itself. It prints the
 * CPU's counter around KVM_RUN: "immediate CYCLES" of a call that runs nothing, "in CYCLES" just
 * before the real one, "out CYCLES" just after it, and once more "immediate CYCLES". SIGUSR1 makes
 * it leave; then it waits until it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#define CODE_AT 0x1000

static const unsigned char jump_to_itself[] = { 0xeb, 0xfe };

static void on_signal(int number)
{
	(void)number;
}

static int must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static void say(const char *what, unsigned long long cycles)
{
	printf("%s %llu\n", what, cycles);
	fflush(stdout);
}

/* The guest's memory, at address 0, with the code in it. */
static void *make_memory(void)
{
	unsigned char *memory =
		mmap(NULL, 2 * CODE_AT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(memory == MAP_FAILED ? -1 : 0, "mmap");
	memcpy(memory + CODE_AT, jump_to_itself, sizeof(jump_to_itself));
	return memory;
}

static void set_registers(int vcpu)
{
	struct kvm_regs regs = { .rip = CODE_AT, .rflags = 2 };
	struct kvm_sregs sregs;

	must(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	must(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	must(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

/* A call of KVM_RUN that does not let the guest run. */
static void run_nothing(int vcpu, struct kvm_run *run)
{
	run->immediate_exit = 1;
	if (ioctl(vcpu, KVM_RUN, 0) != -1 || errno != EINTR)
		must(-1, "KVM_RUN with immediate_exit");
	run->immediate_exit = 0;
	say("immediate", __rdtsc());
}

int main(void)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct kvm_userspace_memory_region region = { .memory_size = 2 * CODE_AT };
	unsigned long long in, out;
	struct kvm_run *run;
	int kvm, vm, vcpu;

	sigaction(SIGUSR1, &action, NULL);
	kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	region.userspace_addr = (unsigned long)make_memory();
	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
	vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	run = mmap(NULL, must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE"),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	must(run == MAP_FAILED ? -1 : 0, "mmap");
	set_registers(vcpu);

	run_nothing(vcpu, run);
	in = __rdtsc();
	say("in", in);
	if (ioctl(vcpu, KVM_RUN, 0) != -1 || errno != EINTR)
		must(-1, "KVM_RUN");
	out = __rdtsc();
	say("out", out);
	run_nothing(vcpu, run);
	for (;;)
		pause();
}
