// SPDX-License-Identifier: GPL-2.0
/*
 * This kernel's own area.
 *
 * Everything here may be called from a tracing program, in any context except NMI, on many CPUs at
 * once, and on the last CPU after the others were stopped. One lock guards all places. Whoever has
 * it has interrupts off, does a few steps, and is not stopped in the middle of them, except by an
 * NMI that does not return. So nobody waits for it without an end: what cannot be written is
 * counted as dropped. Readers take no lock, see copy_item() in flat.c.
 *
 * Who owns a place. A subject has its spans, and a session has its files. When a session or a
 * device is given up or finished, it is over, with all that it has. So is an attempt when the next
 * one begins, and a step when it has failed. All this is history: it can be read until somebody
 * needs its room, and then the oldest goes first, if that helps. What is not history keeps its
 * place.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/io.h>
#include <linux/jhash.h>
#include <linux/kexec_handover.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/processor.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "luo_stats.h"

/* How often the lock is tried: for far longer than anybody has it. */
#define LOCK_TRIES 1000000

/* How many places can be forgotten while the lock is held once, and how often it is taken again. */
#define MOST_FORGOTTEN 64
#define MOST_TURNS     4096

#define NO_PLACE U32_MAX

/*
 * A run of chunks, seen as one array. All pieces have the same number of items, except a smaller
 * last one.
 */
struct item_array {
	void *piece[LUO_STATS_CHUNKS];
	unsigned int pieces;
	u32 item_bytes;
	u32 items_per_piece;
	u32 capacity;
};

/**
 * struct place_list - a run of places, of which some are free
 * @free:   the nodes of those that were used before
 * @unused: the first one that never was; it and all after it are free, too
 * @end:    the place after the last one
 */
struct place_list {
	struct list_head free;
	u32 unused;
	u32 end;
};

/* How many places something has, by lot. */
struct tally {
	u32 subjects[LUO_STATS_LOTS];
	u32 spans[LUO_STATS_LOTS];
};

/**
 * struct span_node - what the module knows of a span's place, beside its content
 * @list: in &place_list.free, or in &subject_node.spans
 * @age:  in the list of the attempt's spans, or of those that give way, or in none
 */
struct span_node {
	struct list_head list;
	struct list_head age;
};

/**
 * struct subject_node - what the module knows of a subject's place, beside its content
 * @list:  in &place_list.free, in @files of its owner, in the list of subjects that are over, or in
 *         none
 * @spans: spans about it
 * @files: of a session that is not over
 * @has:   its own place and those of its spans, and of its files
 * @hash:  in the hash table; files of a session that is over stay there, and are never found
 * @is_awaited: somebody asked for its number, to begin a span
 */
struct subject_node {
	struct list_head list;
	struct list_head spans;
	struct list_head files;
	struct tally has;
	struct hlist_node hash;
	bool is_awaited;
};

/* &place_list.free leads to the node. */
static_assert(!offsetof(struct span_node, list) && !offsetof(struct subject_node, list));

/*
 * History, by whom it gives way to: to everybody, or only to the next update, because it belongs to
 * the one that started this kernel. Failed steps of that one also give way to its other steps.
 */
enum history {
	HISTORY_ANY,
	HISTORY_ARRIVED,
	HISTORIES,
};

static DEFINE_RAW_SPINLOCK(lock);

/* Somebody waited for the lock in vain. Its holder may never continue. */
static bool lock_is_lost;

static struct {
	struct luo_stats_header *header;
	void *chunk[LUO_STATS_CHUNKS];
	unsigned int chunks;
	/* By number, and by index. A lot is half of the spans; the same is done with subjects. */
	struct item_array subjects;
	struct item_array spans;
	struct subject_node *subject;
	struct span_node *span;
	struct place_list subject_places[LUO_STATS_LOTS];
	struct place_list span_places[LUO_STATS_LOTS];
	u32 subjects_without_room;
	struct hlist_head *hash;
	u32 hash_mask;
	/* Spans of the last attempt. */
	struct list_head attempt[LUO_STATS_LOTS];
	/* Spans that give way, and subjects that are over: the oldest are the first. */
	struct list_head stale[HISTORIES][LUO_STATS_LOTS];
	struct list_head over[HISTORIES];
	/* All places of the subjects that are over. */
	struct tally over_has[HISTORIES];
	/* How many places can still be forgotten before the lock must be released. */
	unsigned int may_forget;
} area;

/*
 * A handle consists of the place's serial, the span's kind, so that its end can be counted when
 * nothing else is known of it any more, and the place's index plus 1. 0: none.
 */
#define HANDLE_SERIAL_SHIFT 32
#define HANDLE_KIND_SHIFT   24
#define HANDLE_PLACE	    GENMASK_U32(HANDLE_KIND_SHIFT - 1, 0)
static_assert(LUO_STATS_MAX_KIB * 1024 / 2 / sizeof(struct luo_stats_span) < HANDLE_PLACE);
static_assert(LUO_STATS_KINDS <= 1 << (HANDLE_SERIAL_SHIFT - HANDLE_KIND_SHIFT));

/*
 * For its users a subject's number has more than its place: the upper half of its serial, which
 * changes when the place is used for another. The lower half changes when its detail does.
 */
#define NUMBER_PLACE	    GENMASK_U32(15, 0)
#define NUMBER_SERIAL	    GENMASK_U32(31, 16)
#define NUMBER_SERIAL_SHIFT 16
static_assert(LUO_STATS_MAX_KIB * 1024 / 2 / sizeof(struct luo_stats_subject) < NUMBER_PLACE);

/* Once somebody has waited in vain, later callers try only once, until the lock is free again. */
static bool area_lock(unsigned long *flags)
{
	unsigned int tries = READ_ONCE(lock_is_lost) ? 1 : LOCK_TRIES;

	for (; tries; tries--) {
		if (raw_spin_trylock_irqsave(&lock, *flags)) {
			WRITE_ONCE(lock_is_lost, false);
			area.may_forget = MOST_FORGOTTEN;
			return true;
		}
		cpu_relax();
	}
	WRITE_ONCE(lock_is_lost, true);
	return false;
}

