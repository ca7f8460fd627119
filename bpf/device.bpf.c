// SPDX-License-Identifier: GPL-2.0
/*
 * Preserved vfio-pci devices: the tracepoints of the live update handler, and the steps that bring
 * a device back into service in the new kernel, which are its bind and its first interrupt setup.
 * Another handler has no such tracepoints: then the steps of a device are those of its file.
 *
 * A device is named as in sysfs. Its spans have the same kinds as a file's spans; the subject
 * distinguishes them.
 */
#include "span.bpf.h"

#define ENOTTY 25

/*
 * What is done to a device. A step of the handler may begin in one thread and end in another, and
 * the handler does one step of each kind to a device at a time: its key is the device's address,
 * and pid is 0. A call of a function returns in the thread that made it, and other threads may make
 * the same call: its key is what is passed to the function, and the thread.
 */
struct device_operation {
	__u64 device;
	__u32 kind;
	__u32 pid;
};

#define PCI_ADDRESS(segment, bus, device, function) \
	((__u64)(segment) << 16 | (__u64)(bus) << 8 | (device) << 3 | (function))

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct device_operation);
	__type(value, struct span);
} device_operations SEC(".maps");

/*
 * Devices by name, from their retrieve until they are in service. The value is the address of the
 * vfio_device_file through which it was last bound, or 0.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, char[DEVICE_NAME_BYTES]);
	__type(value, __u64);
} arrived SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LUO_STATS_RESET_METHODS);
	__type(key, __u32);
	__type(value, struct luoscope_latency);
} latency SEC(".maps");

/* A span is too large for the stack. */
static const struct span no_span;

/* For an end that is not given. */
static const struct moment not_given;

static __always_inline struct device_operation step_of(__u32 kind, __u64 address)
{
	return (struct device_operation){ .device = address, .kind = kind };
}

static __always_inline struct device_operation call_of(__u32 kind, const void *object)
{
	return (struct device_operation){ .device = (__u64)object,
					  .kind = kind,
					  .pid = (__u32)bpf_get_current_pid_tgid() };
}

/* By value: see span.bpf.h. */
static __noinline struct span *device_add(__u64 device, __u32 kind, __u32 pid)
{
	const struct device_operation operation = { device, kind, pid };
	struct span *span;

	if (!bpf_map_update_elem(&device_operations, &operation, (const void *)&no_span,
				 pid ? BPF_ANY : BPF_NOEXIST))
		return bpf_map_lookup_elem(&device_operations, &operation);
	span = bpf_map_lookup_elem(&device_operations, &operation);
	if (span) {
		span->is_unclear = true;
		missed(kind);
	}
	return NULL;
}

static __noinline struct span *device_look_up(__u64 device, __u32 kind, __u32 pid)
{
	const struct device_operation operation = { device, kind, pid };

	return bpf_map_lookup_elem(&device_operations, &operation);
}

static __noinline void device_delete(__u64 device, __u32 kind, __u32 pid)
{
	const struct device_operation operation = { device, kind, pid };

	bpf_map_delete_elem(&device_operations, &operation);
}

/*
 * NULL if it cannot be followed. If the same started before and did not end, either its end was
 * not seen, or both are under way. Then this one counts as dropped, and the end of the other is not
 * known: a wrong time is worse than none. A call that its thread makes again has returned before.
 */
static __always_inline struct span *device_begin(const struct device_operation *operation)
{
	return device_add(operation->device, operation->kind, operation->pid);
}

static __always_inline struct span *device_find(const struct device_operation *operation)
{
	return device_look_up(operation->device, operation->kind, operation->pid);
}

static __always_inline void device_done(const struct device_operation *operation)
{
	device_delete(operation->device, operation->kind, operation->pid);
}

/* @device NULL: the handler's, which is vfio-pci. */
static __noinline void name_device(struct luo_stats_subject_key *subject, struct device *device)
{
	const char *driver = device ? BPF_CORE_READ(device, driver, name) : NULL;

	subject->kind = LUO_STATS_SUBJECT_DEVICE;
	if (driver)
		bpf_probe_read_kernel_str(subject->detail, sizeof(subject->detail), driver);
	else if (!device)
		__builtin_memcpy(subject->detail, "vfio-pci", sizeof("vfio-pci"));
	__builtin_memcpy(subject->group, "pci", sizeof("pci"));
}

