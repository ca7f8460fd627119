// SPDX-License-Identifier: GPL-2.0
/*
 * A timeline as a Perfetto trace: track events in the protobuf format, which Perfetto recommends
 * for new producers (its JSON format is only kept for old ones).
 *
 * Both kernels are processes; each lane is a track of the kernels in which it has items. The field
 * numbers are those of Perfetto's protos/perfetto/trace: trace_packet.proto, and in track_event
 * track_descriptor.proto, track_event.proto, process_descriptor.proto, debug_annotation.proto.
 */
#include "perfetto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "model/model.h"
#include "report/headline.h"
#include "timeline.h"

/* Wire types of protobuf. */
enum { VARINT = 0, BYTES = 2 };

enum {
	TRACE_PACKET = 1,

	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE_ID = 10,
	PACKET_TRACK_EVENT = 11,
	PACKET_TRACK_DESCRIPTOR = 60,

	DESCRIPTOR_UUID = 1,
	DESCRIPTOR_NAME = 2,
	DESCRIPTOR_PROCESS = 3,
	DESCRIPTOR_PARENT_UUID = 5,

	PROCESS_PID = 1,
	PROCESS_NAME = 6,

	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK_UUID = 11,
	EVENT_CATEGORY = 22,
	EVENT_NAME = 23,

	ANNOTATION_INT = 4,
	ANNOTATION_STRING = 6,
	ANNOTATION_NAME = 10,
};

enum event_type { SLICE_BEGIN = 1, SLICE_END = 2, INSTANT = 3 };

/* All packets are in one sequence. */
#define SEQUENCE_ID 1

/* Enough for a packet: a few texts, each escaped, and numbers. */
#define MESSAGE_BYTES (8 * ESCAPED_BYTES)

/**
 * struct message - a protobuf message being written
 */
struct message {
	unsigned char bytes[MESSAGE_BYTES];
	size_t length;
};

static void put_varint(struct message *message, uint64_t value)
{
	do {
		if (message->length == sizeof(message->bytes))
			return;
		message->bytes[message->length++] = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);
		value >>= 7;
	} while (value);
}

static void put_number(struct message *message, unsigned int field, uint64_t value)
{
	put_varint(message, field << 3 | VARINT);
	put_varint(message, value);
}

static void put_bytes(struct message *message, unsigned int field, const void *bytes, size_t length)
{
	put_varint(message, field << 3 | BYTES);
	put_varint(message, length);
	if (length > sizeof(message->bytes) - message->length)
		length = sizeof(message->bytes) - message->length;
	memcpy(message->bytes + message->length, bytes, length);
	message->length += length;
}

static void put_message(struct message *message, unsigned int field, const struct message *inner)
{
	put_bytes(message, field, inner->bytes, inner->length);
}

/* A text from outside: protobuf strings are UTF-8. */
static void put_text(struct message *message, unsigned int field, const char *text)
{
	char buffer[ESCAPED_BYTES];

	if (!text_is_utf8(text))
		text = escape_text(buffer, text, false);
	put_bytes(message, field, text, strlen(text));
}

static void write_packet(FILE *out, struct message *packet)
{
	struct message head = {};

	put_number(packet, PACKET_SEQUENCE_ID, SEQUENCE_ID);
	put_varint(&head, TRACE_PACKET << 3 | BYTES);
	put_varint(&head, packet->length);
	fwrite(head.bytes, 1, head.length, out);
	fwrite(packet->bytes, 1, packet->length, out);
}

/* Neither a kernel nor a lane. */
#define HEAD_UUID 3

/* The old kernel is process 1, the new one process 2; 0 is none. */
static uint64_t kernel_uuid(bool in_new_kernel)
{
	return in_new_kernel ? 2 : 1;
}

static void write_kernel(FILE *out, const char *role, const char *release, bool in_new_kernel)
{
	struct message packet = {}, descriptor = {}, process = {};
	char name[LUO_STATS_RELEASE_BYTES + 32];

	snprintf(name, sizeof(name), "%s %s", role, release);
	put_number(&process, PROCESS_PID, kernel_uuid(in_new_kernel));
	put_text(&process, PROCESS_NAME, name);
	put_number(&descriptor, DESCRIPTOR_UUID, kernel_uuid(in_new_kernel));
	put_message(&descriptor, DESCRIPTOR_PROCESS, &process);
	put_message(&packet, PACKET_TRACK_DESCRIPTOR, &descriptor);
	write_packet(out, &packet);
}

