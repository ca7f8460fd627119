// SPDX-License-Identifier: GPL-2.0
#include "probes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/array.h"
#include "base/error.h"
#include "capture/collect.h"
#include "arrival.h"
#include "kallsyms.h"
#include "leave_out.h"
#include "pins.h"
#include "probe.h"
#include "probes_internal.h"
#include "probes_steps.h"
#include "refusal.h"
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

/* Those of the programs for many probes. */
static const struct {
	const char *prefix;
	enum bpf_prog_type type;
	enum bpf_attach_type attach_type;
} sections_at_once[] = {
	{ "fentry.multi", BPF_PROG_TYPE_TRACING, ARRIVAL_ATTACH_ENTRY },
	{ "fexit.multi", BPF_PROG_TYPE_TRACING, ARRIVAL_ATTACH_RETURN },
	{ "raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0 },
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
		arrival_describe(probe);
		return true;
	}
	return false;
}

struct bpf_program *probes_program(const struct probes *probes, size_t i)
{
	return bpf_object__find_program_by_name(probes->skeleton->obj, probes->list[i].program);
}

/* The names in the list are those of the object: take them from @object, which is another copy. */
static void name_programs(struct probes *probes, const struct bpf_object *object)
{
	struct bpf_program *program;
	struct probe named;
	size_t i = 0;

	bpf_object__for_each_program (program, object) {
		if (!describe_program(program, &named))
			continue;
		probes->list[i].program = named.program;
		probes->list[i++].target = named.target;
	}
}

/* Returns 0 or -ENOMEM. */
static int list_programs(struct probes *probes)
{
	const struct bpf_object *object = probes->skeleton->obj;
	struct bpf_program *program;
	size_t max = 0;

	bpf_object__for_each_program (program, object)
		max++;
	probes->list = calloc(max, sizeof(*probes->list));
	if (!probes->list)
		return -ENOMEM;
	bpf_object__for_each_program (program, object)
		probes->count += describe_program(program, &probes->list[probes->count]);
	return 0;
}

bool probes_are_at_once(const struct probes *probes)
{
	return probes->at_once;
}

bool probes_is_loaded(const struct probes *probes, size_t i)
{
	return bpf_program__fd(probes_program(probes, i)) >= 0;
}

static bool is_in_part(const struct probes *probes, const struct probe *probe)
{
	return probes->part == PROBES_ALL || probe->arrives == (probes->part == PROBES_ARRIVAL);
}

static bool is_wanted(const struct probes *probes, const struct probe *probe)
{
	return probe->state == PROBE_READY && is_in_part(probes, probe) &&
	       !arrival_is_at_once(probes, probe) &&
	       !(probes->is_trial && probe_is_attached(probe));
}

/* A single program without a target would make loading the whole object fail. */
static void select_programs(const struct probes *probes)
{
	struct bpf_program *program;
	enum arrival_part part;
	size_t i;

	/* So that libbpf does not read the types of the kernel: set_target() replaces it. */
	bpf_object__for_each_program (program, probes->skeleton->obj)
		if (bpf_program__type(program) == BPF_PROG_TYPE_TRACING)
			bpf_program__set_attach_target(program, 1, NULL);
	for (i = 0; i < probes->count; i++)
		bpf_program__set_autoload(probes_program(probes, i),
					  is_wanted(probes, &probes->list[i]));
	for (part = 0; part < ARRIVAL_PARTS; part++)
		bpf_program__set_autoload(arrival_program(probes, part),
					  arrival_wants(probes, part) &&
						  !(probes->returns_apart &&
						    part == ARRIVAL_RETURNS));
	/* It is pinned once all are attached. */
	bpf_program__set_autoload(probes->skeleton->progs.detaching,
				  probes->part != PROBES_ARRIVAL);
}

/* The probes that libbpf is loading, and the program that it has come to. */
static const struct probes *loading;
static const struct bpf_program *last;

