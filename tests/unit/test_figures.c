// SPDX-License-Identifier: GPL-2.0
/*
 * Figures: their names, their values, and the bounds of what they may be in truth.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "base/error.h"
#include "capture/capture.h"
#include "figures/figure_names.h"
#include "figures/figures.h"
#include "fixture.h"
#include "model/clock.h"
#include "model/model.h"

/* Every figure in the list has a name that is known, in the form that a parsed name has. */
static void assert_names_are_sound(const struct figures *figures)
{
	size_t i;

	for (i = 0; i < figures->count; i++) {
		const struct figure *figure = &figures->figure[i];
		const struct figure_pattern *pattern;
		struct error error = {};
		char *name;
		size_t at;

		if (figure_name_parse(&name, &pattern, figure->name, strlen(figure->name), &at,
				      &error))
			fail_msg("'%s': %s", figure->name, error.text);
		assert_string_equal(name, figure->name);
		assert_ptr_equal(pattern, figure->pattern);
		assert_ptr_equal(figures_find(figures, name), figure);
		free(name);
		if (!figure->measured.known || !bounded_is_closed(figure->measured))
			assert_non_null(figure->measured.why);
		else if (figure->measured.low == figure->measured.high)
			assert_null(figure->measured.why);
		if (figure->measured.known) {
			assert_true(figure->measured.low <= figure->measured.value);
			assert_true(figure->measured.high >= figure->measured.value);
		}
	}
}

static void make(struct fixture *f)
{
	figures_free(&f->figures);
	build(f);
	assert_int_equal(figures_of(&f->figures, &f->model, &f->error), 0);
	assert_names_are_sound(&f->figures);
}

static const struct bounded *get(struct fixture *f, const char *name)
{
	const struct figure *figure = figures_find(&f->figures, name);

	if (!figure)
		fail_msg("there is no %s", name);
	return &figure->measured;
}

/* A time that is known to 100 ns, which is more than the built clock's error over a second. */
static void assert_time(struct fixture *f, const char *name, int64_t ns)
{
	const struct bounded *measured = get(f, name);

	if (!bounded_is_closed(*measured))
		fail_msg("%s: %s", name, measured->why);
	if (measured->low > ns || measured->high < ns || measured->high - measured->low > 200000)
		fail_msg("%s is %lld, from %lld to %lld, not %lld", name,
			 (long long)measured->value, (long long)measured->low,
			 (long long)measured->high, (long long)ns);
}

static void assert_count(struct fixture *f, const char *name, int64_t count)
{
	const struct bounded *measured = get(f, name);

	if (!bounded_is_closed(*measured))
		fail_msg("%s: %s", name, measured->why);
	assert_int_equal(measured->value, count);
	assert_int_equal(measured->low, count);
	assert_int_equal(measured->high, count);
}

static void assert_unknown(struct fixture *f, const char *name, const char *why)
{
	const struct bounded *measured = get(f, name);

	if (measured->known)
		fail_msg("%s is %lld", name, (long long)measured->value);
	assert_true(measured->low == BOUNDED_NO_LOW && measured->high == BOUNDED_NO_HIGH);
	if (!strstr(measured->why, why))
		fail_msg("%s: '%s' does not say '%s'", name, measured->why, why);
}

/* It took at least this long, to 100 us. */
static void assert_at_least(struct fixture *f, const char *name, int64_t value, const char *why)
{
	const struct bounded *measured = get(f, name);

	if (!measured->known || measured->low == BOUNDED_NO_LOW ||
	    measured->high != BOUNDED_NO_HIGH)
		fail_msg("%s is from %lld to %lld", name, (long long)measured->low,
			 (long long)measured->high);
	if (llabs(measured->value - value) > 100000)
		fail_msg("%s is %lld, not %lld", name, (long long)measured->value,
			 (long long)value);
	if (!strstr(measured->why, why))
		fail_msg("%s: '%s' does not say '%s'", name, measured->why, why);
}

static void test_memfds(void **state)
{
	struct fixture *f = *state;

	make(f);
	assert_null(f->figures.losses);
	assert_null(f->figures.clock_doubt);
	assert_time(f, "blackout", true_boundary_ns[10]);
	assert_true(get(f, "blackout")->value == f->model.blackout.value);
	assert_true(get(f, "blackout")->high - get(f, "blackout")->value ==
		    (int64_t)bounded_error(f->model.blackout));
	assert_count(f, "blackout.error", bounded_error(f->model.blackout));
	assert_time(f, "phase.freeze", 12345678);
	assert_time(f, "phase.jump", true_boundary_ns[7] - true_boundary_ns[6]);
	assert_time(f, "phase.retrieve", true_boundary_ns[10] - true_boundary_ns[9]);
	assert_unknown(f, "phase.resume", "no preserved device");
	assert_unknown(f, "luoscope_init", "luoscope init");
	assert_count(f, "devices_awaited", 0);
	assert_count(f, "devices_missing", 0);
	assert_count(f, "resets.failed", 0);
	assert_unknown(f, "device.freeze.max", "there is none");
	assert_count(f, "file.count", 3);
	assert_count(f, "files_missing", 0);
	assert_time(f, "file.freeze.max", MS);
	assert_time(f, "file.retrieve.mean", 2 * MS);
	assert_time(f, "file.vm-1.2.downtime", 1537 * MS);
	assert_time(f, "file.downtime.min", 1519 * MS);
	assert_time(f, "file.downtime.median", 1537 * MS);
	assert_count(f, "session.count", 2);
	assert_time(f, "session.vm-1.downtime", 1540 * MS);
	assert_time(f, "session.vm-1.freeze", 3 * MS);
	assert_unknown(f, "session.vm-1.retrieve", "not observed");
	assert_time(f, "session.downtime.max", true_boundary_ns[10]);
	assert_time(f, "shutdown.max", 119 * MS);
	assert_time(f, "shutdown.0000:01:00.0", 100 * MS);
	assert_time(f, "shutdown.min", 100);
	assert_count(f, "failed_attempts", 0);
	assert_count(f, "dropped", 0);
	assert_count(f, "dropped.retrieve", 0);
	assert_count(f, "losses.subjects_dropped", 0);
	assert_int_equal(get(f, "clock.error")->value, f->model.clock.rate_error_ppb);
	assert_null(figures_find(&f->figures, "device.0000:81:00.0.freeze"));
	assert_null(figures_find(&f->figures, ""));

	/* A blackout without an end has no error. */
	figures_free(&f->figures);
	f->model.blackout = bounded_at_least(f->model.blackout, "it went on");
	assert_int_equal(figures_of(&f->figures, &f->model, &f->error), 0);
	assert_false(get(f, "blackout.error")->known);
}

