/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of libbpf's headers as bpf/device.bpf.c and bpf/file.bpf.c use, so that a unit test can
 * call the programs as functions. The makefile puts this in the place of each of these headers.
 */
#ifndef BPF_SHIM_H
#define BPF_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bpf.h>
#include <linux/types.h>

/* The loader sets what the programs declare const. */
#define const

#define SEC(name)
#undef __always_inline
#define __always_inline inline
#define __noinline
#define KFUNC(number, type, name, ...) type name(__VA_ARGS__)
#define BPF_PROG(name, ...)	       name(__VA_ARGS__)
#define __uint(name, value)	       int(*name)[value]
#define __type(name, value)	       typeof(value) *name
#define barrier_var(x)		       ((void)(x))

/* As the kernel's: what lies behind the string stays. */
static inline void shim_read_str(char *to, size_t size, char *from)
{
	size_t i;

	for (i = 0; i < size - 1 && from[i]; i++)
		to[i] = from[i];
	to[i] = '\0';
}

#define CORE_READ_1(p, a)	   ((p)->a)
#define CORE_READ_2(p, a, b)	   ((p)->a->b)
#define CORE_PICK(a, b, c, d, ...) d
#define BPF_CORE_READ(...)	   CORE_PICK(__VA_ARGS__, CORE_READ_2, CORE_READ_1)(__VA_ARGS__)
#define BPF_CORE_READ_STR_INTO(to, ...) \
	shim_read_str(*(to), sizeof(*(to)), BPF_CORE_READ(__VA_ARGS__))
#define bpf_core_field_exists(...)		  true
#define bpf_core_field_offset(type, field)	  offsetof(type, field)
#define bpf_probe_read_kernel(to, size, from)	  ((void)memcpy(to, from, size))
#define bpf_probe_read_kernel_str(to, size, from) ((void)strncpy(to, from, (size)-1))
#define BPF_SNPRINTF				  snprintf
#define bpf_strncmp(a, size, b)			  strncmp(a, b, size)
/* A function is its name here. */
#define PRINT_SYMBOL(name, address) ((void)strncpy(name, address, sizeof(name) - 1))

/* A map by its address: each element is one in this list. */
struct shim_element {
	struct shim_element *next;
	void *map;
	void *key;
	void *value;
};

static struct shim_element *shim_elements;

static inline struct shim_element **shim_find(void *map, void *key, size_t key_size)
{
	struct shim_element **at = &shim_elements;

	while (*at && ((*at)->map != map || memcmp((*at)->key, key, key_size)))
		at = &(*at)->next;
	return at;
}

static inline long shim_update(void *map, void *key, size_t key_size, void *value,
			       size_t value_size, int flags, size_t most)
{
	struct shim_element *element = *shim_find(map, key, key_size);
	size_t count = 0;

	if (element && flags == BPF_NOEXIST)
		return -1;
	if (!element) {
		for (element = shim_elements; element; element = element->next)
			count += element->map == map;
		if (count == most)
			return -1;
		element = calloc(1, sizeof(*element));
		*element = (struct shim_element){ shim_elements, map, malloc(key_size),
						  calloc(1, value_size) };
		memcpy(element->key, key, key_size);
		shim_elements = element;
	}
	if (value)
		memcpy(element->value, value, value_size);
	return 0;
}

static inline void *shim_lookup(void *map, void *key, size_t key_size, size_t value_size, int type)
{
	struct shim_element **at = shim_find(map, key, key_size);

	if (!*at && type == BPF_MAP_TYPE_ARRAY)
		shim_update(map, key, key_size, NULL, value_size, BPF_ANY, SIZE_MAX);
	at = shim_find(map, key, key_size);
	return *at ? (*at)->value : NULL;
}

static inline void shim_remove(struct shim_element **at)
{
	struct shim_element *element = *at;

	if (!element)
		return;
	*at = element->next;
	free(element->key);
	free(element->value);
	free(element);
}

/* __uint() keeps a number as the length of an array. */
#define SHIM_NUMBER(member) (sizeof(*(member)) / sizeof(int))
#define bpf_map_lookup_elem(m, k) \
	shim_lookup(m, k, sizeof(*(m)->key), sizeof(*(m)->value), SHIM_NUMBER((m)->type))
#define bpf_map_update_elem(m, k, v, flags)                                 \
	shim_update(m, k, sizeof(*(m)->key), v, sizeof(*(m)->value), flags, \
		    SHIM_NUMBER((m)->max_entries))
#define bpf_map_delete_elem(m, k) shim_remove(shim_find(m, k, sizeof(*(m)->key)))

static inline long shim_loop(__u32 count, long (*step)(__u32 index, void *context), void *context)
{
	__u32 i;

	for (i = 0; i < count && !step(i, context); i++)
		;
	return i;
}

#define bpf_loop(count, step, context, flags) \
	shim_loop(count, (long (*)(__u32, void *))(void *)(step), context)

/* The step may delete its element. */
static inline long shim_for_each(void *map,
				 long (*step)(void *map, void *key, void *value, void *context),
				 void *context)
{
	struct shim_element *element = shim_elements, *next;

	for (; element; element = next) {
		next = element->next;
		if (element->map == map && step(map, element->key, element->value, context))
			break;
	}
	return 0;
}

#define bpf_for_each_map_elem(map, step, context, flags) \
	shim_for_each(map, (long (*)(void *, void *, void *, void *))(void *)(step), context)

/* Ring buffers: all are this one, and how much of it is unread is up to the test. */
static unsigned int shim_records, shim_unread;

#define bpf_ringbuf_query(ring, what)		   ((void)(ring), shim_unread)
#define bpf_ringbuf_output(ring, from, size, wake) ((void)(ring), (void)(from), ++shim_records)

static __u32 shim_pid;
static __u64 shim_ns;

#define bpf_get_current_pid_tgid() ((__u64)shim_pid)
#define bpf_ktime_get_boot_ns()	   (++shim_ns)

#endif /* BPF_SHIM_H */
