/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A JSON document that is written piece by piece: only one member of it, or one entry of a list, is
 * in memory at a time. It looks as jansson writes it with JSON_INDENT(2).
 */
#ifndef LUOSCOPE_JSON_STREAM_H
#define LUOSCOPE_JSON_STREAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/**
 * struct json_stream - an object that is being written
 * @out:         where to
 * @depth:       1 in the object, 2 in a list that is a member of it
 * @has_entries: whether the object, or the list, already has any
 * @err:         the first error; nothing is written after it
 */
struct json_stream {
	FILE *out;
	unsigned int depth;
	bool has_entries;
	int err;
};

/* Start the object. */
void json_stream_begin(struct json_stream *stream, FILE *out);

/* Write one member and free @value. NULL as @value means out of memory, here and below. */
void json_stream_member(struct json_stream *stream, const char *name, json_t *value);

/* Start a list that is a member, and end it. In between there are only entries. */
void json_stream_list_begin(struct json_stream *stream, const char *name);
void json_stream_list_end(struct json_stream *stream);

/* Write one entry of the list and free @value. */
void json_stream_entry(struct json_stream *stream, json_t *value);

/**
 * json_stream_end - end the object, and the line
 *
 * Returns 0, -ENOMEM, or the negative errno of a failed write. After an error the document is
 * incomplete.
 */
int json_stream_end(struct json_stream *stream);

#endif /* LUOSCOPE_JSON_STREAM_H */
