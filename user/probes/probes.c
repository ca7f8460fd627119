// SPDX-License-Identifier: GPL-2.0
#include "probes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <luoscope/event.h>

#include "base/error.h"
#include "capture/collect.h"
#include "event_log.h"
#include "luoscope.skel.h"
#include "targets.h"

/*
 * The event log's pin is made last: it says that all is in place. It carries the version of the
 * log, so that nobody reads one of another version.
 */
#define STRINGIFY_(x)	  #x
#define STRINGIFY(x)	  STRINGIFY_(x)
#define EVENTS_PIN_PREFIX "events-v"
#define EVENTS_PIN	  PROBES_DIR "/" EVENTS_PIN_PREFIX STRINGIFY(LUOSCOPE_EVENT_ABI)
#define LATENCY_PIN	  PROBES_DIR "/latency"
/* Made if the programs write to the stats area, and do not only feed the live tail. */
#define AREA_PIN	PROBES_DIR "/area"
#define LINK_PIN_PREFIX "link-"

/* How the programs that watch vCPUs are called, and those of them that run with each KVM_RUN. */
#define VCPU_PREFIX	"on_vcpu_"
#define VCPU_RUN_PREFIX VCPU_PREFIX "run"

/* What programs watch is in the names of their sections. */
static const struct {
	const char *prefix;
	enum probe_kind kind;
	enum bpf_attach_type attach_type;
} sections[] = {
	{ "fentry", PROBE_ENTRY, BPF_TRACE_FENTRY },
	{ "fexit", PROBE_RETURN, BPF_TRACE_FEXIT },
	{ "tp_btf", PROBE_TRACEPOINT, BPF_TRACE_RAW_TP },
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

struct probes {
	struct luoscope_bpf *skeleton;
	struct probe *list;
	size_t count;
	bool have_area;
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

static bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static enum probe_group group_of(const char *program, enum probe_kind kind)
{
	if (kind == PROBE_TRACEPOINT)
		return PROBE_GROUP_HANDLER;
	return has_prefix(program, VCPU_PREFIX) ? PROBE_GROUP_VMS : PROBE_GROUP_NONE;
}

/* Returns false for a program that is run by hand. */
static bool describe_program(const struct bpf_program *program, struct probe *probe)
{
	const char *section = bpf_program__section_name(program);
	size_t i;

	for (i = 0; i < SECTIONS; i++) {
		const size_t length = strlen(sections[i].prefix);

		if (!has_prefix(section, sections[i].prefix) || section[length] != '/')
			continue;
		probe->program = bpf_program__name(program);
		probe->target = section + length + 1;
		probe->kind = sections[i].kind;
		probe->group = group_of(probe->program, probe->kind);
		return true;
	}
	return false;
}

static struct bpf_program *program_of(const struct probes *probes, size_t i)
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
	/* One program without a target would make the whole object fail to load. */
	for (i = 0; i < probes->count; i++)
		bpf_program__set_autoload(program_of(probes, i),
					  probes->list[i].state == PROBE_READY);
	return 0;
}

/* Those whose programs libbpf loads just now. */
static const struct probes *loading;

/*
 * libbpf asks for the target of a program that it loads. It would look through the whole of the
 * kernel's BTF for each, and 'luoscope init' lies within the blackout: all were found in one pass.
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

/* Once for the process, for libbpf keeps them for all objects. Returns 0 or a negative errno. */
static int register_handlers(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = tell_target);
	static size_t registered;
	char pattern[16];
	int id;

	for (; registered < SECTIONS; registered++) {
		snprintf(pattern, sizeof(pattern), "%s+", sections[registered].prefix);
		id = libbpf_register_prog_handler(pattern, BPF_PROG_TYPE_TRACING,
						  sections[registered].attach_type, &options);
		if (id < 0)
			return id;
	}
	return 0;
}

