// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual machines: from the vCPUs of two areas to the rows of the model, and how both views show
 * them.
 */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "fixture.h"
#include "model/clock.h"
#include "model/model.h"
#include "report/report.h"
#include "report/report_text.h"

static void render(struct fixture *f)
{
	const unsigned int sections = 1u << view_section("vms") | 1u << view_section("losses");

	show_model(f, &(struct view_options){ .sections = sections, .top = 10 });
}

/* What says that vCPUs are watched. */
static void watch(struct built_area *area)
{
	built_subject(area, LUO_STATS_SUBJECT_VCPU, "", "", "", 0);
}

static void watch_both(struct fixture *f)
{
	watch(&f->update.old);
	watch(&f->update.new);
}

static struct luo_stats_span *leaves(struct fixture *f, const char *session, uint32_t tgid,
				     uint32_t id, int64_t ns)
{
	return built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, session, tgid, id, ns);
}

static struct luo_stats_span *enters(struct fixture *f, const char *session, uint32_t tgid,
				     uint32_t id, int64_t ns)
{
	return built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, session, tgid, id, ns);
}

static void call_process(struct built_area *area, const struct luo_stats_span *span,
			 const char *name)
{
	strcpy(built_subject_at(area, span->subject)->id.detail, name);
}

/* The virtual machine of a process in the old kernel, or if @came in the new one. */
static const struct model_vm *vm_of(const struct fixture *f, uint32_t tgid, bool in_new_kernel)
{
	size_t i;

	for (i = 0; i < f->model.vms; i++)
		if ((in_new_kernel ? f->model.vm[i].new_tgid : f->model.vm[i].old_tgid) == tgid)
			return &f->model.vm[i];
	fail_msg("there is no virtual machine of process %u", tgid);
	return NULL;
}

static void test_not_watched(void **state)
{
	struct fixture *f = *state;

	render(f);
	assert_false(f->model.vms_watched);
	assert_int_equal(f->model.vms, 0);
	assert_false(f->model.vms_missing_known);
	assert_non_null(strstr(f->text, "Virtual machines were not watched in either kernel."));
	assert_true(json_is_null(json_object_get(f->json, "vms")));
	assert_true(
		json_is_null(json_object_get(json_object_get(f->json, "update"), "vms_missing")));

	/* That there are some says nothing of others. */
	leaves(f, "vm", 900, 0, -20 * MS);
	render(f);
	assert_false(f->model.vms_watched_old);
	assert_int_equal(f->model.vms, 1);
	assert_false(f->model.vms_missing_known);
	assert_int_equal(json_array_size(json_object_get(f->json, "vms")), 1);
	assert_non_null(strstr(f->text, "  They were not watched in either kernel."));
}

static void test_none(void **state)
{
	struct fixture *f = *state;

	watch(&f->update.old);
	render(f);
	assert_non_null(strstr(f->text, "not watched in the new kernel."));

	/* Then that there is none is known. */
	watch(&f->update.new);
	render(f);
	assert_true(f->model.vms_watched);
	assert_null(strstr(f->text, "irtual machines"));
	assert_int_equal(json_array_size(json_object_get(f->json, "vms")), 0);
	assert_true(f->model.vms_missing_known);
	assert_int_equal(f->model.losses.invalid_spans, 0);
}

static void test_several(void **state)
{
	struct fixture *f = *state;
	const struct model_vm *vm;

	built_vms(&f->update);
	build(f);
	assert_int_equal(f->model.vms, 2);
	assert_int_equal(f->model.others, 0);
	assert_int_equal(f->model.vms_old, 2);
	assert_int_equal(f->model.vms_missing, 0);
	assert_true(f->model.vms_missing_known);

	vm = vm_of(f, 901, false);
	assert_ptr_equal(vm, &f->model.vm[0]);
	assert_string_equal(vm->session, "vm-2");
	assert_int_equal(vm->new_tgid, 301);
	assert_near(vm->downtime, 1695 * MS);
	assert_near(vm->before, 0);

	vm = vm_of(f, 900, false);
	assert_ptr_equal(vm, &f->model.vm[1]);
	assert_string_equal(vm->session, "vm-1");
	assert_string_equal(vm->process, "vmm");
	assert_int_equal(vm->new_tgid, 300);
	assert_int_equal(vm->vcpus, 2);
	assert_int_equal(vm->vcpus_old, 2);
	assert_int_equal(vm->vcpus_back, 2);
	assert_near(vm->exit, -20 * MS);
	assert_near(vm->entry, 1660 * MS);
	assert_near(vm->downtime, 1680 * MS);
	assert_near(vm->before, 20 * MS);
	/* The blackout ends with B10. */
	assert_near(vm->after, 1660 * MS - true_boundary_ns[10]);
	assert_int_equal(vm->vcpu[1].id, 1);
	assert_near(vm->vcpu[1].exit, -10 * MS);
	assert_near(vm->vcpu[1].entry, 1660 * MS);
	assert_near(vm->vcpu[1].downtime, 1670 * MS);
}

