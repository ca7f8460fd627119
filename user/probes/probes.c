// SPDX-License-Identifier: GPL-2.0
#include "probes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/array.h"
#include "base/error.h"
#include "capture/collect.h"
#include "pins.h"
#include "probe.h"
#include "probes_internal.h"
#include "targets.h"

/* The section of a program says what it watches. */
static const struct {
	const char *prefix;
	enum probe_kind kind;
	enum bpf_attach_type attach_type;
} sections[] = {
	{ "fentry", PROBE_ENTRY, BPF_TRACE_FENTRY },
	{ "fexit", PROBE_RETURN, BPF_TRACE_FEXIT },
	{ "tp_btf", PROBE_TRACEPOINT, BPF_TRACE_RAW_TP },
};

static bool verbose;

static int print_if_verbose(enum libbpf_print_level level, const char *format, va_list args)
{
	if (!verbose || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

void probes_set_verbose(bool on)
{
	verbose = on;
}

/* Tracepoints that the handler's first version did not have. */
static const char *const added[] = { "vfio_pci_reset_again" };

static enum probe_group group_of(const struct probe *probe)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(added); i++)
		if (!strcmp(probe->target, added[i]))
			return PROBE_GROUP_ADDED;
	if (probe->kind == PROBE_TRACEPOINT)
		return PROBE_GROUP_HANDLER;
	return has_prefix(probe->program, PROBE_VCPU_PREFIX) ? PROBE_GROUP_VMS : PROBE_GROUP_NONE;
}

/* Returns false for a program that is not attached but run by test_run. */
static bool describe_program(const struct bpf_program *program, struct probe *probe)
{
	const char *section = bpf_program__section_name(program);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sections); i++) {
		const size_t length = strlen(sections[i].prefix);

		if (!has_prefix(section, sections[i].prefix) || section[length] != '/')
			continue;
		probe->program = bpf_program__name(program);
		probe->target = section + length + 1;
		probe->kind = sections[i].kind;
		probe->group = group_of(probe);
		return true;
	}
	return false;
}

struct bpf_program *probes_program(const struct probes *probes, size_t i)
{
	return bpf_object__find_program_by_name(probes->skeleton->obj, probes->list[i].program);
}

/* Returns 0 or -ENOMEM. */
static int list_programs(struct probes *probes, struct btf *vmlinux)
{
	const struct bpf_object *object = probes->skeleton->obj;
	struct bpf_program *program;
	size_t max = 0;
	size_t i;
	int err;

	bpf_object__for_each_program (program, object)
		max++;
	probes->list = calloc(max, sizeof(*probes->list));
	if (!probes->list)
		return -ENOMEM;
	bpf_object__for_each_program (program, object)
		probes->count += describe_program(program, &probes->list[probes->count]);
	err = targets_find(probes->list, probes->count, vmlinux, &probes->have_area);
	if (err)
		return err;
	/* A single program without a target would make loading the whole object fail. */
	for (i = 0; i < probes->count; i++)
		bpf_program__set_autoload(probes_program(probes, i),
					  probes->list[i].state == PROBE_READY);
	return 0;
}

/* The probes that libbpf is loading. */
static const struct probes *loading;

/*
 * libbpf calls this before it loads a program. By itself libbpf would search the whole BTF of the
 * kernel for each target, and 'luoscope init' runs within the blackout; targets_find() has found
 * them all in one pass.
 */
static int tell_target(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
	const char *name = bpf_program__name(program);
	size_t i;

	(void)cookie;
	for (i = 0; i < loading->count; i++)
		if (loading->list[i].btf_id && !strcmp(loading->list[i].program, name))
			options->attach_btf_id = loading->list[i].btf_id;
	return 0;
}

/* Once per process, because they apply to all objects. Returns 0 or a negative errno. */
static int register_handlers(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = tell_target);
	static size_t registered;
	char pattern[16];
	int id;

	for (; registered < ARRAY_SIZE(sections); registered++) {
		snprintf(pattern, sizeof(pattern), "%s+", sections[registered].prefix);
		id = libbpf_register_prog_handler(pattern, BPF_PROG_TYPE_TRACING,
						  sections[registered].attach_type, &options);
		if (id < 0)
			return id;
	}
	return 0;
}

