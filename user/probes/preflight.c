// SPDX-License-Identifier: GPL-2.0
#include "preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <luoscope/event.h>

#include "base/array.h"
#include "base/command_line.h"
#include "base/error.h"
#include "base/text.h"
#include "capture/area.h"
#include "capture/area_names.h"
#include "capture/capture.h"
#include "capture/collect.h"
#include "capture/reset_method.h"
#include "kexec_image.h"
#include "kho.h"
#include "leave_out.h"
#include "overhead.h"
#include "pins.h"
#include "probe.h"
#include "probes.h"
#include "probes_internal.h"
#include "readiness.h"
#include "refusal.h"
#include "vfio_devices.h"

static const char *const state_names[] = { "ok", "missing", "unknown" };

const char *preflight_state_name(enum preflight_state state)
{
	return state_names[state];
}

__attribute__((format(printf, 4, 5))) static void add(struct preflight *preflight, const char *name,
						      enum preflight_state state,
						      const char *format, ...)
{
	char text[ESCAPED_BYTES];
	char escaped[ESCAPED_BYTES];
	struct preflight_item *item;
	va_list args;

	if (preflight->count == PREFLIGHT_MAX_ITEMS)
		return;
	item = &preflight->items[preflight->count++];
	snprintf(item->name, sizeof(item->name), "%s", name);
	item->state = state;
	item->asked = readiness_asks(name);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* Names in an area may hold anything. */
	snprintf(item->text, sizeof(item->text), "%s", escape_text(escaped, text, false));
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

/* Whether a probe's target exists. This also shows how the kernel was built. */
static bool has_target(const struct probes *probes, const char *target)
{
	size_t count, i;
	const struct probe *list = probes_list(probes, &count);

	for (i = 0; i < count; i++) {
		if (!strcmp(list[i].target, target))
			return list[i].state != PROBE_NO_TARGET;
	}
	return false;
}

static void add_kho_and_luo(struct preflight *preflight, const struct probes *probes)
{
	const bool is_requested = command_line_switch("liveupdate") == 1;
	char text[ESCAPED_BYTES];
	struct kho kho;

	kho_look(&kho);
	add(preflight, "KHO", readiness_of_kho(text, &kho), "%s", text);

	if (exists("/dev/liveupdate"))
		add(preflight, "LUO", PREFLIGHT_FINE, "on: /dev/liveupdate is there");
	else if (!probes || !has_target(probes, "liveupdate_reboot"))
		add(preflight, "LUO", PREFLIGHT_MISSING,
		    "not built in: boot a kernel with CONFIG_LIVEUPDATE, 7.2 or later");
	else if (is_requested && kho.on)
		add(preflight, "LUO", PREFLIGHT_MISSING,
		    "built in and requested, but off: the kernel log says why, after 'luo:'");
	else if (is_requested)
		add(preflight, "LUO", PREFLIGHT_MISSING,
		    "built in and requested, but off: it needs KHO");
	else
		add(preflight, "LUO", PREFLIGHT_MISSING,
		    "built in, but off: boot with liveupdate=on kho=on");
}

static void add_image(struct preflight *preflight)
{
	const int reader = kexec_image_open();
	char text[ESCAPED_BYTES];

	add(preflight, "kexec image", readiness_of_image(text, kexec_image_look(reader)), "%s",
	    text);
	if (reader >= 0)
		close(reader);
}

static void add_area(struct preflight *preflight, const char *file, bool is_outgoing)
{
	char name[32];
	char path[128];
	char text[ESCAPED_BYTES] = "";
	struct error error;
	struct area area;
	void *bytes;
	size_t size;
	int fd, err;

	snprintf(name, sizeof(name), "area, %s", file);
	snprintf(path, sizeof(path), COLLECT_SYSFS_DIR "/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ENOENT && !is_outgoing)
			add(preflight, name, PREFLIGHT_FINE,
			    "none: no area was handed over to this kernel");
		else
			add(preflight, name, PREFLIGHT_UNKNOWN, "%s cannot be opened: %s", path,
			    errno == EACCES ? "this needs root" : strerror(errno));
		return;
	}
	err = read_all(fd, CAPTURE_MAX_BYTES, &bytes, &size);
	close(fd);
	if (err) {
		add(preflight, name, PREFLIGHT_UNKNOWN,
		    "%s cannot be read (%s): the kernel log may say why", path, strerror(-err));
		return;
	}
	err = area_parse(&area, bytes, size, &error);
	if (!err && is_outgoing)
		preflight->counter_is_unstable = area_counter_is_unstable(&area);
	if (err)
		add(preflight, name, PREFLIGHT_MISSING, "cannot be read: %s", error.text);
	else
		add(preflight, name, is_outgoing ? readiness_of_room(text, &area) : PREFLIGHT_FINE,
		    "%.*s, generation %u, %zu KiB%s%s", (int)sizeof(area.header.release),
		    area.header.release, area.header.generation, size / 1024,
		    is_outgoing ? ", " : "", text);
	free(bytes);
}

static void add_module(struct preflight *preflight, const struct probes *probes)
{
	const bool built_in = collect_module_is_built_in();

	if (!exists(COLLECT_SYSFS_DIR) && built_in) {
		add(preflight, "luo_stats", PREFLIGHT_MISSING,
		    "built in, but it did not start: it needs KHO, or else the kernel log says why, after 'luo_stats:'");
		return;
	}
	if (!exists(COLLECT_SYSFS_DIR)) {
		add(preflight, "luo_stats", PREFLIGHT_MISSING, "%s",
		    collect_module_is_installed() ?
			    "not loaded, so nothing outlives the kexec: run 'modprobe luo_stats' before 'luoscope record'" :
			    "not installed for this kernel, so nothing outlives the kexec: build it ('make module') or install it (package luoscope-dkms), and load it before you run 'luoscope record'");
		return;
	}
	if (probes && !probes_have_area(probes))
		add(preflight, "luo_stats", PREFLIGHT_MISSING,
		    "%s, but without the BTF of what probes call in it, so nothing outlives the kexec: build it from the source of this luoscope, with BTF",
		    built_in ? "built in" : "loaded");
	else
		add(preflight, "luo_stats", PREFLIGHT_FINE, built_in ? "built in" : "loaded");
	add_area(preflight, "outgoing", true);
	add_area(preflight, "incoming", false);
}

/* A program of two instructions shows whether any could be. @tried: why ours cannot; or NULL. */
static void add_not_attached(struct preflight *preflight, const struct error *tried)
{
	const int fd = probes_warm_up();
	struct error error;

	if (fd >= 0) {
		close(fd);
		add(preflight, "probes", PREFLIGHT_MISSING, "%s",
		    tried ? tried->text : "not attached: run 'luoscope record'");
		return;
	}
	refusal_set(&error, fd, "not attached, and the kernel rejects even the smallest program");
	add(preflight, "probes", PREFLIGHT_MISSING, "%s", error.text);
}

static void add_bpf(struct preflight *preflight, const struct probes *probes,
		    const struct error *no_probes, const struct error *tried)
{
	struct statfs fs;

	if (!probes)
		add(preflight, "BTF", PREFLIGHT_MISSING, "%s", no_probes->text);
	else
		add(preflight, "BTF", PREFLIGHT_FINE, "/sys/kernel/btf/vmlinux");

	if (!statfs(PINS_BPFFS, &fs) && fs.f_type == BPF_FS_MAGIC)
		add(preflight, "bpffs", PREFLIGHT_FINE, "mounted at " PINS_BPFFS);
	else if (exists(PINS_BPFFS))
		add(preflight, "bpffs", PREFLIGHT_FINE,
		    "not mounted yet: 'luoscope record' mounts it at " PINS_BPFFS);
	else
		add(preflight, "bpffs", PREFLIGHT_MISSING,
		    PINS_BPFFS
		    " is not there: mount /sys, and boot a kernel with CONFIG_BPF_SYSCALL");

	if (geteuid())
		add(preflight, "probes", PREFLIGHT_UNKNOWN,
		    "only root can see whether they are attached");
	else if (probes_attached() && !probes_attached_to_area() && exists(COLLECT_SYSFS_DIR))
		add(preflight, "probes", PREFLIGHT_MISSING,
		    "attached before luo_stats was loaded, so nothing outlives the kexec: run 'luoscope record'");
	else if (probes_attached())
		add(preflight, "probes", PREFLIGHT_FINE, "attached");
	else if (pins_some_attached(""))
		add(preflight, "probes", PREFLIGHT_MISSING,
		    "only those for what comes from the old kernel are attached so far: an update that starts now would not be recorded. 'luoscope init' is attaching the others; if it has ended, run 'luoscope record'");
	else
		add_not_attached(preflight, tried);
}

static void add_clock(struct preflight *preflight)
{
	char source[64] = "unknown";
	char text[ESCAPED_BYTES];
	char line[8192];
	bool invariant = false;
	FILE *file;

	read_first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
			sizeof(source));
#if defined(__x86_64__)
	file = fopen("/proc/cpuinfo", "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "flags", 5))
			continue;
		invariant = strstr(line, " constant_tsc") && strstr(line, " nonstop_tsc");
		break;
	}
	if (file)
		fclose(file);
#else
	(void)line;
	(void)file;
	invariant = true;
#endif
	add(preflight, PREFLIGHT_CLOCK,
	    readiness_of_clock(text, source, invariant, preflight->counter_is_unstable), "%s",
	    text);
}

