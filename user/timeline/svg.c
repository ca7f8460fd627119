// SPDX-License-Identifier: GPL-2.0
/*
 * A timeline as SVG for documents: no script, no style sheet, no external resources.
 */
#include "svg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attempt_text.h"
#include "base/array.h"
#include "base/bounded_text.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "model/model.h"
#include "report/headline.h"
#include "timeline.h"

#define WIDTH	    1200
#define LABEL_WIDTH 260 /* of names, left of the bars */
#define BAR_WIDTH   (WIDTH - LABEL_WIDTH - 20)
#define AXIS	    40	/* from the head to the first lane */
#define HEAD_LINE   15	/* from one line of the head to the next */
#define HEAD_LABEL  95	/* width of their labels */
#define HEAD_CHARS  175 /* characters that fit in a line of it */
#define OWNER_CHARS 18	/* of whom a device belongs to, beside its name */
#define ATTEMPT	    40	/* what a failed attempt was, above its axis */
#define ROW	    16	/* height of a bar and the gap below it */
#define BAR	    13
#define GROUP_GAP   22
#define BOTTOM	    70 /* below the last lane: two lines of the legend */
#define CHAR	    7  /* the width of a character, at most */
#define TICK_WIDTH  90 /* of the label of a mark, and room around it */

/* For what failed or is not back. */
#define TROUBLE "#b3001b"

/* The other colours of the page that are not those of kinds: user/page/timeline.css. */
#define INK   "#16191d"
#define FAINT "#5a626c"
#define GRID  "#e1e5ea"
#define BAND  "#eef1f5"
#define DOWN  "#cfd5dd"

/* A picture with more lanes would be useless. */
#define LANES_MAX 400

/* In hundredths of a pixel from the left of the bars. */
static int64_t x_of(const struct timeline *timeline, int64_t ns)
{
	const __int128 length = timeline->end_ns - timeline->begin_ns;

	if (ns <= timeline->begin_ns || length <= 0)
		return 0;
	if (ns >= timeline->end_ns)
		return BAR_WIDTH * 100;
	return (int64_t)((__int128)(ns - timeline->begin_ns) * BAR_WIDTH * 100 / length);
}

/* Text from outside, escaped, and cut after @length bytes. */
static void print_name(FILE *out, const char *name, int length)
{
	char text[ESCAPED_BYTES];

	escape_text(text, name, false);
	if (strlen(text) > (size_t)length)
		strcpy(text + length - 2, "..");
	print_xml(text, out);
}

/* In hundredths of a pixel; short items stay visible. */
static int64_t width_of(const struct timeline *timeline, int64_t start_ns, int64_t end_ns)
{
	const int64_t width = x_of(timeline, end_ns) - x_of(timeline, start_ns);

	return width < 50 ? 50 : width;
}

static void print_rect(FILE *out, const struct timeline *timeline, int64_t start_ns, int64_t end_ns,
		       unsigned int y, unsigned int height, const char *fill)
{
	fprintf(out, "<rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%u\" fill=\"%s\"",
		LABEL_WIDTH + x_of(timeline, start_ns) / 100.0, y,
		width_of(timeline, start_ns, end_ns) / 100.0, height, fill);
}

/* The lines of each pattern in a tile of 6 x 6 pixels. */
static const char *const pattern_paths[TIMELINE_PATTERNS] = {
	[TIMELINE_STRIPES] = "M-6 6L0 0M0 6L6 0M6 6L12 0",
	[TIMELINE_DOTS] = "M1 1h1v1h-1zM4 4h1v1h-1z",
	[TIMELINE_LINES] = "M.5 0V6",
	[TIMELINE_GRID] = "M.5 .5h6v6h-6z",
};

static void print_pattern(FILE *out, const char *id, const char *colour,
			  enum timeline_pattern pattern, const char *ink)
{
	fprintf(out,
		"<pattern id=\"%s\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
		"<rect width=\"6\" height=\"6\" fill=\"%s\"/>"
		"<path d=\"%s\" fill=\"none\" stroke=\"%s\"/></pattern>\n",
		id, colour, pattern_paths[pattern], ink);
}

/* Whether black is easier to read on @colour than white. */
static bool is_light(const char *colour)
{
	const unsigned long rgb = strtoul(colour + 1, NULL, 16);
	const unsigned long r = rgb >> 16, g = rgb >> 8 & 0xff, b = rgb & 0xff;

	return 2126 * r * r + 7152 * g * g + 722 * b * b > 2000UL * 255 * 255;
}

