// SPDX-License-Identifier: GPL-2.0
/*
 * A timeline as a Perfetto trace: track events in the protobuf format, which Perfetto recommends
 * for new producers (its JSON format is only kept for old ones).
 *
 * One track holds everything; below it are the groups, and in each a track for each lane, through
 * both kernels. None is a process: Perfetto would not keep the order of a process's tracks. The
 * field numbers are those of Perfetto's protos/perfetto/trace: trace_packet.proto,
 * clock_snapshot.proto, and in track_event track_descriptor.proto, track_event.proto,
 * debug_annotation.proto.
 */
#include "perfetto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "model/model.h"
#include "model/model_names.h"
#include "report/headline.h"
#include "timeline.h"

/* Wire types of protobuf. */
enum { VARINT = 0, FIXED64 = 1, BYTES = 2 };

enum {
	TRACE_PACKET = 1,

	PACKET_CLOCK_SNAPSHOT = 6,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE_ID = 10,
	PACKET_TRACK_EVENT = 11,
	PACKET_TRACK_DESCRIPTOR = 60,

	SNAPSHOT_CLOCK = 1,
	SNAPSHOT_PRIMARY_CLOCK = 2,

	CLOCK_ID = 1,
	CLOCK_TIMESTAMP = 2,

	DESCRIPTOR_UUID = 1,
	DESCRIPTOR_NAME = 2,
	DESCRIPTOR_PARENT_UUID = 5,
	DESCRIPTOR_CHILD_ORDERING = 11,
	DESCRIPTOR_RANK = 12,

	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK_UUID = 11,
	EVENT_CATEGORY = 22,
	EVENT_NAME = 23,
	EVENT_FLOW_ID = 47,

	ANNOTATION_INT = 4,
	ANNOTATION_STRING = 6,
	ANNOTATION_NAME = 10,
};

/* Perfetto's clocks: BOOTTIME is the one of timestamps that name none. */
enum { CLOCK_REALTIME_ID = 1, CLOCK_BOOTTIME_ID = 6 };

/* Of a track's children: by their rank. */
#define ORDER_EXPLICIT 3

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

