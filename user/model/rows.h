/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: the rows of files, sessions and devices: what they are, and what their spans
 * add up to.
 */
#ifndef LUOSCOPE_ROWS_H
#define LUOSCOPE_ROWS_H

#include "build_context.h"

/**
 * rows_build - make a row for each subject that is a file, session or device
 *
 * Returns 0 or -ENOMEM.
 */
int rows_build(struct build *build);

/**
 * rows_finish - add up the spans of each row, and remove rows that were given up before the update
 *
 * Call it after returns_find_missing().
 */
void rows_finish(const struct build *build);

#endif /* LUOSCOPE_ROWS_H */
