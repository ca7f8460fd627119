/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The head of a report: how long, did everything come back, can the clock be trusted.
 */
#ifndef LUOSCOPE_TEXT_ANSWER_H
#define LUOSCOPE_TEXT_ANSWER_H

#include "text_cells.h"

/**
 * answer_print - write the head of a report: what went wrong is right below the title
 *
 * With view->is_brief, it has only what fits a screen.
 */
void answer_print(struct view *view);

/**
 * answer_print_title - write only the title, with the blackout
 */
void answer_print_title(struct view *view);

#endif /* LUOSCOPE_TEXT_ANSWER_H */
