// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/now.h"
#include "base/privileges.h"
#include "capture/collect.h"
#include "capture/store.h"
#include "capture/systemd.h"
#include "commands.h"
#include "common.h"
#include "live/auto_store.h"
#include "live/notify.h"
#include "live/status_line.h"
#include "probes/attach.h"
#include "probes/event_follow.h"
#include "probes/event_reader.h"
#include "probes/kexec_image.h"
#include "probes/leave_out.h"
#include "probes/pins.h"
#include "probes/probe.h"
#include "probes/probes.h"

#define SECOND_NS 1000000000ULL

enum {
	KEY_NO_FOLLOW = COMMAND_KEY,
	KEY_STORE,
	KEY_KEEP,
	KEY_KEEP_MIB,
};

struct options {
	bool no_follow;
	bool quiet;
	bool verbose;
	bool store;
	bool has_limits;
	struct store_limits limits;
};

static uint64_t parse_limit(struct argp_state *state, const char *option, const char *text)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || *end || *text < '1' || *text > '9' || number > 1000000)
		argp_error(state, "--%s must be a number from 1 to 1000000, not '%s'", option,
			   text);
	return number;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_NO_FOLLOW:
		options->no_follow = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case KEY_STORE:
		options->store = true;
		return 0;
	case KEY_KEEP:
		options->has_limits = true;
		options->limits.captures = parse_limit(state, "keep", arg);
		return 0;
	case KEY_KEEP_MIB:
		options->has_limits = true;
		options->limits.bytes = parse_limit(state, "keep-mib", arg) << 20;
		return 0;
	case 'v':
		options->verbose = true;
		probes_set_verbose(true);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return EINVAL;
	case ARGP_KEY_END:
		if (options->store && options->no_follow)
			argp_error(state,
				   "--store cannot be combined with --no-follow: it has to stay");
		if (!options->store && options->has_limits)
			argp_error(state, "--keep and --keep-mib need --store: nothing is stored");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{ "no-follow", KEY_NO_FOLLOW, NULL, 0, "Attach the probes and return at once", 0 },
	{ "store", KEY_STORE, NULL, 0,
	  "Store a capture of the update that started this kernel, once everything is back", 0 },
	{ "keep", KEY_KEEP, "N", 0, "With --store: keep at most N captures (default: 100)", 0 },
	{ "keep-mib", KEY_KEEP_MIB, "SIZE", 0,
	  "With --store: keep at most SIZE MiB of captures (default: 256)", 0 },
	{ "verbose", 'v', NULL, 0, "Show the messages of libbpf and the verifier", 0 },
	{ "quiet", 'q', NULL, 0, "Print only what cannot be watched", 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.doc = "Attach the probes that measure live updates, and stay until stopped.\v"
	       "The probes outlive the command: they stay attached when it is stopped or killed, until the jump into the new "
	       "kernel. 'luoscope detach' detaches them.\n\n"
	       "--store puts the capture into " STORE_DIR
	       ", or into $LUOSCOPE_STORE if that is set: as soon as everything that was preserved is back, or else "
	       "5 minutes after the command started. The capture is replaced when more is known. 'luoscope list' shows "
	       "what is stored. It also logs a line that says how the update went, and a line when an update is refused: "
	       "to the journal, with fields, if standard error goes there, else to standard error.\n\n"
	       "Examples:\n"
	       "  luoscope record               watch until ^C\n"
	       "  luoscope record --no-follow   attach and return, for a script or a unit\n"
	       "  luoscope record --store       store a capture after each update\n",
};

static volatile sig_atomic_t stopped;

static void on_stop(int number)
{
	(void)number;
	stopped = 1;
}

/* It ends the wait: another width of the terminal, or this process is in its foreground again. */
static void on_change(int number)
{
	(void)number;
}

/* Whether an attached probe before probe @i has the same target. */
static bool is_repeated(const struct probe *list, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++) {
		if (list[j].state == PROBE_ATTACHED && !strcmp(list[j].target, list[i].target))
			return true;
	}
	return false;
}

