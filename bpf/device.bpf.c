// SPDX-License-Identifier: GPL-2.0
/*
 * Preserved vfio-pci devices: the tracepoints of the live update handler, and the steps that bring
 * a device back into service in the new kernel, which are its bind and its first interrupt setup.
 *
 * A device is named as in sysfs. Its spans have the same kinds as a file's spans; the subject
 * distinguishes them.
 */
#include "span.bpf.h"

/* Set by the loader before the load: this kernel has the handler's tracepoints. */
const volatile bool have_vfio_handler = false;

/* A thread is in one operation of each kind at a time; a reset, for example, is inside a freeze. */
struct device_operation {
	__u32 pid;
	__u32 kind;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct device_operation);
	__type(value, struct span);
} device_operations SEC(".maps");

/* Devices by name, from their retrieve until they are in service. The value is 1. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, char[DEVICE_NAME_BYTES]);
	__type(value, __u8);
} arrived SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LUO_STATS_RESET_METHODS);
	__type(key, __u32);
	__type(value, struct luoscope_latency);
} latency SEC(".maps");

/* A span is too large for the stack. */
static const struct span no_span;

static __always_inline struct span *device_begin(__u32 kind)
{
	struct device_operation key = { (__u32)bpf_get_current_pid_tgid(), kind };

	if (bpf_map_update_elem(&device_operations, &key, (const void *)&no_span, BPF_ANY)) {
		missed(kind);
		return NULL;
	}
	return bpf_map_lookup_elem(&device_operations, &key);
}

static __always_inline struct span *device_find(__u32 kind)
{
	struct device_operation key = { (__u32)bpf_get_current_pid_tgid(), kind };

	return bpf_map_lookup_elem(&device_operations, &key);
}

static __always_inline void device_done(__u32 kind)
{
	struct device_operation key = { (__u32)bpf_get_current_pid_tgid(), kind };

	bpf_map_delete_elem(&device_operations, &key);
}

static __always_inline void name_device(struct luo_stats_subject_key *subject)
{
	subject->kind = LUO_STATS_SUBJECT_DEVICE;
	__builtin_memcpy(subject->detail, "vfio-pci", sizeof("vfio-pci"));
	__builtin_memcpy(subject->group, "pci", sizeof("pci"));
}

static __always_inline void on_begin(__u32 kind, __u32 segment, __u8 bus, __u8 device,
				     __u8 function)
{
	struct span *span = device_begin(kind);

	if (!span)
		return;
	name_device(&span->subject);
	BPF_SNPRINTF(span->subject.name, sizeof(span->subject.name), "%04x:%02x:%02x.%x", segment,
		     bus, device, function);
	span_begin(span, kind, 0, NULL);
}

/* Returns the ended span, which device_done() must release, or NULL. */
static __always_inline struct span *on_end(__u32 kind, int result, __u64 detail)
{
	struct span *span = device_find(kind);

	if (!span)
		return NULL;
	if (detail)
		span->detail = detail;
	span_end(span, false, result, NULL);
	return span;
}

static __always_inline __u32 log2_slot(__u64 duration_ns)
{
	__u32 slot = 0;
	__u32 i;

	/* Slot n counts from 2^n to 2^(n+1) microseconds, the last slot everything longer. */
	duration_ns /= 1000;
	for (i = 0; i < LUOSCOPE_LATENCY_SLOTS - 1; i++) {
		duration_ns >>= 1;
		if (!duration_ns)
			break;
		slot++;
	}
	return slot;
}

static __always_inline struct luoscope_latency *latency_of(__u64 detail)
{
	__u32 method = LUO_STATS_RESET_METHOD(detail);

	return bpf_map_lookup_elem(&latency, &method);
}

SEC("tp_btf/vfio_pci_preserve_begin")
int BPF_PROG(on_device_preserve, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_PRESERVE, segment, bus, device, function);
	return 0;
}

SEC("tp_btf/vfio_pci_preserve_end")
int BPF_PROG(on_device_preserve_end, __u32 segment, __u8 bus, __u8 device, __u8 function,
	     int result)
{
	on_end(LUO_STATS_PRESERVE, result, 0);
	device_done(LUO_STATS_PRESERVE);
	return 0;
}

SEC("tp_btf/vfio_pci_unpreserve_begin")
int BPF_PROG(on_device_unpreserve, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_UNPRESERVE, segment, bus, device, function);
	return 0;
}