/* libbpf looks up targets in modules: it has to open the BTF of the module anyway. */
static int find_targets_in_modules(struct probes *probes)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < probes->count; i++)
		if (probes->list[i].state == PROBE_READY && !probes->list[i].btf_id)
			err = bpf_program__set_attach_target(probes_program(probes, i), 0,
							     probes->list[i].target);
	return err;
}

struct luoscope_bpf *probes_open_skeleton(void)
{
	return luoscope_bpf__open();
}

int probes_open(struct probes **ret_probes, struct error *error)
{
	struct probes *probes;
	struct btf *vmlinux;
	int err;

	libbpf_set_print(print_if_verbose);

	vmlinux = btf__load_vmlinux_btf();
	if (!vmlinux)
		return error_set(
			error, -errno,
			"cannot read the BTF of this kernel (%s): this needs CONFIG_DEBUG_INFO_BTF, and /sys mounted",
			strerror(errno));

	probes = calloc(1, sizeof(*probes));
	if (!probes) {
		err = error_set(error, -ENOMEM, "out of memory");
		goto free_btf;
	}
	err = register_handlers();
	if (err) {
		error_set(error, err, "libbpf rejected the program types: %s", strerror(-err));
		goto free_probes;
	}
	probes->skeleton = probes_open_skeleton();
	if (!probes->skeleton) {
		err = error_set(error, -errno, "cannot open the BPF object: %s", strerror(errno));
		goto free_probes;
	}
	err = list_programs(probes, vmlinux);
	if (err) {
		error_set(error, err, "out of memory");
		goto free_probes;
	}
	probes->skeleton->rodata->have_luo_stats = probes->have_area;
	probes->skeleton->rodata->have_vfio_handler =
		target_is_ready(probes->list, probes->count, "vfio_pci_reset_begin");
	probes->skeleton->rodata->have_kvm = probes_have_kvm(probes);
	probes->skeleton->rodata->have_arrived = !access(COLLECT_SYSFS_DIR "/incoming", F_OK);

	btf__free(vmlinux);
	*ret_probes = probes;
	return 0;

free_probes:
	probes_free(probes);
free_btf:
	btf__free(vmlinux);
	return err;
}

const struct probe *probes_list(const struct probes *probes, size_t *count)
{
	*count = probes->count;
	return probes->list;
}

bool probes_have_area(const struct probes *probes)
{
	return probes->have_area;
}

bool probes_group_is(const struct probes *probes, enum probe_group group, enum probe_state state)
{
	size_t i;

	for (i = 0; i < probes->count; i++)
		if (probes->list[i].group == group && probes->list[i].state != state)
			return false;
	return true;
}

bool probes_have_kvm(const struct probes *probes)
{
	return probes_group_is(probes, PROBE_GROUP_VMS, PROBE_READY);
}

int probes_load(struct probes *probes)
{
	int err;

	loading = probes;
	err = find_targets_in_modules(probes);
	if (!err)
		err = luoscope_bpf__load(probes->skeleton);
	loading = NULL;
	return err;
}

void probes_free(struct probes *probes)
{
	if (!probes)
		return;
	luoscope_bpf__destroy(probes->skeleton);
	free(probes->list);
	free(probes);
}

static bool some_is_ready(const struct probes *probes, const char *prefix)
{
	size_t i;

	for (i = 0; i < probes->count; i++)
		if (has_prefix(probes->list[i].program, prefix) &&
		    probes->list[i].state == PROBE_READY)
			return true;
	return false;
}

const char *probes_left_out(const struct probes *probes)
{
	/* What may be a module, and how the names of the programs that watch it begin. */
	static const struct {
		const char *name, *path, *prefix;
	} parts[] = {
		{ "KVM", "/sys/module/kvm", PROBE_VCPU_PREFIX },
		{ "vfio", "/sys/module/vfio", "on_bind" },
		{ "vfio-pci", "/sys/module/vfio_pci_core", "on_set_irqs" },
	};
	size_t i;

	if (!probes_attached_to_area()) {
		if (probes ? probes->have_area : !access(COLLECT_SYSFS_DIR, F_OK))
			return "luo_stats";
	}
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (!access(parts[i].path, F_OK) && !pins_some_attached(parts[i].prefix) &&
		    (!probes || some_is_ready(probes, parts[i].prefix)))
			return parts[i].name;
	return NULL;
}
