/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a span lasted, with its bounds. The model keeps only an estimate of each, because there
 * are many.
 */
#ifndef LUOSCOPE_SPAN_TIME_H
#define LUOSCOPE_SPAN_TIME_H

#include "base/bounded.h"
#include "model.h"

/**
 * span_time - the duration of @span, with the error of the model's clock
 *
 * It is not known if @span was not observed or never ended. If it failed, it is a lower bound:
 * nobody knows how long it would have taken if it had succeeded.
 */
struct bounded span_time(const struct model *model, const struct model_span *span);

#endif /* LUOSCOPE_SPAN_TIME_H */
