// SPDX-License-Identifier: GPL-2.0

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_area.h"
#include "capture/capture.h"

#define REFINED_NS 2012000000LL /* 1.2 s after B7 */

const int64_t true_boundary_ns[12] = {
	0,	   12345678,  13500123,	  250100456,  251000789,  260000012,
	262000345, 812000000, 1400000000, 1500000678, 1590000901, 0,
};

uint64_t true_cycles(int64_t ns)
{
	return B0_CYCLES + (__int128)ns * TRUE_KHZ / 1000000;
}

uint64_t true_log_ns(int64_t ns)
{
	uint64_t zero = true_cycles(true_boundary_ns[7]);
	uint64_t refined = true_cycles(REFINED_NS);
	uint64_t now = true_cycles(ns);

	if (now <= refined)
		return (unsigned __int128)(now - zero) * 1000000 / NEW_ROUGH_KHZ - LOST_NS;
	return (unsigned __int128)(refined - zero) * 1000000 / NEW_ROUGH_KHZ +
	       (unsigned __int128)(now - refined) * 1000000 / NEW_KHZ - LOST_NS;
}

void built_area_init(struct built_area *area, const uint32_t chunk_bytes[4])
{
	static const uint16_t kinds[4] = { LUO_STATS_CHUNK_SUBJECTS, LUO_STATS_CHUNK_SUBJECTS,
					   LUO_STATS_CHUNK_SPANS, LUO_STATS_CHUNK_UPDATE_SPANS };
	struct luo_stats_header *header;
	unsigned int i;

	area->size = LUO_STATS_PAGE_BYTES;
	for (i = 0; i < 4; i++)
		area->size += chunk_bytes[i];
	area->bytes = calloc(1, area->size);
	assert(area->bytes);
	header = area->header;
	header->magic = LUO_STATS_MAGIC;
	header->major = LUO_STATS_MAJOR;
	header->minor = LUO_STATS_MINOR;
	header->header_bytes = sizeof(*header);
	header->span_bytes = sizeof(struct luo_stats_span);
	header->subject_bytes = sizeof(struct luo_stats_subject);
	header->total_bytes = area->size;
	header->chain_id = 0x1234567890abcdefULL;
	header->counter = LUO_STATS_COUNTER_TSC;
	header->page_bytes = 4096;
	header->flags = LUO_STATS_COUNTER_INVARIANT;
	for (i = 0; i < 4; i++)
		header->chunk[i] = (struct luo_stats_chunk){ .phys = (i + 1ULL) << 30,
							     .bytes = chunk_bytes[i],
							     .kind = kinds[i] };
	built_seal(area);
}

void built_area_enlarge(struct built_area *area, const uint32_t chunk_bytes[4])
{
	struct built_area small = *area;
	struct luo_stats_chunk list[4];
	uint64_t total;
	unsigned int lot;

	built_area_init(area, chunk_bytes);
	memcpy(list, area->header->chunk, sizeof(list));
	total = area->header->total_bytes;
	*area->header = *small.header;
	memcpy(area->header->chunk, list, sizeof(list));
	area->header->total_bytes = total;
	memcpy(built_subject_at(area, 1), built_subject_at(&small, 1),
	       small.header->chunk[0].bytes);
	for (lot = 0; lot < 2; lot++)
		memcpy(built_span_at(area, lot, 0), built_span_at(&small, lot, 0),
		       small.header->chunk[2 + lot].bytes);
	built_area_free(&small);
	built_seal(area);
}

struct luo_stats_subject *built_subject_at(struct built_area *area, uint32_t number)
{
	size_t first = area->header->chunk[0].bytes / sizeof(struct luo_stats_subject);
	size_t offset = LUO_STATS_PAGE_BYTES;
	size_t index = number - 1;

	if (index >= first) {
		index -= first;
		offset += area->header->chunk[0].bytes;
	}
	return (struct luo_stats_subject *)(area->bytes + offset) + index;
}

struct luo_stats_span *built_span_at(struct built_area *area, unsigned int lot, uint64_t index)
{
	const struct luo_stats_chunk *chunk = area->header->chunk;
	size_t offset = LUO_STATS_PAGE_BYTES + chunk[0].bytes + chunk[1].bytes;

