/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The store: a directory with captures of the updates of this host, each under a number.
 *
 * A capture is the file NUMBER.luoscope, whole or not at all. Other files in the directory are left
 * alone. Numbers go up; one is used again only if the newest capture was removed by hand. Writers
 * lock the directory; readers do not need to.
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
 * struct store_limits - how much to keep; the newest capture is always kept
 * @captures: the number of captures
 * @bytes:    the size of all files together
 */
struct store_limits {
	uint64_t captures;
	uint64_t bytes;
};

/* The directory: $LUOSCOPE_STORE if that is set and not empty, otherwise STORE_DIR. */
const char *store_dir(void);

/**
 * store_list - list the captures in @dir, the oldest first
 *
 * Sets @entries, which the caller frees, and @count. A directory that does not exist is an empty
 * store. Returns 0 or a negative errno.
 */
int store_list(const char *dir, struct store_entry **entries, size_t *count, struct error *error);

/**
 * store_load - read capture @number from @dir
 *
 * Returns 0; -ENOENT: there is no such capture; or what capture_load() returns.
 */
int store_load(struct capture *capture, const char *dir, uint64_t number, struct error *error);

/**
 * store_load_argument - read the capture that a user names: a number for a stored one, "-" for
 * standard input, anything else for a file ("./5" for a file named 5)
 *
 * Returns what store_load() or capture_load() returns.
 */
int store_load_argument(struct capture *capture, const char *argument, struct error *error);

/**
 * store_save - store @capture in @dir, which is created if necessary, and set *@number
 *
 * A capture of the same update (chain and generation) is replaced and keeps its number. Otherwise
 * the number is one above the highest, and afterwards captures are removed, the oldest first, until
 * @limits hold. If this fails, everything stored before is still there. Returns 0 or a negative
 * errno.
 */
int store_save(const struct capture *capture, const char *dir, const struct store_limits *limits,
	       uint64_t *number, struct error *error);

#endif /* LUOSCOPE_STORE_H */