static void put_fixed64(struct message *message, unsigned int field, uint64_t value)
{
	unsigned int i;

	put_varint(message, field << 3 | FIXED64);
	for (i = 0; i < 8 && message->length < sizeof(message->bytes); i++)
		message->bytes[message->length++] = value >> 8 * i;
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

/* Tracks: everything, the head, the boundaries, then the groups, then the rows of lanes. */
enum { ROOT_UUID = 1, HEAD_UUID, BOUNDARIES_UUID, GROUP_UUID };
#define LANE_UUID (GROUP_UUID + TIMELINE_GROUPS)

/* Slices of a track must nest: items that overlap otherwise go to further tracks of the lane. */
#define ROWS 8

static uint64_t track_uuid(size_t lane, unsigned int row)
{
	return LANE_UUID + lane * ROWS + row;
}

/**
 * struct trace - the trace being written
 * @base_ns: the time that is 0 in it: Perfetto's timestamps are unsigned
 */
struct trace {
	FILE *out;
	const struct timeline *timeline;
	const struct model *model;
	int64_t base_ns;
};

/* @parent: 0: none; @rank: its place among its siblings */
static void write_track(const struct trace *trace, uint64_t uuid, uint64_t parent, size_t rank,
			const char *name)
{
	struct message packet = {}, descriptor = {};

	put_number(&descriptor, DESCRIPTOR_UUID, uuid);
	put_text(&descriptor, DESCRIPTOR_NAME, name);
	if (parent)
		put_number(&descriptor, DESCRIPTOR_PARENT_UUID, parent);
	put_number(&descriptor, DESCRIPTOR_CHILD_ORDERING, ORDER_EXPLICIT);
	put_number(&descriptor, DESCRIPTOR_RANK, rank);
	put_message(&packet, PACKET_TRACK_DESCRIPTOR, &descriptor);
	write_packet(trace->out, &packet);
}

/* Kernels and phases are one lane each, and need no group around it. */
static bool is_alone(const struct timeline_lane *lane)
{
	return lane->group == TIMELINE_KERNELS || lane->group == TIMELINE_PHASES;
}

/* All rows of a lane have the same name: Perfetto shows such siblings as one. */
static void write_lane_track(const struct trace *trace, size_t index, unsigned int row)
{
	const struct timeline_lane *lane = &trace->timeline->lane[index];
	char name[2 * TIMELINE_NAME_BYTES];

	/* Two attempts may have the same things in them. */
	if (index && lane->attempt && lane->attempt == lane[-1].attempt)
		snprintf(name, sizeof(name), "attempt %u: %s",
			 trace->model->attempt[lane->attempt - 1].number, lane->name);
	else
		snprintf(name, sizeof(name), "%s%s", lane->name,
			 lane->not_back ? ", " TEXT_NOT_BACK :
			 lane->kept	? ", " TEXT_KEPT :
					  "");
	write_track(trace, track_uuid(index, row),
		    is_alone(lane) ? ROOT_UUID : GROUP_UUID + lane->group,
		    is_alone(lane) ? GROUP_UUID + lane->group : index, name);
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

/* After the boundary that is time 0: B0, if it was observed. */
static void put_time(struct message *event, const struct trace *trace, int64_t ns)
{
	char name[16];

	snprintf(name, sizeof(name), "from_B%u_ns", trace->model->origin_slot);
	put_annotation_number(event, name, ns);
}

static void put_known(struct message *event, const char *name, const char *text)
{
	if (*text)
		put_annotation(event, name, text);
}

static void describe_item(struct message *event, const struct trace *trace,
			  const struct timeline_item *item)
{
	const struct timeline_lane *lane = &trace->timeline->lane[item->lane];
	char name[TIMELINE_NAME_BYTES + NAME_BYTES], error[NAME_BYTES];

	/* A failure is visible without a click. */
	snprintf(name, sizeof(name), "%s%s%s", item->name, item->result ? " " : "",
		 item->result ? name_errno(item->result, error) : "");
	put_text(event, EVENT_CATEGORY, timeline_kind_name(item->kind));
	put_text(event, EVENT_NAME, name);
	put_time(event, trace, item->start_ns);
	put_annotation(event, "starts_in", item->in_new_kernel ? "new kernel" : "old kernel");
	put_known(event, "session", lane->session);
	put_known(event, "vm", lane->vm);
	put_annotation(event, "source", item->source);
	if (item->result)
		put_annotation(event, "errno", name_errno(item->result, error));
	if (bounded_error(item->duration))
		put_annotation_number(event, "error_ns", bounded_error(item->duration));
	if (bounded_is_lower_bound(item->duration))
		put_annotation(event, "is_lower_bound", "it may have lasted longer");
	if (bounded_is_open(item->duration))
		put_annotation(event, "in_doubt", "the clock is contradicted");
	if (item->open)
		put_annotation(event, "open", "its end was not observed");
}

/* @flow: of the lane's freeze and retrieve, which an arrow connects; 0: none */
static void write_event(const struct trace *trace, const struct timeline_item *item, uint64_t track,
			enum event_type type, uint64_t flow)
{
	const int64_t at = type == SLICE_END ? item->end_ns : item->start_ns;
	struct message packet = {}, event = {};

	put_number(&packet, PACKET_TIMESTAMP, at - trace->base_ns);
	put_number(&event, EVENT_TYPE, type);
	put_number(&event, EVENT_TRACK_UUID, track);
	if (flow)
		put_fixed64(&event, EVENT_FLOW_ID, flow);
	if (type != SLICE_END)
		describe_item(&event, trace, item);
	put_message(&packet, PACKET_TRACK_EVENT, &event);
	write_packet(trace->out, &packet);
}

/**
 * struct row - the open slices of one track, the innermost last
 */
struct row {
	const struct timeline_item **open;
	size_t depth;
};

static void end_slices(const struct trace *trace, struct row *row, uint64_t track, int64_t until_ns)
{
	while (row->depth && row->open[row->depth - 1]->end_ns <= until_ns)
		write_event(trace, row->open[--row->depth], track, SLICE_END, 0);
}

/* Whether what the items from @first to before @last are about was frozen, and came back. */
static bool has_flow(const struct timeline *timeline, size_t first, size_t last)
{
	bool frozen = false, retrieved = false;
	size_t i;

	for (i = first; i < last && !timeline->lane[timeline->item[i].lane].attempt; i++) {
		frozen |= timeline->item[i].kind == TIMELINE_FREEZE;
		retrieved |= timeline->item[i].kind == TIMELINE_RETRIEVE;
	}
	return frozen && retrieved;
}

/* The items of one lane, from @first to before @last. */
static void write_lane(const struct trace *trace, size_t first, size_t last, struct row *rows)
{
	const struct timeline *timeline = trace->timeline;
	const size_t lane = timeline->item[first].lane;
	const uint64_t flow = has_flow(timeline, first, last) ? lane + 1 : 0;
	unsigned int named = 0, r;
	size_t i;

	for (r = 0; r < ROWS; r++)
		rows[r].depth = 0;
	for (i = first; i < last; i++) {
		const struct timeline_item *item = &timeline->item[i];

		for (r = 0; r < ROWS - 1; r++) {
			end_slices(trace, &rows[r], track_uuid(lane, r), item->start_ns);
			if (!rows[r].depth ||
			    item->end_ns <= rows[r].open[rows[r].depth - 1]->end_ns)
				break;
		}
		while (named <= r)
			write_lane_track(trace, lane, named++);
		write_event(trace, item, track_uuid(lane, r), item->instant ? INSTANT : SLICE_BEGIN,
			    item->kind == TIMELINE_FREEZE || item->kind == TIMELINE_RETRIEVE ?
				    flow :
				    0);
		if (!item->instant)
			rows[r].open[rows[r].depth++] = item;
	}
	for (r = 0; r < ROWS; r++)
		end_slices(trace, &rows[r], track_uuid(lane, r), INT64_MAX);
}

/**
 * struct head_track - the track with the head of the report: one slice per line, below each other,
 * as long as the picture
 * @lines: the number of slices begun
 */
struct head_track {
	const struct trace *trace;
	size_t lines;
};

static void write_head_event(const struct head_track *track, enum event_type type, const char *name)
{
	const struct trace *trace = track->trace;
	const int64_t at = type == SLICE_END ? trace->timeline->end_ns : trace->timeline->begin_ns;
	struct message packet = {}, event = {};

	put_number(&packet, PACKET_TIMESTAMP, at - trace->base_ns);
	put_number(&event, EVENT_TYPE, type);
	put_number(&event, EVENT_TRACK_UUID, HEAD_UUID);
	if (name) {
		put_text(&event, EVENT_NAME, name);
		put_time(&event, trace, at);
	}
	put_message(&packet, PACKET_TRACK_EVENT, &event);
	write_packet(trace->out, &packet);
}

static void begin_line(void *context, const char *label, const char *text)
{
	char line[4 * ESCAPED_BYTES];
	struct head_track *track = context;

	snprintf(line, sizeof(line), "%s%s%s", label, *label ? ": " : "", text);
	write_head_event(track, SLICE_BEGIN, line);
	track->lines++;
}

static void write_head(const struct trace *trace)
{
	struct head_track track = { .trace = trace };
	struct head head;

	head_make(&head, trace->model, true);
	write_track(trace, ROOT_UUID, 0, 0, head.title);
	write_track(trace, HEAD_UUID, ROOT_UUID, HEAD_UUID, "the update");
	begin_line(&track, head.title, head.blackout);
	if (head.own[0])
		begin_line(&track, "", head.own);
	head_each(&head, trace->model, true, begin_line, &track);
	if (trace->timeline->not_drawn[0])
		begin_line(&track, "Not drawn", trace->timeline->not_drawn);
	while (track.lines--)
		write_head_event(&track, SLICE_END, NULL);
}

/* An instant for each boundary that was observed, from B0 to B11. */
static void write_boundaries(const struct trace *trace)
{
	unsigned int slot;

	if (!trace->model->has_update)
		return;
	write_track(trace, BOUNDARIES_UUID, ROOT_UUID, BOUNDARIES_UUID, "boundaries");
	for (slot = 0; slot < MODEL_BOUNDARIES; slot++) {
		const struct model_boundary *boundary = &trace->model->boundary[slot];
		struct message packet = {}, event = {};
		char name[NAME_BYTES];

		if (boundary->source == MODEL_SOURCE_NONE || !boundary->start.known)
			continue;
		snprintf(name, sizeof(name), "B%u %s", slot, name_slot(slot));
		put_number(&packet, PACKET_TIMESTAMP, boundary->start.value - trace->base_ns);
		put_number(&event, EVENT_TYPE, INSTANT);
		put_number(&event, EVENT_TRACK_UUID, BOUNDARIES_UUID);
		put_text(&event, EVENT_NAME, name);
		put_time(&event, trace, boundary->start.value);
		put_annotation(&event, "source", name_source(boundary->source));
		put_message(&packet, PACKET_TRACK_EVENT, &event);
		write_packet(trace->out, &packet);
	}
}

/* The wall clock at time 0. */
static struct bounded realtime_of(const struct model *model)
{
	size_t i;

	for (i = 0; !model->has_update && i < model->attempts; i++)
		if (model->attempt[i].start.known && !model->attempt[i].start.value)
			return model->attempt[i].begin_realtime_ns;
	return model->begin_realtime_ns;
}

static void put_clock(struct message *snapshot, unsigned int id, uint64_t ns)
{
	struct message clock = {};

	put_number(&clock, CLOCK_ID, id);
	put_number(&clock, CLOCK_TIMESTAMP, ns);
	put_message(snapshot, SNAPSHOT_CLOCK, &clock);
}

/* So that Perfetto can show UTC. */
static void write_clocks(const struct trace *trace)
{
	const struct bounded realtime = realtime_of(trace->model);
	struct message packet = {}, snapshot = {};

	if (!realtime.known || realtime.value < 0)
		return;
	put_clock(&snapshot, CLOCK_BOOTTIME_ID, -trace->base_ns);
	put_clock(&snapshot, CLOCK_REALTIME_ID, realtime.value);
	put_number(&snapshot, SNAPSHOT_PRIMARY_CLOCK, CLOCK_BOOTTIME_ID);
	put_message(&packet, PACKET_CLOCK_SNAPSHOT, &snapshot);
	write_packet(trace->out, &packet);
}

static void write_groups(const struct trace *trace)
{
	const struct timeline *timeline = trace->timeline;
	size_t i;

	for (i = 0; i < timeline->lanes; i++) {
		const struct timeline_lane *lane = &timeline->lane[i];

		if (!is_alone(lane) && (!i || lane[-1].group != lane->group))
			write_track(trace, GROUP_UUID + lane->group, ROOT_UUID,
				    GROUP_UUID + lane->group, timeline_group_name(lane->group));
	}
}

int view_perfetto(const struct timeline *timeline, const struct model *model, FILE *out)
{
	const struct trace trace = { .out = out,
				     .timeline = timeline,
				     .model = model,
				     .base_ns = timeline->first_ns < 0 ? timeline->first_ns : 0 };
	const struct timeline_item **open = calloc(ROWS * timeline->items, sizeof(*open));
	struct row rows[ROWS];
	size_t first, last;
	unsigned int r;

	if (!open)
		return -ENOMEM;
	for (r = 0; r < ROWS; r++)
		rows[r].open = open + r * timeline->items;
	write_clocks(&trace);
	write_head(&trace);
	write_boundaries(&trace);
	write_groups(&trace);
	for (first = 0; first < timeline->items; first = last) {
		last = first;
		while (last < timeline->items &&
		       timeline->item[last].lane == timeline->item[first].lane)
			last++;
		write_lane(&trace, first, last, rows);
	}
	free(open);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