	if (lot == LUO_STATS_LOT_UPDATE)
		offset += chunk[2].bytes;
	return (struct luo_stats_span *)(area->bytes + offset) + index;
}

uint32_t built_subject(struct built_area *area, uint32_t kind, const char *name, const char *detail,
		       const char *group, uint64_t key)
{
	uint32_t number = ++area->header->subject_cursor;
	struct luo_stats_subject *subject = built_subject_at(area, number);

	subject->id.kind = kind;
	subject->id.key = key;
	snprintf(subject->id.name, sizeof(subject->id.name), "%s", name);
	snprintf(subject->id.detail, sizeof(subject->id.detail), "%s", detail);
	snprintf(subject->id.group, sizeof(subject->id.group), "%s", group);
	subject->state = LUO_STATS_CLOSED;
	return number;
}

struct luo_stats_span *built_span(struct built_area *area, unsigned int lot, uint16_t kind,
				  uint8_t role, uint32_t subject, uint64_t begin_cycles,
				  uint64_t end_cycles)
{
	struct luo_stats_span *span = built_span_at(area, lot, area->header->span_cursor[lot]++);

	*span = (struct luo_stats_span){
		.state = end_cycles ? LUO_STATS_CLOSED : LUO_STATS_OPEN,
		.kind = kind,
		.role = role,
		.subject = subject,
		.attempt = lot == LUO_STATS_LOT_UPDATE,
		.begin_cycles = begin_cycles,
		.end_cycles = end_cycles,
		.pid = 4711,
	};
	return span;
}

void built_seal(struct built_area *area)
{
	area->header->checksum =
		luo_stats_checksum(area->bytes + LUO_STATS_CHECKSUM_FROM, LUO_STATS_CHECKSUM_BYTES);
}

void built_area_free(struct built_area *area)
{
	free(area->bytes);
	area->bytes = NULL;
}

static void set_anchor(struct built_area *area, unsigned int slot, int64_t ns, uint32_t khz,
		       uint32_t flags, int64_t boot_ns, uint64_t sched_ns)
{
	uint64_t cycles = true_cycles(ns);
	uint64_t up_ns = (unsigned __int128)(cycles - true_cycles(boot_ns)) * 1000000 / khz;

	area->header->anchor[slot] = (struct luo_stats_anchor){
		.cycles = cycles,
		.monotonic_ns = up_ns,
		.boottime_ns = up_ns,
		.realtime_ns = B0_REALTIME_NS + ns,
		.sched_cycles = cycles,
		.sched_clock_ns = sched_ns,
		.sched_spread_cycles = 240,
		.counter_khz = khz,
		.flags = LUO_STATS_ANCHOR_TAKEN | LUO_STATS_CLOCKSOURCE_IS_COUNTER | flags,
		.sequence = 2,
	};
}

static const struct {
	const char *session;
	uint64_t token;
	int64_t frozen_ns;    /* begin, after B0; each takes 1 ms */
	int64_t retrieved_ns; /* end; each takes 2 ms */
} files[] = {
	{ "vm-1", 1, 1 * MS, 1520 * MS },
	{ "vm-1", 2, 3 * MS, 1540 * MS },
	{ "vm-2", 1, 6 * MS, 1590000901 },
};

static const struct {
	const char *name, *bus, *driver;
	int64_t begin_ns, end_ns;
} devices[] = {
	{ "0000:01:00.0", "pci", "nvme", 20 * MS, 120 * MS },
	{ "0000:02:00.0", "pci", "ixgbe", 121 * MS, 240 * MS },
	{ "serial8250", "platform", "serial8250", 241 * MS, 241100000 },
	{ "eth0", "net", "", 242 * MS, 242000100 },
};

