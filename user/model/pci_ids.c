// SPDX-License-Identifier: GPL-2.0
#include "pci_ids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "model.h"

static const char *const paths[] = {
	"/usr/share/misc/pci.ids",
	"/usr/share/hwdata/pci.ids",
	"/usr/share/pci.ids",
};

static FILE *open_database(const char *path)
{
	FILE *file = NULL;
	size_t i;

	if (path)
		return fopen(path, "re");
	for (i = 0; !file && i < ARRAY_SIZE(paths); i++)
		file = fopen(paths[i], "re");
	return file;
}

/* If @line is "<id>  <name>", its name, else NULL. */
static const char *name_of(const char *line, const char *id)
{
	return !strncmp(line, id, 4) && line[4] == ' ' ? line + 5 + strspn(line + 5, " ") : NULL;
}

/* The database has 20,000 devices, a host only a few. */
static bool has_vendor(const struct model *model, const char *vendor)
{
	size_t i;

	for (i = 0; i < model->devices; i++)
		if (!strncmp(model->device[i].pci_id, vendor, 4))
			return true;
	return false;
}

/*
 * A vendor's line begins with its id. The lines of its devices follow, with one tab before the id.
 * Lines with two tabs are subsystems. After the vendors come other lists, whose lines begin with a
 * letter and a space.
 */
static void take_line(struct model *model, const char *line, const char *vendor)
{
	const bool is_device = line[0] == '\t';
	size_t i;

	for (i = 0; i < model->devices; i++) {
		struct model_device *device = &model->device[i];
		const size_t length = strlen(device->product);
		const char *name;

		if (!device->pci_id[0] || strncmp(device->pci_id, vendor, 4) != 0)
			continue;
		name = name_of(line + is_device, device->pci_id + (is_device ? 5 : 0));
		if (name)
			snprintf(device->product + length, sizeof(device->product) - length, "%s%s",
				 is_device ? " " : "", name);
	}
}

int pci_ids_name_devices(struct model *model, const char *path, struct error *error)
{
	char vendor[5] = "", *line = NULL;
	bool is_wanted = false;
	size_t size = 0;
	ssize_t length;
	FILE *file;
	size_t i;

	for (i = 0; i < model->devices; i++)
		model->device[i].product[0] = '\0';
	file = open_database(path);
	if (!file)
		return path ? error_set(error, -errno, "cannot read %s: %s", path,
					strerror(errno)) :
			      0;
	while ((length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] == '\n')
			line[--length] = '\0';
		if (!line[0] || line[0] == '#' || !strncmp(line, "\t\t", 2))
			continue;
		if (line[0] != '\t') {
			if (strspn(line, "0123456789abcdef") < 4)
				break;
			memcpy(vendor, line, 4);
			is_wanted = has_vendor(model, vendor);
		}
		if (is_wanted)
			take_line(model, line, vendor);
	}
	free(line);
	fclose(file);
	return 0;
}
