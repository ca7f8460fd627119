// SPDX-License-Identifier: GPL-2.0
#include "collect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifndef LUOSCOPE_VERSION
#define LUOSCOPE_VERSION "unknown"
#endif

#define CLOCKSOURCE_PATH "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* A record of the log has at most 8 KiB, its prefix and its dictionary included. */
#define KMSG_RECORD_BYTES 16384
#define KLOG_MAX_BYTES	  (4u << 20)

/* A line of the log is kept if it holds one of these. */
static const char *const kept_lines[] = {
	"as init process", "tsc: ", "Linux version", "luo",
	"clocksource",	   "kho",   "KHO",	     "liveupdate",
};

static int collect_area(struct capture *capture, enum capture_section_type type, const char *dir,
			const char *name, struct error *error)
{
	char path[4096];
	void *bytes;
	size_t size;
	int err, fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
	} else {
		err = read_all(fd, CAPTURE_AREA_MAX_BYTES, &bytes, &size);
		close(fd);
	}
	if (type == CAPTURE_INCOMING && (err == -ENOENT || err == -ENODATA || err == -ENODEV))
		return 0;
	if (err == -ENOENT)
		return error_set(error, err, "%s is not there: load luo_stats.ko first", path);
	if (err == -EACCES || err == -EPERM)
		return error_set(error, -EACCES, "cannot read %s: this needs root", path);
	if (err == -EFBIG)
		return error_set(error, err, "%s has more than 32 MiB: this is no stats area",
				 path);
	if (err)
		return error_set(error, err, "cannot read %s: %s", path, strerror(-err));
	if (!size) {
		free(bytes);
		if (type == CAPTURE_INCOMING)
			return 0;
		return error_set(error, -ENODATA, "%s is empty: is the kernel booted with kho=on?",
				 path);
	}
	capture_set(capture, type, bytes, size);
	return 0;
}

static bool line_is_kept(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(kept_lines) / sizeof(kept_lines[0]); i++)
		if (strstr(text, kept_lines[i]))
			return true;
	return false;
}

/*
 * One record of /dev/kmsg: "<priority>,<sequence>,<usec>,<flags>[,...];<text>\n", then lines of a
 * dictionary. Only what the kernel itself said (facility 0) counts: others may write to the log as
 * well.
 */
static void keep_record(FILE *out, char *record)
{
	unsigned long long priority, usec;
	char *text = strchr(record, ';');
	unsigned char *p;

	if (!text || sscanf(record, "%llu,%*u,%llu", &priority, &usec) != 2 || priority >> 3)
		return;
	text++;
	text[strcspn(text, "\n")] = '\0';
	if (!line_is_kept(text))
		return;
	fprintf(out, "%llu,", usec);
	for (p = (unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			fprintf(out, "\\x%02x", *p);
		else
			fputc(*p, out);
	}
	fputc('\n', out);
}

static int collect_klog(struct capture *capture, struct error *error)
{
	static char record[KMSG_RECORD_BYTES];
	size_t size = 0;
	char *text = NULL;
	int err = 0;
	FILE *out;
	int fd;

	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		if (err == -EACCES || err == -EPERM)
			return error_set(error, -EACCES, "cannot read /dev/kmsg: this needs root");
		return 0;
	}
	out = open_memstream(&text, &size);
	if (!out) {
		err = -errno;
		goto out_close;
	}
	for (;;) {
		ssize_t got = read(fd, record, sizeof(record) - 1);

		/*
		 * EPIPE: records were overwritten before they could be read; those after them
		 * follow.
		 */
		if (got < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (got <= 0 || ftell(out) > (long)KLOG_MAX_BYTES)
			break;
		record[got] = '\0';
		keep_record(out, record);
	}
	if (fclose(out)) {
		err = -ENOMEM;
		free(text);
		goto out_close;
	}
	capture_set(capture, CAPTURE_KLOG, text, size);
out_close:
	close(fd);
	if (err)
		return error_set(error, err, "cannot keep the kernel log: %s", strerror(-err));
	return 0;
}

static int collect_host(struct capture *capture, struct error *error)
{
	char clocksource[64] = "";
	struct timespec now = {};
	struct utsname name;
	char *text = NULL;
	size_t size = 0;
	FILE *file;

	if (uname(&name))
		return error_set(error, -errno, "cannot ask for the kernel's release");
	clock_gettime(CLOCK_REALTIME, &now);
	file = fopen(CLOCKSOURCE_PATH, "re");
	if (file) {
		if (!fgets(clocksource, sizeof(clocksource), file))
			clocksource[0] = '\0';
		clocksource[strcspn(clocksource, "\n")] = '\0';
		fclose(file);
	}
	file = open_memstream(&text, &size);
	if (!file)
		return error_set(error, -ENOMEM, "out of memory");
	fprintf(file, "luoscope_version=%s\n", LUOSCOPE_VERSION);
	fprintf(file, "release=%s\n", name.release);
	fprintf(file, "cpus=%ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	fprintf(file, "collected_realtime_ns=%lld\n",
		(long long)now.tv_sec * 1000000000LL + now.tv_nsec);
	if (clocksource[0])
		fprintf(file, "clocksource=%s\n", clocksource);
	if (fclose(file)) {
		free(text);
		return error_set(error, -ENOMEM, "out of memory");
	}
	capture_set(capture, CAPTURE_HOST, text, size);
	return 0;
}

int capture_collect(struct capture *capture, const char *sysfs_dir, struct error *error)
{
	const char *dir = sysfs_dir ? sysfs_dir : COLLECT_SYSFS_DIR;
	int err;

	*capture = (struct capture){};
	err = collect_area(capture, CAPTURE_OUTGOING, dir, "outgoing", error);
	if (!err)
		err = collect_area(capture, CAPTURE_INCOMING, dir, "incoming", error);
	if (!err)
		err = collect_klog(capture, error);
	if (!err)
		err = collect_host(capture, error);
	if (err)
		capture_free(capture);
	return err;
}
