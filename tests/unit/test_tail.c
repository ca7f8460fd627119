// SPDX-License-Identifier: GPL-2.0
/*
 * Events as they happen: reading the log while it is written, filters, and what the lines look
 * like.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <jansson.h>
#include <cmocka.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "live/event_filter.h"
#include "live/open_spans.h"
#include "live/status_line.h"
#include "live/tail.h"
#include "live/tail_json.h"
#include "live/tail_text.h"
#include "probes/event_log.h"

/* The log */

static struct luoscope_log *log_with(uint64_t events)
{
	struct luoscope_log *log = calloc(1, sizeof(*log));
	uint64_t number = events > LUOSCOPE_LOG_SLOTS ? events - LUOSCOPE_LOG_SLOTS : 0;

	log->head = events;
	for (; number < events; number++) {
		struct luoscope_log_slot *slot = &log->slot[number % LUOSCOPE_LOG_SLOTS];

		slot->sequence = number + 1;
		slot->event.detail = number;
	}
	return log;
}

static void log_append(struct luoscope_log *log)
{
	struct luoscope_log_slot *slot = &log->slot[log->head % LUOSCOPE_LOG_SLOTS];

	slot->event.detail = log->head;
	slot->sequence = ++log->head;
}

static void assert_next(struct event_log_reader *reader, uint64_t number, uint64_t expect_lost)
{
	struct luoscope_event event;
	uint64_t lost = 0;

	assert_true(event_log_next(reader, &event, &lost));
	assert_int_equal(event.detail, number);
	assert_int_equal(lost, expect_lost);
}

static void assert_no_next(struct event_log_reader *reader)
{
	struct luoscope_event event;
	uint64_t lost = 0;

	assert_false(event_log_next(reader, &event, &lost));
	assert_int_equal(lost, 0);
}

static void test_log_start(void **state)
{
	struct luoscope_log *log = log_with(10);
	struct event_log_reader reader;

	(void)state;
	event_log_start(&reader, log, 0);
	assert_no_next(&reader);
	log_append(log);
	assert_next(&reader, 10, 0);
	assert_no_next(&reader);
	event_log_start(&reader, log, 3);
	assert_next(&reader, 8, 0);
	event_log_start(&reader, log, 1000000);
	assert_next(&reader, 0, 0);
	free(log);

	log = log_with(LUOSCOPE_LOG_SLOTS + 7);
	event_log_start(&reader, log, 1000000);
	assert_next(&reader, 7, 0);
	free(log);
}

/* Two readers, one that is slow: each has a place of its own, and what is lost is counted. */
static void test_log_overrun(void **state)
{
	struct luoscope_log *log = log_with(5);
	struct event_log_reader slow, quick;
	unsigned int i;

	(void)state;
	event_log_start(&slow, log, 5);
	event_log_start(&quick, log, 0);
	assert_next(&slow, 0, 0);
	for (i = 0; i < LUOSCOPE_LOG_SLOTS + 100; i++) {
		log_append(log);
		assert_next(&quick, 5 + i, 0);
	}
	/* Of 5 + SLOTS + 100 events the first 105 are gone, and one of them it had. */
	assert_next(&slow, 105, 104);
	assert_next(&slow, 106, 0);
	assert_no_next(&quick);
	free(log);
}

static void test_log_being_written(void **state)
{
	struct luoscope_log *log = log_with(LUOSCOPE_LOG_SLOTS + 3);
	struct event_log_reader reader;
	struct luoscope_event event;
	uint64_t lost = 0;
	unsigned int i;

	(void)state;
	event_log_start(&reader, log, 2);
	/* Its writer has the number, and has not come to write: what is there is a round older. */
	log->slot[1].sequence = 2;
	assert_no_next(&reader);
	log->slot[1].sequence = 0;
	assert_no_next(&reader);
	log->slot[1].sequence = LUOSCOPE_LOG_SLOTS + 2;
	assert_next(&reader, LUOSCOPE_LOG_SLOTS + 1, 0);
	assert_next(&reader, LUOSCOPE_LOG_SLOTS + 2, 0);

	/* Written over between the look at the head and the look at the slot. */
	event_log_start(&reader, log, 2);
	log->slot[1].sequence = 2 * LUOSCOPE_LOG_SLOTS + 2;
	assert_next(&reader, LUOSCOPE_LOG_SLOTS + 2, 1);

	/* A writer that never comes back stops nobody for good. */
	event_log_start(&reader, log, 2);
	log->slot[1].sequence = 0;
	for (i = 0; i < 1000 && !event_log_next(&reader, &event, &lost); i++)
		assert_int_equal(lost, 0);
	assert_in_range(i, 10, 999);
	assert_int_equal(lost, 1);
	assert_int_equal(event.detail, LUOSCOPE_LOG_SLOTS + 2);
	free(log);
}

