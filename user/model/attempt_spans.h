/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the model: what was done in the attempts that failed, and when.
 */
#ifndef LUOSCOPE_ATTEMPT_SPANS_H
#define LUOSCOPE_ATTEMPT_SPANS_H

#include "build_context.h"

/**
 * attempt_spans_add - place the failed attempts of @kernel in time, and add their spans
 *
 * After attempts_add() for the same kernel. Returns 0 or -ENOMEM.
 */
int attempt_spans_add(struct build *build, enum kernel kernel);

#endif /* LUOSCOPE_ATTEMPT_SPANS_H */