static void test_devices(void **state)
{
	struct fixture *f = *state;

	built_devices(&f->update);
	make(f);
	assert_time(f, "blackout", 1750 * MS);
	assert_time(f, "phase.resume", 1750 * MS - true_boundary_ns[10]);
	assert_count(f, "devices_awaited", 2);
	assert_count(f, "devices_missing", 0);
	assert_count(f, "resets.ok", 1);
	assert_count(f, "resets.busy", 1);
	assert_count(f, "resets.failed", 0);
	assert_count(f, "resets.unknown", 0);
	assert_time(f, "device.freeze.max", MS);
	assert_time(f, "device.bind.median", 20 * MS);
	assert_time(f, "device.in_service.min", 1700 * MS);
	assert_time(f, "device.in_service.max", 1750 * MS);
	assert_time(f, "device.in_service.mean", 1725 * MS);
	assert_time(f, "device.0000:81:00.0.in_service", 1700 * MS);
	assert_time(f, "device.0000:81:00.0.reset", 800000);
	assert_time(f, "device.0000:81:00.0.downtime", 1692 * MS);
	assert_time(f, "device.0000:82:00.0.irq_setup", 5 * MS);
	/* A reset that failed would have taken longer, had it gone well. */
	assert_at_least(f, "device.0000:82:00.0.reset", 800000, "failed");
	assert_at_least(f, "device.reset.max", 800000, "failed");
	assert_at_least(f, "device.reset.mean", 800000, "failed");
	/* But the other one gives the minimum. */
	assert_time(f, "device.reset.min", 800000);
}

static void test_devices_without_reset(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span;
	unsigned int i;

	built_devices(&f->update);
	for (i = 0; i < f->update.old.header->span_cursor[LUO_STATS_LOT_UPDATE]; i++) {
		span = built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, i);
		if (LUO_STATS_RESET_OUTCOME(span->detail) == LUO_STATS_RESET_BUSY)
			span->detail = LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_NONE, 0, 0);
	}
	make(f);
	assert_count(f, "resets.none", 1);
	assert_unknown(f, "device.0000:82:00.0.reset", "no way to reset");
	assert_time(f, "device.reset.max", 800000);
	/* An outcome that is not known may have been any. */
	for (i = 0; i < f->update.old.header->span_cursor[LUO_STATS_LOT_UPDATE]; i++)
		built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, i)->detail = 0;
	make(f);
	assert_count(f, "resets.unknown", 2);
	assert_int_equal(get(f, "resets.failed")->value, 0);
	assert_int_equal(get(f, "resets.failed")->low, 0);
	assert_int_equal(get(f, "resets.failed")->high, 2);
}

static void call_files(struct built_area *area, const char *handler)
{
	uint32_t i;

	for (i = 1; i <= area->header->subject_cursor; i++)
		if (built_subject_at(area, i)->id.kind == LUO_STATS_SUBJECT_FILE)
			strcpy(built_subject_at(area, i)->id.detail, handler);
}

/* Their files show that there were some. */
static void test_devices_that_were_not_seen(void **state)
{
	struct fixture *f = *state;

	make(f);
	assert_count(f, "devices_awaited", 0);
	assert_count(f, "resets.ok", 0);
	call_files(&f->update.old, "vfio-pci-something");
	call_files(&f->update.new, "vfio-pci-something");
	make(f);
	assert_at_least(f, "devices_awaited", 0, "devices were not seen, only their files");
	assert_at_least(f, "resets.ok", 0, "devices were not seen, only their files");
	assert_unknown(f, "device.downtime.max", "devices were not seen, only their files");
}

