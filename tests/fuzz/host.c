// SPDX-License-Identifier: GPL-2.0
/*
 * A host: files of sysfs and /proc, records of its kernel log, and what somebody types as an
 * option. Each line of the input is one of them: "PATH=CONTENTS", "PATH>TARGET" (a link), or any
 * text.
 */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/text.h"
#include "capture/kmsg.h"
#include "fuzz.h"
#include "live/event_filter.h"
#include "probes/readiness.h"
#include "probes/vfio_devices.h"

#define LINES_MAX 24

/* The root of the host, made at the first call. */
static const char *host_root(void)
{
	static char path[256];
	const char *parent = getenv("TMPDIR");

	if (!*path) {
		snprintf(path, sizeof(path), "%s/host.XXXXXX", parent ? parent : "/tmp");
		fuzz_expect(mkdtemp(path), "no directory can be made");
	}
	return path;
}

/* Whether @name leads to a place below the root, and to no other. */
static bool is_below(const char *name)
{
	return *name && *name != '/' && strlen(name) < 200 && !strstr(name, "..") &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_:.-/") == strlen(name);
}

/* What the kernel does not permit is left out. */
static void make(const char *name, char kind, const char *value)
{
	char path[512], *slash;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", host_root(), name);
	for (slash = path + strlen(host_root()) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	if (kind == '>') {
		/* Links are read here, never followed. */
		if (symlink(value, path))
			return;
	} else if ((file = fopen(path, "wx"))) {
		fprintf(file, "%s\n", value);
		fclose(file);
	}
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	return ftw->level ? remove(path) : 0;
}

static void look(void)
{
	struct vfio_devices devices;
	char text[ESCAPED_BYTES];

	fuzz_expect(!vfio_devices_look(&devices, host_root()), "no look");
	fuzz_expect(devices.in_use <= devices.bound && devices.lost <= devices.in_use,
		    "%u lost of %u in use of %u", devices.lost, devices.in_use, devices.bound);
	fuzz_expect(readiness_of_devices(text, &devices, true, true) != PREFLIGHT_FINE ||
			    (!devices.lost && !devices.incomplete),
		    "all is well with %u lost", devices.lost);
	fuzz_expect(memchr(text, '\0', sizeof(text)), "a text without an end");
}

static void read_record(const char *line)
{
	unsigned long long usec;
	char *record = strdup(line);
	const char *text = kmsg_text(record, &usec);

	fuzz_expect(!text || (text > record && !strchr(text, '\n')), "no text of '%s'", line);
	free(record);
}

static void parse_options(const char *text)
{
	struct event_filter filter = {};
	struct error error = {};
	char duration[DURATION_BYTES];
	uint64_t ns;

	if (event_filter_add_kind(&filter, text, &error))
		fuzz_expect(*error.text, "no reason for the kind '%s'", text);
	if (event_filter_add_outcome(&filter, text, &error))
		fuzz_expect(*error.text, "no reason for the outcome '%s'", text);
	if (event_filter_add_device(&filter, text, host_root(), &error))
		fuzz_expect(*error.text, "no reason for the device '%s'", text);
	if (!parse_duration(text, &ns))
		fuzz_expect(ns <= 100ULL * 366 * 86400 * 1000000000 &&
				    *format_duration(duration, ns, 0),
			    "'%s' is %llu ns", text, (unsigned long long)ns);
}

static void run(const uint8_t *bytes, size_t size)
{
	char *text = strndup((const char *)bytes, size), *rest = text, *line;
	unsigned int lines = 0;

	while (lines++ < LINES_MAX && (line = strsep(&rest, "\n"))) {
		const size_t name = strcspn(line, "=>");
		const char kind = line[name];

		read_record(line);
		parse_options(line);
		line[name] = '\0';
		if (kind && is_below(line))
			make(line, kind, line + name + 1);
	}
	look();
	nftw(host_root(), remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(text);
}

static void seed(const struct capture *capture, FILE *out)
{
	(void)capture;
	fputs("sys/bus/pci/devices/0000:01:00.0/vfio-dev/vfio0/dev=511:0\n"
	      "sys/bus/pci/devices/0000:01:00.0/iommu_group>../../../kernel/iommu_groups/0\n"
	      "sys/bus/pci/devices/0000:01:00.0/driver>../../../bus/pci/drivers/vfio-pci\n"
	      "sys/bus/pci/devices/0000:01:00.0/class=0x030000\n"
	      "sys/bus/pci/devices/0000:01:00.0/vendor=0x8086\n"
	      "sys/bus/pci/devices/0000:01:00.0/sriov_numvfs=4\n"
	      "proc/17/fd/3>/dev/vfio/devices/vfio0\n"
	      "proc/17/fd/4>/dev/vfio/0\n"
	      "4,100,200,-;KHO: Failed to reserve scratch area, disabling kexec handover\n"
	      "1.5ms\nreset\nbusy\n0000:01:00.0\n",
	      out);
}

const struct fuzz_target fuzz_host = {
	.name = "host",
	.share = 4,
	.most = 2 << 10,
	.run = run,
	.seed = seed,
};
