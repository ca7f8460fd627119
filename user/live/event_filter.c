// SPDX-License-Identifier: GPL-2.0
#include "event_filter.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "capture/area_names.h"

static const char *const outcomes[EVENT_OUTCOMES] = {
	[EVENT_NO_OUTCOME] = "", [EVENT_OK] = "ok",	[EVENT_FAILED] = "failed",
	[EVENT_BUSY] = "busy",	 [EVENT_NONE] = "none",
};

const char *name_event_outcome(enum event_outcome outcome)
{
	return outcomes[outcome];
}

bool event_has_reset(const struct luoscope_event *event)
{
	return event->type == LUOSCOPE_EVENT_END &&
	       event->subject.kind == LUO_STATS_SUBJECT_DEVICE &&
	       (event->kind == LUO_STATS_RESET || event->kind == LUO_STATS_FREEZE) && event->detail;
}

bool event_has_duration(const struct luoscope_event *event)
{
	return event->type == LUOSCOPE_EVENT_END &&
	       (event->kind != LUO_STATS_MARK || event->detail != LUO_STATS_MARK_END);
}

enum event_outcome event_outcome(const struct luoscope_event *event)
{
	if (event->type == LUOSCOPE_EVENT_BEGIN || event->type == LUOSCOPE_EVENT_INSTANT)
		return EVENT_NO_OUTCOME;
	if (event->kind == LUO_STATS_RESET && event_has_reset(event)) {
		switch (LUO_STATS_RESET_OUTCOME(event->detail)) {
		case LUO_STATS_RESET_OK:
			return EVENT_OK;
		case LUO_STATS_RESET_FAILED:
			return EVENT_FAILED;
		case LUO_STATS_RESET_BUSY:
			return EVENT_BUSY;
		case LUO_STATS_RESET_NONE:
			return EVENT_NONE;
		}
	}
	if (event->result)
		return EVENT_FAILED;
	return event->type == LUOSCOPE_EVENT_END ? EVENT_OK : EVENT_NO_OUTCOME;
}

/*
 * Kind 0 stands for the boundaries. Returns NULL if there are no events of that kind: the last exit
 * of a vCPU is known only when no process is left to read events.
 */
static const char *filter_kind(unsigned int kind)
{
	char buffer[NAME_BYTES];
	const char *name = name_kind(kind, buffer);

	if (!kind)
		return "boundary";
	return name == buffer || kind == LUO_STATS_VCPU_EXIT ? NULL : name;
}

void event_filter_kinds(char *list)
{
	size_t length = 0;
	unsigned int kind;

	for (kind = 0; kind < LUO_STATS_KINDS && length < EVENT_FILTER_KINDS_BYTES; kind++)
		if (filter_kind(kind))
			length += snprintf(list + length, EVENT_FILTER_KINDS_BYTES - length, "%s%s",
					   length ? ", " : "", filter_kind(kind));
}

int event_filter_add_kind(struct event_filter *filter, const char *name, struct error *error)
{
	char list[EVENT_FILTER_KINDS_BYTES], escaped[ESCAPED_BYTES];
	unsigned int kind;

	for (kind = 0; kind < LUO_STATS_KINDS; kind++) {
		const char *known = filter_kind(kind);

		if (known && !strcmp(known, name)) {
			filter->kinds |= 1U << kind;
			return 0;
		}
	}
	event_filter_kinds(list);
	return error_set(error, -EINVAL, "there is no kind '%.40s'; the kinds are %s",
			 escape_text(escaped, name, false), list);
}

int event_filter_add_outcome(struct event_filter *filter, const char *name, struct error *error)
{
	char escaped[ESCAPED_BYTES];
	unsigned int i;

	for (i = EVENT_OK; i < EVENT_OUTCOMES; i++) {
		if (strcmp(outcomes[i], name))
			continue;
		filter->outcomes |= 1U << i;
		return 0;
	}
	return error_set(error, -EINVAL,
			 "there is no outcome '%.40s'; the outcomes are ok, failed, busy and none",
			 escape_text(escaped, name, false));
}

static bool device_exists(const char *sysfs, const char *name)
{
	char path[512];
	struct dirent *entry;
	bool found = false;
	DIR *buses;

	if (!*name || *name == '.' || strchr(name, '/'))
		return false;
	snprintf(path, sizeof(path), "%s/bus", sysfs);
	buses = opendir(path);
	while (buses && !found && (entry = readdir(buses))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "%s/bus/%.200s/devices/%.64s", sysfs, entry->d_name,
			 name);
		found = !access(path, F_OK);
	}
	if (buses)
		closedir(buses);
	return found;
}

/* List the devices that can be preserved. */
static void list_devices(const char *sysfs, char *list, size_t size)
{
	char path[512];
	struct dirent *entry;
	size_t length = 0;
	DIR *driver;

	*list = '\0';
	snprintf(path, sizeof(path), "%s/bus/pci/drivers/vfio-pci", sysfs);
	driver = opendir(path);
	while (driver && length < size && (entry = readdir(driver))) {
		if (strchr(entry->d_name, ':'))
			length += snprintf(list + length, size - length, "%s%.20s",
					   length ? ", " : "", entry->d_name);
	}
	if (driver)
		closedir(driver);
}

int event_filter_add_device(struct event_filter *filter, const char *name, const char *sysfs,
			    struct error *error)
{
	const size_t size = sizeof(filter->device[0]);
	char *device = filter->device[filter->devices];
	char escaped[ESCAPED_BYTES];
	char list[300];

	if (filter->devices == FILTER_DEVICES)
		return error_set(error, -E2BIG, "at most %d devices can be given", FILTER_DEVICES);
	if (strlen(name) + strlen("0000:") < size) {
		snprintf(device, size, "%s", name);
		if (!device_exists(sysfs, device))
			snprintf(device, size, "0000:%s", name);
		if (device_exists(sysfs, device)) {
			filter->devices++;
			return 0;
		}
	}
	list_devices(sysfs, list, sizeof(list));
	return error_set(error, -ENODEV, "there is no device '%.70s' on this host; %s%s",
			 escape_text(escaped, name, false),
			 *list ? "vfio-pci has " : "vfio-pci has none", list);
}

static bool matches_device(const struct event_filter *filter,
			   const struct luo_stats_subject_key *subject)
{
	size_t i;

	for (i = 0; i < filter->devices; i++) {
		if (subject->kind == LUO_STATS_SUBJECT_DEVICE &&
		    !strncmp(subject->name, filter->device[i], sizeof(subject->name)))
			return true;
	}
	return !filter->devices;
}

static bool matches_kind(const struct event_filter *filter, const struct luoscope_event *event)
{
	const unsigned int kind = event->type == LUOSCOPE_EVENT_BOUNDARY ? 0 : event->kind;

	return !filter->kinds || (kind < LUO_STATS_KINDS && filter->kinds >> kind & 1);
}

bool event_filter_matches(const struct event_filter *filter, const struct luoscope_event *event)
{
	if (filter->outcomes && !(filter->outcomes >> event_outcome(event) & 1))
		return false;
	if (filter->min_duration_ns &&
	    (event->type != LUOSCOPE_EVENT_END || event->duration_ns < filter->min_duration_ns))
		return false;
	return matches_kind(filter, event) && matches_device(filter, &event->subject);
}

bool event_filter_matches_open(const struct event_filter *filter,
			       const struct luoscope_event *begin, uint64_t age_ns)
{
	return !filter->outcomes && age_ns >= filter->min_duration_ns &&
	       matches_kind(filter, begin) && matches_device(filter, &begin->subject);
}
