// SPDX-License-Identifier: GPL-2.0
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <luoscope/event.h>

#include "base/array.h"
#include "base/error.h"
#include "base/process.h"
#include "base/signals.h"
#include "base/text.h"
#include "capture/area.h"
#include "capture/capture.h"
#include "capture/collect.h"
#include "capture/detached.h"
#include "arrival.h"
#include "detach.h"
#include "hidden.h"
#include "kexec_image.h"
#include "leave_out.h"
#include "pins.h"
#include "probe.h"
#include "probes.h"
#include "probes_internal.h"
#include "probes_steps.h"
#include "refusal.h"

static int pin_link(struct bpf_link *link, const struct probe *probe)
{
	char path[PATH_MAX];

	return bpf_link__pin(link, pins_link_path(path, probe));
}

/*
 * Attach one program and pin its link. The pin alone keeps it attached, so that whoever removes the
 * pin detaches it, whatever this process does.
 */
static int attach_one(struct probes *probes, size_t i)
{
	struct bpf_link *link = bpf_program__attach_trace(probes_program(probes, i));
	int err;

	if (!link)
		return -errno;
	err = pin_link(link, &probes->list[i]);
	bpf_link__destroy(link);
	return err;
}

/* Whether probe @i belongs to what is being attached. */
static bool matters(const struct probes *probes, size_t i)
{
	return probes->part != PROBES_ARRIVAL || probes->list[i].arrives;
}

static bool vcpus_are_watched(const struct probes *probes)
{
	size_t i;

	for (i = 0; i < probes->count; i++)
		if (probes->list[i].group == PROBE_GROUP_VMS && matters(probes, i) &&
		    probes->list[i].state != PROBE_ATTACHED)
			return false;
	return true;
}

/* What is watched. Each thing counts only if all programs that it needs are attached. */
static uint64_t watches_of(const struct probes *probes)
{
	static const struct {
		const char *target;
		uint64_t watch;
	} needed[] = {
		{ "luo_file_freeze", LUO_STATS_WATCH_FREEZE },
		{ "kho_block_set_it_reserve_entry", LUO_STATS_WATCH_FREEZE },
		{ "luo_retrieve_file", LUO_STATS_WATCH_RETRIEVE },
		{ "vfio_df_ioctl_bind_iommufd", LUO_STATS_WATCH_BIND },
		{ "vfio_pci_set_irqs_ioctl", LUO_STATS_WATCH_IRQ_SETUP },
		{ "__pci_reset_function_locked", LUO_STATS_WATCH_RESET },
		{ "pci_reset_bus", LUO_STATS_WATCH_RESET },
	};
	uint64_t watches = LUO_STATS_WATCH_FREEZE | LUO_STATS_WATCH_RETRIEVE |
			   LUO_STATS_WATCH_HANDLER | LUO_STATS_WATCH_BIND |
			   LUO_STATS_WATCH_IRQ_SETUP | LUO_STATS_WATCH_RESET;
	size_t i, j;

	for (i = 0; i < probes->count; i++)
		if (probes->list[i].group == PROBE_GROUP_HANDLER && matters(probes, i) &&
		    probes->list[i].state != PROBE_ATTACHED)
			watches &= ~(uint64_t)LUO_STATS_WATCH_HANDLER;
	for (i = 0; i < probes->count; i++)
		for (j = 0; j < ARRAY_SIZE(needed); j++)
			if (probes->list[i].state != PROBE_ATTACHED &&
			    !strcmp(probes->list[i].target, needed[j].target))
				watches &= ~needed[j].watch;
	return watches;
}

static void run_stamp(const struct probes *probes, struct luoscope_stamp *context)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = context, .ctx_size_in = sizeof(*context));

	bpf_prog_test_run_opts(bpf_program__fd(probes->skeleton->progs.stamp), &options);
}

void probes_stamp(const struct probes *probes, enum luo_stats_slot slot, uint64_t cycles)
{
	struct luoscope_stamp context = {
		.slot = slot,
		.watches = watches_of(probes),
		.vcpus_are_watched = vcpus_are_watched(probes),
		.cycles = cycles,
	};

	if (probes->part == PROBES_ARRIVAL)
		TEXT_COPY(context.name, LUOSCOPE_WATCH_ARRIVAL);
	run_stamp(probes, &context);
}

