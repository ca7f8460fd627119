// SPDX-License-Identifier: GPL-2.0
#include "readiness.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* How to make KHO's scratch memory fit: in low memory, anywhere, and on each node. */
#define SCRATCH \
	"boot with sizes that fit beside crashkernel= and the like, such as kho_scratch=16M,512M,64M"

enum preflight_state readiness_of_kho(char *text, const struct kho *kho)
{
	if (kho->on) {
		snprintf(text, ESCAPED_BYTES, "on");
		return PREFLIGHT_FINE;
	}
	if (*kho->line) {
		snprintf(text, ESCAPED_BYTES, "off: the kernel logged '%s'; " SCRATCH, kho->line);
		return PREFLIGHT_MISSING;
	}
	if (kho->is_requested && kho->off) {
		snprintf(
			text, ESCAPED_BYTES,
			"requested, but off: the log of the boot says why, after 'KHO:'; if it found no scratch memory, " SCRATCH);
		return PREFLIGHT_MISSING;
	}
	if (kho->is_requested) {
		snprintf(
			text, ESCAPED_BYTES,
			"requested on the command line; mount debugfs or load luo_stats to see whether it is on");
		return PREFLIGHT_UNKNOWN;
	}
	snprintf(text, ESCAPED_BYTES,
		 "does not seem to be on: boot a kernel with CONFIG_KEXEC_HANDOVER and kho=on");
	return PREFLIGHT_MISSING;
}

static const struct {
	enum preflight_state state;
	const char *text;
} images[] = {
	[KEXEC_IMAGE_NO_KEXEC] = { PREFLIGHT_MISSING,
				   "this kernel cannot kexec: boot one with CONFIG_KEXEC_FILE" },
	[KEXEC_IMAGE_NONE] = { PREFLIGHT_MISSING,
			       "not loaded: run 'kexec -s -l' with the new kernel and its initramfs" },
	[KEXEC_IMAGE_WITH_KHO] = { PREFLIGHT_FINE, "loaded with kexec_file_load, as KHO needs it" },
	[KEXEC_IMAGE_WITHOUT_KHO] = { PREFLIGHT_MISSING,
				      "loaded with kexec_load, so nothing would survive: load it again with 'kexec -s -l'" },
	[KEXEC_IMAGE_LOADED] = { PREFLIGHT_UNKNOWN,
				 "loaded, but how cannot be seen: without kexec_file_load nothing would survive; run this as root, or load it again with 'kexec -s -l'" },
};

enum preflight_state readiness_of_image(char *text, enum kexec_image image)
{
	snprintf(text, ESCAPED_BYTES, "%s", images[image].text);
	return images[image].state;
}

enum preflight_state readiness_of_devices(char *text, const struct vfio_devices *devices,
					  bool has_handler, bool sees_all)
{
	if (devices->in_use && !has_handler) {
		snprintf(
			text, ESCAPED_BYTES,
			"%u in use, and this kernel has no live update handler for vfio-pci: boot one that has",
			devices->in_use);
		return PREFLIGHT_MISSING;
	}
	if (devices->lost) {
		snprintf(text, ESCAPED_BYTES, "%u of %u in use would be lost: %s", devices->lost,
			 devices->in_use, devices->lost_text);
		return PREFLIGHT_MISSING;
	}
	if (devices->bound && !sees_all) {
		snprintf(text, ESCAPED_BYTES, "only root can see which of the %u are in use",
			 devices->bound);
		return PREFLIGHT_UNKNOWN;
	}
	if (devices->incomplete) {
		snprintf(
			text, ESCAPED_BYTES,
			"%u in use, or more: %s cannot be read; run this as root of the host, outside of containers",
			devices->in_use, devices->unread);
		return PREFLIGHT_UNKNOWN;
	}
	snprintf(text, ESCAPED_BYTES, "%u in use%s; %u bound to a vfio driver", devices->in_use,
		 devices->in_use ? ", which the handler can preserve" : "", devices->bound);
	return PREFLIGHT_FINE;
}

/* How many spans an update writes at least, by what the area knows. */
static uint64_t spans_needed(const struct area *area)
{
	/* A device has a freeze and a reset, and the others a freeze or an exit. */
	static const unsigned int needs[] = {
		[LUO_STATS_SUBJECT_FILE] = 1,
		[LUO_STATS_SUBJECT_SESSION] = 1,
		[LUO_STATS_SUBJECT_DEVICE] = 2,
		[LUO_STATS_SUBJECT_VCPU] = 1,
	};
	struct luo_stats_subject_key subject;
	uint64_t needed = 0, i;

	for (i = 1; i <= area->subjects; i++)
		if (area_subject(area, i, &subject) && subject.kind < ARRAY_SIZE(needs))
			needed += needs[subject.kind];
	return needed;
}

/* Some span found no room: then the cursor went on. */
static bool is_full(const struct area *area)
{
	return area->header.span_cursor[LUO_STATS_LOT_ANY] > area->span_capacity[LUO_STATS_LOT_ANY];
}

enum preflight_state readiness_of_room(char *text, const struct area *area)
{
	const uint64_t needed = spans_needed(area);
	uint64_t left = 0, dropped = 0;
	unsigned int i;
	int length;

	for (i = 0; i < LUO_STATS_LOTS; i++)
		left += area->span_capacity[i] - area->spans[i];
	for (i = 0; i < LUO_STATS_KINDS; i++)
		dropped += i == LUO_STATS_MARK ? 0 : area->header.dropped[i];
	if (dropped && is_full(area)) {
		snprintf(text, ESCAPED_BYTES,
			 ", and %llu found no room: load luo_stats with a larger area_kib",
			 (unsigned long long)dropped);
		return PREFLIGHT_MISSING;
	}
	length = snprintf(text, ESCAPED_BYTES, "; an update needs %llu or more%s",
			  (unsigned long long)needed,
			  left < needed ? ": load luo_stats with a larger area_kib" : "");
	if (dropped)
		snprintf(text + length, ESCAPED_BYTES - length, "; of %llu the start was not seen",
			 (unsigned long long)dropped);
	return left < needed ? PREFLIGHT_MISSING : PREFLIGHT_FINE;
}

enum preflight_state readiness_of_clock(char *text, const char *source, bool invariant,
					bool unstable)
{
	if (unstable) {
		snprintf(
			text, ESCAPED_BYTES,
			"the kernel found the CPU's counter to be unstable, so the blackout would be withheld: boot without tsc=unstable; if it is not there, the kernel log says why, after 'tsc:' or 'clocksource:'");
		return PREFLIGHT_MISSING;
	}
	if (strncmp(source, "tsc", 3) && strcmp(source, "arch_sys_counter")) {
		snprintf(
			text, ESCAPED_BYTES,
			"the kernel keeps time with %s, not with the CPU's counter, so no report could verify its clock: boot with clocksource=tsc",
			source);
		return PREFLIGHT_UNKNOWN;
	}
	snprintf(
		text, ESCAPED_BYTES, "the kernel keeps time with the CPU's counter (%s)%s", source,
		invariant ?
			", which the CPU guarantees to be invariant" :
			", which the CPU does not guarantee to be invariant, so each report verifies it");
	return PREFLIGHT_FINE;
}

bool readiness_asks(const char *name)
{
	static const char *const names[] = {
		"KHO",	 "LUO",	   "kexec image",      "luo_stats",	   "area, outgoing",
		"clock", "probes", PREFLIGHT_COMPLETE, "virtual machines", "vfio devices",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}