SEC("tp_btf/vfio_pci_unpreserve_end")
int BPF_PROG(on_device_unpreserve_end, __u32 segment, __u8 bus, __u8 device, __u8 function,
	     int result)
{
	on_end(LUO_STATS_UNPRESERVE, result, 0);
	device_done(LUO_STATS_UNPRESERVE);
	return 0;
}

SEC("tp_btf/vfio_pci_freeze_begin")
int BPF_PROG(on_device_freeze, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_FREEZE, segment, bus, device, function);
	return 0;
}

SEC("tp_btf/vfio_pci_freeze_end")
int BPF_PROG(on_device_freeze_end, __u32 segment, __u8 bus, __u8 device, __u8 function, int result)
{
	struct span *span = on_end(LUO_STATS_FREEZE, result, 0);
	struct luoscope_latency *histogram;

	if (span && !result) {
		histogram = latency_of(span->detail);
		if (histogram)
			__sync_fetch_and_add(&histogram->freeze[log2_slot(bpf_ktime_get_boot_ns() -
									  span->begin_ns)],
					     1);
	}
	device_done(LUO_STATS_FREEZE);
	return 0;
}

SEC("tp_btf/vfio_pci_unfreeze_begin")
int BPF_PROG(on_device_unfreeze, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_UNFREEZE, segment, bus, device, function);
	return 0;
}

SEC("tp_btf/vfio_pci_unfreeze_end")
int BPF_PROG(on_device_unfreeze_end, __u32 segment, __u8 bus, __u8 device, __u8 function,
	     int result)
{
	on_end(LUO_STATS_UNFREEZE, result, 0);
	device_done(LUO_STATS_UNFREEZE);
	return 0;
}

SEC("tp_btf/vfio_pci_reset_begin")
int BPF_PROG(on_device_reset, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_RESET, segment, bus, device, function);
	return 0;
}

SEC("tp_btf/vfio_pci_reset_end")
int BPF_PROG(on_device_reset_end, __u32 segment, __u8 bus, __u8 device, __u8 function, int result,
	     __u32 method, __u32 outcome, __u32 lock)
{
	const __u64 detail = LUO_STATS_RESET_DETAIL(outcome, method, lock);
	struct span *span = on_end(LUO_STATS_RESET, result, detail);
	struct luoscope_latency *histogram = latency_of(detail);
	__u64 counted = outcome;
	struct span *freeze;

	if (span && histogram) {
		__sync_fetch_and_add(
			&histogram->reset[log2_slot(bpf_ktime_get_boot_ns() - span->begin_ns)], 1);
		/* Check and use must share a register, or the verifier sees no bound. */
		barrier_var(counted);
		if (counted < LUO_STATS_RESET_OUTCOMES)
			__sync_fetch_and_add(&histogram->outcome[counted], 1);
	}
	/* Count the freeze with the method of its reset. */
	freeze = device_find(LUO_STATS_FREEZE);
	if (freeze)
		freeze->detail = detail;
	device_done(LUO_STATS_RESET);
	return 0;
}

SEC("tp_btf/vfio_pci_retrieve_begin")
int BPF_PROG(on_device_retrieve, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_RETRIEVE, segment, bus, device, function);
	return 0;
}

SEC("tp_btf/vfio_pci_retrieve_end")
int BPF_PROG(on_device_retrieve_end, __u32 segment, __u8 bus, __u8 device, __u8 function,
	     int result)
{
	struct span *span = on_end(LUO_STATS_RETRIEVE, result, 0);
	__u8 one = 1;

	if (span && !result)
		bpf_map_update_elem(&arrived, span->subject.name, &one, BPF_ANY);
	device_done(LUO_STATS_RETRIEVE);
	return 0;
}

SEC("tp_btf/vfio_pci_finish_begin")
int BPF_PROG(on_device_finish, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_FINISH, segment, bus, device, function);
	return 0;
}

SEC("tp_btf/vfio_pci_finish_end")
int BPF_PROG(on_device_finish_end, __u32 segment, __u8 bus, __u8 device, __u8 function, int result)
{
	on_end(LUO_STATS_FINISH, result, 0);
	device_done(LUO_STATS_FINISH);
	return 0;
}