/* Those in modules libbpf looks up: it has to open the module's BTF anyway. */
static int find_targets_in_modules(struct probes *probes)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < probes->count; i++)
		if (probes->list[i].state == PROBE_READY && !probes->list[i].btf_id)
			err = bpf_program__set_attach_target(program_of(probes, i), 0,
							     probes->list[i].target);
	return err;
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
			"this kernel has no BTF that can be read (%s): it needs CONFIG_DEBUG_INFO_BTF, and /sys mounted",
			strerror(errno));

	probes = calloc(1, sizeof(*probes));
	if (!probes) {
		err = error_set(error, -ENOMEM, "out of memory");
		goto free_btf;
	}
	err = register_handlers();
	if (err) {
		error_set(error, err, "libbpf does not take the kinds of programs: %s",
			  strerror(-err));
		goto free_probes;
	}
	probes->skeleton = luoscope_bpf__open();
	if (!probes->skeleton) {
		err = error_set(error, -errno, "the BPF object cannot be opened: %s",
				strerror(errno));
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

/* Whether all programs of @group are in @state. */
static bool group_is(const struct probes *probes, enum probe_group group, enum probe_state state)
{
	size_t i;

	for (i = 0; i < probes->count; i++)
		if (probes->list[i].group == group && probes->list[i].state != state)
			return false;
	return true;
}

bool probes_have_kvm(const struct probes *probes)
{
	return group_is(probes, PROBE_GROUP_VMS, PROBE_READY);
}

void probes_free(struct probes *probes)
{
	if (!probes)
		return;
	luoscope_bpf__destroy(probes->skeleton);
	free(probes->list);
	free(probes);
}

/* By its name, for detaching knows no more of it: does this program end what another one begins? */
static bool probe_is_end(const char *program)
{
	static const char *const suffixes[] = { "_return", "_end", "_finished" };
	const size_t length = strlen(program);
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		const size_t suffix = strlen(suffixes[i]);

		if (length > suffix && !strcmp(program + length - suffix, suffixes[i]))
			return true;
	}
	return false;
}

/* Where the link of @probe is pinned; returns @path of PATH_MAX. */
static const char *link_path(char *path, const struct probe *probe)
{
	snprintf(path, PATH_MAX, PROBES_DIR "/" LINK_PIN_PREFIX "%s", probe->program);
	return path;
}

bool probe_is_attached(const struct probe *probe)
{
	char path[PATH_MAX];

	return !access(link_path(path, probe), F_OK);
}

static int pin_link(struct bpf_link *link, const struct probe *probe)
{
	char path[PATH_MAX];

	return bpf_link__pin(link, link_path(path, probe));
}

/* Attach one program and pin its link; the pin keeps it attached when the process ends. */
static int attach_one(struct probes *probes, size_t i)
{
	struct bpf_link *link = bpf_program__attach_trace(program_of(probes, i));
	int err;

	if (!link)
		return -errno;
	err = pin_link(link, &probes->list[i]);
	if (err) {
		bpf_link__destroy(link);
		return err;
	}
	bpf_link__disconnect(link);
	bpf_link__destroy(link);
	return 0;
}

/* What is watched: of all that it takes every program is attached. */
static uint64_t watches_of(const struct probes *probes)
{
	static const struct {
		const char *target;
		uint64_t watch;
	} needed[] = {
		{ "luo_file_freeze", LUO_STATS_WATCH_FREEZE },
		{ "kho_block_set_it_reserve_entry", LUO_STATS_WATCH_FREEZE },
		{ "luo_retrieve_file", LUO_STATS_WATCH_RETRIEVE },
		{ "vfio_df_ioctl_bind_iommufd", LUO_STATS_WATCH_BIND },
		{ "vfio_pci_set_irqs_ioctl", LUO_STATS_WATCH_IRQ_SETUP },
	};
	uint64_t watches = LUO_STATS_WATCH_FREEZE | LUO_STATS_WATCH_RETRIEVE |
			   LUO_STATS_WATCH_HANDLER | LUO_STATS_WATCH_BIND |
			   LUO_STATS_WATCH_IRQ_SETUP;
	size_t i, j;

	if (!group_is(probes, PROBE_GROUP_HANDLER, PROBE_ATTACHED))
		watches &= ~(uint64_t)LUO_STATS_WATCH_HANDLER;
	for (i = 0; i < probes->count; i++)
		for (j = 0; j < sizeof(needed) / sizeof(needed[0]); j++)
			if (probes->list[i].state != PROBE_ATTACHED &&
			    !strcmp(probes->list[i].target, needed[j].target))
				watches &= ~needed[j].watch;
	return watches;
}

