// SPDX-License-Identifier: GPL-2.0
/*
 * The old kernel's shutdown: the boundaries from the reboot call to the jump, and each device's
 * time in device_shutdown().
 *
 * All of this runs in one thread, the one that called reboot(2), under the kernel's kexec lock.
 * From machine_shutdown() on it is the only one left, with interrupts off.
 */
#include "span.bpf.h"

#define ECANCELED 125

/* When machine_shutdown() began. By then KVM has switched virtualization off on all CPUs. */
static struct moment machine_begin;

/* The thread in device_shutdown(), and the device that it is shutting down. */
static __u32 shutdown_pid;
static struct device *shutdown_device;
static struct span shutdown_span;

static __always_inline void update_begin(void)
{
	boundary(LUO_STATS_B0_UPDATE_BEGIN, moment_now(), 0);
	update_open = true;
}

static __always_inline void update_frozen(int result)
{
	boundary(LUO_STATS_B1_FROZEN, moment_now(), result);
	if (result)
		update_open = false;
}

SEC("fentry/liveupdate_reboot")
int BPF_PROG(on_liveupdate_reboot)
{
	update_begin();
	return 0;
}

SEC("fexit/liveupdate_reboot")
int BPF_PROG(on_liveupdate_reboot_return, int result)
{
	update_frozen(result);
	return 0;
}

/* Replaces the two above on a kernel without LUO: a plain kexec has a blackout, too. */
SEC("fentry/kernel_kexec")
int BPF_PROG(on_kernel_kexec)
{
	update_begin();
	return 0;
}

/*
 * It returns only if it failed or, with CONFIG_KEXEC_JUMP, when the other kernel jumps back to this
 * one.
 */
SEC("fexit/kernel_kexec")
int BPF_PROG(on_kernel_kexec_return, int result)
{
	update_frozen(result ? result : -ECANCELED);
	return 0;
}

SEC("fentry/device_shutdown")
int BPF_PROG(on_device_shutdown)
{
	if (!update_open)
		return 0;
	boundary(LUO_STATS_B2_SHUTDOWN_BEGIN, moment_now(), 0);
	shutdown_device = NULL;
	shutdown_pid = (__u32)bpf_get_current_pid_tgid();
	return 0;
}

static __always_inline void shutdown_next(void)
{
	if (shutdown_device)
		span_end(&shutdown_span, false, 0, NULL);
	shutdown_device = NULL;
}

/*
 * device_shutdown() calls this for each device just before its callbacks, after removing the device
 * from the list of all devices. A callback may call it for other devices, which are still on the
 * list. So a device's time runs from here to the next device, and includes waiting for the next
 * device's lock.
 */
SEC("fentry/pm_runtime_barrier")
int BPF_PROG(on_pm_runtime_barrier, struct device *device)
{
	struct luo_stats_subject_key *subject = &shutdown_span.subject;
	struct list_head *entry;
	const char *name;

	if (!shutdown_pid || shutdown_pid != (__u32)bpf_get_current_pid_tgid() ||
	    device == shutdown_device)
		return 0;
	entry = (void *)device + bpf_core_field_offset(struct device, kobj.entry);
	if (BPF_CORE_READ(entry, next) != entry)
		return 0;

	shutdown_next();
	if (!BPF_CORE_READ(device, bus, shutdown) && !BPF_CORE_READ(device, driver, shutdown) &&
	    !BPF_CORE_READ(device, class, shutdown_pre))
		return 0;

	__builtin_memset(subject, 0, sizeof(*subject));
	subject->kind = LUO_STATS_SUBJECT_DEVICE;
	name = BPF_CORE_READ(device, kobj.name);
	bpf_probe_read_kernel_str(subject->name, sizeof(subject->name), name);
	name = BPF_CORE_READ(device, driver, name);
	if (name)
		bpf_probe_read_kernel_str(subject->detail, sizeof(subject->detail), name);
	name = BPF_CORE_READ(device, bus, name);
	if (!name)
		name = BPF_CORE_READ(device, class, name);
	if (name)
		bpf_probe_read_kernel_str(subject->group, sizeof(subject->group), name);

	shutdown_device = device;
	span_begin(&shutdown_span, LUO_STATS_SHUTDOWN, 0, NULL);
	return 0;
}

SEC("fexit/device_shutdown")
int BPF_PROG(on_device_shutdown_return)
{
	if (!update_open)
		return 0;
	shutdown_next();
	shutdown_pid = 0;
	boundary(LUO_STATS_B3_SHUTDOWN_END, moment_now(), 0);
	return 0;
}

SEC("fentry/machine_shutdown")
int BPF_PROG(on_machine_shutdown)
{
	if (!update_open)
		return 0;
	machine_begin = moment_now();
	boundary(LUO_STATS_B4_MACHINE_BEGIN, machine_begin, 0);
	return 0;
}

SEC("fexit/machine_shutdown")
int BPF_PROG(on_machine_shutdown_return)
{
	if (!update_open)
		return 0;
	boundary(LUO_STATS_B5_MACHINE_END, moment_now(), 0);
	vcpus_write_exits(machine_begin);
	return 0;
}

SEC("fentry/machine_kexec")
int BPF_PROG(on_machine_kexec)
{
	if (update_open)
		boundary(LUO_STATS_B6_JUMP, moment_now(), 0);
	return 0;
}
