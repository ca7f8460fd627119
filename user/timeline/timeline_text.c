// SPDX-License-Identifier: GPL-2.0
#include "timeline_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attempt_text.h"
#include "base/array.h"
#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "model/model.h"
#include "report/headline.h"
#include "timeline.h"

#define TIME_WIDTH 10

/*
 * Names get what the bars leave of the line, but at least the width of a device's name; at most
 * that of its name and whose it is.
 */
#define NAME_WIDTH	 24
#define NAME_WIDTH_LEAST 12
#define BAR_WIDTH_WANTED 40
#define BAR_WIDTH_LEAST	 20

/* A lane with many failures shows only some of them. */
#define FAILURES_MAX 5

/* The character of each kind, and its name in the legend. */
static const struct {
	char letter;
	const char *meaning;
} letters[TIMELINE_KINDS] = {
	[TIMELINE_KERNEL] = { '=', NULL },
	[TIMELINE_JUMP] = { '>', NULL },
	[TIMELINE_PHASE] = { '#', NULL },
	[TIMELINE_PART] = { '+', NULL },
	[TIMELINE_PRESERVE] = { 'p', "preserve" },
	[TIMELINE_FREEZE] = { 'F', "freeze" },
	[TIMELINE_RESET] = { 'R', "reset" },
	[TIMELINE_CALLBACK] = { 's', "shutdown" },
	[TIMELINE_RETRIEVE] = { 'r', "retrieve" },
	[TIMELINE_BIND] = { 'B', "bind" },
	[TIMELINE_IRQ_SETUP] = { 'I', "interrupts set up" },
	[TIMELINE_FINISH] = { 'f', "finish" },
	[TIMELINE_UNDO] = { 'u', "undone" },
	[TIMELINE_MARK] = { '#', NULL },
	[TIMELINE_STOPPED] = { '.', NULL },
	[TIMELINE_INIT] = { 'i', "luoscope init" },
	[TIMELINE_MOMENT] = { '*', "moment" },
	[TIMELINE_INITCALL] = { 'c', "initcall" },
	[TIMELINE_PROBE] = { 'd', "device probe" },
	[TIMELINE_SILENCE] = { '-', "silence of the log" },
	[TIMELINE_OTHER] = { 'o', "other" },
	[TIMELINE_ATTEMPT] = { '=', NULL },
};

/**
 * struct canvas - the area to draw on
 * @model: whose timeline it is
 * @width: columns of a line
 * @name: columns of the names
 * @time: columns of the times; if more than TIME_WIDTH, errors that matter are shown
 * @bar: columns of the bars, plus one for the end of the string
 */
struct canvas {
	const struct timeline *timeline;
	const struct model *model;
	const struct timeline_options *options;
	FILE *out;
	unsigned int width;
	unsigned int name;
	unsigned int time;
	size_t bar;
	bool used[TIMELINE_KINDS];
	bool has_downtime;
	bool has_beyond;
	bool has_failed;
	bool has_open;
};

/* The column of @ns; SIZE_MAX if it is not in the picture. */
static size_t column_of(const struct canvas *canvas, int64_t ns)
{
	const struct timeline *timeline = canvas->timeline;
	const __int128 length = timeline->end_ns - timeline->begin_ns;

	if (ns < timeline->begin_ns || ns > timeline->end_ns || length <= 0)
		return SIZE_MAX;
	return (size_t)((__int128)(ns - timeline->begin_ns) * (canvas->bar - 1) / length);
}

static void fill(const struct canvas *canvas, char *line, int64_t start_ns, int64_t end_ns,
		 char letter)
{
	const struct timeline *timeline = canvas->timeline;
	size_t from, to;

	if (end_ns < timeline->begin_ns || start_ns > timeline->end_ns)
		return;
	from = column_of(canvas, start_ns < timeline->begin_ns ? timeline->begin_ns : start_ns);
	to = column_of(canvas, end_ns > timeline->end_ns ? timeline->end_ns : end_ns);
	if (from == SIZE_MAX || to == SIZE_MAX)
		return;
	memset(line + from, letter, to - from + 1);
}

/* A name in @columns, its end cut if necessary; ASCII, so bytes are columns. */
static void print_name(const struct canvas *canvas, const char *name, unsigned int indent,
		       unsigned int columns)
{
	char text[ESCAPED_BYTES];
	const int width = columns - indent;

	escape_text(text, name, false);
	if (strlen(text) > (size_t)width)
		strcpy(text + width - 1, "~");
	fprintf(canvas->out, "%*s%-*s ", indent, "", width, text);
}