static void area_unlock(unsigned long flags)
{
	raw_spin_unlock_irqrestore(&lock, flags);
}

static void *item_at(const struct item_array *array, u32 index)
{
	return array->piece[index / array->items_per_piece] +
	       (index % array->items_per_piece) * array->item_bytes;
}

/*
 * Add @bytes of memory, in pieces of @piece_bytes, for items of @item_bytes to the area. Returns 0,
 * -ENOMEM or KHO's error.
 */
static int add_chunks(struct item_array *array, u16 kind, u32 item_bytes, u32 bytes,
		      u32 piece_bytes)
{
	piece_bytes = min(piece_bytes, bytes);
	array->item_bytes = item_bytes;
	array->items_per_piece = piece_bytes / item_bytes;

	while (bytes) {
		struct luo_stats_chunk *chunk;
		void *memory;
		const u32 now = min(bytes, piece_bytes);

		if (area.chunks == LUO_STATS_CHUNKS)
			return -ENOMEM;
		memory = kho_alloc_preserve(now);
		if (IS_ERR(memory))
			return PTR_ERR(memory);

		chunk = &area.header->chunk[area.chunks];
		chunk->phys = virt_to_phys(memory);
		chunk->bytes = now;
		chunk->kind = kind;
		area.chunk[area.chunks++] = memory;
		area.header->total_bytes += now;

		array->piece[array->pieces++] = memory;
		array->capacity += now / item_bytes;
		bytes -= now;
	}
	return 0;
}

static void init_places(struct place_list places[LUO_STATS_LOTS], u32 capacity)
{
	enum luo_stats_lot lot;

	for (lot = 0; lot < LUO_STATS_LOTS; lot++) {
		INIT_LIST_HEAD(&places[lot].free);
		places[lot].unused = lot * (capacity / LUO_STATS_LOTS);
		places[lot].end = (lot + 1) * (capacity / LUO_STATS_LOTS);
	}
}

static int init_nodes(void)
{
	const u32 buckets = roundup_pow_of_two(area.subjects.capacity);
	enum luo_stats_lot lot;
	enum history i;

	area.subject = kvcalloc(area.subjects.capacity, sizeof(*area.subject), GFP_KERNEL);
	area.span = kvcalloc(area.spans.capacity, sizeof(*area.span), GFP_KERNEL);
	area.hash = kvcalloc(buckets, sizeof(*area.hash), GFP_KERNEL);
	if (!area.subject || !area.span || !area.hash)
		return -ENOMEM;
	area.hash_mask = buckets - 1;
	init_places(area.subject_places, area.subjects.capacity);
	init_places(area.span_places, area.spans.capacity);
	for (lot = 0; lot < LUO_STATS_LOTS; lot++)
		INIT_LIST_HEAD(&area.attempt[lot]);
	for (i = 0; i < HISTORIES; i++) {
		for (lot = 0; lot < LUO_STATS_LOTS; lot++)
			INIT_LIST_HEAD(&area.stale[i][lot]);
		INIT_LIST_HEAD(&area.over[i]);
	}
	return 0;
}

static void free_memory(void)
{
	kvfree(area.hash);
	kvfree(area.span);
	kvfree(area.subject);
	while (area.chunks)
		kho_unpreserve_free(area.chunk[--area.chunks]);
	kho_unpreserve_free(area.header);
	memset(&area, 0, sizeof(area));
}

static void describe_kernel(struct luo_stats_header *header)
{
	const struct luo_stats_header *incoming = luo_stats_incoming_header();

	header->counter = luo_stats_counter_kind();
	if (luo_stats_counter_invariant())
		header->flags |= LUO_STATS_COUNTER_INVARIANT;
	if (is_kho_boot())
		header->flags |= LUO_STATS_KHO_BOOT;
	if (incoming) {
		header->flags |= LUO_STATS_INCOMING_VALID;
		header->chain_id = incoming->chain_id;
		header->generation = incoming->generation + 1;
	} else {
		header->chain_id = get_random_u64();
	}
	header->page_bytes = PAGE_SIZE;
	strscpy(header->release, init_utsname()->release);
}

/**
 * luo_stats_area_create - create this kernel's area and hand it to KHO
 * @area_kib: its size in KiB; clamped to the limits and rounded up to a power of two
 *
 * A quarter is for spans of any time, a quarter for spans of an update, the rest for subjects and
 * the header.
 *
 * Context: Process context, once, before any other function of this file. May sleep.
 *
 * Return: 0, -ENOMEM, or KHO's error (-EEXIST: the name is taken).
 */
int luo_stats_area_create(unsigned int area_kib)
{
	struct luo_stats_header *header;
	u32 bytes, piece_bytes;
	int err;

	area_kib = clamp(area_kib, LUO_STATS_MIN_KIB, LUO_STATS_MAX_KIB);
	bytes = roundup_pow_of_two(area_kib) * 1024;
	/* At most 32 pieces, half of the list's capacity. */
	piece_bytes = max(LUO_STATS_PIECE_BYTES, bytes / 32);

	memset(&area, 0, sizeof(area));
	header = kho_alloc_preserve(LUO_STATS_PAGE_BYTES);
	if (IS_ERR(header))
		return PTR_ERR(header);
	area.header = header;
	header->magic = LUO_STATS_MAGIC;
	header->major = LUO_STATS_MAJOR;
	header->minor = LUO_STATS_MINOR;
	header->header_bytes = sizeof(*header);
	header->span_bytes = sizeof(struct luo_stats_span);
	header->subject_bytes = sizeof(struct luo_stats_subject);
	header->total_bytes = LUO_STATS_PAGE_BYTES;
	describe_kernel(header);

	err = add_chunks(&area.spans, LUO_STATS_CHUNK_SPANS, sizeof(struct luo_stats_span),
			 bytes / 4, piece_bytes);
	if (!err)
		err = add_chunks(&area.spans, LUO_STATS_CHUNK_UPDATE_SPANS,
				 sizeof(struct luo_stats_span), bytes / 4, piece_bytes);
	if (!err)
		err = add_chunks(&area.subjects, LUO_STATS_CHUNK_SUBJECTS,
				 sizeof(struct luo_stats_subject), bytes / 2 - LUO_STATS_PAGE_BYTES,
				 piece_bytes);
	if (!err)
		err = init_nodes();
	if (err)
		goto err_free;

	header->checksum = luo_stats_checksum((void *)header + LUO_STATS_CHECKSUM_FROM,
					      LUO_STATS_CHECKSUM_BYTES);
	err = kho_add_subtree(LUO_STATS_KHO_NAME, header, LUO_STATS_PAGE_BYTES);
	if (err) {
		pr_err("KHO does not take the area: %pe\n", ERR_PTR(err));
		goto err_free;
	}
	return 0;

err_free:
	free_memory();
	return err;
}

