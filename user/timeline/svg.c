// SPDX-License-Identifier: GPL-2.0
/*
 * A timeline as SVG for documents: no script, no style sheet, no external resources.
 */
#include "svg.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

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
#define ROW	    16	/* height of a bar and the gap below it */
#define BAR	    13
#define GROUP_GAP   22
#define BOTTOM	    70 /* below the last lane: two lines of the legend */

/* For what failed or is not back. */
#define TROUBLE "#b3001b"

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

static void print_rect(FILE *out, const struct timeline *timeline, int64_t start_ns, int64_t end_ns,
		       unsigned int y, const char *colour, const char *more)
{
	const int64_t from = x_of(timeline, start_ns);
	int64_t width = x_of(timeline, end_ns) - from;

	/* Short items stay visible. */
	if (width < 50)
		width = 50;
	fprintf(out,
		"<rect x=\"%" PRId64 ".%02d\" y=\"%u\" width=\"%" PRId64 ".%02d\" height=\"%d\""
		" fill=\"%s\"%s>",
		LABEL_WIDTH + from / 100, (int)(from % 100), y, width / 100, (int)(width % 100),
		BAR, colour, more);
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

static void print_item(FILE *out, const struct timeline *timeline, const struct timeline_item *item,
		       unsigned int y)
{
	char text[BOUNDED_TEXT_BYTES], error[NAME_BYTES];

	if (item->end_ns < timeline->begin_ns || item->start_ns > timeline->end_ns)
		return;
	print_rect(out, timeline, item->start_ns, item->end_ns, y, timeline_kind_colour(item->kind),
		   item->result			 ? " stroke=\"" TROUBLE "\" stroke-width=\"1.5\"" :
		   item->pole			 ? " stroke=\"#000000\" stroke-width=\"1.5\"" :
		   item->depth || !is_band(item) ? "" :
						   " stroke=\"#ffffff\"");
	fputs("<title>", out);
	print_name(out, item->name, ESCAPED_BYTES);
	fprintf(out, ", %s", timeline_item_time(text, item));
	if (item->result)
		fprintf(out, ", failed: %s", name_errno(item->result, error));
	fprintf(out, "%s</title></rect>\n", item->open ? ", never ended" : "");
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

	/* Its lane already says so, see print_went_on(). */
	if (item->open && item->kind == TIMELINE_STOPPED)
		return;
	if (item->end_ns < timeline->begin_ns || item->start_ns > timeline->end_ns)
		return;
	if (item->open)
		print_torn_end(out, x, y);
	if (!item->result && !item->open)
		return;
	if (item->result)
		print_failure_mark(out, x + 7, y);
	snprintf(text, sizeof(text), "%s %s", item->name,
		 item->result ? name_errno(item->result, error) : "never ended");
	if (free_until(timeline, index) - end < 2000 + (int64_t)strlen(text) * 700)
		return;
	fprintf(out, "<text x=\"%.2f\" y=\"%u\" fill=\"%s\">", x + 17, y + 11, TROUBLE);
	print_name(out, text, ESCAPED_BYTES);
	fputs("</text>\n", out);
}

static void print_axis(FILE *out, const struct timeline *timeline, unsigned int top,
		       unsigned int bottom)
{
	char text[DURATION_BYTES];
	unsigned int i;

	for (i = 0; i <= 8; i++) {
		const int64_t length = timeline->end_ns - timeline->begin_ns;
		const unsigned int x = LABEL_WIDTH + BAR_WIDTH * i / 8;

		fprintf(out,
			"<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" stroke=\"#dddddd\"/>"
			"<text x=\"%u\" y=\"%u\" text-anchor=\"%s\" fill=\"#555555\">%s</text>\n",
			x, top - 12, x, bottom, i < 8 ? x : WIDTH - 4, top - 16,
			i < 8 ? "middle" : "end",
			format_duration(text, timeline->begin_ns + length * i / 8, length / 1000));
	}
}

/* Returns the y below the lane. */
static unsigned int place_lane(const struct timeline *timeline, size_t lane, unsigned int y,
			       unsigned int *lane_y)
{
	if (lane && timeline->lane[lane].group != timeline->lane[lane - 1].group)
		y += GROUP_GAP;
	*lane_y = y;
	return y + timeline->lane[lane].depth * ROW;
}

static void print_lane(FILE *out, const struct timeline *timeline, size_t index, unsigned int y)
{
	const struct timeline_lane *lane = &timeline->lane[index];
	char text[DURATION_BYTES];

	if (!index || lane->group != timeline->lane[index - 1].group)
		fprintf(out, "<text x=\"8\" y=\"%u\" font-weight=\"bold\">%s</text>\n", y - 4,
			timeline_group_name(lane->group));
	if (lane->group != TIMELINE_KERNELS && lane->group != TIMELINE_PHASES) {
		fprintf(out, "<text x=\"16\" y=\"%u\">", y + 11);
		print_name(out, lane->name, 30);
		fputs("</text>\n", out);
	}
	if (!lane->downtime_start.known)
		return;
	print_rect(out, timeline, lane->downtime_start.value, timeline_downtime_end(timeline, lane),
		   y, "#e4e4e4", "");
	fprintf(out, "<title>downtime: %s</title></rect>\n", timeline_downtime_text(text, lane));
}

/* Show over all bars that the lane was down for longer than the picture. */
static void print_went_on(FILE *out, const struct timeline *timeline,
			  const struct timeline_lane *lane, unsigned int y)
{
	char duration[DURATION_BYTES], text[2 * DURATION_BYTES];
	unsigned int x, width;

	if (!lane->downtime_start.known || !lane->downtime_is_lower_bound)
		return;
	snprintf(text, sizeof(text), "%s%s%s", lane->downtime_end.known ? "downtime " : "",
		 timeline_downtime_text(duration, lane),
		 lane->downtime_end.known && lane->not_back ? ", " TEXT_NOT_BACK : "");
	x = LABEL_WIDTH + (x_of(timeline, lane->downtime_start.value) / 100 + BAR_WIDTH) / 2;
	width = 7 * strlen(text) + 8;
	fprintf(out,
		"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%d\" fill=\"#ffffff\"/>"
		"<text x=\"%u\" y=\"%u\" text-anchor=\"middle\" fill=\"%s\">",
		x - width / 2, y, width, BAR, x, y + 11, TROUBLE);
	print_xml(text, out);
	fputs("</text>\n", out);
	print_arrow(out, LABEL_WIDTH + BAR_WIDTH, y);
}

/* The names of phases are under their bars if there is room. */
static void print_phase_names(FILE *out, const struct timeline *timeline,
			      const unsigned int *lane_y)
{
	size_t i;

	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];
		const int64_t from = x_of(timeline, item->start_ns);
		const int64_t width = x_of(timeline, item->end_ns) - from;

		if ((item->kind != TIMELINE_PHASE && item->kind != TIMELINE_KERNEL) ||
		    width < (int64_t)strlen(item->name) * 700)
			continue;
		fprintf(out, "<text x=\"%" PRId64 "\" y=\"%u\" text-anchor=\"middle\">",
			LABEL_WIDTH + (from + width / 2) / 100, lane_y[item->lane] + 11);
		print_name(out, item->name, 40);
		fputs("</text>\n", out);
	}
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
static void print_legend(FILE *out, const struct timeline *timeline, unsigned int y)
{
	struct legend legend = { .out = out, .x = 8, .y = y };
	bool used[TIMELINE_KINDS] = {}, has_failed = false, has_open = false, has_arrow = false;
	char style[64];
	unsigned int kind;
	size_t i;

	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];

		used[item->kind] |= !is_band(item);
		has_failed |= item->result != 0;
		has_open |= item->open && item->kind != TIMELINE_STOPPED;
	}
	for (i = 0; i < timeline->lanes; i++)
		has_arrow |= timeline->lane[i].downtime_is_lower_bound;
	for (kind = 0; kind < TIMELINE_KINDS; kind++) {
		if (!used[kind])
			continue;
		snprintf(style, sizeof(style), "fill=\"%s\"", timeline_kind_colour(kind));
		print_swatch(&legend, style, timeline_kind_name(kind));
	}
	print_swatch(&legend, "fill=\"#e4e4e4\"", "downtime");
	print_swatch(&legend, "fill=\"none\" stroke=\"#000000\"", "long pole");
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
		fprintf(head->out, "<text x=\"8\" y=\"%u\" fill=\"#555555\">%s</text>", head->y,
			label);
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