/* @name has DEVICE_NAME_BYTES or more. */
#define PRINT_NAME(name, address)                                                       \
	BPF_SNPRINTF(name, sizeof(name), "%04x:%02x:%02x.%x", (__u32)((address) >> 16), \
		     (__u32)((address) >> 8 & 0xff), (__u32)((address) >> 3 & 0x1f),    \
		     (__u32)((address)&7))

/* Not inline, like much of what follows: there are so many steps. */
static __noinline void name_address(struct luo_stats_subject_key *subject, struct device *device,
				    __u64 address)
{
	name_device(subject, device);
	PRINT_NAME(subject->name, address);
}

/* A step begins; @device: see name_device(), @since NULL: now. */
static __always_inline void on_begin_of(const struct device_operation *step, struct device *device,
					const struct moment *since)
{
	struct span *span = device_begin(step);

	if (!span)
		return;
	name_address(&span->subject, device, step->device);
	span_begin(span, step->kind, 0, since);
}

/* A step of the handler begins. */
static __noinline void on_begin(__u32 kind, __u64 address)
{
	const struct device_operation step = step_of(kind, address);

	on_begin_of(&step, NULL, NULL);
}

/*
 * Returns @span, or NULL if there is none whose end is known. @cycles and @boottime_ns: its end, or
 * 0: now. What a device is about is passed on by value: Linux 7.3 has rejected a program in which a
 * pointer to a stack went through several calls.
 */
static __noinline struct span *end_clear(struct span *span, int result, __u64 detail, __u64 cycles,
					 __u64 boottime_ns)
{
	if (!span || span->is_unclear)
		return NULL;
	if (detail)
		span->detail = detail;
	span_end_at(span, false, result, cycles, boottime_ns);
	return span;
}

/* Returns the ended span, which device_done() must release, or NULL. @until: its end, or 0: now. */
static __always_inline struct span *on_end(const struct device_operation *operation, int result,
					   __u64 detail, struct moment until)
{
	return end_clear(device_find(operation), result, detail, until.cycles, until.boottime_ns);
}

/* The same for a step of the handler, or of a file: all of them are followed. */
static __always_inline struct span *on_step_end(const struct device_operation *step, int result,
						__u64 detail, struct moment until)
{
	if (!device_find(step))
		missed(step->kind);
	return on_end(step, result, detail, until);
}

/* A step ends of which nothing but its time is of interest. */
static __noinline void on_plain_end(__u32 kind, __u64 address, int result)
{
	const struct device_operation step = step_of(kind, address);

	on_step_end(&step, result, 0, not_given);
	device_done(&step);
}

static __noinline __u32 log2_slot(__u64 duration_ns)
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

static __noinline void on_freeze_end(__u64 address, int result, __u64 cycles, __u64 boottime_ns)
{
	const struct device_operation step = step_of(LUO_STATS_FREEZE, address);
	struct span *span = on_step_end(&step, result, 0, (struct moment){ cycles, boottime_ns });
	struct luoscope_latency *histogram;

	if (span && !result) {
		histogram = latency_of(span->detail);
		if (histogram)
			__sync_fetch_and_add(&histogram->freeze[log2_slot(bpf_ktime_get_boot_ns() -
									  span->begin_ns)],
					     1);
	}
	device_done(&step);
}

/*
 * The reset of a freeze, or one of the handler's other resets; @device and @pid: of its operation.
 */
static __noinline void on_reset_end(__u64 device, __u32 pid, __u64 address, int result,
				    __u64 detail)
{
	const struct device_operation reset = { device, LUO_STATS_RESET, pid };
	const struct device_operation around = step_of(LUO_STATS_FREEZE, address);
	struct span *span = on_step_end(&reset, result, detail, not_given);
	struct luoscope_latency *histogram = latency_of(detail);
	__u64 counted = LUO_STATS_RESET_OUTCOME(detail);
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
	freeze = device_find(&around);
	if (freeze)
		freeze->detail = detail;
	device_done(&reset);
}

SEC("tp_btf/vfio_pci_preserve_begin")
int BPF_PROG(on_device_preserve, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_PRESERVE, PCI_ADDRESS(segment, bus, device, function));
	return 0;
}