static void print_patterns(FILE *out, const bool used[TIMELINE_KINDS])
{
	unsigned int kind;

	fputs("<defs>\n", out);
	for (kind = 0; kind < TIMELINE_KINDS; kind++) {
		const enum timeline_pattern pattern = timeline_kind_pattern(kind);
		const char *colour = timeline_kind_colour(kind);

		if (used[kind] && pattern)
			print_pattern(out, timeline_kind_name(kind), colour, pattern,
				      is_light(colour) ? "#00000038" : "#ffffff48");
	}
	print_pattern(out, "downtime", DOWN, TIMELINE_DOTS, FAINT);
	print_pattern(out, "hatched", "#ffffff", TIMELINE_STRIPES, GRID);
	fputs("</defs>\n", out);
}

/* What @kind is filled with: "url(#reset)"; returns @buffer, or a constant. */
static const char *fill_of(char buffer[NAME_BYTES], enum timeline_kind kind)
{
	if (!timeline_kind_pattern(kind))
		return timeline_kind_colour(kind);
	snprintf(buffer, NAME_BYTES, "url(#%s)", timeline_kind_name(kind));
	return buffer;
}

/* A triangle that points out of the picture: it goes on. */
static void print_arrow(FILE *out, unsigned int x, unsigned int y)
{
	fprintf(out, "<path d=\"M%u %u l10 %.1f l-10 %.1f z\" fill=\"%s\"/>\n", x, y, BAR / 2.0,
		BAR / 2.0, TROUBLE);
}

/* A dashed line, like a torn edge. */
static void print_torn_end(FILE *out, double x, unsigned int y)
{
	fprintf(out,
		"<line x1=\"%.2f\" y1=\"%u\" x2=\"%.2f\" y2=\"%u\" stroke=\"%s\""
		" stroke-width=\"3\" stroke-dasharray=\"2 2\"/>\n",
		x, y - 1, x, y + BAR + 1, TROUBLE);
}

/* A disc with a "!" marks a failure, for readers who cannot see that it is red. */
static void print_failure_mark(FILE *out, double x, unsigned int y)
{
	fprintf(out,
		"<circle cx=\"%.2f\" cy=\"%.1f\" r=\"6.5\" fill=\"%s\" stroke=\"#ffffff\"/>"
		"<text x=\"%.2f\" y=\"%u\" text-anchor=\"middle\" font-weight=\"bold\""
		" fill=\"#ffffff\">!</text>\n",
		x, y + BAR / 2.0, TROUBLE, x, y + 11);
}

/* Items that follow each other without a gap. */
static bool is_band(const struct timeline_item *item)
{
	return item->kind == TIMELINE_PHASE || item->kind == TIMELINE_KERNEL ||
	       item->kind == TIMELINE_JUMP;
}

/* Items whose neighbours are so near that a caption beside one could mean another. */
static bool is_crowded(const struct timeline_item *item)
{
	return is_band(item) || item->kind == TIMELINE_CALLBACK ||
	       item->kind == TIMELINE_INITCALL || item->kind == TIMELINE_PROBE ||
	       item->kind == TIMELINE_SILENCE;
}

static void print_title(FILE *out, const struct timeline_item *item)
{
	char text[BOUNDED_TEXT_BYTES], error[NAME_BYTES];

	fputs("<title>", out);
	print_name(out, item->name, ESCAPED_BYTES);
	if (!item->instant)
		fprintf(out, ", %s", timeline_item_time(text, item));
	if (item->result)
		fprintf(out, ", failed: %s", name_errno(item->result, error));
	fprintf(out, "%s</title>", item->open ? ", never ended" : "");
}

