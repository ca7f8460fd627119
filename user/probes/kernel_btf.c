// SPDX-License-Identifier: GPL-2.0
#include "kernel_btf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/text.h"
#include "capture/capture.h"

#define MAX_BYTES (64 << 20)

/* Slots of the hash table of names. */
#define HASHES 4096

/* Structures within structures: more than this is a loop. */
#define MAX_DEPTH 16

/* Types that are copied for one structure: more than this is no structure of the kernel. */
#define MAX_COPIED 4096

/*
 * @types and @strings lie in @bytes, of which @mapped are mapped; 0: they are allocated. @offset:
 * where each type is, by its number less @first. The numbers and strings of a module follow those
 * of @base.
 */
struct kernel_btf {
	char *bytes;
	size_t mapped;
	const char *types;
	const char *strings;
	uint32_t string_bytes;
	uint32_t *offset;
	uint32_t first;
	uint32_t first_string;
	uint32_t count;
	const struct kernel_btf *base;
	char module[56];
};

/* How many bytes follow a struct btf_type, or -EINVAL for a kind that is not known. */
static long bytes_after(const struct btf_type *type)
{
	const uint32_t length = btf_vlen(type);

	switch (btf_kind(type)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return length * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return length * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return length * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return length * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return length * sizeof(struct btf_var_secinfo);
	default:
		return -EINVAL;
	}
}

/* Note where each type begins. */
static int index_types(struct kernel_btf *btf, uint32_t bytes)
{
	const size_t most = bytes / sizeof(struct btf_type);
	uint32_t at = 0;

	btf->offset = malloc((most ?: 1) * sizeof(*btf->offset));
	if (!btf->offset)
		return -ENOMEM;
	while (at + sizeof(struct btf_type) <= bytes) {
		const long more = bytes_after((const void *)(btf->types + at));

		if (more < 0 || more > (long)(bytes - at - sizeof(struct btf_type)))
			return -EINVAL;
		btf->offset[btf->count++] = at;
		at += sizeof(struct btf_type) + more;
	}
	return at == bytes ? 0 : -EINVAL;
}

static int parse(struct kernel_btf *btf, size_t size)
{
	const struct btf_header *header = (const void *)btf->bytes;
	uint64_t types, strings;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC || header->hdr_len > size)
		return -EINVAL;
	types = (uint64_t)header->hdr_len + header->type_off;
	strings = (uint64_t)header->hdr_len + header->str_off;
	if (types + header->type_len > size || strings + header->str_len > size ||
	    header->hdr_len % 4 || header->type_off % 4 || !header->str_len ||
	    btf->bytes[strings + header->str_len - 1])
		return -EINVAL;
	btf->types = btf->bytes + types;
	btf->strings = btf->bytes + strings;
	btf->string_bytes = header->str_len;
	return index_types(btf, header->type_len);
}

/* Since 6.16 the BTF of the kernel, not that of a module, can be mapped, which saves a copy. */
static int get_bytes(struct kernel_btf *btf, int fd, size_t *size)
{
	struct stat file;
	void *bytes;
	int err;

	if (!fstat(fd, &file) && file.st_size > 0) {
		bytes = mmap(NULL, file.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (bytes != MAP_FAILED) {
			btf->bytes = bytes;
			btf->mapped = *size = file.st_size;
			return 0;
		}
	}
	err = read_all(fd, MAX_BYTES, &bytes, size);
	if (!err)
		btf->bytes = bytes;
	return err;
}

/* With the numbers that follow those of @base. */
static struct kernel_btf *make(const struct kernel_btf *base)
{
	struct kernel_btf *btf = calloc(1, sizeof(*btf));

	if (!btf)
		return NULL;
	btf->base = base;
	btf->first = base ? base->first + base->count : 1;
	btf->first_string = base ? base->first_string + base->string_bytes : 0;
	return btf;
}

int kernel_btf_parse(struct kernel_btf **ret_btf, void *bytes, size_t size,
		     const struct kernel_btf *base)
{
	struct kernel_btf *btf = make(base);
	int err = -ENOMEM;

	if (!btf) {
		free(bytes);
		return err;
	}
	btf->bytes = bytes;
	err = parse(btf, size);
	if (err)
		kernel_btf_free(btf);
	else
		*ret_btf = btf;
	return err;
}

int kernel_btf_open(struct kernel_btf **ret_btf, const char *module, const struct kernel_btf *base)
{
	struct kernel_btf *btf = make(base);
	char path[80];
	size_t size;
	int fd, err;

	if (!btf)
		return -ENOMEM;
	snprintf(btf->module, sizeof(btf->module), "%s", module);
	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", module);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		goto err_free;
	}
	err = get_bytes(btf, fd, &size);
	close(fd);
	if (!err)
		err = parse(btf, size);
	if (err)
		goto err_free;
	*ret_btf = btf;
	return 0;

err_free:
	kernel_btf_free(btf);
	return err;
}

void kernel_btf_free(struct kernel_btf *btf)
{
	if (!btf)
		return;
	free(btf->offset);
	if (btf->mapped)
		munmap(btf->bytes, btf->mapped);
	else
		free(btf->bytes);
	free(btf);
}

