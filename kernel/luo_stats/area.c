// SPDX-License-Identifier: GPL-2.0
/*
 * This kernel's own area.
 *
 * Everything here may be called from a tracing program, in any context except NMI, on many CPUs at
 * once, and on the last CPU after the others were stopped in the middle of a call. So nothing takes
 * a lock, and nothing waits. A place is reserved by moving a cursor. The cursor of the update's
 * spans can move back, and a writer may have been preempted anywhere, so two may have reserved the
 * same place: it belongs to whoever claims it, and the others take another one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/io.h>
#include <linux/jhash.h>
#include <linux/kexec_handover.h>
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "luo_stats.h"

/*
 * A run of chunks of one kind, seen as one array. All pieces have the same number of items, except
 * a smaller last one.
 */
struct item_array {
	void *piece[LUO_STATS_CHUNKS];
	unsigned int pieces;
	u32 item_bytes;
	u32 items_per_piece;
	u32 capacity;
};

static struct {
	struct luo_stats_header *header;
	void *chunk[LUO_STATS_CHUNKS];
	unsigned int chunks;
	struct item_array subjects;
	struct item_array spans[LUO_STATS_LOTS];
	/*
	 * A hash table with open addressing, by the subject's key: index of the subject plus 1, 0
	 * is empty. At least half stays empty.
	 */
	u32 *subject_index;
	u32 subject_index_mask;
} area;

/* A handle consists of the place's serial, its lot, and its index in the lot plus 1. 0: none. */
#define HANDLE_LOT_SHIFT    31
#define HANDLE_INDEX_MASK   GENMASK_U32(30, 0)
#define HANDLE_SERIAL_SHIFT 32

/* A span's serial and writer, read as one little-endian number. */
#define SPAN_HAS_WRITER BIT_ULL(32)
static_assert(offsetof(struct luo_stats_span, writer) ==
	      offsetof(struct luo_stats_span, serial) + sizeof(u32));
static_assert(offsetof(struct luo_stats_span, serial) % sizeof(u64) == 0);

static void *item_at(const struct item_array *array, u64 index)
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

	err = add_chunks(&area.spans[LUO_STATS_LOT_ANY], LUO_STATS_CHUNK_SPANS,
			 sizeof(struct luo_stats_span), bytes / 4, piece_bytes);
	if (!err)
		err = add_chunks(&area.spans[LUO_STATS_LOT_UPDATE], LUO_STATS_CHUNK_UPDATE_SPANS,
				 sizeof(struct luo_stats_span), bytes / 4, piece_bytes);
	if (!err)
		err = add_chunks(&area.subjects, LUO_STATS_CHUNK_SUBJECTS,
				 sizeof(struct luo_stats_subject), bytes / 2 - LUO_STATS_PAGE_BYTES,
				 piece_bytes);
	if (err)
		goto err_destroy;

	area.subject_index_mask = roundup_pow_of_two(area.subjects.capacity * 2) - 1;
	area.subject_index = kvcalloc(area.subject_index_mask + 1, sizeof(u32), GFP_KERNEL);
	if (!area.subject_index) {
		err = -ENOMEM;
		goto err_destroy;
	}

	header->checksum = luo_stats_checksum((void *)header + LUO_STATS_CHECKSUM_FROM,
					      LUO_STATS_CHECKSUM_BYTES);
	err = kho_add_subtree(LUO_STATS_KHO_NAME, header, LUO_STATS_PAGE_BYTES);
	if (err) {
		pr_err("KHO does not take the area: %pe\n", ERR_PTR(err));
		goto err_free_index;
	}
	return 0;

err_free_index:
	kvfree(area.subject_index);
	area.subject_index = NULL;
err_destroy:
	while (area.chunks)
		kho_unpreserve_free(area.chunk[--area.chunks]);
	kho_unpreserve_free(area.header);
	area.header = NULL;
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
	kvfree(area.subject_index);
	while (area.chunks)
		kho_unpreserve_free(area.chunk[--area.chunks]);
	kho_unpreserve_free(area.header);
	area.header = NULL;
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

	atomic_inc((atomic_t *)dropped);
}