static void test_a_device_that_is_not_back(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span = NULL;
	unsigned int i;

	built_devices(&f->update);
	for (i = 0; i < f->update.new.header->span_cursor[LUO_STATS_LOT_ANY]; i++) {
		span = built_span_at(&f->update.new, LUO_STATS_LOT_ANY, i);
		if (span->kind == LUO_STATS_IRQ_SETUP)
			break;
	}
	assert_int_equal(span->kind, LUO_STATS_IRQ_SETUP);
	span->result = -ENOSPC;
	make(f);
	assert_count(f, "devices_missing", 1);
	assert_at_least(f, "blackout", 1750 * MS, "in service");
	assert_unknown(f, "blackout.error", "in service");
	assert_at_least(f, "device.0000:81:00.0.downtime", 1742 * MS, "in service");
	assert_at_least(f, "device.downtime.max", 1742 * MS, "in service");
	assert_unknown(f, "device.0000:81:00.0.in_service", "in service");
	assert_at_least(f, "device.in_service.max", 1750 * MS, "in service");
	assert_unknown(f, "device.in_service.median", "in service");
	assert_at_least(f, "phase.resume", 1750 * MS - true_boundary_ns[10], "in service");
	assert_time(f, "phase.retrieve", true_boundary_ns[10] - true_boundary_ns[9]);
}

static void test_functions_that_were_left_out(void **state)
{
	struct fixture *f = *state;

	built_devices(&f->update);
	f->update.old.header->span_cursor[LUO_STATS_LOT_UPDATE] = 0;
	built_subject(&f->update.old, LUO_STATS_SUBJECT_WATCH, "", "1", "", LUO_STATS_WATCH_FREEZE);
	make(f);
	assert_count(f, "file.count", 3);
	assert_count(f, "session.count", 2);
	assert_count(f, "devices_awaited", 2);
	assert_unknown(f, "shutdown.max", "there is none");
	/* There may have been more. */
	built_subject(&f->update.old, LUO_STATS_SUBJECT_WATCH, "", "1", "", 0);
	make(f);
	assert_at_least(f, "file.count", 3, "not every freeze was watched");
	assert_at_least(f, "session.count", 2, "not every freeze was watched");
	assert_count(f, "devices_awaited", 2);
	built_subject(&f->update.old, LUO_STATS_SUBJECT_WATCH, "vfio_pci_freeze_end", "1",
		      "other prototype", UINT64_MAX);
	built_subject(&f->update.old, LUO_STATS_SUBJECT_WATCH, "pm_runtime_barrier", "1",
		      "no device.driver", UINT64_MAX);
	make(f);
	assert_at_least(f, "devices_awaited", 2, "not every freeze was watched");
	assert_at_least(f, "resets.failed", 0, "not every freeze was watched");
	assert_unknown(f, "shutdown.max", "not observed");
}

static void test_virtual_machines(void **state)
{
	struct fixture *f = *state;

	make(f);
	assert_unknown(f, "vms_awaited", "not watched");
	assert_unknown(f, "vms_missing", "not watched");
	assert_unknown(f, "vm.downtime.max", "not watched");
	assert_null(figures_find(&f->figures, "vm.vm-1.downtime"));

	built_vms(&f->update);
	make(f);
	assert_count(f, "vms_awaited", 2);
	assert_count(f, "vms_missing", 0);
	assert_time(f, "vm.vm-1.downtime", 1680 * MS);
	assert_time(f, "vm.vm-2.downtime", 1695 * MS);
	assert_time(f, "vm.downtime.max", 1695 * MS);
	assert_time(f, "vm.downtime.min", 1680 * MS);

	/* One that only the new kernel ran takes no part. */
	built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, "young", 310, 0, 2000 * MS);
	make(f);
	assert_count(f, "vms_awaited", 2);
	assert_count(f, "vms_missing", 0);
	assert_null(figures_find(&f->figures, "vm.young.downtime"));
	assert_time(f, "vm.downtime.max", 1695 * MS);
}

static void test_a_virtual_machine_that_is_not_back(void **state)
{
	struct fixture *f = *state;

	built_vms(&f->update);
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm 3", 902, 0, 6 * MS);
	make(f);
	assert_count(f, "vms_awaited", 3);
	assert_count(f, "vms_missing", 1);
	assert_at_least(f, "vm.vm\\x203.downtime", true_boundary_ns[10] - 6 * MS, "run again");
	/* It is down for longer than any that is back, or it is not. */
	assert_at_least(f, "vm.downtime.max", 1695 * MS, "run again");
	assert_time(f, "vm.vm-1.downtime", 1680 * MS);

	/* If two have one name, the one that is not back is reported. */
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm-1", 903, 0, 7 * MS);
	strcpy(built_subject_at(&f->update.old, f->update.old.header->subject_cursor)->id.detail,
	       "other");
	make(f);
	assert_count(f, "vms_missing", 2);
	assert_at_least(f, "vm.vm-1.downtime", true_boundary_ns[10] - 7 * MS, "run again");

	/* That it ran may have been dropped. */
	f->update.new.header->dropped[LUO_STATS_VCPU_ENTRY] = 1;
	built_seal(&f->update.new);
	make(f);
	assert_unknown(f, "vm.vm-1.downtime", "run again");
	assert_unknown(f, "vms_missing", "not known");
	assert_int_equal(get(f, "vms_awaited")->low, 4);
	assert_true(get(f, "vms_awaited")->high == BOUNDED_NO_HIGH);
}