static void print_item(FILE *out, const struct timeline *timeline, const struct timeline_item *item,
		       unsigned int y)
{
	const double x = LABEL_WIDTH + x_of(timeline, item->start_ns) / 100.0;
	char fill[NAME_BYTES];

	if (item->instant) {
		fprintf(out, "<polygon points=\"%.2f,%u %.2f,%.1f %.2f,%u %.2f,%.1f\" fill=\"%s\">",
			x, y, x + 5, y + BAR / 2.0, x, y + BAR, x - 5, y + BAR / 2.0,
			timeline_kind_colour(item->kind));
		print_title(out, item);
		fputs("</polygon>\n", out);
		return;
	}
	print_rect(out, timeline, item->start_ns, item->end_ns, y, BAR, fill_of(fill, item->kind));
	fputs(item->result		    ? " stroke=\"" TROUBLE "\" stroke-width=\"1.5\">" :
	      item->pole		    ? " stroke=\"" INK "\" stroke-width=\"1.5\">" :
	      item->depth || !is_band(item) ? ">" :
					      " stroke=\"#ffffff\">",
	      out);
	print_title(out, item);
	fputs("</rect>\n", out);
	if (item->pole)
		fprintf(out, "<polygon points=\"%.2f,%u %.2f,%u %.2f,%u\" fill=\"" INK "\"/>\n",
			x + width_of(timeline, item->start_ns, item->end_ns) / 200.0 - 4, y - 2,
			x + width_of(timeline, item->start_ns, item->end_ns) / 200.0 + 4, y - 2,
			x + width_of(timeline, item->start_ns, item->end_ns) / 200.0, y + 4);
}

/* How much of the row right of item @index is free, in hundredths of a pixel. */
static int64_t free_until(const struct timeline *timeline, size_t index)
{
	const struct timeline_item *item = &timeline->item[index];
	size_t i;

	for (i = index + 1; i < timeline->items && timeline->item[i].lane == item->lane; i++)
		if (timeline->item[i].depth == item->depth)
			return x_of(timeline, timeline->item[i].start_ns);
	return BAR_WIDTH * 100;
}

/* A failure of item @index, drawn over all bars: a mark beside it, and words if there is room. */
static void print_trouble(FILE *out, const struct timeline *timeline, size_t index, unsigned int y)
{
	const struct timeline_item *item = &timeline->item[index];
	const int64_t end = x_of(timeline, item->end_ns);
	const double x = LABEL_WIDTH + end / 100.0;
	char text[TIMELINE_NAME_BYTES + NAME_BYTES], error[NAME_BYTES];

	/* Its lane already says so, see print_downtime(); an attempt has a title. */
	if ((item->open && item->kind == TIMELINE_STOPPED) || item->kind == TIMELINE_ATTEMPT)
		return;
	if (item->open)
		print_torn_end(out, x, y);
	if (!item->result && !item->open)
		return;
	if (item->result)
		print_failure_mark(out, x + 7, y);
	snprintf(text, sizeof(text), "%s %s", item->name,
		 item->result ? name_errno(item->result, error) : "never ended");
	if (free_until(timeline, index) - end < 2000 + (int64_t)strlen(text) * CHAR * 100)
		return;
	fprintf(out, "<text x=\"%.2f\" y=\"%u\" fill=\"%s\">", x + 17, y + 11, TROUBLE);
	print_name(out, text, ESCAPED_BYTES);
	fputs("</text>\n", out);
}

/* @text on a plain ground, so that no pattern makes it hard to read. */
static void print_label(FILE *out, const char *text, double x, unsigned int y, const char *ink,
			const char *ground)
{
	fprintf(out,
		"<rect x=\"%.2f\" y=\"%u\" width=\"%zu\" height=\"%d\" fill=\"%s\"/>"
		"<text x=\"%.2f\" y=\"%u\" fill=\"%s\">",
		x - 2, y + 1, CHAR * strlen(text) + 2, BAR - 2, ground, x, y + 11, ink);
	print_name(out, text, ESCAPED_BYTES);
	fputs("</text>\n", out);
}

