// SPDX-License-Identifier: GPL-2.0
/*
 * The old kernel's shutdown: the boundaries from the reboot call to the jump, and each device's
 * time in device_shutdown().
 *
 * All of this runs in one thread, the one that called reboot(2), under the kernel's kexec lock.
 * From the end of machine_shutdown() on it is the only one left, on x86 with interrupts off. Only
 * device_shutdown() may let work items of kernel/async.c shut devices down.
 */
#include "span.bpf.h"

#define ECANCELED 125

/*
 * When machine_shutdown() began; 0: not yet. By then KVM has switched virtualization off on all
 * CPUs.
 */
static struct moment machine_begin;

/* device_shutdown() is under way, for the update. */
static bool in_device_shutdown;

/* What a thread is shutting down: a device, or NULL. */
struct shutdown {
	struct device *device;
	struct span span;
};

/* By thread. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct shutdown);
} shutdowns SEC(".maps");

/* Too large for the stack. */
static const struct shutdown no_shutdown;

static __always_inline void update_begin(void)
{
	boundary(LUO_STATS_B0_UPDATE_BEGIN, moment_now(), 0);
	machine_begin.boottime_ns = 0;
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
	in_device_shutdown = true;
	return 0;
}

static __always_inline void shutdown_end(struct shutdown *shutdown)
{
	if (shutdown->device)
		span_end(&shutdown->span, false, 0, NULL);
	shutdown->device = NULL;
}

/* What this thread is shutting down, or NULL. */
static __always_inline struct shutdown *shutdown_find(void)
{
	const __u32 pid = (__u32)bpf_get_current_pid_tgid();

	return in_device_shutdown ? bpf_map_lookup_elem(&shutdowns, &pid) : NULL;
}

static __always_inline struct shutdown *shutdown_begin(void)
{
	const __u32 pid = (__u32)bpf_get_current_pid_tgid();

	if (bpf_map_update_elem(&shutdowns, &pid, &no_shutdown, BPF_ANY))
		return NULL;
	return bpf_map_lookup_elem(&shutdowns, &pid);
}

/*
 * The kernel calls this for each device just before its callbacks, after removing the device from
 * the list of all devices. A callback may call it for other devices, which are still on the list.
 * So a device's time runs from here to the thread's next device, and includes waiting for the next
 * device's lock.
 */
SEC("fentry/pm_runtime_barrier")
int BPF_PROG(on_pm_runtime_barrier, struct device *device)
{
	struct shutdown *shutdown = shutdown_find();
	struct luo_stats_subject_key *subject;
	struct list_head *entry;
	const char *name;

	if (!in_device_shutdown || (shutdown && shutdown->device == device))
		return 0;
	entry = (void *)device + bpf_core_field_offset(struct device, kobj.entry);
	if (BPF_CORE_READ(entry, next) != entry)
		return 0;

	if (shutdown)
		shutdown_end(shutdown);
	if (!BPF_CORE_READ(device, bus, shutdown) && !BPF_CORE_READ(device, driver, shutdown) &&
	    !BPF_CORE_READ(device, class, shutdown_pre))
		return 0;

	shutdown = shutdown_begin();
	if (!shutdown) {
		missed(LUO_STATS_SHUTDOWN);
		return 0;
	}
	subject = &shutdown->span.subject;
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

	shutdown->device = device;
	span_begin(&shutdown->span, LUO_STATS_SHUTDOWN, 0, NULL);
	return 0;
}

/* The end of the last device of a thread of its own. Its wait for other devices came before it. */
SEC("fexit/async_run_entry_fn")
int BPF_PROG(on_async_finished)
{
	struct shutdown *shutdown = shutdown_find();

	if (shutdown)
		shutdown_end(shutdown);
	return 0;
}

/* Whether this thread has locked @device, as it does around the callbacks. */
static __always_inline bool is_locked_here(struct device *device)
{
	/* The lowest bits are flags: kernel/locking/mutex.h. Another kind of mutex does not say. */
	return bpf_core_field_exists(device->mutex.owner.counter) &&
	       (BPF_CORE_READ(device, mutex.owner.counter) & ~7L) == bpf_get_current_task();
}

/*
 * Between two devices device_shutdown() may wait for those that others shut down: that is no
 * device's time. A callback that waits for something is another matter.
 */
static __always_inline void shutdown_waits(void)
{
	struct shutdown *shutdown = shutdown_find();

	if (shutdown && !is_locked_here(shutdown->device))
		shutdown_end(shutdown);
}

SEC("fentry/async_synchronize_cookie_domain")
int BPF_PROG(on_async_wait)
{
	shutdown_waits();
	return 0;
}

SEC("fentry/async_synchronize_full_domain")
int BPF_PROG(on_async_wait_all)
{
	shutdown_waits();
	return 0;
}

static long shutdown_end_step(void *map, const __u32 *pid, struct shutdown *shutdown, void *context)
{
	shutdown_end(shutdown);
	return 0;
}

SEC("fexit/device_shutdown")
int BPF_PROG(on_device_shutdown_return)
{
	if (!update_open)
		return 0;
	bpf_for_each_map_elem(&shutdowns, shutdown_end_step, NULL, 0);
	in_device_shutdown = false;
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
	const struct moment now = moment_now();

	if (!update_open)
		return 0;
	boundary(LUO_STATS_B6_JUMP, now, 0);
	/* A kernel that is optimized at link time has machine_shutdown() only as part of its caller. */
	if (!machine_begin.boottime_ns)
		vcpus_write_exits(now);
	return 0;
}