void probes_stamp(const struct probes *probes, enum luo_stats_slot slot, uint64_t cycles)
{
	struct luoscope_stamp context = {
		.slot = slot,
		.watches = watches_of(probes),
		.vcpus_are_watched = group_is(probes, PROBE_GROUP_VMS, PROBE_ATTACHED),
		.cycles = cycles,
	};
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &context, .ctx_size_in = sizeof(context));

	bpf_prog_test_run_opts(bpf_program__fd(probes->skeleton->progs.stamp), &options);
}

/* Attach what can be attached of one half of the probes. Returns how many. */
static int attach_half(struct probes *probes, bool ends)
{
	int attached = 0;
	size_t i;

	for (i = 0; i < probes->count; i++) {
		struct probe *probe = &probes->list[i];

		if (probe->state != PROBE_READY || probe_is_end(probe->program) != ends)
			continue;
		probe->err = attach_one(probes, i);
		probe->state = probe->err ? PROBE_FAILED : PROBE_ATTACHED;
		attached += !probe->err;
	}
	return attached;
}

/* Pin what says that all is in place, and with what. Returns 0 or a negative errno. */
static int pin_marks(const struct probes *probes)
{
	const int latency_fd = bpf_map__fd(probes->skeleton->maps.latency);
	int err = 0;

	if (probes->have_area)
		err = bpf_obj_pin(latency_fd, AREA_PIN);
	if (!err)
		err = bpf_obj_pin(latency_fd, LATENCY_PIN);
	if (!err)
		err = bpf_obj_pin(bpf_map__fd(probes->skeleton->maps.events), EVENTS_PIN);
	return err ? -errno : 0;
}

/* Returns 0 or a negative errno. */
static int attach_all(struct probes *probes, struct error *error)
{
	int attached;
	int err;

	if (mkdir(PROBES_DIR, 0700))
		return error_set(error, -errno, "cannot make " PROBES_DIR ": %s", strerror(errno));
	/* Ends first: what is under way meanwhile must not get a begin without an end. */
	attached = attach_half(probes, true);
	attached += attach_half(probes, false);
	if (!attached)
		return error_set(
			error, -ENOTSUP,
			"this kernel took none of the probes; 'luoscope status' names what it lacks");
	err = pin_marks(probes);
	if (err)
		return error_set(error, err, "cannot pin the maps in " PROBES_DIR ": %s",
				 strerror(-err));
	return 0;
}

int probes_attach(struct probes *probes, bool replace, struct error *error)
{
	int lock;
	int err;

	err = bpffs_mount(error);
	if (err < 0)
		return err;
	loading = probes;
	err = find_targets_in_modules(probes);
	if (!err)
		err = luoscope_bpf__load(probes->skeleton);
	loading = NULL;
	/* To root the verifier says so of a program that it does not like. */
	if ((err == -EPERM || err == -EACCES) && geteuid())
		return error_set(error, err, "loading BPF programs needs root");
	if (err)
		return error_set(
			error, err,
			"the kernel does not take the BPF programs: %s; 'luoscope status' says what it offers",
			strerror(-err));

	/* One at a time; the lock goes with the process, whatever ends it. */
	lock = open(PROBES_BPFFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX)) {
		err = error_set(error, -errno, "cannot lock " PROBES_BPFFS ": %s", strerror(errno));
		goto unlock;
	}
	if (probes_attached() && !replace) {
		err = error_set(error, -EEXIST,
				"probes are attached already; 'luoscope detach' takes them off");
		goto unlock;
	}
	/* Those that are replaced, or what a process left that was killed while it attached. */
	probes_detach(NULL);
	err = attach_all(probes, error);
	if (err)
		probes_detach(NULL);
	else
		probes_stamp(probes, LUO_STATS_PROBES_READY, 0);
unlock:
	if (lock >= 0)
		close(lock);
	return err;
}

bool probes_attached(void)
{
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(PROBES_DIR);

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		found = !strncmp(entry->d_name, EVENTS_PIN_PREFIX, strlen(EVENTS_PIN_PREFIX));
	closedir(dir);
	return found;
}