/* Print which targets are watched, each once, in lines that fit a terminal. */
static void print_targets(const struct probe *list, size_t count)
{
	size_t column = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (list[i].state != PROBE_ATTACHED || is_repeated(list, i))
			continue;
		if (!column || column + strlen(list[i].target) + 1 > 78)
			column = printf("%s ", column ? "\n " : " ");
		column += printf(" %s", list[i].target);
	}
	putchar('\n');
}

/* Why vCPUs are not watched. */
static const char *missing_kvm(void)
{
	return kvm_is_loaded() ?
		       "this kernel's KVM lacks some of the functions to watch" :
		       "KVM is not loaded; run 'modprobe kvm', then 'luoscope record' again";
}

/*
 * Print what cannot be watched. The programs of a group are missing all or none; that an older
 * handler lacks an added one is what one expects.
 */
static void print_missing(const struct probes *probes, const struct probe *list, size_t count)
{
	bool no_handler = false, no_vms = false;
	char label[PROBE_LABEL_BYTES];
	size_t i;

	for (i = 0; i < count; i++) {
		const char *name = probe_label(label, &list[i]);

		if (list[i].state == PROBE_NO_TARGET && list[i].group == PROBE_GROUP_HANDLER)
			no_handler = true;
		else if (list[i].state == PROBE_NO_TARGET && list[i].group == PROBE_GROUP_VMS)
			no_vms = true;
		else if (list[i].state == PROBE_NO_TARGET && list[i].group != PROBE_GROUP_ADDED)
			printf("Not watched: %s: this kernel has no such function\n", name);
		else if (list[i].state == PROBE_LEFT_OUT)
			printf("Not watched: %s: %s\n", name, list[i].why);
	}
	if (no_handler && probes_know_devices(probes))
		puts("Preserved vfio-pci devices are known from their files: no handler of this kernel has tracepoints.");
	else if (no_handler)
		puts("Not watched: preserved vfio-pci devices: this kernel has no live update handler for them.");
	if (no_vms)
		printf("Not watched: virtual machines: %s.\n", missing_kvm());
}

static void print_probes(const struct probes *probes, bool quiet)
{
	size_t attached = 0;
	size_t count, i;
	const struct probe *list = probes_list(probes, &count);

	for (i = 0; i < count; i++)
		attached += list[i].state == PROBE_ATTACHED;
	if (!quiet) {
		printf("Watching with %zu probes:\n", attached);
		print_targets(list, count);
	}
	print_missing(probes, list, count);
	if (!probes_have_area(probes))
		printf("luo_stats %s: nothing that is measured now outlives the kexec. "
		       "'luoscope status' says what to do.\n",
		       access(COLLECT_SYSFS_DIR, F_OK) ? "is not loaded" :
							 "has no BTF that fits this kernel");
	if (probes_are_unnoted(probes))
		printf("The stats area has no room left to record that probes were attached again: what is observed is still recorded, but reports cannot tell \"did not happen\" from \"was not observed\". %s\n",
		       collect_module_is_built_in() ?
			       "luo_stats is built in, so there is room again only in the next kernel." :
			       "To start anew, run 'luoscope save FILE' and 'luoscope detach', unload luo_stats, which discards what this kernel has recorded, load it again, and run 'luoscope record'.");
}

static void print_attached(const struct options *options)
{
	if (!options->quiet)
		puts("The probes are already attached.");
	fflush(stdout);
}

/* Print why the attached probes were replaced: by those for @what, which was loaded after them. */
static void print_replaced(const char *what)
{
	if (what)
		printf("The probes were attached before %s was loaded; attaching them again.\n",
		       what);
	else
		puts("The probes are from another version of luoscope; attaching them again.");
}

static bool bpffs_is_mounted(void)
{
	struct statfs fs;

	return !statfs(PINS_BPFFS, &fs) && fs.f_type == BPF_FS_MAGIC;
}

/* Nothing is pinned there: the kernel itself makes maps.debug and progs.debug. */
static bool bpffs_is_unused(void)
{
	DIR *dir = opendir(PINS_BPFFS);
	const struct dirent *entry;
	bool is_unused = dir;

	while (dir && (entry = readdir(dir)))
		is_unused &= entry->d_name[0] == '.' || !strcmp(entry->d_name, "maps.debug") ||
			     !strcmp(entry->d_name, "progs.debug");
	if (dir)
		closedir(dir);
	return is_unused;
}