/* What the kernel says about a program that it rejects. Only then libbpf asks it. */
static char kernel_log[32768];

/* Calls of kfuncs have numbers of ours: replace them by what the kernel has. */
static int set_kfuncs(struct bpf_program *program)
{
	const size_t count = bpf_program__insn_cnt(program);
	struct bpf_insn *insns = calloc(count, sizeof(*insns));
	size_t i;
	int err;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(program), count * sizeof(*insns));
	for (i = 0; i < count; i++) {
		struct bpf_insn *insn = &insns[i];
		const __u32 number = insn->imm - LUOSCOPE_KFUNC_FIRST;
		const bool of_area = number < LUOSCOPE_KFUNCS_OF_AREA;

		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg ||
		    number >= LUOSCOPE_KFUNCS || (of_area && !loading->have_area))
			continue;
		insn->src_reg = BPF_PSEUDO_KFUNC_CALL;
		insn->imm = loading->kfunc[number];
		/* The index of the BTF in the array of descriptors. */
		insn->off = of_area && loading->kfunc_fd > 0;
	}
	err = bpf_program__set_insns(program, insns, count);
	free(insns);
	return err;
}

static void set_target(const struct bpf_program *program, struct bpf_prog_load_opts *options)
{
	const char *name = bpf_program__name(program);
	size_t i;

	options->attach_prog_fd = 0;
	for (i = 0; i < loading->count; i++) {
		if (strcmp(loading->list[i].program, name) != 0)
			continue;
		options->attach_btf_id = loading->list[i].btf_id;
		options->attach_btf_obj_fd = loading->list[i].btf_fd;
	}
}

/*
 * libbpf calls this before it loads a program. By itself libbpf would index and search the BTF of
 * the kernel, more than once, and 'luoscope init' runs within the blackout. targets_find() has
 * found everything in one pass.
 */
static int prepare(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
	static int fds[2];

	(void)cookie;
	last = program;
	if (bpf_program__type(program) == BPF_PROG_TYPE_SYSCALL)
		options->prog_flags |= BPF_F_SLEEPABLE;
	if (!loading)
		return 0;
	/* The kernel would only check them, and quote them if it rejects the program. */
	options->line_info = NULL;
	options->line_info_cnt = 0;
	set_target(program, options);
	fds[1] = loading->kfunc_fd;
	if (loading->have_area)
		options->fd_array = fds;
	return set_kfuncs(program);
}

static int register_handler(const char *section, enum bpf_prog_type type,
			    enum bpf_attach_type attach_type)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = prepare);
	char pattern[16];
	int id;

	snprintf(pattern, sizeof(pattern), "%s+", section);
	id = libbpf_register_prog_handler(pattern, type, attach_type, &options);
	return id < 0 ? id : 0;
}

/* Once per process, because they apply to all objects. Returns 0 or a negative errno. */
static int register_handlers(void)
{
	static bool registered;
	size_t i;
	int err;

	if (registered)
		return 0;
	err = register_handler("syscall", BPF_PROG_TYPE_SYSCALL, 0);
	for (i = 0; !err && i < ARRAY_SIZE(sections); i++)
		err = register_handler(sections[i].prefix, BPF_PROG_TYPE_TRACING,
				       sections[i].attach_type);
	for (i = 0; !err && i < ARRAY_SIZE(sections_at_once); i++)
		err = register_handler(sections_at_once[i].prefix, sections_at_once[i].type,
				       sections_at_once[i].attach_type);
	registered = !err;
	return err;
}

int probes_warm_up(void)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	/* Of a type that needs the same rights as the probes. */
	const int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "nothing", "GPL", nothing,
				     ARRAY_SIZE(nothing), NULL);

	return fd < 0 ? -errno : fd;
}

struct luoscope_bpf *probes_open_skeleton(const char *types)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = types,
		    .kernel_log_buf = kernel_log, .kernel_log_size = sizeof(kernel_log));

	libbpf_set_print(print_if_verbose);
	return luoscope_bpf__open_opts(&options);
}

