// SPDX-License-Identifier: GPL-2.0
#include "json_stream.h"

#include <errno.h>
#include <string.h>

/* Spaces for each level. */
#define INDENT 2

/* jansson writes a few bytes at a time: to lock the file for each takes a third of the time. */
static void put(struct json_stream *stream, const char *text, size_t length)
{
	if (stream->err || fwrite_unlocked(text, 1, length, stream->out) == length)
		return;
	stream->err = errno ? -errno : -EIO;
}

static void put_text(struct json_stream *stream, const char *text)
{
	put(stream, text, strlen(text));
}

static void put_line_start(struct json_stream *stream)
{
	static const char start[] = "\n    ";

	put(stream, start, 1 + stream->depth * INDENT);
}

/* What jansson writes starts its lines as if it were the whole document. */
static int put_indented(const char *text, size_t length, void *data)
{
	struct json_stream *stream = data;
	const char *end = text + length, *newline;

	while ((newline = memchr(text, '\n', end - text))) {
		put(stream, text, newline - text);
		put_line_start(stream);
		text = newline + 1;
	}
	put(stream, text, end - text);
	return stream->err ? -1 : 0;
}

static void put_value(struct json_stream *stream, json_t *value)
{
	const size_t flags = JSON_INDENT(INDENT) | JSON_ENCODE_ANY;

	if (!stream->err && (!value || json_dump_callback(value, put_indented, stream, flags)) &&
	    !stream->err)
		stream->err = -ENOMEM;
	json_decref(value);
}

static void start_entry(struct json_stream *stream)
{
	put_text(stream, stream->has_entries ? "," : "");
	put_line_start(stream);
	stream->has_entries = true;
}

static void start_member(struct json_stream *stream, const char *name)
{
	start_entry(stream);
	put_text(stream, "\"");
	put_text(stream, name);
	put_text(stream, "\": ");
}

/* An object or a list without entries has its brackets side by side. */
static void end(struct json_stream *stream, const char *bracket)
{
	stream->depth--;
	if (stream->has_entries)
		put_line_start(stream);
	put_text(stream, bracket);
	stream->has_entries = true;
}

void json_stream_begin(struct json_stream *stream, FILE *out)
{
	*stream = (struct json_stream){ .out = out, .depth = 1 };
	errno = 0;
	put_text(stream, "{");
}

void json_stream_member(struct json_stream *stream, const char *name, json_t *value)
{
	start_member(stream, name);
	put_value(stream, value);
}

void json_stream_list_begin(struct json_stream *stream, const char *name)
{
	start_member(stream, name);
	put_text(stream, "[");
	stream->depth++;
	stream->has_entries = false;
}

void json_stream_entry(struct json_stream *stream, json_t *value)
{
	start_entry(stream);
	put_value(stream, value);
}

void json_stream_list_end(struct json_stream *stream)
{
	end(stream, "]");
}

int json_stream_end(struct json_stream *stream)
{
	end(stream, "}");
	put_text(stream, "\n");
	if (!stream->err && fflush(stream->out))
		stream->err = errno ? -errno : -EIO;
	return stream->err;
}