static void add_probe(struct preflight *preflight, const struct probe *probe)
{
	const bool can_be_seen = !geteuid() && probes_attached();
	char name[80], label[PROBE_LABEL_BYTES], why[PROBE_WHY_BYTES];

	snprintf(name, sizeof(name), "probe %.70s", probe_label(label, probe));
	if (probe->state == PROBE_NO_TARGET && has_prefix(probe->target, "vfio_") &&
	    !exists("/sys/bus/pci/drivers/vfio-pci"))
		add(preflight, name, PREFLIGHT_FINE, "not needed: vfio-pci is not loaded");
	else if (probe->state == PROBE_NO_TARGET && probe->group == PROBE_GROUP_ADDED)
		add(preflight, name, PREFLIGHT_FINE,
		    "not needed: this kernel has no handler that knows it; what it measures is shown as not known");
	else if (probe->state == PROBE_NO_TARGET)
		add(preflight, name, PREFLIGHT_MISSING,
		    "this kernel has no such function; what it measures is shown as not observed");
	else if (probe->state == PROBE_NOT_NEEDED)
		add(preflight, name, PREFLIGHT_FINE, "not needed on this kernel");
	else if (can_be_seen && probe_is_attached(probe))
		add(preflight, name, PREFLIGHT_FINE, "attached");
	else if (probe->state == PROBE_LEFT_OUT)
		add(preflight, name, PREFLIGHT_MISSING,
		    "%s; what it measures is shown as not observed", probe->why);
	else if (!can_be_seen)
		add(preflight, name, PREFLIGHT_FINE,
		    preflight->none_can_be_tried ?
			    "this kernel has it; whether it can be attached is not known" :
			    "can be attached");
	else if (pins_refused(probe, why))
		add(preflight, name, PREFLIGHT_MISSING,
		    "%s; what it measures is shown as not observed", why);
	else
		add(preflight, name, PREFLIGHT_MISSING,
		    "not attached, although others are: run 'luoscope detach', then 'luoscope record'");
}

