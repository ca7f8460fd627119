// SPDX-License-Identifier: GPL-2.0
/*
 * What this kernel offers. Every row that is not fine says what to do.
 */
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <luoscope/event.h>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "capture/area.h"
#include "capture/area_names.h"
#include "capture/capture.h"
#include "capture/collect.h"
#include "commands.h"
#include "probes/probes.h"

enum state {
	FINE,
	MISSING,
	UNKNOWN,
};

static const char *const state_names[] = { "ok", "missing", "unknown" };

#define MAX_ITEMS   160
#define JSON_SCHEMA "luoscope.status/1"

struct item {
	char name[80];
	enum state state;
	char text[ESCAPED_BYTES];
};

struct status {
	struct item items[MAX_ITEMS];
	size_t count;
};

struct options {
	bool json;
	bool check;
};

/* Of 'status --check': an update would not be recorded, or not whole, or it cannot be told. */
#define EXIT_NOT_READY 3

__attribute__((format(printf, 4, 5))) static void add(struct status *status, const char *name,
						      enum state state, const char *format, ...)
{
	char text[ESCAPED_BYTES];
	char escaped[ESCAPED_BYTES];
	struct item *item;
	va_list args;

	if (status->count == MAX_ITEMS)
		return;
	item = &status->items[status->count++];
	snprintf(item->name, sizeof(item->name), "%s", name);
	item->state = state;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* Names in an area may hold anything. */
	snprintf(item->text, sizeof(item->text), "%s", escape_text(escaped, text, false));
}

/* The first line of a small file without its newline; false if it cannot be read. */
static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool ok;

	if (!file)
		return false;
	ok = fgets(line, size, file);
	fclose(file);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

/*
 * Does the kernel's command line turn NAME on (1), off (0), or not name it (-1)? The last word
 * on it counts.
 */
static int command_line_switch(const char *name)
{
	const size_t length = strlen(name);
	char line[4096];
	char *rest = line, *word;
	int found = -1;

	if (!read_line("/proc/cmdline", line, sizeof(line)))
		return -1;
	while ((word = strtok_r(rest, " ", &rest))) {
		if (strncmp(word, name, length) || word[length] != '=')
			continue;
		word += length + 1;
		/*
		 * As the kernel reads it (kstrtobool): on, of, and the first letter of the others.
		 */
		found = strchr("yYtT1", *word) ||
			((*word == 'o' || *word == 'O') && (word[1] == 'n' || word[1] == 'N'));
	}
	return found;
}

/* Which of the probes' targets this kernel has also says what it was built with. */
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

static void add_kho_and_luo(struct status *status, const struct probes *probes)
{
	const bool luo_on = exists("/dev/liveupdate");
	const bool kho_on = luo_on || exists(COLLECT_SYSFS_DIR) ||
			    exists("/sys/kernel/debug/kho/out");

	if (kho_on)
		add(status, "KHO", FINE, "on");
	else if (command_line_switch("kho") == 1)
		add(status, "KHO", UNKNOWN,
		    "asked for on the command line; mount debugfs, or load luo_stats, to see if it is on");
	else
		add(status, "KHO", MISSING,
		    "not seen to be on: boot a kernel with CONFIG_KEXEC_HANDOVER and kho=on");

	if (luo_on)
		add(status, "LUO", FINE, "on, /dev/liveupdate is there");
	else if (probes && has_target(probes, "liveupdate_reboot"))
		add(status, "LUO", MISSING, "built in, but off: boot with liveupdate=on kho=on");
	else
		add(status, "LUO", MISSING,
		    "not there: boot a kernel with CONFIG_LIVEUPDATE, 7.2 or later");
}

static void add_area(struct status *status, const char *name, const char *file)
{
	char path[128];
	struct error error;
	struct area area;
	void *bytes;
	size_t size;
	int fd, err;

	snprintf(path, sizeof(path), COLLECT_SYSFS_DIR "/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ENOENT)
			add(status, name, FINE, "none: the kernel before this one left none");
		else
			add(status, name, UNKNOWN, "%s: %s", path,
			    errno == EACCES ? "needs root" : strerror(errno));
		return;
	}
	err = read_all(fd, CAPTURE_MAX_BYTES, &bytes, &size);
	close(fd);
	if (err) {
		add(status, name, UNKNOWN, "%s: %s", path, strerror(-err));
		return;
	}
	if (area_parse(&area, bytes, size, &error))
		add(status, name, MISSING, "cannot be read: %s", error.text);
	else
		add(status, name, FINE, "%.*s, generation %u, %zu KiB, %llu of %llu spans used",
		    (int)sizeof(area.header.release), area.header.release, area.header.generation,
		    size / 1024,
		    (unsigned long long)(area.spans[LUO_STATS_LOT_ANY] +
					 area.spans[LUO_STATS_LOT_UPDATE]),
		    (unsigned long long)(area.span_capacity[LUO_STATS_LOT_ANY] +
					 area.span_capacity[LUO_STATS_LOT_UPDATE]));
	free(bytes);
}

