// SPDX-License-Identifier: GPL-2.0
#include "probes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <luoscope/event.h>

#include "luoscope.skel.h"

/*
 * The ring buffer's pin is made last: it says that all is in place. It carries the version of the
 * records, so that nobody reads those of another version.
 */
#define STRINGIFY_(x)	  #x
#define STRINGIFY(x)	  STRINGIFY_(x)
#define EVENTS_PIN_PREFIX "events-v"
#define EVENTS_PIN	  PROBES_DIR "/" EVENTS_PIN_PREFIX STRINGIFY(LUOSCOPE_EVENT_ABI)
#define LOST_PIN	  PROBES_DIR "/lost"
#define LINK_PIN_PREFIX	  "link-"

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

/* A program's section says what it watches: fentry/FUNCTION or fexit/FUNCTION. */
static const char *target_of(const struct bpf_program *program, bool *at_return)
{
	const char *section = bpf_program__section_name(program);
	const char *slash = strchr(section, '/');

	*at_return = !strncmp(section, "fexit/", 6);
	return slash ? slash + 1 : NULL;
}

/* Mark which of @names are functions in @btf. One pass over it, for it has tens of thousands. */
static void find_functions(const struct btf *btf, const char *const *names, bool *found,
			   size_t count)
{
	const __u32 types = btf__type_cnt(btf);
	__u32 id;
	size_t i;

	memset(found, 0, count * sizeof(*found));
	/* A module's own types follow those of vmlinux. */
	for (id = btf__base_btf(btf) ? btf__type_cnt(btf__base_btf(btf)) : 1; id < types; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name;

		if (!btf_is_func(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		for (i = 0; i < count; i++)
			found[i] |= *name == *names[i] && !strcmp(name, names[i]);
	}
}

/*
 * kernel_kexec stands in for liveupdate_reboot on a kernel without LUO; both would stamp the
 * same boundary.
 */
static bool is_stand_in(const char *target)
{
	return !strcmp(target, "kernel_kexec");
}

/* Are the kfuncs there that bpf/span.bpf.h declares? */
static bool module_has_kfuncs(struct btf *vmlinux)
{
	static const char *const names[] = { "luo_stats_cycles", "luo_stats_boundary",
					     "luo_stats_subject", "luo_stats_span_begin",
					     "luo_stats_span_end" };
	const size_t count = sizeof(names) / sizeof(names[0]);
	bool found[sizeof(names) / sizeof(names[0])];
	struct btf *btf = btf__parse_split("/sys/kernel/btf/luo_stats", vmlinux);
	size_t i;

	if (!btf)
		return false;
	find_functions(btf, names, found, count);
	btf__free(btf);
	for (i = 0; i < count && found[i]; i++)
		;
	return i == count;
}

static size_t count_programs(const struct bpf_object *object)
{
	struct bpf_program *program;
	size_t count = 0;

	bpf_object__for_each_program (program, object)
		count++;
	return count;
}

/* Returns 0 or -ENOMEM. */
static int list_programs(struct probes *probes, const struct btf *vmlinux)
{
	const struct bpf_object *object = probes->skeleton->obj;
	const size_t max = count_programs(object);
	const char **targets = calloc(max, sizeof(*targets));
	bool *found = calloc(max, sizeof(*found));
	struct bpf_program *program;
	bool have_luo = false;
	size_t i;
	int err = 0;

	probes->list = calloc(max, sizeof(*probes->list));
	if (!probes->list || !targets || !found) {
		err = -ENOMEM;
		goto free;
	}
	bpf_object__for_each_program (program, object) {
		struct probe *probe = &probes->list[probes->count];

		probe->target = target_of(program, &probe->at_return);
		if (!probe->target)
			continue;
		probe->program = bpf_program__name(program);
		targets[probes->count++] = probe->target;
	}
	find_functions(vmlinux, targets, found, probes->count);
	for (i = 0; i < probes->count; i++)
		have_luo |= found[i] && !strcmp(targets[i], "liveupdate_reboot");
	for (i = 0; i < probes->count; i++) {
		struct probe *probe = &probes->list[i];

		if (is_stand_in(probe->target) && have_luo)
			probe->state = PROBE_NOT_NEEDED;
		else
			probe->state = found[i] ? PROBE_READY : PROBE_NO_TARGET;
		/* One program without a target would make the whole object fail to load. */
		program = bpf_object__find_program_by_name(object, probe->program);
		bpf_program__set_autoload(program, probe->state == PROBE_READY);
	}
free:
	free(targets);
	free(found);
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
	probes->have_area = module_has_kfuncs(vmlinux);
	probes->skeleton->rodata->have_luo_stats = probes->have_area;

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

void probes_free(struct probes *probes)
{
	if (!probes)
		return;
	luoscope_bpf__destroy(probes->skeleton);
	free(probes->list);
	free(probes);
}

static int pin_link(struct bpf_link *link, const struct probe *probe)
{
	char path[256];

	snprintf(path, sizeof(path), PROBES_DIR "/" LINK_PIN_PREFIX "%s", probe->program);
	return bpf_link__pin(link, path);
}

/* Attach one program and pin its link; the pin keeps it attached when the process ends. */
static int attach_one(struct probes *probes, struct probe *probe)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(probes->skeleton->obj, probe->program);
	struct bpf_link *link = bpf_program__attach(program);
	int err;

	if (!link)
		return -errno;
	err = pin_link(link, probe);
	if (err) {
		bpf_link__destroy(link);
		return err;
	}
	bpf_link__disconnect(link);
	bpf_link__destroy(link);
	return 0;
}

void probes_stamp(const struct probes *probes, enum luo_stats_slot slot)
{
	__u32 context = slot;
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &context, .ctx_size_in = sizeof(context));

	bpf_prog_test_run_opts(bpf_program__fd(probes->skeleton->progs.stamp), &options);
}

/* Attach what can be attached. Returns how many, or a negative errno. */
static int attach_all(struct probes *probes, struct error *error)
{
	int attached = 0;
	size_t i;
	int err;

	if (mkdir(PROBES_DIR, 0700))
		return error_set(error, -errno, "cannot make " PROBES_DIR ": %s", strerror(errno));
	for (i = 0; i < probes->count; i++) {
		struct probe *probe = &probes->list[i];

		if (probe->state != PROBE_READY)
			continue;
		probe->err = attach_one(probes, probe);
		probe->state = probe->err ? PROBE_FAILED : PROBE_ATTACHED;
		attached += !probe->err;
	}
	if (!attached)
		return error_set(
			error, -ENOTSUP,
			"this kernel took none of the probes; 'luoscope status' names what it lacks");
	err = bpf_map__pin(probes->skeleton->maps.events_lost, LOST_PIN);
	if (!err)
		err = bpf_map__pin(probes->skeleton->maps.events, EVENTS_PIN);
	if (err)
		return error_set(error, err, "cannot pin the maps in " PROBES_DIR ": %s",
				 strerror(-err));
	return attached;
}

int probes_attach(struct probes *probes, struct error *error)
{
	int lock;
	int err;

	err = bpffs_mount(error);
	if (err < 0)
		return err;
	err = luoscope_bpf__load(probes->skeleton);
	if (err == -EPERM || err == -EACCES)
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
	if (probes_attached()) {
		err = error_set(error, -EEXIST,
				"probes are attached already; 'luoscope detach' takes them off");
		goto unlock;
	}
	/* What a process left that was killed while it attached. */
	probes_detach(NULL);
	err = attach_all(probes, error);
	if (err < 0) {
		probes_detach(NULL);
		goto unlock;
	}
	probes_stamp(probes, LUO_STATS_PROBES_READY);
	err = 0;
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

int probes_detach(struct error *error)
{
	struct dirent *entry;
	DIR *dir = opendir(PROBES_DIR);
	int err = 0;

	if (!dir && errno == ENOENT)
		return error_set(error, -ENOENT, "no probes are attached");
	if (!dir)
		return error_set(error, -errno, "cannot read " PROBES_DIR ": %s", strerror(errno));
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		/* The last reference to a link is its pin: it goes with it. */
		if (unlinkat(dirfd(dir), entry->d_name, 0) && !err)
			err = error_set(error, -errno, "cannot remove " PROBES_DIR "/%s: %s",
					entry->d_name, strerror(errno));
	}
	closedir(dir);
	if (!err && rmdir(PROBES_DIR))
		err = error_set(error, -errno, "cannot remove " PROBES_DIR ": %s", strerror(errno));
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
	struct ring_buffer *ring;
	event_handler handler;
	void *context;
	int lost_fd;
	unsigned long long lost_before;
};

static int on_record(void *context, void *data, size_t size)
{
	struct follower *follower = context;

	if (size >= sizeof(struct luoscope_event))
		follower->handler(data, follower->context);
	return 0;
}

static unsigned long long events_lost(int fd)
{
	unsigned long long lost = 0;
	__u32 zero = 0;

	if (fd >= 0)
		bpf_map_lookup_elem(fd, &zero, &lost);
	return lost;
}

int follower_open(struct follower **ret_follower, event_handler handler, void *context,
		  struct error *error)
{
	struct follower *follower;
	int events_fd;
	int err;

	libbpf_set_print(print_if_verbose);
	events_fd = bpf_obj_get(EVENTS_PIN);
	if (events_fd < 0 && errno == ENOENT && probes_attached())
		return error_set(
			error, -ENOENT,
			"the attached probes are those of another version; run 'luoscope detach', then 'luoscope record'");
	if (events_fd < 0)
		return error_set(
			error, -errno,
			"cannot open the probes' events: %s; are they attached, and are you root?",
			strerror(errno));
	follower = calloc(1, sizeof(*follower));
	if (!follower) {
		close(events_fd);
		return error_set(error, -ENOMEM, "out of memory");
	}
	follower->handler = handler;
	follower->context = context;
	follower->lost_fd = bpf_obj_get(LOST_PIN);
	follower->lost_before = events_lost(follower->lost_fd);
	follower->ring = ring_buffer__new(events_fd, on_record, follower, NULL);
	err = follower->ring ? 0 : -errno;
	/* The ring buffer holds a mapping of its own. */
	close(events_fd);
	if (err) {
		follower_free(follower);
		return error_set(error, err, "cannot map the probes' events: %s", strerror(-err));
	}
	*ret_follower = follower;
	return 0;
}

int follower_poll(struct follower *follower, int timeout_ms)
{
	return ring_buffer__poll(follower->ring, timeout_ms);
}

unsigned long long follower_lost(const struct follower *follower)
{
	return events_lost(follower->lost_fd) - follower->lost_before;
}

void follower_free(struct follower *follower)
{
	if (!follower)
		return;
	ring_buffer__free(follower->ring);
	if (follower->lost_fd >= 0)
		close(follower->lost_fd);
	free(follower);
}
