/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The capture file: everything that a report needs, in one file that can be kept and copied to
 * another machine.
 *
 *	header	magic "LUOSCOPE", u16 major, u16 minor, u32 number of sections
 *	section	u32 type, u32 flags (0), u64 bytes, u64 checksum of the payload; then the payload,
 *		padded with zeros to a multiple of 8; one after another
 *	trailer	u64 checksum of everything before it
 *
 * All numbers are little-endian. Checksums are luo_stats_checksum(). A reader skips sections whose
 * type it does not know.
 */
#ifndef LUOSCOPE_CAPTURE_H
#define LUOSCOPE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CAPTURE_MAGIC "LUOSCOPE"
#define CAPTURE_MAJOR 1
#define CAPTURE_MINOR 0
/* The module's areas have at most 16 MiB. */
#define CAPTURE_MAX_BYTES      (64ULL << 20)
#define CAPTURE_AREA_MAX_BYTES (32ULL << 20)

enum capture_section_type {
	CAPTURE_INCOMING = 1,  /* stats area of the old kernel */
	CAPTURE_OUTGOING = 2,  /* stats area of the kernel in which the capture was made */
	CAPTURE_KLOG = 3,      /* text: selected lines of its log, "<usec>,<text>\n" each */
	CAPTURE_HOST = 4,      /* text: other facts about it, "<key>=<value>\n" each */
	CAPTURE_PCI = 5,       /* text: its PCI devices, "<bdf>=<vendor>:<device>\n" each, in hex */
	CAPTURE_BOOT = 6,      /* text: its boot, from its log; see boot_log_write() */
	CAPTURE_SECTION_TYPES, /* one more than the highest */
};

/**
 * struct capture_section - one section
 * @bytes: its payload; NULL: the capture has no such section
 * @size:  of the payload, in bytes
 * @owned: memory for capture_free() to free; NULL if somebody else owns @bytes
 */
struct capture_section {
	const void *bytes;
	size_t size;
	void *owned;
};

/**
 * struct capture - a capture in memory; all zero: an empty one
 * @section: by enum capture_section_type
 * @file:    contents of the file that capture_load() read
 */
struct capture {
	struct capture_section section[CAPTURE_SECTION_TYPES];
	void *file;
};

/**
 * capture_parse - parse the capture file in the @size bytes at @bytes
 *
 * The sections point into @bytes, which the caller must keep. Returns 0; -EPROTONOSUPPORT: another
 * major version; -EBADMSG: not a capture, cut short, or damaged; -EFBIG: larger than
 * CAPTURE_MAX_BYTES, or with a stats area larger than CAPTURE_AREA_MAX_BYTES. After an error,
 * @capture is empty.
 */
int capture_parse(struct capture *capture, const void *bytes, size_t size, struct error *error);

/**
 * capture_load - read the capture file @path; "-" is standard input
 *
 * Returns 0, what capture_parse() returns, or a negative errno if the file cannot be read.
 */
int capture_load(struct capture *capture, const char *path, struct error *error);

/**
 * capture_write - write @capture to the file @path; "-" is standard output
 *
 * A regular file is replaced whole, with mode 0600, or not at all. Returns 0 or a negative errno;
 * -EFBIG: more than CAPTURE_MAX_BYTES.
 */
int capture_write(const struct capture *capture, const char *path, struct error *error);

/**
 * capture_set - set the section @type of @capture to the @size bytes at @bytes, from malloc()
 *
 * Takes ownership of @bytes, and frees what the section owned before.
 */
void capture_set(struct capture *capture, enum capture_section_type type, void *bytes, size_t size);

/**
 * capture_value - copy the value of @key in section @type to @value, truncated to @size
 *
 * The section is CAPTURE_HOST or CAPTURE_PCI. If it does not have @key, returns false and an empty
 * @value.
 */
bool capture_value(const struct capture *capture, enum capture_section_type type, const char *key,
		   char *value, size_t size);

static inline bool capture_host_value(const struct capture *capture, const char *key, char *value,
				      size_t size)
{
	return capture_value(capture, CAPTURE_HOST, key, value, size);
}

/**
 * read_all - read @fd to its end, at most @max bytes, into memory from malloc()
 *
 * Sets @bytes (never NULL on success) and @size. Returns 0, -EFBIG or another negative errno.
 */
int read_all(int fd, size_t max, void **bytes, size_t *size);

/* The size of all its sections. Its file is somewhat larger. */
uint64_t capture_bytes(const struct capture *capture);

/**
 * capture_free - free the memory that @capture owns, and make it empty
 */
void capture_free(struct capture *capture);

/**
 * capture_is_file - whether the file at @path begins as a capture does
 *
 * false also for what is no regular file, or cannot be read.
 */
bool capture_is_file(const char *path);

#endif /* LUOSCOPE_CAPTURE_H */
