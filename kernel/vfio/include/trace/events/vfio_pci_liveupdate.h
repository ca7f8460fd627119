/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio_pci_liveupdate

#if !defined(_TRACE_VFIO_PCI_LIVEUPDATE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_VFIO_PCI_LIVEUPDATE_H

#include <linux/tracepoint.h>
#include <linux/kho/abi/vfio_pci.h>

TRACE_DEFINE_ENUM(VFIO_PCI_LUO_RESET_OK);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_RESET_FAILED);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_RESET_BUSY);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_RESET_NONE);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_METHOD_NONE);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_METHOD_DEVICE_SPECIFIC);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_METHOD_ACPI);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_METHOD_FLR);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_METHOD_AF_FLR);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_METHOD_PM);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_METHOD_BUS);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_METHOD_CXL_BUS);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_METHOD_OTHER);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_METHOD_HOT);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_LOCK_NONE);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_LOCK_MEMORY);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_LOCK_BRIDGE);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_LOCK_DEVICE);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_LOCK_CONFIG);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_LOCK_DMABUF);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_LOCK_SET);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_AGAIN_SPARED);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_AGAIN_ASKED);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_AGAIN_NOT_RESET);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_AGAIN_BOUND);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_AGAIN_ENABLED);
TRACE_DEFINE_ENUM(VFIO_PCI_LUO_AGAIN_CHANGED);

#define vfio_pci_luo_show_outcome(outcome)				\
	__print_symbolic(outcome,					\
		{ VFIO_PCI_LUO_RESET_OK, "ok" },			\
		{ VFIO_PCI_LUO_RESET_FAILED, "failed" },		\
		{ VFIO_PCI_LUO_RESET_BUSY, "busy" },			\
		{ VFIO_PCI_LUO_RESET_NONE, "none" })

#define vfio_pci_luo_show_method(method)				\
	__print_symbolic(method,					\
		{ VFIO_PCI_LUO_METHOD_NONE, "none" },			\
		{ VFIO_PCI_LUO_METHOD_DEVICE_SPECIFIC, "device_specific" }, \
		{ VFIO_PCI_LUO_METHOD_ACPI, "acpi" },			\
		{ VFIO_PCI_LUO_METHOD_FLR, "flr" },			\
		{ VFIO_PCI_LUO_METHOD_AF_FLR, "af_flr" },		\
		{ VFIO_PCI_LUO_METHOD_PM, "pm" },			\
		{ VFIO_PCI_LUO_METHOD_BUS, "bus" },			\
		{ VFIO_PCI_LUO_METHOD_CXL_BUS, "cxl_bus" },		\
		{ VFIO_PCI_LUO_METHOD_OTHER, "other" },			\
		{ VFIO_PCI_LUO_METHOD_HOT, "hot" })

#define vfio_pci_luo_show_lock(lock)					\
	__print_symbolic(lock,						\
		{ VFIO_PCI_LUO_LOCK_NONE, "none" },			\
		{ VFIO_PCI_LUO_LOCK_MEMORY, "memory" },			\
		{ VFIO_PCI_LUO_LOCK_BRIDGE, "bridge" },			\
		{ VFIO_PCI_LUO_LOCK_DEVICE, "device" },			\
		{ VFIO_PCI_LUO_LOCK_CONFIG, "config" },			\
		{ VFIO_PCI_LUO_LOCK_DMABUF, "dmabuf" },			\
		{ VFIO_PCI_LUO_LOCK_SET, "set" })

#define vfio_pci_luo_show_again(again)					\
	__print_symbolic(again,						\
		{ VFIO_PCI_LUO_AGAIN_SPARED, "spared" },		\
		{ VFIO_PCI_LUO_AGAIN_ASKED, "asked" },			\
		{ VFIO_PCI_LUO_AGAIN_NOT_RESET, "not_reset" },		\
		{ VFIO_PCI_LUO_AGAIN_BOUND, "bound" },			\
		{ VFIO_PCI_LUO_AGAIN_ENABLED, "enabled" },		\
		{ VFIO_PCI_LUO_AGAIN_CHANGED, "changed" })