static void handle_signals(void)
{
	const struct sigaction stop = { .sa_handler = on_stop };
	const struct sigaction change = { .sa_handler = on_change };

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGWINCH, &change, NULL);
	sigaction(SIGCONT, &change, NULL);
}

static int attach(const struct options *options, struct error *error)
{
	const bool was_mounted = bpffs_is_mounted();
	const char *what = NULL;
	struct probes *probes;
	bool replaces;
	int err;

	if (geteuid())
		return error_set(error, -EPERM, "attaching probes needs root");
	/* Looking up what this kernel offers takes time, memory and privileges. */
	if (probes_all_attached(NULL)) {
		print_attached(options);
		return 0;
	}
	err = probes_open(&probes, error);
	if (err)
		return err;
	if (probes_all_attached(probes)) {
		print_attached(options);
		goto out;
	}
	replaces = probes_attached();
	if (replaces)
		what = probes_left_out(probes);
	/* From then on it ends with a word about the probes, which stay. */
	err = probes_attach(probes, options->no_follow ? NULL : handle_signals, error);
	if (!err) {
		if (replaces)
			print_replaced(what);
		print_probes(probes, options->quiet);
	} else if (err == -EEXIST) {
		print_attached(options);
		err = 0;
	}
out:
	probes_free(probes);
	fflush(stdout);
	/* Undo the mount, unless somebody has pinned something there since. */
	if (err && !was_mounted && bpffs_is_mounted() && bpffs_is_unused())
		umount2(PINS_BPFFS, UMOUNT_NOFOLLOW);
	return err;
}

/* Report the outcome of auto_store_look() or auto_store_stop(): @result, with @error. */
static void report_stored(const struct auto_store *auto_store, int result,
			  const struct error *error)
{
	char text[128];

	if (result < 0) {
		fprintf(stderr, "luoscope: %s\n", error->text);
		notify_manager("STATUS=Watching. The last update could not be stored.");
		return;
	}
	snprintf(text, sizeof(text), "STATUS=Watching. The last update is capture %" PRIu64 ".",
		 auto_store->number);
	notify_manager(text);
}

/* Store if it is due. Returns 0, or the error that prevents all storing. */
static int store(struct auto_store *auto_store, struct status_line *line, struct error *error)
{
	const uint64_t now_ns = read_clock_ns(CLOCK_BOOTTIME);
	int result;

	/* It may write a line. */
	if (now_ns >= auto_store->due_ns)
		status_line_clear(line);
	result = auto_store_look(auto_store, now_ns, error);
	if (!result)
		return 0;
	if (auto_store->known.returns < 0 && (result == -ENOENT || result == -EACCES))
		return result;
	report_stored(auto_store, result, error);
	return 0;
}

/* For kexec_image_look(): opened before the rights for that are given up. */
static int image_reader = -1;

/* Stopped so that the new kernel can start, with what this one preserves? */
static bool will_update(void)
{
	const enum kexec_image image = kexec_image_look(image_reader);

	return (image == KEXEC_IMAGE_WITH_KHO || image == KEXEC_IMAGE_LOADED) &&
	       manager_will_kexec();
}

/* How long it is until @due_ns; -1: for ever. */
static int ms_until(uint64_t due_ns)
{
	const uint64_t now_ns = read_clock_ns(CLOCK_BOOTTIME);

	if (due_ns == AUTO_STORE_NEVER)
		return -1;
	return due_ns > now_ns ? (due_ns - now_ns) / 1000000 + 1 : 0;
}

/* Take all new events into account. Returns whether there were any. */
static bool read_events(struct event_reader *reader, struct status_line *line,
			struct auto_store *auto_store)
{
	const uint64_t before = event_reader_number(reader);
	struct luoscope_event event;
	uint64_t lost;