SEC("tp_btf/vfio_pci_preserve_end")
int BPF_PROG(on_device_preserve_end, __u32 segment, __u8 bus, __u8 device, __u8 function,
	     int result)
{
	on_plain_end(LUO_STATS_PRESERVE, PCI_ADDRESS(segment, bus, device, function), result);
	return 0;
}

SEC("tp_btf/vfio_pci_unpreserve_begin")
int BPF_PROG(on_device_unpreserve, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_UNPRESERVE, PCI_ADDRESS(segment, bus, device, function));
	return 0;
}

SEC("tp_btf/vfio_pci_unpreserve_end")
int BPF_PROG(on_device_unpreserve_end, __u32 segment, __u8 bus, __u8 device, __u8 function,
	     int result)
{
	on_plain_end(LUO_STATS_UNPRESERVE, PCI_ADDRESS(segment, bus, device, function), result);
	return 0;
}

SEC("tp_btf/vfio_pci_freeze_begin")
int BPF_PROG(on_device_freeze, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_FREEZE, PCI_ADDRESS(segment, bus, device, function));
	return 0;
}

SEC("tp_btf/vfio_pci_freeze_end")
int BPF_PROG(on_device_freeze_end, __u32 segment, __u8 bus, __u8 device, __u8 function, int result)
{
	on_freeze_end(PCI_ADDRESS(segment, bus, device, function), result, 0, 0);
	return 0;
}

SEC("tp_btf/vfio_pci_unfreeze_begin")
int BPF_PROG(on_device_unfreeze, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_UNFREEZE, PCI_ADDRESS(segment, bus, device, function));
	return 0;
}

SEC("tp_btf/vfio_pci_unfreeze_end")
int BPF_PROG(on_device_unfreeze_end, __u32 segment, __u8 bus, __u8 device, __u8 function,
	     int result)
{
	on_plain_end(LUO_STATS_UNFREEZE, PCI_ADDRESS(segment, bus, device, function), result);
	return 0;
}

SEC("tp_btf/vfio_pci_reset_begin")
int BPF_PROG(on_device_reset, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_RESET, PCI_ADDRESS(segment, bus, device, function));
	return 0;
}

SEC("tp_btf/vfio_pci_reset_end")
int BPF_PROG(on_device_reset_end, __u32 segment, __u8 bus, __u8 device, __u8 function, int result,
	     __u32 method, __u32 outcome, __u32 lock)
{
	const __u64 address = PCI_ADDRESS(segment, bus, device, function);

	on_reset_end(address, 0, address, result, LUO_STATS_RESET_DETAIL(outcome, method, lock));
	return 0;
}

static __noinline void on_retrieve_end(__u64 address, int result, __u64 cycles, __u64 boottime_ns)
{
	const struct device_operation step = step_of(LUO_STATS_RETRIEVE, address);
	struct span *span = on_step_end(&step, result, 0, (struct moment){ cycles, boottime_ns });
	__u64 no_file = 0;

	if (span && !result)
		bpf_map_update_elem(&arrived, span->subject.name, &no_file, BPF_ANY);
	device_done(&step);
}

SEC("tp_btf/vfio_pci_retrieve_begin")
int BPF_PROG(on_device_retrieve, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_RETRIEVE, PCI_ADDRESS(segment, bus, device, function));
	return 0;
}

SEC("tp_btf/vfio_pci_retrieve_end")
int BPF_PROG(on_device_retrieve_end, __u32 segment, __u8 bus, __u8 device, __u8 function,
	     int result)
{
	on_retrieve_end(PCI_ADDRESS(segment, bus, device, function), result, 0, 0);
	return 0;
}

SEC("tp_btf/vfio_pci_finish_begin")
int BPF_PROG(on_device_finish, __u32 segment, __u8 bus, __u8 device, __u8 function)
{
	on_begin(LUO_STATS_FINISH, PCI_ADDRESS(segment, bus, device, function));
	return 0;
}

SEC("tp_btf/vfio_pci_finish_end")
int BPF_PROG(on_device_finish_end, __u32 segment, __u8 bus, __u8 device, __u8 function, int result)
{
	on_plain_end(LUO_STATS_FINISH, PCI_ADDRESS(segment, bus, device, function), result);
	return 0;
}