/* No part of it lies outside of the blackout. */
static void test_downtime_inside(void **state)
{
	struct fixture *f = *state;
	const struct model_vm *vm;

	watch_both(f);
	leaves(f, "a", 900, 0, 100 * MS);
	enters(f, "a", 300, 0, 1000 * MS);
	build(f);
	vm = vm_of(f, 900, false);
	assert_near(vm->downtime, 900 * MS);
	assert_near(vm->before, 0);
	assert_near(vm->after, 0);
}

static void test_two_in_a_session(void **state)
{
	struct fixture *f = *state;

	/* Their processes' names distinguish them. */
	watch_both(f);
	call_process(&f->update.old, leaves(f, "all", 900, 0, -20 * MS), "alpha");
	call_process(&f->update.old, leaves(f, "all", 901, 0, -10 * MS), "beta");
	call_process(&f->update.new, enters(f, "all", 300, 0, 1650 * MS), "beta");
	call_process(&f->update.new, enters(f, "all", 301, 0, 1660 * MS), "alpha");
	build(f);
	assert_int_equal(f->model.vms, 2);
	assert_int_equal(vm_of(f, 900, false)->new_tgid, 301);
	assert_int_equal(vm_of(f, 901, false)->new_tgid, 300);
	assert_near(vm_of(f, 901, false)->downtime, 1660 * MS);
}

static void test_clash(void **state)
{
	struct fixture *f = *state;
	const struct model_vm *vm;

	watch_both(f);
	leaves(f, "all", 900, 0, -20 * MS);
	leaves(f, "all", 901, 0, -10 * MS);
	leaves(f, "other", 902, 0, -10 * MS);
	enters(f, "all", 300, 0, 1650 * MS);
	enters(f, "all", 301, 0, 1660 * MS);
	enters(f, "other", 302, 0, 1660 * MS);
	render(f);
	/* Each alone, and none of them is said to be missing. */
	assert_int_equal(f->model.vms, 5);
	vm = vm_of(f, 900, false);
	assert_true(vm->unsure);
	assert_int_equal(vm->new_tgid, 0);
	assert_false(vm->downtime.known);
	assert_true(vm_of(f, 301, true)->unsure);
	assert_false(f->model.vms_missing_known);
	assert_false(has_note(f, "did not come back"));
	assert_non_null(strstr(f->text, "ambiguous match"));
	assert_int_equal(vm_of(f, 902, false)->new_tgid, 302);
	assert_false(vm_of(f, 902, false)->unsure);
}

static void test_unknown_session(void **state)
{
	struct fixture *f = *state;

	/* An agent preserved for it, and it retrieved by itself. */
	watch_both(f);
	leaves(f, "", 900, 0, -20 * MS);
	leaves(f, "", 900, 1, -10 * MS);
	enters(f, "vm", 300, 0, 1650 * MS);
	enters(f, "vm", 300, 1, 1660 * MS);
	build(f);
	assert_int_equal(f->model.vms, 1);
	assert_int_equal(vm_of(f, 900, false)->new_tgid, 300);
	assert_string_equal(f->model.vm[0].session, "vm");
	assert_near(f->model.vm[0].downtime, 1680 * MS);
}