/* As the programs write it, all the time, with its number in every field of an event. */
static void *write_for_ever(void *context)
{
	struct luoscope_log *log = context;

	while (!__atomic_load_n(&log->reserved, __ATOMIC_RELAXED)) {
		const uint64_t number = __atomic_fetch_add(&log->head, 1, __ATOMIC_SEQ_CST);
		struct luoscope_log_slot *slot = &log->slot[number % LUOSCOPE_LOG_SLOTS];

		__atomic_exchange_n(&slot->sequence, 0, __ATOMIC_SEQ_CST);
		slot->event.boottime_ns = number;
		slot->event.subject.key = number;
		memset(slot->event.subject.name, number & 0xff, sizeof(slot->event.subject.name));
		memset(slot->event.subject.group, number & 0xff, sizeof(slot->event.subject.group));
		__atomic_exchange_n(&slot->sequence, number + 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/*
 * A reader that is always about to be overtaken: what it reads is whole, and with what it lost it
 * is everything.
 */
static void test_log_while_written(void **state)
{
	struct luoscope_log *log = log_with(0);
	struct event_log_reader reader;
	uint64_t read = 0, lost = 0;
	pthread_t writer;

	(void)state;
	event_log_start(&reader, log, 0);
	assert_int_equal(pthread_create(&writer, NULL, write_for_ever, log), 0);
	while (read < 300000) {
		struct luoscope_event event;

		/* To the oldest event that there is, which is written over next. */
		if (read % 16 == 0) {
			const uint64_t head = __atomic_load_n(&log->head, __ATOMIC_SEQ_CST);

			if (head > reader.next + LUOSCOPE_LOG_SLOTS) {
				lost += head - LUOSCOPE_LOG_SLOTS - reader.next;
				reader.next = head - LUOSCOPE_LOG_SLOTS;
			}
		}
		if (!event_log_next(&reader, &event, &lost))
			continue;
		read++;
		if (event.boottime_ns + 1 != reader.next || event.subject.key + 1 != reader.next ||
		    (unsigned char)event.subject.name[63] != (event.boottime_ns & 0xff) ||
		    (unsigned char)event.subject.group[0] != (event.boottime_ns & 0xff) ||
		    (unsigned char)event.subject.group[31] != (event.boottime_ns & 0xff))
			fail_msg("event %" PRIu64 " is a mixture", event.boottime_ns);
		assert_int_equal(read + lost, reader.next);
	}
	log->reserved = 1;
	pthread_join(writer, NULL);
	free(log);
}

/* The bell */

/* As a program rings it. */
static bool ring(unsigned long consumer, unsigned long *producer)
{
	if (*producer - consumer > LUOSCOPE_BELL_RECORD)
		return false;
	__atomic_fetch_add(producer, LUOSCOPE_BELL_RECORD, __ATOMIC_SEQ_CST);
	return true;
}

static void test_bell(void **state)
{
	unsigned long consumer = 0, producer = 0, early;
	unsigned int i;

	(void)state;
	/* Nobody has slept yet: no more than twice. */
	assert_true(ring(consumer, &producer));
	assert_true(ring(consumer, &producer));
	assert_false(ring(consumer, &producer));

	event_bell_arm(&consumer, &producer);
	/* Something stays unread, for whoever polls it only now. */
	assert_int_equal(producer - consumer, LUOSCOPE_BELL_RECORD);
	assert_true(ring(consumer, &producer));
	assert_false(ring(consumer, &producer));

	/* One that was interrupted in it, and has an old end, does not move it back. */
	early = producer;
	for (i = 0; i < 3; i++) {
		event_bell_arm(&consumer, &producer);
		assert_true(ring(consumer, &producer));
	}
	event_bell_arm(&consumer, &producer);
	event_bell_arm(&consumer, &early);
	assert_int_equal(producer - consumer, LUOSCOPE_BELL_RECORD);
	assert_true(ring(consumer, &producer));
}

#define BELL_EVENTS  20000
#define BELL_READERS 3

static struct {
	unsigned long written, consumer, producer;
	/* What a kernel would do with it: each time, all who poll wake up. */
	unsigned long rung;
	unsigned long read[BELL_READERS];
} bell;

static void *sleep_and_read(void *context)
{
	unsigned long *read = context, woken;

	while (*read < BELL_EVENTS) {
		woken = __atomic_load_n(&bell.rung, __ATOMIC_SEQ_CST);
		__atomic_store_n(read, __atomic_load_n(&bell.written, __ATOMIC_SEQ_CST),
				 __ATOMIC_SEQ_CST);
		event_bell_arm(&bell.consumer, &bell.producer);
		if (*read != __atomic_load_n(&bell.written, __ATOMIC_SEQ_CST))
			continue;
		/* Asleep: only the bell ends it, or the end of the test. */
		while (*read < BELL_EVENTS &&
		       woken == __atomic_load_n(&bell.rung, __ATOMIC_SEQ_CST))
			sched_yield();
	}
	return NULL;
}

/* Each event is seen by all readers, though they go to sleep when they like. */
static void test_bell_wakes_all(void **state)
{
	pthread_t reader[BELL_READERS];
	unsigned long i, number;
	time_t begin = time(NULL);

	(void)state;
	for (i = 0; i < BELL_READERS; i++)
		assert_int_equal(pthread_create(&reader[i], NULL, sleep_and_read, &bell.read[i]),
				 0);
	for (number = 1; number <= BELL_EVENTS; number++) {
		__atomic_store_n(&bell.written, number, __ATOMIC_SEQ_CST);
		if (ring(__atomic_load_n(&bell.consumer, __ATOMIC_SEQ_CST), &bell.producer))
			__atomic_fetch_add(&bell.rung, 1, __ATOMIC_SEQ_CST);
		for (i = 0; i < BELL_READERS; i++)
			while (__atomic_load_n(&bell.read[i], __ATOMIC_SEQ_CST) < number) {
				if (time(NULL) - begin > 60)
					fail_msg("reader %lu sleeps through event %lu", i, number);
				sched_yield();
			}
	}
	for (i = 0; i < BELL_READERS; i++)
		pthread_join(reader[i], NULL);
}

/* Events */

static struct luoscope_event end_of(uint16_t kind, uint32_t subject, const char *name)
{
	struct luoscope_event event = {
		.type = LUOSCOPE_EVENT_END,
		.kind = kind,
		.boottime_ns = 3723004567890,
		.duration_ns = 1500000,
		.pid = 77,
		.subject = { .kind = subject },
	};

	memcpy(event.subject.name, name, strlen(name) + 1);
	return event;
}

static struct luoscope_event file_end(uint16_t kind, const char *session, uint64_t token)
{
	struct luoscope_event event = end_of(kind, LUO_STATS_SUBJECT_FILE, session);

	event.subject.key = token;
	strcpy(event.subject.detail, "memfd-v2");
	return event;
}

static struct luoscope_event device_end(uint16_t kind, uint64_t detail, int result)
{
	struct luoscope_event event = end_of(kind, LUO_STATS_SUBJECT_DEVICE, "0000:01:00.0");

	event.detail = detail;
	event.result = result;
	strcpy(event.subject.detail, "vfio-pci");
	strcpy(event.subject.group, "pci");
	return event;
}

static struct luoscope_event boundary(uint16_t slot, int result)
{
	return (struct luoscope_event){
		.type = LUOSCOPE_EVENT_BOUNDARY,
		.kind = slot,
		.result = result,
		.boottime_ns = 3723004567890,
	};
}

static struct luoscope_event mark_of(uint16_t type, const char *name, uint64_t instance,
				     uint64_t detail)
{
	struct luoscope_event event = end_of(LUO_STATS_MARK, LUO_STATS_SUBJECT_MARK, name);

	event.type = type;
	event.subject.key = instance;
	event.detail = detail;
	if (type != LUOSCOPE_EVENT_END || detail == LUO_STATS_MARK_END)
		event.duration_ns = 0;
	return event;
}

static struct luoscope_event vcpu_entry(const char *session, uint32_t id)
{
	struct luoscope_event event =
		mark_of(LUOSCOPE_EVENT_INSTANT, session, LUO_STATS_VCPU_KEY(4711, id), 0);

	event.kind = LUO_STATS_VCPU_ENTRY;
	event.subject.kind = LUO_STATS_SUBJECT_VCPU;
	strcpy(event.subject.detail, "qemu");
	return event;
}

#define RESET(outcome, method, lock, result) \
	device_end(LUO_STATS_RESET, LUO_STATS_RESET_DETAIL(outcome, method, lock), result)

static void test_outcomes(void **state)
{
	struct luoscope_event event = RESET(LUO_STATS_RESET_OK, 3, 0, 0);

	(void)state;
	assert_int_equal(event_outcome(&event), EVENT_OK);
	event = RESET(LUO_STATS_RESET_BUSY, 0, 3, -EBUSY);
	assert_int_equal(event_outcome(&event), EVENT_BUSY);
	event = RESET(LUO_STATS_RESET_NONE, 0, 0, -ENOTTY);
	assert_int_equal(event_outcome(&event), EVENT_NONE);
	event = RESET(LUO_STATS_RESET_FAILED, 3, 0, -EIO);
	assert_int_equal(event_outcome(&event), EVENT_FAILED);
	/* An outcome of a later handler: the errno decides. */
	event = RESET(77, 3, 0, -EIO);
	assert_int_equal(event_outcome(&event), EVENT_FAILED);
	event = RESET(77, 3, 0, 0);
	assert_int_equal(event_outcome(&event), EVENT_OK);
	/* A device's freeze is not what its reset is. */
	event = device_end(LUO_STATS_FREEZE, LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_BUSY, 0, 3), 0);
	assert_int_equal(event_outcome(&event), EVENT_OK);
	/* The detail of a file's freeze is its token. */
	event = file_end(LUO_STATS_FREEZE, "vm", LUO_STATS_RESET_BUSY);
	event.detail = LUO_STATS_RESET_BUSY;
	assert_int_equal(event_outcome(&event), EVENT_OK);
	assert_false(event_has_reset(&event));
	event.type = LUOSCOPE_EVENT_BEGIN;
	assert_int_equal(event_outcome(&event), EVENT_NO_OUTCOME);
	event = boundary(LUO_STATS_B1_FROZEN, 0);
	assert_int_equal(event_outcome(&event), EVENT_NO_OUTCOME);
	event = boundary(LUO_STATS_B1_FROZEN, -EBUSY);
	assert_int_equal(event_outcome(&event), EVENT_FAILED);

	assert_true(event_has_duration(&(struct luoscope_event){ .type = LUOSCOPE_EVENT_END,
								 .kind = LUO_STATS_FREEZE,
								 .detail = LUO_STATS_MARK_END }));
	event = mark_of(LUOSCOPE_EVENT_END, "pause", 7, LUO_STATS_MARK_SPAN);
	assert_true(event_has_duration(&event));
	event = mark_of(LUOSCOPE_EVENT_END, "pause", 7, LUO_STATS_MARK_END);
	assert_false(event_has_duration(&event));
	assert_int_equal(event_outcome(&event), EVENT_OK);
	event = mark_of(LUOSCOPE_EVENT_INSTANT, "pause", 7, LUO_STATS_MARK_INSTANT);
	assert_false(event_has_duration(&event));
	/* Only ends and boundaries have a result. */
	event.result = -EIO;
	assert_int_equal(event_outcome(&event), EVENT_NO_OUTCOME);
	assert_int_equal(event_outcome(&event), EVENT_NO_OUTCOME);
}

static void test_filter(void **state)
{
	struct luoscope_event reset = RESET(LUO_STATS_RESET_BUSY, 0, 3, -EBUSY);
	struct luoscope_event file = file_end(LUO_STATS_PRESERVE, "vm", 1);
	struct luoscope_event start = boundary(LUO_STATS_B0_UPDATE_BEGIN, 0);
	struct event_filter filter = {};
	struct error error;

	(void)state;
	assert_true(event_filter_matches(&filter, &reset));
	assert_true(event_filter_matches(&filter, &start));

	assert_int_equal(event_filter_add_kind(&filter, "reset", &error), 0);
	assert_true(event_filter_matches(&filter, &reset));
	assert_false(event_filter_matches(&filter, &file));
	assert_false(event_filter_matches(&filter, &start));
	assert_int_equal(event_filter_add_kind(&filter, "boundary", &error), 0);
	assert_true(event_filter_matches(&filter, &start));
	assert_true(event_filter_matches(&filter, &reset));
	reset.kind = 77;
	assert_false(event_filter_matches(&filter, &reset));
	reset.kind = LUO_STATS_RESET;

	filter = (struct event_filter){};
	assert_int_equal(event_filter_add_outcome(&filter, "busy", &error), 0);
	assert_true(event_filter_matches(&filter, &reset));
	assert_false(event_filter_matches(&filter, &file));
	assert_false(event_filter_matches(&filter, &start));
	assert_false(event_filter_matches_open(&filter, &file, 1));
	assert_int_equal(event_filter_add_outcome(&filter, "ok", &error), 0);
	assert_true(event_filter_matches(&filter, &file));

	filter = (struct event_filter){ .min_duration_ns = 1500000 };
	assert_true(event_filter_matches(&filter, &file));
	assert_false(event_filter_matches(&filter, &start));
	file.duration_ns--;
	assert_false(event_filter_matches(&filter, &file));
	assert_false(event_filter_matches_open(&filter, &file, 1499999));
	assert_true(event_filter_matches_open(&filter, &file, 1500000));
}

static void test_filter_errors(void **state)
{
	struct event_filter filter = {};
	struct error error;

	(void)state;
	assert_int_equal(event_filter_add_kind(&filter, "freez\033", &error), -EINVAL);
	assert_string_equal(
		error.text,
		"there is no kind 'freez\\x1b'; the kinds are boundary, preserve, unpreserve, freeze, unfreeze, "
		"reset, retrieve, finish, session_freeze, session_retrieve, session_finish, shutdown, bind, "
		"irq_setup, mark, plain_reset, vcpu_entry");
	assert_int_equal(event_filter_add_kind(&filter, "kind 20", &error), -EINVAL);
	assert_int_equal(event_filter_add_outcome(&filter, "", &error), -EINVAL);
	assert_string_equal(error.text,
			    "there is no outcome ''; the outcomes are ok, failed, busy and none");
	assert_int_equal(filter.kinds, 0);
	assert_int_equal(filter.outcomes, 0);
}

/* A sysfs with one PCI device of vfio-pci, and one on another bus. */
static void test_filter_devices(void **state)
{
	static const char *const folders[] = { "",
					       "/bus",
					       "/bus/pci",
					       "/bus/pci/devices",
					       "/bus/pci/devices/0000:01:00.0",
					       "/bus/pci/drivers",
					       "/bus/pci/drivers/vfio-pci",
					       "/bus/pci/drivers/vfio-pci/0000:01:00.0",
					       "/bus/virtio",
					       "/bus/virtio/devices",
					       "/bus/virtio/devices/virtio0" };
	struct luoscope_event reset = RESET(LUO_STATS_RESET_OK, 3, 0, 0);
	struct luoscope_event file = file_end(LUO_STATS_PRESERVE, "0000:01:00.0", 1);
	char root[] = "/tmp/test_tail.XXXXXX";
	struct event_filter filter = {};
	char path[256], longest[100];
	struct error error;
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(root));
	for (i = 1; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_int_equal(event_filter_add_device(&filter, "virtio0", root, &error), 0);
	assert_false(event_filter_matches(&filter, &reset));
	assert_int_equal(event_filter_add_device(&filter, "01:00.0", root, &error), 0);
	assert_string_equal(filter.device[1], "0000:01:00.0");
	assert_true(event_filter_matches(&filter, &reset));
	assert_false(event_filter_matches(&filter, &file));

	assert_int_equal(event_filter_add_device(&filter, "02:00.0", root, &error), -ENODEV);
	assert_string_equal(error.text,
			    "there is no device '02:00.0' on this host; vfio-pci has 0000:01:00.0");
	assert_int_equal(event_filter_add_device(&filter, "", root, &error), -ENODEV);
	assert_int_equal(event_filter_add_device(&filter, "../devices/virtio0", root, &error),
			 -ENODEV);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(event_filter_add_device(&filter, longest, root, &error), -ENODEV);
	assert_int_equal(event_filter_add_device(&filter, "virtio0", "/nowhere", &error), -ENODEV);
	assert_string_equal(error.text,
			    "there is no device 'virtio0' on this host; vfio-pci has none");
	assert_int_equal(filter.devices, 2);
	while (filter.devices < FILTER_DEVICES)
		assert_int_equal(event_filter_add_device(&filter, "virtio0", root, &error), 0);
	assert_int_equal(event_filter_add_device(&filter, "virtio0", root, &error), -E2BIG);

	for (i = sizeof(folders) / sizeof(folders[0]); i--;) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		rmdir(path);
	}
}

static void test_parse_duration(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t ns;
	} cases[] = {
		{ "10ms", 0, 10000000 },  { "1.5 s", 0, 1500000000 }, { "0ns", 0, 0 },
		{ "800us", 0, 800000 },	  { "0.1us", 0, 100 },	      { "10", -EINVAL, 0 },
		{ "ms", -EINVAL, 0 },	  { "", -EINVAL, 0 },	      { "-1ms", -EINVAL, 0 },
		{ " 1ms", -EINVAL, 0 },	  { "1m", -EINVAL, 0 },	      { "1ms ", -EINVAL, 0 },
		{ "0x10ms", -EINVAL, 0 }, { "infs", -EINVAL, 0 },     { "1e300s", -ERANGE, 0 },
		{ "1e999s", -ERANGE, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ns = 0;

		assert_int_equal(parse_duration(cases[i].text, &ns), cases[i].err);
		assert_int_equal(ns, cases[i].ns);
	}
}

/* What is under way */

static struct luoscope_event begin_of(struct luoscope_event end)
{
	end.type = LUOSCOPE_EVENT_BEGIN;
	end.boottime_ns -= end.duration_ns;
	end.duration_ns = 0;
	end.result = 0;
	return end;
}

static void test_open_spans(void **state)
{
	struct luoscope_event session = end_of(LUO_STATS_PRESERVE, LUO_STATS_SUBJECT_SESSION, "vm");
	struct luoscope_event file = file_end(LUO_STATS_PRESERVE, "vm", 1);
	struct luoscope_event device = device_end(LUO_STATS_PRESERVE, 0, 0);
	struct luoscope_event other = device_end(LUO_STATS_FREEZE, 0, 0);
	struct luoscope_event start = boundary(LUO_STATS_B0_UPDATE_BEGIN, 0);
	struct luoscope_event refused = boundary(LUO_STATS_B1_FROZEN, -EBUSY);
	struct luoscope_event pause =
		mark_of(LUOSCOPE_EVENT_BEGIN, "pause", 7, LUO_STATS_MARK_SPAN);
	static struct open_spans open_spans;
	struct luoscope_event begin;
	unsigned int i;

	(void)state;
	/* A file's preserve begins as one of its session, and its device's lies in it. */
	begin = begin_of(session);
	open_spans_add(&open_spans, &begin);
	begin = begin_of(device);
	open_spans_add(&open_spans, &begin);
	other.pid++;
	begin = begin_of(other);
	open_spans_add(&open_spans, &begin);
	assert_int_equal(open_spans.count, 3);
	open_spans.shown[2] = true;
	open_spans_add(&open_spans, &device);
	assert_int_equal(open_spans.count, 2);
	assert_int_equal(open_spans.begin[0].subject.kind, LUO_STATS_SUBJECT_SESSION);
	assert_true(open_spans.shown[1]);
	open_spans_add(&open_spans, &file);
	assert_int_equal(open_spans.count, 1);
	assert_int_equal(open_spans.begin[0].kind, LUO_STATS_FREEZE);
	/* An end whose begin was before. */
	open_spans_add(&open_spans, &file);
	assert_int_equal(open_spans.count, 1);

	/* A mark is no step that could hang. */
	open_spans_add(&open_spans, &pause);
	assert_int_equal(open_spans.count, 1);

	open_spans_add(&open_spans, &start);
	assert_true(open_spans.update_begun);
	open_spans_add(&open_spans, &refused);
	assert_false(open_spans.update_begun);

	for (i = 0; i < OPEN_SPANS_MAX + 5; i++) {
		begin.pid = 1000 + i;
		open_spans_add(&open_spans, &begin);
	}
	assert_int_equal(open_spans.count, OPEN_SPANS_MAX);
	assert_int_equal(open_spans.begin[0].pid, 1005);
	open_spans_forget(&open_spans);
	assert_int_equal(open_spans.count, 0);
}

static void test_status_line(void **state)
{
	static struct status_line status;
	struct luoscope_event freeze = device_end(LUO_STATS_FREEZE, 0, 0);
	struct luoscope_event start = boundary(LUO_STATS_B0_UPDATE_BEGIN, 0);
	struct luoscope_event begin = begin_of(freeze);
	char text[STATUS_LINE_BYTES];

	(void)state;
	assert_string_equal(status_line_text(text, &status, 1), "Watching: 0 spans, 0 lost");
	status_line_add(&status, &start);
	status_line_add(&status, &begin);
	assert_string_equal(
		status_line_text(text, &status, begin.boottime_ns + 1234567890),
		"Update in progress: 0 spans, 0 lost; under way: freeze 0000:01:00.0, 1.2 s");
	status_line_add(&status, &freeze);
	assert_string_equal(
		status_line_text(text, &status, freeze.boottime_ns),
		"Update in progress: 1 spans, 0 lost; last: freeze 0000:01:00.0, 1.500 ms, ok");
	status_line_add(&status, &begin);
	status_line_lost(&status, 4);
	strcpy(status.last.subject.name, "\033[2J");
	assert_string_equal(status_line_text(text, &status, freeze.boottime_ns),
			    "Watching: 1 spans, 4 lost; last: freeze \\x1b[2J, 1.500 ms, ok");
	/* What was under way may have ended while nobody watched. */
	status_line_add(&status, &start);
	status_line_add(&status, &begin);
	status_line_replaced(&status);
	assert_string_equal(status_line_text(text, &status, freeze.boottime_ns),
			    "Watching: 1 spans, 4 lost; last: freeze \\x1b[2J, 1.500 ms, ok");
}

/* Lines */

struct screen {
	struct tail_view view;
	char *text;
	size_t size;
};

static int set_up(void **state)
{
	struct screen *screen = calloc(1, sizeof(*screen));

	screen->view.out = open_memstream(&screen->text, &screen->size);
	screen->view.width = 80;
	/* 2026-11-22 14:10:09.433 UTC at the events of this file. */
	screen->view.realtime_offset_ns = 1795356609433000000 - 3723004567890;
	setenv("TZ", "UTC", 1);
	tzset();
	*state = screen;
	return 0;
}

static int tear_down(void **state)
{
	struct screen *screen = *state;

	fclose(screen->view.out);
	free(screen->text);
	free(screen);
	return 0;
}

/* What was written since the last call. */
static const char *written(struct screen *screen)
{
	static char copy[16384];

	fflush(screen->view.out);
	snprintf(copy, sizeof(copy), "%s", screen->text);
	rewind(screen->view.out);
	return copy;
}

static const char *line_of(struct screen *screen, const struct luoscope_event *event)
{
	tail_text_event(&screen->view, event);
	fputc('\0', screen->view.out);
	return written(screen);
}

static void test_text_lines(void **state)
{
	struct screen *screen = *state;
	struct luoscope_event event = file_end(LUO_STATS_PRESERVE, "vm-database", 1);

	assert_string_equal(
		line_of(screen, &event),
		"2026-11-22, times are UTC\n"
		"time          event             subject               duration  outcome\n"
		"14:10:09.433  preserve          vm-database:1         1.500 ms  ok\n");
	event = RESET(LUO_STATS_RESET_OK, 3, 0, 0);
	assert_string_equal(
		line_of(screen, &event),
		"14:10:09.433  reset             0000:01:00.0          1.500 ms  ok flr\n");
	event = RESET(LUO_STATS_RESET_BUSY, 0, 3, -EBUSY);
	assert_string_equal(line_of(screen, &event),
			    "14:10:09.433  reset             0000:01:00.0          1.500 ms  "
			    "busy bridge\n");
	event = RESET(LUO_STATS_RESET_NONE, 0, 0, -ENOTTY);
	assert_string_equal(
		line_of(screen, &event),
		"14:10:09.433  reset             0000:01:00.0          1.500 ms  none\n");
	event = RESET(LUO_STATS_RESET_FAILED, 0, 0, -ENOTTY);
	assert_string_equal(line_of(screen, &event),
			    "14:10:09.433  reset             0000:01:00.0          1.500 ms  "
			    "failed ENOTTY\n");
	event = boundary(LUO_STATS_B0_UPDATE_BEGIN, 0);
	assert_string_equal(line_of(screen, &event), "14:10:09.433  update_begin\n");
	event = boundary(LUO_STATS_B1_FROZEN, -EBUSY);
	assert_string_equal(line_of(screen, &event),
			    "14:10:09.433  frozen                                          "
			    "  failed EBUSY\n");
	event = mark_of(LUOSCOPE_EVENT_END, "pause", 7, LUO_STATS_MARK_SPAN);
	assert_string_equal(line_of(screen, &event),
			    "14:10:09.433  mark              pause:7               1.500 ms  ok\n");
	event = mark_of(LUOSCOPE_EVENT_END, "pause", 7, LUO_STATS_MARK_END);
	assert_string_equal(line_of(screen, &event),
			    "14:10:09.433  mark              pause:7                         ok\n");
	event = mark_of(LUOSCOPE_EVENT_INSTANT, "resume", 0, LUO_STATS_MARK_INSTANT);
	assert_string_equal(line_of(screen, &event), "14:10:09.433  mark              resume\n");
	event = vcpu_entry("vm-database", 3);
	assert_string_equal(line_of(screen, &event),
			    "14:10:09.433  vcpu_entry        vm-database:3\n");
	event = vcpu_entry("", 0);
	assert_string_equal(line_of(screen, &event), "14:10:09.433  vcpu_entry        qemu:0\n");
}

static void test_text_day_changes(void **state)
{
	struct screen *screen = *state;
	struct luoscope_event event = boundary(LUO_STATS_B0_UPDATE_BEGIN, 0);

	line_of(screen, &event);
	event.boottime_ns += 10ULL * 3600 * 1000000000;
	assert_string_equal(line_of(screen, &event),
			    "2026-11-23, times are UTC\n00:10:09.433  update_begin\n");
	setenv("TZ", "CET-1", 1);
	tzset();
	event.boottime_ns += 24ULL * 3600 * 1000000000;
	assert_string_equal(line_of(screen, &event),
			    "2026-11-24, times are CET\n01:10:09.433  update_begin\n");
}

static void test_text_colours(void **state)
{
	struct screen *screen = *state;
	struct luoscope_event event = boundary(LUO_STATS_B0_UPDATE_BEGIN, 0);

	line_of(screen, &event);
	screen->view.colour = true;
	assert_string_equal(line_of(screen, &event), "14:10:09.433  \033[1mupdate_begin\033[0m\n");
	event = RESET(LUO_STATS_RESET_FAILED, 0, 0, -ENOTTY);
	assert_non_null(strstr(line_of(screen, &event), "  \033[1;31mfailed ENOTTY\033[0m\n"));
	event = RESET(LUO_STATS_RESET_BUSY, 0, 3, -EBUSY);
	assert_non_null(strstr(line_of(screen, &event), "  \033[33mbusy bridge\033[0m\n"));
	event = RESET(LUO_STATS_RESET_OK, 3, 0, 0);
	assert_null(strchr(line_of(screen, &event), '\033'));
}

/* Every kind and subject, names that mean harm, every width: no line is longer than it may be. */
static void test_text_widths(void **state)
{
	static const char *const names[] = {
		"vm",
		"0000:01:00.0",
		"\033[2J\033]0;x\a\r\n\xc3(\xe2\x80\xae",
		"a-name-that-has-as-many-bytes-as-there-can-be-in-the-name-field",
	};
	struct screen *screen = *state;
	unsigned int kind, subject, name, width;

	for (width = 70; width <= 160; width += 10) {
		screen->view.width = width;
		for (kind = 0; kind < LUO_STATS_KINDS; kind++) {
			for (subject = 0; subject < 7; subject++) {
				for (name = 0; name < 4; name++) {
					struct luoscope_event event =
						end_of(kind, subject, names[name]);
					const char *line;

					event.subject.key = subject == 1 ? UINT64_MAX : 0;
					event.duration_ns = 999999999999;
					strcpy(event.subject.detail, "vfio-pci-luoscope-v1");
					for (line = line_of(screen, &event); *line;
					     line = strchr(line, '\n') + 1)
						assert_in_range(strcspn(line, "\n"), 1,
								width > 76 ? width : 76);
				}
			}
		}
	}
}

/* A span that is under way at the end, neither. */
static void test_summary_width(void **state)
{
	struct luoscope_event event =
		begin_of(file_end(LUO_STATS_SESSION_RETRIEVE, "", UINT64_MAX));
	const struct tail_summary summary = {};
	struct open_spans open_spans = {};
	struct screen *screen = *state;
	const char *line;

	memset(event.subject.name, 'x', sizeof(event.subject.name));
	open_spans_add(&open_spans, &event);
	screen->view.width = 80;
	tail_text_summary(&screen->view, &summary, &open_spans, event.boottime_ns + 999999999999);
	fputc('\0', screen->view.out);
	for (line = written(screen); *line; line = strchr(line, '\n') + 1)
		assert_in_range(strcspn(line, "\n"), 0, 80);
}

static void test_text_names(void **state)
{
	struct screen *screen = *state;
	struct luoscope_event event = file_end(LUO_STATS_PRESERVE, "", 7);
	char subject[ESCAPED_BYTES];

	/* All 64 bytes of the field, without a 0, and each of them escaped. */
	memset(event.subject.name, 0xff, sizeof(event.subject.name));
	memset(event.subject.detail, 0xff, sizeof(event.subject.detail));
	event.subject.key = UINT64_MAX;
	event_subject(subject, &event, true, 0);
	assert_int_equal(strlen(subject), 64 * 4 + strlen(":18446744073709551615"));
	assert_string_equal(event_subject(subject, &event, true, 12), "\\xf~:18446744073709551615");
	screen->view.width = 0;
	assert_non_null(strstr(line_of(screen, &event), "\\xff:18446744073709551615"));

	event = end_of(LUO_STATS_SESSION_FREEZE, LUO_STATS_SUBJECT_SESSION, "g\303\244ste");
	assert_string_equal(event_subject(subject, &event, true, 0), "g\303\244ste");
	assert_string_equal(event_subject(subject, &event, true, 4), "g\303\244s~");
	assert_string_equal(event_subject(subject, &event, false, 0), "g\\xc3\\xa4ste");
	event.kind = 77;
	assert_non_null(strstr(line_of(screen, &event), "  kind 77  "));
}

static void test_text_rest(void **state)
{
	struct screen *screen = *state;
	struct luoscope_event event = begin_of(device_end(LUO_STATS_FREEZE, 0, 0));
	struct luoscope_event failed = RESET(LUO_STATS_RESET_FAILED, 0, 0, -ENOTTY);
	struct tail_summary summary = { .seen = 9, .starts = 2, .lost = 3, .replaced = 1 };
	static struct open_spans open_spans;

	line_of(screen, &failed);
	tail_text_open(&screen->view, &event, 1234567890);
	fputc('\0', screen->view.out);
	assert_string_equal(written(screen),
			    "14:10:10.666  freeze            0000:01:00.0             1.2 s  "
			    "under way\n");
	tail_text_lost(&screen->view, 12);
	fputc('\0', screen->view.out);
	assert_string_equal(
		written(screen),
		"              12 events lost here: they came faster than they were read\n");
	tail_text_replaced(&screen->view);
	fputc('\0', screen->view.out);
	assert_string_equal(
		written(screen),
		"              the probes were attached again here: what happened meanwhile is missing\n");

	tail_summary_add(&summary, &failed);
	failed.duration_ns = 9000000;
	failed.subject.name[3] = '9';
	failed.result = 0;
	failed.detail = LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_OK, 3, 0);
	tail_summary_add(&summary, &failed);
	failed.duration_ns = 1;
	tail_summary_add(&summary, &failed);
	failed.kind = 40;
	tail_summary_add(&summary, &failed);
	open_spans_add(&open_spans, &event);
	tail_text_summary(&screen->view, &summary, &open_spans, event.boottime_ns + 2000000000);
	fputc('\0', screen->view.out);
	assert_string_equal(
		written(screen),
		"\n9 events seen: 4 shown, 3 filtered out, 2 starts without a line; 3 lost.\n"
		"The probes were attached again; what happened meanwhile is not counted.\n"
		"  kind         spans  not ok   longest  of\n"
		"  other kinds      1       0      1 ns  0009:01:00.0\n"
		"  reset            3       1  9.000 ms  0009:01:00.0\n"
		"Still under way: freeze 0000:01:00.0, for 2.0 s\n");
}