/* Begin a span about a device that was retrieved and is not in service yet; ignore all others. */
static __always_inline void on_arrived_begin(__u32 kind, struct device *device)
{
	const char *name = BPF_CORE_READ(device, kobj.name);
	char key[DEVICE_NAME_BYTES] = {};
	struct span *span;

	bpf_probe_read_kernel_str(key, sizeof(key), name);
	if (!bpf_map_lookup_elem(&arrived, key))
		return;
	span = device_begin(kind);
	if (!span)
		return;
	name_device(&span->subject);
	__builtin_memcpy(span->subject.name, key, sizeof(key));
	span_begin(span, kind, 0, NULL);
}

SEC("fentry/vfio_df_ioctl_bind_iommufd")
int BPF_PROG(on_bind, struct vfio_device_file *file)
{
	on_arrived_begin(LUO_STATS_BIND, BPF_CORE_READ(file, device, dev));
	return 0;
}

SEC("fexit/vfio_df_ioctl_bind_iommufd")
int BPF_PROG(on_bind_return, void *file, void *argument, long result)
{
	on_end(LUO_STATS_BIND, result, 0);
	device_done(LUO_STATS_BIND);
	return 0;
}

/*
 * How many entries are searched for an eventfd. A vector without an eventfd is passed as -1, and
 * passing nothing but -1 removes interrupts.
 */
#define MAX_EVENTFDS 64

static __always_inline bool has_eventfd(const int *fds, __u32 count)
{
	__u32 i;

	for (i = 0; i < MAX_EVENTFDS && i < count; i++) {
		int fd = -1;

		bpf_probe_read_kernel(&fd, sizeof(fd), &fds[i]);
		if (fd >= 0)
			return true;
	}
	return count > MAX_EVENTFDS;
}

SEC("fentry/vfio_pci_set_irqs_ioctl")
int BPF_PROG(on_set_irqs, struct vfio_pci_core_device *core, __u32 flags, __u32 index, __u32 start,
	     __u32 count, const int *fds)
{
	const __u32 set_up = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	struct pci_dev *device = BPF_CORE_READ(core, pdev);

	/*
	 * Masking or removing interrupts is not setting them up. Higher indexes, which are for
	 * errors and requests to give the device back, are set up by a VMM before its guest does
	 * anything.
	 */
	if ((flags & set_up) != set_up || index > VFIO_PCI_MSIX_IRQ_INDEX ||
	    !has_eventfd(fds, count))
		return 0;
	on_arrived_begin(LUO_STATS_IRQ_SETUP,
			 (void *)device + bpf_core_field_offset(struct pci_dev, dev));
	return 0;
}

SEC("fexit/vfio_pci_set_irqs_ioctl")
int BPF_PROG(on_set_irqs_return, void *core, __u32 flags, __u32 index, __u32 start, __u32 count,
	     void *data, int result)
{
	const struct moment end = moment_now();
	struct span *span = device_find(LUO_STATS_IRQ_SETUP);

	if (!span)
		return 0;
	span_end(span, false, result, &end);
	if (!result) {
		boundary(LUO_STATS_B11_IN_SERVICE, end, 0);
		bpf_map_delete_elem(&arrived, span->subject.name);
	}
	device_done(LUO_STATS_IRQ_SETUP);
	return 0;
}

/*
 * Resets that are not the handler's: the one that is part of binding a device, and so of the time
 * until it is in service again. On a kernel without the handler, every reset.
 */

SEC("fentry/__pci_reset_function_locked")
int BPF_PROG(on_reset_function, struct pci_dev *device)
{
	const char *name = BPF_CORE_READ(device, dev.kobj.name);
	char key[DEVICE_NAME_BYTES] = {};
	struct span *span;

	/* The handler has tracepoints for its own resets. */
	if (device_find(LUO_STATS_RESET))
		return 0;
	bpf_probe_read_kernel_str(key, sizeof(key), name);
	if (have_vfio_handler && !bpf_map_lookup_elem(&arrived, key))
		return 0;
	span = device_begin(LUO_STATS_PLAIN_RESET);
	if (!span)
		return 0;
	name_device(&span->subject);
	__builtin_memcpy(span->subject.name, key, sizeof(key));
	span_begin(span, LUO_STATS_PLAIN_RESET, 0, NULL);
	return 0;
}

SEC("fexit/__pci_reset_function_locked")
int BPF_PROG(on_reset_function_return, void *device, int result)
{
	on_end(LUO_STATS_PLAIN_RESET, result, 0);
	device_done(LUO_STATS_PLAIN_RESET);
	return 0;
}
