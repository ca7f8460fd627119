// SPDX-License-Identifier: GPL-2.0
#include "pci_ids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "model.h"

#define HEX_DIGITS "0123456789abcdef"

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

/* The devices whose ids are known, sorted by these. */
struct known {
	struct model_device **device;
	size_t count;
};

static int compare_ids(const void *a, const void *b)
{
	return strcmp((*(struct model_device *const *)a)->pci_id,
		      (*(struct model_device *const *)b)->pci_id);
}

static int find_known(struct known *known, struct model *model)
{
	size_t i;

	*known = (struct known){ .device = calloc(model->devices + 1, sizeof(*known->device)) };
	if (!known->device)
		return -ENOMEM;
	for (i = 0; i < model->devices; i++) {
		model->device[i].product[0] = '\0';
		if (model->device[i].pci_id[0])
			known->device[known->count++] = &model->device[i];
	}
	qsort(known->device, known->count, sizeof(*known->device), compare_ids);
	return 0;
}

/* The first device whose id does not sort before @id. */
static size_t first_from(const struct known *known, const char *id)
{
	size_t first = 0, end = known->count;

	while (first < end) {
		const size_t middle = first + (end - first) / 2;

		if (strcmp(known->device[middle]->pci_id, id) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

/*
 * Give the devices of the vendor, or of the vendor and the device, that @id names the name in
 * @text, which comes after blanks.
 */
static void take_name(const struct known *known, const char *id, const char *text)
{
	const bool is_device = strchr(id, ':');
	size_t i;

	if (*text != ' ')
		return;
	text += strspn(text, " ");
	for (i = first_from(known, id);
	     i < known->count && !strncmp(known->device[i]->pci_id, id, strlen(id)); i++) {
		struct model_device *device = known->device[i];
		const size_t length = strlen(device->product);

		snprintf(device->product + length, sizeof(device->product) - length, "%s%s",
			 is_device ? " " : "", text);
	}
}

/*
 * A vendor's line begins with its id. The lines of its devices follow, with one tab before the id.
 * Lines with two tabs are subsystems. After the vendors come other lists, whose lines begin with a
 * letter and a space.
 */
static void read_names(const struct known *known, FILE *file)
{
	char id[MODEL_PCI_ID_BYTES] = "", *line = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] == '\n')
			line[--length] = '\0';
		if (!line[0] || line[0] == '#' || !strncmp(line, "\t\t", 2))
			continue;
		if (line[0] != '\t') {
			if (strspn(line, HEX_DIGITS) < 4)
				break;
			snprintf(id, sizeof(id), "%.4s", line);
			take_name(known, id, line + 4);
		} else if (id[0] && strspn(line + 1, HEX_DIGITS) >= 4) {
			snprintf(id + 4, sizeof(id) - 4, ":%.4s", line + 1);
			take_name(known, id, line + 5);
		}
	}
	free(line);
}

int pci_ids_name_devices(struct model *model, const char *path, struct error *error)
{
	struct known known;
	FILE *file;

	if (find_known(&known, model))
		return error_set(error, -ENOMEM, "out of memory");
	file = open_database(path);
	if (file) {
		read_names(&known, file);
		fclose(file);
	} else if (path) {
		const int err = -errno;

		free(known.device);
		return error_set(error, err, "cannot read %s: %s", path, strerror(-err));
	}
	free(known.device);
	return 0;
}