static void init_old(struct built_area *old)
{
	struct luo_stats_boundaries *set = &old->header->as_old_kernel[0];
	const uint32_t refined = LUO_STATS_COUNTER_REFINED;
	const int64_t boot = -259200LL * 1000 * MS + 1;
	uint32_t session[2];
	size_t i;

	strcpy(old->header->release, "7.2.12");
	old->header->generation = 4;
	old->header->attempts = 1;
	old->header->update_open = 1;
	set->attempt = 1;
	for (i = 0; i <= LUO_STATS_B6_JUMP; i++)
		set->cycles[i] = true_cycles(true_boundary_ns[i]);
	set->end_cycles = set->cycles[LUO_STATS_B1_FROZEN];
	set_anchor(old, LUO_STATS_ANCHOR_LOAD, boot + 20000 * MS, OLD_KHZ, refined, boot,
		   20000 * MS);
	set_anchor(old, LUO_STATS_ANCHOR_NOTIFIER, 12500000, OLD_KHZ, refined, boot, 1);
	set_anchor(old, LUO_STATS_ANCHOR_LAST, 261900000, OLD_KHZ, refined | LUO_STATS_ANCHOR_FAST,
		   boot, 1);

	session[0] = built_subject(old, LUO_STATS_SUBJECT_SESSION, "vm-1", "", "", 0);
	session[1] = built_subject(old, LUO_STATS_SUBJECT_SESSION, "vm-2", "", "", 0);
	for (i = 0; i < 3; i++) {
		uint32_t file = built_subject(old, LUO_STATS_SUBJECT_FILE, files[i].session,
					      "memfd-v2", "", files[i].token);

		built_span(old, LUO_STATS_LOT_ANY, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, file,
			   true_cycles(-5000 * MS + i * MS), true_cycles(-4990 * MS + i * MS));
		built_span(old, LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, file,
			   true_cycles(files[i].frozen_ns), true_cycles(files[i].frozen_ns + MS));
	}
	built_span(old, LUO_STATS_LOT_UPDATE, LUO_STATS_SESSION_FREEZE, LUO_STATS_ROLE_OLD,
		   session[0], true_cycles(MS), true_cycles(4 * MS));
	built_span(old, LUO_STATS_LOT_UPDATE, LUO_STATS_SESSION_FREEZE, LUO_STATS_ROLE_OLD,
		   session[1], true_cycles(6 * MS), true_cycles(7 * MS));
	for (i = 0; i < 4; i++)
		built_span(old, LUO_STATS_LOT_UPDATE, LUO_STATS_SHUTDOWN, LUO_STATS_ROLE_OLD,
			   built_subject(old, LUO_STATS_SUBJECT_DEVICE, devices[i].name,
					 devices[i].driver, devices[i].bus, 0),
			   true_cycles(devices[i].begin_ns), true_cycles(devices[i].end_ns));
}

static void init_new(struct built_area *new)
{
	const int64_t load = true_boundary_ns[7] + 400 * MS, read = true_boundary_ns[7] + 5000 * MS;
	const int64_t boot = true_boundary_ns[7] + 54 * MS;
	uint32_t session[2];
	size_t i;

	strcpy(new->header->release, "7.3.4");
	new->header->generation = 5;
	new->header->flags |= LUO_STATS_KHO_BOOT | LUO_STATS_INCOMING_VALID;
	for (i = LUO_STATS_B9_LUO_OPEN; i <= LUO_STATS_B10_RETRIEVED; i++)
		new->header->as_new_kernel.cycles[i] = true_cycles(true_boundary_ns[i]);
	set_anchor(new, LUO_STATS_ANCHOR_LOAD, load, NEW_ROUGH_KHZ, 0, boot, true_log_ns(load));
	set_anchor(new, LUO_STATS_ANCHOR_READ, read, NEW_KHZ, LUO_STATS_COUNTER_REFINED, boot,
		   true_log_ns(read));
	session[0] = built_subject(new, LUO_STATS_SUBJECT_SESSION, "vm-1", "", "", 0);
	session[1] = built_subject(new, LUO_STATS_SUBJECT_SESSION, "vm-2", "", "", 0);
	for (i = 0; i < 3; i++) {
		uint32_t file = built_subject(new, LUO_STATS_SUBJECT_FILE, files[i].session,
					      "memfd-v2", "", files[i].token);

		built_span(new, LUO_STATS_LOT_ANY, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW, file,
			   true_cycles(files[i].retrieved_ns - 2 * MS),
			   true_cycles(files[i].retrieved_ns));
		built_span(new, LUO_STATS_LOT_ANY, LUO_STATS_FINISH, LUO_STATS_ROLE_NEW, file,
			   true_cycles(1600 * MS + i * MS), true_cycles(1600 * MS + i * MS + 500));
	}
	built_span(new, LUO_STATS_LOT_ANY, LUO_STATS_SESSION_FINISH, LUO_STATS_ROLE_NEW, session[0],
		   true_cycles(1599 * MS), true_cycles(1602 * MS));
	built_span(new, LUO_STATS_LOT_ANY, LUO_STATS_SESSION_FINISH, LUO_STATS_ROLE_NEW, session[1],
		   true_cycles(1602 * MS), true_cycles(1604 * MS));
}

