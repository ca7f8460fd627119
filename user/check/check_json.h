/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The results of a check for programs. Nothing is decided here.
 */
#ifndef LUOSCOPE_CHECK_JSON_H
#define LUOSCOPE_CHECK_JSON_H

#include <stdio.h>

#include "check.h"

/* Name and version of the document's form, which docs/schema/check.schema.json defines. */
#define VIEW_CHECK_JSON_SCHEMA "luoscope.check/2"

/**
 * view_check_json - write the check as one JSON document, of VIEW_CHECK_JSON_SCHEMA
 *
 * Returns 0 or a negative errno.
 */
int view_check_json(const struct check *check, FILE *out);

#endif /* LUOSCOPE_CHECK_JSON_H */
