// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's BTF: what is found there, what libbpf sees in a copy, and what is refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <bpf/btf.h>

#include "probes/kernel_btf.h"

/**
 * struct fixture - types of a kernel, and of a module, as libbpf writes them
 */
struct fixture {
	struct btf *vmlinux, *module;
	struct kernel_btf *kernel, *of_module;
};

static struct kernel_btf *parse(const struct btf *types, const struct kernel_btf *base)
{
	struct kernel_btf *btf;
	__u32 size;
	const void *raw = btf__raw_data(types, &size);
	void *bytes = malloc(size);

	assert_non_null(bytes);
	memcpy(bytes, raw, size);
	assert_int_equal(kernel_btf_parse(&btf, bytes, size, base), 0);
	return btf;
}

static int add_func(struct btf *btf, const char *name)
{
	return btf__add_func(btf, name, BTF_FUNC_STATIC, btf__add_func_proto(btf, 0));
}

/*
 * struct file {
 *	int flags;
 *	const struct { long count; void *owner; } state;
 *	union { int a; int b; };
 *	int list[4];
 * };
 */
static int add_file(struct btf *btf)
{
	const int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	const int large = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	const int list = btf__add_array(btf, number, number, 4);
	const int pointer = btf__add_ptr(btf, 0);
	int state, either;

	state = btf__add_struct(btf, "file_state", 16);
	btf__add_field(btf, "count", large, 0, 0);
	btf__add_field(btf, "owner", pointer, 64, 0);
	state = btf__add_const(btf, state);
	either = btf__add_union(btf, NULL, 4);
	btf__add_field(btf, "a", number, 0, 0);
	btf__add_field(btf, "b", number, 0, 0);
	btf__add_struct(btf, "file", 48);
	btf__add_field(btf, "flags", number, 0, 0);
	btf__add_field(btf, "state", state, 64, 0);
	btf__add_field(btf, NULL, either, 192, 0);
	btf__add_field(btf, "list", list, 224, 0);
	return btf__type_cnt(btf) - 1;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->vmlinux = btf__new_empty();
	add_file(f->vmlinux);
	add_func(f->vmlinux, "luo_open");
	add_func(f->vmlinux, "same");
	btf__add_typedef(f->vmlinux, "btf_trace_reset", 1);
	add_func(f->vmlinux, "same");
	f->module = btf__new_empty_split(f->vmlinux);
	add_func(f->module, "luo_stats_cycles");
	f->kernel = parse(f->vmlinux, NULL);
	f->of_module = parse(f->module, f->kernel);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	kernel_btf_free(f->of_module);
	kernel_btf_free(f->kernel);
	btf__free(f->module);
	btf__free(f->vmlinux);
	free(f);
	return 0;
}

static void test_find(void **state)
{
	struct kernel_btf_name names[] = {
		{ .name = "luo_open" },
		{ .name = "btf_trace_reset", .kind = KERNEL_BTF_TYPEDEF },
		{ .name = "file", .kind = KERNEL_BTF_STRUCT },
		{ .name = "same" },
		{ .name = "luo_stats_cycles" },
		{ .name = "luo_ope" },
		{ .name = "luo_open", .kind = KERNEL_BTF_STRUCT },
	};
	struct fixture *f = *state;

	assert_int_equal(kernel_btf_find(f->kernel, names, 7), 0);
	assert_int_equal(kernel_btf_find(f->of_module, names, 7), 0);
	assert_int_equal(names[0].ids[0],
			 btf__find_by_name_kind(f->vmlinux, "luo_open", BTF_KIND_FUNC));
	assert_int_equal(names[1].ids[0],
			 btf__find_by_name_kind(f->vmlinux, "btf_trace_reset", BTF_KIND_TYPEDEF));
	assert_int_equal(names[2].ids[0],
			 btf__find_by_name_kind(f->vmlinux, "file", BTF_KIND_STRUCT));
	assert_int_equal(names[3].count, 2);
	assert_int_not_equal(names[3].ids[0], names[3].ids[1]);
	/* The numbers of a module follow those of the kernel. */
	assert_ptr_equal(names[4].btf, f->of_module);
	assert_int_equal(names[4].ids[0],
			 btf__find_by_name_kind(f->module, "luo_stats_cycles", BTF_KIND_FUNC));
	assert_null(names[5].btf);
	assert_null(names[6].btf);
}

static const struct btf_member *member_of(const struct btf *btf, const struct btf_type *type,
					  const char *name)
{
	unsigned int i;

	for (i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), name))
			return &btf_members(type)[i];
	return NULL;
}

/* What the programs declare: struct file { struct { long count; } state; int b; }. */
static struct btf *declare_file(void)
{
	struct btf *local = btf__new_empty();
	const int number = btf__add_int(local, "int", 4, BTF_INT_SIGNED);
	const int large = btf__add_int(local, "long", 8, BTF_INT_SIGNED);
	const int state = btf__add_struct(local, "file_state", 8);

