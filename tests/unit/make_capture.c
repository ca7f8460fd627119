// SPDX-License-Identifier: GPL-2.0
/*
 * make_capture KIND FILE: a capture that no lab makes, for the tests of views. KIND: hostile, with
 * names that want to be more than text; large, with 1,000 devices and 20,000 spans; vms, with two
 * virtual machines; lost-vm, of which one does not come back; no-update, of a kernel that no live
 * update started; second-resets, with a device that was spared a second reset and one that was not;
 * started, of an update of which only the old kernel has a capture; lost, whose new kernel did not
 * come up.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "build_area.h"
#include "capture/capture.h"

static void make_hostile(struct built_update *update)
{
	static const char *const names[] = {
		"</script><script>alert(1)</script>",
		"<img src=x onerror=alert(2)>",
		"<!--<script>",
		"]]></title><svg onload=alert(3)>",
		"\x1b]0;owned\x07\nsecond line",
		"\xe2\x80\xaetxt.exe\xe2\x81\xa6",
		"javascript:alert(4)//${alert(5)}`",
		"\xff\xfe&lt;&quot;'\"\\u003cb>@DATA@",
		"__proto__",
	};
	struct built_area *areas[] = { &update->old, &update->new };
	unsigned int area, subject;
	size_t i;

	built_devices(update);
	built_vms(update);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		built_mark(&update->new, names[i], i, (1300 + 10 * i) * MS, (1400 + 10 * i) * MS,
			   0);
	for (area = 0; area < 2; area++) {
		for (subject = 1; subject <= areas[area]->header->subject_cursor; subject++) {
			struct luo_stats_subject *s = built_subject_at(areas[area], subject);
			const char *name = names[subject % (sizeof(names) / sizeof(names[0]))];

			/* Devices are known by their names in both kernels. */
			if (s->id.kind != LUO_STATS_SUBJECT_DEVICE)
				strncpy(s->id.name, name, sizeof(s->id.name) - 1);
			strncpy(s->id.detail, name, sizeof(s->id.detail) - 1);
			strncpy(s->id.group, name, sizeof(s->id.group) - 1);
		}
		strncpy(areas[area]->header->release, names[0],
			sizeof(areas[area]->header->release) - 1);
	}
	update->host = "release=</script><script>alert(6)</script>\ncpus=2\n";
}

#define DEVICES	  1000
#define SHUTDOWNS 13000
#define VMS	  100
#define VCPUS	  4

static void make_large(struct built_update *update)
{
	static const uint32_t chunks[4] = { 1 << 20, 4096, 1 << 20, 2 << 20 };
	struct built_area *old = &update->old, *new = &update->new;
	unsigned int i;
	char name[32];

	built_area_enlarge(old, chunks);
	built_area_enlarge(new, chunks);
	for (i = 0; i < DEVICES; i++) {
		const int64_t us = MS / 1000, at = i * 8 * us;

		snprintf(name, sizeof(name), "%04x:%02x:00.0", i / 250, i % 250);
		built_device_span(old, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, name, at - 9000 * MS,
				  at - 9000 * MS + 5 * us);
		built_device_span(old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, name, at + 100,
				  at + 7 * us);
		built_device_span(old, LUO_STATS_RESET, LUO_STATS_ROLE_OLD, name, at + 200,
				  at + 6 * us);
		built_device_span(new, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW, name, 1510 * MS + at,
				  1510 * MS + at + 5 * us);
		built_device_span(new, LUO_STATS_BIND, LUO_STATS_ROLE_NEW, name, 1600 * MS + at,
				  1601 * MS + at);
		built_device_span(new, LUO_STATS_IRQ_SETUP, LUO_STATS_ROLE_NEW, name,
				  1620 * MS + at, 1621 * MS + at);
		built_device_span(new, LUO_STATS_FINISH, LUO_STATS_ROLE_NEW, name, 1700 * MS + at,
				  1700 * MS + at + 5 * us);
	}
	for (i = 0; i < SHUTDOWNS; i++) {
		const int64_t at = 15 * MS + i * 700;

		built_span(old, LUO_STATS_LOT_UPDATE, LUO_STATS_SHUTDOWN, LUO_STATS_ROLE_OLD,
			   20 + i % (DEVICES - 20), true_cycles(at), true_cycles(at + 650));
	}
	built_vms(update);
	for (i = 0; i < VMS * VCPUS; i++) {
		snprintf(name, sizeof(name), "guest-%u", i / VCPUS);
		built_vcpu(old, LUO_STATS_VCPU_EXIT, name, 1000 + i / VCPUS, i % VCPUS,
			   (int)i * 10000 - 8 * MS);
		built_vcpu(new, LUO_STATS_VCPU_ENTRY, name, 2000 + i / VCPUS, i % VCPUS,
			   1700 * MS + (int)i * 10000);
	}
}

