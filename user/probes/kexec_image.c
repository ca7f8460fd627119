// SPDX-License-Identifier: GPL-2.0
#include "kexec_image.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <luoscope/event.h>

#include "base/text.h"
#include "probes_internal.h"

/* Where the kernel keeps its variable NAME; 0: it does not say. */
static uint64_t symbol_address(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long address = 0, found = 0;
	char symbol[128], line[512];

	while (file && !found && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %*c %127s", &address, symbol) == 2 && !strcmp(symbol, name))
			found = address;
	if (file)
		fclose(file);
	return found;
}

/* Load only the program that looks, without any map. Returns 0 or a negative errno. */
static int load(struct luoscope_bpf *skeleton)
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_program (program, skeleton->obj)
		bpf_program__set_autoload(program, program == skeleton->progs.kexec_image);
	bpf_object__for_each_map(map, skeleton->obj) bpf_map__set_autocreate(map, false);
	return bpf_object__load(skeleton->obj);
}

static enum kexec_image look_inside(void)
{
	struct luoscope_kexec_image query = { .address = symbol_address("kexec_image") };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &query, .ctx_size_in = sizeof(query));
	struct luoscope_bpf *skeleton = query.address ? probes_open_skeleton(NULL) : NULL;

	if (skeleton && !load(skeleton))
		bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.kexec_image), &options);
	luoscope_bpf__destroy(skeleton);
	if (!query.found)
		return KEXEC_IMAGE_LOADED;
	return query.kho_fdt ? KEXEC_IMAGE_WITH_KHO : KEXEC_IMAGE_WITHOUT_KHO;
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

enum kexec_image kexec_image_look(void)
{
	char line[128];

	if (!read_first_line("/sys/kernel/kexec/loaded", line, sizeof(line)) &&
	    !read_first_line("/sys/kernel/kexec_loaded", line, sizeof(line)))
		return KEXEC_IMAGE_NO_KEXEC;
	if (*line == '0')
		return KEXEC_IMAGE_NONE;
	return is_locked_since_boot() ? KEXEC_IMAGE_WITH_KHO : look_inside();
}
