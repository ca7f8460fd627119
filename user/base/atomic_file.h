/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes files that are there whole or not at all.
 */
#ifndef LUOSCOPE_ATOMIC_FILE_H
#define LUOSCOPE_ATOMIC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"

/**
 * file_write - write the @size bytes at @bytes to the file @path, "-" being standard output
 * @mode: of the file, whatever the umask
 *
 * A regular file is replaced by a rename in its directory: what was at @path before stays until
 * then. A device or a pipe is written to. Returns 0 or a negative errno.
 */
int file_write(const char *path, const void *bytes, size_t size, mode_t mode, struct error *error);

/**
 * file_is_same - whether writing to @a and to @b is writing to one file, under whatever names; "-"
 * is standard output
 *
 * Neither has to be there yet.
 */
bool file_is_same(const char *a, const char *b);

#endif /* LUOSCOPE_ATOMIC_FILE_H */