DECLARE_EVENT_CLASS(vfio_pci_luo_begin,
		    TP_PROTO(u32 segment, u8 bus, u8 device, u8 function),
		    TP_ARGS(segment, bus, device, function),
		    TP_STRUCT__entry(__field(u32, segment)
				     __field(u8, bus)
				     __field(u8, device)
				     __field(u8, function)
		    ),
		    TP_fast_assign(__entry->segment = segment;
				   __entry->bus = bus;
				   __entry->device = device;
				   __entry->function = function;
		    ),
		    TP_printk("%04x:%02x:%02x.%u", __entry->segment, __entry->bus,
			      __entry->device, __entry->function)
);

DECLARE_EVENT_CLASS(vfio_pci_luo_end,
		    TP_PROTO(u32 segment, u8 bus, u8 device, u8 function, int result),
		    TP_ARGS(segment, bus, device, function, result),
		    TP_STRUCT__entry(__field(u32, segment)
				     __field(u8, bus)
				     __field(u8, device)
				     __field(u8, function)
				     __field(int, result)
		    ),
		    TP_fast_assign(__entry->segment = segment;
				   __entry->bus = bus;
				   __entry->device = device;
				   __entry->function = function;
				   __entry->result = result;
		    ),
		    TP_printk("%04x:%02x:%02x.%u result=%d", __entry->segment, __entry->bus,
			      __entry->device, __entry->function, __entry->result)
);

/**
 * vfio_pci_preserve_begin - a device file is about to be preserved
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 */
DEFINE_EVENT(vfio_pci_luo_begin, vfio_pci_preserve_begin,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function),
	     TP_ARGS(segment, bus, device, function)
);

/**
 * vfio_pci_preserve_end - the device file is preserved, or was refused
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 * @result: 0, or what the preserve ioctl returns
 */
DEFINE_EVENT(vfio_pci_luo_end, vfio_pci_preserve_end,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function, int result),
	     TP_ARGS(segment, bus, device, function, result)
);

/**
 * vfio_pci_unpreserve_begin - a preserved device file is about to be given up (session closed)
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 */
DEFINE_EVENT(vfio_pci_luo_begin, vfio_pci_unpreserve_begin,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function),
	     TP_ARGS(segment, bus, device, function)
);

/**
 * vfio_pci_unpreserve_end - it is given up
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 * @result: always 0
 */
DEFINE_EVENT(vfio_pci_luo_end, vfio_pci_unpreserve_end,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function, int result),
	     TP_ARGS(segment, bus, device, function, result)
);

/**
 * vfio_pci_freeze_begin - a device is about to be frozen for the jump
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 */
DEFINE_EVENT(vfio_pci_luo_begin, vfio_pci_freeze_begin,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function),
	     TP_ARGS(segment, bus, device, function)
);

/**
 * vfio_pci_freeze_end - the device is frozen, or the update is refused
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 * @result: 0; -EINVAL: its interrupts are still enabled, -EBUSY: its driver is being unbound, a
 * system call on its file does not end, or it has virtual functions, -ENODEV: it was pulled out.
 * Of an attempt that is refused at its start, only the devices that are the cause have a freeze.
 */
DEFINE_EVENT(vfio_pci_luo_end, vfio_pci_freeze_end,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function, int result),
	     TP_ARGS(segment, bus, device, function, result)
);

/**
 * vfio_pci_unfreeze_begin - a frozen device is about to be given back: the update was given up
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 */
DEFINE_EVENT(vfio_pci_luo_begin, vfio_pci_unfreeze_begin,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function),
	     TP_ARGS(segment, bus, device, function)
);

/**
 * vfio_pci_unfreeze_end - the device works again
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 * @result: 0; -ENODEV: the device has gone; -EBUSY: somebody has kept all others from its
 * configuration space for 70 s, so that this was not put back
 * @was_reset: whether the freeze has reset it, or tried to, so that its user must set it up anew
 */
TRACE_EVENT(vfio_pci_unfreeze_end,
	    TP_PROTO(u32 segment, u8 bus, u8 device, u8 function, int result, bool was_reset),
	    TP_ARGS(segment, bus, device, function, result, was_reset),
	    TP_STRUCT__entry(__field(u32, segment)
			     __field(u8, bus)
			     __field(u8, device)
			     __field(u8, function)
			     __field(int, result)
			     __field(bool, was_reset)
	    ),
	    TP_fast_assign(__entry->segment = segment;
			   __entry->bus = bus;
			   __entry->device = device;
			   __entry->function = function;
			   __entry->result = result;
			   __entry->was_reset = was_reset;
	    ),
	    TP_printk("%04x:%02x:%02x.%u result=%d was_reset=%d", __entry->segment,
		      __entry->bus, __entry->device, __entry->function, __entry->result,
		      __entry->was_reset)
);

