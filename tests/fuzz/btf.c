// SPDX-License-Identifier: GPL-2.0
/*
 * The types of a kernel, and of a module: the same bytes as both.
 */
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "base/array.h"
#include "fuzz.h"
#include "probes/kernel_btf.h"

/* What the programs declare: a structure in another one. */
static struct btf *declare(void)
{
	struct btf *local = btf__new_empty();
	const int number = btf__add_int(local, "int", 4, BTF_INT_SIGNED);
	const int inner = btf__add_struct(local, "b", 4);

	btf__add_field(local, "b", number, 0, 0);
	btf__add_struct(local, "a", 8);
	btf__add_field(local, "a", inner, 0, 0);
	btf__add_field(local, "b", inner, 32, 0);
	return local;
}

static struct kernel_btf *parse(const uint8_t *bytes, size_t size, const struct kernel_btf *base)
{
	struct kernel_btf *btf;
	void *copy = malloc(size ?: 1);

	memcpy(copy, bytes, size);
	return kernel_btf_parse(&btf, copy, size, base) ? NULL : btf;
}

static void run(const uint8_t *bytes, size_t size)
{
	struct kernel_btf_name names[] = {
		{ .name = "a", .kind = KERNEL_BTF_STRUCT },
		{ .name = "b", .kind = KERNEL_BTF_STRUCT },
		{ .name = "a", .kind = KERNEL_BTF_FUNC },
	};
	struct kernel_btf *kernel = parse(bytes, size, NULL), *module;
	struct btf *local, *to;
	size_t i;

	if (!kernel)
		return;
	module = parse(bytes, size, kernel);
	fuzz_expect(module, "the same bytes are no module");
	kernel_btf_find(fuzz_choice(2) ? kernel : module, names, ARRAY_SIZE(names));
	kernel_btf_find(module, names, ARRAY_SIZE(names));
	local = declare();
	to = btf__new_empty();
	for (i = 0; i < 2; i++)
		if (names[i].btf)
			kernel_btf_copy(to, local, &names[i]);
	btf__free(to);
	btf__free(local);
	kernel_btf_free(module);
	kernel_btf_free(kernel);
}

static void seed(const struct capture *capture, FILE *out)
{
	struct btf *types = declare();
	const void *bytes;
	__u32 size;

	(void)capture;
	btf__add_func(types, "a", BTF_FUNC_STATIC, btf__add_func_proto(types, 0));
	bytes = btf__raw_data(types, &size);
	fwrite(bytes, 1, size, out);
	btf__free(types);
}

const struct fuzz_target fuzz_btf = {
	.name = "btf",
	.share = 4,
	.most = 1 << 10,
	.run = run,
	.seed = seed,
};