/* A name that copy_name() can copy. */
#define DEVICE_NAME(name) char name[DEVICE_NAME_BYTES] __attribute__((aligned(8)))

/* Its name goes to @name, with 0 to the end. */
static __noinline bool has_arrived(struct device *device, char name[DEVICE_NAME_BYTES])
{
	__builtin_memset(__builtin_assume_aligned(name, 8), 0, DEVICE_NAME_BYTES);
	bpf_probe_read_kernel_str(name, DEVICE_NAME_BYTES, BPF_CORE_READ(device, kobj.name));
	return bpf_map_lookup_elem(&arrived, name);
}

/* @role 0: what its kind says. */
static __noinline void on_call(const struct device_operation *call, struct device *device,
			       const char name[DEVICE_NAME_BYTES], __u32 role)
{
	struct span *span = device_begin(call);

	if (!span)
		return;
	name_device(&span->subject, device);
	copy_name(span->subject.name, name, DEVICE_NAME_BYTES);
	span->subject.role = role;
	span_begin(span, call->kind, 0, NULL);
}

/* Begin a span about a device that was retrieved and is not in service yet; ignore all others. */
static __always_inline void on_arrived_call(const struct device_operation *call,
					    struct device *device)
{
	DEVICE_NAME(name);

	if (has_arrived(device, name))
		on_call(call, device, name, 0);
}

SEC("fentry/vfio_df_ioctl_bind_iommufd")
int BPF_PROG(on_bind, struct vfio_device_file *file)
{
	const struct device_operation call = call_of(LUO_STATS_BIND, file);
	struct device *device = BPF_CORE_READ(file, device, dev);
	__u64 address = call.device;
	DEVICE_NAME(name);

	if (!has_arrived(device, name))
		return 0;
	bpf_map_update_elem(&arrived, name, &address, BPF_EXIST);
	on_call(&call, device, name, 0);
	return 0;
}

/*
 * Within a bind, in its thread. The device's name leads to the file, and file and thread to the
 * span.
 */
SEC("tp_btf/vfio_pci_reset_again")
int BPF_PROG(on_reset_again, __u32 segment, __u8 bus, __u8 device, __u8 function, __u32 again)
{
	const __u64 address = PCI_ADDRESS(segment, bus, device, function);
	DEVICE_NAME(name) = {};
	struct device_operation call;
	struct span *bind;
	__u64 *file;

	PRINT_NAME(name, address);
	file = bpf_map_lookup_elem(&arrived, name);
	if (!file)
		return 0;
	call = call_of(LUO_STATS_BIND, (const void *)*file);
	bind = device_find(&call);
	if (bind)
		bind->detail = again;
	return 0;
}

SEC("fexit/vfio_df_ioctl_bind_iommufd")
int BPF_PROG(on_bind_return, struct vfio_device_file *file, void *argument, long result)
{
	const struct device_operation call = call_of(LUO_STATS_BIND, file);
	DEVICE_NAME(name);

	if (!on_end(&call, result, 0, not_given) &&
	    has_arrived(BPF_CORE_READ(file, device, dev), name))
		missed(LUO_STATS_BIND);
	device_done(&call);
	return 0;
}

/*
 * How many entries are searched for an eventfd. A vector without an eventfd is passed as -1, and
 * passing nothing but -1 removes interrupts.
 */
#define MAX_EVENTFDS 64

struct eventfd_search {
	const int *fds;
	__u32 count;
	bool found;
};

static long eventfd_search_step(__u32 index, struct eventfd_search *search)
{
	int fd = -1;

	if (index >= search->count)
		return 1;
	bpf_probe_read_kernel(&fd, sizeof(fd), &search->fds[index]);
	search->found = fd >= 0;
	return search->found;
}

static __always_inline bool has_eventfd(const int *fds, __u32 count)
{
	struct eventfd_search search = { .fds = fds, .count = count };

	bpf_loop(MAX_EVENTFDS, eventfd_search_step, &search, 0);
	return search.found || count > MAX_EVENTFDS;
}

