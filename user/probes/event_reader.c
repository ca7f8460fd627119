// SPDX-License-Identifier: GPL-2.0
#include "event_reader.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <luoscope/event.h>

#include "base/array.h"
#include "base/error.h"
#include "event_log.h"
#include "pins.h"
#include "refusal.h"

/* How often to look for the pins in a kernel that does not say when they go. */
#define LOOK_MS 1000

/* A writer takes less to finish its event, unless its CPU is taken away. */
#define WRITE_MS 10

/**
 * struct event_reader - one reader of the events, and how it sleeps
 * @log:      mapped
 * @pin:      of the log, when it was opened
 * @consumer: position in the bell, mapped
 * @producer: the same
 * @bell:     the ring buffer
 * @epoll:    readable once the bell was rung or a pin was removed
 * @removals: inotify: pins that are removed; -1: the kernel has no inotify
 */
struct event_reader {
	struct luoscope_log *log;
	struct event_log_reader log_reader;
	struct stat pin;
	unsigned long *consumer;
	const unsigned long *producer;
	int bell;
	int epoll;
	int removals;
};

static size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* Returns NULL, with errno set, if it cannot be mapped. */
static void *map(int fd, size_t size, int protection, off_t offset)
{
	void *address = mmap(NULL, size, protection, MAP_SHARED, fd, offset);

	return address == MAP_FAILED ? NULL : address;
}

/* The mappings keep what they map. Returns 0 or a negative errno. */
static int map_log(struct event_reader *reader)
{
	const int fd = bpf_obj_get(PINS_EVENTS);
	int err = 0;

	if (fd < 0)
		return -errno;
	reader->log = map(fd, sizeof(*reader->log), PROT_READ, 0);
	if (!reader->log)
		err = -errno;
	close(fd);
	return err;
}

/*
 * Each ring is to end a wait, and the record that stays unread is not: so edges count. Returns 0 or
 * a negative errno.
 */
static int open_bell(struct event_reader *reader)
{
	struct epoll_event rung = { .events = EPOLLIN | EPOLLET };

	/* Closed, it would leave the epoll instance. */
	reader->bell = bpf_obj_get(PINS_BELL);
	if (reader->bell < 0)
		return -errno;
	reader->consumer = map(reader->bell, page_size(), PROT_READ | PROT_WRITE, 0);
	if (reader->consumer)
		reader->producer = map(reader->bell, page_size(), PROT_READ, page_size());
	if (!reader->producer || epoll_ctl(reader->epoll, EPOLL_CTL_ADD, reader->bell, &rung))
		return -errno;
	return 0;
}

/* Where this fails, event_reader_wait() ends from time to time. */
static void watch_pins(struct event_reader *reader)
{
	struct epoll_event removed = { .events = EPOLLIN };

	reader->removals = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (reader->removals < 0)
		return;
	if (inotify_add_watch(reader->removals, PINS_DIR, IN_DELETE | IN_DELETE_SELF) < 0 ||
	    epoll_ctl(reader->epoll, EPOLL_CTL_ADD, reader->removals, &removed)) {
		close(reader->removals);
		reader->removals = -1;
	}
}

/* Returns 0 or a negative errno. */
static int open_pins(struct event_reader *reader)
{
	int err;

	reader->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (reader->epoll < 0)
		return -errno;
	/* First: whatever is removed or replaced from here on is noticed. */
	watch_pins(reader);
	err = stat(PINS_EVENTS, &reader->pin) ? -errno : map_log(reader);
	return err ?: open_bell(reader);
}

int event_reader_open(struct event_reader **ret_reader, size_t history, struct error *error)
{
	struct event_reader *reader = calloc(1, sizeof(*reader));
	struct refusal_facts facts;
	char cause[REFUSAL_BYTES];
	int err;

	if (!reader)
		return error_set(error, -ENOMEM, "out of memory");
	reader->bell = reader->epoll = reader->removals = -1;
	err = open_pins(reader);
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
		refusal_look(&facts);
		if (refusal_cause(cause, &facts, err))
			return error_set(error, err, "cannot map the probes' events: %s", cause);
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

/* Forget what ended the wait: the caller looks at everything. */
static void clear(const struct event_reader *reader)
{
	struct epoll_event events[2];
	char removed[4096];

	epoll_wait(reader->epoll, events, ARRAY_SIZE(events), 0);
	while (reader->removals >= 0 && read(reader->removals, removed, sizeof(removed)) > 0)
		;
}

/* Of two times, of which -1 is for ever. */
static int sooner(int a_ms, int b_ms)
{
	return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

void event_reader_wait(const struct event_reader *reader, struct pollfd *other, int most_ms,
		       const volatile sig_atomic_t *stopped)
{
	struct pollfd fds[2] = { { .fd = reader->epoll, .events = POLLIN }, { .fd = -1 } };
	sigset_t all, before;
	struct timespec most;

	if (other)
		fds[1] = *other;
	event_bell_arm(reader->consumer, reader->producer);
	if (event_reader_head(reader) != event_reader_number(reader))
		most_ms = sooner(most_ms, WRITE_MS);
	else if (reader->removals < 0)
		most_ms = sooner(most_ms, LOOK_MS);
	most = (struct timespec){ most_ms / 1000, most_ms % 1000 * 1000000 };
	/* A signal that comes after the look at @stopped must end the wait. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (!*stopped)
		ppoll(fds, ARRAY_SIZE(fds), most_ms < 0 ? NULL : &most, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	clear(reader);
	if (other)
		other->revents = fds[1].revents;
}

static void unmap(void *address, size_t size)
{
	if (address)
		munmap(address, size);
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void event_reader_free(struct event_reader *reader)
{
	if (!reader)
		return;
	unmap(reader->log, sizeof(*reader->log));
	unmap(reader->consumer, page_size());
	unmap((void *)reader->producer, page_size());
	close_if_open(reader->bell);
	close_if_open(reader->removals);
	close_if_open(reader->epoll);
	free(reader);
}
