/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LUOSCOPE_INIT_H
#define LUOSCOPE_INIT_H

#include <stdbool.h>
#include <stdint.h>

/* Give cmd_init() the value of the counter when the program began. Called before anything else. */
void init_begin(uint64_t begin_cycles);

/*
 * Whether the kernel executed this program as its first process. The kernel does so by path alone,
 * so all words that follow belong to the real init, even if one looks like a command. The first
 * process of a container does not count: it may run any command. Works without /proc. On a kernel
 * that cannot distinguish the two, @has_command decides: whether the first word is a command.
 */
bool init_is_called_for(bool has_command);

#endif /* LUOSCOPE_INIT_H */
