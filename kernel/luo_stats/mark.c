// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: /dev/luo_mark
 *
 * Others put what the kernel cannot see of a blackout into the stats area: a VMM that it pauses its
 * guest, a service manager that it stops the services. One write is one mark:
 *
 *	begin NAME [INSTANCE]		a span begins
 *	end NAME [INSTANCE]		and ends, in this kernel or in the next one
 *	at NAME [INSTANCE]		an instant
 *
 * with one blank between words, and at most one newline at the end. NAME has 1 to 63 bytes, without
 * blanks and control characters. INSTANCE is a decimal number below 2^64, and 0 if omitted. The
 * time is that of the write.
 *
 * NAME and INSTANCE identify a mark. An end without a start is not an error: the mark may have
 * started in the old kernel, and the reader joins the two. Starting a mark that is still open opens
 * another span, and the first one never ends: its writer may have died.
 *
 * A write fails with
 *
 * EINVAL	it is none of the three above
 * ERANGE	INSTANCE is 2^64 or more
 * EMSGSIZE	it is longer than a mark can be, or NAME is
 * EAGAIN	too many writes: 256 in a second from one open file, 1024 from all
 * ENOSPC	there is no room in the area; counted there as a dropped span
 * EBUSY	an end cannot be written, because a CPU was stopped while it wrote; counted, too
 *
 * The descriptor may be passed to a process that could not open the device, so writers are not
 * trusted, and everything that a writer can do is limited. Marks use at most an eighth of the
 * area's places for subjects, which limits the number of names and instances, and an eighth of the
 * places for spans of any time, but none of those that are kept for an update. Writes through one
 * open file use at most half of both. One name and instance has at most 8 spans: then the oldest is
 * overwritten, and counted.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/kstrtox.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "luo_stats.h"

#define NAME_BYTES sizeof_field(struct luo_stats_subject_key, name)
/* The longest text: "begin", a name, a number of 20 digits, two blanks and a newline. */
#define TEXT_BYTES	(5 + 1 + NAME_BYTES - 1 + 1 + 20 + 1)
#define WRITES_PER_FILE 256
#define WRITES_IN_ALL	1024
#define SPANS_PER_MARK	8
#define SHARE_OF_AREA	8
/* Lookup is linear. */
#define MOST_MARKS 1024u

/**
 * struct mark - a name and instance
 * @key:      name and instance as in the area
 * @subject:  its number in the area
 * @spans:    how many spans it has
 * @span:     their handles, the oldest first
 * @open:     handle of the span that began last and has not ended; 0: none
 * @begin_cycles: counter at the start of that span
 */
struct mark {
	struct luo_stats_subject_key key;
	u32 subject;
	u32 spans;
	u64 span[SPANS_PER_MARK];
	u64 open;
	u64 begin_cycles;
};

/* An open file. */
struct writer {
	struct ratelimit_state limit;
	u32 marks;
	u32 spans;
};

static struct {
	/* Guards everything here, and every struct writer. */
	struct mutex lock;
	struct ratelimit_state limit;
	struct mark *mark;
	u32 marks;
	u32 most_marks;
	u32 spans;
	u32 most_spans;
} all = {
	.lock = __MUTEX_INITIALIZER(all.lock),
};

/* What a write says. */
struct request {
	enum luo_stats_mark what;
	const char *name;
	u64 instance;
};

static int parse(char *text, size_t bytes, struct request *request)
{
	char *verb, *name;
	size_t i;

	if (bytes && text[bytes - 1] == '\n')
		bytes--;
	for (i = 0; i < bytes; i++)
		if (iscntrl(text[i]))
			return -EINVAL;
	text[bytes] = '\0';

	verb = strsep(&text, " ");
	name = strsep(&text, " ");
	if (!strcmp(verb, "begin"))
		request->what = LUO_STATS_MARK_SPAN;
	else if (!strcmp(verb, "end"))
		request->what = LUO_STATS_MARK_END;
	else if (!strcmp(verb, "at"))
		request->what = LUO_STATS_MARK_INSTANT;
	else
		return -EINVAL;
	if (!name || !*name)
		return -EINVAL;
	if (strlen(name) >= NAME_BYTES)
		return -EMSGSIZE;
	request->name = name;
	request->instance = 0;
	/* kstrtou64() would accept a sign. */
	if (text && !isdigit(*text))
		return -EINVAL;
	return text ? kstrtou64(text, 10, &request->instance) : 0;
}

static struct mark *find_mark(const struct request *request)
{
	u32 i;

	for (i = 0; i < all.marks; i++) {
		struct mark *mark = &all.mark[i];

		if (mark->key.key == request->instance && !strcmp(mark->key.name, request->name))
			return mark;
	}
	return NULL;
}

static bool has_new_span(const struct writer *writer)
{
	return all.spans < all.most_spans && writer->spans < all.most_spans / 2;
}

static struct mark *add_mark(struct writer *writer, const struct request *request)
{
	struct mark *mark = &all.mark[all.marks];

	if (all.marks == all.most_marks || writer->marks >= all.most_marks / 2)
		return NULL;
	mark->key.kind = LUO_STATS_SUBJECT_MARK;
	mark->key.key = request->instance;
	strscpy_pad(mark->key.name, request->name);
	mark->subject = luo_stats_area_subject(&mark->key);
	if (!mark->subject)
		return NULL;
	all.marks++;
	writer->marks++;
	return mark;
}