/**
 * luo_stats_area_destroy - take the area back from KHO and free it
 *
 * Context: Process context, with no caller of this file left.
 */
void luo_stats_area_destroy(void)
{
	kho_remove_subtree(area.header);
	free_memory();
}

/**
 * luo_stats_area_header - the header page of this kernel's area
 *
 * Return: never NULL while the module is loaded.
 */
struct luo_stats_header *luo_stats_area_header(void)
{
	return area.header;
}

/**
 * luo_stats_area_read - copy out of the flat view of the area
 * @buffer: destination
 * @offset: offset in the flat view
 * @count: how many bytes at most
 *
 * Return: the number of bytes copied.
 */
size_t luo_stats_area_read(char *buffer, loff_t offset, size_t count)
{
	return luo_stats_flat_read(area.header, area.header->chunk, area.chunk, area.chunks, buffer,
				   offset, count);
}

static void count_dropped(u32 kind)
{
	u32 *dropped = &area.header->dropped[kind < LUO_STATS_KINDS ? kind : 0];

	/* It never wraps. */
	atomic_add_unless((atomic_t *)dropped, 1, -1);
}

static struct luo_stats_subject *subject_at(u32 number)
{
	return item_at(&area.subjects, number - 1);
}

static struct subject_node *subject_node(u32 number)
{
	return &area.subject[number - 1];
}

static u32 subject_number(const struct subject_node *node)
{
	return node - area.subject + 1;
}

static struct luo_stats_span *span_at(const struct span_node *node)
{
	return item_at(&area.spans, node - area.span);
}

static enum history history_of(const struct luo_stats_subject *subject)
{
	return subject->id.role == LUO_STATS_ROLE_NEW ? HISTORY_ARRIVED : HISTORY_ANY;
}

/* Returns the index of a free place, or NO_PLACE. The list's nodes are an array at @nodes. */
static u32 place_take(struct place_list *places, const void *nodes, size_t node_bytes)
{
	struct list_head *first = places->free.next;

	if (list_empty(&places->free))
		return places->unused < places->end ? places->unused++ : NO_PLACE;
	list_del(first);
	return ((void *)first - nodes) / node_bytes;
}

/* Of two lists, the second one has the upper half of all places. */
static enum luo_stats_lot lot_of(const struct place_list places[LUO_STATS_LOTS], u32 index)
{
	return index < places[LUO_STATS_LOT_ANY].end ? LUO_STATS_LOT_ANY : LUO_STATS_LOT_UPDATE;
}

static void place_give_back(struct place_list places[LUO_STATS_LOTS], u32 index,
			    struct list_head *node)
{
	list_add_tail(node, &places[lot_of(places, index)].free);
}

static enum luo_stats_lot span_lot(const struct span_node *node)
{
	return lot_of(area.span_places, node - area.span);
}

/* Is it over, or its session? */
static bool subject_is_over(u32 number)
{
	const struct luo_stats_subject *subject = subject_at(number);

	return subject->is_over || (subject->owner && subject_at(subject->owner)->is_over);
}

static void tally_add(struct tally *tally, const struct tally *more)
{
	enum luo_stats_lot lot;

	for (lot = 0; lot < LUO_STATS_LOTS; lot++) {
		tally->subjects[lot] += more->subjects[lot];
		tally->spans[lot] += more->spans[lot];
	}
}

/* Subject @number has so many places more. */
static void count_more(u32 number, const struct tally *more)
{
	const u32 owner = subject_at(number)->owner;

	tally_add(&subject_node(number)->has, more);
	if (owner)
		tally_add(&subject_node(owner)->has, more);
	if (subject_is_over(number))
		tally_add(&area.over_has[history_of(subject_at(number))], more);
}

static void count_subject(u32 number, int more)
{
	struct tally tally = {};

	tally.subjects[lot_of(area.subject_places, number - 1)] = more;
	count_more(number, &tally);
}

static void count_span(u32 number, const struct span_node *node, int more)
{
	struct tally tally = {};

	tally.spans[span_lot(node)] = more;
	count_more(number, &tally);
}

/*
 * A subject is over. Its files are before it in the list, so they are gone before its number can
 * become that of another one. A file is over with its session.
 */
static void subject_end(u32 number)
{
	struct luo_stats_subject *subject = subject_at(number);
	struct subject_node *node = subject_node(number);
	const enum history history = history_of(subject);

	if (subject->is_over || subject->owner)
		return;
	WRITE_ONCE(subject->is_over, 1);
	hlist_del_init(&node->hash);
	list_splice_tail_init(&node->files, &area.over[history]);
	list_move_tail(&node->list, &area.over[history]);
	tally_add(&area.over_has[history], &node->has);
}

/* A serial that makes another number of the place. */
static u32 next_number(const struct luo_stats_subject *subject)
{
	return (subject->serial | ~NUMBER_SERIAL) + 1;
}

