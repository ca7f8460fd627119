/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The picture as a page.
 */
#ifndef LUOSCOPE_HTML_H
#define LUOSCOPE_HTML_H

#include <jansson.h>
#include <stdio.h>

/**
 * view_html - write a page that draws @timelines, a list of values from timeline_json(), each with
 * the name of its capture as "capture" if there are several
 *
 * Returns 0 or a negative errno.
 */
int view_html(const json_t *timelines, FILE *out);

#endif /* LUOSCOPE_HTML_H */
