/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The results of a check as JUnit XML. Nothing is decided here.
 */
#ifndef LUOSCOPE_CHECK_JUNIT_H
#define LUOSCOPE_CHECK_JUNIT_H

#include <stdio.h>

#include "check.h"

/**
 * view_check_junit - write JUnit XML, in ASCII
 *
 * There is one testsuite for each capture and one for all captures together, and one testcase for
 * each result, with its value as the output; the time of a testcase is its figure, if that is one,
 * and the time of a testsuite is the blackout. Over is a failure, inconclusive is an error. Returns
 * 0 or a negative errno.
 */
int view_check_junit(const struct check *check, FILE *out);

#endif /* LUOSCOPE_CHECK_JUNIT_H */
