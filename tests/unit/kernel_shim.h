/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as kernel/luo_stats/area.c and flat.c use, so that a unit test can run them
 * in user space. The makefile puts this in the place of each kernel header that they include.
 *
 * The test runs in one thread. preempt_point() is called before each step whose order matters to
 * others; there, the test lets somebody else run.
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
#define GFP_KERNEL	   0
#define BIT_ULL(n)	   (1ULL << (n))
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
#define smp_load_acquire(p)	    READ_ONCE(*(p))
#define smp_store_release(p, value) WRITE_ONCE(*(p), value)
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

typedef struct {
	s64 counter;
} atomic64_t;

#define atomic_inc(v)		      ((void)__atomic_fetch_add(&(v)->counter, 1, __ATOMIC_RELAXED))
#define atomic64_inc(v)		      atomic64_add(1, v)
#define atomic64_add(n, v)	      ((void)__atomic_fetch_add(&(v)->counter, n, __ATOMIC_RELAXED))
#define atomic64_read(v)	      READ_ONCE((v)->counter)
#define atomic64_try_cmpxchg(v, o, n) try_cmpxchg(&(v)->counter, o, n)

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
