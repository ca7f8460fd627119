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

/* Add the cost of the program whose link is pinned at @path. */
static int add_overhead(struct probes_overhead *overhead, const char *path)
{
	struct bpf_link_info link = {};
	struct bpf_prog_info program = {};
	__u32 size = sizeof(link);
	int link_fd, program_fd;
	int err = 0;

	link_fd = bpf_obj_get(path);
	if (link_fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(link_fd, &link, &size)) {
		err = -errno;
		goto close_link;
	}
	program_fd = bpf_prog_get_fd_by_id(link.prog_id);
	if (program_fd < 0) {
		err = -errno;
		goto close_link;
	}
	size = sizeof(program);
	if (bpf_obj_get_info_by_fd(program_fd, &program, &size))
		err = -errno;
	close(program_fd);
	overhead->runs += program.run_cnt;
	overhead->run_ns += program.run_time_ns;
	overhead->missed += program.recursion_misses;
close_link:
	close(link_fd);
	return err;
}

int probes_overhead(struct probes_overhead *others, struct probes_overhead *kvm_run)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;
	DIR *dir;

	*others = *kvm_run = (struct probes_overhead){};
	dir = opendir(PINS_DIR);
	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		if (!has_prefix(entry->d_name, PINS_LINK_PREFIX))
			continue;
		snprintf(path, sizeof(path), PINS_DIR "/%s", entry->d_name);
		if (!has_prefix(entry->d_name, PINS_LINK_PREFIX PROBE_VCPU_PREFIX)) {
			err = add_overhead(others, path);
		} else if (has_prefix(entry->d_name, PINS_LINK_PREFIX PROBE_VCPU_RUN_PREFIX)) {
			const unsigned long long runs = kvm_run->runs;

			err = add_overhead(kvm_run, path);
			/* The program for the end also runs with other calls on a vCPU. */
			if (probe_is_end(entry->d_name))
				kvm_run->runs = runs;
		}
	}
	closedir(dir);
	return err;
}