/* Nothing is left of it but its place. */
static void subject_free(struct subject_node *node)
{
	const u32 number = subject_number(node);
	struct luo_stats_subject *subject = subject_at(number);

	count_subject(number, -1);
	hlist_del_init(&node->hash);
	WRITE_ONCE(subject->state, LUO_STATS_FREE);
	/* State before serial: pairs with the acquire of the serial in copy_once(). */
	smp_wmb();
	/* Whoever still has its number cannot use it any more, see number_place(). */
	WRITE_ONCE(subject->serial, next_number(subject));
	list_del(&node->list);
	place_give_back(area.subject_places, number - 1, &node->list);
}

/* A subject may have nothing left, and nobody awaits it: then it is gone. So may be its session. */
static void subject_check(u32 number)
{
	while (number) {
		struct subject_node *node = subject_node(number);
		const u32 owner = subject_at(number)->owner;

		if (node->is_awaited || !list_empty(&node->spans) || !list_empty(&node->files) ||
		    subject_is_over(number))
			return;
		subject_free(node);
		number = owner;
	}
}

static void span_free(struct span_node *node)
{
	struct luo_stats_span *span = span_at(node);

	WRITE_ONCE(span->state, LUO_STATS_RESERVED);
	/* State before content: pairs with the second look in copy_item(). */
	smp_wmb();
	span->kind = 0;
	WRITE_ONCE(span->serial, span->serial + 1);
	list_del(&node->age);
	list_del(&node->list);
	count_span(span->subject, node, -1);
	place_give_back(area.span_places, node - area.span, &node->list);
}

/**
 * struct wish - what a place is wanted for
 * @places: places of spans or of subjects
 * @nodes:  the array of their nodes
 * @node_bytes: size of one
 * @role:   of what gets the place
 */
struct wish {
	struct place_list *places;
	const void *nodes;
	size_t node_bytes;
	enum luo_stats_role role;
};

/*
 * Half of the places are kept for the time from B0 on, and for what an update brought: that is all
 * that a new kernel knows at first.
 */
static bool wish_is_of_update(const struct wish *wish)
{
	return READ_ONCE(area.header->update_open) && wish->role != LUO_STATS_ROLE_NONE;
}

static bool wish_has_lot(const struct wish *wish, enum luo_stats_lot lot)
{
	return lot == LUO_STATS_LOT_ANY || wish->role == LUO_STATS_ROLE_NEW ||
	       wish_is_of_update(wish);
}

/* Returns the index of a free place, or NO_PLACE. */
static u32 wish_take(const struct wish *wish)
{
	const enum luo_stats_lot own = wish_is_of_update(wish) ? LUO_STATS_LOT_UPDATE :
								 LUO_STATS_LOT_ANY;
	const u32 index = place_take(&wish->places[own], wish->nodes, wish->node_bytes);

	if (index != NO_PLACE || !wish_has_lot(wish, !own))
		return index;
	return place_take(&wish->places[!own], wish->nodes, wish->node_bytes);
}

/* Is there a place for it among those of the subjects that are over? */
static bool over_helps(const struct wish *wish, enum history history)
{
	const struct tally *has = &area.over_has[history];
	const u32 *by_lot = wish->nodes == area.span ? has->spans : has->subjects;

	return by_lot[LUO_STATS_LOT_ANY] ||
	       (by_lot[LUO_STATS_LOT_UPDATE] && wish_has_lot(wish, LUO_STATS_LOT_UPDATE));
}

/* Forget the subject that is over for longest, or as many of its spans as can be forgotten now. */
static void forget_over(enum history history)
{
	struct subject_node *node =
		list_first_entry(&area.over[history], struct subject_node, list);

	for (; area.may_forget && !list_empty(&node->spans); area.may_forget--)
		span_free(list_first_entry(&node->spans, struct span_node, list));
	if (!area.may_forget)
		return;
	area.may_forget--;
	subject_free(node);
}

/* Forget the oldest span of history whose place, or its subject's place, helps @wish. */
static bool forget_stale(const struct wish *wish, enum history history)
{
	enum luo_stats_lot lot;

	for (lot = 0; lot < LUO_STATS_LOTS; lot++) {
		struct list_head *stale = &area.stale[history][lot];
		struct span_node *node;

		if (list_empty(stale) || (wish->nodes == area.span && !wish_has_lot(wish, lot)))
			continue;
		node = list_first_entry(stale, struct span_node, age);
		area.may_forget--;
		span_free(node);
		subject_check(span_at(node)->subject);
		area.header->spans_recycled++;
		return true;
	}
	return false;
}

static bool forget_history(const struct wish *wish, enum history history, bool is_stale_only)
{
	if (!is_stale_only && over_helps(wish, history)) {
		forget_over(history);
		return true;
	}
	return forget_stale(wish, history);
}

/* What came in is forgotten only for the next update: what it preserves and watches. */
static bool forget_oldest(const struct wish *wish)
{
	if (forget_history(wish, HISTORY_ANY, false))
		return true;
	return wish->role != LUO_STATS_ROLE_NONE &&
	       forget_history(wish, HISTORY_ARRIVED, wish->role == LUO_STATS_ROLE_NEW);
}

/*
 * Returns the index of a place, or NO_PLACE: all are in use, or no more can be forgotten before the
 * lock is released, see area_is_tired().
 */
static u32 place_find(const struct wish *wish)
{
	u32 index = wish_take(wish);

	while (index == NO_PLACE && area.may_forget && forget_oldest(wish))
		index = wish_take(wish);
	return index;
}

/*
 * The lock was held for long enough. Whoever found no place releases it, so that interrupts and
 * others get their turn, and tries again.
 */
static bool area_is_tired(void)
{
	return !area.may_forget;
}

