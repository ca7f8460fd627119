// SPDX-License-Identifier: GPL-2.0
#include "overhead.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "pins.h"
#include "probe.h"

int probes_latency(struct luoscope_latency *latency)
{
	const int fd = bpf_obj_get(PINS_LATENCY);
	__u32 method;
	int err = 0;

	if (fd < 0)
		return -errno;
	for (method = 0; !err && method < LUO_STATS_RESET_METHODS; method++)
		err = bpf_map_lookup_elem(fd, &method, &latency[method]) ? -errno : 0;
	close(fd);
	return err;
}

/**
 * struct attached - an attached program, which may have several links, each pinned under the names
 *                   of one probe or more
 * @begins_run: one of them runs with each KVM_RUN
 * @ends_run:   one of them runs at its end, and with other calls on a vCPU
 */
struct attached {
	__u32 program;
	bool is_vcpu;
	bool begins_run;
	bool ends_run;
};

/* As many as there are probes. */
#define MAX_PROGRAMS 128

/* Find the program with this pin in @list, or add it. Returns 0 or a negative errno. */
static int look_at_pin(struct attached *list, size_t *count, const char *name)
{
	const char *program = name + strlen(PINS_LINK_PREFIX);
	struct bpf_link_info link = {};
	__u32 size = sizeof(link);
	char path[PATH_MAX];
	struct attached *attached;
	int fd, err;

	snprintf(path, sizeof(path), PINS_DIR "/%s", name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	err = bpf_obj_get_info_by_fd(fd, &link, &size) ? -errno : 0;
	close(fd);
	if (err)
		return err;
	for (attached = list; attached < list + *count; attached++)
		if (attached->program == link.prog_id)
			break;
	if (attached == list + MAX_PROGRAMS)
		return -E2BIG;
	if (attached == list + *count)
		list[(*count)++] = (struct attached){ .program = link.prog_id };
	attached->is_vcpu |= has_prefix(program, PROBE_VCPU_PREFIX);
	if (has_prefix(program, PROBE_VCPU_RUN_PREFIX)) {
		attached->ends_run |= probe_is_end(program);
		attached->begins_run |= !probe_is_end(program);
	}
	return 0;
}

/* Returns 0 or a negative errno. */
static int add_overhead(const struct attached *attached, struct probes_overhead *others,
			struct probes_overhead *kvm_run)
{
	struct bpf_prog_info program = {};
	__u32 size = sizeof(program);
	const int fd = bpf_prog_get_fd_by_id(attached->program);
	struct probes_overhead *overhead = others;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &program, &size))
		err = -errno;
	close(fd);
	if (attached->begins_run || attached->ends_run)
		overhead = kvm_run;
	else if (attached->is_vcpu)
		return err;
	/* A program for both runs twice with each KVM_RUN, and hardly ever with anything else. */
	if (overhead == others)
		overhead->runs += program.run_cnt;
	else if (attached->begins_run)
		overhead->runs += program.run_cnt / (attached->ends_run ? 2 : 1);
	overhead->run_ns += program.run_time_ns;
	overhead->missed += program.recursion_misses;
	return err;
}

int probes_overhead(struct probes_overhead *others, struct probes_overhead *kvm_run)
{
	struct attached list[MAX_PROGRAMS];
	const struct dirent *entry;
	size_t count = 0, i;
	int err = 0;
	DIR *dir;

	*others = *kvm_run = (struct probes_overhead){};
	dir = opendir(PINS_DIR);
	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir)))
		if (has_prefix(entry->d_name, PINS_LINK_PREFIX))
			err = look_at_pin(list, &count, entry->d_name);
	closedir(dir);
	for (i = 0; !err && i < count; i++)
		err = add_overhead(&list[i], others, kvm_run);
	return err;
}