/* What item @index is and how long it took, if there is room in its bar or beside it. */
static void print_caption(FILE *out, const struct timeline *timeline, size_t index, unsigned int y)
{
	const struct timeline_item *item = &timeline->item[index];
	const char *colour = timeline_kind_colour(item->kind);
	const int64_t from = x_of(timeline, item->start_ns), end = x_of(timeline, item->end_ns);
	const int64_t name_width = (int64_t)strlen(item->name) * CHAR * 100 + 600;
	char text[TIMELINE_NAME_BYTES + BOUNDED_TEXT_BYTES], time[BOUNDED_TEXT_BYTES];
	int64_t width;

	/* print_trouble() has more to say, and so has the title of an attempt. */
	if ((item->result || item->open) && item->kind != TIMELINE_ATTEMPT)
		return;
	snprintf(text, sizeof(text), "%s%s%s", item->name, item->instant ? "" : " ",
		 item->instant ? "" : timeline_item_time(time, item));
	width = (int64_t)strlen(text) * CHAR * 100 + 600;
	if (name_width <= end - from)
		print_label(out, width <= end - from ? text : item->name,
			    LABEL_WIDTH + from / 100.0 + 4, y, is_light(colour) ? INK : "#ffffff",
			    colour);
	else if (!is_crowded(item) && width + 600 <= free_until(timeline, index) - end)
		print_label(out, text, LABEL_WIDTH + end / 100.0 + 7, y, INK, "#ffffff");
}

/* Round times above the lanes, and a line through them for each. */
static void print_axis(FILE *out, const struct timeline *timeline, unsigned int top,
		       unsigned int bottom)
{
	const int64_t step = timeline_tick_step(timeline, BAR_WIDTH / TICK_WIDTH);
	char text[DURATION_BYTES];
	int64_t ns;

	for (ns = timeline_first_tick(timeline, step); ns <= timeline->end_ns; ns += step) {
		const double x = LABEL_WIDTH + x_of(timeline, ns) / 100.0;

		fprintf(out,
			"<line x1=\"%.2f\" y1=\"%u\" x2=\"%.2f\" y2=\"%u\" stroke=\"" GRID
			"\"/><text x=\"%.2f\" y=\"%u\" text-anchor=\"middle\" fill=\"" FAINT
			"\">%s</text>\n",
			x, top - 12, x, bottom, x, top - 16,
			timeline_tick_text(text, timeline, ns));
	}
}

/* As on the page: the jump is hatched, what lies outside the blackout is grey. */
static void print_background(FILE *out, const struct timeline *timeline, const struct model *model,
			     unsigned int top, unsigned int bottom)
{
	const int64_t ends[] = { 0, model->blackout.value };
	size_t i;

	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];

		if (item->kind != TIMELINE_JUMP)
			continue;
		print_rect(out, timeline, item->start_ns, item->end_ns, top - 12, bottom - top + 12,
			   "url(#hatched)");
		fputs("/>\n", out);
	}
	if (!model->has_end)
		return;
	if (timeline->end_ns > ends[1]) {
		print_rect(out, timeline, ends[1], timeline->end_ns, top - 12, bottom - top + 12,
			   BAND);
		fputs("/>\n", out);
	}
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		fprintf(out,
			"<line x1=\"%.2f\" y1=\"%u\" x2=\"%.2f\" y2=\"%u\" stroke=\"" INK "\"/>\n",
			LABEL_WIDTH + x_of(timeline, ends[i]) / 100.0, top - 12,
			LABEL_WIDTH + x_of(timeline, ends[i]) / 100.0, bottom);
}

static void print_lane(FILE *out, const struct timeline *timeline, size_t index, unsigned int y)
{
	const struct timeline_lane *lane = &timeline->lane[index];
	const char *owner = timeline_owner(lane);
	char text[BOUNDED_TEXT_BYTES];

	if (!lane->attempt && (!index || lane->group != timeline->lane[index - 1].group))
		fprintf(out, "<text x=\"8\" y=\"%u\" font-weight=\"bold\">%s</text>\n", y - 4,
			timeline_group_name(lane->group));
	if (lane->group != TIMELINE_KERNELS && lane->group != TIMELINE_PHASES) {
		fprintf(out, "<text x=\"16\" y=\"%u\"%s", y + 11,
			lane->pole ? " font-weight=\"bold\">&#9654; " : ">");
		print_name(out, lane->name, lane->pole ? 26 : 30);
		if (*owner) {
			fputs(" <tspan fill=\"" FAINT "\" font-weight=\"normal\">", out);
			print_name(out, owner, OWNER_CHARS);
			fputs("</tspan>", out);
		}
		fputs("</text>\n", out);
	}
	if (!lane->downtime_start.known)
		return;
	print_rect(out, timeline, lane->downtime_start.value, timeline_downtime_end(lane), y + 3,
		   BAR - 6, "url(#downtime)");
	fprintf(out, "><title>downtime: %s</title></rect>\n", timeline_downtime_text(text, lane));
}

