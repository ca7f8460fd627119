// SPDX-License-Identifier: GPL-2.0
#include "pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "base/now.h"
#include "probe.h"
#include "refusal.h"

bool probe_is_end(const char *program)
{
	static const char *const suffixes[] = { "_return", "_end", "_finished" };
	const size_t length = strlen(program);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		const size_t suffix = strlen(suffixes[i]);

		if (length > suffix && !strcmp(program + length - suffix, suffixes[i]))
			return true;
	}
	return false;
}

const char *pins_link_path(char *path, const struct probe *probe)
{
	snprintf(path, PATH_MAX, PINS_DIR "/" PINS_LINK_PREFIX "%s", probe->program);
	return path;
}

bool probe_is_attached(const struct probe *probe)
{
	char path[PATH_MAX];

	return !access(pins_link_path(path, probe), F_OK);
}

bool probes_attached(void)
{
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(PINS_DIR);

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		found = !strncmp(entry->d_name, PINS_EVENTS_PREFIX, strlen(PINS_EVENTS_PREFIX));
	closedir(dir);
	return found;
}

bool probes_are_foreign(void)
{
	return probes_attached() && access(PINS_EVENTS, F_OK);
}

bool probes_attached_to_area(void)
{
	return !access(PINS_AREA, F_OK);
}

bool probes_attached_to_kvm(void)
{
	return !access(PINS_DIR "/" PINS_LINK_PREFIX PROBE_VCPU_RUN_PREFIX, F_OK);
}

bool kvm_is_loaded(void)
{
	return !access("/sys/module/kvm", F_OK);
}

/* Whether there is a pin whose name begins with @kind and @prefix. */
static bool some_are_pinned(const char *kind, const char *prefix)
{
	char start[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(PINS_DIR);

	snprintf(start, sizeof(start), "%s%s", kind, prefix);
	while (dir && !found && (entry = readdir(dir)))
		found = has_prefix(entry->d_name, start);
	if (dir)
		closedir(dir);
	return found;
}

bool pins_some_attached(const char *prefix)
{
	return some_are_pinned(PINS_LINK_PREFIX, prefix);
}

bool pins_some_refused(const char *prefix)
{
	return some_are_pinned(PINS_REFUSED_PREFIX, prefix);
}

bool pins_are_locked(void)
{
	const int fd = open(PINS_BPFFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool are_locked;

	if (fd < 0)
		return false;
	are_locked = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	return are_locked;
}

static const char *refused_path(char *path, const struct probe *probe)
{
	snprintf(path, PATH_MAX, PINS_DIR "/" PINS_REFUSED_PREFIX "%s", probe->program);
	return path;
}

void pins_refuse(const struct probe *probe)
{
	char path[PATH_MAX];

	/* Without it the next 'luoscope record' tries again. */
	if (symlink(probe->why, refused_path(path, probe)))
		return;
}

bool pins_refused(const struct probe *probe, char why[PROBE_WHY_BYTES])
{
	char path[PATH_MAX];
	const ssize_t length = readlink(refused_path(path, probe), why, PROBE_WHY_BYTES - 1);

	if (length <= 0)
		return false;
	why[length] = '\0';
	return true;
}

int pins_turn(const char *name)
{
	const char *program = name + strlen(PINS_LINK_PREFIX);

	if (has_prefix(name, PINS_EVENTS_PREFIX))
		return 0;
	if (!has_prefix(name, PINS_LINK_PREFIX))
		return PINS_TURNS - 1;
	if (!probe_is_end(program))
		return 1;
	return has_prefix(program, PROBE_VCPU_RUN_PREFIX) ? 2 : PINS_TURNS - 1;
}

/* Returns 0 or a negative errno. */
static int lock_in_time(int fd)
{
	const int64_t begin_ns = read_clock_ns(CLOCK_BOOTTIME);

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (read_clock_ns(CLOCK_BOOTTIME) - begin_ns > PINS_LOCK_NS)
			return -EBUSY;
		usleep(20000);
	}
	return 0;
}

int pins_lock(struct error *error)
{
	const int lock = open(PINS_BPFFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (lock < 0)
		return refusal_set(error, -errno, "cannot open " PINS_BPFFS);
	err = lock_in_time(lock);
	if (!err)
		return lock;
	close(lock);
	if (err == -EBUSY)
		return error_set(
			error, err,
			"another luoscope has been attaching or detaching probes for a minute; 'fuser " PINS_BPFFS
			"' shows which process, and it may be stopped");
	return error_set(error, err, "cannot lock " PINS_BPFFS ": %s", strerror(-err));
}

int bpffs_mount(struct error *error)
{
	struct statfs fs;

	if (!statfs(PINS_BPFFS, &fs) && fs.f_type == BPF_FS_MAGIC)
		return fs.f_flags & ST_RDONLY ?
			       refusal_set(error, -EROFS, "cannot pin anything in " PINS_BPFFS) :
			       0;
	if (mount("bpf", PINS_BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return refusal_set(error, -errno, "cannot mount bpffs at " PINS_BPFFS);
	return 1;
}
