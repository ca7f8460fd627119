// SPDX-License-Identifier: GPL-2.0
#include "collect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "base/version.h"
#include "boot_log.h"
#include "capture.h"
#include "kmsg.h"
#include "systemd.h"

#define CLOCKSOURCE_PATH "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define PCI_DEVICES_PATH "/sys/bus/pci/devices"

#define KLOG_MAX_BYTES (4u << 20)

/* A line of the log is kept if it contains one of these. */
static const char *const kept_lines[] = {
	"as init process", "tsc: ", "sched_clock: ", "Linux version", "luo",
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
	if (err == -ENOENT && collect_module_is_built_in())
		return error_set(error, err,
				 "%s is not there, because KHO is off: 'luoscope status' shows why",
				 path);
	if (err == -ENOENT)
		return error_set(error, err, "%s is not there: %s", path, collect_module_advice());
	if (err == -EACCES || err == -EPERM)
		return error_set(error, -EACCES, "cannot read %s: this needs root", path);
	if (err == -EFBIG)
		return error_set(error, err, "%s has more than 32 MiB, so it is not a stats area",
				 path);
	if (err)
		return error_set(error, err, "cannot read %s: %s", path, strerror(-err));
	if (!size) {
		free(bytes);
		if (type == CAPTURE_INCOMING)
			return 0;
		return error_set(error, -ENODATA, "%s is empty: was the kernel booted with kho=on?",
				 path);
	}
	capture_set(capture, type, bytes, size);
	return 0;
}

static bool line_is_kept(const char *text)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kept_lines); i++)
		if (strstr(text, kept_lines[i]))
			return true;
	return false;
}

/* The log as it is read. */
struct klog {
	struct boot_reader *boot;
	FILE *out;
};

/* Keep a record if it is wanted. */
static bool keep_record(void *context, char *record)
{
	struct klog *klog = context;
	unsigned long long usec;
	const unsigned char *p;
	const char *text;

	if (ftell(klog->out) > (long)KLOG_MAX_BYTES)
		return false;
	boot_reader_add(klog->boot, record);
	text = kmsg_text(record, &usec);
	if (!text || !line_is_kept(text))
		return true;
	fprintf(klog->out, "%llu,", usec);
	for (p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			fprintf(klog->out, "\\x%02x", *p);
		else
			fputc(*p, klog->out);
	}
	fputc('\n', klog->out);
	return true;
}

static int keep_boot(struct capture *capture, const struct boot_log *log)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -errno;
	boot_log_write(log, out);
	if (fclose(out)) {
		free(text);
		return -ENOMEM;
	}
	capture_set(capture, CAPTURE_BOOT, text, size);
	return 0;
}

static int collect_klog(struct capture *capture, struct error *error)
{
	static struct boot_reader boot;
	struct klog klog = { .boot = &boot };
	size_t size = 0;
	char *text = NULL;
	int err;

	memset(&boot, 0, sizeof(boot));
	klog.out = open_memstream(&text, &size);
	err = klog.out ? kmsg_read(keep_record, &klog) : -ENOMEM;
	if (klog.out && fclose(klog.out))
		err = -ENOMEM;
	if (err) {
		free(text);
		if (err == -EACCES || err == -EPERM)
			return error_set(error, -EACCES, "cannot read /dev/kmsg: this needs root");
		return err == -ENOMEM ? error_set(error, err, "out of memory") : 0;
	}
	capture_set(capture, CAPTURE_KLOG, text, size);
	boot_reader_end(&boot);
	err = keep_boot(capture, &boot.log);
	return err ? error_set(error, err, "cannot store the kernel log: %s", strerror(-err)) : 0;
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
		return error_set(error, -errno, "cannot get the kernel's release");
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
	fprintf(file, "luoscope_version=%s\n", luoscope_version);
	fprintf(file, "release=%s\n", name.release);
	fprintf(file, "cpus=%ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	fprintf(file, "collected_realtime_ns=%lld\n",
		(long long)now.tv_sec * 1000000000LL + now.tv_nsec);
	if (clocksource[0])
		fprintf(file, "clocksource=%s\n", clocksource);
	manager_describe(file);
	if (fclose(file)) {
		free(text);
		return error_set(error, -ENOMEM, "out of memory");
	}
	capture_set(capture, CAPTURE_HOST, text, size);
	return 0;
}

/* Read an id from sysfs, such as "0x1b36". */
static bool read_pci_id(int dir_fd, const char *device, const char *name, unsigned int *id)
{
	char path[300], text[16];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", device, name);
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got <= 0)
		return false;
	text[got] = '\0';
	return sscanf(text, "0x%4x", id) == 1;
}

/* The ids of the devices, for their names in reports. On a host without PCI there is no section. */
static int collect_pci(struct capture *capture, struct error *error)
{
	const struct dirent *entry;
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	DIR *dir;

	dir = opendir(PCI_DEVICES_PATH);
	if (!dir)
		return 0;
	out = open_memstream(&text, &size);
	if (!out) {
		closedir(dir);
		return error_set(error, -ENOMEM, "out of memory");
	}
	while ((entry = readdir(dir))) {
		unsigned int vendor, device;

		if (read_pci_id(dirfd(dir), entry->d_name, "vendor", &vendor) &&
		    read_pci_id(dirfd(dir), entry->d_name, "device", &device))
			fprintf(out, "%s=%04x:%04x\n", entry->d_name, vendor, device);
	}
	closedir(dir);
	if (fclose(out)) {
		free(text);
		return error_set(error, -ENOMEM, "out of memory");
	}
	capture_set(capture, CAPTURE_PCI, text, size);
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
	if (!err)
		err = collect_pci(capture, error);
	if (err)
		capture_free(capture);
	return err;
}

/* Whether a line of modules.dep, "updates/luo_stats.ko.xz: needs", is that of luo_stats. */
static bool is_of_luo_stats(char *line)
{
	const char *name;

	line[strcspn(line, ":")] = '\0';
	name = strrchr(line, '/');
	return !strncmp(name ? name + 1 : line, "luo_stats.ko", strlen("luo_stats.ko"));
}

bool collect_module_is_installed(void)
{
	struct utsname kernel;
	bool is_found = false;
	char *line = NULL;
	size_t size = 0;
	char path[128];
	FILE *file;

	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", kernel.release);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!is_found && getline(&line, &size, file) > 0)
		is_found = is_of_luo_stats(line);
	free(line);
	fclose(file);
	return is_found;
}

const char *collect_module_advice(void)
{
	return collect_module_is_installed() ?
		       "load luo_stats ('modprobe luo_stats')" :
		       "luo_stats is not installed for this kernel; build it or install it";
}

bool collect_module_is_built_in(void)
{
	/* Only a module that was loaded has a state. */
	return !access("/sys/module/luo_stats", F_OK) &&
	       access("/sys/module/luo_stats/initstate", F_OK);
}