static void make_vms(struct built_update *update)
{
	built_devices(update);
	built_vms(update);
}

/*
 * Another update, of another host: vCPU 1 of a third one does not run again; its name needs escapes
 * in the figures' names.
 */
static void make_lost_vm(struct built_update *update)
{
	make_vms(update);
	update->old.header->chain_id++;
	update->new.header->chain_id++;
	built_vcpu(&update->old, LUO_STATS_VCPU_EXIT, "vm 3", 902, 0, 6 * MS);
	built_vcpu(&update->old, LUO_STATS_VCPU_EXIT, "vm 3", 902, 1, 7 * MS);
	built_vcpu(&update->new, LUO_STATS_VCPU_ENTRY, "vm 3", 302, 0, 1750 * MS);
}

static void make_no_update(struct built_update *update)
{
	update->new.header->chain_id++;
	update->new.header->flags &= ~LUO_STATS_KHO_BOOT;
}

static void make_second_resets(struct built_update *update)
{
	const uint64_t answers[] = { LUO_STATS_AGAIN_SPARED, LUO_STATS_AGAIN_CHANGED };

	built_devices(update);
	built_answers(update, answers);
}

/* An update that was started, and whose new kernel did not come up: only the old one wrote. */
static void make_lost(struct built_update *update)
{
	make_vms(update);
	update->old.header->as_old_kernel[0] = (struct luo_stats_boundaries){};
	update->host =
		"collected_realtime_ns=1790000000000000000\nupdate_started=1\nupdate_lost=1\n";
}

static void make_started(struct built_update *update)
{
	make_lost(update);
	update->host = "collected_realtime_ns=1790000000000000000\nupdate_started=1\n";
}

static const struct {
	const char *name;
	void (*make)(struct built_update *update);
} kinds[] = {
	{ "hostile", make_hostile },
	{ "large", make_large },
	{ "vms", make_vms },
	{ "lost-vm", make_lost_vm },
	{ "no-update", make_no_update },
	{ "second-resets", make_second_resets },
	{ "started", make_started },
	{ "lost", make_lost },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int main(int argc, char **argv)
{
	struct built_update update;
	struct capture capture;
	struct error error = {};
	size_t kind;

	for (kind = 0; argc == 3 && kind < KINDS && strcmp(argv[1], kinds[kind].name) != 0; kind++)
		;
	if (argc != 3 || kind == KINDS) {
		fprintf(stderr,
			"usage: make_capture hostile|large|vms|lost-vm|no-update|second-resets|started|lost FILE\n");
		return 1;
	}
	built_update_init(&update);
	kinds[kind].make(&update);
	built_seal(&update.old);
	built_seal(&update.new);
	built_capture(&update, &capture);
	if (update.host && strstr(update.host, "update_started")) {
		capture.section[CAPTURE_OUTGOING] = (struct capture_section){};
		capture.section[CAPTURE_KLOG] = (struct capture_section){};
	}
	if (capture_write(&capture, argv[2], &error)) {
		fprintf(stderr, "make_capture: %s\n", error.text);
		return 1;
	}
	built_update_free(&update);
	return 0;
}