static void add_module(struct status *status)
{
	const bool built_in = collect_module_is_built_in();

	if (!exists(COLLECT_SYSFS_DIR) && built_in) {
		add(status, "luo_stats", MISSING,
		    "built in, but it did not start: boot with kho=on; the kernel log has its reason");
		return;
	}
	if (!exists(COLLECT_SYSFS_DIR)) {
		add(status, "luo_stats", MISSING,
		    "not loaded, nothing outlives the kexec: run 'modprobe luo_stats' before 'luoscope record'");
		return;
	}
	add(status, "luo_stats", FINE, built_in ? "built in" : "loaded");
	add_area(status, "area, outgoing", "outgoing");
	add_area(status, "area, incoming", "incoming");
}

static void add_bpf(struct status *status, const struct probes *probes,
		    const struct error *no_probes)
{
	struct statfs fs;

	if (!probes)
		add(status, "BTF", MISSING, "%s", no_probes->text);
	else
		add(status, "BTF", FINE, "/sys/kernel/btf/vmlinux");

	if (!statfs(PROBES_BPFFS, &fs) && fs.f_type == BPF_FS_MAGIC)
		add(status, "bpffs", FINE, "mounted at " PROBES_BPFFS);
	else if (exists(PROBES_BPFFS))
		add(status, "bpffs", FINE,
		    "not mounted, 'luoscope record' mounts it at " PROBES_BPFFS);
	else
		add(status, "bpffs", MISSING,
		    PROBES_BPFFS " is not there: mount /sys, and have CONFIG_BPF_SYSCALL");

	if (geteuid())
		add(status, "probes", UNKNOWN, "whether they are attached can be seen as root");
	else if (probes_attached() && !probes_attached_to_area() && exists(COLLECT_SYSFS_DIR))
		add(status, "probes", MISSING,
		    "attached before luo_stats was loaded, so nothing outlives the kexec: run 'luoscope record'");
	else if (probes_attached())
		add(status, "probes", FINE, "attached");
	else
		add(status, "probes", MISSING, "not attached: run 'luoscope record'");
}

static void add_clock(struct status *status)
{
	char source[64] = "unknown";
	char line[8192];
	bool invariant = false;
	FILE *file;

	read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
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
	if (!strncmp(source, "tsc", 3) || !strcmp(source, "arch_sys_counter"))
		add(status, "clock", FINE, "the kernel keeps its time with the counter (%s)%s",
		    source,
		    invariant ?
			    "; the CPU promises that it is invariant" :
			    "; the CPU does not promise that it is invariant, so each report verifies it");
	else
		add(status, "clock", UNKNOWN,
		    "the kernel keeps its time with %s, not with the counter: reports compare the two",
		    source);
}

static void add_probe(struct status *status, const struct probe *probe)
{
	const bool can_be_seen = !geteuid() && probes_attached();
	char name[80];

	snprintf(name, sizeof(name), "probe %s%s", probe->target,
		 probe->kind == PROBE_RETURN ? ", return" : "");
	if (probe->state == PROBE_NO_TARGET)
		add(status, name, MISSING,
		    "this kernel has no such function; what it measures is shown as not observed");
	else if (probe->state == PROBE_NOT_NEEDED)
		add(status, name, FINE, "not needed on this kernel");
	else if (!can_be_seen)
		add(status, name, FINE, "can be attached");
	else if (probe_is_attached(probe))
		add(status, name, FINE, "attached");
	else
		add(status, name, MISSING,
		    "not attached with the others: run 'luoscope detach', then 'luoscope record'");
}

static void add_probes(struct status *status, const struct probes *probes)
{
	size_t tracepoints = 0, missing = 0;
	size_t count, i;
	const struct probe *list;

	if (!probes)
		return;
	list = probes_list(probes, &count);
	for (i = 0; i < count; i++) {
		/* They come together or not at all. */
		if (list[i].group == PROBE_GROUP_HANDLER) {
			tracepoints++;
			missing += list[i].state == PROBE_NO_TARGET;
			continue;
		}
		if (list[i].group == PROBE_GROUP_VMS)
			continue;
		add_probe(status, &list[i]);
	}
	if (missing)
		add(status, "tracepoints vfio_pci_*", MISSING,
		    "this kernel has no live update handler for vfio-pci devices: they are shown as not observed");
	else
		add(status, "tracepoints vfio_pci_*", FINE, "all %zu can be attached", tracepoints);
}