/**
 * vfio_pci_reset_begin - a device is about to be reset, at the freeze or when it is released
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 */
DEFINE_EVENT(vfio_pci_luo_begin, vfio_pci_reset_begin,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function),
	     TP_ARGS(segment, bus, device, function)
);

/**
 * vfio_pci_reset_end - the reset is over, or it was found that there will be none
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 * @result: 0 if the outcome is ok or none, -EBUSY if it is busy, else why it failed
 * @method: enum vfio_pci_luo_method
 * @outcome: enum vfio_pci_luo_outcome
 * @lock: enum vfio_pci_luo_lock, if the outcome is busy
 */
TRACE_EVENT(vfio_pci_reset_end,
	    TP_PROTO(u32 segment, u8 bus, u8 device, u8 function, int result, u32 method,
		     u32 outcome, u32 lock),
	    TP_ARGS(segment, bus, device, function, result, method, outcome, lock),
	    TP_STRUCT__entry(__field(u32, segment)
			     __field(u8, bus)
			     __field(u8, device)
			     __field(u8, function)
			     __field(int, result)
			     __field(u32, method)
			     __field(u32, outcome)
			     __field(u32, lock)
	    ),
	    TP_fast_assign(__entry->segment = segment;
			   __entry->bus = bus;
			   __entry->device = device;
			   __entry->function = function;
			   __entry->result = result;
			   __entry->method = method;
			   __entry->outcome = outcome;
			   __entry->lock = lock;
	    ),
	    TP_printk("%04x:%02x:%02x.%u result=%d method=%s outcome=%s lock=%s",
		      __entry->segment, __entry->bus, __entry->device, __entry->function,
		      __entry->result, vfio_pci_luo_show_method(__entry->method),
		      vfio_pci_luo_show_outcome(__entry->outcome),
		      vfio_pci_luo_show_lock(__entry->lock))
);

/**
 * vfio_pci_retrieve_begin - a device that arrived is about to get its file
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 */
DEFINE_EVENT(vfio_pci_luo_begin, vfio_pci_retrieve_begin,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function),
	     TP_ARGS(segment, bus, device, function)
);

/**
 * vfio_pci_retrieve_end - its file is there, or the retrieve failed for good
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 * @result: 0, or what the retrieve ioctl returns
 */
DEFINE_EVENT(vfio_pci_luo_end, vfio_pci_retrieve_end,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function, int result),
	     TP_ARGS(segment, bus, device, function, result)
);

/**
 * vfio_pci_reset_again - whether a device that arrived is reset once more when its file is bound
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 * @again: enum vfio_pci_luo_again
 */
TRACE_EVENT(vfio_pci_reset_again,
	    TP_PROTO(u32 segment, u8 bus, u8 device, u8 function, u32 again),
	    TP_ARGS(segment, bus, device, function, again),
	    TP_STRUCT__entry(__field(u32, segment)
			     __field(u8, bus)
			     __field(u8, device)
			     __field(u8, function)
			     __field(u32, again)
	    ),
	    TP_fast_assign(__entry->segment = segment;
			   __entry->bus = bus;
			   __entry->device = device;
			   __entry->function = function;
			   __entry->again = again;
	    ),
	    TP_printk("%04x:%02x:%02x.%u %s", __entry->segment, __entry->bus, __entry->device,
		      __entry->function, vfio_pci_luo_show_again(__entry->again))
);

/**
 * vfio_pci_finish_begin - LUO is about to let go of a device that arrived
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 */
DEFINE_EVENT(vfio_pci_luo_begin, vfio_pci_finish_begin,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function),
	     TP_ARGS(segment, bus, device, function)
);

/**
 * vfio_pci_finish_end - it has let go
 * @segment: PCI segment (domain)
 * @bus: bus number
 * @device: device number
 * @function: function number
 * @result: 0; -ECANCELED if nobody retrieved the device, so that it was released, or withheld; if
 * the retrieve had failed, its errno (the device was released or withheld as well)
 */
DEFINE_EVENT(vfio_pci_luo_end, vfio_pci_finish_end,
	     TP_PROTO(u32 segment, u8 bus, u8 device, u8 function, int result),
	     TP_ARGS(segment, bus, device, function, result)
);

#endif /* _TRACE_VFIO_PCI_LIVEUPDATE_H */

#include <trace/define_trace.h>
