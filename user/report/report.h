/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Views: they read the model and write it out, and know nothing else.
 */
#ifndef LUOSCOPE_REPORT_H
#define LUOSCOPE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "model/model.h"

/* Name and version of the JSON document's form; docs/schema/report.schema.json has its schema. */
#define VIEW_JSON_SCHEMA "luoscope.report/1"

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
 *             have place by their dark time
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

/**
 * view_column - find a column of the table of devices by its name
 *
 * Returns its number, or -1.
 */
int view_column(const char *name);

/**
 * view_column_name - what column @column, below VIEW_COLUMNS, is called
 */
const char *view_column_name(unsigned int column);

/**
 * view_text - write the report for people
 *
 * On a terminal no line is wider than it, and tables leave columns out where they must. Elsewhere
 * they are all there.
 *
 * Returns 0 or a negative errno (-ENOMEM, or what writing to @out gave).
 */
int view_text(const struct model *model, FILE *out, const struct view_options *options);

/**
 * view_devices - write only a table of the preserved devices, with the columns of @options
 *
 * Returns what view_text() does.
 */
int view_devices(const struct model *model, FILE *out, const struct view_options *options);

/**
 * view_json - write the report as one JSON document
 *
 * Its schema is VIEW_JSON_SCHEMA. Each field has one type, or is null: what was not observed, or is
 * withheld, is null and never 0.
 *
 * - Names end in the unit. ..._ns are whole numbers; start_ns counts from the boundary
 *   update.origin, which is B0 (update_begin) whenever that was observed, and is
 *   negative before it.
 * - What may lie above 2^53 - 1, which JSON readers round, is a string of decimal digits: cycles,
 *   begin_realtime_ns, token, instance, key and detail. chain_id is 16 hexadecimal digits. Of what
 *   began 104 days before its origin, such readers round start_ns by a few ns.
 * - Counts above 2^53 - 1, which only a damaged area can hold, are told as 2^53 - 1.
 * - A result is 0 or a negative errno, and "error", or what ends in _error, its name, null if it
 *   went well or was not observed.
 * - update.complete: every file that was frozen came back; update.files_missing: how many did not;
 *   update.devices_missing: how many devices were not seen in service again; update.vms_missing:
 *   how many virtual machines were not seen to run again with all their vCPUs.
 * - phases[].parts: what jump and kernel_boot are made of, where the module was built into the new
 *   kernel; else null.
 * - devices[]: one for each preserved device. pci_id: "vendor:device" in hexadecimal; name: what the
 *   PCI id database calls it. The times of its steps are null where a step was not observed or did
 *   not end; in_service_ns is when it was seen in service again, after B0. reset: the one in the
 *   freeze; release_reset: in the new kernel, of a device that nobody retrieved; both null if there
 *   was none.
 *   dark_went_on: dark_ns ends with the retrieve, for it was not seen in service: it was longer.
 *   reset.floor_ns: what the PCI Express specification makes it take at least, excess_ns: what it
 *   took beyond that, negative if the kernel did not wait as long; null where nothing sets a floor.
 * - devices[].not_back, files[].not_back: it was not seen in service, or retrieved, again; null if
 *   that cannot be said. sessions[].files_away: files that were frozen and not seen to come back.
 * - vms[]: virtual machines, see struct model_vm; null: they were not watched. left_pid and
 *   came_pid: of its process in each kernel, null if it was not seen there.
 * - marks[]: those that belong to the update, each with name and instance. instant: it has no
 *   length, and duration_ns is 0; crosses: begun before the kexec and ended after it; open: never
 *   ended, so that duration_ns and end_ns are null; end_only: its begin was not seen, so that
 *   start_ns and duration_ns are null. marks_elsewhere: how many lie far from the update.
 * - manager: when the service manager did what, relative to update.origin; null if it tells
 *   nothing. docs/numbers.md has the list.
 * - boot: what the new kernel's log tells of its boot; null if the capture was made without it.
 *   docs/numbers.md has its moments and lists.
 * - poles[]: by how much the blackout would have been shorter without one thing (see struct
 *   model_pole), the longest first.
 * - Texts that are not valid UTF-8 have their bytes escaped (see escape_text()).
 *
 * Returns 0 or a negative errno.
 */
int view_json(const struct model *model, FILE *out);

/**
 * view_metrics - write the figures as OpenMetrics text, valid in Prometheus's older text format too
 * @top: how many devices, devices shut down and marks have samples of their own; 0: all
 *
 * docs/metrics.md lists the metrics. What was not observed, or is withheld, has no sample. Names
 * are escaped by escape_text(). Returns 0 or a negative errno.
 */
int view_metrics(const struct model *model, FILE *out, unsigned int top);

#endif /* LUOSCOPE_REPORT_H */