/* Slices of a track must nest: items that overlap otherwise go to further tracks of the lane. */
#define ROWS 8

static uint64_t track_uuid(size_t lane, bool in_new_kernel, unsigned int row)
{
	return 16 + (lane * 2 + in_new_kernel) * ROWS + row;
}

static void write_track(FILE *out, const struct timeline_lane *lane, uint64_t uuid,
			bool in_new_kernel)
{
	struct message packet = {}, descriptor = {};
	char name[2 * TIMELINE_NAME_BYTES];

	snprintf(name, sizeof(name), "%s: %s%s", timeline_group_name(lane->group), lane->name,
		 lane->not_back ? ", " TEXT_NOT_BACK : "");
	put_number(&descriptor, DESCRIPTOR_UUID, uuid);
	put_text(&descriptor, DESCRIPTOR_NAME, name);
	put_number(&descriptor, DESCRIPTOR_PARENT_UUID, kernel_uuid(in_new_kernel));
	put_message(&packet, PACKET_TRACK_DESCRIPTOR, &descriptor);
	write_packet(out, &packet);
}

static void put_annotation(struct message *event, const char *name, const char *text)
{
	struct message annotation = {};

	put_text(&annotation, ANNOTATION_NAME, name);
	put_text(&annotation, ANNOTATION_STRING, text);
	put_message(event, EVENT_ANNOTATION, &annotation);
}

static void put_annotation_number(struct message *event, const char *name, int64_t value)
{
	struct message annotation = {};

	put_text(&annotation, ANNOTATION_NAME, name);
	put_number(&annotation, ANNOTATION_INT, value);
	put_message(event, EVENT_ANNOTATION, &annotation);
}

static void describe_item(struct message *event, const struct timeline_item *item)
{
	char name[TIMELINE_NAME_BYTES + NAME_BYTES], error[NAME_BYTES];

	/* A failure is visible without a click. */
	snprintf(name, sizeof(name), "%s%s%s", item->name, item->result ? " " : "",
		 item->result ? name_errno(item->result, error) : "");
	put_text(event, EVENT_CATEGORY, timeline_kind_name(item->kind));
	put_text(event, EVENT_NAME, name);
	put_annotation(event, "source", item->source);
	if (item->result)
		put_annotation(event, "error", name_errno(item->result, error));
	if (item->error_ns)
		put_annotation_number(event, "error_ns", item->error_ns);
	if (item->at_least)
		put_annotation(event, "at_least", "lower bound: it may have lasted longer");
	if (item->open)
		put_annotation(event, "open", "its end was not observed");
}

/* Perfetto's timestamps are unsigned: they count from the first item. */
static void write_event(FILE *out, const struct timeline *timeline,
			const struct timeline_item *item, uint64_t track, enum event_type type)
{
	const int64_t at = type == SLICE_END ? item->end_ns : item->start_ns;
	struct message packet = {}, event = {};

	put_number(&packet, PACKET_TIMESTAMP, at - timeline->first_ns);
	put_number(&event, EVENT_TYPE, type);
	put_number(&event, EVENT_TRACK_UUID, track);
	if (type != SLICE_END)
		describe_item(&event, item);
	put_message(&packet, PACKET_TRACK_EVENT, &event);
	write_packet(out, &packet);
}

/**
 * struct row - the open slices of one track, the innermost last
 */
struct row {
	const struct timeline_item **open;
	size_t depth;
};

static void end_slices(FILE *out, const struct timeline *timeline, struct row *row, uint64_t track,
		       int64_t until_ns)
{
	while (row->depth && row->open[row->depth - 1]->end_ns <= until_ns)
		write_event(out, timeline, row->open[--row->depth], track, SLICE_END);
}

