// SPDX-License-Identifier: GPL-2.0
#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/array.h"
#include "base/command_line.h"
#include "base/log_line.h"
#include "base/process.h"
#include "capture/collect.h"
#include "pins.h"

#define MODULE_INIT_COMPRESSED_FILE 4 /* finit_module(2) */
#define MODPROBE_MS		    1000

static int load_module_file(const char *path)
{
	const char *suffix = strrchr(path, '.');
	const int flags = suffix && strcmp(suffix, ".ko") ? MODULE_INIT_COMPRESSED_FILE : 0;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char parameters[512];
	int err = 0;

	if (fd < 0)
		return -errno;
	/* As modprobe takes them. */
	command_line_words("luo_stats.", parameters, sizeof(parameters));
	if (syscall(SYS_finit_module, fd, parameters, flags))
		err = -errno;
	close(fd);
	return err;
}

void modules_load_luo_stats(void)
{
	static const char *const directories[] = { "updates/dkms", "updates", "extra" };
	static const char *const suffixes[] = { "", ".xz", ".zst" };
	char *given = command_line_value("luoscope.module");
	struct utsname kernel;
	char path[512];
	size_t i, j;
	int err;

	/* Built in, or already loaded by an initramfs. */
	if (!access(COLLECT_SYSFS_DIR, F_OK))
		goto out;
	if (collect_module_is_built_in()) {
		log_line(
			"luo_stats is built in, but it did not start, so this kernel's part of the update is not recorded; see above in this log for the reason");
		goto out;
	}
	if (given) {
		err = load_module_file(given);
		if (err)
			log_line("cannot load %s: %s", given, strerror(-err));
		goto out;
	}
	err = load_module_file("/luo_stats.ko");
	uname(&kernel);
	for (i = 0; err == -ENOENT && i < ARRAY_SIZE(directories); i++) {
		for (j = 0; err == -ENOENT && j < ARRAY_SIZE(suffixes); j++) {
			snprintf(path, sizeof(path), "/lib/modules/%s/%s/luo_stats.ko%s",
				 kernel.release, directories[i], suffixes[j]);
			err = load_module_file(path);
		}
	}
	if (err && err != -EEXIST)
		log_line(
			"cannot load luo_stats.ko, so this kernel's part of the update is not recorded: %s",
			strerror(-err));
out:
	free(given);
}

/* Whether there is anything that modprobe could load. */
static bool has_modules(void)
{
	struct utsname kernel;
	char path[128];

	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", kernel.release);
	return !access("/sbin/modprobe", X_OK) && !access(path, F_OK);
}

void modules_load_watched(void)
{
	static char *arguments[] = { "/sbin/modprobe", "-q", "-a", NULL, NULL, NULL };
	struct process modprobe;
	size_t count = 3;
	pid_t child;

	if (access(COLLECT_SYSFS_DIR "/incoming", F_OK))
		return;
	if (!kvm_is_loaded())
		arguments[count++] = "kvm";
	if (access("/sys/bus/pci/drivers/vfio-pci", F_OK))
		arguments[count++] = "vfio-pci";
	if (!arguments[3] || !has_modules() ||
	    posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ))
		return;
	modprobe = process_of(child);
	if (!process_ends_in(&modprobe, MODPROBE_MS))
		log_line(
			"modprobe took more than a second and was killed; the module that it was loading is not watched");
}