/* How long the lane was down, over all bars; with an arrow if for longer than the picture. */
static void print_downtime(FILE *out, const struct timeline *timeline,
			   const struct timeline_lane *lane, unsigned int y)
{
	const int64_t from = x_of(timeline, lane->downtime_start.value);
	const int64_t end = x_of(timeline, timeline_downtime_end(lane));
	const bool goes_on = timeline_downtime_goes_on(lane);
	char duration[BOUNDED_TEXT_BYTES], text[2 * BOUNDED_TEXT_BYTES];
	unsigned int x, width;

	if (!lane->downtime_start.known ||
	    (!goes_on && (lane->group == TIMELINE_VMS || lane->group == TIMELINE_VCPUS)))
		return;
	snprintf(text, sizeof(text), "%s%s%s", lane->downtime.known ? "downtime " : "",
		 timeline_downtime_text(duration, lane),
		 lane->downtime.known && lane->not_back ? ", " TEXT_NOT_BACK : "");
	x = LABEL_WIDTH + (from + end) / 200;
	width = CHAR * strlen(text) + 8;
	/* Captions of the bars at both ends come first. */
	if (!goes_on && (end - from) / 100 < width + 2 * LABEL_WIDTH)
		return;
	fprintf(out,
		"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%d\" fill=\"#ffffff\"/>"
		"<text x=\"%u\" y=\"%u\" text-anchor=\"middle\" fill=\"%s\">",
		x - width / 2, y, width, BAR, x, y + 11, goes_on ? TROUBLE : INK);
	print_xml(text, out);
	fputs("</text>\n", out);
	if (goes_on)
		print_arrow(out, LABEL_WIDTH + BAR_WIDTH, y);
}

/**
 * struct legend - the position of the next entry
 */
struct legend {
	FILE *out;
	unsigned int x;
	unsigned int y;
};

/* The text of the next entry, after the symbol that the caller has drawn at legend->x. */
static void print_entry(struct legend *legend, const char *text)
{
	fprintf(legend->out, "<text x=\"%u\" y=\"%u\">%s</text>\n", legend->x + 16, legend->y + 11,
		text);
	legend->x += 30 + 7 * strlen(text);
	if (legend->x > WIDTH - 110) {
		legend->x = 8;
		legend->y += ROW + 4;
	}
}

static void print_swatch(struct legend *legend, const char *style, const char *text)
{
	fprintf(legend->out, "<rect x=\"%u\" y=\"%u\" width=\"12\" height=\"%d\" %s/>", legend->x,
		legend->y, BAR, style);
	print_entry(legend, text);
}

/* The meaning of the colours and symbols that were used. */
static void print_legend(FILE *out, const struct timeline *timeline, unsigned int y,
			 const bool used[TIMELINE_KINDS])
{
	struct legend legend = { .out = out, .x = 8, .y = y };
	bool has_failed = false, has_open = false, has_arrow = false, has_downtime = false;
	bool has_pole = false;
	char style[64], fill[NAME_BYTES];
	unsigned int kind;
	size_t i;

	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];

		has_failed |= item->result && used[item->kind];
		has_open |= item->open && item->kind != TIMELINE_STOPPED;
	}
	for (i = 0; i < timeline->lanes; i++) {
		has_arrow |= timeline_downtime_goes_on(&timeline->lane[i]);
		has_downtime |= timeline->lane[i].downtime_start.known;
		has_pole |= timeline->lane[i].pole;
	}
	for (kind = 0; kind < TIMELINE_KINDS; kind++) {
		if (!used[kind] || kind <= TIMELINE_PHASE)
			continue;
		snprintf(style, sizeof(style), "fill=\"%s\"", fill_of(fill, kind));
		print_swatch(&legend, style, timeline_kind_name(kind));
	}
	if (has_downtime)
		print_swatch(&legend, "fill=\"url(#downtime)\"", "downtime");
	if (has_pole)
		print_swatch(&legend, "fill=\"none\" stroke=\"" INK "\"", "long pole");
	if (has_failed) {
		print_failure_mark(out, legend.x + 6, legend.y);
		print_entry(&legend, "failed");
	}
	if (has_open) {
		print_torn_end(out, legend.x + 6, legend.y);
		print_entry(&legend, "never ended");
	}
	if (has_arrow) {
		print_arrow(out, legend.x + 1, legend.y);
		print_entry(&legend, "downtime continues");
	}
}