static void test_a_file_that_is_not_back(void **state)
{
	struct fixture *f = *state;

	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	make(f);
	assert_count(f, "files_missing", 1);
	assert_at_least(f, "blackout", true_boundary_ns[10], "come back");
	assert_at_least(f, "phase.retrieve", true_boundary_ns[10] - true_boundary_ns[9],
			"come back");
	assert_time(f, "phase.jump", true_boundary_ns[7] - true_boundary_ns[6]);
	/* Its other file came back after 1540 ms. */
	assert_at_least(f, "session.vm-1.downtime", true_boundary_ns[10], "come back");
	assert_at_least(f, "session.downtime.max", true_boundary_ns[10], "come back");
	assert_time(f, "session.vm-2.downtime", true_boundary_ns[10]);
	assert_at_least(f, "file.vm-1.1.downtime", true_boundary_ns[10] - MS, "come back");
	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 1;
	make(f);
	assert_unknown(f, "files_missing", "not known");
	assert_unknown(f, "file.vm-1.1.downtime", "observed");
	assert_at_least(f, "blackout", true_boundary_ns[10], "not known");
	assert_at_least(f, "session.vm-1.downtime", 1540 * MS, "not known");
	assert_time(f, "session.vm-2.downtime", true_boundary_ns[10]);
}

static void test_a_session_without_a_file_that_is_back(void **state)
{
	struct fixture *f = *state;

	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 0)->result = -EIO;
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 2)->result = -EIO;
	make(f);
	assert_count(f, "files_missing", 2);
	assert_at_least(f, "session.vm-1.downtime", true_boundary_ns[10], "come back");
	f->update.new.header->dropped[LUO_STATS_RETRIEVE] = 1;
	make(f);
	assert_unknown(f, "session.vm-1.downtime", "not observed");
}

static void test_losses(void **state)
{
	struct fixture *f = *state;

	built_devices(&f->update);
	f->update.old.header->dropped[LUO_STATS_PRESERVE] = 3;
	f->update.old.header->spans_recycled = 5;
	f->update.old.header->as_old_kernel[0].attempt = 1;
	make(f);
	assert_non_null(f->figures.losses);
	assert_count(f, "dropped", 3);
	assert_count(f, "dropped.preserve", 3);
	assert_count(f, "losses.spans_recycled", 5);
	assert_time(f, "blackout", 1750 * MS);
	assert_at_least(f, "device.freeze.max", MS, "dropped");
	assert_true(get(f, "device.freeze.min")->low == BOUNDED_NO_LOW);
	assert_true(get(f, "device.freeze.min")->high > 0 &&
		    get(f, "device.freeze.min")->high < 2 * MS);
	assert_true(get(f, "device.freeze.mean")->low == BOUNDED_NO_LOW);
	assert_true(get(f, "device.freeze.mean")->high == BOUNDED_NO_HIGH);
	assert_true(get(f, "resets.ok")->low == 1);
	assert_true(get(f, "resets.ok")->high == BOUNDED_NO_HIGH);
	assert_time(f, "device.0000:81:00.0.freeze", MS);
	f->update.old.header->dropped[LUO_STATS_PRESERVE] = 0;
	built_span_at(&f->update.old, LUO_STATS_LOT_ANY, 0)->state = LUO_STATS_RESERVED;
	make(f);
	assert_non_null(strstr(f->figures.losses, "written"));
	assert_count(f, "losses.reserved_spans", 1);
	f->update.old.header->attempts_dropped = 2;
	make(f);
	assert_int_equal(get(f, "failed_attempts")->low, 0);
	assert_true(get(f, "failed_attempts")->high == BOUNDED_NO_HIGH);
}

static void test_huge_counts(void **state)
{
	struct fixture *f = *state;

	make(f);
	f->model.losses.dropped_total = UINT64_MAX;
	figures_free(&f->figures);
	assert_int_equal(figures_of(&f->figures, &f->model, &f->error), 0);
	assert_count(f, "dropped", (1LL << 53) - 1);
}

static void test_a_clock_that_is_not_verified(void **state)
{
	struct fixture *f = *state;

	f->update.new.header->anchor[LUO_STATS_ANCHOR_READ].flags &= ~LUO_STATS_COUNTER_REFINED;
	f->update.old.header->anchor[LUO_STATS_ANCHOR_LOAD].realtime_ns = 0;
	f->update.old.header->anchor[LUO_STATS_ANCHOR_NOTIFIER].realtime_ns = 0;
	f->update.old.header->anchor[LUO_STATS_ANCHOR_LAST].realtime_ns = 0;
	make(f);
	assert_int_equal(f->model.clock.verdict, CLOCK_UNVERIFIED);
	assert_non_null(strstr(f->figures.clock_doubt, "not verified"));
	assert_true(bounded_is_closed(*get(f, "blackout")));

	f->update.new.header->anchor[LUO_STATS_ANCHOR_READ].flags |= LUO_STATS_COUNTER_UNSTABLE;
	make(f);
	assert_int_equal(f->model.clock.verdict, CLOCK_CONTRADICTED);
	assert_non_null(strstr(f->figures.clock_doubt, "contradicted"));
	assert_unknown(f, "blackout", "contradicted");
	assert_true(get(f, "phase.freeze")->low == BOUNDED_NO_LOW);
	assert_true(get(f, "phase.freeze")->high == BOUNDED_NO_HIGH);
	assert_count(f, "file.count", 3);
}

static void test_joint_phases(void **state)
{
	struct fixture *f = *state;

	f->update.new.header->as_new_kernel.cycles[LUO_STATS_B9_LUO_OPEN] = 0;
	make(f);
	assert_unknown(f, "phase.userspace", "boundary");
	assert_unknown(f, "phase.retrieve", "boundary");
	assert_time(f, "phase.userspace+retrieve", true_boundary_ns[10] - true_boundary_ns[8]);
}