static bool is_probe(const struct preflight_item *item)
{
	return !strncmp(item->name, "probe ", 6);
}

static void add_probes(struct preflight *preflight, const struct probes *probes)
{
	const struct preflight_item *missing = NULL;
	size_t missed = 0, count, i;
	const struct probe *list;

	if (!probes)
		return;
	list = probes_list(probes, &count);
	for (i = 0; i < count; i++)
		if (list[i].group == PROBE_GROUP_NONE || list[i].group == PROBE_GROUP_ADDED)
			add_probe(preflight, &list[i]);
	for (i = preflight->count; i-- > 0;) {
		if (preflight->items[i].state == PREFLIGHT_MISSING &&
		    is_probe(&preflight->items[i])) {
			missing = &preflight->items[i];
			missed++;
		}
	}
	if (missing)
		add(preflight, PREFLIGHT_COMPLETE, PREFLIGHT_MISSING,
		    "%zu missing, such as %s: what they measure is shown as not observed; 'luoscope status' says why",
		    missed, missing->name);
	else
		add(preflight, PREFLIGHT_COMPLETE, PREFLIGHT_FINE,
		    "this kernel has what they watch");
}

/*
 * The new kernel is not known here, but what it must have is. The file is that of kernel/vfio, and
 * its first word is how LUO names the handler's files.
 */