	btf__add_field(local, "count", large, 0, 0);
	btf__add_struct(local, "file", 16);
	btf__add_field(local, "state", state, 0, 0);
	btf__add_field(local, "b", number, 64, 0);
	return local;
}

static void test_copy(void **state)
{
	struct kernel_btf_name name = { .name = "file", .kind = KERNEL_BTF_STRUCT };
	struct btf *local = declare_file(), *to = btf__new_empty();
	const struct btf_type *file, *inner;
	struct fixture *f = *state;

	kernel_btf_find(f->kernel, &name, 1);
	assert_int_equal(kernel_btf_copy(to, local, &name), 0);
	file = btf__type_by_id(to, btf__find_by_name_kind(to, "file", BTF_KIND_STRUCT));
	assert_int_equal(file->size, 48);
	assert_int_equal(member_of(to, file, "state")->offset, 64);
	inner = btf__type_by_id(to, member_of(to, file, "state")->type);
	assert_non_null(member_of(to, inner, "count"));
	/* In the union without a name. */
	assert_int_equal(member_of(to, file, "")->offset, 192);
	inner = btf__type_by_id(to, member_of(to, file, "")->type);
	assert_non_null(member_of(to, inner, "b"));
	/* Nobody reads these. */
	assert_null(member_of(to, inner, "a"));
	assert_null(member_of(to, file, "list"));
	btf__free(to);
	btf__free(local);
}

/* Copies the structure "file" of @types, which the programs declare. */
static int copy_of(struct btf *types)
{
	struct kernel_btf_name name = { .name = "file", .kind = KERNEL_BTF_STRUCT };
	struct btf *to = btf__new_empty(), *local = declare_file();
	struct kernel_btf *btf = parse(types, NULL);
	int err;

	kernel_btf_find(btf, &name, 1);
	err = kernel_btf_copy(to, local, &name);
	kernel_btf_free(btf);
	btf__free(types);
	btf__free(to);
	btf__free(local);
	return err;
}

/* A structure that contains itself. */
static void test_copy_of_a_loop(void **state)
{
	struct btf *types = btf__new_empty();

	(void)state;
	btf__add_struct(types, "file", 8);
	btf__add_field(types, NULL, 1, 0, 0);
	assert_int_equal(copy_of(types), -EINVAL);
}

/* Each structure contains 8 of the one before: without names, all are to be copied. */
static void test_copy_of_too_much(void **state)
{
	struct btf *types = btf__new_empty();
	int inner = btf__add_int(types, "int", 4, 0);
	unsigned int i, j;

	(void)state;
	for (i = 0; i < 12; i++) {
		const int outer = btf__add_struct(types, i == 11 ? "file" : NULL, 4);

		for (j = 0; j < 8; j++)
			btf__add_field(types, NULL, inner, 0, 0);
		inner = outer;
	}
	assert_int_equal(copy_of(types), -EINVAL);
}

/* Parses a copy of @size @bytes, with @word at @at, and looks at all of it. */
static int try(const char *bytes, size_t size, size_t at, uint32_t word)
{
	struct kernel_btf_name name = { .name = "file", .kind = KERNEL_BTF_STRUCT };
	struct btf *to, *local;
	struct kernel_btf *btf;
	char *copy = malloc(size ?: 1);
	int err;

	memcpy(copy, bytes, size);
	if (at + sizeof(word) <= size)
		memcpy(copy + at, &word, sizeof(word));
	err = kernel_btf_parse(&btf, copy, size, NULL);
	if (err)
		return err;
	to = btf__new_empty();
	local = declare_file();
	kernel_btf_find(btf, &name, 1);
	if (name.btf)
		kernel_btf_copy(to, local, &name);
	btf__free(local);
	btf__free(to);
	kernel_btf_free(btf);
	return 0;
}

static void test_garbled(void **state)
{
	static const uint32_t words[] = { 0, 1, 2, 7, 0x7fffffff, 0x80000000, 0xffffffff };
	struct fixture *f = *state;
	__u32 size, end;
	const char *bytes = btf__raw_data(f->vmlinux, &size);
	size_t i, at;

	for (end = 0; end < size; end++)
		assert_int_equal(try(bytes, end, end, 0), -EINVAL);
	for (at = 0; at < size; at += 4)
		for (i = 0; i < sizeof(words) / sizeof(*words); i++)
			try(bytes, size, at, words[i]);
	/* The lengths of the types and of the strings. */
	assert_int_equal(try(bytes, size, 12, 0xffffffff), -EINVAL);
	assert_int_equal(try(bytes, size, 20, 0xffffffff), -EINVAL);
	assert_int_equal(try(bytes, size, 20, 0), -EINVAL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_find),	   TEST(test_copy),
		TEST(test_copy_of_a_loop), TEST(test_copy_of_too_much),
		TEST(test_garbled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
