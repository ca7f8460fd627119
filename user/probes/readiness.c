// SPDX-License-Identifier: GPL-2.0
#include "readiness.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/counter.h"
#include "base/text.h"
#include "capture/room.h"

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
			"requested, but off: the boot log says why, after 'KHO:'; if it found no scratch memory, " SCRATCH);
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
				 "loaded, but it is not known how: without kexec_file_load nothing would survive; run this as root, or load it again with 'kexec -s -l'" },
};

enum preflight_state readiness_of_image(char *text, enum kexec_image image)
{
	snprintf(text, ESCAPED_BYTES, "%s", images[image].text);
	return images[image].state;
}

enum preflight_state readiness_of_devices(char *text, const struct vfio_devices *devices,
					  enum vfio_handler handler, bool sees_all)
{
	if (devices->in_use && handler == VFIO_HANDLER_NONE) {
		snprintf(
			text, ESCAPED_BYTES,
			"%u in use, and this kernel has no live update handler for vfio-pci: boot one that has",
			devices->in_use);
		return PREFLIGHT_MISSING;
	}
	if (devices->in_use && handler == VFIO_HANDLER_UNKNOWN) {
		snprintf(
			text, ESCAPED_BYTES,
			"%u in use; the live update handler of kernel/vfio is not in this kernel, and it is not known whether another one preserves them",
			devices->in_use);
		return PREFLIGHT_UNKNOWN;
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

static uint64_t count_unseen(const struct area *area)
{
	uint64_t dropped = 0;
	unsigned int i;

	for (i = 0; i < LUO_STATS_KINDS; i++)
		dropped += i == LUO_STATS_MARK ? 0 : area->header.dropped[i];
	return dropped;
}

enum preflight_state readiness_of_room(char *text, const struct area *area)
{
	const struct room room = room_of(area);
	const uint64_t unseen = count_unseen(area);
	const uint32_t kib = room_wanted_kib(area);
	int length = snprintf(text, ESCAPED_BYTES,
			      "%llu of %llu spans in use; an update needs %llu or more",
			      (unsigned long long)room.used, (unsigned long long)room.spans,
			      (unsigned long long)room.needed);

	text += length;
	if (kib)
		snprintf(text, ESCAPED_BYTES - length,
			 ", and %llu found no room: load luo_stats anew, with area_kib=%u",
			 (unsigned long long)room.lost, kib);
	else if (room.spans - room.used < room.needed)
		snprintf(text, ESCAPED_BYTES - length,
			 ": load luo_stats anew, with a larger area_kib");
	else if (unseen)
		snprintf(
			text, ESCAPED_BYTES - length,
			"; the start of %llu was not seen, so figures of the next update would be inconclusive: load luo_stats anew",
			(unsigned long long)unseen);
	else
		return PREFLIGHT_FINE;
	return PREFLIGHT_MISSING;
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
			"the kernel keeps time with %s, not with the CPU's counter, so no report could verify its clock: boot with clocksource=%s",
			source, COUNTER_CLOCKSOURCE);
		return PREFLIGHT_UNKNOWN;
	}
	snprintf(
		text, ESCAPED_BYTES, "the kernel keeps time with the CPU's counter (%s)%s", source,
		invariant ?
			", which the CPU guarantees to be invariant" :
			", which the CPU does not guarantee to be invariant, so each report verifies it");
	return PREFLIGHT_FINE;
}

static bool is_among(const char *const *names, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool readiness_asks(const char *name)
{
	static const char *const names[] = {
		"KHO",		 "LUO",	   "kexec image",      "luo_stats",   "area, outgoing",
		PREFLIGHT_CLOCK, "probes", PREFLIGHT_COMPLETE, PREFLIGHT_VMS, PREFLIGHT_DEVICES,
	};

	return is_among(names, ARRAY_SIZE(names), name);
}

bool readiness_judges(const char *name)
{
	static const char *const names[] = {
		PREFLIGHT_SUM, PREFLIGHT_COMPLETE, PREFLIGHT_CLOCK,
		PREFLIGHT_VMS, PREFLIGHT_DEVICES,
	};

	return is_among(names, ARRAY_SIZE(names), name);
}
