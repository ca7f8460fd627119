/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of the views for people.
 */
#ifndef LUOSCOPE_REPORT_H
#define LUOSCOPE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* How many columns a device table can have, how many devices can be asked for, and sections. */
#define VIEW_SECTIONS 15
#define VIEW_COLUMNS  18
#define VIEW_DEVICES  64

/**
 * struct view_options - how the text view shows the model
 * @width:  columns that sentences may take; 0: 100
 * @terminal: the output is a terminal of @width columns: tables must fit, too. Elsewhere nothing is
 *            shortened, and an empty cell is "-"
 * @colour: show what is wrong in colours
 * @full:   all sections, and the head with all its lines; else one screen, or @sections
 * @sections: bits of view_section(): only these
 * @top:    how many rows of a long list of devices, files and so on, the slowest first; 0: all
 * @utf8:   names may be shown in UTF-8; else all is plain ASCII
 * @device: names of preserved devices: only these are shown, and what belongs to them; none: all
 * @is_sorted: sorted by @sort, the longest time first; else by name, or by downtime if not all are
 *             shown
 * @sort:   the column to sort by
 * @column: columns of view_devices()
 * @no_headings: device tables have no line of headings
 */
struct view_options {
	unsigned int width;
	bool terminal;
	bool colour;
	bool full;
	unsigned int sections;
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