/*
 * Whether another probe says more of why the target of probe @i is missed: one with a reason of its
 * own, or the first of those that need others.
 */
static bool is_said(const struct probes *probes, size_t i)
{
	const struct probe *probe = &probes->list[i];
	size_t j;

	for (j = 0; probe->is_useless && j < probes->count; j++)
		if ((j < i || !probes->list[j].is_useless) &&
		    !strcmp(probes->list[j].target, probe->target) &&
		    probe_is_missed(&probes->list[j], probes->list, probes->count))
			return true;
	return false;
}

/*
 * Write to the stats area which functions are not watched, so that a report does not depend on what
 * somebody remembers.
 */
static void stamp_left_out(const struct probes *probes)
{
	size_t i;

	for (i = 0; i < probes->count; i++) {
		const struct probe *probe = &probes->list[i];
		const char *why = probe->state == PROBE_LEFT_OUT ? probe->why : "no such function";
		struct luoscope_stamp context = { .slot = LUO_STATS_PROBES_READY,
						  .watches = LUOSCOPE_WATCH_LEFT_OUT };

		if (!matters(probes, i) || is_said(probes, i) ||
		    !probe_is_missed(probe, probes->list, probes->count))
			continue;
		text_copy(context.name, sizeof(context.name), probe->target, strlen(probe->target));
		text_copy(context.why, sizeof(context.why), why, strcspn(why, ":,"));
		run_stamp(probes, &context);
	}
}

static void stamp_ready(const struct probes *probes)
{
	stamp_left_out(probes);
	probes_stamp(probes, LUO_STATS_PROBES_READY, 0);
}

/*
 * Attach those of one half of the loaded probes that can be attached. Returns how many, or a
 * negative errno if what is attached at once cannot be.
 */
static int attach_half(struct probes *probes, bool ends)
{
	int attached = 0;
	size_t i;
	int err;

	if (probes->at_once) {
		err = arrival_attach(probes, ends);
		if (err)
			return err;
	}
	for (i = 0; i < probes->count; i++) {
		struct probe *probe = &probes->list[i];

		if (probe->state != PROBE_READY || !probes_is_loaded(probes, i) ||
		    probe_is_end(probe->program) != ends)
			continue;
		err = attach_one(probes, i);
		if (err)
			probe_leave_out(probe, "not attached: %s", strerror(-err));
		else
			probe->state = PROBE_ATTACHED;
		attached += !err;
	}
	return attached;
}

/* Detach what is left out by now, such as a begin whose end could not be attached. */
static void detach_left_out(struct probes *probes)
{
	char path[PATH_MAX];
	size_t i;

	leave_out_settle(probes->list, probes->count);
	arrival_ignore_left_out(probes);
	for (i = 0; i < probes->count; i++)
		if (probes->list[i].state == PROBE_LEFT_OUT)
			unlink(pins_link_path(path, &probes->list[i]));
}

/*
 * Note what the kernel has accepted and yet is not attached, with what is of no use without it.
 * Otherwise the next 'luoscope record' would take it for something that was loaded since.
 */
static void note_refused(const struct probes *probes)
{
	size_t i;

	for (i = 0; i < probes->count; i++)
		if (probes->list[i].state == PROBE_LEFT_OUT && probes_is_loaded(probes, i))
			pins_refuse(&probes->list[i]);
}

/* Pin what notes that the probes are being detached. Returns 0 or a negative errno. */
static int pin_detaching(const struct probes *probes)
{
	if (!probes->have_area)
		return 0;
	return bpf_obj_pin(bpf_program__fd(probes->skeleton->progs.detaching), PINS_DETACHING);
}

