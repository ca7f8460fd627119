// SPDX-License-Identifier: GPL-2.0
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "area.h"
#include "base/array.h"
#include "base/error.h"
#include "capture.h"

#define SUFFIX	      ".luoscope"
#define NUMBER_DIGITS 9
#define NUMBER_MAX    999999999

const char *store_dir(void)
{
	const char *dir = getenv("LUOSCOPE_STORE");

	return dir && *dir ? dir : STORE_DIR;
}

/*
 * Returns the number at the start of @name, with the rest of the name in @rest, or 0 if there is
 * none. A number must not begin with 0, so that no two names mean the same number.
 */
static uint64_t leading_number(const char *name, const char **rest)
{
	const size_t digits = strspn(name, "0123456789");

	if (!digits || digits > NUMBER_DIGITS || *name == '0')
		return 0;
	*rest = name + digits;
	return strtoull(name, NULL, 10);
}

static bool name_is_temporary(const char *name)
{
	const char *rest;

	/* The name that capture_write() uses until everything is on the disk. */
	return leading_number(name, &rest) && !strncmp(rest, SUFFIX ".", strlen(SUFFIX) + 1) &&
	       strlen(rest) == strlen(SUFFIX ".XXXXXX");
}

static uint64_t name_number(const char *name)
{
	const char *rest;
	const uint64_t number = leading_number(name, &rest);

	return number && !strcmp(rest, SUFFIX) ? number : 0;
}

static void capture_path(char path[PATH_MAX], const char *dir, uint64_t number)
{
	snprintf(path, PATH_MAX, "%s/%" PRIu64 SUFFIX, dir, number);
}