static void test_unknown_session_other_vcpus(void **state)
{
	struct fixture *f = *state;

	watch_both(f);
	leaves(f, "", 900, 0, -20 * MS);
	leaves(f, "", 900, 1, -10 * MS);
	enters(f, "vm", 300, 0, 1650 * MS);
	build(f);
	assert_int_equal(f->model.vms, 2);
	assert_int_equal(vm_of(f, 900, false)->new_tgid, 0);
	assert_true(vm_of(f, 900, false)->unsure);
}

static void test_unknown_session_not_alone(void **state)
{
	struct fixture *f = *state;

	watch_both(f);
	leaves(f, "", 900, 0, -20 * MS);
	leaves(f, "", 901, 0, -10 * MS);
	enters(f, "", 300, 0, 1650 * MS);
	build(f);
	assert_int_equal(f->model.vms, 3);
	assert_false(f->model.vms_missing_known);
}

/* A session that is known on both sides is worth more than a name. */
static void test_known_sessions_differ(void **state)
{
	struct fixture *f = *state;

	watch_both(f);
	leaves(f, "a", 900, 0, -20 * MS);
	enters(f, "b", 300, 0, 1650 * MS);
	build(f);
	assert_int_equal(f->model.vms, 2);
	assert_false(vm_of(f, 900, false)->unsure);
	assert_int_equal(f->model.vms_missing, 1);
	assert_true(f->model.vms_missing_known);
}

static void test_never_left(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span;
	const struct model_vm *vm;

	watch_both(f);
	span = leaves(f, "vm", 900, 0, 251 * MS);
	span->state = LUO_STATS_OPEN;
	span->end_cycles = 0;
	leaves(f, "vm", 900, 1, 100 * MS);
	enters(f, "vm", 300, 0, 1650 * MS);
	enters(f, "vm", 300, 1, 1640 * MS);
	render(f);
	vm = vm_of(f, 900, false);
	assert_true(vm->vcpu[0].never_left);
	assert_false(vm->vcpu[1].never_left);
	assert_near(vm->vcpu[0].exit, 251 * MS);
	assert_near(vm->exit, 100 * MS);
	assert_near(vm->downtime, 1550 * MS);
	/* It is no step of the update that did not end. */
	assert_int_equal(f->model.opens, 0);
	assert_int_equal(f->model.losses.unfinished, 0);
	assert_non_null(strstr(f->text, "ran until it was stopped"));
}

static void test_missing(void **state)
{
	struct fixture *f = *state;
	const struct model_vm *vm;

	watch_both(f);
	leaves(f, "gone", 900, 0, -20 * MS);
	leaves(f, "part", 901, 0, -20 * MS);
	leaves(f, "part", 901, 1, -10 * MS);
	leaves(f, "back", 902, 0, -10 * MS);
	enters(f, "part", 301, 1, 1660 * MS);
	enters(f, "back", 302, 0, 1670 * MS);
	render(f);
	assert_int_equal(f->model.vms_old, 3);
	assert_int_equal(f->model.vms_missing, 2);
	assert_true(f->model.vms_missing_known);
	assert_true(has_note(f, "2 of 3 virtual machines did not come back"));
	vm = vm_of(f, 901, false);
	assert_int_equal(vm->vcpus_back, 1);
	assert_false(vm->entry.known);
	assert_true(bounded_is_lower_bound(vm->downtime));
	assert_near(vm->exit, -20 * MS);
	assert_true(vm->vcpu[1].downtime.known);
	assert_false(vm->vcpu[0].in_new_kernel);
	/* What is not back comes first: with --top it must not be left out. */
	assert_ptr_equal(vm_of(f, 902, false), &f->model.vm[2]);
	assert_non_null(strstr(f->text, "1 of 2"));
	assert_non_null(strstr(f->text, "only partly back\n"));
	assert_non_null(strstr(f->text, "did not come back\n"));
}