static struct luoscope_bpf *open_with_types(const struct probes *probes)
{
	char types[32];

	snprintf(types, sizeof(types), "/proc/self/fd/%d", probes->types_fd);
	return probes_open_skeleton(types);
}

/* Returns 0 or a negative errno. */
static int open_object(struct probes *probes, struct error *error)
{
	int err;

	err = register_handlers();
	if (err)
		return error_set(error, err, "libbpf rejected the program types: %s",
				 strerror(-err));
	probes->types_fd = memfd_create("luoscope-types", MFD_CLOEXEC);
	if (probes->types_fd < 0)
		return refusal_set(error, -errno, "cannot make a file in memory");
	probes->skeleton = open_with_types(probes);
	if (!probes->skeleton)
		return refusal_set(error, -errno, "cannot open the BPF object");
	return 0;
}

/* What the programs know of the kernel. */
static void set_constants(const struct probes *probes)
{
	struct luoscope_bpf__rodata *constants = probes->skeleton->rodata;

	constants->have_luo_stats = probes->have_area;
	constants->have_vfio_handler =
		target_is_ready(probes->list, probes->count, "vfio_pci_reset_begin");
	constants->devices_by_files = probes_group_is(probes, PROBE_GROUP_HANDLER, PROBE_NO_TARGET);
	constants->have_arrived = !access(COLLECT_SYSFS_DIR "/incoming", F_OK);
	constants->watch_is_full = probes->is_unnoted;
}

static int open_part(struct probes **ret_probes, enum probes_part part, bool at_once,
		     void (*wait_for_modules)(void), struct error *error)
{
	struct probes *probes;
	int err;

	probes = calloc(1, sizeof(*probes));
	if (!probes)
		return error_set(error, -ENOMEM, "out of memory");
	probes->types_fd = -1;
	probes->part = part;
	err = open_object(probes, error);
	if (err)
		goto err_free;
	probes_reach(probes, PROBES_OPENED);
	err = list_programs(probes);
	if (err) {
		error_set(error, err, "out of memory");
		goto err_free;
	}
	err = targets_find(probes, wait_for_modules);
	if (err == -ENOENT)
		error_set(
			error, err,
			"this kernel has no /sys/kernel/btf/vmlinux: this needs CONFIG_DEBUG_INFO_BTF, and /sys mounted");
	else if (err)
		refusal_set(error, err, "cannot read the BTF of this kernel");
	if (err)
		goto err_free;
	if (part == PROBES_ALL)
		probes_check_names(probes);
	probes_reach(probes, PROBES_FOUND);
	probes->at_once = at_once && probes->have_links_at_once;
	select_programs(probes);
	set_constants(probes);
	*ret_probes = probes;
	return 0;

err_free:
	probes_free(probes);
	return err;
}

int probes_open(struct probes **probes, struct error *error)
{
	return open_part(probes, PROBES_ALL, false, NULL, error);
}

int probes_open_arrival(struct probes **probes, bool at_once, void (*wait_for_modules)(void),
			struct error *error)
{
	return open_part(probes, PROBES_ARRIVAL, at_once, wait_for_modules, error);
}

void probes_check_names(struct probes *probes)
{
	kallsyms_check_running(probes->list, probes->count);
	leave_out_settle(probes->list, probes->count);
}

/* Make @map as libbpf would, but without its types. Returns 0 or a negative errno. */
static int make_map(struct bpf_map *map)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = bpf_map__map_flags(map));
	const int fd = bpf_map_create(bpf_map__type(map), bpf_map__name(map),
				      bpf_map__key_size(map), bpf_map__value_size(map),
				      bpf_map__max_entries(map), &options);
	const __u32 first = 0;
	size_t size;
	const void *value = bpf_map__initial_value(map, &size);
	int err = 0;

	if (fd < 0)
		return fd;
	if (value)
		err = bpf_map_update_elem(fd, &first, value, 0);
	/* The verifier takes for constants only what can no longer change. */
	if (!err && (bpf_map__map_flags(map) & BPF_F_RDONLY_PROG))
		err = bpf_map_freeze(fd);
	if (!err)
		err = bpf_map__reuse_fd(map, fd);
	close(fd);
	return err;
}

