/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reports the state of this process to the service manager that started it, like sd_notify(3).
 */
#ifndef LUOSCOPE_NOTIFY_H
#define LUOSCOPE_NOTIFY_H

/*
 * Send @text, such as "READY=1\nSTATUS=...". Does nothing without a service manager. Errors are
 * ignored, because the caller could not do anything about them.
 */
void notify_manager(const char *text);

#endif /* LUOSCOPE_NOTIFY_H */