/*
 * Masking or removing interrupts is not setting them up. Higher indexes, which are for errors and
 * requests to give the device back, are set up by a VMM before its guest does anything.
 */
static __always_inline bool sets_irqs_up(__u32 flags, __u32 index, __u32 count, const int *fds)
{
	const __u32 set_up = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;

	return (flags & set_up) == set_up && index <= VFIO_PCI_MSIX_IRQ_INDEX &&
	       has_eventfd(fds, count);
}

static __always_inline struct device *device_of(struct pci_dev *pci)
{
	return (void *)pci + bpf_core_field_offset(struct pci_dev, dev);
}

SEC("fentry/vfio_pci_set_irqs_ioctl")
int BPF_PROG(on_set_irqs, struct vfio_pci_core_device *core, __u32 flags, __u32 index, __u32 start,
	     __u32 count, const int *fds)
{
	const struct device_operation call = call_of(LUO_STATS_IRQ_SETUP, core);

	if (sets_irqs_up(flags, index, count, fds))
		on_arrived_call(&call, device_of(BPF_CORE_READ(core, pdev)));
	return 0;
}

SEC("fexit/vfio_pci_set_irqs_ioctl")
int BPF_PROG(on_set_irqs_return, struct vfio_pci_core_device *core, __u32 flags, __u32 index,
	     __u32 start, __u32 count, const int *fds, int result)
{
	const struct moment end = moment_now();
	const struct device_operation call = call_of(LUO_STATS_IRQ_SETUP, core);
	struct span *span = device_find(&call);
	DEVICE_NAME(name);
	const bool is_awaited = has_arrived(device_of(BPF_CORE_READ(core, pdev)), name);

	if (span)
		span_end(span, false, result, &end);
	else if (is_awaited && sets_irqs_up(flags, index, count, fds))
		missed(LUO_STATS_IRQ_SETUP);
	else
		return 0;
	if (!result) {
		boundary(LUO_STATS_B11_IN_SERVICE, end, 0);
		bpf_map_delete_elem(&arrived, name);
	}
	device_done(&call);
	return 0;
}

/*
 * Resets by the PCI core: those that are not the handler's, such as the one in a bind, which is
 * part of the time until the device is in service again; on a kernel without the handler, every
 * reset. In the freeze of a device of another handler it is the device's reset.
 */

static __noinline __u64 address_of(struct pci_dev *pci)
{
	struct pci_bus *bus = BPF_CORE_READ(pci, bus);
	const __u32 devfn = BPF_CORE_READ(pci, devfn);
	struct pci_sysdata *sysdata;
	__u32 segment;

	if (bpf_core_field_exists(bus->domain_nr)) {
		segment = BPF_CORE_READ(bus, domain_nr);
	} else {
		sysdata = BPF_CORE_READ(bus, sysdata);
		segment = BPF_CORE_READ(sysdata, domain);
	}
	return PCI_ADDRESS(segment, BPF_CORE_READ(bus, number), devfn >> 3, devfn & 7);
}

/* A reset of a device that takes part in no update is recorded only if nobody knows which do. */
struct pci_reset {
	struct device_operation call;
	bool is_recorded;
	bool takes_part;
};

/* Fill in what reset begins. The device's name goes to @name. */
static __noinline void reset_look(struct pci_reset *reset, struct pci_dev *pci,
				  char name[DEVICE_NAME_BYTES])
{
	const __u64 address = address_of(pci);
	const struct device_operation freeze = step_of(LUO_STATS_FREEZE, address);
	const struct device_operation of_handler = step_of(LUO_STATS_RESET, address);
	/* With tracepoints, the handler has some for its own resets. */
	const bool is_of_freeze = devices_by_files && device_find(&freeze);

	reset->call = call_of(is_of_freeze ? LUO_STATS_RESET : LUO_STATS_PLAIN_RESET, pci);
	reset->takes_part = has_arrived(device_of(pci), name) || is_of_freeze;
	reset->is_recorded = !device_find(&of_handler) && (reset->takes_part || !have_vfio_handler);
}

/* Of the outcome the PCI core says no more than whether there was a way, and whether it worked. */
static __always_inline __u32 outcome_of(int result)
{
	return !result		 ? LUO_STATS_RESET_OK :
	       result == -ENOTTY ? LUO_STATS_RESET_NONE :
				   LUO_STATS_RESET_FAILED;
}

