/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel was booted with.
 */
#ifndef LUOSCOPE_COMMAND_LINE_H
#define LUOSCOPE_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * command_line_switch - does the kernel's command line turn @name on?
 *
 * Returns 1 if it does, 0 if it turns it off, -1 if it does not mention it. The last mention
 * counts.
 */
int command_line_switch(const char *name);

/*
 * Returns the value of NAME=VALUE on the command line, which the caller frees, or NULL. The last
 * one counts, as for the kernel: "--reuse-cmdline --append" adds at the end.
 */
char *command_line_value(const char *name);

/* Whether the command line has the word @wanted. */
bool command_line_has(const char *wanted);

/* All words that begin with @prefix, without it and after a blank each, as far as there is room. */
void command_line_words(const char *prefix, char *words, size_t size);

#endif /* LUOSCOPE_COMMAND_LINE_H */
