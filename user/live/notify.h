/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reports the state of this process to the service manager that started it, like sd_notify(3).
 */
#ifndef LUOSCOPE_NOTIFY_H
#define LUOSCOPE_NOTIFY_H

#include <stddef.h>

/**
 * send_datagram - send @bytes to the UNIX socket @path; "@name" is an abstract one
 *
 * Returns 0 or a negative errno.
 */
int send_datagram(const char *path, const void *bytes, size_t size);

/*
 * Send @text, such as "READY=1\nSTATUS=...". Does nothing without a service manager. Errors are
 * ignored, because the caller could not do anything about them.
 */
void notify_manager(const char *text);

#endif /* LUOSCOPE_NOTIFY_H */
