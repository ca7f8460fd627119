// SPDX-License-Identifier: GPL-2.0
#include "targets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/array.h"
#include "kernel_btf.h"
#include "leave_out.h"
#include "probe.h"
#include "probes_internal.h"
#include "probes_steps.h"
#include "prototype.h"

/* The modules that may have targets. */
static const char *const modules[] = { "luo_stats", "vfio", "vfio_pci_core", "vfio_pci", "kvm" };

/* By enum luoscope_kfunc. */
static const char *const kfuncs[LUOSCOPE_KFUNCS] = {
	[LUOSCOPE_KFUNC_CYCLES] = "luo_stats_cycles",
	[LUOSCOPE_KFUNC_BOUNDARY] = "luo_stats_boundary",
	[LUOSCOPE_KFUNC_SUBJECT] = "luo_stats_subject",
	[LUOSCOPE_KFUNC_SPAN_BEGIN] = "luo_stats_span_begin",
	[LUOSCOPE_KFUNC_SPAN_END] = "luo_stats_span_end",
	[LUOSCOPE_KFUNC_MISSED] = "luo_stats_missed",
	[LUOSCOPE_KFUNC_RDONLY_CAST] = "bpf_rdonly_cast",
};

/*
 * The kernel can attach a program to many functions at once. On some architectures it has the links
 * for that and refuses them; what attaches them is only there where it works.
 */
#define LINKS_AT_ONCE "bpf_trampoline_multi_attach"

/* The kernel declares a type with this prefix for each tracepoint that BPF can use. */
#define TRACEPOINT_PREFIX "btf_trace_"

/**
 * struct search - all that is looked for at once
 * @btf:     where: in the kernel, then in its modules
 * @module:  the modules' names
 * @name:    what: the targets, then the kfuncs and LINKS_AT_ONCE, then the structures
 * @local:   the types of the programs
 * @prefixed: the tracepoints' names
 */
struct search {
	struct kernel_btf *btf[1 + ARRAY_SIZE(modules)];
	const char *module[1 + ARRAY_SIZE(modules)];
	size_t btfs;
	struct kernel_btf_name *name;
	size_t names, structs;
	const struct btf *local;
	char (*prefixed)[80];
};

static void search_free(struct search *search)
{
	while (search->btfs)
		kernel_btf_free(search->btf[--search->btfs]);
	free(search->name);
	free(search->prefixed);
}

/* Returns 0 or -ENOMEM. */
static int list_names(struct search *search, const struct probes *probes)
{
	const __u32 types = btf__type_cnt(search->local);
	struct kernel_btf_name *name;
	size_t i;

	search->name = name = calloc(probes->count + LUOSCOPE_KFUNCS + 1 + types, sizeof(*name));
	search->prefixed = calloc(probes->count ?: 1, sizeof(*search->prefixed));
	if (!search->name || !search->prefixed)
		return -ENOMEM;
	for (i = 0; i < probes->count; i++, name++) {
		const bool is_tracepoint = probes->list[i].kind == PROBE_TRACEPOINT;

		snprintf(search->prefixed[i], sizeof(*search->prefixed), TRACEPOINT_PREFIX "%s",
			 probes->list[i].target);
		name->kind = is_tracepoint ? KERNEL_BTF_TYPEDEF : KERNEL_BTF_FUNC;
		name->name = is_tracepoint ? search->prefixed[i] : probes->list[i].target;
	}
	for (i = 0; i < LUOSCOPE_KFUNCS; i++, name++)
		*name = (struct kernel_btf_name){ .name = kfuncs[i] };
	*name++ = (struct kernel_btf_name){ .name = LINKS_AT_ONCE };
	for (i = 1; i < types; i++) {
		const struct btf_type *type = btf__type_by_id(search->local, i);

		if (!btf_is_struct(type) || !type->name_off)
			continue;
		name->name = btf__name_by_offset(search->local, type->name_off);
		name++->kind = KERNEL_BTF_STRUCT;
		search->structs++;
	}
	search->names = name - search->name;
	return 0;
}

/* Search the kernel and its modules. Returns 0 or a negative errno. */
static int search_all(struct search *search, struct probes *probes, void (*wait_for_modules)(void))
{
	size_t i;
	int err;

	err = kernel_btf_open(&search->btf[0], "vmlinux", NULL);
	if (err)
		return err;
	search->btfs = 1;
	err = kernel_btf_find(search->btf[0], search->name, search->names);
	probes_reach(probes, PROBES_TYPES);
	if (wait_for_modules)
		wait_for_modules();
	probes_reach(probes, PROBES_MODULES);
	for (i = 0; !err && i < ARRAY_SIZE(modules); i++) {
		if (kernel_btf_open(&search->btf[search->btfs], modules[i], search->btf[0]))
			continue;
		search->module[search->btfs] = modules[i];
		err = kernel_btf_find(search->btf[search->btfs++], search->name, search->names);
	}
	return err;
}

