// SPDX-License-Identifier: GPL-2.0
#include "event_log.h"

/*
 * A writer writes as soon as it has a number, unless its CPU is taken away. After this many visits
 * the event counts as lost, so that one writer cannot stop all readers.
 */
#define PATIENCE 100

static uint64_t load(const __u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/* Number of the oldest event that has not been overwritten. */
static uint64_t oldest(uint64_t head)
{
	return head > LUOSCOPE_LOG_SLOTS ? head - LUOSCOPE_LOG_SLOTS : 0;
}

void event_log_start(struct event_log_reader *reader, const struct luoscope_log *log,
		     uint64_t history)
{
	const uint64_t head = load(&log->head);
	const uint64_t have = head - oldest(head);

	*reader = (struct event_log_reader){
		.log = log,
		.next = head - (history < have ? history : have),
	};
}

static void skip_to(struct event_log_reader *reader, uint64_t number, uint64_t *lost)
{
	*lost += number - reader->next;
	reader->next = number;
	reader->waiting = 0;
}

bool event_log_next(struct event_log_reader *reader, struct luoscope_event *event, uint64_t *lost)
{
	for (;;) {
		const uint64_t head = load(&reader->log->head);
		const struct luoscope_log_slot *slot;
		uint64_t before, after;

		if (reader->next >= head)
			return false;
		if (reader->next < oldest(head)) {
			skip_to(reader, oldest(head), lost);
			continue;
		}
		slot = &reader->log->slot[reader->next % LUOSCOPE_LOG_SLOTS];
		before = load(&slot->sequence);
		if (before < reader->next + 1) {
			/* It is still being written, unless the writers have gone once around since. */
			if (load(&reader->log->head) - reader->next > LUOSCOPE_LOG_SLOTS)
				continue;
			if (reader->waiting++ < PATIENCE)
				return false;
			skip_to(reader, reader->next + 1, lost);
			continue;
		}
		*event = slot->event;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		after = __atomic_load_n(&slot->sequence, __ATOMIC_RELAXED);
		if (before != reader->next + 1 || after != before) {
			skip_to(reader, reader->next + 1, lost);
			continue;
		}
		reader->next++;
		reader->waiting = 0;
		return true;
	}
}

void event_bell_arm(unsigned long *consumer, const unsigned long *producer)
{
	const unsigned long end = __atomic_load_n(producer, __ATOMIC_SEQ_CST);
	unsigned long position = __atomic_load_n(consumer, __ATOMIC_SEQ_CST);

	/*
	 * Only ever forward: a reader that moved it back, because there is more by now, would disarm
	 * the bell for another one that sleeps already.
	 */
	while ((long)(end - position) > LUOSCOPE_BELL_RECORD &&
	       !__atomic_compare_exchange_n(consumer, &position, end - LUOSCOPE_BELL_RECORD, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	/* The log is looked at after that, as the programs look at the bell after the log. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