static bool subject_matches(u32 id, const struct luo_stats_subject_key *key)
{
	const struct luo_stats_subject *subject = item_at(&area.subjects, id - 1);

	return !memcmp(&subject->id, key, sizeof(*key));
}

/*
 * Reserve a place for a new subject and fill it. Until an update begins, only the first half is
 * available: names that come and go for months must leave room for those of the update. Returns 0
 * if there is no room.
 */
static u32 subject_add(const struct luo_stats_subject_key *key)
{
	atomic64_t *cursor = (atomic64_t *)&area.header->subject_cursor;
	const u32 limit = READ_ONCE(area.header->update_open) ? area.subjects.capacity :
								area.subjects.capacity / 2;
	struct luo_stats_subject *subject;
	s64 index = atomic64_read(cursor);

	do {
		if (index >= limit) {
			/* For a mark, the dropped span is counted instead. */
			if (key->kind != LUO_STATS_SUBJECT_MARK)
				atomic_inc((atomic_t *)&area.header->subjects_dropped);
			return 0;
		}
	} while (!atomic64_try_cmpxchg(cursor, &index, index + 1));

	subject = item_at(&area.subjects, index);
	memcpy(&subject->id, key, sizeof(*key));
	/* Publishes the id: pairs with the acquire in copy_item(). */
	smp_store_release(&subject->state, LUO_STATS_CLOSED);
	return index + 1;
}

/**
 * luo_stats_area_subject - find a subject, or add it
 * @key: what it is
 *
 * Context: Any but NMI.
 *
 * Return: its number, or 0 if there was no room; except for a mark, the drop is counted.
 */