/* The items of one lane in one kernel, from @first to before @last. */
static void write_lane(FILE *out, const struct timeline *timeline, size_t first, size_t last,
		       bool in_new_kernel, struct row *rows)
{
	const size_t lane = timeline->item[first].lane;
	unsigned int named = 0, r;
	size_t i;

	for (r = 0; r < ROWS; r++)
		rows[r].depth = 0;
	for (i = first; i < last; i++) {
		const struct timeline_item *item = &timeline->item[i];

		if (item->in_new_kernel != in_new_kernel)
			continue;
		for (r = 0; r < ROWS - 1; r++) {
			end_slices(out, timeline, &rows[r], track_uuid(lane, in_new_kernel, r),
				   item->start_ns);
			if (!rows[r].depth ||
			    item->end_ns <= rows[r].open[rows[r].depth - 1]->end_ns)
				break;
		}
		while (named <= r)
			write_track(out, &timeline->lane[lane],
				    track_uuid(lane, in_new_kernel, named++), in_new_kernel);
		write_event(out, timeline, item, track_uuid(lane, in_new_kernel, r),
			    item->instant ? INSTANT : SLICE_BEGIN);
		if (!item->instant)
			rows[r].open[rows[r].depth++] = item;
	}
	for (r = 0; r < ROWS; r++)
		end_slices(out, timeline, &rows[r], track_uuid(lane, in_new_kernel, r), INT64_MAX);
}

/**
 * struct head_track - the track with the head of the report: one slice per line, below each other,
 * as long as the picture
 * @lines: the number of slices begun
 */
struct head_track {
	FILE *out;
	const struct timeline *timeline;
	size_t lines;
};

static void write_head_event(const struct head_track *track, enum event_type type, const char *name)
{
	const struct timeline *timeline = track->timeline;
	const int64_t at = type == SLICE_END ? timeline->end_ns : timeline->begin_ns;
	struct message packet = {}, event = {};

	put_number(&packet, PACKET_TIMESTAMP, at - timeline->first_ns);
	put_number(&event, EVENT_TYPE, type);
	put_number(&event, EVENT_TRACK_UUID, HEAD_UUID);
	if (name)
		put_text(&event, EVENT_NAME, name);
	put_message(&packet, PACKET_TRACK_EVENT, &event);
	write_packet(track->out, &packet);
}

static void begin_line(void *context, const char *label, const char *text)
{
	char line[4 * ESCAPED_BYTES];
	struct head_track *track = context;

	snprintf(line, sizeof(line), "%s%s%s", label, *label ? ": " : "", text);
	write_head_event(track, SLICE_BEGIN, line);
	track->lines++;
}

static void write_head(FILE *out, const struct timeline *timeline, const struct model *model)
{
	struct head_track track = { .out = out, .timeline = timeline };
	struct message packet = {}, descriptor = {};
	struct head head;

	put_number(&descriptor, DESCRIPTOR_UUID, HEAD_UUID);
	put_text(&descriptor, DESCRIPTOR_NAME, "the update");
	put_message(&packet, PACKET_TRACK_DESCRIPTOR, &descriptor);
	write_packet(out, &packet);
	head_make(&head, model, true);
	begin_line(&track, head.title, head.blackout);
	if (head.own[0])
		begin_line(&track, "", head.own);
	head_each(&head, model, true, begin_line, &track);
	if (timeline->not_drawn[0])
		begin_line(&track, "Not drawn", timeline->not_drawn);
	while (track.lines--)
		write_head_event(&track, SLICE_END, NULL);
}

int view_perfetto(const struct timeline *timeline, const struct model *model, FILE *out)
{
	const struct timeline_item **open = calloc(ROWS * timeline->items, sizeof(*open));
	struct row rows[ROWS];
	size_t first, last;
	unsigned int r;

	if (!open)
		return -ENOMEM;
	for (r = 0; r < ROWS; r++)
		rows[r].open = open + r * timeline->items;
	write_head(out, timeline, model);
	write_kernel(out, "old kernel", model->from_release, false);
	write_kernel(out, "new kernel", model->to_release, true);
	for (first = 0; first < timeline->items; first = last) {
		last = first;
		while (last < timeline->items &&
		       timeline->item[last].lane == timeline->item[first].lane)
			last++;
		write_lane(out, timeline, first, last, false, rows);
		write_lane(out, timeline, first, last, true, rows);
	}
	free(open);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