int probes_make_maps(struct probes *probes)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, probes->skeleton->obj) err = err ?: make_map(map);
	probes->have_maps = !err;
	return err;
}

/* Have the maps of @before. Returns 0 or a negative errno. */
static int share_maps(struct luoscope_bpf *skeleton, const struct luoscope_bpf *before)
{
	struct bpf_map *map = NULL, *shared = NULL;
	int err = 0;

	bpf_object__for_each_map(map, skeleton->obj)
	{
		shared = bpf_object__next_map(before->obj, shared);
		if (!err)
			err = bpf_map__reuse_fd(map, bpf_map__fd(shared));
	}
	return err;
}

/* Another copy of the object, for the same part. Returns 0 or a negative errno. */
static int open_again(struct probes *probes)
{
	struct luoscope_bpf *skeleton = open_with_types(probes);
	const struct luoscope_bpf *made = probes->before;
	int err = 0;

	if (!skeleton)
		return -errno;
	name_programs(probes, skeleton->obj);
	if (!made && probes->have_maps)
		made = probes->skeleton;
	if (made)
		err = share_maps(skeleton, made);
	if (probes->skeleton != probes->before)
		luoscope_bpf__destroy(probes->skeleton);
	probes->skeleton = skeleton;
	select_programs(probes);
	if (!made)
		set_constants(probes);
	return err;
}

int probes_open_rest(struct probes *probes)
{
	probes->before = probes->skeleton;
	probes->part = PROBES_REST;
	probes->at_once = false;
	return open_again(probes);
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

static bool has_target(const struct probes *probes, const char *target)
{
	size_t i;

	for (i = 0; i < probes->count; i++)
		if (!strcmp(probes->list[i].target, target))
			return probes->list[i].state != PROBE_NO_TARGET;
	return false;
}

bool probes_know_devices(const struct probes *probes)
{
	/* The second is there if vfio is, and with it the types of its files. */
	return probes_group_is(probes, PROBE_GROUP_HANDLER, PROBE_NO_TARGET) &&
	       has_target(probes, "luo_retrieve_file") &&
	       has_target(probes, "vfio_df_ioctl_bind_iommufd");
}

/* Returns 0 or a negative errno. */
static int load_once(struct probes *probes)
{
	int err;

	loading = probes;
	last = NULL;
	*kernel_log = '\0';
	err = luoscope_bpf__load(probes->skeleton);
	loading = NULL;
	return err;
}

/* Leave out the program that the kernel has just rejected. Returns whether that is a probe's. */
static bool leave_out_last(struct probes *probes, int err)
{
	char why[PROBE_WHY_BYTES];
	enum arrival_part part;
	size_t i;

	if (verbose && last)
		fprintf(stderr, "%s: %s\n", bpf_program__name(last), kernel_log);
	for (part = 0; last && part < ARRIVAL_PARTS; part++) {
		if (last != arrival_program(probes, part))
			continue;
		if (probes->returns_apart)
			return false;
		/* One of the probes in it is to blame: load each by itself. */
		probes->at_once = false;
		return true;
	}
	for (i = 0; last && i < probes->count; i++) {
		if (strcmp(probes->list[i].program, bpf_program__name(last)) != 0)
			continue;
		refusal_of_log(why, sizeof(why), kernel_log, err);
		probe_leave_out(&probes->list[i], "%s", why);
		leave_out_settle(probes->list, probes->count);
		return true;
	}
	return false;
}

/*
 * So many programs may be rejected, each with what needs it. Every one costs a load of all before
 * it, and 'luoscope init' runs within the blackout.
 */
#define MOST_REJECTED 8

int probes_load(struct probes *probes)
{
	struct refusal_facts facts;
	unsigned int rejected = 0;
	int err;

	for (;;) {
		err = load_once(probes);
		if (!err)
			return 0;
		refusal_look(&facts);
		if (!refusal_is_of_program(&facts, err) || rejected > MOST_REJECTED ||
		    !leave_out_last(probes, err))
			return err;
		if (++rejected > MOST_REJECTED)
			leave_out_all_but_boundaries(probes->list, probes->count);
		err = open_again(probes);
		if (err)
			return err;
	}
}

static int load_only(struct probes *probes, const struct bpf_program *wanted)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, probes->skeleton->obj)
		bpf_program__set_autoload(program, program == wanted);
	return load_once(probes);
}