bool probes_are_foreign(void)
{
	return probes_attached() && access(EVENTS_PIN, F_OK);
}

bool probes_attached_to_area(void)
{
	return !access(AREA_PIN, F_OK);
}

bool probes_attached_to_kvm(void)
{
	return !access(PROBES_DIR "/" LINK_PIN_PREFIX VCPU_RUN_PREFIX, F_OK);
}

bool kvm_is_loaded(void)
{
	return !access("/sys/module/kvm", F_OK);
}

/* Whether one of the programs whose names begin with @prefix is attached, or could be. */
static bool some_is_attached(const char *prefix)
{
	char start[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(PROBES_DIR);

	snprintf(start, sizeof(start), LINK_PIN_PREFIX "%s", prefix);
	while (dir && !found && (entry = readdir(dir)))
		found = has_prefix(entry->d_name, start);
	if (dir)
		closedir(dir);
	return found;
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
	/* What may be a module, and how the programs that watch it are called. */
	static const struct {
		const char *name, *path, *prefix;
	} parts[] = {
		{ "KVM", "/sys/module/kvm", VCPU_PREFIX },
		{ "vfio", "/sys/module/vfio", "on_bind" },
		{ "vfio-pci", "/sys/module/vfio_pci_core", "on_set_irqs" },
	};
	size_t i;

	if (!probes_attached_to_area()) {
		if (probes ? probes->have_area : !access(COLLECT_SYSFS_DIR, F_OK))
			return "luo_stats";
	}
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!access(parts[i].path, F_OK) && !some_is_attached(parts[i].prefix) &&
		    (!probes || some_is_ready(probes, parts[i].prefix)))
			return parts[i].name;
	return NULL;
}

/* Remove the pins of the begins or of all the rest; a link goes with its pin. */
static int remove_pins(DIR *dir, bool begins, struct error *error)
{
	struct dirent *entry;
	int err = 0;

	rewinddir(dir);
	while ((entry = readdir(dir))) {
		const size_t prefix = strlen(LINK_PIN_PREFIX);
		const bool is_begin = !strncmp(entry->d_name, LINK_PIN_PREFIX, prefix) &&
				      !probe_is_end(entry->d_name + prefix);

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    is_begin != begins)
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) && !err)
			err = error_set(error, -errno, "cannot remove " PROBES_DIR "/%s: %s",
					entry->d_name, strerror(errno));
	}
	return err;
}

int probes_detach(struct error *error)
{
	DIR *dir = opendir(PROBES_DIR);
	int err;

	if (!dir && errno == ENOENT)
		return error_set(error, -ENOENT, "no probes are attached");
	if (!dir)
		return error_set(error, -errno, "cannot read " PROBES_DIR ": %s%s", strerror(errno),
				 errno == EACCES ? "; it needs root" : "");
	/* What has begun shall end. */
	err = remove_pins(dir, true, error);
	if (!err)
		err = remove_pins(dir, false, error);
	closedir(dir);
	if (!err && rmdir(PROBES_DIR))
		err = error_set(error, -errno, "cannot remove " PROBES_DIR ": %s", strerror(errno));
	return err;
}

int probes_latency(struct luoscope_latency *latency)
{
	const int fd = bpf_obj_get(LATENCY_PIN);
	__u32 method;
	int err = 0;

	if (fd < 0)
		return -errno;
	for (method = 0; !err && method < LUO_STATS_RESET_METHODS; method++)
		err = bpf_map_lookup_elem(fd, &method, &latency[method]) ? -errno : 0;
	close(fd);
	return err;
}

/* Add what the program of the pinned link @path cost. */
static int add_overhead(struct probes_overhead *overhead, const char *path)
{
	struct bpf_link_info link = {};
	struct bpf_prog_info program = {};
	__u32 size = sizeof(link);
	int link_fd, program_fd = -1;
	int err = 0;

	link_fd = bpf_obj_get(path);
	if (link_fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(link_fd, &link, &size))
		err = -errno;
	close(link_fd);
	if (!err) {
		program_fd = bpf_prog_get_fd_by_id(link.prog_id);
		err = program_fd < 0 ? -errno : 0;
	}
	size = sizeof(program);
	if (!err && bpf_obj_get_info_by_fd(program_fd, &program, &size))
		err = -errno;
	if (program_fd >= 0)
		close(program_fd);
	overhead->runs += program.run_cnt;
	overhead->run_ns += program.run_time_ns;
	overhead->missed += program.recursion_misses;
	return err;
}

