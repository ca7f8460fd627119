/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What there is to know about the terminal that somebody may be reading on.
 */
#ifndef LUOSCOPE_TERMINAL_H
#define LUOSCOPE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Columns of the terminal that @out writes to, at this moment; 0: it is no terminal. */
unsigned int terminal_width(FILE *out);

/**
 * terminal_width_asked - how many columns COLUMNS in the environment asks for; 0: it does not
 */
unsigned int terminal_width_asked(void);

/* Whether @out may be coloured: it is a terminal, TERM is not "dumb" and NO_COLOR is not set. */
bool terminal_has_colour(FILE *out);

#endif /* LUOSCOPE_TERMINAL_H */
