// SPDX-License-Identifier: GPL-2.0
/*
 * A live update handler that does whatever a handler may do, for the files of /dev/any_handler. It
 * reserves entries of a block set of its own in its freeze and sleeps there. Its retrieve first
 * retrieves the file whose token is one less than its own, and asks for a global that its files
 * share (an FLB), which takes time to preserve, to retrieve and to finish.
 *
 * A handler gets neither the session nor the token: a kprobe finds the arguments of the retrieve.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kho_block.h>
#include <linux/liveupdate.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "find_symbols.h"
#include "take_ms.h"

/* Each is different, so that a test can distinguish them; tests/e2e/any_handler.t repeats them. */
#define FREEZE_MS	100
#define RETRIEVE_MS	40
#define FINISH_MS	30
#define FLB_PRESERVE_MS 20
#define FLB_RETRIEVE_MS 60
#define FLB_FINISH_MS	80

#define ENTRIES 3

struct luo_file_set;

static struct {
	int (*register_handler)(struct liveupdate_file_handler *handler);
	int (*register_flb)(struct liveupdate_file_handler *handler, struct liveupdate_flb *flb);
	int (*flb_get)(struct liveupdate_flb *flb, void **object);
	void (*flb_put)(struct liveupdate_flb *flb);
	int (*retrieve)(struct luo_file_set *file_set, u64 token, struct file **file);
	void (*blocks_init)(struct kho_block_set *blocks, size_t entry_size);
	int (*blocks_grow)(struct kho_block_set *blocks, u64 count);
	int (*blocks_restore)(struct kho_block_set *blocks, u64 head_pa);
	void (*blocks_destroy)(struct kho_block_set *blocks);
	void (*blocks_clear)(struct kho_block_set *blocks);
	void (*iterator_init)(struct kho_block_set_it *it, struct kho_block_set *blocks);
	void *(*reserve_entry)(struct kho_block_set_it *it);
} luo;

static const struct wanted_symbol functions[] = {
	{ "liveupdate_register_file_handler", &luo.register_handler },
	{ "liveupdate_register_flb", &luo.register_flb },
	{ "liveupdate_flb_get_incoming", &luo.flb_get },
	{ "liveupdate_flb_put_incoming", &luo.flb_put },
	{ "luo_retrieve_file", &luo.retrieve },
	{ "kho_block_set_init", &luo.blocks_init },
	{ "kho_block_set_grow", &luo.blocks_grow },
	{ "kho_block_set_restore", &luo.blocks_restore },
	{ "kho_block_set_destroy", &luo.blocks_destroy },
	{ "kho_block_set_clear", &luo.blocks_clear },
	{ "kho_block_set_it_init", &luo.iterator_init },
	{ "kho_block_set_it_reserve_entry", &luo.reserve_entry },
};

/* What the retrieve that began last is about. The tests do one at a time. */
static struct luo_file_set *file_set;
static u64 token;

static int on_retrieve(struct kprobe *probe, struct pt_regs *regs)
{
	file_set = (void *)regs_get_kernel_argument(regs, 0);
	token = regs_get_kernel_argument(regs, 1);
	return 0;
}

static struct kprobe retrieve_probe = {
	.symbol_name = "luo_retrieve_file",
	.pre_handler = on_retrieve,
};

/* Files */

static int any_open(struct inode *inode, struct file *file)
{
	file->private_data = NULL;
	return 0;
}

static int any_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations any_fops = {
	.owner = THIS_MODULE,
	.open = any_open,
	.release = any_release,
};

static struct miscdevice any_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "any_handler",
	.fops = &any_fops,
};

/* The global that the files share */

static int shared_object;

static int shared_preserve(struct liveupdate_flb_op_args *args)
{
	take_ms(FLB_PRESERVE_MS);
	args->obj = &shared_object;
	return 0;
}

static void shared_unpreserve(struct liveupdate_flb_op_args *args)
{
}

static int shared_retrieve(struct liveupdate_flb_op_args *args)
{
	take_ms(FLB_RETRIEVE_MS);
	args->obj = &shared_object;
	return 0;
}

static void shared_finish(struct liveupdate_flb_op_args *args)
{
	take_ms(FLB_FINISH_MS);
}

