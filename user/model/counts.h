/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many files and sessions take part in the update, with their bounds.
 */
#ifndef LUOSCOPE_COUNTS_H
#define LUOSCOPE_COUNTS_H

#include "model.h"

/**
 * counts_find - set @file_count and @session_count of @model
 *
 * Call it after its files and sessions, its losses and its probes are there.
 */
void counts_find(struct model *model);

#endif /* LUOSCOPE_COUNTS_H */