int view_svg(const struct timeline *timeline, const struct model *model, FILE *out)
{
	const size_t lanes = timeline->lanes < LANES_MAX ? timeline->lanes : LANES_MAX;
	const unsigned int top = print_head(NULL, timeline, model) + AXIS;
	unsigned int lane_y[LANES_MAX], y = top;
	size_t i;

	for (i = 0; i < lanes; i++)
		y = place_lane(timeline, i, y, &lane_y[i]);
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\""
		" viewBox=\"0 0 %d %u\" font-family=\"sans-serif\" font-size=\"11\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
		WIDTH, y + BOTTOM, WIDTH, y + BOTTOM);
	print_head(out, timeline, model);
	print_axis(out, timeline, top, y);
	for (i = 0; i < lanes; i++)
		print_lane(out, timeline, i, lane_y[i]);
	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];

		if (item->lane < lanes)
			print_item(out, timeline, item, lane_y[item->lane] + item->depth * ROW);
	}
	print_phase_names(out, timeline, lane_y);
	for (i = 0; i < timeline->items; i++) {
		const struct timeline_item *item = &timeline->item[i];

		if (item->lane < lanes)
			print_trouble(out, timeline, i, lane_y[item->lane] + item->depth * ROW);
	}
	for (i = 0; i < lanes; i++)
		print_went_on(out, timeline, &timeline->lane[i], lane_y[i]);
	if (lanes < timeline->lanes)
		fprintf(out, "<text x=\"8\" y=\"%u\">and %zu more lanes</text>\n", y + 16,
			timeline->lanes - lanes);
	print_legend(out, timeline, y + 28);
	fputs("</svg>\n", out);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