static void print_line(const struct canvas *canvas, const char *name, unsigned int indent,
		       const char *time, const char *line)
{
	const unsigned int wider = strlen(time) > canvas->time ? strlen(time) - canvas->time : 0;
	size_t length = canvas->bar;

	while (length && line[length - 1] == ' ')
		length--;
	/* A time that is wider than its columns takes some of the name's: no bar moves. */
	print_name(canvas, name, indent, canvas->name - wider);
	fprintf(canvas->out, "%*s |%.*s\n", (int)canvas->time, time, (int)length, line);
}

/* Whether the labels of an axis with marks @step apart do not touch. */
static bool labels_fit(const struct canvas *canvas, int64_t step)
{
	const struct timeline *timeline = canvas->timeline;
	const size_t columns =
		(__int128)step * canvas->bar / (timeline->end_ns - timeline->begin_ns);
	char text[DURATION_BYTES];
	int64_t ns;

	for (ns = timeline_first_tick(timeline, step); ns <= timeline->end_ns; ns += step)
		if (strlen(timeline_tick_text(text, timeline, ns)) + 2 > columns)
			return false;
	return true;
}

/* Round times above the bars; each label begins in the column of its time. */
static void print_axis(const struct canvas *canvas)
{
	const struct timeline *timeline = canvas->timeline;
	unsigned int room = canvas->bar / 4;
	int64_t step = timeline_tick_step(timeline, room), ns;
	char text[DURATION_BYTES];
	size_t column = 0;

	while (room > 1 && timeline->end_ns > timeline->begin_ns && !labels_fit(canvas, step))
		step = timeline_tick_step(timeline, --room);
	fprintf(canvas->out, "%*s|", (int)(canvas->name + canvas->time) + 2, "");
	for (ns = timeline_first_tick(timeline, step); ns <= timeline->end_ns; ns += step) {
		const char *label = timeline_tick_text(text, timeline, ns);
		const size_t at = column_of(canvas, ns);

		if (at >= canvas->bar || strlen(label) > canvas->bar - at)
			break;
		column += fprintf(canvas->out, "%*s%s", (int)(at - column), "", label);
	}
	fputc('\n', canvas->out);
}

/* Below the lane of the longest pole: why to look there first. */
static void print_pole(const struct canvas *canvas)
{
	const struct model_long_pole *pole = canvas->model->pole;
	char name[ESCAPED_BYTES], busy[BOUNDED_TEXT_BYTES], waited[BOUNDED_TEXT_BYTES];
	char saved[BOUNDED_TEXT_BYTES], text[ESCAPED_BYTES + 3 * BOUNDED_TEXT_BYTES + 80];

	snprintf(
		text, sizeof(text),
		"long pole: %s, busy %s, others waited %s; without it the blackout would be %s shorter",
		head_pole(name, canvas->model, pole, canvas->options->utf8),
		format_bounded(busy, pole->busy, UNIT_NS),
		format_bounded(waited, pole->waited, UNIT_NS),
		format_bounded(saved, pole->saved, UNIT_NS));
	print_wrapped(canvas->out, "  *", text, 4, canvas->width);
}

/* Each of these has a line of its own because the names do not fit into the bars. */
static bool has_row(enum timeline_kind kind)
{
	return kind == TIMELINE_PHASE || kind == TIMELINE_PART || kind == TIMELINE_INIT;
}

static void print_phase(const struct canvas *canvas, const struct timeline_item *item)
{
	char line[512], text[BOUNDED_TEXT_BYTES];

	memset(line, ' ', sizeof(line));
	fill(canvas, line, item->start_ns, item->end_ns, letters[item->kind].letter);
	print_line(canvas, item->name, item->kind == TIMELINE_PHASE ? 0 : 2,
		   strlen(timeline_item_time(text, item)) <= canvas->time ?
			   text :
			   format_time_cell(text, item->duration, bounded_error(item->duration)),
		   line);
	if (item->pole)
		print_pole(canvas);
}

/* The downtime; if it went on, or beyond the picture, it ends with an arrow. */
static void fill_downtime(struct canvas *canvas, const struct timeline_lane *lane, char *line)
{
	const struct timeline *timeline = canvas->timeline;
	const int64_t end_ns = timeline_downtime_end(lane);

	if (!lane->downtime_start.known || lane->downtime_start.value > timeline->end_ns)
		return;
	fill(canvas, line, lane->downtime_start.value, end_ns, '.');
	canvas->has_downtime = true;
	if (end_ns <= timeline->end_ns)
		return;
	line[canvas->bar - 1] = '>';
	canvas->has_beyond = true;
}