int probes_load_returns(struct probes *probes)
{
	return load_only(probes, arrival_program(probes, ARRIVAL_RETURNS));
}

int probes_load_detaching(struct probes *probes)
{
	const int err = open_again(probes);

	return err ? err : load_only(probes, probes->skeleton->progs.detaching);
}

void probes_leave_returns(struct probes *probes)
{
	probes->returns_apart = true;
	bpf_program__set_autoload(arrival_program(probes, ARRIVAL_RETURNS), false);
}

/* Whether the types that were read are this kernel's: not so in a container with another /sys. */
static bool types_are_of_kernel(void)
{
	struct stat file;
	__u32 id = 0;

	if (stat("/sys/kernel/btf/vmlinux", &file))
		return false;
	while (!bpf_btf_get_next_id(id, &id)) {
		char name[16] = "";
		struct bpf_btf_info info = { .name = (uintptr_t)name, .name_len = sizeof(name) };
		__u32 size = sizeof(info);
		const int fd = bpf_btf_get_fd_by_id(id);
		int err;

		if (fd < 0)
			continue;
		err = bpf_obj_get_info_by_fd(fd, &info, &size);
		close(fd);
		if (!err && info.kernel_btf && !strcmp(name, "vmlinux"))
			return info.btf_size == file.st_size;
	}
	return true;
}

/* The kernel has rejected even what stamps the boundaries: the others need not be tried. */
static void leave_out_all(struct probes *probes, const char *why)
{
	size_t i;

	for (i = 0; i < probes->count; i++)
		if (is_wanted(probes, &probes->list[i]))
			probe_leave_out(&probes->list[i], "rejected: %s", why);
}

int probes_try(struct probes *probes, struct error *error)
{
	struct refusal_facts facts;
	char text[REFUSAL_BYTES];
	bool some = false;
	size_t i;
	int err;

	probes->is_trial = true;
	for (i = 0; i < probes->count; i++)
		some |= is_wanted(probes, &probes->list[i]);
	if (!some || !types_are_of_kernel())
		return 0;
	select_programs(probes);
	err = probes_load(probes);
	if (!err)
		return 0;
	refusal_look(&facts);
	if (!refusal_cause(text, &facts, err))
		snprintf(text, sizeof(text), "%s; run 'luoscope record --verbose' to see more",
			 strerror(-err));
	error_set(error, err, "not attached, and the kernel rejects the programs: %s", text);
	if (refusal_is_of_program(&facts, err))
		leave_out_all(probes, strerror(-err));
	return err;
}

void probes_free(struct probes *probes)
{
	if (!probes)
		return;
	luoscope_bpf__destroy(probes->skeleton);
	if (probes->before != probes->skeleton)
		luoscope_bpf__destroy(probes->before);
	targets_free(probes);
	if (probes->types_fd >= 0)
		close(probes->types_fd);
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
		    !pins_some_refused(parts[i].prefix) &&
		    (!probes || some_is_ready(probes, parts[i].prefix)))
			return parts[i].name;
	return NULL;
}

bool probes_all_attached(const struct probes *probes)
{
	return probes_attached() && !probes_are_foreign() && !probes_left_out(probes);
}
