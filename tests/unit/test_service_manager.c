// SPDX-License-Identifier: GPL-2.0
/*
 * What the service manager reports, on the update's clock: right, too late, about something else,
 * and nonsense.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "base/error.h"
#include "build_area.h"
#include "capture/capture.h"
#include "capture/systemd.h"
#include "model/model.h"

#define NOTIFIER_NS 12500000 /* when that anchor of the old kernel was taken, after B0 */
#define SHUTDOWN_NS (-3000 * MS)

struct fixture {
	struct built_update update;
	struct model model;
	struct error error;
	char host[2048];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	built_update_init(&f->update);
	f->update.host = f->host;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	model_free(&f->model);
	built_update_free(&f->update);
	free(f);
	return 0;
}

__attribute__((format(printf, 3, 4))) static void host_line(struct fixture *f, const char *key,
							    const char *format, ...)
{
	const size_t length = strlen(f->host);
	char value[64];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	snprintf(f->host + length, sizeof(f->host) - length, MANAGER_PREFIX "%s=%s\n", key, value);
}

/* CLOCK_MONOTONIC of the old kernel, @ns after B0, in us. */
static uint64_t left_us(const struct fixture *f, int64_t ns)
{
	const struct luo_stats_anchor *anchor =
		&f->update.old.header->anchor[LUO_STATS_ANCHOR_NOTIFIER];

	return (anchor->monotonic_ns - NOTIFIER_NS + ns) / 1000;
}

/* All that systemd 262 reports of a shutdown that started @begin_ns after B0 (so before it). */
static void tell_shutdown(struct fixture *f, int64_t begin_ns)
{
	host_line(f, MANAGER_SHUTDOWN_START_REALTIME, "@%llu",
		  (unsigned long long)(B0_REALTIME_NS + begin_ns) / 1000000000);
	host_line(f, MANAGER_SHUTDOWN_START, "%" PRIu64, left_us(f, begin_ns));
	host_line(f, MANAGER_SHUTDOWN_FINISH, "%" PRIu64, left_us(f, begin_ns + 2000 * MS));
	host_line(f, MANAGER_SHUTDOWN_LATE_START, "%" PRIu64, left_us(f, begin_ns + 2100 * MS));
	host_line(f, MANAGER_SHUTDOWN_LATE_FINISH, "%" PRIu64, left_us(f, begin_ns + 2900 * MS));
}

static const struct model_manager *build(struct fixture *f)
{
	struct capture capture;

	model_free(&f->model);
	built_capture(&f->update, &capture);
	assert_int_equal(model_build(&f->model, &capture, &f->error), 0);
	return &f->model.manager;
}

static bool is_noted(const struct fixture *f)
{
	size_t i;

	for (i = 0; i < f->model.notes; i++) {
		if (strstr(f->model.note[i], "service manager"))
			return true;
	}
	return false;
}

static void assert_near(struct bounded time, int64_t ns, uint64_t error_ns)
{
	assert_true(time.known);
	assert_in_range(time.value - ns + (int64_t)error_ns, 0, 2 * error_ns);
}

static void test_shutdown_is_placed(void **state)
{
	struct fixture *f = *state;
	const struct model_manager *manager;

	host_line(f, MANAGER_VERSION, "262-1");
	tell_shutdown(f, SHUTDOWN_NS);
	manager = build(f);
	assert_string_equal(manager->version, "262-1");
	/* 3 s, with a clock that may run 500 ppm wrong. */
	assert_in_range(bounded_error(manager->shutdown_start), 1500000, 1600000);
	assert_near(manager->shutdown_start, SHUTDOWN_NS, 100000);
	assert_near(manager->shutdown_finish, SHUTDOWN_NS + 2000 * MS, 100000);
	assert_near(manager->late_start, SHUTDOWN_NS + 2100 * MS, 100000);
	assert_near(manager->late_finish, SHUTDOWN_NS + 2900 * MS, 100000);
	assert_near(manager->before, -SHUTDOWN_NS, 100000);
	assert_false(is_noted(f));
	assert_false(manager->start.known);
	assert_false(manager->finish.known);
}

