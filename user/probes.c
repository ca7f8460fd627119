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
#include "targets.h"

/*
 * The ring buffer's pin is made last: it says that all is in place. It carries the version of the
 * records, so that nobody reads those of another version.
 */
#define STRINGIFY_(x)	  #x
#define STRINGIFY(x)	  STRINGIFY_(x)
#define EVENTS_PIN_PREFIX "events-v"
#define EVENTS_PIN	  PROBES_DIR "/" EVENTS_PIN_PREFIX STRINGIFY(LUOSCOPE_EVENT_ABI)
#define LOST_PIN	  PROBES_DIR "/lost"
#define LATENCY_PIN	  PROBES_DIR "/latency"
/* Made if the programs write to the stats area, and do not only feed the live tail. */
#define AREA_PIN	PROBES_DIR "/area"
#define LINK_PIN_PREFIX "link-"

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

/* A program's section says what it watches. Returns false for a program that is run by hand. */
static bool describe_program(const struct bpf_program *program, struct probe *probe)
{
	static const struct {
		const char *prefix;
		enum probe_kind kind;
	} sections[] = {
		{ "fentry/", PROBE_ENTRY },
		{ "fexit/", PROBE_RETURN },
		{ "tp_btf/", PROBE_TRACEPOINT },
	};
	const char *section = bpf_program__section_name(program);
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const size_t length = strlen(sections[i].prefix);

		if (strncmp(section, sections[i].prefix, length))
			continue;
		probe->program = bpf_program__name(program);
		probe->target = section + length;
		probe->kind = sections[i].kind;
		return true;
	}
	return false;
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
	err = targets_find(probes->list, probes->count, vmlinux);
	if (err)
		return err;
	/* One program without a target would make the whole object fail to load. */
	for (i = 0; i < probes->count; i++) {
		program = bpf_object__find_program_by_name(object, probes->list[i].program);
		bpf_program__set_autoload(program, probes->list[i].state == PROBE_READY);
	}
	return 0;
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
	probes->have_area = targets_have_kfuncs(vmlinux);
	probes->skeleton->rodata->have_luo_stats = probes->have_area;
	probes->skeleton->rodata->have_vfio_handler =
		target_is_ready(probes->list, probes->count, "vfio_pci_reset_begin");

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

/* Attach what can be attached of one half of the probes. Returns how many. */
static int attach_half(struct probes *probes, bool ends)
{
	int attached = 0;
	size_t i;

	for (i = 0; i < probes->count; i++) {
		struct probe *probe = &probes->list[i];

		if (probe->state != PROBE_READY || probe_is_end(probe->program) != ends)
			continue;
		probe->err = attach_one(probes, probe);
		probe->state = probe->err ? PROBE_FAILED : PROBE_ATTACHED;
		attached += !probe->err;
	}
	return attached;
}

/* Pin what says that all is in place, and with what. Returns 0 or a negative errno. */
static int pin_marks(const struct probes *probes)
{
	const int lost_fd = bpf_map__fd(probes->skeleton->maps.events_lost);
	int err = 0;

	if (probes->have_area)
		err = bpf_obj_pin(lost_fd, AREA_PIN);
	if (!err)
		err = bpf_obj_pin(lost_fd, LOST_PIN);
	if (!err)
		err = bpf_obj_pin(bpf_map__fd(probes->skeleton->maps.latency), LATENCY_PIN);
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
	if (err)
		probes_detach(NULL);
	else
		probes_stamp(probes, LUO_STATS_PROBES_READY);
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

bool probes_attached_to_area(void)
{
	return !access(AREA_PIN, F_OK);
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
