/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel was booted with.
 */
#ifndef LUOSCOPE_COMMAND_LINE_H
#define LUOSCOPE_COMMAND_LINE_H

/**
 * command_line_switch - does the kernel's command line turn @name on?
 *
 * Returns 1 if it does, 0 if it turns it off, -1 if it does not mention it. The last mention
 * counts.
 */
int command_line_switch(const char *name);

#endif /* LUOSCOPE_COMMAND_LINE_H */
