/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LUOSCOPE_INIT_H
#define LUOSCOPE_INIT_H

#include <stdbool.h>
#include <stdint.h>

/* Tell cmd_init() what the counter read when the program began: nothing may run before it. */
void init_begin(uint64_t begin_cycles);

/*
 * Whether the kernel has executed this program as its first process: by its path alone, so that all
 * words that follow are the real init's, be they called like commands. The first process of a
 * container is none: it may be any command. Needs no /proc. Where the kernel does not tell the two
 * apart, @has_command decides: whether the first word is a command's name.
 */
bool init_is_called_for(bool has_command);

#endif /* LUOSCOPE_INIT_H */