/**
 * struct svg_head - the lines of the head
 * @out: NULL: only count them
 * @y:   of the next line
 */
struct svg_head {
	FILE *out;
	unsigned int y;
};

/* @text, broken between words if it does not fit. */
static void print_head_line(void *context, const char *label, const char *text)
{
	struct svg_head *head = context;

	if (head->out)
		fprintf(head->out, "<text x=\"8\" y=\"%u\" fill=\"%s\">%s</text>", head->y,
			strcmp(label, "Trouble") ? FAINT : TROUBLE, label);
	do {
		size_t length = strlen(text);
		char part[HEAD_CHARS + 1];

		if (length > HEAD_CHARS) {
			length = HEAD_CHARS;
			while (length > 1 && text[length] != ' ')
				length--;
		}
		snprintf(part, sizeof(part), "%.*s", (int)length, text);
		if (head->out) {
			fprintf(head->out, "<text x=\"%d\" y=\"%u\">", 8 + HEAD_LABEL, head->y);
			print_xml(part, head->out);
			fputs("</text>\n", head->out);
		}
		head->y += HEAD_LINE;
		text += length;
		text += strspn(text, " ");
	} while (*text);
}

/* The head of the report; returns the y below it. */
static unsigned int print_head(FILE *out, const struct timeline *timeline,
			       const struct model *model)
{
	struct svg_head lines = { .out = out, .y = 42 };
	struct head head;

	head_make(&head, model, false);
	if (out) {
		fputs("<text x=\"8\" y=\"22\" font-size=\"15\" font-weight=\"bold\">", out);
		print_xml(head.title, out);
		fputs(head.blackout[0] ? ", " : "", out);
		print_xml(head.blackout, out);
		fputs("</text>\n", out);
	}
	if (head.own[0])
		print_head_line(&lines, "", head.own);
	head_each(&head, model, false, print_head_line, &lines);
	if (timeline->not_drawn[0])
		print_head_line(&lines, "Not drawn", timeline->not_drawn);
	return lines.y;
}

/**
 * struct panel - lanes on one axis: the update, or a failed attempt
 * @range:  the timeline with what the axis shows
 * @first:  the lanes from this one to ...
 * @last:   ... before this one
 * @top, @bottom: of its lanes
 */
struct panel {
	struct timeline range;
	size_t first;
	size_t last;
	unsigned int top;
	unsigned int bottom;
};

/* One for the update, and one for each attempt. */
#define PANELS (1 + 2 * LUO_STATS_ATTEMPTS)

/**
 * struct picture - where everything is
 * @lane_y: of the first @lanes lanes
 */
struct picture {
	FILE *out;
	const struct model *model;
	struct panel panel[PANELS];
	size_t panels;
	unsigned int lane_y[LANES_MAX];
	size_t lanes;
};

/* Returns the y below the last lane. */
static unsigned int lay_out(struct picture *picture, const struct timeline *timeline,
			    unsigned int y)
{
	struct panel *panel = picture->panel;
	size_t i;

	for (i = 0; i < timeline->lanes && i < LANES_MAX; i++) {
		const struct timeline_lane *lane = &timeline->lane[i];

		if (!i || lane->attempt != lane[-1].attempt) {
			panel = &picture->panel[picture->panels++];
			panel->first = i;
			if (!lane->attempt ||
			    !timeline_of_attempt(&panel->range, timeline, lane->attempt))
				panel->range = *timeline;
			y += AXIS + (lane->attempt ? ATTEMPT : 0);
			panel->top = y;
		} else if (lane->group != lane[-1].group) {
			y += GROUP_GAP;
		}
		picture->lane_y[i] = y;
		y += lane->depth * ROW;
		panel->last = picture->lanes = i + 1;
		panel->bottom = y;
	}
	return y;
}

static bool is_in_panel(const struct panel *panel, const struct timeline_item *item)
{
	return item->lane >= panel->first && item->lane < panel->last &&
	       timeline_is_in_sight(&panel->range, item);
}

