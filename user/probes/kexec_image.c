// SPDX-License-Identifier: GPL-2.0
#include "kexec_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <luoscope/event.h>

#include "base/text.h"
#include "pins.h"
#include "probes_internal.h"

/* Where the kernel keeps its variable kexec_image; 0: it does not say. */
static uint64_t find_variable(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	uint64_t address = 0;
	char line[640];

	while (file && !address && fgets(line, sizeof(line), file))
		if (strstr(line, " kexec_image\n"))
			address = strtoull(line, NULL, 16);
	if (file)
		fclose(file);
	return address;
}

/*
 * Load only the program that looks, with the one map that has the address: whoever runs it cannot
 * choose what it reads. @types: as for probes_open_skeleton(). Returns a descriptor or a negative
 * errno.
 */
static int load(const char *types)
{
	const uint64_t address = find_variable();
	struct luoscope_bpf *skeleton;
	struct bpf_program *program;
	struct bpf_map *map;
	int fd;

	if (!address)
		return -ENOENT;
	skeleton = probes_open_skeleton(types);
	if (!skeleton)
		return -errno;
	skeleton->rodata->kexec_image_address = address;
	bpf_object__for_each_program (program, skeleton->obj)
		bpf_program__set_autoload(program, program == skeleton->progs.kexec_image);
	bpf_object__for_each_map(map, skeleton->obj)
		bpf_map__set_autocreate(map, map == skeleton->maps.rodata);
	fd = bpf_object__load(skeleton->obj);
	if (!fd) {
		fd = fcntl(bpf_program__fd(skeleton->progs.kexec_image), F_DUPFD_CLOEXEC, 0);
		fd = fd < 0 ? -errno : fd;
	}
	luoscope_bpf__destroy(skeleton);
	return fd;
}

int kexec_image_open(void)
{
	const int fd = bpf_obj_get(PINS_IMAGE);

	return fd < 0 ? load(NULL) : fd;
}

int kexec_image_load(int types_fd)
{
	char types[32];

	snprintf(types, sizeof(types), "/proc/self/fd/%d", types_fd);
	return load(types);
}

void kexec_image_pin(int reader)
{
	if (reader < 0)
		return;
	bpf_obj_pin(reader, PINS_IMAGE);
	close(reader);
}

static enum kexec_image look_inside(int reader)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	if (reader < 0 || bpf_prog_test_run_opts(reader, &options))
		return KEXEC_IMAGE_LOADED;
	switch (options.retval) {
	case LUOSCOPE_IMAGE_WITH_KHO:
		return KEXEC_IMAGE_WITH_KHO;
	case LUOSCOPE_IMAGE_WITHOUT_KHO:
		return KEXEC_IMAGE_WITHOUT_KHO;
	default:
		return KEXEC_IMAGE_LOADED;
	}
}

/*
 * Whether kexec_load was forbidden from the boot on: lockdown is in force, as the command line
 * demanded. Lockdown that was raised later may have come after the image, and is never lowered.
 */
static bool is_locked_since_boot(void)
{
	char line[4096], *rest = line, *word;

	/* "none [integrity] confidentiality" */
	if (!read_first_line("/sys/kernel/security/lockdown", line, sizeof(line)) ||
	    strstr(line, "[none]"))
		return false;
	if (!read_first_line("/proc/cmdline", line, sizeof(line)))
		return false;
	while ((word = strtok_r(rest, " ", &rest)))
		if (!strcmp(word, "lockdown=integrity") ||
		    !strcmp(word, "lockdown=confidentiality"))
			return true;
	return false;
}

enum kexec_image kexec_image_look(int reader)
{
	char line[128];

	if (!read_first_line("/sys/kernel/kexec/loaded", line, sizeof(line)) &&
	    !read_first_line("/sys/kernel/kexec_loaded", line, sizeof(line)))
		return KEXEC_IMAGE_NO_KEXEC;
	if (*line == '0')
		return KEXEC_IMAGE_NONE;
	return is_locked_since_boot() ? KEXEC_IMAGE_WITH_KHO : look_inside(reader);
}