/* Pin the maps, which show that the probes are in place. Returns 0 or a negative errno. */
static int pin_marks(const struct probes *probes)
{
	const int latency_fd = bpf_map__fd(probes->skeleton->maps.latency);
	int err = pin_detaching(probes);

	if (!err && probes->have_area)
		err = bpf_obj_pin(latency_fd, PINS_AREA);
	if (!err)
		err = bpf_obj_pin(latency_fd, PINS_LATENCY);
	if (!err)
		err = bpf_obj_pin(bpf_map__fd(probes->skeleton->maps.bell), PINS_BELL);
	if (!err)
		err = bpf_obj_pin(bpf_map__fd(probes->skeleton->maps.events), PINS_EVENTS);
	return err ? -errno : 0;
}

/* Returns 0 or a negative errno. */
static int attach_loaded(struct probes *probes, struct error *error)
{
	int ends, begins = 0;

	/* Ends first: no span may get a beginning without an end. */
	ends = attach_half(probes, true);
	if (ends >= 0)
		begins = attach_half(probes, false);
	if (ends < 0 || begins < 0)
		return error_set(error, ends < 0 ? ends : begins, "cannot attach at once: %s",
				 strerror(ends < 0 ? -ends : -begins));
	if (!ends && !begins && !probes->at_once)
		return error_set(
			error, -ENOTSUP,
			"this kernel accepted none of the probes; 'luoscope record --verbose' shows why");
	detach_left_out(probes);
	note_refused(probes);
	return 0;
}

/*
 * Make the directory of the pins, without the old probes, or the remains of a process that was
 * killed while attaching. Returns 0 or a negative errno.
 */
static int make_pins_dir(struct error *error)
{
	pins_remove(NULL);
	return mkdir(PINS_DIR, 0700) ? refusal_set(error, -errno, "cannot make " PINS_DIR) : 0;
}

/* What was attached in parts is in place once the last part is. Returns 0 or a negative errno. */
static int attach_last(struct probes *probes, struct error *error)
{
	int err;

	err = attach_loaded(probes, error);
	if (err)
		return err;
	err = pin_marks(probes);
	return err ? refusal_set(error, err, "cannot pin the maps in " PINS_DIR) : 0;
}

static int load(struct probes *probes, struct error *error)
{
	const int err = probes_load(probes);

	return err ? refusal_set(error, err, "the kernel rejected the BPF programs") : 0;
}

/*
 * Replace the old probes by what was loaded. Returns 0 or a negative errno: then nothing is
 * attached.
 */
static int replace(struct probes *probes, void (*when_attached)(void), struct error *error)
{
	/* Before the old ones go: nothing is watched until the new ones are attached. */
	const int image = kexec_image_load(probes->types_fd);
	sigset_t before;
	int err;

	/* If ^C came in between, only some of the probes would be attached. */
	signals_hold(&before);
	err = make_pins_dir(error);
	kexec_image_pin(image);
	if (!err)
		err = attach_last(probes, error);
	if (err) {
		pins_remove(NULL);
	} else {
		stamp_ready(probes);
		if (when_attached)
			when_attached();
	}
	signals_release(&before);
	return err;
}

/* Whether the stats area has room left to say that probes are attached. */
static bool area_has_room(void)
{
	const int fd = open(COLLECT_SYSFS_DIR "/outgoing", O_RDONLY | O_CLOEXEC);
	bool has_room = true;
	struct area area;
	void *bytes;
	size_t size;

	if (fd < 0)
		return true;
	if (!read_all(fd, CAPTURE_MAX_BYTES, &bytes, &size)) {
		has_room = area_parse(&area, bytes, size, NULL) || detached_has_room(&area);
		free(bytes);
	}
	close(fd);
	return has_room;
}

bool probes_are_unnoted(const struct probes *probes)
{
	return probes->is_unnoted;
}

