// SPDX-License-Identifier: GPL-2.0
/*
 * The database of PCI devices, and the list of those of a host.
 */
#include <string.h>

#include "base/array.h"
#include "fuzz.h"
#include "model/model.h"
#include "model/pci_ids.h"

static const char *const ids[] = { "8086:10ed", "1af4:1041", "ffff:0001", "8086:ffff" };

static void run(const uint8_t *bytes, size_t size)
{
	static const unsigned int sections[] = { CAPTURE_PCI, 0 };
	struct error error = {};
	struct model model;
	size_t i;

	fuzz_model_of(&model, sections, bytes, size);
	for (i = 0; i < model.devices; i++)
		if (!*model.device[i].pci_id)
			strcpy(model.device[i].pci_id, ids[fuzz_choice(ARRAY_SIZE(ids))]);
	fuzz_expect(!pci_ids_name_devices(&model, fuzz_file(bytes, size), &error), "%s",
		    error.text);
	fuzz_views(&model);
	model_free(&model);
}

static void seed(const struct capture *capture, FILE *out)
{
	fuzz_section(capture, CAPTURE_PCI, out);
	fputs("0000:81:00.0=8086:10ed\n"
	      "# Syntax:\n"
	      "1af4  Red Hat, Inc.\n"
	      "\t1041  Virtio 1.0 network device\n"
	      "8086  Intel Corporation\n"
	      "\t10ed  82599 Ethernet Controller Virtual Function\n"
	      "\t\t15d9 0000  AOC-STGN-I2S\n"
	      "ffff  Illegal Vendor ID\n"
	      "C 00  Unclassified device\n",
	      out);
}

const struct fuzz_target fuzz_pci_ids = {
	.name = "pci_ids",
	.share = 4,
	.most = 2 << 10,
	.run = run,
	.seed = seed,
};
