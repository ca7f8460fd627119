/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is KHO on in this kernel, and if it is not, why?
 */
#ifndef LUOSCOPE_KHO_H
#define LUOSCOPE_KHO_H

#include <stdbool.h>

#include "base/text.h"

/**
 * struct kho - what was found out
 * @on:           it is on
 * @off:          the kernel log says that it is off
 * @is_requested: the kernel's command line turns it on
 * @line:         the line of the log by which the kernel turned it off itself; "" if there is none
 */
struct kho {
	bool on;
	bool off;
	bool is_requested;
	char line[128];
};

/**
 * kho_look - look at sysfs, at the command line, and if KHO does not seem to be on, at the log
 */
void kho_look(struct kho *kho);

#endif /* LUOSCOPE_KHO_H */