/* Forget the oldest span except @kept, and return its handle; 0 if there is none. */
static u64 give_up_oldest(struct mark *mark, u64 kept)
{
	u64 handle;
	u32 i;

	for (i = 0; i < mark->spans; i++) {
		handle = mark->span[i];
		if (handle == kept)
			continue;
		mark->spans--;
		memmove(&mark->span[i], &mark->span[i + 1],
			(mark->spans - i) * sizeof(mark->span[0]));
		return handle;
	}
	return 0;
}

/**
 * luo_stats_mark_made - a place at which tracing programs see that a mark was made; does nothing
 * @key: its name and instance
 * @what: LUO_STATS_MARK_SPAN: it began, LUO_STATS_MARK_END: it ended, LUO_STATS_MARK_INSTANT: it is
 *        an instant
 *
 * Context: Process context, one caller at a time.
 */
noinline void luo_stats_mark_made(const struct luo_stats_subject_key *key, enum luo_stats_mark what)
{
	/* Keeps the compiler from optimizing the call away. */
	barrier_data(key);
}

static int write_mark(struct writer *writer, const struct request *request, u64 cycles)
{
	struct mark *mark = find_mark(request);
	u64 used = 0, handle;
	int err;

	if (mark && mark->open && request->what == LUO_STATS_MARK_END) {
		handle = mark->open;
		mark->open = 0;
		/* Concurrent writers may get here in another order than they read the counter. */
		cycles = max(cycles, mark->begin_cycles);
		err = luo_stats_area_span_end(handle, 0, 0, 0, cycles);
		if (!err)
			luo_stats_mark_made(&mark->key, request->what);
		return err;
	}
	if (!mark && has_new_span(writer))
		mark = add_mark(writer, request);
	if (!mark)
		return -ENOSPC;
	/* There was no room for any span of it, so it may be gone. */
	if (!mark->spans)
		mark->subject = luo_stats_area_subject(&mark->key);

	if (mark->spans == SPANS_PER_MARK || !has_new_span(writer)) {
		used = give_up_oldest(mark, request->what == LUO_STATS_MARK_SPAN ? 0 : mark->open);
		if (!used)
			return -ENOSPC;
	}
	handle = luo_stats_area_mark(used, mark->subject, request->what, cycles);
	if (!handle)
		return -ENOSPC;
	if (!used) {
		all.spans++;
		writer->spans++;
	}
	mark->span[mark->spans++] = handle;
	if (request->what == LUO_STATS_MARK_SPAN) {
		mark->open = handle;
		mark->begin_cycles = cycles;
	}
	luo_stats_mark_made(&mark->key, request->what);
	return 0;
}

static ssize_t mark_write(struct file *file, const char __user *from, size_t bytes, loff_t *offset)
{
	const u64 cycles = luo_stats_counter();
	struct writer *writer = file->private_data;
	char text[TEXT_BYTES + 1];
	struct request request;
	int err;

	if (bytes > TEXT_BYTES)
		return -EMSGSIZE;
	if (copy_from_user(text, from, bytes))
		return -EFAULT;
	err = parse(text, bytes, &request);
	if (err)
		return err;

	guard(mutex)(&all.lock);
	if (!__ratelimit(&writer->limit) || !__ratelimit(&all.limit))
		return -EAGAIN;
	err = write_mark(writer, &request, cycles);
	if (err == -ENOSPC)
		luo_stats_area_missed(LUO_STATS_MARK);
	return err ?: bytes;
}

static void init_limit(struct ratelimit_state *limit, int writes)
{
	ratelimit_state_init(limit, HZ, writes);
	/* The writer got an error; do not fill the log with it. */
	ratelimit_set_flags(limit, RATELIMIT_MSG_ON_RELEASE);
}

static int mark_open(struct inode *inode, struct file *file)
{
	struct writer *writer = kzalloc_obj(*writer, GFP_KERNEL_ACCOUNT);

	if (!writer)
		return -ENOMEM;
	init_limit(&writer->limit, WRITES_PER_FILE);
	file->private_data = writer;
	return nonseekable_open(inode, file);
}

static int mark_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations mark_operations = {
	.owner = THIS_MODULE,
	.open = mark_open,
	.release = mark_release,
	.write = mark_write,
};

static struct miscdevice mark_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "luo_mark",
	.mode = 0600,
	.fops = &mark_operations,
};

/**
 * luo_stats_mark_create - create /dev/luo_mark
 *
 * If that fails, which is logged, no marks can be made; the rest of the module works.
 *
 * Context: Process context, when the area exists, and as the last step of loading: from here on
 * anybody may have the device open.
 */
void luo_stats_mark_create(void)
{
	int err = -ENOMEM;

	all.marks = 0;
	all.spans = 0;
	all.most_marks =
		min(luo_stats_area_capacity(LUO_STATS_CHUNK_SUBJECTS) / SHARE_OF_AREA, MOST_MARKS);
	all.most_spans = luo_stats_area_capacity(LUO_STATS_CHUNK_SPANS) / SHARE_OF_AREA;
	init_limit(&all.limit, WRITES_IN_ALL);
	all.mark = kvcalloc(all.most_marks, sizeof(*all.mark), GFP_KERNEL);
	if (all.mark)
		err = misc_register(&mark_device);
	if (!err)
		return;
	pr_warn("there is no /dev/luo_mark, so nobody can make marks: %pe\n", ERR_PTR(err));
	kvfree(all.mark);
	all.mark = NULL;
}

/**
 * luo_stats_mark_remove - remove /dev/luo_mark, if it exists
 *
 * Context: Process context. Nobody has the device open, because an open file holds the module.
 */
void luo_stats_mark_remove(void)
{
	if (!all.mark)
		return;
	misc_deregister(&mark_device);
	kvfree(all.mark);
}