/* Whether the dark time of virtual machines will be known. */
static void add_vms(struct status *status, const struct probes *probes)
{
	static const char name[] = "virtual machines";
	const bool can_be_seen = !geteuid();

	if (!probes)
		return;
	if (!kvm_is_loaded())
		add(status, name, MISSING,
		    "not watched, for KVM is not loaded: run 'modprobe kvm', then 'luoscope record', before they start");
	else if (can_be_seen && probes_attached_to_kvm())
		add(status, name, FINE, "watched");
	else if (!exists(COLLECT_SYSFS_DIR))
		add(status, name, MISSING,
		    "not watched without luo_stats: run 'modprobe luo_stats' before 'luoscope record'");
	else if (!probes_have_kvm(probes))
		add(status, name, MISSING,
		    "this kernel's KVM has not all functions that are watched; their dark time is shown as not observed");
	else if (can_be_seen && probes_attached_to_area())
		add(status, name, MISSING,
		    "not watched, for KVM was loaded after the probes were attached: run 'luoscope record', which attaches them again");
	else
		add(status, name, FINE, "can be watched");
}

/* A histogram in one line: how many took less than each power of two, in microseconds. */
static void describe_histogram(char *text, size_t size, const unsigned long long *slots)
{
	size_t length = 0;
	unsigned int i;

	for (i = 0; i < LUOSCOPE_LATENCY_SLOTS && length < size; i++) {
		if (slots[i])
			length += snprintf(text + length, size - length, "%s%llu below %llu us",
					   length ? ", " : "", slots[i], 2ULL << i);
	}
}

/* What was counted in this kernel: of freezes only those that were given up are left to be seen. */
static void add_latency(struct status *status)
{
	struct luoscope_latency latency[LUO_STATS_RESET_METHODS];
	unsigned int method, outcome;
	char name[80], text[200];

	if (probes_latency(latency))
		return;
	for (method = 0; method < LUO_STATS_RESET_METHODS; method++) {
		*text = '\0';
		describe_histogram(text, sizeof(text), latency[method].freeze);
		snprintf(name, sizeof(name), "freezes, %s", name_reset_method(method));
		if (*text)
			add(status, name, FINE, "%s", text);
		*text = '\0';
		describe_histogram(text, sizeof(text), latency[method].reset);
		snprintf(name, sizeof(name), "resets, %s", name_reset_method(method));
		if (*text)
			add(status, name, FINE, "%s", text);
		for (outcome = 1; outcome < LUO_STATS_RESET_OUTCOMES; outcome++) {
			if (!latency[method].outcome[outcome])
				continue;
			snprintf(name, sizeof(name), "resets, %s, %s", name_reset_method(method),
				 name_reset_outcome(outcome));
			add(status, name, FINE, "%llu",
			    (unsigned long long)latency[method].outcome[outcome]);
		}
	}
}

static void add_overhead(struct status *status)
{
	struct probes_overhead overhead, kvm_run;

	if (probes_overhead(&overhead, &kvm_run))
		return;
	if (overhead.missed || kvm_run.missed)
		add(status, "missed runs", UNKNOWN,
		    "%llu runs of programs were left out by the kernel: spans may be missing or open",
		    overhead.missed + kvm_run.missed);
	if (kvm_run.runs)
		add(status, "overhead, KVM_RUN", FINE,
		    "vCPUs ran %llu times, which cost %llu ns more each on average", kvm_run.runs,
		    kvm_run.run_ns / kvm_run.runs);
	if (overhead.runs)
		add(status, "overhead", FINE,
		    "the programs ran %llu times, %llu ns each on average", overhead.runs,
		    overhead.run_ns / overhead.runs);
	else if (!kvm_run.runs)
		add(status, "overhead", UNKNOWN,
		    "not counted: 'sysctl kernel.bpf_stats_enabled=1' makes the kernel count the programs' runs");
}

/* In less, a text of several lines is not easier to read. */
#define TEXT_COLUMNS_MIN 20

