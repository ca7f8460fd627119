// SPDX-License-Identifier: GPL-2.0
#include "kho.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/command_line.h"
#include "capture/collect.h"
#include "capture/kmsg.h"

/* Lines that are logged only if KHO is off. */
static const struct {
	const char *text;
	bool says_why;
} lines[] = {
	{ "disabling kexec handover", true },
	{ "because KHO is disabled", false },
	{ "luo_stats: KHO is off", false },
};

static bool take(void *context, char *record)
{
	struct kho *kho = context;
	unsigned long long usec;
	const char *text = kmsg_text(record, &usec);
	size_t i;

	for (i = 0; text && i < ARRAY_SIZE(lines); i++) {
		if (!strstr(text, lines[i].text))
			continue;
		kho->off = true;
		if (lines[i].says_why)
			snprintf(kho->line, sizeof(kho->line), "%s", text);
	}
	return !*kho->line;
}

void kho_look(struct kho *kho)
{
	static const char *const signs[] = { "/dev/liveupdate", COLLECT_SYSFS_DIR,
					     "/sys/kernel/debug/kho/out" };
	size_t i;

	*kho = (struct kho){ .is_requested = command_line_switch("kho") == 1 };
	for (i = 0; i < ARRAY_SIZE(signs); i++)
		kho->on |= !access(signs[i], F_OK);
	if (!kho->on)
		kmsg_read(take, kho);
}
