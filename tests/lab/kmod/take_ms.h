/* SPDX-License-Identifier: GPL-2.0 */
/* How a fault generator takes the time that a test asks for. */
#ifndef LAB_TAKE_MS_H
#define LAB_TAKE_MS_H

#include <linux/delay.h>

/*
 * Sleep for at least @ms. By the clock, because jiffies may be late in a guest, and msleep() then
 * ends too early; and for a bit longer, because clocks differ.
 */
static inline void take_ms(unsigned int ms)
{
	usleep_range(ms * 1010, ms * 1010 + 100);
}

#endif /* LAB_TAKE_MS_H */
