/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tells the service manager that started this process how it is getting on, as sd_notify(3)
 * describes it.
 */
#ifndef LUOSCOPE_NOTIFY_H
#define LUOSCOPE_NOTIFY_H

/*
 * Send @text, such as "READY=1\nSTATUS=...". Where no manager wants to know, nothing happens; nor
 * is there anything to do about one that cannot be reached.
 */
void notify_manager(const char *text);

#endif /* LUOSCOPE_NOTIFY_H */