void built_in_stamps(struct built_area *new, int64_t setup_arch_ns, int64_t first_initcall_ns,
		     int64_t last_initcall_ns)
{
	__u64 *cycles = new->header->as_new_kernel.cycles;

	new->header->anchor[LUO_STATS_ANCHOR_EARLY] = (struct luo_stats_anchor){
		.cycles = true_cycles(setup_arch_ns),
		.sched_spread_cycles = 2 * TRUE_KHZ / 1000,
		.flags = LUO_STATS_ANCHOR_TAKEN,
	};
	cycles[LUO_STATS_B7_TIME_ZERO] = true_cycles(true_boundary_ns[LUO_STATS_B7_TIME_ZERO]);
	cycles[LUO_STATS_FIRST_INITCALL] = true_cycles(first_initcall_ns);
	cycles[LUO_STATS_LAST_INITCALL] = true_cycles(last_initcall_ns);
}

void built_update_init(struct built_update *update)
{
	static const uint32_t chunks[4] = { 4096, 4096, 4096, 4096 };

	built_area_init(&update->old, chunks);
	built_area_init(&update->new, chunks);
	init_old(&update->old);
	init_new(&update->new);
	built_seal(&update->old);
	built_seal(&update->new);
	snprintf(update->klog, sizeof(update->klog),
		 "0,Linux version 7.3.4 (builder@example) #1 SMP\n"
		 "0,tsc: Detected %u.%03u MHz processor\n"
		 "200000,sched_clock: Marking stable (214000000, 14598992)->(270440257, -%lld)\n"
		 "%llu,Run /init as init process\n"
		 "%llu,tsc: Refined TSC clocksource calibration: %u.%03u MHz\n"
		 "1300000,clocksource: Switched to clocksource tsc\n",
		 NEW_ROUGH_KHZ / 1000, NEW_ROUGH_KHZ % 1000, LOST_NS,
		 (unsigned long long)true_log_ns(true_boundary_ns[8]) / 1000,
		 (unsigned long long)true_log_ns(REFINED_NS) / 1000, NEW_KHZ / 1000,
		 NEW_KHZ % 1000);
	update->host = "release=7.3.4\ncpus=2\n";
}

void built_capture(const struct built_update *update, struct capture *capture)
{
	*capture = (struct capture){};
	capture->section[CAPTURE_INCOMING] =
		(struct capture_section){ .bytes = update->old.bytes, .size = update->old.size };
	capture->section[CAPTURE_OUTGOING] =
		(struct capture_section){ .bytes = update->new.bytes, .size = update->new.size };
	capture->section[CAPTURE_KLOG] =
		(struct capture_section){ .bytes = update->klog, .size = strlen(update->klog) };
	capture->section[CAPTURE_HOST] =
		(struct capture_section){ .bytes = update->host, .size = strlen(update->host) };
}

void built_update_free(struct built_update *update)
{
	built_area_free(&update->old);
	built_area_free(&update->new);
}

