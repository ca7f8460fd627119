// SPDX-License-Identifier: GPL-2.0
/*
 * Which functions of a kernel are those that the probes were written for: their prototypes, as
 * libbpf writes them, and whether there is one of a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <bpf/btf.h>

#include "probes/kernel_btf.h"
#include "probes/leave_out.h"
#include "probes/prototype.h"

/**
 * struct fixture - the types of a kernel
 * @set:   struct luo_file_set *
 * @token: u64, by way of two names
 */
struct fixture {
	struct btf *types;
	int number, set, token, pointer, byte;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct btf *types = btf__new_empty();
	int large;

	f->types = types;
	f->number = btf__add_int(types, "int", 4, BTF_INT_SIGNED);
	f->byte = btf__add_int(types, "unsigned char", 1, 0);
	large = btf__add_int(types, "unsigned long long", 8, 0);
	f->token = btf__add_typedef(types, "u64", btf__add_typedef(types, "__u64", large));
	f->set = btf__add_ptr(
		types, btf__add_const(types, btf__add_fwd(types, "luo_file_set", BTF_FWD_STRUCT)));
	f->pointer = btf__add_ptr(types, btf__add_ptr(types, 0));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	btf__free(f->types);
	free(f);
	return 0;
}

/* Returns its prototype. @arguments ends with -1. */
static int add_prototype(struct btf *types, int result, const int *arguments)
{
	const int prototype = btf__add_func_proto(types, result);

	for (; *arguments >= 0; arguments++)
		btf__add_func_param(types, "argument", *arguments);
	return prototype;
}

static void add_function(struct fixture *f, const char *name, int result, const int *arguments)
{
	const int prototype = add_prototype(f->types, result, arguments);

	btf__add_func(f->types, name, BTF_FUNC_STATIC, prototype);
}

static void add_tracepoint(struct fixture *f, const char *name, const int *arguments)
{
	const int prototype = add_prototype(f->types, 0, arguments);

	btf__add_typedef(f->types, name, btf__add_ptr(f->types, prototype));
}

static struct probe check(struct fixture *f, const char *target, enum probe_kind kind)
{
	struct probe probe = { .program = "on", .target = target, .kind = kind };
	struct kernel_btf_name name = { .name = target };
	struct kernel_btf *btf;
	char tracepoint[80];
	__u32 size;
	const void *raw = btf__raw_data(f->types, &size);
	void *bytes = malloc(size);

	memcpy(bytes, raw, size);
	assert_int_equal(kernel_btf_parse(&btf, bytes, size, NULL), 0);
	if (kind == PROBE_TRACEPOINT) {
		snprintf(tracepoint, sizeof(tracepoint), "btf_trace_%s", target);
		name = (struct kernel_btf_name){ .name = tracepoint, .kind = KERNEL_BTF_TYPEDEF };
	}
	assert_int_equal(kernel_btf_find(btf, &name, 1), 0);
	prototype_check(&probe, &name);
	kernel_btf_free(btf);
	return probe;
}

static void assert_left_out(struct probe probe, const char *why)
{
	assert_int_equal(probe.state, PROBE_LEFT_OUT);
	assert_string_equal(probe.why, why);
}

#define AS_EXPECTED "int32 (luo_file_set *, int64, pointer)"

static void test_as_expected(void **state)
{
	struct fixture *f = *state;

	add_function(f, "luo_retrieve_file", f->number,
		     (int[]){ f->set, f->token, f->pointer, -1 });
	assert_int_equal(check(f, "luo_retrieve_file", PROBE_ENTRY).state, PROBE_READY);
	assert_int_equal(check(f, "luo_retrieve_file", PROBE_RETURN).state, PROBE_READY);
}

static void test_an_argument_more(void **state)
{
	struct fixture *f = *state;

	add_function(f, "luo_retrieve_file", f->number,
		     (int[]){ f->set, f->token, f->pointer, f->number, -1 });
	assert_left_out(check(f, "luo_retrieve_file", PROBE_RETURN),
			"other prototype: int32 (luo_file_set *, int64, pointer, int32),"
			" not " AS_EXPECTED);
}

static void test_an_argument_less(void **state)
{
	struct fixture *f = *state;

	add_function(f, "luo_retrieve_file", f->number, (int[]){ f->set, f->token, -1 });
	assert_left_out(check(f, "luo_retrieve_file", PROBE_ENTRY),
			"other prototype: int32 (luo_file_set *, int64), not " AS_EXPECTED);
}