static void test_half_an_update(void **state)
{
	struct fixture *f = *state;

	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	make(f);
	assert_unknown(f, "blackout", "no luo_stats in the old kernel");
	assert_unknown(f, "phase.freeze", "not observed");
	/* One rate alone is known to 500 ppm. */
	assert_true(bounded_is_closed(*get(f, "phase.kernel_boot")));
	assert_true(llabs(get(f, "phase.kernel_boot")->value - 588 * MS) < 300000);
	assert_unknown(f, "devices_awaited", "old kernel");
	assert_unknown(f, "devices_missing", "old kernel");
	assert_unknown(f, "resets.failed", "old kernel");
	assert_unknown(f, "files_missing", "not known");
	/* No update at all. */
	f->update.new.header->flags &= ~LUO_STATS_KHO_BOOT;
	f->update.new.header->flags &= ~LUO_STATS_INCOMING_VALID;
	built_seal(&f->update.new);
	make(f);
	assert_unknown(f, "blackout", "not started by a live update");
	assert_unknown(f, "file.count", "not started by a live update");
	assert_count(f, "dropped", 0);
}

static void test_luoscope_init(void **state)
{
	struct fixture *f = *state;

	f->update.new.header->as_new_kernel.cycles[LUO_STATS_B8_INIT] = true_cycles(1400 * MS);
	f->update.new.header->as_new_kernel.cycles[LUO_STATS_INIT_DONE] = true_cycles(1450 * MS);
	make(f);
	assert_time(f, "luoscope_init", 50 * MS);
}

static void test_names_of_anything(void **state)
{
	struct fixture *f = *state;
	const char hostile[] = "a.b <c>=\n\xff\\";
	uint32_t subject;

	subject = built_subject(&f->update.old, LUO_STATS_SUBJECT_SESSION, hostile, "", "", 0);
	built_span(&f->update.old, LUO_STATS_LOT_UPDATE, LUO_STATS_SESSION_FREEZE,
		   LUO_STATS_ROLE_OLD, subject, true_cycles(2 * MS), true_cycles(5 * MS));
	/* If two have one name, the slower is reported; the statistics come first. */
	built_span(&f->update.old, LUO_STATS_LOT_UPDATE, LUO_STATS_SHUTDOWN, LUO_STATS_ROLE_OLD,
		   built_subject(&f->update.old, LUO_STATS_SUBJECT_DEVICE, "eth0", "", "x", 0),
		   true_cycles(30 * MS), true_cycles(37 * MS));
	built_span(&f->update.old, LUO_STATS_LOT_UPDATE, LUO_STATS_SHUTDOWN, LUO_STATS_ROLE_OLD,
		   built_subject(&f->update.old, LUO_STATS_SUBJECT_DEVICE, "max", "", "x", 0),
		   true_cycles(30 * MS), true_cycles(38 * MS));
	make(f);
	assert_time(f, "session.a.b\\x20\\x3cc\\x3e\\x3d\\x0a\\xff\\x5c.freeze", 3 * MS);
	assert_time(f, "shutdown.eth0", 7 * MS);
	assert_time(f, "shutdown.max", 119 * MS);
}

/* With @boot, what is known of the new kernel's boot, as in a capture. */
static void make_booted(struct fixture *f, const char *boot)
{
	f->capture.section[CAPTURE_BOOT] =
		(struct capture_section){ .bytes = boot, .size = strlen(boot) };
	make(f);
}

/* It counts, but no budget could name it. */
static void test_initcall_without_name(void **state)
{
	struct fixture *f = *state;

	make_booted(f, "boot 1\nmoment clocksource 500\n"
		       "row initcalls 1000 2000 0\t\t\n"
		       "row initcalls 3000 1000 0\ta\t\n");
	assert_time(f, "initcall.max", 2 * MS);
	assert_time(f, "initcall.a", MS);
}

/* Until the kernel has figures of its own, the clock of the log cuts initcalls short. */
static void test_early_initcall(void **state)
{
	struct fixture *f = *state;

	make_booted(f, "boot 1\nmoment clocksource 2000\n"
		       "row initcalls 1000 2000 0\ta\t\n"
		       "row initcalls 3000 1000 0\tb\t\n");
	assert_at_least(f, "initcall.max", 2 * MS, WHY_CLOCK_SLOW);
	assert_at_least(f, "initcall.a", 2 * MS, WHY_CLOCK_SLOW);
	assert_time(f, "initcall.b", MS);
}

/* They count, but no budget could name them. */
static void test_without_name(void **state)
{
	struct fixture *f = *state;
	uint32_t file = built_subject(&f->update.old, LUO_STATS_SUBJECT_FILE, "", "memfd", "", 7);
	uint32_t session = built_subject(&f->update.old, LUO_STATS_SUBJECT_SESSION, "", "", "", 0);

	built_span(&f->update.old, LUO_STATS_LOT_UPDATE, LUO_STATS_FREEZE, LUO_STATS_ROLE_OLD, file,
		   true_cycles(2 * MS), true_cycles(5 * MS));
	built_span(&f->update.old, LUO_STATS_LOT_UPDATE, LUO_STATS_SESSION_FREEZE,
		   LUO_STATS_ROLE_OLD, session, true_cycles(2 * MS), true_cycles(5 * MS));
	make(f);
	assert_time(f, "file.freeze.max", 3 * MS);
	assert_time(f, "session.freeze.max", 3 * MS);
}

