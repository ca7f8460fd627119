// SPDX-License-Identifier: GPL-2.0
#include "span_time.h"

#include "clock.h"

struct bounded span_time(const struct model *model, const struct model_span *span)
{
	struct bounded time;

	if (!span->observed)
		return bounded_unknown("a step was not observed");
	if (span->open)
		return bounded_unknown(WHY_NEVER_ENDED);
	time = clock_estimate(&model->clock, span->duration);
	if (!time.known)
		return bounded_unknown(WHY_NOT_TOLD);
	return span->result ? bounded_at_least(time, "a step failed") : time;
}