/* JSON */

static json_t *object_of(struct screen *screen)
{
	const char *line;
	json_t *object;

	fputc('\0', screen->view.out);
	line = written(screen);
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	object = json_loads(line, 0, NULL);
	assert_non_null(object);
	return object;
}

static void assert_object(struct screen *screen, const char *expected)
{
	json_t *object = object_of(screen);
	json_t *wanted = json_loads(expected, 0, NULL);

	assert_non_null(wanted);
	if (!json_equal(object, wanted))
		fail_msg("got %s", json_dumps(object, JSON_COMPACT));
	json_decref(wanted);
	json_decref(object);
}

static void test_json_lines(void **state)
{
	struct screen *screen = *state;
	struct luoscope_event event = RESET(LUO_STATS_RESET_BUSY, 0, 3, -EBUSY);
	struct tail_summary summary = { .seen = 9, .starts = 2, .lost = 3, .replaced = 1 };

	assert_int_equal(tail_json_event(&screen->view, &event), 0);
	assert_object(
		screen,
		"{\"schema\": \"luoscope.event/2\", \"type\": \"end\","
		" \"time\": \"2026-11-22T14:10:09.433000Z\", \"realtime_ns\": \"1795356609433000000\","
		" \"boottime_ns\": \"3723004567890\", \"kind\": \"reset\", \"boundary\": null,"
		" \"subject\": {\"type\": \"device\", \"device\": \"0000:01:00.0\","
		" \"driver\": \"vfio-pci\", \"bus\": \"pci\", \"session\": null, \"token\": null,"
		" \"handler\": null, \"mark\": null, \"instance\": null,"
		" \"process\": null, \"vcpu\": null, \"flb\": null},"
		" \"duration_ns\": 1500000, \"outcome\": \"busy\", \"result\": -16,"
		" \"errno\": \"EBUSY\", \"reset_method\": null, \"reset_lock\": \"bridge\","
		" \"pid\": 77}");
	event = boundary(LUO_STATS_B0_UPDATE_BEGIN, 0);
	assert_int_equal(tail_json_event(&screen->view, &event), 0);
	assert_object(
		screen,
		"{\"schema\": \"luoscope.event/2\", \"type\": \"boundary\","
		" \"time\": \"2026-11-22T14:10:09.433000Z\", \"realtime_ns\": \"1795356609433000000\","
		" \"boottime_ns\": \"3723004567890\", \"kind\": null,"
		" \"boundary\": \"update_begin\", \"subject\": null, \"duration_ns\": null,"
		" \"outcome\": null, \"result\": 0, \"errno\": null, \"reset_method\": null,"
		" \"reset_lock\": null, \"pid\": 0}");
	event = mark_of(LUOSCOPE_EVENT_INSTANT, "resume", UINT64_MAX, LUO_STATS_MARK_INSTANT);
	assert_int_equal(tail_json_event(&screen->view, &event), 0);
	assert_object(
		screen,
		"{\"schema\": \"luoscope.event/2\", \"type\": \"instant\","
		" \"time\": \"2026-11-22T14:10:09.433000Z\", \"realtime_ns\": \"1795356609433000000\","
		" \"boottime_ns\": \"3723004567890\", \"kind\": \"mark\", \"boundary\": null,"
		" \"subject\": {\"type\": \"mark\", \"device\": null, \"driver\": null, \"bus\": null,"
		" \"session\": null, \"token\": null, \"handler\": null, \"mark\": \"resume\","
		" \"instance\": \"18446744073709551615\", \"process\": null, \"vcpu\": null, \"flb\": null},"
		" \"duration_ns\": null,"
		" \"outcome\": null, \"result\": null, \"errno\": null, \"reset_method\": null,"
		" \"reset_lock\": null, \"pid\": 77}");
	event = vcpu_entry("vm-database", 3);
	assert_int_equal(tail_json_event(&screen->view, &event), 0);
	assert_object(
		screen,
		"{\"schema\": \"luoscope.event/2\", \"type\": \"instant\","
		" \"time\": \"2026-11-22T14:10:09.433000Z\", \"realtime_ns\": \"1795356609433000000\","
		" \"boottime_ns\": \"3723004567890\", \"kind\": \"vcpu_entry\", \"boundary\": null,"
		" \"subject\": {\"type\": \"vcpu\", \"device\": null, \"driver\": null, \"bus\": null,"
		" \"session\": \"vm-database\", \"token\": null, \"handler\": null, \"mark\": null,"
		" \"instance\": null, \"process\": \"qemu\", \"vcpu\": 3, \"flb\": null}, \"duration_ns\": null,"
		" \"outcome\": null, \"result\": null, \"errno\": null, \"reset_method\": null,"
		" \"reset_lock\": null, \"pid\": 77}");
	event = (struct luoscope_event){ .type = LUOSCOPE_EVENT_END,
					 .kind = LUO_STATS_RETRIEVE,
					 .boottime_ns = event.boottime_ns,
					 .duration_ns = 7,
					 .subject = { .kind = LUO_STATS_SUBJECT_FLB,
						      .name = "shared-v1" } };
	assert_int_equal(tail_json_event(&screen->view, &event), 0);
	assert_object(
		screen,
		"{\"schema\": \"luoscope.event/2\", \"type\": \"end\","
		" \"time\": \"2026-11-22T14:10:09.433000Z\", \"realtime_ns\": \"1795356609433000000\","
		" \"boottime_ns\": \"3723004567890\", \"kind\": \"retrieve\", \"boundary\": null,"
		" \"subject\": {\"type\": \"flb\", \"device\": null, \"driver\": null, \"bus\": null,"
		" \"session\": null, \"token\": null, \"handler\": null, \"mark\": null,"
		" \"instance\": null, \"process\": null, \"vcpu\": null, \"flb\": \"shared-v1\"},"
		" \"duration_ns\": 7,"
		" \"outcome\": \"ok\", \"result\": 0, \"errno\": null, \"reset_method\": null,"
		" \"reset_lock\": null, \"pid\": 0}");
	assert_string_equal(event_detail((char[ESCAPED_BYTES]){}, &event), "FLB");
	assert_int_equal(tail_json_lost(&screen->view, 12), 0);
	assert_object(screen,
		      "{\"schema\": \"luoscope.event/2\", \"type\": \"lost\", \"lost\": 12}");
	assert_int_equal(tail_json_replaced(&screen->view), 0);
	assert_object(screen, "{\"schema\": \"luoscope.event/2\", \"type\": \"replaced\"}");
	event = RESET(LUO_STATS_RESET_BUSY, 0, 3, -EBUSY);
	tail_summary_add(&summary, &event);
	assert_int_equal(tail_json_summary(&screen->view, &summary), 0);
	assert_object(screen,
		      "{\"schema\": \"luoscope.event/2\", \"type\": \"summary\", \"seen\": 9,"
		      " \"shown\": 1, \"lost\": 3, \"replaced\": 1,"
		      " \"spans\": [{\"kind\": \"reset\","
		      " \"spans\": 1, \"ok\": 0, \"failed\": 0, \"busy\": 1, \"none\": 0,"
		      " \"longest_ns\": 1500000}]}");
}