static void add_mark(struct model *model, size_t i, const char *name, uint64_t instance,
		     int64_t begin_ns, int64_t end_ns)
{
	struct model_mark *mark = &model->mark[i];

	snprintf(mark->name, sizeof(mark->name), "%s", name);
	mark->instance = instance;
	mark->span.observed = true;
	mark->span.start = (struct estimate){ true, begin_ns };
	mark->end = (struct estimate){ true, end_ns };
	mark->span.duration = (struct estimate){ true, end_ns - begin_ns };
}

static void test_marks(void **state)
{
	struct fixture *f = *state;

	make(f);
	free(f->model.mark);
	f->model.mark = calloc(6, sizeof(*f->model.mark));
	f->model.marks = 6;
	add_mark(&f->model, 0, "ready", 0, 1900 * MS, 1900 * MS);
	f->model.mark[0].instant = true;
	add_mark(&f->model, 1, "vm.paused", 1, -20 * MS, 1600 * MS);
	add_mark(&f->model, 2, "vm.paused", 1, 1700 * MS, 1800 * MS);
	add_mark(&f->model, 3, "vm.paused", 2, -10 * MS, 1650 * MS);
	add_mark(&f->model, 4, "x", 0, 0, 5 * MS);
	f->model.mark[4].end_only = true;
	f->model.mark[4].span.duration.known = false;
	add_mark(&f->model, 5, "y", 7, 0, 0);
	f->model.mark[5].end.known = false;
	f->model.mark[5].span.duration.known = false;
	f->model.mark[5].span.open = true;
	figures_free(&f->figures);
	assert_int_equal(figures_of(&f->figures, &f->model, &f->error), 0);
	assert_names_are_sound(&f->figures);
	assert_unknown(f, "mark.ready.0", "no length");
	assert_time(f, "mark.ready.0.end", 1900 * MS);
	assert_null(figures_find(&f->figures, "mark.ready.max"));
	assert_time(f, "mark.vm.paused.1", 1620 * MS);
	assert_time(f, "mark.vm.paused.1.end", 1800 * MS);
	assert_time(f, "mark.vm.paused.2", 1660 * MS);
	assert_time(f, "mark.vm.paused.max", 1660 * MS);
	assert_time(f, "mark.vm.paused.min", 100 * MS);
	assert_unknown(f, "mark.x.0", "start");
	assert_time(f, "mark.x.0.end", 5 * MS);
	assert_unknown(f, "mark.y.7", "never ended");
	assert_unknown(f, "mark.y.7.end", "never ended");
}

static void test_service_manager(void **state)
{
	struct fixture *f = *state;

	make(f);
	assert_unknown(f, "manager.before_update", "service manager");
	assert_unknown(f, "manager.finish", "service manager");
	f->model.manager.before = bounded_with_error(700 * MS, 50000);
	f->model.manager.finish = bounded_with_error(4000 * MS, 20000);
	figures_free(&f->figures);
	assert_int_equal(figures_of(&f->figures, &f->model, &f->error), 0);
	assert_names_are_sound(&f->figures);
	assert_time(f, "manager.before_update", 700 * MS);
	assert_time(f, "manager.finish", 4000 * MS);
	assert_int_equal(get(f, "manager.before_update")->high, 700 * MS + 50000);
	assert_int_equal(get(f, "manager.finish")->low, 4000 * MS - 20000);
	/* Without B0 it is not known after what. */
	f->model.origin_slot = LUO_STATS_B7_TIME_ZERO;
	figures_free(&f->figures);
	assert_int_equal(figures_of(&f->figures, &f->model, &f->error), 0);
	assert_unknown(f, "manager.finish", "service manager");
}

static void test_real_capture(void **state)
{
	struct capture capture = {};
	struct figures figures = {};
	struct model model = {};
	struct error error;
	int64_t sum = 0;
	unsigned int i;

	(void)state;
	assert_int_equal(capture_load(&capture, "tests/captures/7.2-to-7.3.luoscope", &error), 0);
	assert_int_equal(model_build(&model, &capture, &error), 0);
	assert_int_equal(figures_of(&figures, &model, &error), 0);
	assert_names_are_sound(&figures);
	for (i = 0; i < figures.count; i++)
		if (!strncmp(figures.figure[i].name, "phase.", 6) &&
		    figures.figure[i].measured.known)
			sum += figures.figure[i].measured.value;
	assert_int_equal(sum, figures_find(&figures, "blackout")->measured.value);
	assert_int_equal(figures_find(&figures, "file.count")->measured.high, 5);
	assert_true(figures_find(&figures, "luoscope_init")->measured.known);
	figures_free(&figures);
	model_free(&model);
	capture_free(&capture);
}

/* Names */

