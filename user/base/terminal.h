/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Properties of the terminal, if there is one.
 */
#ifndef LUOSCOPE_TERMINAL_H
#define LUOSCOPE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Colours, and back from all of them. */
#define TERMINAL_RED	"\033[1;31m"
#define TERMINAL_YELLOW "\033[33m"
#define TERMINAL_BOLD	"\033[1m"
#define TERMINAL_PLAIN	"\033[0m"

/*
 * Width and height of the terminal that @out writes to; 0: it is not a terminal. COLUMNS and LINES
 * in the environment override what the terminal says.
 */
unsigned int terminal_width(FILE *out);
unsigned int terminal_height(FILE *out);

/**
 * terminal_text_width - the width that sentences are to fit on @out: that of the terminal, or
 * elsewhere what COLUMNS asks for; 0: neither is known
 */
unsigned int terminal_text_width(FILE *out);

/* Whether @out may be coloured: it is a terminal, TERM is not "dumb" and NO_COLOR is not set. */
bool terminal_has_colour(FILE *out);

#endif /* LUOSCOPE_TERMINAL_H */
