// SPDX-License-Identifier: GPL-2.0
#include "attempt_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "model/model.h"
#include "report/headline.h"

void attempt_title(char *buffer, size_t size, const struct model_attempt *attempt)
{
	char moment[HEAD_MOMENT_BYTES];

	head_moment(moment, attempt->begin_realtime_ns);
	snprintf(buffer, size, "Failed attempt %" PRIu32 " in kernel #%" PRIu32 "%s%s",
		 attempt->number, attempt->generation, *moment ? ", " : "", moment);
}

void attempt_text(char *buffer, size_t size, const struct model_attempt *attempt)
{
	char error[NAME_BYTES], after[DURATION_BYTES], cause[ESCAPED_BYTES];
	const char *handler = attempt->cause_handler;

	head_cause(cause, attempt, true);
	snprintf(buffer, size, "%s%s%s%s%s%s%s%s%s%s", name_errno(attempt->result, error),
		 attempt->duration.known ? " after " : "",
		 attempt->duration.known ? format_duration(after, attempt->duration.value, 0) : "",
		 *cause ? ", refused by " : "", cause, *handler ? " (" : "", handler,
		 *handler ? ")" : "", *attempt->why ? ": " : "", attempt->why);
}