static void test_names(void **state)
{
	static const struct {
		const char *text, *name, *pattern;
	} good[] = {
		{ "blackout", "blackout", "blackout" },
		{ "phase.jump", "phase.jump", "phase.PHASE" },
		{ "phase.userspace+retrieve", "phase.userspace+retrieve", "phase.PHASE" },
		{ "device.freeze.max", "device.freeze.max", "device.STEP.STAT" },
		{ "resets.failed", "resets.failed", "resets.OUTCOME" },
		{ "device.0000:81:00.0.reset", "device.0000:81:00.0.reset", "device.DEVICE.STEP" },
		{ "device.a.downtime", "device.a.downtime", "device.DEVICE.STEP" },
		/* As lspci writes it. */
		{ "device.81:00.0.reset", "device.0000:81:00.0.reset", "device.DEVICE.STEP" },
		{ "shutdown.0A:1f.7", "shutdown.0000:0A:1f.7", "shutdown.DEVICE" },
		{ "shutdown.81:00.8", "shutdown.81:00.8", "shutdown.DEVICE" },
		{ "session.81:00.0.downtime", "session.81:00.0.downtime", "session.SESSION.STEP" },
		{ "file.vm.1.17.freeze", "file.vm.1.17.freeze", "file.SESSION.TOKEN.STEP" },
		{ "file.18446744073709551615.18446744073709551615.downtime",
		  "file.18446744073709551615.18446744073709551615.downtime",
		  "file.SESSION.TOKEN.STEP" },
		{ "session.vm\\x20\\x41.downtime", "session.vm\\x20A.downtime",
		  "session.SESSION.STEP" },
		{ "session.\xc3\xbc.downtime", "session.\\xc3\\xbc.downtime",
		  "session.SESSION.STEP" },
		{ "session.\\xC3.downtime", "session.\\xc3.downtime", "session.SESSION.STEP" },
		{ "session.session.finish.finish", "session.session.finish.finish",
		  "session.SESSION.STEP" },
		{ "shutdown.max", "shutdown.max", "shutdown.STAT" },
		{ "shutdown.x", "shutdown.x", "shutdown.DEVICE" },
		{ "mark.pause", "mark.pause.0", "mark.NAME" },
		{ "mark.pause.3", "mark.pause.3", "mark.NAME.INSTANCE" },
		{ "mark.a.b", "mark.a.b.0", "mark.NAME" },
		{ "mark.a.b.max", "mark.a.b.max", "mark.NAME.STAT" },
		{ "mark.pause.end", "mark.pause.0.end", "mark.NAME.end" },
		{ "mark.pause.3.end", "mark.pause.3.end", "mark.NAME.INSTANCE.end" },
		{ "mark.end", "mark.end.0", "mark.NAME" },
		{ "mark.7", "mark.7.0", "mark.NAME" },
		{ "dropped.freeze", "dropped.freeze", "dropped.KIND" },
		{ "losses.subjects_dropped", "losses.subjects_dropped", "losses.WHAT" },
	};
	static const struct {
		const char *text, *says;
		int err;
		size_t at;
	} bad[] = {
		{ "blackuot", "did you mean 'blackout'?", -ENOENT, 0 },
		{ "device.freeze.maxx", "did you mean 'device.freeze.max'?", -ENOENT, 0 },
		{ "device.0000:81:00.0.frez", "did you mean 'device.0000:81:00.0.freeze'?", -ENOENT,
		  0 },
		{ "phase.foo", "'luoscope check --list' lists all", -ENOENT, 0 },
		{ "phase.kernelboot", "did you mean 'phase.kernel_boot'?", -ENOENT, 0 },
		{ "phase.machine", "did you mean 'phase.machine_shutdown'?", -ENOENT, 0 },
		{ "files.missing", "did you mean 'files_missing'?", -ENOENT, 0 },
		{ "device.freeze", "did you mean 'device.freeze.max'?", -ENOENT, 0 },
		/* Names of earlier versions. */
		{ "device.missing", "did you mean 'devices_missing'?", -ENOENT, 0 },
		{ "device.reset.failed", "did you mean 'resets.failed'?", -ENOENT, 0 },
		{ "vm.web.dark", "did you mean 'vm.web.downtime'?", -ENOENT, 0 },
		{ "lost.unfinished", "did you mean 'losses.unfinished'?", -ENOENT, 0 },
		{ "session.\xff", "there is no figure 'session.\\xff';", -ENOENT, 0 },
		{ "phase.jump+freeze", "there is no figure", -ENOENT, 0 },
		{ "phase.", "there is no figure", -ENOENT, 0 },
		{ "", "there is no figure ''", -ENOENT, 0 },
		{ ".", "there is no figure", -ENOENT, 0 },
		{ "device..freeze", "there is no figure", -ENOENT, 0 },
		{ "session.a\\.downtime", "two hexadecimal digits", -EINVAL, 9 },
		{ "session.a\\x0", "two hexadecimal digits", -EINVAL, 9 },
		{ "session.\\x00.downtime", "not 0", -EINVAL, 8 },
		{ "session.\\", "two hexadecimal digits", -EINVAL, 8 },
		{ "wholly different from all", "'luoscope check --list' lists all", -ENOENT, 0 },
	};
	const struct figure_pattern *pattern;
	char text[1000], *name;
	struct error error;
	size_t at, i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		error.text[0] = '\0';
		/* What stands behind the name does no harm. */
		snprintf(text, sizeof(text), "%s.max", good[i].text);
		if (figure_name_parse(&name, &pattern, text, strlen(good[i].text), &at, &error))
			fail_msg("'%s': %s", good[i].text, error.text);
		assert_string_equal(name, good[i].name);
		assert_string_equal(pattern->text, good[i].pattern);
		free(name);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int err = figure_name_parse(&name, &pattern, bad[i].text, strlen(bad[i].text), &at,
					    &error);

		if (err != bad[i].err || at != bad[i].at || !strstr(error.text, bad[i].says))
			fail_msg("'%s': %d at %zu, '%s'", bad[i].text, err, at, error.text);
		assert_null(name);
	}
	/* As long as can be. */
	memset(text, '.', sizeof(text));
	assert_int_equal(figure_name_parse(&name, &pattern, text, sizeof(text), &at, &error),
			 -ENOENT);
	memset(text, '\xff', sizeof(text));
	memcpy(text, "session.", 8);
	assert_int_equal(figure_name_parse(&name, &pattern, text, sizeof(text), &at, &error),
			 -ENOENT);
	memcpy(text + 8 + 64, ".downtime", 9);
	assert_int_equal(figure_name_parse(&name, &pattern, text, 8 + 64 + 9, &at, &error), 0);
	assert_int_equal(strlen(name), 8 + 4 * 64 + 9);
	free(name);
}

