// SPDX-License-Identifier: GPL-2.0
#include "vfio_devices.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"

/* All that vfio shows is below such a directory, in /dev or in what a container has for it. */
#define VFIO_DIR "/vfio/"

/* What a group without an IOMMU has before its number. */
#define NOIOMMU "noiommu-"

#define NAME_ROOM 64

/* A device. Its file is vfioN in VFIO_DIR "devices/", its group N or noiommu-N in VFIO_DIR. */
struct device {
	const char *name;
	char path[PATH_MAX / 2];
	char file[NAME_ROOM];
	char group[NAME_ROOM];
};

struct names {
	char (*name)[NAME_ROOM];
	size_t count;
};

/* Returns 0 or -ENOMEM. */
static int add_name(struct names *names, const char *name)
{
	void *grown = array_grow(names->name, names->count, sizeof(*names->name));

	if (!grown)
		return -ENOMEM;
	names->name = grown;
	text_copy(names->name[names->count++], NAME_ROOM, name, strlen(name));
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* What is not there, or a process that has ended, hides nothing. Keep the first of the others. */
static void note_unread(struct vfio_devices *devices, const char *path, int err)
{
	char number[NAME_BYTES];

	if (err == ENOENT || err == ESRCH || devices->incomplete)
		return;
	devices->incomplete = true;
	snprintf(devices->unread, sizeof(devices->unread), "%.96s (%s)", path,
		 name_errno(-err, number));
}

/*
 * Fill in the names in the directory @path, in their order, but for those that begin with a dot.
 * Returns 0 or -ENOMEM.
 */
static int list_names(struct vfio_devices *devices, const char *path, struct names *names)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);
	int err = 0;

	*names = (struct names){};
	while (dir && !err && (errno = 0, entry = readdir(dir)))
		if (*entry->d_name != '.')
			err = add_name(names, entry->d_name);
	if (!err && errno)
		note_unread(devices, path, errno);
	if (dir)
		closedir(dir);
	if (names->count)
		qsort(names->name, names->count, sizeof(*names->name), compare_names);
	return err;
}

/* Write where the link @path points to @target, which has PATH_MAX; "": not known. */
static void read_link(struct vfio_devices *devices, const char *path, char *target)
{
	const ssize_t length = readlink(path, target, PATH_MAX - 1);

	if (length < 0)
		note_unread(devices, path, errno);
	target[length < 0 ? 0 : length] = '\0';
}

/* The last part of where @link of @device points to, or "". */
static void link_base(struct vfio_devices *devices, const struct device *device, const char *link,
		      char *base, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash, *name;

	snprintf(path, sizeof(path), "%s/%s", device->path, link);
	read_link(devices, path, target);
	slash = strrchr(target, '/');
	name = slash ? slash + 1 : target;
	text_copy(base, size, name, strlen(name));
}

/* Add what the process has open of vfio. @dir: its /proc/PID/fd. Returns 0 or -ENOMEM. */
static int add_open_files(struct vfio_devices *devices, struct names *files, const char *dir)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *name;
	struct names fds;
	int err;
	size_t i;

	err = list_names(devices, dir, &fds);
	for (i = 0; !err && i < fds.count; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, fds.name[i]);
		read_link(devices, path, target);
		name = strstr(target, VFIO_DIR);
		if (name)
			err = add_name(files, name + strlen(VFIO_DIR));
	}
	free(fds.name);
	return err;
}

/* Returns 0 or -ENOMEM. */
static int find_open_files(struct vfio_devices *devices, struct names *files, const char *root)
{
	char path[PATH_MAX / 2];
	struct names processes;
	bool is_proc = false;
	int err;
	size_t i;

	snprintf(path, sizeof(path), "%s/proc", root);
	err = list_names(devices, path, &processes);
	for (i = 0; !err && i < processes.count; i++) {
		if (*processes.name[i] < '0' || *processes.name[i] > '9')
			continue;
		is_proc = true;
		snprintf(path, sizeof(path), "%s/proc/%s/fd", root, processes.name[i]);
		err = add_open_files(devices, files, path);
	}
	free(processes.name);
	/* This process at least has files. */
	if (!is_proc) {
		snprintf(path, sizeof(path), "%s/proc", root);
		note_unread(devices, path, ENODATA);
	}
	return err;
}