	for (lost = 0; event_reader_next(reader, &event, &lost); lost = 0) {
		status_line_lost(line, lost);
		status_line_add(line, &event);
		auto_store_event(auto_store, &event, read_clock_ns(CLOCK_BOOTTIME));
	}
	status_line_lost(line, lost);
	return event_reader_number(reader) != before;
}

/* Follow the probes that have replaced the others. Returns 0, or -ENODEV if there are none. */
static int follow_on(struct event_follow *events, struct status_line *line,
		     struct auto_store *auto_store, struct error *error)
{
	const int result = event_follow_look(events, read_clock_ns(CLOCK_BOOTTIME), error);

	if (result <= 0)
		return result;
	read_events(events->reader, line, auto_store);
	event_follow_switch(events);
	status_line_replaced(line);
	return 0;
}

/*
 * Count events until stopped. On a terminal, show the count. Whatever happens is followed by more:
 * look every now and then for a second, and then sleep until the next event.
 */
static int follow(const struct options *options, struct error *error)
{
	static struct status_line line;
	struct auto_store auto_store;
	struct event_follow events;
	uint64_t now_ns = read_clock_ns(CLOCK_BOOTTIME);
	uint64_t busy_ns = now_ns;
	int err;

	handle_signals();
	err = event_follow_open(&events, 0, error);
	if (err)
		return err;
	if (options->store)
		image_reader = kexec_image_open();
	/*
	 * From here on it reads: the pinned maps and the kernel log. A store may be somebody else's.
	 */
	privileges_keep(PRIVILEGE(CAP_BPF) | PRIVILEGE(CAP_SYSLOG) |
			(options->store ? PRIVILEGE(CAP_DAC_OVERRIDE) : 0));
	notify_manager("READY=1\nSTATUS=Watching.");
	auto_store_init(&auto_store, store_dir(), &options->limits, now_ns);
	auto_store.leaves = will_update;
	while (!stopped && !err) {
		const bool draw = !options->quiet && status_line_possible();
		const bool is_busy = read_events(events.reader, &line, &auto_store);

		now_ns = read_clock_ns(CLOCK_BOOTTIME);
		if (is_busy)
			busy_ns = now_ns;
		if (draw)
			status_line_draw(&line, now_ns);
		if (options->store)
			err = store(&auto_store, &line, error);
		if (!err)
			err = follow_on(&events, &line, &auto_store, error);
		if (err)
			break;
		if (now_ns - busy_ns < SECOND_NS || (draw && line.open.count)) {
			/* Only to wait. */
			poll(NULL, 0, draw ? 100 : 1000);
			continue;
		}
		event_follow_wait(&events, NULL, options->store ? ms_until(auto_store.due_ns) : -1,
				  &stopped);
		busy_ns = read_clock_ns(CLOCK_BOOTTIME);
	}
	status_line_clear(&line);
	notify_manager("STOPPING=1");
	if (!err && options->store) {
		const int result =
			auto_store_stop(&auto_store, read_clock_ns(CLOCK_BOOTTIME), error);

		if (result)
			report_stored(&auto_store, result, error);
	}
	if (!err && !options->quiet)
		printf("\n%llu events seen, of which %llu ended a span, and %llu events lost. The probes stay attached; 'luoscope detach' detaches them.\n",
		       (unsigned long long)line.events, (unsigned long long)line.spans,
		       (unsigned long long)line.lost);
	event_follow_close(&events);
	return err;
}

/* Whoever gave --verbose need not be advised to. */
static void omit_verbose(struct error *error)
{
	char *advice = strstr(error->text, "'luoscope record --verbose'");

	while (advice && advice > error->text && *advice != ';')
		advice--;
	if (advice && *advice == ';')
		*advice = '\0';
}

int cmd_record(int argc, char **argv)
{
	struct options options = {
		.limits = { .captures = STORE_MAX_CAPTURES, .bytes = STORE_MAX_BYTES },
	};
	struct error error;
	int err;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 1;
	err = attach(&options, &error);
	if (!err && !options.no_follow)
		err = follow(&options, &error);
	if (!err)
		return 0;
	if (options.verbose)
		omit_verbose(&error);
	return command_failed(&error);
}
