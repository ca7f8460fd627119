/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The names that users see for the enums of model.h: one table for each enum.
 */
#ifndef LUOSCOPE_MODEL_NAMES_H
#define LUOSCOPE_MODEL_NAMES_H

/* Name of enum model_part_kind, such as "initcalls". */
const char *name_part(unsigned int kind);

/* The outcome of the reset of a device that was not seen to be reset, although that was watched. */
#define RESET_NONE_SEEN "none_seen"

/* Name of enum model_source, such as "fentry"; "not observed" for 0. */
const char *name_source(unsigned int source);

/* Name of enum model_long_pole_kind, such as "device". */
const char *name_pole_kind(unsigned int kind);

#endif /* LUOSCOPE_MODEL_NAMES_H */
