/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keeps a capture of the update that started this kernel in the store: when to look, and when to
 * store.
 *
 * It looks at once, and then less and less often for KEEPER_WATCH_NS: the clock is refined, files
 * come back, guests resume, the boot ends. As soon as all came back that was preserved, and the
 * clock is verified, the capture is stored; if that never happens, at the end of that time, or when
 * the recorder is stopped before. From then on it is stored again, under its number, whenever more
 * is known. After that time it looks only when an event tells that something came back after all.
 *
 * A kernel that no update started has nothing to store. An attempt of an update that failed in this
 * kernel is stored with the update that goes through: its capture has them all.
 */
#ifndef LUOSCOPE_AUTO_STORE_H
#define LUOSCOPE_AUTO_STORE_H

#include <luoscope/event.h>
#include <stdint.h>

#include "base/error.h"
#include "capture/capture.h"
#include "capture/store.h"

#define KEEPER_WATCH_NS 300000000000ULL
#define KEEPER_NEVER	UINT64_MAX

/**
 * struct keeper - what is to be stored, and when
 * @dir:       the store
 * @limits:    of the store
 * @collect:   makes a capture of this kernel: capture_collect(), or a test's own
 * @begin_ns:  when it began; all times are of one clock of the caller's
 * @due_ns:    when to look next; KEEPER_NEVER
 * @pause_ns:  between two looks
 * @known:     how much the stored capture knows; -1: none is stored yet
 * @number:    of the stored capture
 */
struct keeper {
	const char *dir;
	struct store_limits limits;
	int (*collect)(struct capture *capture, const char *sysfs_dir, struct error *error);
	uint64_t begin_ns;
	uint64_t due_ns;
	uint64_t pause_ns;
	int64_t known;
	uint64_t number;
};

/* Begin at @now_ns: it is due at once. */
void keeper_init(struct keeper *keeper, const char *dir, const struct store_limits *limits,
		 uint64_t now_ns);

/* An event was seen: if it may tell of something that came back, look soon. */
void keeper_event(struct keeper *keeper, const struct luoscope_event *event, uint64_t now_ns);

/**
 * keeper_look - look if it is due, and store what is to be stored
 *
 * Returns 1 if a capture was stored; 0 if there was nothing to do; or a negative errno: what could
 * not be read or stored then is tried again later.
 */
int keeper_look(struct keeper *keeper, uint64_t now_ns, struct error *error);

/**
 * keeper_stop - nobody will look any more: store what there is, unless some of it is stored
 *
 * Returns what keeper_look() does.
 */
int keeper_stop(struct keeper *keeper, uint64_t now_ns, struct error *error);

#endif /* LUOSCOPE_AUTO_STORE_H */