/* Failures in words: in the picture they are only a "!". */
static void print_failures(struct canvas *canvas, size_t first, size_t last)
{
	const struct timeline *timeline = canvas->timeline;
	char name[ESCAPED_BYTES], error[NAME_BYTES], duration[BOUNDED_TEXT_BYTES];
	char text[2 * ESCAPED_BYTES];
	size_t failures = 0, i;

	for (i = first; i < last; i++) {
		const struct timeline_item *item = &timeline->item[i];

		if ((!item->result && !item->open) || item->kind == TIMELINE_STOPPED ||
		    item->kind == TIMELINE_MARK || item->kind == TIMELINE_ATTEMPT ||
		    failures++ >= FAILURES_MAX)
			continue;
		escape_text(name, item->name, canvas->options->utf8);
		if (item->open)
			snprintf(text, sizeof(text), "%s never ended", name);
		else
			snprintf(text, sizeof(text), "%s failed: %s after %s", name,
				 name_errno(item->result, error),
				 format_time_cell(duration, item->duration, 0));
		print_wrapped(canvas->out, "  !", text, 4, canvas->width);
	}
	if (failures > FAILURES_MAX)
		fprintf(canvas->out, "  ! and %zu more\n", failures - FAILURES_MAX);
}

/* The name of @lane, and whose it is if there is room for that. */
static const char *lane_name(const struct canvas *canvas, char name[2 * TIMELINE_NAME_BYTES],
			     const struct timeline_lane *lane)
{
	const char *owner = timeline_owner(lane);

	if (!*owner || strlen(lane->name) + 1 + strlen(owner) > canvas->name)
		return lane->name;
	snprintf(name, 2 * TIMELINE_NAME_BYTES, "%s %s", lane->name, owner);
	return name;
}

/* Where the items are, if none is in the picture: an empty lane would say that there is none. */
static void fill_outside(const struct canvas *canvas, char *line, size_t first, size_t last)
{
	const size_t room = canvas->bar - 1;
	char text[TIMELINE_OUTSIDE_BYTES];
	size_t length, i;

	for (i = 0; i < room; i++)
		if (line[i] != ' ')
			return;
	length = strlen(timeline_outside(text, canvas->timeline, first, last));
	if (length > room)
		length = room;
	memcpy(line + (*text == '<' ? 0 : room - length), text, length);
}

/* The downtime of @lane in @buffer. There is no room for a range: of that only its lower end. */
static const char *lane_downtime(char *buffer, const struct timeline_lane *lane)
{
	const struct bounded least = { .known = true,
				       .value = lane->downtime.low,
				       .low = lane->downtime.low,
				       .high = BOUNDED_NO_HIGH };

	return lane->downtime.known && bounded_is_lopsided(lane->downtime) ?
		       format_bounded_cell(buffer, least, UNIT_NS) :
		       timeline_downtime_text(buffer, lane);
}

/*
 * Inner items are drawn over outer ones, and the end of what failed over everything; a short item
 * still gets its letter.
 */
static void print_lane(struct canvas *canvas, const struct timeline_lane *lane, size_t first,
		       size_t last)
{
	const struct timeline *timeline = canvas->timeline;
	char line[512], downtime[BOUNDED_TEXT_BYTES], text[BOUNDED_TEXT_BYTES];
	char name[2 * TIMELINE_NAME_BYTES];
	unsigned int depth;
	size_t i;

	memset(line, ' ', sizeof(line));
	fill_downtime(canvas, lane, line);
	snprintf(text, sizeof(text), "%s", lane_downtime(downtime, lane));
	for (depth = 0; depth < lane->depth; depth++) {
		for (i = first; i < last; i++) {
			const struct timeline_item *item = &timeline->item[i];

			if (item->depth != depth || !timeline_is_in_sight(timeline, item) ||
			    (item->open && item->kind == TIMELINE_STOPPED))
				continue;
			fill(canvas, line, item->start_ns, item->end_ns,
			     item->open ? '!' : letters[item->kind].letter);
			canvas->used[item->kind] = true;
			canvas->has_open |= item->open;
			if (!depth && !item->instant &&
			    (lane->group == TIMELINE_MARKS || lane->attempt))
				format_time_cell(text, item->duration, 0);
		}
	}
	for (i = first; i < last; i++) {
		const struct timeline_item *item = &timeline->item[i];

		if (!item->result || item->kind == TIMELINE_ATTEMPT ||
		    !timeline_is_in_sight(timeline, item))
			continue;
		fill(canvas, line, item->end_ns, item->end_ns, '!');
		canvas->has_failed = true;
	}
	fill_outside(canvas, line, first, last);
	print_line(canvas, lane_name(canvas, name, lane), 0, text, line);
	print_failures(canvas, first, last);
	if (lane->pole)
		print_pole(canvas);
}

