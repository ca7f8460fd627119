/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signals are held back while a command does what must not be interrupted.
 */
#ifndef LUOSCOPE_SIGNALS_H
#define LUOSCOPE_SIGNALS_H

#include <signal.h>

/* Block the signals by which a user ends or stops a command. Sets *@before. */
void signals_hold(sigset_t *before);

/* Unblock them. A signal that arrived meanwhile takes effect now. */
void signals_release(const sigset_t *before);

#endif /* LUOSCOPE_SIGNALS_H */
