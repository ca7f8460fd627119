/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands: one file each, with its options and its help. argv[0] is "luoscope NAME".
 *
 * Exit status of all: 0 done, 1 error; of check and diff also 2 over budget, 3 inconclusive; never
 * an errno.
 */
#ifndef LUOSCOPE_COMMANDS_H
#define LUOSCOPE_COMMANDS_H

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

#endif /* LUOSCOPE_COMMANDS_H */