struct luo_stats_span *built_device_span(struct built_area *area, uint16_t kind, uint8_t role,
					 const char *name, int64_t begin_ns, int64_t end_ns)
{
	const bool in_update = role == LUO_STATS_ROLE_OLD && begin_ns >= 0 &&
			       area->header->attempts;
	uint32_t subject = 0, i;

	for (i = 1; i <= area->header->subject_cursor; i++)
		if (built_subject_at(area, i)->id.kind == LUO_STATS_SUBJECT_DEVICE &&
		    !strcmp(built_subject_at(area, i)->id.name, name))
			subject = i;
	if (!subject)
		subject = built_subject(area, LUO_STATS_SUBJECT_DEVICE, name, "vfio-pci", "pci", 0);
	return built_span(area, in_update ? LUO_STATS_LOT_UPDATE : LUO_STATS_LOT_ANY, kind, role,
			  subject, true_cycles(begin_ns), end_ns ? true_cycles(end_ns) : 0);
}

void built_failed_attempt(struct built_update *update)
{
	struct luo_stats_header *header = update->old.header;
	struct luo_stats_boundaries *failed = &header->as_old_kernel[0];
	uint64_t i;

	for (i = 0; i < header->span_cursor[LUO_STATS_LOT_UPDATE]; i++)
		built_span_at(&update->old, LUO_STATS_LOT_UPDATE, i)->attempt = 2;
	header->as_old_kernel[1] = *failed;
	header->as_old_kernel[1].attempt = 2;
	header->attempts = 2;
	*failed = (struct luo_stats_boundaries){ .attempt = 1, .result = -EBUSY };
	failed->cycles[0] = true_cycles(-900 * MS);
	failed->end_cycles = true_cycles(-890 * MS);
}

void built_devices(struct built_update *update)
{
	static const struct {
		const char *name;
		uint64_t detail;
		int32_t result;
	} list[] = {
		{ "0000:81:00.0", LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_OK, 3, 0), 0 },
		{ "0000:82:00.0", LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_BUSY, 6, 3), -EAGAIN },
	};
	struct built_area *old = &update->old, *new = &update->new;
	struct luo_stats_span *reset;
	int64_t i;

	for (i = 0; i < 2; i++) {
		const char *name = list[i].name;
		const int64_t later = i * 50 * MS;

		built_device_span(old, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD, name, -4000 * MS,
				  -3998 * MS);
		built_device_span(old, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, name, (8 + i) * MS,
				  (9 + i) * MS)
			->detail = list[i].detail;
		reset = built_device_span(old, LUO_STATS_RESET, LUO_STATS_ROLE_OLD, name,
					  (8 + i) * MS + 100000, (9 + i) * MS - 100000);
		reset->detail = list[i].detail;
		reset->result = list[i].result;
		built_device_span(new, LUO_STATS_RETRIEVE, LUO_STATS_ROLE_NEW, name,
				  (1530 + i) * MS, (1531 + i) * MS);
		built_device_span(new, LUO_STATS_BIND, LUO_STATS_ROLE_NEW, name, 1600 * MS + later,
				  1620 * MS + later);
		built_device_span(new, LUO_STATS_IRQ_SETUP, LUO_STATS_ROLE_NEW, name,
				  1695 * MS + later, 1700 * MS + later);
		built_device_span(new, LUO_STATS_FINISH, LUO_STATS_ROLE_NEW, name, (1800 + i) * MS,
				  (1801 + i) * MS);
	}
}

/* Makes the @nth span of @kind one that no reader knows. */
static void forget_span(struct built_area *area, unsigned int lot, unsigned int kind,
			unsigned int nth)
{
	struct luo_stats_span *span;
	unsigned int i;

	for (i = 0;; i++) {
		span = built_span_at(area, lot, i);
		if (span->kind == kind && !nth--)
			break;
	}
	memset(span, 0, sizeof(*span));
	span->state = LUO_STATS_RESERVED;
}