/* Returns whether the reset was followed. */
static __noinline bool on_reset_return(struct pci_dev *pci, int result, __u32 method)
{
	struct device_operation call = call_of(LUO_STATS_RESET, pci);
	bool is_followed;

	if (device_find(&call)) {
		on_reset_end(call.device, call.pid, address_of(pci), result,
			     LUO_STATS_RESET_DETAIL(outcome_of(result), method, 0));
		return true;
	}
	call.kind = LUO_STATS_PLAIN_RESET;
	is_followed = on_end(&call, result, 0, not_given);
	device_done(&call);
	return is_followed;
}

SEC("fentry/__pci_reset_function_locked")
int BPF_PROG(on_reset_function, struct pci_dev *pci)
{
	struct pci_reset reset;
	DEVICE_NAME(name);

	reset_look(&reset, pci, name);
	if (reset.is_recorded)
		on_call(&reset.call, device_of(pci), name,
			reset.takes_part ? 0 : LUO_STATS_ROLE_NONE);
	return 0;
}

SEC("fexit/__pci_reset_function_locked")
int BPF_PROG(on_reset_function_return, struct pci_dev *pci, int result)
{
	struct pci_reset reset;
	DEVICE_NAME(name);

	if (on_reset_return(pci, result, LUO_STATS_RESET_NO_METHOD))
		return 0;
	reset_look(&reset, pci, name);
	if (reset.is_recorded)
		missed(reset.call.kind);
	return 0;
}

/*
 * A hot reset is one of all devices on a bus. The handler says itself what it resets; without it,
 * each device that takes part in an update has a reset of its own.
 */

/* A bus has no more functions. */
#define MAX_FUNCTIONS 256

struct bus_walk {
	struct list_head *head;
	struct list_head *at;
	bool is_over;
	int result;
};

static long bus_walk_step(__u32 index, struct bus_walk *walk)
{
	struct list_head *at = walk->at;
	struct pci_dev *pci = (void *)at - bpf_core_field_offset(struct pci_dev, bus_list);
	DEVICE_NAME(name);
	struct pci_reset reset;

	if (at == walk->head)
		return 1;
	walk->at = BPF_CORE_READ(at, next);
	reset_look(&reset, pci, name);
	if (!walk->is_over && reset.takes_part)
		on_call(&reset.call, device_of(pci), name, 0);
	else if (walk->is_over && !on_reset_return(pci, walk->result, LUO_STATS_RESET_HOT) &&
		 reset.takes_part)
		missed(reset.call.kind);
	return 0;
}

static __always_inline void walk_bus(struct pci_dev *pci, bool is_over, int result)
{
	struct pci_bus *bus = BPF_CORE_READ(pci, bus);
	struct bus_walk walk = {
		.head = (void *)bus + bpf_core_field_offset(struct pci_bus, devices),
		.at = BPF_CORE_READ(bus, devices.next),
		.is_over = is_over,
		.result = result,
	};

	if (devices_by_files)
		bpf_loop(MAX_FUNCTIONS, bus_walk_step, &walk, 0);
}

SEC("fentry/pci_reset_bus")
int BPF_PROG(on_reset_bus, struct pci_dev *pci)
{
	walk_bus(pci, false, 0);
	return 0;
}

SEC("fexit/pci_reset_bus")
int BPF_PROG(on_reset_bus_return, struct pci_dev *pci, int result)
{
	walk_bus(pci, true, result);
	return 0;
}

/* Devices that are known from their files. */

/* The name of a function by its address. The kernel looks it up. */
#ifndef PRINT_SYMBOL
#define PRINT_SYMBOL(name, address) BPF_SNPRINTF(name, sizeof(name), "%ps", address)
#endif

/* Whether this kernel's types lead from a file to its device. */
static __always_inline bool devices_are_known(void)
{
	return devices_by_files && bpf_core_field_exists(struct luo_file, file) &&
	       bpf_core_field_exists(struct file, f_op) &&
	       bpf_core_field_exists(struct file, private_data) &&
	       bpf_core_field_exists(struct file_operations, unlocked_ioctl) &&
	       bpf_core_field_exists(struct vfio_device_file, device) &&
	       bpf_core_field_exists(struct vfio_device, dev);
}