int probes_overhead(struct probes_overhead *others, struct probes_overhead *kvm_run)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;
	DIR *dir;

	*others = *kvm_run = (struct probes_overhead){};
	dir = opendir(PROBES_DIR);
	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		if (!has_prefix(entry->d_name, LINK_PIN_PREFIX))
			continue;
		snprintf(path, sizeof(path), PROBES_DIR "/%s", entry->d_name);
		if (!has_prefix(entry->d_name, LINK_PIN_PREFIX VCPU_PREFIX)) {
			err = add_overhead(others, path);
		} else if (has_prefix(entry->d_name, LINK_PIN_PREFIX VCPU_RUN_PREFIX)) {
			const unsigned long long runs = kvm_run->runs;

			err = add_overhead(kvm_run, path);
			/* The end runs with other calls on a vCPU, too. */
			if (probe_is_end(entry->d_name))
				kvm_run->runs = runs;
		}
	}
	closedir(dir);
	return err;
}

int bpffs_mount(struct error *error)
{
	struct statfs fs;

	if (!statfs(PROBES_BPFFS, &fs) && fs.f_type == BPF_FS_MAGIC)
		return 0;
	if (mount("bpf", PROBES_BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700")) {
		if (errno == EPERM)
			return error_set(error, -errno, "attaching probes needs root");
		return error_set(error, -errno, "cannot mount bpffs at " PROBES_BPFFS ": %s",
				 strerror(errno));
	}
	return 1;
}

struct follower {
	struct luoscope_log *log;
	struct event_log_reader reader;
	struct stat pin;
};

/* Returns 0 or a negative errno. */
static int map_log(struct follower *follower)
{
	const int fd = bpf_obj_get(EVENTS_PIN);
	void *log;
	int err;

	if (fd < 0)
		return -errno;
	log = mmap(NULL, sizeof(*follower->log), PROT_READ, MAP_SHARED, fd, 0);
	err = log == MAP_FAILED ? -errno : 0;
	/* The mapping keeps the log. */
	close(fd);
	follower->log = err ? NULL : log;
	return err;
}

int follower_open(struct follower **ret_follower, size_t history, struct error *error)
{
	struct follower *follower = calloc(1, sizeof(*follower));
	int err;

	if (!follower)
		return error_set(error, -ENOMEM, "out of memory");
	/* The pin first: if another takes its place meanwhile, that shows later. */
	err = stat(EVENTS_PIN, &follower->pin) ? -errno : map_log(follower);
	if (err) {
		follower_free(follower);
		if (geteuid())
			return error_set(error, -EPERM, "following events needs root");
		if (err == -ENOENT && probes_attached())
			return error_set(
				error, err,
				"the attached probes are those of another version; run 'luoscope detach', then 'luoscope record'");
		if (err == -ENOENT)
			return error_set(
				error, err,
				"no probes are attached; 'luoscope record --no-follow' attaches them, and they stay until 'luoscope detach'");
		return error_set(error, err, "cannot map the probes' events: %s", strerror(-err));
	}
	event_log_start(&follower->reader, follower->log, history);
	*ret_follower = follower;
	return 0;
}

bool follower_next(struct follower *follower, struct luoscope_event *event, uint64_t *lost)
{
	return event_log_next(&follower->reader, event, lost);
}

uint64_t follower_number(const struct follower *follower)
{
	return follower->reader.next;
}

uint64_t follower_head(const struct follower *follower)
{
	return __atomic_load_n(&follower->log->head, __ATOMIC_ACQUIRE);
}

bool follower_is_attached(const struct follower *follower)
{
	struct stat now;

	return !stat(EVENTS_PIN, &now) && now.st_ino == follower->pin.st_ino &&
	       now.st_dev == follower->pin.st_dev;
}

void follower_free(struct follower *follower)
{
	if (!follower)
		return;
	if (follower->log)
		munmap(follower->log, sizeof(*follower->log));
	free(follower);
}