/* Subjects that found no room are counted by a cursor that exceeds the capacity. */
static void publish_subject_cursor(void)
{
	const struct place_list *upper = &area.subject_places[LUO_STATS_LOT_UPDATE];
	const u32 half = area.subject_places[LUO_STATS_LOT_ANY].end;
	u64 used = upper->unused > half ? upper->unused :
					  area.subject_places[LUO_STATS_LOT_ANY].unused;

	if (area.subjects_without_room)
		used = (u64)area.subjects.capacity + area.subjects_without_room;
	WRITE_ONCE(area.header->subject_cursor, used);
}

static void publish_span_cursors(void)
{
	const u32 half = area.span_places[LUO_STATS_LOT_ANY].end;
	u64 *cursor = area.header->span_cursor;

	if (cursor[LUO_STATS_LOT_ANY] < half)
		WRITE_ONCE(cursor[LUO_STATS_LOT_ANY], area.span_places[LUO_STATS_LOT_ANY].unused);
	WRITE_ONCE(cursor[LUO_STATS_LOT_UPDATE],
		   area.span_places[LUO_STATS_LOT_UPDATE].unused - half);
}

/* The detail describes a subject, and does not identify it. */
static bool subject_is(u32 number, const struct luo_stats_subject_key *key, u32 owner)
{
	const struct luo_stats_subject *subject = subject_at(number);

	return subject->owner == owner &&
	       !memcmp(&subject->id, key, offsetof(struct luo_stats_subject_key, detail)) &&
	       !memcmp(subject->id.group, key->group, sizeof(key->group));
}

static struct hlist_head *bucket_of(const struct luo_stats_subject_key *key, u32 owner)
{
	const u32 hash = jhash(key, offsetof(struct luo_stats_subject_key, detail), owner);

	return &area.hash[hash & area.hash_mask];
}

/* As spans and files have it that name the subject: it is no other one. */
static u16 subject_serial(u32 number)
{
	return subject_at(number)->serial >> NUMBER_SERIAL_SHIFT;
}

/* Fill a place and publish it. @serial differs from that of any earlier content. */
static void subject_publish(struct luo_stats_subject *subject,
			    const struct luo_stats_subject_key *id, u32 owner, u32 serial)
{
	WRITE_ONCE(subject->state, LUO_STATS_RESERVED);
	/* State before content: pairs with the second look in copy_item(). */
	smp_wmb();
	subject->id = *id;
	subject->owner = owner;
	subject->owner_serial = owner ? subject_serial(owner) : 0;
	subject->is_over = 0;
	WRITE_ONCE(subject->serial, serial);
	/* Publishes all of it: pairs with the acquire in copy_item(). */
	smp_store_release(&subject->state, LUO_STATS_CLOSED);
}

static u32 subject_add(const struct luo_stats_subject_key *key, u32 owner)
{
	const enum luo_stats_role role = key->kind == LUO_STATS_SUBJECT_MARK ? LUO_STATS_ROLE_NONE :
									       key->role;
	const struct wish wish = {
		.places = area.subject_places,
		.nodes = area.subject,
		.node_bytes = sizeof(*area.subject),
		.role = role,
	};
	const u32 index = place_find(&wish);
	struct luo_stats_subject *subject;
	struct subject_node *node;

	if (index == NO_PLACE) {
		/* Marks take nothing from an update, so no larger area is needed for them. */
		if (!area_is_tired() && key->kind != LUO_STATS_SUBJECT_MARK)
			area.subjects_without_room++;
		publish_subject_cursor();
		return 0;
	}
	subject = subject_at(index + 1);
	node = subject_node(index + 1);
	INIT_LIST_HEAD(&node->list);
	INIT_LIST_HEAD(&node->spans);
	INIT_LIST_HEAD(&node->files);
	node->has = (struct tally){};
	node->is_awaited = true;
	if (owner)
		list_add_tail(&node->list, &subject_node(owner)->files);
	hlist_add_head(&node->hash, bucket_of(key, owner));
	subject_publish(subject, key, owner, next_number(subject));
	count_subject(index + 1, 1);
	publish_subject_cursor();
	return index + 1;
}

static u32 subject_find_or_add(const struct luo_stats_subject_key *key, u32 owner)
{
	const struct hlist_node *at;

	for (at = bucket_of(key, owner)->first; at; at = at->next) {
		struct subject_node *node = hlist_entry(at, struct subject_node, hash);
		const u32 number = subject_number(node);
		struct luo_stats_subject *subject = subject_at(number);

		if (!subject_is(number, key, owner))
			continue;
		node->is_awaited = true;
		if (!subject->id.detail[0] && key->detail[0])
			subject_publish(subject, key, owner, subject->serial + 1);
		return number;
	}
	return subject_add(key, owner);
}

/* The number of what @key is, 0 if there is no room for it, or none yet. */
static u32 subject_ask(const struct luo_stats_subject_key *key)
{
	const bool is_file = key->kind == LUO_STATS_SUBJECT_FILE;
	u32 owner = 0, number = 0;

	if (is_file) {
		struct luo_stats_subject_key session = { .kind = LUO_STATS_SUBJECT_SESSION,
							 .role = key->role };

		memcpy(session.name, key->name, sizeof(session.name));
		owner = subject_find_or_add(&session, 0);
	}
	if (owner || !is_file)
		number = subject_find_or_add(key, owner);
	/* Nobody asked for the session itself. */
	if (owner) {
		subject_node(owner)->is_awaited = false;
		subject_check(owner);
	}
	if (number)
		number |= (u32)subject_serial(number) << NUMBER_SERIAL_SHIFT;
	return number;
}

/**
 * luo_stats_area_subject - find a subject that is not over, or add it
 * @key: what it is
 *
 * A file belongs to the session of its name and role, which is added with it.
 *
 * Context: Any but NMI.
 *
 * Return: its number, or 0 if there was no room.
 */
u32 luo_stats_area_subject(const struct luo_stats_subject_key *key)
{
	unsigned int turns = MOST_TURNS;
	unsigned long flags;
	bool is_tired;
	u32 number;

	do {
		if (!area_lock(&flags))
			return 0;
		number = subject_ask(key);
		is_tired = area_is_tired();
		area_unlock(flags);
	} while (!number && is_tired && --turns);
	return number;
}