int probes_attach(struct probes *probes, void (*when_attached)(void), struct error *error)
{
	int lock;
	int err;

	err = bpffs_mount(error);
	if (err < 0)
		return err;
	if (hidden_are_attached(probes))
		return error_set(
			error, -EBUSY,
			"probes of luoscope are attached already, but " PINS_DIR
			" is not there: another bpffs is mounted over it, or they were attached in another mount namespace; 'luoscope detach' there detaches them");
	/* Another process may be attaching them: all that can be, or less. */
	lock = pins_lock(error);
	if (lock < 0)
		return lock;
	probes->is_unnoted = !area_has_room();
	probes->skeleton->rodata->watch_is_full = probes->is_unnoted;
	err = probes_all_attached(probes) ? -EEXIST : load(probes, error);
	/* By now it is known what the kernel rejects. */
	if (err == -EEXIST || (!err && probes_all_attached(probes)))
		err = error_set(error, -EEXIST,
				"probes are already attached; 'luoscope detach' detaches them");
	if (!err)
		err = replace(probes, when_attached, error);
	close(lock);
	return err;
}

/* The most time that the process for the returns may take: the real init is waiting. */
#define RETURNS_MS 10000

/*
 * The kernel checks the programs of several processes at the same time, which takes most of the
 * time here. So a process beside this one loads and attaches the program for all returns; its pins
 * stay.
 */
static struct process attach_returns_apart(struct probes *probes)
{
	pid_t pid;

	if (!arrival_wants(probes, ARRIVAL_RETURNS) || probes_make_maps(probes))
		return process_of(-1);
	pid = fork();
	if (!pid)
		_exit(probes_load_returns(probes) || arrival_attach_returns(probes));
	if (pid > 0)
		probes_leave_returns(probes);
	return process_of(pid);
}

/* Load what that process does not. Returns 0 or a negative errno. */
static int load_both(struct probes *probes, struct error *error)
{
	const struct process returns = attach_returns_apart(probes);
	const int err = load(probes, error);
	struct error reason;
	bool in_time;

	probes_reach(probes, PROBES_LOADED);
	/* After an error of its own it needs nothing of that process. */
	in_time = process_ends_in(&returns, err ? 0 : RETURNS_MS);
	if (!probes->returns_apart || (!err && in_time && arrival_take_returns(probes)))
		return err;
	if (err) {
		reason = *error;
		return error_set(error, err,
				 "cannot attach functions at once: %s; attaching each by itself",
				 reason.text);
	}
	return error_set(
		error, -EIO,
		"cannot attach functions at once: the process for their returns %s; attaching each by itself",
		in_time ? "failed" : "was killed after 10 seconds");
}

int probes_attach_arrival(struct probes *probes, struct error *error)
{
	int err;

	err = make_pins_dir(error);
	if (!err)
		err = load_both(probes, error);
	if (!err)
		err = attach_loaded(probes, error);
	if (err)
		pins_remove(NULL);
	else
		stamp_ready(probes);
	probes_reach(probes, PROBES_ATTACHED);
	return err;
}

static size_t count_left_out(const struct probes *probes)
{
	size_t count = 0, i;

	for (i = 0; i < probes->count; i++)
		count += probes->list[i].state == PROBE_LEFT_OUT;
	return count;
}

/* This takes so long that the next update may start meanwhile, so everything else comes first. */
static void check_names_of_attached(struct probes *probes)
{
	const size_t before = count_left_out(probes);

	probes_check_names(probes);
	if (count_left_out(probes) == before)
		return;
	detach_left_out(probes);
	stamp_ready(probes);
}

/* Returns 0 or a negative errno. */
static int open_and_attach_rest(struct probes *probes, struct error *error)
{
	int err;

	err = probes_open_rest(probes);
	if (err)
		return error_set(error, err, "cannot open the BPF object again: %s",
				 strerror(-err));
	err = load(probes, error);
	if (err)
		return err;
	/* Whoever finds that all is attached goes on without the lock, and needs it. */
	kexec_image_pin(kexec_image_load(probes->types_fd));
	return attach_last(probes, error);
}

int probes_attach_rest(struct probes *probes, struct error *error)
{
	const int err = open_and_attach_rest(probes, error);

	if (!err) {
		stamp_ready(probes);
		check_names_of_attached(probes);
	} else if (access(PINS_DETACHING, F_OK) && !probes_load_detaching(probes)) {
		/* What arrives stays watched, until somebody detaches that. */
		pin_detaching(probes);
	}
	return err;
}
