/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must not be stopped in its middle.
 */
#ifndef LUOSCOPE_SIGNALS_H
#define LUOSCOPE_SIGNALS_H

#include <signal.h>

/* Let the signals by which a user ends or stops a command wait. Sets *@before. */
void signals_hold(sigset_t *before);

/* Let them come again: one that has come meanwhile has its effect now. */
void signals_release(const sigset_t *before);

#endif /* LUOSCOPE_SIGNALS_H */
