// SPDX-License-Identifier: GPL-2.0
#include "arrival.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <luoscope/arrival.h>

#include "base/array.h"
#include "pins.h"

#define ROW(cookie_, program_, function, count) { #program_, cookie_ },

static const struct {
	const char *program;
	unsigned int cookie;
} rows[] = {
	LUOSCOPE_ARRIVAL_ENTRIES(ROW) LUOSCOPE_ARRIVAL_RETURNS(ROW)
	/* Tracepoints are cheap to attach. */
	{ "on_device_retrieve", 0 },
	{ "on_device_retrieve_end", 0 },
	{ "on_device_finish", 0 },
	{ "on_device_finish_end", 0 },
	{ "on_reset_again", 0 },
};

void arrival_describe(struct probe *probe)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].program, probe->program) != 0)
			continue;
		probe->arrives = true;
		probe->cookie = rows[i].cookie;
	}
}

bool arrival_is_at_once(const struct probes *probes, const struct probe *probe)
{
	/* The programs are for functions of the kernel itself. */
	return probes->at_once && probe->cookie && !probe->btf_fd;
}

/* The part of union bpf_attr that BPF_LINK_CREATE takes for a link at once, since 7.3. */
struct link_create {
	__u32 prog_fd;
	__u32 target_fd;
	__u32 attach_type;
	__u32 flags;
	__u64 ids;
	__u64 cookies;
	__u32 count;
	__u32 reserved;
};

static int link_at_once(int program, enum bpf_attach_type type, const __u32 *ids,
			const __u64 *cookies, __u32 count)
{
	struct link_create attributes = {
		.prog_fd = program,
		.attach_type = type,
		.ids = (uintptr_t)ids,
		.cookies = (uintptr_t)cookies,
		.count = count,
	};
	const int fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes));

	return fd < 0 ? -errno : fd;
}

static bool is_wanted(const struct probes *probes, const struct probe *probe, bool returns)
{
	return arrival_is_at_once(probes, probe) && probe->state == PROBE_READY &&
	       (probe->kind == PROBE_RETURN) == returns;
}

int arrival_attach(struct probes *probes, bool returns)
{
	const struct bpf_program *program = returns ? probes->skeleton->progs.arrival_return :
						      probes->skeleton->progs.arrival_entry;
	__u64 cookies[ARRAY_SIZE(rows)];
	__u32 ids[ARRAY_SIZE(rows)];
	char path[PATH_MAX];
	__u32 count = 0;
	size_t i;
	int link, err = 0;

	for (i = 0; i < probes->count; i++) {
		if (!is_wanted(probes, &probes->list[i], returns))
			continue;
		ids[count] = probes->list[i].btf_id;
		cookies[count++] = probes->list[i].cookie;
	}
	if (!count)
		return 0;
	link = link_at_once(bpf_program__fd(program),
			    returns ? ARRIVAL_ATTACH_RETURN : ARRIVAL_ATTACH_ENTRY, ids, cookies,
			    count);
	if (link < 0)
		return link;
	/* Each probe has its pin, which shows that it is attached. */
	for (i = 0; !err && i < probes->count; i++)
		if (is_wanted(probes, &probes->list[i], returns))
			err = bpf_obj_pin(link, pins_link_path(path, &probes->list[i])) ? -errno :
											  0;
	for (i = 0; !err && i < probes->count; i++)
		if (is_wanted(probes, &probes->list[i], returns))
			probes->list[i].state = PROBE_ATTACHED;
	close(link);
	return err;
}