void built_kept_device(struct built_update *update)
{
	const uint64_t watches = LUO_STATS_WATCH_FREEZE | LUO_STATS_WATCH_RETRIEVE |
				 LUO_STATS_WATCH_BIND | LUO_STATS_WATCH_IRQ_SETUP |
				 LUO_STATS_WATCH_DEVICE_FILES | LUO_STATS_WATCH_RESET;
	struct luo_stats_span *span;
	unsigned int i;

	built_devices(update);
	built_subject(&update->old, LUO_STATS_SUBJECT_WATCH, "", "1", "", watches);
	built_subject(&update->new, LUO_STATS_SUBJECT_WATCH, "", "1", "", watches);
	forget_span(&update->old, LUO_STATS_LOT_UPDATE, LUO_STATS_RESET, 1);
	forget_span(&update->new, LUO_STATS_LOT_ANY, LUO_STATS_BIND, 1);
	forget_span(&update->new, LUO_STATS_LOT_ANY, LUO_STATS_IRQ_SETUP, 1);
	/* Nobody says how the other one was reset. */
	for (i = 0; i < update->old.header->span_cursor[LUO_STATS_LOT_UPDATE]; i++) {
		span = built_span_at(&update->old, LUO_STATS_LOT_UPDATE, i);
		if (span->detail == LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_OK, 3, 0))
			span->detail = LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_OK, 0, 0);
		else if (span->kind == LUO_STATS_FREEZE && span->detail >> 8)
			span->detail = 0;
	}
}

void built_answers(struct built_update *update, const uint64_t again[2])
{
	struct luo_stats_span *span;
	unsigned int bind = 0, i;

	for (i = 0; bind < 2; i++) {
		span = built_span_at(&update->new, LUO_STATS_LOT_ANY, i);
		if (span->kind == LUO_STATS_BIND)
			span->detail = again[bind++];
	}
}

struct luo_stats_span *built_mark(struct built_area *area, const char *name, uint64_t instance,
				  int64_t begin_ns, int64_t end_ns, uint64_t detail)
{
	struct luo_stats_span *span;
	uint32_t subject = 0, i;

	for (i = 1; i <= area->header->subject_cursor; i++)
		if (built_subject_at(area, i)->id.kind == LUO_STATS_SUBJECT_MARK &&
		    built_subject_at(area, i)->id.key == instance &&
		    !strcmp(built_subject_at(area, i)->id.name, name))
			subject = i;
	if (!subject)
		subject = built_subject(area, LUO_STATS_SUBJECT_MARK, name, "", "", instance);
	span = built_span(area, LUO_STATS_LOT_ANY, LUO_STATS_MARK, LUO_STATS_ROLE_NONE, subject,
			  begin_ns ? true_cycles(begin_ns) : 0, end_ns ? true_cycles(end_ns) : 0);
	span->detail = detail;
	return span;
}

struct luo_stats_span *built_vcpu(struct built_area *area, uint16_t kind, const char *session,
				  uint32_t tgid, uint32_t id, int64_t ns)
{
	const bool in_new_kernel = kind == LUO_STATS_VCPU_ENTRY;
	const uint32_t subject = built_subject(area, LUO_STATS_SUBJECT_VCPU, session, "vmm", "",
					       LUO_STATS_VCPU_KEY(tgid, id));

	return built_span(area, in_new_kernel ? LUO_STATS_LOT_ANY : LUO_STATS_LOT_UPDATE, kind,
			  in_new_kernel ? LUO_STATS_ROLE_NEW : LUO_STATS_ROLE_OLD, subject,
			  true_cycles(ns), true_cycles(ns));
}

void built_vms(struct built_update *update)
{
	struct built_area *old = &update->old, *new = &update->new;

	built_subject(old, LUO_STATS_SUBJECT_VCPU, "", "", "", 0);
	built_subject(new, LUO_STATS_SUBJECT_VCPU, "", "", "", 0);
	built_vcpu(old, LUO_STATS_VCPU_EXIT, "vm-1", 900, 0, -20 * MS);
	built_vcpu(old, LUO_STATS_VCPU_EXIT, "vm-1", 900, 1, -10 * MS);
	built_vcpu(old, LUO_STATS_VCPU_EXIT, "vm-2", 901, 0, 5 * MS);
	built_vcpu(new, LUO_STATS_VCPU_ENTRY, "vm-1", 300, 0, 1650 * MS);
	built_vcpu(new, LUO_STATS_VCPU_ENTRY, "vm-1", 300, 1, 1660 * MS);
	built_vcpu(new, LUO_STATS_VCPU_ENTRY, "vm-2", 301, 0, 1700 * MS);
}
