// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "probes/event_follow.h"
#include "probes/pins.h"

#define SECOND_NS 1000000000ULL
#define BEGIN_NS  (1000 * SECOND_NS)

/* In place of the probes' events: which reader is of the attached probes, and what opening says. */
struct event_reader {
	bool is_free;
};

static struct event_reader readers[4];
static size_t opened;
static struct event_reader *attached;
static int open_error;
static unsigned int looks;
static int waited_ms;

int event_reader_open(struct event_reader **reader, size_t history, struct error *error)
{
	if (open_error)
		return error_set(error, open_error, "cannot map the probes' events");
	/* Whoever follows on begins with all that the new probes have seen. */
	if (opened)
		assert_int_equal(history, EVENT_READER_MAX_HISTORY);
	*reader = attached = &readers[opened++];
	return 0;
}

bool event_reader_is_attached(const struct event_reader *reader)
{
	looks++;
	return reader == attached;
}

void event_reader_wait(const struct event_reader *reader, struct pollfd *other, int most_ms,
		       const volatile sig_atomic_t *stopped)
{
	(void)reader;
	(void)other;
	(void)stopped;
	waited_ms = most_ms;
}

void event_reader_free(struct event_reader *reader)
{
	if (!reader)
		return;
	assert_false(reader->is_free);
	reader->is_free = true;
}

static int setup(void **state)
{
	static struct event_follow follow;
	struct error error;

	memset(readers, 0, sizeof(readers));
	opened = looks = 0;
	open_error = 0;
	assert_int_equal(event_follow_open(&follow, 0, &error), 0);
	*state = &follow;
	return 0;
}

/* Whatever was opened is freed, once. */
static int teardown(void **state)
{
	size_t i;

	event_follow_close(*state);
	for (i = 0; i < opened; i++)
		assert_true(readers[i].is_free);
	return 0;
}

static void test_attached(void **state)
{
	static const volatile sig_atomic_t stopped;
	struct event_follow *follow = *state;
	struct error error;

	assert_int_equal(event_follow_look(follow, BEGIN_NS, &error), 0);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + SECOND_NS / 2, &error), 0);
	assert_int_equal(looks, 1);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + SECOND_NS, &error), 0);
	assert_int_equal(looks, 2);
	/* After a wait it looks at once: that they are gone may have ended it. */
	event_follow_wait(follow, NULL, -1, &stopped);
	assert_int_equal(waited_ms, -1);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + SECOND_NS + 1, &error), 0);
	assert_int_equal(looks, 3);
}

static void test_replaced(void **state)
{
	static const volatile sig_atomic_t stopped;
	struct event_follow *follow = *state;
	struct error error;

	attached = NULL;
	open_error = -ENOENT;
	assert_int_equal(event_follow_look(follow, BEGIN_NS, &error), 0);
	/* Nobody may come to wake it up. */
	event_follow_wait(follow, NULL, -1, &stopped);
	assert_int_equal(waited_ms, 1000);
	event_follow_wait(follow, NULL, 20, &stopped);
	assert_int_equal(waited_ms, 20);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + 4 * SECOND_NS, &error), 0);
	open_error = 0;
	assert_int_equal(event_follow_look(follow, BEGIN_NS + 5 * SECOND_NS, &error), 1);
	/* What is left of the old events can still be read. */
	assert_ptr_equal(follow->reader, &readers[0]);
	assert_false(readers[0].is_free);
	event_follow_switch(follow);
	assert_ptr_equal(follow->reader, &readers[1]);
	assert_true(readers[0].is_free);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + 6 * SECOND_NS, &error), 0);
	event_follow_wait(follow, NULL, -1, &stopped);
	assert_int_equal(waited_ms, -1);
	/* The five seconds are those of each time. */
	attached = NULL;
	open_error = -ENOENT;
	assert_int_equal(event_follow_look(follow, BEGIN_NS + 60 * SECOND_NS, &error), 0);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + 64 * SECOND_NS, &error), 0);
}

/* Between the look and the switch it may be closed. */
static void test_closed_before_switch(void **state)
{
	struct event_follow *follow = *state;
	struct error error;

	attached = NULL;
	assert_int_equal(event_follow_look(follow, BEGIN_NS, &error), 1);
	assert_int_equal(event_follow_look(follow, BEGIN_NS, &error), 1);
	assert_int_equal(opened, 2);
}

static void test_gone(void **state)
{
	struct event_follow *follow = *state;
	struct error error;

	attached = NULL;
	open_error = -ENOENT;
	assert_int_equal(event_follow_look(follow, BEGIN_NS, &error), 0);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + 5 * SECOND_NS - 1, &error), 0);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + 6 * SECOND_NS, &error), -ENODEV);
	assert_non_null(strstr(error.text, "the probes were detached"));
}

/* Somebody is attaching others, which takes long on a busy host. */
static void test_slow(void **state)
{
	const int lock = open(PINS_BPFFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct event_follow *follow = *state;
	struct error error;

	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB))
		skip();
	attached = NULL;
	open_error = -ENOENT;
	assert_int_equal(event_follow_look(follow, BEGIN_NS, &error), 0);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + 59 * SECOND_NS, &error), 0);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + 60 * SECOND_NS, &error), -ENODEV);
	close(lock);
}

/* There are others, and they cannot be followed: it says why. */
static void test_cannot_follow(void **state)
{
	struct event_follow *follow = *state;
	struct error error;

	attached = NULL;
	open_error = -EPERM;
	assert_int_equal(event_follow_look(follow, BEGIN_NS, &error), 0);
	assert_int_equal(event_follow_look(follow, BEGIN_NS + 5 * SECOND_NS, &error), -ENODEV);
	assert_string_equal(error.text, "cannot map the probes' events");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attached), TEST(test_replaced), TEST(test_closed_before_switch),
		TEST(test_gone),     TEST(test_slow),	  TEST(test_cannot_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