/* Numbers */

static struct bounded statistic(enum statistic which, unsigned int per_mille, size_t count,
				const struct bounded *list)
{
	struct bounded result;

	assert_int_equal(bounded_statistic(&result, list, count, which, per_mille), 0);
	return result;
}

static void test_statistics(void **state)
{
	struct bounded list[100], m;
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++)
		list[i] = bounded_with_error((i * 37 % 100 + 1) * 10, 1);
	m = statistic(STATISTIC_MAX, 0, 100, list);
	assert_true(m.value == 1000 && m.low == 999 && m.high == 1001 && !m.why);
	m = statistic(STATISTIC_MIN, 0, 100, list);
	assert_true(m.value == 10 && m.low == 9 && m.high == 11);
	m = statistic(STATISTIC_MEAN, 0, 100, list);
	assert_true(m.value == 505 && m.low == 504 && m.high == 506);
	m = statistic(STATISTIC_MEDIAN, 0, 100, list);
	assert_true(m.value == 505 && m.low == 504 && m.high == 506);
	m = statistic(STATISTIC_MEDIAN, 0, 1, list);
	assert_true(m.value == list[0].value);
	assert_int_equal(statistic(STATISTIC_PERCENTILE, 950, 100, list).value, 950);
	assert_int_equal(statistic(STATISTIC_PERCENTILE, 999, 100, list).value, 1000);
	assert_int_equal(statistic(STATISTIC_PERCENTILE, 1, 100, list).value, 10);
	assert_int_equal(statistic(STATISTIC_PERCENTILE, 500, 100, list).value, 500);
	assert_int_equal(statistic(STATISTIC_PERCENTILE, 501, 100, list).value, 510);
	assert_int_equal(bounded_statistic(&m, list, 0, STATISTIC_MAX, 0), -ENODATA);

	/* One that is not known: what can be said is said. */
	list[50] = bounded_unknown("gone");
	m = statistic(STATISTIC_MAX, 0, 100, list);
	assert_true(m.known && m.value == 1000 && m.low == 999 && m.high == BOUNDED_NO_HIGH);
	assert_string_equal(m.why, "gone");
	m = statistic(STATISTIC_MEAN, 0, 100, list);
	assert_true(!m.known && m.low == BOUNDED_NO_LOW && m.high == BOUNDED_NO_HIGH);
	m = statistic(STATISTIC_PERCENTILE, 500, 100, list);
	assert_true(!m.known && m.low >= 489 && m.high <= 511);
	assert_string_equal(m.why, "gone");
	m = statistic(STATISTIC_MAX, 0, 1, &list[50]);
	assert_true(!m.known && m.low == BOUNDED_NO_LOW && m.high == BOUNDED_NO_HIGH);
}

static void test_rounding_and_limits(void **state)
{
	const struct bounded two[] = { bounded_exact(1), bounded_exact(2) };
	const struct bounded negative[] = { bounded_exact(-1), bounded_exact(-2) };
	const struct bounded far[] = { bounded_with_error(INT64_MAX - 1, 5),
				       bounded_with_error(-INT64_MAX + 1, UINT64_MAX) };
	struct bounded m;

	(void)state;
	m = statistic(STATISTIC_MEAN, 0, 2, two);
	assert_true(m.low == 1 && m.value == 2 && m.high == 2);
	m = statistic(STATISTIC_MEDIAN, 0, 2, negative);
	assert_true(m.low == -2 && m.value == -1 && m.high == -1);
	assert_true(bounded_is_closed(far[0]) && bounded_is_closed(far[1]));
	m = statistic(STATISTIC_MEAN, 0, 2, far);
	assert_true(m.value == 0 || m.value == 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_memfds),
		TEST(test_devices),
		TEST(test_devices_without_reset),
		TEST(test_devices_that_were_not_seen),
		TEST(test_a_device_that_is_not_back),
		TEST(test_functions_that_were_left_out),
		TEST(test_virtual_machines),
		TEST(test_a_virtual_machine_that_is_not_back),
		TEST(test_a_file_that_is_not_back),
		TEST(test_a_session_without_a_file_that_is_back),
		TEST(test_losses),
		TEST(test_huge_counts),
		TEST(test_a_clock_that_is_not_verified),
		TEST(test_joint_phases),
		TEST(test_half_an_update),
		TEST(test_luoscope_init),
		TEST(test_names_of_anything),
		TEST(test_initcall_without_name),
		TEST(test_early_initcall),
		TEST(test_without_name),
		TEST(test_marks),
		TEST(test_service_manager),
		TEST(test_real_capture),
		TEST(test_names),
		TEST(test_statistics),
		TEST(test_rounding_and_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
