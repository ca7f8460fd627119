// SPDX-License-Identifier: GPL-2.0
#include "text_answer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "headline.h"
#include "text_cells.h"

static unsigned int sentence_width(const struct view *view)
{
	return view->width < VIEW_WIDTH ? view->width : VIEW_WIDTH;
}

static const char *style_of(const char *label)
{
	if (!strcmp(label, HEAD_TROUBLE))
		return STYLE_BAD;
	return !strcmp(label, HEAD_WARNING) || !strcmp(label, HEAD_TO_DO) ? STYLE_ODD : "";
}

/* All lines of a sentence have the style. If memory is short, they have none. */
static void print_line(void *context, const char *label, const char *sentence)
{
	const struct view *view = context;
	char *text = NULL, *line, *rest;
	size_t size = 0;
	FILE *lines = open_memstream(&text, &size);
	bool is_whole = false;

	if (lines) {
		head_print_line(lines, sentence_width(view), label, sentence);
		is_whole = !fclose(lines);
	}
	if (!is_whole)
		head_print_line(view->out, sentence_width(view), label, sentence);
	else
		for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
			fprintf(view->out, "%s%s\n", style_of(label), line);
	free(text);
}

static void print_title(struct view *view, struct head *head)
{
	head_make(head, view->model, view->options->utf8);
	/* It is in the table of phases. */
	if (!view->options->full)
		head->own[0] = '\0';
	fputs(STYLE_TITLE, view->out);
	head_print_first(head, view->out, sentence_width(view));
}

void answer_print_title(struct view *view)
{
	struct head head;

	print_title(view, &head);
}

void answer_print(struct view *view)
{
	struct head head;

	print_title(view, &head);
	(view->is_brief ? head_each_answer : head_each)(&head, view->model, view->options->utf8,
							print_line, view);
}
