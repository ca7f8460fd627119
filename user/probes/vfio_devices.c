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
#include "base/text.h"

/* All that vfio shows is below such a directory, in /dev or in what a container has for it. */
#define VFIO_DIR "/vfio/"

/* A device as a file of its own: vfioN in VFIO_DIR "devices/". */
struct device {
	const char *name;
	char path[PATH_MAX / 2];
	char file[32];
	char group[32];
};

#define NAME_ROOM 64

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

static bool is_name(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

/* Write where the link @path points to @target, which has PATH_MAX; "": it cannot be read. */
static void read_link(const char *path, char *target)
{
	const ssize_t length = readlink(path, target, PATH_MAX - 1);

	target[length < 0 ? 0 : length] = '\0';
}

/* The last part of where the link @path points to, or "". */
static void link_base(const char *path, char *base, size_t size)
{
	char target[PATH_MAX];
	const char *slash, *name;

	read_link(path, target);
	slash = strrchr(target, '/');
	name = slash ? slash + 1 : target;
	text_copy(base, size, name, strlen(name));
}

/* Add what process PID has open of vfio. Returns 0 or -ENOMEM. */
static int add_process(struct names *files, const char *root, const char *pid)
{
	char path[PATH_MAX], target[PATH_MAX];
	const struct dirent *entry;
	const char *name;
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc/%s/fd", root, pid);
	dir = opendir(path);
	while (dir && !err && (entry = readdir(dir))) {
		if (!is_name(entry))
			continue;
		snprintf(path, sizeof(path), "%s/proc/%s/fd/%s", root, pid, entry->d_name);
		read_link(path, target);
		name = strstr(target, VFIO_DIR);
		if (name)
			err = add_name(files, name + strlen(VFIO_DIR));
	}
	if (dir)
		closedir(dir);
	return err;
}

/* Returns 0 or -ENOMEM. */
static int find_open_files(struct names *files, const char *root)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc", root);
	dir = opendir(path);
	while (dir && !err && (entry = readdir(dir)))
		if (*entry->d_name >= '0' && *entry->d_name <= '9')
			err = add_process(files, root, entry->d_name);
	if (dir)
		closedir(dir);
	return err;
}

static bool is_open(const struct names *files, const char *dir, const char *name)
{
	char wanted[NAME_ROOM];
	size_t i;

	snprintf(wanted, sizeof(wanted), "%s%s", dir, name);
	for (i = 0; *name && i < files->count; i++)
		if (!strcmp(files->name[i], wanted))
			return true;
	return false;
}

static bool has(const struct device *device, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", device->path, file);
	return !access(path, F_OK);
}

/* What the number in a file of the device is; 0: there is none. */
static unsigned long number_of(const struct device *device, const char *file)
{
	char path[PATH_MAX], line[32] = "";

	snprintf(path, sizeof(path), "%s/%s", device->path, file);
	read_first_line(path, line, sizeof(line));
	return strtoul(line, NULL, 0);
}

/* Why the handler cannot preserve @device, as its code in kernel/vfio has it; NULL: it can. */
static const char *why_lost(const struct device *device, const struct names *files)
{
	char path[PATH_MAX], driver[32];

	snprintf(path, sizeof(path), "%s/driver", device->path);
	link_base(path, driver, sizeof(driver));
	if (strcmp(driver, "vfio-pci"))
		return "has a driver other than vfio-pci";
	if (has(device, "physfn"))
		return "is a virtual function";
	if (number_of(device, "sriov_numvfs"))
		return "has virtual functions: write 0 to its sriov_numvfs";
	if (number_of(device, "vendor") == 0x8086 && number_of(device, "class") >> 16 == 3)
		return "is an Intel display device";
	if (!is_open(files, "devices/", device->file))
		return "is open through its group: its VMM must use /dev/vfio/devices and iommufd";
	return NULL;
}

static void add_device(struct vfio_devices *devices, const struct device *device,
		       const struct names *files)
{
	const size_t length = strlen(devices->lost_text);
	const char *why;

	devices->bound++;
	if (!is_open(files, "devices/", device->file) && !is_open(files, "", device->group))
		return;
	devices->in_use++;
	why = why_lost(device, files);
	if (!why)
		return;
	devices->lost++;
	snprintf(devices->lost_text + length, sizeof(devices->lost_text) - length, "%s%s %s",
		 length ? "; " : "", device->name, why);
}

/* Whether @device belongs to a vfio driver. Fills in its file, which exists only then. */
static bool find_file(struct device *device)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/vfio-dev", device->path);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		found = is_name(entry);
		snprintf(device->file, sizeof(device->file), "%.31s", found ? entry->d_name : "");
	}
	if (dir)
		closedir(dir);
	return found;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Fill in the names of all PCI devices, in their order. Returns 0 or -ENOMEM. */
static int list_devices(struct names *names, const char *root)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices", root);
	dir = opendir(path);
	while (dir && !err && (entry = readdir(dir)))
		if (is_name(entry))
			err = add_name(names, entry->d_name);
	if (dir)
		closedir(dir);
	if (names->count)
		qsort(names->name, names->count, sizeof(*names->name), compare_names);
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
	err = list_devices(&pci, root);
	for (i = 0; !err && i < pci.count; i++) {
		device.name = pci.name[i];
		snprintf(device.path, sizeof(device.path), "%s/sys/bus/pci/devices/%s", root,
			 device.name);
		if (!find_file(&device))
			continue;
		if (!devices->bound)
			err = find_open_files(&files, root);
		snprintf(path, sizeof(path), "%s/iommu_group", device.path);
		link_base(path, device.group, sizeof(device.group));
		add_device(devices, &device, &files);
	}
	free(pci.name);
	free(files.name);
	return err;
}
