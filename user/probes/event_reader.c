// SPDX-License-Identifier: GPL-2.0
#include "event_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <luoscope/event.h>

#include "base/error.h"
#include "event_log.h"
#include "pins.h"

struct event_reader {
	struct luoscope_log *log;
	struct event_log_reader log_reader;
	struct stat pin;
};

/* Returns 0 or a negative errno. */
static int map_log(struct event_reader *reader)
{
	const int fd = bpf_obj_get(PINS_EVENTS);
	void *log;
	int err;

	if (fd < 0)
		return -errno;
	log = mmap(NULL, sizeof(*reader->log), PROT_READ, MAP_SHARED, fd, 0);
	err = log == MAP_FAILED ? -errno : 0;
	/* The mapping keeps the log. */
	close(fd);
	reader->log = err ? NULL : log;
	return err;
}

int event_reader_open(struct event_reader **ret_reader, size_t history, struct error *error)
{
	struct event_reader *reader = calloc(1, sizeof(*reader));
	int err;

	if (!reader)
		return error_set(error, -ENOMEM, "out of memory");
	/* The pin first: if it is replaced in the meantime, event_reader_is_attached() notices. */
	err = stat(PINS_EVENTS, &reader->pin) ? -errno : map_log(reader);
	if (err) {
		event_reader_free(reader);
		if (geteuid())
			return error_set(error, -EPERM, "reading events needs root");
		if (err == -ENOENT && probes_attached())
			return error_set(
				error, err,
				"the attached probes are from another version of luoscope; run 'luoscope detach', then 'luoscope record'");
		if (err == -ENOENT)
			return error_set(
				error, err,
				"no probes are attached; 'luoscope record --no-follow' attaches them, until 'luoscope detach'");
		return error_set(
			error, err,
			"cannot map the probes' events: %s; run 'luoscope detach', then 'luoscope record'",
			strerror(-err));
	}
	event_log_start(&reader->log_reader, reader->log, history);
	*ret_reader = reader;
	return 0;
}

bool event_reader_next(struct event_reader *reader, struct luoscope_event *event, uint64_t *lost)
{
	return event_log_next(&reader->log_reader, event, lost);
}

uint64_t event_reader_number(const struct event_reader *reader)
{
	return reader->log_reader.next;
}

uint64_t event_reader_head(const struct event_reader *reader)
{
	return __atomic_load_n(&reader->log->head, __ATOMIC_ACQUIRE);
}

bool event_reader_is_attached(const struct event_reader *reader)
{
	struct stat now;

	return !stat(PINS_EVENTS, &now) && now.st_ino == reader->pin.st_ino &&
	       now.st_dev == reader->pin.st_dev;
}

void event_reader_free(struct event_reader *reader)
{
	if (!reader)
		return;
	if (reader->log)
		munmap(reader->log, sizeof(*reader->log));
	free(reader);
}