static void add_handler(struct preflight *preflight)
{
	char line[ESCAPED_BYTES / 4], text[ESCAPED_BYTES];

	if (!read_first_line("/sys/bus/pci/drivers/vfio-pci/liveupdate", line, sizeof(line)))
		return;
	line[strcspn(line, " ")] = '\0';
	add(preflight, "vfio-pci handler", PREFLIGHT_FINE,
	    "%s: if the new kernel has another one, LUO gives no session back",
	    escape_text(text, line, false));
}

/* The first probe of @group that is left out for a reason of its own, or NULL. */
static const struct probe *left_out_in(const struct probes *probes, enum probe_group group)
{
	size_t count, i;
	const struct probe *list = probes_list(probes, &count);

	for (i = 0; i < count; i++)
		if (list[i].group == group && list[i].state == PROBE_LEFT_OUT &&
		    !list[i].is_useless)
			return &list[i];
	return NULL;
}

static void add_tracepoints(struct preflight *preflight, const struct probes *probes)
{
	static const char name[] = "tracepoints vfio_pci_*";
	const struct probe *probe = left_out_in(probes, PROBE_GROUP_HANDLER);

	if (probe)
		add(preflight, name, PREFLIGHT_MISSING,
		    "not all can be watched, such as %s: %s; devices are shown as not observed, or in part",
		    probe->target, probe->why);
	else if (probes_group_is(probes, PROBE_GROUP_HANDLER, PROBE_READY))
		add(preflight, name, PREFLIGHT_FINE, "all can be attached");
	else if (probes_know_devices(probes))
		add(preflight, name, PREFLIGHT_FINE,
		    "not needed: no handler of this kernel has them; preserved vfio-pci devices are known from their files");
	else
		add(preflight, name, PREFLIGHT_MISSING,
		    "this kernel has no live update handler for vfio-pci devices: they are shown as not observed");
}

/* The devices that are in use, and the kernel's handler for them. */
static void add_devices(struct preflight *preflight, const struct probes *probes)
{
	enum vfio_handler handler = VFIO_HANDLER_NONE;
	struct vfio_devices devices;
	char text[ESCAPED_BYTES];

	if (probes && (probes_group_is(probes, PROBE_GROUP_HANDLER, PROBE_READY) ||
		       left_out_in(probes, PROBE_GROUP_HANDLER)))
		handler = VFIO_HANDLER_OURS;
	else if (probes && probes_know_devices(probes))
		handler = VFIO_HANDLER_UNKNOWN;
	if (probes)
		add_tracepoints(preflight, probes);
	add_handler(preflight);
	if (vfio_devices_look(&devices, ""))
		add(preflight, PREFLIGHT_DEVICES, PREFLIGHT_UNKNOWN, "out of memory");
	else
		add(preflight, PREFLIGHT_DEVICES,
		    readiness_of_devices(text, &devices, handler, !geteuid()), "%s", text);
}

