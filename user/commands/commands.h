/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands. Each has a file with its options and its help. argv[0] is "luoscope NAME".
 *
 * Exit status: 0 done, 1 error; check and diff also have 2 for over budget and 3 for inconclusive,
 * and status --check 2 for not ready and 3 for not known. It is never an errno.
 */
#ifndef LUOSCOPE_COMMANDS_H
#define LUOSCOPE_COMMANDS_H

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
