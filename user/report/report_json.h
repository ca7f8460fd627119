/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The report for programs.
 */
#ifndef LUOSCOPE_REPORT_JSON_H
#define LUOSCOPE_REPORT_JSON_H

#include <stdio.h>

#include "model/model.h"

/* Name and version of the document's form, which docs/schema/report.schema.json defines. */
#define VIEW_JSON_SCHEMA "luoscope.report/3"

/**
 * view_json - write the report as one JSON document, of VIEW_JSON_SCHEMA
 *
 * Each field has one type, or is null: a value that was not observed, or is withheld, is null and
 * never 0. Numbers that may exceed 2^53 - 1, which JSON readers round, are strings; counts above
 * that, which only a damaged area can have, are written as 2^53 - 1. Texts that are not valid UTF-8
 * have their bytes escaped (see escape_text()).
 *
 * Returns 0 or a negative errno.
 */
int view_json(const struct model *model, FILE *out);

#endif /* LUOSCOPE_REPORT_JSON_H */