/**
 * struct legend - the line of it that is being written
 * @column: where it has come to
 */
struct legend {
	const struct canvas *canvas;
	size_t column;
};

/* An entry is never split across lines. */
static void print_entry(struct legend *legend, char letter, const char *meaning)
{
	const size_t length = 2 + strlen(meaning);
	FILE *out = legend->canvas->out;

	if (legend->column && legend->column + 3 + length > legend->canvas->width) {
		fputs(",\n", out);
		legend->column = 0;
	}
	if (legend->column)
		legend->column += fprintf(out, ", ");
	legend->column += fprintf(out, "%c %s", letter, meaning);
}

static void print_legend(const struct canvas *canvas)
{
	struct legend legend = { .canvas = canvas };
	size_t kind;

	for (kind = 0; kind < TIMELINE_KINDS; kind++)
		if (canvas->used[kind] && letters[kind].meaning)
			print_entry(&legend, letters[kind].letter, letters[kind].meaning);
	if (canvas->has_downtime)
		print_entry(&legend, '.', "downtime");
	if (canvas->has_beyond)
		print_entry(&legend, '>', "downtime continues");
	if (canvas->has_failed)
		print_entry(&legend, '!', canvas->has_open ? "failed, or never ended" : "failed");
	else if (canvas->has_open)
		print_entry(&legend, '!', "never ended");
	if (legend.column)
		fputc('\n', canvas->out);
}

/* A lane and its items. */
struct row {
	const struct timeline_lane *lane;
	size_t first;
	size_t last;
};

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	const int order = timeline_compare_downtime(x->lane, y->lane);

	if (order)
		return order;
	return x->lane < y->lane ? -1 : x->lane > y->lane;
}

static void print_group(struct canvas *canvas, enum timeline_group group, struct row *row,
			size_t rows)
{
	const unsigned int top = canvas->options->top;
	const size_t shown = top && top < rows ? top : rows;
	size_t i;

	if (!rows)
		return;
	/* In their own order, unless only some are shown. */
	if (shown < rows)
		qsort(row, rows, sizeof(*row), compare_rows);
	fprintf(canvas->out, "\n%s (%zu", timeline_group_name(group), shown);
	if (shown < rows)
		fprintf(canvas->out, " of %zu", rows);
	fprintf(canvas->out, ")\n");
	for (i = 0; i < shown; i++)
		print_lane(canvas, row[i].lane, row[i].first, row[i].last);
}

static size_t find_rows(const struct timeline *timeline, enum timeline_group group, struct row *row)
{
	size_t rows = 0, item = 0, lane;

	for (lane = 0; lane < timeline->lanes; lane++) {
		const struct timeline_lane *at = &timeline->lane[lane];
		struct row next = { .lane = at, .first = item };

		while (item < timeline->items && timeline->item[item].lane == lane)
			item++;
		next.last = item;
		if (at->group == group)
			row[rows++] = next;
	}
	return rows;
}

/* The width of the times of phases with their errors. */
static unsigned int time_width(const struct timeline *timeline)
{
	char text[BOUNDED_TEXT_BYTES];
	unsigned int widest = TIME_WIDTH;
	size_t i;

	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];
		size_t width;

		if (item->kind != TIMELINE_PHASE)
			continue;
		width = strlen(timeline_item_time(text, item));
		if (width > widest)
			widest = width;
	}
	return widest;
}

static unsigned int escaped_width(const char *name)
{
	char text[ESCAPED_BYTES];

	return strlen(escape_text(text, name, false));
}

/* The width of the longest name, with its indent. */
static unsigned int name_width(const struct timeline *timeline)
{
	unsigned int widest = 0, width;
	size_t i;

	for (i = 0; i < timeline->lanes; i++) {
		width = escaped_width(timeline->lane[i].name);
		if (width > widest)
			widest = width;
	}
	for (i = 0; i < timeline->items; i++) {
		if (!has_row(timeline->item[i].kind))
			continue;
		width = escaped_width(timeline->item[i].name) + 2;
		if (width > widest)
			widest = width;
	}
	return widest;
}

static unsigned int row_width(const struct canvas *canvas)
{
	return canvas->name + canvas->time + 3 + canvas->bar;
}

/* A time that is wider than its columns takes one of the name's. */
static void make_names_whole(struct canvas *canvas)
{
	const unsigned int name = name_width(canvas->timeline) + 1;

	if (name <= canvas->name)
		return;
	canvas->bar = canvas->name + canvas->bar > name + BAR_WIDTH_LEAST ?
			      canvas->name + canvas->bar - name :
			      BAR_WIDTH_LEAST;
	canvas->name = name;
}