/*
 * Write the structures to the file @fd, from where libbpf takes them in place of those of the whole
 * kernel. Returns 0 or -ENOMEM.
 */
static int write_structs(const struct search *search, int fd)
{
	const struct kernel_btf_name *name = search->name + search->names - search->structs;
	struct btf *types = btf__new_empty();
	const void *bytes;
	int err = 0;
	__u32 size;
	size_t i;

	if (!types)
		return -ENOMEM;
	for (i = 0; i < search->structs; i++)
		/* What cannot be copied is missed, with its name, by the program that reads it. */
		if (name[i].btf)
			kernel_btf_copy(types, search->local, &name[i]);
	bytes = btf__raw_data(types, &size);
	if (!bytes || write(fd, bytes, size) != (ssize_t)size)
		err = -ENOMEM;
	btf__free(types);
	return err;
}

/* A descriptor of the BTF of the module, kept in @probes, or 0 for the kernel's own. */
static int fd_of(struct probes *probes, const struct search *search, const struct kernel_btf *btf,
		 int *fds)
{
	size_t i;

	for (i = 1; i < search->btfs; i++) {
		if (search->btf[i] != btf)
			continue;
		if (!fds[i]) {
			fds[i] = kernel_btf_fd(btf);
			if (fds[i] > 0)
				probes->target_fd[probes->target_fds++] = fds[i];
		}
		return fds[i];
	}
	return 0;
}

/* The name of the module, or NULL for the kernel itself. */
static const char *module_of(const struct search *search, const struct kernel_btf *btf)
{
	size_t i;

	for (i = 1; i < search->btfs; i++)
		if (search->btf[i] == btf)
			return search->module[i];
	return NULL;
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
		if (list[i].group == PROBE_GROUP_VMS && list[i].state != PROBE_LEFT_OUT)
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

/* Without the module, its own functions are not missed. */
static enum probe_state state_of(const struct probes *probes, const struct probe *probe,
				 bool is_found)
{
	if (is_found)
		return PROBE_READY;
	return !probes->have_area && has_prefix(probe->target, "luo_stats_") ? PROBE_NOT_NEEDED :
									       PROBE_NO_TARGET;
}

/* Take over what was found. */
static void take(struct probes *probes, const struct search *search)
{
	const struct kernel_btf_name *kfunc = search->name + probes->count;
	int fds[ARRAY_SIZE(search->btf)] = {};
	size_t i;

	probes->have_area = true;
	for (i = 0; i < LUOSCOPE_KFUNCS; i++)
		probes->kfunc[i] = kfunc[i].ids[0];
	for (i = 0; i < LUOSCOPE_KFUNCS_OF_AREA; i++)
		probes->have_area &= kfunc[i].btf == kfunc[0].btf && kfunc[i].btf;
	if (probes->have_area)
		probes->kfunc_fd = fd_of(probes, search, kfunc[0].btf, fds);
	probes->have_area &= probes->kfunc_fd >= 0;
	probes->have_links_at_once = kfunc[LUOSCOPE_KFUNCS].btf;
	for (i = 0; i < probes->count; i++) {
		struct probe *probe = &probes->list[i];

		probe->btf_id = search->name[i].ids[0];
		probe->btf_fd = fd_of(probes, search, search->name[i].btf, fds);
		probe->module = module_of(search, search->name[i].btf);
		probe->state = state_of(probes, probe, search->name[i].btf && probe->btf_fd >= 0);
		if (probe->state == PROBE_READY)
			prototype_check(probe, &search->name[i]);
	}
}

int targets_find(struct probes *probes, void (*wait_for_modules)(void))
{
	struct search search = { .local = bpf_object__btf(probes->skeleton->obj) };
	int err;

	_Static_assert(ARRAY_SIZE(probes->target_fd) >= ARRAY_SIZE(modules), "");
	err = list_names(&search, probes);
	if (!err)
		err = search_all(&search, probes, wait_for_modules);
	if (err)
		goto out;
	take(probes, &search);
	decide_on_vms(probes->list, probes->count, probes->have_area);
	leave_out_settle(probes->list, probes->count);
	err = write_structs(&search, probes->types_fd);
out:
	search_free(&search);
	return err;
}

void targets_free(struct probes *probes)
{
	while (probes->target_fds)
		close(probes->target_fd[--probes->target_fds]);
}