/*
 * The first probe of @group that could not be attached for a reason of its own, which is written to
 * @why; or NULL.
 */
static const struct probe *refused_in(const struct probes *probes, enum probe_group group,
				      char why[PROBE_WHY_BYTES])
{
	size_t count, i;
	const struct probe *list = probes_list(probes, &count);

	for (i = 0; i < count; i++)
		if (list[i].group == group && pins_refused(&list[i], why) &&
		    !has_prefix(why, "needs "))
			return &list[i];
	return NULL;
}

/* Whether the downtime of virtual machines will be known. */
static void add_vms(struct preflight *preflight, const struct probes *probes)
{
	static const char name[] = PREFLIGHT_VMS;
	const bool can_be_seen = !geteuid();
	char refused[PROBE_WHY_BYTES];
	const struct probe *probe;

	if (!probes)
		return;
	probe = left_out_in(probes, PROBE_GROUP_VMS);
	if (!kvm_is_loaded())
		add(preflight, name, PREFLIGHT_FINE,
		    "none, because KVM is not loaded: run 'modprobe kvm', then 'luoscope record', before any of them starts");
	else if (can_be_seen && probes_attached_to_kvm())
		add(preflight, name, PREFLIGHT_FINE, "watched");
	else if (!exists(COLLECT_SYSFS_DIR))
		add(preflight, name, PREFLIGHT_MISSING,
		    "not watched without luo_stats: load it, and then run 'luoscope record'");
	else if (probe)
		add(preflight, name, PREFLIGHT_MISSING,
		    "%s cannot be watched: %s; their downtime is shown as not observed",
		    probe->target, probe->why);
	else if ((probe = refused_in(probes, PROBE_GROUP_VMS, refused)))
		add(preflight, name, PREFLIGHT_MISSING,
		    "%s cannot be watched: %s; their downtime is shown as not observed",
		    probe->target, refused);
	else if (!probes_have_kvm(probes))
		add(preflight, name, PREFLIGHT_MISSING,
		    "this kernel's KVM lacks some of the functions to watch; their downtime is shown as not observed");
	else if (can_be_seen && probes_attached_to_area())
		add(preflight, name, PREFLIGHT_MISSING,
		    "not watched, because KVM was loaded after the probes were attached: run 'luoscope record', which attaches them again");
	else
		add(preflight, name, PREFLIGHT_FINE, "can be watched");
}

/* Write a histogram in one line: how many took less than each power of two, in microseconds. */
static void describe_histogram(char *text, size_t size, const unsigned long long *slots)
{
	char slot[64];
	unsigned int i;

	*text = '\0';
	for (i = 0; i < LUOSCOPE_LATENCY_SLOTS; i++) {
		if (!slots[i])
			continue;
		snprintf(slot, sizeof(slot), "%llu below %llu us", slots[i], 2ULL << i);
		text_list_add(text, size, ", ", slot);
	}
}

/* What was counted in this kernel. Of freezes, only those of failed attempts can be seen here. */
static void add_latency(struct preflight *preflight)
{
	struct luoscope_latency latency[LUO_STATS_RESET_METHODS];
	unsigned int method, outcome;
	char name[80], text[200];

	if (probes_latency(latency))
		return;
	for (method = 0; method < LUO_STATS_RESET_METHODS; method++) {
		describe_histogram(text, sizeof(text), latency[method].freeze);
		snprintf(name, sizeof(name), "freezes, %s", name_reset_method(method));
		if (*text)
			add(preflight, name, PREFLIGHT_FINE, "%s", text);
		describe_histogram(text, sizeof(text), latency[method].reset);
		snprintf(name, sizeof(name), "resets, %s", name_reset_method(method));
		if (*text)
			add(preflight, name, PREFLIGHT_FINE, "%s", text);
		for (outcome = 1; outcome < LUO_STATS_RESET_OUTCOMES; outcome++) {
			if (!latency[method].outcome[outcome])
				continue;
			snprintf(name, sizeof(name), "resets, %s, %s", name_reset_method(method),
				 name_reset_outcome(outcome));
			add(preflight, name, PREFLIGHT_FINE, "%llu",
			    (unsigned long long)latency[method].outcome[outcome]);
		}
	}
}