static void print_text(const struct status *status)
{
	const unsigned int columns = terminal_width(stdout);
	char before[128];
	size_t width = 0;
	size_t i;

	for (i = 0; i < status->count; i++) {
		if (strlen(status->items[i].name) > width)
			width = strlen(status->items[i].name);
	}
	for (i = 0; i < status->count; i++) {
		const struct item *item = &status->items[i];

		snprintf(before, sizeof(before), "%-*s  %-7s  ", (int)width, item->name,
			 state_names[item->state]);
		/* Elsewhere each is one line, for grep. */
		if (!columns) {
			printf("%s%s\n", before, item->text);
		} else if (columns >= strlen(before) + TEXT_COLUMNS_MIN) {
			print_wrapped(stdout, before, item->text, strlen(before), columns);
		} else {
			snprintf(before, sizeof(before), "%s: %s", item->name,
				 state_names[item->state]);
			print_wrapped(stdout, "", before, 0, columns);
			print_wrapped(stdout, "", item->text, 4, columns);
		}
	}
}

/* Without these nothing is recorded at all. */
static bool is_essential(const struct item *item)
{
	static const char *const names[] = { "KHO", "LUO", "luo_stats", "BTF", "bpffs", "probes" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(item->name, names[i]))
			return true;
	return false;
}

static bool is_probe(const struct item *item)
{
	return !strncmp(item->name, "probe ", 6);
}

/* The names of those items that are in @state, "a, b, c"; as many as there is room for. */
static void name_items(char *text, size_t size, const struct status *status, enum state state,
		       bool (*is_wanted)(const struct item *item))
{
	size_t length = 0, i;

	*text = '\0';
	for (i = 0; i < status->count && length < size; i++) {
		const struct item *item = &status->items[i];

		if (item->state == state && is_wanted(item))
			length += snprintf(text + length, size - length, "%s%s", length ? ", " : "",
					   item->name);
	}
}

/* What all of it comes to, as the first row. Returns whether an update would be recorded whole. */
static bool add_verdict(struct status *status)
{
	static const char name[] = "a live update";
	char names[ESCAPED_BYTES / 2];
	struct item verdict;

	name_items(names, sizeof(names), status, MISSING, is_essential);
	if (*names) {
		add(status, name, MISSING,
		    "from this kernel would not be recorded unless you have: %s", names);
	} else {
		name_items(names, sizeof(names), status, UNKNOWN, is_essential);
		if (*names) {
			add(status, name, UNKNOWN,
			    "may be recorded or not, for it is not known of: %s", names);
		} else {
			name_items(names, sizeof(names), status, MISSING, is_probe);
			if (*names)
				add(status, name, MISSING,
				    "would be recorded, but not whole unless you have: %s", names);
			else
				add(status, name, FINE, "from this kernel would be recorded");
		}
	}
	verdict = status->items[status->count - 1];
	memmove(&status->items[1], &status->items[0],
		(status->count - 1) * sizeof(status->items[0]));
	status->items[0] = verdict;
	return verdict.state == FINE;
}

static void print_json(const struct status *status)
{
	json_t *items = json_array();
	json_t *root;
	size_t i;

	for (i = 0; i < status->count; i++)
		json_array_append_new(items,
				      json_pack("{s:s, s:s, s:s}", "name", status->items[i].name,
						"state", state_names[status->items[i].state],
						"text", status->items[i].text));
	root = json_pack("{s:s, s:o}", "schema", JSON_SCHEMA, "items", items);
	/* What could not be written is found by command_written(). */
	if (root)
		json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'c':
		options->check = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{ "check", 'c', NULL, 0,
	  "Exit with status 3 unless a live update from this kernel would be recorded whole", 0 },
	{ "json", 'j', NULL, 0, "Write one JSON document (schema " JSON_SCHEMA ")", 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.doc = "Tell what this kernel offers for measuring live updates, and what to do about what is missing.\v"
	       "Examples:\n"
	       "  luoscope status\n"
	       "  luoscope status --check >/dev/null || echo 'an update would not be recorded'\n"
	       "  luoscope status --json | jq '.items[] | select(.state == \"missing\")'\n",
};

int cmd_status(int argc, char **argv)
{
	struct probes *probes = NULL;
	static struct status status;
	struct options options = {};
	struct utsname kernel;
	struct error error;
	bool ready;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 1;
	uname(&kernel);
	add(&status, "kernel", FINE, "%s %s", kernel.sysname, kernel.release);
	if (probes_open(&probes, &error))
		probes = NULL;
	add_kho_and_luo(&status, probes);
	add_module(&status);
	add_bpf(&status, probes, &error);
	add_clock(&status);
	add_probes(&status, probes);
	add_vms(&status, probes);
	add_latency(&status);
	add_overhead(&status);
	ready = add_verdict(&status);

	if (options.json)
		print_json(&status);
	else
		print_text(&status);
	probes_free(probes);
	if (command_written("the status"))
		return 1;
	return options.check && !ready ? EXIT_NOT_READY : 0;
}