static bool is_open(const struct names *files, const char *prefix, const char *name)
{
	char wanted[2 * NAME_ROOM];
	size_t i;

	snprintf(wanted, sizeof(wanted), "%s%s", prefix, name);
	for (i = 0; *name && i < files->count; i++)
		if (!strcmp(files->name[i], wanted))
			return true;
	return false;
}

static bool has(struct vfio_devices *devices, const struct device *device, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", device->path, file);
	if (!access(path, F_OK))
		return true;
	note_unread(devices, path, errno);
	return false;
}

/* What the number in a file of the device is; 0: there is none. */
static unsigned long number_of(struct vfio_devices *devices, const struct device *device,
			       const char *file)
{
	char path[PATH_MAX], line[32] = "";

	snprintf(path, sizeof(path), "%s/%s", device->path, file);
	errno = 0;
	if (!read_first_line(path, line, sizeof(line)) && errno)
		note_unread(devices, path, errno);
	return strtoul(line, NULL, 0);
}

/* Why the handler cannot preserve @device, as its code in kernel/vfio has it; NULL: it can. */
static const char *why_lost(struct vfio_devices *devices, const struct device *device,
			    const struct names *files)
{
	char driver[NAME_ROOM];

	link_base(devices, device, "driver", driver, sizeof(driver));
	if (*driver && strcmp(driver, "vfio-pci"))
		return "has a driver other than vfio-pci";
	if (has(devices, device, "physfn"))
		return "is a virtual function";
	if (number_of(devices, device, "sriov_numvfs"))
		return "has virtual functions: write 0 to its sriov_numvfs";
	if (number_of(devices, device, "vendor") == 0x8086 &&
	    number_of(devices, device, "class") >> 16 == 3)
		return "is an Intel display device";
	if (is_open(files, NOIOMMU, device->group))
		return "is open without an IOMMU: its VMM must use /dev/vfio/devices and iommufd";
	if (!is_open(files, "devices/", device->file))
		return "is open through its group: its VMM must use /dev/vfio/devices and iommufd";
	return NULL;
}

static void add_device(struct vfio_devices *devices, const struct device *device,
		       const struct names *files)
{
	char lost[sizeof(devices->lost_text)];
	const char *why;

	devices->bound++;
	if (!is_open(files, "devices/", device->file) && !is_open(files, "", device->group) &&
	    !is_open(files, NOIOMMU, device->group))
		return;
	devices->in_use++;
	why = why_lost(devices, device, files);
	if (!why)
		return;
	devices->lost++;
	snprintf(lost, sizeof(lost), "%.63s %s", device->name, why);
	text_list_add(devices->lost_text, sizeof(devices->lost_text), "; ", lost);
}

/*
 * Find the file of @device, which exists only if a vfio driver has it: "" if not. Returns 0 or
 * -ENOMEM.
 */
static int find_file(struct vfio_devices *devices, struct device *device)
{
	char path[PATH_MAX];
	struct names names;
	int err;

	snprintf(path, sizeof(path), "%s/vfio-dev", device->path);
	err = list_names(devices, path, &names);
	snprintf(device->file, sizeof(device->file), "%s", names.count ? names.name[0] : "");
	free(names.name);
	return err;
}

int vfio_devices_look(struct vfio_devices *devices, const char *root)
{
	struct names pci = {}, files = {};
	struct device device;
	char path[PATH_MAX];
	size_t i;
	int err;

	*devices = (struct vfio_devices){};
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices", root);
	err = list_names(devices, path, &pci);
	for (i = 0; !err && i < pci.count; i++) {
		device.name = pci.name[i];
		snprintf(device.path, sizeof(device.path), "%s/sys/bus/pci/devices/%s", root,
			 device.name);
		err = find_file(devices, &device);
		if (err || !*device.file)
			continue;
		if (!devices->bound)
			err = find_open_files(devices, &files, root);
		link_base(devices, &device, "iommu_group", device.group, sizeof(device.group));
		add_device(devices, &device, &files);
	}
	free(pci.name);
	free(files.name);
	return err;
}