static void add_overhead(struct preflight *preflight)
{
	struct probes_overhead overhead, kvm_run;

	if (probes_overhead(&overhead, &kvm_run))
		return;
	if (overhead.missed || kvm_run.missed)
		add(preflight, "missed runs", PREFLIGHT_UNKNOWN,
		    "the kernel skipped %llu runs of programs: spans may be missing or open",
		    overhead.missed + kvm_run.missed);
	if (kvm_run.runs)
		add(preflight, "overhead, KVM_RUN", PREFLIGHT_FINE,
		    "vCPUs ran %llu times, each at an additional cost of %llu ns on average",
		    kvm_run.runs, kvm_run.run_ns / kvm_run.runs);
	if (overhead.runs)
		add(preflight, "overhead", PREFLIGHT_FINE,
		    "the programs ran %llu times, %llu ns each on average", overhead.runs,
		    overhead.run_ns / overhead.runs);
	else if (!kvm_run.runs)
		add(preflight, "overhead", PREFLIGHT_UNKNOWN,
		    "not counted: 'sysctl kernel.bpf_stats_enabled=1' makes the kernel count the programs' runs");
}

/* PREFLIGHT_FINE: there is no such item. */
static enum preflight_state state_of(const struct preflight *preflight, const char *name)
{
	size_t i;

	for (i = 0; i < preflight->count; i++)
		if (!strcmp(preflight->items[i].name, name))
			return preflight->items[i].state;
	return PREFLIGHT_FINE;
}

/* Without these, nothing is recorded at all. */
static bool is_essential(const struct preflight_item *item)
{
	static const char *const names[] = { "KHO", "LUO", "luo_stats", "BTF", "bpffs", "probes" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(item->name, names[i]))
			return true;
	return false;
}

/*
 * What a sum of items says of one in @state, for those whose names do not say what is wrong. NULL:
 * nothing, because "probes" stands for it.
 */
static const char *short_name(const struct preflight *preflight, const struct preflight_item *item)
{
	if (item->state != PREFLIGHT_MISSING)
		return item->name;
	if (!strcmp(item->name, PREFLIGHT_COMPLETE))
		return state_of(preflight, "probes") == PREFLIGHT_MISSING ? NULL :
									    "probes (some missing)";
	if (!strcmp(item->name, PREFLIGHT_VMS))
		return PREFLIGHT_VMS " (not watched)";
	if (!strcmp(item->name, PREFLIGHT_DEVICES))
		return PREFLIGHT_DEVICES " (would be lost)";
	return item->name;
}

/* Write the names of the items in @state, "a, b, c", as many as fit. */
static void name_items(char *text, size_t size, const struct preflight *preflight,
		       enum preflight_state state,
		       bool (*is_wanted)(const struct preflight_item *item))
{
	const char *name;
	size_t i;

	*text = '\0';
	for (i = 0; i < preflight->count; i++) {
		const struct preflight_item *item = &preflight->items[i];

		if (item->state != state || !is_wanted(item))
			continue;
		name = short_name(preflight, item);
		if (name)
			text_list_add(text, size, ", ", name);
	}
}

static bool is_essential_or_asked(const struct preflight_item *item)
{
	return item->asked || is_essential(item);
}

/* Those of the questions that stand for the probes are left to them. */
static bool is_probe_or_asked(const struct preflight_item *item)
{
	return is_probe(item) || (item->asked && strcmp(item->name, PREFLIGHT_COMPLETE) != 0);
}

