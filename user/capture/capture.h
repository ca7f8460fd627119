/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The capture file: all that a report needs, in one file that can be kept and taken to another
 * machine.
 *
 *	header	magic "LUOSCOPE", u16 major, u16 minor, u32 count of sections
 *	section	u32 type, u32 flags (0), u64 bytes, u64 checksum of the payload; the payload, filled up
 *		with 0 to a multiple of 8; as often as the count says
 *	trailer	u64 checksum of all before it
 *
 * Little-endian; checksums are luo_stats_checksum(). A reader skips sections of a type that it does
 * not know.
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
/* The module makes areas of at most 16 MiB. */
#define CAPTURE_MAX_BYTES      (64ULL << 20)
#define CAPTURE_AREA_MAX_BYTES (32ULL << 20)

enum capture_section_type {
	CAPTURE_INCOMING = 1, /* stats area that the kernel before this one left */
	CAPTURE_OUTGOING = 2, /* stats area of the kernel in which the capture was made */
	CAPTURE_KLOG = 3,     /* text: chosen lines of its log, "<usec>,<text>\n" each */
	CAPTURE_HOST = 4,     /* text: what else is known of it, "<key>=<value>\n" each */
	CAPTURE_PCI = 5,  /* text: PCI devices there, "<bdf>=<vendor>:<device>\n" each, in hex */
	CAPTURE_BOOT = 6, /* text: what its log tells of its boot; see boot_log_write() */
	CAPTURE_SECTION_TYPES, /* one more than the highest */
};

/**
 * struct capture_section - one section
 * @bytes: its payload; NULL: the capture has no such section
 * @size:  in bytes
 * @owned: what capture_free() frees; NULL if @bytes lies in someone else's memory
 */
struct capture_section {
	const void *bytes;
	size_t size;
	void *owned;
};

/**
 * struct capture - a capture in memory; all 0: an empty one
 * @section: by enum capture_section_type
 * @file:    bytes of the file that capture_load() read
 */
struct capture {
	struct capture_section section[CAPTURE_SECTION_TYPES];
	void *file;
};

/**
 * capture_parse - make @capture read the @size bytes of a capture file at @bytes
 *
 * The sections point into @bytes, which the caller keeps. Returns 0; -EPROTONOSUPPORT: another
 * major version; -EBADMSG: not a capture, cut short, or damaged; -EFBIG: larger than
 * CAPTURE_MAX_BYTES, or a stats area in it than CAPTURE_AREA_MAX_BYTES. @capture is empty after an
 * error.
 */
int capture_parse(struct capture *capture, const void *bytes, size_t size, struct error *error);

/**
 * capture_load - read the capture file @path, "-" being standard input
 *
 * Returns 0, what capture_parse() returns, or the negative errno of the file that could not be
 * read.
 */
int capture_load(struct capture *capture, const char *path, struct error *error);

/**
 * capture_write - write @capture to the file @path, "-" being standard output
 *
 * A regular file is there whole, with mode 0600, or not at all: what was at @path before stays
 * until then. Returns 0 or a negative errno; -EFBIG: more than CAPTURE_MAX_BYTES.
 */
int capture_write(const struct capture *capture, const char *path, struct error *error);

/**
 * capture_set - give @capture the section @type, which is the @size bytes at @bytes, from malloc()
 *
 * Takes @bytes over and frees what the section held before.
 */
void capture_set(struct capture *capture, enum capture_section_type type, void *bytes, size_t size);

/**
 * capture_value - copy the value of @key in section @type, HOST or PCI, to @value, cut to @size
 *
 * Returns false, and an empty @value, if it is not there.
 */
bool capture_value(const struct capture *capture, enum capture_section_type type, const char *key,
		   char *value, size_t size);

static inline bool capture_host_value(const struct capture *capture, const char *key, char *value,
				      size_t size)
{
	return capture_value(capture, CAPTURE_HOST, key, value, size);
}

/**
 * read_all - read @fd up to its end into memory from malloc(), and at most @max bytes
 *
 * Sets @bytes (never NULL on success) and @size. Returns 0, -EFBIG or another negative errno.
 */
int read_all(int fd, size_t max, void **bytes, size_t *size);

/**
 * capture_free - free what @capture owns and make it empty
 */
void capture_free(struct capture *capture);

#endif /* LUOSCOPE_CAPTURE_H */