/* What found no place may have been the entry that is missed, or an earlier exit. */
static void test_drops(void **state)
{
	struct fixture *f = *state;

	watch_both(f);
	leaves(f, "a", 900, 0, -20 * MS);
	leaves(f, "b", 901, 0, -20 * MS);
	enters(f, "b", 301, 0, 1650 * MS);
	enters(f, "b", 301, 1, 1650 * MS);
	f->update.new.header->dropped[LUO_STATS_VCPU_ENTRY] = 1;
	render(f);
	assert_false(f->model.vms_missing_known);
	assert_false(has_note(f, "virtual machines"));
	assert_non_null(strstr(f->text, "not seen to come back"));
	assert_non_null(strstr(f->text, "1 spans: vcpu_entry"));
	assert_non_null(strstr(f->text, "some vCPUs were not seen before"));
	assert_false(vm_of(f, 901, false)->downtime.known);

	f->update.new.header->dropped[LUO_STATS_VCPU_ENTRY] = 0;
	f->update.new.header->subjects_dropped = 1;
	build(f);
	assert_false(f->model.vms_missing_known);
	f->update.new.header->subjects_dropped = 0;
	build(f);
	assert_true(f->model.vms_missing_known);
	/* What ran in the old kernel must be known, too. */
	f->update.old.header->dropped[LUO_STATS_VCPU_EXIT] = 1;
	build(f);
	assert_false(f->model.vms_missing_known);
	f->update.old.header->dropped[LUO_STATS_VCPU_EXIT] = 0;
	f->update.old.header->subjects_dropped = 1;
	build(f);
	assert_false(f->model.vms_missing_known);
}

/* An entry whose subject found no place, in a kernel whose area was full. */
static void test_no_subject(void **state)
{
	struct fixture *f = *state;

	watch_both(f);
	leaves(f, "a", 900, 0, -20 * MS);
	enters(f, "a", 300, 0, 1650 * MS)->subject = 0;
	build(f);
	assert_int_equal(f->model.vms, 1);
	assert_int_equal(f->model.losses.invalid_spans, 0);
}

static void test_invalid(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span;

	watch_both(f);
	leaves(f, "a", 900, 0, -20 * MS);
	/* An entry before the jump, and one that is open; an exit after the jump. */
	enters(f, "a", 300, 0, 100 * MS);
	enters(f, "b", 301, 0, 1650 * MS)->state = LUO_STATS_OPEN;
	leaves(f, "b", 901, 0, 300 * MS);
	/* About a session, and about no process. */
	span = enters(f, "c", 302, 0, 1650 * MS);
	built_subject_at(&f->update.new, span->subject)->id.kind = LUO_STATS_SUBJECT_SESSION;
	enters(f, "d", 0, 1, 1650 * MS);
	build(f);
	assert_int_equal(f->model.losses.invalid_spans, 5);
	assert_int_equal(f->model.vms, 1);
	assert_int_equal(f->model.vms_missing, 1);
}

/* What belongs to another update of the same kernel. */
static void test_other_updates(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span;

	watch_both(f);
	leaves(f, "a", 900, 0, -20 * MS)->attempt = 7;
	enters(f, "a", 300, 0, 1650 * MS)->attempt = 1;
	span = enters(f, "b", 301, 0, 1650 * MS);
	span->kind = LUO_STATS_VCPU_EXIT;
	span->role = LUO_STATS_ROLE_OLD;
	build(f);
	assert_int_equal(f->model.vms, 0);
	assert_int_equal(f->model.losses.invalid_spans, 0);
	assert_int_equal(f->model.others, 0);
}

/* Of two spans of one vCPU the last exit and the first entry count. */
static void test_twice(void **state)
{
	struct fixture *f = *state;

	watch_both(f);
	leaves(f, "a", 900, 0, -10 * MS);
	leaves(f, "a", 900, 0, -20 * MS);
	enters(f, "a", 300, 0, 1700 * MS);
	enters(f, "a", 300, 0, 1650 * MS);
	build(f);
	assert_int_equal(f->model.vms, 1);
	assert_int_equal(f->model.vm[0].vcpus, 1);
	assert_near(f->model.vm[0].downtime, 1660 * MS);
}