/* The place of a subject by its number, 0 if the subject is over, or the place that of another. */
static u32 number_place(u32 number)
{
	const u32 place = number & NUMBER_PLACE;

	if (!place || place > area.subjects.capacity)
		return 0;
	if (subject_serial(place) != number >> NUMBER_SERIAL_SHIFT || subject_is_over(place))
		return 0;
	return place;
}

static enum luo_stats_role role_of(u32 kind)
{
	switch (kind) {
	case LUO_STATS_RETRIEVE:
	case LUO_STATS_FINISH:
	case LUO_STATS_SESSION_RETRIEVE:
	case LUO_STATS_SESSION_FINISH:
	case LUO_STATS_BIND:
	case LUO_STATS_IRQ_SETUP:
	case LUO_STATS_VCPU_ENTRY:
		return LUO_STATS_ROLE_NEW;
	case LUO_STATS_MARK:
		return LUO_STATS_ROLE_NONE;
	case LUO_STATS_RESET:
	case LUO_STATS_PLAIN_RESET:
		/* At the freeze, or when a device is bound or released in the new kernel. */
		return READ_ONCE(area.header->update_open) ? LUO_STATS_ROLE_OLD :
							     LUO_STATS_ROLE_NEW;
	default:
		return LUO_STATS_ROLE_OLD;
	}
}

/* What only happens in an attempt, and is over with it. */
static bool is_of_attempt(const struct luo_stats_span *span)
{
	switch (span->kind) {
	case LUO_STATS_FREEZE:
	case LUO_STATS_UNFREEZE:
	case LUO_STATS_SESSION_FREEZE:
	case LUO_STATS_SHUTDOWN:
	case LUO_STATS_RESET:
	case LUO_STATS_PLAIN_RESET:
	case LUO_STATS_VCPU_EXIT:
		return span->role == LUO_STATS_ROLE_OLD;
	}
	return false;
}

static u64 handle_of(const struct span_node *node)
{
	const struct luo_stats_span *span = span_at(node);
	const u64 kind = span->kind < LUO_STATS_KINDS ? span->kind : 0;

	return (u64)span->serial << HANDLE_SERIAL_SHIFT | kind << HANDLE_KIND_SHIFT |
	       (node - area.span + 1);
}

static u32 handle_index(u64 handle)
{
	return (handle & HANDLE_PLACE) - 1;
}

static u32 handle_kind(u64 handle)
{
	return (u32)handle >> HANDLE_KIND_SHIFT;
}

/* Fill a place, new or used before, and publish it. Returns a handle. */
static u64 span_publish(struct span_node *node, const struct luo_stats_span *content)
{
	struct luo_stats_span *span = span_at(node);
	const u32 serial = span->serial + 1;

	WRITE_ONCE(span->state, LUO_STATS_RESERVED);
	/* State before content: pairs with the second look in copy_item(). */
	smp_wmb();
	span->kind = content->kind;
	span->role = content->role;
	span->subject = content->subject;
	span->subject_serial = subject_serial(content->subject);
	span->attempt = area.header->attempts;
	span->begin_cycles = content->begin_cycles;
	span->end_cycles = content->end_cycles;
	span->result = 0;
	span->pid = current->pid;
	span->detail = content->detail;
	WRITE_ONCE(span->serial, serial);
	/* Publishes all of the above: pairs with the acquire in copy_item(). */
	smp_store_release(&span->state, content->state);
	return handle_of(node);
}

static void span_belongs(struct span_node *node, u32 subject)
{
	list_add_tail(&node->list, &subject_node(subject)->spans);
	subject_node(subject)->is_awaited = false;
	count_span(subject, node, 1);
}

/* Find a place for a span about span->subject, which exists. Returns NULL if there is none. */
static struct span_node *span_add(const struct luo_stats_span *span)
{
	const struct wish wish = {
		.places = area.span_places,
		.nodes = area.span,
		.node_bytes = sizeof(*area.span),
		.role = span->role,
	};
	const u32 index = place_find(&wish);
	struct span_node *node;

	if (index == NO_PLACE) {
		/* Readers learn from this that there was no room; marks ask for no larger area. */
		if (!area_is_tired() && span->kind != LUO_STATS_MARK)
			area.header->span_cursor[LUO_STATS_LOT_ANY]++;
		return NULL;
	}
	publish_span_cursors();
	node = &area.span[index];
	span_belongs(node, span->subject);
	if (is_of_attempt(span))
		list_add_tail(&node->age, &area.attempt[span_lot(node)]);
	else
		INIT_LIST_HEAD(&node->age);
	return node;
}

/* What an attempt does with its subject is over when the attempt is. */
static bool ends_subject(const struct luo_stats_span *span)
{
	const struct luo_stats_subject_key *id = &subject_at(span->subject)->id;

	switch (span->kind) {
	case LUO_STATS_UNPRESERVE:
	case LUO_STATS_SESSION_FINISH:
		return true;
	case LUO_STATS_FINISH:
		return id->kind == LUO_STATS_SUBJECT_DEVICE || id->kind == LUO_STATS_SUBJECT_FLB;
	case LUO_STATS_PLAIN_RESET:
		/* The device takes part in no update. */
		return id->role == LUO_STATS_ROLE_NONE && !is_of_attempt(span);
	}
	return false;
}

/*
 * @begins_now: there is no stamp yet. Returns a handle, or 0 if there was no room, or none yet:
 * then the subject is kept.
 */
static u64 span_write(struct luo_stats_span *span, bool begins_now)
{
	struct span_node *node;

	/* What is forgotten to make room must not be the subject. */
	subject_node(span->subject)->is_awaited = true;
	node = span_add(span);
	if (node) {
		if (begins_now)
			span->begin_cycles = luo_stats_counter();
		return span_publish(node, span);
	}
	if (area_is_tired())
		return 0;
	subject_node(span->subject)->is_awaited = false;
	/* Nobody will say that it has ended. */
	if (ends_subject(span))
		subject_end(span->subject);
	else
		subject_check(span->subject);
	return 0;
}

