/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of the views for people.
 */
#ifndef LUOSCOPE_REPORT_H
#define LUOSCOPE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* How many columns a device table can have, and how many devices can be asked for. */
#define VIEW_COLUMNS 15
#define VIEW_DEVICES 64

/**
 * struct view_options - how the text view shows the model
 * @width:  columns of the terminal; 0: no terminal, the width is 100
 * @top:    how many rows of a long list of devices, files and so on, the slowest first; 0: all
 * @utf8:   names may be shown in UTF-8; else all is plain ASCII
 * @device: names of the preserved devices to show; none: all of them
 * @is_sorted: sorted by @sort, the longest time first; else by name, or by downtime if not all are
 *             shown
 * @sort:   the column to sort by
 * @column: columns of view_devices()
 * @no_headings: device tables have no line of headings
 */
struct view_options {
	unsigned int width;
	unsigned int top;
	bool utf8;
	const char *device[VIEW_DEVICES];
	size_t devices;
	bool is_sorted;
	unsigned int sort;
	unsigned int column[VIEW_COLUMNS];
	size_t columns;
	bool no_headings;
};

#endif /* LUOSCOPE_REPORT_H */