static int compare_entries(const void *a, const void *b)
{
	const struct store_entry *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/**
 * struct scan - the contents of the directory
 * @entry:    the captures, the oldest first
 * @count:    how many there are
 * @highest:  the highest number in a name, of a capture or of anything else
 */
struct scan {
	struct store_entry *entry;
	size_t count;
	uint64_t highest;
};

static int add_entry(struct scan *scan, uint64_t number, uint64_t bytes)
{
	void *grown = array_grow(scan->entry, scan->count, sizeof(*scan->entry));

	if (!grown)
		return -ENOMEM;
	scan->entry = grown;
	scan->entry[scan->count++] = (struct store_entry){ .number = number, .bytes = bytes };
	return 0;
}

/* Only regular files are captures; a link or a pipe with such a name is not. */
static int scan_directory(struct scan *scan, DIR *directory)
{
	struct dirent *found;
	int err = 0;

	*scan = (struct scan){};
	while (!err && (errno = 0, found = readdir(directory))) {
		const uint64_t number = name_number(found->d_name);
		struct stat status;

		if (!number)
			continue;
		if (number > scan->highest)
			scan->highest = number;
		if (!fstatat(dirfd(directory), found->d_name, &status, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(status.st_mode))
			err = add_entry(scan, number, status.st_size);
		errno = 0;
	}
	if (!err)
		err = -errno;
	if (err) {
		free(scan->entry);
		*scan = (struct scan){};
	} else if (scan->count) {
		qsort(scan->entry, scan->count, sizeof(*scan->entry), compare_entries);
	}
	return err;
}

static int directory_error(struct error *error, int err, const char *dir)
{
	return error_set(error, err, "cannot read the store %s: %s%s", dir, strerror(-err),
			 err == -EACCES	 ? ": this needs root" :
			 err == -ENOTDIR ? ": correct LUOSCOPE_STORE" :
					   "");
}

int store_list(const char *dir, struct store_entry **entries, size_t *count, struct error *error)
{
	DIR *directory = opendir(dir);
	struct scan scan = {};
	int err = 0;

	if (directory) {
		err = scan_directory(&scan, directory);
		closedir(directory);
	} else if (errno != ENOENT) {
		err = -errno;
	}
	if (err)
		return directory_error(error, err, dir);
	*entries = scan.entry;
	*count = scan.count;
	return 0;
}

int store_load(struct capture *capture, const char *dir, uint64_t number, struct error *error)
{
	char path[PATH_MAX];
	struct stat status;

	int err;

	*capture = (struct capture){};
	capture_path(path, dir, number);
	err = lstat(path, &status) ? -errno : 0;
	if (err && err != -ENOENT)
		return directory_error(error, err, dir);
	if (err)
		return error_set(error, -ENOENT,
				 "there is no capture %" PRIu64 " in %s: 'luoscope list' lists"
				 " them, and ./%" PRIu64 " names a file",
				 number, dir, number);
	if (!S_ISREG(status.st_mode))
		return error_set(error, -EINVAL,
				 "%s is not a capture, because it is not a regular file", path);
	return capture_load(capture, path, error);
}

const char *store_argument_name(const char *argument)
{
	return strcmp(argument, "-") ? argument : STORE_STANDARD_INPUT;
}

int store_load_argument(struct capture *capture, const char *argument, struct error *error)
{
	unsigned long long number;

	if (!*argument || argument[strspn(argument, "0123456789")])
		return capture_load(capture, argument, error);
	errno = 0;
	number = strtoull(argument, NULL, 10);
	if (errno)
		return error_set(
			error, -ENOENT,
			"there is no capture %s: 'luoscope list' lists them, and ./%s names a file",
			argument, argument);
	return store_load(capture, store_dir(), number, error);
}

/* Identifies the update of a capture. */
struct update_id {
	uint64_t chain_id;
	uint32_t generation;
};

static int find_update_id(const struct capture *capture, struct update_id *id, struct error *error)
{
	const bool is_started = !capture->section[CAPTURE_OUTGOING].bytes;
	const struct capture_section *section =
		&capture->section[is_started ? CAPTURE_INCOMING : CAPTURE_OUTGOING];
	struct area area;
	int err;

	if (!section->bytes)
		return error_set(
			error, -ENODATA,
			"the capture has no stats area of the kernel in which it was made");
	err = area_parse(&area, section->bytes, section->size, error);
	if (err)
		return err;
	*id = (struct update_id){ .chain_id = area.header.chain_id,
				  .generation = area.header.generation + is_started };
	return 0;
}

/*
 * Returns the number of the stored capture of update @id, and the capture, which the caller frees.
 * Returns 0 if there is none. Captures that cannot be read are skipped.
 */
static uint64_t find_same_update(const struct scan *scan, const char *dir,
				 const struct update_id *id, struct capture *capture)
{
	struct update_id other = {};
	size_t i;

	for (i = scan->count; i > 0; i--) {
		if (store_load(capture, dir, scan->entry[i - 1].number, NULL))
			continue;
		if (!find_update_id(capture, &other, NULL) && other.chain_id == id->chain_id &&
		    other.generation == id->generation)
			return scan->entry[i - 1].number;
		capture_free(capture);
	}
	return 0;
}

int store_find(const struct capture *capture, const char *dir, struct capture *found,
	       uint64_t *number, struct error *error)
{
	struct update_id id = {};
	struct scan scan = {};
	int err;

	*found = (struct capture){};
	*number = 0;
	err = find_update_id(capture, &id, error);
	if (!err)
		err = store_list(dir, &scan.entry, &scan.count, error);
	if (err)
		return err;
	*number = find_same_update(&scan, dir, &id, found);
	free(scan.entry);
	return 0;
}

/*
 * The kernel log is a ring, and over time it loses its beginning, which is the part that a report
 * needs. Then @old, the log in the earlier capture, is better.
 */
static bool log_is_better(const struct capture_section *old, const struct capture_section *new)
{
	const char *end = old->bytes ? memchr(old->bytes, '\n', old->size) : NULL;
	const size_t first_line = end ? end - (const char *)old->bytes : 0;

	return first_line && (new->size < first_line || memcmp(old->bytes, new->bytes, first_line));
}

/* The boot section comes from the same ring. It has "boot 1" only if the beginning was there. */
static bool boot_is_better(const struct capture_section *old, const struct capture_section *new)
{
	static const char whole[] = "boot 1\n";
	const size_t length = strlen(whole);

	return old->bytes && old->size >= length && !memcmp(old->bytes, whole, length) &&
	       !(new->bytes &&new->size >= length && !memcmp(new->bytes, whole, length));
}

static void remove_capture(const char *dir, uint64_t number)
{
	char path[PATH_MAX];

	capture_path(path, dir, number);
	/* If this fails, the next save tries again. */
	unlink(path);
}

/* Remove the oldest captures, except @number, until @limits hold. */
static void keep_limits(const struct scan *scan, const char *dir, const struct store_limits *limits,
			uint64_t number)
{
	uint64_t captures = scan->count, bytes = 0;
	size_t i;

	for (i = 0; i < scan->count; i++)
		bytes += scan->entry[i].bytes;
	for (i = 0; i < scan->count && (captures > limits->captures || bytes > limits->bytes);
	     i++) {
		if (scan->entry[i].number == number)
			continue;
		remove_capture(dir, scan->entry[i].number);
		captures--;
		bytes -= scan->entry[i].bytes;
	}
}

/* Remove the files of processes that were killed while writing. */
static void remove_temporaries(DIR *directory)
{
	struct dirent *found;

	rewinddir(directory);
	while ((found = readdir(directory))) {
		if (name_is_temporary(found->d_name))
			unlinkat(dirfd(directory), found->d_name, 0);
	}
}

static int write_capture(const struct capture *capture, const struct scan *scan, const char *dir,
			 uint64_t *number, struct error *error)
{
	struct capture old = {}, merged = *capture;
	struct update_id id = {};
	char path[PATH_MAX];
	int err;

	err = find_update_id(capture, &id, error);
	if (err)
		return err;
	*number = find_same_update(scan, dir, &id, &old);
	if (*number) {
		if (log_is_better(&old.section[CAPTURE_KLOG], &capture->section[CAPTURE_KLOG]))
			merged.section[CAPTURE_KLOG] = old.section[CAPTURE_KLOG];
		if (boot_is_better(&old.section[CAPTURE_BOOT], &capture->section[CAPTURE_BOOT]))
			merged.section[CAPTURE_BOOT] = old.section[CAPTURE_BOOT];
	} else if (scan->highest >= NUMBER_MAX) {
		return error_set(error, -EOVERFLOW,
				 "%s has a capture %d, and no higher number is possible: remove it",
				 dir, NUMBER_MAX);
	} else {
		*number = scan->highest + 1;
	}
	capture_path(path, dir, *number);
	err = capture_write(&merged, path, error);
	capture_free(&old);
	if (err == -ENOSPC || err == -EDQUOT)
		return error_set(error, err,
				 "there is no space for another capture in %s: make room; the %zu"
				 " captures that are stored there are kept",
				 dir, scan->count);
	return err;
}

/* Open and lock @dir. Returns NULL after an error, with *@err. */
static DIR *lock_directory(const char *dir, int *err)
{
	DIR *directory = opendir(dir);

	*err = 0;
	if (directory && !flock(dirfd(directory), LOCK_EX))
		return directory;
	*err = -errno;
	if (directory)
		closedir(directory);
	return NULL;
}

int store_save(const struct capture *capture, const char *dir, const struct store_limits *limits,
	       uint64_t *number, struct error *error)
{
	struct scan scan = {};
	DIR *directory;
	int err = 0;

	if (mkdir(dir, 0700) && errno != EEXIST) {
		err = -errno;
		return error_set(error, err, "cannot create the store %s: %s", dir, strerror(-err));
	}
	directory = lock_directory(dir, &err);
	if (directory) {
		remove_temporaries(directory);
		rewinddir(directory);
		err = scan_directory(&scan, directory);
	}
	if (err) {
		err = directory_error(error, err, dir);
		goto close;
	}
	err = write_capture(capture, &scan, dir, number, error);
	free(scan.entry);
	if (err)
		goto close;
	rewinddir(directory);
	if (!scan_directory(&scan, directory)) {
		keep_limits(&scan, dir, limits, *number);
		free(scan.entry);
	}
close:
	if (directory)
		closedir(directory);
	return err;
}

/* Returns a section of text that has one more line; capture_free() frees it. Or an empty one. */
static struct capture_section with_line(const struct capture_section *section, const char *key)
{
	const char *bytes = section->bytes ? section->bytes : "";
	char *text;
	const int size = asprintf(&text, "%.*s%s=1\n", (int)section->size, bytes, key);

	return size < 0 ? (struct capture_section){} :
			  (struct capture_section){ .bytes = text, .size = size, .owned = text };
}

static bool has_line(const struct capture *capture, const char *key)
{
	char value[4];

	return capture_host_value(capture, key, value, sizeof(value));
}

int store_start(const struct capture *capture, const char *dir, const struct store_limits *limits,
		uint64_t *number, struct error *error)
{
	struct capture started = {};
	int err;

	started.section[CAPTURE_INCOMING] = capture->section[CAPTURE_OUTGOING];
	started.section[CAPTURE_PCI] = capture->section[CAPTURE_PCI];
	started.section[CAPTURE_HOST] = with_line(&capture->section[CAPTURE_HOST], STORE_STARTED);
	if (!started.section[CAPTURE_HOST].bytes)
		return error_set(error, -ENOMEM, "out of memory");
	err = store_save(&started, dir, limits, number, error);
	free(started.section[CAPTURE_HOST].owned);
	return err;
}

/* Of a kernel, and of an update that was started. */
enum kinship {
	STRANGER,
	OLD_ONE,
	NEW_ONE,
};

/* How the kernel of @capture is related to the update of which @started is. */
static enum kinship kinship_of(const struct capture *capture, const struct capture *started)
{
	struct update_id here, update;
	struct area area;

	if (find_update_id(capture, &here, NULL) || find_update_id(started, &update, NULL) ||
	    area_parse(&area, capture->section[CAPTURE_OUTGOING].bytes,
		       capture->section[CAPTURE_OUTGOING].size, NULL))
		return STRANGER;
	if (here.chain_id == update.chain_id)
		return here.generation < update.generation ? OLD_ONE : NEW_ONE;
	/* It came from a live update, and could not read the area of the old kernel. */
	return area.header.flags & LUO_STATS_KHO_BOOT ? NEW_ONE : STRANGER;
}

/* Load the newest capture if it is of an update that was started. Returns its number, or 0. */
static uint64_t load_started(struct capture *started, const struct scan *scan, const char *dir)
{
	const uint64_t number = scan->count ? scan->entry[scan->count - 1].number : 0;

	*started = (struct capture){};
	if (!number || store_load(started, dir, number, NULL))
		return 0;
	if (has_line(started, STORE_STARTED))
		return number;
	capture_free(started);
	return 0;
}

uint64_t store_lost(const struct capture *capture, const char *dir)
{
	struct scan scan = {};
	struct capture started;
	uint64_t number;

	if (store_list(dir, &scan.entry, &scan.count, NULL))
		return 0;
	number = load_started(&started, &scan, dir);
	if (number && kinship_of(capture, &started) != STRANGER)
		number = 0;
	capture_free(&started);
	free(scan.entry);
	return number;
}

static int note_lost(struct capture *started, const char *dir, uint64_t number, struct error *error)
{
	struct capture_section host = with_line(&started->section[CAPTURE_HOST], STORE_LOST);
	char path[PATH_MAX];

	if (!host.bytes)
		return error_set(error, -ENOMEM, "out of memory");
	capture_set(started, CAPTURE_HOST, host.owned, host.size);
	capture_path(path, dir, number);
	return capture_write(started, path, error);
}

int store_settle(const struct capture *capture, const char *dir, struct error *error)
{
	struct scan scan = {};
	struct capture started;
	uint64_t number;
	int err;
	DIR *directory = lock_directory(dir, &err);

	if (!directory)
		return err == -ENOENT ? 0 : directory_error(error, err, dir);
	err = scan_directory(&scan, directory);
	if (err) {
		directory_error(error, err, dir);
		goto close;
	}
	number = load_started(&started, &scan, dir);
	if (number && !has_line(&started, STORE_LOST)) {
		switch (kinship_of(capture, &started)) {
		case STRANGER:
			err = note_lost(&started, dir, number, error);
			break;
		case OLD_ONE:
			remove_capture(dir, number);
			break;
		case NEW_ONE: /* its own capture takes this one's place */
			break;
		}
	}
	capture_free(&started);
	free(scan.entry);
close:
	closedir(directory);
	return err;
}
