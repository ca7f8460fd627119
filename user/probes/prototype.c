// SPDX-License-Identifier: GPL-2.0
#include "prototype.h"

#include <string.h>

#include "base/array.h"
#include "leave_out.h"

/* Of each function whose arguments or result a program reads. See kernel_btf_prototype(). */
static const struct {
	const char *target;
	const char *prototype;
} functions[] = {
	/* Nothing of it is read, but other functions may have such a name. */
	{ "luo_open", "int32 (inode *, file *)" },
	{ "luo_session_retrieve", "int32 (pointer, pointer)" },
	{ "luo_preserve_file", "int32 (luo_file_set *, int64, int32)" },
	{ "luo_file_unpreserve_files", "void (luo_file_set *)" },
	{ "luo_file_freeze", "int32 (luo_file_set *, luo_file_set_ser *)" },
	{ "__luo_file_unfreeze", "void (luo_file_set *, luo_file *)" },
	{ "luo_retrieve_file", "int32 (luo_file_set *, int64, pointer)" },
	{ "luo_file_finish", "int32 (luo_file_set *)" },
	{ "kho_block_set_it_reserve_entry", "pointer (kho_block_set_it *)" },
	{ "luo_flb_file_preserve", "int32 (liveupdate_file_handler *)" },
	{ "luo_flb_retrieve_one", "int32 (liveupdate_flb *)" },
	{ "liveupdate_flb_put_incoming", "void (liveupdate_flb *)" },
	{ "liveupdate_flb_put_outgoing", "void (liveupdate_flb *)" },
	{ "liveupdate_reboot", "int32 ()" },
	{ "kernel_kexec", "int32 ()" },
	{ "pm_runtime_barrier", "void (device *)" },
	/* As in Linux 6.18: a plain kexec has a blackout, too. */
	{ "pm_runtime_barrier", "int32 (device *)" },
	{ "luo_stats_mark_made", "void (luo_stats_subject_key *, int32)" },
	{ "vfio_df_ioctl_bind_iommufd", "int64 (vfio_device_file *, vfio_device_bind_iommufd *)" },
	{ "vfio_pci_set_irqs_ioctl",
	  "int32 (vfio_pci_core_device *, int32, int32, int32, int32, pointer)" },
	{ "__pci_reset_function_locked", "int32 (pci_dev *)" },
	{ "pci_reset_bus", "int32 (pci_dev *)" },
	{ "kvm_arch_vcpu_ioctl_run", "int32 (kvm_vcpu *)" },
	{ "vcpu_put", "void (kvm_vcpu *)" },
	{ "kvm_arch_vcpu_destroy", "void (kvm_vcpu *)" },
};

/*
 * The arguments that the programs for the handler's tracepoints read, by the end of the name; the
 * first row that fits counts. More may follow.
 */
static const struct {
	const char *suffix;
	const char *arguments;
} tracepoints[] = {
	{ "_begin", "void (int32, int8, int8, int8" },
	{ "_reset_end", "void (int32, int8, int8, int8, int32, int32, int32, int32" },
	{ "_end", "void (int32, int8, int8, int8, int32" },
	{ "_again", "void (int32, int8, int8, int8, int32" },
};

static bool ends_with(const char *text, const char *suffix)
{
	const size_t length = strlen(text), end = strlen(suffix);

	return length >= end && !strcmp(text + length - end, suffix);
}

/*
 * What is expected of the target of @probe: the @n'th of all that will do, from 0. NULL: there are
 * no more.
 */
static const char *expected_of(const struct probe *probe, size_t n)
{
	size_t i;

	if (probe->kind == PROBE_TRACEPOINT) {
		for (i = 0; !n && i < ARRAY_SIZE(tracepoints); i++)
			if (ends_with(probe->target, tracepoints[i].suffix))
				return tracepoints[i].arguments;
		return NULL;
	}
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (!strcmp(probe->target, functions[i].target) && !n--)
			return functions[i].prototype;
	return NULL;
}

/* A function's return value is found by the number of its arguments. */
static bool is_as_expected(const struct probe *probe, const char *prototype, const char *expected)
{
	const size_t length = strlen(expected);

	if (probe->kind != PROBE_TRACEPOINT)
		return !strcmp(prototype, expected);
	return has_prefix(prototype, expected) && strchr(",)", prototype[length]) &&
	       prototype[length];
}

void prototype_check(struct probe *probe, const struct kernel_btf_name *name)
{
	const char *expected = expected_of(probe, 0), *other;
	char prototype[PROBE_WHY_BYTES];
	size_t n;

	if (probe->kind != PROBE_TRACEPOINT && name->count > 1) {
		probe_leave_out(probe, "ambiguous name: %u functions of this kernel have it",
				name->count);
		return;
	}
	if (!expected || !name->btf)
		return;
	kernel_btf_prototype(prototype, sizeof(prototype), name);
	for (n = 0; (other = expected_of(probe, n)); n++)
		if (is_as_expected(probe, prototype, other))
			return;
	probe_leave_out(probe, "other prototype: %s, not %s%s", prototype, expected,
			probe->kind == PROBE_TRACEPOINT ? ", ...)" : "");
}
