/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pager for output that does not fit the terminal, as git and systemctl have it.
 */
#ifndef LUOSCOPE_PAGER_H
#define LUOSCOPE_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * struct pager - where to write what may be paged
 * @out:  write here
 * @text, @size: what was written, kept until it is known whether it fits
 */
struct pager {
	FILE *out;
	char *text;
	size_t size;
};

/**
 * pager_open - begin output to standard output
 * @wanted: it may be paged; it is if standard output is a terminal
 *
 * Returns 0 or -ENOMEM.
 */
int pager_open(struct pager *pager, bool wanted);

/**
 * pager_close - show what was written: through $LUOSCOPE_PAGER, $PAGER or less, if it does not fit
 * the terminal
 *
 * A pager that is "" or "cat" means none. If it cannot be run, or fails without having read
 * anything, the text is written without it. That the user quits before the end is no error. Returns
 * 0 or a negative errno.
 */
int pager_close(struct pager *pager);

#endif /* LUOSCOPE_PAGER_H */
