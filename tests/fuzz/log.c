// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel log: its records as /dev/kmsg has them, and the two sections of a capture that are
 * made of them.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/boot_log.h"
#include "fuzz.h"
#include "model/model.h"

/* Read the lines as records, and write what they say. What is written must be read as it was. */
static void read_records(const uint8_t *bytes, size_t size)
{
	struct boot_reader *reader = calloc(1, sizeof(*reader));
	struct boot_log *again = calloc(1, sizeof(*again));
	char *text = strndup((const char *)bytes, size), *rest = text, *line;
	struct fuzz_output output, twice;

	fuzz_expect(reader && again && text, "out of memory");
	while ((line = strsep(&rest, "\n")))
		boot_reader_add(reader, line);
	boot_reader_end(reader);
	boot_log_write(&reader->log, fuzz_output_begin(&output));
	fflush(output.out);
	boot_log_parse(again, output.bytes, output.size);
	boot_log_write(again, fuzz_output_begin(&twice));
	fflush(twice.out);
	fuzz_expect(!strcmp(output.bytes, twice.bytes), "the boot log '%s' is read as '%s'",
		    output.bytes, twice.bytes);
	fuzz_output_drop(&output, "boot log", 0);
	fuzz_output_drop(&twice, "boot log", 0);
	free(text);
	free(again);
	free(reader);
}

static void run(const uint8_t *bytes, size_t size)
{
	static const unsigned int sections[][3] = { { CAPTURE_KLOG },
						    { CAPTURE_BOOT },
						    { CAPTURE_KLOG, CAPTURE_BOOT } };
	struct model model;

	read_records(bytes, size);
	fuzz_model_of(&model, sections[fuzz_choice(3)], bytes, size);
	fuzz_views(&model);
	model_free(&model);
}

static void seed(const struct capture *capture, FILE *out)
{
	fuzz_section(capture, CAPTURE_KLOG, out);
	fuzz_section(capture, CAPTURE_BOOT, out);
	fputs("6,1,0,-;Linux version 7.3.4\n"
	      "6,2,100000,-;printk: legacy console [ttyS0] enabled\n"
	      "7,3,110000,-;calling  vfio_pci_init+0x0/0x10 @ 1\n"
	      "7,4,120000,-;initcall vfio_pci_init+0x0/0x10 returned -19 after 9999 usecs\n"
	      "7,5,130000,-;probe of 0000:01:00.0 returned 0 after 1000 usecs\n"
	      "6,6,140000,-;clocksource: Switched to clocksource tsc\n"
	      "6,9,150000,-;Freeing initrd memory: 1000K\n"
	      "6,10,160000,-;Run /init as init process\n",
	      out);
}

const struct fuzz_target fuzz_log = {
	.name = "log",
	.share = 8,
	.most = 16 << 10,
	.run = run,
	.seed = seed,
};