static void test_another_size(void **state)
{
	struct fixture *f = *state;

	add_function(f, "luo_retrieve_file", f->number,
		     (int[]){ f->set, f->number, f->pointer, -1 });
	assert_left_out(check(f, "luo_retrieve_file", PROBE_ENTRY),
			"other prototype: int32 (luo_file_set *, int32, pointer),"
			" not " AS_EXPECTED);
}

static void test_another_structure(void **state)
{
	struct fixture *f = *state;
	const int other = btf__add_ptr(f->types, btf__add_struct(f->types, "luo_session", 8));

	add_function(f, "luo_retrieve_file", f->number, (int[]){ other, f->token, f->pointer, -1 });
	assert_left_out(check(f, "luo_retrieve_file", PROBE_ENTRY),
			"other prototype: int32 (luo_session *, int64, pointer),"
			" not " AS_EXPECTED);
}

static void test_another_result(void **state)
{
	struct fixture *f = *state;

	add_function(f, "luo_retrieve_file", 0, (int[]){ f->set, f->token, f->pointer, -1 });
	assert_left_out(check(f, "luo_retrieve_file", PROBE_ENTRY),
			"other prototype: void (luo_file_set *, int64, pointer),"
			" not " AS_EXPECTED);
}

/* Nothing is read of it, so nothing is expected; but there must be one. */
static void test_nothing_expected(void **state)
{
	struct fixture *f = *state;

	add_function(f, "device_shutdown", f->number, (int[]){ f->token, -1 });
	assert_int_equal(check(f, "device_shutdown", PROBE_ENTRY).state, PROBE_READY);
	add_function(f, "device_shutdown", 0, (int[]){ -1 });
	assert_left_out(check(f, "device_shutdown", PROBE_ENTRY),
			"ambiguous name: 2 functions of this kernel have it");
}

static void test_tracepoints(void **state)
{
	struct fixture *f = *state;

	add_tracepoint(f, "btf_trace_vfio_pci_freeze_end",
		       (int[]){ f->pointer, f->number, f->byte, f->byte, f->byte, f->number, -1 });
	/* Programs read the first arguments. Others may follow. */
	add_tracepoint(f, "btf_trace_vfio_pci_unfreeze_end",
		       (int[]){ f->pointer, f->number, f->byte, f->byte, f->byte, f->number,
				f->byte, -1 });
	add_tracepoint(f, "btf_trace_vfio_pci_reset_end",
		       (int[]){ f->pointer, f->number, f->byte, f->byte, f->byte, f->number, -1 });
	add_tracepoint(f, "btf_trace_vfio_pci_freeze_begin", (int[]){ f->pointer, f->set, -1 });
	assert_int_equal(check(f, "vfio_pci_freeze_end", PROBE_TRACEPOINT).state, PROBE_READY);
	assert_int_equal(check(f, "vfio_pci_unfreeze_end", PROBE_TRACEPOINT).state, PROBE_READY);
	assert_left_out(check(f, "vfio_pci_reset_end", PROBE_TRACEPOINT),
			"other prototype: void (int32, int8, int8, int8, int32), not void (int32,"
			" int8, int8, int8, int32, int32, int32, int32, ...)");
	assert_left_out(check(f, "vfio_pci_freeze_begin", PROBE_TRACEPOINT),
			"other prototype: void (luo_file_set *), not void (int32, int8, int8, int8,"
			" ...)");
}

/* What no prototype may be: types that refer to themselves, or to none. */
static void test_damaged(void **state)
{
	struct fixture *f = *state;
	const int next = btf__type_cnt(f->types);

	btf__add_typedef(f->types, "loop", next);
	add_function(f, "luo_retrieve_file", next, (int[]){ next, 1000, f->pointer, -1 });
	assert_left_out(check(f, "luo_retrieve_file", PROBE_ENTRY),
			"other prototype: unknown (unknown, unknown, pointer), not " AS_EXPECTED);
	btf__add_func(f->types, "luo_file_finish", BTF_FUNC_STATIC, f->number);
	assert_int_equal(check(f, "luo_file_finish", PROBE_ENTRY).state, PROBE_LEFT_OUT);
	btf__add_typedef(f->types, "btf_trace_vfio_pci_finish_end", f->number);
	assert_int_equal(check(f, "vfio_pci_finish_end", PROBE_TRACEPOINT).state, PROBE_LEFT_OUT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_as_expected),	      TEST(test_an_argument_more),
		TEST(test_an_argument_less),  TEST(test_another_size),
		TEST(test_another_structure), TEST(test_another_result),
		TEST(test_nothing_expected),  TEST(test_tracepoints),
		TEST(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
