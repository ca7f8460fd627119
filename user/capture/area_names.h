/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The names that users read of what <luoscope/stats_area.h> numbers: one table for each enum.
 */
#ifndef LUOSCOPE_AREA_NAMES_H
#define LUOSCOPE_AREA_NAMES_H

#include <stddef.h>
#include <stdint.h>

/**
 * name_kind - name of enum luo_stats_kind @kind, such as "freeze"
 *
 * An unknown kind becomes "kind 77", in @buffer of NAME_BYTES, which must stay as long as the name
 * is used.
 */
const char *name_kind(unsigned int kind, char *buffer);

/* Name of enum luo_stats_slot, such as "update_begin"; "unknown" above B11. */
const char *name_slot(unsigned int slot);

/*
 * Name of the phase that the boundary @slot (B1 to B11) ends, such as "freeze"; "unknown" for
 * others.
 */
const char *name_phase(unsigned int slot);

/* Name of enum luo_stats_anchor_slot, such as "load". */
const char *name_anchor(unsigned int slot);

/* Name of luo_stats_header.counter: "tsc", "cntvct" or "unknown". */
const char *name_counter(unsigned int counter);

/* Name of bit @bit of enum luo_stats_watch, such as "retrieve"; NULL after the last one. */
const char *name_watch(unsigned int bit);

/* Name of enum luo_stats_reset_outcome, such as "busy"; "unknown" for 0. */
const char *name_reset_outcome(unsigned int outcome);

/* Name of a lock that a reset found busy, such as "device"; "unknown" for 0. */
const char *name_reset_lock(unsigned int lock);

/* Name of enum luo_stats_again: "idle" if it was spared, else why it was not, or "unknown". */
const char *name_again(uint64_t again);

/* The same in words; for an unknown value, words that say so. */
const char *words_again(uint64_t again);

#endif /* LUOSCOPE_AREA_NAMES_H */
