// SPDX-License-Identifier: GPL-2.0
#include "targets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "base/array.h"
#include "probe.h"

/* The modules that may have targets. */
static const char *const modules[] = { "luo_stats", "vfio", "vfio_pci_core", "vfio_pci", "kvm" };

/* The functions that the programs call, as declared in bpf/span.bpf.h. */
static const char *const kfuncs[] = {
	"luo_stats_cycles",	"luo_stats_boundary", "luo_stats_subject",
	"luo_stats_span_begin", "luo_stats_span_end", "luo_stats_missed",
};

/* A target and its stand-in, which is needed only where the target is missing. */
static const struct {
	const char *target;
	const char *stand_in;
} stand_ins[] = {
	/* A kernel without LUO: a plain kexec has a blackout too. */
	{ "liveupdate_reboot", "kernel_kexec" },
};

/* A name to look for. @btf_id is its type, if it was found in vmlinux. */
struct target {
	char name[80];
	bool is_tracepoint;
	bool found;
	__u32 btf_id;
};

/* The kernel declares a type with this prefix for each tracepoint that BPF can use. */
#define TRACEPOINT_PREFIX "btf_trace_"

/* One pass over @btf for all targets, because it has tens of thousands of types. */
static void find_in(const struct btf *btf, struct target *targets, size_t count)
{
	const struct btf *base = btf__base_btf(btf);
	const __u32 types = btf__type_cnt(btf);
	__u32 id;
	size_t i;

	/* The types of a module follow those of vmlinux. */
	for (id = base ? btf__type_cnt(base) : 1; id < types; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name;

		if (!btf_is_func(type) && !btf_is_typedef(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		for (i = 0; i < count; i++) {
			if (targets[i].found || *name != *targets[i].name ||
			    btf_is_typedef(type) != targets[i].is_tracepoint ||
			    strcmp(name, targets[i].name) != 0)
				continue;
			targets[i].found = true;
			targets[i].btf_id = base ? 0 : id;
		}
	}
}

/* Like find_in(), for the BTF of a module, if it is loaded. */
static void find_in_module(const char *module, struct btf *vmlinux, struct target *targets,
			   size_t count)
{
	char path[64];
	struct btf *btf;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", module);
	btf = btf__parse_split(path, vmlinux);
	if (!btf)
		return;
	find_in(btf, targets, count);
	btf__free(btf);
}

/* vCPUs are watched only if all targets are there and the results can be recorded. */
static void decide_on_vms(struct probe *list, size_t count, bool have_kfuncs)
{
	enum probe_state state = have_kfuncs ? PROBE_READY : PROBE_NOT_NEEDED;
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i].group == PROBE_GROUP_VMS && list[i].state == PROBE_NO_TARGET)
			state = PROBE_NO_TARGET;
	for (i = 0; i < count; i++)
		if (list[i].group == PROBE_GROUP_VMS)
			list[i].state = state;
}

bool target_is_ready(const struct probe *list, size_t count, const char *target)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!strcmp(list[i].target, target))
			return list[i].state == PROBE_READY;
	}
	return false;
}

int targets_find(struct probe *list, size_t count, struct btf *vmlinux, bool *have_kfuncs)
{
	struct target *targets = calloc(count + ARRAY_SIZE(kfuncs), sizeof(*targets));
	size_t i, j;

	if (!targets)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		targets[i].is_tracepoint = list[i].kind == PROBE_TRACEPOINT;
		snprintf(targets[i].name, sizeof(targets[i].name), "%s%s",
			 targets[i].is_tracepoint ? TRACEPOINT_PREFIX : "", list[i].target);
	}
	for (i = 0; i < ARRAY_SIZE(kfuncs); i++)
		snprintf(targets[count + i].name, sizeof(targets[0].name), "%s", kfuncs[i]);
	find_in(vmlinux, targets, count + ARRAY_SIZE(kfuncs));
	for (i = 0; i < ARRAY_SIZE(modules); i++)
		find_in_module(modules[i], vmlinux, targets, count + ARRAY_SIZE(kfuncs));
	*have_kfuncs = true;
	for (i = 0; i < ARRAY_SIZE(kfuncs); i++)
		*have_kfuncs &= targets[count + i].found;
	for (i = 0; i < count; i++) {
		list[i].btf_id = targets[i].btf_id;
		if (targets[i].found)
			list[i].state = PROBE_READY;
		/* Without the module, its own functions are not missed. */
		else if (!*have_kfuncs && !strncmp(list[i].target, "luo_stats_", 10))
			list[i].state = PROBE_NOT_NEEDED;
		else
			list[i].state = PROBE_NO_TARGET;
	}
	decide_on_vms(list, count, *have_kfuncs);
	for (i = 0; i < ARRAY_SIZE(stand_ins); i++) {
		if (!target_is_ready(list, count, stand_ins[i].target))
			continue;
		for (j = 0; j < count; j++) {
			if (!strcmp(list[j].target, stand_ins[i].stand_in))
				list[j].state = PROBE_NOT_NEEDED;
		}
	}
	free(targets);
	return 0;
}