/* Exact where a reader's doubles are not; any bytes in names; a begin says nothing of its end. */
static void test_json_values(void **state)
{
	struct screen *screen = *state;
	struct luoscope_event event = file_end(LUO_STATS_PRESERVE, "\xff\n\"", UINT64_MAX);
	const char *line;

	event.boottime_ns = 9007199254740993;
	event.type = LUOSCOPE_EVENT_BEGIN;
	tail_json_event(&screen->view, &event);
	fputc('\0', screen->view.out);
	line = written(screen);
	assert_non_null(strstr(line, "\"boottime_ns\":\"9007199254740993\""));
	assert_non_null(strstr(line, "\"token\":\"18446744073709551615\""));
	assert_non_null(strstr(line, "\"session\":\"\\\\xff\\\\x0a\\\"\""));
	assert_non_null(strstr(line, "\"handler\":\"memfd-v2\""));
	assert_non_null(strstr(line, "\"result\":null"));
	assert_non_null(strstr(line, "\"outcome\":null"));
	assert_non_null(strstr(line, "\"duration_ns\":null"));

	/* The clock was never set. */
	screen->view.realtime_offset_ns = -10000000000000000;
	tail_json_event(&screen->view, &event);
	fputc('\0', screen->view.out);
	line = written(screen);
	assert_non_null(strstr(line, "\"time\":null,\"realtime_ns\":null"));

	memset(&event.subject, 0xff, sizeof(event.subject));
	tail_json_event(&screen->view, &event);
	json_decref(object_of(screen));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_start),
		cmocka_unit_test(test_log_overrun),
		cmocka_unit_test(test_log_being_written),
		cmocka_unit_test(test_log_while_written),
		cmocka_unit_test(test_bell),
		cmocka_unit_test(test_bell_wakes_all),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_filter_errors),
		cmocka_unit_test(test_filter_devices),
		cmocka_unit_test(test_parse_duration),
		cmocka_unit_test(test_open_spans),
		cmocka_unit_test(test_status_line),
		TEST(test_text_lines),
		TEST(test_text_day_changes),
		TEST(test_text_colours),
		TEST(test_text_widths),
		TEST(test_summary_width),
		TEST(test_text_names),
		TEST(test_text_rest),
		TEST(test_json_lines),
		TEST(test_json_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
