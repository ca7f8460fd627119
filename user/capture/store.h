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

/* What views and errors call that capture. */
const char *store_argument_name(const char *argument);

#define STORE_STANDARD_INPUT "standard input"

/**
 * store_find - read the capture in @dir of the same update (chain and generation) as @capture
 *
 * Sets *@number; 0: there is none that can be read. The caller frees @found. Returns 0 or a
 * negative errno.
 */
int store_find(const struct capture *capture, const char *dir, struct capture *found,
	       uint64_t *number, struct error *error);

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

/*
 * An update that was started has a capture of the old kernel alone, until the new kernel stores its
 * own under the same number. Keys of its HOST section: it is such a capture; and the new kernel did
 * not come up.
 */
#define STORE_STARTED "update_started"
#define STORE_LOST    "update_lost"

/**
 * store_start - store that an update starts in the running kernel, of which @capture is
 *
 * Takes the same arguments as store_save(), and returns what it returns.
 */
int store_start(const struct capture *capture, const char *dir, const struct store_limits *limits,
		uint64_t *number, struct error *error);

/**
 * store_lost - the newest capture in @dir, if it is of an update whose new kernel did not come up
 * @capture: of the running kernel
 *
 * That is so if an update was started, and the running kernel is neither the old one nor one that
 * came from it. Returns its number, or 0.
 */
uint64_t store_lost(const struct capture *capture, const char *dir);

/**
 * store_settle - find out what became of an update that was started, if nobody knows yet
 * @capture: of the running kernel
 *
 * If its new kernel did not come up, this is noted in its capture. If the old kernel goes on, the
 * capture is removed. Returns 0 or a negative errno.
 */
int store_settle(const struct capture *capture, const char *dir, struct error *error);

#endif /* LUOSCOPE_STORE_H */
