// SPDX-License-Identifier: GPL-2.0
/* The order in which pins are removed, and with them the links. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <luoscope/arrival.h>

#include "base/array.h"
#include "probes/pins.h"

#define PIN(cookie, program) PINS_LINK_PREFIX #program,

static const char *const entries[] = { LUOSCOPE_ARRIVAL_ENTRIES(PIN) };
static const char *const returns[] = { LUOSCOPE_ARRIVAL_RETURNS(PIN) };
static const char *const tracepoints[] = { LUOSCOPE_ARRIVAL_TRACEPOINTS(PIN) };
static const char *const tracepoint_ends[] = { LUOSCOPE_ARRIVAL_TRACEPOINT_ENDS(PIN) };

static void assert_goes_first(const char *const *begins, size_t begin_count,
			      const char *const *ends, size_t end_count)
{
	size_t i, j;

	for (i = 0; i < begin_count; i++)
		for (j = 0; j < end_count; j++)
			assert_true(pins_turn(begins[i]) < pins_turn(ends[j]));
}

/* The entries have one link, which is there until the last of their pins is removed. */
static void test_entries_before_returns(void **state)
{
	(void)state;
	assert_goes_first(entries, ARRAY_SIZE(entries), returns, ARRAY_SIZE(returns));
}

static void test_tracepoints(void **state)
{
	(void)state;
	assert_goes_first(tracepoints, ARRAY_SIZE(tracepoints), tracepoint_ends,
			  ARRAY_SIZE(tracepoint_ends));
}

/* Each program of a KVM_RUN may also have a link of its own. */
static void test_kvm_run(void **state)
{
	(void)state;
	assert_true(pins_turn(PINS_LINK_PREFIX "on_vcpu_run") <
		    pins_turn(PINS_LINK_PREFIX "on_vcpu_run_end"));
}

/* A process that is killed while it removes pins must leave nothing that looks complete. */
static void test_event_log_first(void **state)
{
	const int events = pins_turn(PINS_EVENTS_PREFIX "1");

	(void)state;
	assert_true(events < pins_turn(PINS_LINK_PREFIX "on_freeze"));
	assert_true(events < pins_turn("latency"));
}

static void test_each_has_a_turn(void **state)
{
	(void)state;
	assert_in_range(pins_turn(PINS_EVENTS_PREFIX "1"), 0, PINS_TURNS - 1);
	assert_in_range(pins_turn(PINS_LINK_PREFIX "on_freeze"), 0, PINS_TURNS - 1);
	assert_in_range(pins_turn(PINS_LINK_PREFIX "on_freeze_return"), 0, PINS_TURNS - 1);
	assert_in_range(pins_turn("latency"), 0, PINS_TURNS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries_before_returns),
		cmocka_unit_test(test_tracepoints),
		cmocka_unit_test(test_kvm_run),
		cmocka_unit_test(test_event_log_first),
		cmocka_unit_test(test_each_has_a_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