/* NULL for void, and for a number that is none. */
static const struct btf_type *type_of(const struct kernel_btf *btf, uint32_t id)
{
	if (btf->base && id < btf->first)
		return type_of(btf->base, id);
	if (id < btf->first || id - btf->first >= btf->count)
		return NULL;
	return (const void *)(btf->types + btf->offset[id - btf->first]);
}

static const char *string_at(const struct kernel_btf *btf, uint32_t offset)
{
	if (btf->base && offset < btf->first_string)
		return string_at(btf->base, offset);
	offset -= btf->first_string;
	return offset < btf->string_bytes ? btf->strings + offset : "";
}

static bool is_of_kind(const struct btf_type *type, enum kernel_btf_kind kind)
{
	switch (kind) {
	case KERNEL_BTF_FUNC:
		return btf_is_func(type);
	case KERNEL_BTF_TYPEDEF:
		return btf_is_typedef(type);
	case KERNEL_BTF_STRUCT:
		return btf_is_composite(type);
	}
	return false;
}

/* Of the start of a name, which is enough to rule out nearly all. */
static unsigned int hash_of(const char *name)
{
	unsigned int hash = 0, i;

	for (i = 0; i < 6 && name[i]; i++)
		hash = hash * 33 + (unsigned char)name[i];
	return hash % HASHES;
}

static void found(const struct kernel_btf *btf, uint32_t id, const struct btf_type *type,
		  struct kernel_btf_name *name)
{
	if ((name->btf && name->btf != btf) || !is_of_kind(type, name->kind) ||
	    strcmp(name->name, string_at(btf, type->name_off)) != 0)
		return;
	name->btf = btf;
	if (name->count < KERNEL_BTF_SAME)
		name->ids[name->count] = id;
	name->count++;
}

/* @next has @count elements: names with the same hash are linked, by their index plus 1. */
static void find(const struct kernel_btf *btf, struct kernel_btf_name *names, size_t count,
		 uint16_t *next)
{
	uint16_t first[HASHES] = {};
	uint32_t i;
	uint16_t at;

	for (i = 0; i < count; i++) {
		const unsigned int hash = hash_of(names[i].name);

		next[i] = first[hash];
		first[hash] = i + 1;
	}
	for (i = 0; i < btf->count; i++) {
		const struct btf_type *type = (const void *)(btf->types + btf->offset[i]);

		if (!btf_is_func(type) && !btf_is_typedef(type) && !btf_is_composite(type))
			continue;
		at = first[hash_of(string_at(btf, type->name_off))];
		for (; at; at = next[at - 1])
			found(btf, btf->first + i, type, &names[at - 1]);
	}
}

int kernel_btf_find(const struct kernel_btf *btf, struct kernel_btf_name *names, size_t count)
{
	uint16_t *next = calloc(count ?: 1, sizeof(*next));

	if (!next)
		return -ENOMEM;
	find(btf, names, count, next);
	free(next);
	return 0;
}

int kernel_btf_fd(const struct kernel_btf *btf)
{
	__u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		char name[sizeof(btf->module)] = "";
		struct bpf_btf_info info = { .name = (uintptr_t)name, .name_len = sizeof(name) };
		__u32 size = sizeof(info);
		const int fd = bpf_btf_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.kernel_btf &&
		    !strcmp(name, btf->module))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

/* Prototypes */

static const struct btf_type *resolved(const struct kernel_btf *btf, uint32_t id)
{
	const struct btf_type *type = type_of(btf, id);
	unsigned int depth = 0;

	while (type && (btf_is_mod(type) || btf_is_typedef(type)) && depth++ < MAX_DEPTH)
		type = type_of(btf, type->type);
	return type;
}

static void name_type(char *text, size_t size, const struct kernel_btf *btf, uint32_t id)
{
	const struct btf_type *type = resolved(btf, id);
	const struct btf_type *target;

	if (!type) {
		text_append(text, size, "%s", id ? "unknown" : "void");
		return;
	}
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		text_append(text, size, "int%u", type->size * 8);
		return;
	case BTF_KIND_PTR:
		target = resolved(btf, type->type);
		if (target && target->name_off && (btf_is_composite(target) || btf_is_fwd(target)))
			text_append(text, size, "%s *", string_at(btf, target->name_off));
		else
			text_append(text, size, "pointer");
		return;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		text_append(text, size, "%u bytes", type->size);
		return;
	default:
		text_append(text, size, "unknown");
	}
}

bool kernel_btf_prototype(char *text, size_t size, const struct kernel_btf_name *name)
{
	const struct btf_type *type = name->btf ? type_of(name->btf, name->ids[0]) : NULL;
	const bool is_tracepoint = type && btf_is_typedef(type);
	const struct btf_param *parameter;
	unsigned int i;

	*text = '\0';
	if (is_tracepoint)
		type = resolved(name->btf, type->type);
	if (!type || !(btf_is_func(type) || (is_tracepoint && btf_is_ptr(type))))
		return false;
	type = type_of(name->btf, type->type);
	if (!type || !btf_is_func_proto(type))
		return false;
	name_type(text, size, name->btf, type->type);
	parameter = btf_params(type);
	/* The first argument of a tracepoint is its own. */
	for (i = is_tracepoint; i < btf_vlen(type); i++) {
		text_append(text, size, i > is_tracepoint ? ", " : " (");
		name_type(text, size, name->btf, parameter[i].type);
	}
	text_append(text, size, btf_vlen(type) > is_tracepoint ? ")" : " ()");
	return true;
}