static void set_widths(struct canvas *canvas, unsigned int width)
{
	unsigned int fixed;

	if (width < TIMELINE_WIDTH_MIN)
		width = TIMELINE_WIDTH_MIN;
	if (width > TIMELINE_WIDTH_MAX)
		width = TIMELINE_WIDTH_MAX;
	canvas->width = width;
	canvas->time = time_width(canvas->timeline);
	/* If they would take room from bars and names, the note about errors must suffice. */
	if (width < canvas->time + 3 + NAME_WIDTH + BAR_WIDTH_WANTED)
		canvas->time = TIME_WIDTH;
	fixed = canvas->time + 3;
	canvas->name = NAME_WIDTH;
	if (width < fixed + NAME_WIDTH + BAR_WIDTH_WANTED)
		canvas->name = width > fixed + NAME_WIDTH_LEAST + BAR_WIDTH_WANTED ?
				       width - fixed - BAR_WIDTH_WANTED :
				       NAME_WIDTH_LEAST;
	canvas->bar = width - fixed - canvas->name;
	if (canvas->options->whole)
		make_names_whole(canvas);
}

static void print_update(struct canvas *canvas, struct row *row)
{
	const struct timeline *timeline = canvas->timeline;
	unsigned int group;
	size_t i;

	print_axis(canvas);
	for (i = 0; i < timeline->items; i++)
		if (has_row(timeline->item[i].kind))
			print_phase(canvas, &timeline->item[i]);
	for (group = TIMELINE_VMS; group < TIMELINE_ATTEMPTS; group++)
		print_group(canvas, group, row, find_rows(timeline, group, row));
	fputc('\n', canvas->out);
}

/* On an axis of its own: see timeline_of_attempt(). */
static void print_attempt(struct canvas *canvas, unsigned int attempt, struct row *row)
{
	const struct model_attempt *failed = &canvas->model->attempt[attempt - 1];
	const struct timeline *timeline = canvas->timeline;
	char title[2 * HEAD_MOMENT_BYTES], text[4 * TIMELINE_NAME_BYTES], escaped[ESCAPED_BYTES];
	struct timeline range;
	size_t rows, i;

	if (!timeline_of_attempt(&range, timeline, attempt))
		return;
	attempt_title(title, sizeof(title), failed);
	attempt_text(text, sizeof(text), failed);
	print_wrapped(canvas->out, "", title, 0, canvas->width);
	print_wrapped(canvas->out, " ", escape_text(escaped, text, canvas->options->utf8), 2,
		      canvas->width);
	canvas->timeline = &range;
	print_axis(canvas);
	rows = find_rows(timeline, TIMELINE_ATTEMPTS, row);
	for (i = 0; i < rows; i++)
		if (row[i].lane->attempt == attempt)
			print_lane(canvas, row[i].lane, row[i].first, row[i].last);
	fputc('\n', canvas->out);
	canvas->timeline = timeline;
}

static void print_all(struct canvas *canvas, struct row *row)
{
	const struct timeline *timeline = canvas->timeline;
	const struct model *model = canvas->model;
	size_t i;

	head_print(model, canvas->out, canvas->options->utf8, canvas->width);
	if (timeline->not_drawn[0])
		print_wrapped(canvas->out, "Not drawn", timeline->not_drawn, HEAD_INDENT,
			      canvas->width);
	fputc('\n', canvas->out);
	if (model->has_update)
		print_update(canvas, row);
	for (i = 0; i < model->attempts; i++)
		print_attempt(canvas, i + 1, row);
	print_legend(canvas);
}

int view_timeline_text(const struct timeline *timeline, const struct model *model, FILE *out,
		       const struct timeline_options *options)
{
	struct canvas canvas = { .timeline = timeline, .model = model, .options = options };
	struct row *row = calloc(timeline->lanes + 1, sizeof(*row));
	char *text = NULL;
	size_t size;

	canvas.out = row ? open_memstream(&text, &size) : NULL;
	if (!canvas.out) {
		free(row);
		return -ENOMEM;
	}
	set_widths(&canvas, options->width);
	print_all(&canvas, row);
	free(row);
	if (fclose(canvas.out)) {
		free(text);
		return -ENOMEM;
	}
	errno = 0;
	/*
	 * What is left to fold has a word that is wider than the line. Rows with whole names may be
	 * wider, too, but a row in pieces is no picture.
	 */
	print_lines(out, text,
		    row_width(&canvas) > canvas.width ? row_width(&canvas) : canvas.width, false);
	free(text);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
