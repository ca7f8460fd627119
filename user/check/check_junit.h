/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A check for what reads JUnit XML: it is read and written out, and nothing is decided.
 */
#ifndef LUOSCOPE_CHECK_JUNIT_H
#define LUOSCOPE_CHECK_JUNIT_H

#include <stdio.h>

#include "check.h"

/**
 * view_check_junit - JUnit XML, in ASCII
 *
 * One testsuite for each capture, and one for all together; one testcase for each result. What is
 * over is a failure, what is inconclusive an error. Returns 0 or a negative errno.
 */
int view_check_junit(const struct check *check, FILE *out);

#endif /* LUOSCOPE_CHECK_JUNIT_H */
