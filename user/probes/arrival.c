// SPDX-License-Identifier: GPL-2.0
#include "arrival.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/array.h"
#include "pins.h"
#include "probes_internal.h"

#define ROW(cookie_, program_) { #program_, cookie_ },

static const struct {
	const char *program;
	unsigned int cookie;
} rows[] = { LUOSCOPE_ARRIVAL_ENTRIES(ROW) LUOSCOPE_ARRIVAL_RETURNS(ROW)
		     LUOSCOPE_ARRIVAL_TRACEPOINTS(ROW) LUOSCOPE_ARRIVAL_TRACEPOINT_ENDS(ROW) };

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
	/* A link for many functions is for those of the kernel itself. */
	return probes->at_once && probe->cookie &&
	       (probe->kind == PROBE_TRACEPOINT || !probe->btf_fd);
}

struct bpf_program *arrival_program(const struct probes *probes, enum arrival_part part)
{
	switch (part) {
	case ARRIVAL_ENTRIES:
		return probes->skeleton->progs.arrival_entry;
	case ARRIVAL_RETURNS:
		return probes->skeleton->progs.arrival_return;
	case ARRIVAL_TRACEPOINTS:
		return probes->skeleton->progs.arrival_tracepoint;
	case ARRIVAL_TRACEPOINT_ENDS:
		return probes->skeleton->progs.arrival_tracepoint_end;
	case ARRIVAL_PARTS:
		break;
	}
	return NULL;
}

static enum arrival_part part_of(const struct probe *probe)
{
	if (probe->kind == PROBE_TRACEPOINT)
		return probe_is_end(probe->program) ? ARRIVAL_TRACEPOINT_ENDS : ARRIVAL_TRACEPOINTS;
	return probe->kind == PROBE_RETURN ? ARRIVAL_RETURNS : ARRIVAL_ENTRIES;
}

static bool is_wanted(const struct probes *probes, const struct probe *probe,
		      enum arrival_part part)
{
	return arrival_is_at_once(probes, probe) && probe->state == PROBE_READY &&
	       part_of(probe) == part;
}

bool arrival_wants(const struct probes *probes, enum arrival_part part)
{
	size_t i;

	for (i = 0; i < probes->count; i++)
		if (is_wanted(probes, &probes->list[i], part))
			return true;
	return false;
}

/* The part of union bpf_attr that BPF_LINK_CREATE takes for a link at once, since 7.2. */
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

/* Each probe has its pin, which shows that it is attached. */
static int pin(int link, struct probe *probe)
{
	char path[PATH_MAX];

	return bpf_obj_pin(link, pins_link_path(path, probe)) ? -errno : 0;
}

/* Attach the functions, entries or returns, by one link. Returns 0 or a negative errno. */
static int attach_functions(struct probes *probes, enum arrival_part part)
{
	__u64 cookies[ARRAY_SIZE(rows)];
	__u32 ids[ARRAY_SIZE(rows)];
	__u32 count = 0;
	size_t i;
	int link, err = 0;

	for (i = 0; i < probes->count; i++) {
		if (!is_wanted(probes, &probes->list[i], part))
			continue;
		ids[count] = probes->list[i].btf_id;
		cookies[count++] = probes->list[i].cookie;
	}
	if (!count)
		return 0;
	link = link_at_once(bpf_program__fd(arrival_program(probes, part)),
			    part == ARRIVAL_RETURNS ? ARRIVAL_ATTACH_RETURN : ARRIVAL_ATTACH_ENTRY,
			    ids, cookies, count);
	if (link < 0)
		return link;
	for (i = 0; !err && i < probes->count; i++)
		if (is_wanted(probes, &probes->list[i], part))
			err = pin(link, &probes->list[i]);
	for (i = 0; !err && i < probes->count; i++)
		if (is_wanted(probes, &probes->list[i], part))
			probes->list[i].state = PROBE_ATTACHED;
	close(link);
	return err;
}

/* The part of union bpf_attr that BPF_RAW_TRACEPOINT_OPEN takes, since 6.10. */
struct tracepoint_open {
	__u64 name;
	__u32 prog_fd;
	__u32 reserved;
	__u64 cookie;
};

static int attach_tracepoint(const struct probes *probes, struct probe *probe)
{
	struct tracepoint_open attributes = {
		.name = (uintptr_t)probe->target,
		.prog_fd = bpf_program__fd(arrival_program(probes, part_of(probe))),
		.cookie = probe->cookie,
	};
	const int link = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attributes, sizeof(attributes));
	int err;

	if (link < 0)
		return -errno;
	err = pin(link, probe);
	close(link);
	return err;
}

int arrival_attach(struct probes *probes, bool ends)
{
	const enum arrival_part tracepoints = ends ? ARRIVAL_TRACEPOINT_ENDS : ARRIVAL_TRACEPOINTS;
	size_t i;
	int err;

	err = attach_functions(probes, ends ? ARRIVAL_RETURNS : ARRIVAL_ENTRIES);
	for (i = 0; !err && i < probes->count; i++) {
		struct probe *probe = &probes->list[i];

		if (!is_wanted(probes, probe, tracepoints))
			continue;
		err = attach_tracepoint(probes, probe);
		if (!err)
			probe->state = PROBE_ATTACHED;
	}
	return err;
}

int arrival_attach_returns(struct probes *probes)
{
	return attach_functions(probes, ARRIVAL_RETURNS);
}

bool arrival_take_returns(struct probes *probes)
{
	size_t i;

	for (i = 0; probes->returns_apart && i < probes->count; i++) {
		if (!is_wanted(probes, &probes->list[i], ARRIVAL_RETURNS))
			continue;
		if (!probe_is_attached(&probes->list[i]))
			return false;
		probes->list[i].state = PROBE_ATTACHED;
	}
	return true;
}

void arrival_ignore_left_out(const struct probes *probes)
{
	__u32 *ignored = probes->skeleton->bss->arrival_ignored;
	size_t i;
	int ends;

	for (ends = 0; ends < 2; ends++) {
		for (i = 0; i < probes->count; i++) {
			const struct probe *probe = &probes->list[i];

			if (probe->cookie && probe->state == PROBE_LEFT_OUT &&
			    probe_is_end(probe->program) == ends)
				ignored[part_of(probe)] |= 1U << probe->cookie;
		}
	}
}
