/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes files either completely or not at all.
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
 * A regular file is replaced by a rename in its directory: until then the old file stays. A device
 * or a pipe is written to directly. Returns 0 or a negative errno.
 */
int file_write(const char *path, const void *bytes, size_t size, mode_t mode, struct error *error);

/**
 * file_is_same - whether @a and @b are the same file, even under different names; "-" is standard
 * output
 *
 * The files need not exist yet.
 */
bool file_is_same(const char *a, const char *b);

#endif /* LUOSCOPE_ATOMIC_FILE_H */