u32 luo_stats_area_subject(const struct luo_stats_subject_key *key)
{
	u32 slot = jhash(key, sizeof(*key), 0) & area.subject_index_mask;
	u32 added = 0;

	/* There is always an empty slot: the index has twice as many as there are subjects. */
	for (;; slot = (slot + 1) & area.subject_index_mask) {
		/* Pairs with the cmpxchg() below: whoever sees the number sees the id. */
		u32 id = smp_load_acquire(&area.subject_index[slot]);

		if (!id) {
			if (!added)
				added = subject_add(key);
			if (!added)
				return 0;
			id = cmpxchg(&area.subject_index[slot], 0, added);
			if (!id)
				return added;
		}
		if (subject_matches(id, key)) {
			/* Another CPU added the same one at the same time: ours is not needed. */
			if (added) {
				struct luo_stats_subject *ours = item_at(&area.subjects, added - 1);

				WRITE_ONCE(ours->state, LUO_STATS_FREE);
			}
			return id;
		}
	}
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

/* A place for a span, as it was when its serial was read. */
struct place {
	struct luo_stats_span *span;
	u64 index;
	enum luo_stats_lot lot;
	u32 serial;
};

static struct place place_at(enum luo_stats_lot lot, u64 index)
{
	struct luo_stats_span *span = item_at(&area.spans[lot], index);

	return (struct place){
		.span = span, .index = index, .lot = lot, .serial = READ_ONCE(span->serial)
	};
}

/*
 * Fails if somebody else is writing there, or has used the place since the serial was read. Serial
 * and writer are compared and exchanged as one word, so nobody is in anybody's way.
 */
static bool place_claim(const struct place *place)
{
	u64 word = place->serial;

	return try_cmpxchg((u64 *)&place->span->serial, &word, word | SPAN_HAS_WRITER);
}

static void place_release(const struct place *place)
{
	/* Pairs with the next claim. */
	smp_store_release(&place->span->writer, 0);
}

/*
 * Reserve a place and claim it. The serial is read before the cursor passes the place: whoever
 * reserves the place later, because the cursor was moved back, changes the serial. Returns false if
 * the lot is full. The cursor then still counts; it has 64 bits and never wraps.
 */
static bool place_reserve(struct place *place, enum luo_stats_lot lot)
{
	atomic64_t *cursor = (atomic64_t *)&area.header->span_cursor[lot];
	s64 index = atomic64_read(cursor);

	for (;;) {
		const bool is_full = index >= area.spans[lot].capacity;

		if (!is_full)
			*place = place_at(lot, index);
		if (!atomic64_try_cmpxchg(cursor, &index, index + 1))
			continue;
		if (is_full)
			return false;
		if (place_claim(place))
			return true;
		index = atomic64_read(cursor);
	}
}

/* Fill a claimed place, new or used before, and publish it. Returns a handle. */
static u64 span_publish(const struct place *place, const struct luo_stats_span *content)
{
	struct luo_stats_span *span = place->span;
	const u32 serial = place->serial + 1;

	WRITE_ONCE(span->state, LUO_STATS_RESERVED);
	/* State before content: pairs with the second look in copy_item(). */
	smp_wmb();
	span->kind = content->kind;
	span->role = content->role;
	span->subject = content->subject;
	span->attempt = READ_ONCE(area.header->attempts);
	span->begin_cycles = content->begin_cycles;
	span->end_cycles = content->end_cycles;
	span->result = 0;
	span->pid = current->pid;
	span->detail = content->detail;
	WRITE_ONCE(span->serial, serial);
	/* Publishes all of the above: pairs with the acquire in copy_item(). */
	smp_store_release(&span->state, content->state);
	place_release(place);

	return (u64)serial << HANDLE_SERIAL_SHIFT | (u64)place->lot << HANDLE_LOT_SHIFT |
	       (place->index + 1);
}

/**
 * luo_stats_area_span_begin - begin a span
 * @kind: enum luo_stats_kind; an unknown kind is stored as it is
 * @subject: from luo_stats_area_subject(), or 0
 * @begin_cycles: counter at its beginning; 0: now
 * @detail: depends on the kind
 *
 * Context: Any but NMI.
 *
 * Return: a handle for luo_stats_area_span_end(), or 0 if there was no room; the drop is counted.
 */
u64 luo_stats_area_span_begin(u32 kind, u32 subject, u64 begin_cycles, u64 detail)
{
	struct luo_stats_span span = {
		.state = LUO_STATS_OPEN,
		.kind = kind,
		.role = role_of(kind),
		.subject = subject,
		.detail = detail,
	};
	struct place place;

	if (!(READ_ONCE(area.header->update_open) && place_reserve(&place, LUO_STATS_LOT_UPDATE)) &&
	    !place_reserve(&place, LUO_STATS_LOT_ANY)) {
		count_dropped(kind);
		return 0;
	}
	span.begin_cycles = begin_cycles ?: luo_stats_counter();
	return span_publish(&place, &span);
}

/**
 * luo_stats_area_span_end - end a span
 * @handle: from luo_stats_area_span_begin(); 0 is ignored, its drop was counted when it began
 * @subject: 0, or a more complete subject that replaces the first one
 * @result: 0 or a negative errno
 * @detail: 0, or a detail that replaces the first one
 * @end_cycles: counter at its end; 0: now
 *
 * Context: Any but NMI.
 *
 * Return: 0, -EINVAL if @handle is not a handle, -ESTALE if the span has ended or its place was
 * reused.
 */
int luo_stats_area_span_end(u64 handle, u32 subject, s32 result, u64 detail, u64 end_cycles)
{
	const enum luo_stats_lot lot = (handle >> HANDLE_LOT_SHIFT) & 1;
	const u64 index = (handle & HANDLE_INDEX_MASK) - 1;
	struct luo_stats_span *span;
	struct place place;
	int err = -ESTALE;

	if (!handle)
		return 0;
	if (!(handle & HANDLE_INDEX_MASK) || index >= area.spans[lot].capacity)
		return -EINVAL;
	place = place_at(lot, index);
	place.serial = handle >> HANDLE_SERIAL_SHIFT;
	if (!place_claim(&place))
		return err;
	span = place.span;
	if (READ_ONCE(span->state) == LUO_STATS_OPEN) {
		span->end_cycles = end_cycles ?: luo_stats_counter();
		span->result = result;
		if (subject)
			span->subject = subject;
		if (detail)
			span->detail = detail;
		/* Publishes end and result: pairs with the acquire in copy_item(). */
		smp_store_release(&span->state, LUO_STATS_CLOSED);
		err = 0;
	}
	place_release(&place);
	return err;
}

/**
 * luo_stats_area_mark - write a mark
 * @used: handle of an older mark whose place is reused; 0: take a new place
 * @subject: from luo_stats_area_subject()
 * @detail: enum luo_stats_mark
 * @cycles: counter at its only known end; for a span that is its begin, and
 *          luo_stats_area_span_end() ends it
 *
 * Marks are stored among the spans of any time, even during an update. The places that are kept for
 * an update are not for marks, because they are reused when an attempt is given up.
 *
 * Context: Process context, one caller at a time.
 *
 * Return: a handle, or 0 if there was no room; the caller counts the drop.
 */
u64 luo_stats_area_mark(u64 used, u32 subject, enum luo_stats_mark detail, u64 cycles)
{
	const struct luo_stats_span span = {
		.state = detail == LUO_STATS_MARK_SPAN ? LUO_STATS_OPEN : LUO_STATS_CLOSED,
		.kind = LUO_STATS_MARK,
		.role = LUO_STATS_ROLE_NONE,
		.subject = subject,
		.begin_cycles = detail == LUO_STATS_MARK_END ? 0 : cycles,
		.end_cycles = detail == LUO_STATS_MARK_SPAN ? 0 : cycles,
		.detail = detail,
	};
	struct place place;

	if (!used)
		return place_reserve(&place, LUO_STATS_LOT_ANY) ? span_publish(&place, &span) : 0;
	place = place_at(LUO_STATS_LOT_ANY, (used & HANDLE_INDEX_MASK) - 1);
	if (!place_claim(&place))
		return 0;
	atomic64_inc((atomic64_t *)&area.header->spans_recycled);
	return span_publish(&place, &span);
}

/**
 * luo_stats_area_capacity - how many subjects, or spans, the area has room for
 * @kind: of the chunks that hold them
 */
u32 luo_stats_area_capacity(enum luo_stats_chunk_kind kind)
{
	switch (kind) {
	case LUO_STATS_CHUNK_SUBJECTS:
		return area.subjects.capacity;
	case LUO_STATS_CHUNK_SPANS:
		return area.spans[LUO_STATS_LOT_ANY].capacity;
	case LUO_STATS_CHUNK_UPDATE_SPANS:
		return area.spans[LUO_STATS_LOT_UPDATE].capacity;
	}
	return 0;
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
 * An attempt begins with a fresh set of boundaries, and with at least half of the update's spans.
 * Spans of attempts that were given up remain while there is room, because they explain why. When
 * there is not, the newest attempt matters more.
 */
static void attempt_begin(u64 cycles)
{
	struct luo_stats_header *header = area.header;
	const u32 capacity = area.spans[LUO_STATS_LOT_UPDATE].capacity;
	atomic64_t *cursor = (atomic64_t *)&header->span_cursor[LUO_STATS_LOT_UPDATE];
	s64 used = atomic64_read(cursor);
	const u32 attempt = header->attempts + 1;
	struct luo_stats_boundaries *set = attempt_set(attempt);

	/* A writer of an earlier attempt may still move the cursor. */
	while (used > capacity / 2) {
		if (!atomic64_try_cmpxchg(cursor, &used, 0))
			continue;
		atomic64_add(min_t(s64, used, capacity), (atomic64_t *)&header->spans_recycled);
		break;
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
