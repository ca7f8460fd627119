/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gives up the rights that a command no longer needs.
 */
#ifndef LUOSCOPE_PRIVILEGES_H
#define LUOSCOPE_PRIVILEGES_H

#include <stdint.h>

/* A set of capabilities for privileges_keep(): PRIVILEGE(CAP_BPF) | ... */
#define PRIVILEGE(capability) (1ULL << (capability))

/**
 * privileges_keep - keep these capabilities, as far as there are any, and get no more
 *
 * No program that is executed later gets more, either. Rights that cannot be given up are kept:
 * nothing depends on them.
 */
void privileges_keep(uint64_t capabilities);

#endif /* LUOSCOPE_PRIVILEGES_H */
