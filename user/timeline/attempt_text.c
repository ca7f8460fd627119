// SPDX-License-Identifier: GPL-2.0
#include "attempt_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/duration.h"
#include "base/error.h"
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
	const bool is_file = attempt->cause_kind == LUO_STATS_SUBJECT_FILE;
	char error[NAME_BYTES], after[DURATION_BYTES], token[32] = "";

	if (is_file)
		snprintf(token, sizeof(token), " %" PRIu64, attempt->cause_key);
	snprintf(buffer, size, "%s%s%s%s%s%s%s%s%s", name_errno(attempt->result, error),
		 attempt->duration.known ? " after " : "",
		 attempt->duration.known ? format_duration(after, attempt->duration.value, 0) : "",
		 !attempt->cause_kind ? "" :
		 is_file	      ? ": file " :
					": device ",
		 attempt->cause_kind ? attempt->cause : "", token,
		 attempt->cause_kind ? " refused" : "", *attempt->why ? ", because " : "",
		 attempt->why);
}