static const struct liveupdate_flb_ops shared_ops = {
	.preserve = shared_preserve,
	.unpreserve = shared_unpreserve,
	.retrieve = shared_retrieve,
	.finish = shared_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_flb shared = {
	.ops = &shared_ops,
	.compatible = "any-shared-v1",
};

/* The handler */

static bool any_can_preserve(struct liveupdate_file_handler *handler, struct file *file)
{
	return file->f_op == &any_fops;
}

static int any_preserve(struct liveupdate_file_op_args *args)
{
	struct kho_block_set *blocks = kzalloc(sizeof(*blocks), GFP_KERNEL);
	int err;

	if (!blocks)
		return -ENOMEM;
	luo.blocks_init(blocks, sizeof(u64));
	err = luo.blocks_grow(blocks, ENTRIES);
	if (err) {
		kfree(blocks);
		return err;
	}
	args->private_data = blocks;
	return 0;
}

static void any_unpreserve(struct liveupdate_file_op_args *args)
{
	luo.blocks_destroy(args->private_data);
	kfree(args->private_data);
}

static int any_freeze(struct liveupdate_file_op_args *args)
{
	struct kho_block_set *blocks = args->private_data;
	struct kho_block_set_it it;
	unsigned int i;

	luo.iterator_init(&it, blocks);
	for (i = 0; i < ENTRIES; i++) {
		u64 *entry = luo.reserve_entry(&it);

		if (!entry)
			return -ENOSPC;
		*entry = i;
		take_ms(FREEZE_MS / ENTRIES + 1);
	}
	args->serialized_data = blocks->head_pa;
	return 0;
}

static void any_unfreeze(struct liveupdate_file_op_args *args)
{
	luo.blocks_clear(args->private_data);
}

static int any_retrieve(struct liveupdate_file_op_args *args)
{
	struct kho_block_set *blocks = kzalloc(sizeof(*blocks), GFP_KERNEL);
	struct file *inner;
	void *object;
	int err;

	if (!blocks)
		return -ENOMEM;
	err = luo.retrieve(file_set, token - 1, &inner);
	if (err)
		goto err_free;
	fput(inner);
	err = luo.flb_get(&shared, &object);
	if (err)
		goto err_free;
	luo.flb_put(&shared);
	take_ms(RETRIEVE_MS);
	luo.blocks_init(blocks, sizeof(u64));
	err = luo.blocks_restore(blocks, args->serialized_data);
	if (err)
		goto err_free;
	args->file = anon_inode_getfile("[any_handler]", &any_fops, blocks, O_RDWR);
	if (!IS_ERR(args->file))
		return 0;
	err = PTR_ERR(args->file);
	luo.blocks_destroy(blocks);
err_free:
	kfree(blocks);
	return err;
}

static void any_finish(struct liveupdate_file_op_args *args)
{
	take_ms(FINISH_MS);
	if (args->file)
		luo.blocks_destroy(args->file->private_data);
}

static const struct liveupdate_file_ops any_ops = {
	.can_preserve = any_can_preserve,
	.preserve = any_preserve,
	.unpreserve = any_unpreserve,
	.freeze = any_freeze,
	.unfreeze = any_unfreeze,
	.retrieve = any_retrieve,
	.finish = any_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler any_handler = {
	.ops = &any_ops,
	.compatible = "any-v1",
};

/* What it registers stays: it cannot be unloaded. */
static int __init any_handler_init(void)
{
	int err = find_symbols(functions, ARRAY_SIZE(functions));

	if (err)
		return err;
	err = register_kprobe(&retrieve_probe);
	if (err)
		return err;
	err = luo.register_handler(&any_handler);
	if (err)
		goto err_kprobe;
	err = luo.register_flb(&any_handler, &shared);
	if (err)
		panic("any_handler: the FLB cannot be registered: %d", err);
	return misc_register(&any_device);

err_kprobe:
	unregister_kprobe(&retrieve_probe);
	return err;
}

module_init(any_handler_init);
MODULE_DESCRIPTION("a live update handler that does whatever a handler may do");
MODULE_LICENSE("GPL");