static bool has_any(const struct preflight *preflight, enum preflight_state state,
		    bool (*is_wanted)(const struct preflight_item *item))
{
	size_t i;

	for (i = 0; i < preflight->count; i++)
		if (preflight->items[i].state == state && is_wanted(&preflight->items[i]))
			return true;
	return false;
}

/* That an update fails, is not recorded, or not completely, and all that is not ready for it. */
static void add_not_ready(struct preflight *preflight, const char *name, const char *what,
			  bool (*is_wanted)(const struct preflight_item *item))
{
	char missing[ESCAPED_BYTES / 3], unknown[ESCAPED_BYTES / 3];

	name_items(missing, sizeof(missing), preflight, PREFLIGHT_MISSING, is_wanted);
	name_items(unknown, sizeof(unknown), preflight, PREFLIGHT_UNKNOWN, is_wanted);
	add(preflight, name, PREFLIGHT_MISSING,
	    "an update from this kernel would %s; not ready: %s%s%s%s", what, missing,
	    *unknown ? "; not known: " : "", unknown,
	    *unknown && geteuid() ? " (root sees more)" : "");
}

/* Sum up all items in the first row. */
static void add_verdict(struct preflight *preflight)
{
	static const char name[] = PREFLIGHT_SUM;
	const bool fails = state_of(preflight, "KHO") == PREFLIGHT_MISSING ||
			   state_of(preflight, "LUO") == PREFLIGHT_MISSING;
	char names[ESCAPED_BYTES / 2];
	struct preflight_item verdict;

	name_items(names, sizeof(names), preflight, PREFLIGHT_UNKNOWN, is_essential);
	if (has_any(preflight, PREFLIGHT_MISSING, is_essential))
		add_not_ready(preflight, name, fails ? "fail" : "not be recorded",
			      is_essential_or_asked);
	else if (*names)
		add(preflight, name, PREFLIGHT_UNKNOWN,
		    "an update from this kernel may or may not be recorded; not known: %s", names);
	else if (has_any(preflight, PREFLIGHT_MISSING, is_probe))
		add_not_ready(preflight, name, "be recorded, but not completely",
			      is_probe_or_asked);
	else
		add(preflight, name, PREFLIGHT_FINE,
		    "an update from this kernel would be recorded");
	verdict = preflight->items[preflight->count - 1];
	memmove(&preflight->items[1], &preflight->items[0],
		(preflight->count - 1) * sizeof(preflight->items[0]));
	preflight->items[0] = verdict;
}

void preflight_run(struct preflight *preflight)
{
	struct probes *probes = NULL;
	struct utsname kernel;
	struct error error, tried;
	bool has_failed;

	uname(&kernel);
	add(preflight, "kernel", PREFLIGHT_FINE, "%s %s", kernel.sysname, kernel.release);
	if (probes_open(&probes, &error))
		probes = NULL;
	has_failed = probes && !geteuid() && probes_try(probes, &tried);
	preflight->none_can_be_tried = geteuid() || has_failed;
	add_kho_and_luo(preflight, probes);
	add_image(preflight);
	add_module(preflight, probes);
	add_bpf(preflight, probes, &error, has_failed ? &tried : NULL);
	add_clock(preflight);
	add_probes(preflight, probes);
	add_vms(preflight, probes);
	add_devices(preflight, probes);
	add_latency(preflight);
	add_overhead(preflight);
	probes_free(probes);
	add_verdict(preflight);
}

enum preflight_state preflight_answer(const struct preflight *preflight)
{
	enum preflight_state answer = PREFLIGHT_FINE;
	size_t i;

	for (i = 0; i < preflight->count; i++) {
		const struct preflight_item *item = &preflight->items[i];

		if (item->asked && item->state != PREFLIGHT_FINE && answer != PREFLIGHT_MISSING)
			answer = item->state;
	}
	return answer;
}