static void test_unplugged(void **state)
{
	struct fixture *f = *state;
	const struct model_vm *vm;

	watch_both(f);
	leaves(f, "a", 900, 0, -20 * MS);
	leaves(f, "a", 900, 1, -700000 * MS);
	enters(f, "a", 300, 0, 1650 * MS);
	/* Stopped for long, but all of it. */
	leaves(f, "b", 901, 0, -700000 * MS);
	leaves(f, "b", 901, 1, -700010 * MS);
	enters(f, "b", 301, 0, 1650 * MS);
	enters(f, "b", 301, 1, 1650 * MS);
	build(f);
	vm = vm_of(f, 900, false);
	assert_int_equal(vm->vcpus, 1);
	assert_int_equal(vm->vcpus_old, 1);
	assert_near(vm->downtime, 1670 * MS);
	vm = vm_of(f, 901, false);
	assert_int_equal(vm->vcpus, 2);
	assert_near(vm->downtime, 701660 * MS);
	assert_near(vm->before, 700010 * MS);
}

/* Times of two kernels that cannot be compared are not subtracted. */
static void test_contradicted_clock(void **state)
{
	struct fixture *f = *state;

	built_vms(&f->update);
	f->update.new.header->anchor[LUO_STATS_ANCHOR_READ].flags |= LUO_STATS_COUNTER_UNSTABLE;
	build(f);
	assert_int_equal(f->model.vms, 2);
	assert_int_equal(f->model.clock.verdict, CLOCK_CONTRADICTED);
	assert_false(f->model.vm[0].downtime.known);
	assert_false(f->model.vm[0].entry.known);
	assert_true(f->model.vm[0].exit.known);
}

static void test_hostile_names(void **state)
{
	struct fixture *f = *state;
	const json_t *vm;

	watch_both(f);
	call_process(&f->update.old, leaves(f, "\033]0;x\007", 900, 0, -20 * MS), "\xff\n");
	enters(f, "\033]0;x\007", 300, 0, 1650 * MS);
	render(f);
	assert_non_null(strstr(f->text, "\\x1b]0;x\\x07  \\xff\\x0a"));
	assert_null(strchr(f->text, '\033'));
	vm = json_array_get(json_object_get(f->json, "vms"), 0);
	assert_string_equal(json_string_value(json_object_get(vm, "session")), "\033]0;x\007");
	assert_string_equal(json_string_value(json_object_get(vm, "process")), "\\xff\\x0a");
}

static void test_views(void **state)
{
	struct fixture *f = *state;
	const json_t *vms, *vm, *vcpu;

	built_vms(&f->update);
	leaves(f, "", 903, 0, -10 * MS);
	render(f);
	assert_non_null(strstr(f->text, "Virtual machines (3 of 3; "));
	assert_non_null(strstr(
		f->text,
		"  session  process  vCPUs  last exit  first entry  downtime    before     after\n"));
	assert_non_null(strstr(f->text, "  vm-2     vmm          1"));
	vms = json_object_get(f->json, "vms");
	assert_int_equal(json_array_size(vms), 3);
	vm = json_array_get(vms, 2);
	assert_string_equal(json_string_value(json_object_get(vm, "session")), "vm-1");
	assert_int_equal(json_integer_value(json_object_get(vm, "old_pid")), 900);
	assert_int_equal(json_integer_value(json_object_get(vm, "new_pid")), 300);
	assert_int_equal(json_integer_value(json_object_get(vm, "downtime_ns")),
			 f->model.vm[2].downtime.value);
	assert_true(json_is_false(json_object_get(vm, "downtime_is_lower_bound")));
	vcpu = json_array_get(json_object_get(vm, "vcpus"), 1);
	assert_int_equal(json_integer_value(json_object_get(vcpu, "id")), 1);
	assert_int_equal(json_integer_value(json_object_get(vcpu, "entry_ns")),
			 f->model.vm[2].vcpu[1].entry.value);
	vm = json_array_get(vms, 0);
	assert_true(json_is_null(json_object_get(vm, "session")));
	assert_true(json_is_null(json_object_get(vm, "new_pid")));
	assert_int_equal(json_integer_value(json_object_get(vm, "downtime_ns")),
			 f->model.vm[0].downtime.value);
	assert_true(json_is_true(json_object_get(vm, "downtime_is_lower_bound")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(f->json, "update"),
							    "vms_missing")),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_not_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_several, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_downtime_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_in_a_session, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clash, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_session, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_session_other_vcpus, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_session_not_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_known_sessions_differ, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_never_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_drops, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_subject, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_invalid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_updates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_contradicted_clock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_views, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
