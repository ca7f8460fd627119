/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LUOSCOPE_LOG_LINE_H
#define LUOSCOPE_LOG_LINE_H

/*
 * Write a line to the kernel log, where an operator looks when the console is gone; stderr, which
 * is used instead if that fails, may not even be open.
 */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

#endif /* LUOSCOPE_LOG_LINE_H */
