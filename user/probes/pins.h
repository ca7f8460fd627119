/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is pinned in bpffs: which programs are attached, by this process or an earlier one, and
 * taking them off.
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
 * The event log's pin is made last: it says that all is in place. It carries the version of the
 * log, so that nobody reads one of another version.
 */
#define STRINGIFY_(x)	   #x
#define STRINGIFY(x)	   STRINGIFY_(x)
#define PINS_EVENTS_PREFIX "events-v"
#define PINS_EVENTS	   PINS_DIR "/" PINS_EVENTS_PREFIX STRINGIFY(LUOSCOPE_EVENT_ABI)
#define PINS_LATENCY	   PINS_DIR "/latency"
/* Made if the programs write to the stats area, and do not only feed the live tail. */
#define PINS_AREA	 PINS_DIR "/area"
#define PINS_LINK_PREFIX "link-"

/* By its name, for detaching knows no more of it: does this program end what another one begins? */
bool probe_is_end(const char *program);

/* Where the link of @probe is pinned; returns @path of PATH_MAX. */
const char *pins_link_path(char *path, const struct probe *probe);

/* True if programs are attached and pinned, by this process or an earlier one. */
bool probes_attached(void);

/* True if those that are attached are of a luoscope whose events this one cannot read. */
bool probes_are_foreign(void);

/* True if the program that @probe is about is attached. */
bool probe_is_attached(const struct probe *probe);

/*
 * True if those that are attached write to the stats area: luo_stats.ko was there when they were.
 */
bool probes_attached_to_area(void);

/* True if those that are attached watch vCPUs: KVM was there, too. */
bool probes_attached_to_kvm(void);

/* True if KVM is there now, loaded or built in; what of it can be watched is another matter. */
bool kvm_is_loaded(void);

/* Whether one of the programs whose names begin with @prefix is attached, or could be. */
bool pins_some_attached(const char *prefix);

/**
 * probes_detach - take all pinned programs off
 *
 * Returns 0; -ENOENT: there are none; or another negative errno.
 */
int probes_detach(struct error *error);

/**
 * bpffs_mount - mount bpffs at PINS_BPFFS unless it is mounted
 *
 * Returns 1 if it did, 0 if it was, or a negative errno.
 */
int bpffs_mount(struct error *error);

#endif /* LUOSCOPE_PINS_H */