/* Copying */

/**
 * struct copy - what is copied from where
 * @local: the types as the programs declare them
 * @left:  how many types may still be copied
 */
struct copy {
	struct btf *to;
	const struct btf *local;
	const struct kernel_btf *from;
	unsigned int left;
};

static int copy_type(struct copy *copy, uint32_t id, const struct btf_type *in, unsigned int depth);

/* What the programs declare as the type of member @name of @in, or NULL. */
static const struct btf_type *local_member(const struct copy *copy, const struct btf_type *in,
					   const char *name)
{
	const struct btf *local = copy->local;
	const struct btf_type *type;
	unsigned int i;

	for (i = 0; in && btf_is_composite(in) && i < btf_vlen(in); i++) {
		const struct btf_member *member = &btf_members(in)[i];

		if (strcmp(btf__name_by_offset(local, member->name_off), name) != 0)
			continue;
		type = btf__type_by_id(local, member->type);
		while (btf_is_mod(type) || btf_is_typedef(type))
			type = btf__type_by_id(local, type->type);
		return type;
	}
	return NULL;
}

/*
 * libbpf wants the types of the members before the structure. @ids: set to their numbers; 0: the
 * member is left out. A member without a name may contain what @in has.
 */
static int copy_member_types(struct copy *copy, const struct btf_type *type,
			     const struct btf_type *in, int *ids, unsigned int depth)
{
	unsigned int i;

	for (i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *name = string_at(copy->from, member->name_off);
		const struct btf_type *local = *name ? local_member(copy, in, name) : in;

		if (!local)
			continue;
		ids[i] = copy_type(copy, member->type, local, depth + 1);
		if (ids[i] < 0)
			return ids[i];
	}
	return 0;
}

static int copy_composite(struct copy *copy, const char *name, const struct btf_type *type,
			  const struct btf_type *in, unsigned int depth)
{
	const unsigned int count = btf_vlen(type);
	int *ids = calloc(count ?: 1, sizeof(*ids));
	unsigned int i;
	int err, id;

	if (!ids)
		return -ENOMEM;
	err = copy_member_types(copy, type, in, ids, depth);
	if (err)
		goto out;
	id = btf_is_union(type) ? btf__add_union(copy->to, name, type->size) :
				  btf__add_struct(copy->to, name, type->size);
	err = id < 0 ? id : 0;
	for (i = 0; !err && i < count; i++) {
		const struct btf_member *member = &btf_members(type)[i];

		if (ids[i])
			err = btf__add_field(copy->to, string_at(copy->from, member->name_off),
					     ids[i], btf_member_bit_offset(type, i),
					     btf_member_bitfield_size(type, i));
	}
	if (!err)
		err = id;
out:
	free(ids);
	return err;
}

/*
 * Returns the number of the copy, or a negative errno. Structures within structures get no name: a
 * search by name shall find only what was asked for.
 */
static int copy_type(struct copy *copy, uint32_t id, const struct btf_type *in, unsigned int depth)
{
	const struct btf_type *type = type_of(copy->from, id);
	const char *name;
	int element;

	while (type && (btf_is_mod(type) || btf_is_typedef(type)) && depth++ < MAX_DEPTH)
		type = type_of(copy->from, type->type);
	if (!type || depth >= MAX_DEPTH || !copy->left)
		return -EINVAL;
	copy->left--;
	name = string_at(copy->from, type->name_off);
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		return btf__add_int(copy->to, name, type->size, btf_int_encoding(type));
	case BTF_KIND_FLOAT:
		return btf__add_float(copy->to, name, type->size);
	case BTF_KIND_PTR:
		return btf__add_ptr(copy->to, 0);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return btf__add_enum(copy->to, name, type->size);
	case BTF_KIND_ARRAY:
		element = copy_type(copy, btf_array(type)->type, in, depth + 1);
		if (element < 0)
			return element;
		return btf__add_array(copy->to, element, element, btf_array(type)->nelems);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_composite(copy, "", type, in, depth);
	default:
		return -EINVAL;
	}
}

int kernel_btf_copy(struct btf *to, const struct btf *local, const struct kernel_btf_name *name)
{
	struct copy copy = { .to = to, .local = local, .from = name->btf, .left = MAX_COPIED };
	const __s32 id = btf__find_by_name_kind(local, name->name, BTF_KIND_STRUCT);
	unsigned int i;
	int err = 0;

	if (!name->btf || id < 0)
		return -ENOENT;
	for (i = 0; err >= 0 && i < name->count && i < KERNEL_BTF_SAME; i++)
		err = copy_composite(&copy, name->name, type_of(name->btf, name->ids[i]),
				     btf__type_by_id(local, id), 0);
	return err < 0 ? err : 0;
}
