/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as kernel/luo_stats/area.c and flat.c use, so that a unit test can run them
 * in user space. The makefile puts this in the place of each kernel header that they include.
 *
 * The test runs in one thread. preempt_point() is called before each step whose order matters to
 * others; there, the test lets somebody else run. shim_is_locked says whether others would have to
 * wait then, unless they only read.
 */
#ifndef KERNEL_SHIM_H
#define KERNEL_SHIM_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <linux/types.h>

void preempt_point(void);

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int32_t s32;
typedef long long s64;

#define KBUILD_MODNAME	   "luo_stats"
#define PAGE_SIZE	   4096
#define U32_MAX		   UINT32_MAX
#define GFP_KERNEL	   0
#define GENMASK_U32(h, l)  ((uint32_t)(((2ULL << (h)) - 1) & ~((1ULL << (l)) - 1)))
#define min_t(type, a, b)  ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define min(a, b)	   ((a) < (b) ? (a) : (b))
#define max(a, b)	   ((a) > (b) ? (a) : (b))
#define clamp(v, low, top) min(max(v, low), top)
#define pr_err(...)	   ((void)0)
#define barrier()	   __asm__ volatile("" ::: "memory")

#define smp_wmb() barrier()
#define smp_rmb() barrier()

#define READ_ONCE(x)                               \
	({                                         \
		preempt_point();                   \
		*(const volatile typeof(x) *)&(x); \
	})
#define WRITE_ONCE(x, value)                           \
	do {                                           \
		preempt_point();                       \
		*(volatile typeof(x) *)&(x) = (value); \
	} while (0)
#define data_race(expr)		    (expr)
#define smp_load_acquire(p)	    READ_ONCE(*(p))
#define smp_store_release(p, value) WRITE_ONCE(*(p), value)

/* A lock that cannot be had at the first try is not to be had: its holder does not go on. */
typedef bool raw_spinlock_t;
static bool shim_is_locked;
#define DEFINE_RAW_SPINLOCK(lock) const raw_spinlock_t *const lock = &shim_is_locked
#define raw_spin_trylock_irqsave(lock, flags) \
	((void)(lock), (flags) = 0, preempt_point(), !shim_is_locked && (shim_is_locked = true))
#define raw_spin_unlock_irqrestore(lock, flags) \
	do {                                    \
		(void)(lock), (void)(flags);    \
		shim_is_locked = false;         \
		preempt_point();                \
	} while (0)
#define cpu_relax() ((void)0)

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list->prev = list;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	entry->prev = head->prev;
	entry->next = head;
	head->prev->next = entry;
	head->prev = entry;
}

/* What is in no list fails at the next use, as in the kernel. */
static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
	entry->next = entry->prev = NULL;
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	if (list_empty(list))
		return;
	list->next->prev = head->prev;
	head->prev->next = list->next;
	list->prev->next = head;
	head->prev = list->prev;
	INIT_LIST_HEAD(list);
}

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	node->next = head->first;
	if (node->next)
		node->next->pprev = &node->next;
	head->first = node;
	node->pprev = &head->first;
}

static inline void hlist_del_init(struct hlist_node *node)
{
	if (!node->pprev)
		return;
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
	node->next = NULL;
	node->pprev = NULL;
}

#define shim_entry(p, type, member)	     ((type *)((char *)(p)-offsetof(type, member)))
#define list_first_entry(head, type, member) shim_entry((head)->next, type, member)
#define hlist_entry(p, type, member)	     shim_entry(p, type, member)

#define try_cmpxchg(p, old, new)                                                  \
	({                                                                        \
		preempt_point();                                                  \
		__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, \
					    __ATOMIC_SEQ_CST);                    \
	})
#define cmpxchg(p, old, new)                     \
	({                                       \
		typeof(*(p)) was = (old);        \
                                                 \
		(void)try_cmpxchg(p, &was, new); \
		was;                             \
	})

typedef struct {
	int counter;
} atomic_t;

static inline bool atomic_add_unless(atomic_t *v, int more, int limit)
{
	if (v->counter == limit)
		return false;
	__atomic_fetch_add(&v->counter, more, __ATOMIC_RELAXED);
	return true;
}

struct task {
	int pid;
};

static const struct task shim_task = { .pid = 1 };
#define current (&shim_task)

static inline u32 roundup_pow_of_two(u32 n)
{
	u32 power = 1;

	while (power < n)
		power <<= 1;
	return power;
}

static inline u32 jhash(const void *key, u32 bytes, u32 hash)
{
	const unsigned char *byte = key;

	while (bytes--)
		hash = hash * 31 + *byte++;
	return hash;
}

static inline void *kho_alloc_preserve(size_t bytes)
{
	return calloc(1, bytes);
}

#define kho_unpreserve_free(p)		free(p)
#define kho_add_subtree(name, p, bytes) 0
#define kho_remove_subtree(p)		((void)(p))
#define is_kho_boot()			false
#define virt_to_phys(p)			((uintptr_t)(p))
#define get_random_u64()		1
#define kvcalloc(n, bytes, flags)	calloc(n, bytes)
#define kvfree(p)			free(p)
#define IS_ERR(p)			(!(p))
#define PTR_ERR(p)			(-ENOMEM)
#define strscpy(to, from)		strncpy(to, from, sizeof(to) - 1)

struct utsname_of_shim {
	char release[16];
};

#define init_utsname() (&(const struct utsname_of_shim){ "7.3.0" })

#endif /* KERNEL_SHIM_H */
