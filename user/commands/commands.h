/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands: one file each, with its options and its help. argv[0] is "luoscope NAME".
 *
 * Exit status of all: 0 done, 1 error; of check and diff also 2 over budget, 3 inconclusive; never
 * an errno.
 */
#ifndef LUOSCOPE_COMMANDS_H
#define LUOSCOPE_COMMANDS_H

#include "base/error.h"

#ifndef LUOSCOPE_VERSION
#define LUOSCOPE_VERSION "unknown"
#endif

int cmd_record(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_tail(int argc, char **argv);
int cmd_save(int argc, char **argv);
int cmd_mark(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_timeline(int argc, char **argv);

/* Print "luoscope: TEXT", escaped, to stderr and return 1, for a command to return. */
int command_failed(const struct error *error);

/* Whether all of @what went to standard output: 0, or 1 after having said that it did not. */
int command_written(const char *what);

struct argp_state;

/* The number that --top wants, from 0 to 1000000; what is none ends the command. */
unsigned int command_top(const struct argp_state *state, const char *value);

#endif /* LUOSCOPE_COMMANDS_H */
