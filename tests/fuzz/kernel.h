/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stands for every header of the kernel that kernel/luo_stats/mark.c includes: as much of them as
 * it uses, beyond what kernel_shim.h has.
 */
#ifndef LUOSCOPE_FUZZ_KERNEL_H
#define LUOSCOPE_FUZZ_KERNEL_H

#include "kernel_shim.h"

#define __user
#define noinline		  __attribute__((noinline))
#define barrier_data(pointer)	  ((void)(pointer))
#define sizeof_field(type, field) sizeof(((type *)NULL)->field)

/* The kernel's own are for bytes, and know Latin-1; it has no controls among those above 0x7f. */
static inline bool iscntrl(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static inline bool isdigit(char c)
{
	return c >= '0' && c <= '9';
}

static inline int kstrtou64(const char *text, unsigned int base, u64 *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, base);
	if (errno == ERANGE)
		return -ERANGE;
	/* It permits a newline at the end, but the caller has cut that off. */
	return end == text || *end ? -EINVAL : 0;
}

#define strscpy_pad(to, from)                          \
	do {                                           \
		memset((to), 0, sizeof(to));           \
		strncpy((to), (from), sizeof(to) - 1); \
	} while (0)

#define GFP_KERNEL_ACCOUNT	   0
#define kzalloc_obj(object, flags) calloc(1, sizeof(object))
#define kfree(pointer)		   free(pointer)

struct mutex {
	int dummy;
};
#define __MUTEX_INITIALIZER(name) \
	{                         \
		0                 \
	}
#define guard(type) (void)

/* The fuzzer says what it permits. */
struct ratelimit_state {
	int writes;
};
#define HZ					     100
#define RATELIMIT_MSG_ON_RELEASE		     0
#define ratelimit_state_init(state, interval, burst) ((state)->writes = (burst))
#define ratelimit_set_flags(state, flags)	     ((void)(state))
static inline bool __ratelimit(struct ratelimit_state *state)
{
	return state->writes > 0 && state->writes--;
}

static inline unsigned long copy_from_user(void *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
	return 0;
}

struct inode;
struct file {
	void *private_data;
};

static inline int nonseekable_open(struct inode *inode, struct file *file)
{
	(void)inode;
	(void)file;
	return 0;
}

struct module;
#define THIS_MODULE ((struct module *)NULL)

struct file_operations {
	struct module *owner;
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
	ssize_t (*write)(struct file *file, const char *from, size_t bytes, loff_t *offset);
};

#define MISC_DYNAMIC_MINOR 255
struct miscdevice {
	int minor;
	const char *name;
	unsigned int mode;
	const struct file_operations *fops;
};
#define pr_warn(...)		((void)0)
#define misc_register(device)	((void)(device), 0)
#define misc_deregister(device) ((void)(device))

#endif /* LUOSCOPE_FUZZ_KERNEL_H */
