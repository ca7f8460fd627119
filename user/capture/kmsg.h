/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads the running kernel's log.
 */
#ifndef LUOSCOPE_KMSG_H
#define LUOSCOPE_KMSG_H

#include <stdbool.h>

/**
 * kmsg_read - hand the records of /dev/kmsg to @take, the oldest first, until it returns false
 *
 * A record is "<priority>,<sequence>,<usec>,<flags>[,...];<text>\n", then the lines of a dictionary;
 * @take may change it. Returns 0, or a negative errno if the log cannot be opened.
 */
int kmsg_read(bool (*take)(void *context, char *record), void *context);

/**
 * kmsg_text - the text of @record, which is cut off behind it; @usec: when it was logged
 *
 * Returns NULL if the kernel itself did not write it: programs can write to the log as well.
 */
char *kmsg_text(char *record, unsigned long long *usec);

#endif /* LUOSCOPE_KMSG_H */
