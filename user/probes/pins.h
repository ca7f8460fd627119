/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pins in bpffs: which programs are attached, by this process or an earlier one.
 */
#ifndef LUOSCOPE_PINS_H
#define LUOSCOPE_PINS_H

#include <stdbool.h>

#include <luoscope/event.h>

#include "base/error.h"
#include "probe.h"

struct probe;

#define PINS_BPFFS "/sys/fs/bpf"
#define PINS_DIR   PINS_BPFFS "/luoscope"

/*
 * The event log is pinned last, so its pin shows that everything is in place. The name contains the
 * version of the log, so that nobody reads a log of another version.
 */
#define STRINGIFY_(x)	   #x
#define STRINGIFY(x)	   STRINGIFY_(x)
#define PINS_EVENTS_PREFIX "events-v"
#define PINS_EVENTS	   PINS_DIR "/" PINS_EVENTS_PREFIX STRINGIFY(LUOSCOPE_EVENT_ABI)
#define PINS_BELL	   PINS_DIR "/bell"
#define PINS_LATENCY	   PINS_DIR "/latency"
/* Pinned if the programs also write to the stats area, not only to the event log. */
#define PINS_AREA PINS_DIR "/area"
/* The program that kexec_image_open() gives to whoever may load none. */
#define PINS_IMAGE PINS_DIR "/kexec_image"
/* The program "detaching", for whoever detaches them. */
#define PINS_DETACHING	 PINS_DIR "/detaching"
#define PINS_LINK_PREFIX "link-"
/* Of a program that was loaded and could not be attached: a symbolic link to the reason. */
#define PINS_REFUSED_PREFIX "refused-"

/* Whether this program ends what another one begins. Its name says so, and a pin has only that. */
bool probe_is_end(const char *program);

/* Write where the link of @probe is pinned to @path, which has PATH_MAX and is returned. */
const char *pins_link_path(char *path, const struct probe *probe);

/* True if probes are attached, by this process or an earlier one. */
bool probes_attached(void);

/* True if the attached probes are from a luoscope whose events this one cannot read. */
bool probes_are_foreign(void);

/* True if the program of @probe is attached. */
bool probe_is_attached(const struct probe *probe);

/* True if the attached probes write to the stats area: luo_stats was loaded before them. */
bool probes_attached_to_area(void);

/* True if the attached probes watch vCPUs: KVM was loaded before them as well. */
bool probes_attached_to_kvm(void);

/* True if KVM is loaded or built in. Whether it can be watched is another question. */
bool kvm_is_loaded(void);

/* Whether a program whose name begins with @prefix is attached. */
bool pins_some_attached(const char *prefix);

/* The same for one that could not be attached when all others were. */
bool pins_some_refused(const char *prefix);

/* Note that @probe could not be attached, which PROBE_LEFT_OUT says why. */
void pins_refuse(const struct probe *probe);

/* Whether @probe could not be attached when all others were; then write the reason to @why. */
bool pins_refused(const struct probe *probe, char why[PROBE_WHY_BYTES]);

/*
 * Wait until no other process attaches or detaches, a minute at most. The lock ends when the
 * returned descriptor is closed, also by the children of this process. Returns it, or a negative
 * errno.
 */
int pins_lock(struct error *error);

/* The most time that pins_lock() waits. */
#define PINS_LOCK_NS 60000000000

/* Whether a process attaches or detaches just now. */
bool pins_are_locked(void);

/*
 * The turn in which a pin of this name is removed, from 0. The event log comes first, because its
 * pin shows that everything is in place. Programs that start spans come before those that end
 * them, so that no span stays open. The kernel detaches a link when its last pin is removed. The
 * program that ends a KVM_RUN may share its link with programs that start spans, so it comes before
 * the others that end spans.
 */
#define PINS_TURNS 4
int pins_turn(const char *name);

/**
 * bpffs_mount - mount bpffs at PINS_BPFFS unless it is already mounted
 *
 * Returns 1 if it mounted it, 0 if it was mounted, or a negative errno.
 */
int bpffs_mount(struct error *error);

#endif /* LUOSCOPE_PINS_H */