/**
 * luo_stats_area_span_begin - begin a span
 * @kind: enum luo_stats_kind; an unknown kind is stored as it is
 * @subject: from luo_stats_area_subject()
 * @begin_cycles: counter at its beginning; 0: now
 * @detail: depends on the kind
 *
 * Context: Any but NMI.
 *
 * Return: a handle for luo_stats_area_span_end(), or 0 if there was no room for it or for its
 * subject; the drop is counted.
 */
u64 luo_stats_area_span_begin(u32 kind, u32 subject, u64 begin_cycles, u64 detail)
{
	struct luo_stats_span span = {
		.state = LUO_STATS_OPEN,
		.kind = kind,
		.role = role_of(kind),
		.begin_cycles = begin_cycles,
		.detail = detail,
	};
	unsigned int turns = MOST_TURNS;
	unsigned long flags;
	bool is_tired = true;
	u64 handle = 0;

	while (!handle && is_tired && turns-- && area_lock(&flags)) {
		span.subject = number_place(subject);
		if (span.subject)
			handle = span_write(&span, !begin_cycles);
		is_tired = span.subject && area_is_tired();
		area_unlock(flags);
	}
	if (!handle)
		count_dropped(kind);
	return handle;
}

/* Readers must not find it with half of the new subject. */
static void span_rename(struct span_node *node, u32 subject)
{
	struct luo_stats_span *span = span_at(node);

	count_span(span->subject, node, -1);
	list_del(&node->list);
	WRITE_ONCE(span->state, LUO_STATS_RESERVED);
	/* State before content: pairs with the second look in copy_item(). */
	smp_wmb();
	span->subject = subject;
	span->subject_serial = subject_serial(subject);
	WRITE_ONCE(span->serial, span->serial + 1);
	span_belongs(node, subject);
}

/* What becomes of a span, and of its subject, when it has ended. */
static void span_settle(struct span_node *node)
{
	const struct luo_stats_span *span = span_at(node);
	const struct luo_stats_subject *subject = subject_at(span->subject);

	if (!span->result && ends_subject(span))
		subject_end(span->subject);
	else if (span->result && !is_of_attempt(span))
		list_move_tail(&node->age, &area.stale[history_of(subject)][span_lot(node)]);
}

/* The span of @handle, NULL if the place is no longer its own. */
static struct span_node *handle_find(u64 handle)
{
	const u32 index = handle_index(handle);
	struct span_node *node = &area.span[index];

	if (index >= area.spans.capacity || span_at(node)->serial != handle >> HANDLE_SERIAL_SHIFT)
		return NULL;
	return node;
}

static int span_close(struct span_node *node, u32 subject, s32 result, u64 detail, u64 end_cycles)
{
	struct luo_stats_span *span = span_at(node);

	if (span->state != LUO_STATS_OPEN)
		return -ESTALE;
	if (subject == LUO_STATS_NO_SUBJECT) {
		count_dropped(span->kind);
		span_free(node);
		subject_check(span->subject);
		return 0;
	}
	span->end_cycles = end_cycles ?: luo_stats_counter();
	span->result = result;
	subject = number_place(subject);
	if (subject)
		span_rename(node, subject);
	if (detail)
		span->detail = detail;
	/* Publishes end and result: pairs with the acquire in copy_item(). */
	smp_store_release(&span->state, LUO_STATS_CLOSED);
	span_settle(node);
	return 0;
}

/* Whoever asked for this number does not use it. */
static void subject_release(u32 number)
{
	const u32 place = number_place(number);

	if (!place)
		return;
	subject_node(place)->is_awaited = false;
	subject_check(place);
}

/**
 * luo_stats_area_span_end - end a span
 * @handle: from luo_stats_area_span_begin(); 0 is ignored, its drop was counted when it began
 * @subject: 0, or a more complete subject that replaces the first one. LUO_STATS_NO_SUBJECT: there
 *           was no room for that one, so the span is dropped, and counted
 * @result: 0 or a negative errno
 * @detail: 0, or a detail that replaces the first one
 * @end_cycles: counter at its end; 0: now
 *
 * Context: Any but NMI.
 *
 * Return: 0, -EINVAL if @handle is not a handle, -ESTALE if the span has ended or its place was
 * reused, -EBUSY if that could not be found out in time. The end of a span whose place was reused,
 * or whose state could not be found out, is counted as a dropped span. A span that has ended keeps
 * its end, and the second one is not counted.
 */
int luo_stats_area_span_end(u64 handle, u32 subject, s32 result, u64 detail, u64 end_cycles)
{
	struct span_node *node;
	unsigned long flags;
	int err;

	if (!handle)
		return 0;
	if (handle_index(handle) >= area.spans.capacity)
		return -EINVAL;
	if (!area_lock(&flags)) {
		count_dropped(handle_kind(handle));
		return -EBUSY;
	}
	node = handle_find(handle);
	if (!node)
		count_dropped(handle_kind(handle));
	err = node ? span_close(node, subject, result, detail, end_cycles) : -ESTALE;
	if (err)
		subject_release(subject);
	area_unlock(flags);
	return err;
}

/* The place of an older span of the same subject gets another one. Returns a handle, or 0. */
static u64 span_rewrite(const struct luo_stats_span *span, u64 used)
{
	struct span_node *node = handle_find(used);

	if (!node)
		return 0;
	area.header->spans_recycled++;
	return span_publish(node, span);
}

/**
 * luo_stats_area_mark - write a mark
 * @used: handle of an older mark of the same subject, whose place is reused; 0: take a new place
 * @subject: from luo_stats_area_subject()
 * @detail: enum luo_stats_mark
 * @cycles: counter at its only known end; for a span that is its start, and
 *          luo_stats_area_span_end() ends it
 *
 * Marks are stored among the spans of any time, even during an update: the places that are kept for
 * an update are not for marks.
 *
 * Context: Process context, one caller at a time.
 *
 * Return: a handle, or 0 if there was no room; the caller counts the drop.
 */
