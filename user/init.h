/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LUOSCOPE_INIT_H
#define LUOSCOPE_INIT_H

#include <stdint.h>

/* Tell cmd_init() what the counter read when the program began: nothing may run before it. */
void init_begin(uint64_t begin_cycles);

#endif /* LUOSCOPE_INIT_H */
