/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a user can ask of the views for people.
 */
#ifndef LUOSCOPE_REPORT_H
#define LUOSCOPE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* How many columns a table of devices can have, and how many devices can be asked for. */
#define VIEW_COLUMNS 15
#define VIEW_DEVICES 64

/**
 * struct view_options - how the text view shows the model
 * @width:  columns of the terminal; 0: there is none, and the width is 100
 * @top:    how many of the slowest devices, files and others of long lists; 0: all
 * @utf8:   names may be shown in UTF-8; else all is plain ASCII
 * @device: names of the preserved devices that are shown; none: all of them
 * @is_sorted: they are sorted by @sort, the longest time first; else by their names, or if not all
 *             have place by their downtime
 * @sort:   column by which they are sorted
 * @column: columns of view_devices()
 * @no_headings: tables of devices have no line with the columns' names
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