u64 luo_stats_area_mark(u64 used, u32 subject, enum luo_stats_mark detail, u64 cycles)
{
	struct luo_stats_span span = {
		.state = detail == LUO_STATS_MARK_SPAN ? LUO_STATS_OPEN : LUO_STATS_CLOSED,
		.kind = LUO_STATS_MARK,
		.role = LUO_STATS_ROLE_NONE,
		.begin_cycles = detail == LUO_STATS_MARK_END ? 0 : cycles,
		.end_cycles = detail == LUO_STATS_MARK_SPAN ? 0 : cycles,
		.detail = detail,
	};
	unsigned int turns = MOST_TURNS;
	unsigned long flags;
	bool is_tired = true;
	u64 handle = 0;

	while (!handle && is_tired && turns-- && area_lock(&flags)) {
		span.subject = number_place(subject);
		if (span.subject)
			handle = used ? span_rewrite(&span, used) : span_write(&span, false);
		is_tired = span.subject && area_is_tired();
		area_unlock(flags);
	}
	return handle;
}

/**
 * luo_stats_area_capacity - how many subjects, or spans, the area has room for
 * @kind: of the chunks that hold them
 */
u32 luo_stats_area_capacity(enum luo_stats_chunk_kind kind)
{
	return kind == LUO_STATS_CHUNK_SUBJECTS ? area.subjects.capacity :
						  area.spans.capacity / LUO_STATS_LOTS;
}

/**
 * luo_stats_area_missed - count a span that its caller could not follow
 * @kind: enum luo_stats_kind
 *
 * Context: Any but NMI.
 */
void luo_stats_area_missed(u32 kind)
{
	count_dropped(kind);
}

static struct luo_stats_boundaries *attempt_set(u32 attempt)
{
	return &area.header->as_old_kernel[(attempt - 1) % LUO_STATS_ATTEMPTS];
}

/*
 * An attempt begins with a fresh set of boundaries. Spans of attempts that were given up remain
 * while there is room, because they explain why.
 */
static void attempt_begin(u64 cycles)
{
	struct luo_stats_header *header = area.header;
	const u32 attempt = header->attempts + 1;
	struct luo_stats_boundaries *set = attempt_set(attempt);
	enum luo_stats_lot lot;
	unsigned long flags;

	/* If not now, they give way at the next attempt. */
	if (area_lock(&flags)) {
		for (lot = 0; lot < LUO_STATS_LOTS; lot++)
			list_splice_tail_init(&area.attempt[lot], &area.stale[HISTORY_ANY][lot]);
		area_unlock(flags);
	}
	if (set->attempt)
		header->attempts_dropped++;
	memset(set, 0, sizeof(*set));
	set->attempt = attempt;
	set->cycles[LUO_STATS_B0_UPDATE_BEGIN] = cycles;
	WRITE_ONCE(header->attempts, attempt);
	WRITE_ONCE(header->update_open, 1);
}

/* Two threads may stamp at once, and the one that read the counter first may get here last. */
static void stamp_later(u64 *slot, u64 cycles)
{
	u64 old = READ_ONCE(*slot);

	while (old < cycles && !try_cmpxchg(slot, &old, cycles))
		;
}

/**
 * luo_stats_area_boundary - stamp a boundary
 * @slot: enum luo_stats_slot
 * @cycles: counter; 0: now
 * @result: with LUO_STATS_B1_FROZEN, what liveupdate_reboot() returned; else 0
 *
 * LUO_STATS_B0_UPDATE_BEGIN opens an attempt, and LUO_STATS_B1_FROZEN with a result other than 0
 * ends it. The other boundaries of the old kernel are only stamped while an attempt is open:
 * device_shutdown() also runs when a machine is rebooted or powered off. In the new kernel,
 * LUO_STATS_B10_RETRIEVED and LUO_STATS_B11_IN_SERVICE are updated by each stamp; for the others
 * the first stamp counts.
 *
 * Context: Any but NMI. The kernel's kexec lock serializes the boundaries of one attempt.
 *
 * Return: 0, -EINVAL for an unknown slot, -ENOENT if no attempt is open, -EALREADY if the slot has
 * been stamped.
 */
int luo_stats_area_boundary(u32 slot, u64 cycles, s32 result)
{
	struct luo_stats_header *header = area.header;
	struct luo_stats_boundaries *set = &header->as_new_kernel;

	cycles = cycles ?: luo_stats_counter();

	switch (slot) {
	case LUO_STATS_B0_UPDATE_BEGIN:
		attempt_begin(cycles);
		return 0;
	case LUO_STATS_B1_FROZEN:
		if (!READ_ONCE(header->update_open))
			return -ENOENT;
		set = attempt_set(header->attempts);
		set->result = result;
		set->end_cycles = cycles;
		if (result)
			WRITE_ONCE(header->update_open, 0);
		else
			set->cycles[slot] = cycles;
		return 0;
	case LUO_STATS_B2_SHUTDOWN_BEGIN ... LUO_STATS_B6_JUMP:
		if (!READ_ONCE(header->update_open))
			return -ENOENT;
		attempt_set(header->attempts)->cycles[slot] = cycles;
		return 0;
	case LUO_STATS_B10_RETRIEVED:
	case LUO_STATS_B11_IN_SERVICE:
		stamp_later(&set->cycles[slot], cycles);
		return 0;
	case LUO_STATS_B7_TIME_ZERO ... LUO_STATS_B9_LUO_OPEN:
	case LUO_STATS_PROBES_READY:
	case LUO_STATS_INIT_DONE:
	case LUO_STATS_FIRST_INITCALL:
	case LUO_STATS_LAST_INITCALL:
		return cmpxchg(&set->cycles[slot], 0, cycles) ? -EALREADY : 0;
	default:
		return -EINVAL;
	}
}
