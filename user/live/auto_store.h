/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stores a capture of the update that started this kernel: when to look, and when to store.
 *
 * It looks at once, and then at growing intervals for AUTO_STORE_WATCH_NS: meanwhile the clock is
 * refined, files come back, guests resume, the boot ends. The capture is stored as soon as
 * everything that was preserved is back and the clock is verified. If that does not happen, it is
 * stored when the time is over, or earlier when the recorder is stopped. From then on it is stored
 * again, under the same number, whenever more is known. A capture that an earlier recorder has
 * stored is replaced in the same way. When the time is over, it looks only after an event that may
 * mean that something came back after all.
 *
 * A capture knows more than the stored one if more came back in it: files, devices, vCPUs, and
 * sessions that were finished. Else, if all that is certain in the stored one is certain in it, and
 * something else too. What is certain can become less: what happened while the probes were detached
 * was not seen. If the same is certain, it knows more if it has more marks.
 *
 * A kernel that was not started by an update has nothing to store, until it is about to leave by
 * one: then it stores that an update was started, which only a capture of the new kernel replaces.
 * Failed attempts to leave this kernel are logged when they happen, and are in the capture of the
 * update that succeeds.
 */
#ifndef LUOSCOPE_AUTO_STORE_H
#define LUOSCOPE_AUTO_STORE_H

#include <luoscope/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "capture/capture.h"
#include "capture/store.h"
#include "model/model.h"
#include "update_log.h"

#define AUTO_STORE_WATCH_NS 300000000000ULL
#define AUTO_STORE_NEVER    UINT64_MAX

/**
 * struct knowledge - what a report of a capture knows of its update
 * @returns: how much came back; -1: there is no capture
 * @certain: what is certain, bits
 * @exact:   how many times are exact that may have bounds
 * @marks:   how many marks there are, and ends of marks
 */
struct knowledge {
	int64_t returns;
	uint32_t certain;
	int64_t exact;
	int64_t marks;
};

/**
 * struct auto_store - what to store, and when
 * @dir:      the store
 * @limits:   its limits
 * @collect:  makes a capture of this kernel: capture_collect(), or a function of a test
 * @write:    logs an update that was stored: update_log_write(), or a function of a test
 * @log:      for it
 * @write_refusal: logs an attempt that failed while this watched: update_log_refusal(), or a
 *            function of a test
 * @leaves:   whether this kernel is about to be left by a live update; NULL: it is not
 * @is_leaving: an update was seen to start
 * @is_started: this is stored
 * @attempts: how many attempts had failed in this kernel at the last look; -1: there was no look
 * @begin_ns: when it began; all times are of one clock, which the caller chooses
 * @due_ns:   when to look next, or AUTO_STORE_NEVER
 * @pause_ns: the time between two looks
 * @retry_ns: if the store was full, when to try again even if it does not seem to have room; or 0
 * @bytes:    size of the last capture's sections
 * @known:    what is known from the stored capture
 * @number:   of the stored capture
 * @is_found: the store was searched for the capture of an earlier recorder
 * @has_stored: this recorder stored one
 */
struct auto_store {
	const char *dir;
	struct store_limits limits;
	int (*collect)(struct capture *capture, const char *sysfs_dir, struct error *error);
	void (*write)(struct update_log *log, const struct model *model, uint64_t capture,
		      const char *dir);
	struct update_log log;
	void (*write_refusal)(const struct model *model, const struct model_attempt *attempt);
	bool (*leaves)(void);
	bool is_leaving;
	bool is_started;
	int64_t attempts;
	uint64_t begin_ns;
	uint64_t due_ns;
	uint64_t pause_ns;
	uint64_t retry_ns;
	uint64_t bytes;
	struct knowledge known;
	uint64_t number;
	bool is_found;
	bool has_stored;
};

/* Begin at @now_ns. The first look is due at once. */
void auto_store_init(struct auto_store *store, const char *dir, const struct store_limits *limits,
		     uint64_t now_ns);

/* Take an event into account: look soon if it may mean that something came back. */
void auto_store_event(struct auto_store *store, const struct luoscope_event *event,
		      uint64_t now_ns);

/**
 * auto_store_look - look if it is due, and store the capture if it is time to
 *
 * Returns 1 if a capture was stored, or if that of an earlier recorder was found, 0 if there was
 * nothing to do, or a negative errno; what could not be read or stored is tried again later.
 */
int auto_store_look(struct auto_store *store, uint64_t now_ns, struct error *error);

/**
 * auto_store_stop - there will be no further looks: store what there is, unless this recorder has
 * stored a capture; if this kernel is about to be left, store that too
 *
 * Returns what auto_store_look() returns.
 */
int auto_store_stop(struct auto_store *store, uint64_t now_ns, struct error *error);

#endif /* LUOSCOPE_AUTO_STORE_H */
