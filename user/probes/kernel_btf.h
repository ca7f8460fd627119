/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The types that the kernel and its modules describe in BTF, read as fast as possible, because
 * 'luoscope init' does so within the blackout. libbpf would index all types of the kernel more than
 * once, and search them one by one for each name.
 */
#ifndef LUOSCOPE_KERNEL_BTF_H
#define LUOSCOPE_KERNEL_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/btf.h>

/* What a name is looked for as. */
enum kernel_btf_kind {
	KERNEL_BTF_FUNC,
	KERNEL_BTF_TYPEDEF,
	KERNEL_BTF_STRUCT, /* or a union */
};

/* How many things of one name are kept. */
#define KERNEL_BTF_SAME 4

/**
 * struct kernel_btf_name - a name to look for
 * @name:  it stays the caller's
 * @kind:  as what
 * @btf:   in which BTF it was found; NULL: nowhere
 * @ids:   and as which types, as many as fit
 * @count: how often it was found in @btf: different things may have the same name
 */
struct kernel_btf_name {
	const char *name;
	enum kernel_btf_kind kind;
	const struct kernel_btf *btf;
	uint32_t ids[KERNEL_BTF_SAME];
	unsigned int count;
};

struct kernel_btf;

/**
 * kernel_btf_open - read the BTF of "vmlinux", or of a module that needs that of vmlinux as @base
 *
 * Returns 0 and sets *@btf, which the caller frees with kernel_btf_free(), before @base; -ENOENT:
 * there is none; -EINVAL: it is not understood; or another negative errno.
 */
int kernel_btf_open(struct kernel_btf **btf, const char *module, const struct kernel_btf *base);

/**
 * kernel_btf_parse - the same of @size @bytes, which it frees
 * @bytes: from malloc()
 */
int kernel_btf_parse(struct kernel_btf **btf, void *bytes, size_t size,
		     const struct kernel_btf *base);

/* Look for all @names that were not found elsewhere, in one pass. Returns 0 or -ENOMEM. */
int kernel_btf_find(const struct kernel_btf *btf, struct kernel_btf_name *names, size_t count);

/**
 * kernel_btf_prototype - write the prototype of a function or a tracepoint to @text of @size
 * @name: as found by kernel_btf_find()
 *
 * As "int32 (luo_file_set *, int64, pointer)": integers and enumerations by their size, pointers to
 * structures by the structure's name, all other pointers alike, and names of types resolved. Of a
 * tracepoint those arguments that a program gets. Returns false if it has none.
 */
bool kernel_btf_prototype(char *text, size_t size, const struct kernel_btf_name *name);

/* A file descriptor of the kernel's object for the BTF of a module, or a negative errno. */
int kernel_btf_fd(const struct kernel_btf *btf);

/**
 * kernel_btf_copy - copy a structure to @to, with those of its members that @local has as well
 * @local: types as the programs declare them
 * @name:  as found by kernel_btf_find()
 *
 * What the members contain is copied in the same way, and what they point to is left out. libbpf
 * finds in the copy all that it asks about fields. Returns 0 or a negative errno.
 */
int kernel_btf_copy(struct btf *to, const struct btf *local, const struct kernel_btf_name *name);

void kernel_btf_free(struct kernel_btf *btf);

#endif /* LUOSCOPE_KERNEL_BTF_H */