static void print_items(const struct picture *picture, const struct panel *panel)
{
	const struct timeline *timeline = &panel->range;
	size_t i;

	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];

		if (is_in_panel(panel, item))
			print_item(picture->out, timeline, item,
				   picture->lane_y[item->lane] + item->depth * ROW);
	}
	/* Over all bars. */
	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];

		if (!is_in_panel(panel, item))
			continue;
		print_caption(picture->out, timeline, i,
			      picture->lane_y[item->lane] + item->depth * ROW);
		print_trouble(picture->out, timeline, i,
			      picture->lane_y[item->lane] + item->depth * ROW);
	}
}

static void print_attempt(FILE *out, const struct model_attempt *attempt, unsigned int top)
{
	char title[2 * HEAD_MOMENT_BYTES], text[4 * TIMELINE_NAME_BYTES];
	const char *const line[] = { title, text };
	unsigned int i;

	attempt_title(title, sizeof(title), attempt);
	attempt_text(text, sizeof(text), attempt);
	for (i = 0; i < ARRAY_SIZE(line); i++) {
		fprintf(out, "<text x=\"8\" y=\"%u\"%s>", top - AXIS - (1 - i) * HEAD_LINE,
			i ? "" : " font-weight=\"bold\"");
		print_name(out, line[i], HEAD_CHARS);
		fputs("</text>\n", out);
	}
}

/* In each lane that would be empty, where its items are. */
static void print_outside(const struct picture *picture, const struct panel *panel)
{
	const struct timeline *timeline = &panel->range;
	char text[TIMELINE_OUTSIDE_BYTES];
	size_t lane, first = 0, last;

	for (lane = 0; lane < panel->last; lane++, first = last) {
		for (last = first; last < timeline->items && timeline->item[last].lane == lane;)
			last++;
		if (lane < panel->first || timeline->lane[lane].downtime_start.known ||
		    !*timeline_outside(text, timeline, first, last))
			continue;
		fprintf(picture->out, "<text x=\"%d\" y=\"%u\" fill=\"" FAINT "\"%s>",
			*text == '<' ? LABEL_WIDTH + 4 : LABEL_WIDTH + BAR_WIDTH - 4,
			picture->lane_y[lane] + 11, *text == '<' ? "" : " text-anchor=\"end\"");
		print_xml(text, picture->out);
		fputs("</text>\n", picture->out);
	}
}

static void print_panel(const struct picture *picture, const struct panel *panel)
{
	const struct timeline *timeline = &panel->range;
	const unsigned int attempt = timeline->lane[panel->first].attempt;
	FILE *out = picture->out;
	size_t i;

	if (attempt)
		print_attempt(out, &picture->model->attempt[attempt - 1], panel->top);
	else
		print_background(out, timeline, picture->model, panel->top, panel->bottom);
	print_axis(out, timeline, panel->top, panel->bottom);
	for (i = panel->first; i < panel->last; i++)
		print_lane(out, timeline, i, picture->lane_y[i]);
	print_items(picture, panel);
	print_outside(picture, panel);
	for (i = panel->first; i < panel->last; i++)
		print_downtime(out, timeline, &timeline->lane[i], picture->lane_y[i]);
}

/* The kinds that are to be seen. */
static void find_used(const struct picture *picture, bool used[TIMELINE_KINDS])
{
	size_t i, j;

	for (i = 0; i < picture->panels; i++) {
		const struct panel *panel = &picture->panel[i];

		for (j = 0; j < panel->range.items; j++)
			used[panel->range.item[j].kind] |=
				is_in_panel(panel, &panel->range.item[j]);
	}
}

int view_svg(const struct timeline *timeline, const struct model *model, FILE *out)
{
	struct picture picture = { .out = out, .model = model };
	bool used[TIMELINE_KINDS] = {};
	unsigned int y;
	size_t i;

	y = lay_out(&picture, timeline, print_head(NULL, timeline, model));
	find_used(&picture, used);
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\""
		" viewBox=\"0 0 %d %u\" font-family=\"sans-serif\" font-size=\"11\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
		WIDTH, y + BOTTOM, WIDTH, y + BOTTOM);
	print_patterns(out, used);
	print_head(out, timeline, model);
	for (i = 0; i < picture.panels; i++)
		print_panel(&picture, &picture.panel[i]);
	if (picture.lanes < timeline->lanes)
		fprintf(out, "<text x=\"8\" y=\"%u\">and %zu more lanes</text>\n", y + 16,
			timeline->lanes - picture.lanes);
	print_legend(out, timeline, y + 28, used);
	fputs("</svg>\n", out);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