static void test_start_is_placed(void **state)
{
	struct fixture *f = *state;
	const struct luo_stats_anchor *anchor =
		&f->update.new.header->anchor[LUO_STATS_ANCHOR_LOAD];
	const int64_t load_ns = true_boundary_ns[7] + 400 * MS;
	const struct model_manager *manager;

	host_line(f, MANAGER_START, "%" PRIu64, (uint64_t)anchor->monotonic_ns / 1000 + 100000);
	manager = build(f);
	/* 100 ms, with a clock that was not refined. */
	assert_in_range(bounded_error(manager->start), 250000, 260000);
	assert_near(manager->start, load_ns + 100 * MS, bounded_error(manager->start));
	assert_false(manager->finish.known);
	assert_false(manager->before.known);
	assert_false(is_noted(f));
}

static void test_a_manager_that_tells_nothing(void **state)
{
	const struct model_manager *manager = build(*state);

	assert_string_equal(manager->version, "");
	assert_false(manager->before.known);
	assert_false(manager->start.known);
	assert_false(is_noted(*state));
}

/* Only user space was started again, in the new kernel. */
static void test_a_shutdown_of_something_else_is_left_out(void **state)
{
	struct fixture *f = *state;

	tell_shutdown(f, 60000 * MS);
	assert_false(build(f)->before.known);
	assert_false(f->model.manager.shutdown_start.known);
	assert_true(is_noted(f));
}

static void test_times_in_disorder_are_left_out(void **state)
{
	struct fixture *f = *state;

	tell_shutdown(f, SHUTDOWN_NS);
	build(f);
	assert_false(is_noted(f));
	f->host[0] = '\0';
	host_line(f, MANAGER_SHUTDOWN_LATE_FINISH, "%" PRIu64, left_us(f, SHUTDOWN_NS - MS));
	tell_shutdown(f, SHUTDOWN_NS);
	assert_false(build(f)->before.known);
	assert_true(is_noted(f));
}

static void test_a_wall_clock_that_does_not_agree(void **state)
{
	static const char *const realtimes[] = { "@1", "@99999999999999999999", "soon", "@",
						 "@1789999997x" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(realtimes) / sizeof(realtimes[0]); i++) {
		f->host[0] = '\0';
		host_line(f, MANAGER_SHUTDOWN_START_REALTIME, "%s", realtimes[i]);
		tell_shutdown(f, SHUTDOWN_NS);
		assert_false(build(f)->before.known);
		assert_true(is_noted(f));
	}
}

static void test_numbers_that_are_none(void **state)
{
	static const char *const numbers[] = { "",
					       "0",
					       "-5",
					       "18446744073709551615",
					       "9223372036854775807",
					       "9223372036854775",
					       " 1",
					       "1e9",
					       "0x1",
					       "99999999999999999999999",
					       "\xff",
					       "1" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		f->host[0] = '\0';
		host_line(f, MANAGER_SHUTDOWN_START, "%s", numbers[i]);
		host_line(f, MANAGER_START, "%s", numbers[i]);
		host_line(f, MANAGER_FINISH, "%s", numbers[i]);
		tell_shutdown(f, SHUTDOWN_NS);
		assert_false(build(f)->before.known);
	}
}

static void test_without_the_kernel_that_left(void **state)
{
	struct fixture *f = *state;
	struct capture capture;

	tell_shutdown(f, SHUTDOWN_NS);
	built_capture(&f->update, &capture);
	capture.section[CAPTURE_INCOMING] = (struct capture_section){};
	assert_int_equal(model_build(&f->model, &capture, &f->error), 0);
	assert_false(f->model.manager.before.known);
	assert_false(is_noted(f));
}

static void test_without_the_begin_of_the_update(void **state)
{
	struct fixture *f = *state;

	tell_shutdown(f, SHUTDOWN_NS);
	f->update.old.header->as_old_kernel[0].cycles[LUO_STATS_B0_UPDATE_BEGIN] = 0;
	assert_false(build(f)->before.known);
	assert_false(is_noted(f));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_shutdown_is_placed),
		TEST(test_start_is_placed),
		TEST(test_a_manager_that_tells_nothing),
		TEST(test_a_shutdown_of_something_else_is_left_out),
		TEST(test_times_in_disorder_are_left_out),
		TEST(test_a_wall_clock_that_does_not_agree),
		TEST(test_numbers_that_are_none),
		TEST(test_without_the_kernel_that_left),
		TEST(test_without_the_begin_of_the_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