/* What the last files had: those of devices, and those of others. */
static const struct file_operations *vfio_operations, *other_operations;

/*
 * Whether @operations are those of vfio's device files. The name of one of them says so, and names
 * of functions are there in every kernel with kallsyms, also of functions of a module.
 */
static __noinline bool is_of_vfio(const struct file_operations *operations)
{
	static const char expected[] = "vfio_device_fops_unl_ioctl";
	char name[48] = {};

	if (operations == vfio_operations || operations == other_operations)
		return operations && operations == vfio_operations;
	PRINT_SYMBOL(name, BPF_CORE_READ(operations, unlocked_ioctl));
	if (!bpf_strncmp(name, sizeof(expected) - 1, expected))
		vfio_operations = operations;
	else
		other_operations = operations;
	return operations == vfio_operations;
}

/* The device of @luo_file; NULL: it has none on a PCI bus, or that is not to be known. */
static __noinline struct pci_dev *pci_of_file(struct luo_file *luo_file)
{
	struct vfio_device_file *of_vfio;
	char bus[8] = {};
	struct device *device;
	struct file *file;

	if (!devices_are_known())
		return NULL;
	file = BPF_CORE_READ(luo_file, file);
	/* One that was not retrieved has none. */
	if (!file || !is_of_vfio(BPF_CORE_READ(file, f_op)))
		return NULL;
	of_vfio = BPF_CORE_READ(file, private_data);
	device = BPF_CORE_READ(of_vfio, device, dev);
	bpf_probe_read_kernel_str(bus, sizeof(bus), BPF_CORE_READ(device, bus, name));
	if (bpf_strncmp(bus, sizeof(bus), "pci"))
		return NULL;
	return (void *)device - bpf_core_field_offset(struct pci_dev, dev);
}

static __noinline void device_freeze_begin(struct luo_file *file)
{
	struct pci_dev *pci = pci_of_file(file);

	if (pci) {
		const struct device_operation step = step_of(LUO_STATS_FREEZE, address_of(pci));

		on_begin_of(&step, device_of(pci), NULL);
	}
}

static __noinline void device_freeze_end(struct luo_file *file, int result, __u64 cycles,
					 __u64 boottime_ns)
{
	struct pci_dev *pci = pci_of_file(file);

	if (pci)
		on_freeze_end(address_of(pci), result, cycles, boottime_ns);
}

/*
 * Another step of a file is over, and it is known now which device it has. @since is in a map;
 * @cycles and @boottime_ns: when it ended.
 */
static __noinline void device_step(__u32 kind, struct luo_file *file, const struct moment *since,
				   __u64 cycles, __u64 boottime_ns)
{
	struct pci_dev *pci = pci_of_file(file);
	struct device_operation step;

	if (!pci)
		return;
	step = step_of(kind, address_of(pci));
	on_begin_of(&step, device_of(pci), since);
	if (kind == LUO_STATS_RETRIEVE) {
		on_retrieve_end(step.device, 0, cycles, boottime_ns);
	} else {
		on_step_end(&step, 0, 0, (struct moment){ cycles, boottime_ns });
		device_done(&step);
	}
}

/* A session begins to give up its files, in this thread. */
static __noinline void device_given_up(struct luo_file *file)
{
	struct pci_dev *pci = pci_of_file(file);
	struct device_operation call;

	if (!pci)
		return;
	call = call_of(LUO_STATS_UNPRESERVE, NULL);
	call.device = address_of(pci);
	on_begin_of(&call, device_of(pci), NULL);
}

static long given_up_step(void *map, const struct device_operation *call, struct span *span,
			  __u32 *pid)
{
	if (call->kind == LUO_STATS_UNPRESERVE && call->pid == *pid) {
		span_end(span, false, 0, NULL);
		bpf_map_delete_elem(&device_operations, call);
	}
	return 0;
}

/* It has given up all of them: when each of its devices was, nobody sees. */
static __always_inline void devices_given_up(void)
{
	__u32 pid = (__u32)bpf_get_current_pid_tgid();

	if (devices_are_known())
		bpf_for_each_map_elem(&device_operations, given_up_step, &pid, 0);
}
