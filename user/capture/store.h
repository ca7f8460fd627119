/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The store: captures of the updates of this host, in one directory, each under a number.
 *
 * A capture is the file NUMBER.luoscope, whole or not at all; what else lies in the directory is
 * left alone. Numbers go up: one is only used again if the newest capture was removed by hand.
 * Writers take turns (a lock on the directory); readers need none.
 */
#ifndef LUOSCOPE_STORE_H
#define LUOSCOPE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "capture.h"

#define STORE_DIR	   "/var/lib/luoscope"
#define STORE_MAX_CAPTURES 100
#define STORE_MAX_BYTES	   (256ULL << 20)

/**
 * struct store_entry - one stored capture
 * @number:   from 1
 * @bytes:    size of its file
 */
struct store_entry {
	uint64_t number;
	uint64_t bytes;
};

/**
 * struct store_limits - how much is kept; the newest capture is kept in any case
 * @captures: how many
 * @bytes:    of all their files together
 */
struct store_limits {
	uint64_t captures;
	uint64_t bytes;
};

/* The directory: $LUOSCOPE_STORE if that is set and not empty, else STORE_DIR. */
const char *store_dir(void);

/**
 * store_list - the captures in @dir, the oldest first
 *
 * Sets @entries, which the caller frees, and @count. A directory that is not there is an empty
 * store. Returns 0 or a negative errno.
 */
int store_list(const char *dir, struct store_entry **entries, size_t *count, struct error *error);

/**
 * store_load - read capture @number of @dir
 *
 * Returns 0; -ENOENT: there is no such capture; or what capture_load() returns.
 */
int store_load(struct capture *capture, const char *dir, uint64_t number, struct error *error);

/**
 * store_load_argument - read the capture that a user names: a number for a stored one, "-" for
 * standard input, else a file ("./5" for a file whose name is 5)
 *
 * Returns what store_load() and capture_load() return.
 */
int store_load_argument(struct capture *capture, const char *argument, struct error *error);

/**
 * store_save - put @capture into @dir, which is made if it is not there, under *@number
 *
 * A capture of the same update (chain and generation) is replaced and its number stays; else the
 * number is one above the highest, and then captures are removed, the oldest first, until @limits
 * hold. If this fails, all that was stored is still there. Returns 0 or a negative errno.
 */
int store_save(const struct capture *capture, const char *dir, const struct store_limits *limits,
	       uint64_t *number, struct error *error);

#endif /* LUOSCOPE_STORE_H */
