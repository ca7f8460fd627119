// SPDX-License-Identifier: GPL-2.0
#include "refusal.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/array.h"
#include "base/privileges.h"
#include "base/text.h"
#include "capture/collect.h"

/* What attaching takes, with the kernel's part: with less than that, the cgroup is to blame. */
#define MEMORY_BYTES (64 << 20)

static const struct {
	unsigned int capability;
	const char *name;
} needed[] = {
	{ CAP_BPF, "CAP_BPF" },
	{ CAP_PERFMON, "CAP_PERFMON" },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
};

/* The number in base @base after @key in a file of lines "KEY VALUE", or @none. */
static uint64_t number_in(const char *path, const char *key, int base, uint64_t none)
{
	FILE *file = fopen(path, "re");
	uint64_t number = none;
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			number = strtoull(line + strlen(key), NULL, base);
	if (file)
		fclose(file);
	return number;
}

/* The limit of the cgroup that this process is in; 0: none. */
static uint64_t memory_limit(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[512], path[600], value[32] = "";

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3) != 0)
			continue;
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", line + 3);
		read_first_line(path, value, sizeof(value));
	}
	if (file)
		fclose(file);
	/* "max" is no number. */
	return strtoull(value, NULL, 10);
}

void refusal_look(struct refusal_facts *facts)
{
	char lockdown[128] = "";
	struct rlimit files = {};

	read_first_line("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	getrlimit(RLIMIT_NOFILE, &files);
	*facts = (struct refusal_facts){
		.is_root = !geteuid(),
		/* "0 0 4294967295": all users, as they are. No file: there are no namespaces. */
		.is_in_namespace = !access("/proc/self/uid_map", F_OK) &&
				   number_in("/proc/self/uid_map", "         0          0 ", 10,
					     0) != UINT32_MAX,
		.capabilities = number_in("/proc/self/status", "CapEff:", 16, UINT64_MAX),
		.is_confidential = strstr(lockdown, "[confidentiality]"),
		.open_files = files.rlim_cur,
		.memory_bytes = memory_limit(),
	};
}

/* Those that are missing, with commas between them; NULL: none. */
static const char *missing_capabilities(char *text, size_t size, uint64_t capabilities)
{
	size_t i;

	*text = '\0';
	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (!(capabilities & PRIVILEGE(needed[i].capability)))
			text_list_add(text, size, ", ", needed[i].name);
	return *text ? text : NULL;
}

/* The kernel also returns these for a program that it does not like, whoever loads it. */
static bool cause_of_no_right(char *text, const struct refusal_facts *facts)
{
	char names[80];

	if (!facts->is_root)
		snprintf(text, REFUSAL_BYTES, "this needs root");
	else if (facts->is_in_namespace)
		snprintf(text, REFUSAL_BYTES,
			 "root in a container is not permitted to: run luoscope on the host");
	else if (missing_capabilities(names, sizeof(names), facts->capabilities))
		snprintf(
			text, REFUSAL_BYTES,
			"this process lacks %s: run luoscope outside of containers, and of units with CapabilityBoundingSet=",
			names);
	else
		return false;
	return true;
}

static bool cause_of_no_memory(char *text, const struct refusal_facts *facts)
{
	if (!facts->memory_bytes || facts->memory_bytes >= MEMORY_BYTES)
		return false;
	snprintf(text, REFUSAL_BYTES,
		 "its cgroup may use only %" PRIu64
		 " KiB of memory: raise memory.max, or MemoryMax= of the unit, to %d MiB",
		 facts->memory_bytes >> 10, MEMORY_BYTES >> 20);
	return true;
}

bool refusal_cause(char *text, const struct refusal_facts *facts, int err)
{
	if (err == -EPERM || err == -EACCES) {
		if (cause_of_no_right(text, facts))
			return true;
	}
	if ((err == -EPERM || err == -EACCES || err == -EINVAL) && facts->is_confidential) {
		snprintf(
			text, REFUSAL_BYTES,
			"the kernel is locked down for confidentiality, so no program may read its memory: boot with lockdown=integrity");
		return true;
	}
	switch (err) {
	case -EMFILE:
		snprintf(
			text, REFUSAL_BYTES,
			"this process may open only %lu files: raise the limit, with 'ulimit -n 1024' or LimitNOFILE=1024 of the unit",
			facts->open_files);
		return true;
	case -ENOMEM:
		return cause_of_no_memory(text, facts);
	case -EROFS:
		snprintf(text, REFUSAL_BYTES,
			 "bpffs is mounted read-only: run 'mount -o remount,rw /sys/fs/bpf'");
		return true;
	case -ENODEV:
	case -ENOSYS:
		snprintf(text, REFUSAL_BYTES,
			 "this kernel has no BPF: boot one with CONFIG_BPF_SYSCALL");
		return true;
	default:
		return false;
	}
}

bool refusal_is_of_program(const struct refusal_facts *facts, int err)
{
	char text[REFUSAL_BYTES];

	switch (err) {
	case -EPERM:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
	case -EAGAIN:
	case -EINTR:
		return false;
	default:
		return !refusal_cause(text, facts, err);
	}
}

/* Lines that the verifier adds to each log. */
static bool is_statistics(const char *line, size_t length)
{
	static const char *const starts[] = { "processed ", "verification time ", "stack depth ",
					      "mark_precise: " };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(starts); i++)
		if (!strncmp(line, starts[i], strlen(starts[i])))
			return true;
	return !length;
}

/* The last line that says something; sets *@length. */
static const char *last_line(const char *log, size_t *length)
{
	const char *last = "", *end;

	for (*length = 0; *log; log = end + (*end == '\n')) {
		end = log + strcspn(log, "\n");
		if (is_statistics(log, end - log))
			continue;
		last = log;
		*length = end - log;
	}
	return last;
}

/*
 * libbpf says of a field that the kernel's structure lacks: "failed to resolve CO-RE relocation
 * <byte_off> [33] struct luo_file.token (0:3 @ offset 152)".
 */
static bool name_missing_field(char *text, size_t size, const char *log)
{
	const char *at = strstr(log, "failed to resolve CO-RE relocation ");
	const char *field = at ? strstr(at, " struct ") : NULL;

	if (!field || field > at + strcspn(at, "\n"))
		return false;
	field += strlen(" struct ");
	snprintf(text, size, "no %.*s: this kernel's structure has no such field",
		 (int)strcspn(field, " \n"), field);
	return true;
}

void refusal_of_log(char *text, size_t size, const char *log, int err)
{
	char escaped[ESCAPED_BYTES], line[ESCAPED_BYTES / 4];
	size_t length;

	if (name_missing_field(text, size, log))
		return;
	log = last_line(log, &length);
	snprintf(line, sizeof(line), "%.*s", (int)length, log);
	if (*line)
		snprintf(text, size, "rejected by the verifier: %s",
			 escape_text(escaped, line, false));
	else
		snprintf(text, size, "rejected: %s", strerror(-err));
}

int refusal_set(struct error *error, int err, const char *what)
{
	struct refusal_facts facts;
	char text[REFUSAL_BYTES];

	refusal_look(&facts);
	if (refusal_cause(text, &facts, err))
		return error_set(error, err, "%s: %s", what, text);
	return error_set(error, err, "%s: %s; 'luoscope record --verbose' shows more", what,
			 strerror(-err));
}
