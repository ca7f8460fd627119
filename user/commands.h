/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands: one file each, with its options and its help. argv[0] is "luoscope NAME".
 *
 * Exit status of all: 0 done, 1 error; never an errno.
 */
#ifndef LUOSCOPE_COMMANDS_H
#define LUOSCOPE_COMMANDS_H

#include "error.h"

#ifndef LUOSCOPE_VERSION
#define LUOSCOPE_VERSION "unknown"
#endif

int cmd_record(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_save(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_status(int argc, char **argv);

/* Print "luoscope: TEXT" to stderr and return 1, for a command to return. */
int command_failed(const struct error *error);

#endif /* LUOSCOPE_COMMANDS_H */
