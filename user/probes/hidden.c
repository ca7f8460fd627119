// SPDX-License-Identifier: GPL-2.0
#include "hidden.h"

#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "pins.h"
#include "probe.h"

/* The kernel keeps this much of a program's name. */
#define NAME_LENGTH (BPF_OBJ_NAME_LEN - 1)

static bool is_ours(const struct probes *probes, const char *name)
{
	size_t count, i;
	const struct probe *list = probes_list(probes, &count);

	for (i = 0; i < count; i++)
		if (!strncmp(list[i].program, name, NAME_LENGTH))
			return true;
	return false;
}

static bool program_is_ours(const struct probes *probes, __u32 id)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	const int fd = bpf_prog_get_fd_by_id(id);
	bool found = false;

	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		found = info.type == BPF_PROG_TYPE_TRACING && is_ours(probes, info.name);
	close(fd);
	return found;
}

static bool link_is_ours(const struct probes *probes, __u32 id)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	const int fd = bpf_link_get_fd_by_id(id);
	bool found = false;

	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		found = program_is_ours(probes, info.prog_id);
	close(fd);
	return found;
}

/* One program may have a name of ours by chance, but not this many. */
#define ENOUGH 5

static bool some_are_attached(const struct probes *probes)
{
	unsigned int found = 0;
	__u32 id = 0;

	while (found < ENOUGH && !bpf_link_get_next_id(id, &id))
		found += link_is_ours(probes, id);
	return found == ENOUGH;
}

bool hidden_are_attached(const struct probes *probes)
{
	unsigned int tries;

	for (tries = 0; tries < 10; tries++) {
		/* Another process may be attaching, here. */
		if (!access(PINS_DIR, F_OK) || !some_are_attached(probes))
			return false;
		usleep(100000);
	}
	return true;
}
